using ActorSync.Domain.Stock;

namespace ActorSync.Web.Stock;

/// <summary>A sale that was heard of and that the stock's origin has not accounted for: subtracted everywhere until it is.</summary>
public sealed record PendingSale
{
    public required string Channel { get; init; }
    /// <summary>Names it at its product: what POST /api/products/{id}/sales takes.</summary>
    public required string Key { get; init; }
    /// <summary>The order's id at the channel; absent where only the falling count told of it.</summary>
    public string? Order { get; init; }
    public required string Variant { get; init; }
    public required string Label { get; init; }
    public required string Warehouse { get; init; }
    public required decimal Quantity { get; init; }
    public required DateTimeOffset HeardAt { get; init; }
    /// <summary>From then on it is listed for a person; absent = an order explains it, and the hub itself says the stock.</summary>
    public DateTimeOffset? OverdueAt { get; init; }

    public static IReadOnlyList<PendingSale> Of(ProductState product, TenantPolicy policy) =>
    [
        .. product.Stock.Reservations.OrderBy(sale => sale.HeardAt).Select(sale => new PendingSale
        {
            Channel = sale.Channel.Value,
            Key = sale.Key,
            Order = sale.Order,
            Variant = sale.Variant.ToString(),
            Label = product.VariantLabel(sale.Variant),
            Warehouse = sale.Warehouse,
            Quantity = sale.Quantity,
            HeardAt = sale.HeardAt,
            OverdueAt = StockRules.OverdueAt(policy, sale),
        }),
    ];
}

/// <summary>A product with overdue sales.</summary>
public sealed record OverdueProduct(string ProductId, string? Name, DateTimeOffset Since, IReadOnlyList<PendingSale> Sales)
{
    public static OverdueProduct Of(UnaccountedItem item, TenantPolicy policy, DateTimeOffset now) =>
        new(item.Product.Value, item.ProductName, item.Since, [.. PendingSale.Of(item.State, policy).Where(sale => sale.OverdueAt <= now)]);
}
