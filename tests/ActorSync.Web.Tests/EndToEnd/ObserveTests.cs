namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>A hub that is no demo: its first key, and two differing shops connected by hand, one after the other.</summary>
[Collection(nameof(OwnHubCollection))]
public sealed class ObserveTests() : OwnHubTests(signedIn: false)
{
    private const string German = Connections.German;
    private const string Site = Connections.Site;

    [Fact]
    public async Task SecondShop_DiffersAndIsObserved_IsNotWrittenToUntilTheNumberIsConfirmed()
    {
        var refused = await Hub.TryPostAsync("/api/channels", new { id = German });
        Assert.Equal(401, refused.Status);
        Workshop.UseKey(await Connections.PrintedKeyAsync());

        await Connections.ConnectShopifyAsync();
        await Connections.RegisterAsync(German);
        await Connections.ImportAsync(German);
        await Connections.ConfirmAsync(German, "none");

        var before = await Shops.ProductsAsync(SandboxClient.Woo);
        await Connections.ConnectWooAsync();
        await Connections.RegisterAsync(Site);
        await Connections.ImportAsync(Site);
        await Workshop.EchoesAreInAsync();

        Assert.Empty(await WooWritesAsync());
        Assert.Equivalent(before, await Shops.ProductsAsync(SandboxClient.Woo), strict: true);
        var catalogue = await Shops.CatalogueAsync();
        var differing = catalogue.GetProperty("wooDifferences").EnumerateArray()
            .Select(difference => (Sku: difference.GetProperty("sku").GetString()!, Field: difference.GetProperty("field").GetString()!.Replace("title", "name", StringComparison.Ordinal)))
            .ToList();
        var undecided = await UndecidedAsync();
        Assert.Equal(differing.Select(difference => $"{difference.Sku} {difference.Field}").Order(StringComparer.Ordinal), undecided);

        var report = await Connections.ConfirmAsync(Site, "none");
        Assert.Equal(differing.Count, report["undecided"]!.GetValue<long>());
        Assert.Equal(0, report["update"]!.GetValue<long>());
        Assert.Equal(catalogue.GetProperty("missingInWoo").GetArrayLength(), report["create"]!.GetValue<long>());
        foreach (var (sku, _) in differing)
        {
            await Until.TrueAsync(() => AgreeAsync(sku), $"{sku} is in WooCommerce as in Shopify", account: () => Workshop.HubSaid);
        }

        await Until.TrueAsync(async () => await Hub.DirtyAsync(Site) == 0 && await Hub.DirtyAsync(German) == 0, "nothing is on its way", account: () => Workshop.HubSaid);
        // createMissing is none: what the site lacks is still missing, and only what differed was written.
        Assert.Equal(before.Count, (await Shops.ProductsAsync(SandboxClient.Woo)).Count);
        Assert.Equal(0, await Shops.RequestsAsync(SandboxClient.Shopify, "productSet"));
        await Workshop.EchoesAreInAsync();
    }

    [Fact]
    public async Task FirstKey_SecondStart_IsNotPrintedAgainAndStillOpens()
    {
        var key = await Connections.PrintedKeyAsync();
        await Workshop.RestartHubAsync(demo: false, key: key);
        Assert.Empty((await Hub.GetAsync("/api/channels"))["items"]!.AsArray());
        Assert.DoesNotMatch(Connections.KeyPattern(), Workshop.HubProcess!.Said);
        foreach (var path in new[] { "/api/channels", "/docs", "/dashboard" })
        {
            using var stranger = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Workshop.HubAddress };
            using var answer = await stranger.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    /// <summary>What the site's API was asked to change, apart from the webhooks themselves.</summary>
    private async Task<IReadOnlyList<string>> WooWritesAsync() =>
        [.. (await Shops.StatsAsync(SandboxClient.Woo)).GetProperty("requests").EnumerateObject()
            .Select(operation => operation.Name)
            .Where(name => !name.StartsWith("GET ", StringComparison.Ordinal) && !name.Contains("webhooks", StringComparison.Ordinal))];

    /// <summary>What waits for a decision: the product's first SKU and the hub's field.</summary>
    private async Task<List<string>> UndecidedAsync()
    {
        var rows = new List<string>();
        foreach (var row in (await Hub.GetAsync($"/api/channels/{Site}/links?limit=500"))["items"]!.AsArray())
        {
            var product = await Hub.GetAsync($"/api/products/{row!["productId"]!.GetValue<string>()}");
            var sku = product["variants"]!.AsArray().Select(variant => variant!["sku"]?.GetValue<string>()).First(sku => !string.IsNullOrEmpty(sku));
            rows.AddRange(row["undecidedFields"]!.AsArray().Select(field => $"{sku} {field!.GetValue<string>()}"));
        }

        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    private async Task<bool> AgreeAsync(string sku)
    {
        var shopify = await Shops.GetAsync(SandboxClient.Shopify, sku);
        var woo = await Shops.GetAsync(SandboxClient.Woo, sku);
        return Workshop.Plain(shopify.Title) == Workshop.Plain(woo.Title)
            && shopify.Variant(sku).Price == woo.Variant(sku).Price
            && shopify.Description.Contains("solange der Vorrat", StringComparison.Ordinal) == woo.Description.Contains("solange der Vorrat", StringComparison.Ordinal);
    }
}
