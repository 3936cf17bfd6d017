using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Answers and errors of the simulated network against its captured description.</summary>
public sealed class FfnContractTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    [Theory]
    [InlineData("products?$top=100", "PagedProductResponse")]
    [InlineData("products/updates?page=2", "RecentProductList")]
    [InlineData("stocks?$top=100", "PagedStockResponse")]
    [InlineData("stocks?$filter=stockLevelReserved eq 2", "PagedStockResponse")]
    [InlineData("stocks/complete", "PagedStockList")]
    [InlineData("stocks/changes?$top=100", "PagedStockChangeWithProductResponse")]
    [InlineData("stocks/changes?$filter=changeType eq 'Reservation'", "PagedStockChangeWithProductResponse")]
    [InlineData("stocks/updates", "RecentStockChangeList")]
    [InlineData("stocks/warehouse/FULF04XX-12345-0002", "PagedStockInWarehouseResponse")]
    [InlineData("warehouses", "PagedWarehouseResponse")]
    [InlineData("warehouses/updates", "RecentWarehouseList")]
    [InlineData("warehouses/FULF04XX-12345-0001", "Warehouse")]
    [InlineData("fulfillers", "PagedFulfillerResponse")]
    [InlineData("fulfillers/FULF", "Fulfiller")]
    [InlineData("shippingmethods", "PagedShippingMethodResponse")]
    [InlineData("outbounds", "PagedOutboundResponse")]
    [InlineData("outbounds/updates", "RecentOutboundList")]
    public async Task Answer_OfTheFirstDay_IsWhatTheSchemaSays(string path, string schema)
    {
        var contract = FfnContract.OrSkip();
        var caller = await new FfnCaller(sandbox).LogInAsync();

        var reply = await caller.GetAsync($"merchant/{path}");

        Assert.Equal(200, reply.Status);
        Assert.Empty(contract.Problems(reply.Json, schema));
        var list = reply.Json!["items"] ?? reply.Json["data"];
        Assert.True(list is null || list.AsArray().Count > 0, $"{path} is empty, so nothing was checked.");
    }

    [Fact]
    public async Task Answer_OfAnOrderAndItsShipment_IsWhatTheSchemaSays()
    {
        var contract = FfnContract.OrSkip();
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("SCHEMA-1", stock: 9);

        var outbound = (await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 4))).Json!;
        await sandbox.PostAsync($"_control/jtl-ffn/outbounds/{outbound["outboundId"]}/ship", new JsonObject { ["packages"] = 2, ["items"] = new JsonObject { ["1"] = 3 } });

        var id = outbound["outboundId"]!.GetValue<string>();
        Assert.Empty(contract.Problems(outbound, "Outbound"));
        Assert.Empty(contract.Problems((await caller.GetAsync($"merchant/outbounds/{id}")).Json, "Outbound"));
        Assert.Empty(contract.Problems((await caller.GetAsync("merchant/outbounds/shipping-notifications/updates")).Json, "RecentOutboundShippingNotificationList"));
        var notification = Assert.Single((await caller.GetAsync($"merchant/outbounds/{id}/shipping-notifications")).Json!.AsArray());
        Assert.Empty(contract.Problems(notification, "OutboundShippingNotification"));
        Assert.Equal(2, notification!["packages"]!.AsArray().Count);
        Assert.Empty(contract.Problems((await caller.GetAsync($"merchant/products/{jfsku}")).Json, "Product"));
        Assert.Empty(contract.Problems((await caller.GetAsync($"merchant/stocks/{jfsku}")).Json, "Stock"));
    }

    /// <summary>Every refusal, once, by a call that earns it; the catalogue must know its status and code.</summary>
    [Fact]
    public async Task Refusals_AllThatAreServed_AreOfTheCatalogue()
    {
        var contract = FfnContract.OrSkip();
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("ERR-1", stock: 2);
        var unseen = await caller.ProductAsync("ERR-2", isAuthorized: false);
        var gone = await caller.ProductAsync("ERR-3");
        var used = await caller.ProductAsync("ERR-4");
        await caller.PatchAsync($"merchant/products/{used}", new JsonObject { ["condition"] = "Used" });
        await caller.DeleteAsync($"merchant/products/{gone}");
        var open = (await caller.PostAsync("merchant/outbounds", With(FfnCaller.Outbound(jfsku, 1), o => o["outboundId"] = "MERC02OPEN1"))).Json!["outboundId"]!;
        JsonObject Order(Action<JsonObject> change) => With(FfnCaller.Outbound(jfsku, 1), change);

        var expected = new List<(int, string, Func<Task<FfnReply>>)>
        {
            (400, "Shared_ModelValidation", () => caller.PostAsync("merchant/products", new JsonObject { ["name"] = "x" })),
            (400, "Products_DuplicateProduct", () => caller.PostAsync("merchant/products", new JsonObject { ["name"] = "x", ["merchantSku"] = "ERR-1", ["identifier"] = new JsonObject() })),
            (404, "Products_ProductNotFound", () => caller.GetAsync("merchant/products/MERC01XXXXX")),
            (404, "Products_ProductNotActive", () => caller.GetAsync($"merchant/products/{gone}")),
            (404, "Products_AlreadyInactive", () => caller.DeleteAsync($"merchant/products/{gone}")),
            (400, "Products_OpenOutboundsForProduct", () => caller.DeleteAsync($"merchant/products/{jfsku}")),
            (400, "Stocks_QuantityNotZero", () => caller.DeleteAsync($"merchant/products/{jfsku}/authorizations/FULF")),
            (400, "Shared_DuplicateKey", () => caller.PatchAsync($"merchant/products/{unseen}", new JsonObject { ["merchantSku"] = "ERR-1" })),
            (400, "Products_ConditionAlreadySet", () => caller.PatchAsync($"merchant/products/{used}", new JsonObject { ["condition"] = "Damaged" })),
            (400, "Products_ProductAlreadyAuthorized", () => caller.PostAsync($"merchant/products/{jfsku}/authorizations", new JsonObject { ["fulfillerId"] = "FULF" })),
            (400, "Users_UserNotFound", () => caller.PostAsync($"merchant/products/{jfsku}/authorizations", new JsonObject { ["fulfillerId"] = "NOPE" })),
            (404, "Authorizations_AuthorizationNotFound", () => caller.DeleteAsync($"merchant/products/{unseen}/authorizations/FULF")),
            (404, "Users_UserNotFound", () => caller.GetAsync("merchant/fulfillers/NOPE")),
            (404, "Warehouses_WarehouseNotFound", () => caller.GetAsync($"merchant/stocks/{jfsku}/FULF04XX-12345-0009")),
            (404, "ShippingMethods_ShippingMethodNotFound", () => caller.GetAsync("merchant/shippingmethods/FULF0A0099")),
            (400, "Products_ProductNotFound", () => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound("MERC01XXXXX", 1))),
            (400, "Products_ProductNotActive", () => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(gone, 1))),
            (403, "Authorizations_AuthorizationNotFound", () => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(unseen, 1))),
            (400, "Stocks_NotEnoughStock", () => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 2))),
            (400, "Stocks_ProductIsNotDivisible", () => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 0.5m))),
            (400, "Warehouses_WarehouseNotFound", () => caller.PostAsync("merchant/outbounds", Order(o => o["warehouseId"] = "FULF04XX-12345-0009"))),
            (400, "Outbounds_OutboundShippingMethodAndShippingTypeSet", () => caller.PostAsync("merchant/outbounds", Order(o => o["shippingMethodId"] = "FULF0A0001"))),
            (400, "ShippingMethods_ShippingMethodNotFoundByShippingType", () => caller.PostAsync("merchant/outbounds", Order(o => o["shippingType"] = "SameDay"))),
            (400, "ShippingMethods_ShippingMethodNotFound", () => caller.PostAsync("merchant/outbounds", Order(o =>
            {
                o.Remove("shippingType");
                o["shippingMethodId"] = "FULF0A0099";
            }))),
            (400, "Outbounds_DuplicateOutboundItemIds", () => caller.PostAsync("merchant/outbounds", Order(o => o["items"]!.AsArray().Add(o["items"]![0]!.DeepClone())))),
            (400, "Outbounds_NotCanceledOutboundExists", () => caller.PostAsync("merchant/outbounds", Order(o => o["outboundId"] = "MERC02OPEN1"))),
            (404, "Outbounds_OutboundNotFound", () => caller.GetAsync("merchant/outbounds/MERC02NONE1")),
            (404, "Outbounds_OutboundShippingNotificationNotFound", () => caller.GetAsync($"merchant/outbounds/{open}/shipping-notifications/MERC06NONE")),
            (403, "Outbounds_OutboundStatusChangeForbidden", () => caller.PutAsync($"merchant/outbounds/{open}/status", new JsonObject { ["status"] = "Shipped" })),
            (423, "Outbounds_OutboundCreationIsLocked", async () =>
            {
                await caller.ControlAsync("settings", new JsonObject { ["creationLockMs"] = 60_000 });
                await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 1));
                return await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 1));
            }),
        };

        foreach (var (status, code, call) in expected)
        {
            var reply = await call();
            Assert.Equal((status, code), (reply.Status, reply.Code));
            Assert.Contains((status, code), contract.Errors);

            // One public client reads a target beside each message, which the schema does not name.
            Assert.DoesNotContain(contract.Problems(reply.Json, "ErrorResponse"), p => !p.Contains(".target ", StringComparison.Ordinal));
        }

        await caller.ControlAsync("settings", new JsonObject { ["creationLockMs"] = 0 });
    }

    private static JsonObject With(JsonObject body, Action<JsonObject> change)
    {
        change(body);
        return body;
    }
}
