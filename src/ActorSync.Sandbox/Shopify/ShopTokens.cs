using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify;

/// <summary>A token that the shop gave to the app.</summary>
/// <param name="Access">Goes into the header.</param>
/// <param name="Until">Its end.</param>
/// <param name="Refresh">The newest refresh token of a sign-in; null = used, or a token by client credentials.</param>
/// <param name="Former">The refresh token that bought this one: good until <paramref name="Refresh"/> is used.</param>
public sealed record ShopToken(string Access, DateTimeOffset Until, string? Refresh, string? Former);

/// <summary>Codes, access tokens that end, refresh tokens that rotate. Kept in the database: a hub that restarts with the Sandbox must not have to sign in again.</summary>
public sealed class ShopTokens
{
    /// <summary>The one that never ends.</summary>
    public const string Fixed = "shpat_demo";
    public const string ClientId = "demo";
    public const int DaySeconds = 86_399;
    public const int HourSeconds = 3_600;
    private const string Kind = "token";
    private const int MostTokens = 1_000;
    private const int MostCodes = 200;
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(2);

    private readonly ChannelStore store;
    private readonly SandboxRandom random;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly Dictionary<string, ShopToken> tokens;
    private readonly Dictionary<string, DateTimeOffset> codes = new(StringComparer.Ordinal);

    public ShopTokens(ChannelStore store, SandboxRandom random, TimeProvider clock)
    {
        (this.store, this.random, this.clock) = (store, random, clock);
        tokens = store.Load(Kind).Select(row => JsonSerializer.Deserialize<ShopToken>(row.Json)!).ToDictionary(token => token.Access, StringComparer.Ordinal);
    }

    /// <summary>False: the merchant removed the app, and nothing of it is taken any more.</summary>
    public bool IsInstalled { get; private set; } = true;

    /// <summary>Seconds that new tokens live; null = as long as Shopify's.</summary>
    public int? LifeSeconds { get; set; }

    /// <summary>Seconds that new refresh tokens claim to live; null = as long as Shopify's. Only told: what they buy ends by revoking.</summary>
    public int? RefreshLifeSeconds { get; set; }

    /// <summary>The consent page installs without asking.</summary>
    public bool AutoConsent { get; set; }

    public bool IsKnown(string access)
    {
        lock (gate)
        {
            return IsInstalled && (access == Fixed || (tokens.TryGetValue(access, out var token) && token.Until > clock.GetUtcNow()));
        }
    }

    /// <summary>Null: the app is not installed.</summary>
    public ShopToken? ForApp()
    {
        lock (gate)
        {
            return IsInstalled ? Issue(LifeSeconds ?? DaySeconds, refresh: null, former: null) : null;
        }
    }

    /// <summary>A person's consent installs the app. The code is good once and for two minutes.</summary>
    public string Consent()
    {
        lock (gate)
        {
            IsInstalled = true;
            if (codes.Count >= MostCodes)
            {
                codes.Remove(codes.MinBy(code => code.Value).Key);
            }

            var code = Secret("");
            codes[code] = clock.GetUtcNow() + CodeLife;
            return code;
        }
    }

    /// <summary>Null: the code is not known, used or too old.</summary>
    public ShopToken? Redeem(string code)
    {
        lock (gate)
        {
            return codes.Remove(code, out var until) && until > clock.GetUtcNow() && IsInstalled ? Issue(LifeSeconds ?? HourSeconds, Secret("shprt_"), former: null) : null;
        }
    }

    /// <summary>For a session. Null: the app is not installed.</summary>
    public ShopToken? Exchange()
    {
        lock (gate)
        {
            return IsInstalled ? Issue(LifeSeconds ?? HourSeconds, Secret("shprt_"), former: null) : null;
        }
    }

    /// <summary>
    /// Null: not a living refresh token. The one before stays good until the newest is used; used once more, it burns what was given for it before.
    /// </summary>
    public ShopToken? Refresh(string refresh)
    {
        lock (gate)
        {
            if (!IsInstalled || tokens.Values.FirstOrDefault(token => token.Refresh == refresh || token.Former == refresh) is not { } held)
            {
                return null;
            }

            Put(held.Access, held.Former == refresh ? null : held with { Refresh = null, Former = null });
            return Issue(LifeSeconds ?? HourSeconds, Secret("shprt_"), refresh);
        }
    }

    /// <summary>All access tokens but the fixed one end now; refresh tokens live on.</summary>
    public int Expire()
    {
        lock (gate)
        {
            var living = tokens.Values.Where(token => token.Until > clock.GetUtcNow()).ToList();
            living.ForEach(token => Put(token.Access, token with { Until = clock.GetUtcNow() }));
            return living.Count;
        }
    }

    /// <summary>All access and refresh tokens but the fixed one are void.</summary>
    public int Revoke()
    {
        lock (gate)
        {
            var all = tokens.Keys.ToList();
            all.ForEach(access => Put(access, null));
            codes.Clear();
            return all.Count;
        }
    }

    /// <summary>Removing the app voids what it was given.</summary>
    public void Install(bool isInstalled)
    {
        lock (gate)
        {
            IsInstalled = isInstalled;
            if (!isInstalled)
            {
                Revoke();
            }
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            Revoke();
            (IsInstalled, LifeSeconds, RefreshLifeSeconds, AutoConsent) = (true, null, null, false);
        }
    }

    private ShopToken Issue(int seconds, string? refresh, string? former)
    {
        if (tokens.Count >= MostTokens)
        {
            Put(tokens.Values.OrderBy(token => token.Refresh is not null).ThenBy(token => token.Until).First().Access, null);
        }

        var issued = new ShopToken(Secret("shpat_"), clock.GetUtcNow().AddSeconds(seconds), refresh, former);
        Put(issued.Access, issued);
        return issued;
    }

    private void Put(string access, ShopToken? token)
    {
        _ = token is null ? tokens.Remove(access) : (tokens[access] = token) is not null;
        store.Commit([new EntityChange(Kind, access, token is null ? null : JsonSerializer.Serialize(token))]);
    }

    private string Secret(string prefix) => prefix + random.NextGuid().ToString("N");
}
