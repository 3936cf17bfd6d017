using System.ComponentModel.DataAnnotations;

namespace ActorSync.Host;

/// <summary>The process itself. Section <c>ActorSync</c>; each has a switch on the command line.</summary>
public sealed class ActorSyncOptions
{
    public const string Section = "ActorSync";

    /// <summary>What this process holds: a file of <c>silo-config</c> (all-in-one, worker, webhooks, web). Default all-in-one. Switch: --role.</summary>
    [Required]
    public string Role { get; set; } = "all-in-one";

    /// <summary>Where API, pages and webhooks are served. Default http://localhost:5080. Switch: --listen.</summary>
    [Required]
    public string Listen { get; set; } = "http://localhost:5080";

    /// <summary>How the outside reaches us, e.g. https://sync.example.com; webhooks are registered with it. Absent: channels are polled. Switch: --public-url.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Folder of the databases and keys; created when absent. Default ./data. Switch: --data.</summary>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>
    /// True: run the Sandbox beside us and connect its two shops. False: never. Absent: when no channel is configured, or when those that are came from the
    /// demo. Switch: --demo.
    /// </summary>
    public bool? Demo { get; set; }

    /// <summary>Where the Sandbox of the demo listens; loopback only. Default http://localhost:5090. Switch: --sandbox.</summary>
    [Required]
    public string SandboxUrl { get; set; } = "http://localhost:5090";

    /// <summary>Kills the process at a named place, for tests. Needs <see cref="AllowFailPoints"/>.</summary>
    public string? FailPoint { get; set; }

    /// <summary>Fail-points may be armed. Never in production.</summary>
    public bool AllowFailPoints { get; set; }

    /// <summary>Form of the log lines: <c>text</c> (default) or <c>json</c>, one object a line. Switch: --log.</summary>
    public string LogFormat { get; set; } = "text";

    /// <summary>How long a shutdown may take before what remains is left to leases. 5 s to 5 min. Default 60 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Every problem as a sentence: key, value, rule.</summary>
    public IEnumerable<string> Problems()
    {
        if (!IsHttp(Listen))
        {
            yield return $"ActorSync:Listen is '{Listen}' but must be an address like http://localhost:5080.";
        }

        if (!IsHttp(SandboxUrl) || !new Uri(SandboxUrl).IsLoopback)
        {
            yield return $"ActorSync:SandboxUrl is '{SandboxUrl}' but must be a loopback address like http://localhost:5090: the Sandbox is never offered to a network.";
        }

        if (PublicUrl is { Length: > 0 } && !IsHttp(PublicUrl))
        {
            yield return $"ActorSync:PublicUrl is '{PublicUrl}' but must be an address like https://sync.example.com, or be left out.";
        }

        if (Demo == true && IsHttp(Listen) && !new Uri(Listen).IsLoopback)
        {
            yield return $"ActorSync:Demo is true but ActorSync:Listen is '{Listen}': the demo works without a key and so listens on localhost only.";
        }

        if (FailPoint is { Length: > 0 } && !AllowFailPoints)
        {
            yield return $"ActorSync:FailPoint is '{FailPoint}' but ActorSync:AllowFailPoints is not true: fail-points kill the process and are for tests only.";
        }

        if (LogFormat is not ("text" or "json"))
        {
            yield return $"ActorSync:LogFormat is '{LogFormat}' but must be text or json.";
        }

        if (ShutdownTimeout < TimeSpan.FromSeconds(5) || ShutdownTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"ActorSync:ShutdownTimeout is {ShutdownTimeout} but must lie between 00:00:05 and 00:05:00.";
        }
    }

    private static bool IsHttp(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
