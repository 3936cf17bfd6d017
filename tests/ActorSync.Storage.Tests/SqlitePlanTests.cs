using ActorSync.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace ActorSync.Storage.Tests;

/// <summary>No statement of SQLite reads a whole table, but for the few that are meant to.</summary>
public sealed class SqlitePlanTests(SqliteDatabases databases)
{
    // A row or two of a small table, or the oldest rows in the order of the primary key.
    private static readonly string[] MayScan = ["AnyApiKey", "Ping", "ListChannels", "PruneLog"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryStatement_FindsItsRowsByIndex()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(host.Settings["DataFolder"]!, "actorsync.db")};Pooling=False");
        await connection.OpenAsync(Token);
        string[] tables = ["product", "variant_sku", "channel_link", "link_resource", "sync_log", "conflict", "push_attempt", "inbox", "channel_secret", "api_key", "idempotency", "p", "l", "s", "c", "r"];
        var catalog = SqlCatalog.Load("Sqlite");

        foreach (var name in catalog.Names.Except(MayScan, StringComparer.Ordinal))
        {
            foreach (var step in await PlanAsync(connection, catalog[name]))
            {
                Assert.False(tables.Any(table => step == $"SCAN {table}" || step.StartsWith($"SCAN {table} USING INDEX ix_product_tenant", StringComparison.Ordinal)), $"{name}: {step}");
            }
        }
    }

    private static async Task<List<string>> PlanAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
        foreach (System.Text.RegularExpressions.Match parameter in System.Text.RegularExpressions.Regex.Matches(sql, "@[a-z_]+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)))
        {
            if (!command.Parameters.Contains(parameter.Value))
            {
                command.Parameters.AddWithValue(parameter.Value, "[]");
            }
        }

        var steps = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            steps.Add(reader.GetString(3));
        }

        return steps;
    }
}
