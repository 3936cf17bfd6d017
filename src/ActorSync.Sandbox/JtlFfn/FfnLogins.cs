using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>A consent of the merchant. Only the newest refresh token counts; an older one that comes again ends the login.</summary>
public sealed record FfnLogin
{
    public const string Kind = "login";

    public required string Id { get; init; }
    public required string ClientId { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required string RefreshToken { get; init; }

    /// <summary>Signs the access tokens of this login.</summary>
    public required string Key { get; init; }
    public bool IsRevoked { get; init; }
}

/// <summary>What the token address answers.</summary>
public sealed record FfnTokens(string AccessToken, string RefreshToken, int ExpiresIn);

/// <summary>Consents, codes and tokens. Logins live in the database: a hub that restarts together with the Sandbox must not have to log in again.</summary>
public sealed class FfnLogins(FfnState state, FfnSettings settings)
{
    public const string ClientId = "jtl_demo";
    public const string ClientSecret = "jtl_demo_secret";
    public const string ReadScope = "ffn.merchant.read";
    public const string WriteScope = "ffn.merchant.write";
    private const int MostLogins = 200;
    private const int MostCodes = 200;
    private const string RefreshPrefix = "def50200";
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, (string Redirect, string[] Scopes, DateTimeOffset Until)> codes = new(StringComparer.Ordinal);

    /// <summary>A code for the browser to carry back; good once.</summary>
    public string Consent(string redirect, string[] scopes) => state.Do(() =>
    {
        foreach (var old in codes.Where(c => c.Value.Until < state.Now).Select(c => c.Key).ToList())
        {
            codes.Remove(old);
        }

        if (codes.Count >= MostCodes)
        {
            codes.Remove(codes.MinBy(c => c.Value.Until).Key);
        }

        var code = RefreshPrefix + RandomNumberGenerator.GetHexString(48, lowercase: true);
        codes[code] = (redirect, scopes, state.Now + CodeLife);
        return code;
    });

    /// <summary>Null: the code is not known, used, too old, or for another address.</summary>
    public FfnTokens? Redeem(string code, string redirect) => state.Do(() =>
    {
        if (!codes.Remove(code, out var consent) || consent.Redirect != redirect || consent.Until < state.Now)
        {
            return null;
        }

        if (state.Logins.Count >= MostLogins)
        {
            state.Remove(state.Logins.OrderByDescending(l => l.IsRevoked).ThenBy(l => l.Id, StringComparer.Ordinal).First());
        }

        var id = state.Next(FfnLogin.Kind).ToString("D8");
        return Issue(new FfnLogin { Id = id, ClientId = ClientId, Scopes = consent.Scopes, RefreshToken = "", Key = RandomNumberGenerator.GetHexString(32) });
    });

    /// <summary>Null: the token is not the newest of a living login; if it once was, the login dies of it.</summary>
    public FfnTokens? Refresh(string refreshToken) => state.Do(() =>
    {
        const int idAt = 8;
        const int idLength = 8;
        if (refreshToken.Length < idAt + idLength || !refreshToken.StartsWith(RefreshPrefix, StringComparison.Ordinal) || state.Login(refreshToken.Substring(idAt, idLength)) is not { IsRevoked: false } login)
        {
            return null;
        }

        if (login.RefreshToken == refreshToken)
        {
            return Issue(login);
        }

        state.Put(login with { IsRevoked = true });
        return null;
    });

    /// <summary>The living login that the access token belongs to.</summary>
    public FfnLogin? Identify(string accessToken) => state.Do(() =>
    {
        var parts = accessToken.Split('.');
        if (parts.Length != 3 || !TryRead(parts[1], out var claims) || state.Login(claims.Jti) is not { IsRevoked: false } login)
        {
            return null;
        }

        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(login, $"{parts[0]}.{parts[1]}")), Encoding.ASCII.GetBytes(parts[2]));
        return isOurs && claims.Exp > state.Now.ToUnixTimeSeconds() ? login : null;
    });

    public int RevokeAll() => state.Do(() =>
    {
        var living = state.Logins.Where(l => !l.IsRevoked).ToList();
        foreach (var login in living)
        {
            state.Put(login with { IsRevoked = true });
        }

        return living.Count;
    });

    private FfnTokens Issue(FfnLogin login)
    {
        var now = state.Now.ToUnixTimeSeconds();
        var life = settings.Values.AccessTokenSeconds;
        var renewed = login with { RefreshToken = RefreshPrefix + login.Id + RandomNumberGenerator.GetHexString(64, lowercase: true) };
        state.Put(renewed);
        var claims = new Claims(login.ClientId, login.Id, now, now + life, FfnIds.Merchant, login.Scopes);
        var body = $"{Encode("""{"typ":"JWT","alg":"HS256"}"""u8)}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims, FfnJson.Options))}";
        return new FfnTokens($"{body}.{Sign(renewed, body)}", renewed.RefreshToken, life);
    }

    private static string Sign(FfnLogin login, string text) => Encode(HMACSHA256.HashData(Encoding.ASCII.GetBytes(login.Key), Encoding.ASCII.GetBytes(text)));

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static bool TryRead(string part, out Claims claims)
    {
        claims = default!;
        try
        {
            claims = JsonSerializer.Deserialize<Claims>(Base64Url.DecodeFromChars(part), FfnJson.Options)!;
            return claims?.Jti is not null;
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException)
        {
            return false;
        }
    }

    private sealed record Claims(string Aud, string Jti, long Iat, long Exp, string Sub, IReadOnlyList<string> Scopes);
}
