using ActorSync.Storage.Json;

namespace ActorSync.Storage.Groups;

/// <summary>Making and joining deliveries.</summary>
internal static class PreparedEvents
{
    /// <exception cref="ArgumentException">No database can take it.</exception>
    public static PreparedEvent Prepare(InboxEntry entry)
    {
        if (entry.Partition is < 0 or >= IInboxStore.Partitions)
        {
            throw new ArgumentOutOfRangeException(nameof(entry), entry.Partition, $"The partition must be between 0 and {IInboxStore.Partitions - 1}.");
        }

        return KeyText.Problem([entry.Tenant.Value, entry.Channel.Value, entry.EventKey, entry.Topic, entry.Resource]) is { } problem
            ? throw new ArgumentException(problem, nameof(entry))
            : new PreparedEvent(entry, StorageJson.Write(entry.Headers));
    }

    public static Exception Refused(PreparedEvent pending, Exception inner) =>
        new ArgumentException($"The database refuses the delivery '{pending.Entry.EventKey}' of channel '{pending.Entry.Channel}': {inner.Message}", nameof(pending), inner);
}
