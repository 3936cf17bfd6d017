using System.Collections.Concurrent;

namespace ActorSync.Sandbox.Core;

/// <summary>Counters of one channel since the process started or was reset.</summary>
public sealed class ChannelStats
{
    private const int MostOperations = 500;
    private readonly ConcurrentDictionary<string, long> requests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> gauges = new(StringComparer.Ordinal);
    private long requestsTotal, writes, throttled, errors, sent, lost, duplicated, failed, dropped, pending;

    /// <summary>Names are bounded: what comes after the limit is counted as "other".</summary>
    public void CountRequest(string operation)
    {
        Interlocked.Increment(ref requestsTotal);
        var name = requests.Count >= MostOperations && !requests.ContainsKey(operation) ? "other" : operation;
        requests.AddOrUpdate(name, 1, (_, count) => count + 1);
    }

    /// <summary>Mutating operations that came through the API and took effect (a batch counts its items).</summary>
    public void CountWrites(int count) => Interlocked.Add(ref writes, count);

    public void CountThrottled() => Interlocked.Increment(ref throttled);

    public void CountError() => Interlocked.Increment(ref errors);

    public void CountWebhookSent() => Interlocked.Increment(ref sent);

    public void CountWebhookLost() => Interlocked.Increment(ref lost);

    public void CountWebhookDuplicated() => Interlocked.Increment(ref duplicated);

    public void CountWebhookFailed() => Interlocked.Increment(ref failed);

    /// <summary>The waiting line was full.</summary>
    public void CountWebhookDropped() => Interlocked.Increment(ref dropped);

    public void WebhookWaits(int change) => Interlocked.Add(ref pending, change);

    /// <summary>A figure of the channel's own, such as the cost of its queries.</summary>
    public void SetGauge(string name, double value) => gauges[name] = value;

    public void AddToGauge(string name, double value) => gauges.AddOrUpdate(name, value, (_, old) => old + value);

    public void RaiseGauge(string name, double value) => gauges.AddOrUpdate(name, value, (_, old) => Math.Max(old, value));

    /// <summary>Webhooks that still wait are not forgotten: they will be sent.</summary>
    public void Clear()
    {
        requests.Clear();
        gauges.Clear();
        requestsTotal = writes = throttled = errors = sent = lost = duplicated = failed = dropped = 0;
    }

    public StatsView Describe(int productsHeld) => new()
    {
        Requests = new SortedDictionary<string, long>(requests, StringComparer.Ordinal),
        RequestsTotal = Interlocked.Read(ref requestsTotal),
        Writes = Interlocked.Read(ref writes),
        Throttled = Interlocked.Read(ref throttled),
        Errors = Interlocked.Read(ref errors),
        WebhooksSent = Interlocked.Read(ref sent),
        WebhooksLost = Interlocked.Read(ref lost),
        WebhooksDuplicated = Interlocked.Read(ref duplicated),
        WebhooksFailed = Interlocked.Read(ref failed),
        WebhooksDropped = Interlocked.Read(ref dropped),
        WebhooksPending = Interlocked.Read(ref pending),
        ProductsHeld = productsHeld,
        Gauges = new SortedDictionary<string, double>(gauges, StringComparer.Ordinal),
    };
}

public sealed record StatsView
{
    public required IReadOnlyDictionary<string, long> Requests { get; init; }
    public required long RequestsTotal { get; init; }
    public required long Writes { get; init; }
    public required long Throttled { get; init; }
    public required long Errors { get; init; }

    /// <summary>Deliveries that were answered with success, duplicates included.</summary>
    public required long WebhooksSent { get; init; }
    public required long WebhooksLost { get; init; }
    public required long WebhooksDuplicated { get; init; }
    public required long WebhooksFailed { get; init; }
    public required long WebhooksDropped { get; init; }

    /// <summary>Waiting or on their way; 0 means the channel has said all it had to say.</summary>
    public required long WebhooksPending { get; init; }
    public required int ProductsHeld { get; init; }
    public required IReadOnlyDictionary<string, double> Gauges { get; init; }
}
