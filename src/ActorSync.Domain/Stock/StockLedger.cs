using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Stock;

/// <summary>Stock of one product as its origin tells it, and what was heard of sales that the origin has not yet accounted for.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.stock-ledger")]
public sealed record StockLedger
{
    public static readonly StockLedger Empty = new();

    [Id(0)] public ImmutableArray<StockLevel> Levels { get; init; } = [];
    [Id(1)] public ImmutableArray<ProvisionalReservation> Reservations { get; init; } = [];
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
}

/// <summary>A sale heard early: a storefront's count fell and no order or warehouse reservation explains it yet.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.provisional-reservation")]
public sealed record ProvisionalReservation
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required string Warehouse { get; init; }
    [Id(2)] public required decimal Quantity { get; init; }
    [Id(3)] public required ChannelId Channel { get; init; }
    /// <summary>The channel's location and version that showed the fall: recorded once however often it is delivered.</summary>
    [Id(4)] public required string Key { get; init; }
    [Id(5)] public required DateTimeOffset HeardAt { get; init; }
    /// <summary>Past its lifetime without an explanation: listed as a discrepancy, still subtracted.</summary>
    [Id(6)] public bool Overdue { get; init; }
}
