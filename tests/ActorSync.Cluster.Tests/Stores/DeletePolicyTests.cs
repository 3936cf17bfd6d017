using System.Collections.Immutable;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Cluster.Tests.Stores;

/// <summary>A merchant deletes a product in one shop: confirmed by a read, it ends, is archived or deleted elsewhere, by policy.</summary>
public sealed class DeletePolicyTests
{
    [Theory]
    [InlineData(DeletePolicy.Unlink)]
    [InlineData(DeletePolicy.Archive)]
    [InlineData(DeletePolicy.Delete)]
    public async Task Deleted_InOneShop_ElsewhereAsThePolicySays(DeletePolicy policy)
    {
        await using var hub = await TestHub.StartAsync();
        var (shop, other) = await LinkedAsync(hub, policy, 2);
        var product = (await hub.FindAsync(shop, "a1"))!.Value;
        var elsewhere = (await hub.SnapshotAsync(product)).Links.Single(link => link.Channel.Value == "b").ExternalId!;

        await DeleteAsync(hub, shop, "a1");

        await Eventually.HoldsAsync(
            async () => (await hub.SnapshotAsync(product)).Links.Single(link => link.Channel.Value == "a").Status == LinkStatus.Deleted, "the delete is confirmed");
        await Eventually.HoldsAsync(
            () => policy switch
            {
                DeletePolicy.Delete => other.Products.Length == 1,
                DeletePolicy.Archive => other[elsewhere].Fields[Fields.IsActive] == FieldValue.False,
                _ => other[elsewhere].Fields[Fields.IsActive] == FieldValue.True,
            },
            "the other shop has what the policy says");
        await QuietAsync(hub);
        Assert.Equal(policy == DeletePolicy.Delete ? 1 : 2, other.Products.Length);
        Assert.Single(shop.Products);
        Assert.Equal(policy == DeletePolicy.Unlink ? ProductLife.Active : ProductLife.Deleted, (await hub.SnapshotAsync(product)).Product.Life);
    }

    [Fact]
    public async Task Deleted_TooManyAtOnce_AreHeldAndGoWhenAPersonLetsThemAll()
    {
        const int Products = 12;
        await using var hub = await TestHub.StartAsync();
        var (shop, other) = await LinkedAsync(hub, DeletePolicy.Delete, Products);
        var products = await hub.AllAsync();

        for (var i = 1; i <= Products; i++)
        {
            await DeleteAsync(hub, shop, $"a{i}");
        }

        await Eventually.HoldsAsync(async () => (await HeldAsync(hub, products)).Length == Products - WithdrawalWindow.AlwaysAllowed, "what is too many is held");
        await Eventually.HoldsAsync(() => other.Products.Length == Products - WithdrawalWindow.AlwaysAllowed, "what is allowed goes");
        await QuietAsync(hub);
        Assert.Equal(Products - WithdrawalWindow.AlwaysAllowed, other.Products.Length);

        var released = await Task.WhenAll(products.Select(product => hub.Product(product).ReleaseWithdrawalAsync(new ChannelId("b"), "ada")));

        Assert.Equal(Products - WithdrawalWindow.AlwaysAllowed, released.Count(isReleased => isReleased));
        await Eventually.HoldsAsync(() => other.Products.IsEmpty, "the others go as well");
    }

    private static async Task<ImmutableArray<ProductId>> HeldAsync(TestHub hub, ImmutableArray<ProductId> products)
    {
        var snapshots = await Task.WhenAll(products.Select(hub.SnapshotAsync));
        return [.. snapshots.Where(s => s.Links.Any(link => link.Channel.Value == "b" && link.HeldByGuard is not null)).Select(s => s.Product.Id)];
    }

    /// <summary>The merchant deletes, and the shop's hint comes.</summary>
    private static async Task DeleteAsync(TestHub hub, TestShop shop, string id)
    {
        var body = shop[id];
        shop.Remove(id);
        await hub.DeliverAsync(shop, body, hint: true);
    }

    private static async Task QuietAsync(TestHub hub) => await Eventually.HoldsAsync(
        async () => (await hub.Queries.CountLinksAsync(new ChannelId("b"), CancellationToken.None)).Dirty == 0, "nothing is left to be told to the other shop");

    private static async Task<(TestShop Shop, TestShop Other)> LinkedAsync(TestHub hub, DeletePolicy policy, int products)
    {
        var shop = await hub.ConnectAsync("a");
        var other = await hub.ConnectAsync("b");
        await hub.SetPolicyAsync(TenantPolicy.Default with { DeletesChosen = policy });
        var changed = (await hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value).GetAsync(-1))!;
        await hub.Service<ITenantDirectory>().RefreshAsync(TestHub.Tenant, changed.Version);
        for (var i = 1; i <= products; i++)
        {
            await hub.ObserveAsync(shop, shop.Add($"Lamp {i}", $"SKU-{i}"));
        }

        await Eventually.HoldsAsync(() => other.Products.Length == products, "the other shop has all products");
        await QuietAsync(hub);
        return (shop, other);
    }
}
