using System.Data.Common;
using ActorSync.Storage.Sql;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage;

/// <summary>Ready = the product table answers within five seconds.</summary>
internal sealed class StorageHealthCheck(IDatabase database, StorageMetrics metrics, IOptions<StorageOptions> options) : IStorageHealth
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public StorageHealth CheckQueues()
    {
        var full = metrics.Queues().Where(queue => queue.IsFull).ToList();
        return full.Count == 0
            ? new StorageHealth(true, "Below their limits.")
            : new StorageHealth(false, string.Join(" ", full.Select(queue => $"The queue of the writer '{queue.Name}' is full: {queue.Length} writes wait, the limit is {queue.Limit}.")));
    }

    public async Task<StorageHealth> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.ReadAsync(session => session.FirstAsync("Ping", row => row.Long(0), cancellationToken), cancellationToken).WaitAsync(Patience, cancellationToken);
            return new StorageHealth(true, $"{options.Value.Dialect} answers.");
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or DbException)
        {
            return new StorageHealth(false, $"{options.Value.Dialect} does not answer: {exception.Message}");
        }
    }
}
