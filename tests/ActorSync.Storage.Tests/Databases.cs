namespace ActorSync.Storage.Tests;

/// <summary>Gives each test a database of its own, or says why it cannot.</summary>
public interface IDatabases
{
    /// <summary>Settings of a new, empty database.</summary>
    Task<Dictionary<string, string?>> CreateAsync();
}

/// <summary>A folder per test.</summary>
public sealed class SqliteDatabases : IDatabases, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("actorsync-storage-").FullName;
    private int next;

    public Task<Dictionary<string, string?>> CreateAsync() => Task.FromResult(new Dictionary<string, string?>
    {
        ["Dialect"] = "sqlite",
        ["DataFolder"] = Path.Combine(root, Interlocked.Increment(ref next).ToString()),
    });

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(root, recursive: true);
    }
}
