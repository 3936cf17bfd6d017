using System.Net;
using System.Text.Json;
using ActorSync.Abstractions.Stores;
using ActorSync.Grains;
using ActorSync.Grains.Products;
using ActorSync.Storage;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Storage;
using Orleans.Streams;

namespace ActorSync.Host.Roles;

/// <summary>
/// The Orleans half of a process. Every silo registers the same storage, reminders, streams and dashboard, whatever it hosts: a silo without them would
/// silently drop its share of the reminders and queues. What a role hosts is said by its grain classes alone.
/// </summary>
public static class Cluster
{
    private const string ServiceId = "actorsync";

    /// <summary>A member.</summary>
    /// <param name="silo">The process's silo.</param>
    /// <param name="database">Of membership, reminders and settings.</param>
    /// <param name="settings">How the others find it.</param>
    /// <param name="parts">What it hosts.</param>
    /// <param name="folder">Where free ports are remembered.</param>
    public static void AddSilo(ISiloBuilder silo, OrleansDatabase database, ClusterSettings settings, RoleParts parts, string folder)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var (siloPort, gatewayPort) = RememberedPorts.Of(settings, folder);
        if (database.IsShared)
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.Id, ServiceId));
            silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (database.Invariant, database.ConnectionString));
            silo.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.AdvertisedIPAddress = settings.Find() ?? IPAddress.Loopback;
                (endpoints.SiloPort, endpoints.GatewayPort) = (siloPort, gatewayPort);
            });
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                // A silo that was killed is out within ten seconds, and one that nobody was left to notice does not keep a new one waiting for longer than that.
                membership.ProbeTimeout = TimeSpan.FromSeconds(3);
                membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
                membership.NumMissedTableIAmAliveLimit = 2;
                membership.MaxJoinAttemptTime = settings.JoinTimeout;
                membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
                membership.DefunctSiloCleanupPeriod = TimeSpan.FromHours(1);
            });
        }
        else
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: ServiceId, clusterId: settings.Id);
            silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
        }

        silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => !parts.MayHost(type)));
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = TimeSpan.FromMinutes(2);
            collection.CollectionQuantum = TimeSpan.FromSeconds(20);
            collection.ClassSpecificCollectionAge[typeof(RemoteProductGrain).FullName!] = TimeSpan.FromMinutes(1);
            collection.ClassSpecificCollectionAge[typeof(SkuGrain).FullName!] = TimeSpan.FromMinutes(1);
            collection.EnableActivationSheddingOnMemoryPressure = true;
        });
        silo.AddAdoNetGrainStorage(SyncStreams.Storage, storage =>
        {
            (storage.Invariant, storage.ConnectionString) = (database.Invariant, database.ConnectionString);
            storage.GrainStorageSerializer = new JsonStateSerializer();
        });
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (database.Invariant, database.ConnectionString));
        silo.AddMemoryStreams(SyncStreams.Provider, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(pulling => pulling.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
        });
        silo.AddActivityPropagation();
        silo.AddDashboard();
    }

    /// <summary>A caller from outside the cluster.</summary>
    public static void AddClient(IClientBuilder client, OrleansDatabase database, ClusterSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.Id, ServiceId));
        client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (database.Invariant, database.ConnectionString));
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        client.UseConnectionRetryFilter(new Patience(settings.JoinTimeout).RetryAsync);
        client.AddActivityPropagation();
        client.AddDashboard();
    }

    /// <summary>Web processes may be started before the first silo.</summary>
    private sealed class Patience(TimeSpan limit)
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
        private readonly long begin = TimeProvider.System.GetTimestamp();

        public async Task<bool> RetryAsync(Exception failure, CancellationToken cancellationToken)
        {
            if (TimeProvider.System.GetElapsedTime(begin) > limit)
            {
                return false;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            return true;
        }
    }

    private sealed class JsonStateSerializer : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, StateJson.Options));

        public T Deserialize<T>(BinaryData input) => input.ToObjectFromJson<T>(StateJson.Options)!;
    }
}
