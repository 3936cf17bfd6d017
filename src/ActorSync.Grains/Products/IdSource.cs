using ActorSync.Abstractions.Products;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Grains.Products;

/// <summary>The one place where ids are made: version 7 UUIDs without dashes, so that they sort by time.</summary>
internal sealed class IdSource([FromKeyedServices(ProductClock.Key)] TimeProvider clock) : IIdSource
{
#pragma warning disable RS0030 // Everybody else takes an IIdSource; this is the source.
    public string NewId() => Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
#pragma warning restore RS0030
}
