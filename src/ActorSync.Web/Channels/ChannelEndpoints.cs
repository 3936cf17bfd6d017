using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Channels;

/// <summary>Channels: connect, change, remove, look after. Running them is in the partner file.</summary>
internal static partial class ChannelEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/api/channel-kinds", Kinds).WithTags("Channels").WithSummary("Lists what can be connected, and the settings that each kind needs.");
        var channels = api.MapGroup("/api/channels").WithTags("Channels");
        channels.MapGet("", List).WithSummary("Lists your channels. Secrets are named, never shown.");
        channels.MapPost("", Create).WithSummary("Connects a channel in observe mode after trying it; nothing is written there until it goes live.").RequireAuthorization(Roles.Admin)
            .WithBody("""{ "id": "shop-de", "kind": "shopify", "name": "German shop", "settings": { "baseUrl": "https://demo.myshopify.com", "accessToken": "shpat_…" } }""");
        channels.MapGet("/{id}", Get).WithSummary("Shows a channel.");
        channels.MapPut("/{id}", Put).WithSummary("Changes the members that the body names; secrets that it lacks stay as they are.").RequireAuthorization(Roles.Admin)
            .WithBody("""{ "name": "German shop", "createMissing": "all", "driftScanHour": 3, "settings": { "webhookSecret": "…" } }""");
        channels.MapDelete("/{id}", Delete).WithSummary("Disconnects a channel. Products stay in the hub and at the channel.").RequireAuthorization(Roles.Admin);
        MapRunning(api, channels);
        MapSecrets(channels);
        DriftEndpoints.Map(api);
    }

    private static Ok<ListAnswer<ChannelKindView>> Kinds(IEnumerable<IChannelKind> kinds) => TypedResults.Ok(new ListAnswer<ChannelKindView>(
        [.. kinds.Select(k => k.Descriptor).OrderBy(d => d.Kind, StringComparer.Ordinal).Select(d => new ChannelKindView(d.Kind, d.DisplayName, [.. d.Mask.Order(StringComparer.Ordinal)], d.Settings))], null));

    private static async Task<Ok<ListAnswer<ChannelView>>> List(Caller caller, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var views = await Task.WhenAll(settings.Channels.Select(c => ChannelView.OfAsync(c, catalogue.Directory, cancellationToken)));
        return TypedResults.Ok(new ListAnswer<ChannelView>(views, null));
    }

    private static async Task<Results<Ok<ChannelView>, Problem>> Get(string id, Caller caller, Catalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.FindChannelAsync(caller, id, cancellationToken) is { } channel
            ? TypedResults.Ok(await ChannelView.OfAsync(channel, catalogue.Directory, cancellationToken))
            : (Problem)ApiError.NoChannel(id);

    private static async Task<Results<Created<ChannelView>, Problem>> Create(
        Caller caller, JsonBody body, Catalogue catalogue, IEnumerable<IChannelKind> kinds, IChannelRegistry registry, IOptions<WebOptions> options, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var evenIfRefused = reader.Flag("saveEvenIfRefused") ?? false;
        var byName = kinds.ToDictionary(k => k.Descriptor.Kind, StringComparer.Ordinal);
        var read = ChannelBody.Read(reader, null, byName, caller.Tenant, pollByDefault: options.Value.PublicUrl is null);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var (channel, given) = read!.Value;
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        if (settings.Channels.Any(c => c.Id == channel.Id))
        {
            return (Problem)Taken(channel.Id);
        }

        if (settings.Channels.Length >= TenantSettings.MaxChannels)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "too-many-channels", $"There are {settings.Channels.Length} channels; at most {TenantSettings.MaxChannels} are kept.");
        }

        var secrets = ChannelSecrets.None.With(given, clock.GetUtcNow());
        var kind = byName[channel.Kind];
        var shop = ChannelBody.ShopOf(channel, kind.Descriptor);
        if (shop is not null && settings.Channels.FirstOrDefault(c => c.Kind == channel.Kind && string.Equals(ChannelBody.ShopOf(c, kind.Descriptor), shop, StringComparison.OrdinalIgnoreCase)) is { } twin)
        {
            return (Problem)Connected(shop, twin.Id);
        }

        var probe = await ChannelConnections.ProbeAsync(kind, channel, secrets, cancellationToken);
        // A login is only possible once the channel is stored.
        if (!probe.Ok && !evenIfRefused && probe.Fault?.Code != TokenFaults.LoginRequired)
        {
            return (Problem)Refused(probe);
        }

        channel = channel.With(probe);
        if (!await registry.PutAsync(channel.Id, caller.Tenant, channel.Kind, shop, cancellationToken))
        {
            return (Problem)Taken(channel.Id);
        }

        await registry.ChangeSecretsAsync(channel.Id, _ => secrets, cancellationToken);
        await catalogue.SpreadAsync(caller, await catalogue.Tenant(caller).PutChannelAsync(channel), cancellationToken);
        await Task.WhenAll(catalogue.Store(channel.Id).EnsureAsync(), catalogue.Import(channel.Id).EnsureAsync(), catalogue.DriftScan(channel.Id).EnsureAsync(),
            catalogue.Stock(channel.Id).EnsureAsync());
        return TypedResults.Created($"/api/channels/{channel.Id}", await ChannelView.OfAsync(channel, catalogue.Directory, cancellationToken));
    }

    private static async Task<Results<Ok<ChannelView>, Problem>> Put(
        string id, Caller caller, JsonBody body, Catalogue catalogue, IEnumerable<IChannelKind> kinds, IChannelRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } known)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var reader = body.Reader();
        var byName = kinds.ToDictionary(k => k.Descriptor.Kind, StringComparer.Ordinal);
        var read = ChannelBody.Read(reader, known, byName, caller.Tenant, pollByDefault: false);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var (channel, given) = read!.Value;
        var kind = byName[channel.Kind];
        await registry.PutAsync(channel.Id, caller.Tenant, channel.Kind, ChannelBody.ShopOf(channel, kind.Descriptor), cancellationToken);
        if (given.Count > 0)
        {
            await registry.ChangeSecretsAsync(channel.Id, stored => stored.With(given, clock.GetUtcNow()), cancellationToken);
            await catalogue.Watch(channel.Id).SecretsChangedAsync();
        }

        await catalogue.SpreadAsync(caller, await catalogue.Tenant(caller).PutChannelAsync(channel), cancellationToken);
        await Task.WhenAll(catalogue.Store(channel.Id).WakeAsync(), catalogue.Import(channel.Id).EnsureAsync(), catalogue.DriftScan(channel.Id).EnsureAsync(),
            catalogue.Stock(channel.Id).EnsureAsync());
        return TypedResults.Ok(await ChannelView.OfAsync(channel, catalogue.Directory, cancellationToken));
    }

    private static async Task<Results<NoContent, Problem>> Delete(string id, Caller caller, Catalogue catalogue, IChannelRegistry registry, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var settings = await catalogue.Tenant(caller).RemoveChannelAsync(channel.Id);
        await registry.RemoveAsync(channel.Id, cancellationToken);
        await catalogue.SpreadAsync(caller, settings, cancellationToken);
        return TypedResults.NoContent();
    }

    private static ApiError Taken(ChannelId id) => new(ErrorKind.Conflict, "channel-id-taken", $"The channel id '{id}' is taken. Choose another.");

    /// <summary>Two connections to one shop would take each other's pushes for edits, and each would believe to have the shop's whole budget.</summary>
    private static ApiError Connected(string shop, ChannelId twin) => new(ErrorKind.Conflict, "shop-connected",
        $"'{shop}' is already connected as channel '{twin}'. Change that one with PUT /api/channels/{twin}, or delete it first.");

    private static ApiError Refused(ProbeResult probe) => new(ErrorKind.Refused, "channel-refused",
        $"The channel does not accept the connection ({probe.Fault?.Code ?? "no answer"}): {probe.Fault?.Message ?? "no reason told"} Correct the settings, or send saveEvenIfRefused: true.");
}
