using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>Lines of an order: sales that may be known before the channel's count shows them (<see cref="StockSales"/>).</summary>
    private void ObserveOrders(Observation seen, in Look look)
    {
        if (!string.Equals(link.ExternalId, seen.Body.ExternalId, StringComparison.Ordinal))
        {
            return;
        }

        foreach (var line in seen.Orders)
        {
            if (VariantOf(line) is { } variant && HearsSales(variant))
            {
                HearOrder(variant, line, look);
            }
        }
    }

    /// <summary>Somebody says the stock of the variant, and it is not this channel.</summary>
    private bool HearsSales(VariantId variant) => policy.StockOrigin is not null && !policy.MaySayStock(Channel.Origin) && HasLevel(variant);

    private VariantId? VariantOf(ObservedOrderLine line)
    {
        foreach (var known in link.Variants)
        {
            if (line.Variant is not null && string.Equals(known.ExternalId, line.Variant, StringComparison.Ordinal))
            {
                return known.Variant;
            }
        }

        // A variant that was removed at the channel is still named by its SKU.
        if (Identity.IdentitySku(line.Sku) is { } sku)
        {
            foreach (var variant in variants)
            {
                if (variant.Exists && Identity.IdentitySku(Winner(new RegisterKey(Fields.Sku, variant.Id))?.Value.Text) == sku)
                {
                    return variant.Id;
                }
            }
        }

        return null;
    }

    private void HearOrder(VariantId variant, ObservedOrderLine line, in Look look)
    {
        var index = -1;
        for (var i = 0; i < stock.Orders.Length; i++)
        {
            var known = stock.Orders[i];
            if (known.Channel == Channel.Id && known.Variant == variant && known.Order == line.Order && known.Line == line.Line)
            {
                index = i;
            }
        }

        if (index < 0 && IsSettledBefore(variant, look.OnHubClock(line.PlacedAt)))
        {
            return;
        }

        var next = index < 0 ? NewLine(variant, line, look) : Newer(stock.Orders[index], line);
        if (index >= 0 && ReferenceEquals(next, stock.Orders[index]))
        {
            return;
        }

        var moved = Recount(variant, index < 0
            ? stock with { Orders = stock.Orders.Add(next), NextNumber = next.Number + 1 }
            : stock with { Orders = stock.Orders.SetItem(index, next) });
        if (moved != 0)
        {
            Log(moved > 0 ? LogAction.Reserved : LogAction.Released, Channel.Origin, new RegisterKey(Fields.Available, variant), null,
                Canonical.Decimal(Math.Abs(moved)), MergeRule.Sale, look.EventId, detail: "order " + line.Order);
        }
    }

    /// <summary>An order that is in the origin's first count, or one that may have been settled and forgotten, or one more than may be known: its fall tells of it.</summary>
    private bool IsSettledBefore(VariantId variant, Stamp placed)
    {
        foreach (var level in stock.Levels)
        {
            if (level.Variant == variant && placed < level.Since)
            {
                return true;
            }
        }

        return placed <= stock.Forgotten || placed <= Stamp.At(now - StockSales.Memory) || stock.Orders.Length >= StockSales.MaxLines;
    }

    private OrderLine NewLine(VariantId variant, ObservedOrderLine line, in Look look)
    {
        var location = Channel.Locations.IsDefaultOrEmpty ? ObservedStock.WholeChannel : Channel.Locations[0].LocationId;
        return new OrderLine
        {
            Variant = variant,
            Channel = Channel.Id,
            Order = line.Order,
            Line = line.Line,
            Shares = Spread(variant, location, line.Quantity),
            Left = line.Left,
            CancelledAt = line.Left < line.Quantity ? line.Version : null,
            PlacedAt = line.PlacedAt,
            TakenBy = Stamp.Max(line.PlacedAt, line.PaidAt ?? line.PlacedAt),
            Version = line.Version,
            Offset = look.Offset,
            HeardAt = now,
            Number = stock.NextNumber,
        };
    }

    /// <summary>The line with what another body of its order shows; the same whatever the order of bodies.</summary>
    private static OrderLine Newer(OrderLine known, ObservedOrderLine line)
    {
        var more = Math.Max(0, line.Quantity - known.Quantity);
        var isNewer = line.Version > known.Version || (line.Version == known.Version && line.Left < known.Left);
        var left = isNewer ? line.Left : known.Left;
        var shows = line.Left == left ? line.Version : known.Version;
        Stamp? cancelled = left == known.Quantity + more ? null
            : left == known.Left && known.CancelledAt is { } before && before < shows ? before
            : shows;
        return more == 0 && !isNewer && cancelled == known.CancelledAt ? known : known with
        {
            Shares = known.Shares.SetItem(0, known.Shares[0] with { Quantity = known.Shares[0].Quantity + more }),
            Version = isNewer ? line.Version : known.Version,
            Left = left,
            CancelledAt = cancelled,
            // Sold only later than it was placed: the channel has taken it off by then.
            TakenBy = known.Left == 0 && left > 0 ? Stamp.Max(known.TakenBy, line.PaidAt ?? line.Version) : known.TakenBy,
        };
    }

    private ImmutableArray<WarehouseShare> Spread(VariantId variant, string location, decimal quantity) =>
        [.. StockRules.Allocate(stock, variant, Channel, location, quantity).Select(share => new WarehouseShare(share.Warehouse, share.Quantity))];

    /// <summary>Works out anew what is pending of the variant; answers by how much that went up.</summary>
    private decimal Recount(VariantId variant, StockLedger heard)
    {
        var before = PendingOf(variant);
        stock = StockSales.Recount(now, policy, heard);
        var moved = PendingOf(variant) - before;
        changedBy = moved == 0 ? changedBy : Channel.Origin;
        return moved;
    }

    private decimal PendingOf(VariantId variant)
    {
        decimal sum = 0;
        foreach (var reservation in stock.Reservations)
        {
            sum += reservation.Variant == variant ? reservation.Quantity : 0;
        }

        return sum;
    }
}
