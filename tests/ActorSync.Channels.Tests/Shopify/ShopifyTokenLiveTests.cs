using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Web;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Tests.Sandbox;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>The connector's ways to a token against the simulated shop's authorize and token addresses.</summary>
public sealed class ShopifyTokenLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly ChannelSecrets Secrets = new(ImmutableDictionary<string, string>.Empty.Add("clientSecret", "shpss_demo"));
    private static readonly Uri Redirect = new("http://localhost:1/oauth/callback");
    private readonly ShopifyLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ITokenIssuer Issuer => _shop.Kind.Tokens!;

    public async ValueTask InitializeAsync() => await sandbox.PostAsync("_control/reset", []);

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ClientCredentials_Work_AndAreRefusedWithTheReason()
    {
        var app = With("demo", null);
        Assert.True((await _shop.Open(Secrets, app).ProbeAsync(Token)).Ok);
        var wrong = await _shop.Open(new ChannelSecrets(ImmutableDictionary<string, string>.Empty.Add("clientSecret", "no")), app).ProbeAsync(Token);
        Assert.Equal((ChannelFaultKind.Unauthorised, "application_cannot_be_found"), (wrong.Fault!.Kind, wrong.Fault.Code));
        Assert.Contains("clientId and clientSecret", wrong.Fault.Message, StringComparison.Ordinal);
        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["installed"] = false });
        var removed = await _shop.Open(Secrets, app).ProbeAsync(Token);
        Assert.Equal((ChannelFaultKind.Unauthorised, "app_not_installed"), (removed.Fault!.Kind, removed.Fault.Code));
    }

    [Fact]
    public async Task SignIn_FromConsentToRotation_LivesUntilRevoked()
    {
        var app = With("demo", "authorization_code");
        Assert.Equal(TokenFaults.LoginRequired, (await _shop.Open(Secrets, app).ProbeAsync(Token)).Fault!.Code);
        await LeverAsync("autoConsent", true);
        var query = await ConsentAsync(app);
        Assert.Null(Issuer.CheckReturn(app, Secrets, query));
        Assert.Equal("s", query["state"]);
        var first = await Issuer.ExchangeAsync(app, Secrets, query["code"], Redirect, Token);
        Assert.Equal((true, TimeSpan.FromHours(1)), (await OpensAsync(app, first), first.Lifetime));
        Assert.Equal(TokenFaults.ReauthRequired, (await Issuer.ExchangeAsync(app, Secrets, query["code"], Redirect, Token)).Fault!.Code);

        // The answer is lost after the shop gave it: the former refresh token is still good, and burns what was lost.
        var lost = await Issuer.RefreshAsync(app, Secrets, first.RefreshToken!, Token);
        var second = await Issuer.RefreshAsync(app, Secrets, first.RefreshToken!, Token);
        Assert.Equal((false, true), (await OpensAsync(app, lost), await OpensAsync(app, second)));
        var third = await Issuer.RefreshAsync(app, Secrets, second.RefreshToken!, Token);
        Assert.True(await OpensAsync(app, third));
        Assert.Equal(TokenFaults.ReauthRequired, (await Issuer.RefreshAsync(app, Secrets, first.RefreshToken!, Token)).Fault!.Code);

        await LeverAsync("expire", true);
        Assert.False(await OpensAsync(app, third));
        var fourth = await Issuer.RefreshAsync(app, Secrets, third.RefreshToken!, Token);
        Assert.True(await OpensAsync(app, fourth));
        await LeverAsync("revoke", true);
        Assert.False(await OpensAsync(app, fourth));
        Assert.Equal(TokenFaults.ReauthRequired, (await Issuer.RefreshAsync(app, Secrets, fourth.RefreshToken!, Token)).Fault!.Code);
        Assert.True((await _shop.Channel.ProbeAsync(Token)).Ok, "the fixed token is no sign-in's");
    }

    private ChannelSettings With(string client, string? grant)
    {
        var values = _shop.Settings.Values.Add("clientId", client);
        return _shop.Settings with { Values = grant is null ? values : values.Add("grant", grant) };
    }

    private async Task<Dictionary<string, string>> ConsentAsync(ChannelSettings app)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await browser.GetAsync(Issuer.AuthorizeUrl(app, Secrets, Redirect, "s"), Token);
        var query = HttpUtility.ParseQueryString(answer.Headers.Location!.Query);
        return query.AllKeys.ToDictionary(key => key!, key => query[key]!, StringComparer.Ordinal);
    }

    private async Task<bool> OpensAsync(ChannelSettings app, TokenGrant grant) => (await _shop.Kind.Open(app, Secrets, _shop.Budget, new Held(grant.AccessToken!)).ProbeAsync(Token)).Ok;

    private async Task LeverAsync(string name, bool value) => await sandbox.PostAsync("_control/shopify/tokens", new JsonObject { [name] = value });

    private sealed class Held(string token) : ITokenSource
    {
        public ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult(new AccessToken { Value = token });
    }
}
