using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// The shop's token address: client credentials; or a person's sign-in, or the session of the app's page inside Shopify's admin, with tokens that end and refresh
/// tokens that rotate (contract section 1).
/// </summary>
internal sealed class ShopifyTokens(ChannelHttpClients clients, TimeProvider clock) : IUnattendedIssuer, ISessionIssuer
{
    private const int LongestErrorCode = 60;
    /// <summary>Where the answer names none: refreshing must not stop for that.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);
    /// <summary>A token with neither an end nor a refresh token is of the permanent kind.</summary>
    private static readonly TimeSpan Permanent = TimeSpan.FromDays(36_500);
    /// <summary>Shopify wants tokens renewed with more than five minutes left.</summary>
    private static readonly TimeSpan RenewAhead = TimeSpan.FromMinutes(6);
    private readonly ChannelHttpClient _http = clients.Create(clock);

    public bool IsUnattended(ChannelSettings settings, ChannelSecrets secrets) =>
        ShopifySettings.Read(settings, secrets).Settings?.App is { Grant: ShopifySettings.ClientCredentials };

    public Uri AuthorizeUrl(ChannelSettings settings, ChannelSecrets secrets, Uri redirect, string state)
    {
        ArgumentNullException.ThrowIfNull(redirect);
        ArgumentNullException.ThrowIfNull(state);
        var (options, problem) = ShopifySettings.Read(settings, secrets);
        return options?.App is { Grant: ShopifySettings.AuthorizationCode } app
            ? new Uri($"{app.OAuth}authorize?client_id={Uri.EscapeDataString(app.ClientId)}&scope={Uri.EscapeDataString(ShopifyScopes.Asked)}&redirect_uri={Uri.EscapeDataString(redirect.AbsoluteUri)}"
                + $"&state={Uri.EscapeDataString(state)}")
            : throw new ArgumentException(
                problem ?? $"This channel needs no sign-in: its settings hold all it takes. A person signs in where {ShopifySettings.Grant} is {ShopifySettings.AuthorizationCode}.", nameof(settings));
    }

    public ChannelFault? CheckReturn(ChannelSettings settings, ChannelSecrets secrets, IReadOnlyDictionary<string, string> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (ShopifySettings.Read(settings, secrets).Settings?.App is null)
        {
            return Fault(ChannelFaultKind.Unauthorised, "SETTINGS", "The channel's settings have no app that a person could sign in to.");
        }

        var signed = string.Join('&', query.Where(pair => pair.Key is not ("hmac" or "signature")).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
        var given = Encoding.ASCII.GetBytes(query.GetValueOrDefault("hmac", "").ToLowerInvariant());
        var isSigned = false;
        // During a rotation Shopify may still sign with the secret of before.
        foreach (var secret in secrets.All(ShopifySettings.ClientSecret))
        {
            var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed));
            isSigned |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(expected)), given);
        }

        return isSigned
            ? null
            : Fault(ChannelFaultKind.Unauthorised, "FORGED", $"The sign-in's return is not signed with the channel's {ShopifySettings.ClientSecret}. Begin it again, or correct the secret.");
    }

    public bool TakesSessions(ChannelSettings settings, ChannelSecrets secrets) => ShopifySettings.Read(settings, secrets).Settings?.App is { Grant: ShopifySettings.TokenExchange };

    public string? CheckSession(ChannelSettings settings, ChannelSecrets secrets, string session, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(secrets);
        var (options, problem) = ShopifySettings.Read(settings, secrets);
        return options?.App is not { } app ? problem ?? "The channel's settings have no app whose page could send a session."
            : ShopifySettings.FindShop(settings) is not { } shop ? $"{ShopifySettings.ShopDomain} is missing, so that a session cannot be told to be this shop's."
            : ShopifySession.Problem(session, secrets.All(ShopifySettings.ClientSecret), app.ClientId, shop, now);
    }

    public string HowToSignIn(ChannelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Values.GetValueOrDefault(ShopifySettings.Grant)?.Trim() == ShopifySettings.TokenExchange
            ? $"Open the app in the shop's admin: its page sends its session to POST /api/channels/{settings.Id}/token-exchange."
            : $"POST /api/channels/{settings.Id}/login answers where.";
    }

    public string? MissingScopes(IReadOnlyList<string> granted) => ShopifyScopes.Missing(granted);

    public Task<TokenGrant> ExchangeSessionAsync(ChannelSettings settings, ChannelSecrets secrets, string session, CancellationToken cancellationToken) =>
        AskAsync(
            settings,
            secrets,
            [ShopifySettings.TokenExchange],
            [
                new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                new("subject_token", session),
                new("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
                new("requested_token_type", "urn:shopify:params:oauth:token-type:offline-access-token"),
                new("expiring", "1"),
            ],
            RefusedSession,
            cancellationToken);

    public Task<TokenGrant> RequestAsync(ChannelSettings settings, ChannelSecrets secrets, CancellationToken cancellationToken) =>
        AskAsync(settings, secrets, [ShopifySettings.ClientCredentials], [new("grant_type", "client_credentials")], RefusedApp, cancellationToken);

    public Task<TokenGrant> ExchangeAsync(ChannelSettings settings, ChannelSecrets secrets, string code, Uri redirect, CancellationToken cancellationToken) =>
        AskAsync(settings, secrets, [ShopifySettings.AuthorizationCode], [new("code", code), new("expiring", "1")], RefusedCode, cancellationToken);

    public Task<TokenGrant> RefreshAsync(ChannelSettings settings, ChannelSecrets secrets, string refreshToken, CancellationToken cancellationToken) =>
        AskAsync(
            settings,
            secrets,
            [ShopifySettings.AuthorizationCode, ShopifySettings.TokenExchange],
            [new("grant_type", "refresh_token"), new("refresh_token", refreshToken)],
            RefusedLogin,
            cancellationToken);

    private static ChannelFault RefusedApp(string code) => Fault(
        ChannelFaultKind.Unauthorised, code, $"Shopify gives this app no token ({code}). The app must be installed in the shop and belong to the shop's organisation.");

    private static ChannelFault RefusedSession(string code) => Fault(
        ChannelFaultKind.Unauthorised, code, $"Shopify does not take this session ({code}); it lives for a minute, and the app must be installed. Load the app's page again.");

    private static ChannelFault RefusedCode(string code) => Fault(
        ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, $"Shopify does not take this sign-in ({code}); a code works once and not for long. Sign in again.");

    private static ChannelFault RefusedLogin(string code) => Fault(
        ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, $"Shopify does not take this login any more ({code}): the app was removed or the login revoked. A person has to sign in again.");

    private async Task<TokenGrant> AskAsync(
        ChannelSettings settings, ChannelSecrets secrets, string[] grants, KeyValuePair<string, string>[] form, Func<string, ChannelFault> refused, CancellationToken cancellationToken)
    {
        var (options, problem) = ShopifySettings.Read(settings, secrets);
        if (options?.App is not { } app || !grants.Contains(app.Grant, StringComparer.Ordinal))
        {
            return new TokenGrant { Fault = Fault(ChannelFaultKind.Unauthorised, "SETTINGS", problem ?? $"The channel's settings do not name {string.Join(" or ", grants)} as its way to a token.") };
        }

        using var content = new FormUrlEncodedContent([new("client_id", app.ClientId), new("client_secret", app.ClientSecret), .. form]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.OAuth, "access_token")) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // Never repeated by the transport: a claim on the refresh token must outlive the call.
        var exchange = await _http.SendAsync(request, repeatable: false, cancellationToken);
        return Read(exchange, refused, mayBePermanent: app.Grant != ShopifySettings.ClientCredentials, clock.GetUtcNow());
    }

    internal static TokenGrant Read(HttpExchange exchange, Func<string, ChannelFault> refused, bool mayBePermanent, DateTimeOffset now)
    {
        var body = Parse(exchange.Body);
        if (exchange.StatusFault(now) is { } fault)
        {
            return new TokenGrant { Fault = Judge(fault, exchange, body, refused) };
        }

        if (Text(body, "access_token") is not { } access)
        {
            return new TokenGrant { Fault = Fault(ChannelFaultKind.Transient, "NO_TOKEN", "Shopify's token address answered without an access token.") };
        }

        var refresh = Text(body, "refresh_token");
        return new TokenGrant
        {
            AccessToken = access,
            RefreshToken = refresh,
            RefreshLifetime = Seconds(body, "refresh_token_expires_in") is { } refreshable ? TimeSpan.FromSeconds(refreshable) : null,
            Scopes = Text(body, "scope")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            RenewAhead = RenewAhead,
            Lifetime = Seconds(body, "expires_in") is { } told ? TimeSpan.FromSeconds(told) : mayBePermanent && refresh is null ? Permanent : DefaultLifetime,
        };
    }

    private static ChannelFault Judge(ChannelFault fault, HttpExchange exchange, JsonElement body, Func<string, ChannelFault> refused)
    {
        if (exchange.Status is not { } status || fault.Kind is ChannelFaultKind.Transient or ChannelFaultKind.Throttled)
        {
            return fault;
        }

        var error = Text(body, "error") is { Length: <= LongestErrorCode } code && code.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? code : ((int)status).ToString(CultureInfo.InvariantCulture);
        return ((int)status, error) switch
        {
            (_, "application_cannot_be_found" or "invalid_client") =>
                Fault(ChannelFaultKind.Unauthorised, error, $"Shopify knows no app with this {ShopifySettings.ClientId} and {ShopifySettings.ClientSecret}; check both."),
            (400 or 401, _) => refused(error),
            (404, _) => Fault(ChannelFaultKind.Unauthorised, error, $"Shopify has no token address here; check {ShopifySettings.BaseUrl}."),
            _ => fault with { Kind = ChannelFaultKind.Unauthorised, Message = $"Shopify's token address refuses us (HTTP {(int)status}, {error})." },
        };
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement body, string name) => ShopifyMapper.Child(body, name) is { ValueKind: JsonValueKind.String } member && member.GetString() is { Length: > 0 } text ? text : null;

    private static double? Seconds(JsonElement body, string name) =>
        ShopifyMapper.Child(body, name) is { ValueKind: JsonValueKind.Number } member && member.GetDouble() is > 0 and < 3e9 and var seconds ? seconds : null;

    private static ChannelFault Fault(ChannelFaultKind kind, string code, string message) => new() { Kind = kind, Code = code, Message = message };
}

/// <summary>A token of the settings: a refusal is final.</summary>
internal sealed class ShopifyFixedToken(string token) : ITokenSource
{
    private static readonly AccessToken Refused = new() { Fault = ShopifyErrors.RefusedToken };
    private readonly AccessToken _token = new() { Value = token };

    public ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult(refused is null ? _token : Refused);
}

/// <summary>For a connection that is tried before it is stored: a token of its own, asked for once, where no person is needed for it.</summary>
internal sealed class ShopifyTrialToken(ShopifyTokens issuer, ChannelSettings settings, ChannelSecrets secrets) : ITokenSource
{
    private readonly Lock _gate = new();
    private Task<TokenGrant>? _asked;

    public async ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken)
    {
        if (!issuer.IsUnattended(settings, secrets))
        {
            return new AccessToken
            {
                Fault = new ChannelFault
                {
                    Kind = ChannelFaultKind.Unauthorised,
                    Code = TokenFaults.LoginRequired,
                    Message = $"A person has to sign in at Shopify first. {issuer.HowToSignIn(settings)}",
                },
            };
        }

        Task<TokenGrant> asked;
        lock (_gate)
        {
            // Bounded by the transport; whoever stops waiting does not take the token from the others.
            asked = _asked ??= issuer.RequestAsync(settings, secrets, CancellationToken.None);
        }

        var grant = await asked.WaitAsync(cancellationToken);
        return new AccessToken { Value = refused is null ? grant.AccessToken : null, Fault = refused is null ? grant.Fault : ShopifyErrors.RefusedToken };
    }
}
