using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Feed;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace ActorSync.Grains.Stores;

/// <inheritdoc cref="IStoreGrain"/>
[ImplicitStreamSubscription(SyncStreams.ProductChanges)]
public sealed partial class StoreGrain(
    ITenantDirectory directory,
    IProductStore store,
    IProductQueries queries,
    IIdSource ids,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<StoreGrain> logger) : Grain, IStoreGrain, IStreamSubscriptionObserver, IRemindable
{
    private static readonly TimeSpan LeftoverPatience = TimeSpan.FromMilliseconds(250);
    /// <summary>How often the dirty links are counted for whoever watches.</summary>
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(15);

    /// <summary>What a batch in bulk takes beside its operation: reading before it, recording after it.</summary>
    private static readonly TimeSpan BulkGrace = TimeSpan.FromMinutes(5);

    private readonly PushWindow window = new();
    private readonly WithdrawalWindow withdrawals = new();
    private readonly PushCauses causes = new();
    private ChannelSettings? settings;
    private ApiBucket bucket = ApiBucket.Unknown;
    private Circuit circuit = Circuit.Closed;
    private Counters counters;
    private ChannelFault? lastFault;
    private DateTimeOffset? lastSuccessAt;
    private DateTimeOffset indexReadAt;
    private DateTimeOffset countedAt;
    private DirtyCount counted = new(0, null);
    private StoreLevels? told;
    private TimeSpan measuredOffset;
    private IGrainTimer? fast;
    private bool isPumping;

    private ChannelId Channel => new(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The slow tick is the level: it reads the dirty index and expires leases, so a lost stream event costs seconds, never a push.
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromSeconds(1)) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (told is not null)
        {
            StoreDiagnostics.Forget(Channel, told);
        }

        return Task.CompletedTask;
    }

    public async Task EnsureAsync()
    {
        await this.RegisterOrUpdateReminder("revive", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await PumpAsync(CancellationToken.None);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => PumpAsync(CancellationToken.None);

    public Task WakeAsync()
    {
        indexReadAt = default;
        settings = null;
        return PumpAsync(CancellationToken.None);
    }

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        ArgumentNullException.ThrowIfNull(handleFactory);
        await handleFactory.Create<ProductDirty>().ResumeAsync((dirty, _) =>
        {
            window.Add(dirty.Product, dirty.Lane, dirty.DueAt, clock.GetUtcNow());
            causes.Add(dirty);
            ScheduleFastPump();
            return Task.CompletedTask;
        });
    }

    public async Task CompleteAsync(BatchResult result)
    {
        var now = clock.GetUtcNow();
        window.Return(result.BatchId);
        foreach (var again in result.Again)
        {
            window.Add(again.Product, again.Lane, again.DueAt, now, again.IsSingle);
        }

        counters.Pushed += result.Pushed;
        counters.SavedEdits += result.SavedEdits;
        StoreDiagnostics.Saved(Channel, result.SavedEdits);
        if (result.Fault is not null)
        {
            Fail(result.Fault, now);
        }
        else if (result.Pushed > 0 || result.Done.Length > 0)
        {
            Succeed(now);
        }

        await PumpAsync(CancellationToken.None);
        await TellFeedAsync();
    }

    public Task<TimeSpan> AcquireAsync(string request, double cost, Lane lane)
    {
        // A channel that states no budget has no leftover but its idle time.
        if (lane == Lane.Leftover && bucket.Maximum is null && window.HasWork(clock.GetUtcNow()))
        {
            return Task.FromResult(LeftoverPatience);
        }

        (bucket, var wait) = bucket.Acquire(clock.GetUtcNow(), request, cost, lane);
        return Task.FromResult(wait);
    }

    public Task<int> AdmitWithdrawalsAsync(int wanted, long linkedProducts) =>
        Task.FromResult(withdrawals.Admit(clock.GetUtcNow(), wanted, linkedProducts));

    public Task ReportAsync(BudgetReading reading)
    {
        bucket = bucket.Correct(
            clock.GetUtcNow(), reading.Reserved, reading.Actual, reading.Maximum, reading.Available, reading.RestorePerSecond, reading.Throttled, reading.RetryAfter);
        if (reading.Throttled)
        {
            counters.Throttled++;
            StoreDiagnostics.Throttled(Channel);
            LogThrottled(Channel.Value, counters.Throttled);
        }

        return Task.CompletedTask;
    }

    public async Task NoteAsync(ChannelFault? fault, TimeSpan? clockOffset)
    {
        measuredOffset = clockOffset ?? measuredOffset;
        if (fault is null)
        {
            Succeed(clock.GetUtcNow());
        }
        else
        {
            Fail(fault, clock.GetUtcNow());
        }

        await TellFeedAsync();
    }

    public async Task<StoreHealth> GetHealthAsync()
    {
        settings ??= await directory.FindChannelAsync(Channel);
        var now = clock.GetUtcNow();
        var (state, sentence) = Describe(now);
        return new StoreHealth
        {
            Channel = Channel,
            State = state,
            Sentence = sentence,
            Waiting = window.WaitingCount,
            InFlight = window.LeasedCount,
            BudgetMaximum = bucket.Maximum,
            BudgetAvailable = bucket.Maximum is null ? null : Math.Max(0, bucket.LeftAt(now)),
            BudgetRestore = bucket.Maximum is null ? null : bucket.RestorePerSecond,
            Pushed = counters.Pushed,
            Throttled = counters.Throttled,
            Failed = counters.Failed,
            SavedEdits = counters.SavedEdits,
            OpenUntil = circuit.IsOpen(now) ? circuit.OpenUntil : null,
            LastFault = lastFault,
            LastSuccessAt = lastSuccessAt,
            ClockOffset = measuredOffset,
        };
    }

    private (string State, string Sentence) Describe(DateTimeOffset now) => settings switch
    {
        null => ("unknown", $"Channel '{Channel}' is not configured."),
        { Paused: true } => ("paused", "Paused by a person; changes are collected and pushed after resume."),
        _ when lastFault is { Code: TokenFaults.LoginRequired or TokenFaults.ReauthRequired } ended => ("reauth-required", ended.Message),
        _ when lastFault is { Kind: ChannelFaultKind.Unauthorised } fault => ("unauthorised", $"The channel refuses our credentials ({fault.Code}): {fault.Message}"),
        _ when circuit.IsOpen(now) => ("down", $"No answer since {circuit.Failures} tries: {lastFault?.Message} Next try {circuit.OpenUntil:HH:mm:ss} UTC."),
        _ when bucket.NotBefore > now => ("throttled", "The channel asked us to wait."),
        { Mode: ChannelMode.Observe } => ("ok", "Observing: read and matched, nothing is written."),
        _ => ("ok", window.WaitingCount + window.LeasedCount == 0 ? "In sync." : $"{window.WaitingCount + window.LeasedCount} products on their way."),
    };

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        await PumpAsync(cancellationToken);
        if (StoreDiagnostics.IsWatched)
        {
            await TellLevelsAsync(cancellationToken);
        }
    }

    private async Task TellLevelsAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now - countedAt >= CountEvery)
        {
            countedAt = now;
            try
            {
                counted = await queries.CountDirtyAsync(Channel, cancellationToken);
            }
            catch (StorageUnavailableException failure)
            {
                LogStorage(Channel.Value, failure.Message);
            }
        }

        told = new StoreLevels(
            window.WaitingCount, window.LeasedCount, counted.Count, now - counted.Oldest ?? TimeSpan.Zero,
            bucket.Maximum is null ? null : Math.Max(0, bucket.LeftAt(now)), bucket.Maximum, circuit.IsOpen(now));
        StoreDiagnostics.Tell(Channel, told);
    }

    /// <summary>Leases as many batches as may be under way. Guarded against itself: the stream, the timer and a returning worker all call it.</summary>
    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        if (isPumping)
        {
            return;
        }

        isPumping = true;
        try
        {
            var now = clock.GetUtcNow();
            settings = await directory.FindChannelAsync(Channel, cancellationToken);
            if (settings is not null && directory.KindOf(settings).Descriptor.CallsPerSecond is { } rate)
            {
                bucket = bucket.AtRate(rate(settings), now);
            }

            if (settings is not { Mode: ChannelMode.Live, Paused: false } channel)
            {
                window.Clear();
                causes.Clear();
                return;
            }

            if (window.ExpireLeases(now) is > 0 and var expired)
            {
                LogLeasesExpired(expired, channel.Id.Value);
            }

            await ReadIndexAsync(now, cancellationToken);
            if (circuit.IsOpen(now) || bucket.NotBefore > now)
            {
                return;
            }

            var kind = directory.KindOf(channel).Descriptor;
            var size = kind.MaxPushBatch;
            // The worker keeps its products at least as long as their pushes may be in the air.
            var batchLease = options.Value.BatchLease > kind.PushLease ? options.Value.BatchLease : kind.PushLease;
            // One batch at a time while the channel is suspect: the first answer decides.
            var parallel = circuit.Failures > 0 ? 1 : options.Value.MaxBatches;
            var bulk = Allows(channel, kind.BulkPush) ? kind.BulkPush : null;
            await StartBulkAsync(channel, bulk, now);
            while (window.BatchCount < parallel && window.Take(now, size, options.Value.Linger, GathersForBulk(channel, bulk, now)) is { } products)
            {
                var batchId = ids.NewId();
                window.Lease(batchId, products, now + batchLease);
                // One-way: the worker reports by CompleteAsync, or its lease runs out.
                await GrainFactory.GetGrain<IPushWorkerGrain>(0).RunAsync(new PushBatch
                {
                    BatchId = batchId,
                    Tenant = channel.Tenant,
                    Channel = channel.Id,
                    Products = products,
                    Causes = causes.Take(products),
                });
            }

            if (window.WaitingCount > 0 && window.BatchCount < parallel)
            {
                ScheduleFastPump();
            }
        }
        catch (StorageUnavailableException failure)
        {
            LogStorage(Channel.Value, failure.Message);
        }
        finally
        {
            isPumping = false;
        }
    }

    /// <summary>
    /// Not where a lost edit would stay unseen: without webhooks nothing tells of what a merchant writes while the operation runs. Nor while the channel is suspect.
    /// </summary>
    private bool Allows(ChannelSettings channel, BulkPushDescriptor? bulk) =>
        bulk is not null && circuit.Failures == 0 && !(channel.PollMode && channel.ReadBeforeWrite);

    private bool PaysOff(ChannelSettings channel, BulkPushDescriptor bulk, int products) =>
        bulk.PaysOff(channel, products, bucket.Maximum is null ? null : bucket.RestorePerSecond);

    /// <summary>While one batch is out and more products gather, they wait for it: a rule over many products comes as a stream of single changes.</summary>
    private bool GathersForBulk(ChannelSettings channel, BulkPushDescriptor? bulk, DateTimeOffset now) =>
        bulk is not null && window.BatchCount > 0 && window.CountForBulk(now) >= bulk.MinItems && PaysOff(channel, bulk, bulk.MaxItems);

    /// <summary>Gives the waiting products to one bulk operation where that is the better way.</summary>
    private async Task StartBulkAsync(ChannelSettings channel, BulkPushDescriptor? bulk, DateTimeOffset now)
    {
        if (bulk is null || window.HasBulk || window.CountForBulk(now) is var waiting && (waiting < bulk.MinItems || !PaysOff(channel, bulk, waiting)))
        {
            return;
        }

        var batch = new PushBatch { BatchId = ids.NewId(), Tenant = channel.Tenant, Channel = channel.Id, Products = window.TakeForBulk(now, bulk.MaxItems) };
        window.Lease(batch.BatchId, batch.Products, now + bulk.Lease + BulkGrace, isBulk: true);
        LogBulk(channel.Id.Value, batch.Products.Length, waiting);
        await GrainFactory.GetGrain<IBulkPushGrain>(channel.Id.Value).RunAsync(batch);
    }

    private async Task ReadIndexAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (window.WaitingCount > 0 || now - indexReadAt < options.Value.IndexPoll)
        {
            return;
        }

        indexReadAt = now;
        window.IndexWasRead();
        foreach (var dirty in await store.ReadDirtyAsync(Channel, now, PushWindow.MaxWaiting, cancellationToken))
        {
            window.Add(dirty.Product, dirty.Lane, now, dirty.DirtySince);
        }
    }

    private void ScheduleFastPump()
    {
        if (fast is null)
        {
            fast = this.RegisterGrainTimer(
                async _ =>
                {
                    // Disposed first so that the pump may schedule the next one; the timer's own token ends with it.
                    fast?.Dispose();
                    fast = null;
                    await PumpAsync(CancellationToken.None);
                },
                new GrainTimerCreationOptions(options.Value.Linger, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
    }

    private void Succeed(DateTimeOffset now)
    {
        circuit = Circuit.Closed;
        lastSuccessAt = now;
        lastFault = null;
    }

    private void Fail(ChannelFault fault, DateTimeOffset now)
    {
        StoreDiagnostics.Failed(Channel, fault.Kind);
        lastFault = fault.Kind == ChannelFaultKind.Unauthorised && lastFault?.Code == ChannelFault.AppRemoved ? lastFault : fault;
        if (fault.Kind == ChannelFaultKind.Throttled)
        {
            bucket = bucket with { NotBefore = fault.RetryAt ?? now + TimeSpan.FromSeconds(1) };
            return;
        }

        counters.Failed++;
        circuit = circuit.Fail(now, fault.Kind == ChannelFaultKind.Unauthorised, fault.RetryAt);
        LogFault(Channel.Value, fault.Code, fault.Message, circuit.OpenUntil);
    }

    private async Task TellFeedAsync()
    {
        if (settings is { } channel)
        {
            await GrainFactory.GetGrain<IFeedGrain>(channel.Tenant.Value).NoticeAsync(new FeedUpdate { Channels = [channel.Id] });
        }
    }

    private record struct Counters(long Pushed, long Throttled, long Failed, long SavedEdits);

    [LoggerMessage(3001, LogLevel.Warning, "Channel {Channel} throttled a request ({Count} since start): the budget mirror was wrong")]
    private partial void LogThrottled(string channel, long count);

    [LoggerMessage(3002, LogLevel.Warning, "{Count} push batches of channel {Channel} never came back; their products wait again")]
    private partial void LogLeasesExpired(int count, string channel);

    [LoggerMessage(3003, LogLevel.Information, "Channel {Channel} failed with {Code}: {Message} Next try at {OpenUntil:O}")]
    private partial void LogFault(string channel, string code, string message, DateTimeOffset openUntil);

    [LoggerMessage(3005, LogLevel.Information, "Channel {Channel}: {Count} of {Waiting} waiting products go in bulk")]
    private partial void LogBulk(string channel, int count, int waiting);

    [LoggerMessage(3004, LogLevel.Warning, "The dirty index of channel {Channel} could not be read: {Message}")]
    private partial void LogStorage(string channel, string message);
}
