using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>A WooCommerce site at /woo/demo: REST v3, webhooks, and the pages of its merchant.</summary>
public sealed class WooSimulator : ISimulator
{
    public const string ChannelName = "woocommerce";
    private const string Site = "/woo/demo";

    /// <summary>The demo's pair from the README, and two with half the rights for tests.</summary>
    private static readonly WooKey[] Keys = [new("ck_demo", "cs_demo", "read_write"), new("ck_read", "cs_read", "read"), new("ck_write", "cs_write", "write")];

    private readonly SimulatorContext core;
    private readonly WooShop shop;
    private readonly WooProductWriter writer;
    private readonly WooHost host;
    private readonly WooApi api;
    private readonly WooAdminPages pages;
    private readonly WooOrders orders;
    private readonly PictureStore pictures;
    private readonly WooProductJson render;

    public WooSimulator(SimulatorContext context)
    {
        core = context;
        shop = new WooShop(context.Store, context.Clock, new Uri(context.Options.BaseAddress + Site));
        pictures = new PictureStore(context.Options.BaseAddress);
        writer = new WooProductWriter(shop, pictures);
        render = new WooProductJson(shop);
        var webhooks = new WooWebhooks(shop, render, context.Webhooks);
        host = new WooHost(context.Clock);
        api = new WooApi(shop, new WooAuth(Keys, context.Clock), new WooProducts(shop, writer, render, host), new WooTerms(shop, render), webhooks, host, pictures, context.Stats);
        orders = new WooOrders(shop, writer);
        pages = new WooAdminPages(shop, writer, orders, Site);
        if (shop.IsEmpty)
        {
            Seed();
        }

        shop.Raised = webhooks.Announce;
    }

    public string Name => ChannelName;

    public ShopCard Card { get; } = new("WooCommerce demo site", $"{Site}/wp-admin/", $"{Site}/wp-json/wc/v3", "consumer key ck_demo, secret cs_demo (basic auth, query keys or OAuth 1.0a)");

    public IReadOnlyList<string> ApiPaths { get; } = [$"{Site}/wp-json"];

    public ChannelFaults Faults => core.Faults;

    public ChannelStats Stats => core.Stats;

    public int ProductsHeld => shop.ProductsHeld;

    public void Map(WebApplication app)
    {
        // The router folds no slashes, so "wp-json//wc" arrives as it was sent and finds no route, as on the real site.
        app.Map($"{Site}/wp-json/{{**path}}", api.HandleAsync);
        app.Map($"{Site}/index.php", api.HandleAsync);
        app.MapGet($"{Site}/wp-content/uploads/{{year}}/{{month}}/{{file}}", async (string file, CancellationToken cancellationToken) =>
            shop.Do(() => shop.Posts.SelectMany(p => p.Images).FirstOrDefault(i => i.File == file)) is { } image ? await pictures.ServeAsync(image.Origin, cancellationToken) : Results.NotFound());
        app.MapGet($"{Site}/product/{{slug}}", (string slug) =>
            shop.Do(() => shop.Posts.FirstOrDefault(p => !p.IsVariation && p.Slug == slug)) is { } product ? Results.Redirect(pages.EditPath(product.Id)) : Results.NotFound());
        app.MapGet("/_control/woocommerce/host", host.Read);
        app.MapPost("/_control/woocommerce/host", (JsonElement body) => host.Change(body));
        pages.Map(app);
    }

    public ValueTask<SellResult> SellAsync(string sku, int quantity, CancellationToken cancellationToken) => ValueTask.FromResult(shop.Do(() => pages.Sell(shop.BySku(sku), sku, quantity)));

    public ValueTask<CancelResult> CancelOrderAsync(string order, CancellationToken cancellationToken) => ValueTask.FromResult(shop.Do(() => orders.Cancel(order)));

    public ValueTask<EditResult> EditAsync(NeutralEdit edit, CancellationToken cancellationToken) => ValueTask.FromResult(shop.Do(() =>
    {
        try
        {
            return Edit(edit);
        }
        catch (WooRestException refused)
        {
            return EditResult.Refused(refused.Message);
        }
    }));

    public ValueTask<NeutralProduct> CreateAsync(SeedProduct product, CancellationToken cancellationToken) => ValueTask.FromResult(shop.Do(() => Neutral(WooSeeding.Add(shop, writer, product, core.Options.BaseAddress))));

    /// <summary>As after the seventh failure in a row.</summary>
    public ValueTask<int> LoseWebhooksAsync(string? topic, CancellationToken cancellationToken) => ValueTask.FromResult(shop.Do(() =>
    {
        var lost = shop.Webhooks.Where(w => w.Status == "active" && (topic is null || w.Topic == topic)).ToList();
        lost.ForEach(w => shop.Put(w with { Status = "disabled", Modified = shop.Now }));
        return lost.Count;
    }));

    public IReadOnlyList<NeutralProduct> List(int limit, int offset) =>
        shop.Do(() => (IReadOnlyList<NeutralProduct>)[.. shop.Posts.Where(p => !p.IsVariation && p.Status != "trash").OrderBy(p => p.Id).Skip(offset).Take(limit).Select(Neutral)]);

    public NeutralProduct? FindBySku(string sku) => shop.Do(() => OwnerOf(shop.BySku(sku)) is { Status: not "trash" } product ? Neutral(product) : null);

    public void Reset()
    {
        shop.Raised = null;
        host.Reset();
        shop.Clear();
        Seed();
        shop.Raised = api.Announce;
    }

    /// <summary>WooCommerce has no limiter of its own; this is what a host's firewall says.</summary>
    public Task WriteThrottledAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = "1";
        context.Response.ContentType = "text/html; charset=UTF-8";
        return context.Response.WriteAsync("<html><head><title>429 Too Many Requests</title></head><body><h1>Too Many Requests</h1></body></html>", context.RequestAborted);
    }

    public Task WriteServerErrorAsync(HttpContext context) => WooApi.WriteAsync(context, WooApi.Fatal());

    private void Seed() => shop.Do(() =>
    {
        WooSeeding.Fill(shop, writer, core.Catalogue, core.Options.BaseAddress);
        return true;
    });

    private WooProduct? OwnerOf(WooProduct? post) => post is { IsVariation: true } ? shop.Find(post.ParentId) : post;

    private EditResult Edit(NeutralEdit edit)
    {
        var bySku = edit.Sku is { Length: > 0 } sku ? shop.BySku(sku) : null;
        var product = edit.ProductId is { } id && long.TryParse(id, CultureInfo.InvariantCulture, out var number) ? OwnerOf(shop.Find(number)) : OwnerOf(bySku);
        if (product is null)
        {
            return EditResult.Refused(edit.Sku is null ? $"No product has the id '{edit.ProductId}'." : $"No product has the SKU '{edit.Sku}'.");
        }

        if (edit.Delete)
        {
            writer.Trash(product);
            return new EditResult(Product: null, Problem: null);
        }

        if (edit.DeleteVariant)
        {
            if (bySku is not { IsVariation: true })
            {
                return EditResult.Refused($"'{edit.Sku}' is not the SKU of a variation.");
            }

            writer.Erase(bySku);
            return new EditResult(Neutral(writer.UpdateProduct(product, WooBody.Empty)), Problem: null);
        }

        var variations = shop.VariationsOf(product.Id);
        var sellables = variations.Count == 0 ? [product] : bySku is { IsVariation: true } ? [bySku] : variations;
        if (edit.Stock is not null && sellables.Count > 1)
        {
            return EditResult.Refused($"The product has {sellables.Count} variations; name the one whose stock is meant by its sku.");
        }

        foreach (var sellable in sellables)
        {
            var body = WooBody.Sellable(edit, sellable);
            if (body.Count > 0)
            {
                var json = WooBody.Parse(body);
                product = sellable.IsVariation ? product : writer.UpdateProduct(sellable, json);
                if (sellable.IsVariation)
                {
                    writer.UpdateVariation(shop.Find(product.Id)!, sellable, json);
                }
            }
        }

        if (edit.AddImage is not null || edit.RemoveImage is not null || edit.DescribeImage is not null)
        {
            product = shop.Find(product.Id)!;
            var kept = product.Images.Select((image, at) => (image, at)).Where(i => i.at != edit.RemoveImage)
                .Select(i => (System.Text.Json.Nodes.JsonNode)new JsonObject { ["id"] = i.image.Id, ["alt"] = i.at == edit.DescribeImage ? edit.ImageAlt ?? "" : i.image.Alt }).ToList();
            if (edit.AddImage is { } source)
            {
                kept.Insert(Math.Clamp(edit.ImagePosition ?? kept.Count, 0, kept.Count), new JsonObject { ["src"] = source });
            }

            writer.UpdateProduct(product, WooBody.Parse(new JsonObject { ["images"] = new JsonArray([.. kept]) }));
        }

        var shared = WooBody.Product(edit, shop);
        return new EditResult(Neutral(shared.Count > 0 ? writer.UpdateProduct(shop.Find(product.Id)!, WooBody.Parse(shared)) : shop.Find(product.Id)!), Problem: null);
    }

    private NeutralProduct Neutral(WooProduct product)
    {
        var variations = shop.VariationsOf(product.Id).Where(v => v.Status != "trash").ToList();
        return new NeutralProduct
        {
            Id = product.Id.ToString(CultureInfo.InvariantCulture),
            Title = WooProductJson.PlainName(product),
            Description = product.Description,
            Status = product.Status switch { "publish" => "active", "private" or "trash" => "archived", _ => "draft" },
            Vendor = product.BrandIds.Select(shop.Term).FirstOrDefault() is { } brand ? System.Net.WebUtility.HtmlDecode(brand.Name) : null,
            ProductType = product.CategoryIds.Select(shop.Term).FirstOrDefault() is { } category ? System.Net.WebUtility.HtmlDecode(category.Name) : null,
            Tags = [.. product.TagIds.Select(shop.Term).OfType<WooTerm>().Select(t => System.Net.WebUtility.HtmlDecode(t.Name))],
            OptionNames = [.. product.Attributes.Where(a => a.Variation).Select(a => a.Name)],
            ImageCount = product.Images.Count,
            Images = [.. product.Images.Select(render.Address)],
            Variants = product.Type == "variable" ? [.. variations.Select(v => Variant(v, product))] : [Variant(product, product)],
            CreatedAt = product.Created,
            UpdatedAt = product.Modified,
            EditUrl = core.Options.BaseAddress + pages.EditPath(product.Id),
        };
    }

    private static NeutralVariant Variant(WooProduct post, WooProduct product)
    {
        var isOnSale = WooProductJson.IsOnSale(post);
        var regular = post.RegularPrice.Length > 0 ? WooProductWriter.Number(post.RegularPrice) : (decimal?)null;
        return new NeutralVariant
        {
            Id = post.Id.ToString(CultureInfo.InvariantCulture),
            Sku = post.Sku,
            Barcode = post.GlobalUniqueId,
            OptionValues = [.. product.Attributes.Where(a => a.Variation).Select(a => post.Choices.Find(c => c.Name == a.Name)?.Option ?? "")],
            Price = isOnSale ? WooProductWriter.Number(post.SalePrice) : regular,
            CompareAtPrice = isOnSale ? regular : null,
            Stock = post is { ManageStock: true, StockQuantity: { } quantity } ? new Dictionary<string, decimal>(StringComparer.Ordinal) { ["shop"] = (int)quantity } : [],
            UpdatedAt = post.Modified,
        };
    }
}

/// <summary>Turns what a person entered into the bodies that the product writer takes.</summary>
internal static class WooBody
{
    public static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

    public static JsonElement Parse(JsonObject body)
    {
        using var document = JsonDocument.Parse(body.ToJsonString());
        return document.RootElement.Clone();
    }

    public static string Text(decimal price) => price.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Prices, stock, SKU and barcode of one simple product or variation.</summary>
    public static JsonObject Sellable(NeutralEdit edit, WooProduct sellable)
    {
        var body = new JsonObject();
        if (edit.Price is not null || edit.CompareAtPrice is not null || edit.ClearCompareAtPrice)
        {
            var isOnSale = WooProductJson.IsOnSale(sellable);
            var price = edit.Price ?? WooProductWriter.Number(isOnSale ? sellable.SalePrice : sellable.RegularPrice);
            var compareAt = edit.ClearCompareAtPrice ? null : edit.CompareAtPrice ?? (isOnSale ? WooProductWriter.Number(sellable.RegularPrice) : null);
            body["regular_price"] = Text(compareAt > price ? compareAt.Value : price);
            body["sale_price"] = compareAt > price ? Text(price) : "";
        }

        if (edit.Stock is { } stock)
        {
            body["manage_stock"] = true;
            body["stock_quantity"] = stock;
        }

        if (edit.Barcode is not null)
        {
            body["global_unique_id"] = edit.Barcode;
        }

        if (edit.NewSku is not null)
        {
            body["sku"] = edit.NewSku;
        }

        return body;
    }

    /// <summary>What belongs to the product as a whole.</summary>
    public static JsonObject Product(NeutralEdit edit, WooShop shop)
    {
        var body = new JsonObject();
        if (edit.Title is not null)
        {
            body["name"] = edit.Title;
        }

        if (edit.Description is not null)
        {
            body["description"] = edit.Description;
        }

        if (edit.Status is not null)
        {
            body["status"] = edit.Status switch { "active" => "publish", "archived" => "private", _ => "draft" };
        }

        if (edit.Tags is not null)
        {
            body["tags"] = new JsonArray([.. edit.Tags.Select(t => (JsonNode)new JsonObject { ["name"] = t })]);
        }

        if (edit.Vendor is not null)
        {
            body["brands"] = edit.Vendor.Length == 0 ? [] : new JsonArray(new JsonObject { ["id"] = shop.TermNamed(WooShop.Brand, edit.Vendor).Id });
        }

        if (edit.ProductType is not null)
        {
            body["categories"] = edit.ProductType.Length == 0 ? [] : new JsonArray(new JsonObject { ["id"] = shop.TermNamed(WooShop.Category, edit.ProductType).Id });
        }

        return body;
    }
}
