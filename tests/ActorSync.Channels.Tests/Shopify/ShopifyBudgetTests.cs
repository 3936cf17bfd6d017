using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>A backlog of writes against the simulator's own accounting: the budget is used up and never overdrawn.</summary>
public sealed class ShopifyBudgetTests : IAsyncLifetime
{
    private const int Standard = 100;
    private const int Plus = 1000;
    private const int SecondsHeld = 20;
    /// <summary>What only stock may use is left alone by this backlog of content.</summary>
    private const double StockShare = 0.1;
    private const double LargestReservation = 700;

    private readonly SandboxProcess _sandbox = new();
    private ShopifyLiveShop _shop = null!;

    public async ValueTask InitializeAsync()
    {
        await _sandbox.InitializeAsync();
        _shop = new ShopifyLiveShop(_sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        _shop.Dispose();
        await _sandbox.DisposeAsync();
    }

    /// <summary>Titles cost 10 points; a Plus budget is spent by small pages, so that the machine's speed is not what is measured.</summary>
    [Theory]
    [InlineData(Standard, 6, false)]
    [InlineData(Plus, 6, true)]
    public async Task Backlog_OfContent_UsesTheBudgetWithoutOneThrottledAnswer(int rate, int seconds, bool pages)
    {
        // The bucket begins at what content may spend of it: from then on only what is restored can be used.
        await PlanAsync(rate, (int)(rate * SecondsHeld * StockShare));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var backlog = pages ? PagesAsync(stop.Token) : BacklogAsync(stop.Token);
        await WaitAsync(() => _shop.Budget.Tell().Count >= 20);
        var (_, before, leftBefore) = _shop.Budget.Tell();
        var start = Stopwatch.GetTimestamp();
        await WaitAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds));
        var (_, after, leftAfter) = _shop.Budget.Tell();
        var restored = rate * Stopwatch.GetElapsedTime(start).TotalSeconds;
        await stop.CancelAsync();
        await backlog;

        // The level swings by what one request reserves and gives back again; only what lies in the bucket beyond that was left unused.
        var swing = Math.Clamp(leftAfter!.Value - leftBefore!.Value, 0, pages ? LargestReservation : 0);
        var share = (after - before) / (restored - swing);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate}/s: {share:P1} of what was restored was spent; the level went from {leftBefore:N0} to {leftAfter:N0}"));
        Assert.True(share >= 0.95, $"{share:P1} of the restored points were used");
        Assert.Equal(0, (await _sandbox.GetAsync("_control/stats"))["shopify"]!["throttled"]!.GetValue<int>());
    }

    [Fact]
    public async Task Plan_DowngradedInTheMiddleOfABacklog_CostsAtMostOneThrottledAnswer()
    {
        await PlanAsync(Plus, (int)(Plus * SecondsHeld * StockShare));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var backlog = BacklogAsync(stop.Token);
        await WaitAsync(() => _shop.Budget.Tell().Count >= 100);
        // The worst case: no points left at the moment of the change.
        await PlanAsync(Standard, 0);
        var start = Stopwatch.GetTimestamp();
        var at = _shop.Budget.Tell().Spent;
        await WaitAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(3));
        await stop.CancelAsync();
        await backlog;
        Assert.InRange(_shop.Budget.Tell().Spent - at, 1, (Standard * 3) + 100);
        var throttled = (await _sandbox.GetAsync("_control/stats"))["shopify"]!["throttled"]!.GetValue<int>();
        Assert.True(throttled <= 1, $"{throttled} throttled answers");
    }

    [Fact]
    public async Task Stock_BehindABacklogOfTitles_LeavesAtOnce()
    {
        await PlanAsync(Standard, (int)(Standard * SecondsHeld * StockShare));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var backlog = BacklogAsync(stop.Token);
        await WaitAsync(() => _shop.Budget.Tell().Count >= 20);
        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await _shop.Budget.AcquireAsync(12, Lane.Stock, TestContext.Current.CancellationToken);
            var waited = Stopwatch.GetElapsedTime(start);
            _shop.Budget.Report(new BudgetReading { Reserved = 12, Actual = 0 });
            Assert.True(waited < TimeSpan.FromMilliseconds(200), $"stock waited {waited.TotalMilliseconds:N0} ms behind content");
        }

        await stop.CancelAsync();
        await backlog;
    }

    /// <summary>Four workers, as the store has, each writing one title after the other.</summary>
    private async Task BacklogAsync(CancellationToken cancellationToken)
    {
        var products = new List<ObservedProduct>();
        foreach (var node in (await _shop.AllAsync()).Take(4))
        {
            products.Add(await _shop.ReadAsync(ShopifyLiveShop.Id(node)));
        }

        await Task.WhenAll(products.Select(async product =>
        {
            for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
            {
                try
                {
                    var outcome = Assert.Single(await _shop.Sink.PushAsync(
                        [ShopifyLiveShop.Update(product, (new RegisterKey("name"), $"Titel {i}", $"Titel {i - 1}"))], cancellationToken));
                    Assert.Contains(outcome.Result, (PushResult[])[PushResult.Applied, PushResult.NotSent]);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    return;
                }
            }
        }));
    }

    /// <summary>Eight readers of small pages, each from the beginning again and again.</summary>
    private Task PagesAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                Assert.Null((await _shop.Source.ReadPageAsync(null, 8, cancellationToken)).Fault);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The measuring is over.
        }
    }));

    private async Task PlanAsync(int restoreRate, int available)
    {
        using var answer = await _sandbox.Http.PostAsJsonAsync(new Uri(_sandbox.Address, "_control/shopify/plan"), new { restoreRate, available }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task WaitAsync(Func<bool> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await timer.WaitForNextTickAsync(bound.Token);
        }
    }
}
