using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels.Tests.Http;

public sealed class ChannelHttpTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.16.0.1", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.0.9", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("23.227.38.65", false)]
    [InlineData("::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("64:ff9b::a00:1", true)]
    [InlineData("2620:127:f00f::1", false)]
    public void IsPrivate_EachKindOfAddress_IsToldApart(string address, bool expected) =>
        Assert.Equal(expected, PrivateAddressGuard.IsPrivate(IPAddress.Parse(address)));

    [Theory]
    [InlineData(0, 0, 200, 0)]
    [InlineData(0, 900, 300, 0)] // the header is cut to whole seconds
    [InlineData(-1, 900, 300, 0)] // and written once per second
    [InlineData(30, 0, 0, 30)]
    [InlineData(-600, 0, 100, -600)]
    public void Measure_DateHeader_GivesAnOffsetOnlyBeyondItsPrecision(int seconds, int sentMs, int tookMs, long expected)
    {
        var start = new DateTimeOffset(2026, 11, 22, 18, 0, 0, TimeSpan.Zero).AddMilliseconds(sentMs);
        var date = new DateTimeOffset(2026, 11, 22, 18, 0, 0, TimeSpan.Zero).AddSeconds(seconds);
        Assert.Equal(expected, ClockOffsetMeter.Measure(date, start, start.AddMilliseconds(tookMs)));
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task Send_ServerErrors_AreRepeatedOnlyWhereRepeatable(bool repeatable, int expectedCalls)
    {
        var calls = 0;
        using var provider = Services(allowPrivate: true, new Stub(_ =>
        {
            calls++;
            return new HttpResponseMessage(HttpStatusCode.BadGateway);
        }));
        var answer = await SendAsync(provider, "https://shop.example/", repeatable);
        Assert.Equal(expectedCalls, calls);
        Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
        Assert.Equal(ChannelFaultKind.Transient, answer.StatusFault(answer.SentAt)!.Kind);
    }

    [Fact]
    public async Task Send_ThrottledAnswer_IsNotRepeatedAndTellsTheWait()
    {
        var calls = 0;
        using var provider = Services(allowPrivate: true, new Stub(_ =>
        {
            calls++;
            var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            response.Headers.Add("Retry-After", "7");
            return response;
        }));
        var answer = await SendAsync(provider, "https://shop.example/", repeatable: true);
        Assert.Equal(1, calls);
        Assert.Equal(answer.SentAt.AddSeconds(7), answer.StatusFault(answer.SentAt)!.RetryAt);
    }

    [Fact]
    public async Task Send_PrivateAddressWithoutTheSwitch_IsRefusedBeforeAnyByteLeaves()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var provider = Services(allowPrivate: false, primary: null);
        var answer = await SendAsync(provider, $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/", repeatable: true);
        Assert.Equal("PRIVATE_ADDRESS", answer.Fault!.Code);
        Assert.True(answer.CertainlyNotSent);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_ConnectionRefused_IsCertainlyNotSentOnlyWhenNoTryMayHaveLeft(bool firstTryWasCut)
    {
        var calls = 0;
        using var provider = Services(allowPrivate: true, new Stub(_ => ++calls == 1 && firstTryWasCut
            ? throw new HttpRequestException(HttpRequestError.ResponseEnded)
            : throw new HttpRequestException(HttpRequestError.ConnectionError)));
        var answer = await SendAsync(provider, "https://shop.example/", repeatable: true);
        Assert.Equal("CONNECT_FAILED", answer.Fault!.Code);
        Assert.Equal(!firstTryWasCut, answer.CertainlyNotSent);
    }

    [Fact]
    public async Task Send_InsideOfASpan_IsItsChildAndTellsTheChannelNothingOfIt()
    {
        var calls = new List<Activity>();
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "System.Net.Http" or "test.push",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended =>
            {
                lock (calls)
                {
                    calls.Add(ended);
                }
            },
        };
        ActivitySource.AddActivityListener(spans);
        using var source = new ActivitySource("test.push");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = AnswerOnceAsync(listener);
        using var provider = Services(allowPrivate: true, primary: null);
        using var push = source.StartActivity("push")!;

        await SendAsync(provider, $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/products.json?secret=1", repeatable: false);

        var call = Assert.Single(calls, ended => ended.Source.Name == "System.Net.Http" && ended.TraceId == push.TraceId);
        Assert.Equal(push.SpanId, call.ParentSpanId);
        Assert.DoesNotContain(call.TagObjects, tag => tag.Value is string text && text.Contains("secret=1", StringComparison.Ordinal));
        Assert.DoesNotContain(push.TraceId.ToHexString(), await heard, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerOnceAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var buffer = new byte[8_192];
        var text = "";
        while (!text.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            text += Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
        }

        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray(), TestContext.Current.CancellationToken);
        return text;
    }

    private static async Task<HttpExchange> SendAsync(ServiceProvider provider, string address, bool repeatable)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await provider.GetRequiredService<ChannelHttpClients>().Create(TimeProvider.System)
            .SendAsync(request, repeatable, TestContext.Current.CancellationToken);
    }

    private static ServiceProvider Services(bool allowPrivate, HttpMessageHandler? primary)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddLogging().AddChannels();
        services.Configure<ChannelHttpOptions>(o =>
        {
            o.AllowPrivateAddresses = allowPrivate;
            o.RetryDelay = TimeSpan.FromMilliseconds(1);
        });
        if (primary is not null)
        {
            services.AddHttpClient(ChannelHttpClients.Name).ConfigurePrimaryHttpMessageHandler(() => primary);
        }

        return services.BuildServiceProvider();
    }

    private sealed class Stub(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request));
    }
}
