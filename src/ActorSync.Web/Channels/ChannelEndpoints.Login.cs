using System.Security.Cryptography;
using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Channels;

/// <summary>Signing in at a channel: the admin asks where, a browser goes there, the channel sends it back with a code.</summary>
internal static partial class ChannelEndpoints
{
    private const string CallbackPath = "/oauth/callback";

    /// <summary>The channel's own redirect ends here. It carries no key of ours: what it may do is sealed in the state that it brings back.</summary>
    public static void MapCallback(IEndpointRouteBuilder routes) =>
        routes.MapGet(CallbackPath, Callback).AllowAnonymous().ExcludeFromDescription();

    private static async Task<Results<Ok<LoginStart>, Problem>> Login(
        string id, Caller caller, HttpRequest request, Catalogue catalogue, LoginState states, IOptions<WebOptions> options, CancellationToken cancellationToken)
    {
        if (await catalogue.FindChannelAsync(caller, id, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(id);
        }

        var kind = catalogue.Directory.KindOf(channel);
        if (kind.Tokens is not { } issuer)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "no-login", $"{kind.Descriptor.DisplayName} has no login; its settings hold all it takes.");
        }

        var redirect = new Uri(options.Value.PublicUrl ?? new Uri($"{request.Scheme}://{request.Host}"), CallbackPath);
        var (state, expiresAt) = states.Seal(channel, redirect);
        try
        {
            return TypedResults.Ok(new LoginStart(issuer.AuthorizeUrl(channel, await catalogue.Directory.SecretsOf(channel.Id, cancellationToken), redirect, state), redirect, expiresAt));
        }
        catch (ArgumentException wrong)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "settings", wrong.Message);
        }
    }

    private static async Task<Results<ContentHttpResult, Problem>> Callback(
        HttpRequest request, Catalogue catalogue, LoginState states, CancellationToken cancellationToken, string? code = null, string? state = null, string? error = null)
    {
        if (states.Open(state) is not { } login || await catalogue.Directory.FindChannelAsync(login.Channel, cancellationToken) is not { } channel || channel.Tenant != login.Tenant)
        {
            return (Problem)new ApiError(ErrorKind.Invalid, "login-state", "This sign-in was not begun here, or more than ten minutes ago. Begin it again: POST /api/channels/{id}/login.");
        }

        if (string.IsNullOrEmpty(code))
        {
            return (Problem)new ApiError(ErrorKind.Refused, "login-refused", $"The channel did not grant the sign-in ({error ?? "no code came"}).");
        }

        var query = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        if (catalogue.Directory.KindOf(channel).Tokens?.CheckReturn(channel, await catalogue.Directory.SecretsOf(channel.Id, cancellationToken), query) is { } forged)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "login-forged", forged.Message);
        }

        if (await catalogue.Token(channel.Id).SignInAsync(code, login.Redirect) is { } fault)
        {
            return (Problem)new ApiError(ErrorKind.Refused, "login-refused", $"The channel did not take the sign-in ({fault.Code}): {fault.Message}");
        }

        await SignedInAsync(channel, catalogue);
        return TypedResults.Text($"{channel.Name} is signed in. You can close this window.");
    }
}

/// <summary>Where to sign in.</summary>
internal sealed record LoginStart(Uri AuthorizeUrl, Uri RedirectUri, DateTimeOffset ExpiresAt);

/// <summary>What a sign-in is about, sealed for this installation and for ten minutes.</summary>
internal sealed class LoginState(IDataProtectionProvider protection, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("ActorSync.Web.Login.v1").ToTimeLimitedDataProtector();

    public (string State, DateTimeOffset ExpiresAt) Seal(ChannelSettings channel, Uri redirect)
    {
        var expiresAt = clock.GetUtcNow() + Lifetime;
        return (_protector.Protect($"{channel.Tenant.Value}\n{channel.Id.Value}\n{redirect.AbsoluteUri}", expiresAt), expiresAt);
    }

    public (TenantId Tenant, ChannelId Channel, Uri Redirect)? Open(string? state)
    {
        try
        {
            return state is not null && _protector.Unprotect(state).Split('\n') is [var tenant, var channel, var redirect]
                ? (new TenantId(tenant), new ChannelId(channel), new Uri(redirect))
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
