using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;

namespace ActorSync.Channels.JtlFfn;

/// <summary>JTL's login: the authorization code of a person, and refresh tokens that work once (contract section 1).</summary>
internal sealed class JtlTokens(ChannelHttpClients clients, TimeProvider clock) : ITokenIssuer
{
    private const string Scopes = "ffn.merchant.read ffn.merchant.write";
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(30);
    private readonly ChannelHttpClient _http = clients.Create(clock);

    public Uri AuthorizeUrl(ChannelSettings settings, ChannelSecrets secrets, Uri redirect, string state)
    {
        ArgumentNullException.ThrowIfNull(redirect);
        ArgumentNullException.ThrowIfNull(state);
        var (connection, problem) = JtlSettings.Read(settings, secrets);
        return connection is null
            ? throw new ArgumentException(problem, nameof(settings))
            : new Uri($"{connection.Login("authorize")}?response_type=code&client_id={Uri.EscapeDataString(connection.Client)}&redirect_uri={Uri.EscapeDataString(redirect.AbsoluteUri)}"
                + $"&scope={Uri.EscapeDataString(Scopes)}&state={Uri.EscapeDataString(state)}");
    }

    public Task<TokenGrant> ExchangeAsync(ChannelSettings settings, ChannelSecrets secrets, string code, Uri redirect, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(redirect);
        return AskAsync(settings, secrets, [new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", redirect.AbsoluteUri)], cancellationToken);
    }

    public Task<TokenGrant> RefreshAsync(ChannelSettings settings, ChannelSecrets secrets, string refreshToken, CancellationToken cancellationToken) =>
        AskAsync(settings, secrets, [new("grant_type", "refresh_token"), new("refresh_token", refreshToken)], cancellationToken);

    private async Task<TokenGrant> AskAsync(ChannelSettings settings, ChannelSecrets secrets, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        var (connection, problem) = JtlSettings.Read(settings, secrets);
        if (connection is null)
        {
            return new TokenGrant { Fault = JtlErrors.Fault(ChannelFaultKind.Permanent, "SETTINGS", problem!) };
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, connection.Login("token")) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{connection.Client}:{connection.Secret}")));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // Never repeated by the transport: a second try of a spent token would end the login.
        var exchange = await _http.SendAsync(request, repeatable: false, cancellationToken);
        return Read(exchange, clock.GetUtcNow());
    }

    internal static TokenGrant Read(HttpExchange exchange, DateTimeOffset now)
    {
        if (exchange.StatusFault(now) is { } fault)
        {
            return new TokenGrant { Fault = Judge(fault, exchange) };
        }

        try
        {
            var json = JsonElement.Parse(exchange.Body.Span);
            if (JtlMapper.Text(json, "access_token") is { Length: > 0 } access)
            {
                return new TokenGrant
                {
                    AccessToken = access,
                    RefreshToken = JtlMapper.Text(json, "refresh_token"),
                    Lifetime = JtlMapper.Decimal(json, "expires_in") is { } seconds and > 0 ? TimeSpan.FromSeconds((double)seconds) : DefaultLifetime,
                };
            }
        }
        catch (JsonException)
        {
            // Told below: an answer without a token is none.
        }

        return new TokenGrant { Fault = JtlErrors.Fault(ChannelFaultKind.Transient, "NO_TOKEN", "JTL's login answered without an access token.") };
    }

    /// <summary>The exact form of a revoked login is not documented: any of its known texts, or an OAuth refusal of the grant, ends it.</summary>
    private static ChannelFault Judge(ChannelFault fault, HttpExchange exchange)
    {
        if (exchange.Status is not { } status || (int)status is not (400 or 401))
        {
            return fault;
        }

        var text = Encoding.UTF8.GetString(exchange.Body.Span);
        if (text.Contains("invalid_client", StringComparison.Ordinal))
        {
            return JtlErrors.Fault(ChannelFaultKind.Unauthorised, "INVALID_CLIENT", "JTL does not accept the client id and secret; check both.");
        }

        string[] signs = ["invalid_grant", "invalid_request", "refresh token is invalid", "Token has been revoked"];
        return signs.Any(sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase))
            ? JtlErrors.Fault(ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, "JTL does not take this login any more; a person has to sign in again.")
            : JtlErrors.Fault(ChannelFaultKind.Unauthorised, ((int)status).ToString(), $"JTL's login refuses us (HTTP {(int)status}).");
    }
}
