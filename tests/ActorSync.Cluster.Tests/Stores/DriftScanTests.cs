using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Cluster.Tests.Products;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Grains;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Stores;

/// <summary>A channel is read again: what webhooks did not tell is found, repaired by the merge and reported.</summary>
public sealed class DriftScanTests
{
    [Fact]
    public async Task Scan_EditsNobodyToldOf_RepairsEverywhereAndCountsTheLoss()
    {
        await using var hub = await StartAsync();
        var (shop, other) = await LinkedAsync(hub, "Lamp", "Chair", "Table");
        shop.PageSize = 2;
        shop.Edit("a1", Fields.Name, "Lamp XL");
        shop.EditVariant("a2", Fields.Price, "12");
        // A third one is told, so that the loss is two of three.
        await hub.DeliverAsync(shop, shop.Edit("a3", Fields.Name, "Table XL"));
        await NameAsync(hub, shop, "a3", "Table XL");

        var scan = await ScanAsync(hub, shop);

        Assert.Equal("done", scan.State);
        Assert.Equal((3, 1, 2, 0, 0), (scan.Report.Checked, scan.Report.Equal, scan.Report.Drifted, scan.Report.Imported, scan.Report.Deleted));
        Assert.Equal(1, scan.Report.RepairedByField[Fields.Name]);
        Assert.Equal(1, scan.Report.RepairedByField[Fields.Price]);
        Assert.Equal((2, 2), (scan.Report.MissedWebhooks, scan.Report.Taken));
        Assert.Equal(2, scan.Pages);
        Assert.Equal(scan.Report.FieldsChecked, scan.Report.FieldsEqual);
        Assert.Equal(2.0 / 3, scan.WebhookLossRate!.Value, 3);
        await Eventually.HoldsAsync(
            () => other.Products.Any(p => p.Fields[Fields.Name].Text == "Lamp XL") && other.Products.Any(p => p.Variants[0].Fields[Fields.Price].Text == "12"),
            "the other shop has what the scan found");
        var again = await ScanAsync(hub, shop);
        Assert.Equal((3, 0), (again.Report.Equal, again.Report.MissedWebhooks));
        var status = await hub.Grains.GetGrain<IDriftScanGrain>(shop.Name).GetStatusAsync();
        Assert.Equal((3, 3), (status.Verified.Linked, status.Verified.Verified));
        Assert.True(status.Verified.OldestAt >= again.StartedAt.AddMilliseconds(-1));
        Assert.Equal(3, status.Estimate.Products);
    }

    [Fact]
    public async Task Scan_ProductsUnknownOnOneSide_ImportsTheOneAndConfirmsThatTheOtherIsGone()
    {
        await using var hub = await StartAsync();
        var (shop, other) = await LinkedAsync(hub, "Lamp", "Chair");
        shop.Add("Sofa", "SKU-NEW");
        shop.Remove("a1");
        var gone = await hub.FindAsync(shop, "a1");

        var scan = await ScanAsync(hub, shop);

        Assert.Equal((1, 1, 0), (scan.Report.Imported, scan.Report.Deleted, scan.Report.Failed));
        await Eventually.HoldsAsync(() => other.Products.Any(p => p.Fields[Fields.Name].Text == "Sofa"), "the product that was unknown reaches the other shop");
        var links = (await hub.SnapshotAsync(gone!.Value)).Links;
        Assert.Equal(LinkStatus.Deleted, links.Single(link => link.Channel.Value == "a").Status);
        Assert.Equal(LinkStatus.Linked, links.Single(link => link.Channel.Value == "b").Status);
        Assert.DoesNotContain(shop.Products, p => p.Fields[Fields.Name].Text == "Lamp");
    }

    [Fact]
    public async Task Scan_Dry_SaysWhatItWouldRepairAndWritesNothing()
    {
        await using var hub = await StartAsync();
        var (shop, other) = await LinkedAsync(hub, "Lamp", "Chair");
        shop.PageSize = 1;
        shop.Edit("a2", Fields.Name, "Chair XL");
        shop.Add("Sofa", "SKU-NEW");
        shop.Remove("a1");
        var lamp = (await hub.FindAsync(shop, "a1"))!.Value;
        var chair = (await hub.FindAsync(shop, "a2"))!.Value;
        var before = (await hub.SnapshotAsync(lamp), await hub.SnapshotAsync(chair), other.Pushes);

        var scan = await ScanAsync(hub, shop, dryRun: true);

        Assert.Equal((1, 1, 1), (scan.Report.Drifted, scan.Report.Imported, scan.Report.Deleted));
        var drifted = scan.Report.Examples.Single(example => example.Kind == DriftKind.Drifted);
        Assert.Equal(("Chair", "Chair XL", DriftRepair.Taken), (drifted.Values[0].Believed, drifted.Values[0].Found, drifted.Values[0].Repair));
        var after = (await hub.SnapshotAsync(lamp), await hub.SnapshotAsync(chair), other.Pushes);
        Assert.Equal(before.Item1.Product.Version, after.Item1.Product.Version);
        Assert.Equal(before.Item1.Links.Select(link => link.Version), after.Item1.Links.Select(link => link.Version));
        Assert.Equal(before.Item2.Links.Select(link => link.Version), after.Item2.Links.Select(link => link.Version));
        Assert.Equal(before.Pushes, after.Pushes);
        Assert.Null(await hub.FindAsync(shop, "a3"));
        Assert.Null((await hub.Grains.GetGrain<IDriftScanGrain>(shop.Name).GetStatusAsync()).Last);
    }

    [Fact]
    public async Task Scan_OneProduct_ReadsOnlyThat()
    {
        await using var hub = await StartAsync();
        var (shop, _) = await LinkedAsync(hub, "Lamp", "Chair");
        shop.Edit("a1", Fields.Name, "Lamp XL");
        shop.Edit("a2", Fields.Name, "Chair XL");
        var pages = shop.Pages;

        var scan = await ScanAsync(hub, shop, product: await hub.FindAsync(shop, "a1"));

        Assert.Equal((1, 1), (scan.Report.Checked, scan.Report.Drifted));
        Assert.Equal(pages, shop.Pages);
        await NameAsync(hub, shop, "a1", "Lamp XL");
        Assert.Equal("Chair", (await hub.SnapshotAsync((await hub.FindAsync(shop, "a2"))!.Value)).Product.Value(new RegisterKey(Fields.Name))?.Text);
    }

    [Fact]
    public async Task Scan_HubChangedMeanwhile_TellsThePendingFromTheDrifted()
    {
        await using var hub = await StartAsync();
        var (shop, _) = await LinkedAsync(hub, "Lamp", "Chair");
        await hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value).PatchChannelAsync(new ChannelId("a"), new ChannelPatch { Paused = true });
        await Eventually.HoldsAsync(
            async () => (await hub.Service<ITenantDirectory>().FindChannelAsync(new ChannelId("a")))?.Paused == true, "the pause is known");
        var lamp = (await hub.FindAsync(shop, "a1"))!.Value;
        await hub.Product(lamp).EditAsync(Edits.Of(Fields.Name, "Lamp of the hub"));

        var scan = await ScanAsync(hub, shop);

        Assert.Equal((2, 0, 0), (scan.Report.Equal, scan.Report.Drifted, scan.Report.MissedWebhooks));
        Assert.Equal(scan.Report.FieldsChecked - 1, scan.Report.FieldsEqual);
    }

    [Fact]
    public async Task Scan_ChannelFails_WaitsAndGoesOnFromItsCheckpoint()
    {
        await using var hub = await StartAsync();
        var (shop, _) = await LinkedAsync(hub, "Lamp", "Chair", "Table");
        shop.PageSize = 1;
        var first = shop.Pages;
        shop.BeforePage = page => shop.Fault = page == first + 2 ? new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "503", Message = "Busy." } : null;

        var scan = await ScanAsync(hub, shop);

        Assert.Equal(("done", 3, 3), (scan.State, scan.Pages, (int)scan.Report.Checked));
        Assert.Equal(4, shop.Pages - first);
    }

    [Fact]
    public async Task Daily_HourPasses_ScansOnce()
    {
        var clock = new ShiftedClock();
        await using var hub = await StartAsync(services => services.AddKeyedSingleton<TimeProvider>(ProductClock.Key, clock));
        hub.Kind.Shops["a"] = new TestShop("a", clock);
        var (shop, _) = await LinkedAsync(hub, "Lamp");
        var grain = hub.Grains.GetGrain<IDriftScanGrain>(shop.Name);
        await grain.EnsureAsync();
        await Eventually.HoldsAsync(async () => (await grain.GetStatusAsync()).NextAt is not null, "the next daily scan is known");
        var next = (await grain.GetStatusAsync()).NextAt!.Value;
        Assert.Equal((3, 0), (next.Hour, next.Minute));

        clock.MoveTo(next);

        await Eventually.HoldsAsync(async () => (await grain.GetStatusAsync()).Last is not null, "the daily scan ran");
        var status = await grain.GetStatusAsync();
        Assert.Equal(next.AddDays(1), status.NextAt);
        Assert.Equal(1, status.Last!.Report.Checked);
    }

    private static Task<TestHub> StartAsync(Action<IServiceCollection>? configure = null) => TestHub.StartAsync(configure: services =>
    {
        services.Configure<StoreOptions>(options => options.WebhookDeliveryTime = TimeSpan.FromSeconds(1));
        configure?.Invoke(services);
    });

    /// <summary>Two live shops that hold the same products, imported an hour ago as far as the hub knows.</summary>
    private static async Task<(TestShop Shop, TestShop Other)> LinkedAsync(TestHub hub, params string[] names)
    {
        var shop = await hub.ConnectAsync("a");
        var other = await hub.ConnectAsync("b");
        foreach (var (name, index) in names.Select((name, index) => (name, index)))
        {
            await hub.ObserveAsync(shop, shop.Add(name, $"SKU-{index}"));
        }

        await Eventually.HoldsAsync(
            async () => other.Products.Length == names.Length && (await hub.Queries.CountLinksAsync(new ChannelId("b"), CancellationToken.None)).Dirty == 0,
            "the other shop has all products and the hub knows it");
        var imported = new ChannelPatch { ImportedAt = DateTimeOffset.UtcNow.AddHours(-1) };
        var settings = await hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value).PatchChannelAsync(new ChannelId("a"), imported);
        await hub.Service<ITenantDirectory>().RefreshAsync(TestHub.Tenant, settings!.Version);
        // Versions are whole seconds: what follows is to be seen as later.
        var second = shop.Products.Max(product => product.Version.Seconds);
        await Eventually.HoldsAsync(() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() > second, "the next second");
        return (shop, other);
    }

    private static async Task<DriftScan> ScanAsync(TestHub hub, TestShop shop, ProductId? product = null, bool dryRun = false)
    {
        var grain = hub.Grains.GetGrain<IDriftScanGrain>(shop.Name);
        var started = await grain.StartAsync(new DriftScanRequest { Product = product, DryRun = dryRun, Reason = "A test asks." });
        await Eventually.HoldsAsync(async () => (await grain.GetAsync(started.Id))!.State is not ("running" or "waiting"), "the scan ends");
        return (await grain.GetAsync(started.Id))!;
    }

    private static Task NameAsync(TestHub hub, TestShop shop, string externalId, string name) => Eventually.HoldsAsync(
        async () => await hub.FindAsync(shop, externalId) is { } id && (await hub.SnapshotAsync(id)).Product.Value(new RegisterKey(Fields.Name))?.Text == name,
        $"{externalId} is called {name}");
}
