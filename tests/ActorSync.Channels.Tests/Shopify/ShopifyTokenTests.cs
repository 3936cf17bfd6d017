using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Shopify;
using ActorSync.Domain.Products;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>The ways to a token, with a script in place of the network.</summary>
public sealed class ShopifyTokenTests
{
    private const string Shop = """{"data":{"shop":{"name":"S","currencyCode":"EUR"}}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, null, null, "There is no way to a token. Give either the secret accessToken, or clientId and the secret clientSecret.")]
    [InlineData("shpat_x", "id", null, null, "accessToken is given beside clientId")]
    [InlineData("shpat_x", "id", "secret", null, "accessToken is given beside clientId and clientSecret")]
    [InlineData("shpat_x", null, null, "client_credentials", "accessToken is given beside grant")]
    [InlineData(null, "id", null, null, "clientId is given without the secret clientSecret")]
    [InlineData(null, null, "secret", null, "The secret clientSecret is given without clientId")]
    [InlineData(null, "id", "secret", "password", "grant is 'password' but must be client_credentials (or empty), authorization_code or token_exchange")]
    public async Task Probe_NotExactlyOneWay_NamesTheSettingsAndNoSecret(string? token, string? id, string? secret, string? grant, string expected)
    {
        using var shop = new Script(_ => (HttpStatusCode.OK, Shop));
        var probe = await shop.Open(token, id, secret, grant).ProbeAsync(Token);
        Assert.Equal("SETTINGS", probe.Fault!.Code);
        Assert.Contains(expected, probe.Fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("shpat_x", probe.Fault.Message, StringComparison.Ordinal);
        Assert.Empty(shop.Sent);
    }

    [Fact]
    public async Task Probe_ClientCredentialsOfAConnectionNotStoredYet_AsksForOneToken()
    {
        using var shop = new Script(sent => sent.Path.EndsWith("access_token", StringComparison.Ordinal)
            ? (HttpStatusCode.OK, """{"access_token":"shpat_new","scope":"read_products","expires_in":86399}""")
            : (HttpStatusCode.OK, Shop));
        var channel = shop.Open(null, "id", "se&cret", null);
        Assert.True((await channel.ProbeAsync(Token)).Ok);
        Assert.True((await channel.ProbeAsync(Token)).Ok);
        Assert.Equal("https://shop.example/admin/oauth/access_token client_id=id&client_secret=se%26cret&grant_type=client_credentials", $"{shop.Sent[0].Path} {shop.Sent[0].Body}");
        Assert.Equal([null, "shpat_new", "shpat_new"], shop.Sent.Select(sent => sent.Token));
        Assert.DoesNotContain(shop.Logs, line => line.Contains("shpat_", StringComparison.Ordinal) || line.Contains("cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_TokenThatEndedInMidRun_IsRenewedAndTheCallSentOnceMore()
    {
        using var shop = new Script(sent => sent.Token == "t1" ? (HttpStatusCode.OK, Shop) : (HttpStatusCode.Unauthorized, """{"errors":"[API] Invalid API key or access token"}"""));
        var tokens = new Numbered();
        Assert.True((await shop.Open(null, "id", "secret", null, tokens).ProbeAsync(Token)).Ok);
        Assert.Equal(["t0", "t1"], shop.Sent.Select(sent => sent.Token));
        Assert.Equal([null, "t0"], tokens.Refused);
    }

    [Fact]
    public async Task Send_RenewedTokenRefusedToo_IsUnauthorisedAfterTwoCalls()
    {
        using var shop = new Script(_ => (HttpStatusCode.Unauthorized, "{}"));
        var probe = await shop.Open(null, "id", "secret", null, new Numbered()).ProbeAsync(Token);
        Assert.Equal((ChannelFaultKind.Unauthorised, "401"), (probe.Fault!.Kind, probe.Fault.Code));
        Assert.Equal(2, shop.Sent.Count);
        var fixedToken = await shop.Open("shpat_x", null, null, null).ProbeAsync(Token);
        Assert.Equal((ChannelFaultKind.Unauthorised, "401"), (fixedToken.Fault!.Kind, fixedToken.Fault.Code));
        Assert.Equal(3, shop.Sent.Count);
    }

    [Fact]
    public async Task SignIn_CodeAndRefresh_SendTheContractsForms()
    {
        using var shop = new Script(_ => (HttpStatusCode.OK, """{"access_token":"a","expires_in":3600,"refresh_token":"r","refresh_token_expires_in":7776000,"scope":"x"}"""));
        var (settings, secrets) = Settings(null, "id", "secret", "authorization_code");
        var code = await shop.Kind.Tokens!.ExchangeAsync(settings, secrets, "c", new Uri("https://hub.example/oauth/callback"), Token);
        await shop.Kind.Tokens.RefreshAsync(settings, secrets, "r", Token);
        Assert.Equal(("a", "r", TimeSpan.FromHours(1)), (code.AccessToken, code.RefreshToken, code.Lifetime));
        Assert.True(code.RenewAhead > TimeSpan.FromMinutes(5));
        Assert.Equal(
            ["client_id=id&client_secret=secret&code=c&expiring=1", "client_id=id&client_secret=secret&grant_type=refresh_token&refresh_token=r"], shop.Sent.Select(sent => sent.Body));
        Assert.Equal("***", code.ToString());
        var (options, _) = ShopifySettings.Read(settings, secrets);
        Assert.DoesNotContain("secret", $"{options} {options!.App}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"access_token":"a","refresh_token":"r"}""", 3600)] // the lacking end must not stop the refreshing
    [InlineData("""{"access_token":"a"}""", 36_500 * 86_400d)]
    [InlineData("""{"access_token":"a","expires_in":60}""", 60)]
    public async Task Exchange_AnswerWithoutAnEnd_LivesAnHourOrForEver(string body, double seconds)
    {
        using var shop = new Script(_ => (HttpStatusCode.OK, body));
        var (settings, secrets) = Settings(null, "id", "secret", "authorization_code");
        Assert.Equal(seconds, (await shop.Kind.Tokens!.ExchangeAsync(settings, secrets, "c", new Uri("https://hub.example/"), Token)).Lifetime.TotalSeconds);
    }

    [Theory]
    [InlineData(400, """{"error":"application_cannot_be_found"}""", ChannelFaultKind.Unauthorised, "application_cannot_be_found")]
    [InlineData(400, """{"error":"invalid_grant"}""", ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired)]
    [InlineData(401, "", ChannelFaultKind.Unauthorised, TokenFaults.ReauthRequired)]
    [InlineData(404, "<html>", ChannelFaultKind.Unauthorised, "404")]
    [InlineData(402, "{}", ChannelFaultKind.Unauthorised, "402")]
    [InlineData(429, "{}", ChannelFaultKind.Throttled, "429")]
    [InlineData(503, "", ChannelFaultKind.Transient, "503")]
    [InlineData(200, "<html>", ChannelFaultKind.Transient, "NO_TOKEN")]
    public async Task Refresh_Refused_EndsTheLoginOnlyWhenItIsTheLogin(int status, string body, ChannelFaultKind kind, string code)
    {
        using var shop = new Script(_ => ((HttpStatusCode)status, body));
        var (settings, secrets) = Settings(null, "id", "secret", "authorization_code");
        var fault = (await shop.Kind.Tokens!.RefreshAsync(settings, secrets, "r", Token)).Fault!;
        Assert.Equal((kind, code), (fault.Kind, fault.Code));
        Assert.Single(shop.Sent);
    }

    [Fact]
    public void SignIn_Return_MustBeSignedByTheClientSecret()
    {
        using var shop = new Script(_ => (HttpStatusCode.OK, "{}"));
        var (settings, secrets) = Settings(null, "id", "hush", "authorization_code");
        var address = shop.Kind.Tokens!.AuthorizeUrl(settings, secrets, new Uri("https://hub.example/oauth/callback"), "st ate");
        Assert.StartsWith("https://shop.example/admin/oauth/authorize?client_id=id&scope=read_products%2C", address.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal(("https://hub.example/oauth/callback", "st ate"), (HttpUtility.ParseQueryString(address.Query)["redirect_uri"], HttpUtility.ParseQueryString(address.Query)["state"]));
        Dictionary<string, string> query = new(StringComparer.Ordinal) { ["state"] = "s", ["code"] = "c", ["shop"] = "x.myshopify.com", ["timestamp"] = "1" };
        query["hmac"] = Convert.ToHexStringLower(HMACSHA256.HashData("hush"u8, "code=c&shop=x.myshopify.com&state=s&timestamp=1"u8));
        Assert.Null(shop.Kind.Tokens.CheckReturn(settings, secrets, query));
        query["code"] = "other";
        Assert.Equal("FORGED", shop.Kind.Tokens.CheckReturn(settings, secrets, query)!.Code);
        var (own, ownSecrets) = Settings(null, "id", "hush", null);
        Assert.Contains("needs no sign-in", Assert.Throws<ArgumentException>(() => shop.Kind.Tokens.AuthorizeUrl(own, ownSecrets, new Uri("https://hub.example/"), "s")).Message, StringComparison.Ordinal);
    }

    private static (ChannelSettings Settings, ChannelSecrets Secrets) Settings(string? token, string? id, string? secret, string? grant) => (
        new ChannelSettings
        {
            Id = new ChannelId("shop1"),
            Tenant = TenantId.Default,
            Kind = "shopify",
            Name = "Scripted",
            Values = new[] { ("baseUrl", "https://shop.example/"), ("clientId", id), ("grant", grant) }.Where(pair => pair.Item2 is not null).ToImmutableDictionary(pair => pair.Item1, pair => pair.Item2!),
        },
        new ChannelSecrets(new[] { ("accessToken", token), ("clientSecret", secret) }.Where(pair => pair.Item2 is not null).ToImmutableDictionary(pair => pair.Item1, pair => pair.Item2!)));

    private sealed class Numbered : ITokenSource
    {
        private int _given;

        public List<string?> Refused { get; } = [];

        public ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken)
        {
            Refused.Add(refused);
            return ValueTask.FromResult(new AccessToken { Value = $"t{_given++}" });
        }
    }

    private sealed record Sent(string Path, string Body, string? Token);

    private sealed class Script : HttpMessageHandler, ILoggerProvider, ILogger
    {
        private readonly Func<Sent, (HttpStatusCode Status, string Body)> _answer;
        private readonly ServiceProvider _services;
        private readonly ConcurrentQueue<Sent> _sent = new();

        public Script(Func<Sent, (HttpStatusCode Status, string Body)> answer)
        {
            _answer = answer;
            var services = new ServiceCollection();
            services.AddSingleton(TimeProvider.System).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this)).AddChannels();
            services.Configure<ChannelHttpOptions>(options => options.RetryDelay = TimeSpan.FromMilliseconds(1));
            services.AddHttpClient(ChannelHttpClients.Name).ConfigurePrimaryHttpMessageHandler(() => this);
            _services = services.BuildServiceProvider();
            Kind = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "shopify");
        }

        public IChannelKind Kind { get; }
        public ConcurrentQueue<string> Logs { get; } = new();
        public IReadOnlyList<Sent> Sent => [.. _sent];

        public IChannel Open(string? token, string? id, string? secret, string? grant, ITokenSource? tokens = null)
        {
            var (settings, secrets) = Settings(token, id, secret, grant);
            return Kind.Open(settings, secrets, new WooCommerce.CountingBudget(), tokens);
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var sent = new Sent(request.RequestUri!.AbsoluteUri, await request.Content!.ReadAsStringAsync(cancellationToken),
                request.Headers.TryGetValues("X-Shopify-Access-Token", out var tokens) ? tokens.Single() : null);
            _sent.Enqueue(sent);
            var (status, body) = _answer(sent);
            return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        }

        ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

        IDisposable? ILogger.BeginScope<TState>(TState state) => null;

        bool ILogger.IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logs.Enqueue(formatter(state, exception) + exception);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _services?.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
