namespace ActorSync.Channels.Shopify;

/// <summary>The hub's names of the fields that this connector maps.</summary>
internal static class ShopifyFields
{
    public const string Name = "name";
    public const string Description = "description";
    public const string IsActive = "isActive";
    public const string Tags = "tags";
    public const string Vendor = "vendor";
    public const string ProductType = "productType";
    public const string Options = "options";
    public const string Sku = "sku";
    public const string Gtin = "gtin";
    public const string Price = "price";
    public const string CompareAtPrice = "compareAtPrice";
    public const string OptionValues = "optionValues";
    public const string Available = "available";
    /// <summary>Whether a variant is there at all; planned for every variant that is to be made or removed.</summary>
    public const string Exists = "exists";

    public static readonly ImmutableHashSet<string> Mask =
        [Name, Description, IsActive, Tags, Vendor, ProductType, Options, Sku, Gtin, Price, CompareAtPrice, OptionValues, Available];
}
