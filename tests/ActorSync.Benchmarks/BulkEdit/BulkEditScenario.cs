using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Benchmarks.Hub;
using ActorSync.Channels;
using ActorSync.Channels.Http;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Benchmarks.BulkEdit;

/// <summary>One rule over all products, one way.</summary>
internal sealed record BulkEditResult(
    string Database, string Way, int Products, double EditSeconds, double Seconds, long Calls, double CallsPerProduct, double PointsPerProduct, long Throttled, int Wrong,
    IReadOnlyDictionary<string, long> CallsByName);

/// <summary>
/// One price rule on N products with three variants each, at the Sandbox's Shopify through the real connector, webhooks included: how many API calls until the
/// shop has every price and nothing is on its way any more. Once call by call, once in bulk.
/// </summary>
internal static class BulkEditScenario
{
    private const int EditsAtOnce = 32;
    private const decimal Factor = 1.05m;
    private static readonly ChannelId Channel = new("bench-shopify");
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync(string[] arguments)
    {
        var products = int.Parse(Arguments.Find(arguments, "--products") ?? "20000", CultureInfo.InvariantCulture);
        var rate = int.Parse(Arguments.Find(arguments, "--points") ?? "2000", CultureInfo.InvariantCulture);
        var lines = int.Parse(Arguments.Find(arguments, "--lines-per-second") ?? "500", CultureInfo.InvariantCulture);
        var postgres = Arguments.Find(arguments, "--pg");
        string[] ways = Arguments.Find(arguments, "--way") is { } way ? [way] : ["bulk", "calls"];
        var results = new List<BulkEditResult>();
        foreach (var each in ways)
        {
            await using var shop = await SandboxShop.StartAsync();
            await shop.PostAsync("_control/shopify/plan", new { restoreRate = rate });
            await shop.PostAsync("_control/shopify/bulk", new { tickMs = 100, rowsPerTick = Math.Max(1, lines / 10) });
            Console.WriteLine($"filling the shop with {products:N0} products");
            await shop.FillAsync(products);
            var folder = Directory.CreateTempSubdirectory("actorsync-bulk-edit-").FullName;
            try
            {
                results.Add(await MeasureAsync(postgres, folder, shop, each));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Print(results);
        var output = Arguments.Find(arguments, "--json") ?? Path.Combine("artifacts", "bulk-edit.json");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        await File.WriteAllTextAsync(output, JsonSerializer.Serialize(results, Indented));
        return results.TrueForAll(result => result is { Wrong: 0, Throttled: 0 }) ? 0 : 1;
    }

    private static async Task<BulkEditResult> MeasureAsync(string? postgres, string folder, SandboxShop shop, string way)
    {
        var database = postgres is null ? "sqlite" : "postgres";
        await using var app = await BenchHost.StartAsync(database, postgres, folder, services =>
        {
            services.AddChannels();
            services.Configure<ChannelHttpOptions>(options => options.AllowPrivateAddresses = true);
        });
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        await ConnectAsync(app, grains, shop, way);
        var ids = await IdsAsync(app.Services.GetRequiredService<IProductStore>());
        Console.WriteLine($"{way}: {ids.Length:N0} products imported and live");

        var before = await shop.StatsAsync();
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = EditsAtOnce }, async (id, _) => await RaiseAsync(grains, id));
        var edited = clock.Elapsed.TotalSeconds;
        var queries = app.Services.GetRequiredService<IProductQueries>();
        await UntilAsync(
            async () => (await queries.CountLinksAsync(Channel, CancellationToken.None)).Dirty == 0 && (await shop.StatsAsync()).WebhooksPending == 0
                && (await queries.CountLinksAsync(Channel, CancellationToken.None)).Dirty == 0,
            async () => $"{(await queries.CountLinksAsync(Channel, CancellationToken.None)).Dirty:N0} dirty, {(await shop.StatsAsync()).Requests - before.Requests:N0} calls");
        var seconds = clock.Elapsed.TotalSeconds;
        var after = await shop.StatsAsync();
        var wrong = await CountWrongAsync(app, grains, ids);
        await app.StopAsync();
        var calls = after.Requests - before.Requests;
        return new BulkEditResult(
            database, way, ids.Length, edited, seconds, calls, calls / (double)ids.Length, (after.Points - before.Points) / ids.Length, after.Throttled - before.Throttled, wrong,
            after.ByName.Select(pair => (pair.Key, Value: pair.Value - before.ByName.GetValueOrDefault(pair.Key))).Where(pair => pair.Value > 0)
                .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));
    }

    private static async Task<ImmutableArray<ProductId>> IdsAsync(IProductStore store)
    {
        const int Page = 5_000;
        var ids = ImmutableArray.CreateBuilder<ProductId>();
        while (await store.ListIdsAsync(TenantId.Default, ids.Count == 0 ? null : ids[^1], Page, CancellationToken.None) is { IsEmpty: false } page)
        {
            ids.AddRange(page);
        }

        return ids.ToImmutable();
    }

    private static async Task ConnectAsync(WebApplication app, IGrainFactory grains, SandboxShop shop, string way)
    {
        var tenant = grains.GetGrain<ITenantGrain>(TenantId.Default.Value);
        await app.Services.GetRequiredService<IChannelRegistry>().PutSecretsAsync(
            Channel, new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = "shpat_demo", ["webhookSecret"] = "shpss_demo" }, CancellationToken.None);
        await tenant.PutChannelAsync(new ChannelSettings
        {
            Id = Channel,
            Tenant = TenantId.Default,
            Kind = "shopify",
            Name = "Shop",
            Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", new Uri(shop.Address, "shopify/demo").AbsoluteUri).Add("shopDomain", "demo.myshopify.com")
                .Add("bulkFrom", way == "bulk" ? "100" : "never"),
        });
        var import = grains.GetGrain<IImportGrain>(Channel.Value);
        await import.StartAsync("benchmark");
        await UntilAsync(async () => (await import.GetAsync()).State is not ("running" or "waiting"), async () => $"{(await import.GetAsync()).Done:N0} imported");
        await grains.GetGrain<IWebhookWatchGrain>(Channel.Value).RegisterAsync(new Uri(new Uri(app.Urls.First()), $"/webhooks/shopify/{Channel.Value}"));
        await tenant.PatchChannelAsync(Channel, new ChannelPatch { Mode = ChannelMode.Live, Currency = "EUR", LiveSince = TimeProvider.System.GetUtcNow() });
        await grains.GetGrain<IStoreGrain>(Channel.Value).EnsureAsync();
        var directory = app.Services.GetRequiredService<ITenantDirectory>();
        await UntilAsync(async () => await directory.FindChannelAsync(Channel) is { Mode: ChannelMode.Live }, () => Task.FromResult("going live"));
    }

    private static async Task RaiseAsync(IGrainFactory grains, ProductId id)
    {
        var product = grains.GetGrain<IProductGrain>(ProductGrainKey.Of(TenantId.Default, id));
        var held = (await product.GetAsync())!.Product;
        await product.EditAsync(new EditCommand
        {
            Edit = new HubEdit
            {
                Fields = [.. held.Registers.Where(pair => pair.Key.Field == Fields.Price).Select(pair => new FieldEdit { Key = pair.Key, Value = Raised(pair.Value.Claims[0].Value) })],
                Actor = "price rule",
                Force = true,
            },
        });
    }

    private static FieldValue Raised(FieldValue price) => Canonical.Money(decimal.Round((price.ToDecimal() ?? 0) * Factor, 2));

    /// <summary>Products whose shop does not show the hub's price, read at the shop itself.</summary>
    private static async Task<int> CountWrongAsync(WebApplication app, IGrainFactory grains, ImmutableArray<ProductId> ids)
    {
        var directory = app.Services.GetRequiredService<ITenantDirectory>();
        var source = (IProductSource)await directory.OpenAsync((await directory.FindChannelAsync(Channel))!);
        var wrong = 0;
        foreach (var chunk in ids.Chunk(100))
        {
            var held = await Task.WhenAll(chunk.Select(async id => (await grains.GetGrain<IProductGrain>(ProductGrainKey.Of(TenantId.Default, id)).GetAsync())!));
            var linked = held.Select(product => (product.Product, Link: product.Links.Single(link => link.Channel == Channel))).Where(pair => pair.Link.ExternalId is not null).ToArray();
            var page = await source.ReadAsync([.. linked.Select(pair => pair.Link.ExternalId!)], CancellationToken.None);
            wrong += linked.Zip(page.Items).Count(pair => pair.First.Link.Variants.Any(variant =>
                pair.Second.Body.Variants.FirstOrDefault(shown => shown.ExternalId == variant.ExternalId)?.Fields["price"]
                    != pair.First.Product.Value(new RegisterKey(Fields.Price, variant.Variant, "EUR"))));
        }

        return wrong;
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone, Func<Task<string>> progress)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        var told = Stopwatch.StartNew();
        var clock = Stopwatch.StartNew();
        while (!await isDone())
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(60))
            {
                throw new TimeoutException("It did not end within an hour.");
            }

            if (told.Elapsed > TimeSpan.FromSeconds(10))
            {
                Console.WriteLine($"  {clock.Elapsed.TotalSeconds:N0} s: {await progress()}");
                told.Restart();
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private static void Print(List<BulkEditResult> results)
    {
        Console.WriteLine();
        Console.WriteLine("| database | way | products | edited in the hub after | in the shop after | API calls | per product | points per product | throttled | wrong prices |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {result.Database} | {result.Way} | {result.Products} | {result.EditSeconds:N0} s | {result.Seconds:N0} s | {result.Calls} | {result.CallsPerProduct:N4} | {result.PointsPerProduct:N2} | {result.Throttled} | {result.Wrong} |"));
            Console.WriteLine("  " + string.Join(", ", result.CallsByName.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}")));
        }
    }
}
