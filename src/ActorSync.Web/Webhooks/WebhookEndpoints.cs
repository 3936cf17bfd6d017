using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Webhooks;

/// <summary>What arrived, what became of it, and doing it again.</summary>
internal static class WebhookEndpoints
{
    /// <summary>Most events that a search by id looks through, newest first.</summary>
    private const int MaxScanned = 10_000;
    private static readonly TimeSpan Span = TimeSpan.FromHours(24);

    public static void Map(RouteGroupBuilder api)
    {
        var webhooks = api.MapGroup("/api/webhooks").WithTags("Webhooks");
        webhooks.MapGet("/status", Status).WithSummary("Per channel: address to deliver to, whether a secret is set, when the last delivery came.");
        webhooks.MapGet("/metrics", Metrics).WithSummary("Deliveries of the last 24 hours by outcome, and what this process took or refused at the door.");
        webhooks.MapGet("/events", Events).WithSummary("Deliveries, newest first, with outcome, tries and duplicates.");
        webhooks.MapPost("/test", Test).WithSummary("Tries a delivery without keeping it: is the signature right, and what would it tell?").RequireAuthorization(Roles.Operator)
            .WithBody("""{ "channelId": "shopify-demo", "topic": "products/update", "headers": { "X-Shopify-Hmac-Sha256": "…" }, "body": "{ \"id\": 1 }" }""");
        webhooks.MapPost("/events/{id:long}/replay", Replay).WithSummary("Works an event in again. Values that are known change nothing.").RequireAuthorization(Roles.Operator);
    }

    private static async Task<Ok<ListAnswer<WebhookChannelStatus>>> Status(
        Caller caller, Catalogue catalogue, IProductQueries queries, IOptions<WebOptions> options, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var rows = await Task.WhenAll(settings.Channels.Select(async channel =>
        {
            var reader = catalogue.Directory.KindOf(channel).Webhooks;
            var last = await queries.EventsAsync(caller.Tenant, channel.Id, null, 1, cancellationToken);
            var secrets = await catalogue.Directory.SecretsOf(channel.Id, cancellationToken);
            var path = $"/webhooks/{channel.Kind}/{channel.Id}";
            var watch = await catalogue.Watch(channel.Id).GetAsync();
            return new WebhookChannelStatus(channel.Id.Value, reader is not null, options.Value.PublicUrl is { } url ? new Uri(url, path).ToString() : path,
                reader?.HasKey(secrets) ?? false, channel.PollMode, last.Items.FirstOrDefault()?.ReceivedAt, watch);
        }));
        return TypedResults.Ok(new ListAnswer<WebhookChannelStatus>(rows, null));
    }

    private static async Task<Ok<WebhookMetrics>> Metrics(
        Caller caller, Catalogue catalogue, IProductQueries queries, WebhookTally tally, TimeProvider clock, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var counts = await queries.CountEventsAsync(caller.Tenant, clock.GetUtcNow() - Span, cancellationToken);
        return TypedResults.Ok(new WebhookMetrics(
            counts.Sum(c => c.Count), settings.Channels.Sum(c => tally.Of(c.Id).GetValueOrDefault("forged")),
            [.. settings.Channels.Select(c => new WebhookChannelMetrics(c.Id.Value,
                counts.Where(n => n.Channel == c.Id).ToDictionary(n => n.Outcome, n => n.Count, StringComparer.Ordinal), tally.Of(c.Id)))]));
    }

    private static async Task<Results<Ok<ListAnswer<WebhookEventItem>>, Problem>> Events(
        Caller caller, IProductQueries queries, CancellationToken cancellationToken, string? channel = null, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        var page = await queries.EventsAsync(caller.Tenant, channel is null ? null : new ChannelId(channel), cursor, size, cancellationToken);
        return TypedResults.Ok(new ListAnswer<WebhookEventItem>(page.Items, page.NextCursor));
    }

    private static async Task<Results<Ok<WebhookTrial>, Problem>> Test(Caller caller, JsonBody body, Catalogue catalogue, TimeProvider clock, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var id = reader.Text("channelId", required: true);
        var topic = reader.Text("topic");
        var text = reader.Text("body", max: RequestBytes.ApiLimit) ?? "";
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (reader.Inner("headers") is { } given)
        {
            foreach (var (name, _) in given.Rest.ToList())
            {
                headers[name.ToLowerInvariant()] = given.Text(name) ?? "";
            }
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindChannelAsync(caller, id!, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id!);
        }

        if (catalogue.Directory.KindOf(channel).Webhooks is not { } webhooks)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "no-webhooks", $"The channel '{id}' sends no webhooks.");
        }

        var request = new WebhookRequest { Headers = headers, Body = System.Text.Encoding.UTF8.GetBytes(text), PathTopic = topic, ReceivedAt = clock.GetUtcNow() };
        var verdict = webhooks.Verify(request, await catalogue.Directory.SecretsOf(channel.Id, cancellationToken));
        var content = verdict.Kind == WebhookVerdictKind.Accepted ? webhooks.Read(request, channel) : null;
        return TypedResults.Ok(new WebhookTrial(Names.Of(verdict.Kind), verdict.Reason, verdict.Topic, verdict.Resource, About(content),
            content?.NeedsRead, content?.Ignored, [.. (content?.Body?.Fields.Keys ?? []).Order(StringComparer.Ordinal)], content?.Body?.Variants.Length ?? 0));
    }

    private static string? About(WebhookContent? content) => content switch
    {
        null => null,
        { Signal: { } signal } => "signal/" + Names.Of(signal),
        { CollectionId: { } collection } => "collection/" + collection,
        _ => content.ExternalId ?? content.ResourceKey,
    };

    private static async Task<Results<Accepted, Problem>> Replay(long id, Caller caller, IProductQueries queries, IInboxStore inbox, IGrainFactory grains, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!await BelongsAsync(id, caller.Tenant, queries, cancellationToken))
        {
            return (Problem)new ApiError(ErrorKind.NotFound, "no-such-event", $"There is no webhook event {id} among the newest {MaxScanned}. GET /api/webhooks/events lists them.");
        }

        if (!await inbox.ReplayAsync(id, clock.GetUtcNow(), cancellationToken))
        {
            return (Problem)new ApiError(ErrorKind.Conflict, "body-gone", $"The event {id} cannot be replayed: its body was already let go. Reconcile the channel instead.");
        }

        // The event's partition is not told here; waking all of them costs sixteen small messages.
        await Task.WhenAll(Enumerable.Range(0, IInboxStore.Partitions).Select(p => grains.GetGrain<IInboxGrain>(p).WakeAsync()));
        return TypedResults.Accepted("/api/webhooks/events");
    }

    private static async Task<bool> BelongsAsync(long id, TenantId tenant, IProductQueries queries, CancellationToken cancellationToken)
    {
        string? cursor = null;
        for (var seen = 0; seen < MaxScanned;)
        {
            var page = await queries.EventsAsync(tenant, null, cursor, Lists.MaxLimit, cancellationToken);
            if (page.Items.Any(e => e.Id == id))
            {
                return true;
            }

            seen += page.Items.Length;
            cursor = page.NextCursor;
            if (cursor is null)
            {
                return false;
            }
        }

        return false;
    }
}

/// <summary>Where a channel delivers to and whether it does.</summary>
internal sealed record WebhookChannelStatus(string Channel, bool SendsWebhooks, string DeliverTo, bool SecretSet, bool Polled, DateTimeOffset? LastReceivedAt, WebhookWatch Watch);

/// <summary>Deliveries counted.</summary>
internal sealed record WebhookMetrics(long Events, long RefusedSignatures, IReadOnlyList<WebhookChannelMetrics> Channels);

/// <summary>One channel's deliveries: kept ones of the last day by outcome, and what came to this process' door since its start.</summary>
internal sealed record WebhookChannelMetrics(string Channel, IReadOnlyDictionary<string, long> Events, IReadOnlyDictionary<string, long> AtTheDoor);

/// <summary>What a delivery would have been.</summary>
internal sealed record WebhookTrial(
    string Verdict, string? Reason, string Topic, string Resource, string? About, bool? NeedsRead, string? Ignored, IReadOnlyList<string> Fields, int Variants);
