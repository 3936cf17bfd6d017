using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Puts the demo catalogue into the site, through the same writer that the API uses.</summary>
internal static class WooSeeding
{
    /// <summary>Options that the site keeps as global attributes; all others are local to their product.</summary>
    private static readonly (string Name, string Slug)[] GlobalAttributes = [("Farbe", "pa_farbe"), ("Größe", "pa_groesse")];

    public static void Fill(WooShop shop, WooProductWriter writer, Catalogue catalogue, string baseAddress)
    {
        shop.TermNamed(WooShop.Category, "Uncategorized");
        foreach (var (name, slug) in GlobalAttributes)
        {
            shop.Put(new WooGlobalAttribute(shop.NextId("attribute"), name, slug));
        }

        // The goods were entered over the last days, not all in this second: dates must tell products apart.
        var entered = shop.Now.AddDays(-3);
        foreach (var product in catalogue.WooProducts)
        {
            entered = entered.AddMinutes(11);
            var added = Add(shop, writer, product, baseAddress);
            foreach (var post in (IEnumerable<WooProduct>)[added, .. shop.VariationsOf(added.Id)])
            {
                var dated = post.Clone();
                dated.Created = dated.Modified = entered;
                shop.Put(dated);
            }
        }
    }

    public static WooProduct Add(WooShop shop, WooProductWriter writer, SeedProduct product, string baseAddress)
    {
        var hasVariations = product.OptionNames.Count > 0;
        var body = new JsonObject
        {
            ["name"] = product.Title,
            ["type"] = hasVariations ? "variable" : "simple",
            ["status"] = product.Status == "active" ? "publish" : "draft",
            ["description"] = product.DescriptionHtml,
            ["tags"] = new JsonArray([.. product.Tags.Select(t => (JsonNode)new JsonObject { ["name"] = t })]),
            ["categories"] = product.ProductType.Length == 0 ? [] : new JsonArray(new JsonObject { ["id"] = shop.TermNamed(WooShop.Category, product.ProductType).Id }),
            ["brands"] = product.Vendor.Length == 0 ? [] : new JsonArray(new JsonObject { ["id"] = shop.TermNamed(WooShop.Brand, product.Vendor).Id }),
            ["images"] = new JsonArray([.. product.ImagePaths.Select(p => (JsonNode)new JsonObject { ["src"] = baseAddress + p, ["alt"] = product.Title })]),
        };
        if (!hasVariations)
        {
            Sellable(body, product.Variants[0]);
            return writer.CreateProduct(WooBody.Parse(body));
        }

        body["attributes"] = new JsonArray([.. product.OptionNames.Select((name, index) => (JsonNode)Attribute(shop, name, index, product))]);
        var parent = writer.CreateProduct(WooBody.Parse(body));
        foreach (var variant in product.Variants)
        {
            var variation = new JsonObject
            {
                ["attributes"] = new JsonArray([.. product.OptionNames.Zip(variant.OptionValues, (name, value) => (JsonNode)new JsonObject { ["id"] = GlobalId(shop, name), ["name"] = name, ["option"] = value })]),
            };
            Sellable(variation, variant);
            writer.CreateVariation(parent, WooBody.Parse(variation));
        }

        return shop.Find(parent.Id)!;
    }

    private static JsonObject Attribute(WooShop shop, string name, int index, SeedProduct product)
    {
        var attribute = new JsonObject
        {
            ["position"] = index,
            ["visible"] = true,
            ["variation"] = true,
            ["options"] = new JsonArray([.. product.Variants.Select(v => v.OptionValues[index]).Distinct(StringComparer.Ordinal).Select(o => (JsonNode)o)]),
        };
        if (GlobalId(shop, name) is > 0 and var id)
        {
            attribute["id"] = id;
        }
        else
        {
            attribute["name"] = name;
        }

        return attribute;
    }

    private static long GlobalId(WooShop shop, string name) => shop.Attributes.FirstOrDefault(a => a.Name == name)?.Id ?? 0;

    /// <summary>One count for the whole site: both locations together.</summary>
    private static void Sellable(JsonObject body, SeedVariant variant)
    {
        body["sku"] = variant.Sku;
        body["global_unique_id"] = variant.Barcode;
        body["regular_price"] = WooBody.Text(variant.CompareAtPrice ?? variant.Price);
        body["sale_price"] = variant.CompareAtPrice is null ? "" : WooBody.Text(variant.Price);
        body["manage_stock"] = true;
        body["stock_quantity"] = variant.StockBerlin + variant.StockHamburg;
        body["weight"] = variant.WeightGrams == 0 ? "" : (variant.WeightGrams / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
        if (variant.LengthCm > 0)
        {
            body["dimensions"] = new JsonObject { ["length"] = Text(variant.LengthCm), ["width"] = Text(variant.WidthCm), ["height"] = Text(variant.HeightCm) };
        }

        static string Text(int centimetres) => centimetres.ToString(CultureInfo.InvariantCulture);
    }
}
