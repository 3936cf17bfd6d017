using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.Shopify.ShopifyLiveShop;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>The connector against the simulated shop, over HTTP. What counts is what the shop holds afterwards.</summary>
public sealed class ShopifyLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly VariantId V1 = new(1);
    private static readonly VariantId V2 = new(2);
    private readonly ShopifyLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await sandbox.PostAsync("_control/reset", []);
        await sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 2000 });
    }

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Probe_GoodToken_LearnsTheShop()
    {
        var result = await _shop.Channel.ProbeAsync(Token);
        Assert.True(result.Ok, result.Fault?.Message);
        Assert.Equal("EUR", result.Currency);
        Assert.Equal((await _shop.AllAsync()).Count, result.Products);
        Assert.Equal(2, result.Locations.Length);
        Assert.All(result.Locations, location => Assert.True(location.LocationId.All(char.IsAsciiDigit)));
        Assert.Empty(result.Warnings);
        Assert.InRange(result.ClockOffset, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Probe_WrongTokenOrSettings_SaysWhich()
    {
        var refused = await _shop.Open(Secrets("shpat_wrong")).ProbeAsync(Token);
        Assert.Equal((false, ChannelFaultKind.Unauthorised, "401"), (refused.Ok, refused.Fault!.Kind, refused.Fault.Code));
        var missing = await _shop.Open(ChannelSecrets.None).ProbeAsync(Token);
        Assert.Contains("accessToken", missing.Fault!.Message, StringComparison.Ordinal);
        var wrong = await _shop.Open(Secrets(), _shop.Settings with { Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", "shop.example") }).ProbeAsync(Token);
        Assert.Contains("baseUrl is 'shop.example'", wrong.Fault!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(13)]
    public async Task ReadPage_WholeShop_ShowsEveryProductOnceWithAllVariantsAndCounts(int size)
    {
        var held = await _shop.AllAsync();
        var seen = new List<ObservedProduct>();
        string? cursor = null;
        do
        {
            var page = await _shop.Source.ReadPageAsync(cursor, size, Token);
            Assert.Null(page.Fault);
            Assert.True(cursor is not null || page.Total == held.Count);
            Assert.All(page.Items, item => Assert.NotNull(item.ReadStartedAt));
            seen.AddRange(page.Items.Select(item => item.Body));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(held.Select(Id).Order(), seen.Select(product => product.ExternalId).Order());
        Assert.Contains(seen, product => product.Variants.Length > 100);
        Assert.All(seen, product => Assert.True(product.VariantsComplete));
        Assert.Equal(Summary(held), seen.OrderBy(product => product.ExternalId, StringComparer.Ordinal).SelectMany(product => product.Variants).Select(variant =>
            $"{variant.ExternalId} {variant.Fields["sku"].Text} {variant.Fields["price"].Text} {variant.Stock.Sum(level => level.Quantity ?? 0)}").Order());
        Assert.DoesNotContain(_shop.Budget.Readings, reading => reading.Throttled);
        Assert.All(_shop.Budget.Readings, reading => Assert.InRange(reading.Actual!.Value, 0, reading.Reserved));

        static IEnumerable<string> Summary(List<JsonObject> products) => products.SelectMany(product => product["variants"]!.AsArray()).Select(variant =>
            $"{Id(variant!)} {(variant!["sku"]!.GetValue<string>() is { Length: > 0 } sku ? sku : null)} {variant["price"]!.GetValue<decimal>():0.####} {variant["stock"]!.AsObject().Sum(count => count.Value!.GetValue<int>())}").Order();
    }

    [Fact]
    public async Task Read_KnownAndUnknownIds_AnswersEachInOrder()
    {
        var ids = (await _shop.AllAsync()).Take(30).Select(Id).ToList();
        ids.Insert(3, "999999999999");
        ids.Insert(7, "no number");
        var page = await _shop.Source.ReadAsync([.. ids], Token);
        Assert.Equal(ids, page.Items.Select(item => item.Body.ExternalId));
        Assert.Equal([3, 7], page.Items.Select((item, index) => (item.Body.Deleted, index)).Where(pair => pair.Deleted).Select(pair => pair.index));
    }

    [Fact]
    public async Task Push_ArchiveThenDelete_ArchivesDeletesAndCanBeRepeated()
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Weg damit", New("DEL"), "5"))));
        var product = await _shop.ReadAsync(made.ExternalId!);
        var archive = Update(product, (new RegisterKey("isActive"), "false", "true")) with { Action = PushAction.Archive };
        var delete = Update(product, (new RegisterKey("exists"), "false", "true")) with { Action = PushAction.Delete };

        Assert.Equal(PushResult.Applied, Assert.Single(await _shop.PushAsync(archive)).Result);
        Assert.Equal("archived", (await _shop.AllAsync()).Single(p => Id(p) == made.ExternalId)["status"]!.GetValue<string>());
        Assert.Equal(PushResult.Applied, Assert.Single(await _shop.PushAsync(delete)).Result);
        Assert.DoesNotContain(await _shop.AllAsync(), p => Id(p) == made.ExternalId);
        Assert.Equal(PushResult.Gone, Assert.Single(await _shop.PushAsync(delete)).Result);
    }

    [Fact]
    public async Task Push_Create_MakesTheProductAndBindsItsIds()
    {
        var locations = (await _shop.Channel.ProbeAsync(Token)).Locations;
        var sku = New("NEW");
        var target = Plain("Live shirt", sku, "19.9") with
        {
            Options = ["Size", "Colour"],
            Variants =
            [
                Variant(1, sku, "19.9", "S", "Red") with { Stock = ImmutableDictionary<string, decimal>.Empty.Add(locations[0].LocationId, 5).Add(locations[1].LocationId, 2.9m) },
                Variant(2, sku + "-L", "21", "L", "Red"),
            ],
        };
        var item = Create(target);
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.True(outcome is { Result: PushResult.Applied, Error: null, IsChannelFault: false }, outcome.Error);
        Assert.Empty(outcome.Exceptions);
        Assert.Equal([V1, V2], outcome.Bound.Select(link => link.Variant).Order());
        Assert.All(outcome.Bound, link => Assert.NotNull(link.StockItemId));
        var held = await _shop.ReadAsync(outcome.ExternalId!);
        Assert.Equal(item.Product.Value, held.HubId);
        Assert.Equal("Live shirt", held.Fields["name"].Text);
        Assert.Equal(["new", "Summer"], held.Sets["tags"]);
        Assert.Equal(["Size", "Colour"], held.Options!.Value);
        Assert.Equal(["19.9", "21"], held.Variants.Select(variant => variant.Fields["price"].Text));
        Assert.Equal([5m, 2m], locations.Select(location => held.Variants[0].Stock.Single(level => level.LocationId == location.LocationId).Quantity!.Value));
        Assert.Equal(held.Fields, outcome.Answer!.Fields);
        Assert.True(outcome.Answer.VariantsComplete);
        Assert.Equal(_shop.Kind.Canon.Form("description", target.Fields["description"]), _shop.Kind.Canon.Form("description", held.Fields["description"]));
    }

    [Theory]
    [InlineData("failAfterEffect")]
    [InlineData("cutAfterEffect")]
    [InlineData("cutMidAnswer")]
    public async Task Push_CreateWhoseAnswerIsLost_MakesNoSecondProduct(string fault)
    {
        await _shop.Source.FindAsync(Create(Plain("warm", New("W"))), Token);
        await _shop.Registrar.EnsureAsync(new Uri("https://hub.example/hooks"), Token);
        var sku = New("LOST");
        var item = Create(Plain("Lost answer", sku));
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", [fault] = 1 });
        var first = Assert.Single(await _shop.PushAsync(item));
        Assert.Contains(first.Result, new[] { PushResult.Applied, PushResult.Unknown });
        var second = Assert.Single(await _shop.PushAsync(item with { PushId = New("push"), MayHaveHappened = true }));
        Assert.Equal(PushResult.Applied, second.Result);
        Assert.Empty(second.Exceptions);
        Assert.Single(second.Bound);
        Assert.Equal(1, await _shop.CountAsync(sku));
        Assert.Equal(second.ExternalId, (await _shop.Source.FindAsync(item, Token))!.ExternalId);
    }

    [Fact]
    public async Task Push_CreateOfASkuThatIsThere_AdoptsItAndNamesWhatDiffers()
    {
        await sandbox.PostAsync("_control/shopify/search", new JsonObject { ["longestLagMs"] = 0 });
        var sku = New("ADOPT");
        var there = await sandbox.CreateAsync("shopify", new JsonObject { ["title"] = "Made by hand", ["sku"] = sku, ["price"] = 9.9, ["vendor"] = "Acme" });
        var outcome = Assert.Single(await _shop.PushAsync(Create(Plain("Hub name", sku.ToLowerInvariant()))));
        Assert.Equal((PushResult.Applied, Id(there)), (outcome.Result, outcome.ExternalId));
        Assert.Equal(PushResult.NotSent, outcome.Exceptions[new RegisterKey("name")]);
        Assert.DoesNotContain(new RegisterKey("vendor"), outcome.Exceptions.Keys);
        Assert.DoesNotContain(Key("price", V1), outcome.Exceptions.Keys);
        Assert.Equal("Made by hand", (await _shop.ReadAsync(outcome.ExternalId!)).Fields["name"].Text);
    }

    [Fact]
    public async Task Push_CreateOfASkuThatAnotherHubProductOwns_IsRefusedAndMakesNothing()
    {
        await sandbox.PostAsync("_control/shopify/search", new JsonObject { ["longestLagMs"] = 0 });
        var sku = New("OWNED");
        await _shop.PushAsync(Create(Plain("First", sku)));
        var outcome = Assert.Single(await _shop.PushAsync(Create(Plain("Second", sku))));
        Assert.Equal((PushResult.Rejected, "SKU_IN_USE"), (outcome.Result, outcome.Rejections[0].Code));
        Assert.Equal(1, await _shop.CountAsync(sku));
    }

    [Fact]
    public async Task Push_OneFieldOfOneVariant_LeavesEverythingElseUntouched()
    {
        var before = await _shop.ReadBySkuAsync("SEIL-NATUR-5M");
        var at = Index(before, "SEIL-NATUR-5M");
        var outcome = Assert.Single(await _shop.PushAsync(Update(before, (Key("price", new VariantId(at + 1)), "77.7", before.Variants[at].Fields["price"].Text))));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal("77.7", Assert.Single(outcome.Answer!.Variants).Fields["price"].Text);
        var after = await _shop.ReadAsync(before.ExternalId);
        Assert.Equal("77.7", after.Variants[at].Fields["price"].Text);
        Assert.Equal(before.Fields.OrderBy(pair => pair.Key), after.Fields.OrderBy(pair => pair.Key));
        Assert.Equal(before.Sets["tags"], after.Sets["tags"]);
        Assert.Equal(before.Variants.Length, after.Variants.Length);
        Assert.All(before.Variants.Zip(after.Variants).Where((_, index) => index != at), pair => Assert.Equal(Text(pair.First), Text(pair.Second)));
    }

    [Fact]
    public async Task Push_ProductFieldsAndTags_WritesOnlyThese()
    {
        var before = await _shop.ReadBySkuAsync("ODD-AMP");
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "ODD-AMP", ["tags"] = new JsonArray("Kept", "Old") });
        var outcome = Assert.Single(await _shop.PushAsync(Update(before,
            (new RegisterKey("name"), "Renamed", before.Fields["name"].Text), (new RegisterKey("isActive"), "false", "true"),
            (new RegisterKey("tags", null, "fresh"), "Fresh", null), (new RegisterKey("tags", null, "old"), null, "Old"))));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Empty(outcome.Exceptions);
        Assert.Equal(["Fresh", "Kept"], outcome.Answer!.Sets["tags"]);
        var after = (await sandbox.FindAsync("shopify", "ODD-AMP"))!;
        Assert.Equal(("Renamed", "draft", "Fresh,Kept"), (after["title"]!.GetValue<string>(), after["status"]!.GetValue<string>(), string.Join(',', after["tags"]!.AsArray().Select(tag => tag!.GetValue<string>()))));
        Assert.Equal(before.Fields["description"].Text, (await _shop.ReadAsync(before.ExternalId)).Fields["description"].Text);
    }

    [Fact]
    public async Task Push_TagWithAComma_IsRefusedAloneOnCreateAndUpdate()
    {
        var created = Assert.Single(await _shop.PushAsync(Create(Plain("Tags", New("TAG")) with { Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", ["one", "two, three"]) })));
        Assert.Equal((PushResult.Applied, "TAG_WITH_COMMA"), (created.Result, Assert.Single(created.Rejections).Code));
        var before = await _shop.ReadAsync(created.ExternalId!);
        Assert.Equal(["one"], before.Sets["tags"]);
        var updated = Assert.Single(await _shop.PushAsync(Update(before, (new RegisterKey("tags", null, "a, b"), "a, b", null), (new RegisterKey("tags", null, "c"), "c", null))));
        Assert.Equal((PushResult.Applied, PushResult.Rejected), (updated.Result, Assert.Single(updated.Exceptions).Value));
        Assert.Equal(["c", "one"], (await _shop.ReadAsync(created.ExternalId!)).Sets["tags"]);
    }

    [Fact]
    public async Task Push_LargeProduct_IsMadeBehindTheScenesAndBoundWhole()
    {
        var sku = New("BIG");
        var target = Plain("Large", sku) with { Options = ["Size", "Colour"], Variants = [.. Enumerable.Range(1, 130).Select(i => Variant(i, $"{sku}-{i}", $"{i}.5", $"Size {i / 2}", i % 2 == 0 ? "Red" : "Blue"))] };
        var outcome = Assert.Single(await _shop.PushAsync(Create(target)));
        Assert.True(outcome.Result == PushResult.Applied, outcome.Error);
        Assert.Equal(130, outcome.Bound.Length);
        var held = await _shop.ReadAsync(outcome.ExternalId!);
        Assert.Equal(target.Variants.Select(variant => variant.Fields["price"].Text), held.Variants.Select(variant => variant.Fields["price"].Text));
        Assert.Equal(outcome.Bound.OrderBy(link => link.Variant).Select(link => link.ExternalId), held.Variants.Select(variant => variant.ExternalId));
    }

    [Fact]
    public async Task Canon_WhateverIsPushed_EqualsWhatIsReadBack()
    {
        string[] descriptions =
        [
            "<p>Plain</p>", "Caf&eacute; &amp; Bar – 5 &lt; 6", "<p style=\"color:red\" class='x'>a</p>\r\n<p>b</p>", "a<br/>b<BR>c", "<ul>\n <li>one</li>\n <li>two</li>\n</ul>",
            "<a href='https://x.example/?a=1&amp;b=2' title=\"t\">link</a>", "  <p>edges</p>  ", "<p>emoji 😀 &#128512; &nbsp; nbsp</p>", "<!-- note --><p>kept</p>", "1 < 2 & 3 > 2",
        ];
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        foreach (var description in descriptions)
        {
            var outcome = Assert.Single(await _shop.PushAsync(Update(product, (new RegisterKey("description"), description, null), (new RegisterKey("name"), $" {description.Length} name ", null))));
            Assert.Equal(PushResult.Applied, outcome.Result);
            var held = await _shop.ReadAsync(product.ExternalId);
            Assert.Equal(Form("description", new FieldValue(description)), Form("description", held.Fields["description"]));
            Assert.Equal(Form("name", new FieldValue($"{description.Length} name")), Form("name", held.Fields["name"]));
        }

        FieldValue Form(string field, FieldValue value) => _shop.Kind.Canon.Form(field, value);
    }

    [Fact]
    public async Task Push_OffToAnArchivedProduct_KeepsItArchived()
    {
        var before = await _shop.ReadBySkuAsync("ODD-AMP");
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "ODD-AMP", ["status"] = "archived" });
        var outcome = Assert.Single(await _shop.PushAsync(Update(before, (new RegisterKey("isActive"), "false", null))));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal("archived", (await sandbox.FindAsync("shopify", "ODD-AMP"))!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Push_OneRefusedFieldAmongGoodOnes_RefusesThatOneOnly()
    {
        var before = await _shop.ReadBySkuAsync("ODD-AMP");
        var outcome = Assert.Single(await _shop.PushAsync(Update(before,
            (new RegisterKey("name"), new string('x', 300), "x"), (new RegisterKey("vendor"), "Good vendor", "x"), (Key("price", V1), "12.5", "1"))));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal(PushResult.Rejected, Assert.Single(outcome.Exceptions).Value);
        Assert.Equal(new RegisterKey("name"), Assert.Single(outcome.Rejections).Key);
        Assert.Contains("too long", outcome.Error, StringComparison.OrdinalIgnoreCase);
        var after = await _shop.ReadAsync(before.ExternalId);
        Assert.Equal((before.Fields["name"].Text, "Good vendor", "12.5"), (after.Fields["name"].Text, after.Fields["vendor"].Text, after.Variants[0].Fields["price"].Text));
    }

    [Fact]
    public async Task Push_VariantThatIsGoneAmongGoodOnes_SaysSoOfThatOneOnly()
    {
        var before = await _shop.ReadBySkuAsync("SEIL-NATUR-5M");
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = before.Variants[0].Fields["sku"].Text, ["deleteVariant"] = true });
        var outcome = Assert.Single(await _shop.PushAsync(Update(before, (Key("price", V1), "1.1", "1"), (Key("price", V2), "2.2", "1"))));
        Assert.Equal((PushResult.Applied, PushResult.Gone), (outcome.Result, outcome.Exceptions[Key("price", V1)]));
        Assert.Equal("2.2", (await _shop.ReadAsync(before.ExternalId)).Variants.First(variant => variant.ExternalId == before.Variants[1].ExternalId).Fields["price"].Text);
    }

    [Fact]
    public async Task Push_ProductThatIsGone_SaysGone()
    {
        var before = await _shop.ReadBySkuAsync("ODD-AMP");
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "ODD-AMP", ["delete"] = true });
        var outcome = Assert.Single(await _shop.PushAsync(Update(before, (new RegisterKey("name"), "n", "o"), (Key("price", V1), "1", "2"))));
        Assert.Equal(PushResult.Gone, outcome.Result);
        Assert.Empty(outcome.Exceptions);
    }

    [Fact]
    public async Task Push_NewAndRemovedVariants_BindsTheOneAndRemovesTheOther()
    {
        var sku = New("VAR");
        var created = Assert.Single(await _shop.PushAsync(Create(Plain("Variants", sku) with { Options = ["Size"], Variants = [Variant(1, sku + "S", "1", "S"), Variant(2, sku + "M", "2", "M")] })));
        var before = await _shop.ReadAsync(created.ExternalId!);
        var item = Update(before,
            (new RegisterKey("exists", new VariantId(3)), "true", "false"), (Key("price", new VariantId(3)), "3", null), (Key("sku", new VariantId(3)), sku + "L", null),
            (new RegisterKey("exists", V1), "false", "true"));
        item = item with { Target = item.Target with { Variants = [item.Target.Variants[0] with { Remove = true }, item.Target.Variants[1], Variant(3, sku + "L", "3", "L")] } };
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Empty(outcome.Exceptions);
        var link = Assert.Single(outcome.Bound);
        var after = await _shop.ReadAsync(created.ExternalId!);
        Assert.Equal([sku + "M", sku + "L"], after.Variants.Select(variant => variant.Fields["sku"].Text));
        Assert.Equal((new VariantId(3), after.Variants[1].ExternalId, after.Variants[1].StockItemId), (link.Variant, link.ExternalId, link.StockItemId));
        Assert.Equal(before.Variants[1].ExternalId, after.Variants[0].ExternalId);

        var again = Assert.Single(await _shop.PushAsync(item with { PushId = New("push"), MayHaveHappened = true }));
        Assert.Equal((PushResult.Applied, link.ExternalId), (again.Result, Assert.Single(again.Bound).ExternalId));
        Assert.Equal(2, (await _shop.ReadAsync(created.ExternalId!)).Variants.Length);
    }

    [Fact]
    public async Task Push_OptionsForAPlainProduct_KeepsItsVariantAndAddsTheOthers()
    {
        var sku = New("OPT");
        var created = Assert.Single(await _shop.PushAsync(Create(Plain("Optioned", sku))));
        var before = await _shop.ReadAsync(created.ExternalId!);
        var item = Update(before,
            (new RegisterKey("options"), "[\"Size\"]", null), (new RegisterKey("optionValues", V1), "[\"S\"]", null), (Key("price", V1), "5.5", "9.9"),
            (new RegisterKey("exists", V2), "true", "false"), (Key("price", V2), "7", null), (Key("sku", V2), sku + "-M", null));
        item = item with { Target = item.Target with { Options = ["Size"], Variants = [item.Target.Variants[0] with { OptionValues = ["S"] }, Variant(2, sku + "-M", "7", "M")] } };
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.True(outcome.Result == PushResult.Applied, outcome.Error);
        Assert.Empty(outcome.Exceptions);
        var after = await _shop.ReadAsync(created.ExternalId!);
        Assert.Equal(["Size"], after.Options!.Value);
        Assert.Equal([sku, sku + "-M"], after.Variants.Select(variant => variant.Fields["sku"].Text));
        Assert.Equal(["5.5", "7"], after.Variants.Select(variant => variant.Fields["price"].Text));
        Assert.Equal([["S"], ["M"]], after.Variants.Select(variant => variant.OptionValues!.Value.ToArray()));
        Assert.Equal(before.Variants[0].ExternalId, after.Variants[0].ExternalId);
        Assert.Equal((V2, after.Variants[1].ExternalId), (Assert.Single(outcome.Bound).Variant, Assert.Single(outcome.Bound).ExternalId));
        Assert.Equal(before.Fields.OrderBy(pair => pair.Key), after.Fields.OrderBy(pair => pair.Key));
        Assert.Equal(before.HubId, after.HubId);
    }

    [Fact]
    public async Task Push_OptionsWhileShopifyHasAVariantUnknownToUs_DeletesNothing()
    {
        var sku = New("UNK");
        var created = Assert.Single(await _shop.PushAsync(Create(Plain("Known", sku) with { Options = ["Size"], Variants = [Variant(1, sku, "1", "S"), Variant(2, sku + "M", "2", "M")] })));
        var before = await _shop.ReadAsync(created.ExternalId!);
        var item = Update(before, (new RegisterKey("options"), "[\"Length\"]", "[\"Size\"]"));
        item = item with { Target = item.Target with { Options = ["Length"], Variants = [item.Target.Variants[0]] } };
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.Equal((PushResult.NotSent, false), (outcome.Result, outcome.IsChannelFault));
        Assert.Equal(2, outcome.Answer!.Variants.Length);
        Assert.Equal(["Size"], (await _shop.ReadAsync(created.ExternalId!)).Options!.Value);
        Assert.Equal(2, (await _shop.ReadAsync(created.ExternalId!)).Variants.Length);

        var renamed = Assert.Single(await _shop.PushAsync(item with { Target = item.Target with { Variants = [.. Target(before).Variants] } }));
        Assert.True(renamed.Result == PushResult.Applied, renamed.Error);
        var after = await _shop.ReadAsync(created.ExternalId!);
        Assert.Equal(["Length"], after.Options!.Value);
        Assert.Equal(before.Variants.Select(Text), after.Variants.Select(Text));
        Assert.Equal(before.Variants.Select(variant => variant.ExternalId), after.Variants.Select(variant => variant.ExternalId));
    }

    [Fact]
    public async Task Push_StockOfManyItems_TakesOneCallAndIsolatesTheStaleOne()
    {
        var skus = (await _shop.AllAsync()).Where(product => product["variants"]!.AsArray().Count == 1).Select(product => product["skus"]![0]!.GetValue<string>())
            .Where(sku => sku.Length > 0).Take(5).ToArray();
        var products = new List<ObservedProduct>();
        foreach (var sku in skus)
        {
            products.Add(await _shop.ReadBySkuAsync(sku));
        }

        var location = products[0].Variants[0].Stock[0].LocationId;
        var items = products.Select((product, index) =>
        {
            var held = product.Variants[0].Stock.First(level => level.LocationId == location).Quantity!.Value;
            return Update(product, (new RegisterKey("available", V1, location), (held + 3).ToString(), (index == 2 ? held + 50 : held).ToString()));
        }).ToImmutableArray();
        var before = _shop.Budget.Readings.Count;
        var outcomes = await _shop.PushAsync(items);
        Assert.Equal(2, _shop.Budget.Readings.Count - before);
        Assert.Equal([2], outcomes.Select((outcome, index) => (outcome.StockWasStale, index)).Where(pair => pair.StockWasStale).Select(pair => pair.index));
        Assert.Equal(PushResult.NotSent, outcomes[2].Result);
        Assert.False(outcomes[2].IsChannelFault);
        foreach (var (product, index) in products.Select((product, index) => (product, index)))
        {
            var now = await _shop.ReadAsync(product.ExternalId);
            var was = product.Variants[0].Stock.First(level => level.LocationId == location).Quantity;
            Assert.Equal(index == 2 ? was : was + 3, now.Variants[0].Stock.First(level => level.LocationId == location).Quantity);
            Assert.Equal(product.Variants[0].Stock.Where(level => level.LocationId != location), now.Variants[0].Stock.Where(level => level.LocationId != location));
            Assert.True(index == 2 || outcomes[index].Answer!.Variants[0].Stock[0].Quantity == was + 3);
        }
    }

    [Fact]
    public async Task Push_SameCountsTwice_TakeEffectOnce()
    {
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        var level = product.Variants[0].Stock[0];
        var item = Update(product, (new RegisterKey("available", V1, level.LocationId), "41", level.Quantity!.Value.ToString()));
        Assert.Equal(PushResult.Applied, Assert.Single(await _shop.PushAsync(item)).Result);
        await sandbox.SellAsync("shopify", "ODD-AMP", 1);
        // The same command again is recognised by its key: it neither writes nor finds the count stale.
        Assert.Equal(PushResult.Applied, Assert.Single(await _shop.PushAsync(item)).Result);
        Assert.NotEqual(41m, (await _shop.ReadAsync(product.ExternalId)).Variants[0].Stock.First(s => s.LocationId == level.LocationId).Quantity);
    }

    [Fact]
    public async Task Push_StockWithoutItemIdOrKnownCount_FindsTheItemAndWrites()
    {
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        var location = product.Variants[0].Stock[0].LocationId;
        var item = Update(product, (new RegisterKey("available", V1, location), "17", null));
        item = item with { Target = item.Target with { Variants = [item.Target.Variants[0] with { StockItemId = null }] } };
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal(17m, (await _shop.ReadAsync(product.ExternalId)).Variants[0].Stock.First(level => level.LocationId == location).Quantity);
    }

    [Theory]
    [InlineData("throttleRate", PushResult.NotSent)]
    [InlineData("errorRate", PushResult.Unknown)]
    public async Task Push_ChannelInTrouble_IsItsFaultAndNotTheProducts(string fault, PushResult expected)
    {
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", [fault] = 1 });
        var outcome = Assert.Single(await _shop.PushAsync(Update(product, (new RegisterKey("name"), "Never", "x"), (Key("price", V1), "3", "2"))));
        Assert.True(outcome.IsChannelFault);
        // The first call decides; what was not tried after it was not sent.
        Assert.Equal(expected, outcome.Exceptions.GetValueOrDefault(new RegisterKey("name"), outcome.Result));
        Assert.Equal(PushResult.NotSent, outcome.Exceptions.GetValueOrDefault(Key("price", V1), outcome.Result));
        Assert.Equal(expected == PushResult.NotSent, outcome.RetryAt is not null);
    }

    [Fact]
    public async Task Poll_AfterAQuietTime_ShowsEachChangeOnce()
    {
        await sandbox.PostAsync("_control/shopify/search", new JsonObject { ["longestLagMs"] = 0 });
        var start = await _shop.Source.PollAsync(null, 50, Token);
        Assert.Empty(start.Items);
        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "ODD-AMP", ["title"] = "Polled" });
        var first = await _shop.Source.PollAsync(start.NextCursor, 50, Token);
        Assert.Equal("Polled", Assert.Single(first.Items).Body.Fields["name"].Text);
        // A version so young may be seen again, but before long the shop is quiet.
        var cursor = first.NextCursor;
        for (var i = 0; ; i++)
        {
            var next = await _shop.Source.PollAsync(cursor, 50, Token);
            cursor = next.NextCursor;
            if (next.Items.IsEmpty)
            {
                break;
            }

            Assert.True(i < 30, "The poll never became quiet.");
            await Task.Delay(200, Token);
        }
    }

    [Fact]
    public async Task Ensure_Webhooks_CreatesOnceMovesAndLeavesStrangersAlone()
    {
        await using var receiver = new WebhookReceiver();
        var first = await _shop.Registrar.EnsureAsync(new Uri("https://old.example/hooks"), Token);
        Assert.True(first.Ok, first.Fault?.Message);
        Assert.Equal(ShopifyTopics.All.Where(topic => topic.Subscribed is not null).Select(topic => topic.Name), first.Created);
        Assert.Empty((await _shop.Registrar.EnsureAsync(new Uri("https://old.example/hooks"), Token)).Created);
        var moved = await _shop.Registrar.EnsureAsync(receiver.Address, Token);
        Assert.True(moved.Ok, moved.Fault?.Message);
        Assert.Equal(first.Created.Length, moved.Created.Length);
        await sandbox.LoseWebhooksAsync("shopify", "inventory_levels/update");
        Assert.Equal(["inventory_levels/update"], (await _shop.Registrar.EnsureAsync(receiver.Address, Token)).Created);

        await sandbox.EditAsync("shopify", new JsonObject { ["sku"] = "ODD-AMP", ["title"] = "Heard", ["stock"] = 12 });
        await sandbox.WaitForWebhooksAsync("shopify");
        var bodies = receiver.All.Select(delivery =>
        {
            var request = new WebhookRequest
            {
                Headers = delivery.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value),
                Body = delivery.Body,
                ReceivedAt = TimeProvider.System.GetUtcNow(),
            };
            var verdict = _shop.Kind.Webhooks!.Verify(request, Secrets());
            Assert.Equal(WebhookVerdictKind.Accepted, verdict.Kind);
            Assert.NotNull(verdict.TriggeredAt);
            return (verdict, Content: _shop.Kind.Webhooks.Read(request, _shop.Settings));
        }).ToList();
        var product = await _shop.ReadBySkuAsync("ODD-AMP");
        var heard = bodies.Last(delivery => delivery.verdict.Topic == "products/update").Content.Body!;
        Assert.Equal(product.ExternalId, heard.ExternalId);
        // A webhook and a read of the same state agree on everything that the webhook carries.
        Assert.All(heard.Fields, field => Assert.Equal(product.Fields[field.Key], field.Value));
        Assert.Equal(product.Sets["tags"], heard.Sets["tags"]);
        Assert.Equal(product.Options!.Value, heard.Options!.Value);
        Assert.Equal(product.Version, heard.Version);
        Assert.All(heard.Variants.Zip(product.Variants), pair =>
        {
            Assert.Equal((pair.Second.ExternalId, pair.Second.StockItemId, pair.Second.Version), (pair.First.ExternalId, pair.First.StockItemId, pair.First.Version));
            Assert.Equal(pair.Second.OptionValues!.Value, pair.First.OptionValues!.Value);
            Assert.All(pair.First.Fields, field => Assert.Equal(pair.Second.Fields[field.Key], field.Value));
        });
        var level = bodies.Last(delivery => delivery.verdict.Topic == "inventory_levels/update").Content;
        Assert.Equal("inventory/" + product.Variants[0].StockItemId, level.ResourceKey);
        Assert.Contains(level.Body!.Variants[0].Stock[0], product.Variants[0].Stock);
    }

    [Fact]
    public void EditUrl_OfAProduct_IsTheMerchantsPage() =>
        Assert.Equal(new Uri(sandbox.Address, "shopify/demo/admin/products/7").AbsoluteUri, _shop.Kind.Descriptor.EditUrl(_shop.Settings, "7"));

    private static int Index(ObservedProduct product, string sku) => product.Variants.Select((variant, index) => (variant, index)).First(pair => pair.variant.Fields["sku"].Text == sku).index;

    private static string Text(ObservedVariant variant) => string.Join(' ', variant.Fields.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}={pair.Value}"))
        + string.Join(',', variant.OptionValues ?? []) + string.Join(',', variant.Stock.Select(level => $"{level.LocationId}:{level.Quantity}"));
}
