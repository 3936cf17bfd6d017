using ActorSync.Abstractions.Channels;

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
}
