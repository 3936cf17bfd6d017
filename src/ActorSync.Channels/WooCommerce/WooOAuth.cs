using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// OAuth 1.0a without tokens, as a shop wants it over plain http. Each try needs its own nonce and signature: a repeated nonce is refused although the first
/// request was carried out.
/// </summary>
internal static class WooOAuth
{
    public const string Method = "HMAC-SHA256";

    /// <summary>The query with the OAuth parameters and the signature added, encoded and ready to be sent.</summary>
    public static string Sign(
        string httpMethod, Uri url, IEnumerable<KeyValuePair<string, string>> query, string consumerKey, string consumerSecret, DateTimeOffset now, string nonce)
    {
        List<KeyValuePair<string, string>> all =
        [
            .. query,
            new("oauth_consumer_key", consumerKey),
            new("oauth_nonce", nonce),
            new("oauth_signature_method", Method),
            new("oauth_timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        var text = BaseString(httpMethod, url, all);
        all.Add(new("oauth_signature", Signature(text, consumerSecret)));
        return Encode(all);
    }

    /// <summary>METHOD &amp; address without query &amp; sorted parameters.</summary>
    public static string BaseString(string httpMethod, Uri url, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var joined = string.Join('&', parameters
            .Select(pair => (Name: Uri.EscapeDataString(pair.Key), Value: Uri.EscapeDataString(pair.Value)))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));
        var address = url.GetLeftPart(UriPartial.Path);
        return $"{httpMethod.ToUpperInvariant()}&{Uri.EscapeDataString(address)}&{Uri.EscapeDataString(joined)}";
    }

    public static string Signature(string baseString, string consumerSecret)
    {
        var key = Encoding.UTF8.GetBytes(consumerSecret + "&");
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(baseString)));
    }

    /// <summary>name=value pairs by RFC 3986.</summary>
    public static string Encode(IEnumerable<KeyValuePair<string, string>> query) =>
        string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
}
