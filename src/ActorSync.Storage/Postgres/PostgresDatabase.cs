using System.Data.Common;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Sql;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ActorSync.Storage.Postgres;

/// <summary>PostgreSQL: one pool for reads, one for batches with its own planner settings.</summary>
internal sealed class PostgresDatabase : IDatabase, IAsyncDisposable
{
    // A batch joins arrays to big tables by their keys. On a young, unanalysed table the planner takes a sequential scan and a hash join for that, and the
    // cost then grows with the table; with these off only index look-ups are left. Asserted by a test on the plans.
    private const string BatchPlanner = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";
    private const int PreparedStatements = 60;

    private readonly StorageOptions options;
    private readonly StorageMetrics metrics;

    public PostgresDatabase(IOptions<StorageOptions> options, StorageMetrics metrics)
    {
        this.options = options.Value;
        this.metrics = metrics;
        Reads = NpgsqlDataSource.Create(Builder(this.options).ConnectionString);
        Batches = NpgsqlDataSource.Create(BatchConnection(this.options));
    }

    public SqlCatalog Sql { get; } = SqlCatalog.Load("Postgres");

    /// <summary>For lists: planned anew each time, because their filters come and go.</summary>
    public NpgsqlDataSource Reads { get; }

    /// <summary>For multi-row statements: prepared, by index only.</summary>
    public NpgsqlDataSource Batches { get; }

    public TimeSpan CommandTimeout => options.CommandTimeout;

    public static string BatchConnection(StorageOptions options)
    {
        var builder = Builder(options);
        builder.Options = string.IsNullOrWhiteSpace(builder.Options) ? BatchPlanner : $"{builder.Options} {BatchPlanner}";
        builder.MaxAutoPrepare = PreparedStatements;
        builder.AutoPrepareMinUsages = 2;
        return builder.ConnectionString;
    }

    /// <summary>A connection that ends with its owner: locks held by its session end with it.</summary>
    public static string MigrationConnection(StorageOptions options)
    {
        var builder = Builder(options);
        builder.Pooling = false;
        return builder.ConnectionString;
    }

    /// <summary>The provider repeats a handful of statements: preparing them is worth a tenth of its rate.</summary>
    public static string OrleansConnection(StorageOptions options)
    {
        var builder = Builder(options);
        builder.MaxAutoPrepare = PreparedStatements;
        return builder.ConnectionString;
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Reads.OpenConnectionAsync(cancellationToken);
            return await work(new DbSession(this, connection, null, options.CommandTimeout));
        }
        catch (NpgsqlException exception) when (!IsRefusal(exception))
        {
            throw Unavailable(exception, Reads);
        }
    }

    public async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) =>
        await RetryAsync(
            "other",
            async () =>
            {
                await using var connection = await Batches.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var result = await work(new DbSession(this, connection, transaction, options.CommandTimeout));
                await transaction.CommitAsync(cancellationToken);
                return result;
            },
            cancellationToken);

    public Task<T> WriteUnsyncedAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("CommitUnsynced", cancellationToken);
                return await work(session);
            },
            cancellationToken);

    /// <summary>Repeats what PostgreSQL broke off for others' sake; turns everything but refusals into "unavailable".</summary>
    public async Task<T> RetryAsync<T>(string writer, Func<Task<T>> transaction, CancellationToken cancellationToken)
    {
        var delay = options.RetryDelay;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await transaction();
            }
            catch (PostgresException exception) when (IsBrokenOff(exception) && attempt < options.MaxRetries)
            {
                metrics.Retried(writer);
                if (exception.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
                {
                    // The driver counts on a prepared statement that the server does not have (it broke off while sending it): begin with new connections.
                    Batches.Clear();
                }

                await Task.Delay(delay, cancellationToken);
                delay = Backoff.Next(delay);
            }
            catch (NpgsqlException exception) when (!IsRefusal(exception))
            {
                throw Unavailable(exception, Batches);
            }
        }
    }

    public object ToDb(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset instant => instant.ToUniversalTime(),
        _ => value,
    };

    public DateTimeOffset ReadInstant(DbDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    /// <summary>True when what was to be written is at fault: refused by the server, or not even sent because the driver cannot write it.</summary>
    public static bool IsOfItsContent(Exception exception) => exception is DbException database ? IsRefused(database) : exception is not StorageUnavailableException;

    // Classes of SQLSTATE: 22 bad data, 23 constraint, 42 the statement itself, 54 a limit of the program.
    private static bool IsRefused(DbException exception) => exception is PostgresException { SqlState: ['2', '2', ..] or ['2', '3', ..] or ['4', '2', ..] or ['5', '4', ..] };

    public bool IsRefusal(DbException exception) => IsRefused(exception);

    public async ValueTask DisposeAsync()
    {
        await Reads.DisposeAsync();
        await Batches.DisposeAsync();
    }

    private static bool IsBrokenOff(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.InvalidSqlStatementName;

    private static NpgsqlConnectionStringBuilder Builder(StorageOptions options) => new(options.ConnectionString)
    {
        ApplicationName = "actorsync",
        CommandTimeout = (int)options.CommandTimeout.TotalSeconds,
    };

    private static StorageUnavailableException Unavailable(NpgsqlException exception, NpgsqlDataSource source)
    {
        if (exception is not PostgresException)
        {
            // The server went away: the other idle connections of the pool are as dead as this one.
            source.Clear();
        }

        return new StorageUnavailableException($"PostgreSQL did not do it: {exception.Message}", exception);
    }
}
