using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using static ActorSync.Channels.Tests.Shopify.ShopifyLiveShop;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Orders of the simulated shop as its deliveries tell them, and a shop that does not let us hear of them.</summary>
public sealed class ShopifyOrdersLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly string[] OrderTopics = ["orders/create", "orders/cancelled"];
    private readonly ShopifyLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await sandbox.PostAsync("_control/reset", []);

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Sale_AndItsCancel_AreToldByOrderAndByCount()
    {
        await using var receiver = new WebhookReceiver();
        Assert.True((await _shop.Registrar.EnsureAsync(receiver.Address, Token)).Ok);
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        var sold = await sandbox.SellAsync("shopify", "ODD-AMP", 2);
        await sandbox.WaitForWebhooksAsync("shopify");
        await sandbox.PostAsync("_control/cancel-order", new JsonObject { ["channel"] = "shopify", ["order"] = sold["order"]!.GetValue<string>() });
        await sandbox.WaitForWebhooksAsync("shopify");

        var heard = receiver.All.Select(delivery =>
        {
            var request = new WebhookRequest
            {
                Headers = delivery.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value),
                Body = delivery.Body,
                ReceivedAt = TimeProvider.System.GetUtcNow(),
            };
            return (Verdict: _shop.Kind.Webhooks!.Verify(request, Secrets()), Sent: Encoding.UTF8.GetString(delivery.Body), request);
        }).ToList();
        Assert.Equal(2, heard.Count(delivery => delivery.Verdict.Topic == "inventory_levels/update"));
        var orders = heard.Where(delivery => OrderTopics.Contains(delivery.Verdict.Topic)).ToList();
        Assert.Equal(OrderTopics, orders.Select(delivery => delivery.Verdict.Topic));
        Assert.All(orders, delivery =>
        {
            Assert.Contains("buyer@example.com", delivery.Sent, StringComparison.Ordinal);
            Assert.DoesNotContain("buyer", Encoding.UTF8.GetString(delivery.Verdict.Kept!.Value.Span), StringComparison.OrdinalIgnoreCase);
        });
        var lines = orders.Select(delivery => _shop.Kind.Webhooks!.Read(delivery.request with { Body = delivery.Verdict.Kept!.Value }, _shop.Settings).Orders.Single()).ToList();
        Assert.All(lines, line => Assert.Equal((product.ExternalId, product.Variants[0].ExternalId, 2m), (line.Product, line.Variant, line.Quantity)));
        Assert.Equal([2m, 0m], lines.Select(line => line.Left));
        Assert.Equal(product.Variants[0].Stock.Sum(level => level.Quantity), (await _shop.ReadBySkuAsync("ODD-AMP")).Variants[0].Stock.Sum(level => level.Quantity));
    }

    [Fact]
    public async Task WithoutTheScope_TheTopicsAreRefused_AndAllOthersWork()
    {
        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["scopes"] = new JsonArray("read_products", "write_products", "read_inventory", "write_inventory", "read_locations", "read_publications", "write_publications") });
        var target = new Uri("https://hub.example/hooks");
        var without = await _shop.Registrar.EnsureAsync(target, Token);
        Assert.True(without.Ok, without.Fault?.Message);
        Assert.Equal(2, without.Refused.Length);
        Assert.All(without.Refused, sentence => Assert.Contains("read_orders", sentence, StringComparison.Ordinal));
        Assert.Equal(ShopifyTopics.All.Where(topic => topic is { Subscribed: not null, Scope: null }).Select(topic => topic.Name), without.Created);

        await sandbox.PostAsync("_control/shopify/app", new JsonObject { ["scopes"] = null });
        var granted = await _shop.Registrar.EnsureAsync(target, Token);
        Assert.Equal(OrderTopics, granted.Created);
        Assert.Empty(granted.Refused);
    }
}
