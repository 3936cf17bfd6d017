using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Ctrl-C and a new start, and starts that cannot be.</summary>
[Collection(nameof(KillCollection))]
public sealed class RestartTests(Workshop workshop) : IDisposable
{
    private static readonly TimeSpan DrainBound = TimeSpan.FromSeconds(60);

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    public void Dispose() => workshop.TellIfFailed();

    [Fact]
    public async Task CtrlC_BothProcessesStartedAgain_GoOnWithoutANewImport()
    {
        await workshop.SettledAsync(mustBeLive: true);
        await workshop.EchoesAreInAsync();
        var shopify = await Shops.ProductsAsync(SandboxClient.Shopify);
        var wooCount = (await Shops.ProductsAsync(SandboxClient.Woo)).Count;
        var imports = await ImportsAsync();
        var status = await Hub.StatusAsync();
        var sku = shopify[0].Variants.First(variant => variant.Sku.Length > 0).Sku;
        var other = shopify[1].Variants.First(variant => variant.Sku.Length > 0).Sku;

        // Accepted, and perhaps not pushed when the process is asked to end.
        await Hub.EditAsync(sku, new { name = "Kurz vor dem Ende", version = (await Hub.ProductAsync(sku))["version"]!.GetValue<long>() });
        Assert.Equal(0, await workshop.HubProcess!.InterruptAsync(DrainBound));
        Assert.Empty(workshop.HubProcess.Complaints);
        await workshop.RestartSandboxAsync();
        await workshop.RestartHubAsync();
        await TitleIsAsync(SandboxClient.Shopify, sku, "Kurz vor dem Ende");
        await TitleIsAsync(SandboxClient.Woo, sku, "Kurz vor dem Ende");
        await workshop.SettledAsync(mustBeLive: true);

        // An import reads six pages and more; a poll may have come due.
        Assert.InRange(await Shops.RequestsAsync(SandboxClient.Shopify, "products"), 0, 1);
        Assert.Equal(imports, await ImportsAsync());
        Assert.Equal(status.Total, (await Hub.StatusAsync()).Total);
        Assert.Equal(shopify.Count, (await Shops.ProductsAsync(SandboxClient.Shopify)).Count);
        Assert.Equal(wooCount, (await Shops.ProductsAsync(SandboxClient.Woo)).Count);
        await workshop.AssertShopsAgreeAsync([.. shopify.Select(product => product.Variants.First(variant => variant.Sku.Length > 0).Sku)]);

        await Shops.EditAsync(SandboxClient.Shopify, new { sku = other, title = "Nach dem Neustart" });
        await TitleIsAsync(SandboxClient.Woo, other, "Nach dem Neustart");
        await workshop.SettledAsync();
    }

    [Fact]
    public async Task Start_BusyPort_IsOneSentence()
    {
        using var folder = new TemporaryFolder();
        using var taken = new Taken();
        await RefusesAsync(["--data", folder.Path, "--listen", taken.Address, "--demo", "false"], taken.Port, "--listen");
    }

    [Fact]
    public async Task Start_BusySandboxPort_IsOneSentence()
    {
        using var folder = new TemporaryFolder();
        using var taken = new Taken();
        await RefusesAsync(
            ["--data", folder.Path, "--listen", $"http://localhost:{ChildProgram.FreePort()}", "--sandbox", taken.Address, "--demo", "true"], taken.Port, "--sandbox");
    }

    [Fact]
    public async Task Start_FolderThatCannotBeWritten_IsOneSentence()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        // Below a file nobody can make a folder, not even root.
        var data = Path.Combine(file, "data");
        await RefusesAsync(["--data", data, "--listen", $"http://localhost:{ChildProgram.FreePort()}", "--demo", "false"], data, "--data");
    }

    private static async Task RefusesAsync(string[] arguments, string culprit, string remedy)
    {
        await using var hub = ChildProgram.Start("ActorSync.Host", arguments);
        var code = await hub.WaitForExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 1, $"exit code {code}: {hub.Said}");
        Assert.True(hub.Complaints.Count == 1, hub.Said);
        Assert.Contains(culprit, hub.Complaints[0], StringComparison.Ordinal);
        Assert.Contains(remedy, hub.Complaints[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", hub.Said, StringComparison.Ordinal);
    }

    /// <summary>Which import each channel had, and when: a new one would have another id.</summary>
    private async Task<string> ImportsAsync()
    {
        var shopify = await Hub.GetAsync($"/api/channels/{Workshop.ShopifyChannel}/import");
        var woo = await Hub.GetAsync($"/api/channels/{Workshop.WooChannel}/import");
        return shopify.ToJsonString() + woo.ToJsonString();
    }

    private Task TitleIsAsync(string channel, string sku, string title) => Until.HoldsAsync(
        async () => Workshop.Plain((await Shops.GetAsync(channel, sku)).Title), seen => seen == title, $"'{title}' is in {channel}", account: () => workshop.HubSaid);

    /// <summary>A port on which somebody else listens, and answers nothing.</summary>
    private sealed class Taken : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public Taken() => listener.Start();

        public string Port => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        public string Address => $"http://localhost:{Port}";

        public void Dispose() => listener.Dispose();
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("actorsync-e2e-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
