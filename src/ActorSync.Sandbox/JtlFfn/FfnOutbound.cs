using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>An order that the warehouse shall ship.</summary>
public sealed record FfnOutbound
{
    public required string OutboundId { get; init; }
    public required string MerchantOutboundNumber { get; init; }
    public required string WarehouseId { get; init; }
    public required string Status { get; init; }
    public required OutboundRequest Request { get; init; }
    public required IReadOnlyList<FfnOutboundItem> Items { get; init; }
    public string? CancelReasonCode { get; init; }
    public string? CancelReason { get; init; }
    public IReadOnlyDictionary<string, DateTimeOffset> StatusTimestamp { get; init; } = new Dictionary<string, DateTimeOffset>();
    public required DateTimeOffset CreatedAt { get; init; }
    public IReadOnlyList<Modification> History { get; init; } = [];

    [JsonIgnore]
    public DateTimeOffset ChangedAt => History.Count == 0 ? CreatedAt : History[^1].At;

    /// <summary>Its open items hold stock back.</summary>
    [JsonIgnore]
    public bool Reserves => Status is OutboundStatus.Pending or OutboundStatus.Acknowledged or OutboundStatus.Pickprocess or OutboundStatus.Locked or OutboundStatus.PartiallyShipped;

    [JsonIgnore]
    public bool IsOver => Status is OutboundStatus.Shipped or OutboundStatus.Canceled or OutboundStatus.PartiallyCanceled;
}

public sealed record FfnOutboundItem
{
    public required string OutboundItemId { get; init; }

    /// <summary>Null for what is no product, such as a shipping fee.</summary>
    public string? Jfsku { get; init; }
    public required string ItemType { get; init; }
    public required decimal Quantity { get; init; }
    public required decimal QuantityOpen { get; init; }
    public string? Name { get; init; }
    public string? MerchantSku { get; init; }
    public string? ExternalNumber { get; init; }
    public decimal? Price { get; init; }
    public decimal? Vat { get; init; }
    public string? Note { get; init; }
}

public static class OutboundStatus
{
    public const string Preparation = nameof(Preparation);
    public const string Pending = nameof(Pending);
    public const string Acknowledged = nameof(Acknowledged);
    public const string Pickprocess = nameof(Pickprocess);
    public const string Locked = nameof(Locked);
    public const string PartiallyShipped = nameof(PartiallyShipped);
    public const string Shipped = nameof(Shipped);
    public const string PartiallyCanceled = nameof(PartiallyCanceled);
    public const string Canceled = nameof(Canceled);

    public static readonly IReadOnlyList<string> All = [Preparation, Pending, Acknowledged, Pickprocess, Locked, PartiallyShipped, Shipped, PartiallyCanceled, Canceled];
}

/// <summary>What a merchant sends to create an outbound.</summary>
public sealed record OutboundRequest
{
    public string? OutboundId { get; init; }
    public string? ExternalNumber { get; init; }
    public string? Status { get; init; }
    public int? Priority { get; init; }
    public string? MerchantOutboundNumber { get; init; }
    public string? WarehouseId { get; init; }
    public string? Currency { get; init; }
    public string? InternalNote { get; init; }
    public string? ExternalNote { get; init; }
    public string? PremiumType { get; init; }
    public string? SalesChannel { get; init; }
    public IReadOnlyList<ProductAttribute>? Attributes { get; init; }
    public DateTimeOffset? DesiredDeliveryDate { get; init; }
    public string? ShippingMethodId { get; init; }
    public string? ShippingType { get; init; }
    public FfnAddress? ShippingAddress { get; init; }
    public FfnAddress? SenderAddress { get; init; }
    public decimal? ShippingFee { get; init; }
    public decimal? OrderValue { get; init; }
    public IReadOnlyList<OutboundItemRequest>? Items { get; init; }
}

public sealed record OutboundItemRequest
{
    public string? OutboundItemId { get; init; }
    public string? Jfsku { get; init; }
    public string? ItemType { get; init; }
    public decimal? Quantity { get; init; }
    public string? Name { get; init; }
    public string? MerchantSku { get; init; }
    public string? ExternalNumber { get; init; }
    public decimal? Price { get; init; }
    public decimal? Vat { get; init; }
    public string? Note { get; init; }
}

public sealed record FfnAddress
{
    public string? Salutation { get; init; }
    public string? Firstname { get; init; }
    public string? Lastname { get; init; }
    public string? Company { get; init; }
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Zip { get; init; }
    public string? Country { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string? ExtraLine { get; init; }
    public string? ExtraAddressLine { get; init; }
    public string? State { get; init; }
    public string? Mobile { get; init; }
    public string? Fax { get; init; }
}

/// <summary>Goods that left the warehouse in one go, in one or more packages.</summary>
public sealed record ShippingNotification
{
    public required string Id { get; init; }
    public required string Number { get; init; }
    public required string OutboundId { get; init; }
    public required string OutboundStatus { get; init; }
    public required IReadOnlyList<ShippedItem> Items { get; init; }
    public required IReadOnlyList<ShippedPackage> Packages { get; init; }
    public required DateTimeOffset At { get; init; }
    public required Author Author { get; init; }
}

public sealed record ShippedItem(string ItemId, string Jfsku, decimal Quantity);

public sealed record ShippedPackage(string ShippingMethodId, string TrackingId);
