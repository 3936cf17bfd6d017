using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Products;

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
}

/// <summary>A token endpoint whose refresh tokens work once.</summary>
public sealed class TestIssuer : ITokenIssuer
{
    private int grants;

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

    private TokenGrant Grant()
    {
        var number = Interlocked.Increment(ref grants);
        return new TokenGrant { AccessToken = $"access-{number}", RefreshToken = $"refresh-{number}", Lifetime = TimeSpan.FromMinutes(30) };
    }
}
