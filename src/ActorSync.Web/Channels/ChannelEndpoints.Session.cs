using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Channels;

/// <summary>Signing in by a page inside the channel's own admin: its session, signed by the channel for our app, is all the proof there is and all it takes.</summary>
internal static partial class ChannelEndpoints
{
    private const int LongestSession = 4_096;

    public static void MapSession(IEndpointRouteBuilder routes) => routes.MapPost("/api/channels/{id}/token-exchange", ExchangeSession).AllowAnonymous().WithTags("Channels")
        .WithSummary("Trades the session token of the app's page inside the channel's admin for the hub's own tokens. Needs no key: the session is the proof.")
        .WithBody("""{ "sessionToken": "eyJhbGciOi…" }""");

    private static async Task<Results<Ok<LoginStatus>, Problem>> ExchangeSession(string id, JsonBody body, Catalogue catalogue, TimeProvider clock, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var session = reader.Text("sessionToken", required: true, max: LongestSession);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.Directory.FindChannelAsync(new ChannelId(id), cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var secrets = await catalogue.Directory.SecretsOf(channel.Id, cancellationToken);
        if (catalogue.Directory.KindOf(channel).Tokens is not ISessionIssuer issuer || !issuer.TakesSessions(channel, secrets))
        {
            return (Problem)new ApiError(ErrorKind.Refused, "no-sessions", $"The channel '{id}' takes no sessions. At Shopify the setting grant has to be token_exchange.");
        }

        if (issuer.CheckSession(channel, secrets, session!, clock.GetUtcNow()) is { } problem)
        {
            return (Problem)new ApiError(ErrorKind.Unauthenticated, "wrong-session", $"The session token is not accepted. {problem}");
        }

        if (await catalogue.Token(channel.Id).ExchangeSessionAsync(session!) is { } fault)
        {
            return (Problem)(fault.Kind is ChannelFaultKind.Transient or ChannelFaultKind.Throttled
                ? new ApiError(ErrorKind.Unavailable, "login-unavailable", $"{fault.Message} ({fault.Code})") { RetryAfter = TimeSpan.FromSeconds(1) }
                : new ApiError(ErrorKind.Refused, "login-refused", $"The channel did not take the session ({fault.Code}): {fault.Message}"));
        }

        await SignedInAsync(channel, catalogue);
        return TypedResults.Ok(await catalogue.Token(channel.Id).GetStatusAsync() ?? new LoginStatus { State = "signed-in" });
    }

    /// <summary>The channel works again: pushes go on, and it is asked what it grants now, in case it had removed our app.</summary>
    private static async Task SignedInAsync(ChannelSettings channel, Catalogue catalogue)
    {
        await catalogue.Store(channel.Id).NoteAsync(null, null);
        await catalogue.Watch(channel.Id).SignalAsync(ChannelSignal.RightsChanged);
        await catalogue.Store(channel.Id).WakeAsync();
    }
}
