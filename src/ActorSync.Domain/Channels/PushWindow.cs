using ActorSync.Domain.Products;

namespace ActorSync.Domain.Channels;

/// <summary>
/// The products of one channel that wait to be pushed, at most <see cref="MaxWaiting"/>: beyond that newcomers are dropped, since the dirty index is the
/// truth and is read again when the window runs empty. Changes to a waiting product coalesce.
/// </summary>
public sealed class PushWindow
{
    public const int MaxWaiting = 5_000;

    private readonly Dictionary<ProductId, Waiting> waiting = [];
    private readonly HashSet<ProductId> leased = [];
    private readonly Dictionary<string, (ImmutableArray<ProductId> Products, DateTimeOffset Until)> leases = [];

    public int WaitingCount => waiting.Count;

    public int LeasedCount => leased.Count;

    public int BatchCount => leases.Count;

    /// <summary>Something is being pushed or could be.</summary>
    public bool HasWork(DateTimeOffset now) => leases.Count > 0 || waiting.Values.Any(product => product.DueAt <= now);

    /// <summary>True when it did not fit: the index must be read again later.</summary>
    public bool Overflowed { get; private set; }

    public void Add(ProductId product, Lane lane, DateTimeOffset? dueAt, DateTimeOffset now)
    {
        if (waiting.TryGetValue(product, out var known))
        {
            waiting[product] = known with
            {
                Lane = lane < known.Lane ? lane : known.Lane,
                DueAt = (dueAt ?? now) < known.DueAt ? dueAt ?? now : known.DueAt,
            };
        }
        else if (waiting.Count >= MaxWaiting)
        {
            Overflowed = true;
        }
        else
        {
            waiting[product] = new Waiting(lane, dueAt ?? now, now);
        }
    }

    /// <summary>
    /// The next batch: due products that no batch holds, most urgent lane first, longest waiting first. Null while the linger of the oldest is not over and
    /// the batch would not be full, unless something urgent waits.
    /// </summary>
    public ImmutableArray<ProductId>? Take(DateTimeOffset now, int size, TimeSpan linger)
    {
        var due = waiting.Where(pair => pair.Value.DueAt <= now && !leased.Contains(pair.Key)).ToList();
        if (due.Count == 0)
        {
            return null;
        }

        if (due.Count < size && due.TrueForAll(pair => now - pair.Value.Since < linger))
        {
            return null;
        }

        var batch = due
            .OrderBy(pair => pair.Value.Lane)
            .ThenBy(pair => pair.Value.Since)
            .Take(size)
            .Select(pair => pair.Key)
            .ToImmutableArray();
        return batch;
    }

    public void Lease(string batchId, ImmutableArray<ProductId> products, DateTimeOffset until)
    {
        leases[batchId] = (products, until);
        foreach (var product in products)
        {
            waiting.Remove(product);
            leased.Add(product);
        }
    }

    /// <summary>Ends a lease; false when it had ended before (a late worker: its report is only news).</summary>
    public bool Return(string batchId)
    {
        if (!leases.Remove(batchId, out var lease))
        {
            return false;
        }

        leased.ExceptWith(lease.Products);
        return true;
    }

    /// <summary>Batches whose worker never came back: their products wait again.</summary>
    public int ExpireLeases(DateTimeOffset now)
    {
        var expired = leases.Where(pair => pair.Value.Until <= now).ToList();
        foreach (var (batchId, lease) in expired)
        {
            Return(batchId);
            foreach (var product in lease.Products)
            {
                Add(product, Lane.Stock, now, now);
            }
        }

        return expired.Count;
    }

    public void Clear()
    {
        waiting.Clear();
        Overflowed = false;
    }

    public void IndexWasRead() => Overflowed = false;

    private readonly record struct Waiting(Lane Lane, DateTimeOffset DueAt, DateTimeOffset Since);
}
