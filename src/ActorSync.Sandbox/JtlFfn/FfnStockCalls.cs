using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Stock as a list, as a snapshot of one moment and as changes.</summary>
public sealed class FfnStockCalls(FfnState state, FfnRender render, FfnSettings settings)
{
    private static readonly string[] PlaceFields =
        ["warehouseId", "stockLevel", "stockLevelAnnounced", "stockLevelReserved", "stockLevelBlocked", "fulfillerId", "stockReservedDetails/outboundId", "stockAnnouncedDetails/inboundId"];

    private static readonly string[] LevelFields = [.. PlaceFields.Where(f => !f.EndsWith("Id", StringComparison.Ordinal) || f.Contains('/', StringComparison.Ordinal))];

    private static readonly string[] StockFields =
        [.. LevelFields, .. PlaceFields.Select(f => $"warehouses/{f}"), .. LevelFields.Select(f => $"fulfiller/{f}"), "fulfiller/fulfillerId"];

    private static readonly string[] ChangeFields =
    [
        "fulfillerTimestamp", "stockLevel", "stockLevelReserved", "stockLevelBlocked", "quantity", "quantityReserved", "quantityBlocked", "quantityAnnounced", "stockLevelAnnounced", "changeType", "current",
        "stockChangeId/warehouseId", "stockChangeId/jfsku", "inboundItem/inboundId", "inboundItem/merchantInboundNumber", "outboundItem/outboundId", "outboundItem/merchantOutboundNumber",
        "outboundShippingNotificationItem/outboundShippingNotificationId",
    ];

    public FfnAnswer Answer(FfnCall call, string[] rest)
    {
        var at = FfnWindow.Instant(call.Query, "date");
        return rest switch
        {
            [] => FfnAnswer.Ok(FfnQuery.Read(call.Query, StockFields).Page(Stocked(at), p => render.Stock(p, at))),
            ["updates"] => Updates(call),
            ["changes"] => FfnAnswer.Ok(FfnQuery.Read(call.Query, ChangeFields).Page(state.Changes.Where(c => at is null || c.At <= at), render.StockChange)),
            ["complete"] => Complete(call, at),
            ["warehouse", var id] => InWarehouse(call, Warehouse(id), at),
            [var jfsku] => FfnAnswer.Ok(render.Stock(Product(jfsku), at)),
            [var jfsku, var id] => FfnAnswer.Ok(render.StockIn(Product(jfsku), Warehouse(id), at)),
            _ => new FfnAnswer(StatusCodes.Status404NotFound, Body: null),
        };
    }

    /// <summary>All products, also those without stock, as they stood at one moment, which the links carry on.</summary>
    private FfnAnswer Complete(FfnCall call, DateTimeOffset? at)
    {
        var date = at ?? state.Now;
        var page = FfnWindow.PageNumber(call.Query);
        var size = settings.Values.UpdatesPageSize;
        var withBills = FfnWindow.Flag(call.Query, "includeBillOfMaterials");
        var found = state.Products.Where(p => p.CreatedAt <= date && (p.IsActive || p.ChangedAt > date) && (withBills || p.Data.Specifications?.IsBillOfMaterials != true)).ToList();
        var more = (long)page * size < found.Count;
        var answer = new JsonObject
        {
            ["date"] = FfnJson.Instant(date),
            ["items"] = new JsonArray([.. found.Skip((page - 1) * size).Take(size).Select(p => (JsonNode)render.Stock(p, date))]),
            ["moreDataAvailable"] = more,
        };
        if (more)
        {
            answer["nextChunkUrl"] = $"{FfnWindow.LinkHost}/v1/merchant/stocks/complete?date={FfnWindow.Escape(date)}&page={page + 1}&includeBillOfMaterials={FfnWindow.Text(withBills)}";
        }

        return FfnAnswer.Ok(answer);
    }

    private FfnAnswer Updates(FfnCall call)
    {
        var window = FfnWindow.Read(call.Query, state.Now);
        var found = state.Changes.Where(c => window.Holds(c.At, c.Author.Application, c.Author.User, call.Login))
            .OrderBy(c => c.At).ThenBy(c => c.Jfsku, StringComparer.Ordinal).ThenBy(c => c.WarehouseId, StringComparer.Ordinal).ThenBy(c => c.Version).ToList();
        return FfnAnswer.Ok(window.Answer(found, render.StockChange, "stocks/updates", settings.Values.UpdatesPageSize));
    }

    private FfnAnswer InWarehouse(FfnCall call, FfnWarehouse warehouse, DateTimeOffset? at) =>
        FfnAnswer.Ok(FfnQuery.Read(call.Query, PlaceFields).Page(Stocked(at).Where(p => !state.Levels(p.Jfsku, warehouse.Id, at).IsZero), p => render.StockIn(p, warehouse, at)));

    private IEnumerable<FfnProduct> Stocked(DateTimeOffset? at) => state.Products.Where(p => p.IsActive && FfnIds.Warehouses.Any(w => !state.Levels(p.Jfsku, w.Id, at).IsZero));

    private FfnProduct Product(string jfsku) => state.Product(jfsku) is { IsActive: true } product ? product : throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);

    private static FfnWarehouse Warehouse(string id) => FfnIds.Warehouse(id) ?? throw FfnErrors.NoWarehouse(FfnErrors.WarehouseNotFound, id);
}
