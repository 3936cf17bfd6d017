using ActorSync.Domain.Products;

namespace ActorSync.Domain.Channels;

/// <summary>
/// The products of one channel that wait to be pushed, at most <see cref="MaxWaiting"/>: beyond that newcomers are dropped, since the dirty index is the
/// truth and is read again when the window runs empty; counts find as many places again. Changes to a waiting product coalesce. A product that a bulk operation
/// carries may be leased once more for its counts.
/// </summary>
public sealed class PushWindow
{
    public const int MaxWaiting = 5_000;

    private readonly Dictionary<ProductId, Waiting> waiting = [];
    private readonly HashSet<ProductId> leased = [];
    private readonly HashSet<ProductId> inBulk = [];
    private readonly Dictionary<string, LeaseOfBatch> leases = [];

    public int WaitingCount => waiting.Count;

    public int LeasedCount => leased.Count + inBulk.Count;

    /// <summary>Batches of single calls under way.</summary>
    public int BatchCount => leases.Values.Count(lease => !lease.IsBulk);

    public bool HasBulk => leases.Values.Any(lease => lease.IsBulk);

    /// <summary>Something is being pushed or could be.</summary>
    public bool HasWork(DateTimeOffset now) => leases.Count > 0 || waiting.Values.Any(product => product.DueAt <= now);

    /// <summary>True when it did not fit: the index must be read again later.</summary>
    public bool Overflowed { get; private set; }

    /// <param name="product">It is dirty.</param>
    /// <param name="lane">The most urgent of its changes.</param>
    /// <param name="dueAt">Not before; null = now.</param>
    /// <param name="now">The time.</param>
    /// <param name="isSingle">It goes by a call of its own, not in bulk.</param>
    public void Add(ProductId product, Lane lane, DateTimeOffset? dueAt, DateTimeOffset now, bool isSingle = false)
    {
        if (waiting.TryGetValue(product, out var known))
        {
            waiting[product] = known with
            {
                Lane = lane < known.Lane ? lane : known.Lane,
                DueAt = (dueAt ?? now) < known.DueAt ? dueAt ?? now : known.DueAt,
                IsSingle = known.IsSingle || isSingle,
            };
        }
        else if (waiting.Count >= (lane == Lane.Stock ? 2 * MaxWaiting : MaxWaiting))
        {
            Overflowed = true;
        }
        else
        {
            waiting[product] = new Waiting(lane, dueAt ?? now, now, isSingle);
        }
    }

    /// <summary>
    /// The next batch: due products that no batch holds, most urgent lane first, longest waiting first. Null while the linger of the oldest is not over and
    /// the batch would not be full, unless something urgent waits. While a bulk operation runs, what the next one may carry waits for it.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="size">Most products.</param>
    /// <param name="linger">How long the first waits for company.</param>
    /// <param name="waitForBulk">What a bulk operation may carry stays, as if one were running: there may soon be enough for one.</param>
    public ImmutableArray<ProductId>? Take(DateTimeOffset now, int size, TimeSpan linger, bool waitForBulk = false)
    {
        var hasBulk = waitForBulk || HasBulk;
        var due = waiting.Where(pair => pair.Value.DueAt <= now && !leased.Contains(pair.Key)
            && (!hasBulk || pair.Value.Lane == Lane.Stock || (pair.Value.IsSingle && !inBulk.Contains(pair.Key)))).ToList();
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

    /// <summary>How many products a bulk operation could carry now.</summary>
    public int CountForBulk(DateTimeOffset now) => waiting.Count(pair => IsForBulk(pair, now));

    /// <summary>Those products, the most urgent and the longest waiting first.</summary>
    public ImmutableArray<ProductId> TakeForBulk(DateTimeOffset now, int most) =>
        [.. waiting.Where(pair => IsForBulk(pair, now)).OrderBy(pair => pair.Value.Lane).ThenBy(pair => pair.Value.Since).Take(most).Select(pair => pair.Key)];

    public void Lease(string batchId, ImmutableArray<ProductId> products, DateTimeOffset until, bool isBulk = false)
    {
        leases[batchId] = new LeaseOfBatch(products, until, isBulk);
        foreach (var product in products)
        {
            waiting.Remove(product);
            (isBulk ? inBulk : leased).Add(product);
        }
    }

    /// <summary>Ends a lease; false when it had ended before (a late worker: its report is only news).</summary>
    public bool Return(string batchId)
    {
        if (!leases.Remove(batchId, out var lease))
        {
            return false;
        }

        (lease.IsBulk ? inBulk : leased).ExceptWith(lease.Products);
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

    private bool IsForBulk(KeyValuePair<ProductId, Waiting> pair, DateTimeOffset now) =>
        pair.Value is { Lane: not Lane.Stock, IsSingle: false } && pair.Value.DueAt <= now && !leased.Contains(pair.Key) && !inBulk.Contains(pair.Key);

    private readonly record struct Waiting(Lane Lane, DateTimeOffset DueAt, DateTimeOffset Since, bool IsSingle);

    private sealed record LeaseOfBatch(ImmutableArray<ProductId> Products, DateTimeOffset Until, bool IsBulk);
}
