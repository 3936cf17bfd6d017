using ActorSync.Abstractions.Channels;

namespace ActorSync.Abstractions.Webhooks;

/// <summary>Verifies and reads a channel's deliveries. Pure: no I/O.</summary>
public interface IWebhookReader
{
    /// <summary>Names the channel of a delivery that came to an address without channel id: shop domain, source address. Null = not told.</summary>
    string? ShopOf(IReadOnlyDictionary<string, string> headers);

    /// <summary>Checks the signature over the raw bytes and names the event. Nothing of an unverified body is used.</summary>
    WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets);

    /// <summary>The setting whose secret signs deliveries of this channel: the one that a rotation replaces.</summary>
    string SigningSecret(ChannelSettings settings) => "webhookSecret";

    /// <summary>The secrets hold one that signatures can be checked with.</summary>
    bool HasKey(ChannelSecrets secrets) => secrets.All("webhookSecret").Any();

    /// <summary>Reads a verified delivery in hub terms.</summary>
    WebhookContent Read(WebhookRequest request, ChannelSettings settings);
}

/// <summary>One delivery as it arrived. Header names are lower-case.</summary>
public sealed record WebhookRequest
{
    /// <summary>Selected headers by lower-case name.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }
    /// <summary>The raw body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
    /// <summary>Topic from the path (S3 addresses), when the headers name none.</summary>
    public string? PathTopic { get; init; }
    /// <summary>Hub clock at arrival.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>What became of a delivery at the door.</summary>
public enum WebhookVerdictKind
{
    /// <summary>Genuine: keep it.</summary>
    Accepted,
    /// <summary>A channel's greeting without a signature (WooCommerce ping): answer 200, keep nothing.</summary>
    Ping,
    /// <summary>No or wrong signature: 401, counted, nothing kept.</summary>
    Forged,
    /// <summary>Genuine but not for us (a topic that we do not use): answer 200, keep nothing.</summary>
    NotForUs,
    /// <summary>Genuine, and all that is asked for is the answer (compliance topics: the hub holds no customer data): 200, counted, nothing kept.</summary>
    Acknowledged,
}

/// <summary>The door's decision.</summary>
public sealed record WebhookVerdict
{
    /// <summary>The decision.</summary>
    public required WebhookVerdictKind Kind { get; init; }
    /// <summary>Unique per event and channel: a repeat is recorded as a duplicate and has no effect.</summary>
    public string EventKey { get; init; } = "";
    /// <summary>Topic in the channel's words.</summary>
    public string Topic { get; init; } = "";
    /// <summary>What it is about, e.g. "product/123": deliveries of one resource stay in order and meet in one grain.</summary>
    public string Resource { get; init; } = "";
    /// <summary>Event time as the channel tells it (Shopify triggered-at); null = not told.</summary>
    public DateTimeOffset? TriggeredAt { get; init; }
    /// <summary>The body to keep where the delivery's own says more than the hub may know (people's data); null = the body as it came.</summary>
    public ReadOnlyMemory<byte>? Kept { get; init; }
    /// <summary>Why, for Forged and NotForUs.</summary>
    public string? Reason { get; init; }

    /// <summary>A refusal.</summary>
    public static WebhookVerdict Forged(string reason) => new() { Kind = WebhookVerdictKind.Forged, Reason = reason };
}

/// <summary>A delivery in hub terms. Either a body to observe, or a hint that something should be read, or nothing.</summary>
public sealed record WebhookContent
{
    /// <summary>The product it is about; null when only <see cref="ResourceKey"/> is known.</summary>
    public string? ExternalId { get; init; }
    /// <summary>A remote id that belongs to a product (variation, inventory item): looked up in the link's resources.</summary>
    public string? ResourceKey { get; init; }
    /// <summary>What the body carries. For a resource: an ObservedProduct with ExternalId "" and one variant whose StockItemId or ExternalId is the resource.</summary>
    public ObservedProduct? Body { get; init; }
    /// <summary>The body is incomplete or in another form than reads: read the product (coalesced) besides or instead.</summary>
    public bool NeedsRead { get; init; }
    /// <summary>A collection whose members may have changed: they are read, as many as are bounded.</summary>
    public string? CollectionId { get; init; }
    /// <summary>Lines of an order, each of its own product: sales that may be known before the products' counts show them.</summary>
    public ImmutableArray<ObservedOrderLine> Orders { get; init; } = [];
    /// <summary>The delivery is about the connection itself.</summary>
    public ChannelSignal? Signal { get; init; }
    /// <summary>Nothing to do, with the reason shown in the event list.</summary>
    public string? Ignored { get; init; }
}
