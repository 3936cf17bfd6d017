using ActorSync.Abstractions.Products;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Products;

/// <summary>From an observation in one shop to the push in the other, through every grain.</summary>
public sealed class FlowTests
{
    [Fact]
    public async Task Observe_NewProductAndLaterEdit_ReachTheOtherShopOnceEach()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");

        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", price: 12.5m));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        await hub.ObserveAsync(b, b.Products[0]);
        var created = (a.Pushes, b.Pushes);

        await hub.ObserveAsync(a, a.Edit("a1", Fields.Name, "Big mug"));
        await Eventually.HoldsAsync(() => b.Products[0].Fields[Fields.Name].Text == "Big mug", "the new name reaches b");
        await SettledAsync(hub);
        await hub.ObserveAsync(b, b.Products[0]);
        await SettledAsync(hub);

        Assert.Single(await hub.AllAsync());
        Assert.Equal((0, 1), created);
        Assert.Equal((0, 2), (a.Pushes, b.Pushes));
        var mug = b.Products[0];
        Assert.Equal(("MUG-1", "12.5"), (mug.Variants[0].Fields[Fields.Sku].Text, mug.Variants[0].Fields[Fields.Price].Text));
        Assert.Equal("SYNCED", (await hub.SnapshotAsync(new ProductId(mug.HubId!))).SyncStatus);
    }

    [Fact]
    public async Task Observe_OneShopEdited_OnlyTheOtherLinkIsWritten()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ConnectAsync("c", ChannelMode.Observe, CreateMissing.None);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        var before = (await hub.SnapshotAsync(id)).Links.ToDictionary(link => link.Channel.Value, link => link.Version);

        await hub.Product(id).EditAsync(Edits.Of("vendor", "not in any mask"));
        var after = (await hub.SnapshotAsync(id)).Links.ToDictionary(link => link.Channel.Value, link => link.Version);

        Assert.Equal(before, after);
        Assert.Equal(["a", "b", "c"], after.Keys.Order());
    }

    [Fact]
    public async Task Connect_InObserve_WritesNothingAndReportsWhatItWould()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.None);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", price: 10));
        await hub.ObserveAsync(a, a.Add("Cup", "CUP-1"));

        await hub.ObserveAsync(b, b.Add("Mug of b", "mug-1", price: 11));

        var counts = await hub.Queries.CountLinksAsync(new ChannelId("b"), TestContext.Current.CancellationToken);
        Assert.Equal(1, counts.Undecided);
        Assert.Equal(1, counts.ByStatus[LinkStatus.Excluded]);
        Assert.Equal(0, counts.Dirty);
        Assert.Equal((0, 0), (a.Pushes, b.Pushes));
        Assert.Equal(2, (await hub.AllAsync()).Length);
        Assert.Equal(10m, (await hub.SnapshotAsync((await hub.FindAsync(a, "a1"))!.Value)).Product.Price(new VariantId(1), "EUR"));
    }

    [Fact]
    public async Task Push_ChannelDown_StaysDirtyAndArrivesAsOnePushAfterwards()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        b.Fault = new Abstractions.Channels.ChannelFault { Kind = Abstractions.Channels.ChannelFaultKind.Transient, Code = "503", Message = "Down for the test." };

        for (var i = 0; i < 10; i++)
        {
            await hub.ObserveAsync(a, a.Edit("a1", Fields.Name, $"Mug {i}"));
        }

        await Eventually.HoldsAsync(async () => (await LinkAsync(hub, id, "b")).LastError is not null, "a push fails");
        Assert.Equal("PENDING", (await hub.SnapshotAsync(id)).SyncStatus);
        b.Fault = null;
        await hub.Product(id).RetryAsync([]);
        await Eventually.HoldsAsync(() => b.Products[0].Fields[Fields.Name].Text == "Mug 9", "the last name reaches b", TimeSpan.FromSeconds(60));
        await SettledAsync(hub);

        Assert.Equal("SYNCED", (await hub.SnapshotAsync(id)).SyncStatus);
    }

    [Fact]
    public async Task BeginPush_CalledTwice_OneCallIsOpenAndAForeignSettleChangesNothing()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.All);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        var channel = new ChannelId("b");
        Assert.Equal(BeginPushStatus.Nothing, (await hub.Product(id).BeginPushAsync(channel, "in-observe/p")).Status);

        // Paused: the store takes no batch, so that the test holds the pen.
        var tenant = hub.Grains.GetGrain<Abstractions.Tenants.ITenantGrain>(TestHub.Tenant.Value);
        var settings = await tenant.PatchChannelAsync(channel, new Abstractions.Tenants.ChannelPatch { Mode = ChannelMode.Live, Paused = true });
        await hub.Product(id).RefreshAsync(settings!.Version);
        Assert.Equal(BeginPushStatus.Later, (await hub.Product(id).BeginPushAsync(channel, "paused/p")).Status);
        hub.Kind.Shops["b"].Fault = new Abstractions.Channels.ChannelFault { Kind = Abstractions.Channels.ChannelFaultKind.Transient, Code = "503", Message = "Down." };
        settings = await tenant.PatchChannelAsync(channel, new Abstractions.Tenants.ChannelPatch { Paused = false });
        await hub.Product(id).RefreshAsync(settings!.Version);

        var begun = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => hub.Product(id).BeginPushAsync(channel, $"push{i}/p")));

        Assert.InRange(begun.Count(reply => reply.Status == BeginPushStatus.Push), 0, 1);
        var settled = await hub.Product(id).SettlePushAsync(channel, new PushOutcome
        {
            Product = id,
            PushId = "nobody's",
            Result = PushResult.Applied,
            SentAt = DateTimeOffset.UtcNow,
        });
        Assert.True(settled.StillDirty);
        Assert.Null((await LinkAsync(hub, id, "b")).ExternalId);
    }

    internal static async Task<LinkState> LinkAsync(TestHub hub, ProductId id, string channel) =>
        (await hub.SnapshotAsync(id)).Links.Single(link => link.Channel.Value == channel);

    /// <summary>No channel has a dirty link and no push is in the air.</summary>
    internal static Task SettledAsync(TestHub hub) => Eventually.HoldsAsync(
        async () =>
        {
            foreach (var channel in hub.Kind.Shops.Keys)
            {
                if ((await hub.Queries.CountLinksAsync(new ChannelId(channel), CancellationToken.None)).Dirty > 0)
                {
                    return false;
                }
            }

            return true;
        },
        "nothing is dirty");
}
