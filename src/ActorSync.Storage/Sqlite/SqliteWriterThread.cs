using System.Collections.Concurrent;

namespace ActorSync.Storage.Sqlite;

/// <summary>
/// The one writer of the SQLite file: an unpooled connection (pooled ones share PRAGMAs by connection string) on a thread of its own, because
/// Microsoft.Data.Sqlite is synchronous and would block pool threads for the length of each fsync.
/// </summary>
internal sealed class SqliteWriterThread : IAsyncDisposable
{
    /// <summary>Transactions that may wait for the thread; each group writer has one at a time.</summary>
    public const int MaxWaiting = 1_000;

    private readonly string connectionString;
    private readonly TimeSpan timeout;
    private readonly BlockingCollection<Action<SqliteStatements>> work = [];
    private readonly SemaphoreSlim places = new(MaxWaiting);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private Thread? thread;

    public SqliteWriterThread(string connectionString, TimeSpan timeout)
    {
        this.connectionString = connectionString;
        this.timeout = timeout;
    }

    /// <summary>Runs on the writer thread, in order of arrival.</summary>
    public async Task<T> RunAsync<T>(Func<SqliteStatements, T> action, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            EnsureStarted();
            work.Add(
                statements =>
                {
                    try
                    {
                        answer.SetResult(action(statements));
                    }
                    catch (Exception exception)
                    {
                        answer.SetException(exception);
                    }
                },
                cancellationToken);
            return await answer.Task;
        }
        catch (InvalidOperationException exception) when (work.IsAddingCompleted)
        {
            throw new StorageUnavailableException("The storage is stopping: nothing was written.", exception);
        }
        finally
        {
            places.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            work.CompleteAdding();
            if (thread is null)
            {
                ended.TrySetResult();
            }
        }

        await ended.Task;
    }

    private void EnsureStarted()
    {
        lock (gate)
        {
            if (thread is null && !work.IsAddingCompleted)
            {
                thread = new Thread(Loop) { IsBackground = true, Name = "actorsync-sqlite-writer" };
                thread.Start();
            }
        }
    }

    private void Loop()
    {
        SqliteStatements? statements = null;
        try
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                statements ??= new SqliteStatements(connectionString, timeout);
                action(statements);
                if (statements.IsBroken)
                {
                    statements.Dispose();
                    statements = null;
                }
            }
        }
        finally
        {
            statements?.Dispose();
            ended.TrySetResult();
        }
    }
}
