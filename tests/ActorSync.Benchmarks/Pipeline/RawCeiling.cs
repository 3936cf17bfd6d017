using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>What the database takes when nothing else is done: multi-row upserts of (id, version, 1.9 KB document), 500 rows per transaction.</summary>
internal static class RawCeiling
{
    private const int BatchRows = 500;
    private const int Ids = 10_000;
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);

    public static double Sqlite(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "raw.db")};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE raw (id TEXT PRIMARY KEY, version INTEGER NOT NULL, doc BLOB NOT NULL) WITHOUT ROWID");
        using var upsert = connection.CreateCommand();
        upsert.CommandText = "INSERT INTO raw (id, version, doc) VALUES ($id, $version, $doc) ON CONFLICT (id) DO UPDATE SET version = excluded.version, doc = excluded.doc";
        var id = upsert.Parameters.Add("$id", SqliteType.Text);
        var version = upsert.Parameters.Add("$version", SqliteType.Integer);
        var document = upsert.Parameters.Add("$doc", SqliteType.Blob);
        var row = 0L;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Span)
        {
            using var transaction = connection.BeginTransaction();
            upsert.Transaction = transaction;
            for (var i = 0; i < BatchRows; i++, row++)
            {
                id.Value = $"p{row % Ids:D6}";
                version.Value = row;
                document.Value = Document(row);
                upsert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return row / clock.Elapsed.TotalSeconds;
    }

    public static async Task<double> PostgresAsync(string connectionString, int connections)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var create = source.CreateCommand("DROP TABLE IF EXISTS bench_raw; CREATE TABLE bench_raw (id text PRIMARY KEY, version bigint NOT NULL, doc bytea NOT NULL)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var rows = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(worker => Task.Run(async () =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var upsert = connection.CreateCommand();
            upsert.CommandText =
                "INSERT INTO bench_raw (id, version, doc) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[]) "
                + "ON CONFLICT (id) DO UPDATE SET version = excluded.version, doc = excluded.doc";
            upsert.Parameters.Add(new NpgsqlParameter<string[]>());
            upsert.Parameters.Add(new NpgsqlParameter<long[]>());
            upsert.Parameters.Add(new NpgsqlParameter<byte[][]>());
            await upsert.PrepareAsync();
            var row = 0L;
            while (clock.Elapsed < Span)
            {
                var range = Enumerable.Range(0, BatchRows).Select(i => row + i).ToArray();
                // Each connection has its own ids: the ceiling is not to measure lock waits.
                upsert.Parameters[0].Value = range.Select(i => $"{worker}-{i % (Ids / connections):D6}").ToArray();
                upsert.Parameters[1].Value = range;
                upsert.Parameters[2].Value = range.Select(Document).ToArray();
                await upsert.ExecuteNonQueryAsync();
                row += BatchRows;
                Interlocked.Add(ref rows, BatchRows);
            }
        })));
        return rows / clock.Elapsed.TotalSeconds;
    }

    private static byte[] Document(long row)
    {
        var document = new byte[1900];
        BitConverter.TryWriteBytes(document, row);
        return document;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
