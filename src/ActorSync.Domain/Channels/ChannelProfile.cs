using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Channels;

public enum ChannelMode { Observe, Live }

public enum CreateMissing { None, Selected, All }

/// <summary>How a channel changes what it stores: the proof by which a changed echo is recognised as ours. Pure and deterministic.</summary>
public interface ICanon
{
    /// <summary>The form in which the channel will hold <paramref name="value"/>. Two values with equal forms are the same to the channel.</summary>
    FieldValue Form(string field, FieldValue value);

    /// <summary>The key of a list element (tags): case folding and trimming as the channel does it.</summary>
    string ElementKey(string field, string element);
}

/// <summary>What the merge needs to know of a channel. Not a message: made per silo from settings and the connector's descriptor.</summary>
public sealed record ChannelProfile
{
    public required ChannelId Id { get; init; }
    public required Origin Origin { get; init; }
    public required ChannelMode Mode { get; init; }
    public CreateMissing CreateMissing { get; init; }
    /// <summary>Fields that the connector can write.</summary>
    public required ImmutableHashSet<string> Mask { get; init; }
    /// <summary>Every variant stands there for itself: one id, one SKU, all fields (<see cref="FlatChannels"/>).</summary>
    public bool IsFlat { get; init; }
    /// <summary>Fields that a create must carry and that are not kept equal afterwards; taken from the channel only while the hub has none.</summary>
    public ImmutableHashSet<string> CreateOnly { get; init; } = [];
    /// <summary>ISO 4217; prices of other currencies are other registers.</summary>
    public required string Currency { get; init; }
    public required ICanon Canon { get; init; }
    /// <summary>Locations that stock is written to, in order, each with the hub warehouses it stands for; empty = the channel takes no stock.</summary>
    public ImmutableArray<ChannelLocation> Locations { get; init; } = [];
    /// <summary>Read name, description and price before overwriting them when not observed within <see cref="FreshFor"/>.</summary>
    public bool ReadBeforeWrite { get; init; } = true;
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>How long a push may be in the air before its outcome counts as unknown.</summary>
    public TimeSpan PushLease { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>The same for a push that carries pictures: some channels fetch them during the call.</summary>
    public TimeSpan PicturePushLease { get; init; } = TimeSpan.FromSeconds(90);
    /// <summary>How the channel takes changes of many products in one operation; null = it does not.</summary>
    public BulkProfile? Bulk { get; init; }
    /// <summary>Largest count the channel accepts.</summary>
    public decimal StockCap { get; init; } = 1_000_000_000m;
    public decimal StockBuffer { get; init; }
}

/// <summary>One place of a channel that holds a count. An empty warehouse list means all of them (a channel with one figure).</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-location")]
public sealed record ChannelLocation
{
    [Id(0)] public required string LocationId { get; init; }
    [Id(1)] public ImmutableArray<string> Warehouses { get; init; } = [];
    [Id(2)] public string? Name { get; init; }
}

/// <summary>Operations that carry changes of many products and take minutes.</summary>
public sealed record BulkProfile
{
    /// <summary>Fields that one operation may write; what a push has beyond one of these sets goes with the next.</summary>
    public required ImmutableArray<ImmutableHashSet<string>> Forms { get; init; }
    /// <summary>Most variants of one product.</summary>
    public required int MaxVariants { get; init; }
    /// <summary>How long an operation may be in the air before its outcome counts as unknown.</summary>
    public required TimeSpan Lease { get; init; }
    /// <summary>
    /// How old the last look at a product may be that is overwritten without a look of its own. Longer than for single calls, since reading many takes time:
    /// what is edited after the look is told by the channel's webhook before or while the operation runs.
    /// </summary>
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromMinutes(2);
}
