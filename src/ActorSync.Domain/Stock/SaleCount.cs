using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Stock;

/// <summary>The sales of one variant while they are worked out; the rules are those of <see cref="StockSales"/>. Lives for one call.</summary>
internal sealed class SaleCount
{
    private readonly VariantId variant;
    private readonly List<FallRest> falls;
    private readonly List<OriginFall> accounted;
    private readonly List<Sale> sales = [];

    public SaleCount(VariantId variant, StockLedger ledger)
    {
        this.variant = variant;
        falls =
        [
            .. ledger.Falls.Where(fall => fall.Variant == variant).OrderBy(fall => fall.Until).ThenBy(fall => fall.After).ThenBy(fall => fall.Key, StringComparer.Ordinal)
                .Select(fall => new FallRest(fall)),
        ];
        accounted = [.. ledger.Accounted.Where(fall => fall.Variant == variant).OrderBy(fall => fall.At)];
        var parts = ledger.Orders.Where(line => line.Variant == variant).SelectMany(PartsOf).ToList();
        Match(parts);
        sales.AddRange(parts.Where(part => part.Rest.Count > 0).Select(part => new Sale(null, part.Line, part.CancelledAt, part.Rest)));
        sales.AddRange(falls.Where(fall => fall.Rest.Count > 0).Select(fall => new Sale(fall.Fall, null, null, fall.Rest)));
        sales.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Key, b.Key));
        Explain();
        Account();
    }

    /// <summary>What is pending, a row per order line (or fall without one), warehouse, and whether the channel's count has shown it.</summary>
    public void AddPendingTo(ImmutableArray<ProvisionalReservation>.Builder pending)
    {
        var rows = from sale in sales
                   from share in sale.Left
                   where share.Quantity > 0
                   group (sale, share) by (sale.Channel, sale.Key, share.Warehouse, IsSeen: sale.Fall is not null);
        foreach (var row in rows)
        {
            var line = row.First().sale.Line;
            pending.Add(new ProvisionalReservation
            {
                Variant = variant,
                Warehouse = row.Key.Warehouse,
                Quantity = row.Sum(part => part.share.Quantity),
                Channel = row.Key.Channel,
                Key = row.Key.Key,
                HeardAt = row.Min(part => part.sale.HeardAt),
                Order = line?.Order,
                UnseenSince = row.Key.IsSeen ? null : line?.PlacedAt,
            });
        }
    }

    /// <summary>Takes what is pending of orders up to <paramref name="horizon"/> away, for the hub's own count to take over.</summary>
    public List<WarehouseShare> TakeOrdersBefore(Stamp horizon)
    {
        var taken = new List<WarehouseShare>();
        foreach (var sale in sales.Where(sale => sale.Line is not null && sale.At <= horizon))
        {
            taken.AddRange(sale.Left.Where(share => share.Quantity > 0));
            sale.Left.Clear();
        }

        return taken;
    }

    /// <summary>The ledger without what is settled and old, and with the origin's falls less what those had of them: the rest is worked out as before.</summary>
    public StockLedger Forget(StockLedger ledger, Stamp horizon)
    {
        var limit = Stamp.Max(
            LimitOf(falls.Select(fall => SeenBy(fall.Fall))),
            Stamp.Max(LimitOf(sales.Where(sale => sale.Line is not null).Select(sale => sale.At)), LimitOf(accounted.Select(fall => fall.At))));
        var until = Stamp.Max(horizon, limit);
        var lines = sales.Where(sale => sale.Line is not null).GroupBy(sale => sale.Line!)
            .Where(line => line.All(sale => sale.IsSettled && sale.At <= until)).Select(line => line.Key)
            .Concat(ledger.Orders.Where(line => line.Variant == variant && line.Quantity == 0 && line.PlacedAt <= until))
            .ToHashSet((IEqualityComparer<OrderLine>)ReferenceEqualityComparer.Instance);
        var goneFalls = sales.Where(sale => sale.Fall is not null).GroupBy(sale => sale.Fall!)
            .Where(fall => SeenBy(fall.Key) <= until && fall.All(sale => sale.IsSettled && (sale.Line is null || lines.Contains(sale.Line))))
            .Select(fall => fall.Key).ToHashSet((IEqualityComparer<CountFall>)ReferenceEqualityComparer.Instance);
        if (lines.Count == 0 && goneFalls.Count == 0 && accounted.TrueForAll(fall => fall.At > until) && falls.Count <= StockSales.MaxFalls)
        {
            return ledger;
        }

        return ledger with
        {
            Orders = [.. ledger.Orders.Where(line => !lines.Contains(line))],
            Falls = Bounded(
            [
                .. ledger.Falls.Where(fall => !goneFalls.Contains(fall)).Select(fall => fall.Variant == variant ? WithoutSalesOf(fall, lines) : fall)
                    .Where(fall => !fall.Shares.IsEmpty),
            ]),
            Accounted = [.. ledger.Accounted.Where(fall => fall.Variant != variant), .. StillNeeded(lines, goneFalls, until)],
            Forgotten = Stamp.Max(ledger.Forgotten, limit),
        };
    }

    private static Stamp SeenBy(CountFall fall) => StockSales.OnHubClock(fall.Until, fall.Offset, fall.HeardAt);

    private static IEnumerable<Part> PartsOf(OrderLine line)
    {
        var shares = line.Shares.Where(share => share.Quantity > 0).ToList();
        var left = Take(shares, line.Left);
        if (shares.Count > 0)
        {
            yield return new Part(line, line.CancelledAt, shares);
        }

        if (left.Count > 0)
        {
            yield return new Part(line, null, left);
        }
    }

    /// <summary>
    /// Fall by fall in their order, each takes of the lines that fit it those that fit no later one either: lines fit runs of falls, and so as many as possible
    /// are matched. That matters: what is forgotten must not change what the rest explains.
    /// </summary>
    private void Match(List<Part> parts)
    {
        var last = new Dictionary<Part, int>(parts.Count, ReferenceEqualityComparer.Instance);
        for (var i = 0; i < falls.Count; i++)
        {
            foreach (var part in parts)
            {
                if (Fits(falls[i].Fall, part, StockSales.Slack))
                {
                    last[part] = i;
                }
            }
        }

        var waiting = last.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key.CancelledAt is null).ThenBy(pair => pair.Key.CancelledAt)
            .ThenBy(pair => pair.Key.Line.PlacedAt).ThenBy(pair => pair.Key.Line.Key, StringComparer.Ordinal).ToList();
        for (var i = 0; i < falls.Count; i++)
        {
            var fall = falls[i];
            // Of those that may wait equally long, one whose time is exactly the fall's comes first.
            foreach (var (part, _) in waiting.Where(pair => pair.Value >= i && Fits(fall.Fall, pair.Key, StockSales.Slack))
                .OrderBy(pair => pair.Value).ThenBy(pair => !Fits(fall.Fall, pair.Key, TimeSpan.Zero)).ToList())
            {
                if (fall.Rest.Count == 0)
                {
                    break;
                }

                var shares = Take(fall.Rest, part.Rest.Sum(share => share.Quantity));
                Take(part.Rest, shares.Sum(share => share.Quantity));
                sales.Add(new Sale(fall.Fall, part.Line, part.CancelledAt, shares));
            }

            waiting.RemoveAll(pair => pair.Key.Rest.Count == 0);
        }
    }

    private static bool Fits(CountFall fall, Part part, TimeSpan slack) =>
        fall.Channel == part.Line.Channel
        && part.Line.TakenBy >= fall.After.Plus(-slack)
        && part.Line.PlacedAt <= fall.Until.Plus(slack)
        && (part.CancelledAt is not { } cancelled || fall.Until <= cancelled);

    /// <summary>What a person has explained: of a line, what no fall shows first; of a fall, what no line explained when it was asked.</summary>
    private void Explain()
    {
        foreach (var line in sales.Where(sale => sale.Line is { Explained: > 0 }).GroupBy(sale => sale.Line!))
        {
            TakeOff(line.OrderBy(sale => sale.Fall is not null), line.Key.Explained);
        }

        foreach (var fall in sales.Where(sale => sale.Fall is { Explained: > 0 }).GroupBy(sale => sale.Fall!))
        {
            TakeOff(fall.OrderBy(sale => sale.Line is not null).ThenByDescending(sale => sale.HeardAt), fall.Key.Explained);
        }
    }

    private static void TakeOff(IEnumerable<Sale> from, decimal quantity)
    {
        foreach (var sale in from)
        {
            quantity -= Take(sale.Left, quantity).Sum(share => share.Quantity);
        }
    }

    /// <summary>Cancels and the origin's falls in the order in which they happened.</summary>
    private void Account()
    {
        var cancels = sales.Where(sale => sale.CancelledAt is not null)
            .Select(sale => (At: StockSales.OnHubClock(sale.CancelledAt!.Value, sale.Line!.Offset, DateTimeOffset.MaxValue), Cancel: (Sale?)sale, Origin: -1));
        foreach (var (_, cancel, origin) in cancels.Concat(accounted.Select((fall, i) => (fall.At, (Sale?)null, i))).OrderBy(step => step.At).ToList())
        {
            if (cancel is not null)
            {
                cancel.Left.Clear();
            }
            else
            {
                Account(origin);
            }
        }
    }

    private void Account(int origin)
    {
        var fall = accounted[origin];
        var rest = fall.Quantity;
        foreach (var sale in sales)
        {
            if (!sale.MayBeIn(fall))
            {
                continue;
            }

            for (var i = 0; i < sale.Left.Count && rest > 0; i++)
            {
                if (string.Equals(sale.Left[i].Warehouse, fall.Warehouse, StringComparison.Ordinal))
                {
                    var taken = Math.Min(rest, sale.Left[i].Quantity);
                    rest -= taken;
                    sale.Left[i] = sale.Left[i] with { Quantity = sale.Left[i].Quantity - taken };
                    sale.Taken.Add((origin, taken));
                }
            }
        }
    }

    private CountFall WithoutSalesOf(CountFall fall, HashSet<OrderLine> lines)
    {
        var shares = fall.Shares.ToList();
        foreach (var share in sales.Where(sale => ReferenceEquals(sale.Fall, fall) && sale.Line is not null && lines.Contains(sale.Line)).SelectMany(sale => sale.All))
        {
            var i = shares.FindIndex(own => own.Warehouse == share.Warehouse && own.Quantity >= share.Quantity);
            shares[i] = shares[i] with { Quantity = shares[i].Quantity - share.Quantity };
        }

        return shares.SequenceEqual(fall.Shares) ? fall : fall with { Shares = [.. shares.Where(share => share.Quantity > 0)] };
    }

    private IEnumerable<OriginFall> StillNeeded(HashSet<OrderLine> lines, HashSet<CountFall> goneFalls, Stamp until)
    {
        for (var i = 0; i < accounted.Count; i++)
        {
            decimal gone = 0;
            decimal kept = 0;
            foreach (var sale in sales)
            {
                var taken = sale.Taken.Where(part => part.Origin == i).Sum(part => part.Quantity);
                var isGone = sale.Line is not null ? lines.Contains(sale.Line) : goneFalls.Contains(sale.Fall!);
                (gone, kept) = isGone ? (gone + taken, kept) : (gone, kept + taken);
            }

            var quantity = accounted[i].At <= until ? kept : accounted[i].Quantity - gone;
            if (quantity > 0)
            {
                yield return accounted[i] with { Quantity = quantity };
            }
        }
    }

    private ImmutableArray<CountFall> Bounded(ImmutableArray<CountFall> all)
    {
        while (all.Count(fall => fall.Variant == variant) > StockSales.MaxFalls)
        {
            var oldest = all.Where(fall => fall.Variant == variant).MinBy(fall => fall.Until)!;
            if (all.Where(fall => fall.Variant == variant && fall.Channel == oldest.Channel && fall != oldest).MinBy(fall => fall.Until) is not { } second)
            {
                break;
            }

            all = all.Remove(oldest).Replace(second, second with
            {
                Shares =
                [
                    .. second.Shares.Concat(oldest.Shares).GroupBy(share => share.Warehouse, StringComparer.Ordinal)
                        .Select(group => new WarehouseShare(group.Key, group.Sum(share => share.Quantity))),
                ],
                After = oldest.After < second.After ? oldest.After : second.After,
                HeardAt = oldest.HeardAt,
                Explained = oldest.Explained + second.Explained,
            });
        }

        return all;
    }

    /// <summary>The time up to which rows have to be forgotten, if there are too many: half of what may be remembered stays.</summary>
    private static Stamp LimitOf(IEnumerable<Stamp> times)
    {
        var sorted = times.Order().ToArray();
        return sorted.Length > StockSales.MaxRemembered ? sorted[sorted.Length - (StockSales.MaxRemembered / 2)] : Stamp.Zero;
    }

    /// <summary>Moves a quantity out of the front of a list of shares.</summary>
    private static List<WarehouseShare> Take(List<WarehouseShare> from, decimal quantity)
    {
        var taken = new List<WarehouseShare>();
        while (quantity > 0 && from.Count > 0)
        {
            var part = Math.Min(quantity, from[0].Quantity);
            quantity -= part;
            if (part > 0)
            {
                taken.Add(from[0] with { Quantity = part });
            }

            from[0] = from[0] with { Quantity = from[0].Quantity - part };
            if (from[0].Quantity == 0)
            {
                from.RemoveAt(0);
            }
        }

        return taken;
    }

    private sealed class FallRest(CountFall fall)
    {
        public CountFall Fall { get; } = fall;
        /// <summary>What no line explains.</summary>
        public List<WarehouseShare> Rest { get; } = [.. fall.Shares.Where(share => share.Quantity > 0)];
    }

    /// <summary>What is still ordered of a line, or what was cancelled of it.</summary>
    private sealed class Part(OrderLine line, Stamp? cancelledAt, List<WarehouseShare> shares)
    {
        public OrderLine Line { get; } = line;
        public Stamp? CancelledAt { get; } = cancelledAt;
        /// <summary>What no fall shows.</summary>
        public List<WarehouseShare> Rest { get; } = shares;
    }

    /// <summary>A sale by one fall, by one line, or by both.</summary>
    private sealed class Sale(CountFall? fall, OrderLine? line, Stamp? cancelledAt, List<WarehouseShare> shares)
    {
        public CountFall? Fall { get; } = fall;
        public OrderLine? Line { get; } = line;
        public Stamp? CancelledAt { get; } = cancelledAt;
        public ImmutableArray<WarehouseShare> All { get; } = [.. shares];
        public List<WarehouseShare> Left { get; } = [.. shares];
        /// <summary>By index of the origin's fall.</summary>
        public List<(int Origin, decimal Quantity)> Taken { get; } = [];
        public Stamp At { get; } = line is not null ? StockSales.OnHubClock(line.PlacedAt, line.Offset, line.HeardAt) : SeenBy(fall!);

        public ChannelId Channel => Line?.Channel ?? Fall!.Channel;

        public string Key => Line?.Key ?? Fall!.Key;

        public DateTimeOffset HeardAt => Line is null || (Fall is not null && Fall.HeardAt < Line.HeardAt) ? Fall!.HeardAt : Line.HeardAt;

        /// <summary>It was heard of before, or it was ordered before. A fall that is heard afterwards may be newer than its body says.</summary>
        public bool MayBeIn(OriginFall origin) => Fall?.Number < origin.Number || Line?.Number < origin.Number || (Line is not null && At <= origin.At);

        public bool IsSettled => Left.TrueForAll(share => share.Quantity == 0);
    }
}
