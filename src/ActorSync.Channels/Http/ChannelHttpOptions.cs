namespace ActorSync.Channels.Http;

/// <summary>How connectors call the outside. Section <see cref="Section"/>.</summary>
public sealed class ChannelHttpOptions
{
    public const string Section = "ActorSync:ChannelHttp";

    /// <summary>
    /// Lets connectors call loopback, private and link-local addresses: needed for the Sandbox and for shops inside one's own network. Default false, because
    /// an address typed into a connect form must not become a way into the network that the hub runs in.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How long one try of a call may take. Default 12 s: Shopify gives a call up to 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>How often a read or a repeatable write is tried again after a network error or a 5xx. Default 2.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Wait before the first repetition, doubled each time, with jitter. Default 300 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Largest answer that is read. Default 32 MiB.</summary>
    public int MaxResponseBytes { get; set; } = 32 * 1024 * 1024;
}
