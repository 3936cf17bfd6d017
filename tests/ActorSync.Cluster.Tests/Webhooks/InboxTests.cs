using System.Collections.Immutable;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Cluster.Tests.Products;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Grains.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Webhooks;

public sealed class InboxTests
{
    [Fact]
    public async Task Deliver_DuplicatesAndShuffles_HubHoldsTheLastValueOfEach()
    {
        const int products = 25;
        const int edits = 6;
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var deliveries = new List<(string Key, ObservedProduct Body)>();
        var started = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600;
        for (var i = 0; i < products; i++)
        {
            var body = a.Add($"Product {i}", $"SKU-{i}");
            for (var edit = 0; edit < edits; edit++)
            {
                body = body with { Version = new Stamp(started + (60 * edit)), Fields = body.Fields.SetItem(Fields.Name, new FieldValue($"Product {i}, edit {edit}")) };
                deliveries.Add(($"{i}-{edit}", body));
                deliveries.Add(($"{i}-{edit}", body));
                deliveries.Add(($"{i}-{edit}-again", body));
            }
        }

        // A shuffle that is the same in every run.
        var shuffled = deliveries.OrderBy(delivery => new FieldValue(delivery.Key).Hash).ToList();
        var results = await Task.WhenAll(shuffled.Select(delivery => hub.DeliverAsync(a, delivery.Body, delivery.Key)));

        Assert.Equal(products * edits, results.Count(result => result == AppendResult.Duplicate));
        await NothingWaitsAsync(hub);
        Assert.Equal(products, (await hub.AllAsync()).Length);
        for (var i = 0; i < products; i++)
        {
            var id = (await hub.FindAsync(a, $"a{i + 1}"))!.Value;
            Assert.Equal($"Product {i}, edit {edits - 1}", (await hub.SnapshotAsync(id)).Product.Name());
        }
    }

    [Fact]
    public async Task Deliver_BodyThatCannotBeRead_IsListedAsFailedAndOthersPass()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        hub.Kind.Poison = "a1";
        var poison = a.Add("Poison", "P-1");

        await hub.DeliverAsync(a, poison);
        for (var i = 0; i < 20; i++)
        {
            await hub.DeliverAsync(a, a.Add($"Fine {i}", $"FINE-{i}"));
        }

        await NothingWaitsAsync(hub);
        Assert.Equal(20, (await hub.AllAsync()).Length);
        var failed = (await EventsAsync(hub)).Single(row => row.State == "failed");
        Assert.Equal(("product/a1", IInboxStore.MaxAttempts), (failed.Resource, failed.Attempts));
    }

    [Fact]
    public async Task Deliver_InventoryOfAKnownVariant_ReachesItsProductAndUnknownIsIgnored()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1", quantity: 7));
        var id = (await hub.FindAsync(a, "a1"))!.Value;

        a.Sell("a1", 2);
        await hub.DeliverAsync(a, Level("a1-i1", 5), resource: "inventory/a1-i1");
        await hub.DeliverAsync(a, Level("nobody", 5), resource: "inventory/nobody");
        await NothingWaitsAsync(hub);

        var held = (await FlowTests.LinkAsync(hub, id, "a")).Registers[new RegisterKey(Fields.Available, new VariantId(1), ObservedStock.WholeChannel)];
        Assert.Equal("5", held.Last!.Value.Text);
        Assert.Contains(await EventsAsync(hub), row => row is { Resource: "inventory/nobody", Outcome: "ignored: unknown resource" });
    }

    [Fact]
    public async Task Deliver_BareHint_IsReadAndHandledByTheReadsCommit()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var body = a.Add("Mug", "MUG-1");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => hub.DeliverAsync(a, body, $"hint-{i}", hint: true)));
        await NothingWaitsAsync(hub);

        Assert.Equal("Mug", (await hub.SnapshotAsync(Assert.Single(await hub.AllAsync()))).Product.Name());
        Assert.InRange(a.Reads, 1, 19);
    }

    [Fact]
    public async Task Deliver_HintWhileTheChannelIsDown_WaitsWithoutSpendingItsTries()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var body = a.Add("Mug", "MUG-1");
        a.Fault = new Abstractions.Channels.ChannelFault { Kind = Abstractions.Channels.ChannelFaultKind.Transient, Code = "503", Message = "Down for the test." };

        await hub.DeliverAsync(a, body, hint: true);
        await Eventually.HoldsAsync(() => a.Reads >= IInboxStore.MaxAttempts + 2, "the hint is read again by lease");
        Assert.Equal(("waiting", 0), (await EventsAsync(hub)).Select(row => (row.State, row.Attempts)).Single());
        a.Fault = null;

        await NothingWaitsAsync(hub);
        Assert.Single(await hub.AllAsync());
    }

    [Fact]
    public async Task Deliver_DeleteOfAProduct_IsConfirmedByARead()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var body = a.Add("Mug", "MUG-1");
        await hub.ObserveAsync(a, body);
        var id = (await hub.FindAsync(a, "a1"))!.Value;
        a.Remove("a1");

        await hub.DeliverAsync(a, new ObservedProduct { ExternalId = "a1", Version = body.Version, Deleted = true });
        await hub.DeliverAsync(a, new ObservedProduct { ExternalId = "never-seen", Version = body.Version, Deleted = true });

        await Eventually.HoldsAsync(async () => (await FlowTests.LinkAsync(hub, id, "a")).Status == LinkStatus.Deleted, "the delete is confirmed");
        await NothingWaitsAsync(hub);
        Assert.Equal(ProductLife.Active, (await hub.SnapshotAsync(id)).Product.Life);
        Assert.Single(await hub.AllAsync());
    }

    [Fact]
    public async Task Lease_HolderNeverCameBack_RowsAreHandledWhenItRunsOut()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var partition = InboxPartition.Of(new ChannelId("a"), "product/a1");
        var body = a.Add("Mug", "MUG-1");
        await hub.Inbox.AppendAsync(
            new InboxEntry
            {
                Tenant = TestHub.Tenant,
                Channel = new ChannelId("a"),
                EventKey = "e1",
                Topic = "product/update",
                Resource = "product/a1",
                Partition = partition,
                Headers = ImmutableDictionary<string, string>.Empty,
                Body = hub.Kind.Write(body),
                ReceivedAt = DateTimeOffset.UtcNow,
            },
            TestContext.Current.CancellationToken);
        var now = DateTimeOffset.UtcNow;
        var leased = await hub.Inbox.LeaseAsync(partition, "a silo that dies", 1, now, now.AddSeconds(2), 10, TestContext.Current.CancellationToken);
        Assert.Single(leased);

        await hub.Grains.GetGrain<IInboxGrain>(partition).EnsureAsync();
        await NothingWaitsAsync(hub);

        Assert.True(DateTimeOffset.UtcNow >= now.AddSeconds(2));
        Assert.Single(await hub.AllAsync());
    }

    [Fact]
    public async Task Kill_SiloWhileDeliveriesAreUnderWay_NoneIsLost()
    {
        const int products = 120;
        await using var hub = await TestHub.StartAsync(silos: 2, configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var victim = hub.Cluster.Silos[1];

        for (var i = 0; i < products; i++)
        {
            await hub.DeliverAsync(a, a.Add($"Product {i}", $"SKU-{i}"));
            if (i == products / 2)
            {
                await hub.Cluster.KillSiloAsync(victim, TestContext.Current.CancellationToken);
            }
        }

        await Eventually.HoldsAsync(
            async () =>
            {
                // Wake-ups are hints; those sent to the dead silo are lost like in life, and reminders take a minute.
                await Task.WhenAll(Enumerable.Range(0, IInboxStore.Partitions).Select(i => hub.Grains.GetGrain<IInboxGrain>(i).WakeAsync()));
                return (await EventsAsync(hub)).All(row => row.State != "waiting");
            },
            "all deliveries are handled",
            TimeSpan.FromSeconds(90));
        Assert.Equal(products, (await hub.AllAsync()).Length);
        Assert.DoesNotContain(await EventsAsync(hub), row => row.State == "failed");
    }

    [Fact]
    public void Partition_OfManyResources_IsStableAndSpread()
    {
        var channel = new ChannelId("shop");
        var counts = Enumerable.Range(0, 16_000).GroupBy(i => InboxPartition.Of(channel, $"product/{i}")).ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal(IInboxStore.Partitions, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 800, 1200));
        // Rows that are stored must be found again by a later version.
        Assert.Equal(InboxPartition.Of(new ChannelId("shop"), "product/1"), InboxPartition.Of(new ChannelId("shop"), "product/1"));
    }

    [Theory]
    [InlineData(0, 250, 200, "ActorSync:Inbox:Lease is 00:00:00 but must lie between 00:00:01 and 00:05:00.")]
    [InlineData(15, 99, 200, "ActorSync:Inbox:Look is 00:00:00.0990000 but must lie between 00:00:00.1000000 and 00:01:00.")]
    [InlineData(15, 100, 1001, "ActorSync:Inbox:BatchSize is 1001 but must lie between 1 and 1000.")]
    [InlineData(1, 100, 1000, null)]
    public void Options_AtTheirEdges_AreAcceptedOrNamed(int leaseSeconds, int lookMilliseconds, int batchSize, string? problem)
    {
        var result = new InboxOptionsValidator().Validate(null, new InboxOptions
        {
            Lease = TimeSpan.FromSeconds(leaseSeconds),
            Look = TimeSpan.FromMilliseconds(lookMilliseconds),
            BatchSize = batchSize,
        });

        Assert.Equal(problem is null ? [] : [problem], result.Failures ?? []);
    }

    private static ObservedProduct Level(string item, decimal quantity)
    {
        var now = Stamp.At(DateTimeOffset.UtcNow.AddSeconds(1));
        return new ObservedProduct
        {
            ExternalId = "",
            Version = now,
            Variants =
            [
                new ObservedVariant
                {
                    ExternalId = "",
                    StockItemId = item,
                    Stock = [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = quantity, Version = now }],
                },
            ],
        };
    }

    private static void Quick(IServiceCollection services) => services.Configure<InboxOptions>(options =>
    {
        options.Lease = TimeSpan.FromSeconds(1);
        options.Look = TimeSpan.FromMilliseconds(250);
        options.RetryAfter = TimeSpan.FromMilliseconds(20);
    });

    private static async Task<ImmutableArray<WebhookEventItem>> EventsAsync(TestHub hub) =>
        (await hub.Queries.EventsAsync(TestHub.Tenant, null, null, 500, CancellationToken.None)).Items;

    private static Task NothingWaitsAsync(TestHub hub) =>
        Eventually.HoldsAsync(async () => (await EventsAsync(hub)).All(row => row.State != "waiting"), "all deliveries are handled");
}
