using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The ledger: what an order does to stock, what a poll sees of it, and what lasts.</summary>
public sealed class FfnStockTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    [Fact]
    public async Task Order_ReservedShippedInPartsAndCanceled_MovesTheBuckets()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("ORDER-1", stock: 10);

        var id = (await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 4))).Json!["outboundId"]!.GetValue<string>();
        Assert.Equal((6, 4, 0, 0), await caller.LevelsAsync(jfsku));
        await caller.ControlAsync($"outbounds/{id}/ship", new JsonObject { ["items"] = new JsonObject { ["1"] = 1 } });
        Assert.Equal((6, 3, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal("PartiallyShipped", (await caller.GetAsync($"merchant/outbounds/{id}")).Json!["status"]!.GetValue<string>());
        await caller.ControlAsync($"outbounds/{id}/ship", []);
        Assert.Equal((6, 0, 0, 0), await caller.LevelsAsync(jfsku));

        var second = (await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 5))).Json!["outboundId"]!.GetValue<string>();
        Assert.Equal((1, 5, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(204, (await caller.PutAsync($"merchant/outbounds/{second}/status", new JsonObject { ["status"] = "Canceled", ["cancelReasonCode"] = "None" })).Status);
        Assert.Equal((6, 0, 0, 0), await caller.LevelsAsync(jfsku));

        var rows = await RowsAsync(caller, jfsku);
        Assert.Equal(["Adjustment", "Reservation", "Delivery", "Delivery", "Reservation", "ReservationCanceled"], rows.Select(r => r["changeType"]!.GetValue<string>()));
        Assert.Equal([10, -4, 0, 0, -5, 5], rows.Select(r => r["quantity"]!.GetValue<decimal>()));
        Assert.Equal([0, 4, -1, -3, 5, -5], rows.Select(r => r["quantityReserved"]!.GetValue<decimal>()));
        Assert.Equal([1, 2, 3, 4, 5, 6], rows.Select(r => r["stockChangeId"]!["stockVersion"]!.GetValue<int>()));
        Assert.Equal([false, false, false, false, false, true], rows.Select(r => r["current"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Order_TooLateToCancelOrInPreparation_FollowsItsStatus()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("ORDER-2", stock: 3);
        var prepared = FfnCaller.Outbound(jfsku, 2);
        prepared["status"] = "Preparation";

        var id = (await caller.PostAsync("merchant/outbounds", prepared)).Json!["outboundId"]!.GetValue<string>();
        Assert.Equal((3, 0, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(204, (await caller.PutAsync($"merchant/outbounds/{id}/status", new JsonObject { ["status"] = "Pending" })).Status);
        Assert.Equal((1, 2, 0, 0), await caller.LevelsAsync(jfsku));
        await caller.ControlAsync($"outbounds/{id}/pick", []);

        var late = await caller.PutAsync($"merchant/outbounds/{id}/status", new JsonObject { ["status"] = "Canceled" });

        Assert.Equal((403, "Outbounds_OutboundStatusChangeForbidden"), (late.Status, late.Code));
        Assert.Equal((1, 2, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(201, (await caller.PostAsync("merchant/outbounds?oversale=true", FfnCaller.Outbound(jfsku, 4))).Status);
        Assert.Equal((-3, 6, 0, 0), await caller.LevelsAsync(jfsku));
    }

    [Fact]
    public async Task DivisibleGoods_AnnouncedReceivedAndOrdered_KeepTheirHalves()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("HALF-1", stock: 1.5m, isDivisible: true);

        var announced = await caller.ControlAsync("announce", new JsonObject { ["jfsku"] = jfsku, ["quantity"] = 4.5 });
        Assert.Equal((1.5m, 0, 0, 4.5m), await caller.LevelsAsync(jfsku));
        await caller.ControlAsync("receive", new JsonObject { ["inboundId"] = announced["inboundId"]!.GetValue<string>(), ["quantity"] = 2.25 });
        await caller.ControlAsync("stock", new JsonObject { ["jfsku"] = jfsku, ["blocked"] = 0.5, ["quantity"] = -0.5 });
        await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 0.75m));

        Assert.Equal((2.5m, 0.75m, 0.5m, 2.25m), await caller.LevelsAsync(jfsku));
        var rows = await RowsAsync(caller, jfsku);
        Assert.Equal(2.5m, rows.Sum(r => r["quantity"]!.GetValue<decimal>()));
        Assert.Equal(2.25m, rows.Sum(r => r["quantityAnnounced"]!.GetValue<decimal>()));
        var seeded = (await caller.GetAsync("merchant/products?$filter=specifications/isDivisible eq true and merchantSku eq 'SEIL-NATUR-1M'")).Json!["items"]![0]!["jfsku"];
        var stock = (await caller.GetAsync($"merchant/stocks/{seeded}")).Json!["stockLevel"]!.GetValue<decimal>();
        Assert.Equal(0.5m, stock - decimal.Truncate(stock));
    }

    [Fact]
    public async Task Updates_WalkedWhileGoodsMove_ShowEveryChangeOnce()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        await caller.ControlAsync("settings", new JsonObject { ["updatesPageSize"] = 7 });
        var jfsku = await caller.ProductAsync("WALK-1", stock: 100);
        for (var i = 0; i < 12; i++)
        {
            await sandbox.SellAsync("jtl-ffn", "WALK-1", 1);
        }

        var to = (await caller.GetAsync("merchant/stocks/updates")).Json!["to"]!.GetValue<string>();
        var from = FfnCaller.Instant(DateTimeOffset.Parse(to).AddMinutes(-5));
        var query = $"fromDate={from}&toDate={Uri.EscapeDataString(to)}";
        var quiet = await caller.WalkAsync("stocks/updates", query);

        var walked = await caller.WalkAsync("stocks/updates", query, _ => sandbox.SellAsync("jtl-ffn", "WALK-1", 1));

        Assert.Equal(quiet.Select(Id), walked.Select(Id));
        Assert.Equal(walked.Count, walked.Select(Id).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 25), walked.Where(r => r["stockChangeId"]!["jfsku"]!.GetValue<string>() == jfsku).Select(r => r["stockChangeId"]!["stockVersion"]!.GetValue<int>()));
        await caller.ControlAsync("settings", new JsonObject { ["updatesPageSize"] = 50 });
    }

    [Fact]
    public async Task Complete_WalkedWhileGoodsMove_ShowsOneMomentWithEveryProduct()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("SNAP-1", stock: 8);
        var empty = await caller.ProductAsync("SNAP-2");
        var total = (await caller.GetAsync("merchant/products?$top=1")).Json!["_page"]!["total"]!.GetValue<int>();

        var walked = await caller.WalkAsync("stocks/complete", "page=1", async page =>
        {
            if (page == 1)
            {
                await caller.ControlAsync("stock", new JsonObject { ["jfsku"] = jfsku, ["stockLevel"] = 3 });
                await caller.ProductAsync("SNAP-3", stock: 1);
            }
        });

        Assert.Equal(total, walked.Select(s => s["jfsku"]!.GetValue<string>()).Distinct().Count());
        Assert.Equal(total, walked.Count);
        Assert.Equal(8, walked.Single(s => s["jfsku"]!.GetValue<string>() == jfsku)["stockLevel"]!.GetValue<decimal>());
        Assert.Equal(0, walked.Single(s => s["jfsku"]!.GetValue<string>() == empty)["stockLevel"]!.GetValue<decimal>());
        Assert.DoesNotContain(empty, await SkusOfStocksAsync(caller));
    }

    [Theory]
    [InlineData("toDate=2099-01-01T00:00:00.000%2B00:00", "toDate")]
    [InlineData("fromDate=2020-01-02T00:00:00Z&toDate=2020-01-01T00:00:00Z", "fromDate")]
    [InlineData("fromDate=2020-01-01T00:00:00.000+00:00", "fromDate")]
    [InlineData("page=0", "page")]
    [InlineData("ignoreOwnUserId=maybe", "ignoreOwnUserId")]
    public async Task Updates_OfAnImpossibleWindow_AreRefused(string query, string target)
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        foreach (var resource in (string[])["stocks", "products", "outbounds", "warehouses"])
        {
            var reply = await caller.GetAsync($"merchant/{resource}/updates?{query}");

            Assert.Equal((400, "Shared_ModelValidation"), (reply.Status, reply.Code));
            Assert.Equal(target, reply.Json!["errorMessages"]![0]!["target"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task ClockAhead_MovesTheLimitOfWindows()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var soon = FfnCaller.Instant(DateTimeOffset.Parse((await caller.GetAsync("merchant/stocks/updates")).Json!["to"]!.GetValue<string>()).AddMinutes(30));
        Assert.Equal(400, (await caller.GetAsync($"merchant/stocks/updates?toDate={soon}")).Status);

        await caller.ControlAsync("settings", new JsonObject { ["clockShiftSeconds"] = 7200, ["accessTokenSeconds"] = 86_400 });
        await caller.LogInAsync();

        Assert.Equal(200, (await caller.GetAsync($"merchant/stocks/updates?toDate={soon}")).Status);
        await caller.ControlAsync("settings", new JsonObject { ["clockShiftSeconds"] = 0, ["accessTokenSeconds"] = 1800 });
    }

    [Fact]
    public async Task Orders_ManyAtOnceForTooLittle_NeverSellTheSameUnitTwice()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("RACE-1", stock: 10);

        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 1, $"RACE-{i}"))));

        Assert.Equal(10, replies.Count(r => r.Status == 201));
        Assert.Equal(30, replies.Count(r => r.Code == "Stocks_NotEnoughStock"));
        Assert.Equal((0, 10, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(Enumerable.Range(1, 11), (await RowsAsync(caller, jfsku)).Select(r => r["stockChangeId"]!["stockVersion"]!.GetValue<int>()));
        var details = (await caller.GetAsync($"merchant/stocks/{jfsku}")).Json!["stockReservedDetails"]!.AsArray();
        Assert.Equal(10, details.Sum(d => d!["quantityReserved"]!.GetValue<decimal>()));
    }

    [Fact]
    public async Task IgnoreOwn_HidesWhatWeDidOurselves()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("OWN-1", stock: 5);
        await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 1));

        async Task<List<string>> Seen(string query) =>
            [.. (await caller.WalkAsync("stocks/updates", query)).Where(r => r["stockChangeId"]!["jfsku"]!.GetValue<string>() == jfsku).Select(r => r["changeType"]!.GetValue<string>())];
        Assert.Equal(["Adjustment", "Reservation"], await Seen("page=1"));
        Assert.Equal(["Adjustment"], await Seen("ignoreOwnApplicationId=true"));
        Assert.Equal(["Adjustment"], await Seen("ignoreOwnUserId=true"));
        Assert.DoesNotContain(await caller.WalkAsync("products/updates", "ignoreOwnApplicationId=true"), p => p["jfsku"]!.GetValue<string>() == jfsku);
    }

    private static string Id(JsonNode row) => row["stockChangeId"]!.ToJsonString();

    private static async Task<List<JsonNode>> RowsAsync(FfnCaller caller, string jfsku)
    {
        var reply = await caller.GetAsync($"merchant/stocks/changes?$top=100&$filter=stockChangeId/jfsku eq '{jfsku}'");
        return [.. reply.Json!["items"]!.AsArray().Select(r => r!)];
    }

    private static async Task<List<string>> SkusOfStocksAsync(FfnCaller caller)
    {
        var found = new List<string>();
        for (var link = "?$top=100"; link is not null;)
        {
            var reply = (await caller.GetAsync($"merchant/stocks{link}")).Json!;
            found.AddRange(reply["items"]!.AsArray().Select(i => i!["jfsku"]!.GetValue<string>()));
            link = reply["nextPageLink"]?.GetValue<string>();
        }

        return found;
    }
}
