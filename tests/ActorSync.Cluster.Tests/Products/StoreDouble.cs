using System.Collections.Immutable;
using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Products;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Products;

/// <summary>The real store with a gate in front: counts commits and lets a test step in before or after one.</summary>
public sealed class StoreDouble : IProductStore
{
    private IProductStore? real;
    private int commits;

    public int Commits => Volatile.Read(ref commits);

    /// <summary>Runs before a commit reaches the store; set to null by itself after the first run.</summary>
    public Func<IProductStore, ProductCommit, Task>? BeforeNext { get; set; }

    /// <summary>The next commit is stored, but its answer is lost.</summary>
    public bool LoseNextAnswer { get; set; }

    /// <summary>Puts the double before the store of a silo.</summary>
    public void Register(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(IProductStore));
        services.AddSingleton<IProductStore>(provider =>
        {
            real ??= (IProductStore)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!);
            return this;
        });
    }

    public async Task<CommitResult> CommitAsync(ProductCommit commit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref commits);
        if (BeforeNext is { } before)
        {
            BeforeNext = null;
            await before(real!, commit);
        }

        var result = await real!.CommitAsync(commit, cancellationToken);
        if (LoseNextAnswer)
        {
            LoseNextAnswer = false;
            throw new StorageUnavailableException("The connection broke after the commit was sent.");
        }

        return result;
    }

    public Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken) => real!.LoadAsync(id, cancellationToken);

    public Task<ImmutableDictionary<string, ProductId>> FindBySkuAsync(TenantId tenant, ImmutableArray<string> identitySkus, CancellationToken cancellationToken) =>
        real!.FindBySkuAsync(tenant, identitySkus, cancellationToken);

    public Task<ImmutableArray<ProductId>> FindByGtinAsync(TenantId tenant, string gtin, CancellationToken cancellationToken) =>
        real!.FindByGtinAsync(tenant, gtin, cancellationToken);

    public Task<ProductId?> FindByExternalIdAsync(ChannelId channel, string externalId, CancellationToken cancellationToken) =>
        real!.FindByExternalIdAsync(channel, externalId, cancellationToken);

    public Task<ResourceOwner?> FindByResourceAsync(ChannelId channel, string resourceKey, CancellationToken cancellationToken) =>
        real!.FindByResourceAsync(channel, resourceKey, cancellationToken);

    public Task<ImmutableArray<DirtyLink>> ReadDirtyAsync(ChannelId channel, DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        real!.ReadDirtyAsync(channel, now, limit, cancellationToken);

    public Task<ImmutableArray<ProductId>> ListIdsAsync(TenantId tenant, ProductId? after, int limit, CancellationToken cancellationToken) =>
        real!.ListIdsAsync(tenant, after, limit, cancellationToken);
}
