using System.Net;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Shopify;

namespace ActorSync.Channels.Tests.Shopify;

public sealed class ShopifyErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Classify_EveryRecordedAnswer_FindsDataFaultOrBoth()
    {
        var seen = 0;
        foreach (var exchange in ShopifyContract.Recorded())
        {
            seen++;
            var response = exchange.GetProperty("response");
            var answer = Classify(HttpStatusCode.OK, response.GetRawText());
            var hasErrors = response.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0;
            var hasData = response.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.EnumerateObject().Any(root => root.Value.ValueKind != JsonValueKind.Null);
            var id = exchange.GetProperty("id").GetString();
            Assert.True(hasErrors || answer.Fault is null, id);
            Assert.True(!hasErrors || hasData || answer is { Fault.Kind: ChannelFaultKind.Permanent or ChannelFaultKind.Unauthorised, MayHaveHappened: false }, id);
            if (hasErrors && hasData && errors.EnumerateArray().All(error => error.GetProperty("extensions").GetProperty("code").GetString() == "ACCESS_DENIED"))
            {
                Assert.True(answer.Fault is null && answer.Denied.Length > 0, id);
            }
        }

        Assert.Equal(465, seen);
    }

    [Fact]
    public void UserErrors_OfEveryRecordedMutation_KeepPathMessageAndCode()
    {
        var errors = ShopifyContract.Recorded()
            .Where(exchange => exchange.GetProperty("response").TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object)
            .SelectMany(exchange => exchange.GetProperty("response").GetProperty("data").EnumerateObject())
            .SelectMany(root => ShopifyErrors.UserErrors(root.Value)).ToArray();
        Assert.True(errors.Length > 100);
        Assert.All(errors, error => Assert.NotEmpty(error.Message));
        Assert.Contains(errors, error => error is { Code: "INVALID_QUANTITY_TOO_HIGH" } && error.Row("quantities") == 0);
        Assert.Contains(errors, error => ShopifyErrors.IsGone(error) && error.Code is null);
        Assert.Contains(errors, error => ShopifyMapper.FieldOf(error) == "name");
        Assert.Contains(errors, error => error.Message.StartsWith("Vendor is too long", StringComparison.Ordinal) && ShopifyMapper.FieldOf(error) == "vendor");
    }

    [Fact]
    public void Classify_Throttled_WaitsForTheBucketAndDidNothing()
    {
        var answer = Classify(HttpStatusCode.OK, """
            {"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED","documentation":"x"}}],
             "extensions":{"cost":{"requestedQueryCost":470,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":70,"restoreRate":100}}}}
            """);
        Assert.Equal(ChannelFaultKind.Throttled, answer.Fault!.Kind);
        Assert.Equal(Now.AddSeconds(4), answer.Fault.RetryAt);
        Assert.False(answer.MayHaveHappened);
        Assert.Equal((470, 70, 100), (answer.Cost!.Requested, answer.Cost.Available, answer.Cost.RestorePerSecond));
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}""", ChannelFaultKind.Transient, true)]
    [InlineData("""{"errors":[{"message":"x","extensions":{"code":"MAX_COST_EXCEEDED"}}]}""", ChannelFaultKind.Permanent, false)]
    [InlineData("""{"errors":[{"message":"no","extensions":{"code":"ACCESS_DENIED"}}],"data":{"product":null}}""", ChannelFaultKind.Unauthorised, false)]
    [InlineData("""{"errors":"[API] Invalid API key or access token"}""", ChannelFaultKind.Permanent, false)]
    [InlineData("<html>sorry</html>", ChannelFaultKind.Transient, true)]
    [InlineData("{}", ChannelFaultKind.Transient, true)]
    public void Classify_TwoHundredWithoutData_TellsWhatToDo(string body, ChannelFaultKind kind, bool mayHaveHappened)
    {
        var answer = Classify(HttpStatusCode.OK, body);
        Assert.Equal((kind, mayHaveHappened), (answer.Fault!.Kind, answer.MayHaveHappened));
    }

    [Theory]
    [InlineData(401, ChannelFaultKind.Unauthorised, false)]
    [InlineData(402, ChannelFaultKind.Unauthorised, false)]
    [InlineData(404, ChannelFaultKind.Unauthorised, false)]
    [InlineData(423, ChannelFaultKind.Unauthorised, false)]
    [InlineData(429, ChannelFaultKind.Throttled, false)]
    [InlineData(430, ChannelFaultKind.Unauthorised, false)]
    [InlineData(302, ChannelFaultKind.Unauthorised, false)]
    [InlineData(400, ChannelFaultKind.Permanent, false)]
    [InlineData(500, ChannelFaultKind.Transient, true)]
    [InlineData(504, ChannelFaultKind.Transient, true)]
    public void Classify_HttpStatus_TellsWhatToDo(int status, ChannelFaultKind kind, bool mayHaveHappened)
    {
        var answer = Classify((HttpStatusCode)status, "anything");
        Assert.Equal((kind, mayHaveHappened), (answer.Fault!.Kind, answer.MayHaveHappened));
    }

    private static ShopifyAnswer Classify(HttpStatusCode status, string body) => ShopifyErrors.Classify(
        new HttpExchange { Status = status, Body = Encoding.UTF8.GetBytes(body), SentAt = Now, Elapsed = TimeSpan.FromMilliseconds(5) }, Now);
}
