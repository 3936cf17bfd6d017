using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed class ShopifyWebhookTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly ShopifyCaller shop = new(sandbox);

    [Fact]
    public async Task Delivery_OfAMerchantsEdit_IsSignedAndShapedAsDocumented()
    {
        await using var hook = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address, new JsonObject { ["name"] = "actorsync-products" });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-S", ["title"] = "Edited <b>& sent</b>" });
        var delivery = await hook.NextAsync("products/update");

        Assert.Equal(Sign(delivery.Body), delivery.Headers["X-Shopify-Hmac-Sha256"]);
        Assert.Equal("demo.myshopify.com", delivery.Headers["X-Shopify-Shop-Domain"]);
        Assert.Equal("2026-07", delivery.Headers["X-Shopify-API-Version"]);
        Assert.Equal("actorsync-products", delivery.Headers["X-Shopify-Name"]);
        Assert.True(Guid.TryParse(delivery.Headers["X-Shopify-Webhook-Id"], out _));
        Assert.True(Guid.TryParse(delivery.Headers["X-Shopify-Event-Id"], out _));
        Assert.Matches("^[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z$", delivery.Headers["X-Shopify-Triggered-At"]);
        var text = Encoding.UTF8.GetString(delivery.Body);
        Assert.DoesNotContain('<', text);
        Assert.Contains("Edited \\u003cb\\u003e\\u0026 sent\\u003c/b\\u003e", text, StringComparison.Ordinal);
        var body = (JsonObject)JsonNode.Parse(text)!;
        Assert.Equal("active", (string?)body["status"]);
        Assert.Matches("^[0-9]+\\.[0-9]{2}$", (string)body["variants"]![0]!["price"]!);
        Assert.Matches("[+]0[12]:00$", (string)body["updated_at"]!);
        Assert.True(body["id"]!.GetValue<long>() > 1L << 53);

        if (SandboxProcess.ContractFile("shopify", "webhooks", "products-update.official.json") is not { } sample)
        {
            Assert.Skip("The contract's webhook samples are not at hand, so the shape was not compared.");
            return;
        }

        var official = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(sample, TestContext.Current.CancellationToken))!;
        Assert.Equal(official.Select(m => m.Key).Order(StringComparer.Ordinal), body.Select(m => m.Key).Order(StringComparer.Ordinal));
        Assert.Equal(
            official["variants"]![0]!.AsObject().Select(m => m.Key).Order(StringComparer.Ordinal),
            body["variants"]![0]!.AsObject().Select(m => m.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Sale_OfOne_AnnouncesTheLevelAndTheProductUnderOneEvent()
    {
        await using var hook = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address);
        await SubscribeAsync("INVENTORY_LEVELS_UPDATE", hook.Address);
        var before = (await sandbox.FindAsync("shopify", "TS-1001-WEISS-M"))!;
        await sandbox.SellAsync("shopify", "TS-1001-WEISS-M", 1);
        var level = await hook.NextAsync("inventory_levels/update");
        var product = await hook.NextAsync("products/update");

        var berlin = (int)before["variants"]!.AsArray().First(v => (string?)v!["sku"] == "TS-1001-WEISS-M")!["stock"]!["Lager Berlin"]!;
        Assert.Equal(berlin - 1, (int)JsonNode.Parse(level.Body)!["available"]!);
        Assert.Equal(106_318_430_514, (long)JsonNode.Parse(level.Body)!["location_id"]!);
        Assert.Equal(level.Headers["X-Shopify-Event-Id"], product.Headers["X-Shopify-Event-Id"]);
        Assert.NotEqual(level.Headers["X-Shopify-Webhook-Id"], product.Headers["X-Shopify-Webhook-Id"]);
    }

    [Fact]
    public async Task OwnWrites_ThroughTheApi_AreAnnouncedFromCreateToDelete()
    {
        await shop.PlusAsync();
        await using var hook = new Hook();
        foreach (var topic in (string[])["PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE"])
        {
            await SubscribeAsync(topic, hook.Address);
        }

        var product = await shop.ProductAsync("Announced");
        Assert.Equal("Announced", (string?)JsonNode.Parse((await hook.NextAsync("products/create")).Body)!["title"]);
        await shop.RootAsync("mutation($id: ID!) { tagsAdd(id: $id, tags: [\"b\", \"a\"]) { userErrors { message } } }", new JsonObject { ["id"] = product.Id });
        Assert.Equal("a, b", (string?)JsonNode.Parse((await hook.NextAsync("products/update")).Body)!["tags"]);
        await shop.RootAsync("mutation($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }", new JsonObject { ["id"] = product.Id });
        var deleted = (JsonObject)JsonNode.Parse((await hook.NextAsync("products/delete")).Body)!;

        Assert.Equal(["id"], deleted.Select(m => m.Key));
        Assert.EndsWith("/" + deleted["id"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture), product.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_OfADelayedDelivery_ShowsTheStateAtSending()
    {
        await using var hook = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address);
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["webhookDelayMs"] = 700 });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-L", ["title"] = "First" });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-L", ["title"] = "Second" });
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["webhookDelayMs"] = 0 });

        Assert.Equal("Second", (string?)JsonNode.Parse((await hook.NextAsync("products/update")).Body)!["title"]);
    }

    [Fact]
    public async Task Body_OfAStaleDelivery_ShowsTheStateAtTheChange()
    {
        await using var hook = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address);
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["webhookDelayMs"] = 700, ["webhookStale"] = 1 });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-L", ["title"] = "Old" });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-L", ["title"] = "New" });
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["webhookDelayMs"] = 0, ["webhookStale"] = 0 });

        Assert.Equal("Old", (string?)JsonNode.Parse((await hook.NextAsync("products/update")).Body)!["title"]);
    }

    [Fact]
    public async Task Delivery_ThatFails_IsRepeatedWithTheSameBytesAndId()
    {
        await using var hook = new Hook { Answer = 503 };
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address);
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-ROSTRO-XS", ["title"] = "Repeated" });
        var first = await hook.NextAsync("products/update");
        hook.Answer = 200;
        var second = await hook.NextAsync("products/update");

        Assert.Equal(first.Headers["X-Shopify-Webhook-Id"], second.Headers["X-Shopify-Webhook-Id"]);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public async Task Subscription_WhoseReceiverNeverAnswers_IsGoneAfterTheEighthRetry()
    {
        await sandbox.PostAsync("_control/shopify/retries", new JsonObject { ["scale"] = 0.001 });
        await using var hook = new Hook { Answer = 500 };
        var id = await SubscribeAsync("PRODUCTS_UPDATE", hook.Address);
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-ROSTRO-XS", ["title"] = "Nobody listens" });
        for (var attempt = 1; attempt <= 9; attempt++)
        {
            await hook.NextAsync("products/update");
        }

        using var limit = new CancellationTokenSource(Patience);
        while ((await shop.RootAsync("query($id: ID!) { webhookSubscription(id: $id) { id } }", new JsonObject { ["id"] = id })) is not null)
        {
            await Task.Delay(50, limit.Token);
        }

        await sandbox.PostAsync("_control/shopify/retries", new JsonObject { ["scale"] = 1 });
    }

    [Fact]
    public async Task Subscription_WithAFilter_HearsOnlyWhatPasses()
    {
        await using var hook = new Hook();
        await using var everything = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", everything.Address);
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address, new JsonObject { ["filter"] = "variants.price:>=500 vendor:Filtered" });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-XS", ["vendor"] = "Filtered", ["price"] = 499 });
        await everything.NextAsync("products/update");
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-WEISS-XS", ["price"] = 501 });

        Assert.Equal("501.00", (string?)JsonNode.Parse((await hook.NextAsync("products/update")).Body)!["variants"]![0]!["price"]);
    }

    [Fact]
    public async Task Subscription_WithIncludeFields_SendsOnlyThose()
    {
        await using var hook = new Hook();
        await SubscribeAsync("PRODUCTS_UPDATE", hook.Address, new JsonObject { ["includeFields"] = new JsonArray("id", "updated_at", "variants.id", "variants.sku") });
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "TS-1001-ROSTRO-XS", ["price"] = 77.5 });
        var body = (JsonObject)JsonNode.Parse((await hook.NextAsync("products/update")).Body)!;

        Assert.Equal(["id", "updated_at", "variants"], body.Select(m => m.Key));
        Assert.Equal(["id", "sku"], body["variants"]![0]!.AsObject().Select(m => m.Key));
    }

    [Fact]
    public async Task Subscription_ThatExists_IsListedChangedAndTakenOnce()
    {
        await using var hook = new Hook();
        var id = await SubscribeAsync("PRODUCTS_CREATE", hook.Address);
        var again = await shop.RootAsync(Create, Subscription("PRODUCTS_CREATE", hook.Address, more: null));
        Assert.Equal("Address for this topic has already been taken", (string?)again!["userErrors"]![0]!["message"]);
        await shop.RootAsync(
            "mutation($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: \"https://example.com/elsewhere\"}) { userErrors { message } } }", new JsonObject { ["id"] = id });
        var listed = (await shop.RootAsync("{ webhookSubscriptions(first: 100) { nodes { id uri topic apiVersion { handle } } } }"))!["nodes"]!.AsArray();
        Assert.Contains(listed, s => (string?)s!["id"] == id && (string?)s["uri"] == "https://example.com/elsewhere" && (string?)s["apiVersion"]!["handle"] == "2026-07");
        await shop.RootAsync("mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }", new JsonObject { ["id"] = id });
        Assert.DoesNotContain((await shop.RootAsync("{ webhookSubscriptions(first: 100) { nodes { id } } }"))!["nodes"]!.AsArray(), s => (string?)s!["id"] == id);
    }

    private const string Create = """
        mutation($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
          webhookSubscription { id } userErrors { field message } } }
        """;

    private async Task<string> SubscribeAsync(string topic, Uri address, JsonObject? more = null)
    {
        var payload = await shop.RootAsync(Create, Subscription(topic, address, more));
        Assert.Empty(payload!["userErrors"]!.AsArray());
        return (string)payload["webhookSubscription"]!["id"]!;
    }

    private static JsonObject Subscription(string topic, Uri address, JsonObject? more)
    {
        var subscription = new JsonObject { ["uri"] = address.ToString(), ["format"] = "JSON" };
        foreach (var (name, value) in more ?? [])
        {
            subscription[name] = value?.DeepClone();
        }

        return new JsonObject { ["topic"] = topic, ["sub"] = subscription };
    }

    private static string Sign(byte[] body) => Convert.ToBase64String(HMACSHA256.HashData("shpss_demo"u8, body));

    private sealed record Delivery(IReadOnlyDictionary<string, string> Headers, byte[] Body);

    /// <summary>A receiver on the loopback that keeps what came.</summary>
    private sealed class Hook : IAsyncDisposable
    {
        private readonly HttpListener listener = new();
        private readonly ConcurrentDictionary<string, System.Threading.Channels.Channel<Delivery>> byTopic = new(StringComparer.Ordinal);
        private readonly Task running;

        public Hook()
        {
            Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{SandboxProcess.FreePort()}/hook/"));
            listener.Prefixes.Add(Address.ToString());
            listener.Start();
            running = Task.Run(RunAsync);
        }

        public Uri Address { get; }

        public int Answer { get; set; } = 200;

        public async Task<Delivery> NextAsync(string topic)
        {
            using var limit = new CancellationTokenSource(Patience);
            return await Of(topic).Reader.ReadAsync(limit.Token);
        }

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await running;
            listener.Close();
        }

        private System.Threading.Channels.Channel<Delivery> Of(string topic) =>
            byTopic.GetOrAdd(topic, _ => System.Threading.Channels.Channel.CreateUnbounded<Delivery>());

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    context.Response.StatusCode = Answer;
                    var headers = context.Request.Headers.AllKeys.OfType<string>().ToDictionary(k => k, k => context.Request.Headers[k] ?? "", StringComparer.OrdinalIgnoreCase);
                    context.Response.Close();
                    Of(headers["X-Shopify-Topic"]).Writer.TryWrite(new Delivery(headers, body.ToArray()));
                }
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                // Stopped by the test's end.
            }
        }
    }
}
