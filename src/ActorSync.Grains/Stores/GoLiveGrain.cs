using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Feed;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorSync.Grains.Stores;

/// <summary>Where a go-live or a refresh of all products stands.</summary>
[GenerateSerializer, Alias("actorsync.go-live-state")]
public sealed record GoLiveState
{
    /// <summary>What is under way; null = nothing.</summary>
    [Id(0)] public GoLiveRequest? Request { get; set; }
    [Id(1)] public string? DecidedUpTo { get; set; }
    [Id(2)] public long Decided { get; set; }
    /// <summary>Settings version that all products must have planned with; 0 = nothing to refresh.</summary>
    [Id(3)] public long RefreshVersion { get; set; }
    [Id(4)] public string? RefreshedUpTo { get; set; }
}

/// <inheritdoc cref="IGoLiveGrain"/>
public sealed partial class GoLiveGrain(
    [PersistentState("go-live", SyncStreams.Storage)] IPersistentState<GoLiveState> state,
    ITenantDirectory directory,
    IProductQueries queries,
    IProductStore store,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<GoLiveGrain> logger) : ChannelWorkGrain, IGoLiveGrain
{
    /// <summary>Products per checkpoint, all in flight at once.</summary>
    private const int PageSize = 200;

    private GoLiveState State => state.State;

    public async Task<GoLiveReport> ReportAsync() => await ReportAsync(State.Request?.CreateMissing ?? CreateMissing.None, null);

    public async Task<GoLiveReport> StartAsync(GoLiveRequest request)
    {
        var channel = await FindChannelNowAsync();
        var report = await ReportAsync(request.CreateMissing, null);
        var refusal = (channel, report) switch
        {
            (null, _) => $"Channel '{Channel}' is not configured.",
            ({ Mode: ChannelMode.Live }, _) => "The channel is live already.",
            (_, { State: "deciding" }) => "A go-live is under way.",
            ({ ImportedAt: null }, _) => "The channel was not imported yet: start POST /api/channels/{id}/import and wait until it is done.",
            _ when request.Confirm != report.Writes => $"confirm is {request.Confirm}, but {report.Writes} products would be written. Read the report and confirm that number.",
            _ when request.Winner != "hub" && await directory.FindChannelAsync(new ChannelId(request.Winner)) is null
                => $"winner is '{request.Winner}': expected \"hub\" or the id of a channel.",
            _ => null,
        };
        if (refusal is not null)
        {
            return report with { Sentence = refusal };
        }

        state.State = State with { Request = request, DecidedUpTo = null, Decided = 0 };
        await state.WriteStateAsync();
        await EnsureAsync();
        LogStarted(Channel.Value, report.Writes, request.Actor);
        return report with { Started = true, State = "deciding" };
    }

    public async Task RefreshAllAsync(long settingsVersion)
    {
        if (settingsVersion > State.RefreshVersion || State.RefreshVersion == 0)
        {
            state.State = State with { RefreshVersion = settingsVersion, RefreshedUpTo = null };
            await state.WriteStateAsync();
            await EnsureAsync();
        }
    }

    private async Task<GoLiveReport> ReportAsync(CreateMissing createMissing, string? sentence)
    {
        var channel = await FindChannelNowAsync();
        var counts = await queries.CountLinksAsync(Channel, CancellationToken.None);
        var update = counts.ByPlan.GetValueOrDefault("update");
        var delete = counts.ByPlan.GetValueOrDefault("delete");
        // Products that were made before the channel was added may have no link row yet; they are absent there all the same.
        var present = counts.ByStatus.GetValueOrDefault(LinkStatus.Linked) + counts.ByStatus.GetValueOrDefault(LinkStatus.Ambiguous)
            + counts.ByStatus.GetValueOrDefault(LinkStatus.DeleteHeard) + counts.ByStatus.GetValueOrDefault(LinkStatus.Deleted);
        var products = channel is null ? 0 : (await queries.CountBySyncStatusAsync(channel.Tenant, CancellationToken.None)).Total;
        var absent = Math.Max(0, products - present);
        var byField = counts.PlannedByField.ToBuilder();
        foreach (var (field, count) in counts.UndecidedByField)
        {
            byField[field] = byField.GetValueOrDefault(field) + count;
        }

        return new GoLiveReport
        {
            Update = update,
            Create = absent,
            Ambiguous = counts.ByStatus.GetValueOrDefault(LinkStatus.Ambiguous),
            Undecided = counts.Undecided,
            ByField = byField.ToImmutable(),
            Delete = delete,
            Writes = update + delete + counts.Undecided + (createMissing == CreateMissing.All ? absent : 0),
            State = State.Request is not null ? "deciding" : channel?.Mode == ChannelMode.Live ? "live" : "observe",
            Sentence = State.Request is not null ? $"{State.Decided} products decided." : sentence,
            Started = State.Request is not null,
        };
    }

    /// <summary>As the tenant has it now: the directory's copy, up to two seconds old, would tell a person that the import just seen done never was.</summary>
    private async Task<ChannelSettings?> FindChannelNowAsync()
    {
        if (await directory.FindChannelAsync(Channel) is not { } known)
        {
            return null;
        }

        var settings = await GrainFactory.GetGrain<ITenantGrain>(known.Tenant.Value).GetAsync(-1);
        return settings?.Channels.FirstOrDefault(channel => channel.Id == Channel);
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        if ((State.Request is not null || State.RefreshVersion != 0) && await directory.FindChannelAsync(Channel, cancellationToken) is { } channel)
        {
            await DecideAllAsync(channel, cancellationToken);
            await RefreshEveryAsync(channel.Tenant, cancellationToken);
        }
    }

    protected override Task FailedAsync(Exception failure)
    {
        // The next tick goes on from the checkpoint.
        LogFailed(Channel.Value, failure);
        return Task.CompletedTask;
    }

    private async Task DecideAllAsync(ChannelSettings channel, CancellationToken cancellationToken)
    {
        if (State.Request is not { } request)
        {
            return;
        }

        var winner = request.Winner == "hub"
            ? Origin.Hub
            : directory.ProfileOf((await directory.FindChannelAsync(new ChannelId(request.Winner), cancellationToken))!).Origin;
        while (await NextPageAsync(channel.Tenant, State.DecidedUpTo, cancellationToken) is { Length: > 0 } page)
        {
            await Task.WhenAll(page.Select(product => Product(channel.Tenant, product).DecideFirstContactAsync(Channel, winner)));
            State.DecidedUpTo = page[^1].Value;
            State.Decided += page.Length;
            await state.WriteStateAsync(cancellationToken);
            await GrainFactory.GetGrain<IFeedGrain>(channel.Tenant.Value).NoticeAsync(new FeedUpdate { Channels = [Channel], Many = true });
        }

        var settings = await GrainFactory.GetGrain<ITenantGrain>(channel.Tenant.Value).PatchChannelAsync(
            Channel,
            new ChannelPatch { Mode = ChannelMode.Live, CreateMissing = request.CreateMissing, LiveSince = clock.GetUtcNow() });
        state.State = State with { Request = null, RefreshVersion = settings?.Version ?? 0, RefreshedUpTo = null };
        await state.WriteStateAsync(cancellationToken);
        LogLive(Channel.Value, State.Decided);
    }

    private async Task RefreshEveryAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        if (State.RefreshVersion == 0)
        {
            return;
        }

        var version = State.RefreshVersion;
        while (await NextPageAsync(tenant, State.RefreshedUpTo, cancellationToken) is { Length: > 0 } page)
        {
            await Task.WhenAll(page.Select(product => Product(tenant, product).RefreshAsync(version)));
            if (State.RefreshVersion != version)
            {
                // Settings changed meanwhile: the new run began from the start.
                return;
            }

            State.RefreshedUpTo = page[^1].Value;
            await state.WriteStateAsync(cancellationToken);
        }

        state.State = State with { RefreshVersion = 0, RefreshedUpTo = null };
        await state.WriteStateAsync(cancellationToken);
        var settings = await directory.RefreshAsync(tenant, version, cancellationToken);
        foreach (var channel in settings.Channels)
        {
            await GrainFactory.GetGrain<IStoreGrain>(channel.Id.Value).WakeAsync();
        }

        await GrainFactory.GetGrain<IFeedGrain>(tenant.Value).NoticeAsync(new FeedUpdate { Channels = [Channel], Many = true });
    }

    private Task<ImmutableArray<ProductId>> NextPageAsync(TenantId tenant, string? after, CancellationToken cancellationToken) =>
        store.ListIdsAsync(tenant, after is null ? null : new ProductId(after), PageSize, cancellationToken);

    private IProductGrain Product(TenantId tenant, ProductId product) => GrainFactory.GetGrain<IProductGrain>(ProductGrainKey.Of(tenant, product));

    [LoggerMessage(3301, LogLevel.Information, "Channel {Channel} goes live: {Writes} products confirmed by {Actor}")]
    private partial void LogStarted(string channel, long writes, string actor);

    [LoggerMessage(3302, LogLevel.Information, "Channel {Channel} is live; {Decided} products decided")]
    private partial void LogLive(string channel, long decided);

    [LoggerMessage(3303, LogLevel.Warning, "Go-live or refresh of channel {Channel} stopped and goes on from its checkpoint")]
    private partial void LogFailed(string channel, Exception failure);
}
