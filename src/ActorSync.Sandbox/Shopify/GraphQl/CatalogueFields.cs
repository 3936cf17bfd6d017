using System.Globalization;
using System.Text.Json;
using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Products, variants, inventory and what hangs on them.</summary>
internal static class CatalogueFields
{
    public static void Add(Resolvers resolvers)
    {
        Products(resolvers);
        Variants(resolvers);
        Inventory(resolvers);
        Parts(resolvers);
    }

    private static void Products(Resolvers r)
    {
        const string T = "Product";
        r.On<ShopProduct>(T, "id", p => Gid.Of(T, p.Id));
        r.On<ShopProduct>(T, "legacyResourceId", p => p.Id);
        r.On<ShopProduct>(T, "title", p => p.Title);
        r.On<ShopProduct>(T, "handle", p => p.Handle);
        r.On<ShopProduct>(T, "descriptionHtml", p => p.DescriptionHtml);
        r.On<ShopProduct>(T, "description", (p, c, s) => Cut(ShopText.Plain(p.DescriptionHtml), s.Number(c, "truncateAt")));
        r.On<ShopProduct>(T, "vendor", p => p.Vendor);
        r.On<ShopProduct>(T, "productType", p => p.ProductType);
        r.On<ShopProduct>(T, "status", p => p.Status);
        r.On<ShopProduct>(T, "tags", p => p.Tags);
        r.On<ShopProduct>(T, "templateSuffix", p => p.TemplateSuffix);
        r.On<ShopProduct>(T, "createdAt", p => p.CreatedAt);
        r.On<ShopProduct>(T, "updatedAt", p => p.UpdatedAt);
        r.On<ShopProduct>(T, "publishedAt", p => p.PublishedAt);
        r.On<ShopProduct>(T, "isGiftCard", _ => false);
        r.On<ShopProduct>(T, "hasOnlyDefaultVariant", p => p.HasOnlyDefaultVariant);
        r.On<ShopProduct>(T, "hasOutOfStockVariants", p => p.Variants.Any(v => v.Tracked && v.InventoryQuantity <= 0));
        r.On<ShopProduct>(T, "totalInventory", p => p.Variants.Where(v => v.Tracked).Sum(v => v.InventoryQuantity));
        r.On<ShopProduct>(T, "tracksInventory", p => p.Variants.Any(v => v.Tracked));
        r.On<ShopProduct>(T, "onlineStoreUrl", p => p is { Status: "ACTIVE", PublishedAt: not null } ? $"https://{Shop.Domain}/products/{p.Handle}" : null);
        r.On<ShopProduct>(T, "onlineStorePreviewUrl", p => $"https://{Shop.Domain}/products/{p.Handle}?preview=1");
        r.On<ShopProduct>(T, "seo", p => (p.SeoTitle, p.SeoDescription));
        r.On<(string? Title, string? Description)>("SEO", "title", seo => seo.Title);
        r.On<(string? Title, string? Description)>("SEO", "description", seo => seo.Description);
        r.On<ShopProduct>(T, "category", p => p.CategoryId);
        r.On<ShopProduct>(T, "options", (p, c, s) => p.Options.Take(s.Number(c, "first") ?? int.MaxValue).Select((o, i) => new OptionRef(p, o, i)));
        r.On<ShopProduct>(T, "variantsCount", p => p.Variants.Count);
        r.On<ShopProduct>(T, "mediaCount", p => p.Media.Count);
        r.On<ShopProduct>(T, "featuredMedia", p => p.Media.Count > 0 ? p.Media[0] : null);
        r.On<ShopProduct>(T, "priceRangeV2", p => p);
        r.On<ShopProduct>("ProductPriceRangeV2", "minVariantPrice", p => p.Variants.Min(v => v.Price));
        r.On<ShopProduct>("ProductPriceRangeV2", "maxVariantPrice", p => p.Variants.Max(v => v.Price));
        r.On<ShopProduct>(T, "availablePublicationsCount", p => p.Publications.Count);
        r.On<ShopProduct>(T, "resourcePublicationsCount", p => p.Publications.Count);
        r.On<ShopProduct>(T, "publishedOnCurrentPublication", p => p.Publications.Contains(Shop.Publications[^1].Id));
        r.On<ShopProduct>(T, "publishedOnPublication", (p, c, s) => p.Publications.Contains(Gid.Parse(s.Text(c, "publicationId"))?.Number ?? 0));
        r.On<ShopProduct>(T, "metafield", (p, c, s) => One(p.Metafields, c, s));
        r.On<ShopProduct>(T, "metafields", (p, c, s) => Metafields(p.Metafields, c, s));
        r.On<ShopProduct>(T, "collections", (p, c, s) => Connection.Of(s.Shop.Collections.Of(p), x => new SortKey(x.Id, x.Id), x => x, s.Page(c)));
        r.On<ShopProduct>(T, "media", (p, c, s) => Media(p.Media, c, s));
        r.On<ShopProduct>(T, "variants", (p, c, s) => Connection.Of(
            p.Variants.Select((v, i) => (Variant: v, Position: i + 1)),
            v => Sort(p, v.Variant, v.Position, s.Text(c, "sortKey") ?? "POSITION"),
            v => new VariantRef(p, v.Variant), s.Page(c)));
    }

    private static SortKey Sort(ShopProduct product, ShopVariant variant, int position, string by) => by switch
    {
        "ID" => new SortKey(variant.Id, variant.Id),
        "SKU" => new SortKey(variant.Sku ?? "", variant.Id),
        "TITLE" or "NAME" => new SortKey(variant.Title, variant.Id),
        "INVENTORY_QUANTITY" => new SortKey((long)variant.InventoryQuantity, variant.Id),
        "FULL_TITLE" => new SortKey($"{product.Title} {variant.Title}", variant.Id),
        _ => new SortKey((long)position, variant.Id),
    };

    private static void Variants(Resolvers r)
    {
        const string T = "ProductVariant";
        r.On<VariantRef>(T, "id", v => Gid.Of(T, v.Variant.Id));
        r.On<VariantRef>(T, "legacyResourceId", v => v.Variant.Id);
        r.On<VariantRef>(T, "title", v => v.Variant.Title);
        r.On<VariantRef>(T, "displayName", v => $"{v.Product.Title} - {v.Variant.Title}");
        r.On<VariantRef>(T, "sku", v => v.Variant.Sku);
        r.On<VariantRef>(T, "barcode", v => v.Variant.Barcode);
        r.On<VariantRef>(T, "price", v => v.Variant.Price);
        r.On<VariantRef>(T, "compareAtPrice", v => v.Variant.CompareAtPrice);
        r.On<VariantRef>(T, "taxable", v => v.Variant.Taxable);
        r.On<VariantRef>(T, "position", v => Position(v));
        r.On<VariantRef>(T, "inventoryPolicy", v => v.Variant.Policy);
        r.On<VariantRef>(T, "inventoryQuantity", v => v.Variant.InventoryQuantity);
        r.On<VariantRef>(T, "sellableOnlineQuantity", v => v.Variant.InventoryQuantity);
        r.On<VariantRef>(T, "availableForSale", v => !v.Variant.Tracked || v.Variant.Policy == "CONTINUE" || v.Variant.InventoryQuantity > 0);
        r.On<VariantRef>(T, "requiresComponents", _ => false);
        r.On<VariantRef>(T, "createdAt", v => v.Variant.CreatedAt);
        r.On<VariantRef>(T, "updatedAt", v => v.Variant.UpdatedAt);
        r.On<VariantRef>(T, "product", v => v.Product);
        r.On<VariantRef>(T, "inventoryItem", v => new ItemRef(v.Product, v.Variant));
        r.On<VariantRef>(T, "selectedOptions", v => v.Product.Options.Zip(v.Variant.Values, (o, value) => (o.Name, value)));
        r.On<VariantRef>(T, "metafield", (v, c, s) => One(v.Variant.Metafields, c, s));
        r.On<VariantRef>(T, "metafields", (v, c, s) => Metafields(v.Variant.Metafields, c, s));
        r.On<VariantRef>(T, "media", (v, c, s) => Media([.. v.Product.Media.Where(m => m.Id == v.Variant.MediaId)], c, s));
        r.On<(string Name, string Value)>("SelectedOption", "name", o => o.Name);
        r.On<(string Name, string Value)>("SelectedOption", "value", o => o.Value);
    }

    private static void Inventory(Resolvers r)
    {
        const string I = "InventoryItem";
        r.On<ItemRef>(I, "id", i => Gid.Of(I, i.Variant.ItemId));
        r.On<ItemRef>(I, "legacyResourceId", i => i.Variant.ItemId);
        r.On<ItemRef>(I, "sku", i => i.Variant.Sku);
        r.On<ItemRef>(I, "tracked", i => i.Variant.Tracked);
        r.On<ItemRef>(I, "requiresShipping", i => i.Variant.RequiresShipping);
        r.On<ItemRef>(I, "countryCodeOfOrigin", i => i.Variant.Country);
        r.On<ItemRef>(I, "provinceCodeOfOrigin", i => i.Variant.Province);
        r.On<ItemRef>(I, "harmonizedSystemCode", i => i.Variant.HsCode);
        r.On<ItemRef>(I, "unitCost", i => i.Variant.Cost);
        r.On<ItemRef>(I, "measurement", i => i);
        r.On<ItemRef>("InventoryItemMeasurement", "id", i => Gid.Of("InventoryItemMeasurement", i.Variant.ItemId));
        r.On<ItemRef>("InventoryItemMeasurement", "weight", i => i.Variant);
        r.On<ShopVariant>("Weight", "value", v => v.Weight);
        r.On<ShopVariant>("Weight", "unit", v => v.WeightUnit);
        r.On<ItemRef>(I, "createdAt", i => i.Variant.CreatedAt);
        r.On<ItemRef>(I, "updatedAt", i => i.Variant.ItemUpdatedAt);
        r.On<ItemRef>(I, "duplicateSkuCount", (i, _, s) => string.IsNullOrEmpty(i.Variant.Sku) ? 0
            : s.Shop.Products.Values.Sum(p => p.Variants.Count(v => v.Id != i.Variant.Id && string.Equals(v.Sku, i.Variant.Sku, StringComparison.OrdinalIgnoreCase))));
        r.On<ItemRef>(I, "locationsCount", i => i.Variant.Levels.Count);
        r.On<ItemRef>(I, "variant", i => new VariantRef(i.Product, i.Variant));
        r.On<ItemRef>(I, "variants", (i, c, s) => Connection.Of([i], x => new SortKey(x.Variant.Id, x.Variant.Id), x => new VariantRef(x.Product, x.Variant), s.Page(c)));
        r.On<ItemRef>(I, "inventoryLevel", (i, c, s) =>
            i.Variant.Level(Gid.Parse(s.Text(c, "locationId"))?.Number ?? 0) is { } level ? new LevelRef(i.Product, i.Variant, level) : null);
        r.On<ItemRef>(I, "inventoryLevels", (i, c, s) => Connection.Of(
            Levels(i.Variant, c, s), l => new SortKey(l.LocationId, l.LocationId), l => new LevelRef(i.Product, i.Variant, l), s.Page(c)));

        const string L = "InventoryLevel";
        r.On<LevelRef>(L, "id", l => Gid.OfLevel(Shop.Location(l.Level.LocationId)!.LevelNumber, l.Variant.ItemId));
        r.On<LevelRef>(L, "item", l => new ItemRef(l.Product, l.Variant));
        r.On<LevelRef>(L, "location", l => Shop.Location(l.Level.LocationId));
        r.On<LevelRef>(L, "isActive", _ => true);
        r.On<LevelRef>(L, "canDeactivate", l => l.Level.OnHand == 0);
        r.On<LevelRef>(L, "createdAt", l => l.Level.CreatedAt);
        r.On<LevelRef>(L, "updatedAt", l => l.Level.UpdatedAt);
        r.On<LevelRef>(L, "quantities", (l, c, s) => s.Argument(c, "names").Items().Select(n => n.Value.GetString() ?? "")
            .Select(n => new QuantityRef(l, n, l.Level.Quantity(n) ?? throw new RefusedException("BAD_REQUEST", $"The specified quantity name '{n}' is invalid."))).ToList());
        r.On<QuantityRef>("InventoryQuantity", "id", q => string.Create(CultureInfo.InvariantCulture,
            $"gid://shopify/InventoryQuantity/{Shop.Location(q.Of.Level.LocationId)!.LevelNumber}?inventory_item_id={q.Of.Variant.ItemId}&name={q.Name}"));
        r.On<QuantityRef>("InventoryQuantity", "name", q => q.Name);
        r.On<QuantityRef>("InventoryQuantity", "quantity", q => q.Quantity);
        // Only a quantity that was ever set has a time, and the sum on hand has none of its own.
        r.On<QuantityRef>("InventoryQuantity", "updatedAt", q => q.Name == "available" || (q.Name != "on_hand" && q.Quantity != 0) ? q.Of.Level.UpdatedAt : null);

        r.On<StockGroup>("InventoryAdjustmentGroup", "id", g => Gid.Of("InventoryAdjustmentGroup", g.Id));
        r.On<StockGroup>("InventoryAdjustmentGroup", "createdAt", g => g.CreatedAt);
        r.On<StockGroup>("InventoryAdjustmentGroup", "reason", g => g.Reason);
        r.On<StockGroup>("InventoryAdjustmentGroup", "referenceDocumentUri", g => g.Reference);
        r.On<StockGroup>("InventoryAdjustmentGroup", "changes", g => g.Changes);
        r.On<StockChange>("InventoryChange", "name", c => c.Name);
        r.On<StockChange>("InventoryChange", "delta", c => c.Delta);
        r.On<StockChange>("InventoryChange", "quantityAfterChange", _ => null);
        r.On<StockChange>("InventoryChange", "ledgerDocumentUri", c => c.Ledger);
        r.On<StockChange>("InventoryChange", "item", (c, _, s) => s.Shop.Item(c.ItemId) is { } item ? new ItemRef(item.Product, item.Variant) : null);
        r.On<StockChange>("InventoryChange", "location", c => Shop.Location(c.LocationId));
    }

    private static IEnumerable<ShopLevel> Levels(ShopVariant variant, IResolveFieldContext context, RequestState state)
    {
        if (state.Text(context, "query") is not { Length: > 0 } text)
        {
            return variant.Levels;
        }

        var query = QueryFields.Query(context, state, text, CatalogueSearch.LevelFields);
        return variant.Levels.Where(l => query.Matches(t => CatalogueSearch.Level(variant, l, t)));
    }

    private static void Parts(Resolvers r)
    {
        r.On<OptionRef>("ProductOption", "id", o => Gid.Of("ProductOption", o.Option.Id));
        r.On<OptionRef>("ProductOption", "name", o => o.Option.Name);
        r.On<OptionRef>("ProductOption", "position", o => o.Index + 1);
        r.On<OptionRef>("ProductOption", "values", o => o.Option.Values.Where(v => Used(o, v)).Select(v => v.Name));
        r.On<OptionRef>("ProductOption", "optionValues", o => o.Option.Values.Select(v => (Ref: o, Value: v)));
        r.On<(OptionRef Ref, ShopOptionValue Value)>("ProductOptionValue", "id", v => Gid.Of("ProductOptionValue", v.Value.Id));
        r.On<(OptionRef Ref, ShopOptionValue Value)>("ProductOptionValue", "name", v => v.Value.Name);
        r.On<(OptionRef Ref, ShopOptionValue Value)>("ProductOptionValue", "hasVariants", v => Used(v.Ref, v.Value));

        const string M = "MediaImage";
        r.On<ShopMedia>(M, "id", m => Gid.Of(M, m.Id));
        r.On<ShopMedia>(M, "alt", m => m.Alt);
        r.On<ShopMedia>(M, "mediaContentType", _ => "IMAGE");
        r.On<ShopMedia>(M, "mimeType", m => m.Source.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? "image/png" : "image/jpeg");
        r.On<ShopMedia>(M, "status", (m, _, s) => s.Shop.StatusOf(m).Status);
        r.On<ShopMedia>(M, "fileStatus", (m, _, s) => s.Shop.StatusOf(m).Status);
        r.On<ShopMedia>(M, "fileErrors", (m, _, s) => s.Shop.StatusOf(m).Error is { } words ? (IReadOnlyList<string>)[words] : []);
        r.On<string>("FileError", "code", _ => "IMAGE_DOWNLOAD_FAILURE");
        r.On<string>("FileError", "details", words => words);
        r.On<string>("FileError", "message", words => $"Image could not be downloaded: {words}");
        r.On<ShopMedia>(M, "createdAt", m => m.CreatedAt);
        r.On<ShopMedia>(M, "updatedAt", m => m.CreatedAt);
        r.On<ShopMedia>(M, "image", (m, _, s) => Ready(m, s) ? m : null);
        r.On<ShopMedia>(M, "preview", m => m);
        r.On<ShopMedia>("MediaPreviewImage", "image", (m, _, s) => Ready(m, s) ? m : null);
        r.On<ShopMedia>("MediaPreviewImage", "status", (m, _, s) => s.Shop.StatusOf(m).Status);
        r.On<ShopMedia>("Image", "id", m => Gid.Of("ImageSource", m.Id));
        r.On<ShopMedia>("Image", "altText", m => m.Alt);
        r.On<ShopMedia>("Image", "url", (m, _, s) => s.Shop.AddressOf(m));
        r.On<ShopMedia>("Image", "width", _ => ImageSide);
        r.On<ShopMedia>("Image", "height", _ => ImageSide);

        const string F = "Metafield";
        r.On<ShopMetafield>(F, "id", m => Gid.Of(F, m.Id));
        r.On<ShopMetafield>(F, "legacyResourceId", m => m.Id);
        r.On<ShopMetafield>(F, "namespace", m => m.Namespace);
        r.On<ShopMetafield>(F, "key", m => m.Key);
        r.On<ShopMetafield>(F, "type", m => m.Type);
        r.On<ShopMetafield>(F, "value", m => m.Value);
        r.On<ShopMetafield>(F, "jsonValue", m => JsonOf(m));
        r.On<ShopMetafield>(F, "compareDigest", m => MetafieldFields.Digest(m));
        r.On<ShopMetafield>(F, "createdAt", m => m.CreatedAt);
        r.On<ShopMetafield>(F, "updatedAt", m => m.UpdatedAt);
        r.On<ShopMetafield>(F, "ownerType", (m, _, s) => s.Shop.Products.Values.Any(p => p.Metafields.Any(x => x.Id == m.Id)) ? "PRODUCT" : "PRODUCTVARIANT");
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "id", d => Gid.Of("MetafieldDefinition", d.Id));
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "key", d => d.Key);
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "name", d => d.Name);
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "namespace", d => d.Namespace);
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "ownerType", d => d.OwnerType);
        r.On<ShopMetafieldDefinition>("MetafieldDefinition", "type", d => d);
        r.On<ShopMetafieldDefinition>("MetafieldDefinitionType", "name", d => d.Type);
        r.On<ShopMetafieldDefinition>("MetafieldDefinitionType", "category", d => d.Type.Split('_')[0].ToUpperInvariant());

        r.On<string>("TaxonomyCategory", "id", id => id);
        r.On<string>("TaxonomyCategory", "name", id => CategoryName(id));
        r.On<string>("TaxonomyCategory", "fullName", id => CategoryName(id));
        r.On<string>("TaxonomyCategory", "level", id => id.Count(c => c == '-') + 1);
        r.On<string>("TaxonomyCategory", "isRoot", id => !id.Contains('-', StringComparison.Ordinal));
        r.On<string>("TaxonomyCategory", "isLeaf", _ => false);
        r.On<string>("TaxonomyCategory", "isArchived", _ => false);
    }

    private const int ImageSide = 480;

    private static string CategoryName(string id) => id.EndsWith("/na", StringComparison.Ordinal) ? "Uncategorized" : "Category " + id[(id.LastIndexOf('/') + 1)..];

    private static bool Ready(ShopMedia media, RequestState state) => state.Shop.StatusOf(media).Status == "READY";

    private static int Position(VariantRef variant)
    {
        for (var i = 0; i < variant.Product.Variants.Count; i++)
        {
            if (variant.Product.Variants[i].Id == variant.Variant.Id)
            {
                return i + 1;
            }
        }

        return 1;
    }

    private static bool Used(OptionRef option, ShopOptionValue value) =>
        option.Product.Variants.Any(v => string.Equals(v.Values[option.Index], value.Name, StringComparison.OrdinalIgnoreCase));

    internal static string Cut(string text, int? at) => at is { } length && text.Length > length ? text[..Math.Max(0, length - 3)] + "..." : text;

    private static ShopMetafield? One(IReadOnlyList<ShopMetafield> all, IResolveFieldContext context, RequestState state)
    {
        var space = MetafieldFields.Namespace(state.Text(context, "namespace"));
        var key = state.Text(context, "key");
        return all.FirstOrDefault(m => m.Namespace == space && m.Key == key);
    }

    private static Connection Metafields(IReadOnlyList<ShopMetafield> all, IResolveFieldContext context, RequestState state)
    {
        var space = state.Text(context, "namespace");
        var keys = state.Argument(context, "keys").Items().Select(k => k.Value.GetString()).ToHashSet(StringComparer.Ordinal);
        var wanted = all.Where(m => (space is null || m.Namespace == MetafieldFields.Namespace(space))
            && (keys.Count == 0 || keys.Contains(m.Key) || keys.Contains($"{m.Namespace}.{m.Key}")));
        return Connection.Of(wanted, m => new SortKey(m.Id, m.Id), m => m, state.Page(context));
    }

    private static Connection Media(IReadOnlyList<ShopMedia> all, IResolveFieldContext context, RequestState state) =>
        Connection.Of(all.Select((m, i) => (Media: m, Index: i)), m => new SortKey((long)m.Index, m.Media.Id), m => m.Media, state.Page(context));

    private static JsonElement JsonOf(ShopMetafield metafield)
    {
        try
        {
            if (metafield.Type is "json" or "boolean" or "number_integer" || metafield.Type.StartsWith("list.", StringComparison.Ordinal))
            {
                return JsonSerializer.Deserialize<JsonElement>(metafield.Value);
            }
        }
        catch (JsonException)
        {
            // A value that is not what its type says is shown as the text that it is.
        }

        return JsonSerializer.SerializeToElement(metafield.Value);
    }

    private sealed record OptionRef(ShopProduct Product, ShopOption Option, int Index);

    private sealed record QuantityRef(LevelRef Of, string Name, int Quantity);
}
