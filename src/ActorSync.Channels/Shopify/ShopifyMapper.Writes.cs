using System.Globalization;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>The way out: inputs that hold nothing but what is to be written.</summary>
internal static partial class ShopifyMapper
{
    public const string HubIdNamespace = "$app:actorsync";
    public const string HubIdKey = "hub_id";

    /// <summary>Whole product for a create: the target holds nothing that must not be written.</summary>
    /// <param name="target">What the hub wants.</param>
    /// <param name="variants">Those of its variants that are to exist.</param>
    /// <param name="collections">Ids of the collections to join.</param>
    public static JsonObject SetInput(DesiredProduct target, ImmutableArray<DesiredVariant> variants, ImmutableArray<string> collections = default)
    {
        var input = new JsonObject { ["title"] = target.Fields.GetValueOrDefault(ShopifyFields.Name).Text ?? "" };
        foreach (var (field, value) in target.Fields.Where(pair => pair.Key != ShopifyFields.Name).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            AddProductField(input, field, value);
        }

        if (target.Sets.TryGetValue(ShopifyFields.Tags, out var tags))
        {
            // A tag with a comma would become two.
            input["tags"] = Texts(tags.Where(tag => !tag.Contains(',')));
        }

        if (!collections.IsDefaultOrEmpty)
        {
            input["collections"] = Texts(collections);
        }

        AddStructure(input, target, variants);
        return input;
    }

    /// <summary>
    /// Options and the whole list of variants, which replaces the one at Shopify: a variant that has an id is named with nothing but its option values, so that
    /// the rest of it stays; one without is given whole.
    /// </summary>
    public static void AddStructure(JsonObject input, DesiredProduct target, ImmutableArray<DesiredVariant> variants)
    {
        var options = target.Options.IsEmpty ? [DefaultOption] : target.Options;
        var rows = variants.Select(variant => (Variant: variant, Values: target.Options.IsEmpty ? [DefaultValue] : variant.OptionValues)).ToArray();
        input["productOptions"] = new JsonArray([.. options.Select((option, position) => (JsonNode)new JsonObject
        {
            ["name"] = option,
            ["position"] = position + 1,
            ["values"] = new JsonArray([.. rows.Where(row => position < row.Values.Length).Select(row => row.Values[position]).Distinct(StringComparer.Ordinal)
                .Select(value => (JsonNode)new JsonObject { ["name"] = value })]),
        })]);
        input["variants"] = new JsonArray([.. rows.Select(row => (JsonNode)Row(row.Variant, OptionValues(options, row.Values)))]);
    }

    private static JsonObject Row(DesiredVariant variant, JsonArray optionValues)
    {
        if (variant.ExternalId is { } id)
        {
            return new JsonObject { ["id"] = ShopifyGid.Variant(id), ["optionValues"] = optionValues };
        }

        var entry = new JsonObject { ["optionValues"] = optionValues };
        foreach (var (field, value) in variant.Fields.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            AddVariantField(entry, field, value);
        }

        var counts = variant.Stock.OrderBy(count => count.Key, StringComparer.Ordinal).ToArray();
        if (counts.Length > 0)
        {
            Item(entry)["tracked"] = true;
            entry["inventoryQuantities"] = new JsonArray([.. counts.Select(count => (JsonNode)new JsonObject
            {
                ["locationId"] = ShopifyGid.Location(count.Key),
                ["name"] = "available",
                ["quantity"] = Whole(count.Value),
            })]);
        }

        return entry;
    }

    /// <summary>One new variant of an existing product.</summary>
    public static JsonObject NewVariant(DesiredProduct target, DesiredVariant variant)
    {
        var entry = new JsonObject();
        if (!target.Options.IsEmpty)
        {
            entry["optionValues"] = OptionValues(target.Options, variant.OptionValues);
        }

        foreach (var (field, value) in variant.Fields.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            AddVariantField(entry, field, value);
        }

        var counts = variant.Stock.OrderBy(count => count.Key, StringComparer.Ordinal).ToArray();
        if (counts.Length > 0)
        {
            Item(entry)["tracked"] = true;
            entry["inventoryQuantities"] = new JsonArray([.. counts.Select(count => (JsonNode)new JsonObject
            {
                ["locationId"] = ShopifyGid.Location(count.Key), ["availableQuantity"] = Whole(count.Value),
            })]);
        }

        return entry;
    }

    /// <summary>Adds one product field; false = Shopify has no such field here.</summary>
    public static bool AddProductField(JsonObject input, string field, FieldValue value)
    {
        switch (field)
        {
            case ShopifyFields.Name:
                input["title"] = value.Text ?? "";
                return true;
            case ShopifyFields.Description:
                input["descriptionHtml"] = value.Text ?? "";
                return true;
            case ShopifyFields.Vendor:
                input["vendor"] = value.Text ?? "";
                return true;
            case ShopifyFields.SeoTitle:
                Part(input, "seo")["title"] = value.Text ?? "";
                return true;
            case ShopifyFields.SeoDescription:
                Part(input, "seo")["description"] = value.Text ?? "";
                return true;
            case ShopifyFields.ProductType:
                input["productType"] = value.Text ?? "";
                return true;
            case ShopifyFields.IsActive:
                input["status"] = value == FieldValue.True ? "ACTIVE" : "DRAFT";
                return true;
            default:
                return false;
        }
    }

    /// <summary>Adds one variant field; false = Shopify has no such field here.</summary>
    public static bool AddVariantField(JsonObject entry, string field, FieldValue value)
    {
        switch (field)
        {
            case ShopifyFields.Sku:
                Item(entry)["sku"] = value.Text ?? "";
                return true;
            case ShopifyFields.Gtin:
                entry["barcode"] = value.Text ?? "";
                return true;
            case ShopifyFields.Price:
                entry["price"] = Money(value) ?? "0.00";
                return true;
            case ShopifyFields.CompareAtPrice:
                // Null clears it.
                entry["compareAtPrice"] = Money(value);
                return true;
            case ShopifyFields.Taxable:
                entry["taxable"] = value.ToBoolean() ?? true;
                return true;
            case ShopifyFields.Weight:
                Item(entry)["measurement"] = new JsonObject
                {
                    ["weight"] = new JsonObject { ["value"] = decimal.Round(value.ToDecimal() ?? 0, Units.Decimals), ["unit"] = "KILOGRAMS" },
                };
                return true;
            case ShopifyFields.CustomsCode:
                Item(entry)["harmonizedSystemCode"] = value.Text;
                return true;
            case ShopifyFields.CountryOfOrigin:
                if (value.IsEmpty || ShopifyCountries.Find(value.Text!) is not null)
                {
                    Item(entry)["countryCodeOfOrigin"] = value.IsEmpty ? null : ShopifyCountries.Find(value.Text!);
                }

                return true;
            default:
                return false;
        }
    }

    public static JsonArray OptionValues(ImmutableArray<string> options, ImmutableArray<string> values) =>
        new([.. options.Zip(values, (option, value) => (JsonNode)new JsonObject { ["optionName"] = option, ["name"] = value })]);

    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>Counts are whole pieces, rounded down: what does not exist whole is not sold.</summary>
    public static long Whole(decimal count) => (long)Math.Floor(count);

    /// <summary>Hub fields that an error is about, by the last name in its path, else by the words that begin its message.</summary>
    public static string? FieldOf(ShopifyUserError error)
    {
        if (error.Path.Contains("seo"))
        {
            return error.Path[^1] == "description" ? ShopifyFields.SeoDescription : ShopifyFields.SeoTitle;
        }

        for (var i = error.Path.Length - 1; i >= 0; i--)
        {
            if (FieldByInput(error.Path[i]) is { } field)
            {
                return field;
            }
        }

        return error.Message switch
        {
            _ when error.Message.StartsWith("Title ", StringComparison.Ordinal) => ShopifyFields.Name,
            _ when error.Message.StartsWith("Vendor ", StringComparison.Ordinal) => ShopifyFields.Vendor,
            _ when error.Message.StartsWith("Product type ", StringComparison.Ordinal) || error.Message.StartsWith("Custom product type ", StringComparison.Ordinal) => ShopifyFields.ProductType,
            _ when error.Message.StartsWith("Product tags ", StringComparison.Ordinal) => ShopifyFields.Tags,
            _ => null,
        };
    }

    private static string? FieldByInput(string name) => name switch
    {
        "title" => ShopifyFields.Name,
        "descriptionHtml" => ShopifyFields.Description,
        "vendor" => ShopifyFields.Vendor,
        "productType" => ShopifyFields.ProductType,
        "status" => ShopifyFields.IsActive,
        "tags" => ShopifyFields.Tags,
        "price" => ShopifyFields.Price,
        "compareAtPrice" => ShopifyFields.CompareAtPrice,
        "barcode" => ShopifyFields.Gtin,
        "sku" => ShopifyFields.Sku,
        "taxable" => ShopifyFields.Taxable,
        "weight" or "measurement" => ShopifyFields.Weight,
        "harmonizedSystemCode" => ShopifyFields.CustomsCode,
        "countryCodeOfOrigin" => ShopifyFields.CountryOfOrigin,
        "collections" or "collectionsToJoin" or "collectionsToLeave" => ShopifyFields.Collections,
        "productOptions" => ShopifyFields.Options,
        "optionValues" => ShopifyFields.OptionValues,
        "inventoryQuantities" => ShopifyFields.Available,
        _ => null,
    };

    private static JsonObject Item(JsonObject entry) => Part(entry, "inventoryItem");

    private static JsonObject Part(JsonObject entry, string name)
    {
        if (entry[name] is not JsonObject part)
        {
            entry[name] = part = [];
        }

        return part;
    }

    private static string? Money(FieldValue value) => value.Text is { } text && decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var amount)
        ? ShopifyCanon.RoundMoney(amount).ToString("0.00", CultureInfo.InvariantCulture)
        : null;
}
