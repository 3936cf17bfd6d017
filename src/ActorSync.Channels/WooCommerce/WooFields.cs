namespace ActorSync.Channels.WooCommerce;

/// <summary>Hub fields of this connector, the members they live in, and what the contract calls them.</summary>
internal static class WooFields
{
    public const string Name = Fields.Name;
    public const string Description = Fields.Description;
    public const string IsActive = Fields.IsActive;
    public const string Tags = Fields.Tags;
    public const string Images = Fields.Images;
    public const string ImageOrder = Fields.ImageOrder;
    public const string ImageAlt = Fields.ImageAlt;
    public const string Price = Fields.Price;
    public const string CompareAtPrice = Fields.CompareAtPrice;
    public const string Sku = Fields.Sku;
    public const string Gtin = Fields.Gtin;
    public const string Options = Fields.Options;
    public const string OptionValues = Fields.OptionValues;
    public const string Exists = Fields.Exists;
    public const string Available = Fields.Available;
    public const string Categories = "categories";
    public const string Manufacturer = "manufacturer";
    public const string Taxable = "taxable";
    public const string Weight = "weight";
    public const string Length = "length";
    public const string Width = "width";
    public const string Height = "height";
    public const string SeoTitle = "seoTitle";
    public const string SeoDescription = "seoDescription";

    /// <summary>Between the names of a category and of those above it.</summary>
    public const string PathSeparator = " > ";

    /// <summary>The meta key that carries the hub's product id: how a create whose answer was lost is found again.</summary>
    public const string HubIdMeta = "_actorsync_id";

    /// <summary>Holds the place of a SKU while a product is made whose own row has none, so that a second try finds the first.</summary>
    public const string InterimSkuPrefix = "actorsync-";

    /// <summary>Stands there while a simple product becomes variable: its options do not count as reached and its variations not as complete before it is gone.</summary>
    public const string MovingSkuPrefix = InterimSkuPrefix + "moving-";

    public static readonly ImmutableHashSet<string> Mask =
    [
        Name, Description, IsActive, Tags, Images, Categories, Manufacturer, Price, CompareAtPrice, Taxable, Sku, Gtin, Weight, Length, Width, Height, Options, OptionValues, Exists, Available,
    ];

    /// <summary>Kept by plugins only.</summary>
    public static readonly ImmutableHashSet<string> SeoMask = [SeoTitle, SeoDescription];

    /// <summary>The members that the mapper reads; asking for no more saves a third of an answer.</summary>
    public const string Members = "id,name,type,status,description,sku,global_unique_id,price,regular_price,sale_price,date_on_sale_from_gmt,date_on_sale_to_gmt,"
        + "manage_stock,stock_quantity,tax_status,weight,dimensions,categories,brands,tags,images,attributes,variations,parent_id,date_created_gmt,date_modified_gmt,meta_data";

    public static string MovingSku(ProductId product) => MovingSkuPrefix + product.Value;

    public static string InterimSku(ProductId product) => InterimSkuPrefix + product.Value;
}
