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
    /// The origin says a new count. What it fell by accounts for reservations of that warehouse, oldest first; a rise accounts for none. An older row than
    /// the known one changes nothing.
    /// </summary>
    public static StockLedger SetLevel(StockLedger ledger, StockLevel level)
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

            level = level with { Row = level.Row ?? known.Row };

            var released = Release(ledger.Reservations, level.Variant, level.Warehouse, known.Available - level.Available);
            return ledger with { Levels = ledger.Levels.SetItem(i, level), Reservations = released };
        }

        return ledger with { Levels = ledger.Levels.Add(level) };
    }

    private static ImmutableArray<ProvisionalReservation> Release(ImmutableArray<ProvisionalReservation> reservations, VariantId variant, string warehouse, decimal fallen)
    {
        if (fallen <= 0 || reservations.IsEmpty)
        {
            return reservations;
        }

        var rest = ImmutableArray.CreateBuilder<ProvisionalReservation>(reservations.Length);
        foreach (var reservation in reservations)
        {
            if (fallen <= 0 || reservation.Variant != variant || !string.Equals(reservation.Warehouse, warehouse, StringComparison.Ordinal))
            {
                rest.Add(reservation);
                continue;
            }

            var taken = Math.Min(fallen, reservation.Quantity);
            fallen -= taken;
            if (taken < reservation.Quantity)
            {
                rest.Add(reservation with { Quantity = reservation.Quantity - taken });
            }
        }

        return rest.ToImmutable();
    }

    /// <summary>Marks reservations that nothing explained within the tenant's lifetime: listed as discrepancies, still subtracted.</summary>
    public static ProductState Overdue(DateTimeOffset now, TenantPolicy policy, ProductState product)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(product);
        var reservations = product.Stock.Reservations;
        for (var i = 0; i < reservations.Length; i++)
        {
            if (!reservations[i].Overdue && now - reservations[i].HeardAt >= policy.ReservationLifetime)
            {
                reservations = reservations.SetItem(i, reservations[i] with { Overdue = true });
            }
        }

        return reservations == product.Stock.Reservations ? product : product with { Stock = product.Stock with { Reservations = reservations } };
    }

    /// <summary>When the next reservation becomes overdue; null = none will.</summary>
    public static DateTimeOffset? NextOverdue(TenantPolicy policy, ProductState product)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(product);
        DateTimeOffset? next = null;
        foreach (var reservation in product.Stock.Reservations)
        {
            var at = reservation.HeardAt + policy.ReservationLifetime;
            next = reservation.Overdue || at >= next ? next : at;
        }

        return next;
    }

    /// <summary>
    /// A person or an order explains a reservation. Sold: the hub's own count takes it over, targets stay. Not sold: it is given back, which counts as a word
    /// of the stock's origin, because only that may raise a channel's count.
    /// </summary>
    public static ProductState Explain(DateTimeOffset now, TenantPolicy policy, ProductState product, ChannelId channel, string key, bool wasSold)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(product);
        var stock = product.Stock;
        // One sale may stand in several rows: one per warehouse that it was spread over.
        foreach (var reservation in product.Stock.Reservations)
        {
            if (reservation.Channel != channel || !string.Equals(reservation.Key, key, StringComparison.Ordinal))
            {
                continue;
            }

            stock = stock with { Reservations = stock.Reservations.Remove(reservation) };
            for (var i = 0; i < stock.Levels.Length; i++)
            {
                var level = stock.Levels[i];
                if (level.Variant == reservation.Variant && string.Equals(level.Warehouse, reservation.Warehouse, StringComparison.Ordinal))
                {
                    var isHubStock = policy.StockOrigin == TenantPolicy.HubStockOrigin;
                    stock = stock with
                    {
                        Levels = stock.Levels.SetItem(i, level with
                        {
                            Available = wasSold && isHubStock ? level.Available - reservation.Quantity : level.Available,
                            Version = isHubStock ? Stamp.Max(Stamp.At(now), level.Version.Next) : level.Version.Next,
                        }),
                    };
                }
            }
        }

        return stock == product.Stock ? product : product with { Stock = stock, UpdatedAt = now };
    }
}
