using System.Diagnostics;
using System.Text;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Abstractions.Tenants;
using ActorSync.Web.Tests.Hub;
using ActorSync.Web.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Tests.Api;

/// <summary>The door with an inbox that a test holds: what is stored, and what the channel hears when it cannot be.</summary>
public sealed class WebhookDoorTests(TestHub hub)
{
    [Fact]
    public async Task Take_Genuine_StoresTheRawBodyWithoutAnythingThatProvesIdentityBeforeTheFailPoint()
    {
        var inbox = new HeldInbox(AppendResult.Stored);
        var died = 0;
        var (context, _) = await TakeAsync(inbox, new FailPoints(FailPoints.AfterInboxCommit, () => died = inbox.Entries.Count));

        var entry = Assert.Single(inbox.Entries);
        Assert.Equal(StatusCodes.Status200OK, context.Response.StatusCode);
        Assert.Equal("""{"id":"d1"}""", Encoding.UTF8.GetString(entry.Body.Span));
        Assert.Equal("product/d1", entry.Resource);
        Assert.Equal("event-1", entry.Headers["x-test-event"]);
        Assert.DoesNotContain("x-test-signature", entry.Headers.Keys);
        Assert.DoesNotContain("x-api-key", entry.Headers.Keys);
        Assert.DoesNotContain("authorization", entry.Headers.Keys);
        Assert.InRange(entry.Partition, 0, IInboxStore.Partitions - 1);
        Assert.Equal(1, died);
    }

    [Fact]
    public async Task Take_InsideOfARecordedSpan_StoresItAsTheCause()
    {
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name is SyncTraces.SourceName or "test.door",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(spans);
        using var source = new ActivitySource("test.door");
        using var span = source.StartActivity("delivery")!;
        var inbox = new HeldInbox(AppendResult.Stored);

        await TakeAsync(inbox, new FailPoints());

        Assert.Equal(span.Id, Assert.Single(inbox.Entries).Headers[SyncTraces.Header]);
    }

    [Fact]
    public async Task Take_WhenTheInboxIsFull_Is503WithRetryAfterSoThatTheChannelDeliversAgain()
    {
        var (context, body) = await TakeAsync(new HeldInbox(AppendResult.Full), new FailPoints());

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
        Assert.Equal("5", context.Response.Headers.RetryAfter);
        Assert.Contains("nothing was kept", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_WhenTheDatabaseIsGone_Is503()
    {
        var (context, _) = await TakeAsync(new HeldInbox(null), new FailPoints());

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
    }

    [Fact]
    public async Task Take_RepeatedDelivery_Is200()
    {
        var (context, _) = await TakeAsync(new HeldInbox(AppendResult.Duplicate), new FailPoints());

        Assert.Equal(StatusCodes.Status200OK, context.Response.StatusCode);
    }

    private async Task<(HttpContext Context, string Body)> TakeAsync(HeldInbox inbox, FailPoints failPoints)
    {
        var channel = await hub.ConnectAsync();
        using var tally = new WebhookTally();
        var grains = hub.Services.GetRequiredService<IGrainFactory>();
        var door = new WebhookDoor(hub.Services.GetServices<IChannelKind>(), hub.Services.GetRequiredService<ITenantDirectory>(), inbox, grains,
            new ChannelClocks(grains, TimeProvider.System), tally, failPoints, TimeProvider.System, Options.Create(new WebOptions()), NullLogger<WebhookDoor>.Instance);
        var body = Encoding.UTF8.GetBytes("""{"id":"d1"}""");
        var context = new DefaultHttpContext { RequestServices = hub.Services };
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentLength = body.Length;
        context.Request.ContentType = "application/json";
        context.Request.Headers["X-Test-Signature"] = TestShop.Sign(body, TestShop.Secret);
        context.Request.Headers["X-Test-Event"] = "event-1";
        context.Request.Headers["X-Api-Key"] = "someone's key";
        context.Request.Headers.Authorization = "Bearer someone's";
        using var answer = new MemoryStream();
        context.Response.Body = answer;

        await (await door.TakeAsync(context, TestShop.Kind, channel, null)).ExecuteAsync(context);

        return (context, Encoding.UTF8.GetString(answer.ToArray()));
    }

    /// <summary>Answers what it was told; null = the database is gone.</summary>
    private sealed class HeldInbox(AppendResult? answer) : IInboxStore
    {
        public List<InboxEntry> Entries { get; } = [];

        public Task<AppendResult> AppendAsync(InboxEntry entry, CancellationToken cancellationToken)
        {
            Entries.Add(entry);
            return Task.FromResult(answer ?? throw new StorageUnavailableException("gone"));
        }

        public Task<System.Collections.Immutable.ImmutableArray<InboxRow>> LeaseAsync(int partition, string owner, long token, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task AckAsync(System.Collections.Immutable.ImmutableArray<InboxAck> acks, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ReleaseAsync(System.Collections.Immutable.ImmutableArray<long> ids, long token, DateTimeOffset dueAt, string? error, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> ReplayAsync(long id, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
