using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>What the people in the warehouse see: the goods, one product with its shelves, orders and master data.</summary>
public sealed class FfnPages(FfnState state, FfnProducts products, FfnLedger ledger, FfnOutbounds outbounds, FfnRender render)
{
    public const string Root = FfnApi.Root + "/";
    private const string ProductRoot = Root + "products";
    private const string Banner = "Simulated JTL-FFN warehouse, merchant MERC";
    private const int PageSize = 50;
    private const int MovementsShown = 20;

    public static string AddressOf(string jfsku) => $"{ProductRoot}/{jfsku}";

    public void Map(WebApplication app)
    {
        app.MapGet(Root, (string? search, int? page) => Html("Goods", state.Do(() => List(search?.Trim() ?? "", Math.Max(1, page ?? 1)))));
        app.MapGet(ProductRoot + "/{jfsku}", (string jfsku, string? note) => state.Do(() => state.Product(jfsku) is { } product ? Page(product, note) : null) is { } body
            ? Html("Product", body) : Results.Content(HtmlPage.Render("Not found", Banner, $"<p>This product does not exist. <a href=\"{Root}\">All goods</a></p>"), "text/html; charset=utf-8", statusCode: 404));
        app.MapPost(ProductRoot + "/{jfsku}", (string jfsku, HttpRequest request, CancellationToken ct) => ActAsync(jfsku, request, Save, ct));
        app.MapPost(ProductRoot + "/{jfsku}/stock", (string jfsku, HttpRequest request, CancellationToken ct) => ActAsync(jfsku, request, MoveStock, ct));
        app.MapPost(ProductRoot + "/{jfsku}/outbounds/{id}", (string jfsku, string id, HttpRequest request, CancellationToken ct) => ActAsync(jfsku, request, (_, form) => Handle(id, form), ct));
        app.MapPost(ProductRoot + "/{jfsku}/inbounds/{id}", (string jfsku, string id, HttpRequest request, CancellationToken ct) => ActAsync(jfsku, request, (_, _) =>
        {
            ledger.Receive(state.Announced(id) ?? throw FfnErrors.Invalid("inbound", "Nothing is announced under this number."), state.Announced(id)!.Open, Author.Warehouse);
            return "The goods have arrived.";
        }, ct));
        app.MapPost(ProductRoot + "/{jfsku}/delete", (string jfsku, HttpRequest request, CancellationToken ct) => ActAsync(jfsku, request, (_, _) =>
        {
            products.Delete(jfsku, Author.Warehouse);
            return "Deleted.";
        }, ct));
    }

    private async Task<IResult> ActAsync(string jfsku, HttpRequest request, Func<FfnProduct, IFormCollection, string> act, CancellationToken cancellationToken)
    {
        var form = await request.ReadFormAsync(cancellationToken);
        string note;
        try
        {
            note = state.Do(() => act(state.Product(jfsku) is { IsActive: true } product ? product : throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku), form));
        }
        catch (FfnRefusedException refused)
        {
            note = refused.Message;
        }

        return Results.Redirect($"{AddressOf(jfsku)}?note={Uri.EscapeDataString(note)}");
    }

    private string MoveStock(FfnProduct product, IFormCollection form)
    {
        var warehouse = form["warehouse"].ToString();
        if (FfnIds.Warehouse(warehouse) is null || Amount(form["quantity"].ToString()) is not { } quantity)
        {
            return $"'{form["quantity"]}' is not a quantity.";
        }

        switch (form["do"].ToString())
        {
            case "book":
                ledger.BookIn(product, warehouse, quantity, Author.Warehouse);
                return $"Booked in {quantity}.";
            case "correct":
                ledger.Adjust(product, warehouse, new Amounts(quantity - state.Levels(product.Jfsku, warehouse).Available, 0, 0, 0), Author.Warehouse, "Inventur");
                return $"Corrected to {quantity}.";
            default:
                var outbound = outbounds.Create(FfnSeed.Order(product, warehouse, quantity, $"SO-{state.Next("sale"):D6}"), oversale: false, Author.OtherProgram);
                return $"Reserved {quantity} for {outbound.MerchantOutboundNumber}.";
        }
    }

    private string Handle(string id, IFormCollection form)
    {
        if (form["do"] == "ship")
        {
            outbounds.Ship(id, wanted: null, packages: 1, Author.Warehouse);
            return "Shipped.";
        }

        outbounds.Abandon(id, "warehouse", Author.Warehouse);
        return "Canceled.";
    }

    /// <summary>Writes only what the person changed: the page may be older than a write of the hub.</summary>
    private string Save(FfnProduct product, IFormCollection form)
    {
        var patch = new JsonObject();
        foreach (var field in Fields)
        {
            var typed = form[field.Name].ToString().Trim().ReplaceLineEndings("\n");
            if (!form.ContainsKey(field.Name) || typed == form["was-" + field.Name].ToString().ReplaceLineEndings("\n"))
            {
                continue;
            }

            JsonNode? value = typed.Length == 0 ? null : field.IsNumber ? Amount(typed) ?? throw FfnErrors.Invalid(field.Name, $"'{typed}' is not a number.") : typed;
            var path = field.Name.Split('.');
            if (path.Length == 1)
            {
                patch[path[0]] = value;
                continue;
            }

            if (patch[path[0]] is not JsonObject inner)
            {
                patch[path[0]] = inner = [];
            }

            inner[path[1]] = value;
        }

        if (patch.Count == 0)
        {
            return "Nothing was changed.";
        }

        products.Patch(product.Jfsku, JsonSerializer.SerializeToElement(patch), Author.Warehouse);
        return "Saved.";
    }

    private string List(string search, int page)
    {
        var found = state.Products.Where(p => p.IsActive && (search.Length == 0 || p.Data.Name!.Contains(search, StringComparison.OrdinalIgnoreCase)
            || p.Data.MerchantSku!.Contains(search, StringComparison.OrdinalIgnoreCase) || p.Jfsku.Contains(search, StringComparison.OrdinalIgnoreCase) || p.Data.Identifier?.Ean?.Contains(search, StringComparison.Ordinal) == true))
            .OrderBy(p => p.CreatedAt).ThenBy(p => p.Jfsku, StringComparer.Ordinal).ToList();
        var pages = Math.Max(1, (found.Count + PageSize - 1) / PageSize);
        page = Math.Min(page, pages);
        var html = new StringBuilder("<h1>Goods</h1><form class=\"row\"><input name=\"search\" aria-label=\"Search\" placeholder=\"Name, SKU, jfsku or EAN\" value=\"").Append(Text(search)).Append("\"><button>Search</button><span>")
            .Append(found.Count).Append(" found</span></form><div style=\"overflow-x:auto\"><table><thead><tr><th>Product</th>");
        foreach (var warehouse in FfnIds.Warehouses)
        {
            html.Append("<th class=\"n\">").Append(Text(warehouse.City)).Append("</th>");
        }

        html.Append("<th class=\"n\">Reserved</th><th class=\"n\">Blocked</th><th class=\"n\">Announced</th></tr></thead><tbody>");
        foreach (var product in found.Skip((page - 1) * PageSize).Take(PageSize))
        {
            html.Append("<tr><td style=\"min-width:11rem;overflow-wrap:anywhere\"><a href=\"").Append(AddressOf(product.Jfsku)).Append("\">").Append(Text(product.Data.Name!)).Append("</a><br><small>").Append(Text(product.Data.MerchantSku!)).Append(" · ").Append(product.Jfsku).Append("</small></td>");
            foreach (var warehouse in FfnIds.Warehouses)
            {
                html.Append(Number(state.Levels(product.Jfsku, warehouse.Id).Available));
            }

            var sum = render.Total(product.Jfsku);
            html.Append(Number(sum.Reserved)).Append(Number(sum.Blocked)).Append(Number(sum.Announced)).Append("</tr>");
        }

        html.Append("</tbody></table></div><p class=\"row\">");
        for (var number = 1; number <= pages; number++)
        {
            html.Append(number == page ? $"<b>{number}</b> " : $"<a href=\"{Root}?page={number}&amp;search={Uri.EscapeDataString(search)}\">{number}</a> ");
        }

        return html.Append("</p>").ToString();
    }

    private string Page(FfnProduct product, string? note)
    {
        var here = AddressOf(product.Jfsku);
        var html = new StringBuilder("<p><a href=\"").Append(Root).Append("\">All goods</a></p><h1>").Append(Text(product.Data.Name!)).Append("</h1>");
        if (!string.IsNullOrEmpty(note))
        {
            html.Append("<p class=\"note\" role=\"status\">").Append(Text(note)).Append("</p>");
        }

        html.Append("<p class=\"row\"><code>").Append(Text(product.Data.MerchantSku!)).Append("</code><code>").Append(product.Jfsku).Append("</code><span class=\"pill\">").Append(product.IsActive ? "active" : "deleted").Append("</span>")
            .Append(product.Data.IsDivisible ? "<span class=\"pill\">divisible</span>" : "").Append("</p>");
        AppendStock(html, product, here);
        AppendOrders(html, product, here);
        if (product.IsActive)
        {
            AppendForm(html, product, here);
        }

        AppendMovements(html, product);
        return html.ToString();
    }

    /// <summary>Buckets below each other and warehouses beside each other, so that it fits a phone.</summary>
    private void AppendStock(StringBuilder html, FfnProduct product, string here)
    {
        html.Append("<section><h2>Stock</h2><table><thead><tr><th></th>");
        foreach (var warehouse in FfnIds.Warehouses)
        {
            html.Append("<th class=\"n\">").Append(Text(warehouse.City)).Append("<br><small style=\"overflow-wrap:anywhere\">").Append(warehouse.Id).Append("</small></th>");
        }

        html.Append("</tr></thead><tbody>");
        foreach (var (name, bucket) in Buckets)
        {
            html.Append("<tr><td>").Append(name).Append("</td>");
            foreach (var warehouse in FfnIds.Warehouses)
            {
                html.Append(Number(bucket(state.Levels(product.Jfsku, warehouse.Id))));
            }

            html.Append("</tr>");
        }

        html.Append("</tbody></table>");
        if (product.IsActive)
        {
            html.Append("<form class=\"row\" style=\"margin-top:1rem\" method=\"post\" action=\"").Append(here).Append("/stock\"><select name=\"warehouse\" aria-label=\"Warehouse\">");
            foreach (var warehouse in FfnIds.Warehouses)
            {
                html.Append("<option value=\"").Append(warehouse.Id).Append("\">").Append(Text(warehouse.Name)).Append("</option>");
            }

            html.Append("</select><input class=\"num\" name=\"quantity\" inputmode=\"decimal\" aria-label=\"Quantity\" value=\"1\"><button name=\"do\" value=\"book\">Book in</button><button name=\"do\" value=\"correct\">Correct to</button><button name=\"do\" value=\"reserve\">Reserve</button></form>");
        }

        html.Append("</section>");
    }

    private void AppendOrders(StringBuilder html, FfnProduct product, string here)
    {
        var orders = state.Reserving(product.Jfsku).ToList();
        var arriving = state.Announcements.Where(a => a.Jfsku == product.Jfsku && a.Open > 0).ToList();
        if (orders.Count + arriving.Count == 0)
        {
            return;
        }

        html.Append("<section><h2>Open orders and arrivals</h2>");
        foreach (var order in orders)
        {
            var quantity = order.Items.Where(i => i.Jfsku == product.Jfsku).Sum(i => i.QuantityOpen);
            AppendLine(html, order.MerchantOutboundNumber, order.OutboundId, order.Status, quantity, order.WarehouseId);
            html.Append("<form class=\"row\" method=\"post\" action=\"").Append(here).Append("/outbounds/").Append(order.OutboundId)
                .Append("\"><button class=\"main\" name=\"do\" value=\"ship\">Ship</button><button name=\"do\" value=\"cancel\">Cancel</button></form></div>");
        }

        foreach (var arrival in arriving)
        {
            AppendLine(html, arrival.Number, arrival.InboundId, "announced", arrival.Open, arrival.WarehouseId);
            html.Append("<form method=\"post\" action=\"").Append(here).Append("/inbounds/").Append(arrival.InboundId).Append("\"><button>Receive</button></form></div>");
        }

        html.Append("</section>");
    }

    private static void AppendLine(StringBuilder html, string number, string id, string status, decimal quantity, string warehouseId) =>
        html.Append("<div class=\"row\" style=\"align-items:center;gap:.4rem 1rem;padding:.4rem 0;border-top:1px solid var(--line)\"><span>").Append(Text(number)).Append(" <small>").Append(id)
            .Append("</small></span><span class=\"pill\">").Append(status).Append("</span><span>").Append(Plain(quantity)).Append(" at ").Append(Text(FfnIds.Warehouse(warehouseId)!.City)).Append("</span>");

    private static void AppendForm(StringBuilder html, FfnProduct product, string here)
    {
        html.Append("<section><h2>Master data</h2><form method=\"post\" action=\"").Append(here).Append("\"><div style=\"display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:0 1rem\">");
        foreach (var field in Fields)
        {
            var value = Text(field.Read(product.Data));
            html.Append(field.IsLong ? "<div style=\"grid-column:1/-1\">" : "<div>").Append("<label for=\"").Append(field.Name).Append("\">").Append(field.Label).Append("</label>")
                .Append(field.IsLong
                    ? $"<textarea style=\"min-height:4rem\" id=\"{field.Name}\" name=\"{field.Name}\">\n{value}</textarea>"
                    : $"<input class=\"wide\" id=\"{field.Name}\" name=\"{field.Name}\" value=\"{value}\">")
                .Append("<input type=\"hidden\" name=\"was-").Append(field.Name).Append("\" value=\"").Append(value).Append("\"></div>");
        }

        html.Append("</div><p class=\"row\"><button class=\"main\">Save</button></p></form><form method=\"post\" action=\"").Append(here).Append("/delete\" onsubmit=\"return confirm('Delete this product?')\"><button>Delete product</button> <small>needs zero stock</small></form></section>");
    }

    private void AppendMovements(StringBuilder html, FfnProduct product)
    {
        var rows = FfnIds.Warehouses.SelectMany(w => state.ChangesOf(product.Jfsku, w.Id)).OrderByDescending(c => c.At).ThenByDescending(c => c.Version).Take(MovementsShown);
        html.Append("<section><h2>Last movements</h2><div style=\"overflow-x:auto\"><table><thead><tr><th>When (UTC)</th><th>What</th><th>Where</th><th class=\"n\">Available</th><th class=\"n\">Reserved</th><th class=\"n\">Version</th></tr></thead><tbody>");
        foreach (var row in rows)
        {
            html.Append("<tr><td style=\"white-space:nowrap\">").Append(row.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss")).Append("</td><td>").Append(row.ChangeType).Append((row.Cause.OutboundNumber ?? row.Cause.InboundNumber ?? row.Cause.Note) is { } about ? $"<br><small>{Text(about)}</small>" : "")
                .Append("</td><td>").Append(Text(FfnIds.Warehouse(row.WarehouseId)!.City)).Append("</td>").Append(Signed(row.Delta.Available)).Append(Signed(row.Delta.Reserved)).Append("<td class=\"n\">").Append(row.Version).Append("</td></tr>");
        }

        html.Append("</tbody></table></div></section>");
    }

    private static readonly (string Name, Func<Amounts, decimal> Of)[] Buckets =
        [("Available", a => a.Available), ("Reserved", a => a.Reserved), ("Blocked", a => a.Blocked), ("Announced", a => a.Announced)];

    private sealed record PageField(string Name, string Label, Func<ProductData, string> Read, bool IsNumber = false, bool IsLong = false);

    private static readonly PageField[] Fields =
    [
        new("name", "Name", d => d.Name ?? "", IsLong: true),
        new("merchantSku", "SKU of the merchant", d => d.MerchantSku ?? ""),
        new("identifier.ean", "EAN", d => d.Identifier?.Ean ?? ""),
        new("manufacturer", "Manufacturer", d => d.Manufacturer ?? ""),
        new("originCountry", "Country of origin", d => d.OriginCountry ?? ""),
        new("specifications.taric", "Customs code (TARIC)", d => d.Specifications?.Taric ?? ""),
        new("weight", "Weight, kg", d => Plain(d.Weight), IsNumber: true),
        new("dimensions.length", "Length, m", d => Plain(d.Dimensions?.Length), IsNumber: true),
        new("dimensions.width", "Width, m", d => Plain(d.Dimensions?.Width), IsNumber: true),
        new("dimensions.height", "Height, m", d => Plain(d.Dimensions?.Height), IsNumber: true),
        new("note", "Note for the warehouse", d => d.Note ?? "", IsLong: true),
    ];

    private static decimal? Amount(string typed) => decimal.TryParse(typed.Trim().Replace(',', '.'), out var amount) ? amount : null;

    private static string Plain(decimal? value) => value?.ToString("0.######") ?? "";

    private static string Number(decimal value) => $"<td class=\"n\">{Plain(value)}</td>";

    private static string Signed(decimal value) => $"<td class=\"n\">{(value == 0 ? "" : value.ToString("+0.######;−0.######"))}</td>";

    private static IResult Html(string title, string body) => Results.Content(HtmlPage.Render(title, Banner, body), "text/html; charset=utf-8");

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
