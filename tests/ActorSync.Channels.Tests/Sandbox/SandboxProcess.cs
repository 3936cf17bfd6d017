using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>
/// The built Sandbox as a process of its own, on a free port and in an empty folder; gone at the end. Use it as a class fixture, or start one by hand
/// where a test breaks things for good.
/// </summary>
public sealed class SandboxProcess : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"actorsync-sandbox-{Path.GetRandomFileName()}");
    private readonly ConcurrentQueue<string> output = new();
    private Process? process;
    private int port;

    public SandboxProcess() => Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    public HttpClient Http { get; }

    /// <summary>http://localhost:port/</summary>
    public Uri Address { get; private set; } = new("http://localhost");

    public Uri WooApi => new(Address, "woo/demo/wp-json/wc/v3/");

    public async ValueTask InitializeAsync()
    {
        port = FreePort();
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}/"));
        await StartAsync();
    }

    /// <summary>The hardest end: no handler runs, nothing is flushed.</summary>
    public void Kill()
    {
        process?.Kill(entireProcessTree: true);
        process?.WaitForExit();
        process?.Dispose();
        process = null;
    }

    /// <summary>Starts again on the same port and folder.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["exec", SandboxDll(), "--port", port.ToString(CultureInfo.InvariantCulture), "--data", folder, "--seed", "1"])
        {
            start.ArgumentList.Add(argument);
        }

        process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = new CancellationTokenSource(StartLimit);
        while (!await IsReadyAsync(limit.Token))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"The Sandbox ended with code {process.ExitCode}: {string.Join('\n', output)}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        Http.Dispose();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        await ValueTask.CompletedTask;
    }

    public async Task<JsonObject> StatsAsync(string channel) => (JsonObject)(await GetAsync("_control/stats"))[channel]!;

    public Task<JsonNode> FaultsAsync(JsonObject faults) => PostAsync("_control/faults", faults);

    public Task<JsonNode> SellAsync(string channel, string sku, int quantity) =>
        PostAsync("_control/sell", new JsonObject { ["channel"] = channel, ["sku"] = sku, ["quantity"] = quantity });

    public async Task<JsonObject> EditAsync(string channel, JsonObject edit) => (JsonObject)(await PostAsync($"_control/{channel}/edit", edit))["product"]!;

    public Task LoseWebhooksAsync(string channel, string topic) => PostAsync($"_control/{channel}/lose-webhooks?topic={Uri.EscapeDataString(topic)}", []);

    public async Task<JsonObject> CreateAsync(string channel, JsonObject product) => (JsonObject)(await PostAsync($"_control/{channel}/create", product))["product"]!;

    /// <summary>The neutral view; null when no product has the SKU.</summary>
    public async Task<JsonObject?> FindAsync(string channel, string sku)
    {
        using var response = await Http.GetAsync(new Uri(Address, $"_control/{channel}/products/by-sku/{Uri.EscapeDataString(sku)}"));
        return response.StatusCode == HttpStatusCode.NotFound ? null : (JsonObject)JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    /// <summary>Waits, within ten seconds, until the channel has no webhook left to send.</summary>
    public async Task WaitForWebhooksAsync(string channel)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while ((await StatsAsync(channel))["webhooksPending"]!.GetValue<int>() > 0)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(20, limit.Token);
        }
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(new Uri(Address, path)))!;

    public async Task<JsonNode> PostAsync(string path, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(Address, path), content);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}: {text}");
    }

    /// <summary>The folder that holds ActorSync.sln.</summary>
    public static string RepositoryRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ActorSync.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds ActorSync.sln.");
    }

    /// <summary>A file of the captured contracts, or null where they are not at hand; then a test skips itself.</summary>
    public static string? ContractFile(params string[] path)
    {
        for (var at = new DirectoryInfo(RepositoryRoot()); at is not null; at = at.Parent)
        {
            var file = Path.Combine([at.FullName, "shared", "contracts", .. path]);
            if (File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(Address, "health/ready"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            await Task.Delay(50, cancellationToken);
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null && output.Count < 200)
        {
            output.Enqueue(line);
        }
    }

    /// <summary>The same configuration as these tests were built in: …/bin/Debug/net10.0.</summary>
    private static string SandboxDll()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var dll = Path.Combine(RepositoryRoot(), "src", "ActorSync.Sandbox", "bin", mine.Parent!.Name, mine.Name, "ActorSync.Sandbox.dll");
        return File.Exists(dll) ? dll : throw new InvalidOperationException($"The Sandbox is not built: {dll} is missing.");
    }
}
