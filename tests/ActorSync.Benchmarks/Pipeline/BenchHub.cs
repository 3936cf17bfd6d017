using System.Collections.Immutable;
using System.Net;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Channels;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Grains;
using ActorSync.Storage;
using ActorSync.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>The whole hub in one process (web door, silo, storage) with one source shop and two batch sinks; the source is only heard, never called.</summary>
internal sealed class BenchHub : IAsyncDisposable
{
    private static readonly ChannelId Source = new("bench-source");

    private readonly WebApplication app;

    private BenchHub(WebApplication app, GatedInbox inbox, BatchSinkKind sink)
    {
        this.app = app;
        Inbox = inbox;
        Sink = sink;
    }

    public static ImmutableArray<ChannelId> Sinks { get; } = [new("bench-1"), new("bench-2")];

    public GatedInbox Inbox { get; }

    public BatchSinkKind Sink { get; }

    public Uri WebhookAddress => new(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), $"/webhooks/{HeardSource.Kind}/{Source.Value}");

    public static async Task<BenchHub> StartAsync(string dialect, string? connectionString, string folder)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ActorSync:Storage:Dialect"] = dialect,
            ["ActorSync:Storage:ConnectionString"] = connectionString,
            ["ActorSync:Storage:DataFolder"] = folder,
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var section = builder.Configuration.GetSection(StorageOptions.Section);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddActorSyncStorage(section);
        var gate = new GatedInbox();
        builder.Services.Insert(0, ServiceDescriptor.Singleton(gate));
        GatedInbox.Decorate(builder.Services, gate);
        await using var connectors = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddChannels().BuildServiceProvider();
        var shopify = connectors.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "shopify");
        builder.Services.AddSingleton<IChannelKind>(new HeardSource(shopify));
        builder.Services.AddSingleton(connectors.GetRequiredService<IPictureReader>());
        builder.Services.AddSingleton<BatchSinkKind>();
        builder.Services.AddSingleton<IChannelKind>(services => services.GetRequiredService<BatchSinkKind>());
        builder.UseOrleans(silo =>
        {
            Host.Silo.Configure(silo, OrleansDatabase.Of(section.Get<StorageOptions>()!));
            silo.AddActorSyncGrains();
        });
        builder.Services.AddActorSyncWeb(builder.Configuration);
        var built = builder.Build();
        await built.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
        built.MapActorSyncIngress();
        await built.StartAsync();
        var hub = new BenchHub(built, gate, built.Services.GetRequiredService<BatchSinkKind>());
        await hub.ConnectAsync();
        return hub;
    }

    public async Task PauseSinksAsync(bool paused)
    {
        foreach (var sink in Sinks)
        {
            await Tenant.PatchChannelAsync(sink, new ChannelPatch { Paused = paused });
        }

        foreach (var sink in Sinks)
        {
            await Grains.GetGrain<IStoreGrain>(sink.Value).WakeAsync();
        }
    }

    /// <summary>Every webhook is worked in.</summary>
    public async Task<bool> IsMergedAsync(long events)
    {
        var counts = await Queries.CountEventsAsync(TenantId.Default, DateTimeOffset.MinValue, CancellationToken.None);
        return counts.Where(count => count.Outcome is not ("waiting" or "leased")).Sum(count => count.Count) >= events;
    }

    /// <summary>Every push is taken and recorded, and no link differs from its target.</summary>
    public async Task<bool> IsRecordedAsync(long pushes)
    {
        if (Sink.Items < pushes)
        {
            return false;
        }

        foreach (var sink in Sinks)
        {
            if ((await Queries.CountLinksAsync(sink, CancellationToken.None)).Dirty > 0)
            {
                return false;
            }
        }

        var attempts = await Queries.CountAttemptsAsync(TenantId.Default, DateTimeOffset.MinValue, CancellationToken.None);
        return attempts.Where(count => count.Status == "completed").Sum(count => count.Count) >= pushes;
    }

    public async Task<SyncCounts> CountsAsync() => await Queries.CountBySyncStatusAsync(TenantId.Default, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private IGrainFactory Grains => app.Services.GetRequiredService<IGrainFactory>();

    private ITenantGrain Tenant => Grains.GetGrain<ITenantGrain>(TenantId.Default.Value);

    private IProductQueries Queries => app.Services.GetRequiredService<IProductQueries>();

    private async Task ConnectAsync()
    {
        var registry = app.Services.GetRequiredService<IChannelRegistry>();
        await registry.PutSecretsAsync(Source, new Dictionary<string, string> { ["accessToken"] = "none", ["webhookSecret"] = Payloads.Secret }, CancellationToken.None);
        await Tenant.PutChannelAsync(new ChannelSettings
        {
            Id = Source,
            Tenant = TenantId.Default,
            Kind = HeardSource.Kind,
            Name = "Source",
            Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", "https://bench.myshopify.com").Add("shopDomain", "bench.myshopify.com"),
        });
        foreach (var sink in Sinks)
        {
            await Tenant.PutChannelAsync(new ChannelSettings
            {
                Id = sink,
                Tenant = TenantId.Default,
                Kind = BatchSinkKind.Kind,
                Name = sink.Value,
                Mode = ChannelMode.Live,
                CreateMissing = CreateMissing.All,
                ReadBeforeWrite = false,
            });
        }

        for (var partition = 0; partition < IInboxStore.Partitions; partition++)
        {
            await Grains.GetGrain<Abstractions.Webhooks.IInboxGrain>(partition).EnsureAsync();
        }

        foreach (var sink in Sinks)
        {
            await Grains.GetGrain<IStoreGrain>(sink.Value).EnsureAsync();
        }
    }
}
