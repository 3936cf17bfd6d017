using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>A hub that is no demo: its first key, and two differing shops connected by hand, one after the other.</summary>
[Collection(nameof(KillCollection))]
public sealed partial class ObserveTests : IAsyncLifetime
{
    private const string German = "shop-de";
    private const string Site = "site-de";

    private readonly Workshop workshop = new();

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public async ValueTask InitializeAsync()
    {
        await workshop.StartSandboxAsync();
        workshop.StartHub(demo: false);
        await workshop.HubReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        workshop.TellIfFailed();
        await workshop.DisposeAsync();
    }

    [Fact]
    public async Task SecondShop_DiffersAndIsObserved_IsNotWrittenToUntilTheNumberIsConfirmed()
    {
        var refused = await Hub.TryPostAsync("/api/channels", new { id = German });
        Assert.Equal(401, refused.Status);
        workshop.UseKey(await PrintedKeyAsync());

        await ConnectAsync(German, "shopify", new
        {
            baseUrl = new Uri(Shops.Address, "shopify/demo").ToString(),
            shopDomain = "demo.myshopify.com",
            accessToken = "shpat_demo",
            webhookSecret = "shpss_demo",
        });
        await ImportAsync(German);
        await ConfirmAsync(German, "none");

        var before = await Shops.ProductsAsync(SandboxClient.Woo);
        await ConnectAsync(Site, "woocommerce", new
        {
            baseUrl = new Uri(Shops.Address, "woo/demo").ToString(),
            consumerKey = "ck_demo",
            consumerSecret = "cs_demo",
            webhookSecret = "whsec_demo",
        });
        await ImportAsync(Site);
        await workshop.EchoesAreInAsync();

        Assert.Empty(await WooWritesAsync());
        Assert.Equivalent(before, await Shops.ProductsAsync(SandboxClient.Woo), strict: true);
        var catalogue = await Shops.CatalogueAsync();
        var differing = catalogue.GetProperty("wooDifferences").EnumerateArray()
            .Select(difference => (Sku: difference.GetProperty("sku").GetString()!, Field: difference.GetProperty("field").GetString()!.Replace("title", "name", StringComparison.Ordinal)))
            .ToList();
        var undecided = await UndecidedAsync();
        Assert.Equal(differing.Select(difference => $"{difference.Sku} {difference.Field}").Order(StringComparer.Ordinal), undecided);

        var report = await ConfirmAsync(Site, "none");
        Assert.Equal(differing.Count, report["undecided"]!.GetValue<long>());
        Assert.Equal(0, report["update"]!.GetValue<long>());
        Assert.Equal(catalogue.GetProperty("missingInWoo").GetArrayLength(), report["create"]!.GetValue<long>());
        foreach (var (sku, _) in differing)
        {
            await Until.TrueAsync(() => AgreeAsync(sku), $"{sku} is in WooCommerce as in Shopify", account: () => workshop.HubSaid);
        }

        await Until.TrueAsync(async () => await Hub.DirtyAsync(Site) == 0 && await Hub.DirtyAsync(German) == 0, "nothing is on its way", account: () => workshop.HubSaid);
        // createMissing is none: what the site lacks is still missing, and only what differed was written.
        Assert.Equal(before.Count, (await Shops.ProductsAsync(SandboxClient.Woo)).Count);
        Assert.Equal(0, await Shops.RequestsAsync(SandboxClient.Shopify, "productSet"));
        await workshop.EchoesAreInAsync();
    }

    [Fact]
    public async Task FirstKey_SecondStart_IsNotPrintedAgainAndStillOpens()
    {
        var key = await PrintedKeyAsync();
        await workshop.RestartHubAsync(demo: false, key: key);
        Assert.Empty((await Hub.GetAsync("/api/channels"))["items"]!.AsArray());
        Assert.DoesNotMatch(KeyPattern(), workshop.HubProcess!.Said);
        foreach (var path in new[] { "/api/channels", "/docs", "/dashboard" })
        {
            using var stranger = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = workshop.HubAddress };
            using var answer = await stranger.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [GeneratedRegex("as_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex KeyPattern();

    private Task<string> PrintedKeyAsync() => Until.HoldsAsync(
        () => Task.FromResult(KeyPattern().Match(workshop.HubProcess!.Said).Value), key => key.Length > 0, "the first start prints an admin key", account: () => workshop.HubSaid);

    private async Task ConnectAsync(string id, string kind, object settings)
    {
        var channel = await Hub.PostAsync("/api/channels", new { id, kind, name = id, settings });
        Assert.Equal("observe", channel["mode"]!.GetValue<string>());
        await Hub.PostAsync($"/api/channels/{id}/register-webhooks", new { });
    }

    private async Task ImportAsync(string id)
    {
        await Hub.PostAsync($"/api/channels/{id}/import", new { });
        var import = await Until.HoldsAsync(
            () => Hub.GetAsync($"/api/channels/{id}/import"),
            progress => progress["state"]!.GetValue<string>() is not ("running" or "waiting"),
            $"{id} is imported",
            TimeSpan.FromMinutes(2),
            () => workshop.HubSaid);
        Assert.Equal("done", import["state"]!.GetValue<string>());
        Assert.Equal(0, import["failed"]!.GetValue<long>());
    }

    /// <summary>Asks for the report, is refused with a wrong number, and goes live with the right one.</summary>
    private async Task<JsonObject> ConfirmAsync(string id, string createMissing)
    {
        var report = await Hub.GetAsync($"/api/channels/{id}/go-live");
        var number = report["writes"]!.GetValue<long>();
        var wrong = await Hub.TryPostAsync($"/api/channels/{id}/go-live", new { confirm = number + 1, winner = German, createMissing });
        Assert.Equal(409, wrong.Status);
        var named = string.Create(CultureInfo.InvariantCulture, $"{number} products would be written");
        Assert.True(wrong.Text.Contains(named, StringComparison.Ordinal), wrong.Text);
        Assert.Equal("observe", (await Hub.GetAsync($"/api/channels/{id}"))["mode"]!.GetValue<string>());

        await Hub.PostAsync($"/api/channels/{id}/go-live", new { confirm = number, winner = German, createMissing });
        await Until.TrueAsync(
            async () => (await Hub.GetAsync($"/api/channels/{id}"))["mode"]!.GetValue<string>() == "live", $"{id} is live", account: () => workshop.HubSaid);
        return report;
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
