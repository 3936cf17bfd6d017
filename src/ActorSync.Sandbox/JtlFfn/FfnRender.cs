using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>Objects as they stand on the wire.</summary>
public sealed class FfnRender(FfnState state)
{
    public JsonObject Product(FfnProduct product)
    {
        var json = new JsonObject { ["jfsku"] = product.Jfsku };
        foreach (var (name, value) in FfnJson.Node(product.Data).ToList())
        {
            json[name] = value?.DeepClone();
        }

        json["attributes"] ??= new JsonArray();
        json["bundles"] ??= new JsonArray();
        json["pictures"] = new JsonArray();
        json["relatedProducts"] = new JsonArray();
        json["openInbounds"] = state.Announcements.Count(a => a.Jfsku == product.Jfsku && a.Open > 0);
        json["openOutbounds"] = state.Reserving(product.Jfsku).Count();
        json["modificationInfo"] = Info(product.CreatedAt, product.History, isDeleted: !product.IsActive);
        return json;
    }

    public JsonObject Stock(FfnProduct product, DateTimeOffset? at = null)
    {
        var json = Levels(product, FfnIds.Warehouses, at);
        json["fulfiller"] = new JsonArray(FulfillerStock(product, at));
        json["warehouses"] = new JsonArray([.. FfnIds.Warehouses.Select(w => (JsonNode)StockIn(product, w, at))]);
        return json;
    }

    public JsonObject StockIn(FfnProduct product, FfnWarehouse warehouse, DateTimeOffset? at = null)
    {
        var json = Levels(product, [warehouse], at);
        json["warehouseId"] = warehouse.Id;
        json["fulfillerId"] = FfnIds.Fulfiller;
        return json;
    }

    public Amounts Total(string jfsku, DateTimeOffset? at = null) => FfnIds.Warehouses.Aggregate(default(Amounts), (sum, w) => sum + state.Levels(jfsku, w.Id, at));

    public JsonObject StockChange(StockChange change)
    {
        var json = new JsonObject
        {
            ["stockChangeId"] = new JsonObject { ["warehouseId"] = change.WarehouseId, ["jfsku"] = change.Jfsku, ["stockVersion"] = change.Version },
            ["merchantSku"] = state.Product(change.Jfsku)!.Data.MerchantSku,
            ["changeType"] = change.ChangeType,
            ["current"] = state.IsCurrent(change),
            ["stockLevel"] = change.After.Available,
            ["stockLevelReserved"] = change.After.Reserved,
            ["stockLevelBlocked"] = change.After.Blocked,
            ["stockLevelAnnounced"] = change.After.Announced,
            ["quantity"] = change.Delta.Available,
            ["quantityReserved"] = change.Delta.Reserved,
            ["quantityBlocked"] = change.Delta.Blocked,
            ["quantityAnnounced"] = change.Delta.Announced,
            ["fulfillerTimestamp"] = FfnJson.Instant(change.At),
            ["modificationInfo"] = new JsonObject { ["createdAt"] = FfnJson.Instant(change.At), ["state"] = "New" },
        };
        var cause = change.Cause;
        if (cause.OutboundId is not null)
        {
            json["outboundItem"] = new JsonObject { ["outboundId"] = cause.OutboundId, ["merchantOutboundNumber"] = cause.OutboundNumber, ["outboundItemId"] = cause.OutboundItemId };
        }

        if (cause.NotificationId is not null)
        {
            json["outboundShippingNotificationItem"] = new JsonObject { ["outboundShippingNotificationId"] = cause.NotificationId, ["outboundShippingNotificationItemId"] = cause.OutboundItemId };
        }

        if (cause.InboundId is not null)
        {
            json["inboundItem"] = new JsonObject { ["inboundId"] = cause.InboundId, ["merchantInboundNumber"] = cause.InboundNumber, ["inboundItemId"] = "1" };
        }

        if (cause.Note is not null)
        {
            json["note"] = cause.Note;
        }

        return json;
    }

    public static JsonObject Outbound(FfnOutbound outbound)
    {
        var json = FfnJson.Node(outbound.Request);
        json["outboundId"] = outbound.OutboundId;
        json["fulfillerId"] = FfnIds.Fulfiller;
        json["status"] = outbound.Status;
        json["priority"] ??= 0;
        json["attributes"] ??= new JsonArray();
        json["attachments"] = new JsonArray();
        json["relatedReturns"] = new JsonArray();
        json["items"] = new JsonArray([.. outbound.Items.Select(i => (JsonNode)FfnJson.Node(i))]);
        json["modificationInfo"] = Info(outbound.CreatedAt, outbound.History, isDeleted: false);
        json["statusTimestamp"] = new JsonObject(outbound.StatusTimestamp.Select(t => new KeyValuePair<string, JsonNode?>(t.Key, FfnJson.Instant(t.Value))));
        if (outbound.CancelReasonCode is not null)
        {
            json["cancelReasonCode"] = outbound.CancelReasonCode;
        }

        if (outbound.CancelReason is not null)
        {
            json["cancelReason"] = outbound.CancelReason;
        }

        return json;
    }

    public JsonObject Notification(ShippingNotification notification) => new()
    {
        ["outboundId"] = notification.OutboundId,
        ["fulfillerId"] = FfnIds.Fulfiller,
        ["fulfillerShippingNotificationNumber"] = notification.Number,
        ["merchantOutboundNumber"] = state.Outbound(notification.OutboundId)!.MerchantOutboundNumber,
        ["outboundShippingNotificationId"] = notification.Id,
        ["outboundStatus"] = notification.OutboundStatus,
        ["items"] = new JsonArray([.. notification.Items.Select(i => (JsonNode)new JsonObject
        {
            ["outboundShippingNotificationItemId"] = i.ItemId, ["jfsku"] = i.Jfsku, ["quantity"] = i.Quantity, ["serialnumbers"] = new JsonArray(),
        })]),
        ["packages"] = new JsonArray([.. notification.Packages.Select(p => (JsonNode)new JsonObject
        {
            ["freightOption"] = "Parcel",
            ["trackingUrl"] = $"https://carrier.example.test/t/{p.TrackingId}",
            ["shippingDate"] = FfnJson.Instant(notification.At),
            ["shippingMethodId"] = p.ShippingMethodId,
            ["identifier"] = new JsonArray(new JsonObject { ["value"] = p.TrackingId, ["identifierType"] = "TrackingId" }),
        })]),
        ["modificationInfo"] = new JsonObject { ["createdAt"] = FfnJson.Instant(notification.At), ["state"] = "New" },
    };

    public static JsonObject Warehouse(FfnWarehouse warehouse) => new()
    {
        ["warehouseId"] = warehouse.Id,
        ["fulfillerId"] = FfnIds.Fulfiller,
        ["name"] = warehouse.Name,
        ["address"] = new JsonObject { ["company"] = "Lagerhaus Demo GmbH", ["street"] = warehouse.Street, ["city"] = warehouse.City, ["zip"] = warehouse.Zip, ["country"] = "DE" },
        ["shippingMethodIds"] = new JsonArray([.. FfnIds.ShippingMethods.Select(m => (JsonNode)m.Id)]),
        ["modificationInfo"] = Founded(),
    };

    public static JsonObject Fulfiller() => new()
    {
        ["userId"] = FfnIds.Fulfiller,
        ["isActive"] = true,
        ["address"] = new JsonObject { ["company"] = "Lagerhaus Demo GmbH", ["street"] = FfnIds.Warehouses[0].Street, ["city"] = FfnIds.Warehouses[0].City, ["zip"] = FfnIds.Warehouses[0].Zip, ["country"] = "DE" },
        ["modificationInfo"] = Founded(),
    };

    public static JsonObject ShippingMethod(FfnShippingMethod method) => new()
    {
        ["shippingMethodId"] = method.Id,
        ["name"] = method.Name,
        ["fulfillerId"] = FfnIds.Fulfiller,
        ["shippingType"] = method.ShippingType,
        ["carrierCode"] = method.CarrierCode,
        ["carrierName"] = method.CarrierName,
        ["modificationInfo"] = Founded(),
    };

    public static JsonObject Change(Modification change) => new() { ["createdAt"] = FfnJson.Instant(change.At), ["state"] = change.State };

    /// <summary>What was there before the first product.</summary>
    public static readonly DateTimeOffset FoundedAt = new(2024, 1, 1, 8, 0, 0, TimeSpan.Zero);

    private static JsonObject Founded() => new() { ["createdAt"] = FfnJson.Instant(FoundedAt), ["state"] = "New" };

    private static JsonObject Info(DateTimeOffset createdAt, IReadOnlyList<Modification> history, bool isDeleted)
    {
        var info = new JsonObject { ["createdAt"] = FfnJson.Instant(createdAt) };
        if (history.Count > 0 && history[^1].State != "New")
        {
            info["updatedAt"] = FfnJson.Instant(history[^1].At);
        }

        info["state"] = isDeleted ? "Deleted" : history.Count == 0 ? "New" : history[^1].State;
        return info;
    }

    private JsonObject FulfillerStock(FfnProduct product, DateTimeOffset? at)
    {
        var json = Levels(product, FfnIds.Warehouses, at);
        json.Remove("fulfillerTimestamp");
        json["fulfillerId"] = FfnIds.Fulfiller;
        return json;
    }

    private JsonObject Levels(FfnProduct product, IReadOnlyList<FfnWarehouse> warehouses, DateTimeOffset? at)
    {
        var sum = warehouses.Aggregate(default(Amounts), (total, w) => total + state.Levels(product.Jfsku, w.Id, at));
        var json = new JsonObject
        {
            ["jfsku"] = product.Jfsku,
            ["merchantSku"] = product.Data.MerchantSku,
            ["stockLevel"] = sum.Available,
            ["stockLevelReserved"] = sum.Reserved,
            ["stockLevelBlocked"] = sum.Blocked,
            ["stockLevelAnnounced"] = sum.Announced,
            ["stockLevelDetails"] = new JsonArray(),
            ["stockReservedDetails"] = new JsonArray([.. state.Reserving(product.Jfsku).Where(o => warehouses.Any(w => w.Id == o.WarehouseId))
                .SelectMany(o => o.Items.Where(i => i.Jfsku == product.Jfsku && i.QuantityOpen > 0).Select(i => (JsonNode)new JsonObject { ["outboundId"] = o.OutboundId, ["outboundItemId"] = i.OutboundItemId, ["quantityReserved"] = i.QuantityOpen }))]),
            ["stockAnnouncedDetails"] = new JsonArray([.. state.Announcements.Where(a => a.Jfsku == product.Jfsku && a.Open > 0 && warehouses.Any(w => w.Id == a.WarehouseId))
                .Select(a => (JsonNode)new JsonObject { ["inboundId"] = a.InboundId, ["inboundItemId"] = "1", ["quantityAnnounced"] = a.Open })]),
        };
        var last = warehouses.Select(w => state.ChangesOf(product.Jfsku, w.Id)).Where(rows => rows.Count > 0).Select(rows => rows[^1].At).DefaultIfEmpty().Max();
        if (last != default)
        {
            json["fulfillerTimestamp"] = FfnJson.Instant(last);
        }

        return json;
    }
}
