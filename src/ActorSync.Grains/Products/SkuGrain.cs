using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Grains.Products;

/// <inheritdoc cref="ISkuGrain"/>
[CollectionAgeLimit(Minutes = 1.5)]
public sealed class SkuGrain(IProductStore store, [FromKeyedServices(ProductClock.Key)] TimeProvider clock) : Grain, ISkuGrain
{
    /// <summary>How long the first asker's candidate stands before its product is in the table.</summary>
    private static readonly TimeSpan HoldsFor = TimeSpan.FromSeconds(30);

    private ProductId? held;
    private DateTimeOffset heldUntil;

    public async Task<ProductId> ResolveAsync(ProductId candidate)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/');
        var sku = key[(slash + 1)..];
        var found = await store.FindBySkuAsync(new TenantId(key[..slash]), [sku], CancellationToken.None);
        if (found.TryGetValue(sku, out var owner))
        {
            held = null;
            return owner;
        }

        var now = clock.GetUtcNow();
        if (held is null || heldUntil <= now)
        {
            held = candidate;
            heldUntil = now + HoldsFor;
        }

        return held.Value;
    }
}
