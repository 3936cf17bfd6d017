using System.Globalization;

namespace ActorSync.Sandbox.Core;

/// <summary>One value that the WooCommerce site holds differently; first contact between the shops must show exactly these.</summary>
public sealed record CatalogueDifference(string Sku, string Field, string Shopify, string WooCommerce);

/// <summary>
/// The demo assortment, the same for the same seed. Shopify holds all of it; the WooCommerce site lacks <see cref="MissingInWoo"/> and differs in
/// <see cref="WooDifferences"/>.
/// </summary>
public sealed class Catalogue
{
    public const int ProductCount = 300;
    public const int MissingInWooCount = 40;
    public const int DifferenceCount = 10;

    private Catalogue(IReadOnlyList<SeedProduct> products, IReadOnlyList<string> missingInWoo, IReadOnlyList<CatalogueDifference> differences, IReadOnlyList<SeedProduct> woo)
    {
        Products = products;
        MissingInWoo = missingInWoo;
        WooDifferences = differences;
        WooProducts = woo;
    }

    /// <summary>Everything, as Shopify holds it.</summary>
    public IReadOnlyList<SeedProduct> Products { get; }

    /// <summary>What the WooCommerce site starts with, differences applied.</summary>
    public IReadOnlyList<SeedProduct> WooProducts { get; }

    /// <summary>First SKU of each product that the WooCommerce site lacks.</summary>
    public IReadOnlyList<string> MissingInWoo { get; }

    public IReadOnlyList<CatalogueDifference> WooDifferences { get; }

    /// <summary>Places in the WooCommerce list whose products have one picture more than at Shopify; all others have the same pictures, byte for byte.</summary>
    private static readonly int[] OtherPictures = [11, 111, 211];

    private static readonly string[] Countries = ["DE", "PT", "CN", "IT", "TR"];

    /// <summary>What the warehouse knows of each thing; the shops hold what they have a place for, so that the three agree from the first day.</summary>
    private static List<SeedProduct> Measured(IEnumerable<SeedProduct> products)
    {
        var things = 0;
        return [.. products.Select(product => product with { Variants = [.. product.Variants.Select(variant => variant.Sku.Length == 0 ? variant : Measured(variant, things++))] })];
    }

    private static SeedVariant Measured(SeedVariant variant, int thing) => variant with
    {
        CustomsCode = (61_091_000 + (thing % 40 * 100)).ToString(CultureInfo.InvariantCulture),
        Origin = Countries[thing % Countries.Length],
        WidthCm = 10 + (thing % 7 * 5),
        LengthCm = 15 + (thing % 9 * 5),
        HeightCm = 3 + (thing % 4 * 4),
    };

    public static Catalogue Build(int seed)
    {
        var products = Measured(new CatalogueBuilder(seed).Build());

        // Every seventh product from the third on is missing in WooCommerce; among them the ones whose odd data WooCommerce would store in another form.
        var missing = products.Where((_, index) => index % 7 == 2).Take(MissingInWooCount).ToList();
        var missingSkus = missing.Select(KeySku).ToHashSet(StringComparer.Ordinal);
        var shared = products.Where(p => !missingSkus.Contains(KeySku(p))).ToList();

        var differences = new List<CatalogueDifference>();
        var woo = new List<SeedProduct>(shared);
        for (var i = 0; i < DifferenceCount; i++)
        {
            var at = 4 + (i * 23);
            while (woo[at].Variants.Count != 1 || woo[at].Variants[0].CompareAtPrice is not null || woo[at].Title.Length > 100)
            {
                at++;
            }

            (woo[at], var difference) = Differ(woo[at], i);
            differences.Add(difference);
        }

        foreach (var at in OtherPictures)
        {
            woo[at] = woo[at] with { ImagePaths = [.. woo[at].ImagePaths, string.Create(CultureInfo.InvariantCulture, $"/images/WO-{at}-1.png")] };
        }

        return new Catalogue(products, [.. missingSkus], differences, woo);
    }

    public static string KeySku(SeedProduct product) => product.Variants.Select(v => v.Sku).First(sku => sku.Length > 0);

    private static (SeedProduct Product, CatalogueDifference Difference) Differ(SeedProduct product, int which)
    {
        var sku = KeySku(product);
        var variant = product.Variants[0];
        switch (which % 3)
        {
            case 0:
                var title = product.Title + " (Restposten)";
                return (product with { Title = title }, new CatalogueDifference(sku, "title", product.Title, title));
            case 1:
                var price = variant.Price + 2m;
                return (product with { Variants = [variant with { Price = price }] }, new CatalogueDifference(sku, "price", Text(variant.Price), Text(price)));
            default:
                var description = product.DescriptionHtml + "\n<p>Nur solange der Vorrat reicht.</p>";
                return (product with { DescriptionHtml = description }, new CatalogueDifference(sku, "description", product.DescriptionHtml, description));
        }
    }

    private static string Text(decimal price) => price.ToString("0.00", CultureInfo.InvariantCulture);
}
