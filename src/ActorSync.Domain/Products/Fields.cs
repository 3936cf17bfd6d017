using System.Collections.Frozen;
using static ActorSync.Domain.Products.FieldScope;
using static ActorSync.Domain.Products.FieldType;
using static ActorSync.Domain.Products.OwnerClass;

namespace ActorSync.Domain.Products;

/// <summary>The field registry: names every field once. Adding a field is one row here and its mapping in the connectors that have it.</summary>
public static class Fields
{
    public const string Name = "name";
    public const string Description = "description";
    public const string Price = "price";
    public const string CompareAtPrice = "compareAtPrice";
    public const string Sku = "sku";
    public const string Gtin = "gtin";
    public const string IsActive = "isActive";
    public const string Tags = "tags";
    public const string Images = "images";
    public const string ImageOrder = "imageOrder";
    public const string ImageAlt = "imageAlt";
    public const string Options = "options";
    public const string OptionValues = "optionValues";
    public const string Exists = "exists";
    public const string Available = "available";
    public const string Reserved = "reserved";
    public const string Announced = "announced";

    public static readonly ImmutableArray<FieldDefinition> All =
    [
        // Commerce: the storefronts are authoritative.
        new() { Name = Price, Scope = FieldScope.Variant, Type = Money, Class = Commerce, Label = "Price", Lane = Lane.Price, ReadBeforeWrite = true,
            Aliases = ["netSalesPrice", "salesPrice", "regularPrice"] },
        new() { Name = CompareAtPrice, Scope = FieldScope.Variant, Type = Money, Class = Commerce, Label = "Compare-at price", Lane = Lane.Price,
            Aliases = ["salePriceCompare", "listPrice"] },
        new() { Name = "taxable", Scope = FieldScope.Variant, Type = FieldType.Boolean, Class = Commerce, Label = "Taxable" },
        new() { Name = "seoTitle", Scope = Product, Type = Text, Class = Commerce, Label = "SEO title", MaxLength = 255, Aliases = ["metaTitle"] },
        new() { Name = "seoDescription", Scope = Product, Type = Text, Class = Commerce, Label = "SEO description", MaxLength = 5000,
            Aliases = ["metaDescription"] },
        new() { Name = Tags, Scope = Product, Type = Set, Class = Commerce, Label = "Tags", MaxLength = 255, Aliases = ["tag"] },
        new() { Name = "collections", Scope = Product, Type = Set, Class = Commerce, Label = "Collections", MaxLength = 255, Aliases = ["collection"] },
        new() { Name = "categories", Scope = Product, Type = Set, Class = Commerce, Label = "Categories", MaxLength = 255, Aliases = ["category"] },
        new() { Name = "productType", Scope = Product, Type = Text, Class = Commerce, Label = "Product type", MaxLength = 255 },
        new() { Name = "vendor", Scope = Product, Type = Text, Class = Commerce, Label = "Vendor", MaxLength = 255 },

        // Ops: the hub is authoritative; a storefront only fills what is empty.
        new() { Name = Sku, Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "SKU", MaxLength = 255, Aliases = ["articleNumber"] },
        new() { Name = Gtin, Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "GTIN (barcode)", MaxLength = 14,
            Aliases = ["barcode", "ean", "upc"] },
        new() { Name = "han", Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "Manufacturer's number", MaxLength = 255, Aliases = ["mpn"] },
        new() { Name = "weight", Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = Ops, Label = "Weight", Unit = "kg", Aliases = ["weightInKg"] },
        new() { Name = "height", Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = Ops, Label = "Height", Unit = "cm", Aliases = ["heightInCm"] },
        new() { Name = "length", Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = Ops, Label = "Length", Unit = "cm", Aliases = ["lengthInCm"] },
        new() { Name = "width", Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = Ops, Label = "Width", Unit = "cm", Aliases = ["widthInCm"] },
        new() { Name = "packagingUnit", Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "Packaging unit", MaxLength = 64 },
        new() { Name = "packagingQty", Scope = FieldScope.Variant, Type = Integer, Class = Ops, Label = "Pieces per package", Unit = "pcs",
            Aliases = ["packagingQuantity"] },
        new() { Name = "hazmat", Scope = Product, Type = FieldType.Boolean, Class = Ops, Label = "Hazardous goods" },
        new() { Name = "hazmatClass", Scope = Product, Type = Text, Class = Ops, Label = "Hazard class", MaxLength = 64 },
        new() { Name = "warehouseNotes", Scope = Product, Type = Text, Class = Ops, Label = "Warehouse notes" },
        new() { Name = "storageLocation", Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "Storage location", MaxLength = 255 },
        new() { Name = "minStockLevel", Scope = FieldScope.Variant, Type = Integer, Class = Ops, Label = "Minimum stock level", Unit = "pcs" },
        new() { Name = "reorderPoint", Scope = FieldScope.Variant, Type = Integer, Class = Ops, Label = "Reorder point", Unit = "pcs" },
        new() { Name = "customsCode", Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "Customs code", MaxLength = 32,
            Aliases = ["hsCode", "harmonizedSystemCode", "taric"] },
        new() { Name = "countryOfOrigin", Scope = FieldScope.Variant, Type = Text, Class = Ops, Label = "Country of origin", MaxLength = 64 },
        new() { Name = "manufacturer", Scope = Product, Type = Text, Class = Ops, Label = "Manufacturer", MaxLength = 255, Aliases = ["brand"] },

        // Shared: the last write wins.
        new() { Name = Name, Scope = Product, Type = Text, Class = Shared, Label = "Name", MaxLength = 1024, ReadBeforeWrite = true, Aliases = ["title"] },
        new() { Name = Description, Scope = Product, Type = Html, Class = Shared, Label = "Description", MaxLength = 1_000_000, ReadBeforeWrite = true,
            Aliases = ["descriptionHtml", "bodyHtml"] },
        new() { Name = Images, Scope = Product, Type = Set, Class = Shared, Label = "Images", MaxLength = 4096, Aliases = ["imageUrl", "imageUrls"] },
        new() { Name = IsActive, Scope = Product, Type = FieldType.Boolean, Class = Shared, Label = "Active", Aliases = ["active", "published"] },

        // Stock: one register; only the origin that the tenant names.
        new() { Name = Available, Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = OwnerClass.Stock, Label = "Available", Unit = "pcs",
            Lane = Lane.Stock, Aliases = ["quantity", "stock", "stockQuantity", "inventoryQuantity"] },
        new() { Name = Reserved, Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = OwnerClass.Stock, Label = "Reserved", Unit = "pcs",
            Lane = Lane.Stock },
        new() { Name = Announced, Scope = FieldScope.Variant, Type = FieldType.Decimal, Class = OwnerClass.Stock, Label = "Announced", Unit = "pcs",
            Lane = Lane.Stock },

        // Structure: what the product consists of.
        new() { Name = Options, Scope = Product, Type = List, Class = Shared, Label = "Options", IsStructure = true },
        new() { Name = ImageOrder, Scope = Product, Type = List, Class = Shared, Label = "Order of images", IsStructure = true },
        new() { Name = ImageAlt, Scope = Product, Type = Text, Class = Shared, Label = "Alt text of an image", MaxLength = 512, IsStructure = true },
        new() { Name = OptionValues, Scope = FieldScope.Variant, Type = List, Class = Shared, Label = "Option values", IsStructure = true },
        new() { Name = Exists, Scope = FieldScope.Variant, Type = FieldType.Boolean, Class = Shared, Label = "Exists", IsStructure = true },
    ];

    private static readonly FrozenDictionary<string, FieldDefinition> ByName = All.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, FieldDefinition> ByFold = All
        .SelectMany(f => f.Aliases.Prepend(f.Name).Select(n => (Key: Fold(n), f)))
        .ToFrozenDictionary(p => p.Key, p => p.f, StringComparer.Ordinal);

    /// <summary>The field of a name or alias, in camelCase, snake_case or any case; null when there is none.</summary>
    public static FieldDefinition? Find(string nameOrAlias)
    {
        ArgumentNullException.ThrowIfNull(nameOrAlias);
        return ByName.TryGetValue(nameOrAlias, out var exact) || ByFold.TryGetValue(Fold(nameOrAlias), out exact) ? exact : null;
    }

    /// <summary>The field of an exact name.</summary>
    /// <exception cref="ArgumentException">There is no such field.</exception>
    public static FieldDefinition Get(string name) => ByName.TryGetValue(name, out var field)
        ? field
        : throw new ArgumentException($"'{name}' is not a field. Fields are: {string.Join(", ", All.Select(f => f.Name))}.", nameof(name));

    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
