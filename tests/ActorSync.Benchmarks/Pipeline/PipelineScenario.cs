using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorSync.Benchmarks.Hub;
using Npgsql;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>One pass: N signed webhooks, from the first byte to the last recorded push.</summary>
internal sealed record PassResult(
    string Database, string Pass, int Products, double ProductsPerSecond, double RowOpsPerSecond, double RowOpsPerProduct, double ShareOfCeiling,
    double AckP50Ms, double AckP99Ms, double CpuMsPerProduct, double PushCalls, double PeakMemoryMiB, long Failed);

/// <summary>CPU of one stage when nothing else runs.</summary>
internal sealed record StageResult(string Database, string Stage, double CpuMsPerProduct, double ProductsPerSecond);

internal sealed record PipelineReport(DateTimeOffset At, string Machine, Dictionary<string, double> CeilingRowsPerSecond, List<PassResult> Passes, List<StageResult> Stages);

/// <summary>
/// N signed webhooks → inbox → merged → pushed to two batch sinks (100 per call) → recorded, on SQLite and PostgreSQL, against the raw multi-row upsert ceiling
/// measured in the same run.
/// </summary>
internal static class PipelineScenario
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var products = int.Parse(Arguments.Find(arguments, "--products") ?? "10000", CultureInfo.InvariantCulture);
        var postgres = Arguments.Find(arguments, "--pg") ?? Environment.GetEnvironmentVariable("ACTORSYNC_TEST_PG");
        var output = Arguments.Find(arguments, "--json") ?? Path.Combine("artifacts", "pipeline.json");
        var report = new PipelineReport(TimeProvider.System.GetUtcNow(), $"{Environment.ProcessorCount} cores, {Environment.OSVersion}", [], [], []);
        var databases = new List<(string Name, string? ConnectionString)>();
        if (Arguments.Find(arguments, "--database") is null or "sqlite" or "both")
        {
            databases.Add(("sqlite", null));
        }

        if (postgres is not null && Arguments.Find(arguments, "--database") is not "sqlite")
        {
            databases.Add(("postgres", postgres));
        }
        else if (Arguments.Find(arguments, "--database") is "postgres" or "both")
        {
            await Console.Error.WriteLineAsync("No PostgreSQL: give --pg \"Host=…\" or set ACTORSYNC_TEST_PG.");
            return 1;
        }

        foreach (var (name, connectionString) in databases)
        {
            var folder = Directory.CreateTempSubdirectory("actorsync-bench-").FullName;
            try
            {
                await MeasureAsync(name, connectionString, folder, products, report);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Print(report);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        await File.WriteAllTextAsync(output, JsonSerializer.Serialize(report, Indented));
        Console.WriteLine($"written to {output}");
        return report.Passes.TrueForAll(pass => pass.Failed == 0) ? 0 : 1;
    }

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static async Task MeasureAsync(string database, string? connectionString, string folder, int products, PipelineReport report)
    {
        var ceiling = connectionString is null ? RawCeiling.Sqlite(folder) : await RawCeiling.PostgresAsync(connectionString, connections: 2);
        report.CeilingRowsPerSecond[database] = ceiling;
        Console.WriteLine($"{database}: raw ceiling {ceiling:N0} rows/s");
        var start = TimeProvider.System.GetUtcNow().AddDays(-1);
        await using var hub = await PipelineHub.StartAsync(database, connectionString, folder);
        var pushes = 0L;
        for (var pass = 0; pass < 3; pass++)
        {
            pushes += products * PipelineHub.Sinks.Length;
            var rowsBefore = await RowsWrittenAsync(connectionString);
            var callsBefore = hub.Sink.Calls;
            var run = await TimeAsync(hub, products, pass, start, () => hub.IsRecordedAsync(pushes));
            var rows = await RowsWrittenAsync(connectionString) - rowsBefore;
            // SQLite has no row counter over connections; the tables and statements are the same, so PostgreSQL's count per product stands for both.
            var perProduct = connectionString is null ? 0 : rows / (double)products;
            var result = new PassResult(
                database, pass == 0 ? "new" : $"update {pass}", products, products / run.Seconds, perProduct * products / run.Seconds, perProduct,
                perProduct * products / run.Seconds / ceiling, run.AckP50, run.AckP99, run.CpuMs / products, hub.Sink.Calls - callsBefore,
                Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, run.Failed);
            report.Passes.Add(result);
            Console.WriteLine($"{database} {result.Pass}: {result.ProductsPerSecond:N0} products/s, ack p99 {result.AckP99Ms:N1} ms, {result.CpuMsPerProduct:N2} CPU-ms/product");
        }

        await StagesAsync(database, hub, products, start, pushes, report);
    }

    /// <summary>The same work in three separate stretches: at the door, in the merge, in the pushes.</summary>
    private static async Task StagesAsync(string database, PipelineHub hub, int products, DateTimeOffset start, long pushes, PipelineReport report)
    {
        hub.Inbox.IsOpen = false;
        await hub.PauseSinksAsync(true);
        var door = await TimeAsync(hub, products, pass: 3, start, () => Task.FromResult(true));
        report.Stages.Add(new StageResult(database, "door: verify, inbox", door.CpuMs / products, products / door.Seconds));

        var merge = await StretchAsync(() => { hub.Inbox.IsOpen = true; return Task.CompletedTask; }, () => hub.IsMergedAsync(products * 4L));
        report.Stages.Add(new StageResult(database, "merge: read, observe, commit", merge.CpuMs / products, products / merge.Seconds));

        var push = await StretchAsync(() => hub.PauseSinksAsync(false), () => hub.IsRecordedAsync(pushes + (products * PipelineHub.Sinks.Length)));
        report.Stages.Add(new StageResult(database, "push: plan, intents, 2 sinks, record", push.CpuMs / products, products / push.Seconds));
    }

    private static async Task<(double Seconds, double CpuMs)> StretchAsync(Func<Task> begin, Func<Task<bool>> isDone)
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await begin();
        await UntilAsync(isDone);
        return (clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds);
    }

    private static async Task<(double Seconds, double CpuMs, double AckP50, double AckP99, long Failed)> TimeAsync(
        PipelineHub hub, int products, int pass, DateTimeOffset start, Func<Task<bool>> isDone)
    {
        var loader = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            loader.ArgumentList.Add(typeof(PipelineScenario).Assembly.Location);
        }

        foreach (var argument in new[] { "load", hub.WebhookAddress.ToString(), products.ToString(CultureInfo.InvariantCulture), pass.ToString(CultureInfo.InvariantCulture), start.ToString("O", CultureInfo.InvariantCulture) })
        {
            loader.ArgumentList.Add(argument);
        }

        using var process = Process.Start(loader)!;
        await process.StandardOutput.ReadLineAsync();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await process.StandardInput.WriteLineAsync("go");
        var said = (await process.StandardOutput.ReadLineAsync())!.Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        await UntilAsync(isDone);
        return (clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds, said[2], said[3], (long)said[1]);
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var clock = Stopwatch.StartNew();
        while (!await isDone())
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(5))
            {
                throw new TimeoutException("The pipeline did not come to rest within 5 minutes.");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private static async Task<long> RowsWrittenAsync(string? connectionString)
    {
        if (connectionString is null)
        {
            return 0;
        }

        // The statistics are flushed at most once a second and backend.
        await Task.Delay(TimeSpan.FromSeconds(2));
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand("SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static void Print(PipelineReport report)
    {
        Console.WriteLine();
        Console.WriteLine("| database | pass | products/s | row ops/product | row ops/s | share of ceiling | ack p50 ms | ack p99 ms | CPU-ms/product | push calls | peak MiB | failed |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var pass in report.Passes)
        {
            var share = pass.RowOpsPerProduct > 0 ? $"{pass.ShareOfCeiling:N2}" : "-";
            Console.WriteLine($"| {pass.Database} | {pass.Pass} | {pass.ProductsPerSecond:N0} | {pass.RowOpsPerProduct:N1} | {pass.RowOpsPerSecond:N0} | {share} | {pass.AckP50Ms:N1} | {pass.AckP99Ms:N1} | {pass.CpuMsPerProduct:N2} | {pass.PushCalls} | {pass.PeakMemoryMiB:N0} | {pass.Failed} |");
        }

        Console.WriteLine();
        Console.WriteLine("| database | stage alone | CPU-ms/product | products/s |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var stage in report.Stages)
        {
            Console.WriteLine($"| {stage.Database} | {stage.Stage} | {stage.CpuMsPerProduct:N2} | {stage.ProductsPerSecond:N0} |");
        }

        foreach (var (database, rows) in report.CeilingRowsPerSecond)
        {
            Console.WriteLine($"raw multi-row upsert ceiling, {database}: {rows:N0} rows/s");
        }
    }
}
