using ActorSync.Abstractions.Channels;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Grains;
using ActorSync.Host.Roles;
using ActorSync.Storage;
using ActorSync.TestSupport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RoleHosts = ActorSync.Host.Roles.Cluster;

namespace ActorSync.Cluster.Tests.Roles;

/// <summary>One process of each role, composed as the host composes it from silo-config, all in this one and on one PostgreSQL.</summary>
internal sealed class RoleCluster : IAsyncDisposable
{
    private readonly PrivatePostgres server = new();
    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-roles-").FullName;
    private readonly List<IHost> running = [];

    private RoleCluster()
    {
    }

    public TestChannelKind Kind { get; } = new();

    public IHost Worker { get; private set; } = null!;

    public IHost Webhooks { get; private set; } = null!;

    public IHost Web { get; private set; } = null!;

    public IGrainFactory Grains => Web.Services.GetRequiredService<IGrainFactory>();

    public static async Task<RoleCluster> StartAsync()
    {
        var cluster = new RoleCluster();
        var connection = await cluster.server.CreateDatabaseAsync();
        Assert.SkipWhen(connection is null, cluster.server.SkipReason ?? "no PostgreSQL");
        cluster.Worker = cluster.Compose("worker", connection!);
        cluster.Webhooks = cluster.Compose("webhooks", connection!);
        cluster.Web = cluster.Compose("web", connection!);
        await cluster.Worker.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
        foreach (var host in new[] { cluster.Worker, cluster.Webhooks, cluster.Web })
        {
            cluster.running.Add(host);
            await host.StartAsync();
        }

        return cluster;
    }

    public static SiloAddress AddressOf(IHost host) => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(running))
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private IHost Compose(string role, string connection)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddJsonFile(RoleParts.Find(role).File!).AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageOptions.Section + ":Dialect"] = "postgres",
            [StorageOptions.Section + ":ConnectionString"] = connection,
            [StorageOptions.Section + ":DataFolder"] = folder,
        });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section));
        builder.Services.AddSingleton<IChannelKind>(Kind);
        builder.Services.AddSingleton<IPictureReader>(new NoPictures());
        var database = OrleansDatabase.Of(builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>()!);
        var parts = builder.Configuration.GetSection(RoleParts.Section).Get<RoleParts>()!;
        if (parts.Silo)
        {
            builder.UseOrleans(silo =>
            {
                RoleHosts.AddSilo(silo, database, new ClusterSettings(), parts, folder);
                silo.AddActorSyncGrains();
                // The bells of the test ring more often than a reminder of ours may.
                silo.Configure<ReminderOptions>(reminders => reminders.MinimumReminderPeriod = TimeSpan.FromSeconds(1));
            });
        }
        else
        {
            builder.UseOrleansClient(client => RoleHosts.AddClient(client, database, new ClusterSettings()));
            builder.Services.AddActorSyncGrains();
        }

        return builder.Build();
    }
}
