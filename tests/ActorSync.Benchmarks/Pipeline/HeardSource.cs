using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>The Shopify connector as far as it is heard: its real signature check and reader, and nothing that could be called.</summary>
internal sealed class HeardSource(IChannelKind shopify) : IChannelKind
{
    public const string Kind = "bench-source";

    public ChannelDescriptor Descriptor { get; } = shopify.Descriptor with { Kind = Kind };

    public ICanon Canon => shopify.Canon;

    public IWebhookReader? Webhooks { get; } = new BodiesOnly(shopify.Webhooks!);

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null) => new Silent();

    private sealed class Silent : IChannel
    {
        public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult { Ok = true });
    }

    /// <summary>A new product's stock would be read at the shop; here is no shop.</summary>
    private sealed class BodiesOnly(IWebhookReader inner) : IWebhookReader
    {
        public string? ShopOf(IReadOnlyDictionary<string, string> headers) => inner.ShopOf(headers);

        public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets) => inner.Verify(request, secrets);

        public WebhookContent Read(WebhookRequest request, ChannelSettings settings) => inner.Read(request, settings) with { NeedsRead = false };
    }
}
