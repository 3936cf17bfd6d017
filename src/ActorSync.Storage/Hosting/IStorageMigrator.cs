namespace ActorSync.Storage;

/// <summary>Brings the databases to what this version needs. The host calls it before the silo starts.</summary>
public interface IStorageMigrator
{
    /// <summary>
    /// Runs what is missing, under a lock that other processes wait for; repeatable. Also applies the tables and queries of the Orleans provider
    /// (silo-config/sql).
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached or written, or another process migrates for too long; one sentence says which.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}

/// <summary>Whether the storage can work: for the readiness probe.</summary>
public interface IStorageHealth
{
    /// <summary>Asks the database. Never throws.</summary>
    Task<StorageHealth> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Not ready while a writer's queue is full: callers then wait or are turned away, so others should be asked.</summary>
    StorageHealth CheckQueues();
}

/// <summary>The answer of the readiness probe.</summary>
public sealed record StorageHealth(bool IsReady, string Sentence);

/// <summary>What the Orleans AdoNet providers need to know.</summary>
public sealed record OrleansDatabase(string Invariant, string ConnectionString)
{
    /// <summary>Several processes can use it, so it can hold the membership of a cluster.</summary>
    public bool IsShared { get; init; }

    /// <summary>
    /// The provider's database for these options: PostgreSQL beside the product tables, SQLite in a file of its own (data/orleans.db). The invariant of
    /// SQLite is the one that Orleans maps to Microsoft.Data.Sqlite.
    /// </summary>
    public static OrleansDatabase Of(StorageOptions options) => options.Dialect == StorageDialect.Postgres
        ? new OrleansDatabase("Npgsql", Postgres.PostgresDatabase.OrleansConnection(options)) { IsShared = true }
        : new OrleansDatabase("System.Data.SQLite", $"Data Source={Path.Combine(options.DataFolder, "orleans.db")}");
}
