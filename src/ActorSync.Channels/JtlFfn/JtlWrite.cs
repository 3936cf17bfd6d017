using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.JtlFfn;

/// <summary>
/// One body to send. Nested objects are written whole, on top of what JTL holds, because whether a PATCH merges them is not documented; lists are known to be
/// replaced. A value that JTL cannot hold is refused here, in words, and leaves the others alone.
/// </summary>
internal sealed class JtlWrite
{
    private const int LongestName = 255;
    private const int LongestNote = 4096;
    private const int LongestText = 255;

    /// <summary>Fields whose member lies in an object or list that is written whole: what JTL holds has to be read before.</summary>
    private static readonly ImmutableHashSet<string> Nested =
    [
        Fields.Gtin, JtlFields.Han, JtlFields.Length, JtlFields.Width, JtlFields.Height, JtlFields.CustomsCode, JtlFields.Hazmat, JtlFields.HazmatClass,
        JtlFields.PackagingUnit, JtlFields.PackagingQty,
    ];

    private readonly ImmutableDictionary<string, FieldValue> _wanted;
    private readonly ImmutableHashSet<string> _fields;
    private readonly JsonElement? _current;
    private readonly List<(string Field, string Message)> _refused = [];

    private JtlWrite(ImmutableDictionary<string, FieldValue> wanted, ImmutableHashSet<string> fields, JsonElement? current)
    {
        _wanted = wanted;
        _fields = fields;
        _current = current;
    }

    public JsonObject Body { get; } = [];

    /// <summary>Fields that JTL cannot hold as wanted, with the reason for people.</summary>
    public IReadOnlyList<(string Field, string Message)> Refused => _refused;

    public static bool NeedsCurrent(IEnumerable<string> fields) => fields.Any(Nested.Contains);

    public static JtlWrite Create(ImmutableDictionary<string, FieldValue> wanted, ProductId product)
    {
        var write = new JtlWrite(wanted, [.. wanted.Where(pair => !pair.Value.IsEmpty).Select(pair => pair.Key)], null);
        var name = write.Text(Fields.Name) ?? write.Text(Fields.Sku) ?? "";
        write.Body["name"] = name.Length <= LongestName ? name : name[..LongestName];
        write.Body["identifier"] = new JsonObject();
        write.Compose();
        var attribute = new JsonObject { ["key"] = JtlFields.HubIdAttribute, ["value"] = product.Value, ["attributeType"] = "String" };
        write.Body["attributes"] = new JsonArray(attribute);
        return write;
    }

    /// <param name="wanted">All values as they should stand.</param>
    /// <param name="fields">The ones to write.</param>
    /// <param name="current">What JTL holds; needed where <see cref="NeedsCurrent"/> says so.</param>
    public static JtlWrite Update(ImmutableDictionary<string, FieldValue> wanted, ImmutableHashSet<string> fields, JsonElement? current)
    {
        var write = new JtlWrite(wanted, fields, current ?? default(JsonElement));
        write.Compose();
        return write;
    }

    private bool IsCreate => _current is null;

    private JsonElement Current => _current ?? default;

    private void Compose()
    {
        Plain(Fields.Sku, "merchantSku", mayBeEmpty: false);
        Plain(JtlFields.Manufacturer, "manufacturer", mayBeEmpty: true);
        if (Has(JtlFields.WarehouseNotes) && Text(JtlFields.WarehouseNotes) is { Length: > LongestNote } note)
        {
            Refuse(JtlFields.WarehouseNotes, $"The note has {note.Length} characters; JTL takes at most {LongestNote}.");
        }
        else if (Has(JtlFields.WarehouseNotes))
        {
            Body["note"] = Text(JtlFields.WarehouseNotes);
        }

        if (Has(JtlFields.Weight))
        {
            Body["weight"] = Number(JtlFields.Weight);
        }

        ComposeCountry();
        ComposeIdentifier();
        ComposeDimensions();
        ComposeSpecifications();
        ComposeBundle();
    }

    private void ComposeCountry()
    {
        if (!Has(JtlFields.CountryOfOrigin))
        {
            return;
        }

        var code = Text(JtlFields.CountryOfOrigin)?.Trim().ToUpperInvariant();
        if (code is null || (code.Length == 2 && code.All(char.IsAsciiLetterUpper)))
        {
            Body["originCountry"] = code;
        }
        else
        {
            Refuse(JtlFields.CountryOfOrigin, $"The country of origin is '{code}'; JTL takes a code of two letters such as DE.");
        }
    }

    private void ComposeIdentifier()
    {
        var held = JtlMapper.Part(Current, "identifier");
        var identifier = Copy(held, "ean", "isbn", "upc", "asin");
        var isTouched = false;
        if (Has(Fields.Gtin))
        {
            var gtin = Text(Fields.Gtin);
            if (gtin is not null && !Gtin.IsValid(gtin))
            {
                Refuse(Fields.Gtin, $"The GTIN is '{gtin}'; JTL takes an EAN of 8, 13 or 14 digits or a UPC of 12, with its check digit.");
            }
            else
            {
                isTouched = true;
                var isUpc = gtin?.Length == 12;
                Put(identifier, "ean", isUpc ? null : gtin);
                if (isUpc || gtin is null)
                {
                    Put(identifier, "upc", gtin);
                }
            }
        }

        if (Has(JtlFields.Han) || (Has(JtlFields.Manufacturer) && !IsCreate && Text(JtlFields.Han) is not null && NeedsCurrent(_fields)))
        {
            var maker = Text(JtlFields.Manufacturer) ?? JtlMapper.Text(JtlMapper.Part(held, "mpn"), "manufacturer");
            if (Text(JtlFields.Han) is { } number && !string.IsNullOrEmpty(maker))
            {
                isTouched = true;
                identifier["mpn"] = new JsonObject { ["manufacturer"] = maker, ["partNumber"] = number };
            }
            else if (Has(JtlFields.Han))
            {
                Refuse(JtlFields.Han, Text(JtlFields.Han) is null
                    ? "JTL cannot take a manufacturer's number back once it was set."
                    : "JTL keeps a manufacturer's number only together with the manufacturer; fill manufacturer.");
            }
        }
        else if (JtlMapper.Part(held, "mpn") is { ValueKind: JsonValueKind.Object } mpn)
        {
            identifier["mpn"] = Copy(mpn, "manufacturer", "partNumber");
        }

        if (isTouched)
        {
            Body["identifier"] = identifier;
        }
    }

    private void ComposeDimensions()
    {
        string[] names = [JtlFields.Length, JtlFields.Width, JtlFields.Height];
        if (!names.Any(Has))
        {
            return;
        }

        var held = JtlMapper.Part(Current, "dimensions");
        var sizes = names.ToDictionary(name => name, name => Number(name) is { } wanted ? JtlMapper.Metres(wanted) : Has(name) ? null : JtlMapper.Decimal(held, name), StringComparer.Ordinal);
        if (sizes[JtlFields.Length] is { } length && sizes[JtlFields.Height] is { } height)
        {
            Body["dimensions"] = new JsonObject { ["length"] = length, ["width"] = sizes[JtlFields.Width], ["height"] = height };
            return;
        }

        foreach (var name in names.Where(Has))
        {
            Refuse(name, Number(name) is null ? $"JTL cannot empty the {name} once it was set." : "JTL keeps dimensions only with both length and height; fill both.");
        }
    }

    private void ComposeSpecifications()
    {
        if (!IsCreate && !Has(JtlFields.CustomsCode) && !Has(JtlFields.Hazmat) && !Has(JtlFields.HazmatClass))
        {
            return;
        }

        var held = JtlMapper.Part(Current, "specifications");
        var specifications = IsCreate
            ? new JsonObject
            {
                ["isBatch"] = false,
                ["isDivisible"] = false,
                ["isBestBefore"] = false,
                ["isSerialNumber"] = false,
                ["isBillOfMaterials"] = false,
                ["isPackaging"] = false,
            }
            : Copy(held, "fnsku", "isPackaging", "taric", "unNumber", "hazardIdentifier");
        if (JtlMapper.List(held, "billOfMaterialsComponents") is { Length: > 0 })
        {
            specifications["billOfMaterialsComponents"] = JsonNode.Parse(JtlMapper.Part(held, "billOfMaterialsComponents").GetRawText());
        }

        if (Has(JtlFields.CustomsCode))
        {
            Put(specifications, "taric", Text(JtlFields.CustomsCode));
        }

        if (Has(JtlFields.Hazmat) || Has(JtlFields.HazmatClass))
        {
            ComposeHazard(specifications);
        }

        if (specifications.Count > 0)
        {
            Body["specifications"] = specifications;
        }
    }

    private void ComposeHazard(JsonObject specifications)
    {
        var isHazmat = _wanted.TryGetValue(JtlFields.Hazmat, out var told) ? told.ToBoolean() : null;
        var hazard = Text(JtlFields.HazmatClass);
        if (isHazmat == true && hazard is null)
        {
            Refuse(JtlFields.Hazmat, "JTL knows hazardous goods by their UN number or hazard identifier only; fill hazmatClass, such as 'UN1993 33'.");
            return;
        }

        if (isHazmat == false && hazard is not null && Has(JtlFields.HazmatClass))
        {
            Refuse(JtlFields.HazmatClass, "The product is not marked as hazardous, and JTL then keeps no class; set hazmat.");
        }

        var (unNumber, identifier) = hazard is null || isHazmat == false ? (null, null) : JtlCanon.Hazard(hazard);
        Put(specifications, "unNumber", unNumber);
        Put(specifications, "hazardIdentifier", identifier);
    }

    /// <summary>The first bundle is the hub's packaging; others that JTL holds stay.</summary>
    private void ComposeBundle()
    {
        if (!Has(JtlFields.PackagingUnit) && !Has(JtlFields.PackagingQty))
        {
            return;
        }

        var held = JtlMapper.List(Current, "bundles");
        var first = held is [var known, ..] ? known : default;
        var unit = _wanted.ContainsKey(JtlFields.PackagingUnit) ? Text(JtlFields.PackagingUnit) : JtlMapper.Text(first, "name");
        var quantity = _wanted.ContainsKey(JtlFields.PackagingQty) ? Number(JtlFields.PackagingQty) : JtlMapper.Decimal(first, "quantity");
        if (unit is null != quantity is null)
        {
            foreach (var name in new[] { JtlFields.PackagingUnit, JtlFields.PackagingQty }.Where(Has))
            {
                Refuse(name, "JTL keeps a packaging only with both its unit and the pieces in it; fill packagingUnit and packagingQty.");
            }

            return;
        }

        var bundles = new JsonArray();
        if (unit is not null)
        {
            var bundle = Copy(first, "ean", "upc");
            bundle["name"] = unit;
            bundle["quantity"] = quantity;
            bundles.Add((JsonNode)bundle);
        }

        foreach (var other in held.Skip(1))
        {
            bundles.Add(JsonNode.Parse(other.GetRawText()));
        }

        Body["bundles"] = bundles;
    }

    private void Plain(string field, string member, bool mayBeEmpty)
    {
        if (!Has(field))
        {
            return;
        }

        var text = Text(field);
        if (text is null && !mayBeEmpty)
        {
            Refuse(field, "JTL keeps no product without its SKU.");
        }
        else if (text?.Length > LongestText)
        {
            Refuse(field, $"{field} has {text.Length} characters; JTL takes at most {LongestText}.");
        }
        else
        {
            Body[member] = text;
        }
    }

    private bool Has(string field) => _fields.Contains(field);

    private string? Text(string field) => _wanted.TryGetValue(field, out var value) ? value.Text : null;

    private decimal? Number(string field) => _wanted.TryGetValue(field, out var value) ? value.ToDecimal() : null;

    private void Refuse(string field, string message) => _refused.Add((field, message));

    /// <summary>A create leaves out what has no value; an update says that it is to have none.</summary>
    private void Put(JsonObject target, string member, string? text)
    {
        if (text is not null || !IsCreate)
        {
            target[member] = text;
        }
    }

    private static JsonObject Copy(JsonElement held, params ReadOnlySpan<string> members)
    {
        var copy = new JsonObject();
        foreach (var member in members)
        {
            if (JtlMapper.Part(held, member) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value)
            {
                copy[member] = JsonNode.Parse(value.GetRawText());
            }
        }

        return copy;
    }
}
