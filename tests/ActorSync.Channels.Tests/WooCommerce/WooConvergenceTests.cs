using System.Text.Json.Nodes;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>
/// The merge and the connector together against the simulated shop: what the connector answers must be what the merge can settle, so that a change is pushed
/// once and then nothing is left to do, whatever the shop makes of the values.
/// </summary>
public sealed class WooConvergenceTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IDisposable
{
    private readonly WooLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Create_SimpleWithEverything_IsDoneInOnePush()
    {
        var hub = new WooHub(_shop);
        hub.Edit(
            ("name", null, "Salz & Pfeffer \"grob\" < 5 g"), ("description", null, "<p>a & b</p>\n<script>x</script><ul onclick=\"y\"><li>c<br/></li></ul>"), ("isActive", null, "true"),
            ("price", V1, "19.9"), ("compareAtPrice", V1, "25"), ("sku", V1, NewSku("FULL")), ("gtin", V1, NewGtin()));
        hub.Tags("Sommer", "Bio & Fair");
        hub.Stock(V1, 12);
        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
    }

    [Fact]
    public async Task Edit_EachFieldOfASimpleProduct_IsOnePushAndNoEcho()
    {
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Anfang"), ("isActive", null, "true"), ("price", V1, "10"), ("sku", V1, NewSku("EDIT")));
        await hub.SyncAsync();
        (string, VariantId?, string?)[] edits =
        [
            ("name", null, "A & B \\ C"), ("name", null, "x < y > z"), ("description", null, "<p>eins</p>\n<iframe src=\"https://x\"></iframe>"), ("description", null, null),
            ("isActive", null, "false"), ("isActive", null, "true"), ("price", V1, "12.5"), ("compareAtPrice", V1, "15"), ("price", V1, "11"), ("compareAtPrice", V1, null),
            ("sku", V1, NewSku("OTHER")), ("gtin", V1, NewGtin()), ("gtin", V1, null),
        ];
        foreach (var edit in edits)
        {
            hub.Edit(edit);
            Assert.Equal((edit.Item1, 1), (edit.Item1, await hub.SyncAsync()));
            hub.AssertDone();
            await hub.AssertSameAfterReadAsync();
        }

        hub.Tags("Rot", "GRÜN");
        Assert.Equal(1, await hub.SyncAsync());
        hub.Tags("Rot");
        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
    }

    [Fact]
    public async Task Edit_FormerPriceThatIsNotAboveThePrice_AppearsWhenThePriceFalls()
    {
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Rabatt"), ("isActive", null, "true"), ("price", V1, "10"), ("compareAtPrice", V1, "10"), ("sku", V1, NewSku("SALE")));
        await hub.SyncAsync();
        hub.AssertDone();
        hub.Edit(("price", V1, "8"));
        await hub.SyncAsync();
        hub.AssertDone();
        var raw = await _shop.RawAsync(hub.Link.ExternalId!);
        Assert.Equal(("10", "8"), (raw["regular_price"]!.ToString(), raw["sale_price"]!.ToString()));
    }

    [Fact]
    public async Task Create_VariableThenEditAndAddVariant_IsOnePushEach()
    {
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Hemd"), ("isActive", null, "true"), ("options", null, """["Größe","Farbe"]"""));
        foreach (var (variant, size) in new[] { (V1, "S"), (V2, "M & L") })
        {
            hub.Edit(("optionValues", variant, $$"""["{{size}}","Blau"]"""), ("price", variant, "20"), ("sku", variant, NewSku("HEMD")));
            hub.Stock(variant, 5);
        }

        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();

        hub.Edit(("price", V2, "22"));
        hub.Stock(V2, 9);
        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();

        var third = new VariantId(3);
        hub.Edit(("optionValues", third, """["XL","Rot"]"""), ("price", third, "25"), ("sku", third, NewSku("HEMD")));
        hub.Stock(third, 2);
        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();

        hub.Edit(("exists", V1, "false"));
        Assert.Equal(1, await hub.SyncAsync());
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
        Assert.Equal(2, (await _shop.Source.ReadAsync([hub.Link.ExternalId!], Token)).Items.Single().Body.Variants.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(0.6)]
    public async Task Edit_SimpleProductGetsOptions_BecomesVariableAndKeepsItsFirstVariant(double failAfterEffect)
    {
        var (first, second, gtin) = (NewSku("GROW"), NewSku("GROW"), NewGtin());
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Wächst"), ("isActive", null, "true"), ("price", V1, "20"), ("compareAtPrice", V1, "25"), ("sku", V1, first), ("gtin", V1, gtin));
        hub.Stock(V1, 6);
        await hub.SyncAsync();
        await _shop.Http.PutAsync($"products/{hub.Link.ExternalId}", JsonNode.Parse("""{"attributes":[{"name":"Material","options":["Wolle"],"visible":true}]}""")!);
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["failAfterEffectRate"] = failAfterEffect });
        try
        {
            hub.Edit(("options", null, """["Größe"]"""), ("optionValues", V1, """["S"]"""), ("optionValues", V2, """["M"]"""), ("price", V2, "22"), ("sku", V2, second));
            hub.Stock(V2, 3);
            var pushes = await hub.SyncAsync(mostSteps: 60);
            Assert.True(failAfterEffect > 0 || pushes == 1, $"{pushes} pushes");
        }
        finally
        {
            await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["failAfterEffectRate"] = 0 });
        }

        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
        var raw = await _shop.RawAsync(hub.Link.ExternalId!);
        Assert.Equal(("variable", "publish", "Wolle"), (raw["type"]!.ToString(), raw["status"]!.ToString(), raw["attributes"]![0]!["options"]![0]!.ToString()));
        var read = (await _shop.Source.ReadAsync([hub.Link.ExternalId!], Token)).Items.Single().Body;
        Assert.Equal(2, read.Variants.Length);
        var small = read.Variants.Single(v => v.Fields["sku"].Text == first);
        Assert.Equal(("20", "25", gtin, 6m), (small.Fields["price"].Text, small.Fields["compareAtPrice"].Text, small.Fields["gtin"].Text, small.Stock.Single().Quantity));
        Assert.Equal(["S"], small.OptionValues!.Value);
        Assert.Equal(3m, read.Variants.Single(v => v.Fields["sku"].Text == second).Stock.Single().Quantity);
        Assert.Equal("", raw["sku"]!.ToString());
    }

    [Fact]
    public async Task Stock_SoldBetweenKnowingAndWriting_IsHeardAndNotRaised()
    {
        var sku = NewSku("SOLD");
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Letzte"), ("isActive", null, "true"), ("price", V1, "10"), ("sku", V1, sku));
        hub.Stock(V1, 10);
        await hub.SyncAsync();
        await sandbox.SellAsync("woocommerce", sku, 4);
        hub.Pass();
        hub.Stock(V1, 20);
        await hub.SyncAsync();
        hub.AssertDone();
        // 20 counted, 4 of them sold here before the hub knew.
        Assert.Equal(16, (await _shop.RawAsync(hub.Link.ExternalId!))["stock_quantity"]!.GetValue<int>());
    }

    [Fact]
    public async Task Create_RefusedForItsGtin_IsMadeWithoutItAndParked()
    {
        var gtin = NewGtin();
        await _shop.Http.PostAsync("products", new JsonObject { ["name"] = "Besitzer", ["global_unique_id"] = gtin });
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Zweiter"), ("isActive", null, "true"), ("price", V1, "10"), ("sku", V1, NewSku("PARK")), ("gtin", V1, gtin));
        Assert.Equal(1, await hub.SyncAsync());
        Assert.NotNull(hub.Link.ExternalId);
        Assert.Equal(WithheldReason.Parked, Assert.Single(hub.Plan().Withheld).Reason);
    }

    [Theory]
    [InlineData("cutAfterEffect")]
    [InlineData("failAfterEffect")]
    [InlineData("emptyAnswer")]
    [InlineData("failBeforeEffect")]
    [InlineData("cutMidAnswer")]
    public async Task Create_AnswerLost_EndsAsOneProduct(string fault)
    {
        var (first, second) = (NewSku("FAULT"), NewSku("FAULT"));
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Eines"), ("isActive", null, "true"), ("options", null, """["Größe"]"""));
        hub.Edit(("optionValues", V1, """["S"]"""), ("price", V1, "20"), ("sku", V1, first));
        hub.Edit(("optionValues", V2, """["M"]"""), ("price", V2, "21"), ("sku", V2, second));
        // The search before the create is a read; the fault must meet a write.
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", [fault] = 1 });
        await hub.SyncAsync();
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
        var products = ((JsonArray)(await _shop.Http.GetAsync("products?search=Eines&status=any&per_page=100&context=edit")).Json!)
            .Where(p => p!["meta_data"]!.AsArray().Any(m => m!["value"]!.ToString() == hub.Product.Id.Value));
        var only = Assert.Single(products)!;
        Assert.Equal(("publish", "", 2), (only["status"]!.ToString(), only["sku"]!.ToString(), only["variations"]!.AsArray().Count));
    }

    [Fact]
    public async Task Everything_OnAShopThatFailsEveryThirdCall_EndsRightAndOnce()
    {
        var hubs = Enumerable.Range(0, 6).Select(_ => new WooHub(_shop)).ToArray();
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["errorRate"] = 0.12, ["failAfterEffectRate"] = 0.2, ["throttleRate"] = 0.05 });
        try
        {
            foreach (var (hub, index) in hubs.Select((hub, index) => (hub, index)))
            {
                hub.Edit(("name", null, "Sturm " + index), ("isActive", null, "true"), ("options", null, """["Größe"]"""));
                hub.Edit(("optionValues", V1, """["S"]"""), ("price", V1, "20"), ("sku", V1, NewSku("STORM")));
                hub.Edit(("optionValues", V2, """["M"]"""), ("price", V2, "21"), ("sku", V2, NewSku("STORM")));
                await hub.SyncAsync(mostSteps: 80);
                hub.Edit(("name", null, "Sturm " + index + " vorbei"), ("price", V1, "30"), ("optionValues", new VariantId(3), """["L"]"""), ("sku", new VariantId(3), NewSku("STORM")));
                hub.Stock(V1, 7);
                hub.Tags("a", "b");
                await hub.SyncAsync(mostSteps: 80);
            }
        }
        finally
        {
            await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["errorRate"] = 0, ["failAfterEffectRate"] = 0, ["throttleRate"] = 0 });
        }

        Assert.True((await sandbox.StatsAsync("woocommerce"))["errors"]!.GetValue<int>() > 10, "The shop hardly failed.");
        foreach (var hub in hubs)
        {
            await hub.SyncAsync();
            hub.AssertDone();
            await hub.AssertSameAfterReadAsync();
            var read = (await _shop.Source.ReadAsync([hub.Link.ExternalId!], Token)).Items.Single().Body;
            Assert.Equal(3, read.Variants.Length);
            Assert.Equal(7m, read.Variants.Single(v => v.Fields["price"].Text == "30").Stock.Single().Quantity);
        }

        var ids = hubs.Select(hub => hub.Product.Id.Value).ToHashSet(StringComparer.Ordinal);
        var made = ((JsonArray)(await _shop.Http.GetAsync("products?search=Sturm&status=any&per_page=100&context=edit")).Json!)
            .Where(p => p!["meta_data"]!.AsArray().Any(m => ids.Contains(m!["value"]!.ToString())));
        Assert.Equal(hubs.Length, made.Count());
    }

    private static string NewGtin()
    {
        var digits = Math.Abs(NewSku("").GetHashCode(StringComparison.Ordinal) % 1_000_000_000).ToString("D12");
        return digits + Gtin.CheckDigit(digits);
    }
}
