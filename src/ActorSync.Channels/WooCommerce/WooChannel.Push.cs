using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

internal sealed partial class WooChannel
{
    public async Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken)
    {
        if (items.IsDefaultOrEmpty)
        {
            return [];
        }

        var ledgers = items.Select(item => new PushLedger(item, client.Clock.GetUtcNow(), client.Clock.GetUtcNow() + WooKind.PushTime)).ToArray();
        var lane = items.Min(LaneOf);
        var deletes = ledgers.Where(l => l.Item.Action == PushAction.Delete).ToArray();
        await CreateAsync([.. ledgers.Except(deletes).Where(l => l.Item.Action == PushAction.Create || l.Item.ExternalId is null)], lane, cancellationToken);
        await UpdateAsync([.. ledgers.Except(deletes).Where(l => l.Item.Action != PushAction.Create && l.Item.ExternalId is not null)], lane, cancellationToken);
        await TrashAsync(deletes, lane, cancellationToken);
        var now = client.Clock.GetUtcNow() + client.ClockOffset;
        return [.. ledgers.Select(ledger => ledger.Outcome(now, client.ClockOffset, terms.Facts))];
    }

    private static Lane LaneOf(PushItem item) => item.Delta.IsDefaultOrEmpty ? Lane.Content : item.Delta.Min(planned => planned.Key.Field switch
    {
        WooFields.Available => Lane.Stock,
        WooFields.Price or WooFields.CompareAtPrice => Lane.Price,
        _ => Lane.Content,
    });

    /// <summary>One by one: a batch would delete for good, and tell nobody.</summary>
    private async Task TrashAsync(PushLedger[] ledgers, Lane lane, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(ledgers, AFewAtATime(cancellationToken), async (ledger, token) =>
        {
            var answer = await client.TrashAsync($"products/{ledger.Item.ExternalId}", lane, token);
            switch (answer.Effect)
            {
                case WooEffect.Done or WooEffect.Gone:
                    ledger.Close(PushResult.Applied);
                    break;
                case WooEffect.Refused:
                    ledger.RejectWhole(answer.FaultOrError.Code, answer.FaultOrError.Message);
                    break;
                default:
                    ledger.CloseFailed(answer.Effect == WooEffect.NotSent ? PushResult.NotSent : PushResult.Unknown, answer.FaultOrError);
                    break;
            }
        });

    private async Task UpdateAsync(PushLedger[] ledgers, Lane lane, CancellationToken cancellationToken)
    {
        if (ledgers.Length == 0)
        {
            return;
        }

        await ReadCurrentAsync(ledgers, lane, cancellationToken);
        var open = ledgers.Where(l => !l.IsClosed).ToArray();
        if (await terms.PrepareAsync([.. open.Select(l => l.Item)], lane, cancellationToken) is { } unprepared)
        {
            foreach (var ledger in open)
            {
                ledger.CloseFailed(PushResult.NotSent, unprepared);
            }

            return;
        }

        var products = new List<WooWrite>();
        var variations = new Dictionary<PushLedger, List<WooWrite>>();
        foreach (var ledger in open)
        {
            ComposeUpdate(ledger, products, variations);
        }

        await WriteAsync("products", [.. products.Where(w => !w.IsEmpty)], lane, (write, row) => SawProduct(write.Ledger, row), cancellationToken);
        // A product that could not be made variable takes no variations.
        var families = variations
            .Where(pair => !pair.Key.IsClosed && (pair.Key.Current is not { } row || WooMapper.IsVariable(row) || WooMapper.IsVariable(pair.Key.ProductRow!.Value)))
            .ToArray();
        foreach (var (ledger, rows) in variations.ExceptBy(families.Select(f => f.Key), pair => pair.Key))
        {
            ledger.Settle(rows.SelectMany(write => write.Keys), PushResult.NotSent);
        }

        await WriteVariationsAsync(families.Select(pair => (pair.Key, pair.Value)), lane, cancellationToken);
        await FinishAsync(open, lane, cancellationToken);
        await WritePicturesAsync(open, lane, cancellationToken);
        foreach (var ledger in open.Where(l => !l.IsClosed && l.ProductRow is { } row && WooMapper.IsMoving(row)))
        {
            ledger.Settle(ledger.Item.Delta.Where(p => p.Key.Field == WooFields.Options).Select(p => p.Key), PushResult.NotSent);
        }

        await ReadBackAsync(products.Concat(variations.Values.SelectMany(v => v)).Where(w => w.WritesStock && !w.Ledger.IsClosed), lane, cancellationToken);
    }

    private static void SawProduct(PushLedger ledger, JsonElement row)
    {
        if (WooMapper.IsTrash(row))
        {
            // Trash takes writes without a word.
            ledger.MarkGone(WooMapper.Version(row));
        }
        else
        {
            ledger.Saw(row);
        }
    }

    /// <summary>Reads what the shop holds where a write depends on it: sets that are replaced whole, prices that come in pairs, counts, states, structure.</summary>
    private async Task ReadCurrentAsync(PushLedger[] ledgers, Lane lane, CancellationToken cancellationToken)
    {
        var needing = ledgers.Where(l => NeedsProductRow(l.Item)).ToArray();
        if (needing.Length > 0)
        {
            var (rows, fault) = await ReadRowsAsync([.. needing.Select(l => l.Item.ExternalId!)], lane, cancellationToken);
            foreach (var ledger in needing)
            {
                if (fault is not null)
                {
                    ledger.CloseFailed(PushResult.NotSent, fault);
                }
                else if (!rows.TryGetValue(ledger.Item.ExternalId!, out var row) || WooMapper.IsTrash(row))
                {
                    ledger.MarkGone(row.ValueKind == JsonValueKind.Object ? WooMapper.Version(row) : Stamp.Zero);
                }
                else
                {
                    ledger.Current = row;
                    ledger.Saw(row);
                }
            }
        }

        var parents = ledgers.Where(l => !l.IsClosed && NeedsVariations(l.Item)).ToArray();
        await Parallel.ForEachAsync(parents, AFewAtATime(cancellationToken), async (ledger, token) =>
        {
            if (client.Clock.GetUtcNow() >= ledger.Until)
            {
                ledger.CloseFailed(PushResult.NotSent, WooBatch.OutOfTime);
                return;
            }

            string[]? ids = ChangesStructure(ledger.Item) || MayBecomeVariable(ledger.Item) ? null : [.. VariationsInDelta(ledger.Item).Select(v => v.ExternalId!).Distinct(StringComparer.Ordinal)];
            var (rows, fault) = ids is { Length: > MaxPerPage } or null
                ? await ReadVariationsAsync(ledger.Item.ExternalId!, null, lane, token)
                : await ReadVariationsAsync(ledger.Item.ExternalId!, ids, lane, token);
            if (fault is not null)
            {
                ledger.CloseFailed(PushResult.NotSent, fault);
                return;
            }

            ledger.CurrentVariations = rows.ToDictionary(WooMapper.Id, StringComparer.Ordinal);
            var named = VariationsInDelta(ledger.Item).Select(v => v.ExternalId).ToHashSet(StringComparer.Ordinal);
            foreach (var row in rows.Where(row => named.Contains(WooMapper.Id(row))))
            {
                ledger.SawVariation(row);
            }
        });
    }

    private static bool NeedsProductRow(PushItem item) => item.Delta.Any(p => p.Key.Field switch
    {
        WooFields.Tags or WooFields.Categories or WooFields.Manufacturer or WooFields.IsActive or WooFields.Options or WooFields.OptionValues => true,
        WooFields.Price or WooFields.CompareAtPrice or WooFields.Available => p.Key.Variant is { } v && IsProductItself(item, v),
        _ => false,
    }) || ChangesStructure(item) || MayBecomeVariable(item);

    private static bool NeedsVariations(PushItem item) => ChangesStructure(item) || MayBecomeVariable(item) || item.Delta.Any(p =>
        p.Key is { Variant: { } v, Field: WooFields.Price or WooFields.CompareAtPrice or WooFields.Available or WooFields.OptionValues } && !IsProductItself(item, v));

    /// <summary>Variants are to be added or removed, so that the whole family has to be looked at.</summary>
    private static bool ChangesStructure(PushItem item)
    {
        var living = item.Target.Variants.Count(v => !v.Remove);
        return item.Target.Variants.Any(v => v.Remove ? v.ExternalId is not null : v.ExternalId is null && (living > 1 || item.Target.Options.Length > 0) && IsInDelta(item, v.Id));
    }

    /// <summary>The hub knows options for what the shop holds without variations.</summary>
    private static bool MayBecomeVariable(PushItem item) => item.Target.Options.Length > 0 && item.Target.Variants.Any(v => !v.Remove && v.ExternalId == item.ExternalId);

    private static bool IsInDelta(PushItem item, VariantId variant) => item.Delta.Any(p => p.Key.Variant == variant);

    /// <summary>The shop keeps this variant in the product's own row.</summary>
    private static bool IsProductItself(PushItem item, VariantId variant)
    {
        var desired = item.Target.Variants.FirstOrDefault(v => v.Id == variant);
        return desired is not null && (desired.ExternalId is { } id ? id == item.ExternalId : item.Target.Options.IsEmpty && item.Target.Variants.Count(v => !v.Remove) == 1);
    }

    private static IEnumerable<DesiredVariant> VariationsInDelta(PushItem item) =>
        item.Target.Variants.Where(v => v.ExternalId is not null && v.ExternalId != item.ExternalId && IsInDelta(item, v.Id));

    private async Task WriteVariationsAsync(IEnumerable<(PushLedger Ledger, List<WooWrite> Rows)> families, Lane lane, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(families, AFewAtATime(cancellationToken), async (family, token) =>
            await WriteAsync($"products/{family.Ledger.ExternalId}/variations", family.Rows, lane, SawVariation, token));

    private static void SawVariation(WooWrite write, JsonElement row)
    {
        if (write.Kind == WooWriteKind.Delete)
        {
            return;
        }

        write.Ledger.SawVariation(row);
        if (write.Kind == WooWriteKind.Create)
        {
            write.Ledger.Bind(write.Variant!.Value, WooMapper.Id(row));
        }
    }

    /// <summary>
    /// Reads written counts back: the answer to a write may show another writer's value, and a sale may have fallen between reading and writing. A read-back
    /// that fails leaves the answer to the write as it is.
    /// </summary>
    private async Task ReadBackAsync(IEnumerable<WooWrite> writes, Lane lane, CancellationToken cancellationToken)
    {
        var all = writes.ToArray();
        var products = all.Where(w => w.Variant is null).GroupBy(w => w.Id.ToString(CultureInfo.InvariantCulture)).ToDictionary(g => g.Key, g => g.First().Ledger, StringComparer.Ordinal);
        if (products.Count > 0)
        {
            var (rows, _) = await ReadRowsAsync(products.Keys, lane, cancellationToken);
            foreach (var (id, row) in rows)
            {
                SawProduct(products[id], row);
            }
        }

        var families = all.Where(w => w is { Variant: not null, Kind: WooWriteKind.Update }).GroupBy(w => w.Ledger);
        await Parallel.ForEachAsync(families, AFewAtATime(cancellationToken), async (family, token) =>
        {
            foreach (var ids in family.Select(w => w.Id.ToString(CultureInfo.InvariantCulture)).Distinct(StringComparer.Ordinal).Chunk(MaxPerPage))
            {
                var (rows, _) = await ReadVariationsAsync(family.Key.ExternalId!, ids, lane, token);
                foreach (var row in rows)
                {
                    family.Key.SawVariation(row);
                }
            }
        });
    }
}
