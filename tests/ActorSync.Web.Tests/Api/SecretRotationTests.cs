using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Products;
using ActorSync.Web.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Web.Tests.Api;

/// <summary>Replacing the secret that signs webhooks, in a hub whose clock the test moves.</summary>
public sealed class SecretRotationTests : IAsyncLifetime
{
    private const string New = "whsec_the_next_one_0001";
    private readonly ShiftedClock _clock = new();
    private readonly TestHub _hub;

    public SecretRotationTests() => _hub = new TestHub(_clock);

    public ValueTask InitializeAsync() => _hub.InitializeAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Rotate_OldAndNewCountUntilTheOldEnds_AndNothingIsLost()
    {
        var id = await _hub.ConnectAsync();
        var first = Assert.Single(await SecretsAsync(id));
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p1", TestShop.Secret));
        Assert.Equal(HttpStatusCode.Unauthorized, await DeliverAsync(id, "early", New));

        var answer = await _hub.Admin.PostAsJsonAsync($"/api/channels/{id}/rotate-secret", new { secret = New, oldValidHours = 2 });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.DoesNotContain(New, text, StringComparison.Ordinal);
        Assert.DoesNotContain(TestShop.Secret, text, StringComparison.Ordinal);
        var rotation = JsonDocument.Parse(text).RootElement;
        Assert.Equal("webhookSecret", rotation.Text("name"));
        _clock.Advance(rotation.GetProperty("knownEverywhereAt").GetDateTimeOffset() - _clock.GetUtcNow());

        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p2", TestShop.Secret));
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p3", New));
        var both = await SecretsAsync(id);
        Assert.Equal([true, false], both.Select(secret => secret.GetProperty("isCurrent").GetBoolean()));
        Assert.Equal(first.Text("fingerprint"), both[1].Text("fingerprint"));
        Assert.NotEqual(first.Text("fingerprint"), both[0].Text("fingerprint"));
        Assert.False(both[0].TryGetProperty("endsAt", out _));
        var end = both[1].GetProperty("endsAt").GetDateTimeOffset();
        Assert.Equal(TimeSpan.FromHours(2), end - both[0].GetProperty("setAt").GetDateTimeOffset());

        // One more of the same changes nothing: the old one's end stays.
        await (await RotateAsync(id, New, 5)).JsonAsync();
        Assert.Equal(end, (await SecretsAsync(id))[1].GetProperty("endsAt").GetDateTimeOffset());

        _clock.Advance(end - _clock.GetUtcNow() - TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p4", TestShop.Secret));
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.Unauthorized, await DeliverAsync(id, "late", TestShop.Secret));
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p5", New));
        Assert.Equal(both[0].Text("fingerprint"), Assert.Single(await SecretsAsync(id)).Text("fingerprint"));
        var registry = _hub.Services.GetRequiredService<IChannelRegistry>();
        await TestHub.UntilAsync(() => registry.GetSecretsAsync(new ChannelId(id), default), secrets => secrets.HeldOf("webhookSecret").Count() == 1);
        var names = await TestHub.UntilAsync(NamesAsync, names => names.Length == 5);
        Assert.Equal(["p1", "p2", "p3", "p4", "p5"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rotate_WithoutOverlap_RefusesTheOldOneAtOnce()
    {
        var id = await _hub.ConnectAsync();
        await (await RotateAsync(id, New, 0)).JsonAsync();
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(HttpStatusCode.Unauthorized, await DeliverAsync(id, "late", TestShop.Secret));
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(id, "p1", New));
        Assert.Single(await SecretsAsync(id));
    }

    [Fact]
    public async Task Rotate_ChangeOfAnotherSetting_LeavesTimesAlone()
    {
        var id = await _hub.ConnectAsync();
        await (await RotateAsync(id, New, 3)).JsonAsync();
        var before = await StoredAsync(id);

        await (await _hub.Admin.PutAsJsonAsync($"/api/channels/{id}", new { settings = new { token = "another" } })).JsonAsync();

        Assert.Equal(before, await StoredAsync(id));
        Assert.Equal(2, before.Count);
    }

    [Theory]
    [InlineData("short", 24, "5 characters")]
    [InlineData("sixteen chars or so", 24, "without spaces")]
    [InlineData("whsec&amp;0123456789", 24, "without spaces")]
    [InlineData(New, -1, "from 0 to 168")]
    [InlineData(New, 169, "from 0 to 168")]
    [InlineData(null, 24, "secret is missing")]
    public async Task Rotate_WrongBody_IsRefusedWithoutTellingTheSecret(string? secret, int hours, string says)
    {
        var id = await _hub.ConnectAsync();
        var answer = await RotateAsync(id, secret, hours);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.True(secret is null || !text.Contains(secret, StringComparison.Ordinal), text);
        Assert.Single(await SecretsAsync(id));
    }

    [Fact]
    public async Task Rotate_MoreThanAreKept_IsRefusedUntilOneEnds()
    {
        var id = await _hub.ConnectAsync();
        for (var n = 1; n < ChannelSecrets.MaxOfName; n++)
        {
            await (await RotateAsync(id, $"whsec_number_{n:D8}", 1)).JsonAsync();
        }

        await (await RotateAsync(id, New, 1)).JsonAsync(HttpStatusCode.Conflict);
        Assert.Equal(ChannelSecrets.MaxOfName, (await StoredAsync(id)).Count);
        _clock.Advance(TimeSpan.FromHours(1));
        await (await RotateAsync(id, New, 1)).JsonAsync();
    }

    [Fact]
    public async Task Rotate_ByWhoMayNot_IsRefused()
    {
        var id = await _hub.ConnectAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.Operator.PostAsJsonAsync($"/api/channels/{id}/rotate-secret", new { secret = New })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _hub.OtherTenant.PostAsJsonAsync($"/api/channels/{id}/rotate-secret", new { secret = New })).StatusCode);
        Assert.Single(await SecretsAsync(id));
    }

    private Task<HttpResponseMessage> RotateAsync(string id, string? secret, int hours) =>
        _hub.Admin.PostAsJsonAsync($"/api/channels/{id}/rotate-secret", new { secret, oldValidHours = hours });

    /// <summary>As health shows them to a viewer.</summary>
    private async Task<List<JsonElement>> SecretsAsync(string id) => [.. (await _hub.Viewer.GetJsonAsync($"/api/channels/{id}/health")).GetProperty("webhookSecrets").EnumerateArray()];

    private async Task<List<HeldSecret>> StoredAsync(string id) => [.. (await _hub.Services.GetRequiredService<IChannelRegistry>().GetSecretsAsync(new ChannelId(id), default)).HeldOf("webhookSecret")];

    private async Task<HttpStatusCode> DeliverAsync(string id, string product, string secret)
    {
        var body = $$"""{ "id": "{{product}}", "name": "{{product}}", "sku": "{{id}}-{{product}}", "price": 5, "version": 7 }""";
        using var answer = await _hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{id}", body, product, secret));
        return answer.StatusCode;
    }

    private async Task<string[]> NamesAsync() =>
        [.. (await _hub.Viewer.GetJsonAsync("/api/products")).GetProperty("items").EnumerateArray().Select(item => item.Text("name"))];
}
