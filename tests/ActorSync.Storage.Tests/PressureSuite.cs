using System.Diagnostics.Metrics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ActorSync.Storage.Tests;

public sealed class SqlitePressureTests(SqliteDatabases databases) : PressureSuite(databases)
{
    [Fact]
    public async Task Commit_WhileAnotherProcessWrites_IsRepeatedUntilItCan()
    {
        await using var host = await StorageHost.StartAsync(await CreateAsync(), settings => settings["CommandTimeout"] = "00:00:01");
        using var retries = new Counted(StorageDiagnostics.Retries);
        await using var block = await BlockAsync(host);

        var commit = host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token);
        await retries.AtLeastAsync(1);
        await block.DisposeAsync();

        Assert.Equal(CommitStatus.Committed, (await commit).Status);
    }

    protected override async Task<IAsyncDisposable> BlockAsync(StorageHost host)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(host.Settings["DataFolder"]!, "actorsync.db")};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync(Token);
        return connection;
    }
}

public sealed class PostgresPressureTests(PostgresDatabases databases) : PressureSuite(databases)
{
    [Fact]
    public async Task Commit_CaughtInADeadlock_IsRepeated()
    {
        await using var host = await StorageHost.StartAsync(await CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("e1"), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token);
        using var retries = new Counted(StorageDiagnostics.Retries);
        await using var other = new NpgsqlConnection(host.Settings["ConnectionString"] + ";Pooling=false");
        await other.OpenAsync(Token);
        // The other side waits ten seconds before it looks for a deadlock, so it is the commit that PostgreSQL breaks off.
        await ExecuteAsync(other, "SET deadlock_timeout = '10s'; BEGIN; UPDATE inbox SET error = 'held'");

        var commit = host.Products.CommitAsync(
            new ProductCommit
            {
                Tenant = Make.Tenant,
                Id = Make.Id(1),
                At = Make.Start,
                Product = Make.Product(Make.Id(1), version: 1),
                Index = Make.Index("A"),
                Inbox = [new InboxAck { Id = 1, Outcome = "changed" }],
            },
            Token);
        await WaitForLockWaitAsync(host);
        await ExecuteAsync(other, "UPDATE product SET name = 'other'; COMMIT");

        Assert.Equal(CommitStatus.Committed, (await commit).Status);
        await retries.AtLeastAsync(1);
        Assert.Equal(2, (await host.Products.LoadAsync(Make.Id(1), Token))!.Product.Version);
    }

    [Fact]
    public async Task Commit_AfterTheServerCutItsConnections_WorksAgainSoon()
    {
        await using var host = await StorageHost.StartAsync(await CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(0)), Token);
        await using var other = new NpgsqlConnection(host.Settings["ConnectionString"] + ";Pooling=false");
        await other.OpenAsync(Token);
        await ExecuteAsync(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");

        // The first commit may find the dead connection: then its outcome is unknown, and the pool is emptied.
        var first = await Record.ExceptionAsync(() => host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token));
        var second = await host.Products.CommitAsync(Make.Insert(Make.Id(2)), Token);

        Assert.True(first is null or StorageUnavailableException, first?.ToString());
        Assert.Equal(CommitStatus.Committed, second.Status);
    }

    protected override async Task<IAsyncDisposable> BlockAsync(StorageHost host)
    {
        var connection = new NpgsqlConnection(host.Settings["ConnectionString"] + ";Pooling=false");
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, "BEGIN; LOCK TABLE inbox IN EXCLUSIVE MODE");
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task WaitForLockWaitAsync(StorageHost host)
    {
        await using var connection = new NpgsqlConnection(host.Settings["ConnectionString"] + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while ((long)(await command.ExecuteScalarAsync(Token))! == 0)
        {
            await Task.Delay(20, Token);
        }
    }
}

/// <summary>The database is busy or slow, over either dialect.</summary>
public abstract class PressureSuite(IDatabases databases)
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Inbox_WhenItsQueueIsFull_AnswersFullAndLosesNothingItTook()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync(), settings => settings["InboxQueueLimit"] = "100");
        Task<AppendResult>[] appends;
        await using (await BlockAsync(host))
        {
            // One group of at most 500 is in the air and 100 wait; the rest must be turned away at once.
            appends = [.. Enumerable.Range(0, 1_000).Select(i => host.Inbox.AppendAsync(Make.Event($"e{i}", $"product/{i}"), Token))];
            var full = appends.Where(append => append.IsCompleted).ToArray();
            Assert.True(full.Length >= 400, $"{full.Length} of 1000 were turned away");
            Assert.All(await Task.WhenAll(full), result => Assert.Equal(AppendResult.Full, result));
        }

        var results = await Task.WhenAll(appends);
        var stored = results.Count(result => result == AppendResult.Stored);
        Assert.InRange(stored, 100, 600);
        Assert.Equal(1_000, stored + results.Count(result => result == AppendResult.Full));
        Assert.Equal(stored, (await host.Queries.CountEventsAsync(Make.Tenant, Make.Start, Token)).Sum(count => count.Count));
    }

    protected Task<Dictionary<string, string?>> CreateAsync() => databases.CreateAsync();

    /// <summary>Keeps the inbox from being written until disposed.</summary>
    protected abstract Task<IAsyncDisposable> BlockAsync(StorageHost host);
}

/// <summary>Counts what an instrument of the storage told since this began.</summary>
internal sealed class Counted : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly MeterListener listener = new();
    private long count;

    public Counted(string instrument)
    {
        listener.InstrumentPublished = (published, self) =>
        {
            if (published.Meter.Name == StorageDiagnostics.MeterName && published.Name == instrument)
            {
                self.EnableMeasurementEvents(published);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref count, value));
        listener.Start();
    }

    public async Task AtLeastAsync(long expected)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (Interlocked.Read(ref count) < expected)
        {
            Assert.True(waited.Elapsed < Patience, $"counted {Interlocked.Read(ref count)}, expected {expected}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => listener.Dispose();
}
