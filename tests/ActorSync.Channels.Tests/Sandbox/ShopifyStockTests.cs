using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed class ShopifyStockTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private const string SetQuery = """
        mutation($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) {
          inventoryAdjustmentGroup { id changes { name delta quantityAfterChange } } userErrors { field message code } } }
        """;

    private const string AdjustQuery = """
        mutation($input: InventoryAdjustQuantitiesInput!, $key: String!) { inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
          inventoryAdjustmentGroup { id } userErrors { field message code } } }
        """;

    private readonly ShopifyCaller shop = new(sandbox);

    [Fact]
    public async Task Set_ByTwentyAtOnceFromTheSameValue_LetsExactlyOneThrough()
    {
        await shop.PlusAsync();
        var item = (await shop.ProductAsync("Raced")).Variants[0].ItemId;
        var answers = await Task.WhenAll(Enumerable.Range(100, 20).Select(q => shop.RootAsync(SetQuery, Set($"race-{q}-{item}", (item, q, 5)))));

        var winners = answers.Where(a => a!["inventoryAdjustmentGroup"] is not null).ToList();
        Assert.Single(winners);
        Assert.All(answers.Except(winners), a => Assert.Equal("CHANGE_FROM_QUANTITY_STALE", (string?)a!["userErrors"]![0]!["code"]));
        Assert.Equal(5 + (int)winners[0]!["inventoryAdjustmentGroup"]!["changes"]![0]!["delta"]!, await shop.AvailableAsync(item));
    }

    [Fact]
    public async Task Set_WithOneStaleRow_WritesNoneOfTheBatch()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Batch");
        var (red, blue) = (product.Variants[0].ItemId, product.Variants[1].ItemId);
        var answer = await shop.RootAsync(SetQuery, Set("batch-" + red, (red, 50, 5), (blue, 60, 6)));

        Assert.Null(answer!["inventoryAdjustmentGroup"]);
        Assert.Equal(["input", "quantities", "1", "changeFromQuantity"], answer["userErrors"]![0]!["field"]!.AsArray().Select(f => (string)f!));
        Assert.Equal((5, 7), (await shop.AvailableAsync(red), await shop.AvailableAsync(blue)));
    }

    [Fact]
    public async Task Set_WithAnExplicitNull_WritesWithoutComparing()
    {
        await shop.PlusAsync();
        var item = (await shop.ProductAsync("Unchecked")).Variants[0].ItemId;
        var answer = await shop.RootAsync(SetQuery, Set("null-" + item, (item, -4, null)));

        Assert.Equal(["available", "on_hand"], answer!["inventoryAdjustmentGroup"]!["changes"]!.AsArray().Select(c => (string)c!["name"]!));
        Assert.Equal(-4, await shop.AvailableAsync(item));
    }

    [Fact]
    public async Task Adjust_RepeatedWithItsKey_HappensOnceEvenAfterAKill()
    {
        await shop.PlusAsync();
        var item = (await shop.ProductAsync("Keyed")).Variants[0].ItemId;
        var first = await shop.RootAsync(AdjustQuery, Adjust("keyed-" + item, item, 3, 5));
        var second = await shop.RootAsync(AdjustQuery, Adjust("keyed-" + item, item, 3, 5));
        sandbox.Kill();
        await sandbox.StartAsync();
        var third = await shop.RootAsync(AdjustQuery, Adjust("keyed-" + item, item, 3, 5));
        var other = await shop.RootAsync(AdjustQuery, Adjust("keyed-" + item, item, 4, 8));

        Assert.NotNull((string?)first!["inventoryAdjustmentGroup"]!["id"]);
        Assert.Equal(first.ToJsonString(), second!.ToJsonString());
        Assert.Equal(first.ToJsonString(), third!.ToJsonString());
        Assert.Equal("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", (string?)other!["userErrors"]![0]!["code"]);
        Assert.Equal(8, await shop.AvailableAsync(item));
    }

    [Fact]
    public async Task Set_AtALocationThatDoesNotStockTheItem_NeedsActivateFirst()
    {
        await shop.PlusAsync();
        var item = (await shop.ProductAsync("Only Berlin")).Variants[0].ItemId;
        var refused = await shop.RootAsync(SetQuery, Set("hh1-" + item, ShopifyCaller.Hamburg, (item, 9, null)));
        await shop.RootAsync(
            "mutation($i: ID!, $l: ID!, $k: String!) { inventoryActivate(inventoryItemId: $i, locationId: $l, available: 2) @idempotent(key: $k) { inventoryLevel { id } userErrors { message } } }",
            new JsonObject { ["i"] = item, ["l"] = ShopifyCaller.Hamburg, ["k"] = "act-" + item });
        var accepted = await shop.RootAsync(SetQuery, Set("hh2-" + item, ShopifyCaller.Hamburg, (item, 9, 2)));

        Assert.Equal("ITEM_NOT_STOCKED_AT_LOCATION", (string?)refused!["userErrors"]![0]!["code"]);
        Assert.Empty(accepted!["userErrors"]!.AsArray());
        Assert.Equal(9, await shop.AvailableAsync(item, ShopifyCaller.Hamburg));
    }

    [Fact]
    public async Task Sale_OfAnItem_TakesFromOneLocationMovesTheVersionAndMayNotOversell()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Sold", new JsonObject { ["title"] = "Sold" });
        var sku = "SOLD-" + product.Handle;
        await shop.RootAsync(
            "mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $p, variants: $v) { userErrors { message } } }",
            new JsonObject { ["p"] = product.Id, ["v"] = new JsonArray(new JsonObject { ["id"] = product.Variants[0].Id, ["inventoryItem"] = new JsonObject { ["sku"] = sku } }) });
        var before = await VersionAsync(product.Id);
        await WaitForNextSecondAsync(before);

        await sandbox.SellAsync("shopify", sku, 4);
        var oversold = await Assert.ThrowsAsync<InvalidOperationException>(() => sandbox.SellAsync("shopify", sku, 2));

        Assert.Contains("409", oversold.Message, StringComparison.Ordinal);
        Assert.Equal(1, await shop.AvailableAsync(product.Variants[0].ItemId));
        Assert.NotEqual(before, await VersionAsync(product.Id));
    }

    private async Task<string> VersionAsync(string id) =>
        (string)(await shop.RootAsync("query($id: ID!) { product(id: $id) { updatedAt } }", new JsonObject { ["id"] = id }))!["updatedAt"]!;

    /// <summary>Versions have seconds; a change within the same one would look like none.</summary>
    private static async Task WaitForNextSecondAsync(string version)
    {
        var next = DateTimeOffset.Parse(version, System.Globalization.CultureInfo.InvariantCulture).AddSeconds(1);
        while (TimeProvider.System.GetUtcNow() < next)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static JsonObject Set(string key, params (string Item, int Quantity, int? From)[] rows) => Set(key, ShopifyCaller.Berlin, rows);

    private static JsonObject Set(string key, string location, params (string Item, int Quantity, int? From)[] rows) => new()
    {
        ["key"] = key,
        ["input"] = new JsonObject
        {
            ["name"] = "available",
            ["reason"] = "correction",
            ["quantities"] = new JsonArray([.. rows.Select(r => new JsonObject
            {
                ["inventoryItemId"] = r.Item,
                ["locationId"] = location,
                ["quantity"] = r.Quantity,
                ["changeFromQuantity"] = r.From,
            })]),
        },
    };

    private static JsonObject Adjust(string key, string item, int delta, int from) => new()
    {
        ["key"] = key,
        ["input"] = new JsonObject
        {
            ["name"] = "available",
            ["reason"] = "correction",
            ["changes"] = new JsonArray(new JsonObject
            {
                ["inventoryItemId"] = item,
                ["locationId"] = ShopifyCaller.Berlin,
                ["delta"] = delta,
                ["changeFromQuantity"] = from,
            }),
        },
    };
}
