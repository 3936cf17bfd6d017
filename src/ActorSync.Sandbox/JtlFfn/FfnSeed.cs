using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>
/// The first day: a product for every SKU of the demo catalogue but <see cref="LeftOut"/>, three that no shop has, and stock that together is what the shops
/// hold, except where it shall not be.
/// </summary>
public sealed class FfnSeed(FfnState state, FfnProducts products, FfnLedger ledger, FfnOutbounds outbounds, Catalogue catalogue)
{
    public const int LeftOut = 15;
    public const string DivisibleSku = "SEIL-NATUR-1M";
    private const int Differing = 12;
    private const int Special = 4;
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(20);

    public void Fill()
    {
        var all = catalogue.Products.SelectMany(p => p.Variants.Where(v => v.Sku.Length > 0).Select(v => (Product: p, Variant: v))).ToList();
        var leftOut = WhatIsLeftOut(all);
        var differEvery = all.Count / Differing;
        var at = state.Now.AddDays(-1) - (Gap * (all.Count + 3));
        var kept = new List<FfnProduct>();
        for (var i = 0; i < all.Count; i++)
        {
            var (product, variant) = all[i];
            if (leftOut.Contains(variant.Sku))
            {
                continue;
            }

            at += Gap;
            var made = products.Create(Data(product, variant, i), Author.Warehouse, at, isAuthorized: true);
            kept.Add(made);
            var more = i % differEvery == 11 ? 3 + (i % 5) : 0;
            var half = variant.Sku == DivisibleSku ? 0.5m : 0;
            Stock(made, variant.StockBerlin + more + half, variant.StockHamburg, at);
        }

        foreach (var (sku, name, amount) in new[] { ("LAGER-KARTON-M", "Versandkarton M, 40 × 30 × 20 cm", 480), ("LAGER-POLSTER", "Luftpolsterfolie, Rolle 50 m", 36), ("MUSTER-KATALOG", "Katalog Frühjahr, Beileger", 1250) })
        {
            at += Gap;
            var made = products.Create(
                new ProductData { Name = name, MerchantSku = sku, Identifier = new ProductIdentifier(), Manufacturer = "Lagerhaus Demo GmbH", OriginCountry = "DE", Weight = 0.2m, Specifications = ProductSpecifications.Plain with { IsPackaging = sku != "MUSTER-KATALOG" } },
                Author.Warehouse, at, isAuthorized: true);
            Stock(made, amount, 0, at);
        }

        Busy(kept);
    }

    /// <summary>
    /// Spread over the catalogue, of products that both shops sell: what a shop lacks and the warehouse has not counted would be created there without a
    /// count, and the shops would differ until somebody counts it.
    /// </summary>
    private HashSet<string> WhatIsLeftOut(List<(SeedProduct Product, SeedVariant Variant)> all)
    {
        const int first = 9;
        var every = all.Count / LeftOut;
        var lacking = catalogue.MissingInWoo.ToHashSet(StringComparer.Ordinal);
        var soldTwice = all.Select((entry, index) => (entry.Variant, index)).Where(at => !all[at.index].Product.Variants.Any(v => lacking.Contains(v.Sku))).ToList();
        return [.. Enumerable.Range(0, LeftOut).Select(block => soldTwice.First(at => at.index >= (block * every) + first).Variant.Sku)];
    }

    public FfnProduct Add(SeedProduct product, SeedVariant variant) => products.Create(Data(product, variant, variant.Sku.Length), Author.Warehouse, isAuthorized: true);

    public void Stock(FfnProduct product, decimal first, decimal second, DateTimeOffset? at = null)
    {
        foreach (var (warehouse, amount) in FfnIds.Warehouses.Zip([first, second]).Where(s => s.Second != 0))
        {
            ledger.Write(product.Jfsku, warehouse.Id, FfnLedger.Adjustment, new Amounts(amount, 0, 0, 0), Author.Warehouse, at: at);
        }
    }

    /// <summary>Some goods are ordered, some blocked, some on their way; what is available stays as it was.</summary>
    private void Busy(List<FfnProduct> kept)
    {
        var leipzig = FfnIds.Warehouses[0].Id;
        for (var i = 0; i < Special; i++)
        {
            var ordered = kept[20 + (i * 50)];
            ledger.BookIn(ordered, leipzig, i + 1, Author.Warehouse);
            outbounds.Create(Order(ordered, leipzig, i + 1, $"SO-1{i:D3}"), oversale: false, Author.OtherProgram);
            ledger.Write(kept[30 + (i * 50)].Jfsku, leipzig, FfnLedger.Adjustment, new Amounts(0, 0, 2 + i, 0), Author.Warehouse, new StockCause { Note = "Transportschaden, wird geprüft" });
            ledger.Announce(kept[40 + (i * 50)], leipzig, 24 * (i + 1), Author.Warehouse);
        }
    }

    public static OutboundRequest Order(FfnProduct product, string warehouseId, decimal quantity, string number) => new()
    {
        MerchantOutboundNumber = number,
        WarehouseId = warehouseId,
        Currency = "EUR",
        ShippingType = "Standard",
        ShippingAddress = new FfnAddress { Firstname = "Erika", Lastname = "Muster", Street = "Musterweg 7", City = "Musterstadt", Zip = "01234", Country = "DE" },
        Items = [new OutboundItemRequest { OutboundItemId = "1", Jfsku = product.Jfsku, Quantity = quantity }],
    };

    private static ProductData Data(SeedProduct product, SeedVariant variant, int index)
    {
        const int longestName = 255;
        var name = variant.OptionValues.Count == 0 ? product.Title : $"{product.Title}, {string.Join(", ", variant.OptionValues)}";
        var weight = variant.WeightGrams / 1000m;
        return new ProductData
        {
            Name = name.Length > longestName ? name[..longestName] : name,
            MerchantSku = variant.Sku,
            Identifier = new ProductIdentifier
            {
                Ean = variant.Barcode.Length > 0 ? variant.Barcode : null,
                Mpn = index % 3 == 0 && product.Vendor.Length > 0 ? new ManufacturerPart(product.Vendor, $"{index:D4}-{variant.Sku}") : null,
            },
            Manufacturer = product.Vendor.Length > 0 ? product.Vendor : null,
            ProductGroup = product.ProductType.Length > 0 ? product.ProductType : null,
            OriginCountry = variant.Origin.Length > 0 ? variant.Origin : null,
            Weight = weight > 0 ? weight : null,
            NetWeight = weight > 0 ? weight * 0.9m : null,
            Dimensions = variant.LengthCm > 0 ? new ProductDimensions(variant.WidthCm / 100m, variant.LengthCm / 100m, variant.HeightCm / 100m) : null,
            Note = (index % 11) switch { 0 => "Zerbrechlich, mit Polster versenden", 5 => "Fachhöhe 40 cm, liegend lagern", _ => null },
            NetRetailPrice = new ProductPrice(decimal.Round(variant.Price / 1.19m, 2), "EUR"),
            Bundles = index % 6 == 0 ? [new ProductBundle("Umkarton", 12, Ean: null, Upc: null)] : [],
            Specifications = ProductSpecifications.Plain with { Taric = variant.CustomsCode.Length > 0 ? variant.CustomsCode : null, IsDivisible = variant.Sku == DivisibleSku },
        };
    }
}
