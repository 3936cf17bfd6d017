using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;
using ActorSync.Domain.Tests.Reconcile;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Stock;

/// <summary>Orders and falling counts are two witnesses of the same sales.</summary>
public sealed class OrderTests
{
    private static readonly RegisterKey Count = new("available", V1, ObservedStock.WholeChannel);

    internal static Lab Filled(string origin = "J", int start = 20)
    {
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = origin, StockSeed = S } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Add(W, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        if (origin == "J")
        {
            lab.Read(J, -1000, ("name", "n"), ("stock", $"{start}"));
        }

        lab.Read(S, -1000, ("name", "n"), ("stock", $"{start}"));
        lab.Read(W, -1000, ("name", "n"), ("stock", $"{start}"));
        lab.Clock = 100;
        return lab;
    }

    private static decimal Pending(Lab lab) => lab.Product.Stock.Reservations.Sum(r => r.Quantity);

    private static void Sees(Lab lab, ChannelId id, long version, int count) => lab.Webhook(id, version, ("name", "n"), ("stock", $"{count}"));

    private static void Warehouse(Lab lab, long version, int count) => lab.Read(J, version, ("name", "n"), ("stock", $"{count}"));

    [Fact]
    public void OrderBeforeTheFall_LowersTheOtherShopAtOnce_AndIsNotPushedToItsOwn()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        Assert.Equal("17", lab.Planned(W, Count));
        Assert.Empty(lab.Plan(S).Delta);
        Sees(lab, S, 99, 17);
        Assert.Equal(3, Pending(lab));
        Assert.Null(Assert.Single(lab.Product.Stock.Reservations).UnseenSince);
        Assert.Empty(lab.Plan(S).Delta);
    }

    [Fact]
    public void FallBeforeTheOrder_IsOneSale_AndTheOrderIsNamed()
    {
        var lab = Filled();
        Sees(lab, S, 100, 17);
        lab.Order(S, "7", 99, 3);
        lab.Order(S, "7", 99, 3);
        var sale = Assert.Single(lab.Product.Stock.Reservations);
        Assert.Equal((3m, "7"), (sale.Quantity, sale.Order));
    }

    [Fact]
    public void OneFallOfSeveralOrders_IsExplainedByAllOfThem()
    {
        var lab = Filled();
        Sees(lab, S, 100, 14);
        lab.Order(S, "7", 98, 3);
        lab.Order(S, "8", 99, 2);
        Assert.Equal(6, Pending(lab));
        Assert.Equal([1m, 2m, 3m], lab.Product.Stock.Reservations.Select(r => r.Quantity).Order());
        lab.Order(S, "9", 100, 1);
        Assert.Equal(6, Pending(lab));
    }

    [Fact]
    public void OrderOutsideTheFallsTime_IsAnotherSale()
    {
        var lab = Filled();
        Sees(lab, S, 100, 17);
        lab.Clock = 300;
        lab.Order(S, "7", 290, 2);
        Assert.Equal(5, Pending(lab));
    }

    [Fact]
    public void SaleThatOurOwnWriteCovered_IsKnownByItsOrder_AndPushedToItsOwnShop()
    {
        var lab = Filled();
        lab.Clock = 110;
        Warehouse(lab, 110, 15);
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 112, ("name", "n"), ("stock", "15")));
        lab.Order(W, "7", 105, 1);
        Assert.Equal(0, Pending(lab));
        lab.Clock = 120;
        lab.Order(W, "8", 111, 1);
        Assert.Equal("14", lab.Planned(W, Count));
        Assert.Equal("14", lab.Planned(S, Count));
    }

    [Fact]
    public void Cancel_GivesBackWhatIsPending_AndRaisesTheOthers()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        var item = lab.Begin(W);
        lab.Answer(W, item, lab.Body(W, 101, ("name", "n"), ("stock", "17")));
        Sees(lab, S, 99, 17);
        lab.Clock = 200;
        lab.Order(S, "7", 99, 3, version: 199, left: 0);
        Assert.Equal(0, Pending(lab));
        Assert.Equal("20", lab.Planned(W, Count));
        Sees(lab, S, 199, 20);
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Contains(lab.Log, l => l.Action == LogAction.Released && l.Detail == "order 7");
    }

    [Fact]
    public void CancelBeforeTheOrderAndTheFall_LeavesNothingPending()
    {
        var lab = Filled();
        lab.Clock = 300;
        lab.Order(S, "7", 99, 3, version: 199, left: 0);
        lab.Order(S, "7", 99, 3);
        Sees(lab, S, 99, 17);
        Assert.Equal(0, Pending(lab));
    }

    [Fact]
    public void PartOfAnOrderCancelled_KeepsTheRest()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        lab.Clock = 200;
        lab.Order(S, "7", 99, 3, version: 150, left: 1);
        Assert.Equal(1, Pending(lab));
        Sees(lab, S, 99, 17);
        Assert.Equal(1, Pending(lab));
    }

    [Fact]
    public void FallAfterACancel_IsNotExplainedByIt()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        lab.Clock = 200;
        lab.Order(S, "7", 99, 3, version: 150, left: 0);
        Sees(lab, S, 190, 18);
        Assert.Equal(2, Pending(lab));
    }

    [Fact]
    public void CancelOfWhatTheWarehouseHasCounted_ChangesNothing()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        lab.Clock = 150;
        Warehouse(lab, 150, 17);
        Assert.Equal(0, Pending(lab));
        lab.Clock = 200;
        lab.Order(S, "7", 99, 3, version: 199, left: 0);
        Assert.Equal(0, Pending(lab));
        Assert.Equal(17, StockRules.Target(lab.Product.Stock, V1, lab.Profiles[W].Locations[0], lab.Profiles[W])!.Value.Quantity);
        Sees(lab, S, 100, 17);
        Assert.Equal(0, Pending(lab));
    }

    [Fact]
    public void LateOrder_ThatTheWarehouseHasCounted_IsNotReserved()
    {
        var lab = Filled();
        lab.Clock = 150;
        Warehouse(lab, 150, 17);
        lab.Order(S, "7", 99, 3);
        Assert.Equal(0, Pending(lab));
        // One more than it has counted is pending.
        lab.Order(S, "8", 100, 1);
        Assert.Equal(1, Pending(lab));
    }

    [Fact]
    public void CountThatDidNotFall_DoesNotContainTheOrder()
    {
        var lab = Filled();
        lab.Clock = 150;
        Warehouse(lab, 150, 20);
        lab.Order(S, "7", 99, 3);
        Assert.Equal(3, Pending(lab));
    }

    [Fact]
    public void OrderOfBeforeTheFirstCount_AndOneOfLongAgo_ReserveNothing()
    {
        var lab = Filled();
        lab.Order(S, "7", -10, 3);
        lab.Clock = 3 * 24 * 3600;
        lab.Order(S, "8", 100, 3);
        Assert.Equal(0, Pending(lab));
    }

    [Fact]
    public void SettledSales_AreForgotten_AndNotReservedAgain()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 3);
        Sees(lab, S, 100, 17);
        lab.Clock = 150;
        Warehouse(lab, 150, 17);
        lab.Clock = 3 * 24 * 3600;
        var later = (long)lab.Clock - 10;
        lab.Order(S, "8", later, 1);
        Assert.Equal("8", Assert.Single(lab.Product.Stock.Orders).Order);
        Assert.Empty(lab.Product.Stock.Falls);
        Assert.Empty(lab.Product.Stock.Accounted);
        lab.Order(S, "7", 99, 3, version: later);
        Assert.Equal(1, Pending(lab));
    }

    [Fact]
    public void ManySettledSales_AreForgottenBeforeTheirTime()
    {
        var lab = Filled(start: 1_000);
        for (var i = 0; i < 200; i++)
        {
            lab.Clock += 60;
            lab.Order(S, $"{i}", (long)lab.Clock - 1, 1);
            Sees(lab, S, (long)lab.Clock, 999 - i);
            lab.Clock += 30;
            Warehouse(lab, (long)lab.Clock, 999 - i);
        }

        Assert.Equal(0, Pending(lab));
        Assert.InRange(lab.Product.Stock.Orders.Length, 1, StockSales.MaxRemembered);
        Assert.InRange(lab.Product.Stock.Falls.Length, 1, StockSales.MaxRemembered);
        Assert.InRange(lab.Product.Stock.Accounted.Length, 1, StockSales.MaxRemembered);
        lab.Order(S, "0", 159, 1, version: (long)lab.Clock);
        Assert.Equal(0, Pending(lab));
    }

    /// <summary>Twenty sales a second, shipped in parcels: what is settled is forgotten while the rest is still matched.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ABurstOfSales_ShippedInParcels_LeavesNothingPending(uint seed)
    {
        var random = new Histories.Luck(seed);
        var lab = Filled(start: 300);
        var counts = new Dictionary<ChannelId, int> { [S] = 300, [W] = 300 };
        for (var i = 0; i < 200; i++)
        {
            lab.Clock += 0.05;
            var shop = random.Percent(50) ? S : W;
            counts[shop]--;
            var (order, second, count) = ($"{i}", (long)lab.Clock, counts[shop]);
            if (random.Percent(50))
            {
                lab.Order(shop, order, second, 1);
                Sees(lab, shop, second, count);
            }
            else
            {
                Sees(lab, shop, second, count);
                lab.Order(shop, order, second, 1);
            }
        }

        Assert.Equal(200, Pending(lab));
        for (var left = 300; left > 100;)
        {
            lab.Clock += 1;
            var parcel = Math.Min(left - 100, 5 * (1 + random.Next(6)));
            left -= parcel;
            Warehouse(lab, (long)lab.Clock, left);
            Assert.Equal(left - 100, Pending(lab));
        }
    }

    [Fact]
    public void WhereTheHubSaysTheStock_OldOrdersGoIntoItsCount_AndTargetsStay()
    {
        var lab = Filled(TenantPolicy.HubStockOrigin);
        lab.Order(S, "7", 99, 3);
        Sees(lab, S, 100, 17);
        lab.Clock = 3 * 24 * 3600;
        lab.Order(W, "8", (long)lab.Clock - 5, 1);
        Assert.Equal(1, Pending(lab));
        Assert.Equal(17, lab.Product.Stock.Levels[0].Available);
        Assert.Equal("16", lab.Planned(S, Count));
    }

    [Fact]
    public void OrderThatWasNeverPaid_ReservesNothing_AndExplainsNoFall()
    {
        var lab = Filled();
        lab.Order(S, "7", 99, 0);
        Sees(lab, S, 100, 18);
        lab.Order(S, "7", 99, 0, version: 100);
        Assert.Equal(2, Pending(lab));
        // Paid later, which is when the shop takes it off.
        lab.Clock = 900;
        Sees(lab, S, 890, 15);
        lab.Order(S, "7", 99, 3, version: 890);
        Assert.Equal(5, Pending(lab));
        // A cancel that came first is not undone by the older body.
        lab.Clock = 2_000;
        lab.Order(S, "8", 1_980, 0, version: 1_999);
        lab.Order(S, "8", 1_980, 1, version: 1_981);
        Assert.Equal(5, Pending(lab));
    }

    [Fact]
    public void OrderOfAnUnknownVariant_IsFoundBySku_OrLeftAlone()
    {
        var lab = Filled();
        lab.Take(Reconciler.Edit(lab.Now, lab.Policy, lab.Product, new HubEdit { Fields = [new FieldEdit { Key = Sku, Value = new FieldValue("A-1") }], Actor = "ada" }));
        void Order(string id, string? sku) => lab.Take(S, Reconciler.Observe(lab.Context(S), lab.Product, lab.Links[S], new Observation
        {
            Channel = S,
            Body = new ObservedProduct { ExternalId = "S-1", Version = Stamp.Zero },
            Source = ObservationSource.Order,
            ReceivedAt = lab.Now,
            Orders = [new ObservedOrderLine { Order = id, Line = "1", Product = "S-1", Variant = "gone", Sku = sku, Quantity = 2, Left = 2, PlacedAt = Version(99), Version = Version(99) }],
        }));
        Order("7", "B-2");
        Assert.Equal(0, Pending(lab));
        Order("8", " a-1");
        Assert.Equal(2, Pending(lab));
    }
}
