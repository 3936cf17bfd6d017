namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>
/// The real Host and the real Sandbox as processes on free ports, on SQLite in a folder of their own. The Sandbox is started first and on its own, so that it
/// outlives a killed hub.
/// </summary>
public sealed class Workshop : IAsyncLifetime
{
    internal const string ShopifyChannel = "shopify-demo";
    internal const string WooChannel = "woo-demo";
    internal const string JtlChannel = "jtl-demo";
    private const int DemoChannels = 3;

    private readonly string folder = Directory.CreateTempSubdirectory("actorsync-e2e-").FullName;
    private readonly int hubPort = ChildProgram.FreePort();
    private readonly int sandboxPort = ChildProgram.FreePort();
    private readonly List<ChildProgram> hubs = [];
    private ChildProgram? sandboxProcess;

    internal ChildProgram? HubProcess { get; private set; }

    /// <summary>Further settings of each hub that is started, as environment variables.</summary>
    internal Dictionary<string, string> HubSettings { get; } = [];

    internal HubClient Hub { get; private set; } = null!;

    internal SandboxClient Shops { get; private set; } = null!;

    internal Uri HubAddress => new($"http://localhost:{hubPort}");

    /// <summary>Both shops and the warehouse are connected, imported, live and in line.</summary>
    public async ValueTask InitializeAsync()
    {
        await StartSandboxAsync();
        StartHub();
        await SettledAsync(TimeSpan.FromMinutes(3), mustBeLive: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in hubs)
        {
            await hub.DisposeAsync();
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

    /// <param name="failPoint">Where the hub is to end itself.</param>
    /// <param name="demo">False = nothing is connected and every call wants a key.</param>
    /// <param name="key">The key to call with.</param>
    /// <param name="reachable">False = no PublicUrl: channels are polled.</param>
    internal void StartHub(string? failPoint = null, bool demo = true, string? key = null, bool reachable = true)
    {
        var environment = new Dictionary<string, string>(HubSettings);
        // Shops on this machine deliver in tenths of a second.
        environment.TryAdd("ActorSync__Stores__WebhookDeliveryTime", "00:00:01");
        // A killed hub's calls count as lost after this: the tests need not wait for the slowest host there is.
        environment.TryAdd("ActorSync__Stores__LongestPushLease", "00:00:15");
        if (failPoint is not null)
        {
            environment["ActorSync__FailPoint"] = failPoint;
            environment["ActorSync__AllowFailPoints"] = "true";
        }

        if (!demo)
        {
            // What the demo sets by itself because its shops run on this machine.
            environment["ActorSync__ChannelHttp__AllowPrivateAddresses"] = "true";
            if (reachable)
            {
                environment["ActorSync__PublicUrl"] = HubAddress.ToString();
            }
            else
            {
                environment["ActorSync__Stores__PollInterval"] = "00:00:02";
            }
        }

        HubProcess = ChildProgram.Start(
            "ActorSync.Host",
            ["--data", folder, "--listen", $"http://localhost:{hubPort}", "--sandbox", $"http://localhost:{sandboxPort}", "--demo", demo ? "true" : "false"],
            environment);
        hubs.Add(HubProcess);
        UseKey(key);
    }

    internal void UseKey(string? key)
    {
        Hub?.Dispose();
        Hub = new HubClient(HubAddress, key);
    }

    internal async Task RestartHubAsync(string? failPoint = null, bool demo = true, string? key = null)
    {
        if (HubProcess is { HasExited: false })
        {
            await HubProcess.KillAsync();
        }

        StartHub(failPoint, demo, key);
        await HubReadyAsync();
    }

    internal Task HubReadyAsync() => Until.TrueAsync(
        async () => HubProcess!.HasExited ? throw new InvalidOperationException($"The hub ended with {HubProcess.ExitCode}.") : await Hub.IsReadyAsync(),
        "the hub is ready",
        account: () => HubSaid);

    /// <summary>As by Ctrl-C at the Sandbox; it is started again with what it holds on disk.</summary>
    internal async Task RestartSandboxAsync()
    {
        var code = await sandboxProcess!.InterruptAsync(TimeSpan.FromSeconds(30));
        Assert.True(code == 0, $"The Sandbox ended with {code}:{Environment.NewLine}{sandboxProcess.Said}");
        await sandboxProcess.DisposeAsync();
        Shops.Dispose();
        await StartSandboxAsync();
    }

    /// <summary>Every webhook that the shops had to send has been taken, repeated ones too, and worked in.</summary>
    internal Task EchoesAreInAsync() => Until.TrueAsync(
        async () => await Shops.PendingWebhooksAsync() == 0
            && (await Hub.GetAsync("/api/webhooks/events?limit=100"))["items"]!.AsArray().All(item => item!["state"]!.GetValue<string>() != "waiting"),
        "all webhooks are delivered and worked in",
        TimeSpan.FromMinutes(2),
        () => HubSaid);

    /// <summary>The warehouse has the thing, made there by us, and counts so many of it: both shops say so.</summary>
    internal async Task CountAsync(string sku, int quantity)
    {
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Jtl, sku) is not null, $"{sku} is at JTL", account: () => HubSaid);
        await Shops.CountAsync(sku, quantity);
        foreach (var shop in new[] { SandboxClient.Shopify, SandboxClient.Woo })
        {
            await Until.TrueAsync(
                async () => await Shops.FindAsync(shop, sku) is { } product && product.Variant(sku).TotalStock == quantity, $"{shop} counts {quantity} of {sku}",
                explain: () => Hub.ExplainAsync(sku));
        }
    }

    /// <summary>What the hub said, over its last lives.</summary>
    internal string HubSaid => string.Join($"{Environment.NewLine}---- started again ----{Environment.NewLine}", hubs.TakeLast(3).Select(hub => hub.Said));

    /// <summary>Called at the end of a test: the hub's own account beside what failed.</summary>
    internal void TellIfFailed()
    {
        if (TestContext.Current.TestState is { Result: TestResult.Failed })
        {
            TestContext.Current.TestOutputHelper?.WriteLine(HubSaid);
        }
    }

    /// <summary>Nothing is on its way: all channels are live and no link differs from its target.</summary>
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

                var channels = (await Hub.GetAsync("/api/channels"))["items"]!.AsArray();
                if (mustBeLive && (channels.Count < DemoChannels || channels.Any(channel => channel!["mode"]!.GetValue<string>() != "live")))
                {
                    return false;
                }

                foreach (var channel in channels)
                {
                    if (await Hub.DirtyAsync(channel!["id"]!.GetValue<string>()) != 0)
                    {
                        return false;
                    }
                }

                return (await Hub.StatusAsync()).Pending == 0;
            },
            "nothing is on its way",
            bound,
            () => HubProcess!.Said);
    }

    /// <summary>
    /// Both shops hold the same: every product of the one is in the other, with the same title, status, prices and codes, and what the warehouse has counted
    /// stands in both. Of what it has not counted each shop keeps its own count.
    /// </summary>
    internal async Task AssertShopsAgreeAsync(params string[] skus)
    {
        var counted = (await Shops.ProductsAsync(SandboxClient.Jtl)).Where(product => product.Variants[0].TotalStock > 0)
            .ToDictionary(product => product.Variants[0].Sku, product => product.Variants[0].TotalStock, StringComparer.OrdinalIgnoreCase);
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
                if (counted.TryGetValue(variant.Sku, out var stock))
                {
                    Assert.Equal(stock, variant.TotalStock);
                    Assert.Equal(stock, other.TotalStock);
                }
            }
        }
    }

    /// <summary>WooCommerce stores text with entities, the other shop without: the same to a reader.</summary>
    internal static string Plain(string text) => System.Net.WebUtility.HtmlDecode(text).Trim();
}
