using System.Diagnostics.CodeAnalysis;

namespace ActorSync.Storage.Groups;

/// <summary>
/// Remembers what the side tables (codes, resources) say for a row at a version, so that a commit that changes neither leaves them alone. Sound because the
/// commit compares the version in the database: who wrote in between makes it stale. Two generations bound the memory.
/// </summary>
internal sealed class FingerprintCache(int limit = FingerprintCache.DefaultLimit)
{
    /// <summary>Entries per generation.</summary>
    public const int DefaultLimit = 50_000;

    private readonly Lock gate = new();
    private Dictionary<string, Entry> young = new(StringComparer.Ordinal);
    private Dictionary<string, Entry> old = new(StringComparer.Ordinal);

    public static string LinkKey(string product, string channel) => string.Concat(product, "\n", channel);

    public bool IsSame(string key, long version, long fingerprint)
    {
        lock (gate)
        {
            return Find(key, out var entry) && entry.Version == version && entry.Fingerprint == fingerprint;
        }
    }

    public void Put(string key, long version, long fingerprint)
    {
        lock (gate)
        {
            if (Find(key, out var entry) && entry.Version > version)
            {
                return;
            }

            young[key] = new Entry(version, fingerprint);
            if (young.Count >= limit)
            {
                (old, young) = (young, new Dictionary<string, Entry>(StringComparer.Ordinal));
            }
        }
    }

    private bool Find(string key, [NotNullWhen(true)] out Entry? entry) => young.TryGetValue(key, out entry) || old.TryGetValue(key, out entry);

    private sealed record Entry(long Version, long Fingerprint);
}
