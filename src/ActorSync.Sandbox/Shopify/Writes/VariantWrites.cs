using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>productVariantsBulkCreate, BulkUpdate and BulkDelete: all or nothing, unless an update allows partial success.</summary>
public static class VariantWrites
{
    public static Payload Create(Shop shop, Gid? productId, IReadOnlyList<Input> rows, string strategy)
    {
        if (Product(shop, productId) is not { } product)
        {
            return Refused([new ShopUserError(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")], product: null, []);
        }

        var errors = new List<ShopUserError>();
        var dropDefault = strategy == "REMOVE_STANDALONE_VARIANT" || (strategy == "DEFAULT" && product.HasOnlyDefaultVariant);
        var kept = dropDefault && product.Variants.Count == 1 && (strategy != "DEFAULT" || product.HasOnlyDefaultVariant) ? [] : product.Variants;
        var layout = new OptionLayout(shop, product.Options);
        var made = new List<ShopVariant>();
        for (var i = 0; i < rows.Count; i++)
        {
            string[] path = ["variants", Text(i)];
            if (layout.Resolve(rows[i].List("optionValues"), old: null, path, errors) is not { } values)
            {
                continue;
            }

            if (kept.Concat(made).Any(v => v.Values.SequenceEqual(values, StringComparer.OrdinalIgnoreCase)))
            {
                errors.Add(new ShopUserError(path, $"The variant '{string.Join(" / ", values)}' already exists. Please change at least one option value.", "VARIANT_ALREADY_EXISTS"));
                continue;
            }

            var variant = VariantFields.Apply(ProductSet.BlankVariant(shop, values), rows[i], path, bulk: true, errors);
            variant = variant with { Metafields = MetafieldFields.Apply(shop, [], rows[i], "PRODUCTVARIANT", replace: false, path, errors) };
            made.Add(Quantities(shop, variant, rows[i].List("inventoryQuantities"), path, errors));
        }

        if (kept.Count + made.Count > ProductSet.MostVariants)
        {
            errors.Add(new ShopUserError(["variants"], $"You can only have a maximum of {ProductSet.MostVariants} variants per product", "LIMIT_EXCEEDED"));
        }

        if (errors.Count > 0)
        {
            return Refused(errors, product: null, []);
        }

        List<ShopVariant> all = [.. kept, .. made];
        var changed = shop.Put(product with { Options = OptionLayout.Pruned(layout.Options, all), Variants = all });
        return Refused([], changed, [.. made.Select(v => new VariantRef(changed, changed.Variant(v.Id)!))]);
    }

    public static Payload Update(Shop shop, Gid? productId, IReadOnlyList<Input> rows, bool partial)
    {
        if (Product(shop, productId) is not { } product)
        {
            return Refused([new ShopUserError(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")], product: null, variants: null);
        }

        var layout = new OptionLayout(shop, product.Options);
        var errors = new List<ShopUserError>();
        var changed = product;
        var touched = new List<long>();
        var found = true;
        for (var i = 0; i < rows.Count; i++)
        {
            var rowErrors = new List<ShopUserError>();
            var variant = One(shop, changed, rows[i], ["variants", Text(i)], layout, rowErrors);
            errors.AddRange(rowErrors);
            found &= variant is not null;
            if (rowErrors.Count == 0 && variant is not null)
            {
                changed = changed.WithVariant(variant);
                touched.Add(variant.Id);
            }
        }

        if (errors.Count > 0 && !partial)
        {
            // A row that names no variant answers null; a refused value shows the variants as they still are.
            var unchanged = found ? rows.Select(r => product.Variant(r.Id("id")?.Number ?? 0)).OfType<ShopVariant>().Select(v => new VariantRef(product, v)).ToList() : null;
            return Refused(errors, product, unchanged);
        }

        var stored = shop.Put(changed with { Options = OptionLayout.Pruned(layout.Options, changed.Variants) });
        return Refused(errors, stored, [.. touched.Select(id => new VariantRef(stored, stored.Variant(id)!))]);
    }

    public static Payload Delete(Shop shop, Gid? productId, IReadOnlyList<string> ids)
    {
        if (Product(shop, productId) is not { } product)
        {
            return new Payload([new ShopUserError(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")]) { ["product"] = null };
        }

        var errors = new List<ShopUserError>();
        var gone = new HashSet<long>();
        for (var i = 0; i < ids.Count; i++)
        {
            if (Gid.Parse(ids[i]) is { Type: "ProductVariant", Number: { } number } && product.Variant(number) is not null)
            {
                gone.Add(number);
            }
            else
            {
                errors.Add(new ShopUserError(["variantsIds", Text(i)], "At least one variant does not belong to the product", "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"));
            }
        }

        if (errors.Count == 0 && gone.Count > 0 && gone.Count == product.Variants.Count)
        {
            errors.Add(new ShopUserError(["variantsIds"], "Cannot delete the last variant of a product", "CANNOT_DELETE_LAST_VARIANT"));
        }

        if (errors.Count > 0)
        {
            return new Payload(errors) { ["product"] = null };
        }

        return new Payload([]) { ["product"] = Without(shop, product, gone) };
    }

    public static ShopProduct Without(Shop shop, ShopProduct product, IReadOnlySet<long> gone)
    {
        List<ShopVariant> left = [.. product.Variants.Where(v => !gone.Contains(v.Id))];
        return shop.Put(product with { Variants = left, Options = OptionLayout.Pruned(product.Options, left) });
    }

    private static ShopVariant? One(Shop shop, ShopProduct product, Input row, IReadOnlyList<string> path, OptionLayout layout, List<ShopUserError> errors)
    {
        if (row.Id("id") is not { } id)
        {
            errors.Add(new ShopUserError([.. path, "id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING"));
            return null;
        }

        if (id.Type != "ProductVariant" || product.Variant(id.Number ?? 0) is not { } variant)
        {
            errors.Add(new ShopUserError([.. path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"));
            return null;
        }

        if (row.Gives("inventoryQuantities"))
        {
            errors.Add(new ShopUserError([.. path, "inventoryQuantities"],
                "Inventory quantities can only be provided during create. To update inventory for existing variants, use inventoryAdjustQuantities.",
                "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"));
            return null;
        }

        if (row.Gives("optionValues"))
        {
            if (layout.Resolve(row.List("optionValues"), variant.Values, path, errors) is not { } values)
            {
                return null;
            }

            if (product.Variants.Any(v => v.Id != variant.Id && v.Values.SequenceEqual(values, StringComparer.OrdinalIgnoreCase)))
            {
                errors.Add(new ShopUserError(path, $"The variant '{string.Join(" / ", values)}' already exists. Please change at least one option value.", "VARIANT_ALREADY_EXISTS"));
                return variant;
            }

            variant = variant with { Values = values };
        }

        var changed = VariantFields.Apply(variant, row, path, bulk: true, errors);
        changed = changed with { Metafields = MetafieldFields.Apply(shop, changed.Metafields, row, "PRODUCTVARIANT", replace: false, path, errors) };
        return Adjust(changed, row.List("quantityAdjustments"), path, errors);
    }

    private static ShopVariant Adjust(ShopVariant variant, IReadOnlyList<Input> rows, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            string[] at = [.. path, "quantityAdjustments", Text(i)];
            if (!rows[i].Has("changeFromQuantity"))
            {
                throw new RefusedException("INVALID_FIELD_ARGUMENTS", "InventoryAdjustmentInput must include the following argument: changeFromQuantity.");
            }

            if (variant.Level(rows[i].Id("locationId")?.Number ?? 0) is not { } level)
            {
                errors.Add(new ShopUserError([.. at, "locationId"], "The specified inventory item is not stocked at the location.", "INVALID_INPUT"));
            }
            else if (rows[i].Number("changeFromQuantity") is { } expected && expected != level.Available)
            {
                errors.Add(new ShopUserError([.. at, "changeFromQuantity"], StockWrites.StaleMessage, "INVALID_INPUT"));
            }
            else
            {
                variant = variant.WithLevel(level.Add("available", rows[i].Number("adjustment") ?? 0));
            }
        }

        return variant;
    }

    private static ShopVariant Quantities(Shop shop, ShopVariant variant, IReadOnlyList<Input> rows, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        foreach (var row in rows)
        {
            if (Shop.Location(row.Id("locationId")?.Number) is not { } location)
            {
                errors.Add(new ShopUserError([.. path, "inventoryQuantities"],
                    $"Quantity for {variant.Title} couldn't be set because the location was deleted.", "TRACKED_VARIANT_LOCATION_NOT_FOUND"));
                continue;
            }

            var level = variant.Level(location.Id) ?? new ShopLevel { LocationId = location.Id, CreatedAt = shop.Now, UpdatedAt = shop.Now };
            variant = variant.WithLevel(level with { Available = row.Number("availableQuantity") ?? 0 });
        }

        return variant;
    }

    private static ShopProduct? Product(Shop shop, Gid? id) =>
        id is { Type: not "Product" } ? throw RefusedException.InvalidId() : shop.Product(id?.Number);

    private static Payload Refused(IReadOnlyList<ShopUserError> errors, ShopProduct? product, IReadOnlyList<VariantRef>? variants) =>
        new(errors) { ["product"] = product, ["productVariants"] = variants };

    private static string Text(int index) => index.ToString(CultureInfo.InvariantCulture);
}
