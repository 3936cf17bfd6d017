using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>What came back from the simulated network.</summary>
public sealed record FfnReply(int Status, JsonNode? Json, HttpResponseHeaders Headers)
{
    public string? Code => Json?["errorCode"]?["code"]?.GetValue<string>();
}

/// <summary>Speaks to the simulated fulfillment network as a program of the merchant does: logs in, keeps its tokens, calls.</summary>
public sealed class FfnCaller(SandboxProcess sandbox)
{
    public const string Redirect = "http://localhost:5080/oauth/jtl-ffn";
    public const string BothScopes = "ffn.merchant.read ffn.merchant.write";
    public const string Leipzig = "FULF04XX-12345-0001";
    public const string Hamburg = "FULF04XX-12345-0002";

    public string AccessToken { get; set; } = "";

    public string RefreshToken { get; private set; } = "";

    public async Task<FfnCaller> LogInAsync(string scope = BothScopes)
    {
        Take(await TokenAsync(("grant_type", "authorization_code"), ("code", await CodeAsync(scope)), ("redirect_uri", Redirect)));
        return this;
    }

    public async Task<string> CodeAsync(string scope = BothScopes)
    {
        var query = $"response_type=code&client_id=jtl_demo&redirect_uri={Uri.EscapeDataString(Redirect)}&scope={Uri.EscapeDataString(scope)}&state=s1";
        using var answer = await sandbox.Http.GetAsync(new Uri(sandbox.Address, $"jtl-ffn/authorize?{query}"));
        var back = System.Web.HttpUtility.ParseQueryString(answer.Headers.Location!.Query);
        Assert.Equal("s1", back["state"]);
        return back["code"]!;
    }

    public async Task<FfnReply> RefreshAsync(string? token = null)
    {
        var reply = await TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token ?? RefreshToken));
        if (reply.Status == 200 && token is null)
        {
            Take(reply);
        }

        return reply;
    }

    public async Task<FfnReply> TokenAsync(params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sandbox.Address, "jtl-ffn/token"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("jtl_demo:jtl_demo_secret")));
        request.Content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await SendAsync(request);
    }

    public Task<FfnReply> GetAsync(string path) => CallAsync(HttpMethod.Get, path);

    public Task<FfnReply> PostAsync(string path, JsonNode body) => CallAsync(HttpMethod.Post, path, body);

    public Task<FfnReply> PatchAsync(string path, JsonNode body) => CallAsync(HttpMethod.Patch, path, body);

    public Task<FfnReply> PutAsync(string path, JsonNode body) => CallAsync(HttpMethod.Put, path, body);

    public Task<FfnReply> DeleteAsync(string path) => CallAsync(HttpMethod.Delete, path);

    /// <param name="method">Of the call.</param>
    /// <param name="path">Below /api/v1, such as merchant/products.</param>
    /// <param name="body">Sent as JSON.</param>
    public async Task<FfnReply> CallAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(sandbox.Address, $"jtl-ffn/api/v1/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
        request.Content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    /// <summary>A product with stock in Leipzig, seen by the fulfiller; its jfsku.</summary>
    public async Task<string> ProductAsync(string sku, decimal stock = 0, bool isDivisible = false, bool isAuthorized = true)
    {
        var body = new JsonObject { ["name"] = $"Test {sku}", ["merchantSku"] = sku, ["identifier"] = new JsonObject() };
        if (isDivisible)
        {
            body["specifications"] = JsonNode.Parse("""{"isBatch":false,"isDivisible":true,"isBestBefore":false,"isSerialNumber":false,"isBillOfMaterials":false,"isPackaging":false}""");
        }

        var reply = await PostAsync("merchant/products", body);
        Assert.Equal(201, reply.Status);
        var jfsku = reply.Json!["jfsku"]!.GetValue<string>();
        if (isAuthorized)
        {
            Assert.Equal(201, (await PostAsync($"merchant/products/{jfsku}/authorizations", new JsonObject { ["fulfillerId"] = "FULF" })).Status);
        }

        if (stock != 0)
        {
            await ControlAsync("stock", new JsonObject { ["jfsku"] = jfsku, ["stockLevel"] = stock });
        }

        return jfsku;
    }

    public static JsonObject Outbound(string jfsku, decimal quantity, string number = "SO-1") => new()
    {
        ["merchantOutboundNumber"] = number,
        ["warehouseId"] = Leipzig,
        ["currency"] = "EUR",
        ["shippingType"] = "Standard",
        ["shippingAddress"] = new JsonObject { ["lastname"] = "Muster", ["street"] = "Musterweg 7", ["city"] = "Musterstadt", ["country"] = "DE" },
        ["items"] = new JsonArray(new JsonObject { ["outboundItemId"] = "1", ["jfsku"] = jfsku, ["quantity"] = quantity }),
    };

    /// <summary>Available, reserved, blocked and announced in Leipzig.</summary>
    public async Task<(decimal Available, decimal Reserved, decimal Blocked, decimal Announced)> LevelsAsync(string jfsku)
    {
        var stock = (await GetAsync($"merchant/stocks/{jfsku}/{Leipzig}")).Json!;
        decimal Of(string name) => stock[name]!.GetValue<decimal>();
        return (Of("stockLevel"), Of("stockLevelReserved"), Of("stockLevelBlocked"), Of("stockLevelAnnounced"));
    }

    /// <summary>All objects of an updates call, page by page; the links' host is not ours, so only their query is used.</summary>
    public async Task<List<JsonNode>> WalkAsync(string resource, string query, Func<int, Task>? between = null)
    {
        var all = new List<JsonNode>();
        for (var page = 1; page < 1000; page++)
        {
            var reply = await GetAsync($"merchant/{resource}?{query}");
            Assert.Equal(200, reply.Status);
            all.AddRange((reply.Json!["data"] ?? reply.Json["items"])!.AsArray().Select(d => d!));
            if (!reply.Json["moreDataAvailable"]!.GetValue<bool>())
            {
                Assert.Null(reply.Json["nextChunkUrl"]);
                return all;
            }

            var next = new Uri(reply.Json["nextChunkUrl"]!.GetValue<string>());
            Assert.Equal("ffn2.api.jtl-software.com", next.Host);
            Assert.Equal($"/api/v1/merchant/{resource}", next.AbsolutePath);
            query = next.Query.TrimStart('?');
            await (between?.Invoke(page) ?? Task.CompletedTask);
        }

        throw new InvalidOperationException($"{resource} never ends.");
    }

    public Task<JsonNode> ControlAsync(string lever, JsonObject body) => sandbox.PostAsync($"_control/jtl-ffn/{lever}", body);

    public static string Instant(DateTimeOffset at) => Uri.EscapeDataString(at.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz"));

    private void Take(FfnReply reply)
    {
        AccessToken = reply.Json!["access_token"]!.GetValue<string>();
        RefreshToken = reply.Json["refresh_token"]!.GetValue<string>();
    }

    private async Task<FfnReply> SendAsync(HttpRequestMessage request)
    {
        using var answer = await sandbox.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new FfnReply((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer.Headers);
    }
}
