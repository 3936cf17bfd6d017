namespace ActorSync.Abstractions.Products;

/// <summary>
/// One product: all writes to it pass here. Key: <see cref="ProductGrainKey"/>. Reentrant around its own mailbox: each call enqueues a command and awaits its
/// result; one pump decides all that wait in order, commits once and answers all. Every method may be repeated: observations are judged by value, edits carry
/// their own identity through the API's idempotency key, settles are fenced by push id.
/// </summary>
[Alias("actorsync.product")]
public interface IProductGrain : IGrainWithStringKey
{
    /// <summary>Works observations in, in the order given. Creates the product when it does not exist and the command allows it.</summary>
    [Alias("observe")] Task<ObserveReply> ObserveAsync(ObserveCommand command);

    /// <summary>A person's or client's edit.</summary>
    [Alias("edit")] Task<EditReply> EditAsync(EditCommand command);

    /// <summary>Plans the channel's push and commits its intents. The answer says whether to push, to read first, or that nothing is to do.</summary>
    [Alias("begin-push")] Task<BeginPushReply> BeginPushAsync(ChannelId channel, string pushId);

    /// <summary>As <see cref="BeginPushAsync"/>, for an operation that carries many products: answers <see cref="BeginPushStatus.Single"/> where it may not carry this one.</summary>
    [Alias("begin-bulk")] Task<BeginPushReply> BeginBulkAsync(ChannelId channel, string pushId);

    /// <summary>Settles a push. An outcome under an old push id is only an observation.</summary>
    [Alias("settle-push")] Task<SettleReply> SettlePushAsync(ChannelId channel, PushOutcome outcome);

    /// <summary>Applies the first-contact decision to the channel's undecided registers: the winner's value stays.</summary>
    [Alias("decide")] Task DecideFirstContactAsync(ChannelId channel, Origin winner);

    /// <summary>Works in what the bytes of pictures told, read because the channel's plan asked for them.</summary>
    [Alias("learn-pictures")] Task LearnPicturesAsync(ChannelId channel, ImmutableArray<PictureReading> readings);

    /// <summary>Closes open conflicts (all of the product, or one).</summary>
    [Alias("resolve")] Task<EditReply> ResolveAsync(ConflictResolution resolution);

    /// <summary>Settings changed: makes links for new channels, plans anew and sets or clears dirty marks, with settings at least as new as the version.</summary>
    [Alias("refresh")] Task RefreshAsync(long settingsVersion);

    /// <summary>Someone asks: clears attempts, parked values and back-off of the named channels (empty = all) and marks them due now.</summary>
    [Alias("retry")] Task RetryAsync(ImmutableArray<ChannelId> channels);

    /// <summary>Lets go what the minimal guard holds for the channel.</summary>
    [Alias("release-guard")] Task ReleaseGuardAsync(ChannelId channel, string actor);

    /// <summary>Lets the product be unpublished or deleted at the channel where that was one too many; false = that is not what holds it.</summary>
    [Alias("release-withdrawal")] Task<bool> ReleaseWithdrawalAsync(ChannelId channel, string actor);

    /// <summary>Takes back a begun push that would unpublish one product too many at the channel, and holds it for a person.</summary>
    [Alias("hold-withdrawal")] Task HoldWithdrawalAsync(ChannelId channel, string pushId);

    /// <summary>A person says what became of a sale that the stock's origin has not accounted for; false = nothing of that name is pending.</summary>
    [Alias("explain-sale")] Task<bool> ExplainSaleAsync(SaleExplanation explanation);

    /// <summary>Deletes the product in the hub; spreads only where the policy says so.</summary>
    [Alias("delete")] Task<bool> DeleteAsync(string actor);

    /// <summary>The last committed state, or null when the product does not exist.</summary>
    [Alias("get")] Task<ProductSnapshot?> GetAsync();

    /// <summary>Per channel: what a push would send now, nothing is written. Dry run and explain are this.</summary>
    [Alias("plans")] Task<ImmutableArray<ChannelPlan>> PlansAsync();
}

/// <summary>Key of a product grain: tenant/product.</summary>
public static class ProductGrainKey
{
    /// <summary>Joins the parts.</summary>
    public static string Of(TenantId tenant, ProductId product) => $"{tenant.Value}/{product.Value}";

    /// <summary>Splits a key.</summary>
    /// <exception cref="FormatException">The key has no slash.</exception>
    public static (TenantId Tenant, ProductId Product) Parse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/');
        return slash > 0
            ? (new TenantId(key[..slash]), new ProductId(key[(slash + 1)..]))
            : throw new FormatException($"'{key}' is not a product grain key: expected tenant/product.");
    }
}

/// <summary>Observations of one remote product.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observe-command")]
public sealed record ObserveCommand
{
    /// <summary>In order; all of one channel.</summary>
    [Id(0)] public required ImmutableArray<Observation> Observations { get; init; }
    /// <summary>Inbox rows that this works in: marked handled in the same transaction.</summary>
    [Id(1)] public ImmutableArray<long> InboxIds { get; init; } = [];
    /// <summary>Create the product when it does not exist yet.</summary>
    [Id(2)] public bool CreateIfMissing { get; init; }
    /// <summary>The remote product is ambiguous: import it, list it with this reason, push it nowhere.</summary>
    [Id(3)] public string? Ambiguous { get; init; }
    /// <summary>Answer what had drifted.</summary>
    [Id(4)] public bool Check { get; init; }
    /// <summary>Only answer it: decide and write nothing.</summary>
    [Id(5)] public bool DryRun { get; init; }
}

/// <summary>What became of observations.</summary>
public enum ObserveStatus
{
    /// <summary>Worked in (also when nothing changed).</summary>
    Done,
    /// <summary>The product does not exist and may not be created.</summary>
    NotFound,
    /// <summary>The SKU belongs to another product: route there (<see cref="ObserveReply.Owner"/>).</summary>
    SkuTaken,
    /// <summary>The remote product is linked to another hub product: route there.</summary>
    LinkTaken,
}

/// <summary>Answer to observations.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.observe-reply")]
public sealed record ObserveReply
{
    /// <summary>The status.</summary>
    [Id(0)] public required ObserveStatus Status { get; init; }
    /// <summary>Who has it.</summary>
    [Id(1)] public ProductId? Owner { get; init; }
    /// <summary>The hub's values changed.</summary>
    [Id(2)] public bool Changed { get; init; }
    /// <summary>Only a fresh read can judge it: the caller (or the store's worker) reads the remote product.</summary>
    [Id(3)] public bool WantsRead { get; init; }
    /// <summary>What had drifted, where it was asked for and the product was found.</summary>
    [Id(4)] public Drift? Drift { get; init; }
}

/// <summary>A hub edit.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.edit-command")]
public sealed record EditCommand
{
    /// <summary>The edit.</summary>
    [Id(0)] public required HubEdit Edit { get; init; }
    /// <summary>Create the product when it does not exist (API create).</summary>
    [Id(1)] public bool CreateIfMissing { get; init; }
    /// <summary>Channels that the product is to be created in, where createMissing is "selected"; null = by the channels' own rule.</summary>
    [Id(2)] public ImmutableArray<ChannelId>? Channels { get; init; }
}

/// <summary>Answer to an edit.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.edit-reply")]
public sealed record EditReply
{
    /// <summary>False: no such product.</summary>
    [Id(0)] public required bool Found { get; init; }
    /// <summary>Version after the edit.</summary>
    [Id(1)] public long Version { get; init; }
    /// <summary>Registers that now have the edit's value.</summary>
    [Id(2)] public ImmutableArray<RegisterKey> Accepted { get; init; } = [];
    /// <summary>Registers that a rule refused.</summary>
    [Id(3)] public ImmutableArray<RefusedEdit> Refused { get; init; } = [];
    /// <summary>The SKU of another product stands in the way: nothing was changed.</summary>
    [Id(4)] public string? SkuTaken { get; init; }
    /// <summary>Its owner.</summary>
    [Id(5)] public ProductId? SkuOwner { get; init; }
}

/// <summary>What a person says of a pending sale.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.sale-explanation")]
public sealed record SaleExplanation
{
    /// <summary>Where it was heard.</summary>
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>The reservation's key.</summary>
    [Id(1)] public required string Key { get; init; }
    /// <summary>It was sold, and the stock's origin knows; else nothing was sold, and it is given back.</summary>
    [Id(2)] public required bool WasSold { get; init; }
    /// <summary>Who says so.</summary>
    [Id(3)] public required string Actor { get; init; }
}

/// <summary>What to do for a push.</summary>
public enum BeginPushStatus
{
    /// <summary>Nothing differs any more, or nothing may be pushed.</summary>
    Nothing,
    /// <summary>Intents are committed: call now with <see cref="BeginPushReply.Item"/>.</summary>
    Push,
    /// <summary>Read the remote product first, observe it, then begin again.</summary>
    ReadFirst,
    /// <summary>Another push is in the air or the back-off is not over: later.</summary>
    Later,
    /// <summary>Fetch and hash the pictures of <see cref="BeginPushReply.Pictures"/>, tell the product, then begin again.</summary>
    ReadPictures,
    /// <summary>Not in bulk: counts, pictures, lists, structure, or more than one operation carries.</summary>
    Single,
}

/// <summary>Answer to BeginPush.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.begin-push-reply")]
public sealed record BeginPushReply
{
    /// <summary>The status.</summary>
    [Id(0)] public required BeginPushStatus Status { get; init; }
    /// <summary>What to push.</summary>
    [Id(1)] public PushItem? Item { get; init; }
    /// <summary>What to read; set with ReadFirst. A create is never read first: the connector looks before it repeats one.</summary>
    [Id(2)] public string? ExternalId { get; init; }
    // Id 3 was Probe.
    /// <summary>Lane of the push.</summary>
    [Id(4)] public Lane Lane { get; init; }
    /// <summary>A person has let this push go: the guard does not hold it again.</summary>
    [Id(5)] public bool IsReleased { get; init; }
    /// <summary>At a flat channel, all things to read that the product consists of there; else empty.</summary>
    [Id(6)] public ImmutableArray<string> Parts { get; init; } = [];
    /// <summary>Set with ReadPictures.</summary>
    [Id(7)] public ImmutableArray<PictureToRead> Pictures { get; init; } = [];
    /// <summary>In bulk: which of the channel's forms the item has.</summary>
    [Id(8)] public int Form { get; init; }
}

/// <summary>Answer to a settle.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.settle-reply")]
public sealed record SettleReply
{
    /// <summary>The link still differs: it stays dirty and is due at <see cref="DueAt"/>.</summary>
    [Id(0)] public required bool StillDirty { get; init; }
    /// <summary>Not before.</summary>
    [Id(1)] public DateTimeOffset? DueAt { get; init; }
}

/// <summary>A product as last committed.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-snapshot")]
public sealed record ProductSnapshot
{
    /// <summary>The document.</summary>
    [Id(0)] public required ProductState Product { get; init; }
    /// <summary>Its links.</summary>
    [Id(1)] public required ImmutableArray<LinkState> Links { get; init; }
    /// <summary>SYNCED, PENDING, CONFLICT, ERROR.</summary>
    [Id(2)] public required string SyncStatus { get; init; }
}

/// <summary>What a push to one channel would send.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-plan")]
public sealed record ChannelPlan
{
    /// <summary>Channel.</summary>
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>create or update.</summary>
    [Id(1)] public required PushAction Action { get; init; }
    /// <summary>What would be written.</summary>
    [Id(2)] public required ImmutableArray<PlannedValue> Delta { get; init; }
    /// <summary>What differs and is not written, with the reason.</summary>
    [Id(3)] public required ImmutableArray<Withheld> Withheld { get; init; }
    /// <summary>Why the guard holds it.</summary>
    [Id(4)] public string? Guard { get; init; }
    /// <summary>A read would come first.</summary>
    [Id(5)] public bool ReadFirst { get; init; }
}

/// <summary>
/// Routes what is heard of one remote product to the hub product it belongs to. Key: channel/externalId. Gives order and a place to wait; owns nothing:
/// truth is the unique link row.
/// </summary>
[Alias("actorsync.remote-product")]
public interface IRemoteProductGrain : IGrainWithStringKey
{
    /// <summary>Finds or makes the hub product (link, then identity SKU, then GTIN) and works the observations in. Duplicates are harmless.</summary>
    [Alias("deliver")] Task<ObserveReply> DeliverAsync(Delivery delivery);
}

/// <summary>Observations of one remote product on their way in.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.delivery")]
public sealed record Delivery
{
    /// <summary>Tenant.</summary>
    [Id(0)] public required TenantId Tenant { get; init; }
    /// <summary>Channel.</summary>
    [Id(1)] public required ChannelId Channel { get; init; }
    /// <summary>Remote product.</summary>
    [Id(2)] public required string ExternalId { get; init; }
    /// <summary>In order of arrival.</summary>
    [Id(3)] public required ImmutableArray<Observation> Observations { get; init; }
    /// <summary>Inbox rows that this works in.</summary>
    [Id(4)] public ImmutableArray<long> InboxIds { get; init; } = [];
    /// <summary>Answer what had drifted. Such a delivery travels alone.</summary>
    [Id(5)] public bool Check { get; init; }
    /// <summary>Only answer it: nothing is decided, made or written.</summary>
    [Id(6)] public bool DryRun { get; init; }
}

/// <summary>
/// Makes two channels that announce one SKU at once meet. Key: tenant/identitySku. Owns nothing: truth is the unique variant_sku row; between the first
/// announcement and its commit the grain holds the candidate.
/// </summary>
[Alias("actorsync.sku")]
public interface ISkuGrain : IGrainWithStringKey
{
    /// <summary>The product that has the SKU; if none, <paramref name="candidate"/> for the first asker and for those who ask within 30 s after it.</summary>
    [Alias("resolve")] Task<ProductId> ResolveAsync(ProductId candidate);
}

/// <summary>Ids made by the host (version 7 UUIDs), passed in so that tests can choose them.</summary>
public interface IIdSource
{
    /// <summary>A new unique id, lower-case, sortable by time.</summary>
    string NewId();
}
