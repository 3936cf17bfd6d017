using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ActorSync.Web.Webhooks;

/// <summary>Counts deliveries at the door, refused ones included: those leave no row behind.</summary>
internal sealed class WebhookTally : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ActorSync.Web";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _deliveries;
    private readonly ConcurrentDictionary<(ChannelId? Channel, string Outcome), long> _counts = new();
    private readonly ConcurrentDictionary<ChannelId, DateTimeOffset> _due = new();

    public WebhookTally() => _deliveries = _meter.CreateCounter<long>("actorsync.webhooks.deliveries", "{delivery}", "Deliveries at the door by channel and outcome.");

    /// <summary>Known channels only: a stranger's requests must not grow the table.</summary>
    public void Count(ChannelId? channel, string outcome)
    {
        _counts.AddOrUpdate((channel, outcome), 1, (_, n) => n + 1);
        _deliveries.Add(1, new KeyValuePair<string, object?>("channel", channel?.Value ?? "unknown"), new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Outcomes of a channel since this process started.</summary>
    public IReadOnlyDictionary<string, long> Of(ChannelId channel) =>
        _counts.Where(c => c.Key.Channel == channel).ToDictionary(c => c.Key.Outcome, c => c.Value, StringComparer.Ordinal);

    /// <summary>True at most once per span and channel.</summary>
    public bool IsDue(ChannelId channel, DateTimeOffset now, TimeSpan every)
    {
        while (true)
        {
            if (!_due.TryGetValue(channel, out var last))
            {
                return _due.TryAdd(channel, now);
            }

            if (now - last < every)
            {
                return false;
            }

            if (_due.TryUpdate(channel, now, last))
            {
                return true;
            }
        }
    }

    public void Dispose() => _meter.Dispose();
}
