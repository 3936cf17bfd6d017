namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Every movement of goods is one row here; the levels are the sum of the rows.</summary>
public sealed class FfnLedger(FfnState state)
{
    public const string Adjustment = nameof(Adjustment);
    public const string Inbound = nameof(Inbound);
    public const string Delivery = nameof(Delivery);
    public const string Announced = "Announcement";
    public const string Reservation = nameof(Reservation);
    public const string ReservationCanceled = nameof(ReservationCanceled);
    public const string Deleted = nameof(Deleted);

    public StockChange Write(string jfsku, string warehouseId, string changeType, Amounts delta, Author author, StockCause? cause = null, DateTimeOffset? at = null)
    {
        var rows = state.ChangesOf(jfsku, warehouseId);
        var change = new StockChange
        {
            Jfsku = jfsku,
            WarehouseId = warehouseId,
            Version = rows.Count == 0 ? 1 : rows[^1].Version + 1,
            ChangeType = changeType,
            Delta = delta,
            After = (rows.Count == 0 ? default : rows[^1].After) + delta,
            At = at ?? state.Now,
            Author = author,
            Cause = cause ?? StockCause.None,
        };
        state.Append(change);
        return change;
    }

    /// <summary>Somebody counted, found or broke something. No bucket falls below zero.</summary>
    public StockChange Adjust(FfnProduct product, string warehouseId, Amounts delta, Author author, string? note = null)
    {
        CheckUnits(product, warehouseId, delta);
        var after = state.Levels(product.Jfsku, warehouseId) + delta;
        if (after.Available < 0 || after.Blocked < 0)
        {
            throw NotEnough(product.Jfsku, warehouseId);
        }

        return Write(product.Jfsku, warehouseId, Adjustment, delta, author, note is null ? null : new StockCause { Note = note });
    }

    /// <summary>Goods arrive that nobody announced.</summary>
    public StockChange BookIn(FfnProduct product, string warehouseId, decimal quantity, Author author)
    {
        var delta = new Amounts(quantity, 0, 0, 0);
        CheckUnits(product, warehouseId, delta);
        return quantity > 0 ? Write(product.Jfsku, warehouseId, Inbound, delta, author) : throw FfnErrors.Invalid("quantity", $"{quantity} units cannot be booked in.");
    }

    /// <summary>Goods are on their way.</summary>
    public Announcement Announce(FfnProduct product, string warehouseId, decimal quantity, Author author)
    {
        var delta = new Amounts(0, 0, 0, quantity);
        CheckUnits(product, warehouseId, delta);
        if (quantity <= 0)
        {
            throw FfnErrors.Invalid("quantity", $"{quantity} units cannot be announced.");
        }

        var number = state.Next("inbound");
        var announcement = new Announcement
        {
            InboundId = FfnIds.Numbered(FfnIds.Inbound, number),
            Number = $"BEST-{number:D5}",
            Jfsku = product.Jfsku,
            WarehouseId = warehouseId,
            Open = quantity,
        };
        Write(product.Jfsku, warehouseId, Announced, delta, author, new StockCause { InboundId = announcement.InboundId, InboundNumber = announcement.Number });
        state.Put(announcement);
        return announcement;
    }

    /// <summary>Announced goods arrive, all or part of them.</summary>
    public StockChange Receive(Announcement announcement, decimal quantity, Author author)
    {
        var delta = new Amounts(quantity, 0, 0, -quantity);
        CheckUnits(state.Product(announcement.Jfsku)!, announcement.WarehouseId, delta);
        if (quantity <= 0 || quantity > announcement.Open)
        {
            throw FfnErrors.Invalid("quantity", $"{quantity} units cannot arrive: {announcement.Open} are announced by {announcement.InboundId}.");
        }

        state.Put(announcement with { Open = announcement.Open - quantity });
        return Write(announcement.Jfsku, announcement.WarehouseId, Inbound, delta, author, new StockCause { InboundId = announcement.InboundId, InboundNumber = announcement.Number });
    }

    public static void CheckUnits(FfnProduct product, string warehouseId, Amounts delta)
    {
        if (!product.Data.IsDivisible && !(IsWhole(delta.Available) && IsWhole(delta.Reserved) && IsWhole(delta.Blocked) && IsWhole(delta.Announced)))
        {
            throw FfnErrors.ProductIsNotDivisible.With($"Quantity is not divisible: Product '{product.Jfsku}', Warehouse '{warehouseId}'", ("Jfsku", product.Jfsku), ("WarehouseId", warehouseId));
        }
    }

    public static FfnRefusedException NotEnough(string jfsku, string warehouseId) =>
        FfnErrors.NotEnoughStock.With($"Not enough stock available: Product '{jfsku}', Warehouse '{warehouseId}'", ("Jfsku", jfsku), ("WarehouseId", warehouseId));

    private static bool IsWhole(decimal quantity) => quantity == decimal.Truncate(quantity);
}
