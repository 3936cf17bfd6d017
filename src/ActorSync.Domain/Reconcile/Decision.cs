using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

/// <summary>What every decision may look at besides its operands. <see cref="Now"/> is the hub clock.</summary>
public sealed record ReconcileContext
{
    public required DateTimeOffset Now { get; init; }
    public required TenantPolicy Policy { get; init; }
    /// <summary>The channel that the decision is about.</summary>
    public required ChannelProfile Channel { get; init; }
}

/// <summary>A decision about one product and the link it came through: new states and what to record. Nothing in it has happened yet.</summary>
public sealed record Decision
{
    public required ProductState Product { get; init; }
    public required LinkState Link { get; init; }
    public ImmutableArray<LogEntry> Log { get; init; } = [];
    /// <summary>New rows and rows whose state changed.</summary>
    public ImmutableArray<ConflictRow> Conflicts { get; init; } = [];
}

/// <summary>A decision that may touch every link of a product.</summary>
public sealed record PictureDecision
{
    public required ProductState Product { get; init; }
    /// <summary>Links that changed.</summary>
    public required ImmutableArray<LinkState> Links { get; init; }
    public ImmutableArray<LogEntry> Log { get; init; } = [];
    public ImmutableArray<ConflictRow> Conflicts { get; init; } = [];
}

/// <summary>A person's or client's edit in the hub.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.hub-edit")]
public sealed record HubEdit
{
    [Id(0)] public required ImmutableArray<FieldEdit> Fields { get; init; }
    /// <summary>Who, for the history.</summary>
    [Id(1)] public required string Actor { get; init; }
    /// <summary>The product version that the editor saw; null = unknown (scripts). An edit that knew the current value wins inside the window too.</summary>
    [Id(2)] public long? SeenVersion { get; init; }
    /// <summary>Win whatever the rules say, and close the conflict.</summary>
    [Id(3)] public bool Force { get; init; }
    [Id(4)] public ImmutableArray<StockEdit> Stock { get; init; } = [];
}

[GenerateSerializer, Immutable, Alias("actorsync.field-edit")]
public sealed record FieldEdit
{
    /// <summary>For a Set the whole list is given in <see cref="Elements"/> and Part is null; each element becomes its own register.</summary>
    [Id(0)] public required RegisterKey Key { get; init; }
    [Id(1)] public FieldValue Value { get; init; }
    [Id(2)] public ImmutableArray<string>? Elements { get; init; }
    /// <summary>For a scoped key: drop the override, so that the channel gets the product's own value again.</summary>
    [Id(3)] public bool ClearOverride { get; init; }
    /// <summary>For field images: the whole list in order, instead of <see cref="Elements"/>.</summary>
    [Id(4)] public ImmutableArray<ImageEdit>? Images { get; init; }
}

[GenerateSerializer, Immutable, Alias("actorsync.stock-edit")]
public sealed record StockEdit
{
    [Id(0)] public required VariantId Variant { get; init; }
    [Id(1)] public required string Warehouse { get; init; }
    [Id(2)] public required decimal Available { get; init; }
    [Id(3)] public decimal? Reserved { get; init; }
    [Id(4)] public decimal? Announced { get; init; }
}

/// <summary>The answer to a hub edit: an edit that a rule refuses is never silent.</summary>
public sealed record EditDecision
{
    public required ProductState Product { get; init; }
    public required ImmutableArray<RegisterKey> Accepted { get; init; }
    public required ImmutableArray<RefusedEdit> Refused { get; init; }
    public ImmutableArray<LogEntry> Log { get; init; } = [];
    public ImmutableArray<ConflictRow> Conflicts { get; init; } = [];
}

[GenerateSerializer, Immutable, Alias("actorsync.refused-edit")]
public sealed record RefusedEdit
{
    [Id(0)] public required RegisterKey Key { get; init; }
    [Id(1)] public required MergeRule Rule { get; init; }
    [Id(2)] public Origin? Winner { get; init; }
    [Id(3)] public FieldValue? WinnerValue { get; init; }
    [Id(4)] public string? ConflictId { get; init; }
    /// <summary>What was refused, by which rule, and how to override it.</summary>
    [Id(5)] public required string Message { get; init; }
}

/// <summary>Plan's answer: what would be pushed now, and why something is not.</summary>
public sealed record PushPlan
{
    public required PushAction Action { get; init; }
    /// <summary>Empty = the channel holds what it should (no API call).</summary>
    public required ImmutableArray<PlannedValue> Delta { get; init; }
    /// <summary>The most urgent lane among the delta; null when it is empty.</summary>
    public Lane? Lane { get; init; }
    /// <summary>Registers that differ but are parked, undecided or not allowed, with the reason.</summary>
    public ImmutableArray<Withheld> Withheld { get; init; } = [];
    /// <summary>A read must come first: unknown outcome, wanted read, or read-before-write.</summary>
    public bool ReadFirst { get; init; }
    /// <summary>Why the guard holds this push for a person; null = free.</summary>
    public string? Guard { get; init; }
    public DesiredProduct? Target { get; init; }
    /// <summary>Do not push before (back-off, Retry-After).</summary>
    public DateTimeOffset? NotBefore { get; init; }
    /// <summary>Pictures whose bytes must be known before it is clear what to upload.</summary>
    public ImmutableArray<PictureToRead> Pictures { get; init; } = [];

    /// <summary>Nothing to push now.</summary>
    public bool IsEmpty => Delta.IsEmpty;

    /// <summary>The link is dirty: something is to be pushed or read, or a push is in the air.</summary>
    public bool HasWork { get; init; }
}

public enum WithheldReason { Parked, Undecided, NotLive, Ambiguous, DeleteHeard, Deleted, Excluded, InFlight, NotRaised, NotOurs }

[GenerateSerializer, Immutable, Alias("actorsync.withheld")]
public sealed record Withheld
{
    [Id(0)] public RegisterKey? Key { get; init; }
    [Id(1)] public required WithheldReason Reason { get; init; }
    [Id(2)] public string? Detail { get; init; }
}

/// <summary>A push that may now be sent: first commit <see cref="Link"/>, then hand out <see cref="Item"/>.</summary>
public sealed record Begun
{
    public required LinkState Link { get; init; }
    public required PushItem Item { get; init; }
}

public enum ResolutionKind { AcceptLocal, AcceptRemote, Merge }

/// <summary>How a person closes open conflicts.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.conflict-resolution")]
public sealed record ConflictResolution
{
    [Id(0)] public required ResolutionKind Kind { get; init; }
    /// <summary>One conflict; null = all open ones of the product.</summary>
    [Id(1)] public string? ConflictId { get; init; }
    /// <summary>The remote to accept where several differ; null = the only one, else the resolution is refused with the candidates named.</summary>
    [Id(2)] public string? Origin { get; init; }
    /// <summary>Merged values by register.</summary>
    [Id(3)] public ImmutableDictionary<RegisterKey, FieldValue> Merge { get; init; } = ImmutableDictionary<RegisterKey, FieldValue>.Empty;
    [Id(4)] public required string Actor { get; init; }
}
