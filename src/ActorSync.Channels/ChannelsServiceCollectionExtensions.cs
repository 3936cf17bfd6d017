using ActorSync.Channels.Http;
using ActorSync.Channels.WooCommerce;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels;

/// <summary>Registers the connectors.</summary>
public static class ChannelsServiceCollectionExtensions
{
    /// <summary>One line per kind of channel. Needs a <see cref="TimeProvider"/> and logging in the container.</summary>
    public static IServiceCollection AddChannels(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddChannelHttp();
        services.AddSingleton<IChannelKind, WooKind>();
        return services;
    }
}
