using ActorSync.Storage.Groups;
using ActorSync.Storage.Postgres;
using Npgsql;
using Microsoft.Extensions.Configuration;

namespace ActorSync.Storage.Tests;

/// <summary>Batches must find their rows by index, also in a table that nobody has analysed: otherwise their cost grows with the table.</summary>
public sealed class PostgresPlanTests(PostgresDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BatchStatements_OnALargeUnanalysedTable_UseIndexesOnly()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var options = new ConfigurationBuilder().AddInMemoryCollection(host.Settings).Build().Get<StorageOptions>()!;
        await using var connection = new NpgsqlConnection(PostgresDatabase.BatchConnection(options));
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, """
            INSERT INTO product SELECT 't1', 'x' || n, 1, 'n', 'n', 'active', NULL, NULL, NULL, 1, 1, 's', 1, 's', '', 'SYNCED', false, 0, now(), 'x' FROM generate_series(1, 20000) n;
            INSERT INTO channel_link SELECT 't1', 'x' || n, 'shop1', 1, 'e' || n, 'linked', NULL, NULL, NULL, NULL, 'none', NULL, 0, NULL, false, 0, now(), 'x' FROM generate_series(1, 20000) n;
            INSERT INTO variant_sku SELECT 't1', 'x' || n, 1, 'k' || n, 'k' || n, 'k' || n, NULL FROM generate_series(1, 20000) n;
            INSERT INTO link_resource SELECT 'shop1', 'variation/' || n, 'x' || n, 1, 'v' || n FROM generate_series(1, 20000) n;
            INSERT INTO inbox (partition, tenant, channel, event_key, topic, resource, headers, body, received_at, clock_offset_ms, state, attempts, duplicates, due_at)
              SELECT 1, 't1', 'shop1', 'k' || n, 't', 'r', '{}', 'x', now(), 0, 'waiting', 0, 0, now() FROM generate_series(1, 20000) n
            """);
        await using var batch = new NpgsqlBatch(connection);
        List<PreparedCommit> group = [.. Enumerable.Range(1, 100).SelectMany(Commits)];
        _ = new PostgresProductBatch(Sql.SqlCatalog.Load("Postgres"), new FingerprintCache(), group, batch);

        Assert.Equal(12, batch.BatchCommands.Count);
        foreach (NpgsqlBatchCommand statement in batch.BatchCommands)
        {
            var plan = await ExplainAsync(connection, statement.CommandText, statement.Parameters);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Hash Join", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Merge Join", plan, StringComparison.Ordinal);
        }

        await using var load = new NpgsqlCommand();
        load.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Enumerable.Range(1, 200).Select(n => $"x{n}")] });
        Assert.DoesNotContain("Seq Scan", await ExplainAsync(connection, Sql.SqlCatalog.Load("Postgres")["LoadProducts"], load.Parameters), StringComparison.Ordinal);
    }

    // One that updates everything and one that inserts everything.
    private static IEnumerable<PreparedCommit> Commits(int n)
    {
        var old = new ProductId($"x{n}");
        var ack = new InboxAck { Id = n, Outcome = "changed" };
        var attempt = new AttemptWrite { Id = $"push-{n}", Channel = Make.Shop, Operation = "push", Status = "completed", StartedAt = Make.Start };
        yield return new PreparedCommit(Make.Insert(old, $"k{n}", Make.Write(Make.Link(Make.Shop, $"e{n}", version: 1), Lane.Price)) with
        {
            Product = Make.Product(old, version: 1),
            Inbox = [ack],
            Attempts = [attempt],
        });
        yield return new PreparedCommit(Make.Insert(new ProductId($"y{n}"), $"new{n}", Make.Write(Make.Link(Make.Shop, $"new{n}"))));
        yield return new PreparedCommit(new ProductCommit { Tenant = Make.Tenant, Id = new ProductId($"x{n + 1000}"), At = Make.Start, Index = Make.Index("A") });
    }

    private static async Task<string> ExplainAsync(NpgsqlConnection connection, string sql, IEnumerable<NpgsqlParameter> parameters)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN " + sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }

        var lines = new List<string> { sql };
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
