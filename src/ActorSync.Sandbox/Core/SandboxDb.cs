using Microsoft.Data.Sqlite;

namespace ActorSync.Sandbox.Core;

/// <summary>
/// What the shops hold, kept in one SQLite file so that it survives a restart and a kill. Working state is the simulators' memory; a request commits its
/// changes here before it is answered. WAL with synchronous=NORMAL: a killed process loses nothing, only a power cut could lose the last moments.
/// </summary>
public sealed class SandboxDb : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS entity (
          channel TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,
          CONSTRAINT entity_pk PRIMARY KEY (channel, kind, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS meta (name TEXT NOT NULL CONSTRAINT meta_pk PRIMARY KEY, value TEXT NOT NULL);
        """;

    private readonly Lock gate = new();
    private readonly SqliteConnection connection;

    private SandboxDb(SqliteConnection connection) => this.connection = connection;

    /// <summary>Names this life of the shops; a new one after each reset, so that a hub can tell a restored or emptied shop from the one it knew.</summary>
    public string Generation { get; private set; } = "";

    public static SandboxDb Open(string file)
    {
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        opened.Open();
        var db = new SandboxDb(opened);
        db.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
        db.Execute(Schema);
        db.Generation = db.ReadGeneration() ?? db.NewGeneration();
        return db;
    }

    public ChannelStore For(string channel) => new(this, channel);

    /// <summary>Empties every channel and starts a new generation.</summary>
    public void Clear()
    {
        lock (gate)
        {
            Execute("DELETE FROM entity;");
            Generation = NewGeneration();
        }
    }

    public void Dispose() => connection.Dispose();

    internal List<StoredEntity> Load(string channel, string kind)
    {
        lock (gate)
        {
            using var command = Command("SELECT id, json FROM entity WHERE channel = $channel AND kind = $kind", ("$channel", channel), ("$kind", kind));
            using var reader = command.ExecuteReader();
            var found = new List<StoredEntity>();
            while (reader.Read())
            {
                found.Add(new StoredEntity(reader.GetString(0), reader.GetString(1)));
            }

            return found;
        }
    }

    internal void Commit(string channel, IReadOnlyCollection<EntityChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            using var transaction = connection.BeginTransaction();
            using var put = Command(
                "INSERT INTO entity (channel, kind, id, json) VALUES ($channel, $kind, $id, $json) ON CONFLICT (channel, kind, id) DO UPDATE SET json = excluded.json",
                ("$channel", channel), ("$kind", ""), ("$id", ""), ("$json", ""));
            using var remove = Command("DELETE FROM entity WHERE channel = $channel AND kind = $kind AND id = $id", ("$channel", channel), ("$kind", ""), ("$id", ""));
            put.Transaction = remove.Transaction = transaction;
            foreach (var change in changes)
            {
                var command = change.Json is null ? remove : put;
                command.Parameters["$kind"].Value = change.Kind;
                command.Parameters["$id"].Value = change.Id;
                if (change.Json is not null)
                {
                    command.Parameters["$json"].Value = change.Json;
                }

                command.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    internal void Clear(string channel)
    {
        lock (gate)
        {
            using var command = Command("DELETE FROM entity WHERE channel = $channel", ("$channel", channel));
            command.ExecuteNonQuery();
        }
    }

    private string? ReadGeneration()
    {
        using var command = Command("SELECT value FROM meta WHERE name = 'generation'");
        return command.ExecuteScalar() as string;
    }

    private string NewGeneration()
    {
        var generation = Guid.NewGuid().ToString("N")[..12];
        using var command = Command(
            "INSERT INTO meta (name, value) VALUES ('generation', $value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("$value", generation));
        command.ExecuteNonQuery();
        return generation;
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // every caller passes a constant text; values are parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}

/// <summary>One channel's part of the database.</summary>
public sealed class ChannelStore(SandboxDb db, string channel)
{
    public IReadOnlyList<StoredEntity> Load(string kind) => db.Load(channel, kind);

    /// <summary>All or nothing, on disk when it returns.</summary>
    public void Commit(IReadOnlyCollection<EntityChange> changes) => db.Commit(channel, changes);

    /// <summary>Forgets all rows of the channel. A reset calls it inside the shop's own lock, so that a request in the same moment leaves nothing behind.</summary>
    public void Clear() => db.Clear(channel);
}

public sealed record StoredEntity(string Id, string Json);

/// <summary>A null <see cref="Json"/> deletes.</summary>
public sealed record EntityChange(string Kind, string Id, string? Json);
