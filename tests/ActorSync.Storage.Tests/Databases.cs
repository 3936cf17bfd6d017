using ActorSync.TestSupport;

[assembly: AssemblyFixture(typeof(ActorSync.Storage.Tests.SqliteDatabases))]
[assembly: AssemblyFixture(typeof(ActorSync.Storage.Tests.PostgresDatabases))]

namespace ActorSync.Storage.Tests;

/// <summary>Gives each test a database of its own, or skips it saying why it cannot.</summary>
public interface IDatabases
{
    /// <summary>Settings of a new, empty database.</summary>
    Task<Dictionary<string, string?>> CreateAsync();
}

/// <summary>A folder per test.</summary>
public sealed class SqliteDatabases : IDatabases, IDisposable
{
    // Made when first needed: child processes, which are killed, must not leave an empty one behind.
    private readonly Lazy<string> root = new(() => Directory.CreateTempSubdirectory("actorsync-storage-").FullName);
    private int next;

    public string NewFolder() => Path.Combine(root.Value, Interlocked.Increment(ref next).ToString());

    public Task<Dictionary<string, string?>> CreateAsync() => Task.FromResult(new Dictionary<string, string?> { ["Dialect"] = "sqlite", ["DataFolder"] = NewFolder() });

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (root.IsValueCreated)
        {
            Directory.Delete(root.Value, recursive: true);
        }
    }
}

/// <summary>A database per test on the private or given server.</summary>
public sealed class PostgresDatabases : IDatabases, IAsyncDisposable
{
    private readonly SqliteDatabases folders = new();
    private readonly PrivatePostgres server = new();

    public async Task<Dictionary<string, string?>> CreateAsync()
    {
        var connection = await server.CreateDatabaseAsync();
        Assert.SkipWhen(connection is null, server.SkipReason ?? "");
        return new Dictionary<string, string?> { ["Dialect"] = "postgres", ["ConnectionString"] = connection, ["DataFolder"] = folders.NewFolder() };
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folders.Dispose();
    }
}
