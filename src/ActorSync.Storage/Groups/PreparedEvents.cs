using ActorSync.Storage.Json;

namespace ActorSync.Storage.Groups;

/// <summary>Making and joining deliveries.</summary>
internal static class PreparedEvents
{
    public static PreparedEvent Prepare(InboxEntry entry) =>
        entry.Partition is >= 0 and < IInboxStore.Partitions
            ? new PreparedEvent(entry, StorageJson.Write(entry.Headers))
            : throw new ArgumentOutOfRangeException(nameof(entry), entry.Partition, $"The partition must be between 0 and {IInboxStore.Partitions - 1}.");

    public static Exception Refused(PreparedEvent pending, Exception inner) =>
        new ArgumentException($"The database refuses the delivery '{pending.Entry.EventKey}' of channel '{pending.Entry.Channel}': {inner.Message}", nameof(pending), inner);
}
