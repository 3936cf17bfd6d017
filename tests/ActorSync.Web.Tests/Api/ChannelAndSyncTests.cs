using System.Net;
using System.Net.Http.Json;
using ActorSync.Web.Tests.Hub;

namespace ActorSync.Web.Tests.Api;

public sealed class ChannelAndSyncTests(TestHub hub)
{
    [Fact]
    public async Task Connect_WithUnknownAndMissingSettings_NamesBoth()
    {
        var answer = await hub.Admin.PostAsJsonAsync("/api/channels", new { id = "bad-1", kind = TestShop.Kind, settings = new { baseUrll = "http://x.test" } });

        var errors = (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("errors");
        Assert.Contains("did you mean 'baseUrl'", errors.GetProperty("settings.baseUrll")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("missing", errors.GetProperty("settings.token")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WhenTheChannelRefuses_SavesNothingAndTellsItsWords()
    {
        var answer = await hub.Admin.PostAsJsonAsync("/api/channels", new { id = "refused-1", kind = TestShop.Kind, settings = new { baseUrl = "http://r.test", token = "wrong" } });

        Assert.Contains("The token is not known.", (await answer.JsonAsync(HttpStatusCode.UnprocessableEntity)).Text("detail"), StringComparison.Ordinal);
        await hub.Admin.GetJsonAsync("/api/channels/refused-1", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Connect_TheSameShopASecondTime_NamesTheChannelThatHasIt()
    {
        var settings = new { baseUrl = "http://twice.test", token = "t" };
        var first = await hub.Admin.PostAsJsonAsync("/api/channels", new { id = "once", kind = TestShop.Kind, settings });
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);

        var second = await hub.Admin.PostAsJsonAsync("/api/channels", new { id = "twice", kind = TestShop.Kind, settings });

        Assert.Contains("already connected as channel 'once'", (await second.JsonAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        await hub.Admin.GetJsonAsync("/api/channels/twice", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Secrets_OnceGiven_AreNamedButNeverShown()
    {
        var id = await hub.ConnectAsync();

        var text = await hub.Admin.GetStringAsync($"/api/channels/{id}");

        Assert.Contains("webhookSecret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(TestShop.Secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WithOneSecret_KeepsTheOthers()
    {
        var id = await hub.ConnectAsync();

        await (await hub.Admin.PutAsJsonAsync($"/api/channels/{id}", new { name = "Renamed", settings = new Dictionary<string, string> { ["webhookSecret.2"] = "whsec_next" } })).JsonAsync();

        var stored = await TestHub.UntilAsync(() => hub.Admin.GetJsonAsync($"/api/channels/{id}"), c => c.Text("name") == "Renamed");
        Assert.Equal(["token", "webhookSecret"], stored.GetProperty("secretsSet").EnumerateArray().Select(s => s.GetString()!));
        var body = """{"id":"k1","name":"Rotated","sku":"ROT-1","price":1,"version":1}""";
        foreach (var (secret, i) in new[] { TestShop.Secret, "whsec_next" }.Select((s, i) => (s, i)))
        {
            await TestHub.UntilAsync(() => hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{id}", body, $"e{i}", secret)), a => a.StatusCode == HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Import_ThenGoLive_WantsTheNumberAndThenPushes()
    {
        var id = await hub.ConnectAsync();
        var shop = hub.Shops.Shop($"http://{id}.test");
        shop.Items["p1"] = new ShopItem("Imported lamp", $"LAMP-{id}", 20, 100);

        var job = await (await hub.Operator.PostAsync($"/api/channels/{id}/import", null)).JsonAsync(HttpStatusCode.Accepted);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync(job.Text("statusUrl")), p => p.Text("state") == "done");
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{id}"), c => c.TryGetProperty("importedAt", out _));
        var report = await hub.Viewer.GetJsonAsync($"/api/channels/{id}/go-live");
        var writes = report.GetProperty("writes").GetInt64();
        var refused = await hub.Admin.PostAsJsonAsync($"/api/channels/{id}/go-live", new { confirm = writes + 1, winner = id });
        Assert.Contains("confirm", (await refused.JsonAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        await (await hub.Admin.PostAsJsonAsync($"/api/channels/{id}/go-live", new { confirm = writes, winner = id })).JsonAsync(HttpStatusCode.Accepted);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{id}"), c => c.Text("mode") == "live");

        var product = (await hub.Viewer.GetJsonAsync($"/api/products?sku=LAMP-{id}")).GetProperty("items")[0].Text("id");
        var version = (await hub.Viewer.GetJsonAsync($"/api/products/{product}")).GetProperty("version").GetInt64();
        await (await hub.Operator.PatchAsJsonAsync($"/api/products/{product}", new { version, name = "Renamed lamp" })).JsonAsync();

        await TestHub.UntilAsync(() => Task.FromResult(shop.Items["p1"].Name), name => name == "Renamed lamp");
        var queue = await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/integrations/product-sync/product/{product}/queue-status"), q => q.GetProperty("data").GetProperty("completed").GetInt32() >= 1);
        Assert.True(queue.GetProperty("success").GetBoolean());
        Assert.Contains(queue.GetProperty("data").GetProperty("jobs").EnumerateArray(), j => j.Text("operation") == $"push_to_{TestShop.Kind}" && j.Text("status") == "completed");
        var logs = (await hub.Viewer.GetJsonAsync($"/api/integrations/product-sync/product/{product}/logs?limit=50&offset=0")).GetProperty("data").GetProperty("logs");
        Assert.Contains(logs.EnumerateArray(), l => l.Text("origin") == "NOLIMITS" && l.GetProperty("newValues").TryGetProperty("name", out var name) && name.GetString() == "Renamed lamp");
        Assert.Contains(logs.EnumerateArray(), l => l.Text("origin") == "TESTSHOP");
    }

    [Fact]
    public async Task FirstContact_WithADifferingName_IsListedAndDecidedForTheChannel()
    {
        var product = await hub.CreateAsync(new { name = "Hub's name", sku = "CONTACT-1", price = 5 });
        var id = await hub.ConnectAsync();
        hub.Shops.Shop($"http://{id}.test").Items["f1"] = new ShopItem("Shop's name", "CONTACT-1", 5, 100);
        await hub.Operator.PostAsync($"/api/channels/{id}/import", null);
        var listed = await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{id}/links"), l => l.GetProperty("items").GetArrayLength() == 1);
        Assert.Equal("name", Assert.Single(listed.GetProperty("items")[0].GetProperty("undecidedFields").EnumerateArray()).GetString());
        Assert.Equal("Hub's name", (await hub.Viewer.GetJsonAsync($"/api/products/{product}")).Text("name"));

        await (await hub.Operator.PostAsJsonAsync($"/api/products/{product}/decide", new { channel = id, winner = id })).JsonAsync(HttpStatusCode.NoContent);

        Assert.Equal("Shop's name", (await hub.Viewer.GetJsonAsync($"/api/products/{product}")).Text("name"));
        Assert.Empty((await hub.Viewer.GetJsonAsync($"/api/channels/{id}/links")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task PauseAndResume_AreShownAtOnce()
    {
        var id = await hub.ConnectAsync();

        Assert.True((await (await hub.Operator.PostAsync($"/api/channels/{id}/pause", null)).JsonAsync()).GetProperty("paused").GetBoolean());
        Assert.True((await hub.Viewer.GetJsonAsync($"/api/channels/{id}")).GetProperty("paused").GetBoolean());
        Assert.False((await (await hub.Operator.PostAsync($"/api/channels/{id}/resume", null)).JsonAsync()).GetProperty("paused").GetBoolean());
    }

    [Fact]
    public async Task RegisterWebhooks_WithoutPublicUrl_SaysSoAndTheChannelIsPolled()
    {
        var id = await hub.ConnectAsync();

        Assert.Contains("PublicUrl", (await (await hub.Admin.PostAsync($"/api/channels/{id}/register-webhooks", null)).JsonAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
        // Nobody can deliver to us, so the channel is asked instead.
        Assert.True((await hub.Admin.GetFromJsonAsync<System.Text.Json.JsonElement>($"/api/channels/{id}")).GetProperty("pollMode").GetBoolean());
    }

    [Fact]
    public async Task FieldOwnership_WithCustomRule_MovesTheFieldAndRefusesUnknownOnes()
    {
        var answer = await (await hub.OtherTenant.PutAsJsonAsync("/api/integrations/product-sync/field-ownership/other", new { customRules = new { netSalesPrice = "ops" } })).JsonAsync();
        var refused = await (await hub.OtherTenant.PutAsJsonAsync("/api/integrations/product-sync/field-ownership/other", new { customRules = new { prise = "ops", available = "ops", name = "mine" } })).JsonAsync(HttpStatusCode.BadRequest);

        Assert.Contains("price", answer.GetProperty("data").GetProperty("ops").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal(3, refused.GetProperty("errors").EnumerateObject().Count());
        Assert.False(refused.GetProperty("success").GetBoolean());
        Assert.Contains("price", (await hub.Viewer.GetJsonAsync("/api/integrations/product-sync/field-ownership")).GetProperty("data").GetProperty("commerce").EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public async Task SyncCreate_WithTheReplacedSystemsBody_MakesTheProductInTheEnvelope()
    {
        var answer = await (await hub.Operator.PostAsJsonAsync("/api/integrations/product-sync/create", new { clientId = "default", name = "New Product", sku = "PROD-001", price = 19.99, quantity = 100 })).JsonAsync(HttpStatusCode.Created);
        var other = await hub.Operator.PostAsJsonAsync("/api/integrations/product-sync/create", new { clientId = "other", name = "Not mine" });

        Assert.True(answer.GetProperty("success").GetBoolean());
        Assert.Equal("New Product", (await hub.Viewer.GetJsonAsync($"/api/products/{answer.GetProperty("data").Text("id")}")).Text("name"));
        Assert.False((await other.JsonAsync(HttpStatusCode.NotFound)).GetProperty("success").GetBoolean());
    }

    [Fact]
    public async Task Status_OfTheClient_CountsItsProducts()
    {
        await hub.CreateAsync(new { name = "Counted", sku = "COUNT-1" });

        var data = (await hub.Viewer.GetJsonAsync("/api/integrations/product-sync/status/default")).GetProperty("data");

        Assert.True(data.GetProperty("total").GetInt64() >= 1);
        Assert.Equal(data.GetProperty("total").GetInt64(), new[] { "synced", "pending", "conflict", "error" }.Sum(s => data.GetProperty(s).GetInt64()));
    }

    [Fact]
    public async Task Conflict_OfTwoBlindEdits_IsListedAndResolvedByTakingTheLosersValue()
    {
        var id = await hub.ConnectAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var sku = $"CONF-{id}";
        async Task TellAsync(string name, long version, string key) => Assert.Equal(HttpStatusCode.OK, (await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{id}",
            System.Text.Json.JsonSerializer.Serialize(new { id = "c1", name, sku, price = 5, version }), key))).StatusCode);
        await TellAsync("Original", now - 100, "e1");
        var product = (await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/products?sku={sku}"), p => p.GetProperty("items").GetArrayLength() == 1)).GetProperty("items")[0].Text("id");
        await (await hub.Operator.PatchAsJsonAsync($"/api/products/{product}", new { name = "From the hub" })).JsonAsync();
        await TellAsync("From the shop", now - 50, "e2");

        var open = await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/conflicts?productId={product}"), c => c.GetProperty("items").GetRawText().Contains("From the shop", StringComparison.Ordinal));
        var conflict = open.GetProperty("items")[0];
        Assert.Equal("name", conflict.Text("field"));
        var stats = await hub.Viewer.GetJsonAsync("/api/conflicts/stats");
        Assert.True(stats.GetProperty("byField").GetProperty("name").GetInt64() >= 1);
        await (await hub.Operator.PostAsJsonAsync($"/api/integrations/product-sync/conflicts/{product}/resolve", new { resolution = "accept_remote", origin = id })).JsonAsync();

        Assert.Equal("From the shop", (await hub.Viewer.GetJsonAsync($"/api/products/{product}")).Text("name"));
        Assert.Empty((await hub.Viewer.GetJsonAsync($"/api/conflicts?productId={product}")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task ReleaseHeld_WithNothingHeld_SaysSo_AndIsForOperatorsOfTheTenant()
    {
        var id = await hub.ConnectAsync();

        var released = await (await hub.Operator.PostAsync($"/api/channels/{id}/release-held", null)).JsonAsync();

        Assert.Equal((0, false), (released.GetProperty("released").GetInt32(), released.GetProperty("more").GetBoolean()));
        await (await hub.Viewer.PostAsync($"/api/channels/{id}/release-held", null)).JsonAsync(HttpStatusCode.Forbidden);
        await (await hub.OtherTenant.PostAsync($"/api/channels/{id}/release-held", null)).JsonAsync(HttpStatusCode.NotFound);
        await (await hub.Operator.PostAsync("/api/channels/nobody/release-held", null)).JsonAsync(HttpStatusCode.NotFound);
    }
}
