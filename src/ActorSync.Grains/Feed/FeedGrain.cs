using ActorSync.Abstractions.Feed;
using ActorSync.Abstractions.Stores;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.Utilities;

namespace ActorSync.Grains.Feed;

/// <inheritdoc cref="IFeedGrain"/>
[ImplicitStreamSubscription(SyncStreams.ProductFeed)]
public sealed class FeedGrain(ILogger<FeedGrain> logger) : Grain, IFeedGrain, IStreamSubscriptionObserver
{
    /// <summary>Products named in one update; more are told by <see cref="FeedUpdate.Many"/>.</summary>
    private const int MaxNamed = 200;

    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(100);

    private readonly ObserverManager<IFeedObserver> observers = new(TimeSpan.FromMinutes(2), logger);
    private readonly HashSet<ProductId> products = [];
    private readonly HashSet<ChannelId> channels = [];
    private bool many;
    private IGrainTimer? flush;

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        ArgumentNullException.ThrowIfNull(handleFactory);
        await handleFactory.Create<ProductChanged>().ResumeAsync((changed, _) =>
        {
            Remember([changed.Product], [], false);
            return Task.CompletedTask;
        });
    }

    public Task SubscribeAsync(IFeedObserver observer)
    {
        if (observers.Count >= IFeedGrain.MaxObservers)
        {
            observers.ClearExpired();
        }

        if (observers.Count >= IFeedGrain.MaxObservers)
        {
            observers.Unsubscribe(observers.First());
        }

        observers.Subscribe(observer, observer);
        return Task.CompletedTask;
    }

    public Task UnsubscribeAsync(IFeedObserver observer)
    {
        observers.Unsubscribe(observer);
        return Task.CompletedTask;
    }

    public Task NoticeAsync(FeedUpdate update)
    {
        Remember(update.Products, update.Channels, update.Many);
        return Task.CompletedTask;
    }

    private void Remember(IEnumerable<ProductId> changed, IEnumerable<ChannelId> touched, bool more)
    {
        if (observers.Count == 0)
        {
            return;
        }

        channels.UnionWith(touched);
        products.UnionWith(changed);
        many |= more;
        if (products.Count > MaxNamed)
        {
            products.Clear();
            many = true;
        }

        flush ??= this.RegisterGrainTimer(FlushAsync, new GrainTimerCreationOptions(Coalesce, Timeout.InfiniteTimeSpan));
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var update = new FeedUpdate { Products = [.. products], Channels = [.. channels], Many = many };
        products.Clear();
        channels.Clear();
        many = false;
        flush?.Dispose();
        flush = null;
        await observers.Notify(observer => observer.OnUpdateAsync(update));
    }
}
