namespace ActorSync.Storage.Tests;

public sealed class SqliteProductStoreTests(SqliteDatabases databases) : ProductStoreSuite(databases);

public sealed class PostgresProductStoreTests(PostgresDatabases databases) : ProductStoreSuite(databases);

/// <summary>What a product store does, over either dialect.</summary>
public abstract class ProductStoreSuite(IDatabases databases)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_NewProduct_IsLoadedAsItWas()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var id = Make.Id(1);
        var commit = Make.Insert(id, "ABC-1", Make.Write(Make.Link(Make.Shop, "77"), Lane.Price));

        var result = await host.Products.CommitAsync(commit, Token);

        Assert.Equal(CommitStatus.Committed, result.Status);
        var loaded = await host.Products.LoadAsync(id, Token);
        Assert.NotNull(loaded);
        Assert.Equal(1, loaded.Product.Version);
        Assert.Equal(new FieldValue("Mug"), loaded.Product.Registers[new RegisterKey("name")].Claims[0].Value);
        Assert.Equal(new Stamp(1_700_000_000, 2), loaded.Product.Registers[new RegisterKey("name")].Claims[0].Source);
        var link = Assert.Single(loaded.Links);
        Assert.Equal(1, link.Version);
        Assert.Equal("77", link.ExternalId);
        Assert.Equal("77-s", link.Variants[0].StockItemId);
        Assert.Null(await host.Products.LoadAsync(Make.Id(2), Token));
    }

    [Fact]
    public async Task Find_BySkuGtinExternalIdResource_NamesTheOwner()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        var id = Make.Id(1);
        var commit = Make.Insert(id, "ABC-1", Make.Write(Make.Link(Make.Shop, "77")));
        commit = commit with { Index = commit.Index! with { Variants = [Make.Codes(1, "ABC-1", "4006381333931")] } };
        await host.Products.CommitAsync(commit, Token);

        var bySku = await host.Products.FindBySkuAsync(Make.Tenant, ["abc-1", "other"], Token);
        Assert.Equal(id, Assert.Single(bySku).Value);
        Assert.Equal([id], await host.Products.FindByGtinAsync(Make.Tenant, "4006381333931", Token));
        Assert.Equal(id, await host.Products.FindByExternalIdAsync(Make.Shop, "77", Token));
        Assert.Null(await host.Products.FindByExternalIdAsync(Make.Woo, "77", Token));
        foreach (var key in new[] { "variation/77-1", "inventory/77-s" })
        {
            var owner = await host.Products.FindByResourceAsync(Make.Shop, key, Token);
            Assert.Equal(new ResourceOwner { Product = id, ExternalId = "77", Variant = new VariantId(1), VariantExternalId = "77-1" }, owner);
        }

        Assert.Empty(await host.Products.FindBySkuAsync(new TenantId("t2"), ["abc-1"], Token));
    }

    [Fact]
    public async Task Commit_StaleVersion_FailsAloneAndWritesNothing()
    {
        await using var host = await StorageHost.StartAsync(await databases.CreateAsync());
        await host.Products.CommitAsync(Make.Insert(Make.Id(1), "A"), Token);
        await host.Products.CommitAsync(Make.Insert(Make.Id(2), "B"), Token);
        var stale = new ProductCommit { Tenant = Make.Tenant, Id = Make.Id(1), At = Make.Start, Product = Make.Product(Make.Id(1), "Stale", version: 7), Index = Make.Index("A"), Log = [Make.Log("stale line")] };
        var good = new ProductCommit { Tenant = Make.Tenant, Id = Make.Id(2), At = Make.Start, Product = Make.Product(Make.Id(2), "Good", version: 1), Index = Make.Index("B") };

        var results = await Task.WhenAll(host.Products.CommitAsync(stale, Token), host.Products.CommitAsync(good, Token), host.Products.CommitAsync(Make.Insert(Make.Id(1)), Token));

        Assert.Equal([CommitStatus.Stale, CommitStatus.Committed, CommitStatus.Stale], results.Select(result => result.Status));
        Assert.Equal(1, (await host.Products.LoadAsync(Make.Id(1), Token))!.Product.Version);
        Assert.Equal(2, (await host.Products.LoadAsync(Make.Id(2), Token))!.Product.Version);
        Assert.Single((await host.Queries.HistoryAsync(Make.Id(1), null, 50, Token)).Items);
    }
}
