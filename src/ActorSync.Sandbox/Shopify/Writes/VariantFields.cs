using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>The fields of one variant and its inventory item, for productSet and the bulk mutations.</summary>
public static class VariantFields
{
    public const decimal Ceiling = 1_000_000_000_000_000_000m;

    public static ShopVariant Apply(ShopVariant variant, Input input, IReadOnlyList<string> path, bool bulk, List<ShopUserError> errors)
    {
        Price(input, "price", path, bulk, errors);
        Price(input, "compareAtPrice", path, bulk, errors);
        variant = variant with
        {
            Price = input.Amount("price") is { } price ? Math.Round(price, 2) : variant.Price,
            CompareAtPrice = input.Has("compareAtPrice") ? input.Amount("compareAtPrice") is { } was ? Math.Round(was, 2) : null : variant.CompareAtPrice,
            Barcode = input.Has("barcode") ? input.Text("barcode") : variant.Barcode,
            Taxable = input.Flag("taxable") ?? variant.Taxable,
            Policy = input.Text("inventoryPolicy") ?? variant.Policy,
        };
        if (!bulk && input.Has("sku"))
        {
            variant = variant with { Sku = input.Text("sku")?.Trim() };
        }

        return input.Of("inventoryItem") is { IsObject: true } item ? ApplyItem(variant, item, [.. path, "inventoryItem"], bulk ? path : null, errors) : variant;
    }

    /// <param name="variant">The variant whose item it is.</param>
    /// <param name="item">InventoryItemInput.</param>
    /// <param name="path">Where errors point.</param>
    /// <param name="twice">Where the bulk mutations repeat an error about the cost.</param>
    /// <param name="errors">Receives what is wrong.</param>
    public static ShopVariant ApplyItem(ShopVariant variant, Input item, IReadOnlyList<string> path, IReadOnlyList<string>? twice, List<ShopUserError> errors)
    {
        Cost(item, path, twice, errors);
        var hs = item.Text("harmonizedSystemCode");
        if (hs is { Length: > 0 } && ShopText.HsCode(hs) is null)
        {
            errors.Add(new ShopUserError([.. path, "harmonizedSystemCode"], "Harmonized system code must be a number between six and thirteen digits", "INVALID_INPUT"));
        }

        if (item.Text("countryCodeOfOrigin") == "ZZ")
        {
            errors.Add(new ShopUserError([.. path, "countryCodeOfOrigin"], "Country code of origin is invalid", "INVALID_INPUT"));
        }

        var weight = item.Of("measurement").Of("weight");
        var value = weight.Gives("value") ? weight.Of("value").Value.GetDouble() : variant.Weight;
        if (value < 0)
        {
            var unit = WeightSign(weight.Text("unit") ?? variant.WeightUnit);
            errors.Add(new ShopUserError([.. path, "measurement", "weight"],
                string.Create(CultureInfo.InvariantCulture, $"Measurement weight value {value} {unit} must be >= 0 {unit}"), "INVALID_INPUT"));
        }

        return variant with
        {
            Sku = item.Has("sku") ? item.Text("sku")?.Trim() : variant.Sku,
            Cost = item.Has("cost") ? item.Amount("cost") : variant.Cost,
            Tracked = item.Flag("tracked") ?? variant.Tracked,
            Country = item.Has("countryCodeOfOrigin") ? item.Text("countryCodeOfOrigin") : variant.Country,
            Province = item.Has("provinceCodeOfOrigin") ? item.Text("provinceCodeOfOrigin") : variant.Province,
            HsCode = item.Has("harmonizedSystemCode") ? hs is { Length: > 0 } ? ShopText.HsCode(hs) : null : variant.HsCode,
            RequiresShipping = item.Flag("requiresShipping") ?? variant.RequiresShipping,
            Weight = value,
            WeightUnit = weight.Text("unit") ?? variant.WeightUnit,
        };
    }

    public static string WeightSign(string unit) => unit switch
    {
        "GRAMS" => "g",
        "OUNCES" => "oz",
        "POUNDS" => "lb",
        _ => "kg",
    };

    private static void Cost(Input item, IReadOnlyList<string> path, IReadOnlyList<string>? twice, List<ShopUserError> errors)
    {
        if (item.Amount("cost") is not { } cost || cost is >= 0 and < Ceiling)
        {
            return;
        }

        var limit = cost < 0 ? "must be greater than or equal to 0" : "must be less than 1000000000000000000";
        if (twice is not null)
        {
            errors.Add(new ShopUserError(twice, limit));
        }

        var code = twice is null ? "INVALID_VARIANT" : cost < 0 ? "GREATER_THAN_OR_EQUAL_TO" : "INVALID_INPUT";
        errors.Add(new ShopUserError([.. path, "cost"], "Cost per item " + limit, code));
    }

    private static void Price(Input input, string field, IReadOnlyList<string> path, bool bulk, List<ShopUserError> errors)
    {
        if (input.Amount(field) is not { } price || price is >= 0 and < Ceiling)
        {
            return;
        }

        var what = field == "price" ? "Price" : "Compare at price";
        var (limit, code) = price < 0 ? ("must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO") : ("must be less than 1000000000000000000", "INVALID_INPUT");
        errors.Add(new ShopUserError([.. path, field], $"{what} {limit}", bulk ? code : "INVALID_VARIANT"));
    }
}
