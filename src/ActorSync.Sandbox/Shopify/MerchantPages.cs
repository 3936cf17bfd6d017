using System.Globalization;
using System.Net;
using System.Text;
using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>What the merchant sees in the admin: a list to search, a product to change, a till to sell one at.</summary>
public sealed class MerchantPages(Merchant merchant)
{
    public const string Root = "/shopify/demo/admin/products";
    private const string Banner = "Simulated Shopify admin, demo.myshopify.com";
    private const int PageSize = 50;
    private const string Narrow = "width:5.5rem;text-align:right";
    private static readonly string[] Statuses = ["ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"];
    private static readonly string[] Units = ["KILOGRAMS", "GRAMS", "POUNDS", "OUNCES"];

    public static string AddressOf(long id) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{id}");

    public void Map(WebApplication app)
    {
        app.MapGet(Root, async (string? search, int? page, CancellationToken ct) =>
            Html("Products", await merchant.ReadAsync(shop => List(shop, search?.Trim() ?? "", Math.Max(1, page ?? 1)), ct)));
        app.MapGet(Root + "/{id:long}", async (long id, string? note, CancellationToken ct) =>
            await merchant.ReadAsync(shop => shop.Product(id) is { } product ? Page(shop, product, note) : null, ct) is { } body
                ? Html("Product", body) : Results.Content(HtmlPage.Render("Not found", Banner, $"<p>This product does not exist (any more). <a href=\"{Root}\">All products</a></p>"), "text/html; charset=utf-8", statusCode: 404));
        app.MapPost(Root + "/{id:long}", async (long id, HttpRequest request, CancellationToken ct) =>
        {
            var form = await request.ReadFormAsync(ct);
            var problems = new List<string>();
            await merchant.ChangeAsync(id, p => Edited(p, form, problems), ct);
            if (Typed(form, "collections") is { } titles)
            {
                var unknown = await merchant.CollectAsync(id, titles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), ct);
                problems.AddRange(unknown.Select(title => $"There is no manual collection '{title}'."));
            }

            return Back(id, problems.Count == 0 ? "Saved." : string.Join(" ", problems));
        });
        app.MapPost(Root + "/{id:long}/delete", async (long id, CancellationToken ct) =>
        {
            await merchant.ChangeAsync(id, _ => null, ct);
            return Results.Redirect(Root);
        });
        app.MapPost(Root + "/{id:long}/variants/{variant:long}/delete", async (long id, long variant, CancellationToken ct) =>
        {
            await merchant.ChangeAsync(id, p => p.Variants.Count == 1 ? p : Without(p, variant), ct);
            return Back(id, "Variant deleted.");
        });
        app.MapPost(Root + "/{id:long}/variants/{variant:long}/sell", async (long id, long variant, CancellationToken ct) =>
        {
            var sold = await merchant.SellAsync(variant, 1, ct);
            return Back(id, sold.Problem ?? $"Sold one {sold.Sku}.");
        });
    }

    private static ShopProduct Without(ShopProduct product, long variant)
    {
        List<ShopVariant> left = [.. product.Variants.Where(v => v.Id != variant)];
        return product with { Variants = left, Options = OptionLayout.Pruned(product.Options, left) };
    }

    /// <summary>Writes only what the person changed: the page may be older than a sale or than a write of the hub.</summary>
    private static ShopProduct Edited(ShopProduct product, IFormCollection form, List<string> problems)
    {
        var changed = product with
        {
            Title = Typed(form, "title")?.Trim() is { Length: > 0 and <= ShopText.LongestField } title ? title : product.Title,
            DescriptionHtml = Typed(form, "description") is { } html ? ShopText.Html(html) : product.DescriptionHtml,
            Vendor = Typed(form, "vendor")?.Trim() ?? product.Vendor,
            ProductType = Typed(form, "type")?.Trim() ?? product.ProductType,
            Tags = Typed(form, "tags") is { } tags ? ShopText.Tags([tags]) : product.Tags,
            SeoTitle = Typed(form, "seo-title") is { } seoTitle ? Blank(seoTitle) : product.SeoTitle,
            SeoDescription = Typed(form, "seo-description") is { } seoDescription ? Blank(seoDescription) : product.SeoDescription,
            Status = Typed(form, "status") is { } status && Statuses.Contains(status) ? status : product.Status,
        };
        foreach (var variant in product.Variants)
        {
            var edited = variant with
            {
                Price = Typed(form, $"price-{variant.Id}") is { } price ? Amount(price, problems) ?? variant.Price : variant.Price,
                CompareAtPrice = Typed(form, $"compare-{variant.Id}") is { } compare ? Amount(compare, problems) : variant.CompareAtPrice,
                Sku = Typed(form, $"sku-{variant.Id}")?.Trim() ?? variant.Sku,
                Barcode = Typed(form, $"barcode-{variant.Id}")?.Trim() ?? variant.Barcode,
                Taxable = Typed(form, $"taxable-{variant.Id}") is { } taxable ? taxable == "yes" : variant.Taxable,
                Weight = Typed(form, $"weight-{variant.Id}") is { } weight ? (double)(Amount(weight, problems, decimals: 6) ?? 0) : variant.Weight,
                WeightUnit = Typed(form, $"unit-{variant.Id}") is { } unit && Units.Contains(unit) ? unit : variant.WeightUnit,
                HsCode = Typed(form, $"hs-{variant.Id}") is { } code ? code.Trim().Length == 0 ? null : ShopText.HsCode(code) ?? variant.HsCode : variant.HsCode,
                Country = Typed(form, $"country-{variant.Id}")?.Trim().ToUpperInvariant() is { } country ? country.Length == 2 ? country : null : variant.Country,
                Policy = Typed(form, $"oversell-{variant.Id}") is "DENY" or "CONTINUE" ? form[$"oversell-{variant.Id}"].ToString() : variant.Policy,
            };
            foreach (var level in variant.Levels)
            {
                if (Typed(form, $"stock-{variant.Id}-{level.LocationId}") is not { } text)
                {
                    continue;
                }

                if (int.TryParse(text, CultureInfo.InvariantCulture, out var stock))
                {
                    edited = edited.WithLevel(level with { Available = stock });
                }
                else
                {
                    problems.Add($"'{text}' is not a number of units.");
                }
            }

            changed = changed.WithVariant(edited);
        }

        return changed;
    }

    /// <summary>What stands in the field, if it is there and not what the page showed.</summary>
    private static string? Typed(IFormCollection form, string name)
    {
        if (!form.TryGetValue(name, out var value))
        {
            return null;
        }

        var now = value.ToString().ReplaceLineEndings("\n");
        return form.TryGetValue("was-" + name, out var was) && was.ToString().ReplaceLineEndings("\n") == now ? null : now;
    }

    private static string? Blank(string text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static decimal? Amount(string typed, List<string> problems, int decimals = 2)
    {
        var text = typed.Trim().Replace(',', '.');
        if (text.Length == 0)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            return Math.Round(amount, decimals);
        }

        problems.Add($"'{text}' is not an amount.");
        return null;
    }

    private static string List(Shop shop, string search, int page)
    {
        // The merchant's list reads the rows themselves; only the API's search lags.
        var found = shop.Products.Values.Where(p => search.Length == 0 || p.Title.Contains(search, StringComparison.OrdinalIgnoreCase)
            || p.Vendor.Contains(search, StringComparison.OrdinalIgnoreCase) || p.Variants.Any(v => v.Sku?.Contains(search, StringComparison.OrdinalIgnoreCase) == true)).ToList();
        var html = new StringBuilder();
        html.Append("<h1>Products</h1><form class=\"row\"><input name=\"search\" placeholder=\"Title, vendor or SKU\" value=\"").Append(Text(search)).Append("\"><button>Search</button><span>")
            .Append(found.Count).Append(" found</span></form><table><tr><th></th><th>Product</th><th>Status</th><th class=\"n\">Stock</th><th class=\"n\">Variants</th><th class=\"n\">Price</th><th>Vendor</th></tr>");
        foreach (var product in found.Skip((page - 1) * PageSize).Take(PageSize))
        {
            html.Append("<tr><td>").Append(product.Media.Count > 0 ? $"<img class=\"tile\" alt=\"\" loading=\"lazy\" src=\"{Text(product.Media[0].Source)}\">" : "")
                .Append("</td><td><a href=\"").Append(AddressOf(product.Id)).Append("\">").Append(Text(product.Title)).Append("</a></td><td><span class=\"pill\">").Append(product.Status.ToLowerInvariant())
                .Append("</span></td><td class=\"n\">").Append(product.Variants.Sum(v => v.InventoryQuantity)).Append("</td><td class=\"n\">").Append(product.Variants.Count)
                .Append("</td><td class=\"n\">").Append(ShopText.Money(product.Variants[0].Price)).Append("&nbsp;").Append(Shop.Currency).Append("</td><td>").Append(Text(product.Vendor)).Append("</td></tr>");
        }

        html.Append("</table><p class=\"row\">");
        for (var number = 1; number <= (found.Count + PageSize - 1) / PageSize; number++)
        {
            html.Append(number == page ? $"<b>{number}</b>" : $"<a href=\"{Root}?page={number}&amp;search={Uri.EscapeDataString(search)}\">{number}</a>").Append(' ');
        }

        return html.Append("</p>").ToString();
    }

    private static string Page(Shop shop, ShopProduct product, string? note)
    {
        var here = AddressOf(product.Id);
        var html = new StringBuilder();
        html.Append("<p><a href=\"").Append(Root).Append("\">All products</a></p><h1>").Append(Text(product.Title)).Append("</h1>");
        if (!string.IsNullOrEmpty(note))
        {
            html.Append("<p class=\"note\" role=\"status\">").Append(Text(note)).Append("</p>");
        }

        html.Append("<form id=\"edit\" method=\"post\" action=\"").Append(here).Append("\"></form><section>")
            .Append(Field("title", "Title", product.Title))
            .Append("<label for=\"description\">Description (HTML)</label><textarea id=\"description\" name=\"description\" form=\"edit\">").Append(Text(product.DescriptionHtml)).Append("</textarea>").Append(Was("description", product.DescriptionHtml))
            .Append(Field("tags", "Tags, separated by commas", string.Join(", ", product.Tags))).Append(Field("vendor", "Vendor", product.Vendor)).Append(Field("type", "Product type", product.ProductType))
            .Append(Field("collections", "Manual collections, separated by commas", string.Join(", ", shop.Collections.Of(product).Where(c => c.Rules is null).Select(c => c.Title))))
            .Append(Field("seo-title", "Page title for search engines", product.SeoTitle ?? "")).Append(Field("seo-description", "Description for search engines", product.SeoDescription ?? ""))
            .Append("<label for=\"status\">Status</label><select id=\"status\" name=\"status\" form=\"edit\">");
        foreach (var status in Statuses)
        {
            html.Append("<option").Append(status == product.Status ? " selected" : "").Append('>').Append(status).Append("</option>");
        }

        html.Append("</select>").Append(Was("status", product.Status)).Append("</section><section><h2>Variants</h2><div style=\"overflow-x:auto\"><table><tr><th>Variant</th><th></th><th>SKU</th><th>Barcode</th><th class=\"n\">Price</th><th class=\"n\">Compare at</th>");
        foreach (var location in Shop.Locations)
        {
            html.Append("<th class=\"n\">").Append(Text(location.Name)).Append("</th>");
        }

        html.Append("<th>Oversell</th><th></th></tr>");
        foreach (var variant in product.Variants)
        {
            Row(html, product, variant, here);
        }

        html.Append("</table></div></section><section><h2>Tax, shipping and customs</h2><div style=\"overflow-x:auto\"><table><tr><th>Variant</th><th>Taxed</th><th class=\"n\">Weight</th><th>Unit</th><th>HS code</th><th>Country of origin</th></tr>");
        foreach (var variant in product.Variants)
        {
            Shipping(html, variant);
        }

        return html.Append("</table></div></section><p class=\"row\"><button class=\"main\" form=\"edit\">Save</button></p><form method=\"post\" action=\"").Append(here)
            .Append("/delete\" onsubmit=\"return confirm('Delete this product?')\"><button>Delete product</button></form><p>Handle <code>").Append(Text(product.Handle)).Append("</code>, id <code>")
            .Append(product.Id).Append("</code>, changed ").Append(ShopTime.Local(product.UpdatedAt)).Append("</p>").ToString();
    }

    private static void Row(StringBuilder html, ShopProduct product, ShopVariant variant, string here)
    {
        html.Append("<tr><td>").Append(Text(variant.Title)).Append("</td><td><form method=\"post\" action=\"").Append(here).Append("/variants/").Append(variant.Id)
            .Append("/sell\"><button style=\"white-space:nowrap\">Sell one</button></form></td><td>").Append(Cell($"sku-{variant.Id}", "SKU", variant.Sku ?? "", "width:11rem")).Append("</td><td>")
            .Append(Cell($"barcode-{variant.Id}", "Barcode", variant.Barcode ?? "", "width:9rem")).Append("</td><td class=\"n\">").Append(Cell($"price-{variant.Id}", "Price", ShopText.Money(variant.Price), Narrow))
            .Append("</td><td class=\"n\">").Append(Cell($"compare-{variant.Id}", "Compare-at price", variant.CompareAtPrice is { } was ? ShopText.Money(was) : "", Narrow)).Append("</td>");
        foreach (var location in Shop.Locations)
        {
            html.Append("<td class=\"n\">").Append(variant.Level(location.Id) is { } level
                ? Cell($"stock-{variant.Id}-{location.Id}", $"Stock at {location.Name}", level.Available.ToString(CultureInfo.InvariantCulture), Narrow) : "not stocked").Append("</td>");
        }

        html.Append("<td><select form=\"edit\" aria-label=\"When out of stock\" name=\"oversell-").Append(variant.Id).Append("\"><option value=\"DENY\">no</option><option value=\"CONTINUE\"")
            .Append(variant.Policy == "CONTINUE" ? " selected" : "").Append(">yes</option></select>").Append(Was($"oversell-{variant.Id}", variant.Policy)).Append("</td><td>");
        if (product.Variants.Count > 1)
        {
            html.Append("<form method=\"post\" action=\"").Append(here).Append("/variants/").Append(variant.Id).Append("/delete\"><button>Delete</button></form>");
        }

        html.Append("</td></tr>");
    }

    private static void Shipping(StringBuilder html, ShopVariant variant)
    {
        html.Append("<tr><td>").Append(Text(variant.Title)).Append("</td><td>");
        Choice(html, $"taxable-{variant.Id}", "Taxed", ["yes", "no"], variant.Taxable ? "yes" : "no");
        html.Append("</td><td class=\"n\">").Append(Cell($"weight-{variant.Id}", "Weight", variant.Weight.ToString("0.######", CultureInfo.InvariantCulture), Narrow)).Append("</td><td>");
        Choice(html, $"unit-{variant.Id}", "Unit of weight", Units, variant.WeightUnit);
        html.Append("</td><td>").Append(Cell($"hs-{variant.Id}", "HS code", variant.HsCode ?? "", "width:9rem")).Append("</td><td>")
            .Append(Cell($"country-{variant.Id}", "Country of origin", variant.Country ?? "", "width:4rem")).Append("</td></tr>");
    }

    private static void Choice(StringBuilder html, string name, string label, IEnumerable<string> values, string now)
    {
        html.Append("<select form=\"edit\" aria-label=\"").Append(label).Append("\" name=\"").Append(name).Append("\">");
        foreach (var value in values)
        {
            html.Append("<option").Append(value == now ? " selected" : "").Append('>').Append(value).Append("</option>");
        }

        html.Append("</select>").Append(Was(name, now));
    }

    private static string Field(string name, string label, string value) =>
        $"<label for=\"{name}\">{label}</label><input class=\"wide\" id=\"{name}\" name=\"{name}\" form=\"edit\" value=\"{Text(value)}\">{Was(name, value)}";

    private static string Cell(string name, string label, string value, string style) =>
        $"<input style=\"{style}\" aria-label=\"{Text(label)}\" name=\"{name}\" form=\"edit\" value=\"{Text(value)}\">{Was(name, value)}";

    private static string Was(string name, string value) => $"<input type=\"hidden\" form=\"edit\" name=\"was-{name}\" value=\"{Text(value)}\">";

    private static IResult Html(string title, string body) => Results.Content(HtmlPage.Render(title, Banner, body), "text/html; charset=utf-8");

    private static IResult Back(long id, string note) => Results.Redirect($"{AddressOf(id)}?note={Uri.EscapeDataString(note)}");

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
