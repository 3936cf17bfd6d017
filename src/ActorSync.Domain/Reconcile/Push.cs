using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

public enum PushAction
{
    Create,
    Update,
    /// <summary>An update that takes a deleted product off sale and keeps it.</summary>
    Archive,
    /// <summary>The product is to go at the channel. Gone already is success.</summary>
    Delete,
}

/// <summary>What one channel should be told of one product: the delta, and the whole target for calls that replace lists.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.push-item")]
public sealed record PushItem
{
    [Id(0)] public required ProductId Product { get; init; }
    [Id(1)] public required ChannelId Channel { get; init; }
    /// <summary>Unique per attempt; the base of idempotency keys.</summary>
    [Id(2)] public required string PushId { get; init; }
    [Id(3)] public required PushAction Action { get; init; }
    /// <summary>Null for a create.</summary>
    [Id(4)] public string? ExternalId { get; init; }
    [Id(5)] public required DesiredProduct Target { get; init; }
    /// <summary>The registers to write, stock registers (field "available") included. Only these may be settled from the answer.</summary>
    [Id(6)] public required ImmutableArray<PlannedValue> Delta { get; init; }
    /// <summary>An earlier try has an unknown outcome: look before anything that is not repeatable by nature.</summary>
    [Id(7)] public bool MayHaveHappened { get; init; }
}

/// <summary>One register of a delta.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.planned-value")]
public sealed record PlannedValue
{
    [Id(0)] public required RegisterKey Key { get; init; }
    [Id(1)] public required FieldValue Target { get; init; }
    /// <summary>What the channel is believed to hold; null = unknown. The compare-and-set base of stock writes.</summary>
    [Id(2)] public FieldValue? Held { get; init; }
}

/// <summary>The whole product as the channel should hold it, restricted to the channel's field mask and without override noise.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.desired-product")]
public sealed record DesiredProduct
{
    [Id(0)] public required ImmutableDictionary<string, FieldValue> Fields { get; init; }
    [Id(1)] public ImmutableDictionary<string, ImmutableArray<string>> Sets { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
    [Id(2)] public ImmutableArray<string> Options { get; init; } = [];
    [Id(3)] public required ImmutableArray<DesiredVariant> Variants { get; init; }
    /// <summary>Pictures in their order, then those to be removed. What the channel holds beside them is not ours to touch.</summary>
    [Id(4)] public ImmutableArray<DesiredImage> Images { get; init; } = [];
}

[GenerateSerializer, Immutable, Alias("actorsync.desired-image")]
public sealed record DesiredImage
{
    [Id(0)] public required string Key { get; init; }
    /// <summary>Where its bytes can be fetched; null while nobody has made it ready.</summary>
    [Id(1)] public string? Url { get; init; }
    [Id(2)] public string? Alt { get; init; }
    /// <summary>What the channel knows it by; empty = it is not there.</summary>
    [Id(3)] public ImmutableArray<string> MediaIds { get; init; } = [];
    /// <summary>To be taken off the product: <see cref="MediaIds"/> are those that we uploaded.</summary>
    [Id(4)] public bool Remove { get; init; }
}

/// <summary>A picture that a push made.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.bound-image")]
public sealed record BoundImage
{
    [Id(0)] public required string Key { get; init; }
    [Id(1)] public required string MediaId { get; init; }
    [Id(2)] public MediaStatus Status { get; init; }
    [Id(3)] public string? Url { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.desired-variant")]
public sealed record DesiredVariant
{
    [Id(0)] public required VariantId Id { get; init; }
    /// <summary>Null = to be created at the channel.</summary>
    [Id(1)] public string? ExternalId { get; init; }
    [Id(2)] public string? StockItemId { get; init; }
    [Id(3)] public required ImmutableDictionary<string, FieldValue> Fields { get; init; }
    [Id(4)] public ImmutableArray<string> OptionValues { get; init; } = [];
    /// <summary>Target count by the channel's location id, where stock is pushed.</summary>
    [Id(5)] public ImmutableDictionary<string, decimal> Stock { get; init; } = ImmutableDictionary<string, decimal>.Empty;
    /// <summary>To be removed at the channel.</summary>
    [Id(6)] public bool Remove { get; init; }
}

public enum PushResult
{
    /// <summary>The channel took it. <see cref="PushOutcome.Answer"/> is its object, or null when it answered without one.</summary>
    Applied,
    /// <summary>Refused for certain and for ever (until the target changes): see <see cref="PushOutcome.Rejections"/>.</summary>
    Rejected,
    /// <summary>Nothing was sent, or the channel did certainly nothing; try again later (throttled, circuit open, connect refused).</summary>
    NotSent,
    /// <summary>Timed out, cut off or a server error after sending: it may have happened.</summary>
    Unknown,
    /// <summary>The channel says that it does not know the id.</summary>
    Gone,
}

/// <summary>How one push ended. Registers that ended differently from <see cref="Result"/> are in <see cref="Exceptions"/>.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.push-outcome")]
public sealed record PushOutcome
{
    [Id(0)] public required ProductId Product { get; init; }
    [Id(1)] public required string PushId { get; init; }
    [Id(2)] public required PushResult Result { get; init; }
    [Id(3)] public ImmutableDictionary<RegisterKey, PushResult> Exceptions { get; init; } = ImmutableDictionary<RegisterKey, PushResult>.Empty;
    [Id(4)] public ImmutableArray<Rejection> Rejections { get; init; } = [];
    /// <summary>The channel's object after the write, in hub terms; also carries new remote ids of product and variants.</summary>
    [Id(5)] public ObservedProduct? Answer { get; init; }
    /// <summary>Remote ids that the answer bound to hub variants (creates and added variants).</summary>
    [Id(6)] public ImmutableArray<VariantLink> Bound { get; init; } = [];
    [Id(7)] public string? ExternalId { get; init; }
    [Id(8)] public required DateTimeOffset SentAt { get; init; }
    /// <summary>The channel's own words when it is not Applied.</summary>
    [Id(9)] public string? Error { get; init; }
    /// <summary>Do not try before (a channel's Retry-After, a budget wait).</summary>
    [Id(10)] public DateTimeOffset? RetryAt { get; init; }
    /// <summary>A compare-and-set of stock found another value: read the levels, then decide again.</summary>
    [Id(11)] public bool StockWasStale { get; init; }
    /// <summary>An outage or throttling of the whole channel: spends none of the product's attempts.</summary>
    [Id(12)] public bool IsChannelFault { get; init; }
    /// <summary>The channel's clock minus the hub's, as its answer showed.</summary>
    [Id(13)] public TimeSpan ClockOffset { get; init; }
    /// <summary>Pictures that this push made, known by their ids from now on.</summary>
    [Id(14)] public ImmutableArray<BoundImage> BoundImages { get; init; } = [];
    /// <summary>The stable code of the channel's fault, such as a login that ended; null = none, or none that says more than the result.</summary>
    [Id(15)] public string? FaultCode { get; init; }
}

/// <summary>The channel's refusal of one register, or of the whole item when <see cref="Key"/> is null.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.rejection")]
public sealed record Rejection
{
    [Id(0)] public RegisterKey? Key { get; init; }
    [Id(1)] public required string Code { get; init; }
    [Id(2)] public required string Message { get; init; }
}
