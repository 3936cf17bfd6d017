using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Webhooks;

/// <summary>What the watch knows of a channel's subscriptions, and the gap that it closes.</summary>
[GenerateSerializer, Alias("actorsync.webhook-watch-kept")]
public sealed record WebhookWatchState
{
    [Id(0)] public Uri? Target { get; set; }
    [Id(1)] public DateTimeOffset? CheckedAt { get; set; }
    [Id(2)] public DateTimeOffset? GoodAt { get; set; }
    [Id(3)] public DateTimeOffset? DueAt { get; set; }
    [Id(4)] public ChannelFault? Fault { get; set; }
    [Id(5)] public ImmutableArray<string> Refused { get; set; } = [];
    [Id(6)] public ImmutableArray<WebhookGap> Gaps { get; set; } = [];
    [Id(7)] public ImmutableArray<string> Warnings { get; set; } = [];
    /// <summary>When the channel is to be asked again because it said that the connection changed; null = no need.</summary>
    [Id(8)] public DateTimeOffset? ProbeDueAt { get; set; }
    /// <summary>The channel said that our app was removed, and no call has worked since.</summary>
    [Id(9)] public bool IsUninstalled { get; set; }
}

/// <inheritdoc cref="IWebhookWatchGrain"/>
/// <remarks>Its calls to the channel are made by its timer, except for a registration that somebody waits for; one of them runs at a time.</remarks>
public sealed partial class WebhookWatchGrain(
    [PersistentState("webhook-watch", SyncStreams.Storage)] IPersistentState<WebhookWatchState> state,
    ITenantDirectory directory,
    IChannelRegistry registry,
    IProductQueries queries,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<WebhookWatchGrain> logger) : ChannelWorkGrain, IWebhookWatchGrain, IDisposable
{
    /// <summary>What a clock that is off, and a delivery that was taken before one that is lost, may amount to.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(5);
    /// <summary>A channel may find by time only what its search has indexed: until this long after a gap it is asked again.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(10);
    /// <summary>Pause after a look, a probe or a page that failed.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>What reading the secrets again may take on a silo, besides the time for which it keeps them.</summary>
    private static readonly TimeSpan SecretsMargin = TimeSpan.FromSeconds(1);

    private static readonly ChannelFault Uninstalled = new()
    {
        Kind = ChannelFaultKind.Unauthorised,
        Code = ChannelFault.AppRemoved,
        Message = "The shop has removed our app. Nothing is pushed or read until it is installed again and its new credentials are entered (PUT /api/channels/{id}).",
    };

    private readonly SemaphoreSlim calling = new(1, 1);
    /// <summary>A signal may come while the timer writes; two writes at once would refuse each other.</summary>
    private readonly SemaphoreSlim writing = new(1, 1);
    private DateTimeOffset pageNotBefore;
    /// <summary>When stored secrets are looked through for those whose time is over; at the start at once.</summary>
    private DateTimeOffset forgetAt;

    private WebhookWatchState State => state.State;

    public void Dispose()
    {
        calling.Dispose();
        writing.Dispose();
    }

    public async Task<WebhookRegistration> RegisterAsync(Uri target)
    {
        await calling.WaitAsync();
        try
        {
            if (await directory.FindChannelAsync(Channel) is not { } channel)
            {
                return new WebhookRegistration { Ok = false, Fault = new ChannelFault { Kind = ChannelFaultKind.Permanent, Code = "no-such-channel", Message = $"Channel '{Channel}' is not configured." } };
            }

            State.Target = target;
            await EnsureAsync();
            return await CheckAsync(channel, CancellationToken.None);
        }
        finally
        {
            calling.Release();
        }
    }

    public async Task SignalAsync(ChannelSignal signal)
    {
        if (signal == ChannelSignal.BulkFinished)
        {
            await GrainFactory.GetGrain<IBulkPushGrain>(Channel.Value).NudgeAsync();
            return;
        }

        State.ProbeDueAt = clock.GetUtcNow();
        State.IsUninstalled |= signal == ChannelSignal.Uninstalled;
        await WriteAsync(CancellationToken.None);
        if (State.IsUninstalled)
        {
            LogUninstalled(Channel.Value);
            await Store.NoteAsync(Uninstalled, null);
        }
    }

    public async Task SecretsChangedAsync()
    {
        forgetAt = default;
        State.DueAt = clock.GetUtcNow() + ITenantDirectory.SecretsKnownAfter + SecretsMargin;
        await WriteAsync(CancellationToken.None);
    }

    public Task<WebhookWatch> GetAsync() => Task.FromResult(new WebhookWatch
    {
        State = State.Target is null ? "off" : State.Fault is not null ? "failing" : State.Gaps is [{ ClosedAt: null }, ..] ? "repaired" : "ok",
        Sentence = Sentence(),
        Target = State.Target,
        CheckedAt = State.CheckedAt,
        GoodAt = State.GoodAt,
        Refused = State.Refused,
        Gaps = State.Gaps,
        Warnings = State.Warnings,
    });

    private IStoreGrain Store => GrainFactory.GetGrain<IStoreGrain>(Channel.Value);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    private string Sentence() => State switch
    {
        { IsUninstalled: true } => Uninstalled.Message,
        { Target: null } => "No webhooks are registered; the channel is asked for changes instead.",
        { Fault: { } fault } => $"The subscriptions could not be looked at ({fault.Code}): {fault.Message}",
        { Gaps: [{ ClosedAt: null } open, ..] } => $"Webhooks were off from {open.From:u} to {open.To:u}; {open.Products} products read again so far.",
        { Gaps: [var last, ..] } => $"Webhooks arrive. They were off from {last.From:u} to {last.To:u}; {last.Products} products read again.",
        _ => "Webhooks arrive.",
    };

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (!await calling.WaitAsync(0, cancellationToken))
        {
            return;
        }

        try
        {
            if (await directory.FindChannelAsync(Channel, cancellationToken) is not { } channel)
            {
                return;
            }

            var now = clock.GetUtcNow();
            if (forgetAt <= now)
            {
                await ForgetSecretsAsync(now, cancellationToken);
            }

            if (State.ProbeDueAt <= now)
            {
                await ProbeAsync(channel, cancellationToken);
            }

            if (State.Target is not null && !State.IsUninstalled && (State.DueAt ?? default) <= now)
            {
                await CheckAsync(channel, cancellationToken);
            }

            while (State.Gaps is [{ ClosedAt: null } gap, ..] && pageNotBefore <= clock.GetUtcNow() && !cancellationToken.IsCancellationRequested)
            {
                await ReadAgainAsync(channel, gap, cancellationToken);
            }
        }
        finally
        {
            calling.Release();
        }
    }

    protected override Task FailedAsync(Exception failure)
    {
        LogFailed(Channel.Value, failure);
        pageNotBefore = clock.GetUtcNow() + RetryAfter;
        return Task.CompletedTask;
    }

    /// <summary>Secrets whose time is over count no more wherever they are read; here they leave the database.</summary>
    private async Task ForgetSecretsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var stored = await registry.GetSecretsAsync(Channel, cancellationToken);
        if (stored.NextEnd <= now)
        {
            stored = await registry.ChangeSecretsAsync(Channel, secrets => secrets.At(now), cancellationToken);
            LogForgotten(Channel.Value);
        }

        var next = now + options.Value.WebhookCheckInterval;
        forgetAt = stored.NextEnd < next ? stored.NextEnd.Value : next;
    }

    /// <summary>
    /// Until when the channel must not be told a new secret yet: a silo that has not read it would refuse what is signed with it. Asked after the connection is
    /// open, so that it is never older than the secrets that the connection holds.
    /// </summary>
    private async Task<ChannelFault?> SpreadingAsync(ChannelSettings channel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var name = directory.KindOf(channel).Webhooks?.SigningSecret(channel);
        var valid = name is null ? [] : (await directory.SecretsOf(Channel, cancellationToken)).HeldOf(name).ToList();
        return valid is [{ SetAt: { } setAt }, _, ..] && setAt + ITenantDirectory.SecretsKnownAfter + SecretsMargin is var until && until > now
            ? new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "secret-rotating", Message = $"{name} was changed a moment ago. The subscriptions get it at {until:u}.", RetryAt = until }
            : null;
    }

    /// <summary>The channel's own word is confirmed by a call: what it grants now, or that it refuses us. While it refuses, it is asked at each look.</summary>
    private async Task ProbeAsync(ChannelSettings channel, CancellationToken cancellationToken)
    {
        var probe = await (await directory.OpenAsync(channel, cancellationToken)).ProbeAsync(cancellationToken);
        if (!probe.Scopes.IsEmpty)
        {
            await GrainFactory.GetGrain<ITokenGrain>(Channel.Value).NoteScopesAsync(probe.Scopes);
        }

        if (probe.Ok)
        {
            State.IsUninstalled = false;
            State.ProbeDueAt = null;
            State.DueAt = null;
            State.Warnings = probe.Warnings;
            var learned = channel.With(probe);
            if (learned.Currency != channel.Currency || !learned.Locations.SequenceEqual(channel.Locations))
            {
                var patch = new ChannelPatch { Currency = learned.Currency, Locations = learned.Locations };
                var settings = await GrainFactory.GetGrain<ITenantGrain>(channel.Tenant.Value).PatchChannelAsync(Channel, patch);
                await GrainFactory.GetGrain<IGoLiveGrain>(Channel.Value).RefreshAllAsync(settings?.Version ?? 0);
            }
        }
        else
        {
            State.ProbeDueAt = clock.GetUtcNow() + (State.IsUninstalled ? options.Value.WebhookCheckInterval : RetryAfter);
        }

        await WriteAsync(cancellationToken);
        await Store.NoteAsync(probe.Ok ? null : State.IsUninstalled ? Uninstalled : probe.Fault, probe.Ok ? probe.ClockOffset : null);
    }

    private async Task<WebhookRegistration> CheckAsync(ChannelSettings channel, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (await directory.OpenAsync(channel, cancellationToken) is not IWebhookRegistrar registrar)
        {
            State.Target = null;
            await WriteAsync(cancellationToken);
            return new WebhookRegistration { Ok = false, Fault = new ChannelFault { Kind = ChannelFaultKind.Permanent, Code = "no-webhooks", Message = "The channel has no webhooks to subscribe to." } };
        }

        if (await SpreadingAsync(channel, now, cancellationToken) is { } spreading)
        {
            State.DueAt = spreading.RetryAt;
            return new WebhookRegistration { Ok = false, Fault = spreading };
        }

        var registration = await registrar.EnsureAsync(State.Target!, cancellationToken);
        State.CheckedAt = now;
        State.Fault = registration.Fault;
        State.Refused = registration.Refused;
        State.DueAt = now + (registration.Ok ? options.Value.WebhookCheckInterval : RetryAfter);
        if (!registration.Created.IsEmpty && State.GoodAt is { } good)
        {
            await BeginGapAsync(channel, good, registration.Created, cancellationToken);
        }

        State.GoodAt = registration.Ok ? clock.GetUtcNow() : State.GoodAt;
        await WriteAsync(cancellationToken);
        await Store.NoteAsync(registration.Fault, null);
        return registration;
    }

    /// <summary>
    /// A channel drops a subscription after hours of failed deliveries, so the loss may be older than the last good look: what arrived last counts if that is
    /// earlier. A look that failed half-way leaves its gap open, and the next one lengthens it.
    /// </summary>
    private async Task BeginGapAsync(ChannelSettings channel, DateTimeOffset good, ImmutableArray<string> topics, CancellationToken cancellationToken)
    {
        var last = (await queries.EventsAsync(channel.Tenant, Channel, null, 1, cancellationToken)).Items.FirstOrDefault()?.ReceivedAt;
        var since = (last < good ? last.Value : good) - Overlap;
        var before = State.Gaps;
        if (before is [{ ClosedAt: null } open, ..])
        {
            since = open.From < since ? open.From : since;
            topics = [.. open.Topics.Union(topics)];
            before = before.RemoveAt(0);
        }

        var gap = new WebhookGap { From = since, To = clock.GetUtcNow(), Topics = topics };
        State.Gaps = [gap, .. before.Take(WebhookWatch.MaxGaps - 1)];
        LogGap(Channel.Value, topics.Length, gap.From, gap.To);
    }

    /// <summary>One page of what changed since the gap began; the cursor is kept after each.</summary>
    private async Task ReadAgainAsync(ChannelSettings channel, WebhookGap gap, CancellationToken cancellationToken)
    {
        if (await directory.OpenAsync(channel, cancellationToken) is not (IProductSource source and IBackfillSource backfill))
        {
            await SaveGapAsync(gap with { ClosedAt = clock.GetUtcNow() }, cancellationToken);
            return;
        }

        var cursor = gap.Cursor ?? backfill.CursorAt(gap.From);
        var page = await source.PollAsync(cursor, directory.KindOf(channel).Descriptor.ImportPageSize, cancellationToken);
        await Store.NoteAsync(page.Fault, null);
        if (page.Fault is { } fault)
        {
            var retry = clock.GetUtcNow() + RetryAfter;
            pageNotBefore = fault.RetryAt > retry ? fault.RetryAt.Value : retry;
            return;
        }

        await PageWalk.DeliverAsync(GrainFactory, channel, page.Items, logger);
        var now = clock.GetUtcNow();
        var isMore = page.HasMore == true && page.NextCursor is not null && page.NextCursor != cursor;
        var isDone = !isMore && now >= gap.To + Settling;
        var read = gap with { Products = gap.Products + page.Items.Length, Cursor = isDone ? null : page.NextCursor ?? cursor, ClosedAt = isDone ? now : null };
        pageNotBefore = isMore ? pageNotBefore : now + AskAgainAfter;
        await SaveGapAsync(read, cancellationToken);
        if (isDone)
        {
            LogClosed(Channel.Value, read.From, read.To, read.Products);
        }
    }

    private async Task SaveGapAsync(WebhookGap gap, CancellationToken cancellationToken)
    {
        State.Gaps = State.Gaps.SetItem(0, gap);
        await WriteAsync(cancellationToken);
    }

    [LoggerMessage(2401, LogLevel.Warning, "{Count} webhook subscriptions of channel {Channel} were gone and are made anew; what changed from {From:O} to {To:O} is read again")]
    private partial void LogGap(string channel, int count, DateTimeOffset from, DateTimeOffset to);

    [LoggerMessage(2402, LogLevel.Information, "Webhooks of channel {Channel} were off from {From:O} to {To:O}; {Products} products read again")]
    private partial void LogClosed(string channel, DateTimeOffset from, DateTimeOffset to, long products);

    [LoggerMessage(2403, LogLevel.Warning, "The subscriptions of channel {Channel} could not be looked after and are tried again")]
    private partial void LogFailed(string channel, Exception failure);

    [LoggerMessage(2405, LogLevel.Information, "Secrets of channel {Channel} that a rotation replaced have ended and are forgotten")]
    private partial void LogForgotten(string channel);

    [LoggerMessage(2404, LogLevel.Warning, "Channel {Channel} says that our app was removed; pushes stop")]
    private partial void LogUninstalled(string channel);
}
