using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

public enum LinkStatus
{
    /// <summary>Not at the channel and not to be created there (createMissing).</summary>
    Excluded = 0,
    /// <summary>Not at the channel yet, to be created.</summary>
    Missing = 1,
    Linked = 2,
    /// <summary>Matches more than one hub product or an already linked one: imported, listed with its reason, pushed nowhere.</summary>
    Ambiguous = 3,
    /// <summary>A delete was heard and waits for a read to confirm it: no push, no re-create.</summary>
    DeleteHeard = 4,
    /// <summary>Confirmed gone at the channel. Kept 30 days so that a restore finds its shadow.</summary>
    Deleted = 5,
}

/// <summary>What one channel is known to hold of one product, and what is on its way there.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.link-state")]
public sealed record LinkState
{
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>Version of the stored row; 0 = never stored.</summary>
    [Id(1)] public long Version { get; init; }
    [Id(2)] public LinkStatus Status { get; init; }
    [Id(3)] public string? ExternalId { get; init; }
    /// <summary>Why it is ambiguous, excluded or deleted, for people.</summary>
    [Id(4)] public string? Reason { get; init; }
    [Id(5)] public ImmutableArray<VariantLink> Variants { get; init; } = [];
    [Id(6)] public ImmutableDictionary<RegisterKey, Held> Registers { get; init; } = ImmutableDictionary<RegisterKey, Held>.Empty;
    /// <summary>The push that is in the air; null = none.</summary>
    [Id(7)] public Flight? Flight { get; init; }
    /// <summary>When the start of a read that has been observed lay, or a body arrived: "last verified".</summary>
    [Id(8)] public DateTimeOffset? ObservedAt { get; init; }
    /// <summary>Something can only be judged by a fresh read.</summary>
    [Id(9)] public bool WantsRead { get; init; }
    /// <summary>Failed attempts in a row; 3 and more show ERROR, transient ones go on being retried.</summary>
    [Id(10)] public int Attempts { get; init; }
    [Id(11)] public DateTimeOffset? NextAttemptAt { get; init; }
    [Id(12)] public string? LastError { get; init; }
    [Id(13)] public DateTimeOffset? LastPushedAt { get; init; }
    /// <summary>Held for a person by the minimal guard, with the sentence to show; null = free.</summary>
    [Id(14)] public string? HeldByGuard { get; init; }
    /// <summary>The guard's sentence that a person let pass; the same sentence does not hold again.</summary>
    [Id(15)] public string? GuardPassed { get; init; }
    /// <summary>When <see cref="WantsRead"/> arose: a read that began before does not answer it.</summary>
    [Id(16)] public DateTimeOffset? WantsReadSince { get; init; }
    /// <summary>Chosen to be created at the channel (createMissing: selected).</summary>
    [Id(17)] public bool Selected { get; init; }
    /// <summary>A create was sent and its outcome is not certain.</summary>
    [Id(18)] public bool CreateTried { get; init; }
    /// <summary>At most so many registers per push, after the channel refused a whole push without naming a field; 0 = no limit.</summary>
    [Id(19)] public int SplitLimit { get; init; }
    /// <summary>When the delete was heard or confirmed: only a read that began later can show the product alive again.</summary>
    [Id(20)] public DateTimeOffset? DeletedAt { get; init; }
    /// <summary>When unpublishing it was held because too many products of the channel would have gone within minutes; null = not held.</summary>
    [Id(21)] public DateTimeOffset? WithdrawalHeldAt { get; init; }
    /// <summary>The channel's pictures in their order, then those that are gone (at most <see cref="MaxGoneMedia"/>, so that a late body finds its pictures).</summary>
    [Id(22)] public ImmutableArray<RemoteMedia> Media { get; init; } = [];
    /// <summary>Whose pictures stand once those of a first contact are compared; null = not decided.</summary>
    [Id(23)] public Origin? PicturesWonBy { get; init; }
    /// <summary>When a read that showed the whole product began: "last checked". Null = never.</summary>
    [Id(24)] public DateTimeOffset? VerifiedAt { get; init; }
    /// <summary>The bulk operation that carries a push of this product; null = none. It takes minutes, so counts are pushed beside it, and nothing else.</summary>
    [Id(25)] public Flight? Bulk { get; init; }

    /// <summary>The open call under this id, single or in bulk; null = it is not open any more.</summary>
    public Flight? FlightOf(string pushId) =>
        Flight is { } single && string.Equals(single.PushId, pushId, StringComparison.Ordinal) ? single
        : Bulk is { } bulk && string.Equals(bulk.PushId, pushId, StringComparison.Ordinal) ? bulk : null;

    /// <summary>An open call whose lease has run out: it may have happened.</summary>
    public bool HasLostCall(DateTimeOffset now) => Flight?.LeaseUntil <= now || Bulk?.LeaseUntil <= now;

    public const int MaxGoneMedia = 50;
}

/// <summary>Binds a picture of the channel to a picture of the hub.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.remote-media")]
public sealed record RemoteMedia
{
    [Id(0)] public required string MediaId { get; init; }
    /// <summary>The hub's picture; null = not known before its bytes are compared (first contact, or while an upload of ours may have made it).</summary>
    [Id(1)] public string? Key { get; init; }
    [Id(2)] public string? Hash { get; init; }
    [Id(3)] public string? Url { get; init; }
    /// <summary>We uploaded it: the proof without which it is never removed.</summary>
    [Id(4)] public bool Ours { get; init; }
    [Id(5)] public bool Gone { get; init; }
    [Id(6)] public MediaStatus Status { get; init; }
    /// <summary>Not looked at again before: it is being made ready, or could not be fetched.</summary>
    [Id(7)] public DateTimeOffset? CheckAt { get; init; }
    [Id(8)] public int Checks { get; init; }
    /// <summary>Its place in the channel's order is meant: a merchant's, or one that we asked for and saw. New uploads stand where the channel puts them.</summary>
    [Id(9)] public bool Placed { get; init; }
    /// <summary>Found with the bytes of an upload of unknown outcome: most likely ours, but the merchant may have put the same picture there, so it is never removed.</summary>
    [Id(10)] public bool MaybeOurs { get; init; }
    /// <summary>The words for it as last seen.</summary>
    [Id(11)] public string? Alt { get; init; }
}

/// <summary>Binds a hub variant to the channel's ids. Remote ids are immutable facts.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.variant-link")]
public sealed record VariantLink
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required string ExternalId { get; init; }
    /// <summary>The channel's id of the thing that stock is counted on, where it differs (Shopify: the inventory item).</summary>
    [Id(2)] public string? StockItemId { get; init; }
    /// <summary>The variant is gone at the channel; a late body that names this id does not revive it.</summary>
    [Id(3)] public bool Gone { get; init; }
}

/// <summary>What the channel holds of one register, as far as is known.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.held")]
public sealed record Held
{
    /// <summary>Known values, oldest first; the last is what the channel holds now. At most 8 entries or 48 h.</summary>
    [Id(0)] public ImmutableArray<HeldEntry> Ring { get; init; } = [];
    /// <summary>Values on their way, of unknown outcome, or sent in the last 24 h.</summary>
    [Id(1)] public ImmutableArray<Intent> Intents { get; init; } = [];
    /// <summary>Foreign values that cannot be judged while a push is in the air.</summary>
    [Id(2)] public ImmutableArray<OpenValue> Open { get; init; } = [];
    /// <summary>The channel refused this very target for ever, in its own words.</summary>
    [Id(3)] public Parked? Parked { get; init; }
    /// <summary>First contact found another value here than in the hub; waits for the one decision.</summary>
    [Id(4)] public bool Undecided { get; init; }
    /// <summary>The unexplained answer to the last push of a value: asked once more before it counts as the channel's form (M6).</summary>
    [Id(5)] public OddAnswer? Odd { get; init; }
    /// <summary>The channel's form of a value we sent, learned by proof: (hash sent, hash stored).</summary>
    [Id(6)] public Rendition? Learned { get; init; }

    public HeldEntry? Last => Ring.IsDefaultOrEmpty ? null : Ring[^1];
}

[GenerateSerializer, Immutable, Alias("actorsync.held-entry")]
public sealed record HeldEntry
{
    [Id(0)] public required long Hash { get; init; }
    /// <summary>The whole value; kept for the last entry only (null text there = empty), dropped from older ones.</summary>
    [Id(1)] public FieldValue Value { get; init; }
    /// <summary>Hash of the hub value this is the channel's form of; null = not sent by us.</summary>
    [Id(2)] public long? SentFor { get; init; }
    /// <summary>The channel's version that showed it.</summary>
    [Id(3)] public required Stamp Version { get; init; }
    [Id(4)] public required Stamp Source { get; init; }
    [Id(5)] public required Stamp Effective { get; init; }
    [Id(6)] public required DateTimeOffset LearnedAt { get; init; }
    /// <summary>True when the value was made at the channel itself, not sent by us.</summary>
    [Id(7)] public bool IsOwnEdit { get; init; }
    /// <summary>The highest version that still showed this value; zero = none but <see cref="Version"/>.</summary>
    [Id(8)] public Stamp Seen { get; init; }

    /// <summary>Up to this version the channel is known to have held the value.</summary>
    public Stamp LastSeen => Seen > Version ? Seen : Version;
}

public enum IntentState
{
    /// <summary>In the air.</summary>
    Flight,
    /// <summary>It may or may not have happened.</summary>
    Unknown,
    /// <summary>Seen at the channel while its call was still open.</summary>
    Landed,
    /// <summary>Of a call with unknown outcome that a later settled push overtook; it may still be executed late.</summary>
    Old,
    /// <summary>Taken by the channel for certain, but it answered without showing the value: a read is taken as the answer (M5).</summary>
    Applied,
    /// <summary>Taken by the channel, which then showed something that this value does not explain: it is pushed once more (M6).</summary>
    Odd,
}

[GenerateSerializer, Immutable, Alias("actorsync.intent")]
public sealed record Intent
{
    [Id(0)] public required FieldValue Value { get; init; }
    [Id(1)] public required Stamp Source { get; init; }
    [Id(2)] public required Stamp Effective { get; init; }
    [Id(3)] public required IntentState State { get; init; }
    [Id(4)] public required string PushId { get; init; }
    [Id(5)] public required DateTimeOffset SentAt { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.open-value")]
public sealed record OpenValue
{
    [Id(0)] public required FieldValue Value { get; init; }
    [Id(1)] public required Stamp Version { get; init; }
    [Id(2)] public long? SentFor { get; init; }
    [Id(3)] public required DateTimeOffset LearnedAt { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.parked")]
public sealed record Parked
{
    [Id(0)] public required long TargetHash { get; init; }
    [Id(1)] public required string Code { get; init; }
    [Id(2)] public required string Message { get; init; }
    [Id(3)] public required DateTimeOffset At { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.odd-answer")]
public sealed record OddAnswer
{
    [Id(0)] public required long SentHash { get; init; }
    [Id(1)] public required long AnswerHash { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.rendition")]
public sealed record Rendition
{
    [Id(0)] public required long SentHash { get; init; }
    [Id(1)] public required long StoredHash { get; init; }
}

/// <summary>An open call; a link has one, and one in bulk. Its lease makes a crash visible: past it the outcome is unknown and is read before it is repeated.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.flight")]
public sealed record Flight
{
    /// <summary>Fencing token: an answer under another id is only an observation.</summary>
    [Id(0)] public required string PushId { get; init; }
    [Id(1)] public required DateTimeOffset StartedAt { get; init; }
    [Id(2)] public required DateTimeOffset LeaseUntil { get; init; }
    [Id(3)] public required PushAction Action { get; init; }
    /// <summary>The highest version of a body that came meanwhile and did not carry all fields: unless the answer is as new as that, a read is wanted.</summary>
    [Id(4)] public Stamp? Lacked { get; init; }
}
