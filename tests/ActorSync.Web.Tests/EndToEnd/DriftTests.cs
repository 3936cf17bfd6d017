using System.Text.Json.Nodes;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>What webhooks did not tell is found by a scan; what is deleted in one shop goes elsewhere as the policy says.</summary>
[Collection(nameof(EndToEndCollection))]
public sealed class DriftTests(Workshop workshop) : IDisposable
{
    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public void Dispose() => workshop.TellIfFailed();

    [Fact]
    public async Task Scan_OfAShopThatLosesFivePercentOfItsWebhooks_RepairsEverythingAndReportsTheLoss()
    {
        const int Least = 60;
        await workshop.SettledAsync(mustBeLive: true);
        await workshop.EchoesAreInAsync();
        await ScanAsync();
        var catalogue = (await Shops.ProductsAsync(SandboxClient.Shopify)).Select(p => p.Variants.First(v => v.Sku.Length > 0).Sku)
            .Where(sku => !sku.StartsWith("E2E-", StringComparison.Ordinal)).ToList();
        var lostBefore = await LostAsync();
        var edited = new List<string>();
        await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookLoss = 0.05 });
        foreach (var sku in catalogue)
        {
            await Shops.EditAsync(SandboxClient.Shopify, new { sku, title = $"Geprüft {sku}" });
            edited.Add(sku);
            if (edited.Count >= Least && edited.Count % 10 == 0)
            {
                await workshop.EchoesAreInAsync();
                if (await LostAsync() > lostBefore)
                {
                    break;
                }
            }
        }

        await workshop.EchoesAreInAsync();
        await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookLoss = 0 });
        var lost = await LostAsync() - lostBefore;
        Assert.InRange(lost, 1, edited.Count - 1);
        await workshop.SettledAsync();
        var last = (await Shops.GetAsync(SandboxClient.Shopify, edited[^1])).UpdatedAt;
        await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > last.AddSeconds(3)), "the last edit is older than a delivery takes");

        var scan = await ScanAsync();

        var report = scan["report"]!;
        Assert.Equal((lost, lost, 0L), (report["missedWebhooks"]!.GetValue<long>(), report["drifted"]!.GetValue<long>(), report["failed"]!.GetValue<long>()));
        Assert.Equal(lost, report["repairedByField"]!["name"]!.GetValue<long>());
        Assert.Equal((double)lost / edited.Count, scan["webhookLossRate"]!.GetValue<double>(), 0.02);
        await workshop.SettledAsync();
        await workshop.AssertShopsAgreeAsync([.. edited]);
        var health = (await Hub.GetAsync($"/api/channels/{Workshop.ShopifyChannel}/health"))["drift"]!;
        Assert.Equal(health["productsLinked"]!.GetValue<long>(), health["productsVerified"]!.GetValue<long>());
        Assert.Equal(scan["webhookLossRate"]!.GetValue<double>(), health["webhookLossRate"]!.GetValue<double>());
        await workshop.EchoesAreInAsync();
        Assert.Equal(0, (await ScanAsync())["report"]!["drifted"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("unlink", "active")]
    [InlineData("archive", "archived")]
    [InlineData("delete", null)]
    public async Task Delete_InWoo_ShopifyAsThePolicySays(string policy, string? status)
    {
        var sku = $"E2E-DEL-{policy}";
        using var woo = new WooRest(Shops.Address);
        await Hub.PutAsync("/api/policy", new { deletes = policy });
        try
        {
            await Shops.CreateAsync(SandboxClient.Shopify, new { title = $"Becher {sku}", variants = new[] { new { sku, price = 12m, stock = 3 } } });
            await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Woo, sku) is not null, $"{sku} is in WooCommerce", explain: () => Hub.ExplainAsync(sku));
            await workshop.SettledAsync();
            await workshop.EchoesAreInAsync();
            var product = (await Hub.FindAsync(sku))!;

            await woo.DeleteAsync($"products/{(await Shops.GetAsync(SandboxClient.Woo, sku)).Id}");

            await Until.TrueAsync(async () => await LinkAsync(product, Workshop.WooChannel) == "deleted", "the delete is confirmed");
            await Until.TrueAsync(async () => (await Shops.FindAsync(SandboxClient.Shopify, sku))?.Status == status, $"Shopify shows {status ?? "nothing"}", TimeSpan.FromSeconds(15),
                explain: async () => (await Hub.GetAsync($"/api/products/{product}/explain")).ToJsonString() + string.Join("; ", (await Hub.ConflictsAsync(product)).Select(row => row.ToJsonString())));
            await workshop.SettledAsync();
            await workshop.EchoesAreInAsync();
            await workshop.SettledAsync();
            Assert.Equal(status, (await Shops.FindAsync(SandboxClient.Shopify, sku))?.Status);
            Assert.DoesNotContain(await Shops.ProductsAsync(SandboxClient.Woo), p => p.Status != "trash" && p.Variants.Any(v => v.Sku == sku));
        }
        finally
        {
            await Hub.PutAsync("/api/policy", new { deletes = "unlink" });
        }
    }

    private async Task<string?> LinkAsync(string product, string channel) =>
        (await Hub.GetAsync($"/api/products/{product}"))["channels"]!.AsArray().FirstOrDefault(link => link!["id"]!.GetValue<string>() == channel)?["status"]?.GetValue<string>();

    private async Task<long> LostAsync() => (await Shops.StatsAsync(SandboxClient.Shopify)).GetProperty("webhooksLost").GetInt64();

    private async Task<JsonNode> ScanAsync()
    {
        var started = await Hub.PostAsync($"/api/channels/{Workshop.ShopifyChannel}/reconcile", new { });
        return await Until.HoldsAsync(
            async () => (JsonNode)await Hub.GetAsync(started["statusUrl"]!.GetValue<string>()), scan => scan["state"]!.GetValue<string>() == "done", "the scan is done",
            TimeSpan.FromMinutes(3), () => workshop.HubSaid);
    }
}
