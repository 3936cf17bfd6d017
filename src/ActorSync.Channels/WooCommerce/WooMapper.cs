using System.Globalization;
using System.Net;
using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <summary>In which form a body shows texts: reads with context=edit and write answers show what is stored, webhooks what a visitor sees.</summary>
internal enum WooForm { Edit, View }

/// <summary>WooCommerce objects in hub terms and back. Pure.</summary>
internal static partial class WooMapper
{
    private const string Variable = "variable";
    private const string Publish = "publish";
    private const string Trash = "trash";

    /// <summary>A product with its variations; null variations = they were not read.</summary>
    public static ObservedProduct Product(JsonElement row, IReadOnlyList<JsonElement>? variations, WooForm form, DateTimeOffset now, WooFacts? facts = null)
    {
        var id = Id(row);
        var version = Version(row);
        var isVariable = IsVariable(row);
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>(StringComparer.Ordinal);
        if (Text(row, "name") is { } name)
        {
            fields[WooFields.Name] = Canonical.Text(Decode(name));
        }

        if (form == WooForm.Edit && Text(row, "description") is { } description)
        {
            fields[WooFields.Description] = Canonical.Html(description);
        }

        if (Text(row, "status") is { } status)
        {
            fields[WooFields.IsActive] = Canonical.Boolean(status == Publish);
        }

        ReadDetails(row, facts, fields);
        var sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        if (Categories(row, facts) is { } categories)
        {
            sets = sets.Add(WooFields.Categories, categories);
        }

        if (List(row, "tags") is { } tags)
        {
            sets = sets.Add(WooFields.Tags, [.. tags.Select(t => Decode(Text(t, "name") ?? "")).Where(t => t.Length > 0)]);
        }

        var options = row.TryGetProperty("attributes", out _) || !isVariable ? VariationAttributes(row) : (ImmutableArray<WooOption>?)null;
        return new ObservedProduct
        {
            ExternalId = id,
            Version = version,
            Deleted = Text(row, "status") == Trash,
            Fields = fields.ToImmutable(),
            Sets = sets,
            Images = WooImages.Of(row),
            Options = options is null ? null : IsMoving(row) ? [] : [.. options.Value.Select(o => o.Name)],
            Variants = !isVariable ? [Variant(row, null, now, facts)] : variations is null ? [] : [.. variations.Select(v => Variant(v, options, now, facts))],
            VariantsComplete = !isVariable || (variations is not null && !IsMoving(row)),
            HubId = IsKnownBySku(row, variations) ? null : HubId(row),
        };
    }

    /// <summary>
    /// A variation, or the only variant of a product that the shop keeps without variations. Without the parent's options the option values are not told,
    /// because a variation does not know their order.
    /// </summary>
    public static ObservedVariant Variant(JsonElement row, IReadOnlyList<WooOption>? options, DateTimeOffset now, WooFacts? facts = null)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>(StringComparer.Ordinal);
        if (Text(row, "sku") is { } sku)
        {
            fields[WooFields.Sku] = sku.StartsWith(WooFields.InterimSkuPrefix, StringComparison.Ordinal) ? FieldValue.Empty : Canonical.Text(sku.Trim());
        }

        if (Text(row, "global_unique_id") is { } gtin)
        {
            fields[WooFields.Gtin] = Gtin.Validate(gtin, out var valid).IsValid ? valid : Canonical.Text(gtin);
        }

        if (row.TryGetProperty("regular_price", out _))
        {
            var (price, compareAt) = Prices(row, now);
            fields[WooFields.Price] = Canonical.Money(price);
            fields[WooFields.CompareAtPrice] = Canonical.Money(compareAt);
        }

        ReadSellable(row, facts, fields);
        var version = Version(row);
        var isVariation = Number(row, "parent_id") > 0 || Text(row, "type") == "variation";
        return new ObservedVariant
        {
            ExternalId = Id(row),
            Version = isVariation && version != Stamp.Zero ? version : null,
            Fields = fields.ToImmutable(),
            OptionValues = isVariation ? (options is null ? null : Values(row, options)) : [],
            Stock = row.TryGetProperty("manage_stock", out _)
                ? [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = Quantity(row), Version = version }]
                : [],
        };
    }

    /// <summary>The body for a product that a confirmed read found gone or in the trash.</summary>
    public static ObservedProduct Gone(string externalId, Stamp version) => new() { ExternalId = externalId, Version = version, Deleted = true };

    /// <summary>Price and the price before, by contract section 13: a sale counts when its price is set and its dates hold.</summary>
    public static (decimal? Price, decimal? CompareAt) Prices(JsonElement row, DateTimeOffset now)
    {
        var regular = Amount(Text(row, "regular_price"));
        var sale = Amount(Text(row, "sale_price"));
        return sale is { } reduced && SaleRuns(row, now) ? (reduced, regular) : (regular, null);
    }

    public static bool SaleRuns(JsonElement row, DateTimeOffset now) =>
        !(Gmt(row, "date_on_sale_from_gmt") > now) && !(Gmt(row, "date_on_sale_to_gmt") < now);

    /// <summary>The count that belongs to this row; null = not counted, or counted on the parent.</summary>
    public static decimal? Quantity(JsonElement row)
    {
        if (!IsTrue(row, "manage_stock"))
        {
            return null;
        }

        return row.TryGetProperty("stock_quantity", out var quantity) ? Lenient(quantity) ?? 0 : 0;
    }

    public static bool IsCountedOnParent(JsonElement row) => Text(row, "manage_stock") == "parent";

    public static bool IsVariable(JsonElement row) => Text(row, "type") == Variable;

    public static bool IsTrash(JsonElement row) => Text(row, "status") == Trash;

    public static bool IsActive(JsonElement row) => Text(row, "status") == Publish;

    public static string Id(JsonElement row) => Number(row, "id").ToString(CultureInfo.InvariantCulture);

    /// <summary>0 when absent; ids of failed batch items are null or objects.</summary>
    public static long Number(JsonElement row, string member) =>
        Member(row, member) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : 0;

    public static string? Text(JsonElement row, string member) =>
        Member(row, member) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The elements of an array member; null when the row carries none.</summary>
    public static JsonElement[]? List(JsonElement row, string member) => Member(row, member) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray()] : null;

    public static bool IsTrue(JsonElement row, string member) => Member(row, member) is { ValueKind: JsonValueKind.True };

    private static JsonElement? Member(JsonElement row, string member) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out var value) ? value : null;

    public static string? HubId(JsonElement row)
    {
        foreach (var entry in List(row, "meta_data") ?? [])
        {
            if (Text(entry, "key") == WooFields.HubIdMeta)
            {
                return Text(entry, "value") is { Length: > 0 } id ? id : null;
            }
        }

        return null;
    }

    /// <summary>A simple product on its way to a variable one; see <see cref="WooFields.MovingSkuPrefix"/>.</summary>
    public static bool IsMoving(JsonElement row) => Text(row, "sku")?.StartsWith(WooFields.MovingSkuPrefix, StringComparison.Ordinal) == true;

    /// <summary>A create or a change to a variable product has begun and not ended; see <see cref="WooFields.InterimSkuPrefix"/>.</summary>
    public static bool IsUnfinished(JsonElement row) => Text(row, "sku")?.StartsWith(WooFields.InterimSkuPrefix, StringComparison.Ordinal) == true;

    /// <summary>
    /// A SKU tells more than the meta: duplicating a product in the shop's admin copies the meta with it, and never the SKU. Variations that were not read
    /// count as having one.
    /// </summary>
    private static bool IsKnownBySku(JsonElement row, IReadOnlyList<JsonElement>? variations)
    {
        return !IsUnfinished(row)
            && (IsVariable(row) ? variations is null || variations.Any(v => !string.IsNullOrEmpty(Text(v, "sku"))) : !string.IsNullOrEmpty(Text(row, "sku")));
    }

    /// <summary>The modified time, whole seconds.</summary>
    public static Stamp Version(JsonElement row) => (Gmt(row, "date_modified_gmt") ?? Gmt(row, "date_created_gmt")) is { } at ? Stamp.At(at) : Stamp.Zero;

    public static DateTimeOffset? Gmt(JsonElement row, string member) =>
        DateTimeOffset.TryParseExact(Text(row, member), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>Attributes that make variations, in their order. Empty for anything but a variable product.</summary>
    public static ImmutableArray<WooOption> VariationAttributes(JsonElement row)
    {
        if (!IsVariable(row) || List(row, "attributes") is not { } attributes)
        {
            return [];
        }

        return
        [
            .. attributes
                .Where(a => IsTrue(a, "variation"))
                .OrderBy(a => Number(a, "position"))
                .Select(a => new WooOption(Number(a, "id"), Decode(Text(a, "name") ?? ""))),
        ];
    }

    /// <summary>The variation's value for each option; an option that it leaves open ("any") is empty.</summary>
    private static ImmutableArray<string> Values(JsonElement row, IReadOnlyList<WooOption> options)
    {
        var own = List(row, "attributes") ?? [];
        return
        [
            .. options.Select(option =>
            {
                var match = own.FirstOrDefault(a => option.Id > 0
                    ? Number(a, "id") == option.Id
                    : Number(a, "id") == 0 && string.Equals(Decode(Text(a, "name") ?? ""), option.Name, StringComparison.OrdinalIgnoreCase));
                return match.ValueKind == JsonValueKind.Object ? Decode(Text(match, "option") ?? "") : "";
            }),
        ];
    }

    /// <summary>Plain text: the shop stores an ampersand as an entity.</summary>
    public static string Decode(string text) => text.Contains('&', StringComparison.Ordinal) ? WebUtility.HtmlDecode(text) : text;

    /// <summary>The value of one setting in the answer for its group.</summary>
    public static string? Setting(WooAnswer answer, string id) => answer.Ok && answer.Json.ValueKind == JsonValueKind.Array
        ? answer.Json.EnumerateArray().Where(entry => Text(entry, "id") == id).Select(entry => Text(entry, "value")).FirstOrDefault()
        : null;

    public static decimal? Lenient(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? number : null,
        JsonValueKind.String => Amount(value.GetString()),
        _ => null,
    };

    public static decimal? Amount(string? text) =>
        decimal.TryParse(text?.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : null;
}

/// <summary>An attribute that makes variations. Id 0 = local to the product.</summary>
internal sealed record WooOption(long Id, string Name);
