using System.Net;
using System.Text;
using ActorSync.Channels.Http;
using ActorSync.Channels.JtlFfn;

namespace ActorSync.Channels.Tests.JtlFfn;

public sealed class JtlErrorsTests
{
    [Fact]
    public void Verdicts_EveryRowOfTheCatalogue_IsMapped()
    {
        var codes = File.ReadLines(JtlContract.PathOf("error-catalog.csv")).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')[3]).ToList();
        Assert.Equal(201, codes.Count);
        Assert.Empty(codes.Distinct().Except(JtlErrors.Verdicts.Keys, StringComparer.Ordinal));
        Assert.Empty(JtlErrors.Verdicts.Keys.Except(codes, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(423, "Outbounds_OutboundCreationIsLocked", JtlEffect.NotSent, "Transient")]
    [InlineData(400, "Products_DuplicateProduct", JtlEffect.Adopt, null)]
    [InlineData(404, "Products_ProductNotActive", JtlEffect.Gone, null)]
    [InlineData(400, "Stocks_QuantityNotZero", JtlEffect.Refused, null)]
    [InlineData(400, "Something_New", JtlEffect.Refused, null)]
    [InlineData(403, "", JtlEffect.NotSent, "Unauthorised")]
    [InlineData(404, "", JtlEffect.NotSent, "Unauthorised")]
    [InlineData(401, "", JtlEffect.NotSent, "Unauthorised")]
    [InlineData(429, "", JtlEffect.NotSent, "Throttled")]
    [InlineData(503, "", JtlEffect.NotSent, "Transient")]
    [InlineData(500, "", JtlEffect.Unknown, "Transient")]
    [InlineData(408, "", JtlEffect.Unknown, "Transient")]
    public void Classify_AnswerToAWrite_SaysWhatItDid(int status, string code, object effect, string? fault)
    {
        var answer = JtlErrors.Classify(Exchange(status, code.Length == 0 ? "" : $$"""{"errorCode":{"code":"{{code}}","description":"d"},"errorMessages":[{"message":"m"}],"errorMetaData":null}"""), isWrite: true, DateTimeOffset.UnixEpoch);
        Assert.Equal((effect, fault), (answer.Effect, answer.Fault?.Kind.ToString()));
    }

    [Fact]
    public void Classify_DuplicateProduct_NamesTheProductToAdopt()
    {
        var answer = JtlErrors.Classify(Exchange(400, JtlContract.Json("samples/error-duplicate-product.json").GetRawText()), isWrite: true, DateTimeOffset.UnixEpoch);
        Assert.Equal((JtlEffect.Adopt, "MERC01PRDCT"), (answer.Effect, answer.Jfsku));
        Assert.Contains("MUG-BLUE", answer.Message, StringComparison.Ordinal);
    }

    private static HttpExchange Exchange(int status, string body) => new()
    {
        Status = (HttpStatusCode)status,
        Body = Encoding.UTF8.GetBytes(body),
        SentAt = DateTimeOffset.UnixEpoch,
        Elapsed = TimeSpan.Zero,
    };
}
