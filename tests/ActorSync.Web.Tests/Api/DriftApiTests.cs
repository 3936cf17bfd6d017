using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ActorSync.Web.Tests.Hub;

namespace ActorSync.Web.Tests.Api;

public sealed class DriftApiTests(TestHub hub)
{
    [Fact]
    public async Task Reconcile_DryThenReal_SaysWhatItWouldDoAndThenDoesIt()
    {
        var id = await hub.ConnectAsync();
        var shop = hub.Shops.Shop($"http://{id}.test");
        shop.Items["p1"] = new ShopItem("Lamp", $"LAMP-{id}", 20, 100);
        shop.Items["p2"] = new ShopItem("Chair", $"CHAIR-{id}", 30, 100);
        var import = await (await hub.Operator.PostAsync($"/api/channels/{id}/import", null)).JsonAsync(HttpStatusCode.Accepted);
        Assert.Equal(2, import.GetProperty("estimate").GetProperty("products").GetInt64());
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync(import.Text("statusUrl")), p => p.Text("state") == "done");
        shop.Items["p1"] = shop.Items["p1"] with { Name = "Lamp XL", Version = 200 };
        shop.Items["p3"] = new ShopItem("Sofa", $"SOFA-{id}", 40, 100);

        var dry = await ScanAsync(id, new { dryRun = true });
        var product = (await hub.Viewer.GetJsonAsync($"/api/products?sku=LAMP-{id}")).GetProperty("items")[0];
        Assert.Equal("Lamp", product.Text("name"));
        var real = await ScanAsync(id, new { });

        foreach (var scan in new[] { dry, real })
        {
            var report = scan.GetProperty("report");
            Assert.Equal((3, 1, 1), (report.GetProperty("checked").GetInt32(), report.GetProperty("drifted").GetInt32(), report.GetProperty("imported").GetInt32()));
            var example = report.GetProperty("examples").EnumerateArray().Single(e => e.Text("kind") == "drifted");
            Assert.Equal(("name", "Lamp", "Lamp XL", "taken"), (Field(example).Text("field"), Field(example).Text("believed"), Field(example).Text("found"), Field(example).Text("repair")));
        }

        Assert.Equal("Lamp XL", (await hub.Viewer.GetJsonAsync($"/api/products?sku=LAMP-{id}")).GetProperty("items")[0].Text("name"));
        var health = (await hub.Viewer.GetJsonAsync($"/api/channels/{id}/health")).GetProperty("drift");
        Assert.Equal((1, 3, 3), (health.GetProperty("fieldsEqualShare").GetDouble(), health.GetProperty("productsLinked").GetInt32(), health.GetProperty("productsVerified").GetInt32()));
        Assert.True(health.GetProperty("oldestCheckAgeHours").GetDouble() < 1);
        Assert.Equal(3, health.GetProperty("nextAt").GetDateTimeOffset().Hour);
        var metrics = (await hub.Viewer.GetJsonAsync("/api/integrations/product-sync/metrics")).GetProperty("data").GetProperty("channels").EnumerateArray();
        Assert.Equal(1, metrics.Single(c => c.Text("channel") == id).GetProperty("fieldsEqualShare").GetDouble());
        Assert.Contains("Lamp XL", await hub.Viewer.GetStringAsync($"/channels/{id}/check"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reconcile_OneProduct_IsAJobOfItsOwn()
    {
        var id = await hub.ConnectAsync();
        hub.Shops.Shop($"http://{id}.test").Items["p1"] = new ShopItem("Lamp", $"LAMP-{id}", 20, 100);
        await ScanAsync(id, new { });
        var product = (await hub.Viewer.GetJsonAsync($"/api/products?sku=LAMP-{id}")).GetProperty("items")[0].Text("id");

        var scan = await ScanAsync(id, new { productId = product });

        Assert.Equal((product, 1), (scan.Text("productId"), scan.GetProperty("report").GetProperty("checked").GetInt32()));
        await (await hub.Operator.PostAsJsonAsync($"/api/channels/{id}/reconcile", new { productId = "nobody" })).JsonAsync(HttpStatusCode.NotFound);
        await hub.OtherTenant.GetJsonAsync($"/api/channels/{id}/reconcile", HttpStatusCode.NotFound);
        await (await hub.Viewer.PostAsJsonAsync($"/api/channels/{id}/reconcile", new { })).JsonAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Detect_ChecksEveryChannel()
    {
        var id = await hub.ConnectAsync();

        var answer = await hub.Operator.PostAsJsonAsync("/api/conflicts/detect", new { dryRun = true });

        var started = (await answer.JsonAsync(HttpStatusCode.Accepted)).GetProperty("items").EnumerateArray().ToList();
        Assert.Contains(started, s => s.Text("channel") == id);
        Assert.Equal(answer.Headers.Location!.ToString(), started[0].Text("statusUrl"));
    }

    [Fact]
    public async Task DriftScanHour_NullMeansNever_AndAbsentChangesNothing()
    {
        var id = await hub.ConnectAsync();
        var first = await hub.Admin.GetJsonAsync($"/api/channels/{id}");
        Assert.Equal(3, first.GetProperty("driftScanHour").GetInt32());

        await (await hub.Admin.PutAsJsonAsync($"/api/channels/{id}", new { driftScanHour = 22 })).JsonAsync();
        await (await hub.Admin.PutAsJsonAsync($"/api/channels/{id}", new { name = "Other" })).JsonAsync();
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{id}/reconcile"), d => d.TryGetProperty("nextAt", out var at) && at.GetDateTimeOffset().Hour == 22);
        await (await hub.Admin.PutAsync($"/api/channels/{id}", new StringContent("""{"driftScanHour":null}""", null, "application/json"))).JsonAsync();

        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{id}/reconcile"), d => !d.TryGetProperty("nextAt", out var at) || at.ValueKind == JsonValueKind.Null);
        await (await hub.Admin.PutAsJsonAsync($"/api/channels/{id}", new { driftScanHour = 24 })).JsonAsync(HttpStatusCode.BadRequest);
    }

    private static JsonElement Field(JsonElement example) => example.GetProperty("fields")[0];

    private async Task<JsonElement> ScanAsync(string id, object body)
    {
        var answer = await hub.Operator.PostAsJsonAsync($"/api/channels/{id}/reconcile", body);
        var started = await answer.JsonAsync(HttpStatusCode.Accepted);
        Assert.Equal(answer.Headers.Location!.ToString(), started.Text("statusUrl"));
        Assert.EndsWith(started.Text("jobId"), started.Text("statusUrl"), StringComparison.Ordinal);
        return await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync(started.Text("statusUrl")), s => s.Text("state") == "done");
    }
}
