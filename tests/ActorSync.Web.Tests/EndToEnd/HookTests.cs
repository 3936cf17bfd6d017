namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Subscriptions that get lost, an app that is removed, a secret that is replaced, and orders as the first word of a sale: the demo's shops, looked after every two seconds.</summary>
[Collection(nameof(OwnHubCollection))]
public sealed class HookTests(HookTests.Fixture fixture) : IClassFixture<HookTests.Fixture>
{
    private readonly Workshop workshop = fixture.Workshop;

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public sealed class Fixture : IAsyncLifetime
    {
        public Workshop Workshop { get; } = new();

        public ValueTask InitializeAsync()
        {
            Workshop.HubSettings["ActorSync__Stores__WebhookCheckInterval"] = "00:00:02";
            return Workshop.InitializeAsync();
        }

        public ValueTask DisposeAsync() => Workshop.DisposeAsync();
    }

    [Theory]
    [InlineData(SandboxClient.Shopify, Workshop.ShopifyChannel, SandboxClient.Woo)]
    [InlineData(SandboxClient.Woo, Workshop.WooChannel, SandboxClient.Shopify)]
    public async Task SubscriptionsAreLost_EditMadeMeanwhile_ArrivesAndIsReported(string shop, string channel, string other)
    {
        var sku = $"HOOK-{shop.ToUpperInvariant()}";
        await Shops.CreateAsync(shop, new { title = "Vor der Luecke", sku, price = 20m, stock = 3 });
        await Until.TrueAsync(async () => await Shops.FindAsync(other, sku) is not null, $"{sku} is in {other}", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        await workshop.SettledAsync();

        await Shops.LoseWebhooksAsync(shop);
        await Shops.EditAsync(shop, new { sku, title = "In der Luecke", price = 21m });
        await Until.TrueAsync(
            async () => (await Shops.GetAsync(other, sku)) is { Title: "In der Luecke" } product && product.Variant(sku).Price == 21m, "the edit arrives, once the shop's search shows it", TimeSpan.FromSeconds(50), () => workshop.HubSaid);
        var webhooks = (await Hub.GetAsync($"/api/channels/{channel}/health"))["webhooks"]!;
        Assert.Contains("products read again", webhooks["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEmpty(webhooks["gaps"]!.AsArray());

        // The new subscriptions deliver again.
        await Shops.EditAsync(shop, new { sku, title = "Nach der Luecke" });
        await Until.TrueAsync(async () => (await Shops.GetAsync(other, sku)).Title == "Nach der Luecke", "the next edit is heard", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
    }

    [Fact]
    public async Task AppIsRemoved_HealthSaysSoAndPushesWaitUntilItIsBack()
    {
        const string Sku = "HOOK-APP";
        await Shops.CreateAsync(SandboxClient.Woo, new { title = "Vorher", sku = Sku, price = 20m, stock = 3 });
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Shopify, Sku) is not null, "it is in Shopify", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        await workshop.SettledAsync();

        await Shops.AppAsync(installed: false);
        await Until.TrueAsync(
            async () => (await HealthAsync())["sentence"]!.GetValue<string>().Contains("removed our app", StringComparison.Ordinal), "health says it", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        Assert.Equal("unauthorised", (await HealthAsync())["state"]!.GetValue<string>());
        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, title = "Nachher" });
        await Until.TrueAsync(async () => await Hub.DirtyAsync(Workshop.ShopifyChannel) == 1, "the change waits", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        Assert.Equal("Vorher", (await Shops.GetAsync(SandboxClient.Shopify, Sku)).Title);

        await Shops.AppAsync(installed: true);
        await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Shopify, Sku)).Title == "Nachher", "it goes on by itself", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, title = "Wieder da" });
        await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, Sku)).Title == "Wieder da", "its subscriptions are made anew", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
    }

    [Fact]
    public async Task SecretIsRotated_EditsBeforeAndAfterTheShopKnowsIt_AllArriveAndNoneIsRefused()
    {
        const string Sku = "HOOK-SECRET";
        await Shops.CreateAsync(SandboxClient.Woo, new { title = "Alt", sku = Sku, price = 20m, stock = 3 });
        await TitleAsync("Alt", "it is in Shopify");
        await workshop.SettledAsync();
        var refused = await RefusedAsync();

        await Hub.PostAsync($"/api/channels/{Workshop.WooChannel}/rotate-secret", new { secret = "whsec_demo_rotated", oldValidHours = 1 });
        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, title = "Mit dem alten" });
        await TitleAsync("Mit dem alten", "what is signed with the old secret is heard");
        using var rest = new WooRest(Shops.Address);
        await Until.TrueAsync(
            async () => (await rest.ListAsync("webhooks")).All(hook => hook!["name"]!.GetValue<string>().EndsWith('Z')), "the shop's hooks have the new secret", TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, title = "Mit dem neuen" });
        await TitleAsync("Mit dem neuen", "what is signed with the new secret is heard");

        Assert.Equal(refused, await RefusedAsync());
        var health = await Hub.GetAsync($"/api/channels/{Workshop.WooChannel}/health");
        Assert.Equal([true, false], health["webhookSecrets"]!.AsArray().Select(secret => secret!["isCurrent"]!.GetValue<bool>()));
        Assert.DoesNotContain("whsec_demo", workshop.HubSaid, StringComparison.Ordinal);

        Task TitleAsync(string title, string what) => Until.TrueAsync(
            async () => (await Shops.FindAsync(SandboxClient.Shopify, Sku))?.Title == title, what, TimeSpan.FromSeconds(20), () => workshop.HubSaid);
        async Task<long> RefusedAsync() => (await Hub.GetAsync("/api/webhooks/metrics"))["refusedSignatures"]!.GetValue<long>();
    }

    private async Task<System.Text.Json.Nodes.JsonNode> HealthAsync() => (await Hub.GetAsync($"/api/channels/{Workshop.ShopifyChannel}/health"))["store"]!;
}
