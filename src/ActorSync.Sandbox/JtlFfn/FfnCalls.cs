using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>The calls by route. What the network has and the Sandbox does not serve answers 501, so that nobody takes it for a missing object.</summary>
public sealed class FfnCalls(FfnState state, FfnProducts products, FfnOutbounds outbounds, FfnStockCalls stocks, FfnRender render, FfnSettings settings)
{
    private static readonly string[] ProductFields =
    [
        "jfsku", "name", "merchantSku", "productGroup", "manufacturer", "condition", "identifier/ean", "identifier/isbn", "identifier/upc", "identifier/asin", "identifier/mpn/manufacturer", "identifier/mpn/partNumber",
        "specifications/unNumber", "specifications/hazardIdentifier", "specifications/taric", "specifications/fnsku", "specifications/isBatch", "specifications/isDivisible", "specifications/isBestBefore",
        "specifications/isSerialNumber", "specifications/isBillOfMaterials", "attributes/key", "attributes/value", "pictures/number", "bundles/ean", "bundles/upc", "relatedProducts/jfsku", "relatedProducts/condition",
    ];

    private static readonly string[] OutboundFields =
    [
        "outboundId", "fulfillerId", "merchantOutboundNumber", "warehouseId", "externalNumber", "premiumType", "status", "shippingAddress/lastname", "shippingAddress/company", "shippingAddress/city", "shippingAddress/email",
        "items/jfsku", "items/outboundItemId", "items/name", "items/merchantSku", "items/quantity", "attributes/key", "attributes/value",
    ];

    private static readonly string[] WarehouseFields = ["warehouseId", "fulfillerId", "name", "address/lastname", "address/company", "address/city", "address/email"];
    private static readonly string[] FulfillerFields = ["userId", "address/lastname", "address/company", "address/city", "address/email"];
    private static readonly string[] MethodFields = ["shippingMethodId", "fulfillerId", "name", "carrierCode", "carrierName", "shippingType"];
    private static readonly string[] NotServed = ["inbounds", "returns", "credentials"];

    public FfnAnswer Answer(FfnCall call) => call.Segments switch
    {
        ["v1", "users", "current"] when IsGet(call) => FfnAnswer.Ok(new JsonObject { ["userId"] = FfnIds.Merchant, ["isActive"] = true }),
        ["v1", "merchant", "products", .. var rest] => Products(call, rest),
        ["v1", "merchant", "stocks", .. var rest] when IsGet(call) => stocks.Answer(call, rest),
        ["v1", "merchant", "outbounds", .. var rest] => Outbounds(call, rest),
        ["v1", "merchant", "warehouses", .. var rest] when IsGet(call) => Directory(call, rest, FfnIds.Warehouses, w => w.Id, FfnRender.Warehouse, WarehouseFields, "warehouses", id => FfnErrors.NoWarehouse(FfnErrors.WarehouseNotFound, id)),
        ["v1", "merchant", "fulfillers", .. var rest] when IsGet(call) => Directory(call, rest, [FfnIds.Fulfiller], id => id, _ => FfnRender.Fulfiller(), FulfillerFields, "fulfillers",
            id => FfnErrors.UserNotFound.With($"User '{id}' not found", ("UserId", id))),
        ["v1", "merchant", "shippingmethods", .. var rest] when IsGet(call) => Directory(call, rest, FfnIds.ShippingMethods, m => m.Id, FfnRender.ShippingMethod, MethodFields, "shippingmethods",
            id => FfnErrors.ShippingMethodNotFound.With($"Shipping method '{id}' not found", ("ShippingMethodId", id))),
        ["v1", "merchant", var area, ..] when NotServed.Contains(area) => Unserved(call),
        _ => new FfnAnswer(StatusCodes.Status404NotFound, Body: null),
    };

    private FfnAnswer Products(FfnCall call, string[] rest) => (call.Method, rest) switch
    {
        ("POST", []) when call.Query["relatedJfsku"].Count > 0 => Unserved(call),
        ("POST", []) => FfnAnswer.Created(render.Product(products.Create(FfnBody.Read<ProductData>(call.Body), call.Author))),
        ("GET", []) => List(call),
        ("GET", ["updates"]) => FfnAnswer.Ok(FfnWindow.Read(call.Query, state.Now).Answer(state.Products, p => p.History, p => p.Jfsku, render.Product, call.Login, "products/updates", settings.Values.UpdatesPageSize)),
        ("POST", ["authorizations"]) => AuthorizeAll(call),
        ("GET", [var jfsku]) => FfnAnswer.Ok(render.Product(Active(jfsku))),
        ("PATCH", [var jfsku]) => Patched(call, jfsku),
        ("DELETE", [var jfsku]) => Deleted(call, jfsku),
        (_, [var jfsku, "authorizations", .. var fulfiller]) => Authorizations(call, Existing(jfsku), fulfiller),
        (_, [_, "pictures" or "related-products", ..]) => Unserved(call),
        _ => new FfnAnswer(StatusCodes.Status404NotFound, Body: null),
    };

    private FfnAnswer Outbounds(FfnCall call, string[] rest) => (call.Method, rest) switch
    {
        ("POST", []) => FfnAnswer.Created(FfnRender.Outbound(outbounds.Create(FfnBody.Read<OutboundRequest>(call.Body), FfnWindow.Flag(call.Query, "oversale"), call.Author))),
        ("GET", []) => FfnAnswer.Ok(FfnQuery.Read(call.Query, OutboundFields).Page(state.Outbounds.OrderBy(o => o.CreatedAt).ThenBy(o => o.OutboundId, StringComparer.Ordinal), FfnRender.Outbound)),
        ("GET", ["updates"]) => FfnAnswer.Ok(FfnWindow.Read(call.Query, state.Now).Answer(state.Outbounds, o => o.History, o => o.OutboundId, FfnRender.Outbound, call.Login, "outbounds/updates", settings.Values.UpdatesPageSize)),
        ("GET", ["shipping-notifications", "updates"]) => FfnAnswer.Ok(FfnWindow.Read(call.Query, state.Now).Answer(state.Notifications, n => [new Modification(n.At, "New", n.Author.Application, n.Author.User)], n => n.Id,
            render.Notification, call.Login, "outbounds/shipping-notifications/updates", settings.Values.UpdatesPageSize)),
        ("GET", [var id]) => FfnAnswer.Ok(FfnRender.Outbound(Known(id))),
        ("PUT", [var id, "status"]) => StatusChanged(call, id),
        ("GET", [var id, "shipping-notifications"]) => FfnAnswer.Ok(new JsonArray([.. NotificationsOf(Known(id)).Select(n => (JsonNode)render.Notification(n))])),
        ("GET", [var id, "shipping-notifications", var notification]) => FfnAnswer.Ok(render.Notification(NotificationsOf(Known(id)).FirstOrDefault(n => n.Id == notification)
            ?? throw FfnErrors.NotificationNotFound.With($"Shipping notification '{notification}' not found for outbound '{id}'", ("OutboundId", id)))),
        ("PATCH", [_]) or (_, [_, "attachments", ..]) => Unserved(call),
        _ => new FfnAnswer(StatusCodes.Status404NotFound, Body: null),
    };

    private FfnAnswer List(FfnCall call)
    {
        var query = FfnQuery.Read(call.Query, ProductFields);
        var named = query.TextOf("merchantSku") is { } sku ? [state.BySku(sku)] : query.TextOf("jfsku") is { } jfsku ? [state.Product(jfsku)] : (IEnumerable<FfnProduct?>)state.Products;
        return FfnAnswer.Ok(query.Page(named.OfType<FfnProduct>().Where(p => p.IsActive).OrderBy(p => p.CreatedAt).ThenBy(p => p.Jfsku, StringComparer.Ordinal), render.Product));
    }

    private FfnAnswer Patched(FfnCall call, string jfsku)
    {
        products.Patch(jfsku, call.Body, call.Author);
        return FfnAnswer.Nothing;
    }

    private FfnAnswer Deleted(FfnCall call, string jfsku)
    {
        products.Delete(jfsku, call.Author);
        return FfnAnswer.Nothing;
    }

    private FfnAnswer AuthorizeAll(FfnCall call)
    {
        CheckFulfiller(call);
        foreach (var product in state.Products.Where(p => p is { IsActive: true, AuthorizedAt: null }).ToList())
        {
            products.Authorize(product, call.Author);
        }

        return new FfnAnswer(StatusCodes.Status201Created, Body: null);
    }

    private FfnAnswer Authorizations(FfnCall call, FfnProduct product, string[] fulfiller)
    {
        switch (call.Method, fulfiller)
        {
            case ("GET", []):
                return FfnAnswer.Ok(product.AuthorizedAt is { } since ? new JsonArray(Authorization(since)) : new JsonArray());
            case ("POST", []):
                CheckFulfiller(call);
                return product.AuthorizedAt is null
                    ? FfnAnswer.Created(Authorization(products.Authorize(product, call.Author).AuthorizedAt!.Value))
                    : throw FfnErrors.ProductAlreadyAuthorized.With($"Product '{product.Jfsku}' is already authorized to fulfiller '{FfnIds.Fulfiller}'", ("FulfillerId", FfnIds.Fulfiller), ("Jfsku", product.Jfsku));
            case ("DELETE", [var id]):
                if (product.AuthorizedAt is null || id != FfnIds.Fulfiller)
                {
                    throw FfnErrors.AuthorizationNotFound.With($"Authorization for fulfiller '{id}' does not exist", ("MerchantId", FfnIds.Merchant), ("FulfillerId", id));
                }

                products.Withdraw(product, call.Author);
                return FfnAnswer.Nothing;
            default:
                return new FfnAnswer(StatusCodes.Status404NotFound, Body: null);
        }
    }

    private static JsonObject Authorization(DateTimeOffset since) => new() { ["fulfillerId"] = FfnIds.Fulfiller, ["modificationInfo"] = new JsonObject { ["createdAt"] = FfnJson.Instant(since), ["state"] = "New" } };

    private static void CheckFulfiller(FfnCall call)
    {
        var id = FfnBody.Read<FulfillerNamed>(call.Body).FulfillerId;
        if (id is not { Length: 4 })
        {
            throw FfnErrors.Invalid("fulfillerId", $"fulfillerId is '{id}' but must have four characters.");
        }

        if (id != FfnIds.Fulfiller)
        {
            throw FfnErrors.AuthorizedUserNotFound.With($"User '{id}' not found", ("UserId", id));
        }
    }

    private FfnAnswer StatusChanged(FfnCall call, string id)
    {
        var wanted = FfnBody.Read<StatusWanted>(call.Body);
        outbounds.ChangeStatus(id, wanted.Status, wanted.CancelReasonCode, wanted.CancelReason, call.Author);
        return FfnAnswer.Nothing;
    }

    private FfnAnswer Directory<T>(FfnCall call, string[] rest, IReadOnlyList<T> all, Func<T, string> id, Func<T, JsonObject> show, IReadOnlyCollection<string> fields, string resource, Func<string, FfnRefusedException> missing) => rest switch
    {
        [] => FfnAnswer.Ok(FfnQuery.Read(call.Query, fields).Page(all, show)),
        ["updates"] => FfnAnswer.Ok(FfnWindow.Read(call.Query, state.Now).Answer(all, _ => [new Modification(FfnRender.FoundedAt, "New", Application: null, FfnIds.Fulfiller)], id, show, call.Login, $"{resource}/updates", settings.Values.UpdatesPageSize)),
        [var one] => all.FirstOrDefault(o => id(o) == one) is { } found ? FfnAnswer.Ok(show(found)) : throw missing(one),
        _ => new FfnAnswer(StatusCodes.Status404NotFound, Body: null),
    };

    private FfnProduct Existing(string jfsku) => state.Product(jfsku) is { IsActive: true } product ? product : throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);

    private FfnProduct Active(string jfsku)
    {
        var product = state.Product(jfsku) ?? throw FfnErrors.NoProduct(FfnErrors.ProductNotFound, jfsku);
        return product.IsActive ? product : throw FfnErrors.NotActive(FfnErrors.ProductNotActive, jfsku);
    }

    private FfnOutbound Known(string id) => state.Outbound(id) ?? throw FfnErrors.OutboundNotFound.With("Outbound not found");

    private IEnumerable<ShippingNotification> NotificationsOf(FfnOutbound outbound) => state.Notifications.Where(n => n.OutboundId == outbound.OutboundId).OrderBy(n => n.At);

    private static FfnAnswer Unserved(FfnCall call) => new(StatusCodes.Status501NotImplemented, new JsonObject { ["message"] = $"The Sandbox does not serve {call.Method} {string.Join('/', call.Segments)}; see docs/sandbox.md." });

    private static bool IsGet(FfnCall call) => call.Method == "GET";

    private sealed record FulfillerNamed(string? FulfillerId);

    private sealed record StatusWanted(string? Status, string? CancelReasonCode, string? CancelReason);
}
