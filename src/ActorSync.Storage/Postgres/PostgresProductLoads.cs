using System.Text.Json;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Products;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace ActorSync.Storage.Postgres;

/// <summary>Loads what is asked for at the same time by one statement (twice the rate of single reads when many grains wake up).</summary>
internal sealed class PostgresProductLoads : IProductLoads, IAsyncDisposable
{
    /// <summary>Loads that may wait; beyond that callers wait.</summary>
    public const int MaxWaiting = 10_000;
    /// <summary>Products per statement.</summary>
    public const int MaxGroup = 200;
    /// <summary>Statements at once.</summary>
    public const int Readers = 2;

    private readonly PostgresDatabase database;
    private readonly FingerprintCache cache;
    private readonly GroupWriter<PendingLoad>[] readers;
    private uint next;

    public PostgresProductLoads(PostgresDatabase database, FingerprintCache cache, StorageMetrics metrics, ILogger<PostgresProductLoads> logger)
    {
        this.database = database;
        this.cache = cache;
        readers = [.. Enumerable.Range(0, Readers).Select(i => new GroupWriter<PendingLoad>($"loads-{i}", new GroupLimits(MaxWaiting, MaxGroup, MaxGroup), metrics, logger, LoadAsync))];
    }

    public async Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken)
    {
        var pending = new PendingLoad(id.Value);
        await readers[Interlocked.Increment(ref next) % Readers].EnqueueAsync(pending, cancellationToken);
        return await pending.Answer.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    private async Task LoadAsync(List<PendingLoad> group)
    {
        var found = await database.RetryAsync("loads", () => ReadAsync(group), CancellationToken.None);
        foreach (var pending in group)
        {
            try
            {
                pending.Complete(found.TryGetValue(pending.Identity, out var rows) ? rows.Read(pending.Identity) : null);
            }
            catch (JsonException exception)
            {
                pending.Fail(exception);
            }
        }
    }

    private async Task<Dictionary<string, ProductRows>> ReadAsync(List<PendingLoad> group)
    {
        await using var connection = await database.Batches.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(database.Sql["LoadProducts"], connection) { CommandTimeout = (int)database.CommandTimeout.TotalSeconds };
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(pending => pending.Identity)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync();
        var found = new Dictionary<string, ProductRows>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            var id = reader.GetString(1);
            if (!found.TryGetValue(id, out var rows))
            {
                found.Add(id, rows = new ProductRows(cache));
            }

            if (reader.GetInt32(0) == 0)
            {
                rows.AddProduct(reader.GetInt64(3), reader.GetInt64(4), (byte[])reader[5]);
            }
            else
            {
                rows.AddLink(reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), (byte[])reader[5]);
            }
        }

        return found;
    }

    private sealed class PendingLoad(string id) : PendingWrite
    {
        private readonly TaskCompletionSource<StoredProduct?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<StoredProduct?> Answer => answer.Task;

        public override int Rows => 1;
        public override int Bytes => 1;
        public override string Identity => id;

        public void Complete(StoredProduct? product) => answer.TrySetResult(product);

        public override void Fail(Exception exception) => answer.TrySetException(exception);
    }
}
