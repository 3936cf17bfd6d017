using System.Globalization;
using System.Text.Json;

namespace ActorSync.Channels.Shopify;

/// <summary>Shopify's objects in hub terms, and back. Pure. This part reads what the GraphQL API and the webhooks send.</summary>
internal static partial class ShopifyMapper
{
    public const string DefaultOption = "Title";
    public const string DefaultValue = "Default Title";
    /// <summary>A webhook carries no more variants than this; those of a larger product are named in variant_gids only.</summary>
    public const int WebhookVariants = 100;

    /// <summary>A Product node. What the selection did not ask for is absent.</summary>
    public static ObservedProduct Product(JsonElement node)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        Copy(node, "title", ShopifyFields.Name, fields, Text);
        Copy(node, "descriptionHtml", ShopifyFields.Description, fields, Text);
        Copy(node, "vendor", ShopifyFields.Vendor, fields, Text);
        Copy(node, "productType", ShopifyFields.ProductType, fields, Text);
        Copy(node, "status", ShopifyFields.IsActive, fields, Status);
        if (Child(node, "seo") is { ValueKind: JsonValueKind.Object } seo)
        {
            Copy(seo, "title", ShopifyFields.SeoTitle, fields, Text);
            Copy(seo, "description", ShopifyFields.SeoDescription, fields, Text);
        }

        var sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        if (Child(node, "tags") is { ValueKind: JsonValueKind.Array } tags)
        {
            sets = sets.Add(ShopifyFields.Tags, [.. tags.EnumerateArray().Select(tag => tag.GetString()!)]);
        }

        // A list that was cut off tells nothing of what is not on it.
        if (Child(node, "collections") is { } collections && NextCursor(collections) is null)
        {
            sets = sets.Add(ShopifyFields.Collections, CollectionTitles(collections));
        }

        var plain = Child(node, "hasOnlyDefaultVariant") is { ValueKind: JsonValueKind.True };
        var variants = Child(node, "variants");
        return new ObservedProduct
        {
            ExternalId = ShopifyGid.Number(node.GetProperty("id").GetString()!),
            Version = Instant(Child(node, "updatedAt")) ?? Stamp.Zero,
            Fields = fields.ToImmutable(),
            Sets = sets,
            Options = Child(node, "options") is not { ValueKind: JsonValueKind.Array } options ? null
                : plain ? [] : [.. options.EnumerateArray().Select(option => option.GetProperty("name").GetString()!)],
            Variants = Nodes(variants).Select(variant => Variant(variant)).ToImmutableArray(),
            VariantsComplete = variants is { } connection && NextCursor(connection) is null,
            Images = ShopifyMedia.Of(node),
            HubId = Child(node, "hubId") is { ValueKind: JsonValueKind.Object } hubId ? hubId.GetProperty("value").GetString() : null,
        };
    }

    /// <summary>A ProductVariant node.</summary>
    public static ObservedVariant Variant(JsonElement node)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        Copy(node, "sku", ShopifyFields.Sku, fields, Text);
        Copy(node, "barcode", ShopifyFields.Gtin, fields, Text);
        Copy(node, "price", ShopifyFields.Price, fields, Amount);
        Copy(node, "compareAtPrice", ShopifyFields.CompareAtPrice, fields, Amount);
        Copy(node, "taxable", ShopifyFields.Taxable, fields, Flag);
        var item = Child(node, "inventoryItem");
        if (item is { ValueKind: JsonValueKind.Object })
        {
            Copy(item.Value, "harmonizedSystemCode", ShopifyFields.CustomsCode, fields, Text);
            Copy(item.Value, "countryCodeOfOrigin", ShopifyFields.CountryOfOrigin, fields, Text);
            Copy(item.Value, "measurement", ShopifyFields.Weight, fields, Weight);
        }

        return new ObservedVariant
        {
            ExternalId = ShopifyGid.Number(node.GetProperty("id").GetString()!),
            StockItemId = item is { ValueKind: JsonValueKind.Object } ? ShopifyGid.Number(item.Value.GetProperty("id").GetString()!) : null,
            Version = Instant(Child(node, "updatedAt")),
            Fields = fields.ToImmutable(),
            OptionValues = Child(node, "selectedOptions") is { ValueKind: JsonValueKind.Array } selected ? SelectedValues(selected) : null,
            Stock = item is { ValueKind: JsonValueKind.Object } && Child(item.Value, "inventoryLevels") is { } levels
                ? [.. Nodes(levels).Select(level => Level(level, Child(item.Value, "tracked") is not { ValueKind: JsonValueKind.False }))]
                : [],
        };
    }

    /// <summary>Titles of a collection connection's page.</summary>
    public static ImmutableArray<string> CollectionTitles(JsonElement connection) =>
        [.. Nodes(connection).Select(collection => Child(collection, "title")?.GetString()).OfType<string>()];

    /// <summary>An InventoryLevel node.</summary>
    public static ObservedStock Level(JsonElement node, bool tracked) => new()
    {
        LocationId = ShopifyGid.Number(node.GetProperty("location").GetProperty("id").GetString()!),
        Quantity = tracked ? node.GetProperty("quantities").EnumerateArray().Select(quantity => (decimal?)quantity.GetProperty("quantity").GetDecimal()).FirstOrDefault() : null,
        Version = Instant(Child(node, "updatedAt")) ?? Stamp.Zero,
    };

    /// <summary>
    /// Body of products/create and products/update, in the REST shape. Its total count per variant is no stock: counts per location come as inventory levels.
    /// </summary>
    public static ObservedProduct WebhookProduct(JsonElement body)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        Copy(body, "title", ShopifyFields.Name, fields, Text);
        Copy(body, "body_html", ShopifyFields.Description, fields, Text);
        Copy(body, "vendor", ShopifyFields.Vendor, fields, Text);
        Copy(body, "product_type", ShopifyFields.ProductType, fields, Text);
        Copy(body, "status", ShopifyFields.IsActive, fields, Status);
        var variants = Child(body, "variants") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Where(variant => Id(variant, "id") is not null).ToArray()
            : null;
        var options = WebhookOptions(body, variants ?? []);
        return new ObservedProduct
        {
            ExternalId = Id(body, "id") ?? "",
            Version = Instant(Child(body, "updated_at")) ?? Stamp.Zero,
            Fields = fields.ToImmutable(),
            Sets = Child(body, "tags") is { } tags
                ? ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add(ShopifyFields.Tags, SplitTags(tags))
                : ImmutableDictionary<string, ImmutableArray<string>>.Empty,
            Options = options,
            Images = ShopifyMedia.OfWebhook(body),
            Variants = variants is null ? [] : [.. variants.Select(variant => WebhookVariant(variant, options))],
            VariantsComplete = variants is not null && (Child(body, "variant_gids") is { ValueKind: JsonValueKind.Array } gids
                ? gids.GetArrayLength() == variants.Length
                : variants.Length is > 0 and < WebhookVariants),
        };
    }

    /// <summary>Body of inventory_levels/update.</summary>
    public static ObservedStock WebhookLevel(JsonElement body) => new()
    {
        LocationId = Id(body, "location_id") ?? "",
        Quantity = Child(body, "available") is { ValueKind: JsonValueKind.Number } available ? available.GetDecimal() : null,
        Version = Instant(Child(body, "updated_at")) ?? Stamp.Zero,
    };

    /// <summary>
    /// Lines of an order's body: what was ordered and what is left of it. The shop takes an order off its count when it is placed. A line without a product is
    /// something that the merchant typed.
    /// </summary>
    public static ImmutableArray<ObservedOrderLine> OrderLines(JsonElement order)
    {
        if (Id(order, "id") is not { } id || Instant(Child(order, "created_at")) is not { } placed || Child(order, "line_items") is not { ValueKind: JsonValueKind.Array } items)
        {
            return [];
        }

        var cancelled = Instant(Child(order, "cancelled_at"));
        var version = cancelled ?? Instant(Child(order, "updated_at")) ?? placed;
        var lines = ImmutableArray.CreateBuilder<ObservedOrderLine>(items.GetArrayLength());
        foreach (var item in items.EnumerateArray())
        {
            if (Id(item, "id") is not { } line || Id(item, "product_id") is not { } product || Child(item, "quantity") is not { ValueKind: JsonValueKind.Number } quantity)
            {
                continue;
            }

            var left = Child(item, "current_quantity") is { ValueKind: JsonValueKind.Number } current ? current.GetDecimal() : quantity.GetDecimal();
            lines.Add(new ObservedOrderLine
            {
                Order = id,
                Line = line,
                Product = product,
                Variant = Id(item, "variant_id"),
                Sku = Child(item, "sku") is { ValueKind: JsonValueKind.String } sku ? sku.GetString() : null,
                Quantity = quantity.GetDecimal(),
                Left = cancelled is null ? left : 0,
                PlacedAt = placed,
                Version = version,
            });
        }

        return lines.ToImmutable();
    }

    /// <summary>A numeric id as text; null when it is missing, null or no number.</summary>
    public static string? Id(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;

    /// <summary>Where the next page of a connection begins; null = this was the last.</summary>
    public static string? NextCursor(JsonElement connection) =>
        Child(connection, "pageInfo") is { ValueKind: JsonValueKind.Object } page && page.GetProperty("hasNextPage").GetBoolean()
            ? page.GetProperty("endCursor").GetString()
            : null;

    public static IEnumerable<JsonElement> Nodes(JsonElement? connection) =>
        connection is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty("nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array
            ? nodes.EnumerateArray()
            : [];

    public static JsonElement? Child(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : null;

    /// <summary>What the shop grants the app, of an answer that asked for it.</summary>
    public static ImmutableArray<string> Scopes(ShopifyAnswer answer) =>
        answer.Root("currentAppInstallation") is { ValueKind: JsonValueKind.Object } app
            ? [.. app.GetProperty("accessScopes").EnumerateArray().Select(scope => scope.GetProperty("handle").GetString()!)]
            : [];

    public static Stamp? Instant(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.String } text && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? Stamp.At(instant)
            : null;

    private static ObservedVariant WebhookVariant(JsonElement body, ImmutableArray<string>? options)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        Copy(body, "sku", ShopifyFields.Sku, fields, Text);
        Copy(body, "barcode", ShopifyFields.Gtin, fields, Text);
        Copy(body, "price", ShopifyFields.Price, fields, Amount);
        Copy(body, "compare_at_price", ShopifyFields.CompareAtPrice, fields, Amount);
        Copy(body, "taxable", ShopifyFields.Taxable, fields, Flag);
        return new ObservedVariant
        {
            ExternalId = Id(body, "id")!,
            StockItemId = Id(body, "inventory_item_id"),
            Version = Instant(Child(body, "updated_at")),
            Fields = fields.ToImmutable(),
            OptionValues = options is null ? null : options.Value.IsEmpty ? [] : WebhookValues(body),
        };
    }

    private static ImmutableArray<string> WebhookValues(JsonElement variant) =>
        [.. ((string[])["option1", "option2", "option3"]).Select(name => Child(variant, name)).OfType<JsonElement>()
            .Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];

    /// <summary>Names in order; empty for the product that has only the default variant; null where the body does not carry them (samples show both forms).</summary>
    private static ImmutableArray<string>? WebhookOptions(JsonElement body, JsonElement[] variants)
    {
        if (Child(body, "options") is not { ValueKind: JsonValueKind.Array } options)
        {
            return null;
        }

        var names = options.EnumerateArray().Select(option => Child(option, "name")).OfType<JsonElement>()
            .Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!).ToImmutableArray();
        var onlyDefault = variants.Length <= 1 && variants.All(variant => WebhookValues(variant) is [] or [DefaultValue]);
        return names switch
        {
            [] => onlyDefault ? names : null,
            [DefaultOption] when onlyDefault => [],
            _ => names,
        };
    }

    private static ImmutableArray<string> SelectedValues(JsonElement selected)
    {
        var pairs = selected.EnumerateArray().Select(pair => (Name: pair.GetProperty("name").GetString(), Value: pair.GetProperty("value").GetString()!)).ToArray();
        return pairs is [(DefaultOption, DefaultValue)] ? [] : [.. pairs.Select(pair => pair.Value)];
    }

    private static ImmutableArray<string> SplitTags(JsonElement tags) => tags.ValueKind == JsonValueKind.String
        ? [.. tags.GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
        : [];

    private static void Copy(JsonElement from, string name, string field, ImmutableDictionary<string, FieldValue>.Builder to, Func<JsonElement, FieldValue?> read)
    {
        if (Child(from, name) is { } value && read(value) is { } known)
        {
            to[field] = known;
        }
    }

    private static FieldValue? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => FieldValue.Empty,
        JsonValueKind.String => Canonical.Text(value.GetString()),
        _ => null,
    };

    private static FieldValue? Amount(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => FieldValue.Empty,
        JsonValueKind.String when value.GetString() is "" => FieldValue.Empty,
        JsonValueKind.String when decimal.TryParse(value.GetString(), NumberStyles.Number, CultureInfo.InvariantCulture, out var amount) => Canonical.Money(amount),
        JsonValueKind.Number when value.TryGetDecimal(out var amount) => Canonical.Money(amount),
        _ => null,
    };

    private static FieldValue? Flag(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => FieldValue.True,
        JsonValueKind.False => FieldValue.False,
        _ => null,
    };

    /// <summary>The weight of a measurement in kilograms. Shopify shows nought where nobody entered one.</summary>
    private static FieldValue? Weight(JsonElement measurement)
    {
        if (Child(measurement, "weight") is not { ValueKind: JsonValueKind.Object } weight)
        {
            return FieldValue.Empty;
        }

        return Child(weight, "value") is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var amount)
            && Child(weight, "unit")?.GetString() is { } unit && Units.ToKilograms(amount, unit) is { } kilograms
            ? kilograms == 0 ? FieldValue.Empty : Canonical.Decimal(kilograms)
            : null;
    }

    /// <summary>Unlisted products can be bought by whoever has the link, so they count as active.</summary>
    private static FieldValue? Status(JsonElement value) => value.ValueKind != JsonValueKind.String ? null : value.GetString()!.ToUpperInvariant() switch
    {
        "ACTIVE" or "UNLISTED" => FieldValue.True,
        "DRAFT" or "ARCHIVED" => FieldValue.False,
        _ => null,
    };
}
