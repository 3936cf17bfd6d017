using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Shopify;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Shopify;

public sealed class ShopifyWebhookTests
{
    private static readonly ShopifyWebhooks Reader = new();

    /// <summary>Answered, counted, and nothing is read from them.</summary>
    private static readonly string[] Unread = ["collections/delete"];
    private static readonly ChannelSettings Settings = new()
    {
        Id = new ChannelId("shop1"),
        Tenant = TenantId.Default,
        Kind = "shopify",
        Name = "Shop",
    };

    [Fact]
    public void Verify_EveryPublishedVector_IsJudgedAsWritten()
    {
        var vectors = ShopifyContract.Json("webhooks/hmac-vectors.json").EnumerateArray().ToArray();
        Assert.NotEmpty(vectors);
        Assert.All(vectors, vector => Assert.Equal(
            vector.GetProperty("valid").GetBoolean(),
            ShopifyWebhooks.IsGenuine(Convert.FromBase64String(vector.GetProperty("bodyBase64").GetString()!), vector.GetProperty("header").GetString()!, [vector.GetProperty("secret").GetString()!])));
    }

    [Fact]
    public void Verify_EverySampleFile_MatchesItsSignatureWithOldAndNewSecret()
    {
        var signatures = ShopifyContract.Json("webhooks/file-signatures.json");
        var secrets = new ChannelSecrets(new Dictionary<string, string> { ["webhookSecret"] = "new one", ["webhookSecret.2"] = signatures.GetProperty("secret").GetString()! });
        Assert.All(signatures.GetProperty("signatures").EnumerateObject(), file =>
        {
            var body = ShopifyContract.Bytes("webhooks/" + file.Name);
            Assert.True(ShopifyWebhooks.IsGenuine(body, file.Value.GetString()!, secrets.All("webhookSecret")));
            body[^2] ^= 1;
            Assert.False(ShopifyWebhooks.IsGenuine(body, file.Value.GetString()!, secrets.All("webhookSecret")));
        });
    }

    [Fact]
    public void Verify_GenuineDelivery_NamesEventResourceAndTime()
    {
        var request = Signed("products/delete", """{"id":788032119674292922}""", "hush");
        var verdict = Reader.Verify(request, Secrets("hush"));
        Assert.Equal(WebhookVerdictKind.Accepted, verdict.Kind);
        Assert.Equal(("delivery-1", "products/delete", "product/788032119674292922"), (verdict.EventKey, verdict.Topic, verdict.Resource));
        Assert.Equal(new DateTimeOffset(2025, 7, 10, 16, 15, 47, TimeSpan.Zero), verdict.TriggeredAt);
        Assert.Null(verdict.Kept);
        Assert.Equal("example-shop.myshopify.com", Reader.ShopOf(request.Headers));
    }

    [Theory]
    [InlineData("other secret", "products/update", WebhookVerdictKind.Forged)]
    [InlineData("hush", "orders/create", WebhookVerdictKind.Accepted)]
    [InlineData("hush", "orders/edited", WebhookVerdictKind.NotForUs)]
    [InlineData("hush", "products/update", WebhookVerdictKind.Accepted)]
    [InlineData("hush", "collections/update", WebhookVerdictKind.Accepted)]
    [InlineData("hush", "customers/redact", WebhookVerdictKind.Acknowledged)]
    [InlineData("hush", "customers/data_request", WebhookVerdictKind.Acknowledged)]
    [InlineData("hush", "shop/redact", WebhookVerdictKind.Acknowledged)]
    [InlineData("other secret", "shop/redact", WebhookVerdictKind.Forged)]
    public void Verify_ByKeyAndTopic_Decides(string secret, string topic, WebhookVerdictKind expected) =>
        Assert.Equal(expected, Reader.Verify(Signed(topic, """{"id":1}""", "hush"), Secrets(secret)).Kind);

    [Fact]
    public void Order_IsKeptWithoutTheBuyer_AndReadAsLines()
    {
        var sample = Encoding.UTF8.GetString(ShopifyContract.Bytes("webhooks/orders-create.official.trimmed.json"));
        var verdict = Reader.Verify(Signed("orders/create", sample, "hush"), Secrets("hush"));
        Assert.Equal("order/820982911946154508", verdict.Resource);
        var kept = Encoding.UTF8.GetString(verdict.Kept!.Value.Span);
        Assert.DoesNotContain("buyer", kept, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("price", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("Aviator", kept, StringComparison.Ordinal);
        var line = Assert.Single(Reader.Read(Signed("orders/create", kept, "hush"), Settings).Orders);
        Assert.Equal(("820982911946154508", "487817672276298554", "788032119674292922", null, "SKU2006-001"), (line.Order, line.Line, line.Product, line.Variant, line.Sku));
        Assert.Equal((1m, 1m, new Stamp(1640995200)), (line.Quantity, line.Left, line.PlacedAt));
    }

    [Theory]
    [InlineData("""{"id":7,"created_at":"2026-11-01T10:00:00+01:00","updated_at":"2026-11-01T10:00:05+01:00","line_items":[{"id":1,"product_id":2,"variant_id":3,"quantity":4,"current_quantity":1}]}""", 4, 1, 5)]
    [InlineData("""{"id":7,"created_at":"2026-11-01T10:00:00+01:00","cancelled_at":"2026-11-01T10:00:09+01:00","line_items":[{"id":1,"product_id":2,"variant_id":3,"quantity":4}]}""", 4, 0, 9)]
    public void Order_ChangedOrCancelled_ShowsWhatIsLeft(string body, int ordered, int left, int second)
    {
        var line = Assert.Single(Reader.Read(Signed("orders/cancelled", body, "hush"), Settings).Orders);
        Assert.Equal((ordered, left), ((int)line.Quantity, (int)line.Left));
        Assert.Equal(Stamp.At(new DateTimeOffset(2026, 11, 1, 9, 0, second, TimeSpan.Zero)), line.Version);
    }

    [Fact]
    public void Order_OfWhatTheMerchantTyped_IsIgnored() =>
        Assert.NotNull(Reader.Read(Signed("orders/create", """{"id":7,"created_at":"2026-11-01T10:00:00Z","line_items":[{"id":1,"product_id":null,"quantity":4}]}""", "hush"), Settings).Ignored);

    [Fact]
    public void Verify_NoSecretConfigured_RefusesEverything() =>
        Assert.Equal(WebhookVerdictKind.Forged, Reader.Verify(Signed("products/update", """{"id":1}""", ""), ChannelSecrets.None).Kind);

    [Fact]
    public void Verify_GenuineGarbage_IsNotForUsAndDoesNotThrow() =>
        Assert.Equal(WebhookVerdictKind.NotForUs, Reader.Verify(Signed("products/update", "not json", "hush"), Secrets("hush")).Kind);

    [Fact]
    public void Read_EverySample_GivesAProductAHintOrAReason()
    {
        var files = Directory.GetFiles(ShopifyContract.PathOf("webhooks"), "*.json").Select(Path.GetFileName)
            .Where(name => !name!.StartsWith("hmac", StringComparison.Ordinal) && !name.StartsWith("file-", StringComparison.Ordinal) && !name.StartsWith("headers", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(files);
        Assert.All(files, name =>
        {
            var topic = name!.Split('.')[0].Replace('-', '/');
            var content = Reader.Read(Request(topic, ShopifyContract.Bytes("webhooks/" + name)), Settings);
            var handlings = new[] { content.Ignored is not null, content.Signal is not null, content.CollectionId is not null, content.Body is not null || content.NeedsRead, !content.Orders.IsEmpty };
            Assert.True(handlings.Count(handled => handled) == 1, $"{topic} has one handling, not {string.Join(", ", handlings)}");
            Assert.Equal(Unread.Contains(topic) || topic.StartsWith("compliance", StringComparison.Ordinal), content.Ignored is not null);
        });
    }

    [Fact]
    public void Read_OfficialProduct_MapsWhatTheBodyCarries()
    {
        var content = Reader.Read(Request("products/update", ShopifyContract.Bytes("webhooks/products-update.official.json")), Settings);
        var body = content.Body!;
        Assert.Equal("788032119674292922", content.ExternalId);
        Assert.Equal(Stamp.At(new DateTimeOffset(2022, 1, 1, 0, 0, 0, TimeSpan.Zero)), body.Version);
        Assert.Equal("Example T-Shirt", body.Fields["name"].Text);
        Assert.Equal(FieldValue.True, body.Fields["isActive"]);
        Assert.Equal(["example", "mens", "t-shirt"], body.Sets["tags"]);
        Assert.True(body.VariantsComplete);
        Assert.False(content.NeedsRead);
        Assert.Null(body.Options); // The sample has an empty list beside variants named Small and Medium: not carried.
        Assert.Equal(["642667041472713922", "757650484644203962"], body.Variants.Select(variant => variant.ExternalId));
        Assert.Equal("19.99", body.Variants[0].Fields["price"].Text);
        Assert.Equal("24.99", body.Variants[0].Fields["compareAtPrice"].Text);
        Assert.True(body.Variants[0].Fields["sku"].IsEmpty);
        Assert.Equal(Stamp.At(new DateTimeOffset(2021, 12, 31, 0, 0, 0, TimeSpan.Zero)), body.Variants[0].Version);
        Assert.All(body.Variants, variant => Assert.Empty(variant.Stock));
    }

    [Fact]
    public void Read_PlainProduct_HasNoOptionsAndEmptyIsNotAbsent()
    {
        var body = Reader.Read(Request("products/update", ShopifyContract.Bytes("webhooks/products-update.real-with-images.json")), Settings).Body!;
        Assert.Empty(body.Options!.Value);
        Assert.Empty(body.Variants[0].OptionValues!.Value);
        Assert.Equal("43333508497494", body.Variants[0].StockItemId);
        Assert.Equal("888", body.Variants[0].Fields["price"].Text);
        Assert.True(body.Variants[0].Fields["gtin"].IsEmpty);
        Assert.True(body.Fields["productType"].IsEmpty);
        Assert.Contains("<li>1 x sensor</li>", body.Fields["description"].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(3, 4, false)]
    [InlineData(100, 130, false)]
    [InlineData(99, null, true)]
    [InlineData(100, null, false)]
    public void Read_VariantList_IsCompleteOnlyWhenItMustBe(int variants, int? gids, bool expected)
    {
        var json = JsonSerializer.Serialize(new
        {
            id = 7,
            updated_at = "2026-11-22T10:00:00Z",
            variants = Enumerable.Range(1, variants).Select(i => new { id = i, price = "1.00", option1 = $"v{i}" }),
            variant_gids = gids is { } count ? Enumerable.Range(1, count).Select(i => new { admin_graphql_api_id = $"gid://shopify/ProductVariant/{i}" }) : null,
        });
        var content = Reader.Read(Request("products/update", Encoding.UTF8.GetBytes(json)), Settings);
        Assert.Equal(expected, content.Body!.VariantsComplete);
        Assert.Equal(!expected, content.NeedsRead);
        Assert.False(content.Body.Fields.ContainsKey("name"));
    }

    [Fact]
    public void Read_Delete_MarksAndAsksForARead()
    {
        var content = Reader.Read(Request("products/delete", """{"id":5}"""u8.ToArray()), Settings);
        Assert.True(content.Body!.Deleted);
        Assert.True(content.NeedsRead);
    }

    [Theory]
    [InlineData("inventory_levels-update.official.json", 10)]
    [InlineData("inventory_levels-update.available-null.json", null)]
    public void Read_InventoryLevel_IsStockOfAResource(string file, int? expected)
    {
        var content = Reader.Read(Request("inventory_levels/update", ShopifyContract.Bytes("webhooks/" + file)), Settings);
        Assert.Equal("inventory/271878346596884015", content.ResourceKey);
        Assert.Null(content.ExternalId);
        var variant = Assert.Single(content.Body!.Variants);
        var level = Assert.Single(variant.Stock);
        Assert.Equal(("271878346596884015", "24826418", (decimal?)expected), (variant.StockItemId, level.LocationId, level.Quantity));
        Assert.Equal(Stamp.At(new DateTimeOffset(2022, 1, 1, 0, 0, 0, TimeSpan.Zero)), level.Version);
        Assert.False(content.Body.VariantsComplete);
    }

    [Theory]
    [InlineData("inventory_items-update.official.json", "inventory_items/update", "inventory/271878346596884015")]
    [InlineData("inventory_items-delete.official.json", "inventory_items/delete", "inventory/271878346596884015")]
    [InlineData("inventory_levels-disconnect.official.json", "inventory_levels/disconnect", "inventory/271878346596884015")]
    public void Read_ItemWithoutItsStock_IsAHintForTheProductThatHasIt(string file, string topic, string resource)
    {
        var content = Reader.Read(Request(topic, ShopifyContract.Bytes("webhooks/" + file)), Settings);
        Assert.Equal((resource, true, null), (content.ResourceKey, content.NeedsRead, content.Body));
    }

    [Fact]
    public void Read_NewLevel_CarriesItsCount()
    {
        var content = Reader.Read(Request("inventory_levels/connect", ShopifyContract.Bytes("webhooks/inventory_levels-connect.official.json")), Settings);
        Assert.Equal(10, content.Body!.Variants[0].Stock[0].Quantity);
    }

    [Fact]
    public void Read_Publication_IsAHintForItsProduct() => Assert.Equal(
        "788032119674292922", Reader.Read(Request("product_publications/create", ShopifyContract.Bytes("webhooks/product_publications-create.official.json")), Settings).ExternalId);

    [Fact]
    public void Verify_AppWasRemoved_SaysSoAndKeepsNothingOfItsOwner()
    {
        var body = Encoding.UTF8.GetString(ShopifyContract.Bytes("webhooks/app-uninstalled.official.json"));
        var verdict = Reader.Verify(Signed("app/uninstalled", body, "hush"), Secrets("hush"));
        Assert.Equal(WebhookVerdictKind.Accepted, verdict.Kind);
        Assert.Equal("""{"id":548380009}""", Encoding.UTF8.GetString(verdict.Kept!.Value.Span));
        Assert.Equal(ChannelSignal.Uninstalled, Reader.Read(Request("app/uninstalled", verdict.Kept.Value.ToArray()), Settings).Signal);
        Assert.Equal(ChannelSignal.RightsChanged, Reader.Read(Request("app/scopes_update", ShopifyContract.Bytes("webhooks/app-scopes_update.official.json")), Settings).Signal);
    }

    private static ChannelSecrets Secrets(string secret) => new(new Dictionary<string, string> { ["webhookSecret"] = secret });

    private static WebhookRequest Request(string topic, byte[] body) => new()
    {
        Headers = new Dictionary<string, string> { ["x-shopify-topic"] = topic },
        Body = body,
        ReceivedAt = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero),
    };

    private static WebhookRequest Signed(string topic, string body, string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return Request(topic, bytes) with
        {
            Headers = new Dictionary<string, string>
            {
                ["x-shopify-topic"] = topic,
                ["x-shopify-hmac-sha256"] = Convert.ToBase64String(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes)),
                ["x-shopify-webhook-id"] = "delivery-1",
                ["x-shopify-triggered-at"] = "2025-07-10T16:15:47.000000Z",
                ["x-shopify-shop-domain"] = "example-shop.myshopify.com",
            },
        };
    }
}
