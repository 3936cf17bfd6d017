using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Feed;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Stores;

/// <inheritdoc cref="IDriftScanGrain"/>
public sealed partial class DriftScanGrain(
    [PersistentState("drift-scan", SyncStreams.Storage)] IPersistentState<DriftScanState> state,
    ITenantDirectory directory,
    IProductQueries queries,
    IIdSource ids,
    FailPoints failPoints,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<DriftScanGrain> logger) : ChannelWorkGrain, IDriftScanGrain
{
    /// <summary>Single products that are remembered, waiting or done.</summary>
    public const int MaxSingles = 50;
    /// <summary>Links per read while what is gone is looked for.</summary>
    private const int GonePageSize = 50;
    /// <summary>A loss rate looks back at most as far as events are kept.</summary>
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(14);

    private Task saving = Task.CompletedTask;

    /// <summary>What a dry run has seen: it writes nothing, so nobody else remembers. Lost with the activation, and the dry run begins again.</summary>
    private HashSet<string>? seen;

    private DriftScanState State => state.State;

    public async Task<DriftScan> StartAsync(DriftScanRequest request)
    {
        if (request.Product is { } product)
        {
            var single = new DriftScan
            {
                Id = ids.NewId(),
                State = "running",
                Product = product,
                DryRun = request.DryRun,
                StartedAt = clock.GetUtcNow(),
                Sentence = request.Reason,
                Report = DriftReport.Empty,
            };
            var kept = State.Singles.Length < MaxSingles ? State.Singles : State.Singles.RemoveAt(0);
            State.Singles = kept.Add(single);
            await SaveAsync();
            await EnsureAsync();
            return single;
        }

        if (!State.IsUnderWay())
        {
            var status = await GetStatusAsync();
            await BeginAsync(request, status.Estimate);
        }

        return Running()!;
    }

    public Task<DriftScan?> GetAsync(string? id) => Task.FromResult(
        id is null || id == State.Id ? Running() : State.Singles.FirstOrDefault(single => single.Id == id) ?? (State.Last is { } last && last.Id == id ? last : null));

    public async Task<DriftStatus> GetStatusAsync()
    {
        var channel = await directory.FindChannelAsync(Channel);
        var descriptor = channel is null ? null : directory.KindOf(channel).Descriptor;
        var store = GrainFactory.GetGrain<IStoreGrain>(Channel.Value);
        var health = await store.GetHealthAsync();
        var import = await GrainFactory.GetGrain<IImportGrain>(Channel.Value).GetAsync();
        var verified = await queries.CountVerifiedAsync(Channel, CancellationToken.None);
        var products = State.Total ?? import.Total ?? (verified.Linked > 0 ? verified.Linked : null);
        ScanEstimate Estimate(double share, TimeSpan? page) =>
            ScanEstimate.Of(products, descriptor?.ImportPageSize ?? 1, descriptor?.ImportPageCost ?? 1, health.BudgetRestore, share, page);
        return new DriftStatus
        {
            Running = State.IsUnderWay() ? Running() : null,
            Last = State.Last,
            NextAt = State.NextAt,
            MissedSince = State.MissedSince,
            WebhookLossRate = State.WebhookLossRate,
            Estimate = Estimate(1 - ApiBucket.LeftoverFloor, PageTime(State.Last?.StartedAt, State.Last?.EndedAt, State.Last?.Pages)),
            ImportEstimate = Estimate(1, PageTime(import.StartedAt, import.EndedAt, import.Pages)),
            Verified = verified,
        };
    }

    public async Task<DriftScan?> CancelAsync()
    {
        if (State.IsUnderWay())
        {
            await EndAsync("cancelled", "Cancelled by a person.");
        }

        return Running();
    }

    public async Task NoteMissedAsync(int count)
    {
        State.MissedSince += count;
        await SaveAsync();
    }

    private static TimeSpan? PageTime(DateTimeOffset? from, DateTimeOffset? to, int? pages) => to - from is { } span && pages > 0 ? span / pages : null;

    private async Task BeginAsync(DriftScanRequest request, ScanEstimate estimate)
    {
        var now = clock.GetUtcNow();
        seen = null;
        State.Id = ids.NewId();
        State.State = "running";
        State.Cursor = null;
        State.Done = 0;
        State.Total = estimate.Products;
        State.Pages = 0;
        State.StartedAt = now;
        State.EndedAt = null;
        State.Sentence = request.Reason;
        State.NotBefore = null;
        State.Tries = 0;
        State.DryRun = request.DryRun;
        State.Report = DriftReport.Empty;
        State.Estimate = estimate;
        State.IsLookingForGone = false;
        State.LookedUpTo = null;
        await SaveAsync();
        await EnsureAsync();
        LogStarted(Channel.Value, request.Reason, estimate.Sentence);
    }

    private DriftScan? Running() => State.Id is not { } id ? null : new DriftScan
    {
        Id = id,
        State = State.State,
        DryRun = State.DryRun,
        Done = State.Done,
        Total = State.Total,
        Pages = State.Pages,
        StartedAt = State.StartedAt,
        EndedAt = State.EndedAt,
        Sentence = State.Sentence,
        Report = State.Report,
        Estimate = State.Estimate,
        WebhookLossRate = State.Last?.Id == id ? State.Last.WebhookLossRate : null,
    };

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (await directory.FindChannelAsync(Channel, cancellationToken) is { } channel)
        {
            await KeepHourAsync(channel);
            if (State.Singles.Any(single => single.State == "running") || State.IsDue(clock.GetUtcNow()))
            {
                await ScanAsync(channel, cancellationToken);
            }
        }
    }

    protected override async Task FailedAsync(Exception failure)
    {
        LogFailed(Channel.Value, failure);
        await RetryLaterAsync(failure.Message, retryAt: null);
    }

    /// <summary>The exact tick of the daily scan. The next time is stored before the scan begins, and a second activation's write of it fails.</summary>
    private async Task KeepHourAsync(ChannelSettings channel)
    {
        var now = clock.GetUtcNow();
        if (State.Hour != channel.DriftScanHour)
        {
            State.Hour = channel.DriftScanHour;
            State.NextAt = Daily.NextAfter(now, channel.DriftScanHour);
            await SaveAsync();
        }
        else if (State.NextAt <= now)
        {
            State.NextAt = Daily.NextAfter(now, channel.DriftScanHour);
            await SaveAsync();
            if (channel.ImportedAt is not null && !State.IsUnderWay())
            {
                await BeginAsync(new DriftScanRequest { Reason = "The daily check." }, (await GetStatusAsync()).Estimate);
            }
        }
    }

    private async Task ScanAsync(ChannelSettings channel, CancellationToken cancellationToken)
    {
        if (await directory.OpenForLeftoverAsync(channel, cancellationToken) is not IProductSource source)
        {
            if (State.IsUnderWay())
            {
                await EndAsync("failed", "The channel cannot be read.");
            }

            State.Singles = [.. State.Singles.Select(single => single.State == "running" ? Ended(single, "failed", "The channel cannot be read.") : single)];
            await SaveAsync();
            return;
        }

        while (!cancellationToken.IsCancellationRequested)
        {
            if (State.Singles.FirstOrDefault(single => single.State == "running") is { } single)
            {
                await CheckSingleAsync(channel, single, cancellationToken);
            }
            else if (!State.IsDue(clock.GetUtcNow()))
            {
                return;
            }
            else if (State.IsLookingForGone)
            {
                await LookForGoneAsync(channel, source, cancellationToken);
            }
            else
            {
                await ScanPageAsync(channel, source, cancellationToken);
            }
        }
    }

    private async Task ScanPageAsync(ChannelSettings channel, IProductSource source, CancellationToken cancellationToken)
    {
        if (State.DryRun && seen is null)
        {
            State.Cursor = null;
            State.Done = 0;
            State.Pages = 0;
            State.Report = DriftReport.Empty;
            seen = new HashSet<string>(StringComparer.Ordinal);
        }

        var scan = State.Id;
        var page = await source.ReadPageAsync(State.Cursor, directory.KindOf(channel).Descriptor.ImportPageSize, cancellationToken);
        if (await RanIntoFaultAsync(page))
        {
            return;
        }

        var report = await WorkInAsync(channel, page.Items, State.DryRun, State.Report);
        failPoints.Hit(FailPoints.BetweenPages);
        if (!State.IsUnderWay() || State.Id != scan)
        {
            return;
        }

        seen?.UnionWith(page.Items.Select(item => item.Body.ExternalId));
        State.Report = report;
        State.Advance(page);
        State.IsLookingForGone = page.NextCursor is null;
        await SaveAsync();
        await TellFeedAsync(channel);
    }

    /// <summary>Products that are bound to something which no page showed: read by id, so that only a read confirms that it is gone.</summary>
    private async Task LookForGoneAsync(ChannelSettings channel, IProductSource source, CancellationToken cancellationToken)
    {
        if (State.DryRun && seen is null)
        {
            State.IsLookingForGone = false;
            return;
        }

        var scan = State.Id;
        var before = State.DryRun ? clock.GetUtcNow() : State.StartedAt;
        var after = State.LookedUpTo is { } upTo ? new ProductId(upTo) : (ProductId?)null;
        var bound = await queries.ListUnverifiedAsync(Channel, before, after, State.DryRun ? 500 : GonePageSize, cancellationToken);
        if (bound.IsEmpty)
        {
            await FinishAsync(channel);
            return;
        }

        var report = State.Report;
        foreach (var chunk in bound.Where(link => seen?.Contains(link.ExternalId) != true).Chunk(GonePageSize))
        {
            var page = await source.ReadAsync([.. chunk.Select(link => link.ExternalId)], cancellationToken);
            if (await RanIntoFaultAsync(page))
            {
                return;
            }

            report = await WorkInAsync(channel, page.Items, State.DryRun, report);
        }

        if (State.IsUnderWay() && State.Id == scan)
        {
            State.Report = report;
            State.LookedUpTo = bound[^1].Product.Value;
            State.GoOn();
            await SaveAsync();
        }
    }

    private async Task FinishAsync(ChannelSettings channel)
    {
        var report = State.Report;
        if (!State.DryRun)
        {
            if (channel.ImportedAt is null)
            {
                // Every page was worked in: that is all that an import does.
                await GrainFactory.GetGrain<ITenantGrain>(channel.Tenant.Value).PatchChannelAsync(Channel, new ChannelPatch { ImportedAt = clock.GetUtcNow() });
            }

            await MeasureLossAsync(channel);
        }

        State.End(clock.GetUtcNow(), "done", State.DryRun
            ? $"{report.Checked} products looked at, nothing written: {report.Drifted} differ, {report.Imported} are new, {report.Deleted} are gone."
            : $"{report.Checked} products checked: {report.Drifted} repaired, {report.Imported} imported, {report.Deleted} gone, {report.Failed} failed.");
        if (!State.DryRun)
        {
            State.Last = Running()! with { WebhookLossRate = State.WebhookLossRate };
        }

        await SaveAsync();
        seen = null;
        LogDone(Channel.Value, report.Checked, report.Drifted, report.Imported, report.Deleted, report.MissedWebhooks);
        await TellFeedAsync(channel);
    }

    /// <summary>
    /// Deliveries with news since the scan before this one, against the changes that none told. Echoes of our own pushes are left out: nobody would notice
    /// that one is missing.
    /// </summary>
    private async Task MeasureLossAsync(ChannelSettings channel)
    {
        var now = clock.GetUtcNow();
        var since = State.CountedSince ?? channel.ImportedAt ?? now;
        var span = now - since < LongestSpan ? since : now - LongestSpan;
        var events = await queries.CountEventsAsync(channel.Tenant, span, CancellationToken.None);
        var news = events.Where(count => count.Channel == Channel && count.Outcome == "changed").Sum(count => count.Count);
        State.WebhookLossRate = channel.PollMode ? null : WebhookLoss.Rate(State.Report.MissedWebhooks + State.MissedSince, news);
        State.CountedSince = now;
        State.MissedSince = 0;
    }

    private async Task CheckSingleAsync(ChannelSettings channel, DriftScan single, CancellationToken cancellationToken)
    {
        DriftScan ended;
        try
        {
            ended = await LookAtAsync(channel, single, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(Channel.Value, failure);
            ended = Ended(single, "failed", failure.Message);
        }

        State.Singles = [.. State.Singles.Select(known => known.Id == single.Id ? ended : known)];
        await SaveAsync();
    }

    private async Task<DriftScan> LookAtAsync(ChannelSettings channel, DriftScan single, CancellationToken cancellationToken)
    {
        var snapshot = await GrainFactory.GetGrain<IProductGrain>(ProductGrainKey.Of(channel.Tenant, single.Product!.Value)).GetAsync();
        var link = snapshot?.Links.FirstOrDefault(known => known.Channel == Channel && known.ExternalId is not null);
        if (link is null)
        {
            return Ended(single, "done", snapshot is null ? $"There is no product '{single.Product}'." : "The product is not at this channel.");
        }

        // One product that a person waits for is worth its call: it does not stand behind the catalogue.
        var source = (IProductSource)await directory.OpenAsync(channel, cancellationToken);
        var page = await source.ReadAsync([link.ExternalId!], cancellationToken);
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
        return page.Fault is { } fault
            ? Ended(single, "failed", fault.Message)
            : Ended(single, "done", "Checked.") with { Done = 1, Total = 1, Report = await WorkInAsync(channel, page.Items, single.DryRun, single.Report) };
    }

    private DriftScan Ended(DriftScan single, string how, string sentence) =>
        single with { State = how, Sentence = sentence, EndedAt = clock.GetUtcNow() };

    private async Task<DriftReport> WorkInAsync(ChannelSettings channel, ImmutableArray<Observation> items, bool dryRun, DriftReport report)
    {
        var delivered = await PageWalk.DeliverAsync(GrainFactory, channel, items, logger, check: true, dryRun);
        var missed = await MissedWebhooks.FindAsync(queries, channel, delivered, clock.GetUtcNow(), options.Value.WebhookDeliveryTime);
        foreach (var item in delivered)
        {
            report = item.Reply?.Drift is { } drift
                ? report.Add(item.Observation.Body.ExternalId, drift, missed.Contains(item.Observation.Body.ExternalId))
                : report.AddFailed();
        }

        return report;
    }

    private async Task<bool> RanIntoFaultAsync(SourcePage page)
    {
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
        if (page.Fault is { } fault)
        {
            await RetryLaterAsync(fault.Message, fault.RetryAt);
        }

        return page.Fault is not null;
    }

    private async Task RetryLaterAsync(string message, DateTimeOffset? retryAt)
    {
        if (State.IsUnderWay())
        {
            State.RetryLater(clock.GetUtcNow(), "check", message, retryAt);
            await SaveAsync();
        }
    }

    private async Task EndAsync(string how, string sentence)
    {
        State.End(clock.GetUtcNow(), how, sentence);
        await SaveAsync();
    }

    /// <summary>One write after the other: callers and the timer's page share the state.</summary>
    private Task SaveAsync() => saving = SaveAfterAsync(saving);

    private async Task SaveAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await state.WriteStateAsync();
    }

    private Task TellFeedAsync(ChannelSettings channel) =>
        GrainFactory.GetGrain<IFeedGrain>(channel.Tenant.Value).NoticeAsync(new FeedUpdate { Channels = [Channel] });

    [LoggerMessage(3401, LogLevel.Information, "Drift scan of channel {Channel} started ({Reason}): {Estimate}")]
    private partial void LogStarted(string channel, string reason, string estimate);

    [LoggerMessage(3402, LogLevel.Information, "Drift scan of channel {Channel} done: {Checked} checked, {Drifted} drifted, {Imported} imported, {Deleted} gone, {Missed} missed webhooks")]
    private partial void LogDone(string channel, long @checked, long drifted, long imported, long deleted, long missed);

    [LoggerMessage(3403, LogLevel.Warning, "Drift scan of channel {Channel} failed and is tried again")]
    private partial void LogFailed(string channel, Exception failure);
}
