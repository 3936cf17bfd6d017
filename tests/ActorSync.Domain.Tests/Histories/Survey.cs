using System.Collections.Concurrent;
using System.Diagnostics;
using ActorSync.Domain.Reconcile;
using CsCheck;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>The figures of many histories at once: how many break which invariant, and the counters that pass and fail do not show.</summary>
internal sealed record Survey
{
    public required int Histories { get; init; }
    public required int Pushes { get; init; }
    public required int InBulk { get; init; }
    public required int Edits { get; init; }
    public required int RefusedOnTop { get; init; }
    public required int UnrecordedLosers { get; init; }
    public required IReadOnlyDictionary<string, int> Violations { get; init; }
    public required IReadOnlyList<History> Failed { get; init; }
    public required TimeSpan Took { get; init; }

    public int Failures => Failed.Count;

    /// <summary>Runs them with the real rules, or with one left out.</summary>
    public static Survey Of(Gen<History> generator, int histories, RuleSwitch leaveOut = RuleSwitch.None, bool leavesOutM1 = false, string? seed = null)
    {
        var failed = new ConcurrentQueue<History>();
        var violations = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var (pushes, inBulk, edits, refused, losers) = (0, 0, 0, 0, 0);
        var watch = Stopwatch.StartNew();
        generator.Sample(
            history =>
            {
                var world = new World(history, leaveOut, leavesOutM1).Run();
                Interlocked.Add(ref pushes, world.Pushes);
                Interlocked.Add(ref inBulk, world.InBulkCount);
                Interlocked.Add(ref edits, world.Edits);
                Interlocked.Add(ref refused, world.RefusedOnTop);
                Interlocked.Add(ref losers, world.UnrecordedLosers);
                if (world.Violation is { } violation)
                {
                    failed.Enqueue(history);
                    violations.AddOrUpdate(violation[..2], 1, (_, n) => n + 1);
                }
            },
            iter: histories, threads: 2, seed: seed);
        return new Survey
        {
            Histories = histories,
            Pushes = pushes,
            InBulk = inBulk,
            Edits = edits,
            RefusedOnTop = refused,
            UnrecordedLosers = losers,
            Violations = violations,
            Failed = [.. failed],
            Took = watch.Elapsed,
        };
    }

    /// <summary>A failing history, made small, with everything that happened in it.</summary>
    public static string Explain(History history, RuleSwitch leaveOut = RuleSwitch.None, bool leavesOutM1 = false)
    {
        var small = history.Shrink(h => new World(h, leaveOut, leavesOutM1).Run().Violation is not null);
        var lines = new List<string>();
        var world = new World(small, leaveOut, leavesOutM1) { Trace = lines.Add }.Run();
        return $"{world.Violation}\n{small}\n{string.Join('\n', lines)}";
    }

    public override string ToString() =>
        $"{Failures} of {Histories} histories violate an invariant ({string.Join(", ", Violations.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key} {v.Value}"))}); "
        + $"{Pushes} pushes ({InBulk} in bulk) for {Edits} edits; refused on top of the known value {RefusedOnTop}; losers in no row {UnrecordedLosers}; {Took.TotalSeconds:0.0} s";
}
