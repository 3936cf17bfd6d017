namespace ActorSync.Abstractions.Storage;

/// <summary>The tokens of channels whose logins expire: one encrypted row per channel, written by compare-and-set only.</summary>
public interface ITokenStore
{
    /// <summary>The channel's tokens, or null: nobody has signed in.</summary>
    Task<StoredTokens?> ReadAsync(ChannelId channel, CancellationToken cancellationToken);

    /// <summary>Stores the tokens as version <paramref name="expectedVersion"/> + 1 (0 = there is no row yet); false when another version stands there.</summary>
    Task<bool> ReplaceAsync(ChannelId channel, long expectedVersion, ChannelTokens tokens, CancellationToken cancellationToken);
}

/// <summary>Tokens with the version of their row.</summary>
public sealed record StoredTokens(long Version, ChannelTokens Tokens);

/// <summary>What is kept of a login. Never logged, never part of a grain's state.</summary>
public sealed record ChannelTokens
{
    /// <summary>Access token; null = none yet, or not valid any more.</summary>
    public string? AccessToken { get; init; }
    /// <summary>From then on it is renewed before it is used.</summary>
    public DateTimeOffset RenewAt { get; init; }
    /// <summary>The access token's end: until then it still serves while the token endpoint does not answer. Null = not noted.</summary>
    public DateTimeOffset? EndsAt { get; init; }
    /// <summary>What it is renewed with.</summary>
    public string? RefreshToken { get; init; }
    /// <summary>When the pair was granted; null = not noted.</summary>
    public DateTimeOffset? GrantedAt { get; init; }
    /// <summary>The refresh token's own end; null = it has none, or it was not told.</summary>
    public DateTimeOffset? RefreshEndsAt { get; init; }
    /// <summary>Rights as last told; null = never.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
    /// <summary>Somebody is spending the refresh token; until then nobody else may.</summary>
    public DateTimeOffset? SpendingUntil { get; init; }
    /// <summary>Why a person has to sign in again; null = the login works.</summary>
    public string? Ended { get; init; }
    /// <summary>The token endpoint refused us for another reason than the login.</summary>
    public TokenRefusal? Refused { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "***";
}

/// <summary>Settings that the token endpoint did not take: it is left alone <paramref name="Until"/> then, or until they change.</summary>
/// <param name="Code">Of the fault.</param>
/// <param name="Message">Of the fault.</param>
/// <param name="Until">When to ask again.</param>
/// <param name="Settings">Digest of the settings and secrets that were refused.</param>
public sealed record TokenRefusal(string Code, string Message, DateTimeOffset Until, string Settings);
