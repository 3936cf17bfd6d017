using System.Collections.Concurrent;

namespace ActorSync.Web.Webhooks;

/// <summary>Each channel's clock minus ours, as its store measured it; at most half a minute old.</summary>
internal sealed class ChannelClocks(IGrainFactory grains, TimeProvider clock)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(30);
    /// <summary>A delivery waits no longer than this for a measurement; without one the clocks count as equal.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ChannelId, (TimeSpan Offset, DateTimeOffset At)> _known = new();

    public async ValueTask<TimeSpan> OffsetAsync(ChannelId channel)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(channel, out var known))
        {
            if (now - known.At > FreshFor)
            {
                // Marked first, so that one delivery asks and the others go on with the known value.
                _known[channel] = (known.Offset, now);
                MeasureAsync(channel).Ignore();
            }

            return known.Offset;
        }

        try
        {
            return await MeasureAsync(channel).WaitAsync(Wait, clock);
        }
        catch (Exception failure) when (failure is TimeoutException or Orleans.Runtime.OrleansException)
        {
            return TimeSpan.Zero;
        }
    }

    private async Task<TimeSpan> MeasureAsync(ChannelId channel)
    {
        var health = await grains.GetGrain<IStoreGrain>(channel.Value).GetHealthAsync();
        _known[channel] = (health.ClockOffset, clock.GetUtcNow());
        return health.ClockOffset;
    }
}
