using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Shopify.Bulk;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Webhook bodies in the REST shape that webhooks still have: snake_case, numeric ids, prices as strings, shop-local times.</summary>
public static class WebhookBody
{
    public const int VariantsShown = 100;
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Finished(BulkOperation operation) => new()
    {
        ["admin_graphql_api_id"] = Gid.Of("BulkOperation", operation.Id),
        ["completed_at"] = operation.CompletedAt is { } completed ? ShopTime.Local(completed) : null,
        ["created_at"] = ShopTime.Local(operation.CreatedAt),
        ["error_code"] = operation.ErrorCode?.ToLowerInvariant(),
        ["status"] = operation.Status.ToLowerInvariant(),
        ["type"] = operation.Type.ToLowerInvariant(),
    };

    public static JsonObject Product(Shop shop, ShopProduct p)
    {
        var images = p.Media.Where(m => shop.StatusOf(m).Status == "READY").Select((m, i) => Image(shop, p, m, i + 1)).ToList();
        return new JsonObject
        {
            ["admin_graphql_api_id"] = Gid.Of("Product", p.Id),
            ["body_html"] = p.DescriptionHtml,
            ["created_at"] = ShopTime.Local(p.CreatedAt),
            ["handle"] = p.Handle,
            ["id"] = p.Id,
            ["product_type"] = p.ProductType,
            ["published_at"] = p.PublishedAt is { } published ? ShopTime.Local(published) : null,
            ["template_suffix"] = p.TemplateSuffix,
            ["title"] = p.Title,
            ["updated_at"] = ShopTime.Local(p.UpdatedAt),
            ["vendor"] = p.Vendor,
            ["status"] = p.Status.ToLowerInvariant(),
            ["published_scope"] = "global",
            ["tags"] = string.Join(", ", p.Tags),
            ["variants"] = new JsonArray([.. p.Variants.Take(VariantsShown).Select((v, i) => Variant(p, v, i + 1))]),
            ["options"] = new JsonArray([.. p.Options.Select((o, i) => new JsonObject
            {
                ["name"] = o.Name,
                ["id"] = o.Id,
                ["product_id"] = p.Id,
                ["position"] = i + 1,
                ["values"] = new JsonArray([.. o.Values.Select(v => JsonValue.Create(v.Name))]),
            })]),
            ["images"] = new JsonArray([.. images]),
            ["image"] = images.Count > 0 ? images[0].DeepClone() : null,
            ["media"] = new JsonArray([.. p.Media.Select((m, i) => Media(shop, p, m, i + 1))]),
            ["variant_gids"] = new JsonArray([.. p.Variants.OrderByDescending(v => v.UpdatedAt).ThenByDescending(v => v.Id).Select(v => new JsonObject
            {
                ["admin_graphql_api_id"] = Gid.Of("ProductVariant", v.Id),
                ["updated_at"] = v.UpdatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            })]),
            ["has_variants_that_requires_components"] = false,
            ["category"] = p.CategoryId is null ? null : new JsonObject { ["admin_graphql_api_id"] = p.CategoryId },
        };
    }

    public static JsonObject Deleted(long id) => new() { ["id"] = id };

    /// <summary>The shop itself, with what a receiver has no business to keep.</summary>
    public static JsonObject Uninstalled() => new()
    {
        ["id"] = 548380009,
        ["name"] = Shop.Name,
        ["email"] = "owner@example.com",
        ["shop_owner"] = "Example Owner",
        ["phone"] = "0000000000",
        ["currency"] = Shop.Currency,
        ["myshopify_domain"] = Shop.Domain,
    };

    public static JsonObject Scopes(DateTimeOffset now, IEnumerable<string> previous, IEnumerable<string> current) => new()
    {
        ["id"] = 1,
        ["shop_id"] = Gid.Of("Shop", 548380009),
        ["previous"] = new JsonArray([.. previous.Select(scope => (JsonNode)scope)]),
        ["current"] = new JsonArray([.. current.Select(scope => (JsonNode)scope)]),
        ["updated_at"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    };

    /// <summary>With the person and the prices that a real one carries.</summary>
    public static JsonObject Order(ShopOrder order) => new()
    {
        ["id"] = order.Id,
        ["admin_graphql_api_id"] = Gid.Of("Order", order.Id),
        ["name"] = string.Create(CultureInfo.InvariantCulture, $"#{order.Id % 10_000}"),
        ["email"] = "buyer@example.com",
        ["currency"] = Shop.Currency,
        ["financial_status"] = order.CancelledAt is null ? "paid" : "voided",
        ["fulfillment_status"] = null,
        ["created_at"] = ShopTime.Local(order.CreatedAt),
        ["updated_at"] = ShopTime.Local(order.UpdatedAt),
        ["cancelled_at"] = order.CancelledAt is { } cancelled ? ShopTime.Local(cancelled) : null,
        ["location_id"] = null,
        ["tags"] = "",
        ["test"] = true,
        ["total_price"] = ShopText.Money(order.Price * order.Quantity),
        ["customer"] = new JsonObject { ["id"] = 207119551, ["email"] = "buyer@example.com", ["first_name"] = "Bob", ["last_name"] = "Buyer" },
        ["shipping_address"] = new JsonObject { ["first_name"] = "Bob", ["last_name"] = "Buyer", ["address1"] = "Example Street 1", ["city"] = "Berlin", ["zip"] = "10115", ["country_code"] = "DE" },
        ["line_items"] = new JsonArray(new JsonObject
        {
            ["id"] = order.LineId,
            ["admin_graphql_api_id"] = Gid.Of("LineItem", order.LineId),
            ["sku"] = order.Sku,
            ["quantity"] = order.Quantity,
            ["current_quantity"] = order.CancelledAt is null ? order.Quantity : 0,
            ["fulfillable_quantity"] = order.CancelledAt is null ? order.Quantity : 0,
            ["price"] = ShopText.Money(order.Price),
            ["product_id"] = order.ProductId,
            ["variant_id"] = order.VariantId,
            ["title"] = order.Title,
            ["taxable"] = true,
            ["requires_shipping"] = true,
        }),
    };

    public static JsonObject Level(ShopVariant v, ShopLevel level) => new()
    {
        ["inventory_item_id"] = v.ItemId,
        ["location_id"] = level.LocationId,
        ["available"] = v.Tracked ? level.Available : null,
        ["updated_at"] = ShopTime.Local(level.UpdatedAt),
        ["admin_graphql_api_id"] = Gid.OfLevel(Shop.Location(level.LocationId)!.LevelNumber, v.ItemId),
    };

    public static JsonObject Item(ShopVariant v) => new()
    {
        ["id"] = v.ItemId,
        ["sku"] = v.Sku,
        ["created_at"] = ShopTime.Local(v.CreatedAt),
        ["updated_at"] = ShopTime.Local(v.ItemUpdatedAt),
        ["requires_shipping"] = v.RequiresShipping,
        ["cost"] = v.Cost is { } cost ? ShopText.Money(cost) : null,
        ["country_code_of_origin"] = v.Country,
        ["province_code_of_origin"] = v.Province,
        ["harmonized_system_code"] = v.HsCode,
        ["tracked"] = v.Tracked,
        ["country_harmonized_system_codes"] = new JsonArray(),
        ["weight_value"] = v.Weight,
        ["weight_unit"] = VariantFields.WeightSign(v.WeightUnit),
        ["admin_graphql_api_id"] = Gid.Of("InventoryItem", v.ItemId),
    };

    /// <summary>The named members only, as dot paths through objects and lists.</summary>
    public static JsonObject Only(JsonObject body, IReadOnlyList<string> fields)
    {
        if (fields.Count == 0)
        {
            return body;
        }

        var kept = new JsonObject();
        foreach (var group in fields.Select(f => f.Split('.', 2)).GroupBy(f => f[0], StringComparer.Ordinal))
        {
            if (!body.TryGetPropertyValue(group.Key, out var value))
            {
                continue;
            }

            List<string> inner = group.Any(f => f.Length == 1) ? [] : [.. group.Select(f => f[1])];
            kept[group.Key] = value switch
            {
                JsonObject child => Only((JsonObject)child.DeepClone(), inner),
                JsonArray list => new JsonArray([.. list.Select(i => i is JsonObject child ? Only((JsonObject)child.DeepClone(), inner) : i?.DeepClone())]),
                _ => value?.DeepClone(),
            };
        }

        return kept;
    }

    /// <summary>The bytes to sign and send. Angle brackets and ampersands are escaped, so bytes change for whoever writes the JSON anew.</summary>
    public static byte[] Bytes(JsonObject body) => Encoding.UTF8.GetBytes(body.ToJsonString(Compact)
        .Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal));

    private static JsonObject Variant(ShopProduct p, ShopVariant v, int position) => new()
    {
        ["admin_graphql_api_id"] = Gid.Of("ProductVariant", v.Id),
        ["barcode"] = v.Barcode,
        ["compare_at_price"] = v.CompareAtPrice is { } was ? ShopText.Money(was) : null,
        ["created_at"] = ShopTime.Local(v.CreatedAt),
        ["id"] = v.Id,
        ["inventory_policy"] = v.Policy.ToLowerInvariant(),
        ["position"] = position,
        ["price"] = ShopText.Money(v.Price),
        ["product_id"] = p.Id,
        ["sku"] = v.Sku,
        ["taxable"] = v.Taxable,
        ["title"] = v.Title,
        ["updated_at"] = ShopTime.Local(v.UpdatedAt),
        ["option1"] = v.Values.ElementAtOrDefault(0),
        ["option2"] = v.Values.ElementAtOrDefault(1),
        ["option3"] = v.Values.ElementAtOrDefault(2),
        ["image_id"] = v.MediaId,
        ["inventory_item_id"] = v.ItemId,
        ["inventory_quantity"] = v.InventoryQuantity,
        ["old_inventory_quantity"] = v.InventoryQuantity,
    };

    private static JsonObject Image(Shop shop, ShopProduct p, ShopMedia m, int position) => new()
    {
        ["id"] = m.Id,
        ["product_id"] = p.Id,
        ["position"] = position,
        ["created_at"] = ShopTime.Local(m.CreatedAt),
        ["updated_at"] = ShopTime.Local(m.CreatedAt),
        ["alt"] = m.Alt.Length == 0 ? null : m.Alt,
        ["width"] = 480,
        ["height"] = 480,
        ["src"] = shop.AddressOf(m),
        ["variant_ids"] = new JsonArray([.. p.Variants.Where(v => v.MediaId == m.Id).Select(v => JsonValue.Create(v.Id))]),
        ["admin_graphql_api_id"] = Gid.Of("ProductImage", m.Id),
    };

    private static JsonObject Media(Shop shop, ShopProduct p, ShopMedia m, int position) => new()
    {
        ["id"] = m.Id,
        ["product_id"] = p.Id,
        ["position"] = position,
        ["created_at"] = ShopTime.Local(m.CreatedAt),
        ["updated_at"] = ShopTime.Local(m.CreatedAt),
        ["alt"] = m.Alt.Length == 0 ? null : m.Alt,
        ["status"] = shop.StatusOf(m).Status,
        ["media_content_type"] = "IMAGE",
        ["preview_image"] = new JsonObject { ["width"] = 480, ["height"] = 480, ["src"] = shop.StatusOf(m).Status == "READY" ? shop.AddressOf(m) : null, ["status"] = shop.StatusOf(m).Status },
        ["variant_ids"] = new JsonArray([.. p.Variants.Where(v => v.MediaId == m.Id).Select(v => JsonValue.Create(v.Id))]),
        ["admin_graphql_api_id"] = Gid.Of("MediaImage", m.Id),
    };
}
