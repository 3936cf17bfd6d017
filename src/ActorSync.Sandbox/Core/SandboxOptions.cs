using System.Globalization;

namespace ActorSync.Sandbox.Core;

/// <summary>What the command line says: --port 5090 --data ./data --seed 1 --hub http://localhost:5080.</summary>
public sealed record SandboxOptions
{
    public int Port { get; init; } = 5090;

    /// <summary>The folder of sandbox.db; made when it does not exist.</summary>
    public string DataFolder { get; init; } = "./data";

    /// <summary>Decides the demo catalogue and every chance taken later.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where the hub's page is, for links.</summary>
    public Uri Hub { get; init; } = new("http://localhost:5080");

    /// <summary>Ends when standard input ends and ignores Ctrl-C: the hub's demo keeps us exactly as long as it needs the shops.</summary>
    public bool FollowStdin { get; init; }

    public string BaseAddress => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{Port}");

    public static (SandboxOptions? Options, string? Problem) Parse(IReadOnlyList<string> args)
    {
        var options = new SandboxOptions();
        for (var i = 0; i < args.Count; i += 2)
        {
            var name = args[i];
            if (i + 1 >= args.Count)
            {
                return (null, $"{name} needs a value. Known: --port, --data, --seed, --hub.");
            }

            var value = args[i + 1];
            switch (name)
            {
                case "--port":
                    if (!int.TryParse(value, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
                    {
                        return (null, $"--port is '{value}' but must be a number from 1 to 65535.");
                    }

                    options = options with { Port = port };
                    break;
                case "--data":
                    options = options with { DataFolder = value };
                    break;
                case "--seed":
                    if (!int.TryParse(value, CultureInfo.InvariantCulture, out var seed))
                    {
                        return (null, $"--seed is '{value}' but must be a whole number.");
                    }

                    options = options with { Seed = seed };
                    break;
                case "--hub":
                    if (!Uri.TryCreate(value, UriKind.Absolute, out var hub) || hub.Scheme is not ("http" or "https"))
                    {
                        return (null, $"--hub is '{value}' but must be an address such as http://localhost:5080.");
                    }

                    options = options with { Hub = hub };
                    break;
                case "--follow-stdin":
                    if (!bool.TryParse(value, out var follow))
                    {
                        return (null, $"--follow-stdin is '{value}' but must be true or false.");
                    }

                    options = options with { FollowStdin = follow };
                    break;
                default:
                    return (null, $"'{name}' is not an option. Known: --port, --data, --seed, --hub, --follow-stdin.");
            }
        }

        return (options, null);
    }
}

/// <summary>Everything a simulator gets from the core.</summary>
public sealed record SimulatorContext
{
    public required SandboxOptions Options { get; init; }
    public required TimeProvider Clock { get; init; }
    public required SandboxRandom Random { get; init; }
    public required ChannelStore Store { get; init; }
    public required ChannelFaults Faults { get; init; }
    public required ChannelStats Stats { get; init; }
    public required WebhookDispatcher Webhooks { get; init; }
    public required Catalogue Catalogue { get; init; }
}
