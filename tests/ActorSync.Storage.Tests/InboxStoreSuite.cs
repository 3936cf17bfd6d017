namespace ActorSync.Storage.Tests;

public sealed class SqliteInboxStoreTests(SqliteDatabases databases) : InboxStoreSuite(databases);

public sealed class PostgresInboxStoreTests(PostgresDatabases databases) : InboxStoreSuite(databases);

/// <summary>What the inbox does, over either dialect.</summary>
public abstract class InboxStoreSuite(IDatabases databases)
{
    private static readonly DateTimeOffset Until = Make.Start.AddSeconds(15);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_SameEventThrice_IsStoredOnceAndCounted()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.Inbox.AppendAsync(Make.Event("e1"), Token)));

        Assert.Equal([AppendResult.Stored, AppendResult.Duplicate, AppendResult.Duplicate], results.Order());
        var page = await host.Queries.EventsAsync(Make.Tenant, null, null, 50, Token);
        Assert.Equal(2, Assert.Single(page.Items).Duplicates);
        var row = Assert.Single(await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 10, Token));
        Assert.Equal("e1", row.Entry.EventKey);
        Assert.Equal([1, 2, 3], row.Entry.Body.ToArray());
        Assert.Equal(TimeSpan.FromSeconds(-3), row.Entry.ClockOffset);
        Assert.Equal("products/update", row.Entry.Headers["x-topic"]);
        Assert.Equal(Make.Start, row.Entry.ReceivedAt);
    }

    [Fact]
    public async Task Append_WithAKeyThatCannotBeStored_IsRefusedAlone()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var good = host.Inbox.AppendAsync(Make.Event("good"), Token);

        await Assert.ThrowsAsync<ArgumentException>(() => host.Inbox.AppendAsync(Make.Event("bad\0"), Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.Inbox.AppendAsync(Make.Event("far", partition: IInboxStore.Partitions), Token));
        Assert.Equal(AppendResult.Stored, await good);
    }

    [Fact]
    public async Task Lease_WhileLeased_IsNotGivenTwiceAndComesBackWhenItRanOut()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        for (var i = 0; i < 5; i++)
        {
            await host.Inbox.AppendAsync(Make.Event($"e{i}", $"product/{i}"), Token);
        }

        var first = await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 3, Token);
        var second = await host.Inbox.LeaseAsync(3, "b", 2, Make.Start, Until, 10, Token);
        var third = await host.Inbox.LeaseAsync(3, "c", 3, Until, Until.AddSeconds(15), 10, Token);

        Assert.Equal(["e0", "e1", "e2"], first.Select(row => row.Entry.EventKey));
        Assert.Equal(["e3", "e4"], second.Select(row => row.Entry.EventKey));
        Assert.Equal(["e0", "e1", "e2", "e3", "e4"], third.Select(row => row.Entry.EventKey));
        Assert.Empty(await host.Inbox.LeaseAsync(4, "a", 4, Until, Until.AddSeconds(15), 10, Token));
    }

    [Fact]
    public async Task Lease_OlderRowOfTheResourceIsLeasedElsewhere_IsPassedOver()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("old", "product/1"), Token);
        await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 10, Token);
        await host.Inbox.AppendAsync(Make.Event("new", "product/1"), Token);
        await host.Inbox.AppendAsync(Make.Event("other", "product/2"), Token);

        var elsewhere = await host.Inbox.LeaseAsync(3, "b", 2, Make.Start, Until, 10, Token);
        var same = await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 10, Token);

        Assert.Equal(["other"], elsewhere.Select(row => row.Entry.EventKey));
        Assert.Equal(["new"], same.Select(row => row.Entry.EventKey));
    }

    [Fact]
    public async Task Release_WithAnOldToken_ChangesNothing()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("e1"), Token);
        var old = Assert.Single(await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 10, Token));
        await host.Inbox.LeaseAsync(3, "b", 2, Until, Until.AddSeconds(15), 10, Token);

        await host.Inbox.ReleaseAsync([old.Id], token: 1, Until, "late", Token);

        Assert.Empty(await host.Inbox.LeaseAsync(3, "c", 3, Until.AddSeconds(1), Until.AddSeconds(15), 10, Token));
    }

    [Fact]
    public async Task Release_TooOften_FailsTheRowAndReplayBringsItBack()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("e1"), Token);
        var now = Make.Start;
        var id = 0L;
        for (var i = 0; i < IInboxStore.MaxAttempts; i++)
        {
            var row = Assert.Single(await host.Inbox.LeaseAsync(3, "a", i, now, now.AddSeconds(15), 10, Token));
            Assert.Equal(i, row.Attempts);
            id = row.Id;
            await host.Inbox.ReleaseAsync([id], i, now.AddSeconds(5), "boom", Token);
            Assert.Empty(await host.Inbox.LeaseAsync(3, "a", i, now.AddSeconds(4), now.AddSeconds(15), 10, Token));
            now = now.AddSeconds(5);
        }

        Assert.Empty(await host.Inbox.LeaseAsync(3, "a", 9, now.AddDays(1), now.AddDays(2), 10, Token));
        Assert.Equal("failed", Assert.Single((await host.Queries.EventsAsync(Make.Tenant, Make.Shop, null, 50, Token)).Items).State);
        Assert.True(await host.Inbox.ReplayAsync(id, now, Token));
        Assert.Equal(0, Assert.Single(await host.Inbox.LeaseAsync(3, "a", 10, now, now.AddSeconds(15), 10, Token)).Attempts);
    }

    [Fact]
    public async Task Ack_InACommit_HandlesTheRowWithTheProduct()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Inbox.AppendAsync(Make.Event("e1"), Token);
        await host.Inbox.AppendAsync(Make.Event("e2", "product/2"), Token);
        var rows = await host.Inbox.LeaseAsync(3, "a", 1, Make.Start, Until, 10, Token);
        var stale = Make.Insert(Make.Id(2)) with { Product = Make.Product(Make.Id(2), version: 4), Inbox = [new InboxAck { Id = rows[1].Id, Outcome = "changed" }] };

        await host.Products.CommitAsync(Make.Insert(Make.Id(1)) with { Inbox = [new InboxAck { Id = rows[0].Id, Outcome = "changed" }] }, Token);
        var refused = await host.Products.CommitAsync(stale, Token);
        await host.Inbox.AckAsync([new InboxAck { Id = 12345, Outcome = "ignored" }], Make.Start, Token);

        Assert.Equal(CommitStatus.Stale, refused.Status);
        var left = await host.Inbox.LeaseAsync(3, "b", 2, Until, Until.AddSeconds(15), 10, Token);
        Assert.Equal(["e2"], left.Select(row => row.Entry.EventKey));
        await host.Inbox.AckAsync([.. left.Select(row => new InboxAck { Id = row.Id, Outcome = "ignored: a reason" })], Make.Start, Token);
        Assert.Empty(await host.Inbox.LeaseAsync(3, "c", 3, Until.AddDays(1), Until.AddDays(2), 10, Token));
        var counts = await host.Queries.CountEventsAsync(Make.Tenant, Make.Start, Token);
        Assert.Equal(["changed 1", "ignored 1"], counts.Select(count => $"{count.Outcome} {count.Count}"));
    }
}
