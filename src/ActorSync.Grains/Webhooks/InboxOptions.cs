namespace ActorSync.Grains.Webhooks;

/// <summary>How the webhook inbox is drained. Section <c>ActorSync:Inbox</c>.</summary>
public sealed class InboxOptions
{
    public const string Section = "ActorSync:Inbox";

    /// <summary>How long leased rows belong to one drainer; 5 s to 5 min. Default 15 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a partition looks for rows whose lease ran out, or whose wake-up was lost; 100 ms to 1 min. Default 5 s.</summary>
    public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Rows leased at once; 1 to 1000. Default 200.</summary>
    public int BatchSize { get; set; } = 200;

    /// <summary>Pause before a failed row is tried again, doubled per try; 100 ms to 1 min. Default 2 s: 2, 4, 8 and 16 s before the fifth and last try.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(2);
}
