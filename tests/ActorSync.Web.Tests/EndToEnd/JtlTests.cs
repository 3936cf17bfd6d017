using System.Globalization;
using System.Text.Json.Nodes;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>The demo's warehouse: it says how much there is, is asked every five seconds, and gets what only a warehouse needs. Each test uses products of its own.</summary>
[Collection(nameof(EndToEndCollection))]
public sealed class JtlTests(Workshop workshop) : IDisposable
{
    /// <summary>As the warehouse counts the calls that ask for news.</summary>
    private const string StockUpdates = "GET merchant/stocks/updates";

    private static readonly string[] BothShops = [SandboxClient.Shopify, SandboxClient.Woo];

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public void Dispose() => workshop.TellIfFailed();

    [Fact]
    public async Task FlowC_TheWarehouseShipsAndReceives_BothShopsFollowInBothDirections()
    {
        const string Sku = "E2E-JTL-C";
        await StockedAsync(Sku, 20);

        await Shops.SellAsync(SandboxClient.Jtl, Sku, 3);
        await BothCountAsync(Sku, 17);

        await Shops.CountAsync(Sku, 44);
        await BothCountAsync(Sku, 44);
        Assert.Equal(44, (await Shops.GetAsync(SandboxClient.Jtl, Sku)).Variants[0].TotalStock);
    }

    [Fact]
    public async Task Recipe_WarehouseNotes_ReachTheWarehouseAndNoShop()
    {
        const string Sku = "E2E-JTL-N";
        await StockedAsync(Sku, 5);
        await workshop.EchoesAreInAsync();
        var writes = await ShopWritesAsync();

        var answer = await Hub.EditAsync(Sku, new { warehouseNotes = "Regal 7, ganz unten" });
        Assert.Empty(answer["rejected"]!.AsArray());
        var jfsku = (await Shops.GetAsync(SandboxClient.Jtl, Sku)).Id;
        await Until.TrueAsync(
            async () => (await Shops.WarehousePageAsync(jfsku)).Contains("Regal 7, ganz unten", StringComparison.Ordinal), "the note is at JTL", explain: () => Hub.ExplainAsync(Sku));

        await workshop.SettledAsync();
        await workshop.EchoesAreInAsync();
        Assert.Equal(writes, await ShopWritesAsync());
    }

    [Fact]
    public async Task UpwardEditInAShop_IsPutBackAndReachesNobody()
    {
        const string Sku = "E2E-JTL-U";
        await StockedAsync(Sku, 20);
        await workshop.EchoesAreInAsync();

        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, stock = 99 });
        await Until.TrueAsync(
            async () =>
            {
                Assert.Equal(20, await CountOfAsync(SandboxClient.Shopify, Sku));
                return await CountOfAsync(SandboxClient.Woo, Sku) == 20;
            },
            "WooCommerce counts 20 again", explain: () => Hub.ExplainAsync(Sku));
        await workshop.SettledAsync();
        Assert.Equal(20, (await Shops.GetAsync(SandboxClient.Jtl, Sku)).Variants[0].TotalStock);
    }

    [Theory]
    [InlineData(SandboxClient.Woo, SandboxClient.Shopify)]
    [InlineData(SandboxClient.Shopify, SandboxClient.Woo)]
    public async Task Sale_ReachesTheOtherShopAtOnceAndIsNotRaisedWhileTheWarehouseHasNotShipped(string shop, string other)
    {
        var sku = $"E2E-JTL-S-{shop}";
        // Usually under a second; the machine may be busy with other tests.
        var bound = TimeSpan.FromSeconds(10);
        await StockedAsync(sku, 20);
        await workshop.EchoesAreInAsync();

        await Shops.SellAsync(shop, sku);
        var sold = TimeProvider.System.GetTimestamp();
        await Until.TrueAsync(async () => await CountOfAsync(other, sku) == 19, $"{other} counts 19", bound, explain: () => Hub.ExplainAsync(sku));
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{shop} to {other}: {TimeProvider.System.GetElapsedTime(sold).TotalMilliseconds:N0} ms"));

        await WhileTheWarehouseIsAskedTwiceAsync(async () =>
        {
            Assert.Equal(19, await CountOfAsync(shop, sku));
            Assert.Equal(19, await CountOfAsync(other, sku));
        });

        // The parcel leaves: what was heard early is accounted for, and nothing is counted twice.
        await Shops.SellAsync(SandboxClient.Jtl, sku);
        await WhileTheWarehouseIsAskedTwiceAsync(async () =>
        {
            Assert.Equal(19, await CountOfAsync(shop, sku));
            Assert.Equal(19, await CountOfAsync(other, sku));
        });
    }

    [Fact]
    public async Task Order_WhoseCountIsNotHeard_LowersTheOtherShop_ItsCancelGivesBack_AndTheWarehouseSettlesIt()
    {
        const string Sku = "E2E-JTL-O";
        await StockedAsync(Sku, 20);
        await workshop.EchoesAreInAsync();
        // Neither tells of the count any more; orders are still heard of.
        await Shops.LoseWebhooksAsync(SandboxClient.Shopify, "inventory_levels/update");
        await Shops.LoseWebhooksAsync(SandboxClient.Shopify, "products/update");
        try
        {
            var order = await Shops.OrderAsync(SandboxClient.Shopify, Sku);
            var sold = TimeProvider.System.GetTimestamp();
            await OtherCountsAsync(Sku, 19);
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"order at Shopify to WooCommerce: {TimeProvider.System.GetElapsedTime(sold).TotalMilliseconds:N0} ms"));
            var pending = Assert.Single(await PendingAsync(Sku));
            Assert.Equal((order, Workshop.ShopifyChannel, 1m), (pending!["order"]!.GetValue<string>(), pending["channel"]!.GetValue<string>(), pending["quantity"]!.GetValue<decimal>()));

            await Shops.CancelOrderAsync(SandboxClient.Shopify, order);
            await OtherCountsAsync(Sku, 20);

            await Shops.OrderAsync(SandboxClient.Shopify, Sku, 2);
            await OtherCountsAsync(Sku, 18);
            await Shops.SellAsync(SandboxClient.Jtl, Sku, 2);
            await Until.TrueAsync(async () => (await PendingAsync(Sku)).Count == 0, "the warehouse has accounted for it", explain: () => Hub.ExplainAsync(Sku));
            await WhileTheWarehouseIsAskedTwiceAsync(async () =>
            {
                Assert.Equal(18, await CountOfAsync(SandboxClient.Shopify, Sku));
                Assert.Equal(18, await CountOfAsync(SandboxClient.Woo, Sku));
            });
        }
        finally
        {
            await Hub.PostAsync($"/api/channels/{Workshop.ShopifyChannel}/register-webhooks", new { });
        }

        await workshop.SettledAsync();
        await workshop.EchoesAreInAsync();
        Assert.Equal(18, await CountOfAsync(SandboxClient.Shopify, Sku));

        Task OtherCountsAsync(string sku, int quantity) => Until.TrueAsync(
            async () =>
            {
                Assert.True(await CountOfAsync(SandboxClient.Shopify, sku) <= 20);
                return await CountOfAsync(SandboxClient.Woo, sku) == quantity;
            },
            $"WooCommerce counts {quantity}", TimeSpan.FromSeconds(10), explain: () => Hub.ExplainAsync(sku));
    }

    [Fact]
    public async Task TwoHundredSalesInBothShops_NoCountEverRisesAndAllEndAsTheWarehouse()
    {
        const string Sku = "E2E-JTL-200";
        const int Start = 300;
        const int Sales = 200;
        const int Parcel = 5;
        await StockedAsync(Sku, Start);
        await workshop.EchoesAreInAsync();
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var last = BothShops.ToDictionary(shop => shop, _ => Start);
        async Task LookAsync()
        {
            foreach (var shop in BothShops)
            {
                var count = await CountOfAsync(shop, Sku);
                Assert.True(count <= last[shop], $"{shop} rose from {last[shop]} to {count} although nothing came in (seed {seed})");
                last[shop] = count;
            }
        }

        for (var i = 0; i < Sales; i++)
        {
            await Shops.SellAsync(BothShops[random.Next(BothShops.Length)], Sku);
            await LookAsync();
        }

        await Until.TrueAsync(
            async () =>
            {
                await LookAsync();
                return last.Values.All(count => count == Start - Sales);
            },
            $"both shops count {Start - Sales}", explain: () => Hub.ExplainAsync(Sku));
        for (var shipped = 0; shipped < Sales; shipped += Parcel)
        {
            await Shops.SellAsync(SandboxClient.Jtl, Sku, Parcel);
            await LookAsync();
        }

        await WhileTheWarehouseIsAskedTwiceAsync(LookAsync);
        await workshop.SettledAsync();
        Assert.Equal(Start - Sales, (await Shops.GetAsync(SandboxClient.Jtl, Sku)).Variants[0].TotalStock);
        await LookAsync();
        Assert.All(BothShops, shop => Assert.Equal(Start - Sales, last[shop]));
    }

    [Fact]
    public async Task LoginIsRevoked_HealthSaysThatAPersonHasToSignIn_AndAPushWaitsForIt()
    {
        const string Sku = "E2E-JTL-L";
        await StockedAsync(Sku, 5);
        await Shops.RevokeLoginAsync();
        await Hub.EditAsync(Sku, new { warehouseNotes = "Nach der neuen Anmeldung" });
        await Until.TrueAsync(
            async () => (await Hub.GetAsync($"/api/channels/{Workshop.JtlChannel}/health"))["store"]!["state"]!.GetValue<string>() == "reauth-required", "health says it",
            account: () => workshop.HubSaid);

        var login = await Hub.PostAsync($"/api/channels/{Workshop.JtlChannel}/login", new { });
        using (var browser = new HttpClient())
        using (var answer = await browser.GetAsync(new Uri(login["authorizeUrl"]!.GetValue<string>())))
        {
            Assert.True(answer.IsSuccessStatusCode, $"The sign-in ended with {(int)answer.StatusCode}.");
        }

        var jfsku = (await Shops.GetAsync(SandboxClient.Jtl, Sku)).Id;
        await Until.TrueAsync(
            async () => (await Shops.WarehousePageAsync(jfsku)).Contains("Nach der neuen Anmeldung", StringComparison.Ordinal), "the note is at JTL", TimeSpan.FromMinutes(2),
            () => workshop.HubSaid, () => Hub.ExplainAsync(Sku));
        await workshop.SettledAsync();
    }

    /// <summary>In both shops and, made there by us, at JTL, where somebody counted it.</summary>
    private async Task StockedAsync(string sku, int quantity)
    {
        await Shops.CreateAsync(SandboxClient.Shopify, new
        {
            title = $"Becher {sku}",
            description = "<p>Steingut</p>",
            vendor = "Töpferei Süd",
            productType = "Becher",
            tags = new[] { "küche" },
            variants = new[] { new { sku, price = 9.9m, stock = 1 } },
        });
        await workshop.CountAsync(sku, quantity);
        await workshop.SettledAsync();
    }

    private async Task BothCountAsync(string sku, int quantity)
    {
        foreach (var shop in BothShops)
        {
            await Until.TrueAsync(async () => await CountOfAsync(shop, sku) == quantity, $"{shop} counts {quantity}", explain: () => Hub.ExplainAsync(sku));
        }
    }

    private async Task<int> CountOfAsync(string shop, string sku) => (await Shops.GetAsync(shop, sku)).Variant(sku).TotalStock;

    private async Task<JsonArray> PendingAsync(string sku) => JsonNode.Parse(await Hub.ExplainAsync(sku))!["pendingSales"]!.AsArray();

    private async Task<long> ShopWritesAsync() => await Shops.WritesAsync(SandboxClient.Shopify) + await Shops.WritesAsync(SandboxClient.Woo);

    /// <summary>Looks again and again until the hub has asked for counts three times: the first may have been under way already.</summary>
    private async Task WhileTheWarehouseIsAskedTwiceAsync(Func<Task> look)
    {
        var before = await Shops.RequestsAsync(SandboxClient.Jtl, StockUpdates);
        await Until.TrueAsync(
            async () =>
            {
                await look();
                return await Shops.RequestsAsync(SandboxClient.Jtl, StockUpdates) >= before + 3;
            },
            "the warehouse was asked twice");
    }
}
