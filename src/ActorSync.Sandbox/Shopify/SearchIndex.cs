using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify;

/// <summary>What search sees: each product as it was some seconds ago. A write becomes visible after a random lag; reads by id never come here.</summary>
public sealed class SearchIndex(TimeProvider clock, SandboxRandom random)
{
    public static readonly TimeSpan ShortestLag = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<long, Entry> entries = [];

    /// <summary>Settable for tests; 30 s as measured against real shops.</summary>
    public TimeSpan LongestLag { get; set; } = TimeSpan.FromSeconds(30);

    public void Note(long id, ShopProduct? product, bool atOnce = false)
    {
        var entry = entries.GetValueOrDefault(id) ?? new Entry(Visible: null, Pending: null, DueAt: null);
        if (atOnce || LongestLag <= TimeSpan.Zero)
        {
            entries[id] = new Entry(product, Pending: null, DueAt: null);
            return;
        }

        // A product that changes all the time still appears: a later write does not push back the moment of an earlier one.
        var lag = LongestLag <= ShortestLag ? LongestLag : ShortestLag + ((LongestLag - ShortestLag) * random.NextDouble());
        entries[id] = entry with { Pending = product, DueAt = entry.DueAt ?? clock.GetUtcNow() + lag };
    }

    /// <summary>Everything search can find now, in the order of ids.</summary>
    public IReadOnlyList<ShopProduct> Visible()
    {
        var now = clock.GetUtcNow();
        foreach (var (id, entry) in entries.Where(e => e.Value.DueAt <= now).ToList())
        {
            if (entry.Pending is null)
            {
                entries.Remove(id);
            }
            else
            {
                entries[id] = new Entry(entry.Pending, Pending: null, DueAt: null);
            }
        }

        return [.. entries.Values.Select(e => e.Visible).OfType<ShopProduct>()];
    }

    /// <summary>Everything at once, as after a first fill.</summary>
    public void ShowAll(IEnumerable<ShopProduct> products)
    {
        entries.Clear();
        foreach (var product in products)
        {
            Note(product.Id, product, atOnce: true);
        }
    }

    public void Clear() => entries.Clear();

    private sealed record Entry(ShopProduct? Visible, ShopProduct? Pending, DateTimeOffset? DueAt);
}
