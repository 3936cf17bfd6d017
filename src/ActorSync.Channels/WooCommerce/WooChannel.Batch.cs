using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

/// <summary>What became of one row of a batch.</summary>
internal sealed record WooRowResult(WooWrite Write, WooEffect Effect, JsonElement Row, WooError? Error, ChannelFault? Fault, DateTimeOffset SentAt);

internal sealed partial class WooChannel
{
    /// <summary>Rounds of sending a row again without the members that the shop refused.</summary>
    private const int MaxRounds = 4;
    private static readonly ChannelFault AnswerIncomplete = new()
    {
        Kind = ChannelFaultKind.Transient,
        Code = "ANSWER_INCOMPLETE",
        Message = "The shop's answer to a batch has fewer items than were sent.",
    };

    private readonly WooBatchSize _batchSize = new();

    /// <summary>
    /// Sends rows, answers one result each. A batch that the host refuses or dies of is halved until the row at fault stands alone; a fault of the whole
    /// channel ends the sending, and what was not sent says so.
    /// </summary>
    private async Task<List<WooRowResult>> SendAsync(string path, IReadOnlyCollection<WooWrite> writes, Lane lane, CancellationToken cancellationToken)
    {
        var batch = new WooBatch(writes, _batchSize, client.Clock);
        while (batch.Next() is { } chunk)
        {
            var started = client.Clock.GetTimestamp();
            var answer = await client.PostAsync($"{path}/batch", Envelope(chunk), lane, cancellationToken);
            _batchSize.Learn(chunk.Count, answer, client.Clock.GetElapsedTime(started));
            if (answer.Ok)
            {
                batch.Done(Correlate(chunk, answer));
            }
            else if (batch.Fail(answer) && answer.Effect == WooEffect.Unknown)
            {
                // Some of it may be stored: what cannot be repeated blindly is looked up first.
                batch.Looked(await RecheckAsync(path, chunk, answer, lane, cancellationToken));
            }
        }

        return batch.Results;
    }

    private static JsonObject Envelope(List<WooWrite> chunk)
    {
        var body = new JsonObject();
        foreach (var group in chunk.GroupBy(write => write.Kind))
        {
            body[Member(group.Key)] = new JsonArray([.. group.Select(write => write.Kind == WooWriteKind.Delete ? JsonValue.Create(write.Id) : (JsonNode)write.Body())]);
        }

        return body;
    }

    private static string Member(WooWriteKind kind) => kind switch
    {
        WooWriteKind.Create => "create",
        WooWriteKind.Update => "update",
        WooWriteKind.Delete => "delete",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of row."),
    };

    /// <summary>Rows belong to results by position; an answer with fewer rows than were sent leaves the rest unknown.</summary>
    internal static IEnumerable<WooRowResult> Correlate(List<WooWrite> chunk, WooAnswer answer)
    {
        foreach (var group in chunk.GroupBy(write => write.Kind))
        {
            var rows = WooMapper.List(answer.Json, Member(group.Key)) ?? [];
            var at = 0;
            foreach (var write in group)
            {
                if (at >= rows.Length)
                {
                    yield return new WooRowResult(write, WooEffect.Unknown, default, null, AnswerIncomplete, answer.SentAt);
                    continue;
                }

                var row = rows[at++];
                var error = WooErrors.OfItem(row);
                yield return error is null && write.Kind != WooWriteKind.Delete && WooMapper.Number(row, "id") == 0
                    ? new WooRowResult(write, WooEffect.Unknown, default, null, AnswerIncomplete, answer.SentAt)
                    : new WooRowResult(write, error?.Effect ?? WooEffect.Done, row, error, null, answer.SentAt);
            }
        }
    }

    /// <summary>
    /// Writes rows until each is settled in its ledger: a refused member is taken out, its register parked with the shop's words, and the rest sent again.
    /// </summary>
    private async Task WriteAsync(string path, IReadOnlyCollection<WooWrite> writes, Lane lane, Action<WooWrite, JsonElement> done, CancellationToken cancellationToken)
    {
        var waiting = writes.ToList();
        for (var round = 1; waiting.Count > 0; round++)
        {
            var results = await SendAsync(path, waiting, lane, cancellationToken);
            waiting = [];
            foreach (var result in results)
            {
                var (write, effect, row, error, fault, sentAt) = result;
                write.Ledger.SentAt = sentAt;
                switch (effect)
                {
                    case WooEffect.Done:
                        write.Ledger.Settle(write.Keys, PushResult.Applied);
                        done(write, row);
                        break;
                    case WooEffect.Gone when write.Kind == WooWriteKind.Delete:
                        write.Ledger.Settle(write.Keys, PushResult.Applied);
                        break;
                    case WooEffect.NotSent:
                        write.Ledger.Fail(write.Keys, PushResult.NotSent, fault);
                        break;
                    case WooEffect.Unknown:
                        write.Ledger.Fail(write.Keys, PushResult.Unknown, fault);
                        break;
                    case WooEffect.Gone when write.Variant is null:
                        write.Ledger.MarkGone(Stamp.Zero);
                        break;
                    case WooEffect.Gone:
                        write.Ledger.Settle(write.Keys, PushResult.Gone);
                        break;
                    default:
                        waiting.AddRange(Refuse(write, error!, mayRetry: round < MaxRounds));
                        break;
                }
            }
        }
    }

    /// <summary>Records a refusal; answers what is worth sending again.</summary>
    private static IReadOnlyList<WooWrite> Refuse(WooWrite write, WooError error, bool mayRetry)
    {
        var culprits = write.Kind == WooWriteKind.Create && error.Code is WooErrors.SkuTaken or WooErrors.SkuBlocked ? [] : write.Remove(Culprits(error));
        if (culprits.IsEmpty && mayRetry && write.Kind == WooWriteKind.Update && write.Split() is { Count: > 0 } pieces)
        {
            return pieces;
        }

        foreach (var key in culprits.IsEmpty ? write.Keys : culprits)
        {
            write.Ledger.Reject(key, error.Code, error.Message);
        }

        if (culprits.IsEmpty || write.IsEmpty)
        {
            return [];
        }

        if (mayRetry)
        {
            return [write];
        }

        write.Ledger.Settle(write.Keys, PushResult.NotSent);
        return [];
    }

    private static ImmutableArray<string> Culprits(WooError error) => error.Code switch
    {
        WooErrors.SkuTaken or WooErrors.SkuBlocked => ["sku"],
        WooErrors.GtinTaken => ["global_unique_id"],
        WooErrors.InvalidParameter => error.Members,
        _ => [],
    };
}
