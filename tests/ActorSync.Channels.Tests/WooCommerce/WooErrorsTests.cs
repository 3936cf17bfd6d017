using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using ActorSync.Channels.Http;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.WooCommerce;

public sealed class WooErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("product-create-duplicate-sku", "Refused")]
    [InlineData("product-create-sku-of-trashed", "Refused")]
    [InlineData("product-create-duplicate-gtin", "Refused")]
    [InlineData("product-create-price-number", "Refused")]
    [InlineData("product-update-missing", "Gone")]
    [InlineData("product-get-missing", "Gone")]
    [InlineData("variation-wrong-parent", "Gone")]
    [InlineData("auth-bad-key", "NotSent")]
    [InlineData("auth-bad-secret", "NotSent")]
    [InlineData("oauth-nonce-reused", "NotSent")]
    [InlineData("batch-101", "Refused")]
    [InlineData("bad-json", "Refused")]
    [InlineData("route-missing", "NotSent")]
    [InlineData("maintenance-mode", "NotSent")]
    [InlineData("php-fatal", "Unknown")]
    public void Classify_CapturedAnswerToAWrite_HasOneClass(string sample, string expected)
    {
        var response = WooSamples.Read(sample).GetProperty("response");
        var answer = WooErrors.Classify(Exchange((HttpStatusCode)response.GetProperty("status").GetInt32(), response.GetProperty("body").GetRawText()), isWrite: true, Now);
        Assert.Equal(expected, answer.Effect.ToString());
    }

    [Fact]
    public void Classify_TakenSku_NamesItsOwner()
    {
        var answer = WooErrors.Classify(Exchange(HttpStatusCode.BadRequest, WooSamples.Answer("product-create-duplicate-sku").GetRawText()), isWrite: true, Now);
        Assert.Equal(10, answer.Error!.ResourceId);
    }

    [Theory]
    [InlineData(401, "NotSent", "Unauthorised")]
    [InlineData(429, "NotSent", "Throttled")]
    [InlineData(503, "NotSent", "Transient")]
    [InlineData(502, "Unknown", "Transient")]
    [InlineData(524, "Unknown", "Transient")]
    [InlineData(301, "NotSent", "Permanent")]
    [InlineData(404, "NotSent", "Permanent")]
    [InlineData(200, "Unknown", "Permanent")]
    public void Classify_PageInsteadOfData_IsAFaultOfTheConnection(int status, string effect, string kind)
    {
        var answer = WooErrors.Classify(Exchange((HttpStatusCode)status, "<html>busy</html>"), isWrite: true, Now);
        Assert.Equal(effect, answer.Effect.ToString());
        Assert.Equal(kind, answer.Fault!.Kind.ToString());
    }

    [Fact]
    public void Classify_WarningBeforeTheJson_IsReadAllTheSame()
    {
        var body = WooSamples.Answer("php-warning-before-json").GetString()!;
        var answer = WooErrors.Classify(Exchange(HttpStatusCode.OK, body), isWrite: false, Now);
        Assert.True(answer.Ok);
        Assert.Equal(206, WooMapper.Number(answer.Json[0], "id"));
    }

    [Fact]
    public void Classify_EmptyAnswerToAWrite_IsUnknown() => Assert.Equal(WooEffect.Unknown, WooErrors.Classify(Exchange(HttpStatusCode.OK, ""), isWrite: true, Now).Effect);

    [Fact]
    public void Correlate_CapturedMixedBatch_GivesEachRowItsOwnResult()
    {
        var ledger = Ledger();
        WooWrite[] rows =
        [
            new(ledger, WooWriteKind.Create, 0, null), new(ledger, WooWriteKind.Create, 0, null),
            new(ledger, WooWriteKind.Update, 10, null), new(ledger, WooWriteKind.Update, 888888, null), new(ledger, WooWriteKind.Update, 1, null),
            new(ledger, WooWriteKind.Delete, 777777, null),
        ];
        var results = WooChannel.Correlate([.. rows], Answer(WooSamples.Answer("batch-mixed"))).ToList();
        Assert.Equal([WooEffect.Done, WooEffect.Refused, WooEffect.Done, WooEffect.Gone, WooEffect.Gone, WooEffect.Gone], results.Select(r => r.Effect));
        Assert.Equal(WooErrors.SkuTaken, results[1].Error!.Code);
        Assert.Equal("21", WooMapper.Id(results[0].Row));
    }

    [Fact]
    public void Correlate_VariationsBatchWithAnObjectAsId_IsRead()
    {
        var ledger = Ledger();
        WooWrite[] rows = [new(ledger, WooWriteKind.Create, 0, new VariantId(1)), new(ledger, WooWriteKind.Create, 0, new VariantId(2)), new(ledger, WooWriteKind.Update, 16, new VariantId(3)), new(ledger, WooWriteKind.Update, 999999, new VariantId(4)), new(ledger, WooWriteKind.Delete, 999998, new VariantId(5))];
        var results = WooChannel.Correlate([.. rows], Answer(WooSamples.Answer("variations-batch"))).ToList();
        Assert.Equal([WooEffect.Done, WooEffect.Refused, WooEffect.Done, WooEffect.Gone, WooEffect.Gone], results.Select(r => r.Effect));
    }

    [Fact]
    public void Correlate_AnswerWithTooFewRows_LeavesTheRestUnknown()
    {
        var ledger = Ledger();
        var results = WooChannel.Correlate([new(ledger, WooWriteKind.Update, 10, null), new(ledger, WooWriteKind.Update, 11, null)], Answer(JsonElement.Parse("""{"update":[{"id":10}]}"""))).ToList();
        Assert.Equal([WooEffect.Done, WooEffect.Unknown], results.Select(r => r.Effect));
    }

    private static WooAnswer Answer(JsonElement json) => new() { Effect = WooEffect.Done, Json = json, SentAt = Now };

    private static PushLedger Ledger() => new(
        new PushItem
        {
            Product = new ProductId("p"),
            Channel = new ChannelId("c"),
            PushId = "1",
            Action = PushAction.Update,
            Target = new DesiredProduct { Fields = ImmutableDictionary<string, FieldValue>.Empty, Variants = [] },
            Delta = [],
        },
        Now);

    private static HttpExchange Exchange(HttpStatusCode status, string body) => new()
    {
        Status = status,
        Headers = new HttpResponseMessage().Headers,
        ContentType = body.StartsWith('<') ? "text/html" : "application/json",
        Body = System.Text.Encoding.UTF8.GetBytes(body),
        SentAt = Now,
        Elapsed = TimeSpan.Zero,
    };
}
