namespace ActorSync.Storage.Tests;

public sealed class SqliteQueriesTests(SqliteDatabases databases) : QueriesSuite(databases);

public sealed class PostgresQueriesTests(PostgresDatabases databases) : QueriesSuite(databases);

/// <summary>Read models, over either dialect.</summary>
public abstract class QueriesSuite(IDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unaccounted_IsListedOldestFirst_CountedToALimit_AndGoneWithItsMark()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        for (var i = 0; i < 4; i++)
        {
            DateTimeOffset? since = i == 3 ? null : Make.Start.AddHours(-i);
            await host.Products.CommitAsync(Make.Insert(Make.Id(i), $"SKU-{i}") with { Index = Make.Index($"SKU-{i}", $"Mug {i}") with { UnaccountedSince = since } }, Token);
        }

        var first = await host.Queries.UnaccountedAsync(Make.Tenant, Make.Start, null, 1, Token);
        var second = await host.Queries.UnaccountedAsync(Make.Tenant, Make.Start, first.NextCursor, 1, Token);
        Assert.Equal(("Mug 2", "Mug 1", null), (first.Items.Single().ProductName, second.Items.Single().ProductName, second.NextCursor));
        Assert.Equal((Make.Start.AddHours(-2), Make.Id(2)), (first.Items[0].Since, first.Items[0].State.Id));
        Assert.Equal(2, await host.Queries.CountUnaccountedAsync(Make.Tenant, Make.Start, 100, Token));
        Assert.Equal(1, await host.Queries.CountUnaccountedAsync(Make.Tenant, Make.Start, 1, Token));
        Assert.Equal(new UnaccountedCount(Make.Tenant, 3, Make.Start.AddHours(-2)), Assert.Single(await host.Queries.OldestUnaccountedAsync(Token)));

        // Without its document: what is overdue may change by the tenant's settings alone.
        await host.Products.CommitAsync(new ProductCommit { Tenant = Make.Tenant, Id = Make.Id(2), At = Make.Start, Index = Make.Index("SKU-2", "Mug 2") }, Token);
        Assert.Equal(1, await host.Queries.CountUnaccountedAsync(Make.Tenant, Make.Start, 100, Token));
    }

    private static ProductFilter All => new() { Tenant = Make.Tenant };

    [Theory]
    [InlineData("-updatedAt", "4,3,2,1,0")]
    [InlineData("updatedAt", "0,1,2,3,4")]
    [InlineData("name", "2,0,3,1,4")]
    [InlineData("-name", "4,1,3,0,2")]
    public async Task List_PageByPage_IsSortedWithoutGapsOrRepeats(string sort, string expected)
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        string[] names = ["Becher", "mug", "Ärmel".Replace("Ä", "A", StringComparison.Ordinal), "Kanne", "Österreich"];
        for (var i = 0; i < names.Length; i++)
        {
            await host.Products.CommitAsync(Make.Insert(Make.Id(i), $"SKU-{i}") with { Index = Make.Index($"SKU-{i}", names[i]), At = Make.Start.AddSeconds(i) }, Token);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await host.Queries.ListAsync(All with { Sort = sort, Limit = 2, Cursor = cursor, CountExact = true }, Token);
            Assert.Equal(5, page.Total);
            seen.AddRange(page.Items.Select(item => item.Id.Value.TrimStart('p').TrimStart('0').PadLeft(1, '0')));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(expected, string.Join(',', seen));
    }

    [Fact]
    public async Task Verified_OldestCheckAndWhatWasNotReadSince()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        DateTimeOffset?[] checks = [Make.Start, Make.Start.AddHours(1), null, Make.Start.AddHours(2)];
        for (var i = 0; i < checks.Length; i++)
        {
            var link = Make.Link(Make.Shop, $"{i}") with { VerifiedAt = checks[i] };
            await host.Products.CommitAsync(Make.Insert(Make.Id(i), $"SKU-{i}", Make.Write(link)), Token);
        }

        // Gone, missing there, and bound to another channel: none of this channel's business.
        await host.Products.CommitAsync(Make.Insert(Make.Id(7), "SKU-7", Make.Write(Make.Link(Make.Shop, "7", status: LinkStatus.Deleted))), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(8), "SKU-8", Make.Write(Make.Link(Make.Shop, status: LinkStatus.Missing))), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(9), "SKU-9", Make.Write(Make.Link(Make.Woo, "9"))), Token);

        var counts = await host.Queries.CountVerifiedAsync(Make.Shop, Token);
        var first = await host.Queries.ListUnverifiedAsync(Make.Shop, Make.Start.AddHours(2), null, 2, Token);
        var rest = await host.Queries.ListUnverifiedAsync(Make.Shop, Make.Start.AddHours(2), first[^1].Product, 2, Token);

        Assert.Equal((4, 3, Make.Start), (counts.Linked, counts.Verified, counts.OldestAt));
        Assert.Equal([new BoundProduct(Make.Id(0), "0"), new BoundProduct(Make.Id(1), "1")], first);
        Assert.Equal([new BoundProduct(Make.Id(2), "2")], rest);
        Assert.Equal(Make.Start.AddHours(1), (await host.Products.LoadAsync(Make.Id(1), Token))!.Links[0].VerifiedAt);
    }

    [Fact]
    public async Task LastHeard_NewestDeliveryPerResourceSinceThen()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("a", "product/1") with { ReceivedAt = Make.Start }, Token);
        await host.Inbox.AppendAsync(Make.Event("b", "product/1") with { ReceivedAt = Make.Start.AddMinutes(5) }, Token);
        await host.Inbox.AppendAsync(Make.Event("c", "product/2") with { ReceivedAt = Make.Start.AddMinutes(-5) }, Token);
        await host.Inbox.AppendAsync(Make.Event("d", "product/3") with { ReceivedAt = Make.Start.AddMinutes(5) }, Token);

        var heard = await host.Queries.LastHeardAsync(Make.Tenant, Make.Shop, ["product/1", "product/2", "inventory/1"], Make.Start, Token);

        Assert.Equal([KeyValuePair.Create("product/1", Make.Start.AddMinutes(5))], heard);
    }

    [Fact]
    public async Task List_EachFilter_FindsItsProduct()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var special = Make.Insert(Make.Id(1), "Blau-1", Make.Write(Make.Link(Make.Shop, "77"), Lane.Price)) with
        {
            At = Make.Start.AddHours(1),
            Index = new ProductIndex
            {
                Name = "Größe Ü-Becher",
                Status = "inactive",
                Vendor = "ACME",
                ProductType = "Cup",
                Tags = ["Sommer", "SALE!"],
                SyncStatus = "CONFLICT",
                HasConflict = true,
                Price = 19.9m,
                Available = 3.5m,
                Variants = [Make.Codes(1, "Blau-1"), Make.Codes(2, "Blau-2")],
            },
        };
        await host.Products.CommitAsync(special, Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(2), "Rot-1", Make.Write(Make.Link(Make.Woo, "9"))) with { Index = Make.Index("Rot-1") with { Available = 10m } }, Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(3)) with { Index = Make.Index() with { Status = "deleted", Variants = [] } }, Token);

        foreach (var filter in new[]
        {
            All with { Q = "größe ü" }, All with { Q = "BLAU-2" }, All with { Sku = "blau-2" }, All with { Status = "inactive" }, All with { Vendor = "ACME" },
            All with { ProductType = "Cup" }, All with { Tag = "sale!" }, All with { Channel = Make.Shop }, All with { SyncStatus = "CONFLICT" },
            All with { StockBelow = 4m }, All with { UpdatedSince = Make.Start.AddMinutes(1) },
        })
        {
            var page = await host.Queries.ListAsync(filter, Token);
            var item = Assert.Single(page.Items);
            Assert.Equal(Make.Id(1), item.Id);
            Assert.Equal(19.9m, item.Price);
            Assert.Equal(3.5m, item.Available);
            Assert.Equal(["Sommer", "SALE!"], item.Tags.ToArray());
            Assert.Equal(2, item.Variants);
            Assert.Equal("Blau-1", item.Sku);
            var mark = Assert.Single(item.Channels);
            Assert.True(mark.IsDirty);
            Assert.Equal("77", mark.ExternalId);
        }

        Assert.Equal([Make.Id(1), Make.Id(2)], (await host.Queries.ListAsync(All with { Sort = "updatedAt" }, Token)).Items.Select(item => item.Id).Order(Comparer<ProductId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
        Assert.Equal(Make.Id(3), Assert.Single((await host.Queries.ListAsync(All with { Status = "deleted" }, Token)).Items).Id);
        Assert.Empty((await host.Queries.ListAsync(All with { Tag = "sal" }, Token)).Items);
        Assert.Empty((await host.Queries.ListAsync(All with { Sku = "blau" }, Token)).Items);
        Assert.Empty((await host.Queries.ListAsync(new ProductFilter { Tenant = new TenantId("t2") }, Token)).Items);
        await Assert.ThrowsAsync<ArgumentException>(() => host.Queries.ListAsync(All with { Sort = "price" }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Queries.ListAsync(All with { Cursor = "!" }, Token));
    }

    [Fact]
    public async Task Counts_AfterCommits_TellTheWorld()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var undecided = Make.Write(Make.Link(Make.Shop, "1")) with { Undecided = ["name", "price"], PlanKind = "none" };
        var dirty = Make.Write(Make.Link(Make.Shop, "2") with { Attempts = 3 }, Lane.Stock);
        var ambiguous = Make.Write(Make.Link(Make.Shop, null, status: LinkStatus.Ambiguous) with { Reason = "two products have its SKU" }) with { PlanKind = "ambiguous" };
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A", undecided), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(2), "B", dirty) with { Index = Make.Index("B", sync: "ERROR") }, Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(3), "C", ambiguous) with { Index = Make.Index("C", sync: "SYNCED") }, Token);

        var sync = await host.Queries.CountBySyncStatusAsync(Make.Tenant, Token);
        Assert.Equal(new SyncCounts { Total = 3, Synced = 1, Pending = 1, Error = 1, LastSyncAt = Make.Start }, sync);
        var links = await host.Queries.CountLinksAsync(Make.Shop, Token);
        Assert.Equal(new DirtyCount(links.Dirty, links.OldestDirty), await host.Queries.CountDirtyAsync(Make.Shop, Token));
        Assert.Equal(2, links.ByStatus[LinkStatus.Linked]);
        Assert.Equal(1, links.ByStatus[LinkStatus.Ambiguous]);
        Assert.Equal(1, links.Dirty);
        Assert.Equal(Make.Start, links.OldestDirty);
        Assert.Equal(1, links.Undecided);
        Assert.Equal(1, links.Failing);
        Assert.Equal(1, links.UndecidedByField["price"]);
        Assert.Equal(1, links.PlannedByField["name"]);
        Assert.Equal(1, links.ByPlan["update"]);
        var listed = await host.Queries.ListedLinksAsync(Make.Shop, null, 1, Token);
        Assert.Equal(["name", "price"], Assert.Single(listed.Items).Undecided.ToArray());
        var next = Assert.Single((await host.Queries.ListedLinksAsync(Make.Shop, listed.NextCursor, 10, Token)).Items);
        Assert.Equal("two products have its SKU", next.Mark.Reason);
        Assert.Equal(new LinkCounts { ByPlan = [], ByStatus = [] }.Dirty, (await host.Queries.CountLinksAsync(new ChannelId("none"), Token)).Dirty);
        Assert.Null((await host.Queries.CountBySyncStatusAsync(new TenantId("none"), Token)).LastSyncAt);
    }

    [Fact]
    public async Task HistoryConflictsAttempts_Written_AreReadNewestFirst()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var id = Make.Id(1);
        await host.Products.CommitAsync(Make.Insert(id, "A"), Token);
        var row = new ConflictRow
        {
            Id = "c1",
            Key = new RegisterKey("tags", Part: "SALE!"),
            Winner = Origin.Hub,
            WinnerValue = FieldValue.Empty,
            Loser = Make.ShopOrigin,
            LoserValue = new FieldValue("x"),
            LoserSource = new Stamp(5),
            Rule = MergeRule.Newer,
            DetectedAt = Make.Start,
        };
        var attempt = new AttemptWrite { Id = "push-1", Channel = Make.Shop, Operation = "push_to_shopify", Status = "processing", Fields = ["name"], StartedAt = Make.Start };
        await host.Products.CommitAsync(
            new ProductCommit { Tenant = Make.Tenant, Id = id, At = Make.Start, Log = [Make.Log("pushed", LogAction.Pushed), Make.Log("conflict", LogAction.Conflict)], Conflicts = [row], Attempts = [attempt] }, Token);
        await host.Products.CommitAsync(
            new ProductCommit
            {
                Tenant = Make.Tenant,
                Id = id,
                At = Make.Start,
                Conflicts = [row with { State = ConflictState.Resolved, Resolution = "merge" }],
                Attempts = [attempt with { Status = "failed", Error = "503", EndedAt = Make.Start.AddSeconds(1), Fields = [] }],
            }, Token);

        var first = await host.Queries.HistoryAsync(id, null, 2, Token);
        Assert.Equal(["conflict", "pushed"], first.Items.Select(item => item.Entry.Detail));
        Assert.All(first.Items, item => Assert.Equal(1, item.Version));
        Assert.Equal("Mug", first.Items[0].ProductName);
        Assert.Equal("created p00001", Assert.Single((await host.Queries.HistoryAsync(id, first.NextCursor, 2, Token)).Items).Entry.Detail);
        Assert.Equal(["conflict", "created p00001"], (await host.Queries.RecentAsync(Make.Tenant, 10, Token)).Select(item => item.Entry.Detail));
        var conflict = Assert.Single((await host.Queries.ConflictsAsync(Make.Tenant, id, ConflictState.Resolved, null, 10, Token)).Items);
        Assert.Equal(row with { State = ConflictState.Resolved, Resolution = "merge" }, conflict.Row);
        Assert.Empty((await host.Queries.ConflictsAsync(Make.Tenant, null, ConflictState.Open, null, 10, Token)).Items);
        var stored = Assert.Single(await host.Queries.AttemptsAsync(id, 10, Token));
        Assert.Equal(("failed", "503", "name"), (stored.Status, stored.Error, Assert.Single(stored.Fields)));
        Assert.Equal(new AttemptCount { Operation = "push_to_shopify", Status = "failed", Count = 1 }, Assert.Single(await host.Queries.CountAttemptsAsync(Make.Tenant, Make.Start, Token)));
    }

    [Fact]
    public async Task ReadDirty_DueAndUrgentFirst_LeavesOutWhatIsCleanOrNotDue()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop, "1"), Lane.Content)), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(2), "B", Make.Write(Make.Link(Make.Shop, "2"), Lane.Stock)), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(3), "C", Make.Write(Make.Link(Make.Shop, "3"))), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(4), "D", Make.Write(Make.Link(Make.Shop, "4"), Lane.Stock, Make.Start.AddMinutes(1))), Token);

        Assert.Equal([2, 1], (await host.Products.ReadDirtyAsync(Make.Shop, Make.Start, 10, Token)).Select(link => int.Parse(link.Product.Value[1..])));
        Assert.Equal([2, 4, 1], (await host.Products.ReadDirtyAsync(Make.Shop, Make.Start.AddMinutes(1), 10, Token)).Select(link => int.Parse(link.Product.Value[1..])));
        Assert.Equal([Make.Id(3), Make.Id(4)], await host.Products.ListIdsAsync(Make.Tenant, Make.Id(2), 10, Token));
    }
}
