using ActorSync.Abstractions.Stores;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Cluster.Tests.Products;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Stores;

/// <summary>Many changes go to the shop in one operation. It takes minutes, hangs, loses lines or its hub: nothing is lost, reverted or held up.</summary>
public sealed class BulkPushTests
{
    private const int Count = 30;

    [Fact]
    public async Task Push_ManyPrices_GoInOneOperationAndEachProductIsDone()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var (a, b) = await ShopsAsync(hub, readBeforeWrite: true);
        var (calls, writes) = (b.Pushes, b.Writes);
        await RaiseAsync(hub, a, b);

        await PricesAreAsync(hub, b, "11");
        // A few may have left by themselves before all were there.
        Assert.Equal(b.Bulk.Started, b.Bulk.Readings);
        Assert.InRange(b.Bulk.Started, 1, 2);
        Assert.InRange(b.Bulk.Lines, Count / 2, Count);
        Assert.InRange(b.Pushes - calls, 0, Count - b.Bulk.Lines);
        Assert.Equal(Count, b.Writes - writes);
    }

    [Fact]
    public async Task Push_CountsWhileTheOperationRuns_OvertakeIt()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        await hub.SetPolicyAsync(TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin, StockSeed = new ChannelId("a") });
        var (a, b) = await ShopsAsync(hub, quantity: 5);
        b.Bulk.IsHeld = true;
        await RaiseAsync(hub, a, b);
        await Eventually.HoldsAsync(() => b.Bulk.Started == 1, "the operation runs");

        await hub.ObserveAsync(a, a.Sell("a3", 2));
        var sold = b.Products.Single(product => product.Fields[Fields.Name].Text == "Lamp 3").ExternalId;
        await Eventually.HoldsAsync(() => b.Quantity(sold) == 3, "the sale reaches b while the operation runs");
        Assert.Equal("10", b[sold].Variants[0].Fields[Fields.Price].Text);

        b.Bulk.IsHeld = false;
        await PricesAreAsync(hub, b, "11");
        Assert.Equal(3, b.Quantity(sold));
        Assert.Equal(1, b.Bulk.Started);
    }

    [Fact]
    public async Task Push_MerchantAndHubEditMeanwhile_NeitherIsLostNorReverted()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var (a, b) = await ShopsAsync(hub, readBeforeWrite: true);
        // Between the reading and the operation: only the webhook tells, as at a real shop.
        b.Bulk.AfterReading = async () =>
        {
            b.Bulk.AfterReading = null;
            await hub.DeliverAsync(b, b.EditVariant("b2", Fields.Price, "22"));
            await Eventually.HoldsAsync(async () => Price(await hub.SnapshotAsync((await hub.FindAsync(b, "b2"))!.Value)) == "22", "the hub knows the merchant's price");
        };
        b.Bulk.IsHeld = true;
        await RaiseAsync(hub, a, b);
        await Eventually.HoldsAsync(() => b.Bulk.Started == 1, "the operation runs");

        // While it runs, and before its line: the line covers it, the webhook has told. Versions are whole seconds, and these are different ones.
        await NextSecondAsync();
        await hub.DeliverAsync(b, b.EditVariant("b4", Fields.Price, "44"));
        await hub.DeliverAsync(b, b.Edit("b5", Fields.Name, "Lamp of the merchant"));
        var six = (await hub.FindAsync(b, "b6"))!.Value;
        await hub.Product(six).EditAsync(Edits.Of(Fields.Name, "Lamp of the hub"));
        await Eventually.HoldsAsync(async () => (await hub.SnapshotAsync((await hub.FindAsync(b, "b5"))!.Value)).Product.Value(new RegisterKey(Fields.Name))?.Text == "Lamp of the merchant", "the name is known");
        await NextSecondAsync();
        b.Bulk.IsHeld = false;

        await CleanAsync(hub);
        Assert.Equal("22", PriceAt(b, "b2"));
        Assert.Equal("Lamp of the merchant", b["b5"].Fields[Fields.Name].Text);
        Assert.Equal("Lamp of the hub", b["b6"].Fields[Fields.Name].Text);
        var four = await hub.SnapshotAsync((await hub.FindAsync(b, "b4"))!.Value);
        Assert.Equal(Price(four), PriceAt(b, "b4"));
        Assert.True(Price(four) == "44" || four.Product.Conflicts.Any(row => row.LoserValue.Text == "44"), $"The merchant's price is {Price(four)} and in no row.");
        Assert.Equal(Count - 2, b.Products.Count(product => product.Variants[0].Fields[Fields.Price].Text == "11"));
    }

    [Fact]
    public async Task Push_OperationHangs_IsCancelledAndItsProductsGoOneByOne()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var (a, b) = await ShopsAsync(hub);
        b.Bulk.IsHeld = true;
        await RaiseAsync(hub, a, b);

        await PricesAreAsync(hub, b, "11");
        Assert.Equal((1, 1), (b.Bulk.Started, b.Bulk.Cancelled));
    }

    [Fact]
    public async Task Push_ResultLacksLines_ReadsThoseAndWritesNothingTwice()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var (a, b) = await ShopsAsync(hub);
        b.Bulk.LosesLines = 4;
        var writes = b.Writes;
        await RaiseAsync(hub, a, b);

        await PricesAreAsync(hub, b, "11");
        await CleanAsync(hub);
        Assert.Equal((1, Count), (b.Bulk.Started, b.Writes - writes));
    }

    [Fact]
    public async Task Kill_SiloThatWaitsForTheOperation_AnotherOneFindsItAgain()
    {
        await using var hub = await TestHub.StartAsync(silos: 2, configure: Quick);
        var (a, b) = await ShopsAsync(hub);
        var writes = b.Writes;
        b.Bulk.IsHeld = true;
        await RaiseAsync(hub, a, b);
        await Eventually.HoldsAsync(() => b.Bulk.Started == 1, "the operation runs");
        var home = await hub.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(hub.Grains.GetGrain<IBulkPushGrain>("b"));
        var victim = hub.Cluster.Silos.Single(silo => silo.SiloAddress.Equals(home));

        await hub.Cluster.KillSiloAsync(victim, TestContext.Current.CancellationToken);
        b.Bulk.IsHeld = false;
        await Eventually.HoldsAsync(
            async () =>
            {
                // The reminder that revives it comes every minute.
                await hub.Grains.GetGrain<IBulkPushGrain>("b").EnsureAsync();
                await hub.Grains.GetGrain<IStoreGrain>("b").EnsureAsync();
                return b.Products.All(product => product.Variants[0].Fields[Fields.Price].Text == "11");
            },
            "the prices are in b",
            TimeSpan.FromSeconds(90));
        await CleanAsync(hub);
        Assert.Equal((1, Count), (b.Bulk.Started, b.Writes - writes));
    }

    private static void Quick(IServiceCollection services) => services.Configure<StoreOptions>(options =>
    {
        options.BulkPoll = TimeSpan.FromMilliseconds(50);
        options.BulkHungAfter = TimeSpan.FromSeconds(4);
        options.IndexPoll = TimeSpan.FromSeconds(1);
    });

    /// <summary>Two shops with the same products at 10, all of them linked and clean.</summary>
    private static async Task<(TestShop A, TestShop B)> ShopsAsync(TestHub hub, bool readBeforeWrite = false, decimal? quantity = null)
    {
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b", readBeforeWrite: readBeforeWrite);
        for (var i = 1; i <= Count; i++)
        {
            await hub.ObserveAsync(a, a.Add($"Lamp {i}", $"SKU-{i}", 10m, quantity));
        }

        await Eventually.HoldsAsync(() => b.Products.Length == Count, "all are created in b");
        await CleanAsync(hub);
        return (a, b);
    }

    /// <summary>All prices of a become 11 while nothing is pushed to b; then all of them wait there at once.</summary>
    private static async Task RaiseAsync(TestHub hub, TestShop a, TestShop b)
    {
        hub.Kind.BulkFrom = Count / 2;
        await hub.PauseAsync(b, paused: true);
        foreach (var product in a.Products)
        {
            await hub.ObserveAsync(a, a.EditVariant(product.ExternalId, Fields.Price, "11"));
        }

        // While paused the window forgets what the stream tells; after it the index tells them all.
        var store = hub.Grains.GetGrain<IStoreGrain>(b.Name);
        await Eventually.HoldsAsync(
            async () =>
            {
                await store.WakeAsync();
                return (await store.GetHealthAsync()).Waiting == 0
                    && (await hub.Queries.CountLinksAsync(new ChannelId(b.Name), TestContext.Current.CancellationToken)).Dirty == Count;
            },
            "all prices wait");
        await hub.PauseAsync(b, paused: false);
    }

    private static async Task PricesAreAsync(TestHub hub, TestShop shop, string price)
    {
        await Eventually.HoldsAsync(() => shop.Products.All(product => product.Variants[0].Fields[Fields.Price].Text == price), $"all cost {price} in {shop.Name}", TimeSpan.FromSeconds(60));
        await CleanAsync(hub);
    }

    private static async Task CleanAsync(TestHub hub)
    {
        var dirty = new List<string>();
        await Eventually.HoldsAsync(
            async () =>
            {
                dirty.Clear();
                foreach (var channel in (ChannelId[])[new("a"), new("b")])
                {
                    if ((await hub.Queries.CountLinksAsync(channel, TestContext.Current.CancellationToken)).Dirty > 0)
                    {
                        dirty.Add(channel.Value);
                    }
                }

                return dirty.Count == 0;
            },
            "nothing is dirty",
            TimeSpan.FromSeconds(90));
    }

    private static Task NextSecondAsync()
    {
        var now = Stamp.At(DateTimeOffset.UtcNow);
        return Eventually.HoldsAsync(() => Stamp.At(DateTimeOffset.UtcNow) > now, "a second is over");
    }

    private static string PriceAt(TestShop shop, string id) => shop[id].Variants[0].Fields[Fields.Price].Text!;

    private static string? Price(ActorSync.Abstractions.Products.ProductSnapshot snapshot) =>
        snapshot.Product.Registers.Single(pair => pair.Key.Field == Fields.Price).Value.Claims[0].Value.Text;
}
