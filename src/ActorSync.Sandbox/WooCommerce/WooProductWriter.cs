using ActorSync.Sandbox.Core;
using System.Text.Json;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Applies a request body to a product or variation with the rules of WooCommerce: what is cleaned, derived, ignored and refused.</summary>
public sealed partial class WooProductWriter(WooShop shop, PictureStore pictures)
{
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
}
