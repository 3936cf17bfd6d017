using ActorSync.Abstractions.Webhooks;

namespace ActorSync.Abstractions.Channels;

/// <summary>A connector: one per kind of outside system, registered once, stateless.</summary>
public interface IChannelKind
{
    /// <summary>What it can do.</summary>
    ChannelDescriptor Descriptor { get; }

    /// <summary>How the channel changes what it stores.</summary>
    ICanon Canon { get; }

    /// <summary>Verifies and reads deliveries of the channel; null = the channel sends none.</summary>
    IWebhookReader? Webhooks { get; }

    /// <summary>How the channel issues access tokens that expire; null = its secrets are all it takes.</summary>
    ITokenIssuer? Tokens => null;

    /// <summary>
    /// Opens one connection. The result implements <see cref="IChannel"/> and those of <see cref="IProductSource"/>, <see cref="IProductSink"/>,
    /// <see cref="IStockSource"/>, <see cref="IWebhookRegistrar"/> that the channel can honour. It is thread-safe and kept for as long as settings and secrets
    /// stay the same. <paramref name="tokens"/> hands out access tokens where the kind has an issuer; null while the connection is not stored yet.
    /// </summary>
    IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null);
}

/// <summary>An open connection.</summary>
public interface IChannel
{
    /// <summary>Calls the channel once or twice to learn whether address and credentials work, and what it says of itself. Never throws for a channel's answer.</summary>
    Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>Reading products.</summary>
public interface IProductSource
{
    /// <summary>One page of all products, complete with variants and stock, in an order that survives changes during the scan. A null cursor begins.</summary>
    Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken);

    /// <summary>
    /// Fresh reads of whole products by external id (at most 100), with ReadStartedAt taken before the request. One result per id in the same order;
    /// an id that is gone or trashed gives a body with Deleted set.
    /// </summary>
    Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken);

    /// <summary>Finds what an earlier create may have left behind: by the hub id that the channel stores, else by identity SKU. Null = certainly not there.</summary>
    Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken);

    /// <summary>Products changed since the cursor (opaque, overlapping by design); a null cursor begins now. Used in poll mode and as safety net.</summary>
    Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken);
}

/// <summary>Reading counts from a place that owns them. The core asks in the channel's poll interval and keeps the cursor.</summary>
public interface IStockSource
{
    /// <summary>
    /// Counts that changed since the cursor (opaque, overlapping by design; rows come again and are told apart by their number). A null cursor begins with all
    /// counts. <paramref name="sweep"/> asks for all counts once more: the net under what was missed; the cursor then carries the sweep to its end.
    /// </summary>
    Task<StockPage> ReadStockAsync(string? cursor, bool sweep, CancellationToken cancellationToken);
}

/// <summary>A page of counts.</summary>
public sealed record StockPage
{
    /// <summary>One observation per remote thing, carrying counts only (<see cref="ObservationSource.Stock"/>).</summary>
    public required ImmutableArray<Observation> Items { get; init; }
    /// <summary>Where to go on, kept across restarts; null only with a fault.</summary>
    public string? Cursor { get; init; }
    /// <summary>More waits already: ask again at once.</summary>
    public bool HasMore { get; init; }
    /// <summary>The page could not be read: what happened. Items is empty then.</summary>
    public ChannelFault? Fault { get; init; }
}

/// <summary>Writing products.</summary>
public interface IProductSink
{
    /// <summary>
    /// Writes a batch (at most the descriptor's MaxPushBatch; one channel). Answers one outcome per item, in order, and never throws for what the channel
    /// did: throttling, refusals, timeouts are outcomes. A partial write leaves alone what the delta does not name. Calls the budget before each request.
    /// Items that may have happened before are looked up before anything that is not repeatable by nature; creates adopt what they find.
    /// </summary>
    Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken);
}

/// <summary>Subscribing to a channel's webhooks.</summary>
public interface IWebhookRegistrar
{
    /// <summary>Makes the channel's subscriptions equal to what we need, delivering to <paramref name="target"/>; repeatable. Reports what it had to create.</summary>
    Task<WebhookRegistration> EnsureAsync(Uri target, CancellationToken cancellationToken);
}

/// <summary>A source that can be asked for what changed since a moment; needed to close the gap that lost subscriptions leave.</summary>
public interface IBackfillSource
{
    /// <summary>The cursor with which <see cref="IProductSource.PollAsync"/> tells all that changed since <paramref name="since"/> (hub clock; the connector corrects by its measured offset).</summary>
    string CursorAt(DateTimeOffset since);
}

/// <summary>A source whose collections can be asked for their members.</summary>
public interface ICollectionSource
{
    /// <summary>External ids of the first <paramref name="most"/> members; none where the collection is gone.</summary>
    Task<CollectionMembers> ReadMembersAsync(string collectionId, int most, CancellationToken cancellationToken);
}

/// <summary>Members of a collection.</summary>
public sealed record CollectionMembers
{
    /// <summary>External ids of products.</summary>
    public required ImmutableArray<string> Products { get; init; }
    /// <summary>There are more than were asked for.</summary>
    public bool IsCut { get; init; }
    /// <summary>It could not be read: what happened.</summary>
    public ChannelFault? Fault { get; init; }
}

/// <summary>A page of products.</summary>
public sealed record SourcePage
{
    /// <summary>Observations, each with ReadStartedAt and ReceivedAt.</summary>
    public required ImmutableArray<Observation> Items { get; init; }
    /// <summary>Where to go on; null = this was the last page.</summary>
    public string? NextCursor { get; init; }
    /// <summary>All products that the channel holds, where it says so.</summary>
    public long? Total { get; init; }
    /// <summary>Of a poll: more waits already. Null = a page that brought something may have a successor.</summary>
    public bool? HasMore { get; init; }
    /// <summary>The page could not be read: what happened. Items is empty then.</summary>
    public ChannelFault? Fault { get; init; }
}

/// <summary>How a channel failed, classified once by the connector.</summary>
public enum ChannelFaultKind
{
    /// <summary>Network, 5xx, timeout: try again with back-off.</summary>
    Transient,
    /// <summary>The budget is spent: try again at RetryAt.</summary>
    Throttled,
    /// <summary>Credentials or rights: nothing works until a person acts.</summary>
    Unauthorised,
    /// <summary>The request is wrong; repeating it is useless.</summary>
    Permanent,
}

/// <summary>One failure in the channel's own words.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-fault")]
public sealed record ChannelFault
{
    /// <summary>The code of an app that the merchant removed: says more than the refusals that follow.</summary>
    public const string AppRemoved = "app-removed";

    /// <summary>The class.</summary>
    [Id(0)] public required ChannelFaultKind Kind { get; init; }
    /// <summary>Stable code: HTTP status or the channel's code.</summary>
    [Id(1)] public required string Code { get; init; }
    /// <summary>A sentence for people, without secrets or bodies.</summary>
    [Id(2)] public required string Message { get; init; }
    /// <summary>Not before.</summary>
    [Id(3)] public DateTimeOffset? RetryAt { get; init; }
}

/// <summary>What a probe learned.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.probe-result")]
public sealed record ProbeResult
{
    /// <summary>Address and credentials work.</summary>
    [Id(0)] public required bool Ok { get; init; }
    /// <summary>Why not.</summary>
    [Id(1)] public ChannelFault? Fault { get; init; }
    /// <summary>The shop's name for itself.</summary>
    [Id(2)] public string? ShopName { get; init; }
    /// <summary>ISO 4217.</summary>
    [Id(3)] public string? Currency { get; init; }
    /// <summary>Locations that take stock.</summary>
    [Id(4)] public ImmutableArray<ChannelLocation> Locations { get; init; } = [];
    /// <summary>Number of products, where cheap to know.</summary>
    [Id(5)] public long? Products { get; init; }
    /// <summary>Missing rights, old versions, odd settings, as sentences.</summary>
    [Id(6)] public ImmutableArray<string> Warnings { get; init; } = [];
    /// <summary>The channel's clock minus ours.</summary>
    [Id(7)] public TimeSpan ClockOffset { get; init; }
    /// <summary>Rights of our app there, where the channel names them.</summary>
    [Id(8)] public ImmutableArray<string> Scopes { get; init; } = [];
}

/// <summary>State of the channel's subscriptions after EnsureAsync.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.webhook-registration")]
public sealed record WebhookRegistration
{
    /// <summary>All needed subscriptions exist.</summary>
    [Id(0)] public required bool Ok { get; init; }
    /// <summary>Topics that had to be created: a gap to back-fill lies before them.</summary>
    [Id(1)] public ImmutableArray<string> Created { get; init; } = [];
    /// <summary>Why not.</summary>
    [Id(2)] public ChannelFault? Fault { get; init; }
    /// <summary>Subscriptions that the channel does not grant (rights of the app), each as a sentence; the hub works without them.</summary>
    [Id(3)] public ImmutableArray<string> Refused { get; init; } = [];
}

/// <summary>The channel's rate budget, one per connection for the whole cluster. Connectors ask before each request and report every answer.</summary>
public interface IApiBudget
{
    /// <summary>
    /// Waits until <paramref name="cost"/> units may be spent and reserves them. Stock overtakes price overtakes content; leftover work takes what none of
    /// them wants. A connector whose channel states no
    /// budget asks with cost 1; its limit is then learned from throttled answers.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token ended the wait.</exception>
    ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken);

    /// <summary>Tells what an answer said. Never waits.</summary>
    void Report(BudgetReading reading);
}

/// <summary>What one answer said of the budget.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.budget-reading")]
public sealed record BudgetReading
{
    /// <summary>Units reserved by AcquireAsync for this request.</summary>
    [Id(0)] public double Reserved { get; init; }
    /// <summary>Units it really cost.</summary>
    [Id(1)] public double? Actual { get; init; }
    /// <summary>Bucket size.</summary>
    [Id(2)] public double? Maximum { get; init; }
    /// <summary>Units left after this request.</summary>
    [Id(3)] public double? Available { get; init; }
    /// <summary>Units per second.</summary>
    [Id(4)] public double? RestorePerSecond { get; init; }
    /// <summary>The request was refused for lack of budget.</summary>
    [Id(5)] public bool Throttled { get; init; }
    /// <summary>The channel asked to wait this long.</summary>
    [Id(6)] public TimeSpan? RetryAfter { get; init; }
    /// <summary>Round-trip time.</summary>
    [Id(7)] public TimeSpan Elapsed { get; init; }
}
