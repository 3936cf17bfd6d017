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

/// <summary>Where an import stands; written after each page, so that a kill costs at most one page.</summary>
[GenerateSerializer, Alias("actorsync.import-state")]
public sealed record ImportState : IPageWalk
{
    [Id(0)] public string? Id { get; set; }
    [Id(1)] public string State { get; set; } = "none";
    [Id(2)] public string? Cursor { get; set; }
    [Id(3)] public long Done { get; set; }
    [Id(4)] public long? Total { get; set; }
    [Id(5)] public int Pages { get; set; }
    [Id(6)] public long Failed { get; set; }
    [Id(7)] public DateTimeOffset? StartedAt { get; set; }
    [Id(8)] public DateTimeOffset? EndedAt { get; set; }
    [Id(9)] public string? Sentence { get; set; }
    [Id(10)] public DateTimeOffset? NotBefore { get; set; }
    /// <summary>Failed tries of the page under way.</summary>
    [Id(11)] public int Tries { get; set; }
    [Id(12)] public string? PollCursor { get; set; }
    [Id(13)] public DateTimeOffset? PollDueAt { get; set; }
}

/// <inheritdoc cref="IImportGrain"/>
public sealed partial class ImportGrain(
    [PersistentState("import", SyncStreams.Storage)] IPersistentState<ImportState> state,
    ITenantDirectory directory,
    IProductQueries queries,
    IIdSource ids,
    FailPoints failPoints,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<ImportGrain> logger) : ChannelWorkGrain, IImportGrain
{
    private ImportState State => state.State;

    public async Task<ImportProgress> StartAsync(string reason)
    {
        if (!State.IsUnderWay())
        {
            state.State = new ImportState
            {
                Id = ids.NewId(),
                State = "running",
                StartedAt = clock.GetUtcNow(),
                Sentence = reason,
                PollCursor = State.PollCursor,
                PollDueAt = State.PollDueAt,
            };
            await state.WriteStateAsync();
            await EnsureAsync();
            LogStarted(Channel.Value, reason);
        }

        return Progress();
    }

    public Task<ImportProgress> GetAsync() => Task.FromResult(Progress());

    public async Task<ImportProgress> CancelAsync()
    {
        if (State.IsUnderWay())
        {
            await EndAsync("cancelled", "Cancelled by a person.");
        }

        return Progress();
    }

    private ImportProgress Progress() => new()
    {
        Id = State.Id,
        State = State.State,
        Done = State.Done,
        Total = State.Total,
        Pages = State.Pages,
        Failed = State.Failed,
        StartedAt = State.StartedAt,
        EndedAt = State.EndedAt,
        Sentence = State.Sentence,
    };

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (await directory.FindChannelAsync(Channel, cancellationToken) is { } settings
            && await directory.OpenAsync(settings, cancellationToken) is IProductSource source)
        {
            while (State.IsDue(clock.GetUtcNow()) && !cancellationToken.IsCancellationRequested)
            {
                await ImportPageAsync(settings, source, cancellationToken);
            }

            await PollAsync(settings, source, cancellationToken);
        }
    }

    protected override Task FailedAsync(Exception failure)
    {
        LogFailed(Channel.Value, failure);
        return RetryLaterAsync(failure.Message, retryAt: null);
    }

    private async Task ImportPageAsync(ChannelSettings settings, IProductSource source, CancellationToken cancellationToken)
    {
        var size = directory.KindOf(settings).Descriptor.ImportPageSize;
        var page = await source.ReadPageAsync(State.Cursor, size, cancellationToken);
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
        if (page.Fault is { } fault)
        {
            await RetryLaterAsync(fault.Message, fault.RetryAt);
            return;
        }

        var delivered = await PageWalk.DeliverAsync(GrainFactory, settings, page.Items, logger);
        failPoints.Hit(FailPoints.BetweenPages);
        if (!State.IsUnderWay())
        {
            return;
        }

        State.Failed += delivered.Count(item => item.Reply is null);
        State.Advance(page);
        if (page.NextCursor is null)
        {
            await GrainFactory.GetGrain<ITenantGrain>(settings.Tenant.Value).PatchChannelAsync(Channel, new ChannelPatch { ImportedAt = clock.GetUtcNow() });
            await EndAsync("done", $"{State.Done} products read, {State.Failed} of them could not be worked in.");
            LogDone(Channel.Value, State.Done, State.Pages);
        }
        else
        {
            await state.WriteStateAsync(cancellationToken);
        }

        await GrainFactory.GetGrain<IFeedGrain>(settings.Tenant.Value).NoticeAsync(new FeedUpdate { Channels = [Channel] });
    }

    private async Task PollAsync(ChannelSettings settings, IProductSource source, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (settings.ImportedAt is null || State.IsUnderWay() || State.PollDueAt > now)
        {
            return;
        }

        var page = await source.PollAsync(State.PollCursor, directory.KindOf(settings).Descriptor.ImportPageSize, cancellationToken);
        if (page.Fault is null)
        {
            var delivered = await PageWalk.DeliverAsync(GrainFactory, settings, page.Items, logger, check: true);
            if (directory.KindOf(settings).Webhooks is not null && await MissedWebhooks.FindAsync(queries, settings, delivered, now, options.Value.WebhookDeliveryTime) is { Count: > 0 } missed)
            {
                await GrainFactory.GetGrain<IDriftScanGrain>(Channel.Value).NoteMissedAsync(missed.Count);
            }

            var isMore = page.HasMore ?? (page.Items.Length > 0 && page.NextCursor is not null && page.NextCursor != State.PollCursor);
            State.PollCursor = page.NextCursor ?? State.PollCursor;
            State.PollDueAt = isMore ? now : now + PollPause(settings);
        }
        else
        {
            State.PollDueAt = page.Fault.RetryAt ?? now + options.Value.PollInterval;
        }

        await state.WriteStateAsync(cancellationToken);
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
    }

    /// <summary>As the connection wants it; else often where nothing tells us of changes, and seldom where polling is only the net under webhooks.</summary>
    private TimeSpan PollPause(ChannelSettings settings) => directory.KindOf(settings) switch
    {
        { Descriptor.PollInterval: { } own } => own(settings),
        { Webhooks: not null } when !settings.PollMode => options.Value.SafetyPollInterval,
        _ => options.Value.PollInterval,
    };

    private async Task RetryLaterAsync(string message, DateTimeOffset? retryAt)
    {
        if (State.IsUnderWay())
        {
            State.RetryLater(clock.GetUtcNow(), "import", message, retryAt);
            await state.WriteStateAsync();
        }
    }

    private async Task EndAsync(string how, string sentence)
    {
        State.End(clock.GetUtcNow(), how, sentence);
        await state.WriteStateAsync();
    }

    [LoggerMessage(3201, LogLevel.Information, "Import of channel {Channel} started: {Reason}")]
    private partial void LogStarted(string channel, string reason);

    [LoggerMessage(3202, LogLevel.Information, "Import of channel {Channel} done: {Products} products in {Pages} pages")]
    private partial void LogDone(string channel, long products, int pages);

    [LoggerMessage(3203, LogLevel.Warning, "Import or poll of channel {Channel} failed and is tried again")]
    private partial void LogFailed(string channel, Exception failure);
}
