using Orleans.Concurrency;

namespace ActorSync.Abstractions.Feed;

/// <summary>Fans the tenant's changes out to dashboards: at most 10 coalesced updates per second. Key: tenant id. Holds nothing that must last.</summary>
[Alias("actorsync.feed")]
public interface IFeedGrain : IGrainWithStringKey
{
    /// <summary>Adds or renews an observer for two minutes; at most <see cref="MaxObservers"/>, beyond that the oldest goes.</summary>
    [Alias("subscribe")] Task SubscribeAsync(IFeedObserver observer);

    /// <summary>Removes an observer.</summary>
    [Alias("unsubscribe")] Task UnsubscribeAsync(IFeedObserver observer);

    /// <summary>Something that no product event tells happened (import page, channel state).</summary>
    [Alias("notice"), OneWay] Task NoticeAsync(FeedUpdate update);

    /// <summary>Most observers per tenant.</summary>
    const int MaxObservers = 500;
}

/// <summary>A dashboard's end.</summary>
[Alias("actorsync.feed-observer")]
public interface IFeedObserver : IGrainObserver
{
    /// <summary>Coalesced changes.</summary>
    [Alias("on"), OneWay] Task OnUpdateAsync(FeedUpdate update);
}

/// <summary>What changed since the last update.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.feed-update")]
public sealed record FeedUpdate
{
    /// <summary>Products that changed (values, links or status); at most 200, more are told by <see cref="Many"/>.</summary>
    [Id(0)] public ImmutableArray<ProductId> Products { get; init; } = [];
    /// <summary>Channels whose health or import changed.</summary>
    [Id(1)] public ImmutableArray<ChannelId> Channels { get; init; } = [];
    /// <summary>More products changed than are named: reload lists.</summary>
    [Id(2)] public bool Many { get; init; }
}

/// <summary>Event on the "product-feed" stream of a tenant.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-changed")]
public sealed record ProductChanged
{
    /// <summary>Product.</summary>
    [Id(0)] public required ProductId Product { get; init; }
}
