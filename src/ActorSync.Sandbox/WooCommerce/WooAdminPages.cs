using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>What the merchant sees at wp-admin: the list of products, the form of one, and a button that sells one.</summary>
public sealed class WooAdminPages(WooShop shop, WooProductWriter writer, WooOrders orders, string site)
{
    private const string Banner = "Sandbox shop – WooCommerce";
    private const int PageSize = 25;

    public string EditPath(long id) => string.Create(CultureInfo.InvariantCulture, $"{site}/wp-admin/post.php?post={id}&action=edit");

    public void Map(WebApplication app)
    {
        app.MapGet($"{site}", () => Results.Redirect($"{site}/wp-admin/"));
        app.MapGet($"{site}/wp-admin/", (string? s, int? paged) => Page("Products", shop.Do(() => List(s ?? "", Math.Max(1, paged ?? 1)))));
        app.MapGet($"{site}/wp-admin/edit.php", (string? s, int? paged) => Page("Products", shop.Do(() => List(s ?? "", Math.Max(1, paged ?? 1)))));
        app.MapGet($"{site}/wp-admin/post.php", (long post, string? note) => shop.Do(() => shop.Find(post)) switch
        {
            null => Results.NotFound("No such product.\n"),
            { IsVariation: true } variation => Results.Redirect(EditPath(variation.ParentId)),
            var product => Page(WooProductJson.PlainName(product), shop.Do(() => Form(product, note))),
        });
        app.MapPost($"{site}/wp-admin/post.php", async (HttpRequest request) => Handle(await request.ReadFormAsync(request.HttpContext.RequestAborted)));
        app.MapPost($"{site}/wp-admin/post-new.php", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            var id = shop.Do(() => writer.CreateProduct(WooBody.Parse(new JsonObject { ["name"] = form["title"].ToString(), ["status"] = "draft" })).Id);
            return Results.Redirect(EditPath(id));
        });
    }

    /// <summary>A customer's order of one line, paid: used by the button here and by POST /_control/sell.</summary>
    public SellResult Sell(WooProduct? product, string sku, int quantity)
    {
        if (product is null || product.Status == "trash")
        {
            return SellResult.Refused(sku, $"No product has the SKU '{sku}'.");
        }

        var keeper = product.IsVariation && !product.ManageStock && shop.Find(product.ParentId) is { ManageStock: true } parent ? parent : product;
        if (keeper.ManageStock && keeper.Backorders == "no" && (keeper.StockQuantity ?? 0) < quantity)
        {
            return SellResult.Refused(sku, $"The shop has {keeper.StockQuantity ?? 0} of '{sku}' and does not take backorders; {quantity} cannot be sold.");
        }

        var (before, after) = writer.Sell(product, quantity);
        return new SellResult(Sold: true, sku, (int?)before, (int?)after, Problem: null, orders.Place(product, quantity));
    }

    private static IResult Page(string title, string body) => Results.Content(HtmlPage.Render(title, Banner, body), "text/html; charset=utf-8");

    private string List(string words, int page)
    {
        var found = shop.Posts.Where(p => !p.IsVariation)
            .Where(p => words.Length == 0 || WooProductJson.PlainName(p).Contains(words, StringComparison.OrdinalIgnoreCase) || p.Sku.Contains(words, StringComparison.OrdinalIgnoreCase)
                || shop.VariationsOf(p.Id).Any(v => v.Sku.Contains(words, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(p => p.Modified).ThenByDescending(p => p.Id).ToList();
        var pages = Math.Max(1, (found.Count + PageSize - 1) / PageSize);
        page = Math.Min(page, pages);
        var html = new StringBuilder();
        html.Append("<h1>Products</h1><form class=\"row\" method=\"get\" action=\"").Append(site).Append("/wp-admin/\"><input name=\"s\" value=\"").Append(Text(words)).Append("\" placeholder=\"Name or SKU\" aria-label=\"Search\"><button>Search</button></form>")
            .Append("<p>").Append(found.Count).Append(" products").Append(words.Length > 0 ? " match" : "").Append("</p><table><thead><tr><th></th><th>Name</th><th>SKU</th><th>Stock</th><th class=\"n\">Price</th><th>Status</th><th>Changed (UTC)</th></tr></thead><tbody>");
        foreach (var product in found.Skip((page - 1) * PageSize).Take(PageSize))
        {
            var variations = shop.VariationsOf(product.Id);
            html.Append("<tr><td>").Append(Tile(product)).Append("</td><td><a href=\"").Append(EditPath(product.Id).Replace("&", "&amp;", StringComparison.Ordinal)).Append("\">").Append(Text(WooProductJson.PlainName(product))).Append("</a></td><td>")
                .Append(Text(product.Sku)).Append(variations.Count > 0 ? $"{variations.Count} variations" : "").Append("</td><td>").Append(StockText(product, variations)).Append("</td><td class=\"n\">")
                .Append(Text(WooProductJson.EffectivePrice(product, variations))).Append("</td><td><span class=\"pill\">").Append(product.Status).Append("</span></td><td>")
                .Append(WooShop.GmtDate(product.Modified).Replace('T', ' ')).Append("</td></tr>");
        }

        html.Append("</tbody></table><p class=\"row\">");
        if (page > 1)
        {
            html.Append(PageLink(words, page - 1, "Newer"));
        }

        html.Append("<span>Page ").Append(page).Append(" of ").Append(pages).Append("</span>");
        if (page < pages)
        {
            html.Append(PageLink(words, page + 1, "Older"));
        }

        return html.Append("</p><form class=\"row\" method=\"post\" action=\"").Append(site).Append("/wp-admin/post-new.php\"><input name=\"title\" placeholder=\"Name of a new product\" aria-label=\"Name of a new product\" required><button>Add product</button></form>").ToString();
    }

    private string Form(WooProduct product, string? note)
    {
        var variations = shop.VariationsOf(product.Id).Where(v => v.Status != "trash").ToList();
        var html = new StringBuilder();
        html.Append("<p><a href=\"").Append(site).Append("/wp-admin/\">All products</a></p><h1>").Append(Text(WooProductJson.PlainName(product))).Append("</h1>");
        if (note is { Length: > 0 })
        {
            html.Append("<p class=\"note\">").Append(Text(note)).Append("</p>");
        }

        html.Append("<p class=\"row\">").Append(Tile(product)).Append("<span>Id ").Append(product.Id).Append("</span><span class=\"pill\">").Append(product.Status).Append("</span><span>changed ").Append(WooShop.GmtDate(product.Modified).Replace('T', ' ')).Append(" UTC</span></p>")
            .Append("<form method=\"post\" action=\"").Append(site).Append("/wp-admin/post.php\"><input type=\"hidden\" name=\"post\" value=\"").Append(product.Id).Append("\">");
        html.Append("<section><label for=\"name\">Title</label><input class=\"wide\" id=\"name\" name=\"name\" value=\"").Append(Text(WooProductJson.PlainName(product))).Append("\">")
            .Append("<label for=\"description\">Description (HTML)</label><textarea id=\"description\" name=\"description\">\n").Append(Text(product.Description)).Append("</textarea>")
            .Append("<label for=\"tags\">Tags, separated by commas</label><input class=\"wide\" id=\"tags\" name=\"tags\" value=\"").Append(Text(string.Join(", ", product.TagIds.Select(shop.Term).OfType<WooTerm>().Select(t => WebUtility.HtmlDecode(t.Name))))).Append("\">")
            .Append("<label for=\"status\">Status</label><select id=\"status\" name=\"status\">");
        foreach (var status in (string[])["publish", "draft", "pending", "private"])
        {
            html.Append("<option").Append(product.Status == status ? " selected" : "").Append('>').Append(status).Append("</option>");
        }

        html.Append("</select></section><section><h2>").Append(variations.Count > 0 ? "Variations" : "Price and stock").Append("</h2><table><thead><tr><th>")
            .Append(variations.Count > 0 ? "Variation" : "").Append("</th><th>SKU</th><th>Regular price</th><th>Sale price</th><th>Stock</th><th></th></tr></thead><tbody>");
        foreach (var post in variations.Count > 0 ? variations : [product])
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"p{post.Id}_");
            html.Append("<tr><td>").Append(Text(string.Join(", ", post.Choices.Select(c => c.Option)))).Append("</td><td>").Append(Field(key + "sku", post.Sku, "")).Append("</td><td>")
                .Append(Field(key + "regular_price", post.RegularPrice, "num")).Append("</td><td>").Append(Field(key + "sale_price", post.SalePrice, "num")).Append("</td><td>")
                .Append(Field(key + "stock", post.ManageStock ? post.StockQuantity?.ToString(CultureInfo.InvariantCulture) ?? "" : "", "num"))
                .Append("<input type=\"hidden\" name=\"").Append(key).Append("was\" value=\"").Append(post.ManageStock ? post.StockQuantity : null).Append("\"></td><td><button name=\"sell\" value=\"").Append(post.Id).Append("\">Sell one</button></td></tr>");
        }

        html.Append("</tbody></table></section><p class=\"row\"><button class=\"main\" name=\"do\" value=\"save\">Update</button>");
        return html.Append(product.Status == "trash"
            ? "<button name=\"do\" value=\"restore\">Restore from trash</button><button name=\"do\" value=\"erase\">Delete permanently</button>"
            : "<button name=\"do\" value=\"trash\">Move to trash</button>").Append("</p></form>").ToString();
    }

    private IResult Handle(IFormCollection form)
    {
        if (!long.TryParse(form["post"], CultureInfo.InvariantCulture, out var id))
        {
            return Results.BadRequest("The form names no product.\n");
        }

        try
        {
            return shop.Do(() =>
            {
                if (shop.Find(id) is not { IsVariation: false } product)
                {
                    return Results.NotFound("No such product.\n");
                }

                if (long.TryParse(form["sell"], CultureInfo.InvariantCulture, out var sold) && shop.Find(sold) is { } post)
                {
                    var sale = Sell(post, post.Sku, 1);
                    return Back(id, sale.Problem ?? $"Sold one; {sale.StockAfter?.ToString(CultureInfo.InvariantCulture) ?? "not counted"} left.");
                }

                switch (form["do"].ToString())
                {
                    case "trash":
                        writer.Trash(product);
                        return Back(id, "Moved to the trash.");
                    case "restore":
                        writer.Restore(product);
                        return Back(id, "Restored.");
                    case "erase":
                        writer.Erase(product);
                        return Results.Redirect($"{site}/wp-admin/");
                    default:
                        Save(product, form);
                        return Back(id, "Updated.");
                }
            });
        }
        catch (WooRestException refused)
        {
            return Back(id, refused.Message);
        }
    }

    /// <summary>The whole product is saved, as by the real form; of the variations only those that were changed. A count that was not touched is not written over a sale made meanwhile.</summary>
    private void Save(WooProduct product, IFormCollection form)
    {
        foreach (var variation in shop.VariationsOf(product.Id).Where(v => v.Status != "trash"))
        {
            if (Sellable(variation, form) is { Count: > 0 } changes)
            {
                writer.UpdateVariation(shop.Find(product.Id)!, variation, WooBody.Parse(changes));
            }
        }

        var body = shop.VariationsOf(product.Id).Count == 0 ? Sellable(product, form) : [];
        body["name"] = form["name"].ToString();
        body["description"] = form["description"].ToString();
        if (product.Status != "trash")
        {
            body["status"] = form["status"].ToString();
        }

        body["tags"] = new JsonArray([.. form["tags"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(t => (JsonNode)new JsonObject { ["name"] = t })]);
        writer.UpdateProduct(shop.Find(product.Id)!, WooBody.Parse(body));
    }

    private static JsonObject Sellable(WooProduct post, IFormCollection form)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"p{post.Id}_");
        var body = new JsonObject();
        void Take(string field, string now)
        {
            if (form.TryGetValue(key + field, out var sent) && sent.ToString() != now)
            {
                body[field] = sent.ToString();
            }
        }

        Take("sku", post.Sku);
        Take("regular_price", post.RegularPrice);
        Take("sale_price", post.SalePrice);
        if (form.TryGetValue(key + "stock", out var stock) && stock.ToString() != form[key + "was"].ToString())
        {
            body["manage_stock"] = stock.ToString().Length > 0;
            if (stock.ToString().Length > 0)
            {
                body["stock_quantity"] = stock.ToString();
            }
        }

        return body;
    }

    private IResult Back(long id, string note) => Results.Redirect($"{EditPath(id)}&note={Uri.EscapeDataString(note)}");

    private string PageLink(string words, int page, string label) =>
        string.Create(CultureInfo.InvariantCulture, $"<a href=\"{site}/wp-admin/?s={Uri.EscapeDataString(words)}&amp;paged={page}\">{label}</a>");

    private static string Tile(WooProduct product) => product.Images.Count > 0 ? $"<img class=\"tile\" alt=\"\" loading=\"lazy\" src=\"{Text(product.Images[0].Origin)}\">" : "";

    private static string Field(string name, string value, string style) => $"<input class=\"{style}\" name=\"{name}\" aria-label=\"{name}\" value=\"{Text(value)}\">";

    private static string StockText(WooProduct product, IReadOnlyList<WooProduct> variations)
    {
        var counted = (variations.Count > 0 ? variations : [product]).Where(p => p.ManageStock).ToList();
        return counted.Count == 0 ? product.StockStatus : counted.Sum(p => p.StockQuantity ?? 0).ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
