using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Stock;

/// <summary>
/// Which sales are pending: heard of, and not in the origin's count yet. Falls of a channel's count and lines of its orders are two witnesses of the same
/// sales and are kept apart; what is pending is worked out from all of them each time, so that it does not depend on the order in which they arrive.
/// <list type="number">
/// <item>A line and a fall of the same channel and variant are one sale where the time of the fall (between the two versions that show it) and that of the line
/// (from when it was placed to when it was paid, since a shop may take it off at either) meet, give or take <see cref="Slack"/>. As many as possible are
/// matched, those that fit exactly before others. A line that was cancelled explains only falls that were seen before the cancel, because the channel puts
/// its count back with it; the earliest cancel comes first.</item>
/// <item>What no line explains of a fall, and what no fall shows of a line, are sales by themselves.</item>
/// <item>A cancel gives back what is pending of its line when it happens: what the origin accounted for before, the origin will give back itself.</item>
/// <item>A fall of the origin's count accounts for the oldest sales at that warehouse that were heard of before it, or ordered before it though heard of
/// afterwards: what the origin's count fell by and nothing else explains is how an order is known to be in it; its time alone does not tell. An order from
/// before the origin's first count is in that one.</item>
/// <item>A line that is not known and was placed more than <see cref="Memory"/> ago reserves nothing: it may have been settled and forgotten. The channel's
/// falling count tells of it all the same.</item>
/// </list>
/// </summary>
public static class StockSales
{
    /// <summary>How long what is settled is remembered, so that a late word of it is recognised.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(48);
    /// <summary>How far the count of a channel may lag behind its orders, or lead them.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);
    /// <summary>Settled rows of each kind that are remembered per variant; older ones are forgotten before <see cref="Memory"/> is over.</summary>
    public const int MaxRemembered = 64;
    /// <summary>Lines of a product that may be known; a further one is left to the fall of its channel's count.</summary>
    public const int MaxLines = 1_000;
    /// <summary>Falls of a variant that may be known; beyond it the two oldest of a channel become one.</summary>
    public const int MaxFalls = 1_000;

    internal static decimal Sum(ImmutableArray<WarehouseShare> shares)
    {
        decimal sum = 0;
        foreach (var share in shares)
        {
            sum += share.Quantity;
        }

        return sum;
    }

    /// <summary>
    /// Works out anew what is pending. Where that is less than before although the origin did not just say so, the level's version moves: only a word of the
    /// stock's origin may raise a channel's count, and what is given back is one.
    /// </summary>
    /// <param name="now">Hub clock.</param>
    /// <param name="policy">Who says the stock.</param>
    /// <param name="ledger">With the new fall, line or count.</param>
    /// <param name="isWordOfOrigin">The origin's new count is why: its version has moved already.</param>
    public static StockLedger Recount(DateTimeOffset now, TenantPolicy policy, StockLedger ledger, bool isWordOfOrigin = false)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(ledger);
        var variants = ledger.Falls.Select(fall => fall.Variant).Concat(ledger.Orders.Select(line => line.Variant))
            .Concat(ledger.Accounted.Select(fall => fall.Variant)).Distinct().ToArray();
        var pending = ImmutableArray.CreateBuilder<ProvisionalReservation>(ledger.Reservations.Length + 1);
        var next = ledger;
        foreach (var variant in variants)
        {
            var count = new SaleCount(variant, ledger);
            if (policy.StockOrigin == TenantPolicy.HubStockOrigin)
            {
                // Nobody else will count them, and a cancel is not to be expected any more.
                foreach (var (warehouse, quantity) in count.TakeOrdersBefore(Stamp.At(now - Memory)))
                {
                    next = TakeOver(now, next, variant, warehouse, quantity);
                }
            }

            count.AddPendingTo(pending);
            next = count.Forget(next, Stamp.At(now - Memory));
        }

        next = next with { Reservations = pending.ToImmutable() };
        return isWordOfOrigin ? next : WithVersions(ledger.Reservations, next);
    }

    /// <summary>The hub's own count takes a sale over: what channels are told stays.</summary>
    internal static StockLedger TakeOver(DateTimeOffset now, StockLedger ledger, VariantId variant, string warehouse, decimal quantity)
    {
        for (var i = 0; i < ledger.Levels.Length; i++)
        {
            var level = ledger.Levels[i];
            if (level.Variant == variant && string.Equals(level.Warehouse, warehouse, StringComparison.Ordinal))
            {
                var taken = level with { Available = level.Available - quantity, Version = Stamp.Max(Stamp.At(now), level.Version.Next) };
                return ledger with { Levels = ledger.Levels.SetItem(i, taken) };
            }
        }

        return ledger;
    }

    private static StockLedger WithVersions(ImmutableArray<ProvisionalReservation> before, StockLedger ledger)
    {
        for (var i = 0; i < ledger.Levels.Length; i++)
        {
            var level = ledger.Levels[i];
            if (PendingAt(ledger.Reservations, level) < PendingAt(before, level))
            {
                ledger = ledger with { Levels = ledger.Levels.SetItem(i, level with { Version = level.Version.Next }) };
            }
        }

        return ledger;
    }

    private static decimal PendingAt(ImmutableArray<ProvisionalReservation> reservations, StockLevel level)
    {
        decimal sum = 0;
        foreach (var reservation in reservations)
        {
            sum += reservation.Variant == level.Variant && string.Equals(reservation.Warehouse, level.Warehouse, StringComparison.Ordinal) ? reservation.Quantity : 0;
        }

        return sum;
    }

    /// <summary>A version of a channel on the hub's clock, and never after we heard of it.</summary>
    internal static Stamp OnHubClock(Stamp version, TimeSpan offset, DateTimeOffset heardAt)
    {
        var shifted = version.Plus(-offset);
        var heard = Stamp.At(heardAt);
        return shifted > heard ? heard : shifted;
    }
}
