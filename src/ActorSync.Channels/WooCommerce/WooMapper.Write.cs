using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

internal static partial class WooMapper
{
    public const string SimpleProduct = "SIMPLE_PRODUCT";
    public const string SimpleProductMessage = "The shop holds this as a simple product, which has no variations; change its type to variable in the shop first.";
    private const int LongestSku = 100;
    private const decimal LargestCount = 99_999_999_999m;

    /// <summary>
    /// Puts the product's own registers of a delta into a row. <paramref name="current"/> is what the shop holds, undefined for a create. A batch checks
    /// nothing, so every value is checked here.
    /// </summary>
    public static void WriteProduct(WooWrite write, JsonElement? current, WooTermBook terms, ICanon canon)
    {
        var ledger = write.Ledger;
        var tags = new List<PlannedValue>();
        var categories = new List<PlannedValue>();
        foreach (var planned in ledger.Item.Delta.Where(p => p.Key.Variant is null))
        {
            var key = planned.Key;
            switch (key.Field)
            {
                case WooFields.Name when planned.Target.IsEmpty:
                    ledger.Reject(key, "NAME_EMPTY", "A product of a WooCommerce shop needs a name.");
                    break;
                case WooFields.Name:
                    write.Set("name", WooHtml.ProtectPlainText(planned.Target.Text!), key);
                    break;
                case WooFields.Description:
                    write.Set("description", planned.Target.Text ?? "", key);
                    break;
                case WooFields.IsActive:
                    WriteStatus(write, planned, current);
                    break;
                case WooFields.Tags or WooFields.Categories when IsSpelledAnew(planned, ledger.Item.Target, canon, out var kept):
                    ledger.Reject(key, "NAME_CHANGED", $"The shop would keep '{ElementText(ledger.Item.Target, planned)}' as '{kept}'; choose a name without backslashes, markup and entities.");
                    break;
                case WooFields.Tags:
                    tags.Add(planned);
                    break;
                case WooFields.Categories:
                    categories.Add(planned);
                    break;
                case WooFields.Manufacturer:
                    WriteBrand(write, planned, current, terms);
                    break;
                case WooFields.SeoTitle or WooFields.SeoDescription:
                    WriteSeo(write, planned, terms.Facts);
                    break;
                case WooFields.Options or WooFields.Exists or WooFields.Images or WooFields.ImageOrder or WooFields.ImageAlt:
                    break;
                default:
                    ledger.Reject(key, "FIELD_NOT_SUPPORTED", $"The WooCommerce connector does not write the field '{key.Field}'.");
                    break;
            }
        }

        if (tags.Count > 0)
        {
            write.Set("tags", Tags(tags, ledger.Item.Target, current, canon), [.. tags.Select(t => t.Key)]);
        }

        if (categories.Count > 0)
        {
            WriteCategories(write, categories, current, terms, canon);
        }
    }

    /// <summary>An element whose key is another at the shop would come back as a stranger, and the one that was sent would be missing.</summary>
    private static bool IsSpelledAnew(PlannedValue planned, DesiredProduct target, ICanon canon, out string kept)
    {
        kept = planned.Key.Part is null || !IsPresent(planned.Target) ? "" : canon.ElementKey(planned.Key.Field, ElementText(target, planned));
        return kept.Length > 0 && kept != planned.Key.Part;
    }

    /// <summary>Puts the registers of one variant into a row: a variation, or the product itself when it has no variations.</summary>
    public static void WriteVariant(WooWrite write, DesiredVariant variant, JsonElement? current, IReadOnlyList<WooOption> options, IReadOnlyList<string> optionNames, DateTimeOffset now, WooFacts facts) =>
        WriteVariant(write, variant, [.. write.Ledger.Item.Delta.Where(p => p.Key.Variant == variant.Id)], current, options, optionNames, now, facts);

    /// <summary>
    /// Puts a whole variant into a row: what a simple product holds becomes its first variation. What the delta does not name is taken from the target, the
    /// count from what the shop has.
    /// </summary>
    public static void WriteWholeVariant(
        WooWrite write, DesiredVariant variant, JsonElement current, IReadOnlyList<WooOption> options, IReadOnlyList<string> optionNames, DateTimeOffset now, WooFacts facts)
    {
        var delta = write.Ledger.Item.Delta.Where(p => p.Key.Variant == variant.Id).ToList();
        var named = delta.Select(p => p.Key.Field).ToHashSet(StringComparer.Ordinal);
        foreach (var (field, value) in variant.Fields.Where(f => WooFields.Mask.Contains(f.Key) && !f.Value.IsEmpty && named.Add(f.Key)))
        {
            delta.Add(new PlannedValue { Key = new RegisterKey(field, variant.Id), Target = value });
        }

        if (Quantity(current) is { } count && named.Add(WooFields.Available))
        {
            delta.Add(new PlannedValue { Key = new RegisterKey(WooFields.Available, variant.Id, ObservedStock.WholeChannel), Target = Canonical.Decimal(count) });
        }

        WriteVariant(write, variant, [.. delta], null, options, optionNames, now, facts);
    }

    private static void WriteVariant(
        WooWrite write, DesiredVariant variant, PlannedValue[] delta, JsonElement? current, IReadOnlyList<WooOption> options, IReadOnlyList<string> optionNames, DateTimeOffset now,
        WooFacts facts)
    {
        var ledger = write.Ledger;
        PlannedValue? price = null;
        PlannedValue? compareAt = null;
        foreach (var planned in delta)
        {
            var key = planned.Key;
            switch (key.Field)
            {
                case WooFields.Sku when planned.Target.Text?.Trim() is { Length: > LongestSku } sku:
                    ledger.Reject(key, "SKU_TOO_LONG", $"The SKU '{sku}' has {sku.Length} characters; a WooCommerce shop keeps at most {LongestSku}.");
                    break;
                case WooFields.Sku:
                    write.Set("sku", planned.Target.Text?.Trim() ?? "", key);
                    break;
                case WooFields.Gtin when planned.Target.Text is { Length: > 0 } gtin && WooCanon.Gtin(gtin).Length == 0:
                    ledger.Reject(key, "GTIN_INVALID", $"The GTIN '{gtin}' has no digits; a WooCommerce shop keeps digits, hyphens and X only.");
                    break;
                case WooFields.Gtin:
                    write.Set("global_unique_id", planned.Target.Text is { } text ? WooCanon.Gtin(text) : "", key);
                    break;
                case WooFields.Weight or WooFields.Length or WooFields.Width or WooFields.Height:
                    WriteSize(write, planned, facts);
                    break;
                case WooFields.Taxable when write.Variant is null && optionNames.Count == 0:
                    write.Set("tax_status", TaxStatus(planned.Target), key);
                    break;
                case WooFields.Taxable:
                    // Written with the parent, for the whole family.
                    break;
                case WooFields.Price:
                    price = planned;
                    break;
                case WooFields.CompareAtPrice:
                    compareAt = planned;
                    break;
                case WooFields.Available:
                    WriteStock(write, planned, current);
                    break;
                case WooFields.OptionValues when write.Kind == WooWriteKind.Update && write.Variant is not null:
                    write.Set("attributes", OptionValues(variant, options, optionNames), key);
                    break;
                case WooFields.OptionValues when write.Variant is null && !planned.Target.IsEmpty:
                    ledger.Reject(key, SimpleProduct, SimpleProductMessage);
                    break;
                case WooFields.OptionValues or WooFields.Exists:
                    break;
                default:
                    ledger.Reject(key, "FIELD_NOT_SUPPORTED", $"The WooCommerce connector does not write the field '{key.Field}' of a variant.");
                    break;
            }
        }

        if (price is not null || compareAt is not null)
        {
            WritePrices(write, variant, price, compareAt, current, now);
        }

        if (write.Kind == WooWriteKind.Create && write.Variant is not null)
        {
            // The row's being there is what "exists" means.
            write.Set("attributes", OptionValues(variant, options, optionNames), [.. delta.Where(p => p.Key.Field is WooFields.OptionValues or WooFields.Exists).Select(p => p.Key)]);
        }
    }

    private static void WriteStatus(WooWrite write, PlannedValue planned, JsonElement? current)
    {
        if (planned.Target == FieldValue.True)
        {
            write.Set("status", Publish, planned.Key);
        }
        else if (current is not { } row || IsActive(row))
        {
            // A product that is private or pending is inactive already; draft would lose which.
            write.Set("status", "draft", planned.Key);
        }
    }

    /// <summary>The shop replaces the whole set: what it holds, less the removed, plus the added.</summary>
    private static JsonArray Tags(List<PlannedValue> delta, DesiredProduct target, JsonElement? current, ICanon canon)
    {
        var changes = new Dictionary<string, PlannedValue>(StringComparer.Ordinal);
        foreach (var planned in delta.Where(p => p.Key.Part is not null))
        {
            changes[canon.ElementKey(WooFields.Tags, planned.Key.Part!)] = planned;
        }

        var result = new JsonArray();
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in (current is { } row ? List(row, "tags") : null) ?? [])
        {
            var key = canon.ElementKey(WooFields.Tags, Text(tag, "name") ?? "");
            if ((!changes.TryGetValue(key, out var change) || IsPresent(change.Target)) && present.Add(key))
            {
                result.Add(new JsonObject { ["id"] = Number(tag, "id") });
            }
        }

        var elements = target.Sets.GetValueOrDefault(WooFields.Tags, []);
        foreach (var (key, planned) in changes)
        {
            if (IsPresent(planned.Target) && present.Add(key))
            {
                var written = elements.FirstOrDefault(element => canon.ElementKey(WooFields.Tags, element) == key)
                    ?? (planned.Target == FieldValue.True ? planned.Key.Part! : planned.Target.Text!);
                result.Add(new JsonObject { ["name"] = WooHtml.ProtectPlainText(written.Trim()) });
            }
        }

        return result;
    }

    private static bool IsPresent(FieldValue value) => !value.IsEmpty && value != FieldValue.False;

    private static void WriteStock(WooWrite write, PlannedValue planned, JsonElement? current)
    {
        var ledger = write.Ledger;
        if (planned.Target.ToDecimal() is not { } target || Math.Abs(target) > LargestCount)
        {
            ledger.Reject(planned.Key, "STOCK_INVALID", $"The count '{planned.Target}' is not a number that a WooCommerce shop can hold.");
            return;
        }

        var count = decimal.Floor(target);
        if (current is { } row)
        {
            if (IsCountedOnParent(row))
            {
                ledger.Reject(planned.Key, "STOCK_ON_PARENT", "The shop counts this variation's stock on its parent product; switch on 'Manage stock' for the variation to keep its own count.");
                return;
            }

            var held = Quantity(row);
            if (planned.Held is { } believed && held != believed.ToDecimal())
            {
                // A repeated push finds what its first try wrote; anything else is a sale that the hub has to learn of first.
                if (!(ledger.Item.MayHaveHappened && held == count))
                {
                    ledger.StaleStock(planned.Key);
                }

                return;
            }
        }

        write.Set("manage_stock", true, planned.Key);
        write.Set("stock_quantity", (long)count, planned.Key);
    }

    private static void WritePrices(WooWrite write, DesiredVariant variant, PlannedValue? price, PlannedValue? compareAt, JsonElement? current, DateTimeOffset now)
    {
        var ledger = write.Ledger;
        var held = current is { } known ? Prices(known, now) : (Price: null, CompareAt: null);
        var hubPrice = variant.Fields.GetValueOrDefault(WooFields.Price).ToDecimal();
        var hubCompareAt = variant.Fields.GetValueOrDefault(WooFields.CompareAtPrice).ToDecimal();
        // What the delta does not name stays as the shop has it.
        var wanted = price is not null ? price.Target.ToDecimal() : current is null ? hubPrice : held.Price;
        var before = compareAt is not null ? compareAt.Target.ToDecimal() : current is null ? hubCompareAt : held.CompareAt;
        if (compareAt is null && before is null && hubCompareAt > wanted && hubCompareAt <= held.Price)
        {
            // The shop could not show the former price while it was not above the price; now it can.
            before = hubCompareAt;
        }

        if (wanted < 0 || before < 0)
        {
            ledger.Reject((price ?? compareAt)!.Key, "PRICE_NEGATIVE", $"The price {wanted ?? before} is below zero.");
            return;
        }

        var isSale = before > wanted && wanted > 0;
        if (!isSale && before is not null && compareAt is not null)
        {
            // No refusal: that would park the former price, and it becomes possible as soon as the price falls below it.
            ledger.Remark(
                $"The former price {Money(before)} is not above the price {Money(wanted)}{(wanted == 0 ? " or the price is 0" : "")}; a WooCommerce shop shows no such sale.");
            if (price is null && held.CompareAt is null)
            {
                return;
            }
        }

        RegisterKey[] keys = [.. new[] { price, compareAt }.OfType<PlannedValue>().Select(planned => planned.Key)];
        var runs = current is not { } row || SaleRuns(row, now);
        var waitingSale = !isSale && compareAt is null && !runs && Amount(Text(current!.Value, "sale_price")) is { } later && later < wanted ? later : (decimal?)null;
        write.Set("regular_price", Money(isSale ? before : wanted), keys);
        write.Set("sale_price", isSale ? Money(wanted) : Money(waitingSale), keys);
        if (isSale && !runs)
        {
            // The dates of another sale would keep this one from showing.
            write.Set("date_on_sale_from_gmt", null, keys);
            write.Set("date_on_sale_to_gmt", null, keys);
        }
    }

    private static string Money(decimal? amount) => amount is { } known ? known.ToString("0.############################", CultureInfo.InvariantCulture) : "";
}
