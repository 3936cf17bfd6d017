namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>
/// The real Host and the real Sandbox as processes on free ports, on SQLite in a folder of their own. The Sandbox is started first and on its own, so that it
/// outlives a killed hub.
/// </summary>
public sealed class Workshop : IAsyncLifetime
{
    internal const string ShopifyChannel = "shopify-demo";
    internal const string WooChannel = "woo-demo";

    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-e2e-").FullName;
    private readonly int hubPort = ChildProgram.FreePort();
    private readonly int sandboxPort = ChildProgram.FreePort();
    private ChildProgram? sandboxProcess;

    internal ChildProgram? HubProcess { get; private set; }

    internal HubClient Hub { get; private set; } = null!;

    internal SandboxClient Shops { get; private set; } = null!;

    internal Uri HubAddress => new($"http://localhost:{hubPort}");

    /// <summary>Both shops are connected, imported, live and in line.</summary>
    public async ValueTask InitializeAsync()
    {
        await StartSandboxAsync();
        StartHub();
        await SettledAsync(TimeSpan.FromMinutes(3), mustBeLive: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (HubProcess is not null)
        {
            await HubProcess.DisposeAsync();
        }

        if (sandboxProcess is not null)
        {
            await sandboxProcess.DisposeAsync();
        }

        Hub?.Dispose();
        Shops?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    internal async Task StartSandboxAsync()
    {
        sandboxProcess = ChildProgram.Start("ActorSync.Sandbox", ["--port", $"{sandboxPort}", "--data", folder, "--hub", HubAddress.ToString()]);
        Shops = new SandboxClient(new Uri($"http://localhost:{sandboxPort}"));
        await Until.TrueAsync(Shops.IsReadyAsync, "the Sandbox is ready", account: () => sandboxProcess.Said);
        // Deliveries in tenths of a second: the tests are about order and loss, which they ask for themselves.
        await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookDelayMs = 50 });
        await Shops.FaultsAsync(new { channel = SandboxClient.Woo, webhookDelayMs = 50 });
    }

    internal void StartHub(string? failPoint = null)
    {
        var environment = failPoint is null
            ? new Dictionary<string, string>()
            : new Dictionary<string, string> { ["ActorSync__FailPoint"] = failPoint, ["ActorSync__AllowFailPoints"] = "true" };
        HubProcess = ChildProgram.Start(
            "ActorSync.Host", ["--data", folder, "--listen", $"http://localhost:{hubPort}", "--sandbox", $"http://localhost:{sandboxPort}", "--demo", "true"], environment);
        Hub?.Dispose();
        Hub = new HubClient(HubAddress);
    }

    internal async Task RestartHubAsync(string? failPoint = null)
    {
        if (HubProcess is { HasExited: false })
        {
            await HubProcess.KillAsync();
        }

        StartHub(failPoint);
        await Until.TrueAsync(Hub.IsReadyAsync, "the hub is ready again", account: () => HubProcess!.Said);
    }

    /// <summary>Nothing is on its way: both channels are live and no link differs from its target.</summary>
    internal async Task SettledAsync(TimeSpan? bound = null, bool mustBeLive = false)
    {
        await Until.TrueAsync(
            async () =>
            {
                if (HubProcess!.HasExited)
                {
                    Assert.Fail($"The hub ended with {HubProcess.ExitCode}:{Environment.NewLine}{HubProcess.Said}");
                }

                if (!await Hub.IsReadyAsync())
                {
                    return false;
                }

                if (mustBeLive)
                {
                    var channels = (await Hub.GetAsync("/api/channels"))["items"]!.AsArray();
                    if (channels.Count < 2 || channels.Any(channel => channel!["mode"]!.GetValue<string>() != "live"))
                    {
                        return false;
                    }
                }

                return (await Hub.StatusAsync()).Pending == 0
                    && await Hub.DirtyAsync(ShopifyChannel) == 0
                    && await Hub.DirtyAsync(WooChannel) == 0;
            },
            "nothing is on its way",
            bound,
            () => HubProcess!.Said);
    }

    /// <summary>Both shops hold the same: every product of the one is in the other, with the same title, status, prices, codes and stock.</summary>
    internal async Task AssertShopsAgreeAsync(params string[] skus)
    {
        foreach (var sku in skus)
        {
            var shopify = await Shops.GetAsync(SandboxClient.Shopify, sku);
            var woo = await Shops.GetAsync(SandboxClient.Woo, sku);
            Assert.Equal(Plain(shopify.Title), Plain(woo.Title));
            Assert.Equal(shopify.Status == "active", woo.Status == "active");
            Assert.Equal(
                shopify.Variants.Select(variant => variant.Sku.ToUpperInvariant()).Order(StringComparer.Ordinal),
                woo.Variants.Select(variant => variant.Sku.ToUpperInvariant()).Order(StringComparer.Ordinal));
            foreach (var variant in shopify.Variants.Where(variant => variant.Sku.Length > 0))
            {
                var other = woo.Variant(variant.Sku);
                Assert.Equal(variant.Price, other.Price);
                Assert.Equal(variant.CompareAtPrice, other.CompareAtPrice);
                Assert.Equal(variant.TotalStock, other.TotalStock);
            }
        }
    }

    /// <summary>WooCommerce stores text with entities, the other shop without: the same to a reader.</summary>
    internal static string Plain(string text) => System.Net.WebUtility.HtmlDecode(text).Trim();
}
