using ActorSync.Web.Errors;
using ActorSync.Web.Requests;
using Microsoft.Extensions.Configuration;

namespace ActorSync.Web.Tests.Api;

public sealed class ErrorAndOptionTests
{
    [Fact]
    public void StatusOf_EveryKind_IsThePinnedStatus() => Assert.Equal(
        "Invalid 400, Unauthenticated 401, Forbidden 403, NotFound 404, Conflict 409, TooLarge 413, UnsupportedMedia 415, Refused 422, Throttled 429, Unavailable 503, Internal 500",
        string.Join(", ", Enum.GetValues<ErrorKind>().Select(k => $"{k} {Problem.StatusOf(k)}")));

    [Theory]
    [InlineData("pirce", "price")]
    [InlineData("compare_at_prise", "compareAtPrice")]
    [InlineData("weigth", "weight")]
    [InlineData("colour", null)]
    public void Nearest_OfATypingError_IsTheFieldThatWasMeant(string given, string? meant) =>
        Assert.Equal(meant, Nearest.Find(given, ["price", "compareAtPrice", "weight", "name"]));

    [Theory]
    [InlineData("ActorSync:Web:Demoo", "true", "did you mean Demo")]
    [InlineData("ActorSync:Web:SessionLifetime", "00:01:00", "SessionLifetime is 00:01:00 but must be from 00:05:00 to 30.00:00:00")]
    [InlineData("ActorSync:Web:MaxLiveConnections", "0", "MaxLiveConnections is 0 but must be from 1 to 10000")]
    [InlineData("ActorSync:Web:MaxWebhookBytes", "65535", "MaxWebhookBytes is 65535 but must be from 65536")]
    [InlineData("ActorSync:Web:AllowedOrigins:0", "shop.example", "AllowedOrigins has 'shop.example'")]
    public void Options_OutsideTheirRange_AreNamedWithKeyValueAndRule(string key, string value, string part)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]).Build();
        var options = configuration.GetSection(WebOptions.Section).Get<WebOptions>()!;

        var result = new WebOptionsValidator(configuration).Validate(null, options);

        Assert.Contains(part, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:05:00")]
    [InlineData("30.00:00:00")]
    public void Options_AtTheEdge_AreAccepted(string lifetime)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("ActorSync:Web:SessionLifetime", (string?)lifetime)]).Build();

        Assert.True(new WebOptionsValidator(configuration).Validate(null, configuration.GetSection(WebOptions.Section).Get<WebOptions>()!).Succeeded);
    }
}
