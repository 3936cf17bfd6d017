using System.Diagnostics;
using System.Text.Json;

namespace ActorSync.Storage.Tests;

public sealed class SqliteProcessTests(SqliteDatabases databases) : ProcessSuite(databases);

public sealed class PostgresProcessTests(PostgresDatabases databases) : ProcessSuite(databases);

/// <summary>Other processes migrate and die, over either dialect.</summary>
public abstract class ProcessSuite(IDatabases databases)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_BetweenBatches_LosesNothingThatWasAnsweredAndLeavesNothingHalf()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var answers = Path.Combine(Directory.CreateDirectory(host.Settings["DataFolder"]!).FullName, "answers.txt");
        using (var child = ChildProcess.Start(nameof(ChildProcess.WritesUntilKilled), host.Settings))
        {
            var waited = Stopwatch.StartNew();
            while (Lines(answers).Length < 400)
            {
                Assert.False(child.HasExited, "the child ended by itself");
                Assert.True(waited.Elapsed < Patience, $"the child answered {Lines(answers).Length} commits");
                await Task.Delay(20, Token);
            }

            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(Token);
        }

        var answered = Lines(answers).ToHashSet(StringComparer.Ordinal);
        await using var survivor = await StorageHost.StartAsync(host.Settings);
        var stored = await survivor.Products.ListIdsAsync(Make.Tenant, null, 10_000, Token);
        Assert.Subset(stored.Select(id => id.Value).ToHashSet(StringComparer.Ordinal), answered);
        foreach (var id in stored)
        {
            var product = (await survivor.Products.LoadAsync(id, Token))!;
            Assert.Equal(1, Assert.Single(product.Links).Version);
            Assert.Single((await survivor.Queries.HistoryAsync(id, null, 10, Token)).Items);
            Assert.Equal(id, Assert.Single(await survivor.Products.FindBySkuAsync(Make.Tenant, [$"s-{id}"], Token)).Value);
        }
    }

    [Fact]
    public async Task Migrate_TwoProcessesAtOnceAndAgain_LeavesOneSchema()
    {
        var settings = await databases.CreateAsync();
        using (var first = ChildProcess.Start(nameof(ChildProcess.Migrates), settings))
        using (var second = ChildProcess.Start(nameof(ChildProcess.Migrates), settings))
        {
            await first.WaitForExitAsync(Token).WaitAsync(Patience, Token);
            await second.WaitForExitAsync(Token).WaitAsync(Patience, Token);
            Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        }

        await using var host = await StorageHost.StartAsync(settings);
        await host.Get<IStorageMigrator>().MigrateAsync(Token);
        Assert.Equal(CommitStatus.Committed, (await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token)).Status);
    }

    [Fact]
    public async Task Migrate_ManyAtOnceInOneProcess_WaitForEachOther()
    {
        var settings = await databases.CreateAsync();

        var hosts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StorageHost.StartAsync(settings), Token)));

        foreach (var host in hosts)
        {
            Assert.True((await host.Get<IStorageHealth>().CheckAsync(Token)).IsReady);
            await host.DisposeAsync();
        }
    }

    private static string[] Lines(string file)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = reader.ReadToEnd();
        // The last line may be half written.
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

/// <summary>What the child processes of these tests do. Run by name only.</summary>
public sealed class ChildProcess
{
    private const string Variable = "ACTORSYNC_TEST_CHILD";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static Process Start(string method, IReadOnlyDictionary<string, string?> settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-method", $"{typeof(ChildProcess).FullName}.{method}", "-explicit", "on", "-noLogo"]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[Variable] = JsonSerializer.Serialize(settings);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => TestContext.Current.TestOutputHelper?.WriteLine(line.Data ?? "");
        process.BeginOutputReadLine();
        return process;
    }

    [Fact(Explicit = true)]
    public async Task Migrates()
    {
        await using var host = await StorageHost.StartAsync(Settings());
    }

    [Fact(Explicit = true)]
    public async Task WritesUntilKilled()
    {
        var settings = Settings();
        await using var host = await StorageHost.StartAsync(settings);
        await using var answers = new StreamWriter(new FileStream(Path.Combine(settings["DataFolder"]!, "answers.txt"), FileMode.Create, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
        using var gate = new SemaphoreSlim(1);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            while (!Token.IsCancellationRequested)
            {
                var id = Make.Id(Interlocked.Increment(ref next));
                var result = await host.Products.CommitAsync(Make.Insert(id, $"S-{id}", Make.Write(Make.Link(Make.Shop, id.Value), Lane.Price)), Token);
                Assert.Equal(CommitStatus.Committed, result.Status);
                await gate.WaitAsync(Token);
                await answers.WriteAsync(id.Value + "\n");
                gate.Release();
            }
        }));
    }

    private static Dictionary<string, string?> Settings()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(text is null, $"Runs only as a child process, told by {Variable}.");
        return JsonSerializer.Deserialize<Dictionary<string, string?>>(text!)!;
    }
}
