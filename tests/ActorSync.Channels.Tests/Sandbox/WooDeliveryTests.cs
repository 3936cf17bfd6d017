using System.Globalization;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>When the simulated site's webhooks come, what they carry, and what becomes of them when nobody takes them.</summary>
public sealed class WooDeliveryTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private const string Secret = "whsec_actorsync_sample";
    private readonly WooHttp woo = new(sandbox);
    private readonly WebhookReceiver receiver = new();

    public async ValueTask InitializeAsync()
    {
        await sandbox.PostAsync("_control/reset", []);
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 0 });
    }

    public ValueTask DisposeAsync() => receiver.DisposeAsync();

    [Fact]
    public async Task CreateWebhook_PingsFirst_WithoutSignature()
    {
        var id = await SubscribeAsync("product.updated");

        var ping = Assert.Single(receiver.All);
        Assert.Equal($"webhook_id={id}", ping.Text);
        Assert.Equal("application/x-www-form-urlencoded", ping.ContentType);
        Assert.Null(ping.Header("X-WC-Webhook-Topic"));
        Assert.Null(ping.Header("X-WC-Webhook-Signature"));
    }

    [Fact]
    public async Task Update_ByTheApi_IsDeliveredSignedInViewForm()
    {
        await SubscribeAsync("product.updated");
        var product = await NewProductAsync("""{"name":"Grüße / A & B","sku":"D-1","description":"one\n\ntwo"}""");

        await woo.PutAsync($"products/{product}", new JsonObject { ["regular_price"] = "5.00" });

        var delivery = Assert.Single(await DeliveriesAsync());
        Assert.Equal(WooSampleTests.Signature(Secret, delivery.Body), delivery.Header("X-WC-Webhook-Signature"));
        Assert.Equal("product.updated", delivery.Header("X-WC-Webhook-Topic"));
        Assert.Contains("""Gr\u00fc\u00dfe \/ A &amp; B""", delivery.Text, StringComparison.Ordinal);
        Assert.Equal("<p>one</p>\n<p>two</p>\n", delivery.Json["description"]!.GetValue<string>());
        Assert.Equal("5.00", delivery.Json["regular_price"]!.GetValue<string>());
    }

    [Fact]
    public async Task Updates_WhileOneWaits_AreMergedAndShowTheLastState()
    {
        await SubscribeAsync("product.updated");
        var product = await NewProductAsync("""{"name":"Merge","sku":"D-2"}""");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 700 });

        for (var price = 1; price <= 10; price++)
        {
            await woo.PutAsync($"products/{product}", new JsonObject { ["regular_price"] = price.ToString(CultureInfo.InvariantCulture) });
        }

        Assert.Equal("10", Assert.Single(await DeliveriesAsync()).Json["regular_price"]!.GetValue<string>());
    }

    [Fact]
    public async Task VariationSale_TellsTheVariationOnly()
    {
        await SubscribeAsync("product.updated");

        await sandbox.SellAsync("woocommerce", "SEIL-NATUR-3M", 1);

        var delivery = Assert.Single(await DeliveriesAsync());
        Assert.Equal("variation", delivery.Json["type"]!.GetValue<string>());
        Assert.Equal("SEIL-NATUR-3M", delivery.Json["sku"]!.GetValue<string>());
        Assert.True(delivery.Json["parent_id"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task Trash_TellsTheId_ForcedAndBatchDeletesTellNothing()
    {
        await SubscribeAsync("product.deleted");
        var trashed = await NewProductAsync("""{"name":"T","sku":"D-3"}""");
        var forced = await NewProductAsync("""{"name":"F","sku":"D-4"}""");
        var batched = await NewProductAsync("""{"name":"B","sku":"D-5"}""");

        await woo.DeleteAsync($"products/{forced}?force=true");
        await woo.PostAsync("products/batch", new JsonObject { ["delete"] = new JsonArray(batched) });
        await woo.DeleteAsync($"products/{trashed}");

        Assert.Equal($$"""{"id":{{trashed}}}""", Assert.Single(await DeliveriesAsync()).Text);
        Assert.Equal(404, (await woo.GetAsync($"products/{batched}")).Status);
        Assert.Equal("trash", (await woo.GetAsync($"products/{trashed}")).Json!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task GoneBeforeDelivery_CarriesARestError()
    {
        await SubscribeAsync("product.created");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 700 });
        var product = (await woo.PostAsync("products", new JsonObject { ["name"] = "Gone", ["sku"] = "D-6" })).Json!["id"]!.GetValue<long>();

        await woo.DeleteAsync($"products/{product}?force=true");

        var delivery = Assert.Single(await DeliveriesAsync());
        Assert.Equal("product.created", delivery.Header("X-WC-Webhook-Topic"));
        Assert.Equal("""{"code":"woocommerce_rest_product_invalid_id","message":"Invalid ID.","data":{"status":404}}""", delivery.Text);
    }

    [Fact]
    public async Task SeventhFailureInARow_DisablesWithoutARetry()
    {
        var id = await SubscribeAsync("product.updated");
        var product = await NewProductAsync("""{"name":"Fail","sku":"D-7"}""");
        receiver.Status = 500;

        for (var failure = 1; failure <= 7; failure++)
        {
            Assert.Equal("active", (await woo.GetAsync($"webhooks/{id}")).Json!["status"]!.GetValue<string>());
            await woo.PutAsync($"products/{product}", new JsonObject());
            await sandbox.WaitForWebhooksAsync("woocommerce");
        }

        Assert.Equal("disabled", (await woo.GetAsync($"webhooks/{id}")).Json!["status"]!.GetValue<string>());
        Assert.Equal(7, (await DeliveriesAsync()).Count);
    }

    [Fact]
    public async Task Loss_OfEverything_IsCountedAndDeliversNothing()
    {
        await SubscribeAsync("product.updated");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookLoss"] = 1 });

        await sandbox.SellAsync("woocommerce", "ODD-AMP", 1);

        Assert.Empty(await DeliveriesAsync());
        Assert.Equal(1, (await sandbox.StatsAsync("woocommerce"))["webhooksLost"]!.GetValue<int>());
    }

    [Fact]
    public async Task Duplicate_OfEverything_SendsTheSameBytesTwice()
    {
        await SubscribeAsync("product.updated");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDuplicate"] = 1 });

        await sandbox.SellAsync("woocommerce", "ODD-AMP", 1);

        var deliveries = await DeliveriesAsync();
        Assert.Equal(2, deliveries.Count);
        Assert.Equal(deliveries[0].Text, deliveries[1].Text);
        Assert.Equal(deliveries[0].Header("X-WC-Webhook-Delivery-ID"), deliveries[1].Header("X-WC-Webhook-Delivery-ID"));
    }

    [Fact]
    public async Task Stale_OldBody_ArrivesAlthoughTheProductHasMovedOn()
    {
        await SubscribeAsync("product.updated");
        var product = await NewProductAsync("""{"name":"Stale","sku":"D-8","regular_price":"1"}""");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 500, ["webhookStale"] = 1 });
        await woo.PutAsync($"products/{product}", new JsonObject { ["regular_price"] = "2" });
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookStale"] = 0 });

        await woo.PutAsync($"products/{product}", new JsonObject { ["regular_price"] = "3" });

        Assert.Equal(["2", "3"], (await DeliveriesAsync()).Select(d => d.Json["regular_price"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Shuffle_OfSome_ChangesTheOrderAndLosesNothing()
    {
        await SubscribeAsync("product.created");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookShuffle"] = 0.5 });

        for (var i = 0; i < 12; i++)
        {
            await woo.PostAsync("products", new JsonObject { ["name"] = "n", ["sku"] = $"SH-{i:00}" });
        }

        var arrived = (await DeliveriesAsync()).Select(d => d.Json["sku"]!.GetValue<string>()).ToList();
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"SH-{i:00}"), arrived.Order(StringComparer.Ordinal));
        Assert.NotEqual(arrived.Order(StringComparer.Ordinal), arrived);
    }

    private async Task<long> SubscribeAsync(string topic)
    {
        var reply = await woo.PostAsync("webhooks", new JsonObject { ["topic"] = topic, ["delivery_url"] = receiver.Address.ToString(), ["secret"] = Secret });
        Assert.Equal(201, reply.Status);
        return reply.Json!["id"]!.GetValue<long>();
    }

    private async Task<long> NewProductAsync(string body)
    {
        var reply = await woo.PostAsync("products", JsonNode.Parse(body)!);
        Assert.Equal(201, reply.Status);
        await sandbox.WaitForWebhooksAsync("woocommerce");
        return reply.Json!["id"]!.GetValue<long>();
    }

    private async Task<IReadOnlyList<Delivery>> DeliveriesAsync()
    {
        await sandbox.WaitForWebhooksAsync("woocommerce");
        return [.. receiver.All.Where(d => d.ContentType != "application/x-www-form-urlencoded")];
    }
}
