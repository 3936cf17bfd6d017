using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorSync.Grains.Tenants;

/// <inheritdoc cref="ITokenGrain"/>
public sealed partial class TokenGrain(
    ITokenStore store,
    ITenantDirectory directory,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<TokenGrain> logger) : Grain, ITokenGrain
{
    /// <summary>How long a claim on the refresh token stands: longer than the request may take, so that only a crash leaves one behind.</summary>
    private static readonly TimeSpan SpendingTime = TimeSpan.FromSeconds(30);
    /// <summary>A token is renewed this long before it ends, or after three quarters of a shorter life.</summary>
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterRace = TimeSpan.FromSeconds(1);

    /// <summary>Only to spare reads: whatever is spent or stored is checked against the row's version.</summary>
    private StoredTokens? known;

    private ChannelId Channel => new(this.GetPrimaryKeyString());

    public async Task<AccessToken> GetAsync(string? refused)
    {
        known ??= await store.ReadAsync(Channel, CancellationToken.None);
        if (Usable(refused) is { } token)
        {
            return token;
        }

        // Another activation may have renewed it, or a person signed in.
        known = await store.ReadAsync(Channel, CancellationToken.None);
        return Usable(refused) ?? await RenewAsync(known!);
    }

    public async Task<ChannelFault?> SignInAsync(string code, Uri redirect)
    {
        if (await IssuerAsync() is not { } issuer)
        {
            return Fault(ChannelFaultKind.Permanent, "NO_LOGIN", $"Channel '{Channel}' has no login.");
        }

        var askedAt = clock.GetUtcNow();
        var grant = await issuer.Tokens.ExchangeAsync(issuer.Settings, issuer.Secrets, code, redirect, CancellationToken.None);
        if (grant.Fault is { } fault)
        {
            return fault;
        }

        known = await store.ReadAsync(Channel, CancellationToken.None);
        if (!await StoreAsync(known?.Version ?? 0, Granted(grant, askedAt, refreshToken: null)))
        {
            return Fault(ChannelFaultKind.Transient, "RACE", "Another sign-in or renewal was stored at the same moment; sign in once more.");
        }

        LogSignedIn(Channel.Value);
        return null;
    }

    /// <summary>The known token if it may still be used, or why there is none; null = it has to be renewed.</summary>
    private AccessToken? Usable(string? refused) => known switch
    {
        null => None(ChannelFaultKind.Unauthorised, TokenFaults.LoginRequired, $"A person has to sign in first: POST /api/channels/{Channel}/login answers where."),
        { Tokens.Ended: { } reason } => None(ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, reason),
        { Tokens: { AccessToken: { } access } tokens } when access != refused && tokens.RenewAt > clock.GetUtcNow() => new AccessToken { Value = access },
        _ => null,
    };

    private async Task<AccessToken> RenewAsync(StoredTokens held)
    {
        var now = clock.GetUtcNow();
        if (held.Tokens.SpendingUntil > now)
        {
            return None(ChannelFaultKind.Transient, "RENEWING", "The login is being renewed elsewhere.", now + AfterRace);
        }

        if (held.Tokens.RefreshToken is not { } refreshToken || await IssuerAsync() is not { } issuer)
        {
            return await EndAsync(held.Version, held.Tokens, $"The login has ended and cannot be renewed; sign in again: POST /api/channels/{Channel}/login answers where.");
        }

        if (!await StoreAsync(held.Version, held.Tokens with { SpendingUntil = now + SpendingTime }))
        {
            return None(ChannelFaultKind.Transient, "RENEWING", "The login is being renewed elsewhere.", now + AfterRace);
        }

        var claimed = held.Version + 1;
        var grant = await issuer.Tokens.RefreshAsync(issuer.Settings, issuer.Secrets, refreshToken, CancellationToken.None);
        if (grant.Fault is { Code: TokenFaults.ReauthRequired } ended)
        {
            return await EndAsync(claimed, held.Tokens, ended.Message);
        }

        if (grant.Fault is { } fault)
        {
            // Whether the token was spent shows with the next try.
            await StoreAsync(claimed, held.Tokens with { SpendingUntil = null });
            return new AccessToken { Fault = fault };
        }

        var renewed = Granted(grant, now, refreshToken);
        if (!await StoreAsync(claimed, renewed))
        {
            // A person signed in meanwhile: that login stands.
            return None(ChannelFaultKind.Transient, "RENEWING", "The login was replaced meanwhile.", now + AfterRace);
        }

        return new AccessToken { Value = renewed.AccessToken };
    }

    private async Task<AccessToken> EndAsync(long version, ChannelTokens tokens, string reason)
    {
        await StoreAsync(version, tokens with { AccessToken = null, RefreshToken = null, SpendingUntil = null, Ended = reason });
        LogEnded(Channel.Value, reason);
        return None(ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, reason);
    }

    private async Task<bool> StoreAsync(long version, ChannelTokens tokens)
    {
        // Unknown until it is certain: a failed write must not leave a token in memory that the row does not know.
        known = null;
        var stored = await store.ReplaceAsync(Channel, version, tokens, CancellationToken.None);
        known = stored ? new StoredTokens(version + 1, tokens) : null;
        return stored;
    }

    private static ChannelTokens Granted(TokenGrant grant, DateTimeOffset askedAt, string? refreshToken)
    {
        var margin = grant.Lifetime / 4 < LongestMargin ? grant.Lifetime / 4 : LongestMargin;
        return new ChannelTokens { AccessToken = grant.AccessToken, RenewAt = askedAt + grant.Lifetime - margin, RefreshToken = grant.RefreshToken ?? refreshToken };
    }

    private async Task<(ITokenIssuer Tokens, ChannelSettings Settings, ChannelSecrets Secrets)?> IssuerAsync() =>
        await directory.FindChannelAsync(Channel) is { } settings && directory.KindOf(settings).Tokens is { } issuer
            ? (issuer, settings, await directory.SecretsOf(Channel))
            : null;

    private static AccessToken None(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) => new() { Fault = Fault(kind, code, message, retryAt) };

    private static ChannelFault Fault(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) =>
        new() { Kind = kind, Code = code, Message = message, RetryAt = retryAt };

    [LoggerMessage(3501, LogLevel.Information, "Channel {Channel} is signed in")]
    private partial void LogSignedIn(string channel);

    [LoggerMessage(3502, LogLevel.Warning, "The login of channel {Channel} has ended: {Reason}")]
    private partial void LogEnded(string channel, string reason);
}

/// <summary>A connection's tokens as its connector sees them: asks the one TokenGrain.</summary>
internal sealed class GrainTokens(ChannelId channel, IGrainFactory grains) : ITokenSource
{
    private readonly ITokenGrain grain = grains.GetGrain<ITokenGrain>(channel.Value);

    public async ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken) => await grain.GetAsync(refused).WaitAsync(cancellationToken);
}
