using System.Globalization;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Who may call the simulated WooCommerce site, and what refusal looks like.</summary>
public sealed class WooCallerTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private readonly WooHttp woo = new(sandbox);

    [Theory]
    [InlineData("HMAC-SHA256", "2Ii7UyeSty4hGekWOs+IixWtCVPmC0QkTQMIkI6rNQ4=")]
    [InlineData("HMAC-SHA1", "GCBoUXz4tRoT1ltWn3wA/Hv3ZZw=")]
    public void Sign_VectorOfTheContract_GivesItsSignature(string method, string expected)
    {
        var signature = WooHttp.Sign(
            "GET", "http://shop.example.test/wp-json/wc/v3/products",
            [
                ("per_page", "2"), ("sku", "A B/1,Ä~2"), ("_fields", "id,sku"), ("oauth_consumer_key", "ck_1234567890abcdef1234567890abcdef12345678"), ("oauth_timestamp", "1700000000"),
                ("oauth_nonce", "4f1d2c3b5a69788796a5b4c3d2e1f001"), ("oauth_signature_method", method),
            ],
            "cs_abcdef1234567890abcdef1234567890abcdef12", method);

        Assert.Equal(expected, signature);
    }

    [Theory]
    [InlineData("HMAC-SHA256", true)]
    [InlineData("HMAC-SHA1", true)]
    [InlineData("HMAC-SHA256", false)]
    public async Task OAuth_SignedRequest_IsLetIn(string method, bool isInQuery)
    {
        var reply = await CallAsync(method, isInQuery);

        Assert.Equal(200, reply.Status);
    }

    [Fact]
    public async Task OAuth_WrongSecret_IsRefusedAsMismatch() =>
        AssertRefused(await CallAsync("HMAC-SHA256", isInQuery: true, secret: "cs_other"), "Invalid signature - provided signature does not match.");

    [Fact]
    public async Task OAuth_SignedForAnotherHost_IsRefusedAsMismatch() =>
        AssertRefused(await CallAsync("HMAC-SHA256", isInQuery: true, host: "http://127.0.0.1:80"), "Invalid signature - provided signature does not match.");

    [Fact]
    public async Task OAuth_UnknownKey_IsRefused() =>
        AssertRefused(await CallAsync("HMAC-SHA256", isInQuery: true, key: "ck_0"), "Consumer key is invalid.");

    [Fact]
    public async Task OAuth_ClockSixteenMinutesOff_IsRefused() =>
        AssertRefused(await CallAsync("HMAC-SHA256", isInQuery: true, clockOff: TimeSpan.FromMinutes(-16)), "Invalid timestamp.");

    [Fact]
    public async Task OAuth_SameNonceAgain_IsRefused()
    {
        var nonce = Path.GetRandomFileName();
        Assert.Equal(200, (await CallAsync("HMAC-SHA256", isInQuery: true, nonce: nonce)).Status);

        AssertRefused(await CallAsync("HMAC-SHA256", isInQuery: true, nonce: nonce), "Invalid nonce - nonce has already been used.");
    }

    [Fact]
    public async Task OAuth_OnlyAKey_NamesWhatIsMissing()
    {
        var reply = await woo.SendAsync(HttpMethod.Get, "products?oauth_consumer_key=ck_demo", isSigned: false);

        Assert.Equal((401, "woocommerce_rest_authentication_missing_parameter"), (reply.Status, reply.Code));
        Assert.Equal("Missing OAuth parameters oauth_timestamp, oauth_nonce, oauth_signature, oauth_signature_method", reply.Json!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("products", "woocommerce_rest_cannot_view")]
    [InlineData("products?consumer_key=ck_unknown&consumer_secret=cs_demo", "woocommerce_rest_cannot_view")]
    [InlineData("products?consumer_key=ck_demo&consumer_secret=cs_wrong", "woocommerce_rest_authentication_error")]
    [InlineData("products?consumer_key=ck_write&consumer_secret=cs_write", "woocommerce_rest_authentication_error")]
    public async Task Keys_NotGoodEnough_AreRefusedAsMeasured(string path, string code)
    {
        var reply = await woo.SendAsync(HttpMethod.Get, path, isSigned: false);

        Assert.Equal((401, code), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Write_WithReadOnlyKey_ChangesNothing()
    {
        var before = (await woo.GetAsync("products?per_page=1&_fields=id")).Total;

        var reply = await woo.SendAsync(HttpMethod.Post, "products?consumer_key=ck_read&consumer_secret=cs_read", """{"name":"x"}""", isSigned: false);

        Assert.Equal((401, "woocommerce_rest_authentication_error"), (reply.Status, reply.Code));
        Assert.Equal(before, (await woo.GetAsync("products?per_page=1&_fields=id")).Total);
    }

    private async Task<WooReply> CallAsync(
        string method, bool isInQuery, string key = WooHttp.Key, string secret = WooHttp.Secret, string? host = null, TimeSpan clockOff = default, string? nonce = null)
    {
        var time = TimeProvider.System.GetUtcNow() + clockOff;
        List<(string Name, string Value)> own = [("per_page", "2"), ("sku", "A B/1,Ä~2"), ("_fields", "id,sku")];
        List<(string Name, string Value)> oauth =
        [
            ("oauth_consumer_key", key), ("oauth_timestamp", time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            ("oauth_nonce", nonce ?? Path.GetRandomFileName()), ("oauth_signature_method", method),
        ];
        var signedUrl = new Uri(host is null ? sandbox.WooApi : new Uri(new Uri(host), sandbox.WooApi.AbsolutePath), "products").ToString();
        oauth.Add(("oauth_signature", WooHttp.Sign("GET", signedUrl, [.. own, .. oauth], secret, method)));

        var query = string.Join('&', (isInQuery ? [.. own, .. oauth] : own).Select(p => $"{Uri.EscapeDataString(p.Name)}={Uri.EscapeDataString(p.Value)}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.WooApi, $"products?{query}"));
        if (!isInQuery)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "OAuth " + string.Join(", ", oauth.Select(p => $"{p.Name}=\"{Uri.EscapeDataString(p.Value)}\"")));
        }

        using var response = await sandbox.Http.SendAsync(request);
        return await WooReply.ReadAsync(response);
    }

    private static void AssertRefused(WooReply reply, string message)
    {
        Assert.Equal((401, "woocommerce_rest_authentication_error"), (reply.Status, reply.Code));
        Assert.Equal(message, reply.Json!["message"]!.GetValue<string>());
    }
}
