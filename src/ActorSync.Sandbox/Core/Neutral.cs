namespace ActorSync.Sandbox.Core;

/// <summary>A product as tests and the start page see it: the same members for every channel, no channel's own words.</summary>
public sealed record NeutralProduct
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string Description { get; init; }

    /// <summary>active, draft or archived.</summary>
    public required string Status { get; init; }
    public string? Vendor { get; init; }
    public string? ProductType { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public IReadOnlyList<string> OptionNames { get; init; } = [];
    public int ImageCount { get; init; }

    /// <summary>The shop's own addresses of its pictures, in order.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];
    public required IReadOnlyList<NeutralVariant> Variants { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public required string EditUrl { get; init; }

    public IReadOnlyList<string> Skus => [.. Variants.Select(v => v.Sku)];
    public decimal? Price => Variants.Count == 0 ? null : Variants[0].Price;
    public decimal? CompareAtPrice => Variants.Count == 0 ? null : Variants[0].CompareAtPrice;
}

/// <summary>A product without variants has one.</summary>
public sealed record NeutralVariant
{
    public required string Id { get; init; }
    public required string Sku { get; init; }
    public string? Barcode { get; init; }
    public IReadOnlyList<string> OptionValues { get; init; } = [];
    public decimal? Price { get; init; }
    public decimal? CompareAtPrice { get; init; }

    /// <summary>Units by location name; channels with one figure use the name "shop". Empty when the channel does not count this variant.</summary>
    public required IReadOnlyDictionary<string, decimal> Stock { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>
/// What a person changes. Null means "not touched". Price, compare-at price, barcode, new SKU and stock belong to the variant named by <see cref="Sku"/>;
/// without a SKU, prices go to every variant of <see cref="ProductId"/> and stock needs a product of one variant.
/// </summary>
public sealed record NeutralEdit
{
    public string? ProductId { get; init; }
    public string? Sku { get; init; }
    public string? Title { get; init; }
    public string? Description { get; init; }
    public decimal? Price { get; init; }
    public decimal? CompareAtPrice { get; init; }

    /// <summary>The caller sent "compareAtPrice": null.</summary>
    public bool ClearCompareAtPrice { get; init; }

    /// <summary>active, draft or archived.</summary>
    public string? Status { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? Vendor { get; init; }
    public string? ProductType { get; init; }
    public string? Barcode { get; init; }
    public string? NewSku { get; init; }
    public int? Stock { get; init; }

    /// <summary>Where the channel has locations; its first one when not given.</summary>
    public string? Location { get; init; }

    /// <summary>A picture to add, by its address; where, counted from 0, else at the end.</summary>
    public string? AddImage { get; init; }
    public int? ImagePosition { get; init; }

    /// <summary>The place of a picture to remove, counted from 0.</summary>
    public int? RemoveImage { get; init; }

    /// <summary>The place of a picture whose words become <see cref="ImageAlt"/>, counted from 0.</summary>
    public int? DescribeImage { get; init; }
    public string? ImageAlt { get; init; }

    /// <summary>Removes the variant named by <see cref="Sku"/>.</summary>
    public bool DeleteVariant { get; init; }

    /// <summary>Deletes the product (WooCommerce: moves it to the trash).</summary>
    public bool Delete { get; init; }
}

/// <summary>A product to put into a shop: the demo catalogue and POST /_control/{channel}/create speak it.</summary>
public sealed record SeedProduct
{
    public required string Title { get; init; }
    public string DescriptionHtml { get; init; } = "";
    public string Vendor { get; init; } = "";
    public string ProductType { get; init; } = "";
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>active or draft.</summary>
    public string Status { get; init; } = "active";

    /// <summary>Names of the options, in order; empty for a product without variants.</summary>
    public IReadOnlyList<string> OptionNames { get; init; } = [];

    /// <summary>At least one; exactly one without option values when there are no options.</summary>
    public required IReadOnlyList<SeedVariant> Variants { get; init; }

    /// <summary>Paths below the Sandbox's own address, such as /images/WJ-17-1.png.</summary>
    public IReadOnlyList<string> ImagePaths { get; init; } = [];
}

public sealed record SeedVariant
{
    public string Sku { get; init; } = "";
    public string Barcode { get; init; } = "";
    public IReadOnlyList<string> OptionValues { get; init; } = [];
    public required decimal Price { get; init; }
    public decimal? CompareAtPrice { get; init; }
    public int WeightGrams { get; init; }

    /// <summary>Customs code, eight digits; empty = none.</summary>
    public string CustomsCode { get; init; } = "";

    /// <summary>ISO 3166 country of origin; empty = none.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Centimetres; 0 = not measured.</summary>
    public int LengthCm { get; init; }
    public int WidthCm { get; init; }
    public int HeightCm { get; init; }
    public int StockBerlin { get; init; }
    public int StockHamburg { get; init; }
}
