namespace ActorSync.Abstractions.Storage;

/// <summary>Read models for lists and pages. Every list is bounded; cursors are opaque. Reads may trail commits by nothing: they read the same database.</summary>
public interface IProductQueries
{
    /// <summary>A page of products.</summary>
    Task<Page<ProductListItem>> ListAsync(ProductFilter filter, CancellationToken cancellationToken);
    /// <summary>Products by sync status in the tenant, and the last push or observation.</summary>
    Task<SyncCounts> CountBySyncStatusAsync(TenantId tenant, CancellationToken cancellationToken);
    /// <summary>History lines of a product, newest first.</summary>
    Task<Page<HistoryItem>> HistoryAsync(ProductId product, string? cursor, int limit, CancellationToken cancellationToken);
    /// <summary>The newest changes of a tenant (accepted values, conflicts, refusals), newest first.</summary>
    Task<ImmutableArray<HistoryItem>> RecentAsync(TenantId tenant, int limit, CancellationToken cancellationToken);
    /// <summary>Conflicts, newest first.</summary>
    Task<Page<ConflictItem>> ConflictsAsync(TenantId tenant, ProductId? product, ConflictState? state, string? cursor, int limit, CancellationToken cancellationToken);
    /// <summary>Push attempts of a product, newest first.</summary>
    Task<ImmutableArray<AttemptItem>> AttemptsAsync(ProductId product, int limit, CancellationToken cancellationToken);
    /// <summary>Push attempts by operation and status since an instant, for metrics.</summary>
    Task<ImmutableArray<AttemptCount>> CountAttemptsAsync(TenantId tenant, DateTimeOffset since, CancellationToken cancellationToken);
    /// <summary>Link counts of a channel: by status, dirty, undecided fields, plan kinds and plan fields: the go-live report.</summary>
    Task<LinkCounts> CountLinksAsync(ChannelId channel, CancellationToken cancellationToken);
    /// <summary>Dirty links of a channel, from their index alone.</summary>
    Task<DirtyCount> CountDirtyAsync(ChannelId channel, CancellationToken cancellationToken);
    /// <summary>Links of a channel with a reason (ambiguous, parked, held by guard, undecided), for people.</summary>
    Task<Page<ListedLink>> ListedLinksAsync(ChannelId channel, string? cursor, int limit, CancellationToken cancellationToken);
    /// <summary>Webhook events, newest first.</summary>
    Task<Page<WebhookEventItem>> EventsAsync(TenantId tenant, ChannelId? channel, string? cursor, int limit, CancellationToken cancellationToken);
    /// <summary>Events by channel and outcome since an instant.</summary>
    Task<ImmutableArray<EventCount>> CountEventsAsync(TenantId tenant, DateTimeOffset since, CancellationToken cancellationToken);
    /// <summary>How many linked products of a channel were ever read whole, and when the one that waits longest was.</summary>
    Task<VerifiedCounts> CountVerifiedAsync(ChannelId channel, CancellationToken cancellationToken);
    /// <summary>Products bound to something at the channel that were not read whole since an instant, by product id.</summary>
    Task<ImmutableArray<BoundProduct>> ListUnverifiedAsync(ChannelId channel, DateTimeOffset before, ProductId? after, int limit, CancellationToken cancellationToken);
    /// <summary>Products with a sale heard before an instant that the stock's origin has not accounted for, oldest first.</summary>
    Task<Page<UnaccountedItem>> UnaccountedAsync(TenantId tenant, DateTimeOffset before, string? cursor, int limit, CancellationToken cancellationToken);
    /// <summary>How many of them there are; not counted further than <paramref name="most"/>.</summary>
    Task<long> CountUnaccountedAsync(TenantId tenant, DateTimeOffset before, int most, CancellationToken cancellationToken);
    /// <summary>By tenant: products with such sales, and when the oldest was heard.</summary>
    Task<ImmutableArray<UnaccountedCount>> OldestUnaccountedAsync(CancellationToken cancellationToken);
    /// <summary>When a delivery about each of the resources last came in; what was not heard of is missing.</summary>
    Task<ImmutableDictionary<string, DateTimeOffset>> LastHeardAsync(
        TenantId tenant, ChannelId channel, ImmutableArray<string> resources, DateTimeOffset since, CancellationToken cancellationToken);
}

/// <summary>A bounded list.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.page`1")]
public sealed record Page<T>
{
    /// <summary>The rows.</summary>
    [Id(0)] public required ImmutableArray<T> Items { get; init; }
    /// <summary>Where to go on; null = the end.</summary>
    [Id(1)] public string? NextCursor { get; init; }
    /// <summary>Exact count, only when asked for.</summary>
    [Id(2)] public long? Total { get; init; }
}

/// <summary>API filters (API.md Products).</summary>
public sealed record ProductFilter
{
    /// <summary>Tenant.</summary>
    public required TenantId Tenant { get; init; }
    /// <summary>Free text over name and SKU.</summary>
    public string? Q { get; init; }
    /// <summary>Exact SKU, case-blind.</summary>
    public string? Sku { get; init; }
    /// <summary>active, inactive, deleted.</summary>
    public string? Status { get; init; }
    /// <summary>Vendor.</summary>
    public string? Vendor { get; init; }
    /// <summary>Product type.</summary>
    public string? ProductType { get; init; }
    /// <summary>Tag, case-blind.</summary>
    public string? Tag { get; init; }
    /// <summary>Linked to this channel.</summary>
    public ChannelId? Channel { get; init; }
    /// <summary>SYNCED, PENDING, CONFLICT, ERROR.</summary>
    public string? SyncStatus { get; init; }
    /// <summary>Available stock below.</summary>
    public decimal? StockBelow { get; init; }
    /// <summary>Changed at or after.</summary>
    public DateTimeOffset? UpdatedSince { get; init; }
    /// <summary>name, -name, updatedAt, -updatedAt (default).</summary>
    public string? Sort { get; init; }
    /// <summary>Opaque.</summary>
    public string? Cursor { get; init; }
    /// <summary>Rows to skip (only where a requirement shows it).</summary>
    public int Offset { get; init; }
    /// <summary>1 to 500.</summary>
    public int Limit { get; init; } = 50;
    /// <summary>Count all matches.</summary>
    public bool CountExact { get; init; }
}

/// <summary>A product in a list.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-list-item")]
public sealed record ProductListItem
{
    /// <summary>Id.</summary>
    [Id(0)] public required ProductId Id { get; init; }
    /// <summary>Version.</summary>
    [Id(1)] public required long Version { get; init; }
    /// <summary>Name.</summary>
    [Id(2)] public string? Name { get; init; }
    /// <summary>First SKU.</summary>
    [Id(3)] public string? Sku { get; init; }
    /// <summary>Number of variants.</summary>
    [Id(4)] public int Variants { get; init; }
    /// <summary>active, inactive, deleted.</summary>
    [Id(5)] public required string Status { get; init; }
    /// <summary>Vendor.</summary>
    [Id(6)] public string? Vendor { get; init; }
    /// <summary>Product type.</summary>
    [Id(7)] public string? ProductType { get; init; }
    /// <summary>Lowest price.</summary>
    [Id(8)] public decimal? Price { get; init; }
    /// <summary>Available.</summary>
    [Id(9)] public decimal? Available { get; init; }
    /// <summary>SYNCED, PENDING, CONFLICT, ERROR.</summary>
    [Id(10)] public required string SyncStatus { get; init; }
    /// <summary>Last change.</summary>
    [Id(11)] public required DateTimeOffset UpdatedAt { get; init; }
    /// <summary>Tags.</summary>
    [Id(12)] public ImmutableArray<string> Tags { get; init; } = [];
    /// <summary>State per channel.</summary>
    [Id(13)] public ImmutableArray<LinkMark> Channels { get; init; } = [];
}

/// <summary>A product's state at one channel, for lists.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.link-mark")]
public sealed record LinkMark
{
    /// <summary>Channel.</summary>
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>Link status.</summary>
    [Id(1)] public required LinkStatus Status { get; init; }
    /// <summary>Remote id.</summary>
    [Id(2)] public string? ExternalId { get; init; }
    /// <summary>Differs from its target.</summary>
    [Id(3)] public bool IsDirty { get; init; }
    /// <summary>Waits for the first-contact decision.</summary>
    [Id(4)] public bool IsUndecided { get; init; }
    /// <summary>Failures in a row.</summary>
    [Id(5)] public int Attempts { get; init; }
    /// <summary>Last error or reason.</summary>
    [Id(6)] public string? Reason { get; init; }
    /// <summary>Last verified.</summary>
    [Id(7)] public DateTimeOffset? ObservedAt { get; init; }
}

/// <summary>S3 status.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.sync-counts")]
public sealed record SyncCounts
{
    /// <summary>All living products.</summary>
    [Id(0)] public long Total { get; init; }
    /// <summary>In sync everywhere.</summary>
    [Id(1)] public long Synced { get; init; }
    /// <summary>On their way.</summary>
    [Id(2)] public long Pending { get; init; }
    /// <summary>With open conflicts.</summary>
    [Id(3)] public long Conflict { get; init; }
    /// <summary>Failing, parked or held.</summary>
    [Id(4)] public long Error { get; init; }
    /// <summary>Last completed push or observation.</summary>
    [Id(5)] public DateTimeOffset? LastSyncAt { get; init; }
}

/// <summary>A history line with its place.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.history-item")]
public sealed record HistoryItem
{
    /// <summary>Row id.</summary>
    [Id(0)] public required long Id { get; init; }
    /// <summary>Product.</summary>
    [Id(1)] public required ProductId Product { get; init; }
    /// <summary>Its name now.</summary>
    [Id(2)] public string? ProductName { get; init; }
    /// <summary>Product version after the change.</summary>
    [Id(3)] public required long Version { get; init; }
    /// <summary>The line.</summary>
    [Id(4)] public required LogEntry Entry { get; init; }
}

/// <summary>A conflict with its place.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.conflict-item")]
public sealed record ConflictItem
{
    /// <summary>Product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
    /// <summary>Its name now.</summary>
    [Id(1)] public string? ProductName { get; init; }
    /// <summary>The row.</summary>
    [Id(2)] public required ConflictRow Row { get; init; }
}

/// <summary>A push attempt.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.attempt-item")]
public sealed record AttemptItem
{
    /// <summary>Push id.</summary>
    [Id(0)] public required string Id { get; init; }
    /// <summary>Channel.</summary>
    [Id(1)] public required ChannelId Channel { get; init; }
    /// <summary>push_to_…</summary>
    [Id(2)] public required string Operation { get; init; }
    /// <summary>processing, completed, failed, skipped.</summary>
    [Id(3)] public required string Status { get; init; }
    /// <summary>Failures in a row.</summary>
    [Id(4)] public int Attempts { get; init; }
    /// <summary>Fields.</summary>
    [Id(5)] public ImmutableArray<string> Fields { get; init; } = [];
    /// <summary>Error.</summary>
    [Id(6)] public string? Error { get; init; }
    /// <summary>Start.</summary>
    [Id(7)] public required DateTimeOffset StartedAt { get; init; }
    /// <summary>End.</summary>
    [Id(8)] public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>Attempts counted.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.attempt-count")]
public sealed record AttemptCount
{
    /// <summary>push_to_…</summary>
    [Id(0)] public required string Operation { get; init; }
    /// <summary>Status.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>How many.</summary>
    [Id(2)] public required long Count { get; init; }
}

/// <summary>Links whose plan is not empty, and since when the one that waits longest is.</summary>
public readonly record struct DirtyCount(long Count, DateTimeOffset? Oldest);

/// <summary>A channel's links counted.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.link-counts")]
public sealed record LinkCounts
{
    /// <summary>By link status.</summary>
    [Id(0)] public ImmutableDictionary<LinkStatus, long> ByStatus { get; init; } = ImmutableDictionary<LinkStatus, long>.Empty;
    /// <summary>Dirty links.</summary>
    [Id(1)] public long Dirty { get; init; }
    /// <summary>Oldest dirty mark.</summary>
    [Id(2)] public DateTimeOffset? OldestDirty { get; init; }
    /// <summary>Links with undecided registers.</summary>
    [Id(3)] public long Undecided { get; init; }
    /// <summary>Undecided registers by field.</summary>
    [Id(4)] public ImmutableDictionary<string, long> UndecidedByField { get; init; } = ImmutableDictionary<string, long>.Empty;
    /// <summary>What pushes would do, by plan kind.</summary>
    [Id(5)] public ImmutableDictionary<string, long> ByPlan { get; init; } = ImmutableDictionary<string, long>.Empty;
    /// <summary>Fields that pushes would change.</summary>
    [Id(6)] public ImmutableDictionary<string, long> PlannedByField { get; init; } = ImmutableDictionary<string, long>.Empty;
    /// <summary>Links failing three times or more in a row.</summary>
    [Id(7)] public long Failing { get; init; }
}

/// <summary>A link that waits for a person.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.listed-link")]
public sealed record ListedLink
{
    /// <summary>Product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
    /// <summary>Its name.</summary>
    [Id(1)] public string? ProductName { get; init; }
    /// <summary>State.</summary>
    [Id(2)] public required LinkMark Mark { get; init; }
    /// <summary>Undecided fields.</summary>
    [Id(3)] public ImmutableArray<string> Undecided { get; init; } = [];
}

/// <summary>A webhook event in the list.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.webhook-event-item")]
public sealed record WebhookEventItem
{
    /// <summary>Row id.</summary>
    [Id(0)] public required long Id { get; init; }
    /// <summary>Channel.</summary>
    [Id(1)] public required ChannelId Channel { get; init; }
    /// <summary>Topic.</summary>
    [Id(2)] public required string Topic { get; init; }
    /// <summary>Resource.</summary>
    [Id(3)] public required string Resource { get; init; }
    /// <summary>waiting, handled, failed.</summary>
    [Id(4)] public required string State { get; init; }
    /// <summary>Outcome.</summary>
    [Id(5)] public string? Outcome { get; init; }
    /// <summary>Arrival.</summary>
    [Id(6)] public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>End.</summary>
    [Id(7)] public DateTimeOffset? HandledAt { get; init; }
    /// <summary>Tries.</summary>
    [Id(8)] public int Attempts { get; init; }
    /// <summary>Repeats of the same event that were counted and dropped.</summary>
    [Id(9)] public int Duplicates { get; init; }
}

/// <summary>Events counted.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.event-count")]
public sealed record EventCount
{
    /// <summary>Channel.</summary>
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>Outcome or state.</summary>
    [Id(1)] public required string Outcome { get; init; }
    /// <summary>How many.</summary>
    [Id(2)] public required long Count { get; init; }
}

/// <summary>How far a channel's linked products are known to be read.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.verified-counts")]
public sealed record VerifiedCounts
{
    /// <summary>Linked products.</summary>
    [Id(0)] public long Linked { get; init; }
    /// <summary>Read whole at least once.</summary>
    [Id(1)] public long Verified { get; init; }
    /// <summary>The oldest last check.</summary>
    [Id(2)] public DateTimeOffset? OldestAt { get; init; }
}

/// <summary>A product with sales that the stock's origin has not accounted for.</summary>
public sealed record UnaccountedItem
{
    /// <summary>Product.</summary>
    public required ProductId Product { get; init; }
    /// <summary>Its name.</summary>
    public string? ProductName { get; init; }
    /// <summary>The oldest of them.</summary>
    public required DateTimeOffset Since { get; init; }
    /// <summary>The product, with all that is pending of it.</summary>
    public required ProductState State { get; init; }
}

/// <summary>Such products of a tenant.</summary>
public sealed record UnaccountedCount(TenantId Tenant, long Products, DateTimeOffset OldestAt);

/// <summary>A product and what it is bound to at a channel.</summary>
public sealed record BoundProduct(ProductId Product, string ExternalId);
