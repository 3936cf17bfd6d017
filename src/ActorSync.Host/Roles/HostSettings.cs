using ActorSync.Channels.Http;
using ActorSync.Grains;
using ActorSync.Host.Demo;
using ActorSync.Host.Telemetry;
using ActorSync.Storage;
using ActorSync.Web;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

namespace ActorSync.Host.Roles;

/// <summary>
/// All that this process is told, lowest first: what follows from other settings, the role's file, environment variables, files that those name, the command
/// line.
/// </summary>
internal sealed record HostSettings(ActorSyncOptions Options, RoleParts Parts, ClusterSettings Cluster, TelemetryOptions Telemetry)
{
    /// <summary>The settings, or every problem that they have, each a sentence.</summary>
    public static (HostSettings? Settings, List<string> Problems) Read(WebApplicationBuilder builder, string[] arguments)
    {
        var (environment, problems) = EnvironmentSettings.Read(Environment.GetEnvironmentVariables());
        var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
        sources.Remove(sources.OfType<EnvironmentVariablesConfigurationSource>().Single(source => string.IsNullOrEmpty(source.Prefix)));
        builder.Configuration.AddInMemoryCollection(environment);
        builder.Configuration.AddCommandLine(arguments, new Dictionary<string, string>(CommandLine.Switches));
        var (file, unknown) = RoleParts.Find(builder.Configuration["ActorSync:Role"] ?? new ActorSyncOptions().Role);
        if (file is null)
        {
            return (null, [.. problems, unknown!]);
        }

        var role = new JsonConfigurationSource { Path = file };
        role.ResolveFileProvider();
        sources.Insert(0, role);
        try
        {
            var settings = new HostSettings(
                builder.Configuration.GetSection(ActorSyncOptions.Section).Get<ActorSyncOptions>() ?? new ActorSyncOptions(),
                builder.Configuration.GetSection(RoleParts.Section).Get<RoleParts>() ?? new RoleParts(),
                builder.Configuration.GetSection(ClusterSettings.Section).Get<ClusterSettings>() ?? new ClusterSettings(),
                builder.Configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new TelemetryOptions());
            settings.AddDefaults(builder);
            return (settings, [.. problems, .. settings.Problems(builder)]);
        }
        catch (InvalidOperationException failure)
        {
            return (null, [.. problems, Unreadable(failure)]);
        }
    }

    public void AddDemoDefaults(WebApplicationBuilder builder, DemoDecision decision)
    {
        if (decision.IsDemo)
        {
            Add(builder, new()
            {
                ["ActorSync:ChannelHttp:AllowPrivateAddresses"] = "true",
                ["ActorSync:Web:Demo"] = "true",
                // The demo's shops run on this machine, so they reach us where we listen.
                ["ActorSync:PublicUrl"] = Options.PublicUrl ?? Options.Listen,
            });
        }
    }

    /// <summary>What follows from the few settings of this process for the sections of its parts; whoever sets those explicitly wins.</summary>
    private void AddDefaults(WebApplicationBuilder builder) => Add(builder, new()
    {
        ["ActorSync:Storage:DataFolder"] = Path.GetFullPath(Options.DataFolder),
        ["ActorSync:PublicUrl"] = Options.PublicUrl,
    });

    private static void Add(WebApplicationBuilder builder, Dictionary<string, string?> defaults) =>
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = defaults.Where(pair => pair.Value is not null) });

    private List<string> Problems(WebApplicationBuilder builder)
    {
        List<string> problems = [.. SettingNames.Problems(builder.Configuration), .. Options.Problems(), .. Parts.Problems(), .. Cluster.Problems(), .. Telemetry.Problems(), .. OfTheParts(builder)];
        var storage = builder.Configuration.GetSection(StorageOptions.Section);
        if (!Parts.IsWhole && !nameof(StorageDialect.Postgres).Equals(storage["Dialect"], StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"ActorSync:Storage:Dialect is {storage["Dialect"] ?? "sqlite"} but must be postgres in the role '{Options.Role}': SQLite serves one process alone.");
        }

        if (!Parts.IsWhole && string.IsNullOrEmpty(storage["SecretKey"]) && string.IsNullOrEmpty(storage["SecretKeyFile"]))
        {
            problems.Add($"ActorSync:Storage:SecretKey or SecretKeyFile is missing; in the role '{Options.Role}' all processes need the same key (openssl rand -base64 32).");
        }

        return problems;
    }

    private static string Unreadable(InvalidOperationException failure) => $"A setting cannot be read: {failure.Message} {failure.InnerException?.Message}";

    /// <summary>The validators of the parts, before any of them is started: all problems are told at once.</summary>
    private static IEnumerable<string> OfTheParts(WebApplicationBuilder builder)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(builder.Configuration);
        services.AddActorSyncStorage(builder.Configuration.GetSection(StorageOptions.Section));
        services.AddActorSyncGrains();
        services.AddActorSyncWeb(builder.Configuration);
        services.AddOptions<ChannelHttpOptions>().Bind(builder.Configuration.GetSection(ChannelHttpOptions.Section));
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException failure)
        {
            return failure.Failures;
        }
        catch (InvalidOperationException failure)
        {
            return [Unreadable(failure)];
        }
        catch (AggregateException failures)
        {
            return failures.InnerExceptions.SelectMany(failure => failure is OptionsValidationException options ? options.Failures : [failure.Message]);
        }
    }
}
