using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Grains;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Cluster.Tests.Webhooks;

public sealed class WatchTests
{
    private static readonly Uri Target = new("https://hub.example/webhooks/test/a");

    [Fact]
    public async Task Watch_SubscriptionIsLost_IsMadeAnewAndWhatChangedMeanwhileArrives()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await hub.ObserveAsync(a, a.Add("Cup", "CUP-1"));
        var watch = hub.Grains.GetGrain<IWebhookWatchGrain>("a");
        Assert.Equal("off", (await watch.GetAsync()).State);
        Assert.Equal(["product/update"], (await watch.RegisterAsync(Target)).Created);
        Assert.Equal(("ok", 0), ((await watch.GetAsync()).State, (await watch.GetAsync()).Gaps.Length));
        var good = (await watch.GetAsync()).GoodAt!.Value;

        a.DeliversTo = null;
        a.Edit("a2", Fields.Name, "Cup, renamed unheard");
        await Eventually.HoldsAsync(async () => (await watch.GetAsync()).Gaps is [{ Products: 2 }], "what changed is read");

        Assert.Equal(Target, a.DeliversTo);
        var state = await watch.GetAsync();
        Assert.Equal("repaired", state.State);
        Assert.Contains("2 products read again", state.Sentence, StringComparison.Ordinal);
        Assert.Equal(state.Gaps[0].From, a.AskedSince);
        Assert.True(a.AskedSince <= good, "what changed before the last good look may have been lost too");
        Assert.Equal("Cup, renamed unheard", (await hub.SnapshotAsync((await hub.FindAsync(a, "a2"))!.Value)).Product.Name());
    }

    [Fact]
    public async Task Watch_ChannelIsDownMeanwhile_GapBeginsAtTheLastGoodLook()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        var watch = hub.Grains.GetGrain<IWebhookWatchGrain>("a");
        await watch.RegisterAsync(Target);
        a.Fault = new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "503", Message = "Down for the test." };
        await Eventually.HoldsAsync(async () => (await watch.GetAsync()).State == "failing", "the look fails");
        var good = (await watch.GetAsync()).GoodAt;
        a.DeliversTo = null;
        a.Fault = null;
        Assert.True((await watch.RegisterAsync(Target)).Ok);
        await Eventually.HoldsAsync(async () => (await watch.GetAsync()).Gaps is [{ Products: 1 }], "what changed is read");
        Assert.True(a.AskedSince <= good);
    }

    [Fact]
    public async Task Signal_AppIsRemoved_PushesStopWithClearWordsUntilItAnswersAgain()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        var b = await hub.ConnectAsync("b");
        await hub.ObserveAsync(a, a.Add("Mug", "MUG-1"));
        await Eventually.HoldsAsync(() => b.Products.Length == 1, "the product is in b");
        await hub.Grains.GetGrain<IWebhookWatchGrain>("b").RegisterAsync(Target);

        b.Fault = new ChannelFault { Kind = ChannelFaultKind.Unauthorised, Code = "401", Message = "Invalid token." };
        await SignalAsync(hub, b, "uninstalled");
        var store = hub.Grains.GetGrain<IStoreGrain>("b");
        await Eventually.HoldsAsync(async () => (await store.GetHealthAsync()).State == "unauthorised", "health says so");
        Assert.Contains("removed our app", (await store.GetHealthAsync()).Sentence, StringComparison.Ordinal);
        Assert.Contains("removed our app", (await hub.Grains.GetGrain<IWebhookWatchGrain>("b").GetAsync()).Sentence, StringComparison.Ordinal);
        var pushes = b.Pushes;
        await hub.ObserveAsync(a, a.Edit("a1", Fields.Name, "Mug, renamed"));
        await Eventually.HoldsAsync(async () => (await store.GetHealthAsync()).Waiting == 1, "the change waits");
        Assert.Equal(pushes, b.Pushes);

        b.Fault = null;
        await Eventually.HoldsAsync(() => b.Products[0].Fields[Fields.Name].Text == "Mug, renamed", "the next probe finds it installed again");
        Assert.Equal("ok", (await store.GetHealthAsync()).State);
    }

    [Fact]
    public async Task Signal_RemovedThoughItStillAnswers_ChangesNothing()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a");
        await SignalAsync(hub, a, "uninstalled");
        await Eventually.HoldsAsync(async () => (await hub.Grains.GetGrain<IStoreGrain>("a").GetHealthAsync()).State == "ok", "an old word that a call refutes");
        Assert.DoesNotContain("removed", (await hub.Grains.GetGrain<IWebhookWatchGrain>("a").GetAsync()).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_AreRotated_TheShopIsToldOnceEverySiloKnows()
    {
        var clock = new ShiftedClock();
        await using var hub = await TestHub.StartAsync(configure: services => services.AddKeyedSingleton<TimeProvider>(ProductClock.Key, clock));
        await hub.ConnectAsync("a", ChannelMode.Observe);
        var watch = hub.Grains.GetGrain<IWebhookWatchGrain>("a");
        Assert.True((await watch.RegisterAsync(Target)).Ok);
        var registry = hub.Service<IChannelRegistry>();
        await registry.PutSecretsAsync(new ChannelId("a"), new Dictionary<string, string> { ["webhookSecret"] = "old" }, CancellationToken.None);
        var now = clock.GetUtcNow();
        await registry.ChangeSecretsAsync(new ChannelId("a"), secrets => secrets.Rotated("webhookSecret", "new", now, now.AddMinutes(10))!, CancellationToken.None);
        await watch.SecretsChangedAsync();
        await Eventually.HoldsAsync(async () => (await hub.Service<ITenantDirectory>().SecretsOf(new ChannelId("a"))).Find("webhookSecret") == "new", "this silo has read it");

        var early = await watch.RegisterAsync(Target);
        Assert.Equal((false, "secret-rotating"), (early.Ok, early.Fault!.Code));
        var looked = (await watch.GetAsync()).GoodAt;
        clock.Advance(ITenantDirectory.SecretsKnownAfter + TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(async () => (await watch.GetAsync()).GoodAt > looked, "the subscriptions are looked at without being asked");
        Assert.True((await watch.RegisterAsync(Target)).Ok);

        clock.Advance(TimeSpan.FromMinutes(10));
        await Eventually.HoldsAsync(async () => (await registry.GetSecretsAsync(new ChannelId("a"), CancellationToken.None)).Held.Count == 1, "the old one is forgotten");
    }

    [Fact]
    public async Task Collection_Changed_ItsMembersAreRead()
    {
        await using var hub = await TestHub.StartAsync(configure: Quick);
        var a = await hub.ConnectAsync("a", ChannelMode.Observe);
        a.Add("Mug", "MUG-1");
        a.Add("Cup", "CUP-1");
        await hub.DeliverAsync(a, "collection/9", ImmutableDictionary<string, string>.Empty.Add("collection", "9"), []);
        await Eventually.HoldsAsync(async () => (await EventsAsync(hub)).All(row => row.Outcome == "members: 2 read"), "the members are read");
        Assert.Equal(2, (await hub.AllAsync()).Length);
    }

    private static async Task SignalAsync(TestHub hub, TestShop shop, string signal)
    {
        await hub.DeliverAsync(shop, "connection", ImmutableDictionary<string, string>.Empty.Add("signal", signal), []);
        await Eventually.HoldsAsync(async () => (await EventsAsync(hub)).All(row => row.Outcome?.StartsWith("signal", StringComparison.Ordinal) == true), "the signal is heard");
    }

    private static async Task<ImmutableArray<Abstractions.Storage.WebhookEventItem>> EventsAsync(TestHub hub) =>
        (await hub.Queries.EventsAsync(TestHub.Tenant, null, null, 500, CancellationToken.None)).Items;

    private static void Quick(IServiceCollection services) => services.Configure<StoreOptions>(options => options.WebhookCheckInterval = TimeSpan.FromSeconds(2));
}
