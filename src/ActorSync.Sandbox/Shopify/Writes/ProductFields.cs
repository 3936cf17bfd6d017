namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>The plain fields of a product that productSet, productCreate and productUpdate share.</summary>
public static class ProductFields
{
    private const int LongestText = ShopText.LongestField;
    private const string KnownCategories = "gid://shopify/TaxonomyCategory/";

    /// <summary>Applies what the input names and leaves the rest; adds to <paramref name="errors"/> and returns the product unchanged where it must refuse.</summary>
    public static ShopProduct Apply(Shop shop, ShopProduct product, Input input, FieldPaths paths, List<ShopUserError> errors)
    {
        CheckCategory(input);
        var handle = NewHandle(shop, product, input, paths, errors);
        CheckLengths(input, handle, paths, errors);
        var tags = input.Gives("tags") ? ShopText.Tags(input.Texts("tags")) : product.Tags;
        if (tags.Any(t => t.Length > LongestText))
        {
            errors.Add(new ShopUserError(paths.Plain("tags"), "Product tags is invalid", "INVALID_INPUT"));
        }

        if (errors.Count > 0)
        {
            return product;
        }

        var seo = input.Of("seo");
        var status = input.Text("status") ?? product.Status;
        return product with
        {
            Title = input.Text("title")?.Trim() ?? product.Title,
            Handle = handle,
            DescriptionHtml = input.Has("descriptionHtml") ? ShopText.Html(input.Text("descriptionHtml") ?? "") : product.DescriptionHtml,
            Vendor = input.Has("vendor") ? input.Text("vendor")?.Trim() is { Length: > 0 } vendor ? vendor : Shop.Name : product.Vendor,
            ProductType = input.Has("productType") ? input.Text("productType")?.Trim() ?? "" : product.ProductType,
            Status = status,
            Tags = input.Has("tags") ? tags : product.Tags,
            TemplateSuffix = input.Has("templateSuffix") ? input.Text("templateSuffix") : product.TemplateSuffix,
            CategoryId = input.Has("category") ? input.Text("category") : product.CategoryId,
            SeoTitle = seo.Has("title") ? Blank(seo.Text("title")) : product.SeoTitle,
            SeoDescription = seo.Has("description") ? Blank(seo.Text("description")) : product.SeoDescription,
        };
    }

    /// <summary>A free handle made from a text: -1, -2 and so on when it is taken.</summary>
    public static string FreeHandle(Shop shop, string text, long owner)
    {
        var wanted = ShopText.Handle(text);
        if (wanted.Length == 0)
        {
            wanted = "product";
        }

        var candidate = wanted;
        for (var number = 1; shop.ProductByHandle(candidate) is { } other && other.Id != owner; number++)
        {
            candidate = $"{wanted}-{number}";
        }

        return candidate;
    }

    private static string NewHandle(Shop shop, ShopProduct product, Input input, FieldPaths paths, List<ShopUserError> errors)
    {
        var title = input.Text("title") ?? product.Title;
        if (input.Text("handle") is not { } given)
        {
            return product.Handle.Length > 0 ? product.Handle : FreeHandle(shop, title, product.Id);
        }

        if (string.IsNullOrWhiteSpace(given))
        {
            return FreeHandle(shop, title, product.Id);
        }

        var handle = ShopText.Handle(given);
        if (handle.Length == 0)
        {
            return FreeHandle(shop, "product", product.Id);
        }

        if (shop.ProductByHandle(handle) is { } other && other.Id != product.Id)
        {
            errors.Add(new ShopUserError(["input", "handle"], $"Handle '{given}' already in use. Please provide a new handle.", "HANDLE_NOT_UNIQUE"));
        }

        return handle;
    }

    private static void CheckLengths(Input input, string handle, FieldPaths paths, List<ShopUserError> errors)
    {
        const string Suffix = "is too long (maximum is 255 characters)";
        if (input.Text("title") is { } title)
        {
            if (string.IsNullOrWhiteSpace(title))
            {
                errors.Add(new ShopUserError(paths.Plain("title"), "Title can't be blank", "INVALID_INPUT"));
            }
            else if (title.Length > LongestText)
            {
                errors.Add(new ShopUserError(paths.Plain("title"), paths.Whole ? Suffix : "Title " + Suffix, "INVALID_INPUT"));
            }
        }

        if (handle.Length > LongestText)
        {
            errors.Add(new ShopUserError(paths.Grouped("handle"), "Handle " + Suffix, "INVALID_INPUT"));
        }

        if (input.Text("vendor") is { Length: > LongestText })
        {
            errors.Add(new ShopUserError(paths.Grouped("vendor"), "Vendor " + Suffix, "INVALID_INPUT"));
        }

        if (input.Text("productType") is { Length: > LongestText })
        {
            errors.Add(new ShopUserError(paths.Grouped("productType"), "Product type " + Suffix, "INVALID_INPUT"));
            errors.Add(new ShopUserError(paths.Grouped("customProductType"), "Custom product type " + Suffix, "INVALID_INPUT"));
        }
    }

    private static void CheckCategory(Input input)
    {
        if (input.Text("category") is { } category
            && (!category.StartsWith(KnownCategories, StringComparison.Ordinal) || !IsTaxonomyPath(category[KnownCategories.Length..])))
        {
            throw new RefusedException("INVALID_PRODUCT_TAXONOMY_NODE_ID", "Invalid product_taxonomy_node_id");
        }
    }

    // The whole taxonomy is not here; ids of its form under its real top levels pass.
    private static bool IsTaxonomyPath(string id) => id == "na"
        || (TopLevels.Contains(id.Split('-')[0]) && id.Split('-').Skip(1).All(p => p.Length is > 0 and < 4 && p.All(char.IsAsciiDigit)));

    private static readonly HashSet<string> TopLevels = new(StringComparer.Ordinal)
    {
        "aa", "ae", "ap", "bi", "bt", "bu", "co", "el", "fb", "fr", "gc", "ha", "hb", "hg", "lb", "ma", "me", "os", "pa", "rc", "se", "sg", "so", "tg", "vp",
    };

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}

/// <summary>The two ways in which errors name their fields: productSet under "input", the older mutations at the top.</summary>
/// <param name="Whole">True for productSet.</param>
public sealed record FieldPaths(bool Whole)
{
    public IReadOnlyList<string> Plain(string field) => Whole ? ["input", field] : [field];

    public IReadOnlyList<string> Grouped(string field) => Whole ? ["input"] : [field];
}
