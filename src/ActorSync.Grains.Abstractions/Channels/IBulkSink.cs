namespace ActorSync.Abstractions.Channels;

/// <summary>
/// Writing many products by one operation of the channel's own, which runs there for minutes. Nothing here waits for its end: the core looks, and collects what
/// came of it. Never throws for what the channel did.
/// </summary>
public interface IBulkSink
{
    /// <summary>
    /// Fresh reads of whole products by one operation, waited for at most <paramref name="patience"/>. A product that the operation did not show is missing from
    /// the page, which says nothing of it. A fault means that nothing was read.
    /// </summary>
    Task<SourcePage> ReadManyAsync(ImmutableArray<string> externalIds, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Starts the operation that writes <paramref name="items"/>, all of one form of the descriptor's. Their order is their number from here on.</summary>
    Task<BulkStart> StartAsync(int form, ImmutableArray<PushItem> items, CancellationToken cancellationToken);

    /// <summary>The operation that a start whose answer was lost began; null in the answer = there is none. One channel has one starter, so there is no other.</summary>
    Task<BulkStart> FindAsync(int form, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>How far it is.</summary>
    Task<BulkLook> LookAsync(string operation, CancellationToken cancellationToken);

    /// <summary>Asks the channel to end it; what it has done by then stands.</summary>
    Task CancelAsync(string operation, CancellationToken cancellationToken);

    /// <summary>
    /// One outcome per item, in order, from the result of an operation that is over: an item that the result does not name, or all where there is none to be had,
    /// is of unknown outcome. Of the items only keys, ids and their order are looked at. Null = the result cannot be fetched now; ask again.
    /// </summary>
    Task<ImmutableArray<PushOutcome>?> CollectAsync(string operation, int form, ImmutableArray<PushItem> items, DateTimeOffset startedAt, CancellationToken cancellationToken);
}

/// <summary>What became of a start.</summary>
public sealed record BulkStart
{
    /// <summary>The channel's id of the operation.</summary>
    public string? Operation { get; init; }
    /// <summary>Why there is none.</summary>
    public ChannelFault? Fault { get; init; }
    /// <summary>With a fault: it may run nevertheless.</summary>
    public bool MayHaveHappened { get; init; }
}

/// <summary>One look at an operation.</summary>
public sealed record BulkLook
{
    /// <summary>It has ended in whatever way: its result may be collected.</summary>
    public bool IsOver { get; init; }
    /// <summary>Items done so far: an operation that stands still is known by it.</summary>
    public long Done { get; init; }
    /// <summary>It could not be looked at.</summary>
    public ChannelFault? Fault { get; init; }
}

/// <summary>How a kind of channel takes changes of many products at once.</summary>
public sealed record BulkPushDescriptor
{
    /// <summary>Fields that one operation may write, by registry name.</summary>
    public required ImmutableArray<ImmutableHashSet<string>> Forms { get; init; }
    /// <summary>Most variants of one product.</summary>
    public required int MaxVariants { get; init; }
    /// <summary>Most products per operation.</summary>
    public required int MaxItems { get; init; }
    /// <summary>Fewer of one form go by calls of their own.</summary>
    public required int MinItems { get; init; }
    /// <summary>How long an operation may be in the air before its outcome counts as unknown.</summary>
    public required TimeSpan Lease { get; init; }
    /// <summary>Whether so many waiting pushes are better made in bulk, with so many units of budget restored per second (null = not known yet).</summary>
    public required Func<ChannelSettings, int, double?, bool> PaysOff { get; init; }
}
