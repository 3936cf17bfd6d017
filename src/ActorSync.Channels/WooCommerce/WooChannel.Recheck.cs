using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <content>A batch is no transaction: items before a crash stay done. What of it is there is found out before anything is sent twice.</content>
internal sealed partial class WooChannel
{
    private async Task<WooRecheck> RecheckAsync(string path, List<WooWrite> rows, WooAnswer answer, Lane lane, CancellationToken cancellationToken)
    {
        var settled = new List<WooRowResult>();
        // A value that is set again is the same value, and a second delete finds nothing: only creates and counts depend on whether they happened.
        var again = rows.Where(write => write.Kind == WooWriteKind.Delete || (write.Kind == WooWriteKind.Update && !write.WritesStock)).ToList();
        var counted = rows.Where(write => write.Kind == WooWriteKind.Update && write.WritesStock).ToArray();
        var creates = rows.Where(write => write.Kind == WooWriteKind.Create).ToArray();
        var fault = path == "products"
            ? await RecheckProductsAsync(counted, creates, settled, again, answer, lane, cancellationToken)
            : await RecheckVariationsAsync(counted, creates, settled, again, answer, lane, cancellationToken);
        if (fault is not null)
        {
            settled.AddRange(counted.Concat(creates).Where(write => !again.Contains(write) && settled.All(result => result.Write != write))
                .Select(write => new WooRowResult(write, WooEffect.Unknown, default, null, fault, answer.SentAt)));
        }

        return new WooRecheck(settled, again);
    }

    private async Task<ChannelFault?> RecheckProductsAsync(
        WooWrite[] counted, WooWrite[] creates, List<WooRowResult> settled, List<WooWrite> again, WooAnswer answer, Lane lane, CancellationToken cancellationToken)
    {
        if (counted.Length > 0)
        {
            var (rows, fault) = await ReadRowsAsync([.. counted.Select(write => write.Id.ToString(CultureInfo.InvariantCulture))], lane, cancellationToken);
            if (fault is not null)
            {
                return fault;
            }

            foreach (var write in counted)
            {
                JudgeCount(write, rows.GetValueOrDefault(write.Id.ToString(CultureInfo.InvariantCulture)), write.Ledger.Current, settled, again, answer);
            }
        }

        if (creates.Length == 0)
        {
            return null;
        }

        var (found, unread) = await FindCandidatesAsync([.. creates.Select(write => write.Ledger.Item)], withTrash: false, lane, cancellationToken);
        foreach (var write in unread is null ? creates : [])
        {
            var item = write.Ledger.Item;
            var made = found[item.Product].FirstOrDefault(row => WooMapper.HubId(row) == item.Product.Value);
            Judge(write, made, settled, again, answer);
        }

        return unread;
    }

    private async Task<ChannelFault?> RecheckVariationsAsync(
        WooWrite[] counted, WooWrite[] creates, List<WooRowResult> settled, List<WooWrite> again, WooAnswer answer, Lane lane, CancellationToken cancellationToken)
    {
        foreach (var family in counted.Concat(creates).GroupBy(write => write.Ledger))
        {
            var (rows, fault) = await ReadVariationsAsync(family.Key.ExternalId!, null, lane, cancellationToken);
            if (fault is not null)
            {
                return fault;
            }

            var known = rows.ToDictionary(WooMapper.Id, StringComparer.Ordinal);
            var options = family.Key.ProductRow is { } parent ? WooMapper.VariationAttributes(parent) : [];
            foreach (var write in family)
            {
                if (write.Kind == WooWriteKind.Create)
                {
                    var variant = family.Key.Item.Target.Variants.First(v => v.Id == write.Variant);
                    var made = Match(known, variant, options) is { } id ? known[id] : default;
                    if (made.ValueKind == JsonValueKind.Undefined && answer.Fault is { Code: "TIMEOUT" } && !write.HasSku)
                    {
                        // It may still be at work, and without a SKU nothing would keep a second one from being made.
                        settled.Add(new WooRowResult(write, WooEffect.Unknown, default, null, answer.Fault, answer.SentAt));
                        continue;
                    }

                    Judge(write, made, settled, again, answer);
                    continue;
                }

                var at = write.Id.ToString(CultureInfo.InvariantCulture);
                JudgeCount(write, known.GetValueOrDefault(at), family.Key.CurrentVariations is { } before && before.TryGetValue(at, out var held) ? held : null, settled, again, answer);
            }
        }

        return null;
    }

    private static void Judge(WooWrite write, JsonElement made, List<WooRowResult> settled, List<WooWrite> again, WooAnswer answer)
    {
        if (made.ValueKind == JsonValueKind.Object)
        {
            settled.Add(new WooRowResult(write, WooEffect.Done, made, null, null, answer.SentAt));
        }
        else
        {
            again.Add(write);
        }
    }

    /// <summary>The count is what was sent: it was stored. It is what it was before: it was not. Anything else: somebody bought, and the hub has to look.</summary>
    private static void JudgeCount(WooWrite write, JsonElement now, JsonElement? before, List<WooRowResult> settled, List<WooWrite> again, WooAnswer answer)
    {
        if (now.ValueKind != JsonValueKind.Object)
        {
            // Gone: the next try is told so by the shop.
            again.Add(write);
            return;
        }

        var count = WooMapper.Quantity(now);
        if (count == write.Count)
        {
            settled.Add(new WooRowResult(write, WooEffect.Done, now, null, null, answer.SentAt));
        }
        else if (before is { } row && count == WooMapper.Quantity(row))
        {
            again.Add(write);
        }
        else
        {
            settled.Add(new WooRowResult(write, WooEffect.Unknown, default, null, answer.Fault, answer.SentAt));
        }
    }
}
