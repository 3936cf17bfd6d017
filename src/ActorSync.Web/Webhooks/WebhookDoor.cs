using System.Collections.Frozen;
using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Web.Errors;
using ActorSync.Web.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Webhooks;

/// <summary>
/// Takes deliveries in: verify on the raw bytes, stamp with the channel's clock offset, store durably, answer 200, wake the partition. Nothing of an
/// unverified body is used, and nothing waits for the work itself.
/// </summary>
internal sealed partial class WebhookDoor(
    IEnumerable<IChannelKind> kinds, ITenantDirectory directory, IInboxStore inbox, IGrainFactory grains, ChannelClocks clocks, WebhookTally tally, FailPoints failPoints,
    TimeProvider clock, IOptions<WebOptions> options, ILogger<WebhookDoor> log)
{
    private const int MaxHeaders = 40;
    private const int MaxHeaderLength = 1_024;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    /// <summary>An oversized delivery cannot be verified, so the read that it causes is made rarely.</summary>
    private static readonly TimeSpan OversizeReadEvery = TimeSpan.FromMinutes(10);

    private readonly FrozenDictionary<string, IChannelKind> _kinds = kinds.ToFrozenDictionary(k => k.Descriptor.Kind, StringComparer.Ordinal);

    public async Task<IResult> TakeAsync(HttpContext context, string kindName, string? channelId, string? topic)
    {
        var cancellationToken = context.RequestAborted;
        if (!_kinds.TryGetValue(kindName, out var kind) || kind.Webhooks is not { } reader)
        {
            return new Problem(new ApiError(ErrorKind.NotFound, "no-such-kind", $"'{kindName}' sends no webhooks here; known are {string.Join(", ", _kinds.Keys.Order(StringComparer.Ordinal))}."));
        }

        var headers = HeadersOf(context.Request);
        var shop = channelId is null ? reader.ShopOf(headers) : null;
        var channel = channelId is not null ? await directory.FindChannelAsync(new ChannelId(channelId), cancellationToken)
            : shop is not null ? await directory.FindChannelByShopAsync(kindName, shop, cancellationToken)
            : null;
        if (channel is null || channel.Kind != kindName)
        {
            tally.Count(null, "unknown-channel");
            return new Problem(new ApiError(ErrorKind.NotFound, "no-such-channel", channelId is not null ? $"There is no {kindName} channel '{channelId}'."
                : shop is not null ? $"There is no {kindName} channel of the shop '{shop}'." : "The delivery does not say which shop it is from; use the address that names the channel."));
        }

        var body = await RequestBytes.ReadAsync(context.Request, options.Value.MaxWebhookBytes, cancellationToken);
        return body is null ? await OversizedAsync(context, channel) : await StoreAsync(kind, reader, channel, headers, body, topic, cancellationToken);
    }

    private async Task<IResult> StoreAsync(
        IChannelKind kind, IWebhookReader reader, ChannelSettings channel, IReadOnlyDictionary<string, string> headers, byte[] body, string? topic, CancellationToken cancellationToken)
    {
        var request = new WebhookRequest { Headers = headers, Body = body, PathTopic = topic, ReceivedAt = clock.GetUtcNow() };
        var verdict = reader.Verify(request, await directory.SecretsOf(channel.Id, cancellationToken));
        switch (verdict.Kind)
        {
            case WebhookVerdictKind.Forged:
                tally.Count(channel.Id, "forged");
                LogForged(log, channel.Id.Value, verdict.Reason);
                return new Problem(new ApiError(ErrorKind.Unauthenticated, "wrong-signature", verdict.Reason ?? "The signature does not match. Nothing was changed."));
            case WebhookVerdictKind.Ping:
                tally.Count(channel.Id, "ping");
                return TypedResults.Ok();
            case WebhookVerdictKind.NotForUs:
                tally.Count(channel.Id, "not-for-us");
                return TypedResults.Ok();
            case WebhookVerdictKind.Acknowledged:
                tally.Count(channel.Id, "acknowledged");
                return TypedResults.Ok();
            case WebhookVerdictKind.Accepted:
                break;
            default:
                throw new InvalidOperationException($"{kind.Descriptor.Kind} gave the verdict {verdict.Kind}, which the door does not know.");
        }

        var partition = InboxPartition.Of(channel.Id, verdict.Resource);
        var entry = new InboxEntry
        {
            Tenant = channel.Tenant,
            Channel = channel.Id,
            EventKey = verdict.EventKey,
            Topic = verdict.Topic,
            Resource = verdict.Resource,
            Partition = partition,
            Headers = SyncTraces.Cause is { } cause ? Kept(headers).SetItem(SyncTraces.Header, cause) : Kept(headers),
            Body = verdict.Kept ?? body,
            ReceivedAt = request.ReceivedAt,
            ClockOffset = await clocks.OffsetAsync(channel.Id),
        };
        try
        {
            switch (await inbox.AppendAsync(entry, cancellationToken))
            {
                case AppendResult.Stored:
                    failPoints.Hit(FailPoints.AfterInboxCommit);
                    tally.Count(channel.Id, "stored");
                    // Not awaited by the channel: the row is durable, and the partition's own timer finds it if this call is lost.
                    grains.GetGrain<IInboxGrain>(partition).WakeAsync().Ignore();
                    return TypedResults.Ok();
                case AppendResult.Duplicate:
                    tally.Count(channel.Id, "duplicate");
                    return TypedResults.Ok();
                default:
                    tally.Count(channel.Id, "busy");
                    return Busy("More deliveries arrive than can be stored now.");
            }
        }
        catch (StorageUnavailableException)
        {
            tally.Count(channel.Id, "unavailable");
            return Busy("The database does not answer.");
        }
    }

    /// <summary>Channels drop subscriptions that fail, so a delivery too large to keep is taken and the channel is read instead.</summary>
    private async Task<IResult> OversizedAsync(HttpContext context, ChannelSettings channel)
    {
        tally.Count(channel.Id, "oversized");
        LogOversized(log, channel.Id.Value, options.Value.MaxWebhookBytes);
        if (tally.IsDue(channel.Id, clock.GetUtcNow(), OversizeReadEvery))
        {
            await grains.GetGrain<IImportGrain>(channel.Id.Value).StartAsync("A webhook was too large to keep; the channel is read instead.");
        }

        // The rest is not read: the connection is closed after the answer.
        context.Response.Headers.Connection = "close";
        return TypedResults.Ok();
    }

    private static Problem Busy(string why) => new ApiError(ErrorKind.Unavailable, "inbox-unavailable", why + " Deliver again; nothing was kept.") { RetryAfter = RetryAfter };

    private static Dictionary<string, string> HeadersOf(HttpRequest request) => request.Headers
        .Where(h => h.Value.Count > 0 && h.Value.ToString().Length <= MaxHeaderLength)
        .Take(MaxHeaders)
        .ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal);

    /// <summary>The channel's own headers without anything that proves identity.</summary>
    private static ImmutableDictionary<string, string> Kept(IReadOnlyDictionary<string, string> headers) => headers
        .Where(h => (h.Key.StartsWith("x-", StringComparison.Ordinal) || h.Key == "content-type") && !h.Key.Contains("signature", StringComparison.Ordinal) &&
            !h.Key.Contains("hmac", StringComparison.Ordinal) && !h.Key.Contains("key", StringComparison.Ordinal) && !h.Key.StartsWith("x-forwarded", StringComparison.Ordinal))
        .ToImmutableDictionary(StringComparer.Ordinal);

    [LoggerMessage(5101, LogLevel.Warning, "A delivery for channel {Channel} was refused: {Reason}")]
    private static partial void LogForged(ILogger logger, string channel, string? reason);

    [LoggerMessage(5102, LogLevel.Warning, "A delivery for channel {Channel} is larger than {Limit} bytes; the channel is read instead")]
    private static partial void LogOversized(ILogger logger, string channel, int limit);
}
