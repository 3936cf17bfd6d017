using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <content>Rows of an update: what goes into the product, what into its variations.</content>
internal sealed partial class WooChannel
{
    private void ComposeUpdate(PushLedger ledger, List<WooWrite> products, Dictionary<PushLedger, List<WooWrite>> variations)
    {
        var item = ledger.Item;
        var now = client.Clock.GetUtcNow() + client.ClockOffset;
        var id = long.Parse(item.ExternalId!, NumberStyles.None, CultureInfo.InvariantCulture);
        var product = new WooWrite(ledger, WooWriteKind.Update, id, null);
        WooMapper.WriteProduct(product, ledger.Current, terms, canon);
        var isVariable = ledger.Current is { } row && WooMapper.IsVariable(row);
        var options = ledger.Current is { } parent ? WooMapper.VariationAttributes(parent) : [];
        if (isVariable && (ChangesStructure(item) || item.Delta.Any(p => p.Key.Field is WooFields.Options or WooFields.OptionValues)))
        {
            WriteOptions(product, options);
        }
        else if (ledger.Current is { } simple && WooMapper.Text(simple, "type") == "simple" && MayBecomeVariable(item)
            && item.Delta.Any(p => p.Key.Field is WooFields.Options or WooFields.OptionValues or WooFields.Exists))
        {
            // Its SKU and GTIN go to its first variation and must be free before that; the SKU it has meanwhile says that the family is not complete.
            var attributes = WooMapper.MissingAttributes(simple, item.Target) ?? WooMapper.NewAttributes(item.Target);
            product.Set("type", "variable");
            product.Set("attributes", attributes, [.. item.Delta.Where(p => p.Key.Field == WooFields.Options).Select(p => p.Key)]);
            product.Set("sku", WooFields.MovingSku(item.Product));
            product.Set("global_unique_id", "");
            product.Set("manage_stock", false);
            isVariable = true;
        }
        else if (ledger.Current is not null && !isVariable)
        {
            var wanted = item.Delta.Where(p => p.Key.Field == WooFields.Options && !p.Target.IsEmpty).Select(p => p.Key);
            RejectAll(ledger, wanted, WooMapper.SimpleProduct, WooMapper.SimpleProductMessage);
        }

        if (isVariable || ledger.Current is null)
        {
            WooMapper.WriteTaxOfFamily(product);
        }

        var becomesVariable = isVariable && !WooMapper.IsVariable(ledger.Current!.Value);
        var rows = new List<WooWrite>();
        foreach (var variant in item.Target.Variants)
        {
            var keys = item.Delta.Where(p => p.Key.Variant == variant.Id).Select(p => p.Key).ToArray();
            if (variant.Remove)
            {
                if (variant.ExternalId is { } gone && gone != item.ExternalId && ledger.CurrentVariations?.ContainsKey(gone) == true)
                {
                    var delete = new WooWrite(ledger, WooWriteKind.Delete, long.Parse(gone, CultureInfo.InvariantCulture), variant.Id);
                    delete.Set("delete", null, keys);
                    rows.Add(delete);
                }

                continue;
            }

            if (variant.ExternalId == item.ExternalId && isVariable && (becomesVariable || WooMapper.IsMoving(ledger.Current!.Value)))
            {
                MoveIntoVariation(ledger, variant, options, rows, now, terms.Facts);
                continue;
            }

            if (keys.Length == 0)
            {
                continue;
            }

            if (IsProductItself(item, variant.Id))
            {
                if (isVariable)
                {
                    ledger.Settle(keys, PushResult.Gone);
                    continue;
                }

                WooMapper.WriteVariant(product, variant, ledger.Current, [], [], now, terms.Facts);
                if (variant.ExternalId is null)
                {
                    ledger.Bind(variant.Id, item.ExternalId!);
                }
            }
            else if (variant.ExternalId is { } external)
            {
                ComposeVariation(ledger, variant, external, keys, options, rows, now);
            }
            else if (ledger.Current is not null && !isVariable)
            {
                RejectAll(ledger, keys, WooMapper.SimpleProduct, WooMapper.SimpleProductMessage);
            }
            else if (Match(ledger.CurrentVariations, variant, options) is { } known)
            {
                // A try whose answer was lost has made it already.
                ledger.Bind(variant.Id, known);
                ledger.SawVariation(ledger.CurrentVariations![known]);
                ComposeVariation(ledger, variant, known, keys, options, rows, now);
            }
            else
            {
                var create = new WooWrite(ledger, WooWriteKind.Create, 0, variant.Id);
                WooMapper.WriteVariant(create, variant, null, options, item.Target.Options, now, terms.Facts);
                rows.Add(create);
            }
        }

        products.Add(product);
        if (rows.Count > 0)
        {
            variations[ledger] = rows;
        }
    }

    /// <summary>The only variant of a simple product gets a row of its own, or is found where an earlier try has made it.</summary>
    private static void MoveIntoVariation(PushLedger ledger, DesiredVariant variant, ImmutableArray<WooOption> options, List<WooWrite> rows, DateTimeOffset now, WooFacts facts)
    {
        if (Match(ledger.CurrentVariations, variant, options) is { } made)
        {
            ledger.Bind(variant.Id, made);
            ledger.SawVariation(ledger.CurrentVariations![made]);
            return;
        }

        var create = new WooWrite(ledger, WooWriteKind.Create, 0, variant.Id);
        WooMapper.WriteWholeVariant(create, variant, ledger.Current!.Value, options, ledger.Item.Target.Options, now, facts);
        rows.Add(create);
    }

    private void ComposeVariation(
        PushLedger ledger, DesiredVariant variant, string external, RegisterKey[] keys, ImmutableArray<WooOption> options, List<WooWrite> rows, DateTimeOffset now)
    {
        JsonElement? current = null;
        if (ledger.CurrentVariations is { } known && NeedsVariations(ledger.Item))
        {
            if (!known.TryGetValue(external, out var held))
            {
                ledger.Settle(keys, PushResult.Gone);
                return;
            }

            current = held;
        }

        var write = new WooWrite(ledger, WooWriteKind.Update, long.Parse(external, CultureInfo.InvariantCulture), variant.Id);
        WooMapper.WriteVariant(write, variant, current, options, ledger.Item.Target.Options, now, terms.Facts);
        if (!write.IsEmpty)
        {
            rows.Add(write);
        }
    }

    /// <summary>Adds option values that variants need; names of options are not changed, because variations hang on them by name.</summary>
    private static void WriteOptions(WooWrite product, ImmutableArray<WooOption> options)
    {
        var item = product.Ledger.Item;
        var keys = item.Delta.Where(p => p.Key.Field == WooFields.Options).Select(p => p.Key).ToArray();
        var unknown = item.Target.Options.Where(name => !options.Any(o => string.Equals(o.Name, name, StringComparison.OrdinalIgnoreCase))).ToArray();
        if (unknown.Length > 0 && options.Length >= item.Target.Options.Length)
        {
            RejectAll(product.Ledger, keys, "OPTION_RENAMED", $"The option '{unknown[0]}' does not exist at the shop; renaming options there would detach the variations from their values.");
            return;
        }

        if (WooMapper.MissingAttributes(product.Ledger.Current!.Value, item.Target) is { } attributes)
        {
            product.Set("attributes", attributes, keys);
        }
    }

    private static void RejectAll(PushLedger ledger, IEnumerable<RegisterKey> keys, string code, string message)
    {
        foreach (var key in keys)
        {
            ledger.Reject(key, code, message);
        }
    }

    /// <summary>The variation that stands for a hub variant without a link: same SKU, else the same option values.</summary>
    private static string? Match(Dictionary<string, JsonElement>? rows, DesiredVariant variant, ImmutableArray<WooOption> options)
    {
        if (rows is null)
        {
            return null;
        }

        var sku = variant.Fields.TryGetValue(WooFields.Sku, out var wanted) ? wanted.Text?.Trim() : null;
        foreach (var (id, row) in rows)
        {
            if (sku is { Length: > 0 } && string.Equals(WooMapper.Text(row, "sku"), sku, StringComparison.OrdinalIgnoreCase))
            {
                return id;
            }
        }

        if (variant.OptionValues.IsEmpty)
        {
            return null;
        }

        foreach (var (id, row) in rows)
        {
            var values = WooMapper.Variant(row, options, DateTimeOffset.MinValue).OptionValues ?? [];
            var owner = WooMapper.Text(row, "sku");
            if ((string.IsNullOrEmpty(sku) || string.IsNullOrEmpty(owner)) && values.SequenceEqual(variant.OptionValues, StringComparer.OrdinalIgnoreCase))
            {
                return id;
            }
        }

        return null;
    }
}
