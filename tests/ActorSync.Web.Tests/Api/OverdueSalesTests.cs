using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ActorSync.Web.Tests.Hub;

namespace ActorSync.Web.Tests.Api;

/// <summary>A sale that the stock's origin never accounts for: subtracted, listed in time, and a person's to explain.</summary>
public sealed class OverdueSalesTests : IAsyncLifetime
{
    private readonly ShiftedClock _clock = new();
    private readonly TestHub _hub;

    public OverdueSalesTests() => _hub = new TestHub(_clock);

    public ValueTask InitializeAsync() => _hub.InitializeAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sale_NotAccountedForInTime_IsListedUntilAPersonExplainsIt(bool sold)
    {
        var shop = await _hub.ConnectAsync();
        var warehouse = await _hub.ConnectAsync();
        await PolicyAsync("hub");
        await DeliverAsync(shop, $$"""{"id":"p1","name":"Mug","sku":"OVERDUE-1","price":5,"version":{{_clock.GetUtcNow().ToUnixTimeSeconds()}}}""", "product");
        var found = await TestHub.UntilAsync(() => _hub.Viewer.GetJsonAsync("/api/products?sku=OVERDUE-1"), list => list.GetProperty("items").GetArrayLength() == 1);
        var id = found.GetProperty("items")[0].Text("id");
        await (await _hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { available = 10 })).JsonAsync();
        // Somebody else says the stock from now on, and says nothing.
        await PolicyAsync(warehouse);

        await DeliverAsync(shop, $$"""{"id":"p1","order":"1001","quantity":2,"at":{{_clock.GetUtcNow().ToUnixTimeSeconds()}}}""", "order");
        var sale = (await TestHub.UntilAsync(() => ExplainAsync(id), sales => sales.GetArrayLength() == 1))[0];
        Assert.Equal((shop, "1001", 2m), (sale.Text("channel"), sale.Text("order"), sale.GetProperty("quantity").GetDecimal()));
        Assert.Equal(sale.GetProperty("heardAt").GetDateTimeOffset().AddHours(24), sale.GetProperty("overdueAt").GetDateTimeOffset());
        Assert.Equal(0, (await OverdueAsync()).GetArrayLength());

        _clock.Advance(TimeSpan.FromHours(25));
        var overdue = Assert.Single((await OverdueAsync()).EnumerateArray());
        Assert.Equal((id, "Mug"), (overdue.Text("productId"), overdue.Text("name")));
        Assert.Equal("1001", Assert.Single(overdue.GetProperty("sales").EnumerateArray()).Text("order"));
        Assert.Contains("href=\"/overdue\"", await _hub.Viewer.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Contains("Give it back", await _hub.Viewer.GetStringAsync("/overdue"), StringComparison.Ordinal);
        Assert.Equal(0, (await _hub.OtherTenant.GetJsonAsync("/api/stock/overdue")).GetProperty("items").GetArrayLength());

        var word = new { channel = shop, key = sale.Text("key"), sold };
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.Viewer.PostAsJsonAsync($"/api/products/{id}/sales", word)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _hub.Operator.PostAsJsonAsync($"/api/products/{id}/sales", word with { key = "order 7/7" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _hub.Operator.PostAsJsonAsync($"/api/products/{id}/sales", new { channel = shop, key = word.key })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await _hub.Operator.PostAsJsonAsync($"/api/products/{id}/sales", word)).StatusCode);
        Assert.Equal(0, (await OverdueAsync()).GetArrayLength());
        Assert.Equal(0, (await ExplainAsync(id)).GetArrayLength());
        Assert.DoesNotContain("href=\"/overdue\"", await _hub.Viewer.GetStringAsync("/"), StringComparison.Ordinal);
        var history = await _hub.Viewer.GetJsonAsync($"/api/products/{id}/history");
        Assert.Contains(history.GetProperty("items").EnumerateArray(), line => line.TryGetProperty("detail", out var detail) && detail.GetString()!.StartsWith(word.key, StringComparison.Ordinal));
        // Told again, the order is known.
        await DeliverAsync(shop, $$"""{"id":"p1","order":"1001","quantity":2,"at":{{_clock.GetUtcNow().AddHours(-25).ToUnixTimeSeconds()}}}""", "order-again");
        await TestHub.UntilAsync(() => _hub.Viewer.GetJsonAsync("/api/webhooks/events"), events =>
            events.GetProperty("items") is var items && items.GetArrayLength() == 3 && items.EnumerateArray().All(item => item.Text("state") == "handled"));
        Assert.Equal(0, (await ExplainAsync(id)).GetArrayLength());
    }

    private async Task<JsonElement> OverdueAsync() => (await _hub.Viewer.GetJsonAsync("/api/stock/overdue?limit=10")).GetProperty("items");

    private async Task<JsonElement> ExplainAsync(string id) => (await _hub.Viewer.GetJsonAsync($"/api/products/{id}/explain")).GetProperty("pendingSales");

    private async Task PolicyAsync(string origin) => await (await _hub.Admin.PutAsJsonAsync("/api/policy", new { stockOrigin = origin })).JsonAsync();

    private async Task DeliverAsync(string shop, string body, string eventKey)
    {
        using var answer = await _hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{shop}", body, eventKey));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
