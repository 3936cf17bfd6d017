using System.Collections.Immutable;
using ActorSync.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>The real inbox with a gate before the lease, so that the stages can be measured one after the other.</summary>
internal sealed class GatedInbox : IInboxStore
{
    private IInboxStore? inner;

    public volatile bool IsOpen = true;

    private IInboxStore Inner => inner ?? throw new InvalidOperationException("The gate has no inbox yet.");

    public static void Decorate(IServiceCollection services, GatedInbox gate)
    {
        var real = services.Last(service => service.ServiceType == typeof(IInboxStore));
        services.Remove(real);
        services.AddSingleton<IInboxStore>(provider =>
        {
            gate.inner = (IInboxStore)ActivatorUtilities.CreateInstance(provider, real.ImplementationType!);
            return gate;
        });
    }

    public Task<AppendResult> AppendAsync(InboxEntry entry, CancellationToken cancellationToken) => Inner.AppendAsync(entry, cancellationToken);

    public Task<ImmutableArray<InboxRow>> LeaseAsync(
        int partition, string owner, long token, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        IsOpen
            ? Inner.LeaseAsync(partition, owner, token, now, until, limit, cancellationToken)
            : Task.FromResult(ImmutableArray<InboxRow>.Empty);

    public Task AckAsync(ImmutableArray<InboxAck> acks, DateTimeOffset now, CancellationToken cancellationToken) => Inner.AckAsync(acks, now, cancellationToken);

    public Task ReleaseAsync(ImmutableArray<long> ids, long token, DateTimeOffset dueAt, string? error, CancellationToken cancellationToken) =>
        Inner.ReleaseAsync(ids, token, dueAt, error, cancellationToken);

    public Task<bool> ReplayAsync(long id, DateTimeOffset now, CancellationToken cancellationToken) => Inner.ReplayAsync(id, now, cancellationToken);
}
