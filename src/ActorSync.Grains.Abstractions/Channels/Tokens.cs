namespace ActorSync.Abstractions.Channels;

/// <summary>Hands out the access token of one connection. One token is refreshed once, however many ask, in the whole cluster.</summary>
public interface ITokenSource
{
    /// <summary>A token that is valid for a while yet.</summary>
    /// <param name="refused">A token that the channel has just refused although it was not due: it is not handed out again. Null = none was.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken);
}

/// <summary>A token, or why there is none.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.access-token")]
public sealed record AccessToken
{
    /// <summary>Goes into the request as it is; null with a fault.</summary>
    [Id(0)] public string? Value { get; init; }
    /// <summary>Why there is none.</summary>
    [Id(1)] public ChannelFault? Fault { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Value is null ? $"none: {Fault?.Message}" : "***";
}

/// <summary>Codes of faults that the core knows, whichever channel tells them.</summary>
public static class TokenFaults
{
    /// <summary>Nobody has signed in yet.</summary>
    public const string LoginRequired = "LOGIN_REQUIRED";
    /// <summary>The login was revoked or spent: a person has to sign in again. Nothing is called until then.</summary>
    public const string ReauthRequired = "REAUTH_REQUIRED";
}

/// <summary>A channel's token endpoint. Stateless; called by one place in the cluster per connection, which stores every answer before it is used.</summary>
public interface ITokenIssuer
{
    /// <summary>Where a person signs in. <paramref name="redirect"/> is called with a code and the same <paramref name="state"/>.</summary>
    Uri AuthorizeUrl(ChannelSettings settings, ChannelSecrets secrets, Uri redirect, string state);

    /// <summary>Trades the code of a sign-in for tokens. A code works once.</summary>
    Task<TokenGrant> ExchangeAsync(ChannelSettings settings, ChannelSecrets secrets, string code, Uri redirect, CancellationToken cancellationToken);

    /// <summary>Trades a refresh token for new tokens. Where refresh tokens work once, the old one is spent whatever becomes of the answer.</summary>
    Task<TokenGrant> RefreshAsync(ChannelSettings settings, ChannelSecrets secrets, string refreshToken, CancellationToken cancellationToken);

    /// <summary>What a person does to sign in at this connection.</summary>
    string HowToSignIn(ChannelSettings settings) => $"POST /api/channels/{settings.Id}/login answers where.";

    /// <summary>Rights that the hub needs and that are not among those granted, with what to do, as a sentence; null = none is missing.</summary>
    string? MissingScopes(IReadOnlyList<string> granted) => null;

    /// <summary>Whether what the browser brought back is the channel's own; null = it is. Channels that sign nothing leave that to the code.</summary>
    ChannelFault? CheckReturn(ChannelSettings settings, ChannelSecrets secrets, IReadOnlyDictionary<string, string> query) => null;
}

/// <summary>A token endpoint that serves some connections without a person.</summary>
public interface IUnattendedIssuer : ITokenIssuer
{
    /// <summary>The connection's own credentials are all it takes.</summary>
    bool IsUnattended(ChannelSettings settings, ChannelSecrets secrets);

    /// <summary>Asks for a token with the connection's own credentials. Repeatable.</summary>
    Task<TokenGrant> RequestAsync(ChannelSettings settings, ChannelSecrets secrets, CancellationToken cancellationToken);
}

/// <summary>A token endpoint that trades the session of a page inside the channel's own admin for tokens of the hub's own.</summary>
public interface ISessionIssuer : ITokenIssuer
{
    /// <summary>The connection comes by its tokens this way.</summary>
    bool TakesSessions(ChannelSettings settings, ChannelSecrets secrets);

    /// <summary>What is wrong with a session, as a sentence; null = it is genuine, meant for this connection and valid now. Pure.</summary>
    string? CheckSession(ChannelSettings settings, ChannelSecrets secrets, string session, DateTimeOffset now);

    /// <summary>Trades a session that was found genuine. Repeatable while the session lives.</summary>
    Task<TokenGrant> ExchangeSessionAsync(ChannelSettings settings, ChannelSecrets secrets, string session, CancellationToken cancellationToken);
}

/// <summary>What a token endpoint answered. Never logged, never serialized.</summary>
public sealed record TokenGrant
{
    /// <summary>Null with a fault.</summary>
    public string? AccessToken { get; init; }
    /// <summary>Null = the one before goes on working.</summary>
    public string? RefreshToken { get; init; }
    /// <summary>How long the refresh token lives from the moment the request left; null = not told.</summary>
    public TimeSpan? RefreshLifetime { get; init; }
    /// <summary>Rights that come with it; null = not told.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
    /// <summary>How long the access token lives from the moment the request left.</summary>
    public TimeSpan Lifetime { get; init; }
    /// <summary>It is renewed this long before it ends, or after three quarters of a shorter life.</summary>
    public TimeSpan RenewAhead { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Why there is none. <see cref="TokenFaults.ReauthRequired"/> = the endpoint will not take this refresh token or code any more.</summary>
    public ChannelFault? Fault { get; init; }

    /// <inheritdoc/>
    public override string ToString() => AccessToken is null ? $"none: {Fault?.Message}" : "***";
}
