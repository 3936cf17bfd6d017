using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Tenants;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Cluster.Tests.Tenants;

public sealed class TenantTests
{
    [Fact]
    public async Task PutChannel_IdOfAnotherTenant_IsRefusedAndChangesNothing()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync("a");
        var other = hub.Grains.GetGrain<ITenantGrain>("other");

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => other.PutChannelAsync(Channel("a", new TenantId("other"))));

        Assert.Contains("'a' belongs to another tenant", refusal.Message);
        Assert.Empty((await other.GetAsync(-1))!.Channels);
    }

    [Fact]
    public async Task Settings_AfterAReload_AreWhatWasWritten()
    {
        await using var hub = await TestHub.StartAsync();
        var grain = hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value);
        await hub.ConnectAsync("a");
        await grain.SetPolicyAsync(TenantPolicy.Default with { StockOrigin = "hub", StockSeed = new ChannelId("a"), ConflictWindow = TimeSpan.FromMinutes(7) });
        var patched = await grain.PatchChannelAsync(new ChannelId("a"), new ChannelPatch { Paused = true });

        await hub.Cluster.DeactivateAsync(grain);
        var loaded = (await grain.GetAsync(-1))!;

        Assert.Equal(patched!.Version, loaded.Version);
        Assert.Equal(("hub", TimeSpan.FromMinutes(7)), (loaded.Policy.StockOrigin, loaded.Policy.ConflictWindow));
        var channel = Assert.Single(loaded.Channels);
        Assert.Equal((true, ChannelMode.Live, CreateMissing.All), (channel.Paused, channel.Mode, channel.CreateMissing));
        Assert.Null(await grain.GetAsync(loaded.Version));
        Assert.Null(await grain.PatchChannelAsync(new ChannelId("none"), new ChannelPatch { Paused = true }));
    }

    [Fact]
    public async Task Directory_Refreshed_KnowsTheVersionItWasAskedForAndKeepsConnectionsOpen()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ConnectAsync("a");
        var directory = hub.Service<ITenantDirectory>();
        var first = (await directory.FindChannelAsync(new ChannelId("a"), TestContext.Current.CancellationToken))!;
        var open = await directory.OpenAsync(first, TestContext.Current.CancellationToken);
        var grain = hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value);

        var paused = await grain.PatchChannelAsync(first.Id, new ChannelPatch { Paused = true });
        var seen = await directory.RefreshAsync(TestHub.Tenant, paused!.Version, TestContext.Current.CancellationToken);
        Assert.True(seen.Channels.Single().Paused);
        Assert.Same(open, await directory.OpenAsync(seen.Channels.Single(), TestContext.Current.CancellationToken));

        var dollars = await grain.PatchChannelAsync(first.Id, new ChannelPatch { Currency = "USD" });
        seen = await directory.RefreshAsync(TestHub.Tenant, dollars!.Version, TestContext.Current.CancellationToken);
        Assert.NotSame(open, await directory.OpenAsync(seen.Channels.Single(), TestContext.Current.CancellationToken));
        Assert.Equal(("USD", new Origin(OriginKind.Storefront, "a")), (directory.ProfileOf(seen.Channels.Single()).Currency, directory.ProfileOf(seen.Channels.Single()).Origin));
    }

    [Fact]
    public async Task FindChannelByShop_SchemeAndCaseDiffer_IsFound()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.Grains.GetGrain<ITenantGrain>(TestHub.Tenant.Value).PutChannelAsync(
            Channel("w", TestHub.Tenant) with { Values = Channel("w", TestHub.Tenant).Values.Add("baseUrl", "https://Shop.Example/de/") });

        var found = await hub.Service<ITenantDirectory>().FindChannelByShopAsync(TestChannelKind.KindName, "http://shop.example/de", TestContext.Current.CancellationToken);

        Assert.Equal("w", found?.Id.Value);
    }

    private static ChannelSettings Channel(string id, TenantId tenant) => new() { Id = new ChannelId(id), Tenant = tenant, Kind = TestChannelKind.KindName, Name = id };
}
