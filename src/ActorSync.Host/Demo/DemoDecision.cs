using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Products;

namespace ActorSync.Host.Demo;

/// <summary>Whether this run is a demo: asked for, or no channel is configured that is not the demo's own.</summary>
internal sealed record DemoDecision(bool IsDemo, string Reason)
{
    public static readonly ChannelId Shopify = new("shopify-demo");
    public static readonly ChannelId Woo = new("woo-demo");
    public static readonly ChannelId Jtl = new("jtl-demo");

    public static DemoDecision Of(ActorSyncOptions options, IReadOnlyCollection<RegisteredChannel> channels)
    {
        if (options.Demo is { } wish)
        {
            return new DemoDecision(wish, wish ? "asked for by --demo true" : "refused by --demo false");
        }

        if (channels.FirstOrDefault(channel => channel.Id != Shopify && channel.Id != Woo && channel.Id != Jtl) is { } real)
        {
            return new DemoDecision(false, $"channel '{real.Id}' is configured");
        }

        return new Uri(options.Listen).IsLoopback
            ? new DemoDecision(true, channels.Count == 0 ? "no channel is configured" : "only the demo's channels are configured")
            : new DemoDecision(false, "ActorSync listens on more than localhost");
    }
}
