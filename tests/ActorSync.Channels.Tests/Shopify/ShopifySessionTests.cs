using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Channels.Shopify;

namespace ActorSync.Channels.Tests.Shopify;

public sealed class ShopifySessionTests
{
    private const string Secret = "shpss_0123456789abcdef";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Genuine_Session_IsTaken_AlsoWithTheSecretOfBeforeARotation()
    {
        Assert.Null(Problem(Token()));
        Assert.Null(ShopifySession.Problem(Token(), ["another", Secret], "app", "demo.myshopify.com", Now));
        Assert.Null(ShopifySession.Problem(Token(), [Secret], "app", "Demo.MyShopify.com", Now));
    }

    [Theory]
    [InlineData("aud", "\"other\"", "for the app 'other'")]
    [InlineData("aud", "[\"app\"]", "for the app ''")]
    [InlineData("dest", "\"https://evil.myshopify.com\"", "for the shop 'evil.myshopify.com'")]
    [InlineData("dest", "\"http://demo.myshopify.com\"", "for the shop ''")]
    [InlineData("iss", "\"https://evil.myshopify.com/admin\"", "issued by 'evil.myshopify.com'")]
    [InlineData("iss", null, "issued by ''")]
    [InlineData("exp", "1799999990", "It ended at")]
    [InlineData("exp", null, "names no end")]
    [InlineData("exp", "\"1800000060\"", "names no end")]
    [InlineData("nbf", "1800000011", "valid from")]
    public void Claim_ThatDoesNotFit_IsRefusedByName(string claim, string? value, string says) => Assert.Contains(says, Problem(Token((claim, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("exp", "1799999991")]
    [InlineData("nbf", "1800000010")]
    public void Clock_ThatDiffersALittle_IsForgiven(string claim, string value) => Assert.Null(Problem(Token((claim, value))));

    [Theory]
    [InlineData("none")]
    [InlineData("HS512")]
    [InlineData("RS256")]
    public void Algorithm_OtherThanHs256_IsRefused(string algorithm)
    {
        Assert.Equal("Its algorithm is not HS256.", Problem(Token(algorithm)));
        Assert.Equal("Its algorithm is not HS256.", Problem(Token(algorithm).Split('.') is [var head, var body, _] ? $"{head}.{body}." : ""));
    }

    [Fact]
    public void Signature_OfAnotherSecretOrOverOtherClaims_IsRefused()
    {
        var parts = Token().Split('.');
        var other = Token(("aud", "\"other\"")).Split('.');
        string[] forged = [$"{parts[0]}.{other[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}.{parts[1]}.{parts[2]}A", $"{parts[0]}.{parts[1]}.{parts[2]}AAAA", $"{parts[0]}.{parts[1]}.{parts[2][..^1]}*"];

        Assert.All(forged, token => Assert.Contains("not signed", Problem(token), StringComparison.Ordinal));
        Assert.Contains("not signed", ShopifySession.Problem(Token(), ["wrong"], "app", "demo.myshopify.com", Now), StringComparison.Ordinal);
        Assert.Contains("not signed", ShopifySession.Problem(Token(), [], "app", "demo.myshopify.com", Now), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("!!!.e30.AAAA")]
    [InlineData("bm90IGpzb24.e30.AAAA")]
    public void Text_ThatIsNoToken_IsRefused(string text) => Assert.Contains("not a session token", Problem(text), StringComparison.Ordinal);

    [Fact]
    public void Text_ThatIsHuge_IsRefused() => Assert.Contains("not a session token", Problem(Token() + new string('A', ShopifySession.Longest)), StringComparison.Ordinal);

    private static string? Problem(string token) => ShopifySession.Problem(token, [Secret], "app", "demo.myshopify.com", Now);

    private static string Token(params (string Name, string? Json)[] changes) => Token("HS256", changes);

    private static string Token(string algorithm, params (string Name, string? Json)[] changes)
    {
        var claims = new JsonObject
        {
            ["iss"] = "https://demo.myshopify.com/admin",
            ["dest"] = "https://demo.myshopify.com",
            ["aud"] = "app",
            ["sub"] = "42",
            ["exp"] = Now.ToUnixTimeSeconds() + 60,
            ["nbf"] = Now.ToUnixTimeSeconds(),
            ["iat"] = Now.ToUnixTimeSeconds(),
        };
        foreach (var (name, json) in changes)
        {
            _ = json is null ? claims.Remove(name) : (claims[name] = JsonNode.Parse(json)) is not null;
        }

        var signed = $"{Part($$"""{"alg":"{{algorithm}}","typ":"JWT"}""")}.{Part(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
