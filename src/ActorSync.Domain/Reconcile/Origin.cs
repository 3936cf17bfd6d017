namespace ActorSync.Domain.Reconcile;

/// <summary>What sort of place a value comes from. The order is the rank of ties: a smaller number wins (reconcile.md section 4).</summary>
public enum OriginKind
{
    Storefront = 0,
    Warehouse = 1,
    Vendor = 2,
    Hub = 3,
}

/// <summary>Where a claim was made: the hub itself, or one channel. At most one claim per origin and register.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.origin")]
public readonly record struct Origin([property: Id(0)] OriginKind Kind, [property: Id(1)] string Id)
{
    /// <summary>The hub: people and clients that edit through the API or the dashboard.</summary>
    public static readonly Origin Hub = new(OriginKind.Hub, "hub");

    public override string ToString() => Id;
}
