using System.Net;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed class ShopifyMerchantTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private readonly ShopifyCaller shop = new(sandbox);

    [Fact]
    public async Task List_WhenSearched_ShowsMatchesOnly()
    {
        var page = await sandbox.Http.GetStringAsync(new Uri(sandbox.Address, "shopify/demo/admin/products?search=TS-1001-WEISS"), TestContext.Current.CancellationToken);

        Assert.Contains("1 found", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_OfAProduct_SavesWhatThePersonTyped()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Before <i>");
        var path = Path(product);
        var red = Number(product.Variants[0].Id);
        var page = await sandbox.Http.GetStringAsync(new Uri(sandbox.Address, path), TestContext.Current.CancellationToken);
        Assert.Contains("Before &lt;i&gt;", page, StringComparison.Ordinal);

        var berlin = Number(ShopifyCaller.Berlin);
        await PostAsync(path, new()
        {
            ["title"] = "After",
            ["description"] = "<p>New</p>",
            ["tags"] = "b, a",
            ["vendor"] = "V",
            ["type"] = "T",
            ["status"] = "DRAFT",
            [$"price-{red}"] = "19,99",
            [$"compare-{red}"] = "",
            [$"sku-{red}"] = "NEW-SKU",
            [$"barcode-{red}"] = "123",
            [$"stock-{red}-{berlin}"] = "42",
            [$"was-stock-{red}-{berlin}"] = "5",
        });
        var after = (await shop.RootAsync(
            "query($id: ID!) { product(id: $id) { title status tags variants(first: 5) { nodes { sku price inventoryQuantity } } } }", new JsonObject { ["id"] = product.Id }))!;

        Assert.Equal("After", (string?)after["title"]);
        Assert.Equal("DRAFT", (string?)after["status"]);
        var first = after["variants"]!["nodes"]![0]!;
        Assert.Equal(("NEW-SKU", "19.99", 42), ((string)first["sku"]!, (string)first["price"]!, (int)first["inventoryQuantity"]!));
    }

    [Fact]
    public async Task Page_OlderThanAnotherWrite_DoesNotUndoIt()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("As loaded");
        await shop.RootAsync("mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }",
            new JsonObject { ["p"] = new JsonObject { ["id"] = product.Id, ["title"] = "From the hub" } });
        var red = Number(product.Variants[0].Id);
        await PostAsync(Path(product), new()
        {
            ["title"] = "As loaded",
            ["was-title"] = "As loaded",
            [$"price-{red}"] = "12.00",
            [$"was-price-{red}"] = "10.00",
        });
        var after = (await shop.RootAsync("query($id: ID!) { product(id: $id) { title variants(first: 1) { nodes { price } } } }", new JsonObject { ["id"] = product.Id }))!;

        Assert.Equal(("From the hub", "12.00"), ((string)after["title"]!, (string)after["variants"]!["nodes"]![0]!["price"]!));
    }

    [Fact]
    public async Task SellOne_OnThePage_TakesOneFromStock()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Till");
        await PostAsync($"{Path(product)}/variants/{Number(product.Variants[0].Id)}/sell", []);

        Assert.Equal(4, await shop.AvailableAsync(product.Variants[0].ItemId));
    }

    [Fact]
    public async Task Delete_OnThePage_RemovesVariantThenProduct()
    {
        await shop.PlusAsync();
        var product = await shop.ProductAsync("Gone soon");
        await PostAsync($"{Path(product)}/variants/{Number(product.Variants[0].Id)}/delete", []);
        var left = await shop.RootAsync("query($id: ID!) { product(id: $id) { variants(first: 5) { nodes { id } } } }", new JsonObject { ["id"] = product.Id });
        Assert.Equal(product.Variants[1].Id, (string?)Assert.Single(left!["variants"]!["nodes"]!.AsArray())!["id"]);
        await PostAsync($"{Path(product)}/delete", []);

        Assert.Null(await shop.RootAsync("query($id: ID!) { product(id: $id) { id } }", new JsonObject { ["id"] = product.Id }));
        using var page = await sandbox.Http.GetAsync(new Uri(sandbox.Address, Path(product)), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
    }

    [Fact]
    public async Task Control_CreateAndEdit_SpeakNeutrally()
    {
        await shop.PlusAsync();
        var made = await sandbox.CreateAsync("shopify", new JsonObject
        {
            ["title"] = "Neutral",
            ["optionNames"] = new JsonArray("Size"),
            ["variants"] = new JsonArray(
                new JsonObject { ["sku"] = "NEU-S", ["price"] = 5, ["optionValues"] = new JsonArray("S"), ["stock"] = 3 },
                new JsonObject { ["sku"] = "NEU-M", ["price"] = 6, ["optionValues"] = new JsonArray("M"), ["stock"] = 4 }),
        });
        Assert.Equal(2, made["variants"]!.AsArray().Count);
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "neu-m", ["price"] = 7.25, ["stock"] = 9, ["location"] = "Store Hamburg" });
        var found = (await sandbox.FindAsync("shopify", "NEU-M"))!["variants"]![1]!;

        Assert.Equal(7.25m, (decimal)found["price"]!);
        Assert.Equal(9, (int)found["stock"]!["Store Hamburg"]!);
        Assert.Equal(4, (int)found["stock"]!["Lager Berlin"]!);
    }

    private static string Path(ShopifyProduct product) => "shopify/demo/admin/products/" + Number(product.Id);

    private static string Number(string gid) => gid[(gid.LastIndexOf('/') + 1)..];

    private async Task PostAsync(string path, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await sandbox.Http.PostAsync(new Uri(sandbox.Address, path), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
    }
}
