using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Domain.Tests.Channels;

public sealed class PushWindowTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);
    private static readonly DateTimeOffset Later = Now + Linger;

    private static ProductId Product(int number) => new($"p{number:D5}");

    [Fact]
    public void Take_StockBesideContent_StockLeavesFirst()
    {
        var window = new PushWindow();
        window.Add(Product(1), Lane.Content, null, Now);
        window.Add(Product(2), Lane.Price, null, Now);
        window.Add(Product(3), Lane.Stock, null, Now);
        Assert.Equal([Product(3), Product(2)], window.Take(Later, 2, Linger)!.Value);
    }

    [Fact]
    public void Take_BeforeTheLinger_WaitsForCompanyUnlessFull()
    {
        var window = new PushWindow();
        window.Add(Product(1), Lane.Content, null, Now);
        Assert.Null(window.Take(Now, 2, Linger));
        window.Add(Product(2), Lane.Content, null, Now);
        Assert.Equal(2, window.Take(Now, 2, Linger)!.Value.Length);
    }

    [Fact]
    public void Add_SameProductTenTimes_IsOnePushInTheMostUrgentLane()
    {
        var window = new PushWindow();
        for (var i = 0; i < 10; i++)
        {
            window.Add(Product(1), i == 5 ? Lane.Stock : Lane.Content, null, Now);
        }

        window.Add(Product(2), Lane.Price, null, Now);
        Assert.Equal(2, window.WaitingCount);
        Assert.Equal(Product(1), window.Take(Later, 10, Linger)!.Value[0]);
    }

    [Fact]
    public void Add_WhileLeased_WaitsUntilTheBatchIsBack()
    {
        var window = new PushWindow();
        window.Add(Product(1), Lane.Content, null, Now);
        window.Lease("b1", window.Take(Later, 10, Linger)!.Value, Later + TimeSpan.FromSeconds(15));
        window.Add(Product(1), Lane.Stock, null, Later);
        Assert.Null(window.Take(Later + Linger, 10, Linger));
        Assert.True(window.Return("b1"));
        Assert.NotNull(window.Take(Later + Linger, 10, Linger));
    }

    [Fact]
    public void ExpireLeases_WorkerNeverCameBack_ProductsWaitAgainAndALateReturnIsRefused()
    {
        var window = new PushWindow();
        window.Add(Product(1), Lane.Content, null, Now);
        window.Lease("b1", window.Take(Later, 10, Linger)!.Value, Later + TimeSpan.FromSeconds(15));
        Assert.Equal(0, window.ExpireLeases(Later));
        Assert.Equal(1, window.ExpireLeases(Later + TimeSpan.FromSeconds(15)));
        Assert.Equal(1, window.WaitingCount);
        Assert.False(window.Return("b1"));
    }

    [Fact]
    public void Add_BeyondTheLimit_IsDroppedAndToldSoThatTheIndexIsReadAgain()
    {
        var window = new PushWindow();
        for (var i = 0; i <= PushWindow.MaxWaiting; i++)
        {
            window.Add(Product(i), Lane.Content, null, Now);
        }

        Assert.Equal(PushWindow.MaxWaiting, window.WaitingCount);
        Assert.True(window.Overflowed);
    }

    [Fact]
    public void Take_NotDueYet_StaysUntilItIs()
    {
        var window = new PushWindow();
        window.Add(Product(1), Lane.Content, Now + TimeSpan.FromMinutes(1), Now);
        Assert.Null(window.Take(Now + TimeSpan.FromSeconds(59), 10, Linger));
        Assert.NotNull(window.Take(Now + TimeSpan.FromMinutes(1), 10, Linger));
    }

    [Fact]
    public void Take_WhileABulkOperationRuns_IsCountsAndWhatGoesByItself()
    {
        var window = new PushWindow();
        for (var i = 1; i <= 4; i++)
        {
            window.Add(Product(i), i == 4 ? Lane.Content : Lane.Price, null, Now, isSingle: i == 3);
        }

        Assert.Equal(3, window.CountForBulk(Later));
        Assert.Equal([Product(3)], window.Take(Later, 10, Linger, waitForBulk: true)!.Value);
        Assert.Equal([Product(1), Product(2)], window.TakeForBulk(Later, 2));
        window.Lease("bulk", window.TakeForBulk(Later, 2), Later + TimeSpan.FromMinutes(15), isBulk: true);
        Assert.True(window.HasBulk);
        Assert.Equal(0, window.BatchCount);
        Assert.Equal([Product(3)], window.Take(Later, 10, Linger)!.Value);

        // A count of a product that the operation carries does not wait for its end; a price does.
        window.Add(Product(1), Lane.Stock, null, Later);
        window.Add(Product(2), Lane.Price, null, Later);
        Assert.Equal([Product(1), Product(3)], window.Take(Later + Linger, 10, Linger)!.Value);
        window.Lease("b1", [Product(1), Product(3)], Later + TimeSpan.FromSeconds(15));
        window.Add(Product(1), Lane.Stock, null, Later);
        Assert.Null(window.Take(Later + Linger, 10, Linger));
        Assert.True(window.Return("b1"));
        Assert.Equal([Product(1)], window.Take(Later + Linger, 10, Linger)!.Value);
        Assert.True(window.Return("bulk"));
        Assert.False(window.HasBulk);
        Assert.Equal([Product(1), Product(2), Product(4)], window.Take(Later + Linger, 10, Linger)!.Value);
    }

    [Fact]
    public void Add_CountsWhileContentFillsTheWindow_FindAPlace()
    {
        var window = new PushWindow();
        for (var i = 0; i < PushWindow.MaxWaiting; i++)
        {
            window.Add(Product(i), Lane.Content, null, Now);
        }

        window.Add(Product(99_999), Lane.Stock, null, Now);
        Assert.Equal([Product(99_999)], window.Take(Later, 1, Linger)!.Value);
    }
}
