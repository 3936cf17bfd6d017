using System.Net;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Consent, tokens that work once, scopes, and what a login survives.</summary>
public sealed class FfnLoginTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    [Fact]
    public async Task RefreshToken_UsedAgain_IsRefusedAndEndsTheLogin()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var first = caller.RefreshToken;
        Assert.Equal(200, (await caller.RefreshAsync()).Status);
        Assert.NotEqual(first, caller.RefreshToken);
        Assert.Equal(200, (await caller.GetAsync("users/current")).Status);

        var reply = await caller.RefreshAsync(first);

        Assert.Equal(401, reply.Status);
        Assert.Equal("""{"error":"invalid_request","error_description":"The refresh token is invalid.","hint":"Token has been revoked","message":"The refresh token is invalid."}""", reply.Json!.ToJsonString());
        Assert.Equal(401, (await caller.RefreshAsync(caller.RefreshToken)).Status);
        Assert.Equal(401, (await caller.GetAsync("users/current")).Status);
    }

    [Fact]
    public async Task RefreshToken_SpentByManyAtOnce_IsGivenOutOnce()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => caller.RefreshAsync(caller.RefreshToken)));

        Assert.Equal(1, replies.Count(r => r.Status == 200));
    }

    [Fact]
    public async Task Code_UsedTwiceOrForAnotherAddress_IsRefused()
    {
        var caller = new FfnCaller(sandbox);
        var code = await caller.CodeAsync();
        var other = await caller.CodeAsync();

        Assert.Equal(200, (await caller.TokenAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", FfnCaller.Redirect))).Status);
        Assert.Equal(400, (await caller.TokenAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", FfnCaller.Redirect))).Status);
        Assert.Equal(400, (await caller.TokenAsync(("grant_type", "authorization_code"), ("code", other), ("redirect_uri", "http://localhost:1/other"))).Status);
        Assert.Equal(401, (await caller.TokenAsync(("grant_type", "client_credentials"))).Status);
    }

    [Fact]
    public async Task Scope_OfReadingOnly_RefusesWritesWithABody()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync("ffn.merchant.read");

        Assert.Equal(200, (await caller.GetAsync("merchant/warehouses")).Status);
        var refused = await caller.PostAsync("merchant/products", new JsonObject { ["name"] = "x" });
        Assert.Equal(403, refused.Status);
        Assert.NotNull(refused.Code);
        caller.AccessToken += "x";
        Assert.Equal((401, null), ((await caller.GetAsync("merchant/warehouses")).Status, (await caller.GetAsync("merchant/warehouses")).Json));
    }

    [Fact]
    public async Task AccessToken_OfASecond_EndsAndCanBeRenewed()
    {
        var caller = new FfnCaller(sandbox);
        await caller.ControlAsync("settings", new JsonObject { ["accessTokenSeconds"] = 1 });
        await caller.LogInAsync();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while ((await caller.GetAsync("users/current")).Status != 401)
        {
            limit.Token.ThrowIfCancellationRequested();
        }

        await caller.ControlAsync("settings", new JsonObject { ["accessTokenSeconds"] = 1800 });
        Assert.Equal(1800, (await caller.RefreshAsync()).Json!["expires_in"]!.GetValue<int>());
        Assert.Equal(200, (await caller.GetAsync("users/current")).Status);
    }

    [Fact]
    public async Task Switches_PortalNeverVisitedAndRevoked_AnswerAsTheNetworkDoes()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        await caller.ControlAsync("settings", new JsonObject { ["portalVisited"] = false });
        Assert.Equal((404, null), ((await caller.GetAsync("users/current")).Status, (await caller.GetAsync("merchant/products")).Code));
        await caller.ControlAsync("settings", new JsonObject { ["portalVisited"] = true });
        Assert.Equal(200, (await caller.GetAsync("users/current")).Status);

        await sandbox.PostAsync("_control/jtl-ffn/revoke", []);

        Assert.Equal(401, (await caller.GetAsync("users/current")).Status);
        Assert.Equal("Token has been revoked", (await caller.RefreshAsync()).Json!["hint"]!.GetValue<string>());
    }

    [Fact]
    public async Task Consent_AsAPage_AsksThePersonFirst()
    {
        var caller = new FfnCaller(sandbox);
        await caller.ControlAsync("settings", new JsonObject { ["autoConsent"] = false });
        var address = new Uri(sandbox.Address, "jtl-ffn/authorize");
        var fields = new Dictionary<string, string>
        {
            ["response_type"] = "code",
            ["client_id"] = "jtl_demo",
            ["redirect_uri"] = FfnCaller.Redirect,
            ["scope"] = FfnCaller.BothScopes,
            ["state"] = "s2",
        };
        var page = await sandbox.Http.GetStringAsync(new Uri($"{address}?{string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"))}"));
        Assert.Contains("value=\"allow\"", page, StringComparison.Ordinal);

        using var denied = await sandbox.Http.PostAsync(address, new FormUrlEncodedContent(fields.Append(KeyValuePair.Create("decision", "deny"))));
        using var allowed = await sandbox.Http.PostAsync(address, new FormUrlEncodedContent(fields.Append(KeyValuePair.Create("decision", "allow"))));

        Assert.Equal(HttpStatusCode.Found, denied.StatusCode);
        Assert.Contains("error=access_denied", denied.Headers.Location!.Query, StringComparison.Ordinal);
        Assert.Contains("code=def50200", allowed.Headers.Location!.Query, StringComparison.Ordinal);
        await caller.ControlAsync("settings", new JsonObject { ["autoConsent"] = true });
    }
}
