using ActorSync.Abstractions.Storage;
using ActorSync.Host.Demo;
using ActorSync.Host.Roles;
using ActorSync.Storage;
using ActorSync.Web.Security;
using Microsoft.Extensions.Options;

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

        var command = arguments is ["migrate" or "check", ..] ? arguments[0] : null;
        arguments = command is null ? arguments : arguments[1..];
        if (CommandLine.FirstUnknown(arguments) is { } unknown)
        {
            return Refuse($"'{unknown}' is not a switch of ActorSync.Host.{Environment.NewLine}{Environment.NewLine}{CommandLine.Usage}");
        }

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var (settings, problems) = HostSettings.Read(builder, arguments);
        if (settings is null || problems.Count > 0)
        {
            return Refuse(string.Join(Environment.NewLine, problems));
        }

        if (command == "migrate")
        {
            return await MigrateAsync(builder);
        }

        if (command == "check")
        {
            Console.WriteLine($"The settings can be used: role {settings.Options.Role}, {builder.Configuration["ActorSync:Storage:Dialect"] ?? nameof(StorageDialect.Sqlite)}. Nothing was opened.");
            return 0;
        }

        return (Preflight.CheckFolder(settings.Options.DataFolder) ?? Preflight.CheckPort(settings.Options.Listen, "--listen")) is { } obstacle
            ? Refuse(obstacle)
            : await RunAsync(builder, settings);
    }

    private static async Task<int> RunAsync(WebApplicationBuilder builder, HostSettings settings)
    {
        var (decision, problem) = await PrepareStorageAsync(builder, settings);
        if (decision is null)
        {
            return Refuse(problem!);
        }

        settings.AddDemoDefaults(builder, decision);
        Composition.Add(builder, settings);
        if (decision.IsDemo)
        {
            builder.Services.AddHostedService<DemoShops>();
        }

        var app = builder.Build();
        Composition.Map(app, settings);
        try
        {
            await app.StartAsync();
        }
        catch (IOException failure)
        {
            return Refuse($"{settings.Options.Listen} could not be opened: {failure.Message} Give another address with --listen.");
        }
        catch (OptionsValidationException failure)
        {
            return Refuse(string.Join(Environment.NewLine, failure.Failures));
        }
        catch (Exception failure) when (failure is OrleansException or SiloUnavailableException)
        {
            return Refuse($"The cluster '{settings.Cluster.Id}' could not be {(settings.Parts.Silo ? "joined" : "reached")} within {settings.Cluster.JoinTimeout}: {failure.Message}");
        }

        // The demo needs no key, so the first start that is none makes it.
        var firstKey = decision.IsDemo || !settings.Parts.Api ? null : await FirstKey.EnsureAsync(app.Services.GetRequiredService<IApiKeyStore>(), TimeProvider.System, CancellationToken.None);
        app.Services.GetRequiredService<Announce>().Started(settings.Parts, decision, firstKey);
        await app.WaitForShutdownAsync();
        // A part that cannot work (the demo's Sandbox) stops the process and says so by this.
        return Environment.ExitCode;
    }

    /// <summary>Brings the schema up to date and looks which channels exist, before anything else is composed: that decides whether this is a demo.</summary>
    private static async Task<(DemoDecision? Decision, string? Problem)> PrepareStorageAsync(WebApplicationBuilder builder, HostSettings settings)
    {
        await using var storage = StorageAlone(builder);
        try
        {
            await storage.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
            return (DemoDecision.Of(settings.Options, settings.Parts, await storage.GetRequiredService<IChannelRegistry>().ListAsync(CancellationToken.None)), null);
        }
        catch (StorageUnavailableException failure)
        {
            return (null, failure.Message);
        }
    }

    private static async Task<int> MigrateAsync(WebApplicationBuilder builder)
    {
        await using var storage = StorageAlone(builder);
        try
        {
            await storage.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
            Console.WriteLine($"The {storage.GetRequiredService<IOptions<StorageOptions>>().Value.Dialect} database is as this version needs it.");
            return 0;
        }
        catch (StorageUnavailableException failure)
        {
            return Refuse(failure.Message);
        }
    }

    private static ServiceProvider StorageAlone(WebApplicationBuilder builder) => new ServiceCollection()
        .AddLogging(logging => logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("ActorSync", LogLevel.Information))
        .AddSingleton(TimeProvider.System)
        .AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section))
        .BuildServiceProvider();

    private static int Refuse(string sentence)
    {
        Console.Error.WriteLine(sentence);
        return 1;
    }
}
