using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>
/// The four buckets of a product in a warehouse, disjoint: a reservation moves units from available to reserved, a delivery takes them from reserved.
/// Decimals, because half a metre of rope is a legal quantity.
/// </summary>
public readonly record struct Amounts(decimal Available, decimal Reserved, decimal Blocked, decimal Announced)
{
    [JsonIgnore]
    public bool IsZero => this == default;

    public static Amounts operator +(Amounts a, Amounts b) => new(a.Available + b.Available, a.Reserved + b.Reserved, a.Blocked + b.Blocked, a.Announced + b.Announced);

    public static Amounts Add(Amounts left, Amounts right) => left + right;
}

/// <summary>One row of the ledger: what moved and what there was afterwards.</summary>
public sealed record StockChange
{
    public required string Jfsku { get; init; }
    public required string WarehouseId { get; init; }

    /// <summary>Ascends by one within a product and warehouse.</summary>
    public required int Version { get; init; }
    public required string ChangeType { get; init; }
    public required Amounts Delta { get; init; }
    public required Amounts After { get; init; }
    public required DateTimeOffset At { get; init; }
    public required Author Author { get; init; }
    public StockCause Cause { get; init; } = StockCause.None;
}

/// <summary>What a stock change belongs to.</summary>
public sealed record StockCause
{
    public static readonly StockCause None = new();

    public string? OutboundId { get; init; }
    public string? OutboundNumber { get; init; }
    public string? OutboundItemId { get; init; }
    public string? NotificationId { get; init; }
    public string? InboundId { get; init; }
    public string? InboundNumber { get; init; }
    public string? Note { get; init; }
}

/// <summary>Goods on their way to the warehouse.</summary>
public sealed record Announcement
{
    public required string InboundId { get; init; }
    public required string Number { get; init; }
    public required string Jfsku { get; init; }
    public required string WarehouseId { get; init; }
    public required decimal Open { get; init; }
}

public sealed record FfnWarehouse(string Id, string Name, string Street, string City, string Zip);

public sealed record FfnShippingMethod(string Id, string Name, string ShippingType, string CarrierCode, string CarrierName);
