using System.Net;
using System.Net.Http.Json;
using System.Text;
using ActorSync.Storage;
using ActorSync.Web.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Web.Tests.Api;

public sealed class AccessTests(TestHub hub)
{
    [Theory]
    [InlineData("/api/products")]
    [InlineData("/api/channels")]
    [InlineData("/api/api-keys")]
    [InlineData("/api/integrations/product-sync/field-ownership")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/ui/products")]
    [InlineData("/events")]
    public async Task Get_WithoutKey_Is401WithAProblem(string path) =>
        Assert.Equal("Bearer", (await ExpectAsync(hub.Anonymous.GetAsync(path), HttpStatusCode.Unauthorized)).Headers.WwwAuthenticate.ToString());

    [Fact]
    public async Task Page_WithoutKey_LeadsToTheSignInAndBack()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/products/x?y=1");
        request.Headers.Accept.ParseAdd("text/html");

        var answer = await hub.Anonymous.SendAsync(request);

        Assert.Equal("/login?next=%2Fproducts%2Fx%3Fy%3D1", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Health_WithoutKey_Answers()
    {
        await ExpectAsync(hub.Anonymous.GetAsync("/health/live"), HttpStatusCode.OK);
        await ExpectAsync(hub.Anonymous.GetAsync("/health/ready"), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Change_ByRoleThatMayNot_Is403AndSaysWhichRoleIsNeeded()
    {
        var answer = await hub.Viewer.PostAsJsonAsync("/api/products", new { name = "No" });
        Assert.Contains("viewer", (await answer.JsonAsync(HttpStatusCode.Forbidden)).Text("detail"), StringComparison.Ordinal);
        await ExpectAsync(hub.Operator.GetAsync("/api/api-keys"), HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task EndedKey_FromTheNextRequestOn_Is401()
    {
        var made = await (await hub.Admin.PostAsJsonAsync("/api/api-keys", new { name = "short lived", role = "viewer" })).JsonAsync(HttpStatusCode.Created);
        using var client = hub.Client(made.Text("key"));
        await ExpectAsync(client.GetAsync("/api/products"), HttpStatusCode.OK);
        var id = (await hub.Admin.GetJsonAsync("/api/api-keys")).GetProperty("items").EnumerateArray().Single(k => k.Text("name") == "short lived").Text("id");

        await ExpectAsync(hub.Admin.DeleteAsync($"/api/api-keys/{id}"), HttpStatusCode.NoContent);

        await ExpectAsync(client.GetAsync("/api/products"), HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task AnotherTenantsIds_Are404Everywhere()
    {
        var channel = await hub.ConnectAsync();
        var product = await hub.CreateAsync(new { name = "Mine", sku = "MINE-1" });

        foreach (var path in new[] { $"/api/products/{product}", $"/api/products/{product}/history", $"/api/products/{product}/explain", $"/api/channels/{channel}", $"/api/channels/{channel}/health",
            $"/api/channels/{channel}/links", "/api/integrations/product-sync/status/default", $"/api/integrations/product-sync/product/{product}/logs", "/api/integrations/product-sync/conflicts/default", $"/products/{product}" })
        {
            await ExpectAsync(hub.OtherTenant.GetAsync(path), HttpStatusCode.NotFound);
        }

        await ExpectAsync(hub.OtherTenant.PatchAsJsonAsync($"/api/products/{product}", new { name = "Stolen" }), HttpStatusCode.NotFound);
        await ExpectAsync(hub.OtherTenant.DeleteAsync($"/api/products/{product}"), HttpStatusCode.NotFound);
        await ExpectAsync(hub.OtherTenant.DeleteAsync($"/api/channels/{channel}"), HttpStatusCode.NotFound);
        await ExpectAsync(hub.OtherTenant.PostAsync($"/api/integrations/product-sync/product/{product}/sync", null), HttpStatusCode.NotFound);
        Assert.Equal("Mine", (await hub.Viewer.GetJsonAsync($"/api/products/{product}")).Text("name"));
        Assert.Empty((await hub.OtherTenant.GetJsonAsync("/api/products")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task ChannelIdOfAnotherTenant_CannotBeTaken()
    {
        var channel = await hub.ConnectAsync();

        var answer = await hub.OtherTenant.PostAsJsonAsync("/api/channels", new { id = channel, kind = TestShop.Kind, settings = new { baseUrl = "http://x.test", token = "t" } });

        await ExpectAsync(Task.FromResult(answer), HttpStatusCode.Conflict);
        Assert.Equal($"http://{channel}.test", (await hub.Admin.GetJsonAsync($"/api/channels/{channel}")).GetProperty("settings").Text("baseUrl"));
    }

    [Fact]
    public async Task ForeignHostName_IsRefused()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/products") { Headers = { Host = "evil.example" } };
        request.Headers.Authorization = new("Bearer", hub.AdminKey);

        await ExpectAsync(hub.Anonymous.SendAsync(request), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("http://evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("null", null, HttpStatusCode.Forbidden)]
    [InlineData(null, "cross-site", HttpStatusCode.Forbidden)]
    [InlineData(null, "same-origin", HttpStatusCode.Created)]
    [InlineData(null, null, HttpStatusCode.Created)]
    public async Task Change_FromAnotherOrigin_IsRefused(string? origin, string? site, HttpStatusCode expected)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/products") { Content = JsonContent.Create(new { name = "Origin" }) };
        request.Headers.Authorization = new("Bearer", hub.AdminKey);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        await ExpectAsync(hub.Anonymous.SendAsync(request), expected);
    }

    [Fact]
    public async Task Change_WithAnotherContentType_Is415()
    {
        var form = new FormUrlEncodedContent([KeyValuePair.Create("name", "Form")]);

        await ExpectAsync(hub.Operator.PostAsync("/api/products", form), HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task BodyLargerThanOneMegabyte_Is413AndChangesNothing()
    {
        var body = new StringContent($$"""{ "name": "Huge", "description": "{{new string('x', 1_100_000)}}" }""", Encoding.UTF8, "application/json");

        await ExpectAsync(hub.Operator.PostAsync("/api/products", body), HttpStatusCode.RequestEntityTooLarge);

        Assert.Empty((await hub.Viewer.GetJsonAsync("/api/products?q=Huge")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Login_WithKey_SetsACookieThatScriptsCannotReadAndOpensThePage()
    {
        var form = new FormUrlEncodedContent([KeyValuePair.Create("key", hub.AdminKey), KeyValuePair.Create("next", "//evil.example")]);

        var answer = await hub.Anonymous.PostAsync("/login", form);

        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(hub.AdminKey, cookie, StringComparison.Ordinal);
        Assert.Equal("/", answer.Headers.Location!.OriginalString);
        var page = new HttpRequestMessage(HttpMethod.Get, "/");
        page.Headers.Add("Cookie", cookie.Split(';')[0]);
        Assert.Contains("<h2 id=\"products-title\">", await (await hub.Anonymous.SendAsync(page)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_WithUnknownKey_Is401WithoutCookie()
    {
        var answer = await hub.Anonymous.PostAsync("/login", new FormUrlEncodedContent([KeyValuePair.Create("key", "as_wrong")]));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task IdempotencyKey_SentTwice_HasOneEffectAndTheSameAnswer()
    {
        var key = Guid.NewGuid().ToString();

        var first = await SendAsync(key, new { name = "Only once", sku = "ONCE-1" });
        var second = await SendAsync(key, new { name = "Only once", sku = "ONCE-1" });

        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Single((await hub.Viewer.GetJsonAsync("/api/products?sku=ONCE-1")).GetProperty("items").EnumerateArray());
        await ExpectAsync(SendAsync(key, new { name = "Another" }), HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Demo_OnLoopback_NeedsNoKeyExceptThroughAProxyOrWithAWrongOne()
    {
        var folder = Directory.CreateTempSubdirectory("actorsync-web-demo").FullName;
        await using (var demo = TestHub.Build(folder, demo: true))
        {
            await demo.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
            await demo.StartAsync();
            using var client = new HttpClient { BaseAddress = new Uri(demo.Urls.First()) };
            await ExpectAsync(client.GetAsync("/api/products"), HttpStatusCode.OK);
            await ExpectAsync(SendWith(client, "X-Forwarded-For", "10.0.0.9"), HttpStatusCode.Unauthorized);
            await ExpectAsync(SendWith(client, "Forwarded", "for=10.0.0.9"), HttpStatusCode.Unauthorized);
            await ExpectAsync(SendWith(client, "X-Api-Key", "as_wrong"), HttpStatusCode.Unauthorized);
            await demo.StopAsync();
        }

        Directory.Delete(folder, recursive: true);

        static Task<HttpResponseMessage> SendWith(HttpClient client, string header, string value)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/products");
            request.Headers.Add(header, value);
            return client.SendAsync(request);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string key, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/products") { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await hub.Operator.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> ExpectAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected)
    {
        var answer = await sending;
        Assert.True(answer.StatusCode == expected, $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri} answered {(int)answer.StatusCode}, expected {(int)expected}: {(expected == HttpStatusCode.OK ? "" : await answer.Content.ReadAsStringAsync())}");
        return answer;
    }
}
