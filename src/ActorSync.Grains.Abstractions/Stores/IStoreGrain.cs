using ActorSync.Abstractions.Channels;
using Orleans.Concurrency;

namespace ActorSync.Abstractions.Stores;

/// <summary>
/// One channel connection: window of dirty products, lanes, API budget, circuit and health. Key: channel id. Never awaits HTTP; its methods take
/// microseconds. The truth of what is dirty is the database's index; the stream is the fast path.
/// </summary>
[Alias("actorsync.store")]
public interface IStoreGrain : IGrainWithStringKey
{
    /// <summary>Looks for work now (after settings changed, a go-live, an import).</summary>
    [Alias("wake")] Task WakeAsync();

    /// <summary>A worker returns a batch.</summary>
    [Alias("complete")] Task CompleteAsync(BatchResult result);

    /// <summary>
    /// Reserves budget: zero = granted, else how long to wait before asking again under the same name, which keeps its place in the line. Units are those of
    /// the channel (Shopify points; requests elsewhere).
    /// </summary>
    [Alias("acquire-named"), AlwaysInterleave] Task<TimeSpan> AcquireAsync(string request, double cost, Lane lane);

    /// <summary>What answers said of the budget.</summary>
    [Alias("report"), OneWay, AlwaysInterleave] Task ReportAsync(BudgetReading reading);

    /// <summary>A call outside a batch (import, probe, webhooks) failed or worked: feeds circuit and health.</summary>
    [Alias("note"), OneWay] Task NoteAsync(ChannelFault? fault, TimeSpan? clockOffset);

    /// <summary>How many of the wanted unpublishings may go now (the minimal guard); the rest is held for a person.</summary>
    [Alias("admit-withdrawals"), AlwaysInterleave] Task<int> AdmitWithdrawalsAsync(int wanted, long linkedProducts);

    /// <summary>State for people.</summary>
    [Alias("health")] Task<StoreHealth> GetHealthAsync();

    /// <summary>Registers the reviving reminder and reads the dirty index.</summary>
    [Alias("ensure")] Task EnsureAsync();
}

/// <summary>How a leased batch ended.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.batch-result")]
public sealed record BatchResult
{
    /// <summary>The lease.</summary>
    [Id(0)] public required string BatchId { get; init; }
    /// <summary>Products that are clean now or wait for something else.</summary>
    [Id(1)] public ImmutableArray<ProductId> Done { get; init; } = [];
    /// <summary>Products that are still dirty, and when they are due.</summary>
    [Id(2)] public ImmutableArray<RequeuedProduct> Again { get; init; } = [];
    /// <summary>The channel itself failed.</summary>
    [Id(3)] public ChannelFault? Fault { get; init; }
    /// <summary>Pushes that the channel took.</summary>
    [Id(4)] public int Pushed { get; init; }
    /// <summary>Reads before writes that found an edit in time.</summary>
    [Id(5)] public int SavedEdits { get; init; }
}

/// <summary>A product that is still dirty.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.requeued-product")]
public sealed record RequeuedProduct
{
    /// <summary>Product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
    /// <summary>Lane.</summary>
    [Id(1)] public required Lane Lane { get; init; }
    /// <summary>Not before; null = now.</summary>
    [Id(2)] public DateTimeOffset? DueAt { get; init; }
    /// <summary>It goes by a call of its own, not in bulk.</summary>
    [Id(3)] public bool IsSingle { get; init; }
}

/// <summary>Does one leased batch: plan, commit intents, read first where needed, call, settle. Stateless.</summary>
[Alias("actorsync.push-worker")]
public interface IPushWorkerGrain : IGrainWithIntegerKey
{
    /// <summary>Runs the batch and reports to the store. Not awaited by the store.</summary>
    [Alias("run"), OneWay] Task RunAsync(PushBatch batch);
}

/// <summary>
/// Pushes many products by one operation of the channel's, one batch at a time. What is under way is on record before it leaves, so that a killed hub finds the
/// operation again. Key: channel id.
/// </summary>
[Alias("actorsync.bulk-push")]
public interface IBulkPushGrain : IGrainWithStringKey
{
    /// <summary>Takes the batch and reports to the store when it is done; the store does not wait. A batch that comes while another one is under way goes back.</summary>
    [Alias("run"), OneWay] Task RunAsync(PushBatch batch);

    /// <summary>The channel says that an operation has ended: look now. A hint; without it the next look comes by itself.</summary>
    [Alias("nudge"), OneWay] Task NudgeAsync();

    /// <summary>Registers the reviving reminder; goes on with what an ended process left.</summary>
    [Alias("ensure")] Task EnsureAsync();
}

/// <summary>A batch under lease.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.push-batch")]
public sealed record PushBatch
{
    /// <summary>Unique; prefix of the push ids.</summary>
    [Id(0)] public required string BatchId { get; init; }
    /// <summary>Tenant.</summary>
    [Id(1)] public required TenantId Tenant { get; init; }
    /// <summary>Channel.</summary>
    [Id(2)] public required ChannelId Channel { get; init; }
    /// <summary>Products, most urgent first.</summary>
    [Id(3)] public required ImmutableArray<ProductId> Products { get; init; }
    /// <summary>What made products dirty, where the stream told it. What comes from the dirty index has no cause.</summary>
    [Id(4)] public ImmutableArray<PushCause> Causes { get; init; } = [];
}

/// <summary>What made a product dirty: for traces and latency, never for decisions.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.push-cause")]
public sealed record PushCause
{
    /// <summary>Product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
    /// <summary>traceparent of the commit; null = nobody records it.</summary>
    [Id(1)] public string? Trace { get; init; }
    /// <summary>When the webhook arrived; null = no webhook.</summary>
    [Id(2)] public DateTimeOffset? ArrivedAt { get; init; }
}

/// <summary>Event on the "product-changes" stream of a channel: the product's link turned dirty. Fast path only.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-dirty")]
public sealed record ProductDirty
{
    /// <summary>Tenant.</summary>
    [Id(0)] public required TenantId Tenant { get; init; }
    /// <summary>Product.</summary>
    [Id(1)] public required ProductId Product { get; init; }
    /// <summary>Lane.</summary>
    [Id(2)] public required Lane Lane { get; init; }
    /// <summary>Not before; null = now.</summary>
    [Id(3)] public DateTimeOffset? DueAt { get; init; }
    /// <summary>traceparent of the commit; null = nobody records it.</summary>
    [Id(4)] public string? Trace { get; init; }
    /// <summary>When the webhook arrived that changed it; null = no webhook.</summary>
    [Id(5)] public DateTimeOffset? ArrivedAt { get; init; }
}

/// <summary>Names that grains and hosts agree on.</summary>
public static class SyncStreams
{
    /// <summary>Stream provider.</summary>
    public const string Provider = "sync";
    /// <summary>Namespace of the dirty marks; key: channel id.</summary>
    public const string ProductChanges = "product-changes";
    /// <summary>Namespace of the feed; key: tenant id.</summary>
    public const string ProductFeed = "product-feed";
    /// <summary>Grain storage of settings and checkpoints.</summary>
    public const string Storage = "settings";
}

/// <summary>A channel's health for people.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.store-health")]
public sealed record StoreHealth
{
    /// <summary>Channel.</summary>
    [Id(0)] public required ChannelId Channel { get; init; }
    /// <summary>ok, throttled, down, unauthorised, reauth-required, paused, idle.</summary>
    [Id(1)] public required string State { get; init; }
    /// <summary>One sentence.</summary>
    [Id(2)] public required string Sentence { get; init; }
    /// <summary>Products waiting in the window.</summary>
    [Id(3)] public int Waiting { get; init; }
    /// <summary>Products in leased batches.</summary>
    [Id(4)] public int InFlight { get; init; }
    /// <summary>Bucket size; null = unknown.</summary>
    [Id(5)] public double? BudgetMaximum { get; init; }
    /// <summary>Units left now.</summary>
    [Id(6)] public double? BudgetAvailable { get; init; }
    /// <summary>Units per second.</summary>
    [Id(7)] public double? BudgetRestore { get; init; }
    /// <summary>Pushes taken since the silo started.</summary>
    [Id(8)] public long Pushed { get; init; }
    /// <summary>Throttled answers since the silo started: each is a defect.</summary>
    [Id(9)] public long Throttled { get; init; }
    /// <summary>Failed calls since the silo started.</summary>
    [Id(10)] public long Failed { get; init; }
    /// <summary>"read-before-write saved n edits".</summary>
    [Id(11)] public long SavedEdits { get; init; }
    /// <summary>Circuit: when it is tried again; null = closed.</summary>
    [Id(12)] public DateTimeOffset? OpenUntil { get; init; }
    /// <summary>The last failure.</summary>
    [Id(13)] public ChannelFault? LastFault { get; init; }
    /// <summary>Last successful call.</summary>
    [Id(14)] public DateTimeOffset? LastSuccessAt { get; init; }
    /// <summary>The channel's clock minus ours.</summary>
    [Id(15)] public TimeSpan ClockOffset { get; init; }
}

/// <summary>
/// Imports a whole channel, page by page, with a checkpoint after each page; a killed import resumes and repeats at most one page. In poll mode the same
/// grain asks for changes every minute. Key: channel id.
/// </summary>
[Alias("actorsync.import")]
public interface IImportGrain : IGrainWithStringKey
{
    /// <summary>Starts, or joins the one that runs.</summary>
    [Alias("start")] Task<ImportProgress> StartAsync(string reason);

    /// <summary>Progress of the running or last import.</summary>
    [Alias("get")] Task<ImportProgress> GetAsync();

    /// <summary>Stops after the page under way.</summary>
    [Alias("cancel")] Task<ImportProgress> CancelAsync();

    /// <summary>Registers the reviving reminder; resumes an unfinished import; starts polling where the channel is in poll mode.</summary>
    [Alias("ensure")] Task EnsureAsync();
}

/// <summary>How far an import is.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.import-progress")]
public sealed record ImportProgress
{
    /// <summary>Import id; null = never imported.</summary>
    [Id(0)] public string? Id { get; init; }
    /// <summary>none, running, waiting, done, failed, cancelled.</summary>
    [Id(1)] public required string State { get; init; }
    /// <summary>Products worked in.</summary>
    [Id(2)] public long Done { get; init; }
    /// <summary>Products that the channel says it has; null = unknown.</summary>
    [Id(3)] public long? Total { get; init; }
    /// <summary>Pages worked in.</summary>
    [Id(4)] public int Pages { get; init; }
    /// <summary>Items that could not be worked in, listed.</summary>
    [Id(5)] public long Failed { get; init; }
    /// <summary>Start.</summary>
    [Id(6)] public DateTimeOffset? StartedAt { get; init; }
    /// <summary>End.</summary>
    [Id(7)] public DateTimeOffset? EndedAt { get; init; }
    /// <summary>What it waits for or why it failed.</summary>
    [Id(8)] public string? Sentence { get; init; }
}
