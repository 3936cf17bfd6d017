using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed class ShopifyFrontDoorTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private const string Query = """{"query":"{ shop { name } }"}""";
    private readonly ShopifyCaller shop = new(sandbox);

    [Theory]
    [InlineData("2026-07", "shpat_wrong", "text/plain", "not json", HttpStatusCode.Unauthorized)] // the token is looked at before type and body
    [InlineData("2026-07", null, "application/json", Query, HttpStatusCode.Unauthorized)]
    [InlineData("2026-07", ShopifyCaller.Token, "text/plain", Query, HttpStatusCode.BadRequest)]
    [InlineData("2026-07", ShopifyCaller.Token, "application/json", "{", HttpStatusCode.BadRequest)]
    [InlineData("2026-07", ShopifyCaller.Token, "application/json", "{}", HttpStatusCode.BadRequest)]
    [InlineData("2031-01", ShopifyCaller.Token, "application/json", Query, HttpStatusCode.NotFound)]
    [InlineData("2026-05", ShopifyCaller.Token, "application/json", Query, HttpStatusCode.NotFound)]
    [InlineData("2026-07", ShopifyCaller.Token, "application/json", Query, HttpStatusCode.OK)]
    public async Task Request_ThroughTheFrontDoor_IsJudgedInShopifysOrder(string version, string? token, string type, string body, HttpStatusCode expected)
    {
        using var response = await shop.PostAsync(body, version, token, type);

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("2026-07", "2026-07")]
    [InlineData("2026-04", "2026-04")]
    [InlineData("2025-01", "2026-04")]
    public async Task Version_ThatIsRetired_FallsForwardAndTheHeaderSaysSo(string asked, string served)
    {
        using var response = await shop.PostAsync(Query, asked);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(served, response.Headers.GetValues("X-Shopify-API-Version").Single());
    }

    [Fact]
    public async Task DeprecatedField_WhenSelected_IsNamedInTheHeader()
    {
        using var response = await shop.PostAsync("""{"query":"{ productByHandle(handle: \"x\") { id } }"}""");

        Assert.Contains("productByHandle", response.Headers.GetValues("X-Shopify-API-Deprecated-Reason").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessToken_ByClientCredentials_OpensTheApi()
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", "demo"), new("client_secret", "shpss_demo")]);
        using var answer = await sandbox.Http.PostAsync(new Uri(sandbox.Address, "shopify/demo/admin/oauth/access_token"), form, TestContext.Current.CancellationToken);
        var token = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

        Assert.Equal(86_399, (int)token["expires_in"]!);
        using var response = await shop.PostAsync(Query, token: (string)token["access_token"]!);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Connection_WithoutAPageSize_IsRefusedAsRecorded()
    {
        var answer = await shop.SendAsync("{ products { nodes { id } } }");

        Assert.Equal("you must provide one of first or last", (string?)answer["errors"]![0]!["message"]);
        Assert.Equal("BAD_REQUEST", (string?)answer["errors"]![0]!["extensions"]!["code"]);
        Assert.Null(answer["data"]);
    }

    [Fact]
    public async Task Document_WithAnUnknownField_DoesNotRunAndCostsNothing()
    {
        var answer = await shop.SendAsync("mutation { productDelete(input: {id: \"gid://shopify/Product/1\"}) { colour } }");

        Assert.Equal("undefinedField", (string?)answer["errors"]![0]!["extensions"]!["code"]);
        Assert.False(answer.ContainsKey("data"));
        Assert.False(answer.ContainsKey("extensions"));
    }

    [Fact]
    public async Task Throttling_ByFault_LooksLikeShopifys()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["throttleNext"] = 1 });
        var answer = await shop.SendAsync("{ shop { name } }");

        Assert.Equal("THROTTLED", (string?)answer["errors"]![0]!["extensions"]!["code"]);
        Assert.False(answer.ContainsKey("data"));
        Assert.Equal("Demo Shop", (string?)(await shop.RootAsync("{ shop { name } }"))!["name"]);
    }

    [Fact]
    public async Task Products_ReadPageByPage_AreAllThereOnceWhileRowsComeAndGo()
    {
        await shop.PlusAsync();
        var seen = new List<string>();
        string? after = null;
        var first = await shop.ProductAsync("Comes early");
        for (var page = 0; page < 20; page++)
        {
            var products = (await shop.RootAsync(
                "query($after: String) { products(first: 50, after: $after) { nodes { id title variants(first: 5) { nodes { id } } } pageInfo { hasNextPage endCursor } } }",
                new JsonObject { ["after"] = after }))!;
            seen.AddRange(products["nodes"]!.AsArray().Select(n => (string)n!["id"]!));
            if (page == 2)
            {
                // One that was already read goes: the next page must not lose its first row for it.
                await shop.RootAsync("mutation($id: ID!) { productDelete(input: {id: $id}) { deletedProductId } }", new JsonObject { ["id"] = seen[0] });
            }

            if (!(bool)products["pageInfo"]!["hasNextPage"]!)
            {
                break;
            }

            after = (string)products["pageInfo"]!["endCursor"]!;
        }

        Assert.Equal(seen.Count, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Contains(first.Id, seen);
        var held = (int)(await sandbox.StatsAsync("shopify"))["productsHeld"]!;
        Assert.Equal(held + 1, seen.Count);
    }

    [Fact]
    public async Task BigAnswer_OfFiftyProductsWithStock_HasEveryNumberAsItsType()
    {
        await shop.PlusAsync();
        using var response = await shop.PostAsync(new JsonObject
        {
            ["query"] = "{ products(first: 1) { nodes { id legacyResourceId updatedAt tags variants(first: 1) { nodes { price compareAtPrice position taxable inventoryQuantity } } } } }",
        }.ToJsonString());
        var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var product = JsonNode.Parse(text)!["data"]!["products"]!["nodes"]![0]!;

        Assert.Equal(System.Text.Json.JsonValueKind.String, product["legacyResourceId"]!.GetValueKind());
        Assert.Equal(System.Text.Json.JsonValueKind.String, product["variants"]!["nodes"]![0]!["price"]!.GetValueKind());
        Assert.Equal(System.Text.Json.JsonValueKind.Number, product["variants"]!["nodes"]![0]!["inventoryQuantity"]!.GetValueKind());
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", (string)product["updatedAt"]!);
        Assert.Equal(System.Text.Json.JsonValueKind.Array, product["tags"]!.GetValueKind());
        Assert.True(long.Parse((string)product["legacyResourceId"]!, System.Globalization.CultureInfo.InvariantCulture) > 1L << 53);
    }
}
