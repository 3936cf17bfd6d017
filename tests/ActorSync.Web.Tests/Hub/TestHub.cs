using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Domain.Products;
using ActorSync.Grains;
using ActorSync.Storage;
using ActorSync.TestSupport;
using ActorSync.Web.Health;
using ActorSync.Web.Security;
using ActorSync.Web.Tests.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

[assembly: AssemblyFixture(typeof(TestHub))]

namespace ActorSync.Web.Tests.Hub;

/// <summary>The whole hub in this process, on a free port, with SQLite in a folder of its own and one kind of shop that lives in memory.</summary>
public sealed class TestHub : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("actorsync-web-tests").FullName;
    private readonly TimeProvider _clock;
    private WebApplication? _app;

    public TestHub()
        : this(TimeProvider.System)
    {
    }

    internal TestHub(TimeProvider clock) => _clock = clock;

    public static readonly TenantId Other = new("other");

    public Uri Address { get; private set; } = default!;
    public HttpClient Admin { get; private set; } = default!;
    public HttpClient Operator { get; private set; } = default!;
    public HttpClient Viewer { get; private set; } = default!;
    public HttpClient OtherTenant { get; private set; } = default!;
    public HttpClient Anonymous { get; private set; } = default!;
    public string AdminKey { get; private set; } = "";
    public IServiceProvider Services => _app!.Services;
    internal TestShop Shops => (TestShop)Services.GetServices<IChannelKind>().Single(k => k.Descriptor.Kind == TestShop.Kind);

    public async ValueTask InitializeAsync()
    {
        _app = Build(_folder, demo: false, _clock);
        await _app.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
        AdminKey = (await FirstKey.EnsureAsync(Services.GetRequiredService<IApiKeyStore>(), TimeProvider.System, CancellationToken.None))!;
        Admin = Client(AdminKey);
        Operator = Client(await KeyAsync(TenantId.Default, Roles.Operator));
        Viewer = Client(await KeyAsync(TenantId.Default, Roles.Viewer));
        OtherTenant = Client(await KeyAsync(Other, Roles.Admin));
        Anonymous = Client(null);
    }

    internal static WebApplication Build(string folder, bool demo, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ActorSync:Storage:DataFolder"] = folder,
            ["ActorSync:Web:Demo"] = demo ? "true" : null,
            ["ActorSync:Web:MaxWebhookBytes"] = "65536",
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddKeyedSingleton(ProductClock.Key, clock ?? TimeProvider.System);
        builder.Services.AddActorSyncStorage(builder.Configuration.GetSection("ActorSync:Storage"));
        builder.Services.AddSingleton<IChannelKind, TestShop>();
        builder.Services.AddSingleton<IPictureReader, NoPictures>();
        builder.Services.AddSingleton<IReadiness, AlwaysReady>();
        builder.Host.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort());
            silo.AddMemoryGrainStorage(SyncStreams.Storage);
            silo.UseInMemoryReminderService();
            silo.AddMemoryStreams(SyncStreams.Provider, s =>
            {
                s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                s.ConfigurePullingAgent(a => a.Configure(o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
            });
            silo.AddActivityPropagation();
            silo.AddActorSyncGrains();
        });
        builder.Services.AddActorSyncWeb(builder.Configuration);
        var app = builder.Build();
        app.MapActorSyncWeb();
        app.MapActorSyncIngress();
        return app;
    }

    public HttpClient Client(string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        return client;
    }

    public async Task<string> KeyAsync(TenantId tenant, string role) =>
        await Services.GetRequiredService<IApiKeyStore>().CreateAsync(tenant, role, role, TimeProvider.System.GetUtcNow(), CancellationToken.None);

    /// <summary>Connects a shop of its own to the default tenant and answers its channel id.</summary>
    public async Task<string> ConnectAsync(string? name = null)
    {
        var id = "shop-" + Guid.NewGuid().ToString("N")[..8];
        var answer = await Admin.PostAsJsonAsync("/api/channels", new
        {
            id,
            kind = TestShop.Kind,
            name = name ?? id,
            settings = new { baseUrl = $"http://{id}.test", token = "t", webhookSecret = TestShop.Secret },
        });
        await answer.JsonAsync(HttpStatusCode.Created);
        // A silo looks for new channels at most every two seconds; until then its door answers 404, and shops deliver again.
        await UntilAsync(() => Anonymous.SendAsync(Delivery($"/webhooks/{TestShop.Kind}/{id}", "{}", "none", "unsigned")), a => a.StatusCode == HttpStatusCode.Unauthorized);
        return id;
    }

    /// <summary>Makes a product and answers its id.</summary>
    public async Task<string> CreateAsync(object body)
    {
        var answer = await Operator.PostAsJsonAsync("/api/products", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    public static HttpRequestMessage Delivery(string path, string body, string eventKey, string secret = TestShop.Secret, string? shop = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Test-Signature", TestShop.Sign(bytes, secret));
        request.Headers.Add("X-Test-Event", eventKey);
        if (shop is not null)
        {
            request.Headers.Add("X-Test-Shop", shop);
        }

        return request;
    }

    /// <summary>Asks until the condition holds, at most for 20 seconds.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> holds)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var seen = await look();
            if (holds(seen))
            {
                return seen;
            }

            Assert.False(bound.IsCancellationRequested, $"The condition did not come true within 20 s; the last look was {seen}.");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class AlwaysReady : IReadiness
    {
        public ValueTask<ReadinessReport> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ReadinessReport([new ReadinessCheck("storage", true, "It answers.")]));
    }
}

internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }

    public static async Task<JsonElement> GetJsonAsync(this HttpClient client, string path, HttpStatusCode expected = HttpStatusCode.OK) =>
        await (await client.GetAsync(path)).JsonAsync(expected);

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
