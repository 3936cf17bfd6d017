using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

/// <content>Fields beside name, price and stock: size and weight, tax, brand, categories, texts for search engines.</content>
internal static partial class WooMapper
{
    private const string Taxed = "taxable";
    private const string Untaxed = "none";
    private static readonly string[] Sizes = [WooFields.Length, WooFields.Width, WooFields.Height];

    /// <summary>What WordPress calls the category that a product without any gets: by language, since its slug is translated at installation.</summary>
    private static readonly ImmutableHashSet<string> DefaultCategories =
        ["uncategorized", "uncategorised", "unkategorisiert", "non-classe", "sin-categorizar", "senza-categoria", "geen-categorie", "bez-kategorii"];

    private static void ReadDetails(JsonElement row, WooFacts? facts, ImmutableDictionary<string, FieldValue>.Builder fields)
    {
        // Several brands are no one manufacturer; then nothing is told.
        if (List(row, "brands") is { Length: <= 1 } brands)
        {
            fields[WooFields.Manufacturer] = brands.Length == 0 ? FieldValue.Empty : Canonical.Text(Decode(Text(brands[0], "name") ?? ""));
        }

        if (facts?.Seo is { } seo && List(row, "meta_data") is { } meta)
        {
            fields[WooFields.SeoTitle] = Canonical.Text(Meta(meta, seo.TitleKey));
            fields[WooFields.SeoDescription] = Canonical.Text(Meta(meta, seo.DescriptionKey));
        }
    }

    /// <summary>Paths of a product's categories; null when they cannot be told. A body names its categories without their parents.</summary>
    private static ImmutableArray<string>? Categories(JsonElement row, WooFacts? facts)
    {
        if (facts?.CategoryPaths is not { } paths || List(row, "categories") is not { } terms)
        {
            return null;
        }

        var named = ImmutableArray.CreateBuilder<string>();
        foreach (var term in terms.Where(term => !IsDefaultCategory(term)))
        {
            if (!paths.TryGetValue(Number(term, "id"), out var path))
            {
                return null;
            }

            named.Add(path);
        }

        return named.ToImmutable();
    }

    public static bool IsDefaultCategory(JsonElement term) => DefaultCategories.Contains(Text(term, "slug") ?? "");

    /// <summary>A variation has its parent's tax status whatever is written to it, and shows visitors its parent's sizes where it has none.</summary>
    private static void ReadSellable(JsonElement row, WooFacts? facts, ImmutableDictionary<string, FieldValue>.Builder fields)
    {
        if (Text(row, "tax_status") is { } tax)
        {
            fields[WooFields.Taxable] = Canonical.Boolean(tax == Taxed);
        }

        if (facts?.WeightUnit is { } weightUnit && Text(row, "weight") is { } weight)
        {
            fields[WooFields.Weight] = WooUnits.Read(WooFields.Weight, weight, weightUnit);
        }

        if (facts?.DimensionUnit is { } unit && Member(row, "dimensions") is { ValueKind: JsonValueKind.Object } size)
        {
            foreach (var side in Sizes)
            {
                fields[side] = WooUnits.Read(side, Text(size, side), unit);
            }
        }
    }

    private static void WriteBrand(WooWrite write, PlannedValue planned, JsonElement? current, WooTermBook terms)
    {
        var brands = (current is { } row ? List(row, "brands") : null) ?? [];
        if (brands.Length > 1)
        {
            var names = string.Join(", ", brands.Select(brand => Decode(Text(brand, "name") ?? "")));
            write.Ledger.Reject(planned.Key, "SEVERAL_BRANDS", $"The shop holds several brands for this product ({names}); which of them is the manufacturer has to be decided there.");
        }
        else if (planned.Target.Text is not { } brand)
        {
            write.Set("brands", new JsonArray(), planned.Key);
        }
        else if (terms.Find(WooTaxonomy.Brands, brand) is { Id: > 0 and var id })
        {
            write.Set("brands", new JsonArray(new JsonObject { ["id"] = id }), planned.Key);
        }
        else
        {
            RejectTerm(write.Ledger, planned.Key, terms.Find(WooTaxonomy.Brands, brand).Error, $"The brand '{brand}'");
        }
    }

    /// <summary>The shop replaces the whole set and knows categories by id only: what it holds, less the removed, plus the added.</summary>
    private static void WriteCategories(WooWrite write, List<PlannedValue> delta, JsonElement? current, WooTermBook terms, ICanon canon)
    {
        var ids = new List<long>();
        var changes = delta.Where(p => p.Key.Part is not null).ToDictionary(p => canon.ElementKey(WooFields.Categories, p.Key.Part!), StringComparer.Ordinal);
        foreach (var term in (current is { } row ? List(row, "categories") : null) ?? [])
        {
            var path = terms.Facts.CategoryPaths?.GetValueOrDefault(Number(term, "id")) ?? Decode(Text(term, "name") ?? "");
            var isRemoved = changes.TryGetValue(canon.ElementKey(WooFields.Categories, path), out var change) && !IsPresent(change.Target);
            if (!isRemoved && !IsDefaultCategory(term))
            {
                ids.Add(Number(term, "id"));
            }
        }

        var written = new List<RegisterKey>();
        foreach (var planned in changes.Values)
        {
            if (!IsPresent(planned.Target))
            {
                written.Add(planned.Key);
                continue;
            }

            var path = ElementText(write.Ledger.Item.Target, planned);
            var (id, error) = terms.Find(WooTaxonomy.Categories, path);
            if (id == 0)
            {
                RejectTerm(write.Ledger, planned.Key, error, $"The category '{path}'");
                continue;
            }

            written.Add(planned.Key);
            ids.Add(id);
        }

        if (written.Count > 0)
        {
            write.Set("categories", new JsonArray([.. ids.Distinct().Select(id => (JsonNode)new JsonObject { ["id"] = id })]), [.. written]);
        }
    }

    /// <summary>An element of a set in the target's own spelling; its key is folded.</summary>
    public static string ElementText(DesiredProduct target, PlannedValue planned) =>
        target.Sets.GetValueOrDefault(planned.Key.Field, []).FirstOrDefault(element => Canonical.ElementKey(element) == planned.Key.Part)
            ?? (planned.Target == FieldValue.True ? planned.Key.Part! : planned.Target.Text!).Trim();

    private static void WriteSeo(WooWrite write, PlannedValue planned, WooFacts facts)
    {
        if (facts.Seo is not { } seo)
        {
            write.Ledger.Reject(
                planned.Key, "NO_SEO_PLUGIN", $"WooCommerce itself keeps no texts for search engines; name the shop's plugin in the setting {WooKind.SeoPlugin} (yoast or rankmath).");
            return;
        }

        // A value of null takes the row away.
        write.Meta(planned.Key.Field == WooFields.SeoTitle ? seo.TitleKey : seo.DescriptionKey, planned.Target.Text, planned.Key);
    }

    /// <summary>A shop taxes a product with all its variations or not at all.</summary>
    public static void WriteTaxOfFamily(WooWrite product)
    {
        var item = product.Ledger.Item;
        var keys = item.Delta.Where(p => p.Key is { Field: WooFields.Taxable, Variant: not null }).Select(p => p.Key).ToArray();
        if (keys.Length == 0)
        {
            return;
        }

        var wanted = item.Target.Variants.Where(v => !v.Remove && v.Fields.TryGetValue(WooFields.Taxable, out var taxed) && !taxed.IsEmpty).Select(v => v.Fields[WooFields.Taxable])
            .Concat(item.Delta.Where(p => keys.Contains(p.Key) && !p.Target.IsEmpty).Select(p => p.Target)).Distinct().ToArray();
        if (wanted.Length <= 1)
        {
            product.Set("tax_status", TaxStatus(wanted.FirstOrDefault()), keys);
            return;
        }

        foreach (var key in keys)
        {
            product.Ledger.Reject(key, "TAX_PER_VARIANT", "A WooCommerce shop taxes all variations of a product alike, and the hub has them taxed differently.");
        }
    }

    private static string TaxStatus(FieldValue target) => target == FieldValue.False ? Untaxed : Taxed;

    private static void WriteSize(WooWrite write, PlannedValue planned, WooFacts facts)
    {
        var field = planned.Key.Field;
        var unit = WooUnits.IsWeight(field) ? facts.WeightUnit : facts.DimensionUnit;
        var text = planned.Target.IsEmpty ? "" : unit is null || planned.Target.ToDecimal() is not { } number ? null : WooUnits.Write(field, number, unit);
        if (text is null)
        {
            write.Ledger.Reject(
                planned.Key, "UNIT_UNKNOWN",
                $"'{planned.Target}' cannot be written as the shop's {(WooUnits.IsWeight(field) ? "weight" : "size")}: {(unit is null ? "the key may not read the shop's settings, where the unit stands" : $"the unit '{unit}' is not known")}.");
        }
        else if (WooUnits.IsWeight(field))
        {
            write.Set("weight", text, planned.Key);
        }
        else
        {
            write.Merge("dimensions", field, text, planned.Key);
        }
    }

    private static void RejectTerm(PushLedger ledger, RegisterKey key, WooError? error, string what) =>
        ledger.Reject(key, error?.Code ?? "TERM_UNKNOWN", $"{what} could not be made in the shop{(error is null ? "" : $": {error.Message}")}");

    private static string? Meta(JsonElement[] rows, string key) => rows.Where(row => Text(row, "key") == key).Select(row => Text(row, "value")).FirstOrDefault();
}
