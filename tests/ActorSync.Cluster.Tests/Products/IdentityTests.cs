using ActorSync.Abstractions.Products;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Products;

public sealed class IdentityTests
{
    [Fact]
    public async Task Observe_TwoShopsAnnounceTheSameSkusAtOnce_OneProductEach()
    {
        const int count = 40;
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a", ChannelMode.Observe, CreateMissing.None);
        var b = await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.None);
        var bodies = Enumerable.Range(0, count).SelectMany(i => new[] { (a, a.Add("A", $"SKU-{i}")), (b, b.Add("B", $" sku-{i} ")) }).ToList();

        await Task.WhenAll(bodies.Select(pair => hub.ObserveAsync(pair.Item1, pair.Item2)));

        var products = await hub.AllAsync();
        Assert.Equal(count, products.Length);
        foreach (var product in products)
        {
            var links = (await hub.SnapshotAsync(product)).Links;
            Assert.All(links, link => Assert.Equal(LinkStatus.Linked, link.Status));
            Assert.Equal(2, links.Length);
        }
    }

    [Fact]
    public async Task Observe_ChannelThatAnotherSiloConnectedJustNow_IsNotIgnored()
    {
        const int count = 40;
        await using var hub = await TestHub.StartAsync(silos: 2);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe, CreateMissing.None);
        // Both silos have settings from just now, and ask for new ones only later.
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => hub.ObserveAsync(a, a.Add("A", $"SKU-{i}"))));
        var b = await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.None, isTold: false);

        await Task.WhenAll(Enumerable.Range(0, count).Select(i => hub.ObserveAsync(b, b.Add("B", $"SKU-{i}"))));

        var products = await hub.AllAsync();
        Assert.Equal(count, products.Length);
        foreach (var product in products)
        {
            Assert.Equal(2, (await hub.SnapshotAsync(product)).Links.Count(link => link.Status == LinkStatus.Linked));
        }
    }

    [Fact]
    public async Task Observe_SameRemoteProductManyTimesAtOnce_OneProduct()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var body = a.Add("Mug", sku: null);

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => hub.ObserveAsync(a, body)));

        Assert.All(replies, reply => Assert.Equal(ObserveStatus.Done, reply.Status));
        Assert.Single(await hub.AllAsync());
    }

    [Fact]
    public async Task Observe_OneSkuTwiceInOneShop_SecondIsListedAsAmbiguousAndPushedNowhere()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the first is created in b");

        await hub.ObserveAsync(a, a.Add("Copy of mug", "MUG-1"));
        await hub.ObserveAsync(a, a.Edit("a2", Fields.Name, "Copy, renamed"));

        await FlowTests.SettledAsync(hub);
        Assert.Equal(2, (await hub.AllAsync()).Length);
        var copy = (await hub.FindAsync(a, "a2"))!.Value;
        var link = await FlowTests.LinkAsync(hub, copy, "a");
        Assert.Equal(LinkStatus.Ambiguous, link.Status);
        Assert.Contains((await hub.FindAsync(a, "a1"))!.Value.Value, link.Reason);
        Assert.Equal("CONFLICT", (await hub.SnapshotAsync(copy)).SyncStatus);
        Assert.Single(b.Products);
        var listed = await hub.Queries.ListedLinksAsync(new ChannelId("a"), null, 10, TestContext.Current.CancellationToken);
        Assert.Equal(copy, Assert.Single(listed.Items).Product);
    }

    [Fact]
    public async Task Observe_VariantsBelongToDifferentProducts_IsAmbiguous()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var b = await hub.ConnectAsync("b", ChannelMode.Observe);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await hub.ObserveAsync(a, a.Add("Cup", "CUP-1"));
        var set = b.Add("Mug", "MUG-1");
        set = set with
        {
            Options = ["Kind"],
            Variants =
            [
                set.Variants[0] with { OptionValues = ["mug"] },
                set.Variants[0] with { ExternalId = "b1-v2", StockItemId = "b1-i2", OptionValues = ["cup"], Fields = set.Variants[0].Fields.SetItem(Fields.Sku, new FieldValue("CUP-1")) },
            ],
        };

        await hub.ObserveAsync(b, set);

        Assert.Equal(3, (await hub.AllAsync()).Length);
        Assert.Equal(LinkStatus.Ambiguous, (await FlowTests.LinkAsync(hub, (await hub.FindAsync(b, "b1"))!.Value, "b")).Status);
    }

    [Fact]
    public async Task Observe_LinkedProductTakesTheSkuOfAnother_BecomesAmbiguousUntilRetriedAfterRepair()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var mug = a.Add("Mug", "MUG-1");
        var other = a.Add("Other", "OTHER-0");
        await hub.ObserveAsync(a, mug);
        await hub.ObserveAsync(a, other);
        var id = (await hub.FindAsync(a, other.ExternalId))!.Value;

        await hub.ObserveAsync(a, a.EditVariant(other.ExternalId, Fields.Sku, "MUG-1"));
        Assert.Equal(LinkStatus.Ambiguous, (await FlowTests.LinkAsync(hub, id, "a")).Status);
        await hub.Product(id).RetryAsync([]);
        Assert.Equal(LinkStatus.Ambiguous, (await FlowTests.LinkAsync(hub, id, "a")).Status);

        var variant = (await hub.SnapshotAsync(id)).Product.Variants[0].Id;
        await hub.Product(id).EditAsync(new EditCommand
        {
            Edit = new HubEdit { Fields = [new FieldEdit { Key = new RegisterKey(Fields.Sku, variant), Value = new FieldValue("OTHER-1") }], Actor = "test", Force = true },
        });
        await hub.Product(id).RetryAsync([]);
        Assert.Equal(LinkStatus.Linked, (await FlowTests.LinkAsync(hub, id, "a")).Status);
    }

    [Fact]
    public async Task Observe_CreateWhoseAnswerWasLost_IsAdoptedByItsHubId()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.None);
        await hub.ObserveAsync(a, a.Add("Mug", sku: null));
        var id = (await hub.FindAsync(a, "a1"))!.Value;

        await hub.ObserveAsync(b, b.Add("Mug", sku: null) with { HubId = id.Value });

        Assert.Single(await hub.AllAsync());
        Assert.Equal("b1", (await FlowTests.LinkAsync(hub, id, "b")).ExternalId);
    }

    [Fact]
    public async Task Observe_CopyThatCarriesTheHubIdOfALinkedProduct_IsAProductOfItsOwn()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        var id = (await hub.FindAsync(a, "a1"))!.Value;

        await hub.ObserveAsync(a, a.Add("Copy", "MUG-2") with { HubId = id.Value });

        Assert.Equal(2, (await hub.AllAsync()).Length);
        Assert.Equal("a1", (await FlowTests.LinkAsync(hub, id, "a")).ExternalId);
        Assert.Equal(LinkStatus.Linked, (await FlowTests.LinkAsync(hub, (await hub.FindAsync(a, "a2"))!.Value, "a")).Status);
    }
}
