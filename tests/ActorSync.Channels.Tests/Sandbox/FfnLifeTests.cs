using System.Globalization;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The warehouse among the other shops: its first day, restarts and resets, faults, quota, and its pages.</summary>
public sealed class FfnLifeTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    [Fact]
    public async Task FirstDay_ComparedWithTheShops_DiffersWhereItShall()
    {
        await sandbox.PostAsync("_control/reset", []);
        var shop = await StockBySkuAsync("shopify");
        var warehouse = await StockBySkuAsync("jtl-ffn");

        Assert.Equal(15, shop.Keys.Except(warehouse.Keys).Count(sku => sku.Length > 0));
        Assert.Equal(["LAGER-KARTON-M", "LAGER-POLSTER", "MUSTER-KATALOG"], warehouse.Keys.Except(shop.Keys).Order(StringComparer.Ordinal));
        var different = warehouse.Where(w => shop.TryGetValue(w.Key, out var units) && units != w.Value).ToList();
        Assert.InRange(different.Count, 12, 13);
        Assert.Contains(different, d => d.Key == "SEIL-NATUR-1M" && d.Value != decimal.Truncate(d.Value));
    }

    [Fact]
    public async Task Kill_RightAfterAnswers_LosesNeitherGoodsNorLogin()
    {
        await using var own = new SandboxProcess();
        await own.InitializeAsync();
        var caller = await new FfnCaller(own).LogInAsync();
        var jfsku = await caller.ProductAsync("KILL-1", stock: 6);
        var id = (await caller.PostAsync("merchant/outbounds", FfnCaller.Outbound(jfsku, 2))).Json!["outboundId"]!.GetValue<string>();
        await caller.RefreshAsync();
        var rows = (await caller.WalkAsync("stocks/updates", "page=1")).Select(r => r.ToJsonString()).ToList();
        var product = (await caller.GetAsync($"merchant/products/{jfsku}")).Json!.ToJsonString();

        own.Kill();
        await own.StartAsync();

        Assert.Equal(rows, (await caller.WalkAsync("stocks/updates", "page=1")).Select(r => r.ToJsonString()));
        Assert.Equal(product, (await caller.GetAsync($"merchant/products/{jfsku}")).Json!.ToJsonString());
        Assert.Equal((4, 2, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(200, (await caller.RefreshAsync()).Status);
        await caller.ControlAsync($"outbounds/{id}/ship", []);
        Assert.Equal((4, 0, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.NotEqual(jfsku, await caller.ProductAsync("KILL-2"));

        await own.PostAsync("_control/reset", []);

        Assert.Equal(200, (await caller.GetAsync("users/current")).Status);
        Assert.Equal(200, (await caller.RefreshAsync()).Status);
        Assert.Null(await own.FindAsync("jtl-ffn", "KILL-1"));
        own.Kill();
        await own.StartAsync();
        Assert.Equal(200, (await caller.RefreshAsync()).Status);
    }

    [Fact]
    public async Task Fault_AfterTheEffect_LeavesAProductThatTheRetryFinds()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "jtl-ffn", ["failAfterEffect"] = 1 });
        var body = new JsonObject { ["name"] = "x", ["merchantSku"] = "TWICE-1", ["identifier"] = new JsonObject() };

        var first = await caller.PostAsync("merchant/products", body);
        var second = await caller.PostAsync("merchant/products", body);

        Assert.Equal(500, first.Status);
        Assert.Equal((400, "Products_DuplicateProduct"), (second.Status, second.Code));
        Assert.Equal("TWICE-1", (await caller.GetAsync($"merchant/products/{second.Json!["errorMetaData"]!["Jfsku"]}")).Json!["merchantSku"]!.GetValue<string>());
    }

    [Fact]
    public async Task Quota_UsedUp_IsToldInHeadersAndRefused()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        Assert.False((await caller.GetAsync("users/current")).Headers.Contains("X-RateLimit-Limit"));
        await caller.ControlAsync("settings", new JsonObject { ["quotaLimit"] = 3, ["quotaIntervalSeconds"] = 86_400 });

        var replies = new List<FfnReply>();
        for (var i = 0; i < 5; i++)
        {
            replies.Add(await caller.GetAsync("users/current"));
        }

        await caller.ControlAsync("settings", new JsonObject { ["quotaLimit"] = 0 });
        Assert.Equal([200, 200, 200, 429, 429], replies.Select(r => r.Status));
        Assert.Equal(["2", "1", "0", "0", "0"], replies.Select(r => r.Headers.GetValues("X-RateLimit-Remaining").Single()));
        Assert.Equal("86400", replies[4].Headers.GetValues("X-RateLimit-Interval-Length-Seconds").Single());
        Assert.True(replies[4].Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "jtl-ffn", ["throttleNext"] = 1 });
        Assert.Equal(429, (await caller.GetAsync("users/current")).Status);
        Assert.Equal(200, (await caller.GetAsync("users/current")).Status);
    }

    [Fact]
    public async Task Sale_ReservesAndDelivers()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("SALE-1", stock: 3);

        var sold = await sandbox.SellAsync("jtl-ffn", "SALE-1", 2);

        Assert.Equal((3, 1), (sold["stockBefore"]!.GetValue<decimal>(), sold["stockAfter"]!.GetValue<decimal>()));
        Assert.Equal((1, 0, 0, 0), await caller.LevelsAsync(jfsku));
        await Assert.ThrowsAsync<InvalidOperationException>(() => sandbox.SellAsync("jtl-ffn", "SALE-1", 2));
        Assert.Equal((1, 0, 0, 0), await caller.LevelsAsync(jfsku));
        Assert.Equal(2, (await sandbox.FindAsync("jtl-ffn", "sale-1"))!["variants"]![0]!["stock"]!.AsObject().Count);
    }

    [Fact]
    public async Task Person_OnThePages_BooksReservesShipsAndEdits()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("PAGE-1");
        Assert.Contains("PAGE-1", await sandbox.Http.GetStringAsync(new Uri(sandbox.Address, "jtl-ffn/?search=page-1")), StringComparison.Ordinal);

        await SubmitAsync($"{jfsku}/stock", ("warehouse", FfnCaller.Leipzig), ("quantity", "7"), ("do", "book"));
        await SubmitAsync($"{jfsku}/stock", ("warehouse", FfnCaller.Leipzig), ("quantity", "6"), ("do", "correct"));
        await SubmitAsync($"{jfsku}/stock", ("warehouse", FfnCaller.Leipzig), ("quantity", "2"), ("do", "reserve"));
        Assert.Equal((4, 2, 0, 0), await caller.LevelsAsync(jfsku));
        var id = (await caller.GetAsync($"merchant/stocks/{jfsku}")).Json!["stockReservedDetails"]![0]!["outboundId"]!.GetValue<string>();
        await SubmitAsync($"{jfsku}/outbounds/{id}", ("do", "ship"));
        Assert.Equal((4, 0, 0, 0), await caller.LevelsAsync(jfsku));
        await SubmitAsync(jfsku, ("weight", "0,75"), ("was-weight", ""), ("note", "heavy"), ("was-note", ""), ("name", "shown"), ("was-name", "shown"));
        var product = (await caller.GetAsync($"merchant/products/{jfsku}")).Json!;
        Assert.Equal((0.75m, "heavy", "Test PAGE-1"), (product["weight"]!.GetValue<decimal>(), product["note"]!.GetValue<string>(), product["name"]!.GetValue<string>()));
        Assert.Contains("Quantity", await SubmitAsync($"{jfsku}/delete"), StringComparison.Ordinal);
        Assert.Equal(200, (await caller.GetAsync($"merchant/products/{jfsku}")).Status);
    }

    /// <summary>The note that the page shows afterwards.</summary>
    private async Task<string> SubmitAsync(string path, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var answer = await sandbox.Http.PostAsync(new Uri(sandbox.Address, $"jtl-ffn/products/{path}"), content);
        return Uri.UnescapeDataString(answer.Headers.Location!.ToString());
    }

    private async Task<Dictionary<string, decimal>> StockBySkuAsync(string channel)
    {
        var found = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var total = int.MaxValue;
        for (var offset = 0; offset < total; offset += 1000)
        {
            var page = await sandbox.GetAsync(string.Create(CultureInfo.InvariantCulture, $"_control/{channel}/products?limit=1000&offset={offset}"));
            total = page["total"]!.GetValue<int>();
            foreach (var variant in page["products"]!.AsArray().SelectMany(p => p!["variants"]!.AsArray()))
            {
                found[variant!["sku"]!.GetValue<string>()] = variant["stock"]!.AsObject().Sum(s => s.Value!.GetValue<decimal>());
            }
        }

        return found;
    }
}
