using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>metafieldsSet, at most 25 rows and all or nothing, and metafieldDefinitionCreate.</summary>
public static class MetafieldWrites
{
    private const int MostRows = 25;
    private const string Stale = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.";

    public static Payload Set(Shop shop, IReadOnlyList<Input> rows)
    {
        if (rows.Count > MostRows)
        {
            return new Payload([new ShopUserError(["metafields"], $"Exceeded the maximum metafields input limit of {MostRows}.", "LESS_THAN_OR_EQUAL_TO")]) { ["metafields"] = null };
        }

        var errors = new List<ShopUserError>();
        var drafts = new Dictionary<long, ShopProduct>();
        var written = new List<(long Product, long? Variant, string Space, string Key)>();
        for (var i = 0; i < rows.Count; i++)
        {
            Row(shop, rows[i], ["metafields", i.ToString(CultureInfo.InvariantCulture)], drafts, written, errors);
        }

        if (errors.Count > 0)
        {
            return new Payload(errors) { ["metafields"] = Array.Empty<object>() };
        }

        foreach (var draft in drafts.Values)
        {
            shop.Put(draft);
        }

        return new Payload([])
        {
            ["metafields"] = written.Select(w => Owner(shop.Product(w.Product)!, w.Variant).First(m => m.Namespace == w.Space && m.Key == w.Key)).ToList(),
        };
    }

    public static Payload Define(Shop shop, Input definition)
    {
        var space = MetafieldFields.Namespace(definition.Text("namespace"));
        var key = definition.Text("key") ?? "";
        var owner = definition.Text("ownerType") ?? "";
        if (shop.Definitions.Any(d => d.OwnerType == owner && d.Namespace == space && d.Key == key))
        {
            return new Payload([new ShopUserError(["definition", "key"], $"Key is in use for {Noun(owner)} metafields on the '{space}' namespace.", "TAKEN")])
            {
                ["createdDefinition"] = null,
            };
        }

        var made = new ShopMetafieldDefinition(shop.NewId(), space, key, definition.Text("name") ?? key, owner, definition.Text("type") ?? "single_line_text_field");
        shop.Put(made);
        return new Payload([]) { ["createdDefinition"] = made };
    }

    private static void Row(
        Shop shop, Input row, IReadOnlyList<string> path, Dictionary<long, ShopProduct> drafts,
        List<(long Product, long? Variant, string Space, string Key)> written, List<ShopUserError> errors)
    {
        var owner = row.Id("ownerId");
        var variantId = owner is { Type: "ProductVariant" } ? owner.Value.Number : null;
        var found = variantId is not null ? shop.Variant(variantId)?.Product : owner is { Type: "Product" } ? shop.Product(owner.Value.Number) : null;
        if (found is null)
        {
            errors.Add(new ShopUserError([.. path, "ownerId"], "Owner does not exist.", "INVALID_VALUE"));
            return;
        }

        var product = drafts.GetValueOrDefault(found.Id) ?? found;
        var space = MetafieldFields.Namespace(row.Text("namespace"));
        var key = row.Text("key") ?? "";
        var existing = Owner(product, variantId).FirstOrDefault(m => m.Namespace == space && m.Key == key);
        var type = MetafieldFields.TypeOf(shop, variantId is null ? "PRODUCT" : "PRODUCTVARIANT", space, key, row.Text("type")) ?? existing?.Type;
        if (type is null)
        {
            errors.Add(new ShopUserError([.. path, "type"], "Type can't be blank", "BLANK"));
            return;
        }

        if (row.Has("compareDigest") && row.Text("compareDigest") != (existing is null ? null : MetafieldFields.Digest(existing)))
        {
            var wellFormed = row.Text("compareDigest") is { Length: 64 } digest && digest.All(char.IsAsciiHexDigit);
            errors.Add(existing is null && wellFormed
                ? new ShopUserError(path, "Invalid `compareDigest` value.", "INVALID_COMPARE_DIGEST")
                : new ShopUserError(path, Stale, "STALE_OBJECT"));
            return;
        }

        var value = row.Text("value") ?? "";
        if (type == "id" && shop.ProductByCustomId(space, key, value) is { } taken && taken.Id != product.Id)
        {
            errors.Add(new ShopUserError([.. path, "value"], "Value already assigned to another metafield and must be unique.", "TAKEN"));
            return;
        }

        drafts[product.Id] = variantId is { } id
            ? product.WithVariant(product.Variant(id)! with { Metafields = MetafieldFields.With(shop, product.Variant(id)!.Metafields, space, key, type, value) })
            : product with { Metafields = MetafieldFields.With(shop, product.Metafields, space, key, type, value) };
        written.Add((product.Id, variantId, space, key));
    }

    private static IReadOnlyList<ShopMetafield> Owner(ShopProduct product, long? variant) =>
        variant is { } id ? product.Variant(id)?.Metafields ?? [] : product.Metafields;

    private static string Noun(string owner) => owner switch
    {
        "PRODUCTVARIANT" => "Product variant",
        "" => "",
        _ => owner[..1] + owner[1..].ToLowerInvariant(),
    };
}
