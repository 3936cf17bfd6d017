namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>S3's flows and recipes, and what must hold around them, on the demo's two shops and its warehouse. Each test uses products of its own.</summary>
[Collection(nameof(EndToEndCollection))]
public sealed class FlowTests(Workshop workshop)
{
    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    [Fact]
    public async Task DemoStart_TwoDifferingShops_AreTheSameAfterwards()
    {
        // The other tests add, sell and delete products of their own.
        static bool IsOfTheCatalogue(string sku) => sku.Length > 0 && !sku.StartsWith("E2E-", StringComparison.Ordinal);
        var shopify = (await Shops.ProductsAsync(SandboxClient.Shopify)).Where(product => product.Variants.Any(variant => IsOfTheCatalogue(variant.Sku))).ToList();
        var woo = (await Shops.ProductsAsync(SandboxClient.Woo)).Where(product => product.Variants.Any(variant => IsOfTheCatalogue(variant.Sku))).ToList();
        Assert.True(shopify.Count >= 290, $"{shopify.Count} products in Shopify");
        Assert.Equal(shopify.Count, woo.Count);
        var firsts = shopify.Select(product => product.Variants.First(variant => variant.Sku.Length > 0).Sku).ToList();
        await workshop.AssertShopsAgreeAsync([.. firsts]);
        var sold = shopify.SelectMany(product => product.Variants).Select(variant => variant.Sku).Where(IsOfTheCatalogue).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var warehouse = (await Shops.ProductsAsync(SandboxClient.Jtl)).Select(product => product.Variants[0].Sku).Where(IsOfTheCatalogue).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.Empty(sold.Except(warehouse, StringComparer.OrdinalIgnoreCase));

        // Packaging and samples are the warehouse's alone. Every thing is one product of the hub, and no two are the same.
        var products = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sku in firsts.Concat(warehouse.Except(sold, StringComparer.OrdinalIgnoreCase)))
        {
            var found = Assert.Single((await Hub.GetAsync($"/api/products?sku={Uri.EscapeDataString(sku)}"))["items"]!.AsArray());
            Assert.NotEqual("ERROR", found!["syncStatus"]!.GetValue<string>());
            Assert.True(products.Add(found["id"]!.GetValue<string>()), $"{sku} is in a product that holds another thing's SKU");
        }
    }

    [Fact]
    public async Task FlowA_MerchantCreatesInShopify_AppearsInWooWithItsVariants()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-A");
        await WooHasAsync("E2E-A-S");
        await workshop.SettledAsync();
        await workshop.AssertShopsAgreeAsync("E2E-A-S");
        var product = await Hub.ProductAsync("E2E-A-S");
        // The others may add what they have by default and Shopify did not tell, such as that the goods are taxed, or not hazardous.
        Assert.Contains(product["lastUpdatedBy"]!.GetValue<string>(), (string[])["shopify-demo", "woo-demo", "jtl-demo"]);
        Assert.Equal(3, product["variants"]!.AsArray().Count);
    }

    [Fact]
    public async Task FlowA_FieldsThatNoWebhookCarries_AreReadWhenTheProductMoves()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-SEO");
        await WooHasAsync("E2E-SEO-S");
        await workshop.SettledAsync();

        var shirt = await Shops.GetAsync(SandboxClient.Shopify, "E2E-SEO-S");
        // Versions are whole seconds: an edit in the second of our last write looks like its echo, and is found by the safety poll only.
        await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > shirt.UpdatedAt.AddSeconds(2)), "the shop's clock has moved on");
        await Shops.EnterAsync(shirt.Id, ("seo-title", "Shirts that fit"), ("collections", "Gift ideas"));
        await Until.TrueAsync(
            async () => (await Hub.ProductAsync("E2E-SEO-S")).ToJsonString() is var product && product.Contains("Shirts that fit", StringComparison.Ordinal)
                && product.Contains("Gift ideas", StringComparison.Ordinal),
            "title for search engines and collection are in the hub");

        await Hub.EditAsync("E2E-SEO-S", new { seoTitle = "Hub's own title", version = await VersionAsync("E2E-SEO-S") });
        await Until.TrueAsync(async () => (await Shops.PageAsync(shirt.Id)).Contains("Hub&#39;s own title", StringComparison.Ordinal), "the hub's title is in Shopify");
    }

    [Fact]
    public async Task FlowB_HubEdit_ReachesBothShopsAndTheirEchoesCauseNothing()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-B");
        await WooHasAsync("E2E-B-S");
        await workshop.SettledAsync();

        var answer = await Hub.EditAsync("E2E-B-S", new { name = "Hemd aus dem Hub & mehr", version = await VersionAsync("E2E-B-S") });
        Assert.Contains("name", answer["accepted"]!.AsArray().Select(field => field!.GetValue<string>()));
        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Shopify, "E2E-B-S") == "Hemd aus dem Hub & mehr", "the title is in Shopify");
        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Woo, "E2E-B-S") == "Hemd aus dem Hub & mehr", "the title is in WooCommerce");
        await workshop.SettledAsync();
        await EchoesAreInAsync();

        var version = await VersionAsync("E2E-B-S");
        var writes = await WritesAsync();
        await EchoesAreInAsync();
        Assert.Equal(version, await VersionAsync("E2E-B-S"));
        Assert.Equal(writes, await WritesAsync());
    }

    [Fact]
    public async Task Recipe_Ownership_PriceComesFromTheShopAndWarehouseNotesStayInTheHub()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-O");
        await WooHasAsync("E2E-O-S");
        await workshop.SettledAsync();
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = "E2E-O-M", price = 41.5m });
        await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, "E2E-O-M")).Variant("E2E-O-M").Price == 41.5m, "the price is in WooCommerce");
        await workshop.SettledAsync();
        await EchoesAreInAsync();

        var writes = await WritesAsync();
        var answer = await Hub.EditAsync("E2E-O-S", new { warehouseNotes = "Regal 7, unten" });
        Assert.Empty(answer["rejected"]!.AsArray());
        await workshop.SettledAsync();
        Assert.Equal(writes, await WritesAsync());
    }

    [Theory]
    [InlineData("accept_local", "Name vom Hub")]
    [InlineData("accept_remote", "Name vom Laden")]
    [InlineData("merge", "Name von beiden")]
    public async Task Recipe_Conflict_BothValuesAreShownAndTheResolutionReachesBothShops(string resolution, string expected)
    {
        var sku = $"E2E-C{resolution.Length}";
        await CreateShirtAsync(SandboxClient.Shopify, sku);
        await WooHasAsync(sku + "-S");
        await workshop.SettledAsync();
        var product = (await Hub.FindAsync(sku + "-S"))!;

        await Shops.EditAsync(SandboxClient.Shopify, new { sku = sku + "-S", title = "Name vom Laden" });
        await Until.TrueAsync(async () => await HubNameAsync(sku + "-S") == "Name vom Laden", "the shop's name is in the hub");
        await Hub.EditAsync(sku + "-S", new { name = "Name vom Hub" });

        var rows = await Hub.ConflictsAsync(product);
        var row = Assert.Single(rows, conflict => conflict.ToJsonString().Contains("name", StringComparison.Ordinal));
        Assert.Contains("Name vom Laden", row.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("Name vom Hub", row.ToJsonString(), StringComparison.Ordinal);

        object body = resolution == "merge" ? new { resolution, mergeData = new { name = expected } } : new { resolution };
        await Hub.PostAsync($"/api/integrations/product-sync/conflicts/{product}/resolve", body);
        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Shopify, sku + "-S") == expected, $"'{expected}' is in Shopify", explain: () => Hub.ExplainAsync(sku + "-S"));
        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Woo, sku + "-S") == expected, $"'{expected}' is in WooCommerce");
        Assert.Empty(await Hub.ConflictsAsync(product));
    }

    [Fact]
    public async Task Recipe_ConflictOutsideTheWindow_TheLaterEditWinsInAllPlaces()
    {
        const string Sku = "E2E-LATE";
        // Before the product exists: an origin's next claim never ranks below its last, so a shorter window only holds for what is claimed from now on.
        await Hub.PutAsync("/api/policy", new { conflictWindowMinutes = 0.05 });
        var changed = TimeProvider.System.GetUtcNow();
        try
        {
            await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > changed.AddSeconds(3)), "every silo has the new policy: it is kept for 2 s");
            await CreateShirtAsync(SandboxClient.Shopify, Sku);
            await WooHasAsync(Sku + "-S");
            await workshop.SettledAsync();
            var product = (await Hub.FindAsync(Sku + "-S"))!;
            await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku + "-S", price = 30m });
            await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, Sku + "-S")).Variant(Sku + "-S").Price == 30m, "the shop's price is everywhere");
            // Price is the storefronts' inside the window of 3 s; a script that does not know it loses there, and wins once the window is over.
            var edited = (await Shops.GetAsync(SandboxClient.Shopify, Sku + "-S")).UpdatedAt;
            await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > edited.AddSeconds(6)), "the window is over");
            var answer = await Hub.EditAsync(Sku + "-S", new { variants = new[] { new { sku = Sku + "-S", price = 31m } } });
            Assert.True(answer["rejected"]!.AsArray().Count == 0, answer.ToJsonString());
            foreach (var channel in new[] { SandboxClient.Shopify, SandboxClient.Woo })
            {
                await Until.TrueAsync(
                    async () => (await Shops.GetAsync(channel, Sku + "-S")).Variant(Sku + "-S").Price == 31m, $"the later price is in {channel}", explain: () => Hub.ExplainAsync(Sku + "-S"));
            }

            await workshop.SettledAsync();
            await EchoesAreInAsync();
            Assert.Equal(31m, (await Shops.GetAsync(SandboxClient.Shopify, Sku + "-S")).Variant(Sku + "-S").Price);
            Assert.DoesNotContain(await Hub.ConflictsAsync(product), row => row["status"]?.GetValue<string>() == "open" && row.ToJsonString().Contains("window", StringComparison.OrdinalIgnoreCase));
        }
        finally
        {
            await Hub.PutAsync("/api/policy", new { conflictWindowMinutes = 5 });
        }
    }

    [Fact]
    public async Task ChannelDown_TenEditsMeanwhile_ArriveAsOnePush()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-T");
        await WooHasAsync("E2E-T-S");
        await workshop.SettledAsync();
        await EchoesAreInAsync();
        var writes = await Shops.WritesAsync(SandboxClient.Woo);
        await Shops.FaultsAsync(new { channel = SandboxClient.Woo, errorRate = 1.0 });
        try
        {
            for (var i = 1; i <= 10; i++)
            {
                await Hub.EditAsync("E2E-T-S", new { name = $"Ausgabe {i}", version = await VersionAsync("E2E-T-S") });
            }

            await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Shopify, "E2E-T-S") == "Ausgabe 10", "the other shop goes on as usual");
            Assert.Equal(writes, await Shops.WritesAsync(SandboxClient.Woo));
        }
        finally
        {
            await Shops.FaultsAsync(new { channel = SandboxClient.Woo, errorRate = 0.0 });
        }

        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Woo, "E2E-T-S") == "Ausgabe 10", "the last edit is in WooCommerce", TimeSpan.FromMinutes(2), () => workshop.HubProcess!.Said);
        await workshop.SettledAsync();
        Assert.Equal(writes + 1, await Shops.WritesAsync(SandboxClient.Woo));
    }

    [Fact]
    public async Task Webhooks_DoubledAndShuffled_TheLastEditsWinEverywhere()
    {
        var skus = Enumerable.Range(0, 5).Select(i => $"E2E-W{i}").ToList();
        foreach (var sku in skus)
        {
            await CreateShirtAsync(SandboxClient.Shopify, sku);
        }

        foreach (var sku in skus)
        {
            await WooHasAsync(sku + "-S");
        }

        await workshop.SettledAsync();
        await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookDuplicate = 0.5, webhookShuffle = 0.5 });
        try
        {
            foreach (var round in Enumerable.Range(1, 6))
            {
                foreach (var sku in skus)
                {
                    await Shops.EditAsync(SandboxClient.Shopify, new { sku = sku + "-S", title = $"{sku} Runde {round}", price = 20m + round });
                }
            }

            foreach (var sku in skus)
            {
                await Until.TrueAsync(
                    async () => await TitleAsync(SandboxClient.Woo, sku + "-S") == $"{sku} Runde 6", $"{sku} has its last title", explain: () => Hub.ExplainAsync(sku + "-S"));
            }
        }
        finally
        {
            await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, webhookDuplicate = 0.0, webhookShuffle = 0.0 });
        }

        await workshop.SettledAsync();
        await workshop.AssertShopsAgreeAsync([.. skus.Select(sku => sku + "-S")]);
    }

    [Fact]
    public async Task Creates_BothShopsAnnounceOneSkuAtOnce_MakeOneHubProduct()
    {
        await Task.WhenAll(CreateMugAsync(SandboxClient.Shopify, "E2E-BOTH", 12m), CreateMugAsync(SandboxClient.Woo, "E2E-BOTH", 12m));
        await Until.TrueAsync(async () => await Hub.FindAsync("E2E-BOTH") is not null, "the product is in the hub");
        await Until.TrueAsync(
            async () => (await Hub.ProductAsync("E2E-BOTH"))["channels"]!.AsArray().All(channel => channel!["externalId"] is not null),
            "the product is linked to both shops");
        await workshop.SettledAsync();
        Assert.Single((await Hub.GetAsync("/api/products?sku=E2E-BOTH"))["items"]!.AsArray());
        foreach (var channel in new[] { SandboxClient.Shopify, SandboxClient.Woo })
        {
            Assert.Single(await Shops.ProductsAsync(channel), product => product.Variants.Any(variant => variant.Sku == "E2E-BOTH"));
        }
    }

    [Fact]
    public async Task VariantEdit_LeavesItsSiblingsAlone()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-V");
        await WooHasAsync("E2E-V-S");
        await workshop.SettledAsync();
        var before = await Shops.GetAsync(SandboxClient.Woo, "E2E-V-S");
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = "E2E-V-M", price = 77.7m, compareAtPrice = 99m });
        await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, "E2E-V-M")).Variant("E2E-V-M").Price == 77.7m, "the variant's price is in WooCommerce");
        await workshop.SettledAsync();
        var after = await Shops.GetAsync(SandboxClient.Woo, "E2E-V-S");
        foreach (var sku in new[] { "E2E-V-S", "E2E-V-L" })
        {
            Assert.Equivalent(before.Variant(sku), after.Variant(sku));
        }

        Assert.Equal(before.Variant("E2E-V-M").Id, after.Variant("E2E-V-M").Id);
        await workshop.AssertShopsAgreeAsync("E2E-V-S");
    }

    [Fact]
    public async Task StaleBody_PriceEditCarriesTheOldTitle_DoesNotUndoTheHubsTitle()
    {
        await CreateShirtAsync(SandboxClient.Shopify, "E2E-D");
        await WooHasAsync("E2E-D-S");
        await workshop.SettledAsync();
        // Versions are whole seconds: an edit in the second of the create could only be judged by a read, and the shop will not answer one.
        var created = (await Shops.GetAsync(SandboxClient.Shopify, "E2E-D-S")).UpdatedAt;
        await Until.TrueAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > created.AddSeconds(2)), "the shop's clock has moved on");
        await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, errorRate = 1.0 });
        try
        {
            await Hub.EditAsync("E2E-D-S", new { name = "Titel aus dem Hub", version = await VersionAsync("E2E-D-S") });
            // The webhook of this edit still says the old title: the hub's could not be pushed.
            await Shops.EditAsync(SandboxClient.Shopify, new { sku = "E2E-D-S", price = 55m });
            await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, "E2E-D-S")).Variant("E2E-D-S").Price == 55m, "the price came through");
            Assert.Equal("Titel aus dem Hub", await HubNameAsync("E2E-D-S"));
        }
        finally
        {
            await Shops.FaultsAsync(new { channel = SandboxClient.Shopify, errorRate = 0.0 });
        }

        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Shopify, "E2E-D-S") == "Titel aus dem Hub", "the hub's title is in Shopify", TimeSpan.FromMinutes(2), () => workshop.HubProcess!.Said);
        await workshop.SettledAsync();
        await workshop.AssertShopsAgreeAsync("E2E-D-S");
        Assert.Equal(55m, (await Shops.GetAsync(SandboxClient.Shopify, "E2E-D-S")).Variant("E2E-D-S").Price);
    }

    [Fact]
    public async Task Stock_OneUnitSoldInEachShopAtOnce_BothShopsFallByTwo()
    {
        await CreateMugAsync(SandboxClient.Shopify, "E2E-STOCK", 9.9m);
        await WooHasAsync("E2E-STOCK");
        await workshop.CountAsync("E2E-STOCK", 20);
        await workshop.SettledAsync();
        await Task.WhenAll(Shops.SellAsync(SandboxClient.Shopify, "E2E-STOCK"), Shops.SellAsync(SandboxClient.Woo, "E2E-STOCK"));
        foreach (var channel in new[] { SandboxClient.Shopify, SandboxClient.Woo })
        {
            await Until.TrueAsync(async () => (await Shops.GetAsync(channel, "E2E-STOCK")).Variants[0].TotalStock == 18, $"{channel} holds 18", explain: () => Hub.ExplainAsync("E2E-STOCK"));
        }

        await workshop.SettledAsync();
        await EchoesAreInAsync();
        Assert.Equal(18, (await Shops.GetAsync(SandboxClient.Shopify, "E2E-STOCK")).Variants[0].TotalStock);
        Assert.Equal(18, (await Shops.GetAsync(SandboxClient.Woo, "E2E-STOCK")).Variants[0].TotalStock);
    }

    [Fact]
    public async Task PlatformData_WhatTheHubDoesNotKnow_SurvivesItsPush()
    {
        await CreateMugAsync(SandboxClient.Woo, "E2E-META", 15m);
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Shopify, "E2E-META") is not null, "the product is in Shopify");
        await workshop.SettledAsync();
        using var woo = new WooRest(workshop.Shops.Address);
        var id = (await Shops.GetAsync(SandboxClient.Woo, "E2E-META")).Id;
        var category = await woo.PostAsync("products/categories", new { name = "Nur im Laden" });
        await woo.PutAsync($"products/{id}", new
        {
            categories = new[] { new { id = category["id"]!.GetValue<long>() } },
            attributes = new[] { new { name = "Material", options = new[] { "Steingut" }, visible = true } },
            meta_data = new[] { new { key = "_plugin_secret", value = "bleibt" } },
        });
        await workshop.SettledAsync();

        await Hub.EditAsync("E2E-META", new { name = "Becher, neu benannt", version = await VersionAsync("E2E-META") });
        await Until.TrueAsync(async () => await TitleAsync(SandboxClient.Woo, "E2E-META") == "Becher, neu benannt", "the new name is in WooCommerce");
        var product = await woo.GetAsync($"products/{id}");
        Assert.Equal("Nur im Laden", product["categories"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("Material", product["attributes"]![0]!["name"]!.GetValue<string>());
        Assert.Contains(product["meta_data"]!.AsArray(), row => row!["key"]!.GetValue<string>() == "_plugin_secret" && row["value"]!.GetValue<string>() == "bleibt");
    }

    [Fact]
    public async Task Guard_ShopUnpublishesFarMoreThanFivePercent_TheOtherShopKeepsTheRestUntilAPersonLetsGo()
    {
        var skus = (await Shops.ProductsAsync(SandboxClient.Shopify))
            .Where(product => product.Status == "active" && product.Variants[0].Sku.Length > 0 && !product.Variants[0].Sku.StartsWith("E2E-", StringComparison.Ordinal))
            .Take(60).Select(product => product.Variants[0].Sku).ToList();
        try
        {
            foreach (var sku in skus)
            {
                await Shops.EditAsync(SandboxClient.Shopify, new { sku, status = "draft" });
            }

            await Until.TrueAsync(async () => (await Hub.StatusAsync()).Error >= skus.Count / 2, "the rest is held", account: () => workshop.HubProcess!.Said);
            await workshop.SettledAsync();
            var woo = (await Shops.ProductsAsync(SandboxClient.Woo)).Where(product => product.Variants.Any(variant => skus.Contains(variant.Sku))).ToList();
            var gone = woo.Count(product => product.Status != "active");
            Assert.InRange(gone, 1, (int)(woo.Count * 0.5));

            var kept = woo.First(product => product.Status == "active").Variants.First(variant => skus.Contains(variant.Sku)).Sku;
            await Hub.PostAsync($"/api/products/{await Hub.FindAsync(kept)}/release-guard", new { channel = Workshop.WooChannel });
            await Until.TrueAsync(async () => (await Shops.GetAsync(SandboxClient.Woo, kept)).Status != "active", "the released one is unpublished", account: () => workshop.HubProcess!.Said);

            var left = (await Shops.ProductsAsync(SandboxClient.Woo)).Count(product => product.Status == "active" && product.Variants.Any(variant => skus.Contains(variant.Sku)));
            var released = await Hub.PostAsync($"/api/channels/{Workshop.WooChannel}/release-held", new { });
            Assert.Equal((left, false), (released["released"]!.GetValue<int>(), released["more"]!.GetValue<bool>()));
            await Until.TrueAsync(
                async () => (await Shops.ProductsAsync(SandboxClient.Woo)).All(product => product.Status != "active" || !product.Variants.Any(variant => skus.Contains(variant.Sku))),
                "all that were let go are unpublished", account: () => workshop.HubProcess!.Said);
            Assert.Equal(0, (await Hub.PostAsync($"/api/channels/{Workshop.WooChannel}/release-held", new { }))["released"]!.GetValue<int>());
        }
        finally
        {
            foreach (var sku in skus)
            {
                await Shops.EditAsync(SandboxClient.Shopify, new { sku, status = "active" });
            }
        }

        await Until.TrueAsync(async () => (await Hub.StatusAsync()).Error == 0, "nothing is held any more once all are active again", account: () => workshop.HubProcess!.Said);
        await workshop.SettledAsync();
    }

    private Task CreateShirtAsync(string channel, string sku) => Shops.CreateAsync(channel, new
    {
        title = $"Hemd {sku}",
        description = "<p>Leinen &amp; Baumwolle</p>",
        vendor = "Nordlicht",
        productType = "Hemden",
        tags = new[] { "Sommer", "leinen" },
        optionNames = new[] { "Größe" },
        variants = new[] { "S", "M", "L" }.Select(size => new { sku = $"{sku}-{size}", optionValues = new[] { size }, price = 39.9m, stock = 7 }),
    });

    private Task CreateMugAsync(string channel, string sku, decimal price) => Shops.CreateAsync(channel, new
    {
        title = $"Becher {sku}",
        description = "<p>Steingut</p>",
        vendor = "Töpferei Süd",
        productType = "Becher",
        tags = new[] { "küche" },
        variants = new[] { new { sku, price, stock = 20 } },
    });

    private Task WooHasAsync(string sku) => Until.TrueAsync(
        async () => await Shops.FindAsync(SandboxClient.Woo, sku) is not null, $"{sku} is in WooCommerce", account: () => workshop.HubProcess!.Said);

    private async Task<string> TitleAsync(string channel, string sku) => Workshop.Plain((await Shops.GetAsync(channel, sku)).Title);

    private async Task<string?> HubNameAsync(string sku) => (await Hub.ProductAsync(sku))["name"]?.GetValue<string>();

    private async Task<long> VersionAsync(string sku) => (await Hub.ProductAsync(sku))["version"]!.GetValue<long>();

    private async Task<long> WritesAsync() => await Shops.WritesAsync(SandboxClient.Shopify) + await Shops.WritesAsync(SandboxClient.Woo);

    /// <summary>Every webhook that the shops still had to send has been sent, and every one that came in is worked in.</summary>
    private async Task EchoesAreInAsync()
    {
        await Until.TrueAsync(
            async () => (await Shops.PendingWebhooksAsync()) == 0
                && (await Hub.GetAsync("/api/webhooks/events?limit=100"))["items"]!.AsArray().All(item => item!["state"]!.GetValue<string>() != "waiting"),
            "all webhooks are delivered and worked in");
    }
}

/// <summary>One pair of processes for all tests that do not kill them.</summary>
[CollectionDefinition(nameof(EndToEndCollection))]
public sealed class EndToEndCollection : ICollectionFixture<Workshop>;
