using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.JtlFfn;

/// <summary>Products and counts of JTL in hub terms. What a row does not carry is absent.</summary>
internal static class JtlMapper
{
    private const decimal CentimetresPerMetre = 100m;

    public static string? Text(JsonElement row, string member) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static decimal? Decimal(JsonElement row, string member) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) ? number : null;

    public static JsonElement Part(JsonElement row, string member) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out var value) ? value : default;

    public static JsonElement[] List(JsonElement row, string member) =>
        Part(row, member) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    public static DateTimeOffset? Instant(JsonElement row, string member) =>
        Text(row, member) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    public static string? Jfsku(JsonElement row) => Text(row, "jfsku");

    public static Stamp Version(JsonElement row)
    {
        var modified = Part(row, "modificationInfo");
        return (Instant(modified, "updatedAt") ?? Instant(modified, "createdAt")) is { } at ? Stamp.At(at) : Stamp.Zero;
    }

    public static bool IsDeleted(JsonElement row) => Text(Part(row, "modificationInfo"), "state") == "Deleted";

    public static string? HubId(JsonElement row)
    {
        foreach (var attribute in List(row, "attributes"))
        {
            if (Text(attribute, "key") == JtlFields.HubIdAttribute && Text(attribute, "value") is { Length: > 0 } id)
            {
                return id;
            }
        }

        return null;
    }

    public static ObservedProduct Gone(string jfsku, Stamp version) => new() { ExternalId = jfsku, Version = version, Deleted = true };

    /// <summary>One thing as a product with one variant; the core knows which hub product it belongs to.</summary>
    public static ObservedProduct Product(JsonElement row)
    {
        var jfsku = Jfsku(row)!;
        return IsDeleted(row)
            ? Gone(jfsku, Version(row))
            : new ObservedProduct { ExternalId = jfsku, Version = Version(row), HubId = HubId(row), Variants = [Variant(row)] };
    }

    public static ObservedVariant Variant(JsonElement row)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>(StringComparer.Ordinal);
        fields[Fields.Name] = Canonical.Text(Text(row, "name"));
        fields[Fields.Sku] = Canonical.Text(Text(row, "merchantSku"));
        fields[JtlFields.WarehouseNotes] = Canonical.Text(Text(row, "note"));
        fields[JtlFields.Manufacturer] = Canonical.Text(Text(row, "manufacturer"));
        fields[JtlFields.CountryOfOrigin] = Canonical.Text(Text(row, "originCountry"));
        fields[JtlFields.Weight] = Canonical.Decimal(Decimal(row, "weight"));
        var identifier = Part(row, "identifier");
        fields[Fields.Gtin] = Canonical.Text(Filled(Text(identifier, "ean")) ?? Text(identifier, "upc"));
        fields[JtlFields.Han] = Canonical.Text(Text(Part(identifier, "mpn"), "partNumber"));
        var dimensions = Part(row, "dimensions");
        fields[JtlFields.Length] = Centimetres(dimensions, "length");
        fields[JtlFields.Width] = Centimetres(dimensions, "width");
        fields[JtlFields.Height] = Centimetres(dimensions, "height");
        var specifications = Part(row, "specifications");
        fields[JtlFields.CustomsCode] = Canonical.Text(Text(specifications, "taric"));
        var hazard = (Filled(Text(specifications, "unNumber")), Filled(Text(specifications, "hazardIdentifier")));
        fields[JtlFields.Hazmat] = Canonical.Boolean(hazard is not (null, null));
        if (hazard is not (null, null))
        {
            // Without a number there is no hazard to speak of; that the hub's class was taken back is told by hazmat alone.
            fields[JtlFields.HazmatClass] = new FieldValue(JtlCanon.HazardText(hazard));
        }

        var bundle = List(row, "bundles") is [var first, ..] ? first : default;
        fields[JtlFields.PackagingUnit] = Canonical.Text(Text(bundle, "name"));
        fields[JtlFields.PackagingQty] = Canonical.Decimal(Decimal(bundle, "quantity"));
        return new ObservedVariant { ExternalId = Jfsku(row)!, Version = Version(row), Fields = fields.ToImmutable() };
    }

    /// <summary>The count of one warehouse out of a stock change or a stock row.</summary>
    public static ObservedStock Stock(JsonElement row, string warehouse, StockReading reading, Stamp version, long? number)
    {
        var available = Decimal(row, "stockLevel") ?? 0;
        var reserved = Decimal(row, "stockLevelReserved") ?? 0;
        var blocked = Decimal(row, "stockLevelBlocked") ?? 0;
        return new ObservedStock
        {
            LocationId = warehouse,
            Quantity = reading switch
            {
                StockReading.MinusReserved => available - reserved,
                StockReading.MinusReservedAndBlocked => available - reserved - blocked,
                _ => available,
            },
            Reserved = reserved,
            Announced = Decimal(row, "stockLevelAnnounced") ?? 0,
            Version = version,
            Row = number,
        };
    }

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static FieldValue Centimetres(JsonElement dimensions, string member) =>
        Canonical.Decimal(Decimal(dimensions, member) is { } metres ? metres * CentimetresPerMetre : null);

    public static decimal Metres(decimal centimetres) => centimetres / CentimetresPerMetre;
}
