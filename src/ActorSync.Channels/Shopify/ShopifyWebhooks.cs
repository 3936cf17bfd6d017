using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.Shopify;

/// <summary>Signature, identity and content of Shopify's deliveries.</summary>
internal sealed class ShopifyWebhooks : IWebhookReader
{
    public const string SecretName = "webhookSecret";

    public string? ShopOf(IReadOnlyDictionary<string, string> headers) => headers.GetValueOrDefault("x-shopify-shop-domain");

    public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets)
    {
        if (!request.Headers.TryGetValue("x-shopify-hmac-sha256", out var signature) || string.IsNullOrEmpty(signature))
        {
            return WebhookVerdict.Forged("The header X-Shopify-Hmac-Sha256 is missing.");
        }

        // The app's client secret signs; a connection that has it as its credential need not be told twice.
        if (!IsGenuine(request.Body.Span, signature, Keys(secrets)))
        {
            return WebhookVerdict.Forged("The signature does not match any of the channel's webhook or client secrets.");
        }

        var topic = TopicOf(request);
        if (ShopifyTopics.Find(topic) is not { } known)
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = $"Topic '{topic}' is not used." };
        }

        if (known.Read is null)
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.Acknowledged, Topic = topic, Reason = "The hub keeps no data of customers." };
        }

        if (Parse(request.Body) is not { } body || known.Resource(body) is not { } resource)
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = "The body names no object." };
        }

        return new WebhookVerdict
        {
            Kind = WebhookVerdictKind.Accepted,
            Topic = topic,
            Resource = resource,
            Kept = Only(body, known.Keep),
            EventKey = request.Headers.GetValueOrDefault("x-shopify-webhook-id") is { Length: > 0 } id ? id : "body:" + Convert.ToHexStringLower(SHA256.HashData(request.Body.Span)),
            TriggeredAt = DateTimeOffset.TryParse(
                request.Headers.GetValueOrDefault("x-shopify-triggered-at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null,
        };
    }

    public WebhookContent Read(WebhookRequest request, ChannelSettings settings)
    {
        if (ShopifyTopics.Find(TopicOf(request)) is not { Read: { } read } topic)
        {
            return new WebhookContent { Ignored = $"Nothing is read from topic '{TopicOf(request)}'." };
        }

        return Parse(request.Body) is { } body && topic.Resource(body) is not null ? read(body) : new WebhookContent { Ignored = "The body names no object." };
    }

    // Shopify signs with the app's client secret, under whichever name the channel has it.
    public string SigningSecret(ChannelSettings settings) => settings.Values.GetValueOrDefault(ShopifySettings.ClientId)?.Trim() is { Length: > 0 } ? ShopifySettings.ClientSecret : SecretName;

    public bool HasKey(ChannelSecrets secrets) => Keys(secrets).Any();

    private static IEnumerable<string> Keys(ChannelSecrets secrets) => secrets.All(SecretName).Concat(secrets.All(ShopifySettings.ClientSecret));

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

    private static string TopicOf(WebhookRequest request) => request.Headers.GetValueOrDefault("x-shopify-topic") is { Length: > 0 } told ? told : request.PathTopic ?? "";

    private static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte>? Only(JsonElement body, ImmutableArray<string> members) =>
        members.IsEmpty ? default(ReadOnlyMemory<byte>?) : JsonMembers.Only(body, members);
}
