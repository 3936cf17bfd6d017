using Npgsql;

namespace ActorSync.Storage.Postgres;

/// <summary>An advisory lock of its own session: the server lets go of it when the process dies.</summary>
internal sealed class PostgresMigrationLock : IAsyncDisposable
{
    // "actorsyn" in ASCII: a number that no other program of the server takes by accident.
    private const long Key = 0x6163746f7273796e;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly NpgsqlConnection connection;

    private PostgresMigrationLock(NpgsqlConnection connection) => this.connection = connection;

    public static async Task<PostgresMigrationLock> TakeAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var session = new NpgsqlConnection(PostgresDatabase.MigrationConnection(options));
        try
        {
            await session.OpenAsync(cancellationToken);
            while (!await TryAsync(session, cancellationToken))
            {
                if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > options.MigrationTimeout)
                {
                    throw new TimeoutException($"another process has been migrating for more than {options.MigrationTimeout}");
                }

                await Task.Delay(Pause, cancellationToken);
            }

            return new PostgresMigrationLock(session);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static async Task<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = Key } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
