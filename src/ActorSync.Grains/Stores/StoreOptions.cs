namespace ActorSync.Grains.Stores;

/// <summary>How a channel's pushes are dispatched. Section <c>ActorSync:Stores</c>.</summary>
public sealed class StoreOptions
{
    public const string Section = "ActorSync:Stores";

    /// <summary>How long a change waits for company before its batch leaves; 0 to 5 s. Default 50 ms: a sixth of the calls of 5 ms (performance-notes section 7).</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Batches of one channel under way at once; 1 to 32. Default 4.</summary>
    public int MaxBatches { get; set; } = 4;

    /// <summary>How long a worker may keep a batch before its products wait again; 15 s to 10 min. Default 90 s.</summary>
    public TimeSpan BatchLease { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How often the dirty index is read while nothing waits; 1 s to 1 min. Default 3 s.</summary>
    public TimeSpan IndexPoll { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Pause between polls of a channel in poll mode; 10 s to 1 h. Default 1 min.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Pause between safety polls of a channel that sends webhooks (they are hints and get lost); 1 min to 1 day. Default 10 min.</summary>
    public TimeSpan SafetyPollInterval { get; set; } = TimeSpan.FromMinutes(10);
}
