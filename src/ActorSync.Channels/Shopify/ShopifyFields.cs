namespace ActorSync.Channels.Shopify;

/// <summary>The hub's names of the fields that this connector maps.</summary>
internal static class ShopifyFields
{
    public const string Name = Fields.Name;
    public const string Description = Fields.Description;
    public const string IsActive = Fields.IsActive;
    public const string Tags = Fields.Tags;
    public const string Vendor = "vendor";
    public const string ProductType = "productType";
    public const string SeoTitle = "seoTitle";
    public const string SeoDescription = "seoDescription";
    /// <summary>By title; a handle is understood as well.</summary>
    public const string Collections = "collections";
    public const string Options = Fields.Options;
    public const string Sku = Fields.Sku;
    public const string Gtin = Fields.Gtin;
    public const string Price = Fields.Price;
    public const string CompareAtPrice = Fields.CompareAtPrice;
    public const string Taxable = "taxable";
    public const string Weight = "weight";
    public const string CustomsCode = "customsCode";
    public const string CountryOfOrigin = "countryOfOrigin";
    public const string OptionValues = Fields.OptionValues;
    public const string Available = Fields.Available;
    /// <summary>Whether a variant is there at all; planned for every variant that is to be made or removed.</summary>
    public const string Exists = Fields.Exists;

    public static readonly ImmutableHashSet<string> Mask =
    [
        Name, Description, IsActive, Tags, Fields.Images, Vendor, ProductType, SeoTitle, SeoDescription, Collections, Options,
        Sku, Gtin, Price, CompareAtPrice, Taxable, Weight, CustomsCode, CountryOfOrigin, OptionValues, Available,
    ];
}
