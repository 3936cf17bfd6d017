using System.Security.Cryptography;
using System.Text;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.WooCommerce;

public sealed class WooWebhooksTests
{
    private const string Secret = "whsec_actorsync_sample";
    private static readonly WooWebhooks Reader = new();
    private static readonly ChannelSecrets Secrets = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["webhookSecret"] = "older", ["webhookSecret.2"] = Secret });
    private static readonly ChannelSettings Settings = new() { Id = new ChannelId("woo"), Tenant = TenantId.Default, Kind = "woocommerce", Name = "Woo" };

    public static TheoryData<string> Signed() =>
    [
        "delivery-product-created", "delivery-product-created-unicode", "delivery-product-created-variable", "delivery-product-created-variation", "delivery-product-created-gone",
        "delivery-product-updated", "delivery-product-updated-variation", "delivery-product-deleted", "delivery-product-deleted-for-an-order", "delivery-product-restored",
    ];

    [Theory]
    [MemberData(nameof(Signed))]
    public void Verify_CapturedDelivery_IsAccepted(string sample)
    {
        var verdict = Reader.Verify(WooSamples.Delivery(sample), Secrets);
        Assert.Equal(WebhookVerdictKind.Accepted, verdict.Kind);
        Assert.StartsWith("product/", verdict.Resource, StringComparison.Ordinal);
        Assert.NotEmpty(verdict.EventKey);
    }

    [Theory]
    [MemberData(nameof(Signed))]
    public void Verify_OneByteChanged_IsForged(string sample)
    {
        var delivery = WooSamples.Delivery(sample);
        var body = delivery.Body.ToArray();
        body[^2] ^= 1;
        Assert.Equal(WebhookVerdictKind.Forged, Reader.Verify(delivery with { Body = body }, Secrets).Kind);
        Assert.Equal(WebhookVerdictKind.Forged, Reader.Verify(delivery, ChannelSecrets.None).Kind);
    }

    [Fact]
    public void Verify_ContractVector_IsAccepted()
    {
        var request = Request(Encoding.UTF8.GetBytes("{\"id\":10,\"name\":\"Gr\\u00fc\\u00dfe \\/ A &amp; B\"}"), "product.updated");
        Assert.Equal(47, request.Body.Length);
        Assert.Equal("8RX1GJxca1UNmLGE325YfoPQcafGIP8KQRN6KawhQMg=", request.Headers["x-wc-webhook-signature"]);
        Assert.Equal(WebhookVerdictKind.Accepted, Reader.Verify(request, Secrets).Kind);
    }

    [Fact]
    public void Order_Captured_IsKeptWithoutTheBuyer_AndReadAsLines()
    {
        var delivery = WooSamples.Delivery("delivery-order-created");
        var verdict = Reader.Verify(delivery, Secrets);
        Assert.Equal((WebhookVerdictKind.Accepted, "order/208"), (verdict.Kind, verdict.Resource));
        var kept = Encoding.UTF8.GetString(verdict.Kept!.Value.Span);
        Assert.DoesNotContain("billing", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("total", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("meta_data", kept, StringComparison.Ordinal);
        var line = Assert.Single(Reader.Read(delivery with { Body = verdict.Kept.Value.ToArray() }, Settings).Orders);
        Assert.Equal(("208", "5", "10", "10", "TR-1"), (line.Order, line.Line, line.Product, line.Variant, line.Sku));
        Assert.Equal((1m, 1m), (line.Quantity, line.Left));
        Assert.Equal(Stamp.At(new DateTimeOffset(2026, 11, 22, 16, 47, 7, TimeSpan.Zero)), line.PlacedAt);
        Assert.Equal(line.PlacedAt, line.PaidAt);
    }

    [Theory]
    [InlineData("processing", null, 3, 3)]
    [InlineData("on-hold", null, 3, 3)]
    [InlineData("completed", "2026-11-01T10:00:00", 3, 3)]
    [InlineData("cancelled", "2026-11-01T10:00:00", 3, 0)]
    [InlineData("refunded", "2026-11-01T10:00:00", 3, 0)]
    [InlineData("cancelled", null, 0, 0)]
    [InlineData("pending", null, 0, 0)]
    public void Order_ByStatus_IsTakenOrGivenBack(string status, string? paid, int quantity, int left)
    {
        var line = Assert.Single(WooOrders.Lines(Json($$"""
            {"id":7,"status":"{{status}}","date_created_gmt":"2026-11-01T09:00:00","date_modified_gmt":"2026-11-01T10:00:00","date_paid_gmt":{{(paid is null ? "null" : $"\"{paid}\"")}},
             "line_items":[{"id":1,"product_id":15,"variation_id":16,"quantity":3,"sku":"A"},{"id":2,"product_id":0,"variation_id":0,"quantity":1,"sku":null}]}
            """)));
        Assert.Equal(("15", "16", quantity, left), (line.Product, line.Variant, (int)line.Quantity, (int)line.Left));
    }

    [Fact]
    public void Order_OfAStatusOfTheShopsOwn_SaysNothing() =>
        Assert.Empty(WooOrders.Lines(Json("""{"id":7,"status":"packed","date_created_gmt":"2026-11-01T09:00:00","line_items":[{"id":1,"product_id":15,"quantity":3}]}""")));

    private static System.Text.Json.JsonElement Json(string text) => System.Text.Json.JsonDocument.Parse(text).RootElement;

    [Fact]
    public void Verify_PingOfACreate_IsAPing() => Assert.Equal(WebhookVerdictKind.Ping, Reader.Verify(WooSamples.Delivery("delivery-ping"), Secrets).Kind);

    [Fact]
    public void Verify_ProductBodyWithoutSignature_IsNoPing()
    {
        var request = new WebhookRequest { Headers = new Dictionary<string, string>(StringComparer.Ordinal), Body = "{\"id\":10}"u8.ToArray(), ReceivedAt = DateTimeOffset.UnixEpoch };
        Assert.Equal(WebhookVerdictKind.Forged, Reader.Verify(request, Secrets).Kind);
    }

    [Fact]
    public void EventKey_DifferentProductsInOneSecond_Differ()
    {
        // They share the shop's delivery id (delivery-id-collisions.json).
        var first = Request("{\"id\":10,\"type\":\"simple\"}"u8.ToArray(), "product.created");
        var second = Request("{\"id\":11,\"type\":\"simple\"}"u8.ToArray(), "product.created");
        Assert.NotEqual(Reader.Verify(first, Secrets).EventKey, Reader.Verify(second, Secrets).EventKey);
        Assert.Equal(Reader.Verify(first, Secrets).EventKey, Reader.Verify(first, Secrets).EventKey);
    }

    [Fact]
    public void EventKey_DeletedRestoredAndDeletedAgain_Differs()
    {
        var first = Request("{\"id\":10}"u8.ToArray(), "product.deleted", "second-1");
        var later = Request("{\"id\":10}"u8.ToArray(), "product.deleted", "second-2");
        Assert.NotEqual(Reader.Verify(first, Secrets).EventKey, Reader.Verify(later, Secrets).EventKey);
    }

    [Fact]
    public void Read_UpdatedProduct_GivesWhatViewAndEditFormShare()
    {
        var content = Reader.Read(WooSamples.Delivery("delivery-product-updated"), Settings);
        Assert.Equal("10", content.ExternalId);
        // Whether it is newer than what the hub knows is for the merge to say.
        Assert.False(content.NeedsRead);
        var body = content.Body!;
        Assert.Equal("Trail Runner", body.Fields["name"].Text);
        Assert.False(body.Fields.ContainsKey("description"));
        Assert.Equal(["summer"], body.Sets["tags"]);
        var variant = Assert.Single(body.Variants);
        Assert.Equal("10", variant.ExternalId);
        Assert.Equal("79.98765", variant.Fields["price"].Text);
        Assert.Equal(9m, Assert.Single(variant.Stock).Quantity);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 16, 32, 13, TimeSpan.Zero), body.Version.Instant);
    }

    [Fact]
    public void Read_UpdatedVariation_BelongsToItsParent()
    {
        var delivery = WooSamples.Delivery("delivery-product-updated-variation");
        Assert.Equal("product/15", Reader.Verify(delivery, Secrets).Resource);
        var content = Reader.Read(delivery, Settings);
        Assert.Equal("15", content.ExternalId);
        var variant = Assert.Single(content.Body!.Variants);
        Assert.Equal("16", variant.ExternalId);
        Assert.Equal("15", variant.Fields["price"].Text);
        Assert.Equal("20", variant.Fields["compareAtPrice"].Text);
        Assert.False(content.Body.VariantsComplete);
        Assert.Empty(content.Body.Fields);
    }

    [Fact]
    public void Read_VariableParent_DoesNotClaimToKnowItsVariations()
    {
        var body = Reader.Read(WooSamples.Delivery("delivery-product-created-variable"), Settings).Body!;
        Assert.Empty(body.Variants);
        Assert.False(body.VariantsComplete);
        Assert.Equal(["Color", "Size"], body.Options!.Value);
    }

    [Theory]
    [InlineData("delivery-product-deleted")]
    [InlineData("delivery-product-deleted-for-an-order")]
    public void Read_Deleted_IsOnlyAHint(string sample)
    {
        var content = Reader.Read(WooSamples.Delivery(sample), Settings);
        Assert.True(content.NeedsRead);
        Assert.Null(content.Body);
        Assert.Equal("variation/" + content.ExternalId, content.ResourceKey);
    }

    [Fact]
    public void Read_ErrorBodyOfAGoneProduct_IsIgnoredWithItsReason()
    {
        var content = Reader.Read(WooSamples.Delivery("delivery-product-created-gone"), Settings);
        Assert.Contains("woocommerce_rest_product_invalid_id", content.Ignored, StringComparison.Ordinal);
    }

    private static WebhookRequest Request(byte[] body, string topic, string deliveryId = "same") => new()
    {
        Headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["x-wc-webhook-signature"] = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)),
            ["x-wc-webhook-topic"] = topic,
            ["x-wc-webhook-id"] = "1",
            ["x-wc-webhook-delivery-id"] = deliveryId,
        },
        Body = body,
        ReceivedAt = DateTimeOffset.UnixEpoch,
    };
}
