using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Storage;
using ActorSync.Channels;
using ActorSync.Channels.Http;
using ActorSync.Grains;
using ActorSync.Host.Demo;
using ActorSync.Storage;
using ActorSync.Web;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace ActorSync.Host;

/// <summary>Composes and runs one process. Whatever a person can mend is one sentence on standard error and exit code 1.</summary>
internal static class HostProgram
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["--help" or "-h" or "/?"])
        {
            Console.WriteLine(CommandLine.Usage);
            return 0;
        }

        if (CommandLine.FirstUnknown(arguments) is { } unknown)
        {
            return Refuse($"'{unknown}' is not a switch of ActorSync.Host.{Environment.NewLine}{Environment.NewLine}{CommandLine.Usage}");
        }

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddCommandLine(arguments, new Dictionary<string, string>(CommandLine.Switches));
        ActorSyncOptions options;
        try
        {
            options = builder.Configuration.GetSection(ActorSyncOptions.Section).Get<ActorSyncOptions>() ?? new ActorSyncOptions();
        }
        catch (InvalidOperationException failure)
        {
            return Refuse($"A setting cannot be read: {failure.Message} {failure.InnerException?.Message}");
        }

        var problems = options.Problems().ToList();
        if (problems.Count > 0)
        {
            return Refuse(string.Join(Environment.NewLine, problems));
        }

        if ((Preflight.CheckFolder(options.DataFolder) ?? Preflight.CheckPort(options.Listen, "--listen")) is { } obstacle)
        {
            return Refuse(obstacle);
        }

        return await RunAsync(builder, options);
    }

    private static async Task<int> RunAsync(WebApplicationBuilder builder, ActorSyncOptions options)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        Defaults(builder, options, folder);
        var (decision, problem) = await PrepareStorageAsync(builder, options);
        if (decision is null)
        {
            return Refuse(problem!);
        }

        DemoDefaults(builder, options, decision);
        Compose(builder, options, folder);
        if (decision.IsDemo)
        {
            builder.Services.AddHostedService<DemoShops>();
        }

        var app = builder.Build();
        app.MapActorSyncWeb();
        app.MapActorSyncIngress();
        app.MapOrleansDashboard("/dashboard");
        try
        {
            await app.StartAsync();
        }
        catch (IOException failure)
        {
            return Refuse($"{options.Listen} could not be opened: {failure.Message} Give another address with --listen.");
        }
        catch (OptionsValidationException failure)
        {
            return Refuse(string.Join(Environment.NewLine, failure.Failures));
        }

        // The demo needs no key, so the first start that is none makes it.
        var firstKey = decision.IsDemo ? null : await FirstKey.EnsureAsync(app.Services.GetRequiredService<IApiKeyStore>(), TimeProvider.System, CancellationToken.None);
        app.Services.GetRequiredService<Announce>().Started(decision, firstKey);
        await app.WaitForShutdownAsync();
        // A part that cannot work (the demo's Sandbox) stops the process and says so by this.
        return Environment.ExitCode;
    }

    /// <summary>What follows from the few settings of this process for the sections of its parts; whoever sets those explicitly wins.</summary>
    private static void Defaults(WebApplicationBuilder builder, ActorSyncOptions options, string folder) => AddDefaults(builder, new()
    {
        ["ActorSync:Storage:DataFolder"] = folder,
        ["ActorSync:PublicUrl"] = options.PublicUrl,
    });

    private static void DemoDefaults(WebApplicationBuilder builder, ActorSyncOptions options, DemoDecision decision)
    {
        if (decision.IsDemo)
        {
            AddDefaults(builder, new()
            {
                ["ActorSync:ChannelHttp:AllowPrivateAddresses"] = "true",
                ["ActorSync:Web:Demo"] = "true",
                // The demo's shops run on this machine, so they reach us where we listen.
                ["ActorSync:PublicUrl"] = options.PublicUrl ?? options.Listen,
            });
        }
    }

    private static void AddDefaults(WebApplicationBuilder builder, Dictionary<string, string?> defaults) =>
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = defaults.Where(pair => pair.Value is not null),
        });

    /// <summary>Brings the schema up to date and looks which channels exist, before anything else is composed: that decides whether this is a demo.</summary>
    private static async Task<(DemoDecision? Decision, string? Problem)> PrepareStorageAsync(WebApplicationBuilder builder, ActorSyncOptions options)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System);
        services.AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section));
        await using var storage = services.BuildServiceProvider();
        try
        {
            await storage.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
            return (DemoDecision.Of(options, await storage.GetRequiredService<IChannelRegistry>().ListAsync(CancellationToken.None)), null);
        }
        catch (OptionsValidationException failure)
        {
            return (null, string.Join(Environment.NewLine, failure.Failures));
        }
        catch (StorageUnavailableException failure)
        {
            return (null, failure.Message);
        }
    }

    private static void Compose(WebApplicationBuilder builder, ActorSyncOptions options, string folder)
    {
        builder.WebHost.UseUrls(options.Listen);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("ActorSync", LogLevel.Information);
        // A failed start is told in one sentence; the framework's own account of it is a page of stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // It reports the machine's uptime as a stall on every start (performance-notes section 9).
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton(new FailPoints(options.FailPoint));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        // Registered before the silo and the web server, so it stops after them: what they still write at shutdown finds its writer.
        builder.Services.AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section));
        var storage = builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(folder, "keys"))).SetApplicationName("ActorSync");
        builder.Services.Configure<ChannelHttpOptions>(builder.Configuration.GetSection(ChannelHttpOptions.Section));
        builder.Services.AddChannels();
        builder.Services.AddHttpClient();
        builder.UseOrleans(silo =>
        {
            Silo.Configure(silo, OrleansDatabase.Of(storage));
            silo.AddActorSyncGrains();
        });
        builder.Services.AddHostedService<Revival>();
        builder.Services.AddSingleton<Announce>();
        builder.Services.AddActorSyncWeb(builder.Configuration);
        builder.Services.AddSingleton<Web.Health.IReadiness, Readiness>();
    }

    private static int Refuse(string sentence)
    {
        Console.Error.WriteLine(sentence);
        return 1;
    }
}
