using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ActorSync.Abstractions.Channels;
using ActorSync.Grains.Products;

namespace ActorSync.Grains.Stores;

/// <summary>What a store last knew of itself.</summary>
internal sealed record StoreLevels(int Waiting, int InFlight, long Dirty, TimeSpan DirtyFor, double? BudgetLeft, double? BudgetMaximum, bool IsDown);

/// <summary>Instruments of stores and push workers. Every label is a channel id or one of a few fixed words.</summary>
internal static class StoreDiagnostics
{
    private static readonly ConcurrentDictionary<ChannelId, StoreLevels> Known = new();

    private static readonly Counter<long> Attempts = ProductDiagnostics.Meter.CreateCounter<long>(
        "actorsync.push.attempts", "{product}", "Products that a connector was asked to push, by channel and outcome");

    private static readonly Histogram<double> Lags = ProductDiagnostics.Meter.CreateHistogram<double>(
        "actorsync.push.lag", "s", "Time from a webhook's arrival until the request that carries its change left for another channel");

    private static readonly Histogram<double> Calls = ProductDiagnostics.Meter.CreateHistogram<double>(
        "actorsync.push.call", "s", "Time that a connector took for a batch, waiting for the channel's budget included");

    private static readonly Counter<long> Throttlings = ProductDiagnostics.Meter.CreateCounter<long>(
        "actorsync.store.throttled", "{request}", "Requests that the channel refused as too many: the budget mirror was wrong");

    private static readonly Counter<long> Faults = ProductDiagnostics.Meter.CreateCounter<long>(
        "actorsync.store.faults", "{fault}", "Failures of the channel itself, by channel and kind");

    private static readonly Counter<long> SavedEdits = ProductDiagnostics.Meter.CreateCounter<long>(
        "actorsync.store.saved_edits", "{edit}", "Edits that a read before a write has found in time");

    private static readonly ObservableGauge<int> Waiting = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.waiting", () => Of(levels => (int?)levels.Waiting), "{product}", "Products that wait in the window");

    private static readonly ObservableGauge<int> InFlight = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.in_flight", () => Of(levels => (int?)levels.InFlight), "{product}", "Products in leased batches");

    private static readonly ObservableGauge<long> Dirty = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.dirty", () => Of(levels => (long?)levels.Dirty), "{link}", "Links whose plan is not empty, as the database counts them");

    private static readonly ObservableGauge<double> DirtyFor = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.dirty.age", () => Of(levels => (double?)levels.DirtyFor.TotalSeconds), "s", "How long the oldest of them is dirty");

    private static readonly ObservableGauge<double> BudgetLeft = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.budget.left", () => Of(levels => levels.BudgetLeft), "{unit}", "API budget left, in the channel's own units");

    private static readonly ObservableGauge<double> BudgetLimit = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.budget.limit", () => Of(levels => levels.BudgetMaximum), "{unit}", "API budget when full");

    private static readonly ObservableGauge<int> Down = ProductDiagnostics.Meter.CreateObservableGauge(
        "actorsync.store.down", () => Of(levels => (int?)(levels.IsDown ? 1 : 0)), "{store}", "1 while nothing is sent because the channel fails or refuses us");

    /// <summary>Somebody reads the levels; else nobody needs to gather them.</summary>
    public static bool IsWatched => Waiting.Enabled || InFlight.Enabled || Dirty.Enabled || DirtyFor.Enabled || BudgetLeft.Enabled || BudgetLimit.Enabled || Down.Enabled;

    public static void Attempted(ChannelId channel, PushResult result) => Attempts.Add(1, Label(channel), new KeyValuePair<string, object?>("outcome", result switch
    {
        PushResult.Applied => "applied",
        PushResult.Rejected => "rejected",
        PushResult.NotSent => "not-sent",
        PushResult.Unknown => "unknown",
        PushResult.Gone => "gone",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "This result has no word for the metrics."),
    }));

    public static void Sent(ChannelId channel, DateTimeOffset arrivedAt, DateTimeOffset sentAt) => Lags.Record(Math.Max(0, (sentAt - arrivedAt).TotalSeconds), Label(channel));

    public static void Called(ChannelId channel, TimeSpan elapsed) => Calls.Record(elapsed.TotalSeconds, Label(channel));

    public static void Throttled(ChannelId channel) => Throttlings.Add(1, Label(channel));

    public static void Failed(ChannelId channel, ChannelFaultKind kind) => Faults.Add(1, Label(channel), new KeyValuePair<string, object?>("kind", kind switch
    {
        ChannelFaultKind.Transient => "transient",
        ChannelFaultKind.Throttled => "throttled",
        ChannelFaultKind.Unauthorised => "unauthorised",
        ChannelFaultKind.Permanent => "permanent",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind has no word for the metrics."),
    }));

    public static void Saved(ChannelId channel, int edits) => SavedEdits.Add(edits, Label(channel));

    public static void Tell(ChannelId channel, StoreLevels levels) => Known[channel] = levels;

    /// <summary>Unless another activation has told since.</summary>
    public static void Forget(ChannelId channel, StoreLevels levels) => Known.TryRemove(new KeyValuePair<ChannelId, StoreLevels>(channel, levels));

    private static KeyValuePair<string, object?> Label(ChannelId channel) => new("channel", channel.Value);

    private static IEnumerable<Measurement<T>> Of<T>(Func<StoreLevels, T?> value)
        where T : struct
    {
        foreach (var (channel, levels) in Known)
        {
            if (value(levels) is { } level)
            {
                yield return new Measurement<T>(level, Label(channel));
            }
        }
    }
}
