using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ActorSync.Web.Tests.Hub;

namespace ActorSync.Web.Tests.Api;

public sealed class WebhookTests(TestHub hub)
{
    [Fact]
    public async Task Delivery_WithRightSignature_IsStoredWorkedInAndCountedOnce()
    {
        var channel = await hub.ConnectAsync();
        var body = Body("a1", "Heard mug", "HEARD-1", 5, 100);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", body, "event-1"))).StatusCode);
        }

        var product = await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync("/api/products?sku=HEARD-1"), p => p.GetProperty("items").GetArrayLength() == 1);
        Assert.Equal("Heard mug", product.GetProperty("items")[0].Text("name"));
        var item = Assert.Single((await hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={channel}")).GetProperty("items").EnumerateArray());
        Assert.Equal(2, item.GetProperty("duplicates").GetInt32());
        var door = (await hub.Viewer.GetJsonAsync("/api/webhooks/metrics")).GetProperty("channels").EnumerateArray().Single(c => c.Text("channel") == channel).GetProperty("atTheDoor");
        Assert.Equal(1, door.GetProperty("stored").GetInt64());
        Assert.Equal(2, door.GetProperty("duplicate").GetInt64());
    }

    [Fact]
    public async Task Delivery_WithWrongSignature_Is401ChangesNothingAndIsCounted()
    {
        var channel = await hub.ConnectAsync();

        var before = await ForgedAsync(channel);
        var answer = await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", Body("f1", "Forged", "FORGED-1", 5, 100), "event-1", secret: "guessed"));

        Assert.Contains("signature", (await answer.JsonAsync(HttpStatusCode.Unauthorized)).Text("detail"), StringComparison.Ordinal);
        Assert.Empty((await hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={channel}")).GetProperty("items").EnumerateArray());
        Assert.Empty((await hub.Viewer.GetJsonAsync("/api/products?sku=FORGED-1")).GetProperty("items").EnumerateArray());
        Assert.Equal(before + 1, await ForgedAsync(channel));
    }

    private async Task<long> ForgedAsync(string channel) => (await hub.Viewer.GetJsonAsync("/api/webhooks/metrics")).GetProperty("channels").EnumerateArray()
        .Single(c => c.Text("channel") == channel).GetProperty("atTheDoor").GetProperty("forged").GetInt64();

    [Fact]
    public async Task Delivery_ToTheAddressWithoutChannel_FindsItByTheShop()
    {
        var channel = await hub.ConnectAsync();

        var found = await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}", Body("s1", "By shop", "BYSHOP-1", 5, 100), "event-1", shop: $"http://{channel}.test"));
        var lost = await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}", Body("s1", "By shop", "BYSHOP-1", 5, 100), "event-1", shop: "http://nobody.test"));

        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, lost.StatusCode);
        Assert.Single((await hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={channel}")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Delivery_LargerThanTheLimit_IsTakenWithoutKeepingItAndTheChannelIsRead()
    {
        var channel = await hub.ConnectAsync();
        hub.Shops.Shop($"http://{channel}.test").Items["big"] = new ShopItem("Big one", "BIG-1", 7, 100);

        var answer = await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", Body("big", new string('x', 70_000), "BIG-1", 7, 100), "event-1"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync("/api/products?sku=BIG-1"), p => p.GetProperty("items").GetArrayLength() == 1);
        Assert.Empty((await hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={channel}")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("/webhooks/testshop/nowhere")]
    [InlineData("/webhooks/nokind/x")]
    public async Task Delivery_ToAnUnknownChannel_Is404(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Anonymous.SendAsync(TestHub.Delivery(path, "{}", "event-1"))).StatusCode);

    [Fact]
    public async Task Replay_OfAHandledEvent_IsAcceptedAndOfAnUnknownOneIs404()
    {
        var channel = await hub.ConnectAsync();
        await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", Body("r1", "Replayed", "REPLAY-1", 5, 100), "event-1"));
        var list = await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={channel}"), e => e.GetProperty("items").EnumerateArray().Any(i => i.Text("state") == "handled"));
        var id = list.GetProperty("items")[0].GetProperty("id").GetInt64();

        Assert.Equal(HttpStatusCode.Accepted, (await hub.Operator.PostAsync($"/api/webhooks/events/{id}/replay", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.OtherTenant.PostAsync($"/api/webhooks/events/{id}/replay", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Operator.PostAsync("/api/webhooks/events/987654/replay", null)).StatusCode);
    }

    [Fact]
    public async Task Trial_OfADelivery_TellsVerdictAndContentAndKeepsNothing()
    {
        var channel = await hub.ConnectAsync();
        var body = Body("t1", "Trial", "TRIAL-1", 5, 100);
        var headers = new Dictionary<string, string> { ["X-Test-Signature"] = TestShop.Sign(System.Text.Encoding.UTF8.GetBytes(body), TestShop.Secret), ["X-Test-Event"] = "e" };

        var trial = await (await hub.Operator.PostAsJsonAsync("/api/webhooks/test", new { channelId = channel, headers, body })).JsonAsync();
        var forged = await (await hub.Operator.PostAsJsonAsync("/api/webhooks/test", new { channelId = channel, body })).JsonAsync();

        Assert.Equal("accepted", trial.Text("verdict"));
        Assert.Equal("t1", trial.Text("about"));
        Assert.Equal("forged", forged.Text("verdict"));
        Assert.Empty((await hub.Viewer.GetJsonAsync("/api/products?sku=TRIAL-1")).GetProperty("items").EnumerateArray());
    }

    private static string Body(string id, string name, string sku, decimal price, long version) => JsonSerializer.Serialize(new { id, name, sku, price, version });
}
