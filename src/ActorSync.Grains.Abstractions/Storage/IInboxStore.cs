namespace ActorSync.Abstractions.Storage;

/// <summary>The durable webhook inbox: group-committed before the channel gets its 200, drained by lease per partition.</summary>
public interface IInboxStore
{
    /// <summary>Stores deliveries (grouped with others under way) and answers when they are durable.</summary>
    Task<AppendResult> AppendAsync(InboxEntry entry, CancellationToken cancellationToken);

    /// <summary>
    /// Leases the oldest waiting rows of a partition to <paramref name="owner"/> under a fencing token; rows whose lease has run out are leased again.
    /// Rows of one resource are never leased past an older waiting row of the same resource that is leased elsewhere.
    /// </summary>
    Task<ImmutableArray<InboxRow>> LeaseAsync(int partition, string owner, long token, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken);

    /// <summary>Marks rows handled that needed no product commit (ignored, unknown resource, poison after the last try).</summary>
    Task AckAsync(ImmutableArray<InboxAck> acks, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Gives rows back for a later try; counts the attempt.</summary>
    Task ReleaseAsync(ImmutableArray<long> ids, long token, DateTimeOffset dueAt, string? error, CancellationToken cancellationToken);

    /// <summary>Puts a handled event back (replay). False when its body is gone.</summary>
    Task<bool> ReplayAsync(long id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Number of partitions.</summary>
    const int Partitions = 16;
    /// <summary>Tries before a row is marked failed and listed.</summary>
    const int MaxAttempts = 5;
}

/// <summary>What became of an append.</summary>
public enum AppendResult
{
    /// <summary>Durable.</summary>
    Stored,
    /// <summary>The event key is known: counted, no effect.</summary>
    Duplicate,
    /// <summary>The writer's queue is full: answer 503 with Retry-After.</summary>
    Full,
}

/// <summary>A delivery to be kept.</summary>
public sealed record InboxEntry
{
    /// <summary>Tenant.</summary>
    public required TenantId Tenant { get; init; }
    /// <summary>Channel.</summary>
    public required ChannelId Channel { get; init; }
    /// <summary>Unique per channel.</summary>
    public required string EventKey { get; init; }
    /// <summary>Topic in the channel's words.</summary>
    public required string Topic { get; init; }
    /// <summary>What it is about; decides the partition.</summary>
    public required string Resource { get; init; }
    /// <summary>0 … Partitions-1.</summary>
    public required int Partition { get; init; }
    /// <summary>Headers the reader wants back, by lower-case name (no signature).</summary>
    public required ImmutableDictionary<string, string> Headers { get; init; }
    /// <summary>The raw body; empty for a bare hint.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
    /// <summary>Hub clock at arrival.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>Channel clock minus hub clock as known at arrival: stamped once, merge takes it as data.</summary>
    public TimeSpan ClockOffset { get; init; }
}

/// <summary>A leased delivery.</summary>
public sealed record InboxRow
{
    /// <summary>Row id, in arrival order.</summary>
    public required long Id { get; init; }
    /// <summary>What was stored.</summary>
    public required InboxEntry Entry { get; init; }
    /// <summary>Earlier tries.</summary>
    public required int Attempts { get; init; }
}
