using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed class ShopifyProductTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private const string Whole = """
        query($id: ID!) { product(id: $id) { title handle descriptionHtml tags vendor productType status updatedAt seo { title description }
          options { name values } metafields(first: 10) { nodes { namespace key value } } media(first: 10) { nodes { alt status } }
          variants(first: 10) { nodes { id title sku barcode price compareAtPrice position inventoryQuantity inventoryItem { id tracked } } } } }
        """;

    private const string SetQuery = """
        mutation($identifier: ProductSetIdentifiers, $input: ProductSetInput!) { productSet(identifier: $identifier, input: $input) {
          product { id } userErrors { field message code } } }
        """;

    private readonly ShopifyCaller shop = new(sandbox);

    [Fact]
    public async Task ProductSet_WithAShorterVariantList_DeletesWhatIsMissingAndKeepsTheIdOfTheRest()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Shorter");
        await SetAsync(product, new JsonObject { ["variants"] = new JsonArray(new JsonObject { ["optionValues"] = Values("Blue"), ["price"] = "12.5" }) });
        var after = await ReadAsync(product);

        var left = Assert.Single(after["variants"]!["nodes"]!.AsArray())!;
        Assert.Equal(product.Variants[1].Id, (string?)left["id"]);
        Assert.Equal("12.50", (string?)left["price"]);
        Assert.Equal("S-Blue", (string?)left["sku"]); // left out, so untouched
        Assert.Equal(7, (int)left["inventoryQuantity"]!);
        Assert.Equal(["Blue"], after["options"]![0]!["values"]!.AsArray().Select(v => (string)v!));
    }

    [Fact]
    public async Task ProductSet_WithFieldsLeftOut_TouchesOnlyWhatIsNamed()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Partly", new JsonObject
        {
            ["vendor"] = "Acme",
            ["tags"] = new JsonArray(" zebra", "Apple", "apple", "x,y"),
            ["metafields"] = new JsonArray(Metafield("a", "1"), Metafield("b", "2")),
            ["files"] = new JsonArray(new JsonObject { ["originalSource"] = "https://example.com/a.png", ["alt"] = "A" }),
        });
        await SetAsync(product, new JsonObject { ["title"] = "Partly renamed" });
        var after = await ReadAsync(product);

        Assert.Equal("Partly renamed", (string?)after["title"]);
        Assert.Equal("partly", (string?)after["handle"]);
        Assert.Equal("Acme", (string?)after["vendor"]);
        Assert.Equal(["Apple", "x", "y", "zebra"], after["tags"]!.AsArray().Select(t => (string)t!));
        Assert.Equal(2, after["metafields"]!["nodes"]!.AsArray().Count);
        Assert.Single(after["media"]!["nodes"]!.AsArray());
        Assert.Equal(2, after["variants"]!["nodes"]!.AsArray().Count);

        await SetAsync(product, new JsonObject { ["metafields"] = new JsonArray(Metafield("b", "3")) });
        Assert.Equal(["b=3"], (await ReadAsync(product))["metafields"]!["nodes"]!.AsArray().Select(m => $"{m!["key"]}={m["value"]}"));
    }

    [Fact]
    public async Task ProductSet_ByCustomId_CreatesOnceAndFindsItAgain()
    {
        await shop.PlusAsync();
        await shop.RootAsync("mutation { metafieldDefinitionCreate(definition: {namespace: \"hub\", key: \"id\", name: \"Hub id\", ownerType: PRODUCT, type: \"id\"}) { userErrors { message } } }");
        var identifier = new JsonObject { ["customId"] = new JsonObject { ["namespace"] = "hub", ["key"] = "id", ["value"] = "4711" } };
        var first = await shop.RootAsync(SetQuery, new JsonObject { ["identifier"] = identifier.DeepClone(), ["input"] = new JsonObject { ["title"] = "By custom id" } });
        var second = await shop.RootAsync(SetQuery, new JsonObject { ["identifier"] = identifier.DeepClone(), ["input"] = new JsonObject { ["title"] = "By custom id 2" } });

        Assert.NotNull((string?)first!["product"]!["id"]);
        Assert.Equal((string?)first["product"]!["id"], (string?)second!["product"]!["id"]);
    }

    [Fact]
    public async Task ProductSet_Asynchronously_IsCompleteAfterAWhile()
    {
        await shop.PlusAsync();
        var started = await shop.RootAsync(
            "mutation($input: ProductSetInput!) { productSet(input: $input, synchronous: false) { product { id } productSetOperation { id status } userErrors { message } } }",
            new JsonObject { ["input"] = new JsonObject { ["title"] = "Later" } });
        Assert.Null(started!["product"]);
        Assert.Equal("CREATED", (string?)started["productSetOperation"]!["status"]);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        JsonNode? operation;
        do
        {
            await Task.Delay(100, limit.Token);
            operation = await shop.RootAsync(
                "query($id: ID!) { productOperation(id: $id) { status product { title } ... on ProductSetOperation { userErrors { message } } } }",
                new JsonObject { ["id"] = (string)started["productSetOperation"]!["id"]! });
        }
        while ((string?)operation!["status"] != "COMPLETE");

        Assert.Equal("Later", (string?)operation["product"]!["title"]);
    }

    [Fact]
    public async Task Description_WithUntidyHtml_ComesBackTidyAndStaysSo()
    {
        await shop.PlusAsync();
        const string Untidy = "<P style='color:red' class=\"a\">5 &euro; &amp; <script>alert(1)</script><a title=T href='https://e.com?a=1&amp;b=2'>x</a><br/>\r\n<custom>kept</custom></P>";
        var product = await shop.ProductAsync("Html", new JsonObject { ["descriptionHtml"] = Untidy });
        var once = (string)(await ReadAsync(product))["descriptionHtml"]!;
        await SetAsync(product, new JsonObject { ["descriptionHtml"] = once });
        var twice = (string)(await ReadAsync(product))["descriptionHtml"]!;

        Assert.Equal("<p class=\"a\" style=\"color:red\">5 € &amp; <a href=\"https://e.com?a=1&amp;b=2\" title=\"T\">x</a><br>\nkept</p>", once);
        Assert.Equal(once, twice);
    }

    [Fact]
    public async Task Write_ThatChangesNothing_MovesNoVersionAndFiresNothing()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Still");
        var before = await ReadAsync(product);
        await shop.RootAsync(
            "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }",
            new JsonObject { ["p"] = new JsonObject { ["id"] = product.Id, ["title"] = "Still" } });

        Assert.Equal(before.ToJsonString(), (await ReadAsync(product)).ToJsonString());
    }

    [Fact]
    public async Task BulkUpdate_OfOneVariant_LeavesTheOtherAlone()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("One of two");
        var before = (await ReadAsync(product))["variants"]!["nodes"]![1]!.ToJsonString();
        await shop.RootAsync(
            "mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $p, variants: $v) { userErrors { message } } }",
            new JsonObject
            {
                ["p"] = product.Id,
                ["v"] = new JsonArray(new JsonObject { ["id"] = product.Variants[0].Id, ["price"] = "11", ["compareAtPrice"] = "20", ["barcode"] = "4006381333931" }),
            });
        var after = (await ReadAsync(product))["variants"]!["nodes"]!.AsArray();

        Assert.Equal("11.00", (string?)after[0]!["price"]);
        Assert.Equal("20.00", (string?)after[0]!["compareAtPrice"]);
        Assert.Equal("4006381333931", (string?)after[0]!["barcode"]);
        Assert.Equal(before, after[1]!.ToJsonString());
    }

    [Fact]
    public async Task Titles_ThatAreTheSame_GetNumberedHandles()
    {
        await shop.PlusAsync();
        var first = await shop.ProductAsync("Größe & Maß");
        var second = await shop.ProductAsync("Größe & Maß");

        Assert.Equal("grosse-mass", first.Handle);
        Assert.Equal("grosse-mass-1", second.Handle);
    }

    [Fact]
    public async Task Search_AfterAWrite_LagsWhileReadsByIdDoNot()
    {
        await shop.PlusAsync();
        await shop.SearchLagAsync(600_000);
        var product = await shop.ProductAsync("Findable", new JsonObject { ["tags"] = new JsonArray("findme") });

        Assert.NotNull(await shop.RootAsync("query($id: ID!) { product(id: $id) { id } }", new JsonObject { ["id"] = product.Id }));
        Assert.Empty(await FoundAsync("tag:findme"));
        await shop.SearchLagAsync(0);
        Assert.Equal([product.Id], await FoundAsync("tag:findme"));
    }

    [Theory]
    [InlineData("sku:'TS-1001-WEISS-XS'", 1)]
    [InlineData("sku:ts-1001-weiss-xs", 1)]
    [InlineData("sku:none-such", 0)]
    [InlineData("id:>=1 AND status:draft sku:none-such", 0)]
    [InlineData("sku:'TS-1001-WEISS-XS' OR sku:none-such", 1)]
    [InlineData("-sku:'TS-1001-WEISS-XS' sku:'TS-1001-WEISS-XS'", 0)]
    [InlineData("updated_at:>='2100-01-01T00:00:00Z'", 0)]
    public async Task Search_ByFields_FindsWhatItShould(string query, int expected)
    {
        await shop.PlusAsync();

        Assert.Equal(expected, (await FoundAsync(query)).Count);
    }

    [Fact]
    public async Task Search_ByAnUnknownField_MatchesEverythingAndWarns()
    {
        await shop.PlusAsync();
        var answer = await shop.SendAsync("{ products(first: 250, query: \"colour:red\") { nodes { id } } }");

        Assert.Equal(250, answer["data"]!["products"]!["nodes"]!.AsArray().Count);
        Assert.Equal("invalid_field", (string?)answer["extensions"]!["search"]![0]!["warnings"]![0]!["code"]);
    }

    [Fact]
    public async Task State_AfterAKill_IsAsItWasAnswered()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Survivor");
        var before = (await ReadAsync(product)).ToJsonString();
        sandbox.Kill();
        await sandbox.StartAsync();

        Assert.Equal(before, (await ReadAsync(product)).ToJsonString());
        var next = await shop.ProductAsync("After the kill");
        Assert.DoesNotContain(next.Variants, v => product.Variants.Any(p => p.Id == v.Id));
    }

    private async Task<IReadOnlyList<string>> FoundAsync(string query) =>
        [.. (await shop.RootAsync("query($q: String!) { products(first: 250, query: $q) { nodes { id } } }", new JsonObject { ["q"] = query }))!["nodes"]!.AsArray().Select(n => (string)n!["id"]!)];

    private async Task<JsonNode> ReadAsync(ShopifyProduct product) => (await shop.RootAsync(Whole, new JsonObject { ["id"] = product.Id }))!;

    private async Task SetAsync(ShopifyProduct product, JsonObject input)
    {
        var payload = await shop.RootAsync(SetQuery, new JsonObject { ["identifier"] = new JsonObject { ["id"] = product.Id }, ["input"] = input });
        Assert.Empty(payload!["userErrors"]!.AsArray());
    }

    private static JsonArray Values(string color) => new(
        new JsonObject { ["optionName"] = "Color", ["name"] = color }, new JsonObject { ["optionName"] = "Size", ["name"] = "Small" });

    private static JsonObject Metafield(string key, string value) => new()
    {
        ["namespace"] = "custom",
        ["key"] = key,
        ["type"] = "single_line_text_field",
        ["value"] = value,
    };
}
