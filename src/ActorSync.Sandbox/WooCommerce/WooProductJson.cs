using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Products and variations in the shape of wc/v3, member by member in the real order.</summary>
public sealed class WooProductJson(WooShop shop)
{
    private const int RelatedCount = 5;

    /// <summary>Its own source of chance: the ids of "related" products differ on every read and must not disturb the seeded one.</summary>
    private readonly Core.SandboxRandom related = new(7);

    /// <param name="product">A product, or a variation read through /products/{id}.</param>
    /// <param name="isEdit">The stored text (context=edit, and every answer to a write) instead of the displayed one.</param>
    public JsonObject Product(WooProduct product, bool isEdit)
    {
        var children = shop.VariationsOf(product.Id).Where(v => v.Status == "publish").ToList();
        var price = EffectivePrice(product, children);
        var json = new JsonObject
        {
            ["id"] = product.Id,
            ["name"] = product.IsVariation ? VariationFullName(product) : product.Name,
            ["slug"] = product.Slug,
            ["permalink"] = Permalink(product),
        };
        Dates(json, product);
        json["type"] = product.Type;
        json["status"] = product.Status;
        json["featured"] = product.Featured;
        json["catalog_visibility"] = product.CatalogVisibility;
        json["description"] = isEdit ? product.Description : WooText.Paragraphs(product.Description);
        json["short_description"] = isEdit ? product.ShortDescription : WooText.Texturized(product.ShortDescription);
        json["sku"] = product.Sku;
        json["price"] = price;
        json["regular_price"] = product.RegularPrice;
        json["sale_price"] = ShownSale(product);
        SaleDates(json);
        json["on_sale"] = children.Count > 0 ? children.Exists(IsOnSale) : IsOnSale(product);
        json["purchasable"] = price.Length > 0;
        json["total_sales"] = product.IsVariation ? product.TotalSales.ToString(CultureInfo.InvariantCulture) : product.TotalSales;
        json["virtual"] = false;
        json["downloadable"] = false;
        json["downloads"] = new JsonArray();
        json["download_limit"] = -1;
        json["download_expiry"] = -1;
        json["external_url"] = "";
        json["button_text"] = "";
        json["tax_status"] = TaxStatus(product);
        json["tax_class"] = !isEdit && product.TaxClass == "parent" ? "" : product.TaxClass;
        Stock(json, product, children, withStatus: false);
        json["sold_individually"] = false;
        Size(json, product, isEdit);
        json["shipping_required"] = true;
        json["shipping_taxable"] = TaxStatus(product) is "taxable" or "shipping";
        json["shipping_class"] = "";
        json["shipping_class_id"] = 0;
        json["reviews_allowed"] = !product.IsVariation;
        json["average_rating"] = "0.00";
        json["rating_count"] = 0;
        json["upsell_ids"] = new JsonArray();
        json["cross_sell_ids"] = new JsonArray();
        json["parent_id"] = product.ParentId;
        json["purchase_note"] = "";
        json["categories"] = Terms(product.CategoryIds);
        json["brands"] = Terms(product.BrandIds);
        json["tags"] = Terms(product.TagIds);
        json["images"] = new JsonArray([.. product.Images.Select(i => (JsonNode)Image(i, isListItem: true))]);
        json["attributes"] = product.IsVariation ? Choices(product) : Attributes(product);
        json["default_attributes"] = new JsonArray();
        json["variations"] = new JsonArray([.. shop.VariationsOf(product.Id).Where(v => v.Status is "publish" or "private").Select(v => (JsonNode)v.Id)]);
        json["grouped_products"] = new JsonArray();
        json["menu_order"] = product.MenuOrder;
        json["price_html"] = PriceHtml(product, children, price);
        json["related_ids"] = product.IsVariation ? new JsonArray() : Related(product);
        json["meta_data"] = Meta(product);
        json["stock_status"] = StockStatus(product, children);
        json["has_options"] = product.Type == "variable";
        json["post_password"] = "";
        json["global_unique_id"] = product.GlobalUniqueId;
        if (isEdit)
        {
            json["permalink_template"] = $"{shop.Home}/product/%pagename%/";
            json["generated_slug"] = product.Slug.Length > 0 ? product.Slug : WooText.Slug(product.Name);
        }

        json["_links"] = Links($"products/{product.Id}", "products", product.IsVariation ? $"products/{product.ParentId}" : null);
        return json;
    }

    /// <summary>A variation as its own endpoints show it.</summary>
    public JsonObject Variation(WooProduct variation, bool isEdit)
    {
        var json = new JsonObject { ["id"] = variation.Id, ["type"] = "variation" };
        Dates(json, variation);
        json["description"] = isEdit ? variation.Description : WooText.Paragraphs(variation.Description);
        json["permalink"] = Permalink(variation);
        json["sku"] = variation.Sku;
        json["global_unique_id"] = variation.GlobalUniqueId;
        json["price"] = EffectivePrice(variation, []);
        json["regular_price"] = variation.RegularPrice;
        json["sale_price"] = ShownSale(variation);
        SaleDates(json);
        json["on_sale"] = IsOnSale(variation);
        json["status"] = variation.Status;
        json["purchasable"] = EffectivePrice(variation, []).Length > 0;
        json["virtual"] = false;
        json["downloadable"] = false;
        json["downloads"] = new JsonArray();
        json["download_limit"] = -1;
        json["download_expiry"] = -1;
        json["tax_status"] = TaxStatus(variation);
        json["tax_class"] = !isEdit && variation.TaxClass == "parent" ? "" : variation.TaxClass;
        Stock(json, variation, [], withStatus: true);
        Size(json, variation, isEdit);
        json["shipping_class"] = "";
        json["shipping_class_id"] = 0;
        json["image"] = variation.Images.Count > 0 ? Image(variation.Images[0], isListItem: false) : null;
        json["gallery_image_ids"] = new JsonArray();
        json["attributes"] = Choices(variation);
        json["menu_order"] = variation.MenuOrder;
        json["meta_data"] = Meta(variation);
        json["name"] = string.Join(", ", variation.Choices.Select(c => c.Option));
        json["parent_id"] = variation.ParentId;
        json["_links"] = Links($"products/{variation.ParentId}/variations/{variation.Id}", $"products/{variation.ParentId}/variations", $"products/{variation.ParentId}");
        return json;
    }

    public JsonObject Links(string self, string collection, string? up = null)
    {
        JsonArray Link(string path, bool isSelf)
        {
            var link = new JsonObject { ["href"] = $"{shop.Home}/wp-json/wc/v3/{path}" };
            if (isSelf)
            {
                link["targetHints"] = new JsonObject { ["allow"] = new JsonArray("GET", "POST", "PUT", "PATCH", "DELETE") };
            }

            return [link];
        }

        var links = new JsonObject { ["self"] = Link(self, isSelf: true), ["collection"] = Link(collection, isSelf: false) };
        if (up is not null)
        {
            links["up"] = Link(up, isSelf: false);
        }

        return links;
    }

    public static bool IsOnSale(WooProduct product) => product.SalePrice.Length > 0 && WooProductWriter.Number(product.RegularPrice) > WooProductWriter.Number(product.SalePrice);

    public string VariationFullName(WooProduct variation)
    {
        var parent = shop.Find(variation.ParentId)?.Name ?? "";
        return variation.Choices.Count == 0 ? parent : $"{parent} - {string.Join(", ", variation.Choices.Select(c => c.Option))}";
    }

    /// <summary>What a customer pays; a parent shows its cheapest variation.</summary>
    public static string EffectivePrice(WooProduct product, IReadOnlyList<WooProduct> children)
    {
        if (product.Type == "variable" && children.Count > 0)
        {
            return children.Select(c => EffectivePrice(c, [])).Where(p => p.Length > 0).MinBy(WooProductWriter.Number) ?? "";
        }

        return IsOnSale(product) ? product.SalePrice : product.RegularPrice;
    }

    /// <summary>A sale price of "0" counts, but is shown as empty.</summary>
    private static string ShownSale(WooProduct product) => product.SalePrice == "0" ? "" : product.SalePrice;

    private static void Dates(JsonObject json, WooProduct product)
    {
        json["date_created"] = WooShop.LocalDate(product.Created);
        json["date_created_gmt"] = WooShop.GmtDate(product.Created);
        json["date_modified"] = WooShop.LocalDate(product.Modified);
        json["date_modified_gmt"] = WooShop.GmtDate(product.Modified);
    }

    private static void SaleDates(JsonObject json)
    {
        json["date_on_sale_from"] = null;
        json["date_on_sale_from_gmt"] = null;
        json["date_on_sale_to"] = null;
        json["date_on_sale_to_gmt"] = null;
    }

    private void Stock(JsonObject json, WooProduct product, List<WooProduct> children, bool withStatus)
    {
        var keeper = Keeper(product);
        json["manage_stock"] = keeper == product ? product.ManageStock : "parent";
        json["stock_quantity"] = keeper.ManageStock ? keeper.StockQuantity : null;
        if (withStatus)
        {
            json["stock_status"] = StockStatus(product, children);
        }

        json["backorders"] = keeper.Backorders;
        json["backorders_allowed"] = keeper.Backorders != "no";
        json["backordered"] = keeper.ManageStock && keeper.StockStatus == "onbackorder";
        json["low_stock_amount"] = null;
    }

    /// <summary>Whose count a variation goes by: its own, or its parent's when only that one is managed.</summary>
    private WooProduct Keeper(WooProduct product) =>
        product.IsVariation && !product.ManageStock && shop.Find(product.ParentId) is { ManageStock: true } parent ? parent : product;

    /// <summary>A variation has its parent's, whatever was written to it.</summary>
    private string TaxStatus(WooProduct product) => (product.IsVariation ? shop.Find(product.ParentId) ?? product : product).TaxStatus;

    private string StockStatus(WooProduct product, List<WooProduct> children)
    {
        if (product.Type == "variable" && !product.ManageStock && children.Count > 0)
        {
            return children.Exists(c => StockStatus(c, []) == "instock") ? "instock" : children.Exists(c => StockStatus(c, []) == "onbackorder") ? "onbackorder" : "outofstock";
        }

        return Keeper(product).StockStatus;
    }

    /// <summary>Visitors see the parent's sizes where a variation has none of its own.</summary>
    private void Size(JsonObject json, WooProduct product, bool isEdit)
    {
        var parent = !isEdit && product.IsVariation ? shop.Find(product.ParentId) : null;
        string Shown(Func<WooProduct, string> side) => parent is not null && side(product).Length == 0 ? side(parent) : side(product);
        json["weight"] = Shown(p => p.Weight);
        json["dimensions"] = new JsonObject { ["length"] = Shown(p => p.Length), ["width"] = Shown(p => p.Width), ["height"] = Shown(p => p.Height) };
    }

    private JsonArray Terms(List<long> ids) => new([.. ids.Select(shop.Term).OfType<WooTerm>().Select(t => (JsonNode)new JsonObject { ["id"] = t.Id, ["name"] = t.Name, ["slug"] = t.Slug })]);

    public string Address(WooImage image) =>
        $"{shop.Home}/wp-content/uploads/{image.Created.AddHours(WooShop.GmtOffsetHours).ToString("yyyy/MM", CultureInfo.InvariantCulture)}/{image.File}";

    private JsonObject Image(WooImage image, bool isListItem)
    {
        var address = Address(image);
        var json = new JsonObject
        {
            ["id"] = image.Id,
            ["date_created"] = WooShop.LocalDate(image.Created.AddHours(WooShop.GmtOffsetHours)),
            ["date_created_gmt"] = WooShop.GmtDate(image.Created),
            ["date_modified"] = WooShop.LocalDate(image.Modified.AddHours(WooShop.GmtOffsetHours)),
            ["date_modified_gmt"] = WooShop.GmtDate(image.Modified),
            ["src"] = address,
            ["name"] = image.Name,
            ["alt"] = image.Alt,
        };
        if (isListItem)
        {
            json["srcset"] = $"{address} 480w";
            json["sizes"] = "(max-width: 480px) 100vw, 480px";
            json["thumbnail"] = address;
        }

        return json;
    }

    private JsonArray Attributes(WooProduct product) => new([.. product.Attributes.Select(a => (JsonNode)new JsonObject
    {
        ["id"] = a.Id,
        ["name"] = a.Name,
        ["slug"] = a.Id > 0 ? shop.Attribute(a.Id)?.Slug ?? "" : a.Name,
        ["position"] = a.Position,
        ["visible"] = a.Visible,
        ["variation"] = a.Variation,
        ["options"] = new JsonArray([.. a.Options.Select(o => (JsonNode)o)]),
    })]);

    private JsonArray Choices(WooProduct variation) => new([.. variation.Choices.Select(c => (JsonNode)new JsonObject
    {
        ["id"] = c.AttributeId,
        ["name"] = c.Name,
        ["slug"] = c.AttributeId > 0 ? shop.Attribute(c.AttributeId)?.Slug ?? "" : WooText.Slug(c.Name),
        ["option"] = c.Option,
    })]);

    private static JsonArray Meta(WooProduct product) =>
        new([.. product.Meta.Select(m => (JsonNode)new JsonObject { ["id"] = m.Id, ["key"] = m.Key, ["value"] = m.Value?.DeepClone() })]);

    private JsonArray Related(WooProduct product)
    {
        var others = shop.Posts.Where(p => !p.IsVariation && p.Id != product.Id && p.Status == "publish" && p.CategoryIds.Any(product.CategoryIds.Contains)).Select(p => p.Id).Take(50).ToList();
        var picked = new JsonArray();
        while (others.Count > 0 && picked.Count < RelatedCount)
        {
            var at = related.Next(others.Count);
            picked.Add(others[at]);
            others.RemoveAt(at);
        }

        return picked;
    }

    private string Permalink(WooProduct product)
    {
        if (!product.IsVariation)
        {
            return product.Slug.Length > 0 ? $"{shop.Home}/product/{product.Slug}/" : $"{shop.Home}/?post_type=product&p={product.Id}";
        }

        var query = string.Join('&', product.Choices.Select(c => c.AttributeId > 0
            ? $"attribute_{shop.Attribute(c.AttributeId)?.Slug}={WooText.Slug(c.Option)}"
            : $"attribute_{WooText.Slug(c.Name)}={Uri.EscapeDataString(c.Option)}"));
        return $"{shop.Home}/product/{shop.Find(product.ParentId)?.Slug}/{(query.Length > 0 ? $"?{query}" : "")}";
    }

    private static string PriceHtml(WooProduct product, List<WooProduct> children, string price)
    {
        static string Amount(string amount, string attributes = "") =>
            $"<span class=\"woocommerce-Price-amount amount\"{attributes}><bdi><span class=\"woocommerce-Price-currencySymbol\" translate=\"no\">&euro;</span>{Shown(amount)}</bdi></span>";
        static string Shown(string amount) => WooProductWriter.Number(amount).ToString("#,##0.00", CultureInfo.InvariantCulture);

        if (price.Length == 0)
        {
            return "";
        }

        if (children.Count > 0)
        {
            var highest = children.Select(c => EffectivePrice(c, [])).Where(p => p.Length > 0).MaxBy(WooProductWriter.Number)!;
            return WooProductWriter.Number(highest) == WooProductWriter.Number(price)
                ? Amount(price)
                : $"{Amount(price, " aria-hidden=\"true\"")} <span aria-hidden=\"true\">&ndash;</span> {Amount(highest, " aria-hidden=\"true\"")}<span class=\"screen-reader-text\">Price range: &euro;{Shown(price)} through &euro;{Shown(highest)}</span>";
        }

        return IsOnSale(product)
            ? $"<del aria-hidden=\"true\">{Amount(product.RegularPrice)}</del> <span class=\"screen-reader-text\">Original price was: &euro;{Shown(product.RegularPrice)}.</span><ins aria-hidden=\"true\">{Amount(product.SalePrice)}</ins><span class=\"screen-reader-text\">Current price is: &euro;{Shown(product.SalePrice)}.</span>"
            : Amount(price);
    }

    public static string PlainName(WooProduct product) => WebUtility.HtmlDecode(product.Name);
}
