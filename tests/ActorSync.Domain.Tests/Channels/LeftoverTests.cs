using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Domain.Tests.Channels;

/// <summary>Work that takes only what nothing else wants of a channel's budget, and what it will cost.</summary>
public sealed class LeftoverTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static ApiBucket Filled(double available) => new() { Maximum = 1000, RestorePerSecond = 50, Available = available, At = Now };

    [Fact]
    public void Leftover_FullBucket_GoesAtOnceAndLeavesHalf()
    {
        var bucket = Filled(1000);
        (bucket, var first) = bucket.Acquire(Now, "a", 400, Lane.Leftover);
        (bucket, var second) = bucket.Acquire(Now, "b", 200, Lane.Leftover);

        Assert.Equal(TimeSpan.Zero, first);
        Assert.Equal(TimeSpan.FromSeconds(2), second);
        Assert.Equal(600, bucket.LeftAt(Now), 3);
    }

    [Fact]
    public void Leftover_Waits_AndWhateverElseComesGoesFirst()
    {
        var bucket = Filled(550);
        (bucket, var scan) = bucket.Acquire(Now, "scan", 100, Lane.Leftover);
        (bucket, var push) = bucket.Acquire(Now, "push", 300, Lane.Content);
        (_, var again) = bucket.Acquire(Now + scan, "scan", 100, Lane.Leftover);

        Assert.True(scan > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, push);
        Assert.True(again > TimeSpan.Zero);
    }

    [Fact]
    public void Leftover_DearerThanHalf_WaitsForAFullBucketAndThenGoes()
    {
        (_, var early) = Filled(900).Acquire(Now, "a", 632, Lane.Leftover);
        (_, var full) = Filled(1000).Acquire(Now, "a", 632, Lane.Leftover);

        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.Zero), (early, full));
    }

    [Fact]
    public void Window_HasWork_OnlyWhileSomethingIsDueOrUnderWay()
    {
        var window = new PushWindow();
        var product = new ProductId("p");
        window.Add(product, Lane.Content, Now.AddMinutes(1), Now);

        Assert.False(window.HasWork(Now));
        Assert.True(window.HasWork(Now.AddMinutes(1)));
        window.Lease("b", [product], Now.AddMinutes(2));
        Assert.True(window.HasWork(Now));
        window.Return("b");
        Assert.False(window.HasWork(Now.AddMinutes(1)));
    }

    [Fact]
    public void Estimate_SaysPagesCostAndMinutes()
    {
        var scan = ScanEstimate.Of(10_001, 50, 632, 100, 0.5, null);
        var slow = ScanEstimate.Of(100, 50, 1, null, 1, TimeSpan.FromSeconds(30));

        Assert.Equal((201L, 201.0 * 632), (scan.Pages, scan.Cost));
        Assert.Equal(201 * 632 / 50.0 / 60, scan.Minutes!.Value, 3);
        Assert.Equal(1, slow.Minutes);
        Assert.Null(ScanEstimate.Of(null, 50, 1, 100, 1, null).Minutes);
    }

    [Theory]
    [InlineData(2, 3, "2024-10-04T03:00:00Z")]
    [InlineData(3, 3, "2024-10-05T03:00:00Z")]
    [InlineData(23, 0, "2024-10-05T00:00:00Z")]
    [InlineData(5, Daily.Never, null)]
    public void Daily_NextFullHour(int hourNow, int hour, string? expected) => Assert.Equal(
        expected is null ? null : DateTimeOffset.Parse(expected),
        Daily.NextAfter(new DateTimeOffset(2024, 10, 4, hourNow, 0, 0, TimeSpan.Zero), hour));
}
