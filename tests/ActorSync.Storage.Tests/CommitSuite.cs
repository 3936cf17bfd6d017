namespace ActorSync.Storage.Tests;

public sealed class SqliteCommitTests(SqliteDatabases databases) : CommitSuite(databases);

public sealed class PostgresCommitTests(PostgresDatabases databases) : CommitSuite(databases);

/// <summary>Groups in which something goes wrong, over either dialect.</summary>
public abstract class CommitSuite(IDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PoisonRows_AmongOthers_FailAlone()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var commits = Enumerable.Range(0, 60).Select(i => Make.Insert(Make.Id(i), $"SKU-{i}", Make.Write(Make.Link(Make.Shop, $"{i}")))).ToArray();
        foreach (var poison in new[] { 7, 8, 40 })
        {
            commits[poison] = commits[poison] with { Index = commits[poison].Index! with { Status = "sold out" } };
        }

        var results = await Task.WhenAll(commits.Select(commit => host.Products.CommitAsync(commit, Token)));

        for (var i = 0; i < results.Length; i++)
        {
            var isPoison = i is 7 or 8 or 40;
            Assert.Equal(isPoison ? CommitStatus.Refused : CommitStatus.Committed, results[i].Status);
            Assert.Equal(isPoison, await host.Products.LoadAsync(Make.Id(i), Token) is null);
        }

        Assert.Contains("ck_product_status", results[7].Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SkuTaken_ByAnotherProduct_NamesTheOwner()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "SAME"), Token);

        var results = await Task.WhenAll(host.Products.CommitAsync(Make.Insert(Make.Id(2), "same"), Token), host.Products.CommitAsync(Make.Insert(Make.Id(3), "OTHER"), Token));

        Assert.Equal(new CommitResult { Status = CommitStatus.SkuTaken, Key = "same", Owner = Make.Id(1) }, results[0]);
        Assert.Equal(CommitStatus.Committed, results[1].Status);
        Assert.Null(await host.Products.LoadAsync(Make.Id(2), Token));
    }

    [Fact]
    public async Task SkuAnnouncedByManyAtOnce_MakesOneProduct()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());

        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => host.Products.CommitAsync(Make.Insert(Make.Id(i), "SAME"), Token)));

        Assert.Single(results, result => result.Status == CommitStatus.Committed);
        var owner = Assert.Single(await host.Products.FindBySkuAsync(Make.Tenant, ["same"], Token)).Value;
        Assert.All(results.Where(result => result.Status != CommitStatus.Committed), result =>
        {
            // Two writers of PostgreSQL may refuse one before the owner's transaction is visible; it is then told to decide anew.
            Assert.True(result.Status is CommitStatus.SkuTaken or CommitStatus.Stale, result.ToString());
            Assert.True(result.Status == CommitStatus.Stale || result.Owner == owner);
        });
        Assert.Single(await host.Products.ListIdsAsync(Make.Tenant, null, 100, Token));
    }

    [Fact]
    public async Task LinkTaken_OnInsertAndOnUpdate_NamesTheOwner()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop, "77"))), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(2), "B", Make.Write(Make.Link(Make.Shop, status: LinkStatus.Missing))), Token);

        var inserted = await host.Products.CommitAsync(Make.Insert(Make.Id(3), "C", Make.Write(Make.Link(Make.Shop, "77"))), Token);
        var updated = await host.Products.CommitAsync(LinkOnly(2, Make.Link(Make.Shop, "77", version: 1)), Token);
        var elsewhere = await host.Products.CommitAsync(Make.Insert(Make.Id(4), "D", Make.Write(Make.Link(Make.Woo, "77"))), Token);

        var taken = new CommitResult { Status = CommitStatus.LinkTaken, Key = "77", Owner = Make.Id(1) };
        Assert.Equal(taken, inserted with { Error = null });
        Assert.Equal(taken, updated with { Error = null });
        Assert.Equal(CommitStatus.Committed, elsewhere.Status);
        Assert.Null((await host.Products.LoadAsync(Make.Id(2), Token))!.Links[0].ExternalId);
    }

    [Fact]
    public async Task StaleLink_LeavesProductAndOtherLinksAlone()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop, "1")), Make.Write(Make.Link(Make.Woo, "1"))), Token);

        var result = await host.Products.CommitAsync(
            new ProductCommit
            {
                Tenant = Make.Tenant,
                Id = Make.Id(1),
                At = Make.Start,
                Product = Make.Product(Make.Id(1), version: 1),
                Index = Make.Index("A"),
                Links = [Make.Write(Make.Link(Make.Shop, "1", version: 1)), Make.Write(Make.Link(Make.Woo, "1", version: 9))],
            },
            Token);

        Assert.Equal(CommitStatus.Stale, result.Status);
        var stored = (await host.Products.LoadAsync(Make.Id(1), Token))!;
        Assert.Equal([1L, 1L, 1L], [stored.Product.Version, .. stored.Links.Select(link => link.Version)]);
    }

    [Fact]
    public async Task Marks_WithoutADocument_ChangeNoVersion()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token);

        var result = await host.Products.CommitAsync(new ProductCommit { Tenant = Make.Tenant, Id = Make.Id(1), At = Make.Start, Index = Make.Index("A", sync: "SYNCED") }, Token);

        Assert.Equal(CommitStatus.Committed, result.Status);
        Assert.Equal(1, (await host.Products.LoadAsync(Make.Id(1), Token))!.Product.Version);
        Assert.Equal(1, (await host.Queries.CountBySyncStatusAsync(Make.Tenant, Token)).Synced);
    }

    [Fact]
    public async Task Codes_ChangedThroughAnotherHost_AreWrittenAgain()
    {
        await using var first = await StorageHost.StartAsync(await databases.CreateAsync());
        await using var second = await StorageHost.StartAsync(first.Settings);
        await first.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token);
        await first.Products.CommitAsync(Update(1, version: 1, "A"), Token);

        // The first host still remembers "A" at version 2; the second one writes "B" as version 3.
        await second.Products.CommitAsync(Update(1, version: 2, "B"), Token);
        await first.Products.CommitAsync(Update(1, version: 3, "A"), Token);

        Assert.Equal(Make.Id(1), Assert.Single(await second.Products.FindBySkuAsync(Make.Tenant, ["a", "b"], Token)).Value);
        Assert.Equal(Make.Id(1), (await first.Products.FindBySkuAsync(Make.Tenant, ["a"], Token))["a"]);
        // A SKU that was let go may be taken by another product.
        Assert.Equal(CommitStatus.Committed, (await first.Products.CommitAsync(Make.Insert(Make.Id(2), "B"), Token)).Status);
    }

    [Fact]
    public async Task Resources_GoneFromTheLink_AreForgotten()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop, "1"))), Token);
        var link = Make.Link(Make.Shop, "1", version: 1) with { Variants = [new VariantLink { Variant = new VariantId(2), ExternalId = "new" }] };

        await host.Products.CommitAsync(LinkOnly(1, link), Token);

        Assert.Null(await host.Products.FindByResourceAsync(Make.Shop, "inventory/1-s", Token));
        Assert.Equal(new VariantId(2), (await host.Products.FindByResourceAsync(Make.Shop, "variation/new", Token))!.Variant);
    }

    [Fact]
    public async Task TwoVersionsOfOneProduct_QueuedAtOnce_AreBothWrittenInOrder()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var crowd = Enumerable.Range(100, 50).Select(i => host.Products.CommitAsync(Make.Insert(Make.Id(i)), Token));

        var results = await Task.WhenAll(
            [.. crowd, host.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token), host.Products.CommitAsync(Update(1, 1, "A"), Token), host.Products.CommitAsync(Update(1, 2, "A"), Token)]);

        Assert.All(results, result => Assert.Equal(CommitStatus.Committed, result.Status));
        Assert.Equal(3, (await host.Products.LoadAsync(Make.Id(1), Token))!.Product.Version);
    }

    [Fact]
    public async Task TenThousandWriters_AreAllAnsweredAndAllStored()
    {
        const int Writers = 10_000;
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());

        var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(
            i => Task.Run(() => host.Products.CommitAsync(Make.Insert(Make.Id(i), $"S-{i}", Make.Write(Make.Link(Make.Shop, $"{i}"), Lane.Price)), Token))));

        Assert.All(results, result => Assert.Equal(CommitStatus.Committed, result.Status));
        Assert.Equal(Writers, (await host.Queries.ListAsync(new ProductFilter { Tenant = Make.Tenant, Limit = 1, CountExact = true }, Token)).Total);
        Assert.Equal(Writers, (await host.Queries.CountLinksAsync(Make.Shop, Token)).Dirty);
    }

    [Fact]
    public async Task DocumentAboveTheBatchLimit_IsWrittenWithoutHarmToOthers()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync(), settings => settings["MaxBatchBytes"] = "65536");
        var large = Make.Insert(Make.Id(0), "BIG") with { Product = Make.Product(Make.Id(0), new string('x', 5 * 1024 * 1024)) };

        var results = await Task.WhenAll(
            [host.Products.CommitAsync(large, Token), .. Enumerable.Range(1, 30).Select(i => host.Products.CommitAsync(Make.Insert(Make.Id(i)), Token))]);

        Assert.All(results, result => Assert.Equal(CommitStatus.Committed, result.Status));
        Assert.Equal(5 * 1024 * 1024, (await host.Products.LoadAsync(Make.Id(0), Token))!.Product.Registers[new RegisterKey("name")].Claims[0].Value.Text!.Length);
    }

    [Fact]
    public async Task OddCharacters_InTexts_StopNothing_AndInKeysFailAlone()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        const string Odd = "half \ud83d and nul \0 here";
        var named = Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop, "1") with { LastError = Odd })) with
        {
            Product = Make.Product(Make.Id(1), Odd),
            Index = Make.Index("A", Odd) with { Vendor = Odd, Tags = [Odd] },
            Log = [Make.Log(Odd)],
        };
        var keyed = Make.Insert(Make.Id(2), "half \ud83d");

        var results = await Task.WhenAll(
            [host.Products.CommitAsync(named, Token), host.Products.CommitAsync(keyed, Token), .. Enumerable.Range(10, 20).Select(i => host.Products.CommitAsync(Make.Insert(Make.Id(i)), Token))]);

        Assert.Equal(CommitStatus.Committed, results[0].Status);
        Assert.All(results[2..], result => Assert.Equal(CommitStatus.Committed, result.Status));
        Assert.Contains("nul \0 here", (await host.Products.LoadAsync(Make.Id(1), Token))!.Product.Registers[new RegisterKey("name")].Claims[0].Value.Text, StringComparison.Ordinal);
        Assert.StartsWith("half", Assert.Single((await host.Queries.ListAsync(new ProductFilter { Tenant = Make.Tenant, Q = "and nul" }, Token)).Items).Name, StringComparison.Ordinal);
        Assert.Equal(CommitStatus.Refused, results[1].Status);
        Assert.Contains(@"half \ud83d", results[1].Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DuplicateLinkInOneCommit_IsTheCallersMistake()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var commit = Make.Insert(Make.Id(1), "A", Make.Write(Make.Link(Make.Shop)), Make.Write(Make.Link(Make.Shop)));

        await Assert.ThrowsAsync<ArgumentException>(() => host.Products.CommitAsync(commit, Token));
    }

    private static ProductCommit Update(int id, long version, string sku) => new()
    {
        Tenant = Make.Tenant,
        Id = Make.Id(id),
        At = Make.Start.AddSeconds(version),
        Product = Make.Product(Make.Id(id), version: version),
        Index = Make.Index(sku),
    };

    private static ProductCommit LinkOnly(int id, LinkState link) => new() { Tenant = Make.Tenant, Id = Make.Id(id), At = Make.Start, Links = [Make.Write(link)] };
}
