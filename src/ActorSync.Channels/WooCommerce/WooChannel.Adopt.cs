using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <content>What an earlier try left behind, or a stranger with the same SKU.</content>
internal sealed partial class WooChannel
{
    /// <summary>The product to adopt instead of creating one: ours by the hub id, else the only one with our SKU that no hub product claims.</summary>
    private static JsonElement? Choose(PushLedger ledger, List<JsonElement> candidates)
    {
        if (candidates.Count == 0)
        {
            return null;
        }

        var ours = candidates.Where(row => WooMapper.HubId(row) == ledger.Item.Product.Value).ToArray();
        if (ours.Length > 0)
        {
            return ours[0];
        }

        var free = candidates.Where(row => WooMapper.HubId(row) is null).ToArray();
        if (free.Length == 1 && candidates.Count == 1)
        {
            return free[0];
        }

        var ids = string.Join(", ", candidates.Select(WooMapper.Id));
        ledger.RejectWhole("SKU_TAKEN", candidates.Count == 1
            ? $"Product {ids} of the shop has the same SKU and belongs to another product of the hub."
            : $"Products {ids} of the shop have SKUs of this product; which of them is meant has to be decided by a person.");
        return null;
    }

    /// <summary>
    /// Takes an existing product for the one to create. What it holds is told as it is: of one that an earlier try made, registers that agree count as applied;
    /// everything else as not sent, so that it is judged like any other value that the shop has.
    /// </summary>
    private async Task AdoptAsync(PushLedger ledger, JsonElement row, Lane lane, CancellationToken cancellationToken)
    {
        var item = ledger.Item;
        var id = WooMapper.Id(row);
        ledger.ExternalId = id;
        ledger.Saw(row);
        var options = WooMapper.VariationAttributes(row);
        var now = client.Clock.GetUtcNow() + client.ClockOffset;
        if (WooMapper.IsVariable(row))
        {
            var (rows, fault) = await ReadVariationsAsync(id, null, lane, cancellationToken);
            if (fault is not null)
            {
                ledger.CloseFailed(PushResult.NotSent, fault);
                return;
            }

            ledger.CurrentVariations = rows.ToDictionary(WooMapper.Id, StringComparer.Ordinal);
        }

        if (WooMapper.HubId(row) != item.Product.Value)
        {
            // A stranger with our SKU: its variants are matched by the hub at first contact, and nothing of it is overwritten before that.
            foreach (var variation in ledger.CurrentVariations is { } all ? [.. all.Values] : Array.Empty<JsonElement>())
            {
                ledger.SawVariation(variation);
            }

            ledger.Close(PushResult.NotSent);
            return;
        }

        foreach (var variant in item.Target.Variants.Where(v => !v.Remove))
        {
            var external = WooMapper.IsVariable(row) ? Match(ledger.CurrentVariations, variant, options) : item.Target.Options.IsEmpty ? id : null;
            if (external is not null)
            {
                ledger.Bind(variant.Id, external);
                if (external != id)
                {
                    ledger.SawVariation(ledger.CurrentVariations![external]);
                }
            }
        }

        var held = WooMapper.Product(row, ledger.CurrentVariations is { } known ? [.. known.Values] : null, WooForm.Edit, now, terms.Facts);
        foreach (var planned in item.Delta)
        {
            ledger.Settle([planned.Key], Holds(held, ledger, planned) ? PushResult.Applied : PushResult.NotSent);
        }

        if (WooMapper.Text(row, "sku") != WooFields.InterimSku(item.Product))
        {
            ledger.Close(PushResult.NotSent);
        }
    }

    private bool Holds(ObservedProduct held, PushLedger ledger, PlannedValue planned)
    {
        var key = planned.Key;
        if (key.Field is WooFields.Tags or WooFields.Categories)
        {
            var has = held.Sets.GetValueOrDefault(key.Field, []).Any(element => canon.ElementKey(key.Field, element) == canon.ElementKey(key.Field, key.Part ?? ""));
            return has == (!planned.Target.IsEmpty && planned.Target != FieldValue.False);
        }

        FieldValue? value;
        if (key.Variant is { } variant)
        {
            var observed = held.Variants.FirstOrDefault(v => v.ExternalId == ledger.BoundTo(variant));
            if (observed is null)
            {
                return false;
            }

            value = key.Field switch
            {
                WooFields.Available => observed.Stock is [{ Quantity: { } count }, ..] ? Canonical.Decimal(count) : FieldValue.Empty,
                WooFields.OptionValues or WooFields.Exists => planned.Target,
                _ => observed.Fields.TryGetValue(key.Field, out var own) ? own : null,
            };
        }
        else
        {
            value = key.Field == WooFields.Options ? planned.Target : held.Fields.TryGetValue(key.Field, out var own) ? own : null;
        }

        return value is { } known ? canon.Form(key.Field, known) == canon.Form(key.Field, planned.Target) : planned.Target.IsEmpty;
    }
}
