using System.Globalization;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Which search fields products, variants and inventory items have here, and what they compare with.</summary>
public static class CatalogueSearch
{
    public static readonly IReadOnlySet<string> ProductFields = new HashSet<string>(StringComparer.Ordinal)
    {
        "barcode", "created_at", "handle", "id", "inventory_total", "price", "product_type", "published_at", "sku", "status", "tag", "tag_not", "title",
        "updated_at", "variant_id", "variant_title", "vendor",
    };

    public static readonly IReadOnlySet<string> VariantFields = new HashSet<string>(StringComparer.Ordinal)
    {
        "barcode", "id", "inventory_quantity", "product_id", "product_status", "product_type", "sku", "tag", "title", "updated_at", "vendor",
    };

    public static readonly IReadOnlySet<string> CollectionFields = new HashSet<string>(StringComparer.Ordinal) { "collection_type", "handle", "id", "title", "updated_at" };

    public static readonly IReadOnlySet<string> LevelFields = new HashSet<string>(StringComparer.Ordinal) { "created_at", "id", "inventory_item_id", "updated_at" };

    public static readonly IReadOnlySet<string> ItemFields = new HashSet<string>(StringComparer.Ordinal) { "created_at", "id", "sku", "updated_at" };

    public static bool Collection(ShopCollection collection, SearchQuery.Term term) => term.Field switch
    {
        null => term.MatchesWords(collection.Title),
        "collection_type" => term.MatchesText(collection.Rules is null ? "custom" : "smart"),
        "handle" => term.MatchesText(collection.Handle),
        "id" => MatchesId(term, collection.Id),
        "title" => term.MatchesWords(collection.Title),
        "updated_at" => term.MatchesTime(collection.UpdatedAt),
        _ => true,
    };

    public static bool Level(ShopVariant variant, ShopLevel level, SearchQuery.Term term) => term.Field switch
    {
        "created_at" => term.MatchesTime(level.CreatedAt),
        "inventory_item_id" => MatchesId(term, variant.ItemId),
        "updated_at" => term.MatchesTime(level.UpdatedAt),
        _ => true,
    };

    public static bool Product(ShopProduct product, SearchQuery.Term term) => term.Field switch
    {
        null => term.MatchesWords(product.Title) || product.Tags.Any(term.MatchesText) || term.MatchesWords(product.Vendor) || term.MatchesWords(product.ProductType)
            || product.Variants.Any(v => term.MatchesText(v.Sku) || term.MatchesText(v.Barcode)),
        "barcode" => product.Variants.Any(v => term.MatchesText(v.Barcode)),
        "created_at" => term.MatchesTime(product.CreatedAt),
        "handle" => term.MatchesText(product.Handle),
        "id" => MatchesId(term, product.Id),
        "inventory_total" => term.MatchesNumber(product.Variants.Sum(v => v.InventoryQuantity)),
        "price" => product.Variants.Any(v => term.MatchesNumber(v.Price)),
        "product_type" => term.MatchesText(product.ProductType),
        "published_at" => product.PublishedAt is { } published && term.MatchesTime(published),
        "sku" => product.Variants.Any(v => term.MatchesText(v.Sku)),
        "status" => term.MatchesText(product.Status),
        "tag" => product.Tags.Any(term.MatchesText),
        "tag_not" => !product.Tags.Any(term.MatchesText),
        "title" => term.MatchesWords(product.Title),
        "updated_at" => term.MatchesTime(product.UpdatedAt),
        "variant_id" => product.Variants.Any(v => MatchesId(term, v.Id)),
        "variant_title" => product.Variants.Any(v => term.MatchesWords(v.Title)),
        "vendor" => term.MatchesText(product.Vendor),
        _ => !term.Negated,
    };

    public static bool Variant(ShopProduct product, ShopVariant variant, SearchQuery.Term term) => term.Field switch
    {
        null => term.MatchesText(variant.Sku) || term.MatchesText(variant.Barcode) || term.MatchesWords(variant.Title) || term.MatchesWords(product.Title),
        "barcode" => term.MatchesText(variant.Barcode),
        "id" => MatchesId(term, variant.Id),
        "inventory_quantity" => term.MatchesNumber(variant.InventoryQuantity),
        "product_id" => MatchesId(term, product.Id),
        "product_status" => term.MatchesText(product.Status),
        "product_type" => term.MatchesText(product.ProductType),
        "sku" => term.MatchesText(variant.Sku),
        "tag" => product.Tags.Any(term.MatchesText),
        "title" => term.MatchesWords(product.Title),
        "updated_at" => term.MatchesTime(variant.UpdatedAt),
        "vendor" => term.MatchesText(product.Vendor),
        _ => !term.Negated,
    };

    public static bool Item(ShopVariant variant, SearchQuery.Term term) => term.Field switch
    {
        null or "sku" => term.MatchesText(variant.Sku),
        "created_at" => term.MatchesTime(variant.CreatedAt),
        "id" => MatchesId(term, variant.ItemId),
        "updated_at" => term.MatchesTime(variant.ItemUpdatedAt),
        _ => !term.Negated,
    };

    private static bool MatchesId(SearchQuery.Term term, long id) => term.Comparator.Length > 0
        ? term.MatchesNumber(id)
        : term.Alternatives.Any(v => string.Equals(v[(v.LastIndexOf('/') + 1)..], id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
}
