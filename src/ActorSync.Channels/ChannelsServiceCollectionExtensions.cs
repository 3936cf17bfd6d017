using ActorSync.Channels.Http;
using ActorSync.Channels.JtlFfn;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.WooCommerce;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels;

/// <summary>Registers the connectors.</summary>
public static class ChannelsServiceCollectionExtensions
{
    /// <summary>Key of the product code's own clock, which the host registers.</summary>
    private const string ClockKey = "actorsync";

    /// <summary>One line per kind of channel. Needs a <see cref="TimeProvider"/> (keyed or not) and logging in the container.</summary>
    public static IServiceCollection AddChannels(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddChannelHttp();
        services.AddSingleton<IPictureReader>(provider => ActivatorUtilities.CreateInstance<PictureReader>(provider, ClockOf(provider)));
        services.AddSingleton<IChannelKind>(provider => ActivatorUtilities.CreateInstance<ShopifyKind>(provider, ClockOf(provider)));
        services.AddSingleton<IChannelKind>(provider => ActivatorUtilities.CreateInstance<WooKind>(provider, ClockOf(provider)));
        services.AddSingleton<IChannelKind>(provider => ActivatorUtilities.CreateInstance<JtlKind>(provider, ClockOf(provider)));
        return services;
    }

    private static TimeProvider ClockOf(IServiceProvider provider) =>
        provider.GetKeyedService<TimeProvider>(ClockKey) ?? provider.GetRequiredService<TimeProvider>();
}
