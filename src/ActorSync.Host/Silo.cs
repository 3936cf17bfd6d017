using System.Net;
using System.Text.Json;
using ActorSync.Abstractions.Stores;
using ActorSync.Grains;
using ActorSync.Storage;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Storage;
using Orleans.Streams;

namespace ActorSync.Host;

/// <summary>The Orleans half of an all-in-one process: settings and reminders through the AdoNet provider, streams in memory, no clustering.</summary>
public static class Silo
{
    public static void Configure(ISiloBuilder silo, OrleansDatabase database)
    {
        silo.UseLocalhostClustering(Preflight.FreePort(), Preflight.FreePort(), serviceId: "actorsync", clusterId: "actorsync");
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = TimeSpan.FromMinutes(2);
            collection.CollectionQuantum = TimeSpan.FromSeconds(20);
            collection.ClassSpecificCollectionAge["ActorSync.Grains.Products.RemoteProductGrain"] = TimeSpan.FromMinutes(1);
            collection.ClassSpecificCollectionAge["ActorSync.Grains.Products.SkuGrain"] = TimeSpan.FromMinutes(1);
            collection.EnableActivationSheddingOnMemoryPressure = true;
        });
        silo.AddAdoNetGrainStorage(SyncStreams.Storage, storage =>
        {
            storage.Invariant = database.Invariant;
            storage.ConnectionString = database.ConnectionString;
            storage.GrainStorageSerializer = new JsonStateSerializer();
        });
        silo.UseAdoNetReminderService(reminders =>
        {
            reminders.Invariant = database.Invariant;
            reminders.ConnectionString = database.ConnectionString;
        });
        silo.AddMemoryStreams(SyncStreams.Provider, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(pulling => pulling.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10)));
        });
        silo.AddDashboard();
    }

    private sealed class JsonStateSerializer : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, StateJson.Options));

        public T Deserialize<T>(BinaryData input) => input.ToObjectFromJson<T>(StateJson.Options)!;
    }
}
