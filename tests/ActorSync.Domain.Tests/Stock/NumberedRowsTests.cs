using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using ActorSync.Domain.Tests.Reconcile;
using static ActorSync.Domain.Tests.Reconcile.Lab;

namespace ActorSync.Domain.Tests.Stock;

/// <summary>An origin that numbers its rows per warehouse: the number orders them, whatever their times say (reconcile.md section 7).</summary>
public sealed class NumberedRowsTests
{
    private static readonly RegisterKey Count = new("available", V1, ObservedStock.WholeChannel);

    private static Lab Filled()
    {
        var lab = new Lab { Policy = TenantPolicy.Default with { StockOrigin = J.Value } };
        lab.Add(S, OriginKind.Storefront, ["name"], new ChannelLocation { LocationId = ObservedStock.WholeChannel });
        lab.Read(J, -1000, ("name", "n"));
        lab.Read(S, -1000, ("name", "n"), ("stock", "20"));
        return lab;
    }

    private static void Row(Lab lab, string warehouse, long? number, decimal available, decimal reserved = 0, decimal announced = 0, long time = 0) =>
        lab.Observe(J, new ObservedProduct
        {
            ExternalId = "J-1",
            Version = Stamp.Zero,
            Variants =
            [
                new ObservedVariant
                {
                    ExternalId = "J-v1",
                    Stock = [new ObservedStock { LocationId = warehouse, Quantity = available, Reserved = reserved, Announced = announced, Row = number, Version = number is null ? Stamp.Zero : Version(time) }],
                },
            ],
        }, ObservationSource.Stock, lab.Clock);

    private static void Settle(Lab lab)
    {
        var plan = lab.Plan(S);
        lab.Links[S] = Reconciler.Begin(lab.Context(S), lab.Product, lab.Links[S], plan, $"push-{lab.Clock}").Link;
        lab.Take(S, Reconciler.Settle(lab.Context(S), lab.Product, lab.Links[S], new PushOutcome
        {
            Product = lab.Product.Id,
            PushId = $"push-{lab.Clock}",
            Result = PushResult.Applied,
            ExternalId = "S-1",
            SentAt = lab.Now,
            Answer = lab.Body(S, (long)lab.Clock, ("stock", plan.Delta.Single().Target.Text)),
        }));
    }

    [Fact]
    public void Rows_OutOfOrder_TheHighestNumberStandsWhateverTheTimes()
    {
        var lab = Filled();
        Row(lab, "W1", 7, 10, reserved: 2, announced: 5, time: 100);
        Row(lab, "W1", 6, 12, time: 500);
        Row(lab, "W1", 7, 99, time: 900);
        var level = Assert.Single(lab.Product.Stock.Levels);
        Assert.Equal((10m, 2m, 5m, 7L), (level.Available, level.Reserved, level.Announced, level.Row!.Value));
    }

    [Fact]
    public void Rows_ReservedAlone_AreOneRegisterWithTheCount()
    {
        var lab = Filled();
        Row(lab, "W1", 1, 10, reserved: 0);
        Row(lab, "W1", 2, 10, reserved: 3);
        Assert.Equal((10m, 3m), (lab.Product.Stock.Levels[0].Available, lab.Product.Stock.Levels[0].Reserved));
    }

    [Fact]
    public void Rows_OfASecondWarehouseWithLowNumbers_StillRaiseTheShop()
    {
        var lab = Filled();
        Row(lab, "W1", 118, 5);
        Settle(lab);
        lab.Clock = 50;
        Row(lab, "W2", 3, 4);
        Assert.Equal("9", lab.Planned(S, Count));
    }

    [Fact]
    public void Rows_WithinOneSecond_EachMovesTheShop()
    {
        var lab = Filled();
        Row(lab, "W1", 1, 5);
        Settle(lab);
        Row(lab, "W1", 2, 8);
        Assert.Equal("8", lab.Planned(S, Count));
    }

    [Fact]
    public void Sweep_AfterRows_CorrectsWhatWasMissedAndRowsGoOn()
    {
        var lab = Filled();
        Row(lab, "W1", 4, 10);
        lab.Clock = 1000;
        Row(lab, "W1", null, 6);
        Assert.Equal((6m, 4L), (lab.Product.Stock.Levels[0].Available, lab.Product.Stock.Levels[0].Row!.Value));
        Row(lab, "W1", 4, 10);
        Assert.Equal(6, lab.Product.Stock.Levels[0].Available);
        Row(lab, "W1", 6, 5);
        Assert.Equal(5, lab.Product.Stock.Levels[0].Available);
    }

    [Fact]
    public void FractionalCount_IsFlooredForTheShop()
    {
        var lab = Filled();
        Row(lab, "W1", 1, 7.9m);
        Assert.Equal("7", lab.Planned(S, Count));
        Assert.Equal(7.9m, lab.Product.Stock.Levels[0].Available);
    }

    [Fact]
    public void Counts_SayNothingOfTheProduct()
    {
        var lab = Filled();
        lab.Links[J] = lab.Links[J] with { WantsRead = true, WantsReadSince = lab.Now };
        var seen = lab.Links[J].ObservedAt;
        lab.Clock = 100;
        Row(lab, "W1", 1, 5);
        Assert.Equal((true, seen), (lab.Links[J].WantsRead, lab.Links[J].ObservedAt));
        Assert.Empty(lab.Plan(J).Delta);
    }

    [Fact]
    public void Sale_IsHeldUntilTheWarehouseMovesAndNeverRaisedBefore()
    {
        var lab = Filled();
        Row(lab, "W1", 1, 20);
        lab.Clock = 10;
        lab.Webhook(S, 9, ("name", "n"), ("stock", "19"));
        Assert.Equal(1, Assert.Single(lab.Product.Stock.Reservations).Quantity);
        Assert.Null(lab.Planned(S, Count));
        // The warehouse speaks of something else: the sale is still held.
        lab.Clock = 20;
        Row(lab, "W1", 2, 20, announced: 5);
        Assert.Null(lab.Planned(S, Count));
        // The order reaches the warehouse: the reservation is explained, the count stays.
        lab.Clock = 30;
        Row(lab, "W1", 3, 19, reserved: 1, announced: 5);
        Assert.Empty(lab.Product.Stock.Reservations);
        Assert.Null(lab.Planned(S, Count));
    }
}
