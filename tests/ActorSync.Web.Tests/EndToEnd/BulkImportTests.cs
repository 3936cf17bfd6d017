namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>An import by bulk query, with people at work and the hub killed in its middle.</summary>
[Collection(nameof(OwnHubCollection))]
public sealed class BulkImportTests : OwnHubTests
{
    private const string EditedAtTheShop = "TS-1001-WEISS-S";
    [Fact]
    public async Task Import_EditedAndKilledMeanwhile_KeepsBothEditsAndGoesOnWithTheSameOperation()
    {
        var key = await Connections.PrintedKeyAsync();
        Workshop.UseKey(key);
        // Ten seconds of work for the operation.
        await Shops.BulkAsync(new { tickMs = 1_000, rowsPerTick = 30 });
        await Connections.ConnectShopifyAsync(bulkFrom: "1");
        await Connections.RegisterAsync(Connections.German);
        await Hub.PostAsync($"/api/channels/{Connections.German}/import", new { });
        await Until.TrueAsync(
            async () => await Shops.RequestsAsync(SandboxClient.Shopify, "bulkOperationRunQuery") == 1, "the bulk query runs", account: () => Workshop.HubSaid);

        var products = await Shops.ProductsAsync(SandboxClient.Shopify);
        // One of the first page, which is there already; the others were edited before and after the operation reads them.
        var editedInTheHub = products[1].Variants[0].Sku;
        await Hub.EditAsync(editedInTheHub, new { name = "Edited in the hub meanwhile" });
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = products[^1].Variants[0].Sku, title = "Edited at the shop meanwhile" });
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = EditedAtTheShop, title = "Edited at the shop as well" });
        await Workshop.RestartHubAsync(demo: false, key: key);

        var import = await Until.HoldsAsync(
            () => Hub.GetAsync($"/api/channels/{Connections.German}/import"),
            progress => progress["state"]!.GetValue<string>() is not ("running" or "waiting"), "the import ends", TimeSpan.FromMinutes(2), () => Workshop.HubSaid);

        Assert.Equal("done", import["state"]!.GetValue<string>());
        Assert.Equal(products.Count, import["done"]!.GetValue<long>());
        Assert.Equal(1, await Shops.RequestsAsync(SandboxClient.Shopify, "bulkOperationRunQuery"));
        await Workshop.EchoesAreInAsync();
        Assert.Equal("Edited in the hub meanwhile", await NameAsync(editedInTheHub));
        var held = await Shops.ProductsAsync(SandboxClient.Shopify);
        foreach (var product in held.Where(product => product.Id != products[1].Id))
        {
            var sku = product.Variants[0].Sku;
            await Until.TrueAsync(async () => await NameAsync(sku) == product.Title, $"{sku} is called {product.Title}", account: () => Workshop.HubSaid);
        }

        Assert.Equal(held.Count, (await Hub.StatusAsync()).Total);
    }

    private async Task<string> NameAsync(string sku) => (await Hub.ProductAsync(sku))["name"]!.GetValue<string>();
}
