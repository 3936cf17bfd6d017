using ActorSync.Channels.WooCommerce;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>20,000 variations in calls of 25 on hosts of different strength, played through without a clock that runs.</summary>
public sealed class WooGateTests
{
    private const int Items = 20_000;
    private const int PerCall = 25;

    [Theory]
    [InlineData(1, 1, 1.0, 2.6)]
    [InlineData(1, 20, 1.0, 2.6)]
    [InlineData(2, 5, 1.7, 4.5)]
    [InlineData(4, 1, 3.0, 6.0)]
    public void Flood_OfAHostWithSoManyWorkers_KeepsItBusyAndItsQueueShort(int workers, int slowness, double leastSpeedUp, double mostInFlight)
    {
        var clock = new HandClock();
        var gate = new WooGate(clock);
        var service = TimeSpan.FromMilliseconds((30 + (9 * PerCall)) * slowness);
        var free = new TimeSpan[workers];
        var running = new PriorityQueue<TimeSpan, TimeSpan>();
        var waiting = Items / PerCall;
        var weighted = 0.0;
        while (waiting > 0 || running.Count > 0)
        {
            while (waiting > 0 && gate.EnterAsync(default) is { IsCompletedSuccessfully: true })
            {
                var worker = Array.IndexOf(free, free.Min());
                free[worker] = (free[worker] > clock.Now ? free[worker] : clock.Now) + service;
                running.Enqueue(clock.Now, free[worker]);
                waiting--;
            }

            running.TryDequeue(out var started, out var finished);
            weighted += (finished - clock.Now).TotalSeconds * (running.Count + 1);
            clock.Now = finished;
            // Whoever was let wait above is let in by this and starts now.
            var before = gate.InFlight;
            gate.Leave(started.Ticks, finished - started, WooGate.Units(PerCall, 0), isStrained: false);
            for (var entered = gate.InFlight - before + 1; entered > 0 && waiting > 0; entered--)
            {
                var worker = Array.IndexOf(free, free.Min());
                free[worker] = (free[worker] > clock.Now ? free[worker] : clock.Now) + service;
                running.Enqueue(clock.Now, free[worker]);
                waiting--;
            }
        }

        var alone = service.TotalSeconds * Items / PerCall;
        var mean = weighted / clock.Now.TotalSeconds;
        TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant(
            $"{workers} workers, {service.TotalMilliseconds:0} ms a call: {clock.Now.TotalSeconds:0} s instead of {alone:0} s one by one, {mean:0.0} calls at the host on average."));
        Assert.True(alone / clock.Now.TotalSeconds >= leastSpeedUp * 0.95, $"{alone / clock.Now.TotalSeconds}");
        Assert.InRange(mean, 1, mostInFlight);
    }

    [Fact]
    public void Failures_OfTheHost_CutTheLimitOncePerRound()
    {
        var clock = new HandClock();
        var gate = new WooGate(clock);
        for (var i = 0; i < 40; i++)
        {
            Assert.True(gate.EnterAsync(default).IsCompletedSuccessfully);
            clock.Now += TimeSpan.FromMilliseconds(100);
            gate.Leave((clock.Now - TimeSpan.FromMilliseconds(100)).Ticks, TimeSpan.FromMilliseconds(100), 10, isStrained: false);
        }

        Assert.Equal(WooGate.Most, (int)gate.Limit);
        var together = clock.Now.Ticks;
        clock.Now += TimeSpan.FromSeconds(12);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(gate.EnterAsync(default).IsCompletedSuccessfully);
        }

        for (var i = 0; i < 4; i++)
        {
            gate.Leave(together, TimeSpan.FromSeconds(12), 10, isStrained: true);
        }

        Assert.Equal(WooGate.Most / 2.0, gate.Limit);
    }

    private sealed class HandClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
