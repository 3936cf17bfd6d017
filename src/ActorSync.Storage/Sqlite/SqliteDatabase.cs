using System.Data.Common;
using System.Text.Json;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Sql;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Sqlite;

/// <summary>SQLite: reads on pooled read-only connections, every write on the writer thread.</summary>
internal sealed class SqliteDatabase : IDatabase, IAsyncDisposable
{
    private readonly StorageOptions options;
    private readonly StorageMetrics metrics;
    private readonly string readers;

    public SqliteDatabase(IOptions<StorageOptions> options, StorageMetrics metrics)
    {
        this.options = options.Value;
        this.metrics = metrics;
        readers = new SqliteConnectionStringBuilder(FileOf(this.options)) { Mode = SqliteOpenMode.ReadOnly, Pooling = true }.ConnectionString;
        Writer = new SqliteWriterThread(WriterOf(this.options), this.options.CommandTimeout);
    }

    public SqlCatalog Sql { get; } = SqlCatalog.Load("Sqlite");

    public SqliteWriterThread Writer { get; }

    /// <summary>Connection string of the data file.</summary>
    public static string FileOf(StorageOptions options) => string.IsNullOrWhiteSpace(options.ConnectionString)
        ? new SqliteConnectionStringBuilder { DataSource = Path.Combine(options.DataFolder, "actorsync.db") }.ConnectionString
        : options.ConnectionString;

    /// <summary>Connection string of a connection that nobody shares.</summary>
    public static string WriterOf(StorageOptions options) =>
        new SqliteConnectionStringBuilder(FileOf(options)) { Pooling = false, Mode = SqliteOpenMode.ReadWriteCreate }.ConnectionString;

    /// <summary>A connection of the caller's own, for reading.</summary>
    public SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(readers) { Pooling = false }.ConnectionString) { DefaultTimeout = (int)options.CommandTimeout.TotalSeconds };
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new SqliteConnection(readers) { DefaultTimeout = (int)options.CommandTimeout.TotalSeconds };
            await connection.OpenAsync(cancellationToken);
            return await work(new DbSession(this, connection, null, options.CommandTimeout));
        }
        catch (SqliteException exception)
        {
            throw Unavailable(exception);
        }
    }

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) =>
        TransactAsync(
            "other",
            statements =>
            {
                // Microsoft.Data.Sqlite completes its async methods before they return; anything else would leave the writer thread without its transaction.
                return Completed.Result(work(Session(statements)));
            },
            cancellationToken);

    public Task<T> WriteUnsyncedAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) =>
        TransactAsync("lease", statements => Completed.Result(work(Session(statements))), cancellationToken, isSynced: false);

    /// <summary>One transaction on the writer thread; repeated while another process holds the lock.</summary>
    public async Task<T> TransactAsync<T>(string writer, Func<SqliteStatements, T> work, CancellationToken cancellationToken, bool isSynced = true)
    {
        var delay = options.RetryDelay;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await Writer.RunAsync(statements => isSynced ? Transact(statements, work) : TransactUnsynced(statements, work), cancellationToken);
            }
            catch (SqliteException exception) when (IsBusy(exception) && attempt < options.MaxRetries)
            {
                metrics.Retried(writer);
                await Task.Delay(delay, cancellationToken);
                delay = Backoff.Next(delay);
            }
            catch (SqliteException exception) when (!IsRefusal(exception))
            {
                throw Unavailable(exception);
            }
        }
    }

    public object ToDb(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset instant => instant.ToUnixTimeMilliseconds(),
        decimal number => (double)number,
        bool flag => flag ? 1L : 0L,
        IReadOnlyCollection<string> texts => JsonSerializer.Serialize(texts),
        IReadOnlyCollection<long> numbers => JsonSerializer.Serialize(numbers),
        _ => value,
    };

    public DateTimeOffset ReadInstant(DbDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    public bool IsRefusal(DbException exception) => exception is SqliteException { SqliteErrorCode: SqliteCodes.Constraint or SqliteCodes.TooBig or SqliteCodes.Mismatch };

    public ValueTask DisposeAsync() => Writer.DisposeAsync();

    /// <summary>The writer's transaction as a session.</summary>
    public DbSession Session(SqliteStatements statements) => new(this, statements.Connection, statements.Transaction, options.CommandTimeout);

    private static bool IsBusy(SqliteException exception) => exception.SqliteErrorCode is SqliteCodes.Busy or SqliteCodes.Locked;

    private T TransactUnsynced<T>(SqliteStatements statements, Func<SqliteStatements, T> work)
    {
        statements.Run(Sql["CommitUnsynced"]);
        try
        {
            return Transact(statements, work);
        }
        finally
        {
            // What is committed next is synced again, and this with it: the log is one file.
            statements.Run("PRAGMA synchronous = FULL");
        }
    }

    private static T Transact<T>(SqliteStatements statements, Func<SqliteStatements, T> work)
    {
        try
        {
            statements.Begin();
            var result = work(statements);
            statements.Commit();
            return result;
        }
        catch (Exception exception)
        {
            statements.Rollback();
            if (exception is SqliteException { SqliteErrorCode: not (SqliteCodes.Constraint or SqliteCodes.Busy or SqliteCodes.Locked) })
            {
                statements.IsBroken = true;
            }

            throw;
        }
    }

    public StorageUnavailableException Unavailable(SqliteException exception) =>
        new($"SQLite file '{new SqliteConnectionStringBuilder(readers).DataSource}' did not do it: {exception.Message}", exception);
}

/// <summary>Result codes of SQLite that decide what happens next.</summary>
internal static class SqliteCodes
{
    public const int Busy = 5;
    public const int Locked = 6;
    public const int TooBig = 18;
    public const int Constraint = 19;
    public const int Mismatch = 20;
}
