using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.Core;

/// <summary>Reads and writes the neutral form that /_control speaks. Members that are not known are refused by name.</summary>
public static class ControlJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    public static (NeutralEdit? Edit, string? Problem) ReadEdit(JsonElement body)
    {
        try
        {
            var edit = body.Deserialize<NeutralEdit>(Options)!;
            if (edit.ProductId is null && string.IsNullOrEmpty(edit.Sku))
            {
                return (null, "productId or sku is missing; one of them names what is edited.");
            }

            var clears = body.TryGetProperty("compareAtPrice", out var compareAt) && compareAt.ValueKind == JsonValueKind.Null;
            return Checked(edit.Status, edit.Price, edit.CompareAtPrice) is { } wrong ? (null, wrong) : (edit with { ClearCompareAtPrice = edit.ClearCompareAtPrice || clears }, null);
        }
        catch (JsonException wrong)
        {
            return (null, wrong.Message);
        }
    }

    /// <summary>Either the full form with variants, or the short one: title, sku, price, compareAtPrice, barcode, stock.</summary>
    public static (SeedProduct? Product, string? Problem) ReadCreate(JsonElement body)
    {
        try
        {
            var sent = body.Deserialize<CreateBody>(Options)!;
            var variants = sent.Variants ?? [new CreateVariant { Sku = sent.Sku, Price = sent.Price, CompareAtPrice = sent.CompareAtPrice, Barcode = sent.Barcode, Stock = sent.Stock }];
            var names = sent.OptionNames ?? [];
            if (variants.Count == 0)
            {
                return (null, "variants is empty; a product has at least one (leave the member out for the short form).");
            }

            foreach (var variant in variants)
            {
                if (variant.OptionValues is { } values && values.Count != names.Count)
                {
                    return (null, $"A variant has {values.Count} option values but optionNames has {names.Count}.");
                }

                if (Checked(sent.Status, variant.Price, variant.CompareAtPrice) is { } wrong)
                {
                    return (null, wrong);
                }
            }

            return (new SeedProduct
            {
                Title = sent.Title,
                DescriptionHtml = sent.Description ?? "",
                Vendor = sent.Vendor ?? "",
                ProductType = sent.ProductType ?? "",
                Tags = sent.Tags ?? [],
                Status = sent.Status ?? "active",
                OptionNames = names,
                Variants = [.. variants.Select(v => new SeedVariant
                {
                    Sku = v.Sku ?? "",
                    Barcode = v.Barcode ?? "",
                    OptionValues = v.OptionValues ?? [],
                    Price = v.Price ?? 10m,
                    CompareAtPrice = v.CompareAtPrice,
                    StockBerlin = v.Stock ?? 0,
                })],
            }, null);
        }
        catch (JsonException wrong)
        {
            return (null, wrong.Message);
        }
    }

    private static string? Checked(string? status, decimal? price, decimal? compareAt)
    {
        if (status is not (null or "active" or "draft" or "archived"))
        {
            return $"status is '{status}' but must be active, draft or archived.";
        }

        return price < 0 || compareAt < 0 ? "A price must not be negative." : null;
    }

    private sealed record CreateBody
    {
        public required string Title { get; init; }
        public string? Description { get; init; }
        public string? Vendor { get; init; }
        public string? ProductType { get; init; }
        public IReadOnlyList<string>? Tags { get; init; }
        public string? Status { get; init; }
        public IReadOnlyList<string>? OptionNames { get; init; }
        public IReadOnlyList<CreateVariant>? Variants { get; init; }
        public string? Sku { get; init; }
        public decimal? Price { get; init; }
        public decimal? CompareAtPrice { get; init; }
        public string? Barcode { get; init; }
        public int? Stock { get; init; }
    }

    private sealed record CreateVariant
    {
        public string? Sku { get; init; }
        public string? Barcode { get; init; }
        public IReadOnlyList<string>? OptionValues { get; init; }
        public decimal? Price { get; init; }
        public decimal? CompareAtPrice { get; init; }
        public int? Stock { get; init; }
    }
}
