using System.Data.Common;
using ActorSync.Storage.Postgres;
using ActorSync.Storage.Sql;
using ActorSync.Storage.Sqlite;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ActorSync.Storage;

/// <summary>Numbered .sql files by DbUp, one process at a time.</summary>
internal sealed partial class StorageMigrator(IOptions<StorageOptions> options, ILogger<StorageMigrator> logger) : IStorageMigrator
{
    private readonly StorageOptions options = options.Value;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (options.Dialect == StorageDialect.Postgres)
            {
                await using var migrationLock = await PostgresMigrationLock.TakeAsync(options, cancellationToken);
                await Task.Run(MigratePostgres, cancellationToken);
            }
            else
            {
                CreateFolder(options.DataFolder);
                await using var migrationLock = await SqliteMigrationLock.TakeAsync(options, cancellationToken);
                await Task.Run(MigrateSqlite, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is DbException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new StorageUnavailableException($"The {(options.Dialect == StorageDialect.Postgres ? "PostgreSQL database" : $"data folder '{options.DataFolder}'")} cannot be prepared: {exception.Message}", exception);
        }
    }

    private void MigrateSqlite()
    {
        var data = SqliteDatabase.WriterOf(options);
        UseWal(data);
        Upgrade(SqliteExtensions.SqliteDatabase(DbUp.DeployChanges.To, data), "Sqlite");
        var orleans = new SqliteConnectionStringBuilder(OrleansDatabase.Of(options).ConnectionString) { Pooling = false }.ConnectionString;
        UseWal(orleans);
        Run(orleans, "sqlite-orleans.sql");
    }

    private void MigratePostgres()
    {
        Upgrade(PostgresqlExtensions.PostgresqlDatabase(DbUp.DeployChanges.To, PostgresDatabase.MigrationConnection(options)).JournalToPostgresqlTable("public", "schema_version"), "Postgres");
        using var connection = new NpgsqlConnection(PostgresDatabase.MigrationConnection(options));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = OrleansScript("postgres-orleans.sql");
        command.ExecuteNonQuery();
    }

    private void Upgrade(UpgradeEngineBuilder builder, string dialect)
    {
        var assembly = typeof(StorageMigrator).Assembly;
        var prefix = $"ActorSync.Storage.{dialect}.Migrations.";
        var scripts = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new SqlScript(name[prefix.Length..], SqlCatalog.Text(assembly, name)));
        var result = builder.WithScripts(scripts).WithTransactionPerScript().WithVariablesDisabled().LogTo(new DbUpLog(logger)).Build().PerformUpgrade();
        if (!result.Successful)
        {
            throw new StorageUnavailableException($"The migration '{result.ErrorScript?.Name}' failed: {result.Error.Message}", result.Error);
        }

        foreach (var script in result.Scripts)
        {
            LogMigrated(script.Name);
        }
    }

    private static string OrleansScript(string name) => SqlCatalog.Text(typeof(StorageMigrator).Assembly, $"ActorSync.Storage.Orleans.{name}");

    // The provider's script is written to be run again: its tables are made when missing and its queries replaced, so a new version brings its own queries.
    private static void Run(string connectionString, string script)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = OrleansScript(script);
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    // The mode is kept in the file, so that the provider, which has no hook for PRAGMAs, gets it too.
    private static void UseWal(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL;";
        command.ExecuteNonQuery();
    }

    private static void CreateFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        var probe = Path.Combine(folder, $".writable-{Environment.ProcessId}");
        File.WriteAllText(probe, "");
        File.Delete(probe);
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Migration {Script} was applied.")]
    private partial void LogMigrated(string script);

    /// <summary>DbUp's chatter, for debugging only: what was applied is logged above, failures are thrown.</summary>
    private sealed partial class DbUpLog(ILogger logger) : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) => Tell(Text(format, args));
        public void LogDebug(string format, params object[] args) => Tell(Text(format, args));
        public void LogInformation(string format, params object[] args) => Tell(Text(format, args));
        public void LogWarning(string format, params object[] args) => Tell(Text(format, args));
        public void LogError(string format, params object[] args) => Tell(Text(format, args));
        public void LogError(Exception ex, string format, params object[] args) => Tell(Text(format, args));

        private static string Text(string format, object[] args) => args.Length == 0 ? format : string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args);

        [LoggerMessage(EventId = 3002, Level = LogLevel.Debug, Message = "DbUp: {Text}")]
        private partial void Tell(string text);
    }
}
