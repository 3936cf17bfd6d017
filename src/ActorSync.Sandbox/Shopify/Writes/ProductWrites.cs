using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>The older product mutations, tags and publishing.</summary>
public static class ProductWrites
{
    private static readonly FieldPaths Paths = new(Whole: false);

    public static Payload Create(Shop shop, Input input, IReadOnlyList<Input> media)
    {
        if (!input.IsObject)
        {
            throw new RefusedException("INVALID_FIELD_ARGUMENTS", "productCreate must include exactly one of the following arguments: input, product.");
        }

        var errors = new List<ShopUserError>();
        if (string.IsNullOrWhiteSpace(input.Text("title")))
        {
            errors.Add(new ShopUserError(["title"], "Title can't be blank"));
            return Shown(errors, product: null);
        }

        if (input.List("productOptions").Any(o => o.Text("name")?.Contains(" / ", StringComparison.Ordinal) == true))
        {
            errors.Add(new ShopUserError(["options"], "Name cannot contain the character sequence \" / \""));
            return Shown(errors, product: null);
        }

        var product = ProductFields.Apply(shop, ProductSet.Blank(shop), input, Paths, errors);
        CollectionWrites.Check(shop, input, Paths, errors);
        var options = input.Gives("productOptions") ? OptionLayout.Of(shop, [], input.List("productOptions"), errors).Options : OptionLayout.Default(shop);

        // Only the first variant is made: the first value of each option.
        product = product with
        {
            Options = options,
            Variants = [ProductSet.BlankVariant(shop, [.. options.Select(o => o.Values.Count > 0 ? o.Values[0].Name : ShopOption.DefaultValue)])],
            Media = MediaFields.Add(shop, [], media, errors),
            Metafields = MetafieldFields.Apply(shop, [], input, "PRODUCT", replace: false, [], errors),
        };
        return Shown(errors, errors.Count == 0 ? Stored(shop, product, input) : null);
    }

    public static Payload Update(Shop shop, Input identifier, Input input, IReadOnlyList<Input> media)
    {
        if (!input.IsObject)
        {
            throw new RefusedException("INVALID_FIELD_ARGUMENTS", "productUpdate must include exactly one of the following arguments: input, product.");
        }

        var id = identifier.Id("id") ?? input.Id("id");
        if (id is { Type: not "Product" })
        {
            throw RefusedException.InvalidId();
        }

        var product = id is not null ? shop.Product(id.Value.Number)
            : identifier.Text("handle") is { } handle ? shop.ProductByHandle(ShopText.Handle(handle))
            : identifier.Of("customId") is { IsObject: true } custom ? ProductSet.ByCustomId(shop, custom) : null;
        if (product is null)
        {
            return Payload([new ShopUserError(["id"], "Product does not exist")], product: null);
        }

        var errors = new List<ShopUserError>();
        var changed = ProductFields.Apply(shop, product, input, Paths, errors);
        CollectionWrites.Check(shop, input, Paths, errors);
        changed = changed with
        {
            Media = MediaFields.Add(shop, changed.Media, media, errors),
            Metafields = MetafieldFields.Apply(shop, changed.Metafields, input, "PRODUCT", replace: false, [], errors),
        };
        return Payload(errors, errors.Count == 0 ? Stored(shop, changed, input) : product);
    }

    private static ShopProduct Stored(Shop shop, ShopProduct product, Input input)
    {
        var stored = shop.Put(product);
        CollectionWrites.Apply(shop, stored, input);
        return stored;
    }

    public static Payload Delete(Shop shop, Input input)
    {
        var id = input.Id("id");
        if (id is { Type: not "Product" })
        {
            throw RefusedException.InvalidId();
        }

        if (shop.Product(id?.Number) is not { } product)
        {
            return new Payload([new ShopUserError(["id"], "Product does not exist")]) { ["deletedProductId"] = null, ["shop"] = shop };
        }

        shop.Remove(product);
        return new Payload([]) { ["deletedProductId"] = Gid.Of("Product", product.Id), ["shop"] = shop };
    }

    /// <summary>tagsAdd and tagsRemove: merging, case-blind, first spelling stays.</summary>
    public static Payload Tags(Shop shop, Gid? id, IReadOnlyList<string> tags, bool add)
    {
        if (id is not { Type: "Product" or "Order" or "Customer" or "Article" or "DraftOrder" } target)
        {
            throw RefusedException.InvalidId();
        }

        if (target.Type != "Product" || shop.Product(target.Number) is not { } product)
        {
            return new Payload([new ShopUserError(["id"], $"{target.Type} does not exist")]) { ["node"] = null };
        }

        var named = ShopText.Tags(tags);
        var result = add ? ShopText.Tags([.. product.Tags, .. named])
            : [.. product.Tags.Where(t => !named.Contains(t, StringComparer.OrdinalIgnoreCase))];
        return new Payload([]) { ["node"] = shop.Put(product with { Tags = result }) };
    }

    public static Payload Publish(Shop shop, Gid? id, IReadOnlyList<Input> rows, bool publish)
    {
        if (id is { Type: not ("Product" or "Collection") })
        {
            throw RefusedException.InvalidId();
        }

        if (id is not { Type: "Product" } || shop.Product(id.Value.Number) is not { } product)
        {
            return new Payload([new ShopUserError(["id"], "Resource does not exist")]) { ["publishable"] = null, ["shop"] = shop };
        }

        var errors = new List<ShopUserError>();
        var named = new HashSet<long>();
        for (var i = 0; i < rows.Count; i++)
        {
            string[] path = ["input", i.ToString(CultureInfo.InvariantCulture)];
            if (rows[i].Id("publicationId") is not { } publication)
            {
                errors.Add(new ShopUserError([.. path, "publicationId"], "PublicationId cannot be empty"));
            }
            else if (rows[i].Gives("publishDate") && rows[i].Of("publishDate").Value.GetDateTimeOffset().Year <= 1969)
            {
                errors.Add(new ShopUserError([.. path, "publishDate"], "Publish date must be a date after the year 1969"));
            }
            else if (!Shop.Publications.Any(p => p.Id == publication.Number))
            {
                errors.Add(new ShopUserError([.. path, "publicationId"], "Publication does not exist or is not publishable"));
            }
            else if (!named.Add(publication.Number ?? 0))
            {
                errors.Add(new ShopUserError([.. path, "publicationId"], "The same publication was specified more than once"));
            }
        }

        if (errors.Count == 0)
        {
            List<long> publications = publish ? [.. product.Publications.Union(named).Order()] : [.. product.Publications.Except(named)];
            var online = publications.Contains(Shop.Publications[0].Id);
            product = shop.Put(product with { Publications = publications, PublishedAt = online ? product.PublishedAt ?? shop.Now : null });
        }

        return new Payload(errors) { ["publishable"] = product, ["shop"] = shop };
    }

    private static Payload Payload(IReadOnlyList<ShopUserError> errors, ShopProduct? product) => new(errors) { ["product"] = product };

    private static Payload Shown(IReadOnlyList<ShopUserError> errors, ShopProduct? product)
    {
        var payload = Payload(errors, product);
        payload["shop"] = null;
        return payload;
    }
}
