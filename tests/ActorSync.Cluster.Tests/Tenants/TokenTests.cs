using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Products;
using ActorSync.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Tenants;

/// <summary>Logins whose refresh tokens work once, over the real store.</summary>
public sealed class TokenTests
{
    private static readonly ChannelId Channel = new("a");
    private static readonly Uri Redirect = new("http://localhost/oauth/callback");

    [Fact]
    public async Task Get_ManyAtOnceWithAnEndedToken_SpendTheRefreshTokenOnce()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var issuer = hub.Kind.Issuer;
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        Assert.Equal(TokenFaults.LoginRequired, (await grain.GetAsync(null)).Fault!.Code);
        Assert.Null(await grain.SignInAsync("code", Redirect));
        Assert.Equal("access-1", (await grain.GetAsync(null)).Value);

        var renewed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => grain.GetAsync("access-1")));
        Assert.All(renewed, token => Assert.Equal("access-2", token.Value));
        Assert.Equal(["refresh-1"], issuer.Spent);
        var stored = await hub.Service<ITokenStore>().ReadAsync(Channel, CancellationToken.None);
        Assert.Equal(("refresh-2", "access-2"), (stored!.Tokens.RefreshToken, stored.Tokens.AccessToken));
    }

    [Fact]
    public async Task Get_WhileAnotherActivationSpends_WaitsInsteadOfSpendingTwice()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        await grain.SignInAsync("code", Redirect);
        var store = hub.Service<ITokenStore>();
        var held = (await store.ReadAsync(Channel, CancellationToken.None))!;
        Assert.True(await store.ReplaceAsync(Channel, held.Version, held.Tokens with { SpendingUntil = DateTimeOffset.UtcNow.AddMinutes(1) }, CancellationToken.None));

        var token = await grain.GetAsync("access-1");
        Assert.Equal((null, ChannelFaultKind.Transient), (token.Value, token.Fault!.Kind));
        Assert.Empty(hub.Kind.Issuer.Spent);
        // Who did not see the claim is stopped by the row's version.
        Assert.False(await store.ReplaceAsync(Channel, held.Version, held.Tokens, CancellationToken.None));
    }

    [Fact]
    public async Task Get_RevokedLogin_AsksForAPersonAndCallsNobodyAgain()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        await grain.SignInAsync("code", Redirect);
        hub.Kind.Issuer.IsRevoked = true;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(TokenFaults.ReauthRequired, (await grain.GetAsync("access-1")).Fault!.Code);
        }

        Assert.Single(hub.Kind.Issuer.Spent);
        hub.Kind.Issuer.IsRevoked = false;
        Assert.Null(await grain.SignInAsync("code", Redirect));
        Assert.NotNull((await grain.GetAsync(null)).Value);
    }

    [Fact]
    public async Task Get_ManyAtOnceWithoutAPerson_AskForOneToken()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        hub.Kind.Issuer.NeedsNobody = true;
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        var first = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => grain.GetAsync(null)));
        Assert.All(first, token => Assert.Equal("access-1", token.Value));
        var renewed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => grain.GetAsync("access-1")));
        Assert.All(renewed, token => Assert.Equal("access-2", token.Value));
        Assert.Equal(2, hub.Kind.Issuer.Requests);
    }

    [Fact]
    public async Task Get_RefusedSettings_LeaveTheEndpointAloneUntilTheyChange()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var issuer = hub.Kind.Issuer;
        (issuer.NeedsNobody, issuer.Trouble) = (true, ChannelFaultKind.Unauthorised);
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal((ChannelFaultKind.Unauthorised, "trouble"), ((await grain.GetAsync(null)).Fault!.Kind, (await grain.GetAsync(null)).Fault!.Code));
        }

        Assert.Equal(1, issuer.Requests);
        issuer.Trouble = null;
        var settings = (await hub.Service<ITenantDirectory>().FindChannelAsync(Channel))!;
        var changed = await hub.Grains.GetGrain<ITenantGrain>(settings.Tenant.Value).PutChannelAsync(settings with { Values = settings.Values.Add("clientId", "other") });
        await hub.Service<ITenantDirectory>().RefreshAsync(settings.Tenant, changed.Version);
        Assert.Equal("access-1", (await grain.GetAsync(null)).Value);
    }

    [Fact]
    public async Task Get_DueTokenWhileTheEndpointIsSilent_ServesUntilItsEnd()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var issuer = hub.Kind.Issuer;
        issuer.NeedsNobody = true;
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        var store = hub.Service<ITokenStore>();
        var now = DateTimeOffset.UtcNow;
        Assert.True(await store.ReplaceAsync(Channel, 0, new ChannelTokens { AccessToken = "old", RenewAt = now.AddMinutes(-1), EndsAt = now.AddMinutes(5) }, CancellationToken.None));
        issuer.Trouble = ChannelFaultKind.Transient;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("old", (await grain.GetAsync(null)).Value);
        }

        Assert.Equal(1, issuer.Requests);
        Assert.Equal("trouble", (await grain.GetAsync("old")).Fault!.Code);
        issuer.Trouble = null;
        Assert.Equal("access-1", (await grain.GetAsync(null)).Value);
    }

    [Fact]
    public async Task Get_BeforeItsEnd_IsRenewedAhead()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var issuer = hub.Kind.Issuer;
        issuer.NeedsNobody = true;
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        var before = DateTimeOffset.UtcNow;
        await grain.GetAsync(null);
        var stored = (await hub.Service<ITokenStore>().ReadAsync(Channel, CancellationToken.None))!.Tokens;
        Assert.Equal(TestIssuer.Ahead, stored.EndsAt!.Value - stored.RenewAt);
        Assert.InRange(stored.EndsAt.Value - before, TestIssuer.Life, TestIssuer.Life + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task ExchangeSession_ManyPagesAtOnce_AskOnceAMinute()
    {
        var clock = new ShiftedClock();
        await using var hub = await TestHub.StartAsync(configure: services => services.AddKeyedSingleton<TimeProvider>(ProductClock.Key, clock));
        await hub.ConnectAsync(Channel.Value);
        var issuer = hub.Kind.Issuer;
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        Assert.Null(await grain.GetStatusAsync());
        issuer.Trouble = ChannelFaultKind.Unauthorised;
        Assert.Equal("trouble", (await grain.ExchangeSessionAsync("session"))!.Code);
        Assert.Equal(TokenFaults.LoginRequired, (await grain.GetAsync(null)).Fault!.Code);
        issuer.Trouble = null;

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => grain.ExchangeSessionAsync("session"))), Assert.Null);
        Assert.Equal((2, "access-1"), (issuer.Sessions, (await grain.GetAsync(null)).Value));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await grain.ExchangeSessionAsync("session"));
        Assert.Equal((3, "access-2"), (issuer.Sessions, (await grain.GetAsync(null)).Value));
        // A login that was revoked is taken up again by a page, however young it is.
        issuer.IsRevoked = true;
        Assert.Equal(TokenFaults.ReauthRequired, (await grain.GetAsync("access-2")).Fault!.Code);
        Assert.Equal("ended", (await grain.GetStatusAsync())!.State);
        issuer.IsRevoked = false;
        Assert.Null(await grain.ExchangeSessionAsync("session"));
        Assert.Equal(("access-3", "signed-in"), ((await grain.GetAsync(null)).Value, (await grain.GetStatusAsync())!.State));
    }

    [Fact]
    public async Task Status_TellsMissingRightsAndARefreshTokenThatEndsSoon()
    {
        var clock = new ShiftedClock();
        await using var hub = await TestHub.StartAsync(configure: services => services.AddKeyedSingleton<TimeProvider>(ProductClock.Key, clock));
        await hub.ConnectAsync(Channel.Value);
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        await grain.SignInAsync("code", Redirect);
        var first = (await grain.GetStatusAsync())!;
        Assert.Equal(["needed", "other"], first.Scopes);
        Assert.Empty(first.Warnings);

        await grain.NoteScopesAsync(["other"]);
        var cut = (await grain.GetStatusAsync())!;
        Assert.Equal(["needed is missing"], cut.Warnings);
        Assert.Equal(first.RefreshEndsAt, cut.RefreshEndsAt);
        await grain.NoteScopesAsync(["needed"]);

        clock.MoveTo(first.RefreshEndsAt!.Value - LoginStatus.WarnAhead - TimeSpan.FromMinutes(1));
        Assert.Empty((await grain.GetStatusAsync())!.Warnings);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("The login ends at", Assert.Single((await grain.GetStatusAsync())!.Warnings), StringComparison.Ordinal);
        // Using it renews it, and with it the end.
        Assert.Equal("access-2", (await grain.GetAsync(null)).Value);
        Assert.Empty((await grain.GetStatusAsync())!.Warnings);
    }

    [Fact]
    public async Task NoteScopes_WhileSomebodySpendsTheRefreshToken_LeavesTheRowAlone()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync(Channel.Value);
        var grain = hub.Grains.GetGrain<ITokenGrain>(Channel.Value);
        await grain.SignInAsync("code", Redirect);
        var store = hub.Service<ITokenStore>();
        var held = (await store.ReadAsync(Channel, CancellationToken.None))!;
        Assert.True(await store.ReplaceAsync(Channel, held.Version, held.Tokens with { SpendingUntil = DateTimeOffset.UtcNow.AddMinutes(1) }, CancellationToken.None));

        await grain.NoteScopesAsync(["less"]);

        Assert.Equal(held.Version + 1, (await store.ReadAsync(Channel, CancellationToken.None))!.Version);
    }
}

/// <summary>A token endpoint whose refresh tokens work once.</summary>
public sealed class TestIssuer : IUnattendedIssuer, ISessionIssuer
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan RefreshLife = TimeSpan.FromDays(90);
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(6);
    private int grants;
    private int requests;
    private int sessions;

    /// <summary>The connection's own credentials are all it takes.</summary>
    public bool NeedsNobody { get; set; }

    /// <summary>What requests without a person are answered with; null = a token.</summary>
    public ChannelFaultKind? Trouble { get; set; }

    /// <summary>Requests without a person.</summary>
    public int Requests => requests;

    /// <summary>Sessions that were traded.</summary>
    public int Sessions => sessions;

    public bool IsRevoked { get; set; }

    /// <summary>Refresh tokens that were traded in, in order.</summary>
    public ImmutableList<string> Spent { get; private set; } = [];

    public Uri AuthorizeUrl(ChannelSettings settings, ChannelSecrets secrets, Uri redirect, string state) => new($"http://login.test/?state={state}");

    public Task<TokenGrant> ExchangeAsync(ChannelSettings settings, ChannelSecrets secrets, string code, Uri redirect, CancellationToken cancellationToken) => Task.FromResult(Grant());

    public Task<TokenGrant> RefreshAsync(ChannelSettings settings, ChannelSecrets secrets, string refreshToken, CancellationToken cancellationToken)
    {
        var isSpent = Spent.Contains(refreshToken);
        Spent = Spent.Add(refreshToken);
        return Task.FromResult(IsRevoked || isSpent
            ? new TokenGrant { Fault = new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = TokenFaults.ReauthRequired, Message = "Revoked." } }
            : Grant());
    }

    public bool IsUnattended(ChannelSettings settings, ChannelSecrets secrets) => NeedsNobody;

    public Task<TokenGrant> RequestAsync(ChannelSettings settings, ChannelSecrets secrets, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref requests);
        return Task.FromResult(Trouble is { } kind ? new TokenGrant { Fault = new ChannelFault { Kind = kind, Code = "trouble", Message = "Trouble." } } : Grant() with { RefreshToken = null });
    }

    public bool TakesSessions(ChannelSettings settings, ChannelSecrets secrets) => true;

    public string? CheckSession(ChannelSettings settings, ChannelSecrets secrets, string session, DateTimeOffset now) => null;

    public Task<TokenGrant> ExchangeSessionAsync(ChannelSettings settings, ChannelSecrets secrets, string session, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref sessions);
        return Task.FromResult(Trouble is { } kind ? new TokenGrant { Fault = new ChannelFault { Kind = kind, Code = "trouble", Message = "Trouble." } } : Grant());
    }

    public string? MissingScopes(IReadOnlyList<string> granted) => granted.Contains("needed") ? null : "needed is missing";

    private TokenGrant Grant()
    {
        var number = Interlocked.Increment(ref grants);
        return new TokenGrant { AccessToken = $"access-{number}", RefreshToken = $"refresh-{number}", Lifetime = Life, RenewAhead = Ahead, RefreshLifetime = RefreshLife, Scopes = ["needed", "other"] };
    }
}
