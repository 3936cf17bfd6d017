using ActorSync.Abstractions.Storage;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Cluster.Tests.Products;

/// <summary>The version check is the last word, whatever activations believe.</summary>
public sealed class CommitTests
{
    [Fact]
    public async Task Edit_AnotherActivationWroteFirst_BothEditsStand()
    {
        var store = new StoreDouble();
        await using var hub = await TestHub.StartAsync(configure: store.Register);
        var id = new ProductId("p1");
        await hub.Product(id).EditAsync(Edits.Of(Fields.Name, "start", create: true));
        store.BeforeNext = (real, _) => WriteAsAnotherActivation(real, id, Fields.Description, "from the other");

        var reply = await hub.Product(id).EditAsync(Edits.Of(Fields.Name, "from the grain"));

        var stored = (await hub.Store.LoadAsync(id, TestContext.Current.CancellationToken))!.Product;
        Assert.Equal("from the other", stored.Value(Fields.Description)?.Text);
        Assert.Equal("from the grain", stored.Value(Fields.Name)?.Text);
        Assert.Equal(stored.Version, reply.Version);
        Assert.Equal(3, stored.Version);
    }

    [Fact]
    public async Task Edit_TwoWritersAtOnce_NothingAcknowledgedIsLost()
    {
        await using var hub = await TestHub.StartAsync();
        var id = new ProductId("p1");
        var product = hub.Product(id);
        await product.EditAsync(Edits.Of(Fields.Name, "start", create: true));
        string[] fields = [Fields.Name, "vendor", "productType", "seoTitle"];

        for (var i = 0; i < 20; i++)
        {
            var other = Task.Run(() => WriteAsAnotherActivation(hub.Store, id, Fields.Description, $"other {i}"), TestContext.Current.CancellationToken);
            await Task.WhenAll(fields.Select(field => product.EditAsync(Edits.Of(field, $"{field} {i}"))).Append(other));
        }

        var stored = (await hub.Store.LoadAsync(id, TestContext.Current.CancellationToken))!.Product;
        Assert.Equal("other 19", stored.Value(Fields.Description)?.Text);
        Assert.All(fields, field => Assert.Equal($"{field} 19", stored.Value(field)?.Text));
    }

    [Fact]
    public async Task Edit_AnswerOfTheCommitLost_FailsAloudAndReloadsBeforeTheNext()
    {
        var store = new StoreDouble();
        await using var hub = await TestHub.StartAsync(configure: store.Register);
        var id = new ProductId("p1");
        await hub.Product(id).EditAsync(Edits.Of(Fields.Name, "start", create: true));
        store.LoseNextAnswer = true;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => hub.Product(id).EditAsync(Edits.Of(Fields.Name, "unknown outcome")));

        Assert.Equal("unknown outcome", (await hub.SnapshotAsync(id)).Product.Value(Fields.Name)?.Text);
        var reply = await hub.Product(id).EditAsync(Edits.Of(Fields.Description, "after"));
        var stored = (await hub.Store.LoadAsync(id, TestContext.Current.CancellationToken))!.Product;
        Assert.Equal(3, reply.Version);
        Assert.Equal(("unknown outcome", "after"), (stored.Value(Fields.Name)?.Text, stored.Value(Fields.Description)?.Text));
    }

    [Fact]
    public async Task Edit_WantsTheSkuOfAnotherProduct_OnlyThatEditIsRefused()
    {
        await using var hub = await TestHub.StartAsync();
        var shop = await hub.ConnectAsync("a");
        await hub.ObserveAsync(shop, shop.Add("Mug", "MUG-1"));
        await hub.ObserveAsync(shop, shop.Add("Cup", "CUP-1"));
        var mug = (await hub.FindAsync(shop, "a1"))!.Value;
        var cup = (await hub.FindAsync(shop, "a2"))!.Value;
        var variant = (await hub.SnapshotAsync(cup)).Product.Variants[0].Id;
        var wantsSku = new Abstractions.Products.EditCommand
        {
            Edit = new HubEdit { Fields = [new FieldEdit { Key = new RegisterKey(Fields.Sku, variant), Value = new FieldValue("mug-1 ") }], Actor = "test", Force = true },
        };

        var replies = await Task.WhenAll(
            hub.Product(cup).EditAsync(Edits.Of("vendor", "before")),
            hub.Product(cup).EditAsync(wantsSku),
            hub.Product(cup).EditAsync(Edits.Of("seoTitle", "after")));

        Assert.Equal(mug, replies[1].SkuOwner);
        Assert.Null(replies[0].SkuTaken);
        Assert.Null(replies[2].SkuTaken);
        var state = (await hub.SnapshotAsync(cup)).Product;
        Assert.Equal(("before", "after", "CUP-1"), (state.Value("vendor")?.Text, state.Value("seoTitle")?.Text, state.Sku(variant)));
    }

    /// <summary>What a second activation of the grain would do: load, decide, commit with the version it has seen, again when it was stale.</summary>
    private static async Task WriteAsAnotherActivation(IProductStore store, ProductId id, string field, string value)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var loaded = (await store.LoadAsync(id, CancellationToken.None))!.Product;
            var decision = Reconciler.Edit(DateTimeOffset.UtcNow, TenantPolicy.Default, loaded, Edits.Of(field, value).Edit);
            var result = await store.CommitAsync(
                new ProductCommit
                {
                    Tenant = TestHub.Tenant,
                    Id = id,
                    At = DateTimeOffset.UtcNow,
                    Product = decision.Product,
                    Index = new ProductIndex { Name = loaded.Name(), Status = "active", SyncStatus = "SYNCED", Variants = [] },
                },
                CancellationToken.None);
            if (result.Status == CommitStatus.Committed)
            {
                return;
            }

            Assert.Equal(CommitStatus.Stale, result.Status);
        }

        Assert.Fail("The other writer never got through.");
    }
}
