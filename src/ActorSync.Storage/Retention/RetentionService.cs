using ActorSync.Storage.Sql;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Retention;

/// <summary>Deletes what is older than it must be, in small steps. Several silos may do so at once: they only share the work.</summary>
internal sealed partial class RetentionService(
    IDatabase database, IOptions<StorageOptions> options, TimeProvider time, StorageMetrics metrics, ILogger<RetentionService> logger) : BackgroundService
{
    private readonly RetentionOptions options = options.Value.Retention;

    /// <summary>One run. Answers the rows deleted or emptied by kind.</summary>
    public async Task<ImmutableDictionary<string, long>> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        (string Query, TimeSpan Age)[] kinds =
        [
            ("PruneLog", options.Log), ("DropEventBodies", options.EventBodies), ("PruneEvents", options.Events), ("PruneAttempts", options.Attempts),
            ("PruneIdempotency", options.Idempotency),
        ];
        var counts = ImmutableDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var (query, age) in kinds)
        {
            var deleted = 0L;
            int step;
            do
            {
                step = await database.WriteAsync(
                    session => session.ExecuteAsync(query, cancellationToken, ("@before", now - age), ("@limit", options.Step)), cancellationToken);
                deleted += step;
            }
            while (step == options.Step && deleted < options.MaxDeletes);
            counts[query] = deleted;
            metrics.PrunedRows(query, deleted);
        }

        return counts.ToImmutable();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (StorageUnavailableException exception)
            {
                LogFailed(exception.Message);
            }
        }
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "Old rows were not deleted, the next run tries again: {Reason}")]
    private partial void LogFailed(string reason);
}
