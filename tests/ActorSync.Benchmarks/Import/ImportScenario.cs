using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Benchmarks.Hub;
using ActorSync.Domain.Products;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Benchmarks.Import;

/// <summary>One walk over the whole shop.</summary>
internal sealed record WalkResult(string Database, string Walk, string Budget, int Products, double Seconds, double ProductsPerSecond, double? TimesOfBudget, double CpuMsPerProduct, double PeakMemoryMiB, long Throttled, long Found);

/// <summary>
/// A shop with three variants per product is imported, then scanned for drift twice: once as it is, once with one price in a hundred changed unseen. Against an
/// unlimited budget and Shopify's Plus.
/// </summary>
internal static class ImportScenario
{
    private const double PlusPerSecond = 1000;
    private const int DriftEvery = 100;
    public static readonly ChannelId Channel = new("bench-shop");
    public static readonly ChannelSettings Settings = new() { Id = Channel, Tenant = TenantId.Default, Kind = BenchShop.Kind, Name = "Shop" };
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync(string[] arguments)
    {
        var products = int.Parse(Arguments.Find(arguments, "--products") ?? "100000", CultureInfo.InvariantCulture);
        var postgres = Arguments.Find(arguments, "--pg");
        var budgets = (Arguments.Find(arguments, "--budget") ?? "both") switch
        {
            "none" => [null],
            "plus" => [PlusPerSecond],
            _ => new double?[] { null, PlusPerSecond },
        };
        var results = new List<WalkResult>();
        foreach (var budget in budgets)
        {
            await using var database = await BenchDatabase.CreateAsync(postgres);
            await MeasureAsync(database, products, budget, results);
        }

        Print(results);
        var output = Arguments.Find(arguments, "--json") ?? Path.Combine("artifacts", "import.json");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        await File.WriteAllTextAsync(output, JsonSerializer.Serialize(results, Indented));
        return results.TrueForAll(result => result.Throttled == 0) ? 0 : 1;
    }

    private static async Task MeasureAsync(BenchDatabase database, int products, double? pointsPerSecond, List<WalkResult> results)
    {
        var shop = new BenchShop(TimeProvider.System, products, pointsPerSecond);
        await using var app = await BenchHost.StartAsync(database.Dialect, database.ConnectionString, database.Folder, services => services.AddSingleton<IChannelKind>(shop));
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PutChannelAsync(Settings);
        var budget = pointsPerSecond is null ? "unlimited" : "Plus";

        var import = grains.GetGrain<IImportGrain>(Channel.Value);
        results.Add(await TimeAsync(database.Dialect, "import", budget, products, shop, async () =>
        {
            await import.StartAsync("benchmark");
            await UntilAsync(async () => (await import.GetAsync()).State is not ("running" or "waiting"), () => ProgressAsync(import));
            return (await CountAsync(app), (await import.GetAsync()).State);
        }));

        var scans = grains.GetGrain<IDriftScanGrain>(Channel.Value);
        results.Add(await TimeAsync(database.Dialect, "scan, nothing drifted", budget, products, shop, () => ScanAsync(scans)));
        shop.Drift(DriftEvery);
        results.Add(await TimeAsync(database.Dialect, $"scan, every {DriftEvery}th price drifted", budget, products, shop, () => ScanAsync(scans)));
        await app.StopAsync();
    }

    private static async Task<(long Found, string State)> ScanAsync(IDriftScanGrain scans)
    {
        var scan = await scans.StartAsync(new DriftScanRequest { Reason = "benchmark" });
        await UntilAsync(async () => (await scans.GetAsync(scan.Id))!.State is not ("running" or "waiting"), async () => $"{(await scans.GetAsync(scan.Id))!.Done:N0} read");
        var done = (await scans.GetAsync(scan.Id))!;
        return (done.Report.Drifted, done.State);
    }

    private static async Task<string> ProgressAsync(IImportGrain import)
    {
        var progress = await import.GetAsync();
        return $"{progress.Done:N0} of {progress.Total:N0}; {progress.Sentence}";
    }

    private static async Task<long> CountAsync(WebApplication app) =>
        (await app.Services.GetRequiredService<IProductQueries>().CountBySyncStatusAsync(TenantId.Default, CancellationToken.None)).Total;

    private static async Task<WalkResult> TimeAsync(string database, string walk, string budget, int products, BenchShop shop, Func<Task<(long Found, string State)>> run)
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var throttled = shop.Throttled;
        var clock = Stopwatch.StartNew();
        var (found, state) = await run();
        var seconds = clock.Elapsed.TotalSeconds;
        if (state != "done")
        {
            throw new InvalidOperationException($"{walk} ended as {state}.");
        }

        var result = new WalkResult(database, walk, budget, products, seconds, products / seconds, shop.Least is { TotalSeconds: > 0 } least ? seconds / least.TotalSeconds : null,
            (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds / products, Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, shop.Throttled - throttled, found);
        Console.WriteLine($"{result.Database} {result.Walk}, {result.Budget}: {result.Seconds:N1} s, {result.ProductsPerSecond:N0} products/s, {result.CpuMsPerProduct:N2} CPU-ms/product, found {result.Found}");
        return result;
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone, Func<Task<string>> progress)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var told = Stopwatch.StartNew();
        var clock = Stopwatch.StartNew();
        while (!await isDone())
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(60))
            {
                throw new TimeoutException("The walk did not end within an hour.");
            }

            if (told.Elapsed > TimeSpan.FromSeconds(10))
            {
                Console.WriteLine($"  {clock.Elapsed.TotalSeconds:N0} s: {await progress()}");
                told.Restart();
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private static void Print(List<WalkResult> results)
    {
        Console.WriteLine();
        Console.WriteLine("| database | walk | budget | products | seconds | products/s | times what the budget allows | CPU-ms/product | peak MiB | throttled | found |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {result.Database} | {result.Walk} | {result.Budget} | {result.Products} | {result.Seconds:N1} | {result.ProductsPerSecond:N0} | {(result.TimesOfBudget is { } times ? times.ToString("N2", CultureInfo.InvariantCulture) : "-")} | {result.CpuMsPerProduct:N2} | {result.PeakMemoryMiB:N0} | {result.Throttled} | {result.Found} |"));
        }
    }
}
