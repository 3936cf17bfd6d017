using ActorSync.Channels.WooCommerce;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>The worked vector of contract section 2.3, checked there against the plugin's own routine.</summary>
public sealed class WooOAuthTests
{
    private const string Key = "ck_1234567890abcdef1234567890abcdef12345678";
    private const string Secret = "cs_abcdef1234567890abcdef1234567890abcdef12";
    private const string Nonce = "4f1d2c3b5a69788796a5b4c3d2e1f001";
    private static readonly Uri Address = new("http://shop.example.test/wp-json/wc/v3/products");
    private static readonly KeyValuePair<string, string>[] Query = [new("per_page", "2"), new("sku", "A B/1,Ä~2"), new("_fields", "id,sku")];
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    [Fact]
    public void BaseString_ContractVector_IsTheSame()
    {
        KeyValuePair<string, string>[] all =
        [
            .. Query, new("oauth_consumer_key", Key), new("oauth_timestamp", "1700000000"), new("oauth_nonce", Nonce), new("oauth_signature_method", "HMAC-SHA256"),
        ];
        Assert.Equal(
            "GET&http%3A%2F%2Fshop.example.test%2Fwp-json%2Fwc%2Fv3%2Fproducts&_fields%3Did%252Csku%26oauth_consumer_key%3Dck_1234567890abcdef1234567890abcdef12345678"
            + "%26oauth_nonce%3D4f1d2c3b5a69788796a5b4c3d2e1f001%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1700000000%26per_page%3D2%26sku%3DA%2520B%252F1%252C%25C3%2584~2",
            WooOAuth.BaseString("GET", Address, all));
    }

    [Fact]
    public void Sign_ContractVector_GivesItsSignature()
    {
        var query = WooOAuth.Sign("GET", Address, Query, Key, Secret, At, Nonce);
        Assert.EndsWith("&oauth_signature=" + Uri.EscapeDataString("2Ii7UyeSty4hGekWOs+IixWtCVPmC0QkTQMIkI6rNQ4="), query, StringComparison.Ordinal);
        Assert.Contains("sku=A%20B%2F1%2C%C3%84~2", query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "http://shop.example.test/wp-json/wc/v3/products", Nonce)]
    [InlineData("GET", "http://shop.example.test:8080/wp-json/wc/v3/products", Nonce)]
    [InlineData("GET", "http://shop.example.test/wp-json/wc/v3/products", "4f1d2c3b5a69788796a5b4c3d2e1f002")]
    public void Sign_OtherMethodPortOrNonce_GivesAnotherSignature(string method, string address, string nonce) =>
        Assert.DoesNotContain(Uri.EscapeDataString("2Ii7UyeSty4hGekWOs+IixWtCVPmC0QkTQMIkI6rNQ4="), WooOAuth.Sign(method, new Uri(address), Query, Key, Secret, At, nonce), StringComparison.Ordinal);
}
