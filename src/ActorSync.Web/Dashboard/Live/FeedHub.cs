using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Dashboard.Live;

/// <summary>
/// One observer per tenant and process stands for all open pages: the feed grain sends each update once, and it is fanned out here. A page that is slow
/// gets several updates as one: what it is told is what to look at again, never the values themselves.
/// </summary>
internal sealed partial class FeedHub(IGrainFactory grains, TimeProvider clock, IOptions<WebOptions> options, ILogger<FeedHub> log) : IAsyncDisposable
{
    /// <summary>The grain forgets an observer after two minutes.</summary>
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(45);

    private readonly IGrainFactory _grains = grains;
    private readonly TimeProvider _clock = clock;
    private readonly ILogger _log = log;
    private readonly ConcurrentDictionary<TenantId, TenantFeed> _feeds = new();
    private readonly CancellationTokenSource _stopping = new();
    private int _open;

    /// <summary>A new listener, or null when as many are open as this process takes.</summary>
    public FeedListener? Listen(TenantId tenant)
    {
        if (Interlocked.Increment(ref _open) > options.Value.MaxLiveConnections)
        {
            Interlocked.Decrement(ref _open);
            return null;
        }

        var feed = _feeds.GetOrAdd(tenant, static (id, hub) => new TenantFeed(id, hub), this);
        return feed.Add();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var feed in _feeds.Values)
        {
            await feed.LeaveAsync();
        }

        _stopping.Dispose();
    }

    /// <summary>The pages of one tenant.</summary>
    private sealed class TenantFeed(TenantId tenant, FeedHub hub) : IFeedObserver
    {
        private readonly ConcurrentDictionary<FeedListener, byte> _listeners = new();
        private readonly Lock _gate = new();
        private IFeedObserver? _reference;
        private ITimer? _renewal;

        public FeedListener Add()
        {
            var listener = new FeedListener(Remove);
            lock (_gate)
            {
                _listeners[listener] = 0;
                // Kept alive by this field: Orleans holds observers weakly.
                _reference ??= hub._grains.CreateObjectReference<IFeedObserver>(this);
                _renewal ??= hub._clock.CreateTimer(_ => RenewAsync().Ignore(), null, TimeSpan.Zero, RenewEvery);
            }

            return listener;
        }

        public Task OnUpdateAsync(FeedUpdate update)
        {
            foreach (var listener in _listeners.Keys)
            {
                listener.Tell(update);
            }

            return Task.CompletedTask;
        }

        /// <summary>Ends the renewal; the grain forgets the observer by itself.</summary>
        public async Task LeaveAsync(bool onlyIfEmpty = false)
        {
            ITimer? renewal;
            lock (_gate)
            {
                if (onlyIfEmpty && !_listeners.IsEmpty)
                {
                    return;
                }

                renewal = _renewal;
                _renewal = null;
            }

            if (renewal is not null)
            {
                await renewal.DisposeAsync();
            }
        }

        private void Remove(FeedListener listener)
        {
            if (_listeners.TryRemove(listener, out _))
            {
                Interlocked.Decrement(ref hub._open);
            }
        }

        private async Task RenewAsync()
        {
            if (_listeners.IsEmpty || hub._stopping.IsCancellationRequested || _reference is not { } reference)
            {
                await LeaveAsync(onlyIfEmpty: !hub._stopping.IsCancellationRequested);
                return;
            }

            try
            {
                await hub._grains.GetGrain<IFeedGrain>(tenant.Value).SubscribeAsync(reference);
            }
            catch (Exception failure) when (failure is TimeoutException or Orleans.Runtime.OrleansException)
            {
                LogNotRenewed(hub._log, tenant.Value, failure.Message);
            }
        }
    }

    [LoggerMessage(5201, LogLevel.Information, "The live feed of tenant {Tenant} could not be renewed and is tried again: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string tenant, string reason);
}

/// <summary>One open page: gathers what changed until the page takes it.</summary>
internal sealed class FeedListener(Action<FeedListener> leave) : IDisposable
{
    /// <summary>More changed products than this are told as "many".</summary>
    private const int MaxNamed = 200;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _products = new(StringComparer.Ordinal);
    private readonly HashSet<string> _channels = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0, 1);
    private bool _many;
    private bool _told;
    private bool _left;

    public void Tell(FeedUpdate update)
    {
        lock (_gate)
        {
            if (_left)
            {
                return;
            }

            _many |= update.Many;
            _products.UnionWith(update.Products.Select(p => p.Value));
            _channels.UnionWith(update.Channels.Select(c => c.Value));
            if (_products.Count > MaxNamed)
            {
                _products.Clear();
                _many = true;
            }

            if (!_told)
            {
                _told = true;
                _signal.Release();
            }
        }
    }

    /// <summary>What changed since the last call, or null when nothing did for the given time.</summary>
    public async Task<LiveUpdate?> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await _signal.WaitAsync(patience, cancellationToken))
        {
            return null;
        }

        lock (_gate)
        {
            var update = new LiveUpdate([.. _products], [.. _channels], _many);
            _products.Clear();
            _channels.Clear();
            (_many, _told) = (false, false);
            return update;
        }
    }

    public void Dispose()
    {
        leave(this);
        lock (_gate)
        {
            // An update that was on its way to the page finds it gone, not broken.
            _left = true;
        }

        _signal.Dispose();
    }
}

/// <summary>What a page should look at again.</summary>
internal sealed record LiveUpdate(IReadOnlyList<string> Products, IReadOnlyList<string> Channels, bool Many);
