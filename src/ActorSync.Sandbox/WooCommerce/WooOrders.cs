using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Orders of one line: placed by a customer who pays at once, cancelled by the merchant. Called with the shop held.</summary>
public sealed class WooOrders(WooShop shop, WooProductWriter writer)
{
    /// <summary>The order of a sale that has been taken off the count.</summary>
    public string Place(WooProduct product, int quantity)
    {
        var order = new WooOrder
        {
            Id = shop.NextId("post"),
            LineId = shop.NextId("item"),
            Status = "processing",
            ProductId = product.IsVariation ? product.ParentId : product.Id,
            VariationId = product.IsVariation ? product.Id : 0,
            Name = product.Name,
            Sku = product.Sku,
            Price = WooProductWriter.Number(product.RegularPrice),
            Quantity = quantity,
            Created = shop.Now,
            Modified = shop.Now,
        };
        shop.Put(order);
        shop.Raise("order.created", order.Id);
        return order.Id.ToString(CultureInfo.InvariantCulture);
    }

    public CancelResult Cancel(string wanted)
    {
        if (!long.TryParse(wanted, CultureInfo.InvariantCulture, out var id) || shop.Order(id) is not { } order)
        {
            return new CancelResult(Cancelled: false, wanted, $"The site has no order '{wanted}'.");
        }

        if (order.Status == "cancelled")
        {
            return new CancelResult(Cancelled: false, wanted, $"Order '{wanted}' is cancelled already.");
        }

        if (shop.Find(order.VariationId > 0 ? order.VariationId : order.ProductId) is { } product)
        {
            writer.Sell(product, -order.Quantity);
        }

        shop.Put(order with { Status = "cancelled", Modified = shop.Now });
        shop.Raise("order.updated", order.Id);
        return new CancelResult(Cancelled: true, wanted, Problem: null);
    }

    /// <summary>In the shape of wc/v3, with the person and the prices that a real one carries.</summary>
    public static JsonObject Json(WooOrder order, Uri home)
    {
        var total = (order.Price * order.Quantity).ToString("0.00", CultureInfo.InvariantCulture);
        var address = new JsonObject { ["first_name"] = "Bob", ["last_name"] = "Buyer", ["address_1"] = "Example Street 1", ["city"] = "Berlin", ["postcode"] = "10115", ["country"] = "DE" };
        return new JsonObject
        {
            ["id"] = order.Id,
            ["parent_id"] = 0,
            ["status"] = order.Status,
            ["currency"] = "EUR",
            ["version"] = "11.0.1",
            ["prices_include_tax"] = true,
            ["date_created"] = WooShop.LocalDate(order.Created),
            ["date_modified"] = WooShop.LocalDate(order.Modified),
            ["total"] = total,
            ["customer_id"] = 0,
            ["billing"] = new JsonObject { ["email"] = "buyer@example.com", ["phone"] = "0000000000", ["first_name"] = "Bob", ["last_name"] = "Buyer", ["country"] = "DE" },
            ["shipping"] = address,
            ["payment_method"] = "",
            ["customer_note"] = "",
            ["date_completed"] = null,
            ["date_paid"] = WooShop.LocalDate(order.Created),
            ["number"] = order.Id.ToString(CultureInfo.InvariantCulture),
            ["meta_data"] = new JsonArray(),
            ["line_items"] = new JsonArray(new JsonObject
            {
                ["id"] = order.LineId,
                ["name"] = order.Name,
                ["product_id"] = order.ProductId,
                ["variation_id"] = order.VariationId,
                ["quantity"] = order.Quantity,
                ["subtotal"] = total,
                ["total"] = total,
                ["meta_data"] = order.Status == "cancelled" ? new JsonArray() : new JsonArray(new JsonObject { ["key"] = "_reduced_stock", ["value"] = order.Quantity.ToString(CultureInfo.InvariantCulture) }),
                ["sku"] = order.Sku,
                ["price"] = order.Price,
            }),
            ["refunds"] = new JsonArray(),
            ["date_created_gmt"] = WooShop.GmtDate(order.Created),
            ["date_modified_gmt"] = WooShop.GmtDate(order.Modified),
            ["date_completed_gmt"] = null,
            ["date_paid_gmt"] = WooShop.GmtDate(order.Created),
            ["_links"] = new JsonObject { ["self"] = new JsonArray(new JsonObject { ["href"] = $"{home}/wp-json/wc/v3/orders/{order.Id}" }) },
        };
    }
}
