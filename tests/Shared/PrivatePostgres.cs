using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace ActorSync.TestSupport;

/// <summary>
/// A PostgreSQL for tests: the server of ACTORSYNC_TEST_PG (a connection string of a user who may create databases), else a private one started from the
/// installed binaries in a temporary folder, reachable by a unix socket only. It ends with the test process, also when that is killed.
/// </summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim gate = new(1);
    private readonly List<string> databases = [];
    private Process? server;
    private string? connection;

    /// <summary>Why there is none; null after <see cref="CreateDatabaseAsync"/> gave one.</summary>
    public string? SkipReason { get; private set; }

    /// <summary>Connection string of a new, empty database; null when there is no server (see <see cref="SkipReason"/>).</summary>
    public async Task<string?> CreateDatabaseAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (connection is null && SkipReason is null)
            {
                connection = Environment.GetEnvironmentVariable("ACTORSYNC_TEST_PG") is { Length: > 0 } given ? given : await StartAsync();
            }

            if (connection is null)
            {
                return null;
            }

            var name = $"actorsync_test_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
            await ExecuteAsync($"CREATE DATABASE {name}");
            databases.Add(name);
            return new NpgsqlConnectionStringBuilder(connection) { Database = name }.ConnectionString;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            // End of input is the sign to stop and to remove the folder.
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            server.Dispose();
        }
        else if (connection is not null)
        {
            foreach (var name in databases)
            {
                await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            }
        }

        gate.Dispose();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        await session.OpenAsync();
        await using var command = session.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string?> StartAsync()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            SkipReason = "No PostgreSQL: a private server is started on Linux and macOS only. Set ACTORSYNC_TEST_PG to the connection string of a server.";
            return null;
        }

        if (FindBinaries() is not { } binaries)
        {
            SkipReason = "No PostgreSQL: initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin. Install them (apt-get install postgresql) or set ACTORSYNC_TEST_PG.";
            return null;
        }

        // /tmp and not the configured temporary folder: the path of a unix socket is limited to about 100 bytes.
        var folder = $"/tmp/actorsync-pg-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5))}";
        const string Script = """
            "$1/initdb" -D "$2" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null 2>"$2.log" || { cat "$2.log"; rm -rf "$2" "$2.log"; exit 1; }
            "$1/postgres" -D "$2" -k "$2" -c listen_addresses= -c max_connections=300 -c shared_buffers=128MB >>"$2.log" 2>&1 &
            echo started
            read -r _
            kill -QUIT $! 2>/dev/null
            wait $! 2>/dev/null
            rm -rf "$2" "$2.log"
            """;
        var start = new ProcessStartInfo { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/tmp" };
        List<string> command = ["sh", "-c", Script, "sh", binaries, folder];
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL refuses to run as root.
            command = ["runuser", "-u", "nobody", "--", .. command];
        }

        start.FileName = command[0];
        foreach (var argument in command[1..])
        {
            start.ArgumentList.Add(argument);
        }

        server = Process.Start(start)!;
        var said = await server.StandardOutput.ReadLineAsync();
        if (said != "started")
        {
            SkipReason = $"No PostgreSQL: initdb from {binaries} failed: {said}";
            return null;
        }

        var address = $"Host={folder};Username=postgres;Database=postgres";
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var session = new NpgsqlConnection(address + ";Pooling=false");
                await session.OpenAsync();
                return address;
            }
            catch (NpgsqlException exception) when (waited.Elapsed > Patience)
            {
                SkipReason = $"No PostgreSQL: the private server in {folder} did not answer within {Patience}: {exception.Message}";
                return null;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50);
            }
        }
    }

    private static string? FindBinaries()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0).ToList();
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            folders.AddRange(Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin")));
        }

        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }
}
