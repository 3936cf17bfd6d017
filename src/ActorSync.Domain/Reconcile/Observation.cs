using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

public enum ObservationSource
{
    Webhook,
    Read,
    Poll,
    Import,
    Answer,
    /// <summary>Counts of the stock's origin only; says nothing of the product, not even that it was seen.</summary>
    Stock,
    /// <summary>Lines of an order; says nothing of the product either.</summary>
    Order,
}

/// <summary>One look at a remote product, from whatever source. What the body does not carry is absent and changes nothing.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observation")]
public sealed record Observation
{
    [Id(0)] public required ChannelId Channel { get; init; }
    [Id(1)] public required ObservedProduct Body { get; init; }
    [Id(2)] public required ObservationSource Source { get; init; }
    /// <summary>Hub clock before the read was sent; null for bodies that a channel sent by itself. A read orders only what was learned before it began.</summary>
    [Id(3)] public DateTimeOffset? ReadStartedAt { get; init; }
    /// <summary>Hub clock when it reached us (stamped at the inbox).</summary>
    [Id(4)] public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>The channel's clock minus the hub's, as measured when it was stamped.</summary>
    [Id(5)] public TimeSpan ClockOffset { get; init; }
    /// <summary>Delivery or read id for the log.</summary>
    [Id(6)] public string? EventId { get; init; }
    /// <summary>Lines of orders that are about this product; only with <see cref="ObservationSource.Order"/>.</summary>
    [Id(7)] public ImmutableArray<ObservedOrderLine> Orders { get; init; } = [];
}

/// <summary>One line of an order, as much of it as a count of stock needs.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observed-order-line")]
public sealed record ObservedOrderLine
{
    [Id(0)] public required string Order { get; init; }
    [Id(1)] public required string Line { get; init; }
    /// <summary>The remote product.</summary>
    [Id(2)] public required string Product { get; init; }
    /// <summary>The remote variant; null = the order names only the product and perhaps the SKU.</summary>
    [Id(3)] public string? Variant { get; init; }
    [Id(4)] public string? Sku { get; init; }
    /// <summary>All that was taken off the channel's count, as far as this body proves it: 0 of an order that was never paid.</summary>
    [Id(5)] public required decimal Quantity { get; init; }
    /// <summary>What is still ordered: none of it after a cancel.</summary>
    [Id(6)] public required decimal Left { get; init; }
    [Id(7)] public required Stamp PlacedAt { get; init; }
    /// <summary>The order's own version.</summary>
    [Id(8)] public required Stamp Version { get; init; }
    /// <summary>When it was paid, where that may be when the channel takes it off; null = it does when the order is placed.</summary>
    [Id(9)] public Stamp? PaidAt { get; init; }
}

/// <summary>A remote product in hub terms: canonical values under hub field names, remote ids as the channel writes them.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observed-product")]
public sealed record ObservedProduct
{
    [Id(0)] public required string ExternalId { get; init; }
    /// <summary>The channel's version of the product resource (its modified time), zero when the body carries none.</summary>
    [Id(1)] public required Stamp Version { get; init; }
    /// <summary>The product is gone at the channel (confirmed read) or said to be (webhook).</summary>
    [Id(2)] public bool Deleted { get; init; }
    [Id(3)] public ImmutableDictionary<string, FieldValue> Fields { get; init; } = ImmutableDictionary<string, FieldValue>.Empty;
    /// <summary>Complete lists by field (tags, …), as the channel writes the elements.</summary>
    [Id(4)] public ImmutableDictionary<string, ImmutableArray<string>> Sets { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
    /// <summary>Option names in order; null = not carried. A product without options has an empty list.</summary>
    [Id(5)] public ImmutableArray<string>? Options { get; init; }
    [Id(6)] public ImmutableArray<ObservedVariant> Variants { get; init; } = [];
    /// <summary>The list of variants is complete: one that is missing was removed.</summary>
    [Id(7)] public bool VariantsComplete { get; init; }
    /// <summary>The hub product id that the channel stores for us (custom id), if any: how a create that crashed is adopted.</summary>
    [Id(8)] public string? HubId { get; init; }
    /// <summary>The complete list of pictures in their order; null = not carried, or not in full.</summary>
    [Id(9)] public ImmutableArray<ObservedImage>? Images { get; init; }
}

public enum MediaStatus { Ready, Processing, Failed }

/// <summary>A picture at the channel. Its id is what it is known by: addresses and file names change.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observed-image")]
public sealed record ObservedImage
{
    [Id(0)] public required string MediaId { get; init; }
    /// <summary>Null before the channel has made it ready.</summary>
    [Id(1)] public string? Url { get; init; }
    [Id(2)] public string? Alt { get; init; }
    [Id(3)] public MediaStatus Status { get; init; }
    /// <summary>The channel's words when it failed.</summary>
    [Id(4)] public string? Error { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.observed-variant")]
public sealed record ObservedVariant
{
    /// <summary>Remote variant id; for a product that the channel keeps without variants, the product's own id.</summary>
    [Id(0)] public required string ExternalId { get; init; }
    [Id(1)] public string? StockItemId { get; init; }
    /// <summary>The variant's own version where the channel has one, else null = the product's.</summary>
    [Id(2)] public Stamp? Version { get; init; }
    [Id(3)] public ImmutableDictionary<string, FieldValue> Fields { get; init; } = ImmutableDictionary<string, FieldValue>.Empty;
    [Id(4)] public ImmutableArray<string>? OptionValues { get; init; }
    [Id(5)] public ImmutableArray<ObservedStock> Stock { get; init; } = [];
}

/// <summary>A count at one of the channel's locations.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observed-stock")]
public sealed record ObservedStock
{
    /// <summary>The channel's location id; <see cref="WholeChannel"/> where the channel has one figure only.</summary>
    [Id(0)] public required string LocationId { get; init; }
    /// <summary>Null = the channel does not track it.</summary>
    [Id(1)] public required decimal? Quantity { get; init; }
    [Id(2)] public required Stamp Version { get; init; }
    /// <summary>From warehouses that tell it, together with the quantity.</summary>
    [Id(3)] public decimal? Reserved { get; init; }
    [Id(4)] public decimal? Announced { get; init; }
    /// <summary>The row's number at an origin that numbers them per variant and place. Its rows are ordered by it, not by time.</summary>
    [Id(5)] public long? Row { get; init; }

    public const string WholeChannel = "all";
}
