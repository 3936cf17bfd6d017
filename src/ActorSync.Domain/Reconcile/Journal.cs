using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>By which rule a value won, lost or was refused. The texts for people are in <c>Rules.Describe</c>.</summary>
public enum MergeRule
{
    /// <summary>The only claim so far, or first value of an empty field.</summary>
    First,
    /// <summary>Later effective time.</summary>
    Newer,
    /// <summary>Within the conflict window the origin that owns the class is preferred.</summary>
    PreferredInWindow,
    /// <summary>A person's edit that named the version it saw, or an override.</summary>
    Knowing,
    /// <summary>Equal effective times: preferred origin, rank, hash.</summary>
    TieBreak,
    /// <summary>Refused: the origin may not claim this class.</summary>
    NotOwner,
    /// <summary>Refused: the origin may only fill this field while it is empty.</summary>
    OnlyWhileEmpty,
    /// <summary>Older than what the same origin or the winner said.</summary>
    Older,
    /// <summary>The decision at first contact.</summary>
    FirstContact,
    /// <summary>A conflict was resolved by a person.</summary>
    Resolved,
    /// <summary>Stock: a falling count at a storefront.</summary>
    Sale,
    /// <summary>Stock: only the stock origin may raise a count.</summary>
    StockOrigin,
    /// <summary>Deletes do not spread unless the policy says so.</summary>
    DeletePolicy,
}

public enum LogAction { Created, Updated, Refused, Conflict, Pushed, PushFailed, Linked, Unlinked, Deleted, Parked, Reserved, Resolved, Held, Released }

/// <summary>One line of a product's history: who, when, from where, by which rule, what was there before.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.log-entry")]
public sealed record LogEntry
{
    [Id(0)] public required LogAction Action { get; init; }
    [Id(1)] public required Origin Origin { get; init; }
    [Id(2)] public RegisterKey? Key { get; init; }
    [Id(3)] public FieldValue? Before { get; init; }
    [Id(4)] public FieldValue? After { get; init; }
    [Id(5)] public MergeRule? Rule { get; init; }
    /// <summary>The channel a push or link entry is about.</summary>
    [Id(6)] public ChannelId? Channel { get; init; }
    [Id(7)] public string? EventId { get; init; }
    /// <summary>A person or client, for hub edits.</summary>
    [Id(8)] public string? Actor { get; init; }
    [Id(9)] public string? Detail { get; init; }
    [Id(10)] public required DateTimeOffset At { get; init; }
}

public enum ConflictState { Open, Resolved }

/// <summary>A value that lost without its editor having known the winner, or within the window. The loser is kept, one click from restored.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.conflict-row")]
public sealed record ConflictRow
{
    /// <summary>Deterministic over (product, register, loser value, loser source), so that it is recorded once however often it is delivered.</summary>
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required RegisterKey Key { get; init; }
    [Id(2)] public required Origin Winner { get; init; }
    [Id(3)] public required FieldValue WinnerValue { get; init; }
    [Id(4)] public required Origin Loser { get; init; }
    [Id(5)] public required FieldValue LoserValue { get; init; }
    [Id(6)] public required Stamp LoserSource { get; init; }
    [Id(7)] public required MergeRule Rule { get; init; }
    [Id(8)] public required DateTimeOffset DetectedAt { get; init; }
    [Id(9)] public ConflictState State { get; init; }
    /// <summary>How it was closed: accept_local, accept_remote, merge, knowing-edit, superseded.</summary>
    [Id(10)] public string? Resolution { get; init; }
    [Id(11)] public DateTimeOffset? ResolvedAt { get; init; }
    [Id(12)] public string? ResolvedBy { get; init; }
}
