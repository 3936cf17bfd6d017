using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Shopify's tokens that end: asked for, renewed, refused and revoked under the real hub. What counts is what the shop's token address was asked.</summary>
[Collection(nameof(OwnHubCollection))]
public sealed partial class ShopLoginTests : OwnHubTests
{
    private const int AtOnce = 20;
    [Fact]
    public async Task ClientCredentials_ManyCallsAndAnEndInMidRun_AskOncePerToken()
    {
        await ConnectAsync("own", grant: null);
        Assert.Equal(1, await AskedAsync());
        Assert.All(await TestAsync("own"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(2, await AskedAsync());

        await Shops.TokensAsync(new { expire = true });
        Assert.All(await TestAsync("own"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(3, await AskedAsync());

        await Shops.InstallAsync(false);
        Assert.All(await TestAsync("own"), refused => Assert.Contains("gives this app no token", refused.Message, StringComparison.Ordinal));
        Assert.All(await TestAsync("own"), refused => Assert.False(refused.Ok));
        Assert.Equal(4, await AskedAsync());
        Assert.Equal("unauthorised", (await Hub.GetAsync("/api/channels/own/health"))["store"]!["state"]!.GetValue<string>());

        // Nobody has to wait for the next try: changed settings are tried at once.
        await Shops.InstallAsync(true);
        await Hub.PutAsync("/api/channels/own", new { settings = new { grant = "client_credentials" } });
        Assert.All(await TestAsync("own"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(5, await AskedAsync());
        AssertNothingLeaked();
    }

    [Fact]
    public async Task SignIn_FromTheBrowserToARevokedLogin_SaysWhatToDo()
    {
        await ConnectAsync("login", "authorization_code");
        Assert.All(await TestAsync("login"), refused => Assert.Contains("sign in", refused.Message, StringComparison.Ordinal));
        Assert.Equal(0, await AskedAsync());
        await Shops.TokensAsync(new { autoConsent = true });
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var start = await Hub.PostAsync("/api/channels/login/login", new { });
        using var consent = await browser.GetAsync(new Uri(start["authorizeUrl"]!.GetValue<string>()));
        var back = consent.Headers.Location!;
        using var forged = await browser.GetAsync(new Uri(back.AbsoluteUri.Replace("code=", "code=0", StringComparison.Ordinal)));
        Assert.Equal(0, await AskedAsync());
        Assert.Contains("login-forged", await forged.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var signedIn = await browser.GetAsync(back);
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        Assert.All(await TestAsync("login"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(1, await AskedAsync());

        await Shops.TokensAsync(new { expire = true });
        Assert.All(await TestAsync("login"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(2, await AskedAsync());

        await Shops.TokensAsync(new { revoke = true });
        Assert.All(await TestAsync("login"), refused => Assert.Contains("has to sign in again", refused.Message, StringComparison.Ordinal));
        Assert.All(await TestAsync("login"), refused => Assert.False(refused.Ok));
        Assert.Equal(3, await AskedAsync());
        Assert.Equal("reauth-required", (await Hub.GetAsync("/api/channels/login/health"))["store"]!["state"]!.GetValue<string>());
        AssertNothingLeaked();
    }

    [Fact]
    public async Task Session_OfTheAppsPage_SignsInAndTellsWhatTheShopCutsLater()
    {
        await ConnectAsync("embedded", "token_exchange");
        Assert.All(await TestAsync("embedded"), refused => Assert.Contains("/token-exchange", refused.Message, StringComparison.Ordinal));
        Assert.Equal(0, await AskedAsync());
        using var page = new HubClient(Workshop.HubAddress);
        var stale = await ExchangeAsync(page, await Shops.SessionAsync(ageSeconds: 120));
        Assert.Equal(401, stale.Status);
        Assert.Contains("It ended at", stale.Text, StringComparison.Ordinal);
        var genuine = await Shops.SessionAsync();
        Assert.Equal(401, (await ExchangeAsync(page, genuine[..^4] + "AAAA")).Status);
        Assert.Equal(0, await AskedAsync());

        var signedIn = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ExchangeAsync(page, genuine)));
        Assert.All(signedIn, answer => Assert.True(answer.Status == 200, answer.Text));
        Assert.DoesNotContain("shpat_", signedIn[0].Text, StringComparison.Ordinal);
        Assert.All(await TestAsync("embedded"), ok => Assert.True(ok.Ok, ok.Message));
        Assert.Equal(1, await AskedAsync());

        await Hub.PostAsync("/api/channels/embedded/register-webhooks", new { });
        Assert.Empty(await WarningsAsync());
        await Shops.ScopesAsync("write_products", "write_inventory", "read_locations");
        await Until.TrueAsync(
            async () => (await WarningsAsync()).Any(warning => warning.Contains("lacks the access scopes write_files", StringComparison.Ordinal)), "the webhook is heard and the rights are asked for", account: () => Workshop.HubSaid);
        await Shops.ScopesAsync(null);
        await Until.TrueAsync(async () => (await WarningsAsync()).Length == 0, "all rights are back", account: () => Workshop.HubSaid);

        await Shops.InstallAsync(false);
        await Until.TrueAsync(async () => (await LoginAsync())["state"]!.GetValue<string>() == "ended", "the shop removed the app", account: () => Workshop.HubSaid);
        await Shops.InstallAsync(true);
        await Shops.TokensAsync(new { refreshLifeSeconds = 3 * 86_400 });
        Assert.Equal(200, (await ExchangeAsync(page, await Shops.SessionAsync())).Status);
        Assert.All(await TestAsync("embedded"), ok => Assert.True(ok.Ok, ok.Message));
        await Until.TrueAsync(
            async () => (await Hub.GetAsync("/api/channels/embedded/health"))["store"]!["state"]!.GetValue<string>() == "ok", "it is in service again", account: () => Workshop.HubSaid);
        Assert.Contains("The login ends at", Assert.Single(await WarningsAsync()), StringComparison.Ordinal);
        AssertNothingLeaked();

        async Task<JsonNode> LoginAsync() => (await Hub.GetAsync("/api/channels/embedded/health"))["login"]!;
        async Task<string[]> WarningsAsync() => [.. (await LoginAsync())["warnings"]!.AsArray().Select(warning => warning!.GetValue<string>())];
    }

    [Fact]
    public async Task ClientSecret_IsReplaced_DeliveriesAndTokensWorkThroughout()
    {
        const string Next = "shpss_the_next_secret_01";
        await ConnectAsync("own", grant: null);
        await Hub.PostAsync("/api/channels/own/register-webhooks", new { });
        await Shops.CreateAsync(SandboxClient.Shopify, new { title = "Vorher", sku = "ROTATE-1", price = 5m, stock = 1 });
        await HeardAsync("ROTATE-1");

        await Shops.SecretAsync(new { next = Next });
        var rotation = await Hub.PostAsync("/api/channels/own/rotate-secret", new { secret = Next, oldValidHours = 1 });
        Assert.Equal("clientSecret", rotation["name"]!.GetValue<string>());
        await Shops.CreateAsync(SandboxClient.Shopify, new { title = "Mit dem alten", sku = "ROTATE-2", price = 5m, stock = 1 });
        await HeardAsync("ROTATE-2");
        await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > rotation["knownEverywhereAt"]!.GetValue<DateTimeOffset>()), "the hub knows the new secret");
        await Shops.SecretAsync(new { revokeOld = true });
        await Shops.CreateAsync(SandboxClient.Shopify, new { title = "Mit dem neuen", sku = "ROTATE-3", price = 5m, stock = 1 });
        await HeardAsync("ROTATE-3");
        await Shops.TokensAsync(new { expire = true });
        Assert.All(await TestAsync("own"), ok => Assert.True(ok.Ok, ok.Message));

        Assert.Equal(0, (await Hub.GetAsync("/api/webhooks/metrics"))["refusedSignatures"]!.GetValue<long>());
        Assert.Equal(2, (await Hub.GetAsync("/api/channels/own/health"))["webhookSecrets"]!.AsArray().Count);
        AssertNothingLeaked();

        Task HeardAsync(string sku) => Until.TrueAsync(async () => await Hub.FindAsync(sku) is not null, $"the delivery about {sku} is taken", account: () => Workshop.HubSaid);
    }

    private static Task<(int Status, string Text)> ExchangeAsync(HubClient page, string session) => page.TryPostAsync("/api/channels/embedded/token-exchange", new { sessionToken = session });

    private async Task ConnectAsync(string id, string? grant)
    {
        var settings = new JsonObject { ["baseUrl"] = new Uri(Shops.Address, "shopify/demo").ToString(), ["shopDomain"] = "demo.myshopify.com", ["clientId"] = "demo", ["clientSecret"] = "shpss_demo" };
        if (grant is not null)
        {
            settings["grant"] = grant;
        }

        await Hub.PostAsync("/api/channels", new { id, kind = "shopify", name = id, settings });
    }

    private async Task<(bool Ok, string Message)[]> TestAsync(string id)
    {
        var probes = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Hub.PostAsync($"/api/channels/{id}/test", new { })));
        return [.. probes.Select(probe => (probe["ok"]!.GetValue<bool>(), probe["fault"]?["message"]?.GetValue<string>() ?? ""))];
    }

    private Task<long> AskedAsync() => Shops.RequestsAsync(SandboxClient.Shopify, "access_token");

    private void AssertNothingLeaked() => Assert.Empty(Secret().Matches(Workshop.HubSaid));

    [GeneratedRegex("shp(?:at|rt|ss)_[0-9a-z]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Secret();
}
