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
    /// <summary>What it is renewed with.</summary>
    public string? RefreshToken { get; init; }
    /// <summary>Somebody is spending the refresh token; until then nobody else may.</summary>
    public DateTimeOffset? SpendingUntil { get; init; }
    /// <summary>Why a person has to sign in again; null = the login works.</summary>
    public string? Ended { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "***";
}
