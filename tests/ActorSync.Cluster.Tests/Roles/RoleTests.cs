using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace ActorSync.Cluster.Tests.Roles;

/// <summary>A silo that does not register what the others do drops its share of reminders and queues without a word; one that hosts too much is no receiver.</summary>
public sealed class RoleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task OneProcessPerRole_DropsNoReminderNoEventAndKeepsProductsOnTheWorker()
    {
        await using var cluster = await RoleCluster.StartAsync();
        var management = cluster.Grains.GetGrain<IManagementGrain>(0);
        await Eventually.HoldsAsync(async () => (await management.GetHosts(onlyActive: true)).Count == 2, "both silos are members", Patience);

        await RemindersAsync(cluster);
        await StreamsAsync(cluster);
        await ProductsAsync(cluster, management);
    }

    /// <summary>Reminders are spread over the ring of all silos, the receiver's share included.</summary>
    private static async Task RemindersAsync(RoleCluster cluster)
    {
        const int bells = 64;
        BellGrain.Rung.Clear();
        await Task.WhenAll(Enumerable.Range(0, bells).Select(bell => cluster.Grains.GetGrain<IBellGrain>(bell).WindAsync()));
        await Eventually.HoldsAsync(() => BellGrain.Rung.Values.Count(times => times >= 2) == bells, $"each of {bells} reminders fires twice; {BellGrain.Rung.Count} did once", Patience);
    }

    /// <summary>Two hundred streams meet every queue; what each silo says is heard.</summary>
    private static async Task StreamsAsync(RoleCluster cluster)
    {
        const int streams = 200;
        EarGrain.Heard.Clear();
        foreach (var (host, speaker) in new[] { (cluster.Worker, "worker"), (cluster.Webhooks, "webhooks") })
        {
            var provider = host.Services.GetRequiredKeyedService<IStreamProvider>(SyncStreams.Provider);
            await Task.WhenAll(Enumerable.Range(0, streams).Select(stream =>
                provider.GetStream<string>(StreamId.Create(EarGrain.Namespace, $"s{stream}")).OnNextAsync($"{speaker}/{stream}")));
        }

        await Eventually.HoldsAsync(() => EarGrain.Heard.Count == 2 * streams, "every event is heard", Patience);
    }

    /// <summary>Deliveries are drained on either silo, by body and by read; products, shops and their workers live on the worker.</summary>
    private static async Task ProductsAsync(RoleCluster cluster, IManagementGrain management)
    {
        const int products = 60;
        var shop = cluster.Kind.Shops.GetOrAdd("a", name => new TestShop(name, TimeProvider.System));
        var channel = new ChannelId("a");
        await cluster.Grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PutChannelAsync(new ChannelSettings
        {
            Id = channel,
            Tenant = TenantId.Default,
            Kind = TestChannelKind.KindName,
            Name = "a",
            Mode = ChannelMode.Observe,
        });
        foreach (var host in new[] { cluster.Worker, cluster.Webhooks })
        {
            var directory = host.Services.GetRequiredService<ITenantDirectory>();
            await Eventually.HoldsAsync(async () => await directory.FindChannelAsync(channel) is not null, "every silo knows the channel", Patience);
        }

        var inbox = cluster.Webhooks.Services.GetRequiredService<IInboxStore>();
        for (var i = 0; i < products; i++)
        {
            var body = shop.Add($"Product {i}", $"ROLE-{i}");
            var partition = i % IInboxStore.Partitions;
            var headers = i % 2 == 0 ? ImmutableDictionary<string, string>.Empty : ImmutableDictionary<string, string>.Empty.Add("hint", body.ExternalId);
            var stored = await inbox.AppendAsync(
                new InboxEntry
                {
                    Tenant = TenantId.Default,
                    Channel = channel,
                    EventKey = $"event-{i}",
                    Topic = "product/update",
                    Resource = $"product/{body.ExternalId}",
                    Partition = partition,
                    Headers = headers,
                    Body = cluster.Kind.Write(body),
                    ReceivedAt = DateTimeOffset.UtcNow,
                },
                CancellationToken.None);
            Assert.Equal(AppendResult.Stored, stored);
            await cluster.Webhooks.Services.GetRequiredService<IGrainFactory>().GetGrain<IInboxGrain>(partition).WakeAsync();
        }

        var store = cluster.Worker.Services.GetRequiredService<IProductStore>();
        await Eventually.HoldsAsync(async () => (await store.ListIdsAsync(TenantId.Default, null, 1_000, CancellationToken.None)).Length == products, "every delivery became a product", Patience);

        var onReceiver = await OursAsync(management, RoleCluster.AddressOf(cluster.Webhooks));
        Assert.DoesNotContain(onReceiver, type => !type.EndsWith(".InboxGrain", StringComparison.Ordinal));
        Assert.Superset(new HashSet<string> { "ActorSync.Grains.Products.ProductGrain", "ActorSync.Grains.Tenants.TenantGrain" }, await OursAsync(management, RoleCluster.AddressOf(cluster.Worker)));
    }

    private static async Task<HashSet<string>> OursAsync(IManagementGrain management, SiloAddress silo) =>
        [.. (await management.GetDetailedGrainStatistics(types: null, hostsIds: [silo])).Select(grain => grain.GrainType.Split(',')[0]).Where(type => type.StartsWith("ActorSync.Grains.", StringComparison.Ordinal))];
}
