namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>A hub that the shops cannot reach, as on a laptop: it asks them for changes.</summary>
[Collection(nameof(OwnHubCollection))]
public sealed class PollTests() : OwnHubTests(reachable: false)
{
    [Fact]
    public async Task NoPublicUrl_EditsInEitherShop_ReachTheOtherByPollingAndAreNotPushedBack()
    {
        await Connections.ConnectShopifyAsync();
        await Connections.ImportAsync(Connections.German);
        await Connections.ConfirmAsync(Connections.German, "none");
        var site = await Connections.ConnectWooAsync();
        Assert.True(site["pollMode"]!.GetValue<bool>());
        await Connections.ImportAsync(Connections.Site);
        await Connections.ConfirmAsync(Connections.Site, "none");
        await IdleAsync();

        var products = (await Shops.ProductsAsync(SandboxClient.Woo))
            .Where(product => product.Status == "active" && product.Variants is [{ Sku.Length: > 0, Price: > 10, CompareAtPrice: null }]).Take(2).Select(product => product.Variants[0]).ToList();
        var (first, second) = (products[0], products[1]);
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = first.Sku, title = "Am Tresen umbenannt", price = first.Price + 1 });
        await Shops.EditAsync(SandboxClient.Woo, new { sku = second.Sku, title = "Auf der Seite umbenannt", price = second.Price + 1 });
        await HoldsAsync(SandboxClient.Woo, first.Sku, "Am Tresen umbenannt", first.Price + 1);
        await HoldsAsync(SandboxClient.Shopify, second.Sku, "Auf der Seite umbenannt", second.Price + 1);
        await IdleAsync();

        // Each shop is polled again and shows our own writes: nothing comes back.
        var polled = await PolledAsync();
        var writes = await WritesAsync();
        await Until.TrueAsync(async () => await PolledAsync() >= polled + 4, "both shops were asked again", account: () => Workshop.HubSaid);
        Assert.Equal(writes, await WritesAsync());
        Assert.Equal(0, await Hub.DirtyAsync(Connections.German) + await Hub.DirtyAsync(Connections.Site));
        var received = (await Shops.StatsAsync(SandboxClient.Shopify)).GetProperty("webhooksSent").GetInt64() + (await Shops.StatsAsync(SandboxClient.Woo)).GetProperty("webhooksSent").GetInt64();
        Assert.Equal(0, received);
    }

    private Task HoldsAsync(string channel, string sku, string title, decimal? price) => Until.TrueAsync(
        async () => await Shops.GetAsync(channel, sku) is var product && product.Title == title && product.Variant(sku).Price == price,
        $"{sku} is '{title}' at {price} in {channel}",
        account: () => Workshop.HubSaid,
        explain: () => Hub.ExplainAsync(sku));

    private Task IdleAsync() => Until.TrueAsync(
        async () => await Hub.DirtyAsync(Connections.German) == 0 && await Hub.DirtyAsync(Connections.Site) == 0, "nothing is on its way", TimeSpan.FromMinutes(2), () => Workshop.HubSaid);

    private async Task<long> WritesAsync() => await Shops.WritesAsync(SandboxClient.Shopify) + await Shops.WritesAsync(SandboxClient.Woo);

    private async Task<long> PolledAsync() =>
        await Shops.RequestsAsync(SandboxClient.Shopify, "products") + await Shops.RequestsAsync(SandboxClient.Woo, "GET /products");
}
