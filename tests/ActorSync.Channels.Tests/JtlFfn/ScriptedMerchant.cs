using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels.Tests.JtlFfn;

/// <summary>The real connector with a script in place of the network.</summary>
internal sealed class ScriptedMerchant : IDisposable
{
    public static readonly VariantId V1 = new(1);
    public static readonly VariantId V2 = new(2);
    private readonly ServiceProvider _services;

    /// <param name="answer">Answers a request: method, path below /v1/ with its query, body.</param>
    /// <param name="tokens">Access tokens; absent = one that always works.</param>
    public ScriptedMerchant(Func<Sent, (HttpStatusCode Status, string? Body)> answer, ITokenSource? tokens = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddLogging().AddChannels();
        services.Configure<ChannelHttpOptions>(options =>
        {
            options.AllowPrivateAddresses = true;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
        });
        services.AddHttpClient(ChannelHttpClients.Name).ConfigurePrimaryHttpMessageHandler(() => new Script(this, answer));
        _services = services.BuildServiceProvider();
        Kind = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "jtl-ffn");
        Channel = Kind.Open(Settings, Secrets, new WooCommerce.CountingBudget(), tokens ?? new OneToken());
    }

    public static ChannelSettings Settings { get; } = new()
    {
        Id = new ChannelId("jtl"),
        Tenant = TenantId.Default,
        Kind = "jtl-ffn",
        Name = "Warehouse",
        Values = ImmutableDictionary<string, string>.Empty.Add("apiUrl", "http://ffn.test/api").Add("oauthUrl", "http://oauth.test").Add("clientId", "c"),
        Locations = [new Domain.Channels.ChannelLocation { LocationId = "FULF04XX-12345-0001" }, new Domain.Channels.ChannelLocation { LocationId = "FULF04XX-12345-0002" }],
    };

    public static ChannelSecrets Secrets { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["clientSecret"] = "s" });

    public IChannelKind Kind { get; }

    public IChannel Channel { get; }

    public IProductSource Source => (IProductSource)Channel;

    public ConcurrentQueue<Sent> Requests { get; } = new();

    public void Dispose() => _services.Dispose();

    public async Task<PushOutcome> PushAsync(PushItem item) =>
        Assert.Single(await ((IProductSink)Channel).PushAsync([item], TestContext.Current.CancellationToken));

    /// <summary>A push of the given fields of variants; an external id makes it an update.</summary>
    public static PushItem Item(bool mayHaveHappened, params (VariantId Id, string? Jfsku, (string Field, string? Value)[] Write, (string Field, string? Value)[] Beside)[] variants) => new()
    {
        Product = new ProductId("p-17"),
        Channel = Settings.Id,
        PushId = "push-1",
        Action = variants.All(v => v.Jfsku is null) ? PushAction.Create : PushAction.Update,
        ExternalId = variants.FirstOrDefault(v => v.Jfsku is not null).Jfsku,
        MayHaveHappened = mayHaveHappened,
        Target = new DesiredProduct
        {
            Fields = ImmutableDictionary<string, FieldValue>.Empty,
            Variants = [.. variants.Select(v => new DesiredVariant { Id = v.Id, ExternalId = v.Jfsku, Fields = v.Write.Concat(v.Beside).ToImmutableDictionary(f => f.Field, f => new FieldValue(f.Value)) })],
        },
        Delta = [.. variants.SelectMany(v => v.Write.Select(f => new PlannedValue { Key = new RegisterKey(f.Field, v.Id), Target = new FieldValue(f.Value) }))],
    };

    internal sealed record Sent(string Method, string Path, JsonElement Body);

    private sealed class OneToken : ITokenSource
    {
        public ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult(new AccessToken { Value = "t1" });
    }

    private sealed class Script(ScriptedMerchant merchant, Func<Sent, (HttpStatusCode Status, string? Body)> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var text = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            var path = Uri.UnescapeDataString(request.RequestUri!.PathAndQuery);
            var sent = new Sent(request.Method.Method, path.StartsWith("/api/v1/", StringComparison.Ordinal) ? path["/api/v1/".Length..] : path, text.StartsWith('{') ? JsonElement.Parse(text) : default);
            merchant.Requests.Enqueue(sent);
            var (status, body) = answer(sent);
            return new HttpResponseMessage(status) { Content = new StringContent(body ?? "", Encoding.UTF8, "application/json") };
        }
    }
}
