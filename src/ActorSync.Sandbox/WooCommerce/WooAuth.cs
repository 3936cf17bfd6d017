using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>A key pair with its right: read, write or read_write.</summary>
public sealed record WooKey(string ConsumerKey, string ConsumerSecret, string Permissions);

/// <summary>
/// Who is calling. Basic auth and query keys count as on a TLS site although the Sandbox speaks plain http: it listens on loopback only, and a demo
/// without certificates is worth that one deviation. OAuth 1.0a is checked in full.
/// </summary>
public sealed class WooAuth(IReadOnlyList<WooKey> keys, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private static readonly string[] OAuthNames = ["oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"];
    private readonly Lock gate = new();

    /// <summary>One nonce per key and second, as the plugin stores them.</summary>
    private readonly Dictionary<(string Key, long Second), string> nonces = [];

    /// <summary>Null: anonymous, which is what an unknown key amounts to. Throws where the plugin answers with an authentication error.</summary>
    public WooKey? Identify(HttpRequest request, Uri home)
    {
        var (name, secret) = BasicCredentials(request);
        if (name is not null && secret is not null)
        {
            var known = keys.FirstOrDefault(k => string.Equals(k.ConsumerKey, name, StringComparison.Ordinal));
            if (known is not null && !Same(known.ConsumerSecret, secret))
            {
                throw Refused("Consumer secret is invalid.");
            }

            if (known is not null)
            {
                return known;
            }
        }

        return IdentifyByOAuth(request, home);
    }

    private WooKey? IdentifyByOAuth(HttpRequest request, Uri home)
    {
        var parameters = request.Query.SelectMany(q => q.Value.Select(v => new KeyValuePair<string, string>(q.Key, v ?? ""))).ToList();
        parameters.AddRange(HeaderParameters(request));
        string? Value(string name) => parameters.Where(p => string.Equals(p.Key, name, StringComparison.Ordinal)).Select(p => p.Value).FirstOrDefault();
        if (string.IsNullOrEmpty(Value("oauth_consumer_key")))
        {
            return null;
        }

        var missing = OAuthNames.Where(n => string.IsNullOrEmpty(Value(n))).ToList();
        if (missing.Count > 0)
        {
            throw new WooRestException(401, "woocommerce_rest_authentication_missing_parameter", $"Missing OAuth parameter{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}");
        }

        var key = keys.FirstOrDefault(k => string.Equals(k.ConsumerKey, Value("oauth_consumer_key"), StringComparison.Ordinal)) ?? throw Refused("Consumer key is invalid.");
        var method = Value("oauth_signature_method")!;
        if (method is not ("HMAC-SHA1" or "HMAC-SHA256"))
        {
            throw Refused("Invalid signature - signature method is invalid.");
        }

        var url = new Uri(home, request.PathBase + request.Path).GetLeftPart(UriPartial.Path);
        var wanted = Sign(request.Method, url, parameters.Where(p => p.Key != "oauth_signature"), key.ConsumerSecret, method);
        if (!Same(wanted, Value("oauth_signature")!))
        {
            throw Refused("Invalid signature - provided signature does not match.");
        }

        CheckTimeAndNonce(key, Value("oauth_timestamp")!, Value("oauth_nonce")!);
        return key;
    }

    /// <summary>The signature of section 2.3: method, address and sorted parameters under secret + "&amp;".</summary>
    public static string Sign(string method, string url, IEnumerable<KeyValuePair<string, string>> parameters, string secret, string signatureMethod)
    {
        var joined = string.Join('&', Numbered(parameters).GroupBy(p => p.Root, StringComparer.Ordinal).OrderBy(g => Escape(g.Key), StringComparer.Ordinal)
            .SelectMany(g => g.Select(p => $"{Escape(p.Name)}={Escape(p.Value)}")));
        var text = Encoding.UTF8.GetBytes($"{method.ToUpperInvariant()}&{Escape(url)}&{Escape(joined)}");
        var key = Encoding.UTF8.GetBytes(secret + "&");
#pragma warning disable CA5350 // HMAC-SHA1 is one of the two methods of the protocol that is simulated
        return Convert.ToBase64String(signatureMethod == "HMAC-SHA1" ? HMACSHA1.HashData(key, text) : HMACSHA256.HashData(key, text));
#pragma warning restore CA5350
    }

    /// <summary>PHP keeps list parameters in the order in which they came and gives numbers to name[]; only the names before the bracket are sorted.</summary>
    private static IEnumerable<(string Root, string Name, string Value)> Numbered(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            var bracket = name.IndexOf('[', StringComparison.Ordinal);
            var root = bracket < 0 ? name : name[..bracket];
            if (name.EndsWith("[]", StringComparison.Ordinal))
            {
                var number = next.GetValueOrDefault(root);
                next[root] = number + 1;
                yield return (root, string.Create(CultureInfo.InvariantCulture, $"{root}[{number}]"), value);
            }
            else
            {
                yield return (root, name, value);
            }
        }
    }

    private void CheckTimeAndNonce(WooKey key, string timestamp, string nonce)
    {
        var now = clock.GetUtcNow();
        if (!long.TryParse(timestamp, CultureInfo.InvariantCulture, out var second) || Math.Abs(now.ToUnixTimeSeconds() - second) > Window.TotalSeconds)
        {
            throw Refused("Invalid timestamp.");
        }

        lock (gate)
        {
            var oldest = (now - Window).ToUnixTimeSeconds();
            foreach (var old in nonces.Keys.Where(n => n.Second < oldest).ToList())
            {
                nonces.Remove(old);
            }

            if (nonces.Any(n => string.Equals(n.Key.Key, key.ConsumerKey, StringComparison.Ordinal) && string.Equals(n.Value, nonce, StringComparison.Ordinal)))
            {
                throw Refused("Invalid nonce - nonce has already been used.");
            }

            nonces[(key.ConsumerKey, second)] = nonce;
        }
    }

    private static (string? Name, string? Secret) BasicCredentials(HttpRequest request)
    {
        if (request.Query.TryGetValue("consumer_key", out var queryKey) && request.Query.TryGetValue("consumer_secret", out var querySecret))
        {
            return (queryKey, querySecret);
        }

        if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header) && string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase) && header.Parameter is not null)
        {
            var bytes = new byte[header.Parameter.Length];
            if (Convert.TryFromBase64String(header.Parameter, bytes, out var length))
            {
                var text = Encoding.UTF8.GetString(bytes, 0, length);
                var colon = text.IndexOf(':', StringComparison.Ordinal);
                return colon < 0 ? (null, null) : (text[..colon], text[(colon + 1)..]);
            }
        }

        return (null, null);
    }

    private static IEnumerable<KeyValuePair<string, string>> HeaderParameters(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("OAuth ", StringComparison.OrdinalIgnoreCase))
        {
            yield break;
        }

        foreach (var part in header["OAuth ".Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part[..equals].StartsWith("oauth_", StringComparison.Ordinal))
            {
                yield return new(part[..equals], Uri.UnescapeDataString(part[(equals + 1)..].Trim('"')));
            }
        }
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static bool Same(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static WooRestException Refused(string message) => new(401, "woocommerce_rest_authentication_error", message);
}
