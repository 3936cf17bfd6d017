using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Web.Tests.Hub;

/// <summary>A shop in memory with products of one variant: enough to connect, import, push to and hear from.</summary>
internal sealed class TestShop : IChannelKind, IWebhookReader
{
    public const string Kind = "testshop";
    public const string Secret = "whsec_test";
    private readonly ConcurrentDictionary<string, OpenShop> _shops = new(StringComparer.Ordinal);

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = Kind,
        DisplayName = "Test shop",
        PlatformName = "TESTSHOP",
        OriginKind = OriginKind.Storefront,
        Mask = [Fields.Name, Fields.Description, Fields.Price, Fields.Sku, Fields.Tags, "vendor"],
        MaxPushBatch = 10,
        ImportPageSize = 10,
        Settings =
        [
            new() { Name = "baseUrl", Label = "Shop address", Required = true, Help = "Any address." },
            new() { Name = "token", Label = "Token", Required = true, Secret = true, Help = "'wrong' is refused." },
            new() { Name = "webhookSecret", Label = "Webhook secret", Secret = true, Help = "Signs webhooks." },
        ],
        EditUrl = (settings, id) => $"{settings.Values["baseUrl"]}/admin/{id}",
    };

    public ICanon Canon { get; } = new Plain();

    public IWebhookReader? Webhooks => this;

    public OpenShop Shop(string baseUrl) => _shops.GetOrAdd(baseUrl, _ => new OpenShop());

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null) =>
        secrets.Find("token") == "wrong" ? new Refusing() : new Connection(settings.Id, Shop(settings.Values["baseUrl"]));

    public string? ShopOf(IReadOnlyDictionary<string, string> headers) => headers.GetValueOrDefault("x-test-shop");

    public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets)
    {
        if (!secrets.All("webhookSecret").Any(s => Sign(request.Body.Span, s) == request.Headers.GetValueOrDefault("x-test-signature")))
        {
            return WebhookVerdict.Forged("The signature does not match.");
        }

        return new WebhookVerdict
        {
            Kind = WebhookVerdictKind.Accepted,
            EventKey = request.Headers["x-test-event"],
            Topic = "product",
            Resource = "product/" + JsonDocument.Parse(request.Body).RootElement.GetProperty("id").GetString(),
        };
    }

    public WebhookContent Read(WebhookRequest request, ChannelSettings settings)
    {
        var body = JsonDocument.Parse(request.Body).RootElement;
        var id = body.GetProperty("id").GetString()!;
        if (body.TryGetProperty("order", out var order))
        {
            var (placed, quantity) = (new Stamp(body.GetProperty("at").GetInt64()), body.GetProperty("quantity").GetDecimal());
            return new WebhookContent { Orders = [new ObservedOrderLine { Order = order.GetString()!, Line = "1", Product = id, Variant = id, Quantity = quantity, Left = quantity, PlacedAt = placed, Version = placed }] };
        }

        var item = new ShopItem(body.GetProperty("name").GetString()!, body.GetProperty("sku").GetString()!, body.GetProperty("price").GetDecimal(), body.GetProperty("version").GetInt64());
        return new WebhookContent { ExternalId = id, Body = item.Observed(id) };
    }

    public static string Sign(ReadOnlySpan<byte> body, string secret) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    private sealed class Plain : ICanon
    {
        public FieldValue Form(string field, FieldValue value) => value;

        public string ElementKey(string field, string element) => Canonical.ElementKey(element);
    }

    private sealed class Refusing : IChannel
    {
        public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult
        {
            Ok = false,
            Fault = new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "401", Message = "The token is not known." },
        });
    }
}

/// <summary>What the shop holds of a product.</summary>
internal sealed record ShopItem(string Name, string Sku, decimal Price, long Version)
{
    public ObservedProduct Observed(string id) => new()
    {
        ExternalId = id,
        Version = new Stamp(Version),
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add(Fields.Name, Canonical.Text(Name)),
        Options = [],
        VariantsComplete = true,
        Variants =
        [
            new ObservedVariant
            {
                ExternalId = id,
                Fields = ImmutableDictionary<string, FieldValue>.Empty.Add(Fields.Sku, Canonical.Text(Sku)).Add(Fields.Price, Canonical.Money(Price)),
            },
        ],
    };
}

/// <summary>The shop itself.</summary>
internal sealed class OpenShop
{
    public ConcurrentDictionary<string, ShopItem> Items { get; } = new(StringComparer.Ordinal);

    /// <summary>The span under way when an item was last written, by the item's id.</summary>
    public ConcurrentDictionary<string, string?> WrittenIn { get; } = new(StringComparer.Ordinal);
}

/// <summary>One connection to the shop.</summary>
internal sealed class Connection(ChannelId channel, OpenShop shop) : IChannel, IProductSource, IProductSink
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult { Ok = true, ShopName = "Test shop", Currency = "EUR", Products = shop.Items.Count });

    public Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
    {
        var page = shop.Items.OrderBy(i => i.Key, StringComparer.Ordinal).Where(i => cursor is null || string.CompareOrdinal(i.Key, cursor) > 0).Take(size + 1).ToList();
        return Task.FromResult(new SourcePage
        {
            Items = [.. page.Take(size).Select(i => Seen(i.Value.Observed(i.Key), ObservationSource.Import))],
            NextCursor = page.Count > size ? page[size - 1].Key : null,
            Total = shop.Items.Count,
        });
    }

    public Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken) => Task.FromResult(new SourcePage
    {
        Items = [.. externalIds.Select(id => Seen(shop.Items.TryGetValue(id, out var item) ? item.Observed(id) : new ObservedProduct { ExternalId = id, Version = Stamp.Zero, Deleted = true }, ObservationSource.Read))],
    });

    public Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken)
    {
        var sku = item.Target.Variants[0].Fields.GetValueOrDefault(Fields.Sku).Text;
        return Task.FromResult(shop.Items.FirstOrDefault(i => i.Value.Sku == sku) is { Key: { } id, Value: { } found } ? found.Observed(id) : null);
    }

    public Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken) => Task.FromResult(new SourcePage { Items = [], NextCursor = "0" });

    public Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken) => Task.FromResult(items.Select(item =>
    {
        var id = item.ExternalId ?? $"r{shop.Items.Count + 1}";
        var variant = item.Target.Variants[0];
        var stored = new ShopItem(item.Target.Fields.GetValueOrDefault(Fields.Name).Text ?? "", variant.Fields.GetValueOrDefault(Fields.Sku).Text ?? "",
            variant.Fields.GetValueOrDefault(Fields.Price).ToDecimal() ?? 0, Clock.GetUtcNow().ToUnixTimeSeconds());
        shop.Items[id] = stored;
        shop.WrittenIn[id] = System.Diagnostics.Activity.Current?.Id;
        return new PushOutcome
        {
            Product = item.Product,
            PushId = item.PushId,
            Result = PushResult.Applied,
            ExternalId = id,
            Answer = stored.Observed(id),
            SentAt = Clock.GetUtcNow(),
            Bound = [new VariantLink { Variant = variant.Id, ExternalId = id }],
        };
    }).ToImmutableArray());

    private Observation Seen(ObservedProduct body, ObservationSource source) => new()
    {
        Channel = channel,
        Body = body,
        Source = source,
        ReadStartedAt = Clock.GetUtcNow(),
        ReceivedAt = Clock.GetUtcNow(),
    };
}
