using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ActorSync.Channels.Shopify;

/// <summary>Signature, identity and content of Shopify's deliveries.</summary>
internal sealed class ShopifyWebhooks : IWebhookReader
{
    public const string SecretName = "webhookSecret";
    private const string ProductsCreate = "products/create";
    private const string ProductsUpdate = "products/update";
    private const string ProductsDelete = "products/delete";
    private const string LevelsUpdate = "inventory_levels/update";

    /// <summary>What we subscribe to: GraphQL's name and the name in deliveries.</summary>
    public static readonly ImmutableArray<(string Enum, string Topic)> Topics =
    [
        ("PRODUCTS_CREATE", ProductsCreate), ("PRODUCTS_UPDATE", ProductsUpdate), ("PRODUCTS_DELETE", ProductsDelete), ("INVENTORY_LEVELS_UPDATE", LevelsUpdate),
    ];

    public string? ShopOf(IReadOnlyDictionary<string, string> headers) => headers.GetValueOrDefault("x-shopify-shop-domain");

    public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets)
    {
        if (!request.Headers.TryGetValue("x-shopify-hmac-sha256", out var signature) || string.IsNullOrEmpty(signature))
        {
            return WebhookVerdict.Forged("The header X-Shopify-Hmac-Sha256 is missing.");
        }

        if (!IsGenuine(request.Body.Span, signature, secrets.All(SecretName)))
        {
            return WebhookVerdict.Forged("The signature does not match any of the channel's webhook secrets.");
        }

        var topic = request.Headers.GetValueOrDefault("x-shopify-topic") is { Length: > 0 } told ? told : request.PathTopic ?? "";
        if (!Topics.Any(known => known.Topic == topic))
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = $"Topic '{topic}' is not used." };
        }

        if (ResourceOf(topic, request.Body) is not { } resource)
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = "The body names no object." };
        }

        return new WebhookVerdict
        {
            Kind = WebhookVerdictKind.Accepted,
            Topic = topic,
            Resource = resource,
            EventKey = request.Headers.GetValueOrDefault("x-shopify-webhook-id") is { Length: > 0 } id ? id : "body:" + Convert.ToHexStringLower(SHA256.HashData(request.Body.Span)),
            TriggeredAt = DateTimeOffset.TryParse(
                request.Headers.GetValueOrDefault("x-shopify-triggered-at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null,
        };
    }

    public WebhookContent Read(WebhookRequest request, ChannelSettings settings)
    {
        var topic = request.Headers.GetValueOrDefault("x-shopify-topic") is { Length: > 0 } told ? told : request.PathTopic ?? "";
        using var document = JsonDocument.Parse(request.Body);
        var body = document.RootElement;
        return topic switch
        {
            // A new product's body lacks its stock by location, and the levels' own webhooks may come before the product is known.
            ProductsCreate when ShopifyMapper.Id(body, "id") is { } id => Product(id, ShopifyMapper.WebhookProduct(body)) with { NeedsRead = true },
            ProductsUpdate when ShopifyMapper.Id(body, "id") is { } id => Product(id, ShopifyMapper.WebhookProduct(body)),
            ProductsDelete when ShopifyMapper.Id(body, "id") is { } id => new WebhookContent
            {
                ExternalId = id,
                Body = new ObservedProduct { ExternalId = id, Version = Stamp.Zero, Deleted = true },
                NeedsRead = true,
            },
            LevelsUpdate when ShopifyMapper.Id(body, "inventory_item_id") is { } item && ShopifyMapper.Id(body, "location_id") is not null => Level(item, ShopifyMapper.WebhookLevel(body)),
            _ => new WebhookContent { Ignored = $"Nothing is read from topic '{topic}' or the body names no object." },
        };
    }

    internal static bool IsGenuine(ReadOnlySpan<byte> body, string signature, IEnumerable<string> secrets)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Convert.TryFromBase64String(signature, given, out var length) || length != given.Length)
        {
            return false;
        }

        // Every secret is tried, so that the time taken does not tell which one matched.
        var genuine = false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
            genuine |= CryptographicOperations.FixedTimeEquals(expected, given);
        }

        return genuine;
    }

    private static WebhookContent Product(string id, ObservedProduct body) => new() { ExternalId = id, Body = body, NeedsRead = !body.VariantsComplete };

    private static WebhookContent Level(string item, ObservedStock level) => new()
    {
        ResourceKey = "inventory/" + item,
        Body = new ObservedProduct
        {
            ExternalId = "",
            Version = Stamp.Zero,
            Variants = [new ObservedVariant { ExternalId = "", StockItemId = item, Stock = [level] }],
        },
    };

    private static string? ResourceOf(string topic, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return topic == LevelsUpdate
                ? ShopifyMapper.Id(document.RootElement, "inventory_item_id") is { } item ? "inventory/" + item : null
                : ShopifyMapper.Id(document.RootElement, "id") is { } id ? "product/" + id : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
