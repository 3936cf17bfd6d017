using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Stock;

/// <summary>What a location should count, and the source time of the stock that says so.</summary>
public readonly record struct StockTarget(decimal Quantity, Stamp Source);

/// <summary>Rules of counts: a storefront's count is never a claim but a sale heard early (reconcile.md section 7).</summary>
public static class StockRules
{
    /// <summary>floor(available − pending − buffer), at least 0, at most the channel's cap; null where the hub knows no count.</summary>
    public static StockTarget? Target(StockLedger ledger, VariantId variant, ChannelLocation location, ChannelProfile channel)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(location);
        ArgumentNullException.ThrowIfNull(channel);
        decimal sum = 0;
        var source = Stamp.Zero;
        var isKnown = false;
        foreach (var level in ledger.Levels)
        {
            if (level.Variant == variant && Covers(location, level.Warehouse))
            {
                sum += level.Available;
                source = Stamp.Max(source, level.Version);
                isKnown = true;
            }
        }

        if (!isKnown)
        {
            return null;
        }

        foreach (var reservation in ledger.Reservations)
        {
            if (reservation.Variant == variant && Covers(location, reservation.Warehouse))
            {
                sum -= reservation.Quantity;
            }
        }

        return new StockTarget(Math.Clamp(decimal.Floor(sum - channel.StockBuffer), 0, Math.Max(0, channel.StockCap)), source);
    }

    public static bool Covers(ChannelLocation location, string warehouse)
    {
        ArgumentNullException.ThrowIfNull(location);
        return location.Warehouses.IsDefaultOrEmpty || location.Warehouses.Contains(warehouse, StringComparer.Ordinal);
    }

    /// <summary>The hub warehouse that a location's sales are counted against: its first, else the location itself.</summary>
    public static string WarehouseOf(ChannelProfile channel, string locationId)
    {
        ArgumentNullException.ThrowIfNull(channel);
        foreach (var location in channel.Locations)
        {
            if (string.Equals(location.LocationId, locationId, StringComparison.Ordinal))
            {
                return location.Warehouses.IsDefaultOrEmpty ? locationId : location.Warehouses[0];
            }
        }

        return locationId;
    }

    /// <summary>
    /// Spreads a sale at a location over the warehouses that it stands for and that hold the variant: the one with most left first. A channel with one figure
    /// sells from all of them, and each channel's target must see it. What no warehouse can cover goes to the first, so that nothing is forgotten.
    /// </summary>
    public static ImmutableArray<(string Warehouse, decimal Quantity)> Allocate(
        StockLedger ledger, VariantId variant, ChannelProfile channel, string locationId, decimal quantity)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(channel);
        ChannelLocation? location = null;
        foreach (var candidate in channel.Locations)
        {
            location = string.Equals(candidate.LocationId, locationId, StringComparison.Ordinal) ? candidate : location;
        }

        var held = new List<(string Warehouse, decimal Left)>();
        foreach (var level in ledger.Levels)
        {
            if (level.Variant == variant && (location is null ? string.Equals(level.Warehouse, locationId, StringComparison.Ordinal) : Covers(location, level.Warehouse)))
            {
                held.Add((level.Warehouse, level.Available - Pending(ledger, variant, level.Warehouse)));
            }
        }

        if (held.Count == 0)
        {
            return [(WarehouseOf(channel, locationId), quantity)];
        }

        held.Sort((left, right) => left.Left != right.Left ? right.Left.CompareTo(left.Left) : string.CompareOrdinal(left.Warehouse, right.Warehouse));
        var shares = ImmutableArray.CreateBuilder<(string Warehouse, decimal Quantity)>(held.Count);
        var rest = quantity;
        foreach (var (warehouse, left) in held)
        {
            var share = Math.Min(rest, Math.Max(0, left));
            rest -= share;
            if (share > 0 || shares.Count == 0)
            {
                shares.Add((warehouse, share));
            }
        }

        shares[0] = shares[0] with { Quantity = shares[0].Quantity + rest };
        return shares.ToImmutable();
    }

    private static decimal Pending(StockLedger ledger, VariantId variant, string warehouse)
    {
        decimal sum = 0;
        foreach (var reservation in ledger.Reservations)
        {
            sum += reservation.Variant == variant && string.Equals(reservation.Warehouse, warehouse, StringComparison.Ordinal) ? reservation.Quantity : 0;
        }

        return sum;
    }

    /// <summary>
    /// The origin says a new count. What it fell by accounts for sales of that warehouse, oldest first (<see cref="StockSales"/>); a rise accounts for none. An
    /// older row than the known one changes nothing.
    /// </summary>
    public static StockLedger SetLevel(DateTimeOffset now, TenantPolicy policy, StockLedger ledger, StockLevel level)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(level);
        for (var i = 0; i < ledger.Levels.Length; i++)
        {
            var known = ledger.Levels[i];
            if (known.Variant != level.Variant || !string.Equals(known.Warehouse, level.Warehouse, StringComparison.Ordinal))
            {
                continue;
            }

            if (level.Row is { } row && known.Row is { } last ? row <= last : level.Version <= known.Version)
            {
                return ledger;
            }

            var next = ledger with { Levels = ledger.Levels.SetItem(i, level with { Row = level.Row ?? known.Row, Since = known.Since }) };
            return level.Available < known.Available
                ? StockSales.Recount(now, policy, next with
                {
                    Accounted = next.Accounted.Add(new OriginFall(level.Variant, level.Warehouse, known.Available - level.Available, Stamp.At(now), next.NextNumber)),
                    NextNumber = next.NextNumber + 1,
                }, isWordOfOrigin: true)
                : next;
        }

        return ledger with { Levels = ledger.Levels.Add(level with { Since = Stamp.At(now) }) };
    }

    /// <summary>
    /// From when on a reservation that nothing accounts for is listed as a discrepancy; it stays subtracted. Where the hub itself says the stock, an order
    /// explains the sale: there is nobody else who would count it.
    /// </summary>
    public static DateTimeOffset? OverdueAt(TenantPolicy policy, ProvisionalReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(reservation);
        return reservation.Order is not null && policy.StockOrigin == TenantPolicy.HubStockOrigin ? null : reservation.HeardAt + policy.ReservationLifetime;
    }

    /// <summary>
    /// What the channel has taken off already for orders of its own that its count, as we know it, does not show yet: those placed at or after
    /// <paramref name="counted"/>.
    /// </summary>
    public static decimal TakenUnseen(StockLedger ledger, VariantId variant, ChannelLocation location, ChannelId channel, Stamp counted)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        decimal sum = 0;
        foreach (var reservation in ledger.Reservations)
        {
            if (reservation.Variant == variant && reservation.Channel == channel && reservation.UnseenSince >= counted && Covers(location, reservation.Warehouse))
            {
                sum += reservation.Quantity;
            }
        }

        return sum;
    }

    /// <summary>
    /// A person explains a reservation. Sold: the hub's own count takes it over, targets stay. Not sold: it is given back, which counts as a word of the
    /// stock's origin, because only that may raise a channel's count.
    /// </summary>
    public static ProductState Explain(DateTimeOffset now, TenantPolicy policy, ProductState product, ChannelId channel, string key, bool wasSold)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(product);
        var stock = product.Stock;
        decimal explained = 0;
        // One sale may stand in several rows: one per warehouse that it was spread over.
        foreach (var reservation in product.Stock.Reservations)
        {
            if (reservation.Channel != channel || !string.Equals(reservation.Key, key, StringComparison.Ordinal))
            {
                continue;
            }

            explained += reservation.Quantity;
            if (wasSold && policy.StockOrigin == TenantPolicy.HubStockOrigin)
            {
                stock = StockSales.TakeOver(now, stock, reservation.Variant, reservation.Warehouse, reservation.Quantity);
            }
        }

        if (explained == 0)
        {
            return product;
        }

        stock = stock with
        {
            Falls = [.. stock.Falls.Select(fall => fall.Channel == channel && fall.Key == key ? fall with { Explained = fall.Explained + explained } : fall)],
            Orders = [.. stock.Orders.Select(line => line.Channel == channel && line.Key == key ? line with { Explained = line.Explained + explained } : line)],
        };
        return product with { Stock = StockSales.Recount(now, policy, stock), UpdatedAt = now };
    }
}
