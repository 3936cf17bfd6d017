using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Channels.Http;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Shopify;

/// <summary>One open connection to a shop: the seam that the hub sees. What it does is in the parts that it is made of.</summary>
internal sealed class ShopifyChannel : IChannel, IProductSource, IBackfillSource, ICollectionSource, IProductSink, IBulkSink, IWebhookRegistrar
{
    private const string Denied = "ACCESS_DENIED";
    private readonly ShopifyClient _client;
    private readonly ShopifySource _source;
    private readonly ShopifyBulkImport _import;
    private readonly ShopifySubscriptions _subscriptions;
    private readonly ShopifyPush _push;
    private readonly ShopifyBulkRuns _runs;
    private readonly ShopifyBulkPush _bulk;
    private readonly string _apiVersion;

    public ShopifyChannel(
        ChannelHttpClient http,
        ChannelTransfer transfer,
        ShopifySettings options,
        ChannelId channel,
        ITokenSource tokens,
        IApiBudget budget,
        ILogger log,
        ShopifyBulkPace? pace = null)
    {
        _apiVersion = options.ApiVersion;
        _client = new ShopifyClient(http, options.Endpoint, options.ApiVersion, tokens, channel, budget, log);
        _runs = new ShopifyBulkRuns(_client, pace ?? ShopifyBulkPace.Standard, channel, log);
        var results = new ShopifyBulkResults(transfer, options.Endpoint, channel);
        _source = new ShopifySource(_client, channel);
        _import = new ShopifyBulkImport(_client, _source, _runs, results, options.BulkFrom, log);
        _subscriptions = new ShopifySubscriptions(_client, channel);
        _push = new ShopifyPush(_client, _source, _subscriptions);
        _bulk = new ShopifyBulkPush(_client, _source, _runs, results, transfer);
    }

    public async Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var answer = await _client.SendAsync(ShopifyOperations.ShopProbe, [], Lane.Content, cancellationToken);
        if (answer.Fault is not null || answer.Root("shop") is not { } shop)
        {
            return await RefusedAsync(answer.Fault ?? new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = Denied, Message = "The token may not read the shop." }, cancellationToken);
        }

        return new ProbeResult
        {
            Ok = true,
            ShopName = shop.GetProperty("name").GetString(),
            Currency = shop.GetProperty("currencyCode").GetString(),
            // Each location is a warehouse of its own; without that every location would be told the sum of all.
            Locations = [.. ShopifyMapper.Nodes(answer.Root("locations")).Select(location => new ChannelLocation
            {
                LocationId = ShopifyGid.Number(location.GetProperty("id").GetString()!),
                Name = location.GetProperty("name").GetString(),
                Warehouses = [location.GetProperty("name").GetString()!],
            })],
            Products = answer.Root("productsCount") is { } count ? count.GetProperty("count").GetInt64() : null,
            Warnings = Warnings(answer),
            Scopes = ShopifyMapper.Scopes(answer),
            ClockOffset = _client.ClockOffset,
        };
    }

    public Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken) => _import.ReadPageAsync(cursor, size, cancellationToken);

    public Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken) => _source.ReadAsync(externalIds, cancellationToken);

    public async Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken)
    {
        var found = await _source.FindAsync(item.Product, ShopifyPush.SkusOf(item), cancellationToken);
        // A SKU in other hands is no trace of our own create; the create itself will refuse it with the reason.
        return found.Fault is { } fault
            ? throw new HttpRequestException($"Shopify could not be asked for product {item.Product}: {fault.Message}")
            : found.Product;
    }

    public Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken) => _source.PollAsync(cursor, size, cancellationToken);

    public string CursorAt(DateTimeOffset since) => ShopifyPollCursor.From(since + _client.ClockOffset).ToString();

    public async Task<CollectionMembers> ReadMembersAsync(string collectionId, int most, CancellationToken cancellationToken)
    {
        var answer = await _client.SendAsync(
            ShopifyOperations.CollectionMembers, new JsonObject { ["id"] = ShopifyGid.Collection(collectionId), ["first"] = most }, Lane.Content, cancellationToken);
        return answer.Fault is not null || answer.Root("collection") is not { ValueKind: JsonValueKind.Object } collection
            ? new CollectionMembers { Products = [], Fault = answer.Fault }
            : new CollectionMembers
            {
                Products = [.. ShopifyMapper.Nodes(collection.GetProperty("products")).Select(product => ShopifyGid.Number(product.GetProperty("id").GetString()!))],
                IsCut = collection.GetProperty("products").GetProperty("pageInfo").GetProperty("hasNextPage").GetBoolean(),
            };
    }

    public Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken) => _push.PushAsync(items, cancellationToken);

    public Task<SourcePage> ReadManyAsync(ImmutableArray<string> externalIds, TimeSpan patience, CancellationToken cancellationToken) =>
        _bulk.ReadManyAsync(externalIds, patience, cancellationToken);

    public Task<BulkStart> StartAsync(int form, ImmutableArray<PushItem> items, CancellationToken cancellationToken) => _bulk.StartAsync(form, items, cancellationToken);

    public Task<BulkStart> FindAsync(int form, DateTimeOffset since, CancellationToken cancellationToken) => _bulk.FindAsync(form, since, cancellationToken);

    public Task<BulkLook> LookAsync(string operation, CancellationToken cancellationToken) => _bulk.LookAsync(operation, cancellationToken);

    public Task CancelAsync(string operation, CancellationToken cancellationToken) => _runs.CancelAsync(operation, cancellationToken);

    public Task<ImmutableArray<PushOutcome>?> CollectAsync(
        string operation, int form, ImmutableArray<PushItem> items, DateTimeOffset startedAt, CancellationToken cancellationToken) =>
        _bulk.CollectAsync(operation, form, items, startedAt, cancellationToken);

    public Task<WebhookRegistration> EnsureAsync(Uri target, CancellationToken cancellationToken) => _subscriptions.EnsureAsync(target, cancellationToken);

    /// <summary>A right that is missing may leave nothing of the answer: which one it is, is asked by itself.</summary>
    private async Task<ProbeResult> RefusedAsync(ChannelFault fault, CancellationToken cancellationToken)
    {
        var scopes = fault.Code == Denied ? ShopifyMapper.Scopes(await _client.SendAsync(ShopifyOperations.AppScopes, [], Lane.Content, cancellationToken)) : [];
        return new ProbeResult
        {
            Ok = false,
            Fault = !scopes.IsEmpty && ShopifyScopes.Missing(scopes) is { } missing ? fault with { Message = missing } : fault,
            Scopes = scopes,
            ClockOffset = _client.ClockOffset,
        };
    }

    private ImmutableArray<string> Warnings(ShopifyAnswer answer)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        warnings.AddRange(answer.Denied);
        if (ShopifyScopes.Missing(ShopifyMapper.Scopes(answer)) is { } missing)
        {
            warnings.Add(missing);
        }

        if (_client.OtherVersion is { } other)
        {
            warnings.Add($"Shopify answers with API version {other} instead of {_apiVersion}.");
        }

        var isServed = answer.Root("publicApiVersions")?.EnumerateArray()
            .Any(version => version.GetProperty("handle").GetString() == _apiVersion && version.GetProperty("supported").GetBoolean());
        if (isServed == false)
        {
            warnings.Add($"Shopify does not list API version {_apiVersion} as supported.");
        }

        if (answer.Root("locations") is { } locations && ShopifyMapper.NextCursor(locations) is not null)
        {
            warnings.Add("The shop has more than 250 locations; the first 250 are offered.");
        }

        return warnings.ToImmutable();
    }
}

/// <summary>A connection whose settings cannot work: it says so when asked and can do nothing else.</summary>
internal sealed class ShopifyMisconfigured(string problem) : IChannel
{
    public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult
    {
        Ok = false,
        Fault = new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "SETTINGS", Message = problem },
    });
}
