using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Connecting the Sandbox's shops by hand, as a person does with a hub that is no demo.</summary>
internal sealed partial class Connections(Workshop workshop)
{
    public const string German = "shop-de";
    public const string Site = "site-de";

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public Task<JsonObject> ConnectShopifyAsync(string bulkFrom = "") => ConnectAsync(German, "shopify", new
    {
        baseUrl = new Uri(Shops.Address, "shopify/demo").ToString(),
        shopDomain = "demo.myshopify.com",
        bulkFrom,
        accessToken = "shpat_demo",
        webhookSecret = "shpss_demo",
    });

    public Task<JsonObject> ConnectWooAsync() => ConnectAsync(Site, "woocommerce", new
    {
        baseUrl = new Uri(Shops.Address, "woo/demo").ToString(),
        consumerKey = "ck_demo",
        consumerSecret = "cs_demo",
        webhookSecret = "whsec_demo",
    });

    [GeneratedRegex("as_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    public static partial Regex KeyPattern();

    public Task<string> PrintedKeyAsync() => Until.HoldsAsync(
        () => Task.FromResult(KeyPattern().Match(workshop.HubProcess!.Said).Value), key => key.Length > 0, "the first start prints an admin key", account: () => workshop.HubSaid);

    private async Task<JsonObject> ConnectAsync(string id, string kind, object settings)
    {
        var channel = await Hub.PostAsync("/api/channels", new { id, kind, name = id, settings });
        Assert.Equal("observe", channel["mode"]!.GetValue<string>());
        return channel;
    }

    public Task RegisterAsync(string id) => Hub.PostAsync($"/api/channels/{id}/register-webhooks", new { });

    public async Task ImportAsync(string id)
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
    public async Task<JsonObject> ConfirmAsync(string id, string createMissing)
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
}
