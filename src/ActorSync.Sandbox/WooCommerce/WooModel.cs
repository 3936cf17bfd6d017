using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>A product or a variation as the shop stores it; both share one id counter and one table, as posts do.</summary>
public sealed class WooProduct
{
    public long Id { get; set; }

    /// <summary>0 for a product, the product's id for a variation.</summary>
    public long ParentId { get; set; }
    public string Type { get; set; } = "simple";
    public string Name { get; set; } = "";
    public string Slug { get; set; } = "";
    public string Status { get; set; } = "publish";

    /// <summary>What the admin's "restore" brings back.</summary>
    public string? StatusBeforeTrash { get; set; }
    public DateTimeOffset Created { get; set; }
    public DateTimeOffset Modified { get; set; }
    public bool Featured { get; set; }
    public string CatalogVisibility { get; set; } = "visible";
    public string Description { get; set; } = "";
    public string ShortDescription { get; set; } = "";
    public string Sku { get; set; } = "";
    public string GlobalUniqueId { get; set; } = "";
    public string RegularPrice { get; set; } = "";
    public string SalePrice { get; set; } = "";
    public string TaxStatus { get; set; } = "taxable";

    /// <summary>For variations "parent" unless written.</summary>
    public string TaxClass { get; set; } = "";
    public bool ManageStock { get; set; }
    public long? StockQuantity { get; set; }
    public string Backorders { get; set; } = "no";
    public string StockStatus { get; set; } = "instock";
    public string Weight { get; set; } = "";
    public string Length { get; set; } = "";
    public string Width { get; set; } = "";
    public string Height { get; set; } = "";
    public int MenuOrder { get; set; }
    public long TotalSales { get; set; }
    public List<long> CategoryIds { get; set; } = [];
    public List<long> TagIds { get; set; } = [];
    public List<long> BrandIds { get; set; } = [];
    public List<WooImage> Images { get; set; } = [];
    public List<WooAttribute> Attributes { get; set; } = [];

    /// <summary>Of a variation: what it is of each of its parent's attributes.</summary>
    public List<WooChoice> Choices { get; set; } = [];
    public List<WooMeta> Meta { get; set; } = [];

    public bool IsVariation => ParentId != 0;

    public WooProduct Clone()
    {
        var copy = (WooProduct)MemberwiseClone();
        copy.CategoryIds = [.. CategoryIds];
        copy.TagIds = [.. TagIds];
        copy.BrandIds = [.. BrandIds];
        copy.Images = [.. Images];
        copy.Attributes = [.. Attributes];
        copy.Choices = [.. Choices];
        copy.Meta = [.. Meta];
        return copy;
    }
}

/// <summary>An attachment. <see cref="Origin"/> is where the picture came from; its bytes are in the <see cref="Core.PictureStore"/>.</summary>
public sealed record WooImage(long Id, string File, string Name, string Alt, string Origin, DateTimeOffset Created, DateTimeOffset Modified);

/// <summary>Id 0: local to the product.</summary>
public sealed record WooAttribute(long Id, string Name, int Position, bool Visible, bool Variation, IReadOnlyList<string> Options);

public sealed record WooChoice(long AttributeId, string Name, string Option);

public sealed record WooMeta(long Id, string Key, JsonNode? Value);

/// <summary>A category, tag, brand or term of a global attribute (taxonomy pa_…).</summary>
public sealed record WooTerm(long Id, string Taxonomy, string Name, string Slug, long Parent, string Description);

public sealed record WooGlobalAttribute(long Id, string Name, string Slug);

/// <summary>A customer's order of one line. Who bought is not stored.</summary>
public sealed record WooOrder
{
    public required long Id { get; init; }
    public required long LineId { get; init; }

    /// <summary>pending, processing, cancelled, …</summary>
    public required string Status { get; init; }
    public required long ProductId { get; init; }

    /// <summary>0 where the product has no variations.</summary>
    public required long VariationId { get; init; }
    public required string Name { get; init; }
    public required string Sku { get; init; }
    public required decimal Price { get; init; }
    public required int Quantity { get; init; }
    public required DateTimeOffset Created { get; init; }
    public required DateTimeOffset Modified { get; init; }
}

public sealed record WooWebhook
{
    public required long Id { get; init; }
    public required string Name { get; init; }

    /// <summary>active, paused or disabled.</summary>
    public required string Status { get; init; }
    public required string Topic { get; init; }
    public required string DeliveryUrl { get; init; }
    public required string Secret { get; init; }
    public int Failures { get; init; }
    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Modified { get; init; }
}

/// <summary>A refusal in WordPress' shape. <see cref="Data"/> carries the status and what else belongs to the code.</summary>
public sealed class WooRestException : Exception
{
    public WooRestException(int status, string code, string message, JsonObject? extra = null)
        : base(message)
    {
        Status = status;
        Code = code;
        Data = new JsonObject { ["status"] = status };
        foreach (var (name, value) in extra ?? [])
        {
            Data[name] = value?.DeepClone();
        }
    }

    public int Status { get; }

    public string Code { get; }

    public new JsonObject Data { get; }

    public JsonObject ToJson() => new() { ["code"] = Code, ["message"] = Message, ["data"] = Data.DeepClone() };

    public static WooRestException NoRoute() => new(404, "rest_no_route", "No route was found matching the URL and request method.");

    public static WooRestException InvalidProduct(int status) => new(status, "woocommerce_rest_product_invalid_id", "Invalid ID.");

    public static WooRestException InvalidVariation() => new(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.");
}
