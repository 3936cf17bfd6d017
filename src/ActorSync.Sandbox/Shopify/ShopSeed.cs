using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Puts a neutral product into the shop as a merchant would have made it: published, counted, stocked at both locations.</summary>
public static class ShopSeed
{
    public static ShopProduct Add(Shop shop, SeedProduct seed, string baseAddress, DateTimeOffset createdAt)
    {
        var id = shop.NewId();
        List<ShopOption> options = seed.OptionNames.Count == 0 ? [.. OptionLayout.Default(shop)] :
        [
            .. seed.OptionNames.Select((name, i) => new ShopOption(shop.NewId(), name,
                [.. seed.Variants.Select(v => v.OptionValues[i]).Distinct(StringComparer.OrdinalIgnoreCase).Select(v => new ShopOptionValue(shop.NewId(), v))])),
        ];
        var product = new ShopProduct
        {
            Id = id,
            Title = seed.Title,
            Handle = ProductFields.FreeHandle(shop, seed.Title, id),
            DescriptionHtml = ShopText.Html(seed.DescriptionHtml),
            Vendor = seed.Vendor.Length > 0 ? seed.Vendor : Shop.Name,
            ProductType = seed.ProductType,
            Status = seed.Status.ToUpperInvariant(),
            Tags = ShopText.Tags(seed.Tags),
            Options = options,
            Variants = [.. seed.Variants.Select(v => Variant(shop, v, createdAt))],
            Media = [.. seed.ImagePaths.Select(path => new ShopMedia(shop.NewId(), baseAddress + path, "", createdAt, createdAt))],
            Publications = [.. Shop.Publications.Select(p => p.Id)],
            CreatedAt = createdAt,
            UpdatedAt = createdAt,
            PublishedAt = createdAt,
        };
        return shop.Put(product);
    }

    /// <summary>A manual collection that every shop has, one that a person fills, and one that follows a rule.</summary>
    public static void AddCollections(Shop shop)
    {
        List<long> first = [.. shop.Products.Keys.Take(12)];
        shop.Put(new ShopCollection { Id = shop.NewId(), Title = "Home page", Handle = "frontpage", Products = first, UpdatedAt = shop.Now });
        shop.Put(new ShopCollection { Id = shop.NewId(), Title = "Gift ideas", Handle = "gift-ideas", Products = [.. first.Take(3)], UpdatedAt = shop.Now });
        shop.Put(new ShopCollection
        {
            Id = shop.NewId(),
            Title = "On sale",
            Handle = "on-sale",
            Rules = new ShopRuleSet(Disjunctive: false, [new ShopRule("TAG", "EQUALS", "sale")]),
            UpdatedAt = shop.Now,
        });
    }

    private static ShopVariant Variant(Shop shop, SeedVariant seed, DateTimeOffset at) => new()
    {
        Id = shop.NewId(),
        ItemId = shop.NewId(),
        Values = seed.OptionValues.Count == 0 ? [ShopOption.DefaultValue] : seed.OptionValues,
        Sku = seed.Sku,
        Barcode = seed.Barcode,
        Price = seed.Price,
        CompareAtPrice = seed.CompareAtPrice,
        Tracked = true,
        Weight = seed.WeightGrams / 1000.0,
        HsCode = seed.CustomsCode.Length > 0 ? seed.CustomsCode : null,
        Country = seed.Origin.Length > 0 ? seed.Origin : null,
        Levels =
        [
            new ShopLevel { LocationId = Shop.Locations[0].Id, Available = seed.StockBerlin, CreatedAt = at, UpdatedAt = at },
            new ShopLevel { LocationId = Shop.Locations[1].Id, Available = seed.StockHamburg, CreatedAt = at, UpdatedAt = at },
        ],
        CreatedAt = at,
        UpdatedAt = at,
        ItemUpdatedAt = at,
    };
}
