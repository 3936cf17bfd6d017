using System.Globalization;
using Npgsql;

namespace ActorSync.Benchmarks.Hub;

/// <summary>An empty place for one run: a database of its own on the given server, else SQLite in a folder of its own. Gone after the run.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly string? server;
    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"actorsync_bench_{Environment.ProcessId}_{DateTime.UtcNow:HHmmss}");

    private BenchDatabase(string? server) => this.server = server;

    public string Folder { get; } = Directory.CreateTempSubdirectory("actorsync-bench-").FullName;

    public string Dialect => server is null ? "sqlite" : "postgres";

    public string? ConnectionString => server is null ? null : new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;

    /// <param name="server">Connection string of a user who may create databases; null = SQLite.</param>
    public static async Task<BenchDatabase> CreateAsync(string? server)
    {
        var database = new BenchDatabase(server);
        await database.ExecuteAsync($"CREATE DATABASE {database.name}");
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
        Directory.Delete(Folder, recursive: true);
    }

    private async Task ExecuteAsync(string statement)
    {
        if (server is null)
        {
            return;
        }

        await using var source = NpgsqlDataSource.Create(server);
        await using var command = source.CreateCommand(statement);
        await command.ExecuteNonQueryAsync();
    }
}
