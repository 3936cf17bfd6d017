using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Channels.Shopify;
using CsCheck;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>The parts of bulk that need no shop: the query, the arithmetic, the cursor, and putting lines together.</summary>
public sealed class ShopifyBulkUnitTests
{
    [Fact]
    public void Query_FromThePagedDocument_KeepsTheRulesOfBulkAndReadsTheSameFields()
    {
        var document = ShopifyBulkQuery.Products.Value;

        Assert.DoesNotContain(ShopifySchema.Load().Problems(document.Text), problem => !problem.EndsWith("needs first or last", StringComparison.Ordinal));
        Assert.Equal("products", document.Connections[0]);
        Assert.InRange(document.Connections.Length, 1, 5);
        Assert.DoesNotContain("nodes", document.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("pageInfo", document.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('$', document.Text.Replace("\"$app:", "", StringComparison.Ordinal));
        Assert.DoesNotContain("first:", document.Text, StringComparison.Ordinal);
        Assert.Contains("quantities(names: [\"available\"]) { name quantity }", document.Text, StringComparison.Ordinal);
        Assert.Contains("hubId: metafield(namespace: \"$app:actorsync\", key: \"hub_id\") { value }", document.Text, StringComparison.Ordinal);
        Assert.Contains("{ products { edges { node { __typename id title", document.Text, StringComparison.Ordinal);
        Assert.Contains("variants { edges { node { __typename id sku", document.Text, StringComparison.Ordinal);
    }

    /// <summary>A connection that the assembly does not know would send every import back to paging, and a list whose order counts has no place in bulk.</summary>
    [Fact]
    public void Query_EachOfItsConnections_HasAPlaceInTheAssembledProduct() => Assert.Empty(
        ShopifyBulkQuery.Products.Value.Connections.Except(["products", "variants", "inventoryLevels", .. ShopifyBulkAssembly.ProductChildren.Values]));

    [Fact]
    public Task Lines_InAnyOrder_GiveTheSameProducts() => Gen.Select(Catalogue, Gen.Int[1, 7], Gen.Int).SampleAsync(async (products, buckets, seed) =>
    {
        var lines = products.SelectMany(LinesOf).ToArray();
        var shuffled = lines.ToArray();
        new Random(seed).Shuffle(shuffled);

        var (assembled, problem) = await AssembleAsync(shuffled, buckets);
        Assert.Null(problem);
        Assert.Equal(products.OrderBy(product => product.Id).Select(Expected), assembled.Select(Told).OrderBy(pair => pair.Id).Select(pair => pair.Text));
        Assert.Equal((await AssembleAsync(lines, buckets)).Products, assembled);
    }, iter: 200);

    [Theory]
    [InlineData("""{"__typename":"ProductVariant","id":"gid://shopify/ProductVariant/9","inventoryItem":{"id":"gid://shopify/InventoryItem/9"},"__parentId":"gid://shopify/Product/9"}""", "children")]
    [InlineData("""{"__typename":"InventoryLevel","id":"gid://shopify/InventoryLevel/1?inventory_item_id=9","__parentId":"gid://shopify/ProductVariant/9"}""", "levels")]
    [InlineData("""{"__typename":"Metafield","id":"gid://shopify/Metafield/9","__parentId":"gid://shopify/Product/1"}""", "Metafield")]
    [InlineData("""{"__typename":"Product","id":"gid://shop""", "line 2")]
    [InlineData("""{"id":"gid://shopify/Product/2"}""", "line 2")]
    public async Task Lines_ThatDoNotBelongTogether_AreAProblem(string line, string word)
    {
        var (_, problem) = await AssembleAsync(["""{"__typename":"Product","id":"gid://shopify/Product/1"}""", line], 3);
        Assert.Contains(word, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Product_WithoutVariantLines_IsNotTakenForComplete()
    {
        var (products, problem) = await AssembleAsync(["""{"__typename":"Product","id":"gid://shopify/Product/1"}"""], 3);
        Assert.Null(problem);
        Assert.False(ShopifyMapper.Product(JsonSerializer.Deserialize<JsonElement>(Assert.Single(products))).VariantsComplete);
    }

    /// <summary>The worked examples of docs/performance.md: 3 variants at 2 locations, a collection and a picture each; 182 points and 396 lines for a page of 33.</summary>
    [Theory]
    [InlineData(300, 100, 0.1, false)] // 18 s by pages, 24 in bulk
    [InlineData(500, 100, 0.1, false)] // 29.1 and 30.4
    [InlineData(1_000, 100, 0.1, true)] // 56 and 46
    [InlineData(100_000, 100, 0.1, true)] // 5,516 and 3,052
    [InlineData(100_000, 1_000, 0.1, false)] // 552 and 2,479
    [InlineData(100_000, 1_000, 1.5, true)] // a slow shop: 4,547 and 2,479
    public void Arithmetic_OfReading_TakesTheShorterWay(long products, double restore, double seconds, bool bulk) =>
        Assert.Equal(bulk, ShopifyBulkArithmetic.ReadInBulk(products, new FirstPage(33, 396, 182, restore, seconds)));

    [Fact]
    public void Cursor_AsText_ComesBack() => Gen.Select(Gen.Long[0, long.MaxValue], Gen.Long[0, 4_000_000_000_000], Gen.Long[0, 1_000_000_000], Gen.Int[0, 3]).Sample((after, at, objects, kind) =>
    {
        var cursor = new ShopifyBulkCursor
        {
            After = after,
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(at),
            Operation = kind == 0 ? null : "4711",
            Objects = objects,
            ProgressAt = DateTimeOffset.FromUnixTimeMilliseconds(at / 2),
            Offset = kind == 3 ? objects * 3 : null,
        };
        Assert.Equal(cursor, ShopifyBulkCursor.Parse(cursor.ToString()));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("|50|eyJsYXN0")]
    [InlineData("123|0|")]
    public void Cursor_OfPaging_IsNone(string? text) => Assert.Null(ShopifyBulkCursor.Parse(text));

    private static Gen<List<GenProduct>> Catalogue => Gen.Select(Gen.Int[0, 4].List[0, 5], Gen.Int[0, 3], Gen.Int[0, 2], (variants, levels, collections) => (variants, levels, collections))
        .List[0, 12].Select(list => list.Select((shape, index) => new GenProduct(index + 1, shape.variants, shape.levels, shape.collections)).ToList());

    private static IEnumerable<string> LinesOf(GenProduct product)
    {
        var gid = $"gid://shopify/Product/{product.Id}";
        yield return Line(new JsonObject { ["__typename"] = "Product", ["id"] = gid, ["title"] = $"Größe ❄ {product.Id}" });
        for (var i = 0; i < product.Collections; i++)
        {
            yield return Line(new JsonObject { ["__typename"] = "Collection", ["id"] = $"gid://shopify/Collection/{i}", ["title"] = $"C{i}", ["__parentId"] = gid });
        }

        for (var v = 0; v < product.Variants.Count; v++)
        {
            var variant = (product.Id * 100) + v;
            yield return Line(new JsonObject
            {
                ["__typename"] = "ProductVariant",
                ["id"] = $"gid://shopify/ProductVariant/{variant}",
                ["sku"] = $"S/{variant}",
                ["inventoryItem"] = new JsonObject { ["id"] = $"gid://shopify/InventoryItem/{variant + 5}" },
                ["__parentId"] = gid,
            });
            for (var l = 0; l < product.Variants[v] % (product.Levels + 1); l++)
            {
                // The parent of a level is the variant or its item, as the platform pleases.
                yield return Line(new JsonObject
                {
                    ["__typename"] = "InventoryLevel",
                    ["id"] = $"gid://shopify/InventoryLevel/{l}?inventory_item_id={variant + 5}",
                    ["__parentId"] = l == 0 ? $"gid://shopify/ProductVariant/{variant}" : $"gid://shopify/InventoryItem/{variant + 5}",
                });
            }
        }
    }

    private static string Line(JsonObject line) => line.ToJsonString().Replace("/", "\\/", StringComparison.Ordinal);

    private static string Expected(GenProduct product) =>
        $"{product.Id}: C{product.Collections} " + string.Join(' ', product.Variants.Select((levels, v) => $"S/{(product.Id * 100) + v}={levels % (product.Levels + 1)}"));

    private static (long Id, string Text) Told(string product)
    {
        var node = JsonNode.Parse(product)!;
        var id = long.Parse(ShopifyGid.Number((string)node["id"]!), CultureInfo.InvariantCulture);
        var variants = node["variants"]?["nodes"]!.AsArray() ?? [];
        return (id, $"{id}: C{node["collections"]!["nodes"]!.AsArray().Count} " + string.Join(' ', variants.Select(v => $"{v!["sku"]}={v["inventoryItem"]!["inventoryLevels"]!["nodes"]!.AsArray().Count}")));
    }

    private static async Task<(string[] Products, string? Problem)> AssembleAsync(string[] lines, int buckets)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"actorsync-test-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(folder);
        try
        {
            var raw = Path.Combine(folder, "raw");
            await File.WriteAllLinesAsync(raw, lines);
            var target = Path.Combine(folder, "products");
            var (_, problem) = await new ShopifyBulkAssembly(Path.Combine(folder, "parts"), buckets, ["products", "variants", "inventoryLevels", "collections"]).AssembleAsync(raw, target, CancellationToken.None);
            return (problem is null ? await File.ReadAllLinesAsync(target) : [], problem);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record GenProduct(int Id, List<int> Variants, int Levels, int Collections);
}
