using System.Text.Json;
using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.Bulk;
using ActorSync.Sandbox.Shopify.GraphQl;

namespace ActorSync.Sandbox.Shopify;

/// <summary>One Shopify shop with one app installed: Admin GraphQL API, webhooks, merchant pages.</summary>
public sealed class ShopifySimulator : ISimulator, IDisposable
{
    public const string ChannelName = "shopify";
    private readonly SimulatorContext context;
    private readonly Shop shop;
    private readonly ShopWebhooks webhooks;
    /// <summary>Where pictures lie, under names of the shop's own.</summary>
    public const string CdnPath = "/shopify/demo/cdn/files";
    private readonly CostBucket bucket;
    private readonly ShopifyEndpoint endpoint;
    private readonly ShopTokens tokens;
    private readonly ShopSecrets secrets = new();
    private readonly Merchant merchant;
    private readonly BulkDesk bulk;

    public ShopifySimulator(SimulatorContext context)
    {
        this.context = context;
        shop = new Shop(context.Store, context.Clock, new SearchIndex(context.Clock, context.Random), new PictureStore(context.Options.BaseAddress));
        webhooks = new ShopWebhooks(shop, secrets, context.Webhooks, context.Random);
        bucket = new CostBucket(context.Clock);
        bulk = new BulkDesk(
            new BulkStorage(Path.Combine(Path.GetFullPath(context.Options.DataFolder), "shopify-bulk"), context.Options.BaseAddress, context.Random, context.Clock), context.Clock);
        var engines = ApiVersions.Served.ToDictionary(v => v.Handle, v => new GraphQlEngine(shop, bucket, bulk, webhooks.Announce, v.Handle), StringComparer.Ordinal);
        bulk.Run = (engine, operation, input, stopping) =>
            new BulkRunner(bulk, engine, context.Stats, webhooks.Announce, context.Random, context.Clock).RunAsync(operation, input, stopping);
        tokens = new ShopTokens(context.Store, context.Random, context.Clock);
        endpoint = new ShopifyEndpoint(engines, context.Stats, context.Random, tokens);
        merchant = new Merchant(shop, webhooks, context.Options);
        if (shop.IsEmpty)
        {
            Seed();
        }
    }

    public string Name => ChannelName;

    public ShopCard Card => new("Shopify demo shop", MerchantPages.Root, ShopifyEndpoint.ApiRoot + "/2026-07/graphql.json",
        $"X-Shopify-Access-Token: {ShopTokens.Fixed}; shop domain {Shop.Domain}, client id {ShopTokens.ClientId}, client secret {ShopSecrets.First} (signs webhooks)");

    public IReadOnlyList<string> ApiPaths => [ShopifyEndpoint.ApiRoot, ShopOAuth.Root];

    public ChannelFaults Faults => context.Faults;

    public ChannelStats Stats => context.Stats;

    public int ProductsHeld => shop.Products.Count;

    public void Map(WebApplication app)
    {
        endpoint.Map(app);
        new ShopOAuth(shop, tokens, secrets, context.Stats, context.Clock).Map(app);
        new MerchantPages(merchant).Map(app);
        new BulkStorageRoutes(bulk.Storage, context.Stats).Map(app);
        app.MapGet("/_control/shopify/bulk", () => Results.Json(bulk.Levers.Describe(), ControlJson.Options));
        app.MapPost("/_control/shopify/bulk", ChangeBulkAsync);
        app.MapGet(CdnPath + "/{file}", async (string file, CancellationToken cancellationToken) => Picture(file) is { } media
            ? await shop.Pictures.ServeAsync(media.Source, cancellationToken) : Results.NotFound());
        app.MapPost("/_control/shopify/plan", ChangePlanAsync);
        app.MapPost("/_control/shopify/search", ChangeSearchAsync);
        app.MapPost("/_control/shopify/retries", ChangeRetriesAsync);
        app.MapPost("/_control/shopify/app", ChangeAppAsync);
        app.MapPost("/_control/shopify/tokens", ChangeTokensAsync);
        app.MapPost("/_control/shopify/secret", ChangeSecretAsync);
        // {"ageSeconds": 90} makes one whose minute is over.
        app.MapPost("/_control/shopify/session", async (HttpRequest request, CancellationToken cancellationToken) =>
            Results.Json(new { sessionToken = ShopSession.Make(context.Clock.GetUtcNow().AddSeconds(-(await ReadAsync(request, cancellationToken)).Number("ageSeconds") ?? 0), secrets.Current) }, ControlJson.Options));
    }

    private ShopMedia? Picture(string file)
    {
        using (shop.Enter())
        {
            return shop.Products.Values.SelectMany(p => p.Media).FirstOrDefault(m => Shop.FileOf(m) == file);
        }
    }

    public ValueTask<SellResult> SellAsync(string sku, int quantity, CancellationToken cancellationToken) => merchant.SellAsync(sku, quantity, cancellationToken);

    public ValueTask<CancelResult> CancelOrderAsync(string order, CancellationToken cancellationToken) => merchant.CancelOrderAsync(order, cancellationToken);

    public ValueTask<EditResult> EditAsync(NeutralEdit edit, CancellationToken cancellationToken) => merchant.EditAsync(edit, cancellationToken);

    public ValueTask<NeutralProduct> CreateAsync(SeedProduct product, CancellationToken cancellationToken) => merchant.CreateAsync(product, cancellationToken);

    /// <summary>As after the eighth failure: deleted, and nobody is told.</summary>
    public async ValueTask<int> LoseWebhooksAsync(string? topic, CancellationToken cancellationToken)
    {
        using (await shop.EnterAsync(cancellationToken))
        {
            var lost = shop.Subscriptions.Where(s => topic is null || ShopSubscription.TopicOf(s.Topic) == topic).ToList();
            lost.ForEach(s => shop.RemoveSubscription(s.Id));
            shop.Commit();
            return lost.Count;
        }
    }

    public IReadOnlyList<NeutralProduct> List(int limit, int offset) => merchant.List(limit, offset);

    public NeutralProduct? FindBySku(string sku) => merchant.FindBySku(sku);

    public void Reset()
    {
        bulk.Clear();
        using (shop.Enter())
        {
            shop.Clear();
            shop.AccessScopes = ShopScopes.All;
        }

        bucket.Change(CostBucket.StandardRate, CostBucket.StandardRate * CostBucket.SecondsHeld);
        webhooks.RetryScale = 1;
        tokens.Reset();
        secrets.Reset();
        Seed();
    }

    public Task WriteThrottledAsync(HttpContext context) => endpoint.WriteThrottledAsync(context);

    public Task WriteServerErrorAsync(HttpContext context) => ShopifyEndpoint.WriteServerErrorAsync(context);

    public void Dispose()
    {
        bulk.Dispose();
        shop.Dispose();
    }

    private void Seed()
    {
        using (shop.Enter())
        {
            // Made one a minute, ending a day ago, so that lists sorted by time have an order.
            var at = shop.Now.AddDays(-1).AddMinutes(-context.Catalogue.Products.Count);
            foreach (var seed in context.Catalogue.Products)
            {
                ShopSeed.Add(shop, seed, context.Options.BaseAddress, at);
                at = at.AddMinutes(1);
            }

            ShopSeed.AddCollections(shop);
            shop.Commit();
            shop.Search.ShowAll(shop.Products.Values);
        }
    }

    /// <summary>{"restoreRate": 1000} is Plus: points per second, the bucket holds twenty times as many.</summary>
    private async Task<IResult> ChangePlanAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        const int Fastest = 10_000;
        var body = await ReadAsync(request, cancellationToken);
        if (body.Number("restoreRate") is not { } rate || rate is < 1 or > Fastest)
        {
            return Results.Json(new { error = $"restoreRate is {body.Text("restoreRate") ?? "missing"} but must be points per second from 1 to {Fastest}; Standard has 100, Plus 1000." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }

        if (body.Number("available") is < 0)
        {
            return Results.Json(new { error = "available must be 0 or more points; leave it out for a full bucket." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }

        bucket.Change((int)rate, (int?)body.Number("available"));
        return Results.Json(new { restoreRate = rate, maximumAvailable = rate * CostBucket.SecondsHeld }, ControlJson.Options);
    }

    /// <summary>{"longestLagMs": 0} makes search see every write at once.</summary>
    private async Task<IResult> ChangeSearchAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        const int Longest = 600_000;
        var body = await ReadAsync(request, cancellationToken);
        if (body.Number("longestLagMs") is not { } lag || lag is < 0 or > Longest)
        {
            return Results.Json(new { error = $"longestLagMs is {body.Text("longestLagMs") ?? "missing"} but must be milliseconds from 0 to {Longest}." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }

        using (await shop.EnterAsync(cancellationToken))
        {
            shop.Search.LongestLag = TimeSpan.FromMilliseconds(lag);
            shop.Search.ShowAll(shop.Products.Values);
        }

        return Results.Json(new { longestLagMs = lag }, ControlJson.Options);
    }

    /// <summary>{"scale": 0.01} shortens the gaps between a webhook's retries.</summary>
    private async Task<IResult> ChangeRetriesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        if (body.Amount("scale") is not { } scale || scale is < 0 or > 100)
        {
            return Results.Json(new { error = $"scale is {body.Text("scale") ?? "missing"} but must be a number from 0 to 100; 1 spreads eight retries over two minutes." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }

        webhooks.RetryScale = (double)scale;
        return Results.Json(new { scale }, ControlJson.Options);
    }

    /// <summary>{"hangNext": 1} lets the next bulk operation stand still; see BulkLevers for the rest.</summary>
    private async Task<IResult> ChangeBulkAsync(HttpRequest request, CancellationToken cancellationToken) =>
        bulk.Levers.Update((await ReadAsync(request, cancellationToken)).Value) is { } wrong
            ? Results.Json(new { error = wrong }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest)
            : Results.Json(bulk.Levers.Describe(), ControlJson.Options);

    /// <summary>
    /// {"installed": false} is the merchant who removes the app: the last word is app/uninstalled, subscriptions are gone and every call is answered 401 until
    /// {"installed": true}. {"scopes": ["read_products"]} leaves the app these rights only and sends app/scopes_update; null = all again.
    /// </summary>
    private async Task<IResult> ChangeAppAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        using (await shop.EnterAsync(cancellationToken))
        {
            if (body.Has("scopes"))
            {
                IReadOnlyList<string> wanted = body.Gives("scopes") ? body.Texts("scopes") : ShopScopes.All;
                if (wanted.FirstOrDefault(scope => !ShopScopes.All.Contains(scope)) is { } unknown)
                {
                    return Results.Json(new { error = $"'{unknown}' is not a scope of this app; known are {string.Join(", ", ShopScopes.All)}." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
                }

                webhooks.Tell("APP_SCOPES_UPDATE", WebhookBody.Scopes(shop.Now, shop.AccessScopes, wanted));
                shop.AccessScopes = wanted;
            }

            if (body.Flag("installed") is { } installed)
            {
                if (!installed && tokens.IsInstalled)
                {
                    webhooks.Tell("APP_UNINSTALLED", WebhookBody.Uninstalled());
                    foreach (var subscription in shop.Subscriptions.ToList())
                    {
                        shop.RemoveSubscription(subscription.Id);
                    }

                    shop.Commit();
                }

                tokens.Install(installed);
            }
        }

        return Results.Json(new { installed = tokens.IsInstalled, scopes = shop.AccessScopes }, ControlJson.Options);
    }

    /// <summary>
    /// {"lifeSeconds": 10} shortens the life of new tokens (null = as at Shopify), {"refreshLifeSeconds": 86400} what is told of new refresh tokens,
    /// {"autoConsent": true} installs without asking; {"expire": true} ends all access
    /// tokens but the fixed one, {"revoke": true} voids their refresh tokens, too.
    /// </summary>
    private async Task<IResult> ChangeTokensAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        if (body.Gives("lifeSeconds") && body.Number("lifeSeconds") is not (>= 1 and <= ShopTokens.DaySeconds))
        {
            return Results.Json(new { error = $"lifeSeconds is {body.Text("lifeSeconds")} but must be seconds from 1 to {ShopTokens.DaySeconds}, or null." }, ControlJson.Options, statusCode: StatusCodes.Status400BadRequest);
        }

        tokens.LifeSeconds = body.Has("lifeSeconds") ? body.Number("lifeSeconds") : tokens.LifeSeconds;
        tokens.RefreshLifeSeconds = body.Has("refreshLifeSeconds") ? body.Number("refreshLifeSeconds") : tokens.RefreshLifeSeconds;
        tokens.AutoConsent = body.Flag("autoConsent") ?? tokens.AutoConsent;
        var expired = body.Flag("expire") == true ? tokens.Expire() : 0;
        var revoked = body.Flag("revoke") == true ? tokens.Revoke() : 0;
        return Results.Json(new { tokens.LifeSeconds, tokens.RefreshLifeSeconds, tokens.AutoConsent, expired, revoked }, ControlJson.Options);
    }

    /// <summary>{"next": "shpss_…"} is the developer who makes a new client secret, {"revokeOld": true} who ends the one before.</summary>
    private async Task<IResult> ChangeSecretAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        if (body.Text("next") is { Length: > 0 } next)
        {
            secrets.Rotate(next);
        }

        if (body.Flag("revokeOld") == true)
        {
            secrets.RevokeOld();
        }

        return Results.Json(new { signsWithOld = secrets.Signing != secrets.Current }, ControlJson.Options);
    }

    private static async Task<Input> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return new Input(await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, cancellationToken: cancellationToken));
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
