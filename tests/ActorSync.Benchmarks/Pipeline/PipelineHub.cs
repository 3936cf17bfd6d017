using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Benchmarks.Hub;
using ActorSync.Channels;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>The whole hub in one process (web door, silo, storage) with one source shop and two batch sinks; the source is only heard, never called.</summary>
internal sealed class PipelineHub : IAsyncDisposable
{
    private static readonly ChannelId Source = new("bench-source");

    private readonly WebApplication app;

    private PipelineHub(WebApplication app, GatedInbox inbox, BatchSinkKind sink)
    {
        this.app = app;
        Inbox = inbox;
        Sink = sink;
    }

    public static ImmutableArray<ChannelId> Sinks { get; } = [new("bench-1"), new("bench-2")];

    public GatedInbox Inbox { get; }

    public BatchSinkKind Sink { get; }

    public Uri WebhookAddress => new(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), $"/webhooks/{HeardSource.Kind}/{Source.Value}");

    public static async Task<PipelineHub> StartAsync(string dialect, string? connectionString, string folder)
    {
        var gate = new GatedInbox();
        await using var connectors = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddChannels().BuildServiceProvider();
        var shopify = connectors.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "shopify");
        var built = await BenchHost.StartAsync(dialect, connectionString, folder, services =>
        {
            services.Insert(0, ServiceDescriptor.Singleton(gate));
            GatedInbox.Decorate(services, gate);
            services.AddSingleton<IChannelKind>(new HeardSource(shopify));
            services.AddSingleton<BatchSinkKind>();
            services.AddSingleton<IChannelKind>(provider => provider.GetRequiredService<BatchSinkKind>());
        });
        var hub = new PipelineHub(built, gate, built.Services.GetRequiredService<BatchSinkKind>());
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
