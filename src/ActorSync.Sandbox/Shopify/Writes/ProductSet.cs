using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>productSet: list fields are the whole truth, fields left out stay as they are, variants are found by id and then by option values.</summary>
public static class ProductSet
{
    public const int MostVariants = 2048;
    public const int MostInventoryRows = 50_000;
    public static readonly TimeSpan AsyncDuration = TimeSpan.FromSeconds(2);
    private static readonly FieldPaths Paths = new(Whole: true);

    public static Payload Run(Shop shop, Input identifier, Input input, bool synchronous)
    {
        var errors = new List<ShopUserError>();
        var result = Write(shop, identifier, input, errors);
        if (synchronous)
        {
            return new Payload(errors) { ["product"] = result, ["productSetOperation"] = null };
        }

        // The work is done at once and shown later: what a poller can see is the same, and a crash in between loses nothing.
        var operation = new ShopOperation
        {
            Id = shop.NewId(),
            CreatedAt = shop.ExactNow,
            DueAt = shop.ExactNow + AsyncDuration,
            ProductId = errors.Count == 0 ? result?.Id : null,
            Errors = errors,
        };
        shop.Put(operation);
        return new Payload([]) { ["product"] = null, ["productSetOperation"] = operation };
    }

    private static ShopProduct? Write(Shop shop, Input identifier, Input input, List<ShopUserError> errors)
    {
        if (!Target(shop, identifier, input, errors, out var target))
        {
            return null;
        }

        var creating = target is null;
        var product = target ?? Blank(shop);
        if (creating && identifier.Text("handle") is { } handle && !input.Has("handle"))
        {
            product = product with { Handle = ShopText.Handle(handle) };
        }

        if (creating && string.IsNullOrWhiteSpace(input.Text("title")))
        {
            errors.Add(new ShopUserError(["input", "title"], "Title can't be blank", "INVALID_INPUT"));
            return null;
        }

        if (input.Has("productOptions") && !input.Gives("variants"))
        {
            errors.Add(new ShopUserError(["input", "variants"], "Variants input is required when updating product options", "VARIANTS_INPUT_MISSING"));
            return null;
        }

        var changed = ProductFields.Apply(shop, product, input, Paths, errors);
        CollectionWrites.Check(shop, input, Paths, errors);
        if (errors.Count == 0)
        {
            changed = Variants(shop, changed, input, creating, errors);
        }

        changed = changed with { Metafields = MetafieldFields.Apply(shop, changed.Metafields, input, "PRODUCT", replace: true, ["input"], errors) };
        if (creating && identifier.Of("customId") is { IsObject: true } custom)
        {
            var space = MetafieldFields.Namespace(custom.Text("namespace"));
            changed = changed with { Metafields = MetafieldFields.With(shop, changed.Metafields, space, custom.Text("key") ?? "", "id", custom.Text("value") ?? "") };
        }

        if (input.Gives("files"))
        {
            changed = changed with { Media = MediaFields.Set(shop, changed.Media, input.List("files"), errors) };
        }

        if (errors.Count > 0)
        {
            // A refused handle shows the product that it would have belonged to; everything else shows nothing.
            return errors.TrueForAll(e => e.Code == "HANDLE_NOT_UNIQUE") ? target : null;
        }

        changed = shop.Put(changed);
        CollectionWrites.Apply(shop, changed, input);
        return changed;
    }

    private static bool Target(Shop shop, Input identifier, Input input, List<ShopUserError> errors, out ShopProduct? target)
    {
        target = null;
        if (!identifier.IsObject)
        {
            if (input.Id("id") is not { } id)
            {
                return true;
            }

            target = Find(shop, id, ["input", "id"], errors);
            return target is not null;
        }

        if (input.Gives("id"))
        {
            errors.Add(new ShopUserError(["input"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED"));
            return false;
        }

        if (((string[])["id", "handle", "customId"]).Count(identifier.Gives) != 1)
        {
            throw new RefusedException("INVALID_FIELD_ARGUMENTS", "ProductSetIdentifiers must include exactly one of the following arguments: id, customId, handle.");
        }

        if (identifier.Id("id") is { } wanted)
        {
            target = Find(shop, wanted, ["identifier", "id"], errors);
            return target is not null;
        }

        if (identifier.Text("handle") is { } handle)
        {
            target = shop.ProductByHandle(ShopText.Handle(handle));
            return true;
        }

        target = ByCustomId(shop, identifier.Of("customId"));
        return true;
    }

    public static ShopProduct? ByCustomId(Shop shop, Input customId)
    {
        var space = MetafieldFields.Namespace(customId.Text("namespace"));
        var key = customId.Text("key") ?? "";
        if (!shop.Definitions.Any(d => d is { OwnerType: "PRODUCT", Type: "id" } && d.Namespace == space && d.Key == key))
        {
            throw new RefusedException("NOT_FOUND", "Metafield definition of type 'id' is required when using custom ids.");
        }

        return shop.ProductByCustomId(space, key, customId.Text("value") ?? "");
    }

    private static ShopProduct? Find(Shop shop, Gid id, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        if (id.Type != "Product")
        {
            throw RefusedException.InvalidId();
        }

        if (shop.Product(id.Number) is { } product)
        {
            return product;
        }

        errors.Add(new ShopUserError(path, "Product does not exist", "PRODUCT_DOES_NOT_EXIST"));
        return null;
    }

    public static ShopProduct Blank(Shop shop) => new()
    {
        Id = shop.NewId(),
        Title = "",
        Handle = "",
        Vendor = Shop.Name,
        Status = "ACTIVE",
        Options = [],
        Variants = [],
        CreatedAt = shop.Now,
        UpdatedAt = shop.Now,
    };

    public static ShopVariant BlankVariant(Shop shop, IReadOnlyList<string> values) => new()
    {
        Id = shop.NewId(),
        ItemId = shop.NewId(),
        Values = values,
        CreatedAt = shop.Now,
        UpdatedAt = shop.Now,
        ItemUpdatedAt = shop.Now,
        Levels = [new ShopLevel { LocationId = Shop.Locations[0].Id, CreatedAt = shop.Now, UpdatedAt = shop.Now }],
    };

    private static ShopProduct Variants(Shop shop, ShopProduct product, Input input, bool creating, List<ShopUserError> errors)
    {
        if (!input.Gives("variants"))
        {
            return creating ? product with { Options = OptionLayout.Default(shop), Variants = [BlankVariant(shop, [ShopOption.DefaultValue])] } : product;
        }

        if (creating && !input.Gives("productOptions"))
        {
            errors.Add(new ShopUserError(["input", "productOptions"], "Product options input is required when updating variants", "PRODUCT_OPTIONS_INPUT_MISSING"));
            return product;
        }

        var rows = input.List("variants");
        if (rows.Count > MostVariants)
        {
            errors.Add(new ShopUserError(["input", "variants"], $"The number of variants exceeds the limit of {MostVariants}", "VARIANTS_OVER_LIMIT"));
            return product;
        }

        if (rows.Sum(r => r.List("inventoryQuantities").Count) > MostInventoryRows)
        {
            errors.Add(new ShopUserError(["input", "variants"], $"The number of inventory quantities exceeds the limit of {MostInventoryRows}", "INVENTORY_QUANTITIES_LIMIT_EXCEEDED"));
            return product;
        }

        var layout = input.Gives("productOptions") ? OptionLayout.Of(shop, product.Options, input.List("productOptions"), errors) : new OptionLayout(shop, product.Options);
        var made = new List<ShopVariant>();
        for (var i = 0; i < rows.Count && layout.Options.Count > 0; i++)
        {
            if (One(shop, product, rows[i], ["input", "variants", i.ToString(CultureInfo.InvariantCulture)], layout, errors) is { } variant)
            {
                made.Add(variant);
            }
        }

        Doubles(made, errors);
        if (errors.Count > 0)
        {
            return product;
        }

        if (made.Count == 0)
        {
            return product with { Options = OptionLayout.Default(shop), Variants = [BlankVariant(shop, [ShopOption.DefaultValue])] };
        }

        return product with
        {
            Options = input.Gives("productOptions") ? layout.Options : OptionLayout.Pruned(layout.Options, made),
            Variants = made,
        };
    }

    private static ShopVariant? One(Shop shop, ShopProduct product, Input row, IReadOnlyList<string> path, OptionLayout layout, List<ShopUserError> errors)
    {
        ShopVariant? old = null;
        if (row.Id("id") is { } id)
        {
            old = product.Variant(id.Number ?? 0);
            if (old is null)
            {
                errors.Add(new ShopUserError([.. path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"));
                return null;
            }
        }

        if (layout.Resolve(row.List("optionValues"), old: null, path, errors) is not { } values)
        {
            return null;
        }

        old ??= product.Variants.FirstOrDefault(v => v.Values.SequenceEqual(values, StringComparer.OrdinalIgnoreCase));
        var variant = VariantFields.Apply((old ?? BlankVariant(shop, values)) with { Values = values }, row, path, bulk: false, errors);
        variant = variant with { Metafields = MetafieldFields.Apply(shop, variant.Metafields, row, "PRODUCTVARIANT", replace: true, path, errors) };
        return row.Gives("inventoryQuantities") ? Quantities(shop, variant, row.List("inventoryQuantities"), path, errors) : variant;
    }

    private static ShopVariant Quantities(Shop shop, ShopVariant variant, IReadOnlyList<Input> rows, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            string[] at = [.. path, "inventoryQuantities", i.ToString(CultureInfo.InvariantCulture)];
            if (Shop.Location(rows[i].Id("locationId")?.Number) is not { } location)
            {
                errors.Add(new ShopUserError([.. at, "locationId"], "The specified location could not be found.", "INVALID_VARIANT"));
                continue;
            }

            if (rows[i].Text("name") is not ("available" or "on_hand") || rows[i].Number("quantity") is not { } quantity)
            {
                errors.Add(new ShopUserError([.. at, "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_VARIANT"));
                continue;
            }

            var level = variant.Level(location.Id) ?? new ShopLevel { LocationId = location.Id, CreatedAt = shop.Now, UpdatedAt = shop.Now };
            var current = rows[i].Text("name") == "available" ? level.Available : level.OnHand;
            variant = variant.WithLevel(level.Add("available", quantity - current));
        }

        return variant;
    }

    private static void Doubles(List<ShopVariant> variants, List<ShopUserError> errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < variants.Count; i++)
        {
            if (!seen.Add(variants[i].Title))
            {
                errors.Add(new ShopUserError(["input", "variants", i.ToString(CultureInfo.InvariantCulture)],
                    $"The variant '{variants[i].Title}' already exists. Please change at least one option value.", "INVALID_VARIANT"));
            }
        }
    }
}
