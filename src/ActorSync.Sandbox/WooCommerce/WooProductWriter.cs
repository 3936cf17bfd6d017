using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Applies a request body to a product or variation with the rules of WooCommerce: what is cleaned, derived, ignored and refused.</summary>
public sealed class WooProductWriter(WooShop shop)
{
    private static readonly string[] ImageTypes = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"];
    private static readonly string[] Statuses = ["draft", "pending", "private", "publish", "future", "trash"];

    public WooProduct CreateProduct(JsonElement body)
    {
        var product = new WooProduct { Created = shop.Now, Modified = shop.Now };
        ApplyProduct(product, body, isNew: true);
        if (product.Name.Length == 0)
        {
            product.Name = "Product";
        }

        Store(product, "product.created");
        return product;
    }

    public WooProduct UpdateProduct(WooProduct existing, JsonElement body)
    {
        var product = existing.Clone();
        ApplyProduct(product, body, isNew: false);
        product.Modified = shop.Now;
        Store(product, "product.updated");
        if (product.Status == "trash" && existing.Status != "trash")
        {
            shop.Raise("product.deleted", product.Id);
        }

        return product;
    }

    public WooProduct CreateVariation(WooProduct parent, JsonElement body)
    {
        var variation = new WooProduct { ParentId = parent.Id, Type = "variation", TaxClass = "parent", Created = shop.Now, Modified = shop.Now };
        ApplyVariation(variation, parent, body, isNew: true);
        Store(variation, "product.created");
        Touch(parent);
        return variation;
    }

    public WooProduct UpdateVariation(WooProduct parent, WooProduct existing, JsonElement body)
    {
        var variation = existing.Clone();
        ApplyVariation(variation, parent, body, isNew: false);
        variation.Modified = shop.Now;
        Store(variation, "product.updated");
        Touch(parent);
        return variation;
    }

    /// <summary>To the trash, a parent with its variations; each tells "deleted".</summary>
    public void Trash(WooProduct existing)
    {
        foreach (var variation in shop.VariationsOf(existing.Id).Where(v => v.Status != "trash"))
        {
            Trash(variation);
        }

        var product = existing.Clone();
        product.StatusBeforeTrash = product.Status;
        product.Status = "trash";
        product.Slug += "__trashed";
        product.Modified = shop.Now;
        shop.Put(product);
        shop.Raise("product.deleted", product.Id);
    }

    /// <summary>The admin's "restore": status and slug come back, and so do the variations.</summary>
    public void Restore(WooProduct trashed)
    {
        foreach (var variation in shop.VariationsOf(trashed.Id).Where(v => v.Status == "trash"))
        {
            Restore(variation);
        }

        var product = trashed.Clone();
        product.Status = product.StatusBeforeTrash ?? "draft";
        product.StatusBeforeTrash = null;
        product.Slug = product.Slug.Replace("__trashed", "", StringComparison.Ordinal);
        product.Modified = shop.Now;
        shop.Put(product);
        shop.Raise("product.restored", product.Id);
    }

    /// <summary>Gone for good, with its variations, without a word to anybody.</summary>
    public void Erase(WooProduct product)
    {
        foreach (var variation in shop.VariationsOf(product.Id))
        {
            shop.Remove(variation);
        }

        shop.Remove(product);
    }

    /// <summary>What an order does: the count of whoever manages it falls in one step.</summary>
    public (long? Before, long? After) Sell(WooProduct product, int quantity)
    {
        var keeper = product;
        if (product.IsVariation && !product.ManageStock && shop.Find(product.ParentId) is { ManageStock: true } parent)
        {
            keeper = parent;
        }

        long? before = keeper.ManageStock ? keeper.StockQuantity ?? 0 : null;
        var changed = keeper.Clone();
        if (before is not null)
        {
            changed.StockQuantity = before - quantity;
            DeriveStockStatus(changed);
        }

        changed.TotalSales += quantity;
        changed.Modified = shop.Now;
        shop.Put(changed);
        if (before is not null)
        {
            shop.Raise("product.updated", changed.Id);
        }

        return (before, changed.StockQuantity);
    }

    private void ApplyProduct(WooProduct product, JsonElement body, bool isNew)
    {
        if (Has(body, "type"))
        {
            product.Type = Text(body, "type") is "simple" or "grouped" or "external" or "variable" ? Text(body, "type") : "simple";
        }

        if (Has(body, "name"))
        {
            product.Name = WooText.Name(Text(body, "name"));
        }

        if (Has(body, "short_description"))
        {
            product.ShortDescription = WooText.Content(Text(body, "short_description"));
        }

        if (Has(body, "featured"))
        {
            product.Featured = Flag(body, "featured");
        }

        if (Has(body, "catalog_visibility"))
        {
            product.CatalogVisibility = Text(body, "catalog_visibility");
        }

        ApplyShared(product, body);
        if (Has(body, "manage_stock"))
        {
            product.ManageStock = Flag(body, "manage_stock");
        }

        ApplyStock(product, body);
        if (product.Type != "variable")
        {
            ApplyPrices(product, body);
        }

        if (Has(body, "categories") || isNew)
        {
            product.CategoryIds = KnownTerms(body, "categories", WooShop.Category);
            if (product.CategoryIds.Count == 0)
            {
                product.CategoryIds = [shop.TermNamed(WooShop.Category, "Uncategorized").Id];
            }
        }

        if (Has(body, "brands"))
        {
            product.BrandIds = KnownTerms(body, "brands", WooShop.Brand);
        }

        if (Has(body, "tags"))
        {
            product.TagIds = TagIds(body);
        }

        if (Has(body, "images"))
        {
            product.Images = [.. Items(body, "images").Select((item, index) => Image(product, item, index)).OfType<WooImage>()];
        }

        if (Has(body, "attributes"))
        {
            product.Attributes = [.. Items(body, "attributes").Select(Attribute).OfType<WooAttribute>().OrderBy(a => a.Position)];
        }

        ApplyStatus(product, body);
        ApplyMeta(product, body);
        ApplyIdentity(product, body);
        ApplySlug(product, body);
    }

    private void ApplyVariation(WooProduct variation, WooProduct parent, JsonElement body, bool isNew)
    {
        ApplyShared(variation, body);
        if (Has(body, "manage_stock"))
        {
            variation.ManageStock = Flag(body, "manage_stock");
        }

        ApplyStock(variation, body);
        ApplyPrices(variation, body);
        if (Has(body, "status"))
        {
            variation.Status = Text(body, "status") == "publish" ? "publish" : Text(body, "status") is "draft" or "private" ? "private" : variation.Status;
        }

        if (body.TryGetProperty("image", out var image))
        {
            variation.Images = image.ValueKind == JsonValueKind.Object && Image(variation, image, 0) is { } made ? [made] : [];
        }

        if (Has(body, "attributes"))
        {
            variation.Choices = [.. Items(body, "attributes").Select(item => Choice(parent, item)).OfType<WooChoice>()];
        }

        ApplyMeta(variation, body);
        ApplyIdentity(variation, body);
        if (isNew)
        {
            variation.Slug = WooText.Slug(string.Join(' ', [parent.Name, .. variation.Choices.Select(c => c.Option)]));
        }
    }

    /// <summary>Members that products and variations treat alike.</summary>
    private static void ApplyShared(WooProduct product, JsonElement body)
    {
        if (Has(body, "description"))
        {
            product.Description = WooText.Content(Text(body, "description"));
        }

        if (Has(body, "tax_status"))
        {
            product.TaxStatus = Text(body, "tax_status");
        }

        if (Has(body, "tax_class"))
        {
            var taxClass = Text(body, "tax_class");
            product.TaxClass = taxClass is "reduced-rate" or "zero-rate" || (product.IsVariation && taxClass == "parent") ? taxClass : "";
        }

        if (Has(body, "weight"))
        {
            product.Weight = WooText.Decimal(Text(body, "weight"));
        }

        if (body.TryGetProperty("dimensions", out var size) && size.ValueKind == JsonValueKind.Object)
        {
            product.Length = Has(size, "length") ? WooText.Decimal(Text(size, "length")) : product.Length;
            product.Width = Has(size, "width") ? WooText.Decimal(Text(size, "width")) : product.Width;
            product.Height = Has(size, "height") ? WooText.Decimal(Text(size, "height")) : product.Height;
        }

        if (Has(body, "menu_order"))
        {
            product.MenuOrder = (int)Whole(body, "menu_order");
        }
    }

    private static void ApplyStock(WooProduct product, JsonElement body)
    {
        if (Has(body, "backorders"))
        {
            product.Backorders = Text(body, "backorders") is "no" or "notify" or "yes" ? Text(body, "backorders") : "no";
        }

        if (!product.ManageStock)
        {
            product.StockQuantity = null;
            if (Text(body, "stock_status") is { Length: > 0 } status)
            {
                product.StockStatus = status;
            }

            return;
        }

        if (Has(body, "stock_quantity"))
        {
            product.StockQuantity = Whole(body, "stock_quantity");
        }
        else if (Has(body, "inventory_delta"))
        {
            product.StockQuantity = (product.StockQuantity ?? 0) + Whole(body, "inventory_delta");
        }

        DeriveStockStatus(product);
    }

    private static void DeriveStockStatus(WooProduct product) =>
        product.StockStatus = product.StockQuantity is > 0 ? "instock" : product.StockQuantity is not null && product.Backorders != "no" ? "onbackorder" : "outofstock";

    private static void ApplyPrices(WooProduct product, JsonElement body)
    {
        if (Has(body, "regular_price"))
        {
            product.RegularPrice = WooText.Decimal(Text(body, "regular_price"));
        }

        if (Has(body, "sale_price"))
        {
            product.SalePrice = WooText.Decimal(Text(body, "sale_price"));
        }

        if (product.SalePrice.Length > 0 && Number(product.SalePrice) >= Number(product.RegularPrice))
        {
            product.SalePrice = "";
        }
    }

    public static decimal Number(string price) => decimal.TryParse(price, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private void ApplyStatus(WooProduct product, JsonElement body)
    {
        if (Has(body, "status"))
        {
            var wanted = Text(body, "status");
            wanted = Statuses.Contains(wanted, StringComparer.Ordinal) ? wanted : "draft";
            if (wanted == "trash" && product.Status != "trash")
            {
                product.StatusBeforeTrash = product.Status;
                product.Slug += "__trashed";
                foreach (var variation in shop.VariationsOf(product.Id).Where(v => v.Status != "trash"))
                {
                    Trash(variation);
                }
            }
            else if (wanted != "trash" && product.Status == "trash")
            {
                product.Slug = product.Slug.Replace("__trashed", "", StringComparison.Ordinal);
            }

            product.Status = wanted;
        }

        var createdBefore = WooShop.LocalDate(product.Created)[..10];
        foreach (var member in (string[])["date_created", "date_created_gmt"])
        {
            if (Text(body, member) is { Length: > 0 } text && WooDates.TryParse(text, out var created, out _))
            {
                product.Created = created;
            }
        }

        if (product.Created > shop.Now && product.Status == "publish")
        {
            product.Status = "future";
        }
        else if (product.Status == "future" && product.Created <= shop.Now)
        {
            product.Status = "publish";
        }

        var createdNow = WooShop.LocalDate(product.Created)[..10];
        if (createdNow != createdBefore && product.Status == "publish")
        {
            // WordPress remembers under which dates a published post could be found.
            product.Meta.RemoveAll(m => m.Key == "_wp_old_date" && m.Value?.GetValue<string>() == createdNow);
            product.Meta.Add(new WooMeta(shop.NextId("meta"), "_wp_old_date", createdBefore));
        }
    }

    /// <summary>SKU and GTIN are unique over products, variations and the trash; an owner in the trash is told in other words.</summary>
    private void ApplyIdentity(WooProduct product, JsonElement body)
    {
        var sku = Has(body, "sku") ? WooText.Field(Text(body, "sku")) : MetaText(body, "_sku") ?? product.Sku;
        if (sku.Length > 0 && shop.BySku(sku) is { } owner && owner.Id != product.Id)
        {
            if (owner.Status == "trash")
            {
                throw new WooRestException(400, "woocommerce_rest_product_not_created", $"The product with SKU ({sku}) you are trying to insert is already present in the lookup table");
            }

            throw new WooRestException(400, "product_invalid_sku", "Invalid or duplicated SKU.", new JsonObject { ["resource_id"] = owner.Id, ["unique_sku"] = FreeSku(sku) });
        }

        var gtin = Has(body, "global_unique_id") ? WooText.Gtin(Text(body, "global_unique_id")) : product.GlobalUniqueId;
        if (gtin.Length > 0 && shop.ByGtin(gtin) is { } holder && holder.Id != product.Id)
        {
            throw new WooRestException(400, "product_invalid_global_unique_id", "Invalid or duplicated GTIN, UPC, EAN or ISBN.", new JsonObject { ["resource_id"] = holder.Id });
        }

        product.Sku = sku;
        product.GlobalUniqueId = gtin;
    }

    private string FreeSku(string sku)
    {
        var number = 1;
        while (shop.BySku(string.Create(CultureInfo.InvariantCulture, $"{sku}-{number}")) is not null)
        {
            number++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{sku}-{number}");
    }

    /// <summary>Drafts have no slug until they are published.</summary>
    private void ApplySlug(WooProduct product, JsonElement body)
    {
        if (Text(body, "slug") is { Length: > 0 } wanted)
        {
            product.Slug = shop.UniqueSlug(WooText.Slug(wanted), product.Id);
        }
        else if (product.Slug.Length == 0 && product.Status is not ("draft" or "pending" or "auto-draft"))
        {
            product.Slug = shop.UniqueSlug(WooText.Slug(product.Name), product.Id);
        }
    }

    private List<long> KnownTerms(JsonElement body, string member, string taxonomy) =>
        [.. Items(body, member).Select(item => Whole(item, "id")).Where(id => shop.Term(id)?.Taxonomy == taxonomy).Distinct()];

    private List<long> TagIds(JsonElement body)
    {
        var ids = new List<long>();
        foreach (var item in Items(body, "tags"))
        {
            if (Whole(item, "id") is > 0 and var id)
            {
                if (shop.Term(id)?.Taxonomy == WooShop.Tag)
                {
                    ids.Add(id);
                }
            }
            else if (Text(item, "name").Trim() is { Length: > 0 } name)
            {
                ids.Add(shop.TermNamed(WooShop.Tag, name).Id);
            }
        }

        return [.. ids.Distinct()];
    }

    private WooAttribute? Attribute(JsonElement item, int index)
    {
        var position = Has(item, "position") ? (int)Whole(item, "position") : index;
        var options = Items(item, "options").Select(Raw).Select(WooText.Field).Where(o => o.Length > 0).ToList();
        if (Whole(item, "id") is > 0 and var id)
        {
            if (shop.Attribute(id) is not { } global)
            {
                return null;
            }

            options = [.. options.Select(o => shop.TermNamed(global.Slug, o).Name)];
            return new WooAttribute(id, global.Name, position, Flag(item, "visible"), Flag(item, "variation"), options);
        }

        var name = WooText.Field(Text(item, "name"));
        return name.Length == 0 ? null : new WooAttribute(0, name, position, Flag(item, "visible"), Flag(item, "variation"), options);
    }

    /// <summary>Only attributes that the parent offers for variations are kept; whether it lists the option is not asked.</summary>
    private WooChoice? Choice(WooProduct parent, JsonElement item)
    {
        var id = Whole(item, "id");
        var name = WooText.Field(Text(item, "name"));
        var attribute = parent.Attributes.Find(a => a.Variation && (id > 0 ? a.Id == id : string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase)));
        var option = WooText.Field(Text(item, "option"));
        if (attribute is null || option.Length == 0)
        {
            return null;
        }

        if (attribute.Id > 0 && shop.Attribute(attribute.Id) is { } global)
        {
            option = shop.FindTerm(global.Slug, WooText.Name(option))?.Name ?? WooText.Slug(option);
        }

        return new WooChoice(attribute.Id, attribute.Name, option);
    }

    /// <summary>By id it is kept, by address it is a new attachment each time; nothing is downloaded.</summary>
    private WooImage? Image(WooProduct product, JsonElement item, int index)
    {
        if (Whole(item, "id") is > 0 and var id)
        {
            var held = product.Images.Find(i => i.Id == id) ?? shop.Posts.SelectMany(p => p.Images).FirstOrDefault(i => i.Id == id);
            return held is null ? null : held with
            {
                Name = Has(item, "name") ? WooText.Field(Text(item, "name")) : held.Name,
                Alt = Has(item, "alt") ? WooText.Field(Text(item, "alt")) : held.Alt,
            };
        }

        var source = Text(item, "src");
        if (source.Length == 0)
        {
            return null;
        }

        if (!Uri.TryCreate(source, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new WooRestException(400, "woocommerce_product_image_upload_error", $"Invalid URL {source}.");
        }

        var file = Path.GetFileName(address.AbsolutePath);
        if (!ImageTypes.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
        {
            throw new WooRestException(400, "woocommerce_product_image_upload_error", "Invalid image: Sorry, you are not allowed to upload this file type.");
        }

        var taken = shop.Posts.SelectMany(p => p.Images).Select(i => i.File).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var free = file;
        for (var number = 1; taken.Contains(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(file)}-{number}{Path.GetExtension(file)}");
        }

        var name = Text(item, "name") is { Length: > 0 } given ? WooText.Field(given) : free;
        return new WooImage(shop.NextId("post"), free, name, WooText.Field(Text(item, "alt")), source, shop.Now, shop.Now);
    }

    private void ApplyMeta(WooProduct product, JsonElement body)
    {
        foreach (var item in Items(body, "meta_data"))
        {
            var key = Text(item, "key");
            var value = item.TryGetProperty("value", out var sent) ? sent : default;
            if (key is "_sku" or "_price" or "_regular_price" or "_sale_price")
            {
                continue;
            }

            if (key == "_stock")
            {
                product.StockQuantity = product.ManageStock ? Whole(item, "value") : null;
                DeriveStockStatus(product);
                continue;
            }

            var id = Whole(item, "id");
            var at = id > 0 ? product.Meta.FindIndex(m => m.Id == id) : product.Meta.FindIndex(m => string.Equals(m.Key, key, StringComparison.Ordinal));
            if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            {
                if (at >= 0)
                {
                    product.Meta.RemoveAt(at);
                }
            }
            else if (at >= 0)
            {
                product.Meta[at] = product.Meta[at] with { Value = MetaValue(value), Key = key.Length > 0 ? key : product.Meta[at].Key };
            }
            else if (key.Length > 0)
            {
                product.Meta.Add(new WooMeta(shop.NextId("meta"), key, MetaValue(value)));
            }
        }
    }

    /// <summary>Scalars come back as strings; lists and maps stay.</summary>
    private static JsonNode? MetaValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array or JsonValueKind.Object => JsonNode.Parse(value.GetRawText()),
        JsonValueKind.Number when !value.TryGetInt64(out _) => PhpFloat(value.GetDouble()),
        _ => Raw(value),
    };

    /// <summary>PHP prints floats with fourteen digits and a capital E.</summary>
    private static string PhpFloat(double number)
    {
        var text = number.ToString("G14", CultureInfo.InvariantCulture);
        return text;
    }

    private static string? MetaText(JsonElement body, string key)
    {
        foreach (var item in Items(body, "meta_data"))
        {
            if (Text(item, "key") == key)
            {
                return WooText.Field(Text(item, "value"));
            }
        }

        return null;
    }

    private void Store(WooProduct product, string topic)
    {
        if (product.Id == 0)
        {
            product.Id = shop.NextId("post");
        }

        shop.Put(product);
        shop.Raise(topic, product.Id);
    }

    /// <summary>A variation's write moves its parent's date, and tells nobody.</summary>
    private void Touch(WooProduct parent)
    {
        var touched = parent.Clone();
        touched.Modified = shop.Now;
        shop.Put(touched);
    }

    private static bool Has(JsonElement body, string member) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out _);

    /// <summary>Empty for null and for what is not there; numbers as they were written.</summary>
    private static string Text(JsonElement body, string member) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out var value) ? Raw(value) : "";

    private static string Raw(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "1",
        _ => "",
    };

    /// <summary>PHP's intval: the number at the start of the text, else 0.</summary>
    private static long Whole(JsonElement body, string member)
    {
        var text = Text(body, member).Trim();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (long)number : 0;
    }

    private static bool Flag(JsonElement body, string member) => Text(body, member).ToUpperInvariant() is "1" or "TRUE" or "YES";

    private static IEnumerable<JsonElement> Items(JsonElement body, string member) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
