using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// Orders in hub terms (contract section 10). The shop takes a line off its count when the order's status becomes one of <see cref="Taking"/>, and puts it back
/// in one of <see cref="Giving"/>; other states, a shop's own among them, say nothing. Pure.
/// </summary>
internal static class WooOrders
{
    /// <summary>All that is kept of an order: nothing of who bought, where it goes or what it cost.</summary>
    public static readonly ImmutableArray<string> Kept =
    [
        "id", "status", "date_created_gmt", "date_modified_gmt", "date_paid_gmt",
        "line_items.id", "line_items.product_id", "line_items.variation_id", "line_items.sku", "line_items.quantity",
    ];

    private static readonly string[] Taking = ["processing", "on-hold", "completed"];
    private static readonly string[] Giving = ["pending", "failed", "cancelled", "refunded"];

    public static ImmutableArray<ObservedOrderLine> Lines(JsonElement order)
    {
        var status = WooMapper.Text(order, "status") ?? "";
        var isTaken = Taking.Contains(status, StringComparer.Ordinal);
        if ((!isTaken && !Giving.Contains(status, StringComparer.Ordinal)) || WooMapper.Gmt(order, "date_created_gmt") is not { } placed)
        {
            return [];
        }

        var paid = WooMapper.Gmt(order, "date_paid_gmt");
        var lines = ImmutableArray.CreateBuilder<ObservedOrderLine>();
        foreach (var item in WooMapper.List(order, "line_items") ?? [])
        {
            // Of a product that was deleted the line keeps no id.
            var product = WooMapper.Number(item, "product_id");
            if (product == 0)
            {
                continue;
            }

            var variation = WooMapper.Number(item, "variation_id");
            var quantity = item.TryGetProperty("quantity", out var told) ? WooMapper.Lenient(told) ?? 0 : 0;
            lines.Add(new ObservedOrderLine
            {
                Order = WooMapper.Id(order),
                Line = WooMapper.Id(item),
                Product = Text(product),
                Variant = Text(variation > 0 ? variation : product),
                Sku = WooMapper.Text(item, "sku"),
                // An order that was given up before it was paid need never have been taken off.
                Quantity = isTaken || paid is not null ? quantity : 0,
                Left = isTaken ? quantity : 0,
                PlacedAt = Stamp.At(placed),
                Version = WooMapper.Version(order),
                PaidAt = paid is { } at ? Stamp.At(at) : null,
            });
        }

        return lines.ToImmutable();
    }

    private static string Text(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
