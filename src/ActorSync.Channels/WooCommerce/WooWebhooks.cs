using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// Deliveries of a shop (contract section 11): a hint that something should be read, plus what the body shows in stored form, so that a sale or a price is
/// known before the read answers. Pure.
/// </summary>
internal sealed class WooWebhooks : IWebhookReader
{
    public static readonly ImmutableArray<string> Topics = ["product.created", "product.updated", "product.deleted", "product.restored", "order.created", "order.updated"];

    private const string Deleted = "product.deleted";
    private const int HashLength = 24;

    public string? ShopOf(IReadOnlyDictionary<string, string> headers) =>
        headers.TryGetValue("x-wc-webhook-source", out var source) && source.Length > 0 ? source.TrimEnd('/') : null;

    public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(secrets);
        if (IsPing(request))
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.Ping };
        }

        if (!request.Headers.TryGetValue("x-wc-webhook-signature", out var signature))
        {
            return WebhookVerdict.Forged("The delivery carries no x-wc-webhook-signature header.");
        }

        if (!IsSigned(request.Body.Span, signature, secrets))
        {
            return WebhookVerdict.Forged("The signature does not match any webhook secret of this channel; a shop that signs with another secret needs its webhooks registered anew.");
        }

        var topic = request.Headers.GetValueOrDefault("x-wc-webhook-topic") ?? request.PathTopic ?? "";
        if (!Topics.Contains(topic, StringComparer.Ordinal))
        {
            return new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = $"The topic '{topic}' is not one that the hub listens to." };
        }

        var body = WooErrors.Parse(request.Body.Span);
        var id = body is { } row ? WooMapper.Number(row, "id") : 0;
        if (IsOrder(topic))
        {
            return id == 0
                ? new WebhookVerdict { Kind = WebhookVerdictKind.NotForUs, Topic = topic, Reason = "The body names no order." }
                : new WebhookVerdict { Kind = WebhookVerdictKind.Accepted, Topic = topic, Resource = $"order/{id}", EventKey = EventKey(request, topic, id), Kept = JsonMembers.Only(body!.Value, WooOrders.Kept) };
        }

        var parent = body is { } variation ? WooMapper.Number(variation, "parent_id") : 0;
        return new WebhookVerdict
        {
            Kind = WebhookVerdictKind.Accepted,
            Topic = topic,
            Resource = $"product/{(parent > 0 ? parent : id)}",
            EventKey = EventKey(request, topic, id),
        };
    }

    public WebhookContent Read(WebhookRequest request, ChannelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (WooErrors.Parse(request.Body.Span) is not { ValueKind: JsonValueKind.Object } row)
        {
            return new WebhookContent { Ignored = "The body is not a JSON object." };
        }

        var id = WooMapper.Number(row, "id");
        if (id == 0)
        {
            return new WebhookContent
            {
                Ignored = WooErrors.ReadError(row, 0) is { } error ? $"The product was gone before the shop sent the event ({error.Code})." : "The body names no product.",
            };
        }

        var topic = request.Headers.GetValueOrDefault("x-wc-webhook-topic") ?? request.PathTopic ?? "";
        if (IsOrder(topic))
        {
            var lines = WooOrders.Lines(row);
            return lines.IsEmpty ? new WebhookContent { Ignored = "The order says nothing of the stock of a product." } : new WebhookContent { Orders = lines };
        }

        var externalId = WooMapper.Id(row);
        if (topic == Deleted || !row.TryGetProperty("type", out _))
        {
            // The shop also says this of orders, coupons and variations, by id only: nothing is believed before a read.
            return new WebhookContent { ExternalId = externalId, ResourceKey = ResourceKey(externalId), NeedsRead = true };
        }

        var parent = WooMapper.Number(row, "parent_id");
        if (parent > 0)
        {
            var variant = WooMapper.Variant(row, null, request.ReceivedAt);
            return new WebhookContent
            {
                ExternalId = parent.ToString(),
                ResourceKey = ResourceKey(externalId),
                Body = new ObservedProduct { ExternalId = parent.ToString(), Version = Stamp.Zero, Variants = [variant] },
                NeedsRead = true,
            };
        }

        var body = WooMapper.Product(row, null, WooForm.View, request.ReceivedAt);
        return new WebhookContent { ExternalId = externalId, Body = body, NeedsRead = !SufficesWithoutNews(row, body) };
    }

    /// <summary>
    /// A simple product's body has all of it, though some texts in another form and categories without their parents. If it is no newer than what the hub has
    /// seen in full, as after a write of our own, nothing can be missing; if it is, the merge asks for a read of what the body lacks. Two changes within one
    /// second, of which the second touches only such a field, are left to the next poll.
    /// </summary>
    private static bool SufficesWithoutNews(JsonElement row, ObservedProduct body) => WooMapper.Text(row, "type") == "simple" && body.Version != Stamp.Zero && !body.Deleted;

    public static string ResourceKey(string variationId) => $"variation/{variationId}";

    private static bool IsOrder(string topic) => topic.StartsWith("order.", StringComparison.Ordinal);

    private static bool IsPing(WebhookRequest request) =>
        !request.Headers.Keys.Any(name => name.StartsWith("x-wc-webhook-", StringComparison.Ordinal))
        && request.Body.Span.StartsWith("webhook_id="u8)
        && request.Body.Length <= 64;

    private static bool IsSigned(ReadOnlySpan<byte> body, string signature, ChannelSecrets secrets)
    {
        Span<byte> told = stackalloc byte[32];
        if (!Convert.TryFromBase64String(signature.Trim(), told, out var length) || length != told.Length)
        {
            return false;
        }

        var matches = false;
        Span<byte> computed = stackalloc byte[32];
        foreach (var secret in secrets.All(WooKind.WebhookSecret))
        {
            // The shop decodes entities in the secret before it signs.
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(System.Net.WebUtility.HtmlDecode(secret)), body, computed);
            matches |= CryptographicOperations.FixedTimeEquals(computed, told);
        }

        return matches;
    }

    /// <summary>
    /// The shop's delivery id is shared by all deliveries of one second and cannot tell events apart, so the body's hash does. A delete says nothing but the
    /// id, the same each time: there the second belongs to the key, or a product that is restored and deleted again would be taken for a repeat.
    /// </summary>
    private static string EventKey(WebhookRequest request, string topic, long id)
    {
        var hook = request.Headers.GetValueOrDefault("x-wc-webhook-id") ?? "0";
        var hash = Convert.ToHexStringLower(SHA256.HashData(request.Body.Span))[..HashLength];
        var key = $"{hook}:{id}:{hash}";
        return topic == Deleted && request.Headers.TryGetValue("x-wc-webhook-delivery-id", out var second) ? $"{key}:{second}" : key;
    }
}
