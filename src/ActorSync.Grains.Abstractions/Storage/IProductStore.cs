namespace ActorSync.Abstractions.Storage;

/// <summary>
/// Products, links, log, conflicts and inbox acknowledgements behind one group-commit writer. A commit is one transaction with version compare-and-set;
/// it is the last word whatever Orleans does (DESIGN section 3).
/// </summary>
public interface IProductStore
{
    /// <summary>The product with all its links, or null.</summary>
    Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken);

    /// <summary>
    /// Applies everything in the commit or nothing. Waits when the writer's queue is full. The version check of one commit never fails another.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database did not answer; the outcome is unknown: reload before the next decision.</exception>
    Task<CommitResult> CommitAsync(ProductCommit commit, CancellationToken cancellationToken);

    /// <summary>The hub product that holds an identity SKU in the tenant, per SKU; absent where none does. At most 500 SKUs.</summary>
    Task<ImmutableDictionary<string, ProductId>> FindBySkuAsync(TenantId tenant, ImmutableArray<string> identitySkus, CancellationToken cancellationToken);

    /// <summary>The hub products that have a GTIN in the tenant (at most 10).</summary>
    Task<ImmutableArray<ProductId>> FindByGtinAsync(TenantId tenant, string gtin, CancellationToken cancellationToken);

    /// <summary>The hub product linked to a remote product of the channel.</summary>
    Task<ProductId?> FindByExternalIdAsync(ChannelId channel, string externalId, CancellationToken cancellationToken);

    /// <summary>The link that a remote sub-resource (variation, inventory item) belongs to.</summary>
    Task<ResourceOwner?> FindByResourceAsync(ChannelId channel, string resourceKey, CancellationToken cancellationToken);

    /// <summary>Links of the channel that are dirty and due, most urgent lane first, oldest first.</summary>
    Task<ImmutableArray<DirtyLink>> ReadDirtyAsync(ChannelId channel, DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Ids of the tenant's living products in id order after <paramref name="after"/>: for jobs that touch all of them.</summary>
    Task<ImmutableArray<ProductId>> ListIdsAsync(TenantId tenant, ProductId? after, int limit, CancellationToken cancellationToken);
}

/// <summary>The database is not reachable or failed in a way that leaves the outcome open.</summary>
[GenerateSerializer, Alias("actorsync.storage-unavailable")]
public sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A loaded product.</summary>
public sealed record StoredProduct
{
    /// <summary>With its stored version.</summary>
    public required ProductState Product { get; init; }
    /// <summary>All links of the product, each with its stored version.</summary>
    public required ImmutableArray<LinkState> Links { get; init; }
}

/// <summary>Where a sub-resource belongs.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.resource-owner")]
public sealed record ResourceOwner
{
    /// <summary>Hub product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
    /// <summary>Remote product id.</summary>
    [Id(1)] public required string ExternalId { get; init; }
    /// <summary>Hub variant.</summary>
    [Id(2)] public required VariantId Variant { get; init; }
    /// <summary>Remote variant id.</summary>
    [Id(3)] public required string VariantExternalId { get; init; }
}

/// <summary>Keys under which a link's sub-resources are stored, unique per channel.</summary>
public static class LinkResources
{
    /// <summary>A remote variant.</summary>
    public static string OfVariant(string externalId) => "variation/" + externalId;

    /// <summary>A thing that stock is counted on.</summary>
    public static string OfStockItem(string id) => "inventory/" + id;
}

/// <summary>One entry of the dirty index.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.dirty-link")]
public sealed record DirtyLink
{
    /// <summary>Tenant of the product.</summary>
    [Id(0)] public required TenantId Tenant { get; init; }
    /// <summary>The product.</summary>
    [Id(1)] public required ProductId Product { get; init; }
    /// <summary>Most urgent lane of what differs.</summary>
    [Id(2)] public required Lane Lane { get; init; }
    /// <summary>Since when.</summary>
    [Id(3)] public required DateTimeOffset DirtySince { get; init; }
}

/// <summary>What is filtered and sorted by, derived from the product document by the grain.</summary>
public sealed record ProductIndex
{
    /// <summary>Name.</summary>
    public required string? Name { get; init; }
    /// <summary>active, inactive or deleted.</summary>
    public required string Status { get; init; }
    /// <summary>Vendor.</summary>
    public string? Vendor { get; init; }
    /// <summary>Product type.</summary>
    public string? ProductType { get; init; }
    /// <summary>Tags in display form.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];
    /// <summary>SYNCED, PENDING, CONFLICT or ERROR.</summary>
    public required string SyncStatus { get; init; }
    /// <summary>Open conflicts exist.</summary>
    public bool HasConflict { get; init; }
    /// <summary>Lowest price for lists, with currency; null = none.</summary>
    public decimal? Price { get; init; }
    /// <summary>Sum of the hub's available stock; null = unknown.</summary>
    public decimal? Available { get; init; }
    /// <summary>When the oldest sale was heard that the stock's origin has not accounted for; null = none that it should.</summary>
    public DateTimeOffset? UnaccountedSince { get; init; }
    /// <summary>Every living variant's SKU and GTIN as written.</summary>
    public required ImmutableArray<VariantCodes> Variants { get; init; }
}

/// <summary>Codes of one variant.</summary>
public sealed record VariantCodes
{
    /// <summary>The variant.</summary>
    public required VariantId Variant { get; init; }
    /// <summary>Identity SKU (unique in the tenant), or null: empty, or withheld because the product is ambiguous.</summary>
    public string? IdentitySku { get; init; }
    /// <summary>SKU as written.</summary>
    public string? Sku { get; init; }
    /// <summary>GTIN.</summary>
    public string? Gtin { get; init; }
}

/// <summary>One product's write.</summary>
public sealed record ProductCommit
{
    /// <summary>The tenant.</summary>
    public required TenantId Tenant { get; init; }
    /// <summary>The product.</summary>
    public required ProductId Id { get; init; }
    /// <summary>Hub clock.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>The new document whose Version is the one it was loaded with (0 = insert); stored as Version + 1. Null = the product row is not touched.</summary>
    public ProductState? Product { get; init; }
    /// <summary>Index columns; required with <see cref="Product"/>. May also stand alone: then only sync status and conflict flag are updated, without a version check.</summary>
    public ProductIndex? Index { get; init; }
    /// <summary>Links to write, each with the version it was loaded with; stored as Version + 1. Channel ids must differ.</summary>
    public ImmutableArray<LinkWrite> Links { get; init; } = [];
    /// <summary>History lines.</summary>
    public ImmutableArray<LogEntry> Log { get; init; } = [];
    /// <summary>Conflict rows to insert or update by id.</summary>
    public ImmutableArray<ConflictRow> Conflicts { get; init; } = [];
    /// <summary>Inbox rows that this commit has worked in; marked handled with the outcome.</summary>
    public ImmutableArray<InboxAck> Inbox { get; init; } = [];
    /// <summary>Push attempts to insert or update by push id.</summary>
    public ImmutableArray<AttemptWrite> Attempts { get; init; } = [];
}

/// <summary>One link's write.</summary>
public sealed record LinkWrite
{
    /// <summary>The new state with the version it was loaded with.</summary>
    public required LinkState State { get; init; }
    /// <summary>Lane of the most urgent difference; null = clean.</summary>
    public Lane? Dirty { get; init; }
    /// <summary>Since when it is dirty.</summary>
    public DateTimeOffset? DirtySince { get; init; }
    /// <summary>Not to be pushed before.</summary>
    public DateTimeOffset? DueAt { get; init; }
    /// <summary>Registers that wait for the first-contact decision, by field name, for the go-live report.</summary>
    public ImmutableArray<string> Undecided { get; init; } = [];
    /// <summary>What a push would do now: create, update, ambiguous, excluded, parked, none (for counts).</summary>
    public required string PlanKind { get; init; }
    /// <summary>Fields a push would change now (for the go-live report's counts per field).</summary>
    public ImmutableArray<string> PlanFields { get; init; } = [];
}

/// <summary>How a commit ended.</summary>
public enum CommitStatus
{
    /// <summary>Stored.</summary>
    Committed,
    /// <summary>Product or a link has another version: reload and decide again.</summary>
    Stale,
    /// <summary>An identity SKU belongs to another product of the tenant: <see cref="CommitResult.Owner"/>.</summary>
    SkuTaken,
    /// <summary>The remote product is linked to another hub product: <see cref="CommitResult.Owner"/>.</summary>
    LinkTaken,
    /// <summary>The database refuses this very commit (poison): <see cref="CommitResult.Error"/>.</summary>
    Refused,
}

/// <summary>A commit's answer.</summary>
public sealed record CommitResult
{
    /// <summary>The status.</summary>
    public required CommitStatus Status { get; init; }
    /// <summary>Who has it.</summary>
    public ProductId? Owner { get; init; }
    /// <summary>The SKU or external id in question.</summary>
    public string? Key { get; init; }
    /// <summary>The database's words.</summary>
    public string? Error { get; init; }

    /// <summary>Stored.</summary>
    public static readonly CommitResult Committed = new() { Status = CommitStatus.Committed };
}

/// <summary>Marks an inbox row handled.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.inbox-ack")]
public sealed record InboxAck
{
    /// <summary>Row id.</summary>
    [Id(0)] public required long Id { get; init; }
    /// <summary>changed, echo, nochange, ignored, failed …: shown in the event list.</summary>
    [Id(1)] public required string Outcome { get; init; }
}

/// <summary>One row per leased push item: what S3's queue-status and logs show.</summary>
public sealed record AttemptWrite
{
    /// <summary>Push id.</summary>
    public required string Id { get; init; }
    /// <summary>Channel.</summary>
    public required ChannelId Channel { get; init; }
    /// <summary>push_to_shopify, push_to_woocommerce, …</summary>
    public required string Operation { get; init; }
    /// <summary>processing, completed, failed, skipped.</summary>
    public required string Status { get; init; }
    /// <summary>Failures in a row including this one.</summary>
    public int Attempts { get; init; }
    /// <summary>Which fields.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];
    /// <summary>The channel's words.</summary>
    public string? Error { get; init; }
    /// <summary>When it was leased.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}
