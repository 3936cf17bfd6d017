using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

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
        Assert.Superset(
            new HashSet<string> { "RemoteProductGrain → IProductGrain", "RemoteProductGrain → ISkuGrain", "StoreGrain → IPushWorkerGrain", "PushWorkerGrain → IProductGrain" },
            hub.Arrows.Seen.Keys.ToHashSet());
    }

    [Fact]
    public async Task Push_ValueThatTheShopChangesInAnUnknownWay_IsCountedByKindAndField()
    {
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "actorsync.product.unexplained_renditions")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Enqueue(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        b.Oddity = (field, value) => field == Fields.Name ? new FieldValue(value.Text + "!") : value;

        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", price: 12.5m));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await Eventually.HoldsAsync(() => !counted.IsEmpty, "the odd name is counted");
        await SettledAsync(hub);

        Assert.Equal(["kind=test field=name"], counted);
        Assert.Equal(("Mug", "Mug!"), (a["a1"].Fields[Fields.Name].Text, b.Products[0].Fields[Fields.Name].Text));
    }

    [Fact]
    public async Task Sale_InOneShop_LowersTheOtherAndRaisesNone()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.SetPolicyAsync(TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin, StockSeed = new ChannelId("a") });
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", quantity: 10));
        await Eventually.HoldsAsync(() => b.Products.Length == 1 && b.Quantity("b1") == 10, "b gets the count of a");
        await SettledAsync(hub);

        await hub.ObserveAsync(b, b.Sell("b1", 3));
        await Eventually.HoldsAsync(() => a.Quantity("a1") == 7, "a is lowered");
        await SettledAsync(hub);
        await hub.ObserveAsync(a, a["a1"]);
        await hub.ObserveAsync(b, b["b1"]);
        await SettledAsync(hub);

        Assert.Equal((7m, 7m), (a.Quantity("a1"), b.Quantity("b1")));
    }

    [Fact]
    public async Task Push_PriceFallsBelowAFifth_IsHeldUntilAPersonLetsItGo()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", price: 100));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;

        await hub.ObserveAsync(a, a.EditVariant("a1", Fields.Price, "1"));
        var held = await LinkAsync(hub, id, "b");
        Assert.Contains("from 100 to 1", held.HeldByGuard);
        Assert.Equal("ERROR", (await hub.SnapshotAsync(id)).SyncStatus);
        Assert.Equal(0, (await hub.Queries.CountLinksAsync(new ChannelId("b"), TestContext.Current.CancellationToken)).Dirty);
        Assert.Equal(BeginPushStatus.Nothing, (await hub.Product(id).BeginPushAsync(new ChannelId("b"), "held/p")).Status);

        await hub.Product(id).ReleaseGuardAsync(new ChannelId("b"), "anna");
        await Eventually.HoldsAsync(() => b["b1"].Variants[0].Fields[Fields.Price].Text == "1", "the price reaches b");
        await SettledAsync(hub);

        Assert.Null((await LinkAsync(hub, id, "b")).HeldByGuard);
        Assert.Equal("SYNCED", (await hub.SnapshotAsync(id)).SyncStatus);
    }

    [Fact]
    public async Task Push_AnswerLostWithItsWorker_IsReadAfterTheLeaseAndNotRepeated()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        var pushes = b.Pushes;
        b.LoseNextAnswer = true;

        await hub.ObserveAsync(a, a.Edit("a1", Fields.Name, "Big mug"));
        await Eventually.HoldsAsync(() => b.Pushes == pushes + 1, "the push leaves");
        await Eventually.HoldsAsync(async () => (await LinkAsync(hub, id, "b")).Flight is null, "the lease of the lost push runs out", TimeSpan.FromSeconds(60));
        await SettledAsync(hub);

        Assert.Equal(("Big mug", pushes + 1), (b["b1"].Fields[Fields.Name].Text, b.Pushes));
        Assert.Equal("SYNCED", (await hub.SnapshotAsync(id)).SyncStatus);
    }

    [Fact]
    public async Task Attempts_OfAPush_AreRecordedWithTheirFields()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;

        await hub.Product(id).EditAsync(Edits.Of(Fields.Name, "Big mug"));
        await Eventually.HoldsAsync(() => b["b1"].Fields[Fields.Name].Text == "Big mug" && a["a1"].Fields[Fields.Name].Text == "Big mug", "both shops get the name");
        await SettledAsync(hub);

        var attempts = await hub.Queries.AttemptsAsync(id, 10, TestContext.Current.CancellationToken);
        Assert.Equal(3, attempts.Length);
        Assert.All(attempts, attempt => Assert.Equal(("push_to_testshop", "completed"), (attempt.Operation, attempt.Status)));
        Assert.Equal(2, attempts.Count(attempt => attempt.Fields is [Fields.Name]));
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
        var tenant = hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value);
        var settings = await tenant.PatchChannelAsync(channel, new ChannelPatch { Mode = ChannelMode.Live, Paused = true });
        await hub.Product(id).RefreshAsync(settings!.Version);
        Assert.Equal(BeginPushStatus.Later, (await hub.Product(id).BeginPushAsync(channel, "paused/p")).Status);
        hub.Kind.Shops["b"].Fault = new Abstractions.Channels.ChannelFault { Kind = Abstractions.Channels.ChannelFaultKind.Transient, Code = "503", Message = "Down." };
        settings = await tenant.PatchChannelAsync(channel, new ChannelPatch { Paused = false });
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

    [Fact]
    public async Task Refresh_ChannelGoesLiveAndCreatesWhatItLacks_ProductsArriveThere()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b", ChannelMode.Observe, CreateMissing.None);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await hub.ObserveAsync(a, a.Add("Cup", "CUP-1"));
        var ids = await hub.AllAsync();
        Assert.Equal(LinkStatus.Excluded, (await LinkAsync(hub, ids[0], "b")).Status);

        var settings = await hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value)
            .PatchChannelAsync(new ChannelId("b"), new ChannelPatch { Mode = ChannelMode.Live, CreateMissing = CreateMissing.All });
        await Task.WhenAll(ids.Select(id => hub.Product(id).RefreshAsync(settings!.Version)));

        await Eventually.HoldsAsync(() => b.Products.Length == 2, "both are created in b");
        await SettledAsync(hub);
        Assert.Equal(["CUP-1", "MUG-1"], b.Products.Select(product => product.Variants[0].Fields[Fields.Sku].Text).Order());
    }

    [Fact]
    public async Task Plans_ShowWhatWouldBeSentAndChangeNothing()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the mug is created in b");
        await SettledAsync(hub);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        var tenant = hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value);
        var settings = await tenant.PatchChannelAsync(new ChannelId("b"), new ChannelPatch { Paused = true });
        await hub.Product(id).RefreshAsync(settings!.Version);
        await hub.Grains.GetGrain<Abstractions.Stores.IStoreGrain>("b").WakeAsync();
        await hub.ObserveAsync(a, a.Edit("a1", Fields.Name, "Big mug"));
        var before = await hub.SnapshotAsync(id);

        var plans = await hub.Product(id).PlansAsync();

        Assert.Empty(plans.Single(plan => plan.Channel.Value == "a").Delta);
        var planned = Assert.Single(plans.Single(plan => plan.Channel.Value == "b").Delta);
        Assert.Equal((new RegisterKey(Fields.Name), "Big mug", "Mug"), (planned.Key, planned.Target.Text, planned.Held?.Text));
        var after = await hub.SnapshotAsync(id);
        Assert.Equal(before.Product.Version, after.Product.Version);
        Assert.Equal(before.Links.Select(link => link.Version), after.Links.Select(link => link.Version));
        Assert.Equal("Mug", b["b1"].Fields[Fields.Name].Text);
    }

    [Fact]
    public async Task Read_ThatNobodyMade_IsMadeByTheStore()
    {
        await using var hub = await TestHub.StartAsync();
        var a = await hub.ConnectAsync("a");
        var body = a.Add("Mug", "MUG-1");
        await hub.ObserveAsync(a, body);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        a.Remove("a1");

        // The silo that should have read dies with its wish: only the committed mark is left.
        var reply = await hub.ObserveAsync(a, TestHub.Seen(a, new ObservedProduct { ExternalId = "a1", Version = body.Version, Deleted = true }, ObservationSource.Webhook));

        Assert.True(reply.WantsRead);
        Assert.Equal(LinkStatus.DeleteHeard, (await LinkAsync(hub, id, "a")).Status);
        await Eventually.HoldsAsync(async () => (await LinkAsync(hub, id, "a")).Status == LinkStatus.Deleted, "the delete is confirmed by a read", TimeSpan.FromSeconds(40));
        await SettledAsync(hub);
        Assert.Empty(a.Products);
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
