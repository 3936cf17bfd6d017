namespace ActorSync.Storage;

/// <summary>Which database holds the data.</summary>
public enum StorageDialect
{
    /// <summary>One file in <see cref="StorageOptions.DataFolder"/>: a single process, nothing to install.</summary>
    Sqlite,
    /// <summary>PostgreSQL 14 or newer: needed for more than one silo.</summary>
    Postgres,
}

/// <summary>Where and how the hub keeps its data. Section "ActorSync:Storage".</summary>
public sealed class StorageOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "ActorSync:Storage";

    /// <summary>Default sqlite.</summary>
    public StorageDialect Dialect { get; set; }

    /// <summary>PostgreSQL connection string. SQLite: null (default) = actorsync.db in the data folder, else a Microsoft.Data.Sqlite connection string.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Folder of the SQLite files and of the key that encrypts secrets. Default ./data. Created when missing.</summary>
    public string DataFolder { get; set; } = "./data";

    /// <summary>Commits that may wait for each writer; beyond that callers wait. Default 10,000; 100 to 1,000,000.</summary>
    public int QueueLimit { get; set; } = 10_000;

    /// <summary>Deliveries that may wait to become durable; beyond that the inbox answers "full" (503). Default 10,000; 100 to 1,000,000.</summary>
    public int InboxQueueLimit { get; set; } = 10_000;

    /// <summary>Rows with a document in one transaction. More is quicker in bulk and slower for the first one that waits. Default 500; 1 to 5,000.</summary>
    public int MaxBatchRows { get; set; } = 500;

    /// <summary>Bytes of documents in one transaction; a larger document is written alone. Default 4 MiB; 64 KiB to 64 MiB.</summary>
    public int MaxBatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Writers of product commits on PostgreSQL; a product always meets the same one. SQLite has one. Default 2; 1 to 16.</summary>
    public int Writers { get; set; } = 2;

    /// <summary>How often a transaction is repeated that the database broke off for others' sake (deadlock, serialization, busy). Default 8; 0 to 50.</summary>
    public int MaxRetries { get; set; } = 8;

    /// <summary>Pause before the first repetition; doubles up to a second. Default 10 ms; 1 ms to 1 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Longest time for one statement, and for the lock of SQLite. Default 30 s; 1 s to 10 min.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for another process that is migrating. Default 2 min; 1 s to 1 h.</summary>
    public TimeSpan MigrationTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Key that encrypts channel secrets: 32 bytes in base64. Secret. Default: <see cref="SecretKeyFile"/>.</summary>
    public string? SecretKey { get; set; }

    /// <summary>File that holds the key in base64. Default secret.key in the data folder, created with mode 0600 when missing.</summary>
    public string? SecretKeyFile { get; set; }

    /// <summary>How long things are kept.</summary>
    public RetentionOptions Retention { get; set; } = new();
}

/// <summary>How long things are kept. Deletes are bounded: each run takes at most <see cref="MaxDeletes"/> rows of a kind, in steps of <see cref="Step"/>.</summary>
public sealed class RetentionOptions
{
    /// <summary>History lines. Default 90 days; at least 1 day.</summary>
    public TimeSpan Log { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Ids of handled webhook events, by which repeats are recognised. Default 14 days; at least 1 day.</summary>
    public TimeSpan Events { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Bodies of handled webhook events, needed for replay. Default 3 days; not longer than <see cref="Events"/>.</summary>
    public TimeSpan EventBodies { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Push attempts. Default 30 days; at least 1 hour.</summary>
    public TimeSpan Attempts { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Answers kept for repeated requests. Default 24 hours; at least 1 hour.</summary>
    public TimeSpan Idempotency { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Time between runs. Default 10 min; 1 s to 1 day.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Rows per statement. Default 1,000; 1 to 10,000.</summary>
    public int Step { get; set; } = 1_000;

    /// <summary>Rows of one kind per run. Default 100,000; at least <see cref="Step"/>.</summary>
    public int MaxDeletes { get; set; } = 100_000;
}
