using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Stores;

/// <summary>Operations under way; written before one leaves and once its id is known, so that a killed hub finds it again.</summary>
[GenerateSerializer, Alias("actorsync.bulk-push-state")]
public sealed record BulkPushState
{
    [Id(0)] public string? BatchId { get; set; }
    /// <summary>Before this nothing of the batch had been begun.</summary>
    [Id(1)] public DateTimeOffset StartedAt { get; set; }
    /// <summary>What has not ended by then is cancelled: the products' leases run out soon after it.</summary>
    [Id(2)] public DateTimeOffset Until { get; set; }
    /// <summary>When the last of the leases runs out, after which nobody waits for the outcome any more.</summary>
    [Id(3)] public DateTimeOffset LeaseUntil { get; set; }
    [Id(4)] public ImmutableArray<BulkFlight> Flights { get; set; } = [];
}

/// <summary>One operation: what it carries, in the order of its lines, without the values.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.bulk-flight")]
public sealed record BulkFlight
{
    [Id(0)] public required int Form { get; init; }
    [Id(1)] public required ImmutableArray<PushItem> Items { get; init; }
    /// <summary>Null = about to start, or the answer to the start was lost.</summary>
    [Id(2)] public string? Operation { get; init; }
}

/// <inheritdoc cref="IBulkPushGrain"/>
public sealed partial class BulkPushGrain(
    [PersistentState("bulk-push", SyncStreams.Storage)] IPersistentState<BulkPushState> state,
    ITenantDirectory directory,
    FailPoints failPoints,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<BulkPushGrain> logger) : ChannelWorkGrain, IBulkPushGrain
{
    /// <summary>Products that are asked, told or settled side by side.</summary>
    private const int AtOnce = 200;

    /// <summary>The reading before a write is given up after this: its products go by calls of their own.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(90);

    /// <summary>A batch that found another one under way, or the channel not live.</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private PushBatch? given;
    private bool isBusy;
    private TaskCompletionSource nudged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BulkPushState State => state.State;

    private DateTimeOffset Now => clock.GetUtcNow();

    private IStoreGrain Store => GrainFactory.GetGrain<IStoreGrain>(Channel.Value);

    public async Task RunAsync(PushBatch batch)
    {
        if (given is null && !isBusy && State.Flights.IsEmpty)
        {
            given = batch;
            return;
        }

        await Store.CompleteAsync(new BulkRun(batch.BatchId, batch.Products).Result(Now + AfterRefusal));
    }

    public Task NudgeAsync()
    {
        nudged.TrySetResult();
        return Task.CompletedTask;
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (!State.Flights.IsEmpty)
        {
            LogFoundAgain(Channel.Value, State.Flights.Length);
            await EndBatchAsync(new BulkRun(State.BatchId!, [.. State.Flights.SelectMany(flight => flight.Items).Select(item => item.Product)]), cancellationToken);
        }

        if (given is { } batch)
        {
            (given, isBusy) = (null, true);
            try
            {
                await PushAsync(batch, cancellationToken);
            }
            finally
            {
                isBusy = false;
            }
        }
    }

    protected override async Task FailedAsync(Exception failure)
    {
        // What is on record is taken up by the next tick; what is not has begun nothing at the channel.
        LogFailed(Channel.Value, failure);
        await state.ReadStateAsync();
    }

    private async Task PushAsync(PushBatch batch, CancellationToken cancellationToken)
    {
        var run = new BulkRun(batch.BatchId, batch.Products);
        try
        {
            if (await directory.FindChannelAsync(batch.Channel, cancellationToken) is { Mode: ChannelMode.Live, Paused: false } settings
                && await directory.OpenAsync(settings, cancellationToken) is IBulkSink sink)
            {
                await WriteAsync(run, settings, sink, batch, cancellationToken);
            }
        }
        finally
        {
            if (State.Flights.IsEmpty)
            {
                await ReportAsync(run);
            }
        }

        await EndBatchAsync(run, cancellationToken);
    }

    /// <summary>Reads what must be seen first, puts the intents on record and starts an operation per form.</summary>
    private async Task WriteAsync(BulkRun run, ChannelSettings settings, IBulkSink sink, PushBatch batch, CancellationToken cancellationToken)
    {
        var beganAt = Now;
        var (begun, unread) = await BeginAsync(run, settings, batch.Products, attempt: 1);
        if (unread.Count > 0 && await ReadFirstAsync(run, settings, sink, unread, cancellationToken) is { Count: > 0 } read)
        {
            beganAt = begun.Count == 0 ? Now : beganAt;
            var (more, stillUnread) = await BeginAsync(run, settings, read, attempt: 2);
            begun.AddRange(more);
            // Its reading raised a new question.
            run.Single(stillUnread.Keys);
        }

        var bulk = directory.KindOf(settings).Descriptor.BulkPush!;
        var forms = begun.GroupBy(item => item.Form).ToLookup(group => group.Count() >= bulk.MinItems);
        await PushSinglyAsync(run, settings, [.. forms[false].SelectMany(group => group).Select(item => item.Item)], cancellationToken);
        if (!forms[true].Any())
        {
            return;
        }

        var lease = directory.ProfileOf(settings).Bulk!.Lease;
        state.State = new BulkPushState
        {
            BatchId = run.BatchId,
            StartedAt = Now,
            Until = beganAt + (lease * 0.9),
            LeaseUntil = beganAt + lease,
            Flights = [.. forms[true].Select(group => new BulkFlight { Form = group.Key, Items = [.. group.Select(item => item.Item with { Target = Lines(item.Item.Target) })] })],
        };
        await EnsureAsync();
        await state.WriteStateAsync(cancellationToken);
        failPoints.Hit(FailPoints.AfterIntent);
        foreach (var flight in State.Flights)
        {
            await StartAsync(run, settings, sink, flight, cancellationToken);
        }
    }

    private async Task StartAsync(BulkRun run, ChannelSettings settings, IBulkSink sink, BulkFlight flight, CancellationToken cancellationToken)
    {
        var startedAt = Now;
        var start = await sink.StartAsync(flight.Form, flight.Items, cancellationToken);
        failPoints.Hit(FailPoints.AfterBulkStart);
        if (start.Operation is null && !start.MayHaveHappened)
        {
            run.Fault ??= start.Fault is { Kind: not ChannelFaultKind.Permanent } fault ? fault : null;
            await SettleAsync(run, settings, flight, [.. flight.Items.Select(item => Failed(item, PushResult.NotSent, startedAt, start.Fault))]);
            return;
        }

        LogStarted(Channel.Value, start.Operation, flight.Items.Length);
        await ReplaceAsync(flight, flight with { Operation = start.Operation, Items = [.. flight.Items.Select(WithoutValues)] });
        failPoints.Hit(FailPoints.DuringBulk);
    }

    private async Task EndBatchAsync(BulkRun run, CancellationToken cancellationToken)
    {
        if (State.Flights.IsEmpty)
        {
            return;
        }

        var settings = await directory.FindChannelAsync(Channel, cancellationToken);
        var sink = settings is null ? null : await directory.OpenAsync(settings, cancellationToken) as IBulkSink;
        foreach (var flight in State.Flights)
        {
            if (sink is null)
            {
                await ReplaceAsync(flight, null);
            }
            else
            {
                var outcomes = await EndAsync(sink, flight, cancellationToken)
                    ?? [.. flight.Items.Select(item => Failed(item, PushResult.Unknown, State.StartedAt, fault: null))];
                failPoints.Hit(FailPoints.AfterChannelApplied);
                await SettleAsync(run, settings!, flight, outcomes);
            }
        }

        await ReportAsync(run);
    }

    /// <summary>The store's answer to it may be the next batch.</summary>
    private Task ReportAsync(BulkRun run)
    {
        isBusy = false;
        return Store.CompleteAsync(run.Result(Now + AfterRefusal));
    }

    /// <summary>Waits for one operation and collects its outcomes; one that hangs or takes too long is cancelled, and what it did by then stands. Null = nothing is known.</summary>
    private async Task<ImmutableArray<PushOutcome>?> EndAsync(IBulkSink sink, BulkFlight flight, CancellationToken cancellationToken)
    {
        var operation = flight.Operation ?? await FindAsync(sink, flight, cancellationToken);
        var progress = (Done: -1L, At: Now);
        var isCancelled = false;
        while (operation is not null && Now < State.LeaseUntil)
        {
            var look = await sink.LookAsync(operation, cancellationToken);
            if (look.IsOver && await sink.CollectAsync(operation, flight.Form, flight.Items, State.StartedAt, cancellationToken) is { } outcomes)
            {
                return outcomes;
            }

            progress = look.Done > progress.Done ? (look.Done, Now) : progress;
            if (!look.IsOver && look.Fault is null && !isCancelled && (Now > State.Until || Now - progress.At > options.Value.BulkHungAfter))
            {
                LogHung(Channel.Value, operation, look.Done, flight.Items.Length, Now - progress.At);
                await sink.CancelAsync(operation, cancellationToken);
                isCancelled = true;
            }

            await PauseAsync(isCancelled, cancellationToken);
        }

        LogUnknown(Channel.Value, operation, flight.Items.Length);
        return null;
    }

    private async Task<string?> FindAsync(IBulkSink sink, BulkFlight flight, CancellationToken cancellationToken)
    {
        while (Now < State.Until)
        {
            var found = await sink.FindAsync(flight.Form, State.StartedAt, cancellationToken);
            if (found.Fault is null)
            {
                return found.Operation;
            }

            await PauseAsync(isShort: false, cancellationToken);
        }

        return null;
    }

    /// <summary>The longer it runs, the less often it is asked; the channel's own word ends the pause.</summary>
    private async Task PauseAsync(bool isShort, CancellationToken cancellationToken)
    {
        var shortest = options.Value.BulkPoll;
        var pause = isShort ? shortest : TimeSpan.FromTicks(Math.Clamp((Now - State.StartedAt).Ticks / 4, shortest.Ticks, Math.Max(shortest.Ticks, LongestPause.Ticks)));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(pause, clock, over.Token), nudged.Task);
        await over.CancelAsync();
        if (nudged.Task.IsCompleted)
        {
            nudged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<(List<(int Form, PushItem Item)> Begun, Dictionary<ProductId, string> Unread)> BeginAsync(
        BulkRun run, ChannelSettings settings, IEnumerable<ProductId> products, int attempt)
    {
        var begun = new List<(int, PushItem)>();
        var unread = new Dictionary<ProductId, string>();
        foreach (var chunk in products.Chunk(AtOnce))
        {
            foreach (var (product, reply) in await Task.WhenAll(chunk.Select(async product =>
                (product, reply: await Product(settings, product).BeginBulkAsync(Channel, $"{run.BatchId}.{attempt}/{product.Value}")))))
            {
                switch (reply)
                {
                    case { Status: BeginPushStatus.Push, Item: { } item }:
                        begun.Add((reply.Form, item));
                        break;
                    case { Status: BeginPushStatus.ReadFirst, ExternalId: { } id }:
                        unread[product] = id;
                        break;
                    case { Status: BeginPushStatus.Single }:
                        run.Single([product]);
                        break;
                    default:
                        run.Done.Add(product);
                        break;
                }
            }
        }

        return (begun, unread);
    }

    /// <summary>One operation shows them all, and the products judge what it shows. Whom it does not show goes by a call of its own.</summary>
    private async Task<List<ProductId>> ReadFirstAsync(BulkRun run, ChannelSettings settings, IBulkSink sink, Dictionary<ProductId, string> unread, CancellationToken cancellationToken)
    {
        var page = await sink.ReadManyAsync([.. unread.Values], ReadPatience, cancellationToken);
        var byId = page.Items.ToDictionary(item => item.Body.ExternalId, StringComparer.Ordinal);
        var read = unread.Where(pair => byId.ContainsKey(pair.Value)).ToList();
        foreach (var chunk in read.Chunk(AtOnce))
        {
            var replies = await Task.WhenAll(chunk.Select(pair => Product(settings, pair.Key).ObserveAsync(new ObserveCommand { Observations = [byId[pair.Value]] })));
            run.SavedEdits += replies.Count(reply => reply.Changed);
        }

        run.Single(unread.Keys.Except(read.Select(pair => pair.Key)));
        return [.. read.Select(pair => pair.Key)];
    }

    /// <summary>Too few of a form for an operation of their own.</summary>
    private async Task PushSinglyAsync(BulkRun run, ChannelSettings settings, ImmutableArray<PushItem> items, CancellationToken cancellationToken)
    {
        if (await directory.OpenAsync(settings, cancellationToken) is IProductSink sink)
        {
            foreach (var chunk in items.Chunk(directory.KindOf(settings).Descriptor.MaxPushBatch))
            {
                await SettleAsync(run, settings, await sink.PushAsync([.. chunk], cancellationToken));
            }
        }
    }

    private async Task SettleAsync(BulkRun run, ChannelSettings settings, BulkFlight flight, ImmutableArray<PushOutcome> outcomes)
    {
        await SettleAsync(run, settings, outcomes);
        await ReplaceAsync(flight, null);
    }

    private async Task SettleAsync(BulkRun run, ChannelSettings settings, ImmutableArray<PushOutcome> outcomes)
    {
        foreach (var chunk in outcomes.Chunk(AtOnce))
        {
            var replies = await Task.WhenAll(chunk.Select(outcome => Product(settings, outcome.Product).SettlePushAsync(Channel, outcome)));
            for (var i = 0; i < chunk.Length; i++)
            {
                run.Settled(chunk[i], replies[i]);
            }
        }
    }

    private async Task ReplaceAsync(BulkFlight flight, BulkFlight? by)
    {
        State.Flights = by is null ? [.. State.Flights.Where(other => other.Form != flight.Form)] : [.. State.Flights.Select(other => other.Form == flight.Form ? by : other)];
        await state.WriteStateAsync();
    }

    private IProductGrain Product(ChannelSettings settings, ProductId product) => GrainFactory.GetGrain<IProductGrain>(ProductGrainKey.Of(settings.Tenant, product));

    /// <summary>What a line needs of the target: which variant is which at the channel.</summary>
    private static DesiredProduct Lines(DesiredProduct target) => new()
    {
        Fields = ImmutableDictionary<string, FieldValue>.Empty,
        Variants = [.. target.Variants.Select(variant => new DesiredVariant { Id = variant.Id, ExternalId = variant.ExternalId, Remove = variant.Remove, Fields = ImmutableDictionary<string, FieldValue>.Empty })],
    };

    /// <summary>What is kept once the values are at the channel.</summary>
    private static PushItem WithoutValues(PushItem item) => item with { Delta = [.. item.Delta.Select(value => new PlannedValue { Key = value.Key, Target = FieldValue.Empty })] };

    private static PushOutcome Failed(PushItem item, PushResult result, DateTimeOffset sentAt, ChannelFault? fault) => new()
    {
        Product = item.Product,
        PushId = item.PushId,
        Result = result,
        SentAt = sentAt,
        ExternalId = item.ExternalId,
        Error = fault?.Message ?? "The bulk operation brought no result.",
        RetryAt = fault?.RetryAt,
        // Nobody's attempt: the operation failed, not the product.
        IsChannelFault = true,
    };

    /// <summary>What has happened to a batch so far; whatever is in neither list when it ends goes back into the window.</summary>
    private sealed class BulkRun(string batchId, ImmutableArray<ProductId> products)
    {
        private readonly Dictionary<ProductId, RequeuedProduct> again = [];

        public string BatchId => batchId;
        public List<ProductId> Done { get; } = [];
        public ChannelFault? Fault { get; set; }
        public int SavedEdits { get; set; }
        private int Pushed { get; set; }

        public void Single(IEnumerable<ProductId> wanted)
        {
            foreach (var product in wanted)
            {
                again[product] = new RequeuedProduct { Product = product, Lane = Lane.Content, IsSingle = true };
            }
        }

        /// <summary>What an operation did not do is done by a call that tells more.</summary>
        public void Settled(PushOutcome outcome, SettleReply reply)
        {
            var isApplied = outcome.Result == PushResult.Applied;
            Pushed += isApplied ? 1 : 0;
            if (reply.StillDirty)
            {
                again[outcome.Product] = new RequeuedProduct { Product = outcome.Product, Lane = Lane.Content, DueAt = reply.DueAt, IsSingle = !isApplied };
            }
            else
            {
                Done.Add(outcome.Product);
            }
        }

        public BatchResult Result(DateTimeOffset unforeseenDueAt) => new()
        {
            BatchId = batchId,
            Done = [.. Done],
            Again =
            [
                .. again.Values,
                .. products.Except(Done).Where(product => !again.ContainsKey(product))
                    .Select(product => new RequeuedProduct { Product = product, Lane = Lane.Content, DueAt = unforeseenDueAt }),
            ],
            Fault = Fault,
            Pushed = Pushed,
            SavedEdits = SavedEdits,
        };
    }

    [LoggerMessage(3120, LogLevel.Information, "Channel {Channel}: bulk operation {Operation} started with {Items} products")]
    private partial void LogStarted(string channel, string? operation, int items);

    [LoggerMessage(3121, LogLevel.Warning, "Channel {Channel}: bulk operation {Operation} has done {Done} of {Items}, stood still for {StoodStill}, and is cancelled")]
    private partial void LogHung(string channel, string operation, long done, int items, TimeSpan stoodStill);

    [LoggerMessage(3122, LogLevel.Warning, "Channel {Channel}: what bulk operation {Operation} did is not known; its {Items} products are read and pushed one by one")]
    private partial void LogUnknown(string channel, string? operation, int items);

    [LoggerMessage(3123, LogLevel.Information, "Channel {Channel}: going on with {Count} bulk operations of an ended process")]
    private partial void LogFoundAgain(string channel, int count);

    [LoggerMessage(3124, LogLevel.Error, "The bulk push of channel {Channel} failed and is taken up again")]
    private partial void LogFailed(string channel, Exception failure);
}
