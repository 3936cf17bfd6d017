namespace ActorSync.Channels.Shopify;

/// <summary>What one bulk mutation may write: its document runs once per product.</summary>
/// <param name="Operation">The document. It shows all fields of the product, so that the echo of the write tells nothing that is not known.</param>
/// <param name="Root">Its root field.</param>
/// <param name="Fields">Registry names. Fields that are refused by their value before they are sent are not among them: those go by calls of their own.</param>
internal sealed record ShopifyBulkForm(ShopifyOperation Operation, string Root, ImmutableHashSet<string> Fields)
{
    public static readonly ImmutableArray<ShopifyBulkForm> All =
    [
        new(ShopifyOperations.BulkVariantsUpdate, "productVariantsBulkUpdate",
            [ShopifyFields.Price, ShopifyFields.CompareAtPrice, ShopifyFields.Taxable, ShopifyFields.Gtin, ShopifyFields.Sku, ShopifyFields.Weight]),
        new(ShopifyOperations.ProductUpdate, "productUpdate",
            [ShopifyFields.Name, ShopifyFields.Description, ShopifyFields.SeoTitle, ShopifyFields.SeoDescription, ShopifyFields.ProductType]),
    ];

    public bool IsOfVariants => Root == "productVariantsBulkUpdate";
}
