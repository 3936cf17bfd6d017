namespace ActorSync.Channels.JtlFfn;

/// <summary>Hub fields that JTL-FFN has: what a warehouse needs to know. Prices, texts and SEO are none of its business (contract section 7).</summary>
internal static class JtlFields
{
    public const string Han = "han";
    public const string Weight = "weight";
    public const string Length = "length";
    public const string Width = "width";
    public const string Height = "height";
    public const string PackagingUnit = "packagingUnit";
    public const string PackagingQty = "packagingQty";
    public const string Hazmat = "hazmat";
    public const string HazmatClass = "hazmatClass";
    public const string WarehouseNotes = "warehouseNotes";
    public const string CustomsCode = "customsCode";
    public const string CountryOfOrigin = "countryOfOrigin";
    public const string Manufacturer = "manufacturer";

    /// <summary>The attribute that carries the hub's product id: how a create whose answer was lost is known as ours.</summary>
    public const string HubIdAttribute = "hubProductId";

    public static readonly ImmutableHashSet<string> Mask =
    [
        Fields.Sku, Fields.Gtin, Han, Weight, Length, Width, Height, PackagingUnit, PackagingQty, Hazmat, HazmatClass, WarehouseNotes, CustomsCode, CountryOfOrigin,
        Manufacturer, Fields.Exists,
    ];
}
