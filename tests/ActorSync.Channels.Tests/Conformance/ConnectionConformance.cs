namespace ActorSync.Channels.Tests.Conformance;

public sealed class ShopifyConnectionConformance(ShopifyShop shop) : WebhookConformance(shop), IClassFixture<ShopifyShop>;

public sealed class WooConnectionConformance(WooShop shop) : WebhookConformance(shop), IClassFixture<WooShop>;

public sealed class JtlConnectionConformance(JtlShop shop) : ConnectionConformance(shop), IClassFixture<JtlShop>;

/// <summary>What the hub relies on when it asks a channel whether it is there.</summary>
public abstract class ConnectionConformance(ConformanceShop shop)
{
    protected ConformanceShop Shop => shop;

    [Fact]
    public async Task Probe_GoodConnection_LearnsTheShop()
    {
        var probe = await shop.Channel.ProbeAsync(TestContext.Current.CancellationToken);
        Assert.True(probe.Ok, probe.Fault?.Message);
        Assert.NotEmpty(probe.ShopName!);
        Assert.InRange(probe.ClockOffset, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task Probe_Fault_IsAnAnswerInWordsAndNoException(string fault)
    {
        try
        {
            await shop.ArmAsync("hangMs", 1_300);
            await shop.ArmAsync(fault, 20);
            var probe = await shop.Channel.ProbeAsync(TestContext.Current.CancellationToken);
            Assert.True(probe.Ok || probe.Fault is { Code.Length: > 0, Message.Length: > 10 }, $"{fault} was answered with nothing");
        }
        finally
        {
            await shop.HealAsync();
        }
    }
}

/// <summary>Channels that send webhooks: subscribing can be repeated and says the truth.</summary>
public abstract class WebhookConformance(ConformanceShop shop) : ConnectionConformance(shop)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ensure_Repeated_CreatesOnceAndMovesWithTheTarget()
    {
        var target = new Uri("https://hub.example/webhooks/" + ConformanceShop.New("a"));
        var first = await Shop.Registrar.EnsureAsync(target, Token);
        Assert.True(first.Ok, first.Fault?.Message);
        var second = await Shop.Registrar.EnsureAsync(target, Token);
        Assert.True(second.Ok, second.Fault?.Message);
        Assert.Empty(second.Created);

        var moved = new Uri("https://hub.example/webhooks/" + ConformanceShop.New("b"));
        Assert.True((await Shop.Registrar.EnsureAsync(moved, Token)).Ok);
        Assert.Empty((await Shop.Registrar.EnsureAsync(moved, Token)).Created);
    }

    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task Ensure_Fault_IsToldAndTheNextTryCompletes(string fault)
    {
        var target = new Uri("https://hub.example/webhooks/" + ConformanceShop.New("fault"));
        try
        {
            await Shop.ArmAsync("hangMs", 1_300);
            await Shop.ArmAsync(fault, 4);
            var failed = await Shop.Registrar.EnsureAsync(target, Token);
            Assert.True(failed.Ok || failed.Fault is { Message.Length: > 10 }, $"{fault} was answered with nothing");
        }
        finally
        {
            await Shop.HealAsync();
        }

        Assert.True((await Shop.Registrar.EnsureAsync(target, Token)).Ok);
        Assert.Empty((await Shop.Registrar.EnsureAsync(target, Token)).Created);
    }
}
