using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Channels;

/// <summary>Running channels: test, pause, go live, import, health.</summary>
internal static partial class ChannelEndpoints
{
    /// <summary>Products looked through by one release; beyond it one asks again.</summary>
    private const int MaxReleased = 5_000;

    private static void MapRunning(RouteGroupBuilder api, RouteGroupBuilder channels)
    {
        channels.MapPost("/{id}/test", Test).WithSummary("Calls the channel: do address and credentials work, what does it say of itself?").RequireAuthorization(Roles.Operator);
        channels.MapPost("/{id}/login", Login).WithSummary("Where a person signs in at the channel; the address is good for ten minutes.").RequireAuthorization(Roles.Admin);
        channels.MapPost("/{id}/pause", Pause).WithSummary("Stops pushes; reading goes on and changes are collected.").RequireAuthorization(Roles.Operator);
        channels.MapPost("/{id}/resume", Resume).WithSummary("Pushes again, beginning with what was collected.").RequireAuthorization(Roles.Operator);
        channels.MapGet("/{id}/go-live", GoLiveReport).WithSummary("What going live would do: counts per action and field. Nothing is written.");
        channels.MapPost("/{id}/go-live", GoLive).WithSummary("Goes live when confirm equals the report's number of writes.").RequireAuthorization(Roles.Admin)
            .WithBody("""{ "confirm": 50, "winner": "shopify-demo", "createMissing": "all" }""");
        channels.MapPost("/{id}/register-webhooks", RegisterWebhooks).WithSummary("Subscribes to the channel's webhooks at ActorSync:PublicUrl.").RequireAuthorization(Roles.Admin);
        channels.MapPost("/{id}/import", StartImport).WithSummary("Reads the whole channel; joins an import that runs.").RequireAuthorization(Roles.Operator);
        channels.MapGet("/{id}/import", ImportState).WithSummary("How far the running or last import is.");
        channels.MapDelete("/{id}/import", CancelImport).WithSummary("Stops the import after the page under way.").RequireAuthorization(Roles.Operator);
        channels.MapGet("/{id}/health", Health).WithSummary("State, budget, waiting work, import, counts and drift of a channel.");
        channels.MapPost("/{id}/release-held", ReleaseHeld).RequireAuthorization(Roles.Operator)
            .WithSummary("Lets every product be unpublished or deleted that the guard holds because there were too many; price guards stay.");
        channels.MapGet("/{id}/links", Links).WithSummary("Products that wait for a person at this channel: ambiguous, undecided, refused, held.");
        api.MapPost("/api/shopify/import/{what}", ImportShopify).WithTags("Channels").WithSummary("Reads all Shopify channels; what is products or full.")
            .RequireAuthorization(Roles.Operator);
    }

    private static async Task<Results<Ok<ProbeResult>, Problem>> Test(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var probe = await ChannelConnections.ProbeAsync(await catalogue.Directory.OpenAsync(channel, cancellationToken), cancellationToken);
        await catalogue.Store(channel.Id).NoteAsync(probe.Fault, probe.Ok ? probe.ClockOffset : null);
        if (!probe.Scopes.IsEmpty)
        {
            await catalogue.Token(channel.Id).NoteScopesAsync(probe.Scopes);
        }

        var learned = channel.With(probe);
        if (probe.Ok && (learned.Currency != channel.Currency || !learned.Locations.SequenceEqual(channel.Locations)))
        {
            var patch = new ChannelPatch { Currency = learned.Currency, Locations = learned.Locations };
            if (await catalogue.Tenant(caller).PatchChannelAsync(channel.Id, patch) is { } settings)
            {
                await catalogue.SpreadAsync(caller, settings, cancellationToken);
            }
        }

        return TypedResults.Ok(probe);
    }

    private static Task<Results<Ok<ChannelView>, Problem>> Pause(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        SetPausedAsync(id, paused: true, caller, catalogue, cancellationToken);

    private static Task<Results<Ok<ChannelView>, Problem>> Resume(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        SetPausedAsync(id, paused: false, caller, catalogue, cancellationToken);

    private static async Task<Results<Ok<ChannelView>, Problem>> SetPausedAsync(string id, bool paused, Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel ||
            await catalogue.Tenant(caller).PatchChannelAsync(channel.Id, new ChannelPatch { Paused = paused }) is not { } settings)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        await catalogue.Directory.RefreshAsync(caller.Tenant, settings.Version, cancellationToken);
        await catalogue.Store(channel.Id).WakeAsync();
        return TypedResults.Ok(await ChannelView.OfAsync(channel with { Paused = paused }, catalogue.Directory, cancellationToken));
    }

    private static async Task<Results<Ok<GoLiveReport>, Problem>> GoLiveReport(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(await catalogue.GoLive(channel.Id).ReportAsync())
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Accepted<GoLiveReport>, Problem>> GoLive(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var reader = body.Reader();
        var confirm = reader.Whole("confirm");
        var winner = reader.Choice("winner", required: true, [.. settings.Channels.Select(c => c.Id.Value).Prepend("hub")]);
        var create = reader.Choice("createMissing", required: false, "none", "selected", "all") ?? Names.Of(channel.CreateMissing);
        if (confirm is null && !reader.Has("confirm"))
        {
            reader.Fail("confirm", "confirm is missing; it is the number of writes that GET on this path reports.");
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var report = await catalogue.GoLive(channel.Id).StartAsync(new GoLiveRequest
        {
            Confirm = confirm!.Value,
            Winner = winner!,
            CreateMissing = Enum.Parse<CreateMissing>(create, ignoreCase: true),
            Actor = caller.Actor,
        });
        return report.Started
            ? TypedResults.Accepted($"/api/channels/{id}/go-live", report)
            : (Problem)new ApiError(ErrorKind.Conflict, "go-live-refused", report.Sentence ?? "The channel cannot go live now.");
    }

    private static async Task<Results<Ok<WebhookRegistration>, Problem>> RegisterWebhooks(
        string id, Caller caller, Catalogue catalogue, IOptions<WebOptions> options, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        if (options.Value.PublicUrl is not { } publicUrl)
        {
            return (Problem)new ApiError(ErrorKind.Conflict, "no-public-url", "ActorSync:PublicUrl is not set, so the channel could not reach us. Without it the channel is polled every minute.");
        }

        if (await catalogue.Directory.OpenAsync(channel, cancellationToken) is not IWebhookRegistrar)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "no-webhooks", $"{catalogue.Directory.KindOf(channel).Descriptor.DisplayName} has no webhooks to subscribe to.");
        }

        var registration = await catalogue.Watch(channel.Id).RegisterAsync(new Uri(publicUrl, $"/webhooks/{channel.Kind}/{channel.Id}"));
        return registration.Ok
            ? TypedResults.Ok(registration)
            : (Problem)new ApiError(ErrorKind.Refused, "channel-refused", $"The channel does not take the subscription ({registration.Fault?.Code}): {registration.Fault?.Message}");
    }

    private static async Task<Results<Accepted<StartedJob>, Problem>> StartImport(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? await StartAsync(channel, caller, catalogue, cancellationToken)
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Accepted<StartedJob>> StartAsync(ChannelSettings channel, Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var estimate = await EstimateImportAsync(channel, catalogue, cancellationToken);
        var progress = await catalogue.Import(channel.Id).StartAsync($"Asked for by {caller.Actor}.");
        var status = $"/api/channels/{channel.Id}/import";
        return TypedResults.Accepted(status, new StartedJob(progress.Id, status, estimate, progress));
    }

    /// <summary>What an import will cost. A channel that nobody has counted yet is asked how many products it has.</summary>
    private static async Task<ScanEstimate> EstimateImportAsync(ChannelSettings channel, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var known = (await catalogue.DriftScan(channel.Id).GetStatusAsync()).ImportEstimate;
        if (known.Products is not null)
        {
            return known;
        }

        var probe = await ChannelConnections.ProbeAsync(await catalogue.Directory.OpenAsync(channel, cancellationToken), cancellationToken);
        var health = await catalogue.Store(channel.Id).GetHealthAsync();
        var descriptor = catalogue.Directory.KindOf(channel).Descriptor;
        return ScanEstimate.Of(probe.Products, descriptor.ImportPageSize, descriptor.ImportPageCost, health.BudgetRestore, share: 1, measuredPage: null);
    }

    private static async Task<Results<Accepted<ListAnswer<StartedJob>>, Problem>> ImportShopify(string what, Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        if (what is not ("products" or "full"))
        {
            return (Problem)new ApiError(ErrorKind.NotFound, "no-such-import", $"'{what}' cannot be imported by itself; accepted is products or full.");
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var shops = settings.Channels.Where(c => c.Kind == "shopify").ToList();
        if (shops.Count == 0)
        {
            return (Problem)new ApiError(ErrorKind.NotFound, "no-such-channel", "There is no Shopify channel. POST /api/channels connects one.");
        }

        var started = await Task.WhenAll(shops.Select(c => StartAsync(c, caller, catalogue, cancellationToken)));
        return TypedResults.Accepted(started[0].Location, new ListAnswer<StartedJob>([.. started.Select(s => s.Value!)], null));
    }

    private static async Task<Results<Ok<ImportProgress>, Problem>> ImportState(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(await catalogue.Import(channel.Id).GetAsync())
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Ok<ImportProgress>, Problem>> CancelImport(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(await catalogue.Import(channel.Id).CancelAsync())
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Ok<ChannelHealth>, Problem>> Health(
        string id, Caller caller, Catalogue catalogue, IProductQueries queries, TimeProvider clock, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(new ChannelHealth(await catalogue.Store(channel.Id).GetHealthAsync(), await catalogue.Import(channel.Id).GetAsync(),
                LinkTotals.Of(await queries.CountLinksAsync(channel.Id, cancellationToken)), DriftView.Of(await catalogue.DriftScan(channel.Id).GetStatusAsync(), clock.GetUtcNow()),
                await catalogue.Watch(channel.Id).GetAsync(), await SigningSecretView.OfAsync(channel, catalogue.Directory, clock.GetUtcNow(), cancellationToken),
                catalogue.Directory.KindOf(channel).Tokens is null ? null : await catalogue.Token(channel.Id).GetStatusAsync()))
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Ok<ReleasedHeld>, Problem>> ReleaseHeld(
        string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var released = 0;
        string? cursor = null;
        for (var seen = 0; seen < MaxReleased; seen += Lists.MaxLimit)
        {
            var page = await queries.ListedLinksAsync(channel.Id, cursor, Lists.MaxLimit, cancellationToken);
            var answers = await Task.WhenAll(page.Items.Select(l => catalogue.Product(caller.Tenant, l.Product.Value).ReleaseWithdrawalAsync(channel.Id, caller.Actor)));
            released += answers.Count(isReleased => isReleased);
            cursor = page.NextCursor;
            if (cursor is null)
            {
                break;
            }
        }

        return TypedResults.Ok(new ReleasedHeld(released, cursor is not null));
    }

    private static async Task<Results<Ok<ListAnswer<ListedProduct>>, Problem>> Links(
        string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var descriptor = catalogue.Directory.KindOf(channel).Descriptor;
        var page = await queries.ListedLinksAsync(channel.Id, cursor, size, cancellationToken);
        return TypedResults.Ok(new ListAnswer<ListedProduct>([.. page.Items.Select(l => new ListedProduct(l.Product.Value, l.ProductName, Marks.Of(l.Mark).Word, l.Mark.Reason,
            l.Mark.ExternalId, l.Mark.ExternalId is { } external ? Names.EditUrl(channel, external, descriptor) : null, l.Undecided))], page.NextCursor));
    }
}
