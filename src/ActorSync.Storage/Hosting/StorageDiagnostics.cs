using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ActorSync.Storage;

/// <summary>Meter and instrument names of the storage.</summary>
public static class StorageDiagnostics
{
    /// <summary>The meter.</summary>
    public const string MeterName = "ActorSync.Storage";
    /// <summary>Gauge: writes that wait, by writer.</summary>
    public const string QueueLength = "actorsync.storage.queue.length";
    /// <summary>Gauge: writes that may wait, by writer.</summary>
    public const string QueueLimit = "actorsync.storage.queue.limit";
    /// <summary>Histogram: writes per transaction, by writer.</summary>
    public const string BatchSize = "actorsync.storage.batch.size";
    /// <summary>Histogram, seconds: one transaction from its first statement to the answer of its commit, by writer.</summary>
    public const string CommitTime = "actorsync.storage.commit.time";
    /// <summary>Counter: transactions repeated after a deadlock, serialization failure or busy database, by writer.</summary>
    public const string Retries = "actorsync.storage.retries";
    /// <summary>Counter: writes refused (stale, taken, poison), by writer and status.</summary>
    public const string Rejections = "actorsync.storage.rejections";
    /// <summary>Gauge: products with sales that the stock's origin has not accounted for, by tenant.</summary>
    public const string UnaccountedProducts = "actorsync.stock.unaccounted";
    /// <summary>Gauge, seconds: age of the oldest such sale, by tenant. Above the tenant's reservation lifetime it is overdue.</summary>
    public const string UnaccountedAge = "actorsync.stock.unaccounted.age";
    /// <summary>Counter: rows deleted by retention, by kind.</summary>
    public const string Pruned = "actorsync.storage.pruned";
}

/// <summary>Writes that wait, and how many may.</summary>
internal sealed record StorageQueue(string Name, int Length, int Limit)
{
    public bool IsFull => Length >= Limit;
}

/// <summary>The instruments behind <see cref="StorageDiagnostics"/>.</summary>
internal sealed class StorageMetrics : IDisposable
{
    private readonly Meter meter;
    private readonly Histogram<int> batchSize;
    private readonly Histogram<double> commitTime;
    private readonly Counter<long> retries;
    private readonly Counter<long> rejections;
    private readonly Counter<long> pruned;
    private readonly Lock gate = new();
    private readonly List<(string Writer, Func<int> Length, int Limit)> queues = [];

    public StorageMetrics(IMeterFactory? factory = null)
    {
        meter = factory?.Create(StorageDiagnostics.MeterName) ?? new Meter(StorageDiagnostics.MeterName);
        batchSize = meter.CreateHistogram<int>(StorageDiagnostics.BatchSize, "{write}");
        commitTime = meter.CreateHistogram<double>(StorageDiagnostics.CommitTime, "s");
        retries = meter.CreateCounter<long>(StorageDiagnostics.Retries, "{transaction}");
        rejections = meter.CreateCounter<long>(StorageDiagnostics.Rejections, "{write}");
        pruned = meter.CreateCounter<long>(StorageDiagnostics.Pruned, "{row}");
        meter.CreateObservableGauge(StorageDiagnostics.QueueLength, () => Observe(queue => queue.Length), "{write}");
        meter.CreateObservableGauge(StorageDiagnostics.QueueLimit, () => Observe(queue => queue.Limit), "{write}");
    }

    public void Watch(string writer, Func<int> length, int limit)
    {
        lock (gate)
        {
            queues.Add((writer, length, limit));
        }
    }

    /// <summary>Every writer's queue as it is now.</summary>
    public ImmutableArray<StorageQueue> Queues()
    {
        lock (gate)
        {
            return [.. queues.Select(queue => new StorageQueue(queue.Writer, queue.Length(), queue.Limit))];
        }
    }

    public void Committed(string writer, int writes, TimeSpan elapsed)
    {
        var tag = new KeyValuePair<string, object?>("writer", writer);
        batchSize.Record(writes, tag);
        commitTime.Record(elapsed.TotalSeconds, tag);
    }

    public void WatchSales(Func<IEnumerable<Measurement<long>>> products, Func<IEnumerable<Measurement<double>>> age)
    {
        meter.CreateObservableGauge(StorageDiagnostics.UnaccountedProducts, products, "{product}");
        meter.CreateObservableGauge(StorageDiagnostics.UnaccountedAge, age, "s");
    }

    public void Retried(string writer) => retries.Add(1, new KeyValuePair<string, object?>("writer", writer));

    public void Rejected(string writer, string status) =>
        rejections.Add(1, new TagList { { "writer", writer }, { "status", status } });

    public void PrunedRows(string kind, long rows) => pruned.Add(rows, new KeyValuePair<string, object?>("kind", kind));

    public void Dispose() => meter.Dispose();

    private IEnumerable<Measurement<int>> Observe(Func<StorageQueue, int> value) =>
        Queues().Select(queue => new Measurement<int>(value(queue), new KeyValuePair<string, object?>("writer", queue.Name)));
}
