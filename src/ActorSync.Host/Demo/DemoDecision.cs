using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Products;
using ActorSync.Host.Roles;

namespace ActorSync.Host.Demo;

/// <summary>Whether this run is a demo: asked for, or no channel is configured that is not the demo's own.</summary>
internal sealed record DemoDecision(bool IsDemo, string Reason)
{
    public static readonly ChannelId Shopify = new("shopify-demo");
    public static readonly ChannelId Woo = new("woo-demo");
    public static readonly ChannelId Jtl = new("jtl-demo");

    public static DemoDecision Of(ActorSyncOptions options, RoleParts parts, IReadOnlyCollection<RegisteredChannel> channels)
    {
        if (!parts.Api || (!parts.IsWhole && options.Demo is null))
        {
            return new DemoDecision(false, $"the role '{options.Role}' runs it only where it serves the API and --demo true asks for it");
        }

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
