using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>The session tokens that the admin gives to an app's page: a JWT for one minute, signed with the app's secret.</summary>
public static class ShopSession
{
    public const int LifeSeconds = 60;

    public static string Make(DateTimeOffset now, string secret)
    {
        var claims = new JsonObject
        {
            ["iss"] = $"https://{Shop.Domain}/admin",
            ["dest"] = $"https://{Shop.Domain}",
            ["aud"] = ShopTokens.ClientId,
            ["sub"] = "42",
            ["exp"] = now.ToUnixTimeSeconds() + LifeSeconds,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["jti"] = "f8912129-1af6-4cad-9ca3-76b0f7621087",
            ["sid"] = "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
        };
        var signed = $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(signed, secret))}";
    }

    /// <summary>Made here, for this shop and app, and not yet over.</summary>
    public static bool IsGood(string token, DateTimeOffset now, ShopSecrets secrets)
    {
        try
        {
            if (token.Split('.') is not [var head, var body, var signature] || (!IsSigned(secrets.Current) && !IsSigned(secrets.Signing)))
            {
                return false;
            }

            bool IsSigned(string secret) => CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(signature), Sign($"{head}.{body}", secret));

            var claims = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(body));
            return claims.GetProperty("aud").GetString() == ShopTokens.ClientId && claims.GetProperty("dest").GetString() == $"https://{Shop.Domain}"
                && claims.GetProperty("exp").GetInt64() > now.ToUnixTimeSeconds();
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static byte[] Sign(string text, string secret) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(text));
}
