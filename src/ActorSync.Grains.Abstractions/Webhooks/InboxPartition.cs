using ActorSync.Abstractions.Storage;

namespace ActorSync.Abstractions.Webhooks;

/// <summary>Which inbox partition a delivery belongs to: the same for all deliveries of one resource, on every silo and for ever.</summary>
public static class InboxPartition
{
    /// <summary>FNV-1a over channel and resource, folded to the number of partitions.</summary>
    public static int Of(ChannelId channel, string resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var hash = Add(Add(2166136261, channel.Value) ^ '/', resource);
        return (int)((hash ^ (hash >> 16)) % IInboxStore.Partitions);
    }

    private static uint Add(uint hash, string text)
    {
        foreach (var character in text)
        {
            hash = unchecked((hash ^ character) * 16777619);
        }

        return hash;
    }
}
