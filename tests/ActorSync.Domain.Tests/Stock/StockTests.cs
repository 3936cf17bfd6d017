using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;
using ActorSync.Domain.Tests.Reconcile;
using CsCheck;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Stock;

public sealed class StockTests
{
    private static readonly RegisterKey Count = new("available", V1, ObservedStock.WholeChannel);

    /// <summary>Two shops that hold what the origin says: 20.</summary>
    private static Lab Filled(string origin = TenantPolicy.HubStockOrigin, decimal buffer = 0)
    {
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = origin, StockSeed = S } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Profiles[W] = lab.Profiles[W] with { StockBuffer = buffer };
        if (origin == "J")
        {
            lab.Read(J, -1000, ("name", "n"), ("stock", "20"));
        }

        lab.Read(S, -1000, ("name", "n"), ("stock", "20"));
        lab.Read(W, -1000, ("name", "n"), ("stock", "20"));
        return lab;
    }

    private static decimal? Target(Lab lab, ChannelId id) => StockRules.Target(lab.Product.Stock, V1, lab.Profiles[id].Locations[0], lab.Profiles[id])?.Quantity;

    [Fact]
    public void Seed_TakesTheFirstCountOfTheNamedChannelOnce()
    {
        var lab = Filled();
        Assert.Equal(20, Assert.Single(lab.Product.Stock.Levels).Available);
        Assert.Empty(lab.Plan(S).Delta);
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "50"));
        Assert.Equal(20, lab.Product.Stock.Levels[0].Available);
        Assert.Equal("20", lab.Planned(S, Count));
    }

    [Fact]
    public void Seed_OfAShopThatIsNotNamed_IsNotTaken_AndItsCountIsReplaced()
    {
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin, StockSeed = S } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Read(W, -1000, ("name", "n"), ("stock", "7"));
        Assert.Empty(lab.Product.Stock.Levels);
        lab.Read(S, -1000, ("name", "n"), ("stock", "10"));
        Assert.Equal("10", lab.Planned(W, Count));
        Assert.Equal("7", lab.Plan(W).Delta.Single().Held!.Value.Text);
    }

    [Fact]
    public void NoStockOrigin_StockIsNeverPushed()
    {
        var lab = Filled();
        lab.Policy = TenantPolicy.Default;
        lab.Clock = 100;
        lab.Webhook(W, 99, ("name", "n"), ("stock", "3"));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Empty(lab.Product.Stock.Reservations);
    }

    [Fact]
    public void Sale_LowersEveryOtherShopAtOnce_AndIsNotPutBack()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        var sale = Assert.Single(lab.Product.Stock.Reservations);
        Assert.Equal(3, sale.Quantity);
        Assert.Equal(S, sale.Channel);
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Equal("17", lab.Planned(W, Count));
        Assert.Equal("20", lab.Plan(W).Delta.Single().Held!.Value.Text);
        Assert.Equal(Lane.Stock, lab.Plan(W).Lane);

        // Delivered again, and by a read: the same sale.
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        lab.Read(S, 99, ("name", "n"), ("stock", "17"));
        Assert.Single(lab.Product.Stock.Reservations);
    }

    [Fact]
    public void Sales_OutOfOrder_AreCountedOnce()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        lab.Webhook(S, 98, ("name", "n"), ("stock", "19"));
        Assert.Equal(3, lab.Product.Stock.Reservations.Sum(r => r.Quantity));
    }

    [Fact]
    public void Sales_SeenAgain_AndThenABodyFromBetween_AreCountedOnce()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(S, 97, ("name", "n"), ("stock", "17"));
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        lab.Webhook(S, 95, ("name", "n"), ("stock", "19"));
        Assert.Equal(3, lab.Product.Stock.Reservations.Sum(r => r.Quantity));
    }

    [Fact]
    public void Sale_CoveredByOurWrite_IsStillHeard()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit { Fields = [], Actor = "ada", Stock = [new StockEdit { Variant = V1, Warehouse = "all", Available = 15 }] }));
        var item = lab.Begin(W);
        lab.Clock = 103;
        lab.Answer(W, item, lab.Body(W, 103, ("name", "n"), ("stock", "15")));
        Assert.Empty(lab.Plan(W).Delta);
        lab.Webhook(W, 101, ("name", "n"), ("stock", "18"));
        Assert.Equal(2, lab.Product.Stock.Reservations.Sum(r => r.Quantity));
        Assert.Equal("13", lab.Planned(W, Count));
    }

    [Fact]
    public void SaleBetweenOurWriteAndItsAnswer_IsHeardAndNotAskedAgain()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit { Fields = [], Actor = "ada", Stock = [new StockEdit { Variant = V1, Warehouse = "all", Available = 15 }] }));
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 101, ("name", "n"), ("stock", "14")));
        Assert.Equal(1, lab.Product.Stock.Reservations.Sum(r => r.Quantity));
        Assert.Empty(lab.Plan(W).Delta);
        Assert.Equal("14", lab.Planned(S, Count));
    }

    [Fact]
    public void UpwardEditAtAShop_IsPutBack()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(W, 99, ("name", "n"), ("stock", "25"));
        Assert.Equal("20", lab.Planned(W, Count));
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Contains(lab.Log, l => l.Rule == MergeRule.StockOrigin && l.Action == LogAction.Refused);
    }

    [Fact]
    public void StaleCompareAndSet_WantsARead_AndSpendsNoAttempt()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit { Fields = [], Actor = "ada", Stock = [new StockEdit { Variant = V1, Warehouse = "all", Available = 15 }] }));
        var item = lab.Begin(S);
        lab.Take(S, Reconciler.Settle(lab.Context(S), lab.Product, lab.Links[S], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = item.PushId,
            Result = PushResult.NotSent,
            StockWasStale = true,
            SentAt = lab.Now,
        }));
        Assert.True(lab.Plan(S).ReadFirst);
        Assert.Equal(0, lab.Links[S].Attempts);
        lab.Clock = 101;
        lab.Read(S, 99, ("name", "n"), ("stock", "19"));
        Assert.Equal("14", lab.Planned(S, Count));
        Assert.False(lab.Plan(S).ReadFirst);
    }

    [Fact]
    public void WarehouseRow_AccountsForSales_OldestFirst_AndOlderRowsChangeNothing()
    {
        var lab = Filled("J");
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "18"));
        lab.Clock = 101;
        lab.Webhook(W, 100, ("name", "n"), ("stock", "19"));
        Assert.Equal(17, Target(lab, S));
        lab.Clock = 200;
        lab.Read(J, 150, ("name", "n"), ("stock", "18"));
        var left = Assert.Single(lab.Product.Stock.Reservations);
        Assert.Equal(W, left.Channel);
        Assert.Equal(17, Target(lab, S));
        lab.Read(J, 140, ("name", "n"), ("stock", "99"));
        Assert.Equal(17, Target(lab, S));
        lab.Clock = 300;
        lab.Read(J, 250, ("name", "n"), ("stock", "17"));
        Assert.Empty(lab.Product.Stock.Reservations);
        Assert.Equal(17, Target(lab, S));
    }

    [Fact]
    public void WarehouseDelivery_RaisesTheShops()
    {
        var lab = Filled("J");
        lab.Clock = 200;
        lab.Read(J, 150, ("name", "n"), ("stock", "30"));
        Assert.Equal("30", lab.Planned(S, Count));
        Assert.Equal("30", lab.Planned(W, Count));
        Assert.DoesNotContain(lab.Plan(J).Delta, d => d.Key.Field == "available");
    }

    [Fact]
    public void HubStockEdit_IsRefusedWhereTheWarehouseSaysTheStock()
    {
        var lab = Filled("J");
        var decision = Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit { Fields = [], Actor = "ada", Stock = [new StockEdit { Variant = V1, Warehouse = "all", Available = 1 }] });
        Assert.Equal(MergeRule.StockOrigin, Assert.Single(decision.Refused).Rule);
        Assert.Same(lab.Product, decision.Product);
    }

    [Fact]
    public void Buffer_Cap_AndFractions_LowerTheTarget_NeverBelowZero()
    {
        var lab = Filled(buffer: 2);
        Assert.Equal(18, Target(lab, W));
        lab.Profiles[W] = lab.Profiles[W] with { StockCap = 5 };
        Assert.Equal(5, Target(lab, W));
        lab.Profiles[W] = lab.Profiles[W] with { StockBuffer = 500 };
        Assert.Equal(0, Target(lab, W));
        lab.Profiles[W] = lab.Profiles[W] with { StockBuffer = 0.5m, StockCap = 100 };
        Assert.Equal(19, Target(lab, W));
    }

    [Fact]
    public void Reservation_NotExplainedInTime_IsListedAndStillSubtracted()
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        var sale = Assert.Single(lab.Product.Stock.Reservations);
        Assert.Equal(lab.Now.AddHours(24), StockRules.OverdueAt(lab.Policy, sale));
        Assert.Null(StockRules.OverdueAt(lab.Policy, sale with { Order = "7" }));
        Assert.Equal(lab.Now.AddHours(24), StockRules.OverdueAt(lab.Policy with { StockOrigin = "J" }, sale with { Order = "7" }));
        lab.Clock += 24 * 3600;
        lab.Webhook(S, (long)lab.Clock, ("name", "n"), ("stock", "17"));
        Assert.Equal(17, Target(lab, W));
    }

    [Theory]
    [InlineData(true, 17, 17)]
    [InlineData(false, 20, 20)]
    public void Reservation_ExplainedByAPerson(bool wasSold, int available, int target)
    {
        var lab = Filled();
        lab.Clock = 100;
        lab.Webhook(S, 99, ("name", "n"), ("stock", "17"));
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 100, ("name", "n"), ("stock", "17")));
        lab.Clock = 200;
        lab.Product = StockRules.Explain(lab.Now, lab.Policy, lab.Product, S, lab.Product.Stock.Reservations[0].Key, wasSold);
        Assert.Empty(lab.Product.Stock.Reservations);
        Assert.Equal(available, lab.Product.Stock.Levels[0].Available);
        Assert.Equal(target, Target(lab, W));
        Assert.Equal(wasSold ? null : "20", lab.Planned(W, Count));
    }

    [Fact]
    public void Locations_CountTheirOwnWarehouses()
    {
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = "l1", Warehouses = ["berlin"] }, new ChannelLocation { LocationId = "l2", Warehouses = ["essen", "bonn"] });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Read(S, -1000, ("name", "n"));
        lab.Read(W, -1000, ("name", "n"));
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit
        {
            Fields = [],
            Actor = "ada",
            Stock = [.. new[] { ("berlin", 5m), ("essen", 3m), ("bonn", 4m) }.Select(w => new StockEdit { Variant = V1, Warehouse = w.Item1, Available = w.Item2 })],
        }));
        Assert.Equal("5", lab.Planned(S, new RegisterKey("available", V1, "l1")));
        Assert.Equal("7", lab.Planned(S, new RegisterKey("available", V1, "l2")));
        Assert.Equal("12", lab.Planned(W, Count));
    }

    /// <summary>Sales in two shops, heard in any order and twice, never raise a count anywhere, and are all accounted for.</summary>
    [Fact]
    public void TwoHundredRandomSales_NeverRaiseAnyShop() => Gen.UInt.Sample(seed => NeverRaises(seed), iter: 60, threads: 2);

    private static bool NeverRaises(uint seed)
    {
        const int Start = 1_000;
        var random = new Histories.Luck(seed);
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin, StockSeed = S } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Read(S, -1000, ("name", "n"), ("stock", "1000"));
        lab.Read(W, -1000, ("name", "n"), ("stock", "1000"));
        var counts = new Dictionary<ChannelId, int> { [S] = Start, [W] = Start };
        var late = new List<(ChannelId Id, long Version, int Count)>();
        var sold = 0;
        for (var i = 0; i < 200; i++)
        {
            lab.Clock += 2;
            var id = random.Percent(50) ? S : W;
            var quantity = 1 + random.Next(3);
            counts[id] -= quantity;
            sold += quantity;
            var body = (id, (long)lab.Clock, counts[id]);
            if (random.Percent(25))
            {
                late.Add(body);
            }
            else
            {
                Deliver(lab, body);
            }

            if (late.Count > 0 && random.Percent(30))
            {
                Deliver(lab, late[0]);
                late.RemoveAt(0);
            }

            if (!PushAll(lab, counts))
            {
                return false;
            }
        }

        foreach (var (id, count) in counts)
        {
            lab.Clock += 60;
            lab.Read(id, (long)lab.Clock, ("name", "n"), ("stock", count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return PushAll(lab, counts) && counts[S] == counts[W] && counts[S] == Start - lab.Product.Stock.Reservations.Sum(r => r.Quantity)
            && lab.Product.Stock.Reservations.Sum(r => r.Quantity) >= sold;
    }

    private static void Deliver(Lab lab, (ChannelId Id, long Version, int Count) body) =>
        lab.Webhook(body.Id, body.Version, ("name", "n"), ("stock", body.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Writes with compare-and-set, as a careful shop offers it. False = a count would have been raised.</summary>
    private static bool PushAll(Lab lab, Dictionary<ChannelId, int> counts)
    {
        foreach (var id in new[] { S, W })
        {
            if (lab.Plan(id).IsEmpty)
            {
                continue;
            }

            lab.Clock += 1;
            var item = lab.Begin(id);
            var planned = item.Delta.Single();
            if (planned.Held!.Value.ToDecimal() != counts[id])
            {
                lab.Settle(id, item, PushResult.NotSent);
                continue;
            }

            var target = (int)planned.Target.ToDecimal()!.Value;
            if (target > counts[id])
            {
                return false;
            }

            counts[id] = target;
            lab.Answer(id, item, lab.Body(id, (long)lab.Clock, ("name", "n"), ("stock", planned.Target.Text)));
        }

        return true;
    }
}
