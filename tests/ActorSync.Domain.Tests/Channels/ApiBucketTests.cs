using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Domain.Tests.Channels;

public sealed class ApiBucketTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static ApiBucket Standard(double available = 2000) =>
        ApiBucket.Unknown.Correct(Start, 0, 0, 2000, available, 100, throttled: false, retryAfter: null);

    [Fact]
    public void Acquire_NothingKnownYet_NeverWaits()
    {
        var (_, wait) = ApiBucket.Unknown.Acquire(Start, 500, Lane.Content);
        Assert.Equal(TimeSpan.Zero, wait);
    }

    [Fact]
    public void Acquire_BucketEmpty_WaitsForExactlyWhatLacks()
    {
        var (_, wait) = Standard(available: 0).Acquire(Start, 50, Lane.Stock);
        Assert.Equal(TimeSpan.FromSeconds(0.5), wait);
    }

    [Fact]
    public void Acquire_ManyInARow_NeverSellsMoreThanTheBucketHolds()
    {
        var bucket = Standard();
        var sold = 0.0;
        for (var i = 0; i < 1000; i++)
        {
            (bucket, var wait) = bucket.Acquire(Start, 10, Lane.Stock);
            sold += wait == TimeSpan.Zero ? 10 : 0;
        }

        Assert.Equal(2000, sold);
    }

    [Fact]
    public void Acquire_Content_LeavesATenthToStock()
    {
        var bucket = Standard(available: 200);
        Assert.NotEqual(TimeSpan.Zero, bucket.Acquire(Start, 10, Lane.Content).Wait);
        Assert.Equal(TimeSpan.Zero, bucket.Acquire(Start, 10, Lane.Stock).Wait);
    }

    [Fact]
    public void Correct_AnswerWhileOthersAreInFlight_KeepsTheirReservations()
    {
        var bucket = Standard();
        (bucket, _) = bucket.Acquire(Start, 300, Lane.Stock);
        (bucket, _) = bucket.Acquire(Start, 100, Lane.Stock);
        // The first answer saw only itself: 2000 - 300 + 250 given back.
        bucket = bucket.Correct(Start, 300, 50, 2000, 1950, 100, throttled: false, retryAfter: null);
        Assert.Equal(1850, bucket.LeftAt(Start));
    }

    [Fact]
    public void Correct_PlanDowngraded_NextAcquireUsesTheNewRate()
    {
        var bucket = Standard().Correct(Start, 0, null, 200, 0, 10, throttled: true, retryAfter: null);
        var (_, wait) = bucket.Acquire(Start, 50, Lane.Stock);
        Assert.Equal(TimeSpan.FromSeconds(5), wait);
    }

    [Fact]
    public void Acquire_WorkersCrashedWithReservations_TheyAreForgotten()
    {
        var bucket = Standard();
        (bucket, _) = bucket.Acquire(Start, 2000, Lane.Stock);
        var (_, wait) = bucket.Acquire(Start + ApiBucket.ForgetAfter + TimeSpan.FromSeconds(1), 1000, Lane.Stock);
        Assert.Equal(TimeSpan.Zero, wait);
    }
}
