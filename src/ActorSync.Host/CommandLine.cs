namespace ActorSync.Host;

/// <summary>The switches of <c>ActorSync.Host</c>, each a configuration key.</summary>
public static class CommandLine
{
    public static readonly IReadOnlyDictionary<string, string> Switches = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["--role"] = "ActorSync:Role",
        ["--listen"] = "ActorSync:Listen",
        ["--public-url"] = "ActorSync:PublicUrl",
        ["--data"] = "ActorSync:DataFolder",
        ["--demo"] = "ActorSync:Demo",
        ["--sandbox"] = "ActorSync:SandboxUrl",
        ["--log"] = "ActorSync:LogFormat",
    };

    public const string Usage =
        """
        ActorSync.Host: keeps products, prices and stock the same in all your channels.

          ActorSync.Host [switches]          runs
          ActorSync.Host migrate [switches]  brings the database to what this version needs, and ends
          ActorSync.Host check [switches]    tells what is wrong with the settings, and ends; opens nothing

          --listen http://localhost:5080     where API, pages and webhooks are served
          --public-url https://…             how channels reach us; without it they are polled
          --data ./data                      folder of databases and keys
          --demo true|false                  run the Sandbox and connect its two shops (default: while no channel is configured)
          --sandbox http://localhost:5090    where the demo's Sandbox listens
          --role all-in-one                  what this process holds: all-in-one, worker, webhooks or web (silo-config/*.json; docs/deployment.md)
          --log text|json                    form of the log lines

        Every setting can also be given as an environment variable (ActorSync__DataFolder=…), as a file that holds it (ActorSync__Storage__ConnectionString_FILE=/run/secrets/pg)
        or as --ActorSync:Key=value.
        """;

    /// <summary>The first argument that is neither a switch of ours nor a configuration key, or null.</summary>
    public static string? FirstUnknown(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i].Split('=')[0];
            if (Switches.ContainsKey(name))
            {
                i += arguments[i].Contains('=') ? 0 : 1;
            }
            else if (!name.StartsWith("--ActorSync:", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase))
            {
                return arguments[i];
            }
            else
            {
                i += arguments[i].Contains('=') ? 0 : 1;
            }
        }

        return null;
    }
}
