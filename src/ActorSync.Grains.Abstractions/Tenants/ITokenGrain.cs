using ActorSync.Abstractions.Channels;
using Orleans.Concurrency;

namespace ActorSync.Abstractions.Tenants;

/// <summary>
/// The login of one channel connection. Key: channel id. Tokens are asked for and refresh tokens spent here only: one call at a time, claimed in the database before
/// the request leaves, and the new pair is stored before the access token is handed out. Awaits HTTP, so nobody who must answer at once may wait for it.
/// </summary>
[Alias("actorsync.token")]
public interface ITokenGrain : IGrainWithStringKey
{
    /// <summary>A token that is valid for a while yet, renewed if it has to be; <paramref name="refused"/> is not handed out again.</summary>
    [Alias("get")] Task<AccessToken> GetAsync(string? refused);

    /// <summary>Trades the code of a person's sign-in for tokens. Null = signed in; else why not.</summary>
    [Alias("sign-in")] Task<ChannelFault?> SignInAsync(string code, Uri redirect);

    /// <summary>
    /// Trades the session of a page inside the channel's admin, which the caller has found genuine, for tokens. A page that asks again within a minute gets what
    /// is there. Null = signed in; else why not.
    /// </summary>
    [Alias("exchange-session")] Task<ChannelFault?> ExchangeSessionAsync(string session);

    /// <summary>The channel told which rights our app has now.</summary>
    [Alias("note-scopes")] Task NoteScopesAsync(ImmutableArray<string> scopes);

    /// <summary>What is known of the login, without its tokens; null = there is none.</summary>
    [Alias("status"), AlwaysInterleave] Task<LoginStatus?> GetStatusAsync();
}

/// <summary>A login for people.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.login-status")]
public sealed record LoginStatus
{
    /// <summary>signed-in, ended.</summary>
    [Id(0)] public required string State { get; init; }
    /// <summary>Rights that came with it; empty = not told.</summary>
    [Id(1)] public ImmutableArray<string> Scopes { get; init; } = [];
    /// <summary>End of the access token; it is renewed before.</summary>
    [Id(2)] public DateTimeOffset? EndsAt { get; init; }
    /// <summary>End of what it is renewed with; null = none, or not told.</summary>
    [Id(3)] public DateTimeOffset? RefreshEndsAt { get; init; }
    /// <summary>Missing rights and an end that comes near, each with what to do.</summary>
    [Id(4)] public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>How long before its end a refresh token that nobody renews is warned of.</summary>
    public static readonly TimeSpan WarnAhead = TimeSpan.FromDays(7);
}
