using System.Globalization;
using System.Text.Json;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <content>Counts and prices: what is derived, ignored and kept from them.</content>
public sealed partial class WooProductWriter
{
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
}
