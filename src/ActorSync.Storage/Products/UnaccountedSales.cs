using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace ActorSync.Storage.Products;

/// <summary>Keeps the gauges of sales that the stock's origin has not accounted for. Every silo shows the same figures.</summary>
internal sealed class UnaccountedSales : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private readonly IProductQueries queries;
    private readonly TimeProvider time;
    private ImmutableArray<UnaccountedCount> counts = [];

    public UnaccountedSales(IProductQueries queries, TimeProvider time, StorageMetrics metrics)
    {
        (this.queries, this.time) = (queries, time);
        metrics.WatchSales(
            () => counts.Select(count => new Measurement<long>(count.Products, Tag(count))),
            () => counts.Select(count => new Measurement<double>((time.GetUtcNow() - count.OldestAt).TotalSeconds, Tag(count))));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                counts = await queries.OldestUnaccountedAsync(stoppingToken);
            }
            catch (StorageUnavailableException)
            {
                // The figures of before stand; the storage's own health says why.
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(UnaccountedCount count) => new("tenant", count.Tenant.Value);
}
