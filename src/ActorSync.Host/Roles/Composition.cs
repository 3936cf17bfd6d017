using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Storage;
using ActorSync.Channels;
using ActorSync.Channels.Http;
using ActorSync.Grains;
using ActorSync.Host.Telemetry;
using ActorSync.Storage;
using ActorSync.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace ActorSync.Host.Roles;

/// <summary>The services and addresses of one process, by what its role holds.</summary>
internal static class Composition
{
    public static void Add(WebApplicationBuilder builder, HostSettings settings)
    {
        var options = settings.Options;
        builder.WebHost.UseUrls(options.Listen);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        AddLogging(builder.Logging, options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton(new FailPoints(options.FailPoint));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        // Registered before the silo and the web server, so it stops after them: what they still write at shutdown finds its writer.
        builder.Services.AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section));
        builder.Services.AddDataProtection().SetApplicationName("ActorSync");
        builder.Services.AddOptions<KeyManagementOptions>()
            .Configure<IWebKeyStore, TimeProvider>((keys, store, clock) => (keys.XmlRepository, keys.XmlEncryptor) = (new StoredWebKeys(store, clock), new NullXmlEncryptor()));
        builder.Services.Configure<ChannelHttpOptions>(builder.Configuration.GetSection(ChannelHttpOptions.Section));
        builder.Services.AddChannels();
        builder.Services.AddHttpClient();
        AddCluster(builder, settings);
        builder.Services.AddSingleton<Announce>();
        builder.Services.AddActorSyncWeb(builder.Configuration);
        builder.Services.AddSingleton<Web.Health.IReadiness, Readiness>();
        TelemetryServices.Add(builder.Services, settings.Telemetry, options.Role);
    }

    public static void Map(WebApplication app, HostSettings settings)
    {
        var parts = settings.Parts;
        app.MapActorSyncHealth();
        TelemetryServices.Map(app, settings.Telemetry);
        if (parts.Api)
        {
            app.MapActorSyncWeb();
        }

        if (parts.Ingress)
        {
            app.MapActorSyncIngress();
        }

        app.MapOrleansDashboard("/dashboard");
    }

    private static void AddCluster(WebApplicationBuilder builder, HostSettings settings)
    {
        var database = OrleansDatabase.Of(builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions());
        if (!settings.Parts.Silo)
        {
            builder.UseOrleansClient(client => Cluster.AddClient(client, database, settings.Cluster));
            builder.Services.AddActorSyncGrains();
            return;
        }

        builder.UseOrleans(silo =>
        {
            Cluster.AddSilo(silo, database, settings.Cluster, settings.Parts, Path.GetFullPath(settings.Options.DataFolder));
            silo.AddActorSyncGrains();
        });
        if (settings.Parts.HostsAll)
        {
            builder.Services.AddHostedService<Revival>();
        }
    }

    private static void AddLogging(ILoggingBuilder logging, ActorSyncOptions options)
    {
        logging.ClearProviders();
        if (options.LogFormat == "json")
        {
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = "O";
                console.UseUtcTimestamp = true;
                console.IncludeScopes = true;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
                console.UseUtcTimestamp = true;
            });
        }

        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("ActorSync", LogLevel.Information);
        // A failed start is told in one sentence; the framework's own account of it is a page of stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // It reports the machine's uptime as a stall on every start (performance-notes section 9).
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }
}
