using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using ActorSync.Grains;
using ActorSync.Storage;
using ActorSync.TestSupport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.TestingHost;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>A hub in this process: silos, the real SQLite store in a folder of its own, memory streams, shops in memory. Disposing it fails on wrong arrows.</summary>
public sealed class TestHub : IAsyncDisposable
{
    public static readonly TenantId Tenant = TenantId.Default;

    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-cluster-").FullName;
    private readonly SharedGrainStorage.Rows settings = new();
    private long deliveries;

    private TestHub()
    {
    }

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public TestChannelKind Kind { get; } = new();

    public Arrows Arrows { get; } = new();

    public IGrainFactory Grains => Cluster.Client;

    public IProductStore Store => Service<IProductStore>();

    public IProductQueries Queries => Service<IProductQueries>();

    public IInboxStore Inbox => Service<IInboxStore>();

    /// <param name="silos">Silos at the start; all share the SQLite file.</param>
    /// <param name="configure">Further services of every silo; registrations made here win.</param>
    public static async Task<TestHub> StartAsync(short silos = 1, Action<IServiceCollection>? configure = null)
    {
        var hub = new TestHub();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) => hub.Configure(silo, configure));
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error));
        hub.Cluster = builder.Build();
        await hub.MigrateAsync();
        await hub.Cluster.DeployAsync();
        return hub;
    }

    public T Service<T>()
        where T : notnull => Cluster.Silos.First(silo => silo.IsActive).ServiceProvider.GetRequiredService<T>();

    public IProductGrain Product(ProductId id) => Grains.GetGrain<IProductGrain>(ProductGrainKey.Of(Tenant, id));

    public async Task<ProductSnapshot> SnapshotAsync(ProductId id) =>
        await Product(id).GetAsync() ?? throw new InvalidOperationException($"Product {id} does not exist.");

    /// <summary>A connected shop. Live and creating what is missing unless said otherwise.</summary>
    /// <param name="name">Of the channel and its shop.</param>
    /// <param name="mode">Its mode.</param>
    /// <param name="createMissing">What the shop gets that it lacks.</param>
    /// <param name="isTold">False: silos hear of it when they ask, as in a cluster.</param>
    /// <param name="readBeforeWrite">Names and prices are looked at before they are overwritten.</param>
    public async Task<TestShop> ConnectAsync(
        string name, ChannelMode mode = ChannelMode.Live, CreateMissing createMissing = CreateMissing.All, bool isTold = true, bool readBeforeWrite = false)
    {
        var shop = Kind.Shops.GetOrAdd(name, key => new TestShop(key, TimeProvider.System));
        var stored = await Grains.GetGrain<ITenantGrain>(Tenant.Value).PutChannelAsync(new ChannelSettings
        {
            Id = new ChannelId(name),
            Tenant = Tenant,
            Kind = TestChannelKind.KindName,
            Name = name,
            Mode = mode,
            CreateMissing = createMissing,
            ReadBeforeWrite = readBeforeWrite,
            Locations = [new ChannelLocation { LocationId = ObservedStock.WholeChannel }],
        });
        foreach (var silo in Cluster.Silos.Where(silo => silo.IsActive && isTold))
        {
            await silo.ServiceProvider.GetRequiredService<ITenantDirectory>().RefreshAsync(Tenant, stored.Version);
        }

        await Grains.GetGrain<IStoreGrain>(name).WakeAsync();
        return shop;
    }

    /// <summary>Nothing is pushed to the shop, or again; every silo knows it when this returns.</summary>
    public async Task PauseAsync(TestShop shop, bool paused)
    {
        var stored = await Grains.GetGrain<ITenantGrain>(Tenant.Value).PatchChannelAsync(new ChannelId(shop.Name), new ChannelPatch { Paused = paused });
        foreach (var silo in Cluster.Silos.Where(silo => silo.IsActive))
        {
            await silo.ServiceProvider.GetRequiredService<ITenantDirectory>().RefreshAsync(Tenant, stored!.Version);
        }

        await Grains.GetGrain<IStoreGrain>(shop.Name).WakeAsync();
    }

    /// <summary>What the shop shows now, observed as a read.</summary>
    public Task<ObserveReply> ObserveAsync(TestShop shop, ObservedProduct body) => ObserveAsync(shop, Seen(shop, body));

    public Task<ObserveReply> ObserveAsync(TestShop shop, params Observation[] observations) =>
        Grains.GetGrain<IRemoteProductGrain>($"{shop.Name}/{observations[0].Body.ExternalId}").DeliverAsync(new Delivery
        {
            Tenant = Tenant,
            Channel = new ChannelId(shop.Name),
            ExternalId = observations[0].Body.ExternalId,
            Observations = [.. observations],
        });

    public static Observation Seen(TestShop shop, ObservedProduct body, ObservationSource source = ObservationSource.Read)
    {
        var now = DateTimeOffset.UtcNow;
        return new Observation
        {
            Channel = new ChannelId(shop.Name),
            Body = body,
            Source = source,
            ReadStartedAt = source == ObservationSource.Webhook ? null : now,
            ReceivedAt = now,
        };
    }

    /// <summary>A delivery as the receiver stores it, with the wake-up that follows.</summary>
    public Task<AppendResult> DeliverAsync(TestShop shop, ObservedProduct body, string? eventKey = null, string? resource = null, bool hint = false)
    {
        var about = resource ?? $"product/{body.ExternalId}";
        var headers = ImmutableDictionary<string, string>.Empty;
        headers = resource is not null ? headers.Add("resource", resource) : hint ? headers.Add("hint", body.ExternalId) : headers;
        return DeliverAsync(shop, about, headers, Kind.Write(body), eventKey);
    }

    /// <summary>A delivery in the test channel's own words: headers signal or collection.</summary>
    public async Task<AppendResult> DeliverAsync(TestShop shop, string about, ImmutableDictionary<string, string> headers, byte[] body, string? eventKey = null)
    {
        var channel = new ChannelId(shop.Name);
        var partition = InboxPartition.Of(channel, about);
        var result = await Inbox.AppendAsync(
            new InboxEntry
            {
                Tenant = Tenant,
                Channel = channel,
                EventKey = eventKey ?? $"event-{Interlocked.Increment(ref deliveries)}",
                Topic = "product/update",
                Resource = about,
                Partition = partition,
                Headers = headers,
                Body = body,
                ReceivedAt = DateTimeOffset.UtcNow,
            },
            CancellationToken.None);
        await Grains.GetGrain<IInboxGrain>(partition).WakeAsync();
        return result;
    }

    public async Task<ProductId?> FindAsync(TestShop shop, string externalId) =>
        await Store.FindByExternalIdAsync(new ChannelId(shop.Name), externalId, CancellationToken.None);

    public async Task<ImmutableArray<ProductId>> AllAsync() => await Store.ListIdsAsync(Tenant, null, 1000, CancellationToken.None);

    public Task SetPolicyAsync(TenantPolicy policy) => Grains.GetGrain<ITenantGrain>(Tenant.Value).SetPolicyAsync(policy);

    public async ValueTask DisposeAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        Assert.Empty(Arrows.Wrong);
    }

    private void Configure(ISiloBuilder silo, Action<IServiceCollection>? configure)
    {
        silo.AddActorSyncGrains();
        silo.UseInMemoryReminderService();
        silo.AddMemoryStreams(SyncStreams.Provider, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
        });
        silo.Configure<GrainCollectionOptions>(options => options.CollectionQuantum = TimeSpan.FromSeconds(20));
        silo.Services.AddSingleton(settings);
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            SyncStreams.Storage,
            (_, _) => new SharedGrainStorage(settings));
        silo.Services.AddSingleton<IChannelKind>(Kind);
        silo.Services.AddSingleton<IPictureReader>(new NoPictures());
        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(Arrows);
        silo.Services.AddActorSyncStorage(StorageSection());
        configure?.Invoke(silo.Services);
    }

    /// <summary>Before the first silo starts, as the host does.</summary>
    private async Task MigrateAsync()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddActorSyncStorage(StorageSection());
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
    }

    private IConfigurationSection StorageSection() => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { [StorageOptions.Section + ":DataFolder"] = folder })
        .Build()
        .GetSection(StorageOptions.Section);
}

/// <summary>Waiting for a state of the world with a bound, instead of sleeping.</summary>
public static class Eventually
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Polls until the condition holds; fails with <paramref name="what"/> after the bound.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? bound = null)
    {
        using var timeout = new CancellationTokenSource(bound ?? Bound);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        try
        {
            while (!await condition())
            {
                await tick.WaitForNextTickAsync(timeout.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Not within {bound ?? Bound}: {what}.");
        }
    }

    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? bound = null) => HoldsAsync(() => Task.FromResult(condition()), what, bound);
}
