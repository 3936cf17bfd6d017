using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace ActorSync.Benchmarks.BulkEdit;

/// <summary>The built Sandbox as a process of its own, with a Shopify shop of any size; gone at the end.</summary>
internal sealed class SandboxShop : IAsyncDisposable
{
    private const int AtOnce = 8;
    private readonly HttpClient http = new();
    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-bench-sandbox-").FullName;
    private Process? process;

    public Uri Address { get; private set; } = new("http://localhost");

    public static async Task<SandboxShop> StartAsync()
    {
        var shop = new SandboxShop();
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            shop.Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}/"));
        }

        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["exec", Dll(), "--port", shop.Address.Port.ToString(CultureInfo.InvariantCulture), "--data", shop.folder])
        {
            start.ArgumentList.Add(argument);
        }

        shop.process = Process.Start(start)!;
        shop.process.OutputDataReceived += (_, _) => { };
        shop.process.BeginOutputReadLine();
        await shop.ReadyAsync();
        return shop;
    }

    /// <summary>Fills it up to <paramref name="products"/> with products of three variants.</summary>
    public async Task FillAsync(int products)
    {
        var held = (await StatsAsync()).Held;
        await Parallel.ForAsync(held, products, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, cancel) =>
        {
            using var made = await http.PostAsJsonAsync(new Uri(Address, "_control/shopify/create"), new
            {
                title = $"Benchmark product {number}",
                description = "<p>" + string.Concat(Enumerable.Repeat($"Part {number} of a description. ", 8)) + "</p>",
                vendor = $"Vendor {number % 50}",
                productType = "Bench",
                optionNames = (string[])["Size"],
                variants = Enumerable.Range(0, 3).Select(variant => new { sku = $"BENCH-{number}-{variant}", price = 10 + (number % 90) + (variant * 0.5m), stock = 20, optionValues = (string[])[$"Size {variant}"] }),
            }, cancel);
            made.EnsureSuccessStatusCode();
        });
    }

    public Task PostAsync(string path, object body) => SendAsync(http.PostAsJsonAsync(new Uri(Address, path), body));

    public async Task<ShopStats> StatsAsync()
    {
        var told = (await http.GetFromJsonAsync<JsonNode>(new Uri(Address, "_control/stats")))!["shopify"]!;
        return new ShopStats(
            told["requestsTotal"]!.GetValue<long>(), told["requests"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<long>(), StringComparer.Ordinal),
            told["gauges"]!["costActual"]?.GetValue<double>() ?? 0, told["throttled"]!.GetValue<long>(), told["webhooksPending"]!.GetValue<long>(), told["productsHeld"]!.GetValue<int>());
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process?.Dispose();
        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task ReadyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await tick.WaitForNextTickAsync(limit.Token))
        {
            try
            {
                await StatsAsync();
                return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    private static async Task SendAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        response.EnsureSuccessStatusCode();
    }

    private static string Dll()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = mine;
        while (!File.Exists(Path.Combine(root.FullName, "ActorSync.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("Run from the source tree: the Sandbox is in no package.");
        }

        return Path.Combine(root.FullName, "src", "ActorSync.Sandbox", "bin", mine.Parent!.Name, mine.Name, "ActorSync.Sandbox.dll");
    }
}

/// <summary>What the shop counted.</summary>
internal sealed record ShopStats(long Requests, IReadOnlyDictionary<string, long> ByName, double Points, long Throttled, long WebhooksPending, int Held);
