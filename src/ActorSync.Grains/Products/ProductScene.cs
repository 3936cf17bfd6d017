using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Tenants;

namespace ActorSync.Grains.Products;

/// <summary>A channel as product decisions see it.</summary>
internal sealed record ChannelScene
{
    public required ChannelSettings Settings { get; init; }
    public required ChannelProfile Profile { get; init; }
    /// <summary>The profile as if the channel were live: what the go-live report counts.</summary>
    public required ChannelProfile AsLive { get; init; }
    /// <summary>push_to_shopify, push_to_woocommerce, …</summary>
    public required string Operation { get; init; }

    public ChannelId Id => Settings.Id;

    public bool IsLive => Settings.Mode == ChannelMode.Live;
}

/// <summary>All that a product's decisions look at besides product and links: one per turn of the mailbox.</summary>
internal sealed record ProductScene
{
    public required ProductId Product { get; init; }
    public required TenantId Tenant { get; init; }
    public required DateTimeOffset Now { get; init; }
    public required TenantSettings Settings { get; init; }
    public required ImmutableDictionary<ChannelId, ChannelScene> Channels { get; init; }

    public TenantPolicy Policy => Settings.Policy;

    public ReconcileContext Of(ChannelScene channel) => new() { Now = Now, Policy = Policy, Channel = channel.Profile };

    public ReconcileContext AsLive(ChannelScene channel) => new() { Now = Now, Policy = Policy, Channel = channel.AsLive };

    /// <summary>
    /// What one channel should be told. Of a product that is ambiguous anywhere nothing is created elsewhere: it may be one that is already there.
    /// </summary>
    public static PushPlan Plan(ReconcileContext context, ProductState product, LinkState link, ImmutableDictionary<ChannelId, LinkState> links)
    {
        if (link.ExternalId is not null || links.Values.FirstOrDefault(other => other.Status == LinkStatus.Ambiguous) is not { } ambiguous)
        {
            return Reconciler.Plan(context, product, link);
        }

        return new PushPlan
        {
            Action = PushAction.Create,
            Delta = [],
            Withheld = [new Withheld { Reason = WithheldReason.Ambiguous, Detail = $"At channel {ambiguous.Channel}: {ambiguous.Reason}" }],
        };
    }

    public static ImmutableDictionary<ChannelId, ChannelScene> ChannelsOf(TenantSettings settings, ITenantDirectory directory)
    {
        var channels = ImmutableDictionary.CreateBuilder<ChannelId, ChannelScene>();
        foreach (var channel in settings.Channels)
        {
            var profile = directory.ProfileOf(channel);
            channels[channel.Id] = new ChannelScene
            {
                Settings = channel,
                Profile = profile,
                AsLive = profile with { Mode = ChannelMode.Live },
                Operation = "push_to_" + directory.KindOf(channel).Descriptor.PlatformName.ToLowerInvariant(),
            };
        }

        return channels.ToImmutable();
    }
}
