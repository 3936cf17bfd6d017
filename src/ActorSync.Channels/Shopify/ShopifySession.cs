using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ActorSync.Channels.Shopify;

/// <summary>The session token of a page inside Shopify's admin: a JWT that the app's client secret signs and that lives for a minute. Pure.</summary>
internal static class ShopifySession
{
    public const int Longest = 4_096;
    /// <summary>What two clocks may differ.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong with it; null = it is genuine, meant for this app and this shop, and valid now. Claims are believed after the signature only.</summary>
    public static string? Problem(string token, IEnumerable<string> secrets, string clientId, string shop, DateTimeOffset now)
    {
        if (token.Length > Longest || token.Split('.') is not [var head, var body, var signature] || Json(head) is not { } header)
        {
            return "It is not a session token: three parts in base64url with dots between them.";
        }

        if (Text(header, "alg") != "HS256")
        {
            return "Its algorithm is not HS256.";
        }

        if (!IsSigned($"{head}.{body}", signature, secrets))
        {
            return $"It is not signed with the app's {ShopifySettings.ClientSecret}.";
        }

        if (Json(body) is not { } claims)
        {
            return "Its claims are not JSON.";
        }

        return (Text(claims, "aud"), HostOf(claims, "dest"), HostOf(claims, "iss"), Instant(claims, "exp"), Instant(claims, "nbf")) switch
        {
            var (app, _, _, _, _) when app != clientId => $"It is for the app '{app}', but this channel is the app '{clientId}'.",
            var (_, dest, _, _, _) when !string.Equals(dest, shop, StringComparison.OrdinalIgnoreCase) => $"It is for the shop '{dest}', but this channel is the shop '{shop}'.",
            var (_, dest, issuer, _, _) when !string.Equals(dest, issuer, StringComparison.OrdinalIgnoreCase) => $"It is for the shop '{dest}' but issued by '{issuer}'.",
            (_, _, _, null, _) => "It names no end (exp).",
            var (_, _, _, end, _) when end + Leeway <= now => $"It ended at {end:u}. The page asks Shopify for a new one (shopify.idToken()).",
            var (_, _, _, _, begin) when begin - Leeway > now => $"It is valid from {begin:u} on. One of the clocks is wrong.",
            _ => null,
        };
    }

    private static bool IsSigned(string text, string signature, IEnumerable<string> secrets)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Base64Url.IsValid(signature) || Base64Url.GetMaxDecodedLength(signature.Length) > given.Length + 2
            || !Base64Url.TryDecodeFromChars(signature, given, out var length) || length != given.Length)
        {
            return false;
        }

        var genuine = false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(text), expected);
            genuine |= CryptographicOperations.FixedTimeEquals(expected, given);
        }

        return genuine;
    }

    private static JsonElement? Json(string part)
    {
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement claims, string name) => claims.TryGetProperty(name, out var claim) && claim.ValueKind == JsonValueKind.String ? claim.GetString() : null;

    private static string? HostOf(JsonElement claims, string name) => Uri.TryCreate(Text(claims, name), UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps ? address.Host : null;

    private static DateTimeOffset? Instant(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var claim) && claim.ValueKind == JsonValueKind.Number && claim.TryGetDouble(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
}
