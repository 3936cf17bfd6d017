using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Stock;

/// <summary>Stock of one product as its origin tells it, and what was heard of sales that the origin has not yet accounted for.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.stock-ledger")]
public sealed record StockLedger
{
    public static readonly StockLedger Empty = new();

    [Id(0)] public ImmutableArray<StockLevel> Levels { get; init; } = [];
    /// <summary>What is pending. Worked out from the three lists below (<see cref="StockSales"/>) and kept, because it is read far more often than it changes.</summary>
    [Id(1)] public ImmutableArray<ProvisionalReservation> Reservations { get; init; } = [];
    /// <summary>Falls of the channels' counts.</summary>
    [Id(2)] public ImmutableArray<CountFall> Falls { get; init; } = [];
    /// <summary>Lines of the channels' orders.</summary>
    [Id(3)] public ImmutableArray<OrderLine> Orders { get; init; } = [];
    /// <summary>Falls of the origin's counts: what they account for is not pending.</summary>
    [Id(4)] public ImmutableArray<OriginFall> Accounted { get; init; } = [];
    /// <summary>Lines placed up to here that are not in <see cref="Orders"/> were settled and forgotten: told again, they reserve nothing.</summary>
    [Id(5)] public Stamp Forgotten { get; init; }
    /// <summary>Number of the next row of the three lists: the order in which they were heard.</summary>
    [Id(6)] public long NextNumber { get; init; }
}

/// <summary>One register of three numbers, never merged one by one. Pieces; decimals are legal (a warehouse may count metres).</summary>
[GenerateSerializer, Immutable, Alias("actorsync.stock-level")]
public sealed record StockLevel
{
    [Id(0)] public required VariantId Variant { get; init; }
    /// <summary>Hub name of the warehouse; channels map their locations to it.</summary>
    [Id(1)] public required string Warehouse { get; init; }
    [Id(2)] public required decimal Available { get; init; }
    [Id(3)] public decimal Reserved { get; init; }
    [Id(4)] public decimal Announced { get; init; }
    /// <summary>When the origin last said so: a channel's count is only ever raised because this moved.</summary>
    [Id(5)] public required Stamp Version { get; init; }
    /// <summary>The origin's own number of the row that said so, where it numbers them: it orders them, whatever their times say. Null = none was seen yet.</summary>
    [Id(6)] public long? Row { get; init; }
    /// <summary>When the origin first said a count here, on the hub's clock: what was ordered before is in it.</summary>
    [Id(7)] public Stamp Since { get; init; }
}

/// <summary>A part of a sale at one warehouse.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.warehouse-share")]
public readonly record struct WarehouseShare([property: Id(0)] string Warehouse, [property: Id(1)] decimal Quantity);

/// <summary>A storefront's count fell: somebody bought.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.count-fall")]
public sealed record CountFall
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required ChannelId Channel { get; init; }
    /// <summary>The channel's location and version that showed the fall: recorded once however often it is delivered.</summary>
    [Id(2)] public required string Key { get; init; }
    /// <summary>Spread over warehouses when it was heard.</summary>
    [Id(3)] public required ImmutableArray<WarehouseShare> Shares { get; init; }
    /// <summary>The channel's last version that still showed the higher count.</summary>
    [Id(4)] public required Stamp After { get; init; }
    /// <summary>The channel's version that showed the lower one.</summary>
    [Id(5)] public required Stamp Until { get; init; }
    /// <summary>The channel's clock minus the hub's.</summary>
    [Id(6)] public TimeSpan Offset { get; init; }
    [Id(7)] public required DateTimeOffset HeardAt { get; init; }
    /// <summary>So much a person has explained.</summary>
    [Id(8)] public decimal Explained { get; init; }
    [Id(9)] public required long Number { get; init; }

    public decimal Quantity => StockSales.Sum(Shares);
}

/// <summary>What is known of one line of an order: nothing of who bought it, where it goes or what it cost.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.order-line")]
public sealed record OrderLine
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required ChannelId Channel { get; init; }
    [Id(2)] public required string Order { get; init; }
    [Id(3)] public required string Line { get; init; }
    /// <summary>All that was ordered, spread over warehouses when it was heard: an order does not say where it will be taken from.</summary>
    [Id(4)] public required ImmutableArray<WarehouseShare> Shares { get; init; }
    /// <summary>What is still ordered; the rest was cancelled at <see cref="CancelledAt"/>.</summary>
    [Id(5)] public required decimal Left { get; init; }
    /// <summary>The earliest version that showed what is left; null = nothing was cancelled.</summary>
    [Id(6)] public Stamp? CancelledAt { get; init; }
    [Id(7)] public required Stamp PlacedAt { get; init; }
    /// <summary>The order's newest version seen.</summary>
    [Id(8)] public required Stamp Version { get; init; }
    /// <summary>The channel's clock minus the hub's.</summary>
    [Id(9)] public TimeSpan Offset { get; init; }
    [Id(10)] public required DateTimeOffset HeardAt { get; init; }
    /// <summary>So much a person has explained.</summary>
    [Id(11)] public decimal Explained { get; init; }

    /// <summary>The latest moment at which the channel may have taken it off its count.</summary>
    [Id(12)] public required Stamp TakenBy { get; init; }
    [Id(13)] public required long Number { get; init; }

    public decimal Quantity => StockSales.Sum(Shares);

    public string Key => $"order {Order}/{Line}";
}

/// <summary>The origin's count fell: so much of what was sold is in it.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.origin-fall")]
public readonly record struct OriginFall(
    [property: Id(0)] VariantId Variant, [property: Id(1)] string Warehouse, [property: Id(2)] decimal Quantity, [property: Id(3)] Stamp At, [property: Id(4)] long Number);

/// <summary>A sale heard early, by an order or by a storefront's falling count, that the stock's origin has not accounted for.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.provisional-reservation")]
public sealed record ProvisionalReservation
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required string Warehouse { get; init; }
    [Id(2)] public required decimal Quantity { get; init; }
    [Id(3)] public required ChannelId Channel { get; init; }
    /// <summary>The order's line, or the fall that no order explains.</summary>
    [Id(4)] public required string Key { get; init; }
    [Id(5)] public required DateTimeOffset HeardAt { get; init; }
    // Id 6 was Overdue: it is a question of the time and the tenant's policy, see StockRules.OverdueAt.
    /// <summary>The order that it belongs to; null = none is known.</summary>
    [Id(7)] public string? Order { get; init; }
    /// <summary>When the order was placed on the channel's clock, while no fall of its own count has shown the sale; null = the count has shown it.</summary>
    [Id(8)] public Stamp? UnseenSince { get; init; }
}
