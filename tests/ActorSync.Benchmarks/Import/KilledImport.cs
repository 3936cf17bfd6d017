using System.Diagnostics;
using System.Globalization;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Benchmarks.Hub;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Benchmarks.Import;

/// <summary>
/// An import whose process is killed (SIGKILL) every so often and started again, while products that it has brought in are renamed in the hub. At the end every
/// product is there once, every acknowledged rename stands, and no more than one page per kill was read twice.
/// </summary>
internal static class KilledImport
{
    private const int RenamesPerSecond = 10;
    private const string Renames = "renames.txt";
    private const string Pages = "pages.txt";
    private const string Asked = "asked";
    private const string Done = "done";

    public static async Task<int> RunAsync(string[] arguments)
    {
        var products = Products(arguments);
        var every = TimeSpan.FromSeconds(int.Parse(Arguments.Find(arguments, "--kill-every")!, CultureInfo.InvariantCulture));
        await using var database = await BenchDatabase.CreateAsync(Arguments.Find(arguments, "--pg"));
        var clock = Stopwatch.StartNew();
        var kills = 0;
        while (true)
        {
            using var life = Start(database, products);
            using var patience = new CancellationTokenSource(every);
            try
            {
                await life.WaitForExitAsync(patience.Token);
                if (life.ExitCode != 0)
                {
                    throw new InvalidOperationException($"The import's process ended with {life.ExitCode}.");
                }

                break;
            }
            catch (OperationCanceledException)
            {
                life.Kill();
                await life.WaitForExitAsync();
                kills++;
                Console.WriteLine($"  {clock.Elapsed.TotalSeconds:N0} s: killed for the {kills}th time, {Lines(database, Pages).Length} pages read");
            }
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return await VerifyAsync(database, products, kills, seconds);
    }

    /// <summary>One life of the hub: it goes on with the import until that is done or somebody kills it.</summary>
    public static async Task<int> LiveAsync(string[] arguments)
    {
        var folder = Arguments.Find(arguments, "--folder")!;
        await using var pages = new StreamWriter(Path.Combine(folder, Pages), append: true) { AutoFlush = true };
        var shop = new BenchShop(TimeProvider.System, Products(arguments), pointsPerSecond: null) { PageRead = pages.WriteLine };
        await using var app = await BenchHost.StartAsync(
            Arguments.Find(arguments, "--dialect")!, Arguments.Find(arguments, "--connection"), folder, services => services.AddSingleton<IChannelKind>(shop));
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        var import = grains.GetGrain<IImportGrain>(ImportScenario.Channel.Value);
        await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PutChannelAsync(ImportScenario.Settings);
        if ((await import.GetAsync()).State is not ("running" or "waiting"))
        {
            await import.StartAsync("benchmark");
        }

        await import.EnsureAsync();
        using var stop = new CancellationTokenSource();
        var renaming = RenameAsync(app.Services, folder, stop.Token);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((await import.GetAsync()).State is "running" or "waiting")
        {
            await look.WaitForNextTickAsync();
        }

        await stop.CancelAsync();
        await renaming;
        await app.StopAsync();
        return 0;
    }

    /// <summary>Renames products that are in the hub, oldest page first; each is noted before it is asked for and when it was acknowledged: a kill between the two leaves either name right.</summary>
    private static async Task RenameAsync(IServiceProvider services, string folder, CancellationToken stop)
    {
        var store = services.GetRequiredService<IProductStore>();
        var grains = services.GetRequiredService<IGrainFactory>();
        await using var renames = new StreamWriter(Path.Combine(folder, Renames), append: true) { AutoFlush = true };
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / RenamesPerSecond));
        ProductId? after = null;
        while (!stop.IsCancellationRequested)
        {
            var ids = await store.ListIdsAsync(TenantId.Default, after, RenamesPerSecond, CancellationToken.None);
            after = ids.IsEmpty ? null : ids[^1];
            foreach (var id in ids)
            {
                var name = $"Renamed {Guid.CreateVersion7()}";
                await renames.WriteLineAsync($"{id.Value}\t{name}\t{Asked}");
                await grains.GetGrain<IProductGrain>(ProductGrainKey.Of(TenantId.Default, id)).EditAsync(new EditCommand
                {
                    Edit = new HubEdit { Fields = [new FieldEdit { Key = new RegisterKey("name"), Value = new FieldValue(name) }], Actor = "benchmark", Force = true },
                });
                await renames.WriteLineAsync($"{id.Value}\t{name}\t{Done}");
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    private static async Task<int> VerifyAsync(BenchDatabase database, int products, int kills, double seconds)
    {
        var shop = new BenchShop(TimeProvider.System, products, pointsPerSecond: null);
        await using var app = await BenchHost.StartAsync(database.Dialect, database.ConnectionString, database.Folder, services => services.AddSingleton<IChannelKind>(shop));
        var total = (await app.Services.GetRequiredService<IProductQueries>().CountBySyncStatusAsync(TenantId.Default, CancellationToken.None)).Total;
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        var reverted = 0;
        var renamed = Lines(database, Renames).Select(line => line.Split('\t')).Where(parts => parts.Length == 3).GroupBy(parts => parts[0], StringComparer.Ordinal).ToList();
        foreach (var product in renamed)
        {
            var history = product.ToList();
            var last = history.FindLastIndex(parts => parts[2] == Done);
            var right = history[Math.Max(0, last)..].Select(parts => parts[1]).ToHashSet(StringComparer.Ordinal);
            var held = await grains.GetGrain<IProductGrain>(ProductGrainKey.Of(TenantId.Default, new ProductId(product.Key))).GetAsync();
            reverted += last >= 0 && !right.Contains(held!.Product.Value("name")?.Text ?? "") ? 1 : 0;
        }

        await app.StopAsync();
        var pages = Lines(database, Pages).Length;
        var least = (products + BenchShop.PageSize - 1) / BenchShop.PageSize;
        Console.WriteLine($"{database.Dialect} import of {products:N0} killed {kills} times: {seconds:N1} s, {total:N0} products, {pages - least} pages read again, {renamed.Count:N0} products renamed meanwhile, {reverted} of them reverted or lost");
        return total == products && reverted == 0 && pages - least <= kills ? 0 : 1;
    }

    private static Process Start(BenchDatabase database, int products)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        List<string> arguments = [Environment.GetCommandLineArgs()[0], "import-life", "--products", products.ToString(CultureInfo.InvariantCulture), "--dialect", database.Dialect, "--folder", database.Folder];
        if (database.ConnectionString is { } connection)
        {
            arguments.AddRange(["--connection", connection]);
        }

        // Started by "dotnet X.dll" or by the program itself.
        foreach (var argument in Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? arguments : arguments[1..])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static int Products(string[] arguments) => int.Parse(Arguments.Find(arguments, "--products") ?? "100000", CultureInfo.InvariantCulture);

    private static string[] Lines(BenchDatabase database, string file) => File.Exists(Path.Combine(database.Folder, file)) ? File.ReadAllLines(Path.Combine(database.Folder, file)) : [];
}
