using System.Data.Common;
using ActorSync.Storage.Sql;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage;

/// <summary>Ready = the product table answers within five seconds.</summary>
internal sealed class StorageHealthCheck(IDatabase database, IOptions<StorageOptions> options) : IStorageHealth
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

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
