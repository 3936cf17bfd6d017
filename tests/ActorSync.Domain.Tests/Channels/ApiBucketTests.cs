using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using CsCheck;

namespace ActorSync.Domain.Tests.Channels;

public sealed class ApiBucketTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static ApiBucket Standard(double available = 2000) =>
        ApiBucket.Unknown.Correct(Start, 0, 0, 2000, available, 100, throttled: false, retryAfter: null);

    [Fact]
    public void Acquire_NothingKnownYet_NeverWaits()
    {
        var (_, wait) = ApiBucket.Unknown.Acquire(Start, "a", 500, Lane.Content);
        Assert.Equal(TimeSpan.Zero, wait);
    }

    [Fact]
    public void Acquire_BucketEmpty_WaitsForExactlyWhatLacks()
    {
        var (_, wait) = Standard(available: 0).Acquire(Start, "a", 50, Lane.Stock);
        Assert.Equal(TimeSpan.FromSeconds(0.5), wait);
    }

    [Fact]
    public void Acquire_ManyInARow_NeverSellsMoreThanTheBucketHolds()
    {
        var bucket = Standard();
        var sold = 0.0;
        for (var i = 0; i < 1000; i++)
        {
            (bucket, var wait) = bucket.Acquire(Start, $"{i}", 10, Lane.Stock);
            sold += wait == TimeSpan.Zero ? 10 : 0;
        }

        Assert.Equal(2000, sold);
    }

    [Fact]
    public void Acquire_Content_LeavesATenthToStock()
    {
        var bucket = Standard(available: 200);
        Assert.NotEqual(TimeSpan.Zero, bucket.Acquire(Start, "a", 10, Lane.Content).Wait);
        Assert.Equal(TimeSpan.Zero, bucket.Acquire(Start, "a", 10, Lane.Stock).Wait);
    }

    [Fact]
    public void Correct_AnswerWhileOthersAreInFlight_KeepsTheirReservations()
    {
        var bucket = Standard();
        (bucket, _) = bucket.Acquire(Start, "a", 300, Lane.Stock);
        (bucket, _) = bucket.Acquire(Start, "b", 100, Lane.Stock);
        // The first answer saw only itself: 2000 - 300 + 250 given back.
        bucket = bucket.Correct(Start, 300, 50, 2000, 1950, 100, throttled: false, retryAfter: null);
        Assert.Equal(1850, bucket.LeftAt(Start));
    }

    [Fact]
    public void Correct_PlanDowngraded_NextAcquireUsesTheNewRate()
    {
        var bucket = Standard().Correct(Start, 0, null, 200, 0, 10, throttled: true, retryAfter: null);
        Assert.Equal(TimeSpan.FromSeconds(1), bucket.Acquire(Start, "a", 50, Lane.Stock).Wait);
        var (_, wait) = bucket.Acquire(Start.AddSeconds(1), "a", 50, Lane.Stock);
        Assert.Equal(TimeSpan.FromSeconds(4), wait);
    }

    [Fact]
    public void Acquire_WorkersCrashedWithReservations_TheyAreForgotten()
    {
        var bucket = Standard();
        (bucket, _) = bucket.Acquire(Start, "a", 2000, Lane.Stock);
        var (_, wait) = bucket.Acquire(Start + ApiBucket.ForgetAfter + TimeSpan.FromSeconds(1), "b", 1000, Lane.Stock);
        Assert.Equal(TimeSpan.Zero, wait);
    }

    [Fact]
    public void Acquire_StockAsksLast_IsServedFirst()
    {
        var bucket = Standard(available: 200);
        for (var i = 0; i < 50; i++)
        {
            (bucket, var waiting) = bucket.Acquire(Start, $"content {i}", 100, Lane.Content);
            Assert.NotEqual(TimeSpan.Zero, waiting);
        }

        Assert.Equal(TimeSpan.Zero, bucket.Acquire(Start, "stock", 100, Lane.Stock).Wait);
    }

    [Fact]
    public void Acquire_DearRequestWaits_CheapOnesOfItsLaneDoNotPassIt()
    {
        var bucket = Standard(available: 0);
        (bucket, var wait) = bucket.Acquire(Start, "dear", 500, Lane.Stock);
        Assert.Equal(TimeSpan.FromSeconds(5), wait);
        var now = Start.AddSeconds(4);
        (bucket, wait) = bucket.Acquire(now, "cheap", 10, Lane.Stock);
        Assert.NotEqual(TimeSpan.Zero, wait);
        now = Start.AddSeconds(5);
        (bucket, wait) = bucket.Acquire(now, "dear", 500, Lane.Stock);
        Assert.Equal(TimeSpan.Zero, wait);
        (bucket, wait) = bucket.Acquire(now, "cheap", 10, Lane.Stock);
        Assert.NotEqual(TimeSpan.Zero, wait);
        Assert.Equal(TimeSpan.Zero, bucket.Acquire(now + wait, "cheap", 10, Lane.Stock).Wait);
    }

    [Fact]
    public void Acquire_WhoeverWaitedIsGone_HoldsNobodyUp()
    {
        var bucket = Standard(available: 0);
        (bucket, var wait) = bucket.Acquire(Start, "crashed", 400, Lane.Stock);
        var later = Start + wait + ApiBucket.Patience + TimeSpan.FromMilliseconds(1);
        (bucket, wait) = bucket.Acquire(later, "next", 500, Lane.Stock);
        Assert.Equal(TimeSpan.Zero, wait);
        Assert.Empty(bucket.Line);
    }

    /// <summary>A day of mixed requests in random order, each asking again as told: what was granted never exceeds what the channel's own bucket holds, and none is lost.</summary>
    [Fact]
    public void Acquire_AnyMixOfRequests_NeverOverdrawsAndUsesTheBudget()
    {
        Gen.Select(Gen.Int[1, 400].Array[1, 60], Gen.Int[0, 2].Array[60], Gen.Double[0.0, 1.0].Array[60]).Sample((costs, lanes, shares) =>
        {
            var bucket = Standard(available: 0);
            double real = 0;
            var now = Start;
            var waiting = new PriorityQueue<int, long>();
            for (var i = 0; i < costs.Length; i++)
            {
                waiting.Enqueue(i, Start.Ticks);
            }

            double spent = 0;
            while (waiting.TryDequeue(out var i, out var at))
            {
                var then = new DateTimeOffset(at, TimeSpan.Zero);
                real = Math.Min(2000, real + (100 * (then - now).TotalSeconds));
                now = then;
                (bucket, var wait) = bucket.Acquire(now, $"{i}", costs[i], (Lane)lanes[i]);
                if (wait > TimeSpan.Zero)
                {
                    waiting.Enqueue(i, (now + wait).Ticks);
                    continue;
                }

                Assert.True(real >= costs[i] - 0.001, $"{costs[i]} granted with {real} left");
                var actual = Math.Ceiling(costs[i] * shares[i]);
                real -= actual;
                spent += actual;
                bucket = bucket.Correct(now, costs[i], actual, 2000, real, 100, throttled: false, retryAfter: null);
                Assert.True(now - Start < TimeSpan.FromSeconds((costs.Sum() / 100.0) + 20), "it takes no longer than the budget asks for");
            }

            Assert.Empty(bucket.Line);
            Assert.Equal(costs.Select((cost, i) => Math.Ceiling(cost * shares[i])).Sum(), spent);
        });
    }
}
