using System.Net;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels;
using ActorSync.Grains;
using ActorSync.Host.Roles;
using ActorSync.Storage;
using ActorSync.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorSync.Benchmarks.Hub;

/// <summary>The whole hub in one process (web door, silo, storage), with connectors of the benchmark's own.</summary>
internal static class BenchHost
{
    public static async Task<WebApplication> StartAsync(string dialect, string? connectionString, string folder, Action<IServiceCollection> addConnectors)
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
        await using var connectors = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddChannels().BuildServiceProvider();
        builder.Services.AddSingleton(connectors.GetRequiredService<IPictureReader>());
        addConnectors(builder.Services);
        builder.UseOrleans(silo =>
        {
            Cluster.AddSilo(silo, OrleansDatabase.Of(section.Get<StorageOptions>()!), new ClusterSettings(), new RoleParts { Grains = "*" }, folder);
            silo.AddActorSyncGrains();
        });
        builder.Services.AddActorSyncWeb(builder.Configuration);
        var built = builder.Build();
        await built.Services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
        built.MapActorSyncIngress();
        await built.StartAsync();
        return built;
    }
}
