using System.Text;
using ActorSync.Storage.Json;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ActorSync.Storage.Tests;

/// <summary>What a release has written stays readable, and what the migrations make is written down.</summary>
public sealed class CompatibilityTests(SqliteDatabases sqlite, PostgresDatabases postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void ProductDocument_OfRelease01_StillLoads()
    {
        var product = StorageJson.ReadProduct(File.ReadAllBytes(Beside("Documents/product-0.1.json")), 7);

        Assert.Equal(7, product.Version);
        Assert.Equal(new ProductId("p1"), product.Id);
        var price = Assert.Single(product.Registers[new RegisterKey("price", new VariantId(2), "EUR")].Claims);
        Assert.Equal((new FieldValue("19.9"), new Origin(OriginKind.Storefront, "shop1"), new Stamp(1_763_800_000, 1)), (price.Value, price.Origin, price.Source));
        Assert.True(product.Registers[new RegisterKey("description")].Claims[0].Value.IsEmpty);
        Assert.Contains(new RegisterKey("tags", Part: "SALE!"), product.Registers.Keys);
        Assert.Contains(new RegisterKey("name", Scope: new ChannelId("woo1")), product.Registers.Keys);
        Assert.Equal([true, false], product.Variants.Select(variant => variant.Exists));
        Assert.Equal(12.5m, Assert.Single(product.Stock.Levels).Available);
        Assert.Equal("woo1", Assert.Single(product.Stock.Reservations).Channel.Value);
        Assert.Equal(MergeRule.PreferredInWindow, Assert.Single(product.Conflicts).Rule);
    }

    [Fact]
    public void LinkDocument_OfRelease01_StillLoads()
    {
        var link = StorageJson.ReadLink(File.ReadAllBytes(Beside("Documents/link-0.1.json")), 3);

        Assert.Equal((LinkStatus.Linked, "77", 3L), (link.Status, link.ExternalId, link.Version));
        Assert.Equal("777", Assert.Single(link.Variants).StockItemId);
        Assert.Equal(PushAction.Update, link.Flight!.Action);
        var held = link.Registers[new RegisterKey("name")];
        Assert.Equal((new FieldValue("Tasse"), 42L), (held.Last!.Value, held.Last.SentFor!.Value));
        Assert.Equal(IntentState.Landed, Assert.Single(held.Intents).State);
        Assert.Equal("TOO_LONG", held.Parked!.Code);
        Assert.Equal(9, held.Learned!.StoredHash);
    }

    [Fact]
    public async Task Schema_OfSqlite_IsAsWrittenDown()
    {
        await using var host = await StorageHost.StartAsync(await sqlite.CreateAsync());
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(host.Settings["DataFolder"]!, "actorsync.db")};Pooling=False");

        await AssertWrittenDownAsync(connection, "sqlite", """
            SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" THEN ' not null' ELSE '' END FROM sqlite_master m, pragma_table_info(m.name) c
            WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' AND lower(m.name) NOT LIKE 'schemaversions'
            UNION ALL
            SELECT m.name || ' ' || group_concat(c.name, ', ') || CASE WHEN m.sql LIKE '%WHERE%' THEN ' where' || substr(m.sql, instr(m.sql, 'WHERE') + 5) ELSE '' END
            FROM sqlite_master m, pragma_index_info(m.name) c WHERE m.type = 'index' AND m.sql IS NOT NULL GROUP BY m.name
            """);
    }

    [Fact]
    public async Task Schema_OfPostgres_IsAsWrittenDown()
    {
        await using var host = await StorageHost.StartAsync(await postgres.CreateAsync());
        await using var connection = new NpgsqlConnection(host.Settings["ConnectionString"] + ";Pooling=false");

        await AssertWrittenDownAsync(connection, "postgres", """
            SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || CASE WHEN c.is_nullable = 'NO' THEN ' not null' ELSE '' END
            FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name <> 'schema_version'
            UNION ALL
            SELECT regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX ', '') FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_version'
            UNION ALL
            SELECT conrelid::regclass || ' constraint ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f')
            """);
    }

    // ACTORSYNC_WRITE_SCHEMA=1 writes the file anew; its diff is reviewed like the migration that caused it.
    private static async Task AssertWrittenDownAsync(System.Data.Common.DbConnection connection, string dialect, string query)
    {
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            lines.Add(reader.GetString(0).ReplaceLineEndings(" "));
        }

        lines.Sort(StringComparer.Ordinal);
        var file = Beside($"Schemas/{dialect}.txt");
        if (Environment.GetEnvironmentVariable("ACTORSYNC_WRITE_SCHEMA") == "1")
        {
            await File.WriteAllLinesAsync(file, lines, new UTF8Encoding(false), Token);
        }

        Assert.Equal(await File.ReadAllLinesAsync(file, Token), lines);
    }

    /// <summary>A file of this project's folder. CI builds hide source paths, so the folder is found from the repository's root.</summary>
    private static string Beside(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ActorSync.sln")))
            {
                return Path.Combine(folder.FullName, "tests", "ActorSync.Storage.Tests", file);
            }
        }

        throw new InvalidOperationException($"No ActorSync.sln above {AppContext.BaseDirectory}.");
    }
}
