using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Stock;

namespace ActorSync.Domain.Tests.Stock;

public sealed class AllocationTests
{
    private static readonly VariantId Variant = new(1);

    private static ChannelProfile Shop(params ChannelLocation[] locations) => new()
    {
        Id = new ChannelId("shop"),
        Origin = new Origin(OriginKind.Storefront, "shop"),
        Mode = ChannelMode.Live,
        Mask = [],
        Currency = "EUR",
        Canon = new PlainCanon(),
        Locations = [.. locations],
    };

    private static StockLedger Ledger(params (string Warehouse, decimal Available)[] levels) => new()
    {
        Levels = [.. levels.Select(level => new StockLevel { Variant = Variant, Warehouse = level.Warehouse, Available = level.Available, Version = new Stamp(1) })],
    };

    private static readonly ChannelLocation All = new() { LocationId = "all" };
    private static readonly ChannelLocation Berlin = new() { LocationId = "1", Warehouses = ["Berlin"] };
    private static readonly ChannelLocation Hamburg = new() { LocationId = "2", Warehouses = ["Hamburg"] };

    [Fact]
    public void Allocate_ChannelWithOneFigure_SellsFromTheWarehouseWithMostLeft() =>
        Assert.Equal([("Hamburg", 2m)], StockRules.Allocate(Ledger(("Berlin", 3), ("Hamburg", 9)), Variant, Shop(All), "all", 2));

    [Fact]
    public void Allocate_MoreThanOneWarehouseHas_IsSpread() =>
        Assert.Equal([("Hamburg", 9m), ("Berlin", 1m)], StockRules.Allocate(Ledger(("Berlin", 3), ("Hamburg", 9)), Variant, Shop(All), "all", 10));

    [Fact]
    public void Allocate_MoreThanThereIs_ForgetsNothing() =>
        Assert.Equal(20m, StockRules.Allocate(Ledger(("Berlin", 3), ("Hamburg", 9)), Variant, Shop(All), "all", 20).Sum(share => share.Quantity));

    [Fact]
    public void Allocate_NamedLocation_SellsFromItsOwnWarehouse() =>
        Assert.Equal([("Berlin", 5m)], StockRules.Allocate(Ledger(("Berlin", 3), ("Hamburg", 9)), Variant, Shop(Berlin, Hamburg), "1", 5));

    [Fact]
    public void Target_AfterASaleAtAOneFigureChannel_FallsAtANamedLocationToo()
    {
        var ledger = Ledger(("Berlin", 3), ("Hamburg", 9));
        foreach (var (warehouse, quantity) in StockRules.Allocate(ledger, Variant, Shop(All), "all", 1))
        {
            ledger = ledger with
            {
                Reservations = ledger.Reservations.Add(new ProvisionalReservation
                {
                    Variant = Variant,
                    Warehouse = warehouse,
                    Quantity = quantity,
                    Channel = new ChannelId("woo"),
                    Key = "k",
                    HeardAt = DateTimeOffset.UnixEpoch,
                }),
            };
        }

        var shop = Shop(Berlin, Hamburg);
        Assert.Equal(11m, StockRules.Target(ledger, Variant, Berlin, shop)!.Value.Quantity + StockRules.Target(ledger, Variant, Hamburg, shop)!.Value.Quantity);
        Assert.Equal(11m, StockRules.Target(ledger, Variant, All, Shop(All))!.Value.Quantity);
    }

    private sealed class PlainCanon : ICanon
    {
        public FieldValue Form(string field, FieldValue value) => value;

        public string ElementKey(string field, string element) => element;
    }
}
