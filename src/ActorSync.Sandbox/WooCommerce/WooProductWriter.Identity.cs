using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <content>SKU, GTIN and meta data, which may hold a SKU as well.</content>
public sealed partial class WooProductWriter
{
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
}
