using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Products;
using ActorSync.Web.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Web.Tests.Telemetry;

/// <summary>One change is one trace, from the delivery at the door to the write at another shop.</summary>
public sealed class TraceTests(TestHub hub) : IDisposable
{
    private readonly Spans spans = new(SyncTraces.SourceName, "Microsoft.AspNetCore", "Microsoft.Orleans.Application");

    public void Dispose() => spans.Dispose();

    [Fact]
    public async Task Webhook_ThatChangesAnotherShop_IsOneTraceFromTheDoorToTheCall()
    {
        var (from, to) = (await hub.ConnectAsync(), await hub.ConnectAsync());
        var shop = hub.Shops.Shop($"http://{to}.test");
        shop.Items["t1"] = new ShopItem("Traced", $"TRACE-{to}", 20, 100);
        await GoLiveAsync(to);
        await DeliverAsync(from, "Traced", to, version: 100);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/webhooks/events?channel={from}"), e => e.GetProperty("items")[0].TryGetProperty("outcome", out _));

        await DeliverAsync(from, "Traced further", to, version: DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        await TestHub.UntilAsync(() => Task.FromResult(shop.Items["t1"].Name), name => name == "Traced further");

        var call = ActivityContext.Parse(shop.WrittenIn["t1"]!, null);
        string[] way = ["Microsoft.AspNetCore.Hosting.HttpRequestIn", SyncTraces.Deliver, SyncTraces.Turn, SyncTraces.Commit, SyncTraces.Push];
        // A span is heard of when it ends, and the push may end before the delivery that caused it.
        var trace = await TestHub.UntilAsync(() => Task.FromResult(spans.Of(call.TraceId)), seen => way.All(name => seen.Any(span => span.OperationName == name)));
        // Nobody's child is nobody's cause: each span but the delivery hangs on another of the same trace.
        Assert.Equal(way[0], Assert.Single(trace, span => span.ParentSpanId == default).OperationName);
        Assert.Equal(call.SpanId, Assert.Single(trace, span => span.OperationName == SyncTraces.Push).SpanId);
    }

    [Fact]
    public async Task Row_WhoseProcessIsGone_IsWorkedInAsPartOfItsTrace()
    {
        var channel = new ChannelId(await hub.ConnectAsync());
        const string cause = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01";
        var partition = InboxPartition.Of(channel, "product/left");
        await hub.Services.GetRequiredService<IInboxStore>().AppendAsync(
            new InboxEntry
            {
                Tenant = TenantId.Default,
                Channel = channel,
                EventKey = "left-1",
                Topic = "product",
                Resource = "product/left",
                Partition = partition,
                Headers = ImmutableDictionary<string, string>.Empty.Add(SyncTraces.Header, cause),
                Body = """{"id":"left","name":"Left behind","sku":"LEFT-1","price":5,"version":100}"""u8.ToArray(),
                ReceivedAt = TimeProvider.System.GetUtcNow(),
            },
            TestContext.Current.CancellationToken);

        await hub.Services.GetRequiredService<IGrainFactory>().GetGrain<IInboxGrain>(partition).WakeAsync();

        var trace = await TestHub.UntilAsync(
            () => Task.FromResult(spans.Of(ActivityTraceId.CreateFromString(cause.AsSpan(3, 32)))), seen => seen.Any(span => span.OperationName == SyncTraces.Deliver));
        Assert.Equal("bbbbbbbbbbbbbbbb", Assert.Single(trace, span => span.OperationName == SyncTraces.Deliver).ParentSpanId.ToHexString());
        Assert.Contains(trace, span => span.OperationName == SyncTraces.Commit);
    }

    [Fact]
    public void Begin_WorkOfSeveralCauses_IsTheChildOfTheFirstAndLinksToTheOthers()
    {
        ImmutableArray<string?> causes = [null, "00-11111111111111111111111111111111-2222222222222222-01", "no traceparent", "00-33333333333333333333333333333333-4444444444444444-01"];

        using var span = SyncTraces.Begin("test.work", ActivityKind.Consumer, causes, static cause => cause)!;

        Assert.Equal("11111111111111111111111111111111", span.TraceId.ToHexString());
        Assert.Equal("2222222222222222", span.ParentSpanId.ToHexString());
        Assert.Equal("4444444444444444", Assert.Single(span.Links).Context.SpanId.ToHexString());
    }

    private async Task GoLiveAsync(string channel)
    {
        var job = await (await hub.Operator.PostAsync($"/api/channels/{channel}/import", null)).JsonAsync(HttpStatusCode.Accepted);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync(job.Text("statusUrl")), p => p.Text("state") == "done");
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{channel}"), c => c.TryGetProperty("importedAt", out _));
        var writes = (await hub.Viewer.GetJsonAsync($"/api/channels/{channel}/go-live")).GetProperty("writes").GetInt64();
        await (await hub.Admin.PostAsJsonAsync($"/api/channels/{channel}/go-live", new { confirm = writes, winner = channel })).JsonAsync(HttpStatusCode.Accepted);
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync($"/api/channels/{channel}"), c => c.Text("mode") == "live");
    }

    private async Task DeliverAsync(string channel, string name, string sku, long version) => Assert.Equal(HttpStatusCode.OK, (await hub.Anonymous.SendAsync(TestHub.Delivery(
        $"/webhooks/{TestShop.Kind}/{channel}", $$"""{"id":"{{channel}}","name":"{{name}}","sku":"TRACE-{{sku}}","price":20,"version":{{version}}}""", $"{channel}-{version}"))).StatusCode);

    /// <summary>Every span of the sources that has ended.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> ended = new();
        private readonly ActivityListener listener;

        public Spans(params string[] sources)
        {
            listener = new ActivityListener
            {
                ShouldListenTo = source => sources.Contains(source.Name, StringComparer.Ordinal),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = ended.Enqueue,
            };
            ActivitySource.AddActivityListener(listener);
        }

        public IReadOnlyList<Activity> Of(ActivityTraceId trace) => [.. ended.Where(span => span.TraceId == trace)];

        public void Dispose() => listener.Dispose();
    }
}
