using System.Collections.Immutable;
using System.Text.Json;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.WooCommerce;

public sealed class WooMapperTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Product_EverySampleThatIsOne_IsRead()
    {
        var read = 0;
        foreach (var file in Directory.EnumerateFiles(WooSamples.Require(), "*.json"))
        {
            var root = JsonElement.Parse(File.ReadAllBytes(file));
            foreach (var row in ProductsIn(root))
            {
                var body = WooMapper.Product(row, null, WooForm.Edit, Now);
                Assert.NotEqual("0", body.ExternalId);
                Assert.True(WooMapper.IsVariable(row) || body.Variants.Length == 1, file);
                read++;
            }
        }

        Assert.True(read >= 25, $"Only {read} product objects were found in the samples.");
    }

    [Fact]
    public void Product_VariableWithVariations_HasOptionsValuesAndStock()
    {
        var body = WooMapper.Product(WooSamples.Answer("product-get-variable"), [.. WooSamples.Answer("variations-list").EnumerateArray()], WooForm.Edit, Now);
        Assert.Equal(["Color", "Size"], body.Options!.Value);
        Assert.True(body.VariantsComplete);
        var blueMedium = body.Variants.Single(v => v.ExternalId == "20");
        Assert.Equal(["Blue", "M"], blueMedium.OptionValues!.Value);
        Assert.Equal("TEE-BLUE-M", blueMedium.Fields["sku"].Text);
        Assert.Equal(0m, blueMedium.Stock.Single().Quantity);
        Assert.NotNull(blueMedium.Version);
        var any = body.Variants.Single(v => v.ExternalId == "19");
        Assert.Equal(["", ""], any.OptionValues!.Value);
        Assert.Null(any.Stock.Single().Quantity);
    }

    [Fact]
    public void Variant_CountedOnItsParent_HasNoCountOfItsOwn()
    {
        var rows = WooSamples.Answer("variations-manage-stock-parent").EnumerateArray().ToArray();
        Assert.Null(WooMapper.Variant(rows.Single(r => WooMapper.Id(r) == "19"), null, Now).Stock.Single().Quantity);
        Assert.Equal(6m, WooMapper.Variant(rows.Single(r => WooMapper.Id(r) == "16"), null, Now).Stock.Single().Quantity);
    }

    [Theory]
    [InlineData("79.90", "", null, null, "79.9", null)]
    [InlineData("79.90", "69.90", null, null, "69.9", "79.9")]
    [InlineData("79.90", "69.90", "2026-11-23T00:00:00", null, "79.9", null)] // not yet
    [InlineData("79.90", "69.90", null, "2026-11-21T23:59:59", "79.9", null)] // over
    [InlineData("79.90", "69.90", "2026-11-01T00:00:00", "2026-11-30T23:59:59", "69.9", "79.9")]
    [InlineData("", "", null, null, null, null)]
    [InlineData("0", "", null, null, "0", null)]
    public void Prices_EveryPair_FollowsTheContract(string regular, string sale, string? from, string? to, string? price, string? compareAt)
    {
        var row = JsonSerializer.SerializeToElement(new { id = 1, type = "simple", regular_price = regular, sale_price = sale, date_on_sale_from_gmt = from, date_on_sale_to_gmt = to });
        var variant = WooMapper.Variant(row, null, Now);
        Assert.Equal(price, variant.Fields["price"].Text);
        Assert.Equal(compareAt, variant.Fields["compareAtPrice"].Text);
    }

    [Fact]
    public void Product_MembersThatTheBodyLacks_AreAbsent()
    {
        var body = WooMapper.Product(JsonElement.Parse("""{"id":7,"type":"simple","name":"A &amp; B"}"""), null, WooForm.Edit, Now);
        Assert.Equal("A & B", body.Fields["name"].Text);
        Assert.Equal(["name"], body.Fields.Keys);
        Assert.Empty(body.Sets);
        Assert.Empty(body.Variants.Single().Fields);
        Assert.Empty(body.Variants.Single().Stock);
    }

    [Theory]
    [InlineData("""{"id":7,"type":"simple","sku":"A-1-1"}""", null)] // a duplicate made in the admin carries the meta of its original
    [InlineData("""{"id":7,"type":"simple","sku":""}""", "hub1")]
    [InlineData("""{"id":7,"type":"variable","sku":"actorsync-hub1"}""", "hub1")] // a create in progress
    [InlineData("""{"id":7,"type":"variable","sku":""}""", null)]
    public void Product_HubIdInItsMeta_CountsOnlyWhereNoSkuSpeaks(string json, string? expected)
    {
        var row = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        row["meta_data"] = System.Text.Json.Nodes.JsonNode.Parse("""[{"id":1,"key":"_actorsync_id","value":"hub1"}]""");
        Assert.Equal(expected, WooMapper.Product(JsonSerializer.SerializeToElement(row), null, WooForm.Edit, Now).HubId);
    }

    [Fact]
    public void WritePrices_CompareAtNotAbovePrice_IsLeftOutAndSaid()
    {
        var (write, ledger) = Compose(Row("10", ""), ("price", "12"), ("compareAtPrice", "12"));
        Assert.Equal("12", write.Body()["regular_price"]!.GetValue<string>());
        Assert.Equal("", write.Body()["sale_price"]!.GetValue<string>());
        var outcome = ledger.Outcome(Now, TimeSpan.Zero, WooFacts.None);
        Assert.Empty(outcome.Rejections); // parked, it would stay away when the price falls below it
        Assert.Contains("12 is not above the price 12", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WritePrices_OnSaleAndOnlyPriceChanges_KeepsTheFormerPrice()
    {
        var (write, _) = Compose(Row("20", "15"), ("price", "14"));
        Assert.Equal("20", write.Body()["regular_price"]!.GetValue<string>());
        Assert.Equal("14", write.Body()["sale_price"]!.GetValue<string>());
    }

    [Fact]
    public void WritePrices_PriceZeroWithFormerPrice_NeverSendsAZeroSale()
    {
        var (write, _) = Compose(Row("20", ""), ("price", "0"), ("compareAtPrice", "20"));
        Assert.Equal("0", write.Body()["regular_price"]!.GetValue<string>());
        Assert.Equal("", write.Body()["sale_price"]!.GetValue<string>());
    }

    [Fact]
    public void WritePrices_FormerPriceBecomesPossible_IsSentAgain()
    {
        // Parked while it was not above the price; the new price makes room for it.
        var (write, _) = Compose(Row("10", ""), [("price", "8")], fields: [("price", "8"), ("compareAtPrice", "10")]);
        Assert.Equal("10", write.Body()["regular_price"]!.GetValue<string>());
        Assert.Equal("8", write.Body()["sale_price"]!.GetValue<string>());
    }

    [Fact]
    public void WriteStock_CountMovedSinceItWasKnown_IsNotWritten()
    {
        var (write, ledger) = Compose(Stocked(7), [("available", "20")], held: "9");
        Assert.True(write.IsEmpty);
        var outcome = ledger.Outcome(Now, TimeSpan.Zero, WooFacts.None);
        Assert.True(outcome.StockWasStale);
        Assert.Equal(PushResult.NotSent, outcome.Result);
    }

    [Fact]
    public void WriteStock_CountAsKnown_IsWrittenWithManagement()
    {
        var (write, _) = Compose(Stocked(9), [("available", "20.7")], held: "9");
        Assert.Equal(20, write.Body()["stock_quantity"]!.GetValue<long>());
        Assert.True(write.Body()["manage_stock"]!.GetValue<bool>());
    }

    private static IEnumerable<JsonElement> ProductsIn(JsonElement at)
    {
        if (at.ValueKind == JsonValueKind.Array)
        {
            return at.EnumerateArray().SelectMany(ProductsIn);
        }

        if (at.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        return at.TryGetProperty("stock_quantity", out _) && at.TryGetProperty("date_modified_gmt", out _) && WooMapper.Number(at, "id") > 0 ? [at] : at.EnumerateObject().SelectMany(m => ProductsIn(m.Value));
    }

    private static JsonElement Row(string regular, string sale) => JsonSerializer.SerializeToElement(new { id = 5, type = "simple", status = "publish", regular_price = regular, sale_price = sale });

    private static JsonElement Stocked(int count) => JsonSerializer.SerializeToElement(new { id = 5, type = "simple", status = "publish", manage_stock = true, stock_quantity = count });

    private static (WooWrite Write, PushLedger Ledger) Compose(JsonElement current, params (string Field, string Value)[] delta) => Compose(current, delta, null);

    private static (WooWrite Write, PushLedger Ledger) Compose(JsonElement current, (string Field, string Value)[] delta, (string Field, string Value)[]? fields = null, string? held = null)
    {
        var variant = new DesiredVariant { Id = new VariantId(1), ExternalId = "5", Fields = (fields ?? delta).ToImmutableDictionary(f => f.Field, f => new FieldValue(f.Value)) };
        var item = new PushItem
        {
            Product = new ProductId("p1"),
            Channel = new ChannelId("woo"),
            PushId = "1",
            Action = PushAction.Update,
            ExternalId = "5",
            Target = new DesiredProduct { Fields = ImmutableDictionary<string, FieldValue>.Empty, Variants = [variant] },
            Delta =
            [
                .. delta.Select(d => new PlannedValue
                {
                    Key = new RegisterKey(d.Field, new VariantId(1), d.Field.Contains("rice", StringComparison.Ordinal) ? "EUR" : null),
                    Target = new FieldValue(d.Value),
                    Held = held is null ? null : new FieldValue(held),
                }),
            ],
        };
        var ledger = new PushLedger(item, Now);
        var write = new WooWrite(ledger, WooWriteKind.Update, 5, null);
        WooMapper.WriteVariant(write, variant, current, [], [], Now, WooFacts.None);
        return (write, ledger);
    }
}
