namespace ActorSync.Storage.Sqlite;

/// <summary>A lock file beside the database, held open without sharing: the operating system lets go of it when its process dies.</summary>
internal sealed class SqliteMigrationLock : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly FileStream file;

    private SqliteMigrationLock(FileStream file) => this.file = file;

    public static async Task<SqliteMigrationLock> TakeAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        var path = Path.Combine(options.DataFolder, "migration.lock");
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new SqliteMigrationLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (System.Diagnostics.Stopwatch.GetElapsedTime(started) < options.MigrationTimeout)
            {
                await Task.Delay(Pause, cancellationToken);
            }
            catch (IOException exception)
            {
                throw new TimeoutException($"another process has held '{path}' for more than {options.MigrationTimeout}", exception);
            }
        }
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
