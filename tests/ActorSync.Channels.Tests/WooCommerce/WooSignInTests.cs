using System.Net;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Channels.WooCommerce;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>The table of refused sign-ins (contract section 2.4): each tells a person what to do.</summary>
public sealed class WooSignInTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("auth-none", "Basic", "set auth to query")]
    [InlineData("auth-bad-key", "Basic", "consumerKey is wrong")]
    [InlineData("auth-basic-over-http", "Basic", "https")]
    [InlineData("auth-query-http", "Query", "https")]
    [InlineData("auth-bad-secret", "Basic", "consumerSecret")]
    [InlineData("auth-readonly-write", "Basic", "may not read and write")]
    [InlineData("auth-writeonly-read", "Query", "may not read and write")]
    [InlineData("oauth-bad-key", "OAuth", "consumerKey")]
    [InlineData("oauth-bad-signature", "OAuth", "site address")]
    [InlineData("oauth-old-timestamp", "OAuth", "clock")]
    [InlineData("oauth-missing-parameter", "OAuth", "parameters")]
    public void Explain_EachRefusal_SaysWhatToDo(string sample, string auth, string advice)
    {
        var answer = Explain(sample, Enum.Parse<WooAuth>(auth));
        Assert.Equal(ChannelFaultKind.Unauthorised, answer.Fault!.Kind);
        Assert.Equal(WooEffect.NotSent, answer.Effect);
        Assert.Contains(advice, answer.Fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ck_", answer.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_NonceUsedBefore_MeansThatTheWriteMayHaveHappened()
    {
        var answer = Explain("oauth-nonce-reused", WooAuth.OAuth);
        Assert.Equal(WooEffect.Unknown, answer.Effect);
        Assert.Equal(ChannelFaultKind.Transient, answer.Fault!.Kind);
    }

    [Theory]
    [InlineData(-90)]
    [InlineData(45)]
    public async Task OAuth_OurClockIsWrong_IsSignedAgainByTheShops(int minutes)
    {
        using var shop = new WooLiveShop(sandbox, "oauth", new ShiftedClock(TimeSpan.FromMinutes(minutes)));
        var probe = await shop.Channel.ProbeAsync(TestContext.Current.CancellationToken);
        Assert.True(probe.Ok, probe.Fault?.Message);
        Assert.InRange(probe.ClockOffset.TotalMinutes, -minutes - 1, -minutes + 1);
        var made = await shop.PushAsync(Create("Uhr", [], Variant(V1, NewSku("UHR"), "5")));
        Assert.NotNull(made.ExternalId);
    }

    private static WooAnswer Explain(string sample, WooAuth auth)
    {
        var exchange = new HttpExchange
        {
            Status = HttpStatusCode.Unauthorized,
            ContentType = "application/json",
            Body = System.Text.Encoding.UTF8.GetBytes(WooSamples.Answer(sample).GetRawText()),
            SentAt = Now,
            Elapsed = TimeSpan.Zero,
        };
        return WooSignIn.Explain(WooErrors.Classify(exchange, isWrite: true, Now), exchange.Status, auth, isWrite: true);
    }

    private sealed class ShiftedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
