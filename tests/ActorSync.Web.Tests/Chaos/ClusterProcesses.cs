using System.Diagnostics;
using System.Globalization;
using System.Text;
using ActorSync.Web.Tests.EndToEnd;

namespace ActorSync.Web.Tests.Chaos;

/// <summary>What <c>tests/cluster-up</c> starts, as a person at the terminal has it: processes, their ids, the database server. Whatever dies is started again.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-cluster-").FullName;
    private readonly StringBuilder said = new();
    private readonly int port;
    private Process script = null!;

    private ClusterProcesses(int port)
    {
        this.port = port;
        Hub = new HubClient(Address(0));
        Shops = new SandboxClient(Address(10));
    }

    /// <summary>The script finds a server to start.</summary>
    public static bool HasPostgres => Directory.Exists("/usr/lib/postgresql")
        || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "initdb")));

    public HubClient Hub { get; }

    public SandboxClient Shops { get; }

    /// <summary>Where channels deliver.</summary>
    public Uri Receiver => Address(1);

    /// <summary>What the script said, and the end of what each process said.</summary>
    public string Said
    {
        get
        {
            var text = new StringBuilder();
            lock (said)
            {
                text.Append(said);
            }

            foreach (var log in Directory.EnumerateFiles(Path.Combine(folder, "logs"), "*.log").Order(StringComparer.Ordinal))
            {
                using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                var lines = reader.ReadToEnd().Split('\n');
                text.AppendLine(CultureInfo.InvariantCulture, $"==== {Path.GetFileName(log)}").AppendJoin('\n', lines.TakeLast(40));
            }

            return text.ToString();
        }
    }

    /// <summary>Two workers, a receiver, a front end, the Sandbox and a PostgreSQL; the demo's shops are connected, imported and in line.</summary>
    public static async Task<ClusterProcesses> StartAsync()
    {
        var cluster = new ClusterProcesses(20_000 + (ChildProgram.FreePort() % 10_000));
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in new[] { Path.Combine(Root(), "tests", "cluster-up"), "--data", cluster.folder, "--port", cluster.port.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ACTORSYNC_CONFIGURATION"] = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        start.Environment["ActorSync__Stores__WebhookDeliveryTime"] = "00:00:01";
        start.Environment["ActorSync__Stores__LongestPushLease"] = "00:00:15";
        cluster.script = Process.Start(start)!;
        cluster.script.OutputDataReceived += (_, line) => cluster.Note(line.Data);
        cluster.script.ErrorDataReceived += (_, line) => cluster.Note(line.Data);
        cluster.script.BeginOutputReadLine();
        cluster.script.BeginErrorReadLine();
        try
        {
            await Until.TrueAsync(
                () => cluster.script.HasExited ? throw new InvalidOperationException(cluster.Said) : cluster.Hub.IsReadyAsync(), "the front end is ready", TimeSpan.FromMinutes(3), () => cluster.Said);
            await cluster.Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookDelayMs = 50 });
            await cluster.Shops.FaultsAsync(new { channel = SandboxClient.Woo, webhookDelayMs = 50 });
            await Until.TrueAsync(
                async () => (await cluster.Hub.GetAsync("/api/channels"))["items"]!.AsArray() is { Count: 3 } channels
                    && channels.All(channel => channel!["mode"]!.GetValue<string>() == "live") && (await cluster.Hub.StatusAsync()).Pending == 0,
                "the demo is in line", TimeSpan.FromMinutes(5), () => cluster.Said);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task KillAsync(string process) => SignalAsync("-KILL", process);

    public Task FreezeAsync(string process) => SignalAsync("-STOP", process);

    public Task ThawAsync(string process) => SignalAsync("-CONT", process);

    /// <param name="verb">stop, start or restart.</param>
    public Task PostgresAsync(string verb) => RunAsync(Path.Combine(folder, "postgres"), verb);

    /// <summary>Every process answers that it is ready.</summary>
    public async Task ReadyAsync()
    {
        foreach (var offset in new[] { 21, 22, 1, 0 })
        {
            using var process = new HubClient(Address(offset));
            await Until.TrueAsync(process.IsReadyAsync, $"the process at {Address(offset)} is ready", TimeSpan.FromMinutes(2), () => Said);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!script.HasExited)
        {
            await RunAsync("kill", "-TERM", script.Id.ToString(CultureInfo.InvariantCulture));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            try
            {
                await script.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                script.Kill(entireProcessTree: true);
                await RunAsync(Path.Combine(folder, "postgres"), "stop");
            }
        }

        script.Dispose();
        Hub.Dispose();
        Shops.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private Uri Address(int offset) => new($"http://localhost:{port + offset}");

    private async Task SignalAsync(string signal, string process) =>
        await RunAsync("kill", signal, (await File.ReadAllTextAsync(Path.Combine(folder, "logs", process + ".pid"))).Trim());

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
    }

    private void Note(string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "ActorSync.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException($"No ActorSync.sln above {AppContext.BaseDirectory}.");
    }
}
