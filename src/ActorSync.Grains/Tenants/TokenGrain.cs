using System.Security.Cryptography;
using System.Text;
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
    private static readonly TimeSpan AfterRace = TimeSpan.FromSeconds(1);
    /// <summary>While a token still serves, an endpoint that does not answer is asked again this much later.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(15);
    /// <summary>Settings that the endpoint refused are tried again after this long: what changed may be on its side, an app installed again.</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(5);

    /// <summary>A page asks for its session to be traded whenever it is loaded; within this time it gets what is there.</summary>
    private static readonly TimeSpan ExchangeEvery = TimeSpan.FromMinutes(1);

    /// <summary>Only to spare reads: whatever is spent or stored is checked against the row's version.</summary>
    private StoredTokens? known;

    private ChannelId Channel => new(this.GetPrimaryKeyString());

    public async Task<AccessToken> GetAsync(string? refused)
    {
        known ??= await store.ReadAsync(Channel, CancellationToken.None);
        if (Usable(refused) is { } token)
        {
            return new AccessToken { Value = token };
        }

        // Another activation may have renewed it, or a person signed in.
        known = await store.ReadAsync(Channel, CancellationToken.None);
        return Usable(refused) is { } renewed ? new AccessToken { Value = renewed } : await RenewAsync(known, refused);
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
        if (!await StoreAsync(known?.Version ?? 0, Granted(grant, askedAt, former: null)))
        {
            return Fault(ChannelFaultKind.Transient, "RACE", "Another sign-in or renewal was stored at the same moment; sign in once more.");
        }

        LogSignedIn(Channel.Value);
        return null;
    }

    public async Task<ChannelFault?> ExchangeSessionAsync(string session)
    {
        if (await IssuerAsync() is not { Tokens: ISessionIssuer sessions } issuer)
        {
            return Fault(ChannelFaultKind.Permanent, "NO_LOGIN", $"Channel '{Channel}' trades no sessions.");
        }

        var now = clock.GetUtcNow();
        known = await store.ReadAsync(Channel, CancellationToken.None);
        if (Usable(refused: null) is not null && known!.Tokens.GrantedAt > now - ExchangeEvery)
        {
            return null;
        }

        var version = known?.Version ?? 0;
        var before = known?.Tokens ?? new ChannelTokens();
        if (before.SpendingUntil > now || !await StoreAsync(version, before with { SpendingUntil = now + SpendingTime }))
        {
            return Fault(ChannelFaultKind.Transient, "RENEWING", "The login is being renewed elsewhere.", now + AfterRace);
        }

        var grant = await sessions.ExchangeSessionAsync(issuer.Settings, issuer.Secrets, session, CancellationToken.None);
        if (grant.Fault is { } fault)
        {
            await StoreAsync(version + 1, before);
            return fault;
        }

        if (!await StoreAsync(version + 1, Granted(grant, now, before)))
        {
            return Fault(ChannelFaultKind.Transient, "RACE", "Another sign-in or renewal was stored at the same moment; load the page once more.");
        }

        LogSignedIn(Channel.Value);
        return null;
    }

    public async Task NoteScopesAsync(ImmutableArray<string> scopes)
    {
        known = await store.ReadAsync(Channel, CancellationToken.None);
        // Who spends the refresh token stores its answer over this version of the row: it must not be changed meanwhile. The next probe tells the rights again.
        if (known is { Tokens: { } tokens } && !(tokens.SpendingUntil > clock.GetUtcNow()) && tokens.Scopes?.ToHashSet(StringComparer.Ordinal).SetEquals(scopes) != true)
        {
            await StoreAsync(known.Version, tokens with { Scopes = scopes });
        }
    }

    public async Task<LoginStatus?> GetStatusAsync()
    {
        if (await store.ReadAsync(Channel, CancellationToken.None) is not { Tokens: var tokens } || IsNone(tokens) || await IssuerAsync() is not { } issuer)
        {
            return null;
        }

        var warnings = ImmutableArray.CreateBuilder<string>();
        if (tokens.Ended is { } reason)
        {
            warnings.Add(reason);
        }
        else if (tokens.RefreshEndsAt - LoginStatus.WarnAhead <= clock.GetUtcNow())
        {
            warnings.Add($"The login ends at {tokens.RefreshEndsAt:u} unless it is renewed before, which happens while the channel is in use. To sign in anew: {issuer.Tokens.HowToSignIn(issuer.Settings)}");
        }

        if (tokens.Scopes is { } scopes && issuer.Tokens.MissingScopes(scopes) is { } missing)
        {
            warnings.Add(missing);
        }

        return new LoginStatus
        {
            State = tokens.Ended is null ? "signed-in" : "ended",
            Scopes = [.. tokens.Scopes ?? []],
            EndsAt = tokens.EndsAt,
            RefreshEndsAt = tokens.RefreshEndsAt,
            Warnings = warnings.ToImmutable(),
        };
    }

    /// <summary>A row that only a claim has left: nobody has signed in.</summary>
    private static bool IsNone(ChannelTokens tokens) => tokens is { AccessToken: null, RefreshToken: null, Ended: null };

    /// <summary>The known token if it may still be used; null = it has to be renewed.</summary>
    private string? Usable(string? refused) =>
        known is { Tokens: { Ended: null, AccessToken: { } access } tokens } && access != refused && tokens.RenewAt > clock.GetUtcNow() ? access : null;

    /// <summary>A token that was due for renewal and has not ended.</summary>
    private string? Serving(ChannelTokens tokens, string? refused) => tokens.AccessToken != refused && tokens.EndsAt > clock.GetUtcNow() ? tokens.AccessToken : null;

    private async Task<AccessToken> RenewAsync(StoredTokens? held, string? refused)
    {
        var now = clock.GetUtcNow();
        var issuer = await IssuerAsync();
        var unattended = issuer?.Unattended;
        if (unattended is null && (held is null || IsNone(held.Tokens)))
        {
            return None(ChannelFaultKind.Unauthorised, TokenFaults.LoginRequired, $"A person has to sign in first. {issuer?.Tokens.HowToSignIn(issuer.Settings)}");
        }

        if (unattended is null && held!.Tokens.Ended is { } reason)
        {
            return None(ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired, reason);
        }

        // A login that ended says nothing about a connection that was changed to need none.
        var tokens = (held?.Tokens ?? new ChannelTokens()) with { Ended = null };
        if (tokens.SpendingUntil > now)
        {
            return None(ChannelFaultKind.Transient, "RENEWING", "The login is being renewed elsewhere.", now + AfterRace);
        }

        if (tokens.Refused is { } refusal && refusal.Until > now && refusal.Settings == issuer?.Digest)
        {
            return Serving(tokens, refused) is { } serving ? new AccessToken { Value = serving } : None(ChannelFaultKind.Unauthorised, refusal.Code, refusal.Message);
        }

        if (issuer is null || (unattended is null && tokens.RefreshToken is null))
        {
            return await EndAsync(held?.Version ?? 0, tokens, $"The login has ended and cannot be renewed; sign in again. {issuer?.Tokens.HowToSignIn(issuer.Settings)}");
        }

        var version = held?.Version ?? 0;
        if (!await StoreAsync(version, tokens with { SpendingUntil = now + SpendingTime }))
        {
            return None(ChannelFaultKind.Transient, "RENEWING", "The login is being renewed elsewhere.", now + AfterRace);
        }

        var grant = unattended is not null
            ? await unattended.RequestAsync(issuer.Settings, issuer.Secrets, CancellationToken.None)
            : await issuer.Tokens.RefreshAsync(issuer.Settings, issuer.Secrets, tokens.RefreshToken!, CancellationToken.None);
        if (grant.Fault is { } fault)
        {
            return fault.Code == TokenFaults.ReauthRequired && unattended is null
                ? await EndAsync(version + 1, tokens, fault.Message)
                : await FailAsync(version + 1, tokens, fault, refused, issuer.Digest);
        }

        var renewed = Granted(grant, now, unattended is null ? tokens : null);
        if (!await StoreAsync(version + 1, renewed))
        {
            // A person signed in meanwhile: that login stands.
            return None(ChannelFaultKind.Transient, "RENEWING", "The login was replaced meanwhile.", now + AfterRace);
        }

        return new AccessToken { Value = renewed.AccessToken };
    }

    /// <summary>Not renewed, but not ended either: an old token serves on while it lives, and a refusal is not asked for again and again.</summary>
    private async Task<AccessToken> FailAsync(long version, ChannelTokens tokens, ChannelFault fault, string? refused, string digest)
    {
        var now = clock.GetUtcNow();
        var serving = Serving(tokens, refused);
        var isRefusal = fault.Kind is ChannelFaultKind.Unauthorised or ChannelFaultKind.Permanent;
        // Whether a refresh token was spent shows with the next try.
        await StoreAsync(version, tokens with
        {
            AccessToken = tokens.AccessToken == refused ? null : tokens.AccessToken,
            RenewAt = serving is null ? tokens.RenewAt : now + AfterFailure,
            SpendingUntil = null,
            Refused = isRefusal ? new TokenRefusal(fault.Code, fault.Message, now + AfterRefusal, digest) : null,
        });
        if (isRefusal)
        {
            LogRefused(Channel.Value, fault.Code, fault.Message);
        }

        return serving is null ? new AccessToken { Fault = fault with { Kind = isRefusal ? ChannelFaultKind.Unauthorised : fault.Kind } } : new AccessToken { Value = serving };
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

    /// <param name="grant">What was answered.</param>
    /// <param name="askedAt">When the request left.</param>
    /// <param name="former">What stays where the answer does not tell; null = nothing of before.</param>
    private static ChannelTokens Granted(TokenGrant grant, DateTimeOffset askedAt, ChannelTokens? former)
    {
        var margin = grant.Lifetime / 4 < grant.RenewAhead ? grant.Lifetime / 4 : grant.RenewAhead;
        var endsAt = askedAt + grant.Lifetime;
        return new ChannelTokens
        {
            AccessToken = grant.AccessToken,
            RenewAt = endsAt - margin,
            EndsAt = endsAt,
            GrantedAt = askedAt,
            RefreshToken = grant.RefreshToken ?? former?.RefreshToken,
            RefreshEndsAt = grant.RefreshToken is null ? former?.RefreshEndsAt : askedAt + grant.RefreshLifetime,
            Scopes = grant.Scopes ?? former?.Scopes,
        };
    }

    private async Task<Issuer?> IssuerAsync()
    {
        if (await directory.FindChannelAsync(Channel) is not { } settings || directory.KindOf(settings) is not { Tokens: { } tokens } kind)
        {
            return null;
        }

        var secrets = await directory.SecretsOf(Channel);
        var unattended = tokens is IUnattendedIssuer candidate && candidate.IsUnattended(settings, secrets) ? candidate : null;
        return new Issuer(tokens, unattended, settings, secrets, Digest(kind.Descriptor, settings, secrets));
    }

    private static string Digest(ChannelDescriptor descriptor, ChannelSettings settings, ChannelSecrets secrets)
    {
        var values = settings.Values.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => (string[])[pair.Key, pair.Value])
            .Concat(descriptor.Settings.Where(setting => setting.Secret).SelectMany(setting => secrets.All(setting.Name).Order(StringComparer.Ordinal).Prepend(setting.Name)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', values))));
    }

    private sealed record Issuer(ITokenIssuer Tokens, IUnattendedIssuer? Unattended, ChannelSettings Settings, ChannelSecrets Secrets, string Digest);

    private static AccessToken None(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) => new() { Fault = Fault(kind, code, message, retryAt) };

    private static ChannelFault Fault(ChannelFaultKind kind, string code, string message, DateTimeOffset? retryAt = null) =>
        new() { Kind = kind, Code = code, Message = message, RetryAt = retryAt };

    [LoggerMessage(3501, LogLevel.Information, "Channel {Channel} is signed in")]
    private partial void LogSignedIn(string channel);

    [LoggerMessage(3502, LogLevel.Warning, "The login of channel {Channel} has ended: {Reason}")]
    private partial void LogEnded(string channel, string reason);

    [LoggerMessage(3503, LogLevel.Warning, "The token endpoint refuses channel {Channel} ({Code}): {Reason}")]
    private partial void LogRefused(string channel, string code, string reason);
}

/// <summary>A connection's tokens as its connector sees them: asks the one TokenGrain.</summary>
internal sealed class GrainTokens(ChannelId channel, IGrainFactory grains) : ITokenSource
{
    private readonly ITokenGrain grain = grains.GetGrain<ITokenGrain>(channel.Value);

    public async ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken) => await grain.GetAsync(refused).WaitAsync(cancellationToken);
}
