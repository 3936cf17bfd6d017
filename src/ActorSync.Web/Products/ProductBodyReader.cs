using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Errors;
using ActorSync.Web.Requests;

namespace ActorSync.Web.Products;

/// <summary>What a product body asks for, in hub terms.</summary>
internal sealed record ProductWrite
{
    public required ImmutableArray<FieldEdit> Fields { get; init; }
    public required ImmutableArray<StockEdit> Stock { get; init; }
    public long? SeenVersion { get; init; }
    public bool Force { get; init; }
    public ImmutableArray<ChannelId>? Channels { get; init; }

    public HubEdit ToEdit(string actor) => new() { Fields = Fields, Stock = Stock, SeenVersion = SeenVersion, Force = Force, Actor = actor };
}

/// <summary>
/// Reads a product body: every field and alias of the registry, variants keyed by id or SKU, stock per warehouse, overrides per channel. Absent members
/// change nothing; null empties.
/// </summary>
internal sealed class ProductBodyReader
{
    private const int MaxVariants = 2048;

    /// <summary>Members of a shown product that a full PUT sends back; they are ignored there and refused elsewhere.</summary>
    private static readonly string[] ReadOnlyMembers =
        ["id", "status", "syncStatus", "lastUpdatedBy", "createdAt", "updatedAt", "channels", "openConflicts", "currency"];

    private static readonly IEnumerable<string> FieldNames = Fields.All.Where(f => !f.IsStructure).Select(f => f.Name);

    private readonly ImmutableArray<FieldEdit>.Builder _fields = ImmutableArray.CreateBuilder<FieldEdit>();
    private readonly ImmutableArray<StockEdit>.Builder _stock = ImmutableArray.CreateBuilder<StockEdit>();
    private readonly ProductState? _product;
    private readonly string _currency;
    private readonly string _warehouse;
    private int _nextVariant;

    private ProductBodyReader(ProductState? product, string currency, string warehouse)
    {
        _product = product;
        _currency = currency;
        _warehouse = warehouse;
        _nextVariant = product?.NextVariant ?? 1;
    }

    /// <summary>Reads the body of a create (no product yet) or of an edit.</summary>
    public static ProductWrite? Read(JsonBody body, ProductState? product, TenantSettings settings, bool isFull, out ApiError? wrong)
    {
        var reader = body.Reader();
        var parts = new ProductBodyReader(product, settings.Policy.Currency, DefaultWarehouse(product, settings));
        var write = parts.ReadProduct(reader, settings, isFull);
        wrong = reader.Problem();
        return wrong is null ? write : null;
    }

    /// <summary>Where a plain quantity goes: the product's only warehouse, else the first that a channel knows, else "main".</summary>
    internal static string DefaultWarehouse(ProductState? product, TenantSettings settings) =>
        product?.Stock.Levels.Select(l => l.Warehouse).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).FirstOrDefault()
        ?? settings.Channels.SelectMany(c => c.Locations).SelectMany(l => l.Warehouses).FirstOrDefault()
        ?? "main";

    private ProductWrite ReadProduct(BodyReader reader, TenantSettings settings, bool isFull)
    {
        var seen = reader.Whole("version");
        var force = reader.Flag("force") ?? false;
        var channelIds = reader.Texts("channelIds");
        foreach (var id in channelIds ?? [])
        {
            if (!settings.Channels.Any(c => c.Id.Value == id))
            {
                reader.Fail("channelIds", $"channelIds names '{id}', which is no channel of yours; known are {Join(settings.Channels.Select(c => c.Id.Value))}.");
            }
        }

        if (reader.Texts("options") is { } options)
        {
            _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.Options), Value = Canonical.List(options) });
        }

        ReadVariants(reader);
        var single = SingleVariant(reader);
        var currency = isFull && reader.Has("currency") || single is not null ? Currency(reader) : _currency;
        if (single is { } variant)
        {
            ReadStock(reader, variant);
        }

        ReadFields(reader, null, single, scope: null, currency);
        ReadOverrides(reader, null, single, settings, currency);
        foreach (var name in ReadOnlyMembers)
        {
            if (reader.Has(name) && Fields.Find(name) is null)
            {
                _ = reader.Take(name);
                if (!isFull && name != "currency")
                {
                    reader.Fail(name, $"{name} cannot be set; it is told by the hub.");
                }
            }
        }

        reader.RefuseRest(FieldNames);
        if (_product is null && !_fields.Any(f => f.Key.Field == Fields.IsActive))
        {
            // Channels have different defaults for what nobody said: a new product says it.
            _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.IsActive), Value = FieldValue.True });
        }

        if (reader.Problem() is null && _fields.Count == 0 && _stock.Count == 0)
        {
            reader.Fail("body", "The body changes nothing: name at least one field.");
        }

        return new ProductWrite
        {
            Fields = _fields.ToImmutable(),
            Stock = _stock.ToImmutable(),
            SeenVersion = seen,
            Force = force,
            Channels = channelIds is { } ids ? [.. ids.Select(id => new ChannelId(id))] : null,
        };
    }

    /// <summary>The variant that fields at the top of the body belong to, when there is exactly one.</summary>
    private VariantId? SingleVariant(BodyReader reader)
    {
        if (_product is null)
        {
            return reader.Has("variants") ? null : NewVariant();
        }

        var living = _product.LivingVariants().ToList();
        return living.Count == 1 ? living[0].Id : null;
    }

    private VariantId NewVariant()
    {
        var id = new VariantId(_nextVariant++);
        _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.Exists, id), Value = FieldValue.True });
        return id;
    }

    private void ReadVariants(BodyReader reader)
    {
        var member = reader.Take("variants");
        var entries = member?.Node switch
        {
            null => [],
            JsonArray list => list.Select((node, i) => (Key: (string?)null, Path: $"variants[{i}]", Node: node)).ToList(),
            JsonObject byKey => [.. byKey.Select(e => (Key: (string?)e.Key, Path: $"variants.{e.Key}", Node: e.Value))],
            _ => null,
        };
        if (entries is null || entries.Count > MaxVariants)
        {
            reader.Fail("variants", entries is null
                ? $"variants is {BodyReader.Show(member!.Value.Node)}; accepted is a list, or an object keyed by SKU or variant id."
                : $"variants has {entries.Count} entries; at most {MaxVariants} are accepted.");
            return;
        }

        foreach (var (key, path, node) in entries)
        {
            if (node is not JsonObject content)
            {
                reader.Fail(path, $"{path} is {BodyReader.Show(node)}; accepted is an object.");
                continue;
            }

            ReadVariant(reader.Inner(content, path), key);
        }
    }

    private void ReadVariant(BodyReader reader, string? key)
    {
        var id = reader.Take("id")?.Node;
        var given = key ?? (id is JsonValue ? id.ToString() : null);
        var sku = reader.Has("sku") ? PeekText(reader, "sku") : null;
        var found = given is not null ? Find(given) : sku is not null ? Find(sku) : null;
        if (found is null)
        {
            var isNew = _product is null || (given is null && reader.Has("optionValues"));
            if (!isNew)
            {
                reader.Fail("id", $"There is no variant '{given ?? sku ?? "(without id or sku)"}'; known are {Join(_product!.LivingVariants().Select(v => $"{v.Id} ({_product!.VariantLabel(v.Id)})"))}. To add a variant give its optionValues and no id.");
                return;
            }

            found = NewVariant();
            if (key is not null && sku is null && _product is null)
            {
                _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.Sku, found), Value = Canonical.Text(key) });
            }
        }

        var variant = found.Value;
        if (reader.Flag("remove") == true)
        {
            _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.Exists, variant), Value = FieldValue.False });
        }

        if (reader.Texts("optionValues") is { } values)
        {
            _fields.Add(new FieldEdit { Key = new RegisterKey(Fields.OptionValues, variant), Value = Canonical.List(values) });
        }

        var currency = Currency(reader);
        ReadStock(reader, variant);
        ReadFields(reader, variant, variant, scope: null, currency);
        _ = reader.Take("label");
        reader.RefuseRest(Fields.All.Where(f => f.Scope == FieldScope.Variant && !f.IsStructure).Select(f => f.Name));
    }

    private VariantId? Find(string idOrSku)
    {
        if (_product is null)
        {
            return null;
        }

        var identity = Identity.IdentitySku(idOrSku);
        foreach (var variant in _product.LivingVariants())
        {
            if (variant.Id.ToString() == idOrSku || (identity is not null && Identity.IdentitySku(_product.Sku(variant.Id)) == identity))
            {
                return variant.Id;
            }
        }

        foreach (var variant in _product.LivingVariants())
        {
            if (variant.Id.Value.ToString() == idOrSku)
            {
                return variant.Id;
            }
        }

        return null;
    }

    private string Currency(BodyReader reader)
    {
        var text = reader.Text("currency");
        if (text is null)
        {
            return _currency;
        }

        if (Canonical.ValidateCurrency(text, out var code).Error is { } error)
        {
            reader.Fail("currency", error);
        }

        return code;
    }

    /// <summary>Takes every member that is a field. Variant fields need a variant; stock fields are read by <see cref="ReadStock"/>.</summary>
    private void ReadFields(BodyReader reader, VariantId? variant, VariantId? single, ChannelId? scope, string currency)
    {
        foreach (var (name, node) in reader.Rest.ToList())
        {
            if (Fields.Find(name) is not { IsStructure: false } field || field.Class == OwnerClass.Stock)
            {
                continue;
            }

            if (field.Scope == FieldScope.Product && variant is not null)
            {
                continue;
            }

            _ = reader.Take(name);
            if (field.Scope == FieldScope.Variant && single is null)
            {
                reader.Fail(name, $"{name} belongs to a variant, and this product has {(_product is null ? "variants in the body" : $"{_product.LivingVariants().Count()} variants")}; give it under variants, keyed by sku or id.");
                continue;
            }

            var key = new RegisterKey(field.Name, field.Scope == FieldScope.Variant ? single : null, field.Type == FieldType.Money ? currency : null, scope);
            ReadField(reader, name, node, field, key);
        }
    }

    private void ReadField(BodyReader reader, string name, JsonNode? node, FieldDefinition field, RegisterKey key)
    {
        if (key.Scope is not null && node is null)
        {
            // Null ends the override: the channel follows the product's own value again.
            _fields.Add(new FieldEdit { Key = key, ClearOverride = true });
            return;
        }

        if (field.Name == Fields.Images)
        {
            ReadImages(reader, name, node, field, key);
            return;
        }

        if (field.Type == FieldType.Set)
        {
            if (ReadElements(field, node) is not { } elements)
            {
                reader.Fail(name, $"{name} is {BodyReader.Show(node)}; accepted is a list of texts.");
                return;
            }

            foreach (var element in elements)
            {
                if (Canonical.Validate(field, element, out _).Error is { } bad)
                {
                    reader.Fail(name, bad);
                    return;
                }
            }

            _fields.Add(new FieldEdit { Key = key, Elements = elements });
            return;
        }

        var raw = node switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            JsonValue value => value.ToJsonString(),
            JsonArray when field.Type == FieldType.List => node.ToJsonString(),
            _ => "\0",
        };
        if (raw == "\0")
        {
            reader.Fail(name, $"{name} is {BodyReader.Show(node)}; accepted is a single value.");
            return;
        }

        if (Canonical.Validate(field, raw, out var canonical).Error is { } error)
        {
            reader.Fail(name, error);
            return;
        }

        _fields.Add(new FieldEdit { Key = key, Value = canonical });
    }

    /// <summary>The whole list: addresses, or objects with the id of a picture that the product has or the address of a new one, and its alt text.</summary>
    private void ReadImages(BodyReader reader, string name, JsonNode? node, FieldDefinition field, RegisterKey key)
    {
        var pictures = ImmutableArray.CreateBuilder<ImageEdit>();
        foreach (var entry in node switch { null => [], JsonArray list => list.ToArray(), _ => [node] })
        {
            var picture = entry switch
            {
                JsonObject given => new ImageEdit { Key = TextOf(given["id"]), Url = TextOf(given["url"]), Alt = TextOf(given["alt"]) },
                _ => new ImageEdit { Url = TextOf(entry) },
            };
            if (picture.Key is null && (!Uri.TryCreate(picture.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")))
            {
                reader.Fail(name, $"{name} holds {BodyReader.Show(entry)}; accepted is an http or https address, or an object with the id of a picture or an url.");
                return;
            }

            if (Canonical.Validate(field, picture.Url, out _).Error is { } bad)
            {
                reader.Fail(name, bad);
                return;
            }

            pictures.Add(picture);
        }

        _fields.Add(new FieldEdit { Key = key, Images = pictures.ToImmutable() });
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static ImmutableArray<string>? ReadElements(FieldDefinition field, JsonNode? node) => node switch
    {
        null => [],
        JsonArray list when list.Count <= Canonical.MaxListElements && list.All(e => ElementText(e) is not null) => [.. list.Select(e => ElementText(e)!)],
        JsonValue value when value.GetValueKind() == JsonValueKind.String => field.Name == Fields.Tags
            ? [.. value.GetValue<string>().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
            : [value.GetValue<string>()],
        _ => null,
    };

    private static string? ElementText(JsonNode? node) => node switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonObject image when (image["url"] ?? image["src"]) is JsonValue url && url.GetValueKind() == JsonValueKind.String => url.GetValue<string>(),
        _ => null,
    };

    private void ReadOverrides(BodyReader reader, VariantId? variant, VariantId? single, TenantSettings settings, string currency)
    {
        if (reader.Inner("overrides") is not { } overrides)
        {
            return;
        }

        foreach (var (name, node) in overrides.Rest.ToList())
        {
            _ = overrides.Take(name);
            if (settings.Channels.FirstOrDefault(c => c.Id.Value == name) is not { } channel)
            {
                overrides.Fail(name, $"overrides names '{name}', which is no channel of yours; known are {Join(settings.Channels.Select(c => c.Id.Value))}.");
            }
            else if (node is not JsonObject content)
            {
                overrides.Fail(name, $"{name} is {BodyReader.Show(node)}; accepted is an object of fields.");
            }
            else
            {
                var inner = overrides.Inner(content, name);
                ReadFields(inner, variant, single, channel.Id, channel.Currency.Length > 0 ? channel.Currency : currency);
                inner.RefuseRest(FieldNames);
            }
        }
    }

    /// <summary>available (or quantity) for the default warehouse, or stock by warehouse as a number or { available, reserved, announced }.</summary>
    private void ReadStock(BodyReader reader, VariantId variant)
    {
        var member = reader.Take("stock", "warehouseStock");
        switch (member?.Node)
        {
            case null:
                break;
            case JsonObject byWarehouse:
                foreach (var (warehouse, node) in byWarehouse)
                {
                    ReadLevel(reader, variant, warehouse, node);
                }

                break;
            case JsonArray levels when levels.All(l => l is JsonObject level && level["warehouse"] is JsonValue):
                foreach (var level in levels.OfType<JsonObject>())
                {
                    ReadLevel(reader, variant, level["warehouse"]!.ToString(), level);
                }

                break;
            case JsonValue plain:
                ReadLevel(reader, variant, _warehouse, plain);
                break;
            default:
                reader.Fail("stock", $"stock is {BodyReader.Show(member.Value.Node)}; accepted is a number, or an object by warehouse: {{ \"{_warehouse}\": 5 }}.");
                break;
        }

        var quantity = reader.Take("available", "quantity", "stockQuantity", "inventoryQuantity");
        if (quantity is { Node: not null } && member?.Node is null)
        {
            ReadLevel(reader, variant, _warehouse, quantity.Value.Node);
        }
    }

    private void ReadLevel(BodyReader reader, VariantId variant, string warehouse, JsonNode? node)
    {
        if (string.IsNullOrWhiteSpace(warehouse) || warehouse.Length > 100)
        {
            reader.Fail("stock", $"'{warehouse}' is not a warehouse name; accepted are 1 to 100 characters.");
            return;
        }

        var level = node is JsonObject parts ? reader.Inner(parts, $"stock.{warehouse}") : reader.Inner(new JsonObject { ["available"] = node?.DeepClone() }, $"stock.{warehouse}");
        _ = level.Take("warehouse");
        var available = level.Number("available", -1_000_000_000m, 1_000_000_000m);
        var reserved = level.Number("reserved", 0, 1_000_000_000m);
        var announced = level.Number("announced", 0, 1_000_000_000m);
        level.RefuseRest();
        if (available is null)
        {
            if (level.Problem() is null)
            {
                level.Fail("available", $"available of warehouse '{warehouse}' is missing; a number is needed.");
            }

            return;
        }

        _stock.Add(new StockEdit { Variant = variant, Warehouse = warehouse, Available = available.Value, Reserved = reserved, Announced = announced });
    }

    private static string? PeekText(BodyReader reader, string name) =>
        reader.Rest.FirstOrDefault(m => Nearest.Fold(m.Name) == name).Node is JsonValue value ? value.ToString() : null;

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Take(20)) is { Length: > 0 } text ? text : "none";
}
