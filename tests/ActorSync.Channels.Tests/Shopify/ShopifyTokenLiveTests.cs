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

    [Fact]
    public async Task Session_OfTheAppsPage_IsTradedForATokenThatRotates()
    {
        var app = With("demo", "token_exchange");
        var sessions = (ISessionIssuer)Issuer;
        var refused = (await _shop.Open(Secrets, app).ProbeAsync(Token)).Fault!;
        Assert.Equal(TokenFaults.LoginRequired, refused.Code);
        Assert.Contains("/token-exchange", refused.Message, StringComparison.Ordinal);
        Assert.Equal((true, false, false), (sessions.TakesSessions(app, Secrets), sessions.TakesSessions(With("demo", null), Secrets), ((IUnattendedIssuer)Issuer).IsUnattended(app, Secrets)));

        var session = await SessionAsync(0);
        Assert.Null(sessions.CheckSession(app, Secrets, session, DateTimeOffset.UtcNow));
        Assert.NotNull(sessions.CheckSession(With("other", "token_exchange"), Secrets, session, DateTimeOffset.UtcNow));
        var grant = await sessions.ExchangeSessionAsync(app, Secrets, session, Token);
        Assert.Equal((true, TimeSpan.FromHours(1), TimeSpan.FromDays(90)), (await OpensAsync(app, grant), grant.Lifetime, grant.RefreshLifetime));
        Assert.Null(Issuer.MissingScopes(grant.Scopes!));
        var renewed = await Issuer.RefreshAsync(app, Secrets, grant.RefreshToken!, Token);
        Assert.True(await OpensAsync(app, renewed));

        var stale = await SessionAsync(120);
        Assert.Contains("It ended at", sessions.CheckSession(app, Secrets, stale, DateTimeOffset.UtcNow), StringComparison.Ordinal);
        Assert.Equal((ChannelFaultKind.Unauthorised, "invalid_subject_token"), await FaultAsync(stale));
        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["installed"] = false });
        Assert.Equal((ChannelFaultKind.Unauthorised, "app_not_installed"), await FaultAsync(session));

        async Task<(ChannelFaultKind, string)> FaultAsync(string token) => (await sessions.ExchangeSessionAsync(app, Secrets, token, Token)).Fault is { } fault ? (fault.Kind, fault.Code) : default;
    }

    [Fact]
    public async Task Scopes_AreCut_ProbeSaysWhichAndWhatStopsWorking()
    {
        Assert.Empty((await _shop.Channel.ProbeAsync(Token)).Warnings);
        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["scopes"] = new JsonArray("read_products", "write_products", "read_inventory", "read_locations", "read_files") });

        var cut = await _shop.Channel.ProbeAsync(Token);
        Assert.True(cut.Ok);
        Assert.Equal(["read_files", "read_inventory", "read_locations", "read_products", "write_products"], cut.Scopes.Order(StringComparer.Ordinal));
        var warning = Assert.Single(cut.Warnings, warning => warning.Contains("lacks the access scopes", StringComparison.Ordinal));
        Assert.Contains("write_inventory, write_files: no count is written; pictures are neither described anew nor taken off a product.", warning, StringComparison.Ordinal);
        Assert.Equal(["write_products", "read_inventory", "read_locations", "read_files"], (await ((IUnattendedIssuer)Issuer).RequestAsync(With("demo", null), Secrets, Token)).Scopes);

        // Where nothing is left of the answer, the rights are asked for by themselves.
        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["scopes"] = new JsonArray("read_products") });
        var refused = await _shop.Channel.ProbeAsync(Token);
        Assert.Equal((false, "ACCESS_DENIED"), (refused.Ok, refused.Fault?.Code));
        Assert.StartsWith("The token lacks the access scopes write_products, read_inventory, write_inventory, read_locations, write_files: no product is written;", refused.Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(["read_products"], refused.Scopes);
        var page = await ((IProductSource)_shop.Channel).ReadPageAsync(null, 10, Token);
        Assert.Equal((0, "ACCESS_DENIED"), (page.Items.Length, page.Fault?.Code));
    }

    private async Task<string> SessionAsync(int age) => (await sandbox.PostAsync("_control/shopify/session", new JsonObject { ["ageSeconds"] = age }))!["sessionToken"]!.GetValue<string>();

    private ChannelSettings With(string client, string? grant)
    {
        var values = _shop.Settings.Values.SetItem("shopDomain", "demo.myshopify.com").Add("clientId", client);
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
