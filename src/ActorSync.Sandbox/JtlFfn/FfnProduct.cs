using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Who changed something: the application whose token was used (none for a person at the warehouse) and the user.</summary>
public readonly record struct Author(string? Application, string User)
{
    /// <summary>People and machines of the fulfiller.</summary>
    public static readonly Author Warehouse = new(Application: null, FfnIds.Fulfiller);

    /// <summary>Another program of the same merchant, such as a shop that sends its orders itself.</summary>
    public static readonly Author OtherProgram = new("another_program", FfnIds.Merchant);
}

/// <summary>One change of an object. <see cref="State"/> is New, Modified or Deleted.</summary>
public sealed record Modification(DateTimeOffset At, string State, string? Application, string User);

/// <summary>A product and what happened to it. A deleted one stays, inactive, so that its deletion can be polled.</summary>
public sealed record FfnProduct
{
    private const int LongestHistory = 200;

    public required string Jfsku { get; init; }
    public required ProductData Data { get; init; }
    public bool IsActive { get; init; } = true;

    /// <summary>Since when the fulfiller may see it; null: not yet.</summary>
    public DateTimeOffset? AuthorizedAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public IReadOnlyList<Modification> History { get; init; } = [];

    [JsonIgnore]
    public DateTimeOffset ChangedAt => History.Count == 0 ? CreatedAt : History[^1].At;

    public FfnProduct With(Modification modification) =>
        this with { History = [.. History.Skip(Math.Max(0, History.Count + 1 - LongestHistory)), modification] };
}

/// <summary>What a merchant writes about a product. Members are nullable because a request may leave out anything; <see cref="ProductRules"/> says what must be there.</summary>
public sealed record ProductData
{
    public string? Name { get; init; }
    public string? MerchantSku { get; init; }
    public string? ProductGroup { get; init; }
    public string? OriginCountry { get; init; }
    public string? Manufacturer { get; init; }
    public decimal? Weight { get; init; }
    public decimal? NetWeight { get; init; }
    public string? Note { get; init; }
    public ProductIdentifier? Identifier { get; init; }
    public ProductSpecifications? Specifications { get; init; }
    public ProductDimensions? Dimensions { get; init; }
    public IReadOnlyList<ProductAttribute>? Attributes { get; init; }
    public ProductPrice? NetRetailPrice { get; init; }
    public IReadOnlyList<ProductBundle>? Bundles { get; init; }
    public string? Condition { get; init; }

    [JsonIgnore]
    public bool IsDivisible => Specifications?.IsDivisible == true;
}

public sealed record ProductIdentifier
{
    public ManufacturerPart? Mpn { get; init; }
    public string? Ean { get; init; }
    public string? Isbn { get; init; }
    public string? Upc { get; init; }
    public string? Asin { get; init; }
}

public sealed record ManufacturerPart(string? Manufacturer, string? PartNumber);

public sealed record ProductSpecifications
{
    public string? UnNumber { get; init; }
    public string? HazardIdentifier { get; init; }
    public string? Taric { get; init; }
    public string? Fnsku { get; init; }
    public bool? IsBatch { get; init; }
    public bool? IsDivisible { get; init; }
    public bool? IsBestBefore { get; init; }
    public bool? IsSerialNumber { get; init; }
    public bool? IsBillOfMaterials { get; init; }
    public IReadOnlyList<BillOfMaterialsComponent>? BillOfMaterialsComponents { get; init; }
    public bool? IsPackaging { get; init; }

    public static readonly ProductSpecifications Plain = new()
    {
        IsBatch = false,
        IsDivisible = false,
        IsBestBefore = false,
        IsSerialNumber = false,
        IsBillOfMaterials = false,
        IsPackaging = false,
        BillOfMaterialsComponents = [],
    };
}

public sealed record BillOfMaterialsComponent(string? Jfsku, decimal? Quantity);

/// <summary>Metres.</summary>
public sealed record ProductDimensions(decimal? Width, decimal? Length, decimal? Height);

public sealed record ProductAttribute(string? Key, string? Value, string? AttributeType);

public sealed record ProductPrice(decimal? Amount, string? Currency);

public sealed record ProductBundle(string? Name, decimal? Quantity, string? Ean, string? Upc);
