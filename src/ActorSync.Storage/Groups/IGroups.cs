namespace ActorSync.Storage.Groups;

/// <summary>Writes groups of product commits in one transaction each, and answers every commit of the group.</summary>
internal interface IProductGroups
{
    /// <summary>How many groups may be written at once.</summary>
    int Writers { get; }

    /// <summary>Writes and answers. What it throws is passed to those not answered yet.</summary>
    Task WriteAsync(List<PreparedCommit> group);
}

/// <summary>Writes groups of deliveries.</summary>
internal interface IEventGroups
{
    /// <summary>Writes and answers. What it throws is passed to those not answered yet.</summary>
    Task WriteAsync(List<PreparedEvent> group);
}

/// <summary>A delivery that waits to become durable.</summary>
internal sealed class PreparedEvent(InboxEntry entry, string headers) : PendingWrite
{
    private readonly TaskCompletionSource<AppendResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InboxEntry Entry { get; } = entry;
    public string Headers { get; } = headers;
    public Task<AppendResult> Answer => answer.Task;

    public override int Rows => 1;
    public override int Bytes => Entry.Body.Length + Headers.Length;
    // A repeat goes into the next group, where it is found to be one.
    public override string Identity { get; } = string.Concat(entry.Channel.Value, "\n", entry.EventKey);

    public void Complete(AppendResult result) => answer.TrySetResult(result);

    public override void Fail(Exception exception) => answer.TrySetException(exception);
}
