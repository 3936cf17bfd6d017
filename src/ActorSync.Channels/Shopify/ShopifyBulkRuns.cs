using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Shopify;

/// <summary>How patient we are with bulk operations.</summary>
internal sealed record ShopifyBulkPace
{
    public static readonly ShopifyBulkPace Standard = new();

    /// <summary>Between two looks at the beginning; it grows with the operation's age.</summary>
    public TimeSpan ShortestPause { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>An operation whose count stands still for this long is cancelled.</summary>
    public TimeSpan HungAfter { get; init; } = TimeSpan.FromMinutes(10);
    /// <summary>How long one step of an import waits before its state is stored.</summary>
    public TimeSpan StepLimit { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>One look at an operation.</summary>
internal sealed record ShopifyBulkRun(string Id, string Status, string? ErrorCode, DateTimeOffset CreatedAt, long Objects, long Roots, long? Bytes, Uri? Url, Uri? PartialUrl, string Document)
{
    /// <summary>Only this means that the result is whole.</summary>
    public bool IsComplete => Status == "COMPLETED";

    /// <summary>Over without a result; what there may be of one is a part, and a part tells nothing.</summary>
    public bool IsLost => Status is "FAILED" or "CANCELED" or "CANCELING" or "EXPIRED";

    /// <summary>Nothing more happens.</summary>
    public bool IsOver => Status is "COMPLETED" or "FAILED" or "CANCELED" or "EXPIRED";

    public static ShopifyBulkRun? Of(JsonElement? node) => node is not { ValueKind: JsonValueKind.Object } run ? null : new ShopifyBulkRun(
        ShopifyGid.Number(run.GetProperty("id").GetString()!),
        run.GetProperty("status").GetString()!,
        ShopifyMapper.Child(run, "errorCode") is { ValueKind: JsonValueKind.String } code ? code.GetString() : null,
        run.GetProperty("createdAt").GetDateTimeOffset(),
        Count(run, "objectCount") ?? 0,
        Count(run, "rootObjectCount") ?? 0,
        Count(run, "fileSize"),
        Address(run, "url"),
        Address(run, "partialDataUrl"),
        run.GetProperty("query").GetString() ?? "");

    private static Uri? Address(JsonElement run, string name) => ShopifyMapper.Child(run, name) is { ValueKind: JsonValueKind.String } text ? new Uri(text.GetString()!) : null;

    private static long? Count(JsonElement run, string name) =>
        ShopifyMapper.Child(run, name) is { ValueKind: JsonValueKind.String } text && long.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>Starting, finding, watching and cancelling operations. The finish notice is a hint that we do not need: polling is the truth.</summary>
internal sealed partial class ShopifyBulkRuns(ShopifyClient client, ShopifyBulkPace pace, ChannelId channel, ILogger log)
{
    private const string Gid = "gid://shopify/BulkOperation/";
    /// <summary>Shopify's clock has whole seconds, and an operation that we started may seem a little older than our request.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    public ShopifyBulkPace Pace => pace;

    /// <summary>The query that an earlier try began: running or complete, of the same document, not older than that try.</summary>
    public Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> FindAsync(string document, DateTimeOffset since, CancellationToken cancellationToken) =>
        FindAsync("query", document, since, run => !run.IsLost, cancellationToken);

    /// <summary>The mutation that an earlier try began, whatever became of it: it may have written.</summary>
    public Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> FindMutationAsync(string document, DateTimeOffset since, CancellationToken cancellationToken) =>
        FindAsync("mutation", document, since, _ => true, cancellationToken);

    private async Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> FindAsync(
        string type, string document, DateTimeOffset since, Func<ShopifyBulkRun, bool> isUsable, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(
            ShopifyOperations.BulkOperations, new JsonObject { ["query"] = "operation_type:" + type }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            return (null, fault);
        }

        var earliest = since + client.ClockOffset - Slack;
        return (ShopifyMapper.Nodes(answer.Root("bulkOperations")).Select(node => ShopifyBulkRun.Of(node)).OfType<ShopifyBulkRun>()
            .FirstOrDefault(run => isUsable(run) && run.CreatedAt >= earliest && run.Document == document), null);
    }

    /// <summary>A new operation. Without one and without a fault Shopify refused it, for which there is no cure but the other way of working.</summary>
    public async Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> StartQueryAsync(string document, CancellationToken cancellationToken) =>
        Started(await client.SendAsync(ShopifyOperations.BulkRunQuery, new JsonObject { ["query"] = document }, Lane.Content, cancellationToken), "bulkOperationRunQuery");

    /// <summary>A new mutation; a refusal is neither an operation nor a fault.</summary>
    public async Task<BulkStart> StartMutationAsync(string document, string path, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(
            ShopifyOperations.BulkRunMutation, new JsonObject { ["mutation"] = document, ["path"] = path }, Lane.Price, cancellationToken);
        var (run, fault) = Started(answer, "bulkOperationRunMutation");
        return new BulkStart { Operation = run?.Id, Fault = fault, MayHaveHappened = answer.MayHaveHappened };
    }

    /// <summary>Looks until the operation is over; one that hangs, or is not over by <paramref name="until"/>, is cancelled and null.</summary>
    public async Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> WaitAsync(ShopifyBulkRun started, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var began = client.Clock.GetUtcNow();
        var progress = (started.Objects, At: began);
        while (true)
        {
            await Task.Delay(PauseAfter(client.Clock.GetUtcNow() - began), client.Clock, cancellationToken);
            var (run, fault) = await LookAsync(started.Id, cancellationToken);
            var now = client.Clock.GetUtcNow();
            if (run is null || run.IsOver)
            {
                if (run is { IsComplete: false })
                {
                    Lost(run.Id, $"{run.Status} {run.ErrorCode}".TrimEnd());
                }

                return (run, fault);
            }

            progress = run.Objects > progress.Objects ? (run.Objects, now) : progress;
            if (now > until || now - progress.At > pace.HungAfter)
            {
                await CancelAsync(run, now - progress.At, cancellationToken);
                return (null, null);
            }
        }
    }

    public async Task<(ShopifyBulkRun? Run, ChannelFault? Fault)> LookAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(ShopifyOperations.BulkOperation, new JsonObject { ["id"] = Gid + id }, Lane.Content, cancellationToken);
        return (ShopifyBulkRun.Of(answer.Root("bulkOperation")), answer.Fault);
    }

    public async Task CancelAsync(ShopifyBulkRun run, TimeSpan stoodStill, CancellationToken cancellationToken)
    {
        LogHung(channel.Value, run.Id, run.Objects, stoodStill);
        await CancelAsync(run.Id, cancellationToken);
    }

    public Task CancelAsync(string id, CancellationToken cancellationToken) =>
        client.SendAsync(ShopifyOperations.BulkCancel, new JsonObject { ["id"] = Gid + id }, Lane.Content, cancellationToken);

    /// <summary>The longer it runs, the less often it is asked.</summary>
    public TimeSpan PauseAfter(TimeSpan age) => TimeSpan.FromTicks(Math.Clamp(age.Ticks / 10, pace.ShortestPause.Ticks, pace.LongestPause.Ticks));

    public void Lost(string id, string reason) => LogLost(channel.Value, id, reason);

    private (ShopifyBulkRun? Run, ChannelFault? Fault) Started(ShopifyAnswer answer, string root)
    {
        if (answer.Fault is { } fault)
        {
            return (null, fault);
        }

        var payload = answer.Root(root);
        if (ShopifyErrors.UserErrors(payload) is [var error, ..])
        {
            LogRefused(channel.Value, error.Code ?? "REFUSED", error.Message);
            return (null, null);
        }

        return (ShopifyBulkRun.Of(payload is { } found ? ShopifyMapper.Child(found, "bulkOperation") : null), null);
    }

    [LoggerMessage(3110, LogLevel.Warning, "Channel {Channel}: bulk operation {Operation} stood still at {Objects} objects for {StoodStill} and was cancelled")]
    private partial void LogHung(string channel, string operation, long objects, TimeSpan stoodStill);

    [LoggerMessage(3111, LogLevel.Warning, "Channel {Channel}: Shopify refused a bulk operation with {Code}: {Reason} The work goes on without it")]
    private partial void LogRefused(string channel, string code, string reason);

    [LoggerMessage(3112, LogLevel.Warning, "Channel {Channel}: bulk operation {Operation} brought no complete result ({Reason}); the work goes on without it")]
    private partial void LogLost(string channel, string operation, string reason);
}
