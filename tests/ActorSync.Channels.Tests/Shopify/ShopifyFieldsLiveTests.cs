using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.Shopify.ShopifyLiveShop;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Every field of the mask, there and back: nasty values, collections, units, and products as large as Shopify allows.</summary>
public sealed class ShopifyFieldsLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly VariantId V1 = new(1);

    /// <summary>Values that a shop changes, or that break careless code, by field. All of a field's values are pushed.</summary>
    private static readonly Dictionary<string, string?[]> Nasty = new()
    {
        ["name"] = ["  Edges  ", "Ümläut & <b>", "日本語 \u202Eabc", "Emoji 👩‍👩‍👧 \"quoted\" 'single'", "a\tb", "x\u00a0y", "Line\nbreak", "0", "null", "{\"a\":1}", new string('n', 255)],
        ["description"] =
        [
            null, "", " ", "plain", "<p class='b' id=a>Text</p>", "<P>Upper<BR/>case</P>", "<!-- gone --><p>kept</p>", "a & b &amp; c &lt; d", "&eacute;&#228;&#x1F600;&nbsp;x",
            "<a href=\"x?a=1&b=2\" title='q\"q'>t</a>", "<ul>\r\n<li>1</li>\r\n<li>2</li>\r\n</ul>", "<table><tr><td colspan=2>x</td></tr></table>", "5 < 6 > 4", "<p>  many   blanks  </p>",
            "<img src='a.png' alt=''>", "<p>日本語 👍</p>", "\\n not a line", new string('d', 60_000),
        ],
        ["isActive"] = ["true", "false"],
        ["vendor"] = ["Acme", " Acme & Söhne ", "O'Neill \"x\"", "<i>", "日本"],
        ["productType"] = [null, "Toys", " Toys > Cars ", "Größe"],
        ["seoTitle"] = [null, "Buy <now> & save", " edges ", "日本語 👍", "\"quoted\"", new string('s', 70)],
        ["seoDescription"] = [null, "One\nTwo", "Über & <unter>", new string('s', 320)],
        ["sku"] = ["A-1 ", "Ä/ß#?&=%20", "'; DROP", "日本-1", "00012"],
        ["gtin"] = [null, "4006381333931", "0012345678905"],
        ["price"] = [null, "0", "0.1", "19.9", "19.999", "1234567.005", "0.005", "100"],
        ["compareAtPrice"] = [null, "5", "29.9", "29.995"],
        ["taxable"] = [null, "true", "false"],
        ["weight"] = [null, "0", "0.25", "1.5", "12.345678", "0.0000005", "0.000001", "1000", "3.3333333333"],
        ["customsCode"] = [null, "610910", "6109.10.00", "6109 10 00 90", "6109-10-0010"],
        ["countryOfOrigin"] = [null, "DE", "de", " cn ", "GB"],
        ["available"] = ["0", "7", "-3", "2.9", "1000000"],
    };

    private static readonly string[] NastyTags = ["Summer", "  edges  ", "ÄÖÜ", "a & b", "<tag>", "日本", "two  blanks", "sale%"];
    private readonly ShopifyLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await sandbox.PostAsync("_control/reset", []);
        await sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 10_000 });
    }

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void NastyValues_CoverTheMask() =>
        Assert.Equal(ShopifyFields.Mask.Except(["tags", "images", "collections", "options", "optionValues"]).Order(), Nasty.Keys.Order());

    [Fact]
    public async Task Create_NastyValuesOfEveryField_IsExplainedByTheCanon()
    {
        var location = (await _shop.Channel.ProbeAsync(Token)).Locations[0].LocationId;
        var rounds = Nasty.Values.Max(values => values.Length);
        var items = Enumerable.Range(0, rounds).Select(round => Create(Target(round, location))).ToArray();
        var outcomes = await _shop.PushAsync([.. items]);
        for (var i = 0; i < items.Length; i++)
        {
            Assert.True(outcomes[i] is { Result: PushResult.Applied, Rejections: [] }, $"Round {i}: {outcomes[i].Error}");
            AssertExplained(items[i].Target, outcomes[i].Answer!, location);
            AssertExplained(items[i].Target, await _shop.ReadAsync(outcomes[i].ExternalId!), location);
        }
    }

    [Fact]
    public async Task Update_NastyValuesOfEveryField_IsExplainedByTheCanon()
    {
        var location = (await _shop.Channel.ProbeAsync(Token)).Locations[0].LocationId;
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Plain", New("N")) with { Variants = [Variant(1, New("N"), "1") with { Stock = ImmutableDictionary<string, decimal>.Empty.Add(location, 1) }] })));
        foreach (var round in Enumerable.Range(0, Nasty.Values.Max(values => values.Length)))
        {
            var held = await _shop.ReadAsync(made.ExternalId!);
            var target = Target(round, location);
            var delta = Create(target).Delta.Where(planned => planned.Key.Field != "exists").Select(planned => planned with
            {
                Held = planned.Key.Field == "available" ? new FieldValue(held.Variants[0].Stock.Single(level => level.LocationId == location).Quantity!.Value.ToString()) : null,
            });
            var update = Update(held) with { Delta = [.. delta] };
            update = update with { Target = target with { Variants = [target.Variants[0] with { ExternalId = held.Variants[0].ExternalId, StockItemId = held.Variants[0].StockItemId }] } };
            var outcome = Assert.Single(await _shop.PushAsync(update));
            Assert.True(outcome is { Result: PushResult.Applied, Rejections: [], Exceptions.IsEmpty: true }, $"Round {round}: {outcome.Error}");
            AssertExplained(target, await _shop.ReadAsync(made.ExternalId!), location);
        }
    }

    [Theory]
    [InlineData("countryOfOrigin", "Germany", "COUNTRY_UNKNOWN")]
    [InlineData("countryOfOrigin", "XX", "COUNTRY_UNKNOWN")]
    [InlineData("customsCode", "12345", "CUSTOMS_CODE_INVALID")]
    [InlineData("customsCode", "HS 610910", "CUSTOMS_CODE_INVALID")]
    public async Task Push_ValueThatShopifyCannotHold_IsRefusedAloneAndTheRestIsWritten(string field, string value, string code)
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Plain", New("R")))));
        var held = await _shop.ReadAsync(made.ExternalId!);
        var outcome = Assert.Single(await _shop.PushAsync(Update(held, (new RegisterKey(field, V1), value, null), (Key("price", V1), "42", "9.9"), (new RegisterKey("name"), "Renamed", "Plain"))));
        Assert.Equal((PushResult.Applied, code), (outcome.Result, Assert.Single(outcome.Rejections).Code));
        Assert.Contains(value, outcome.Rejections[0].Message, StringComparison.Ordinal);
        var after = await _shop.ReadAsync(made.ExternalId!);
        Assert.Equal(("Renamed", "42", null), (after.Fields["name"].Text, after.Variants[0].Fields["price"].Text, after.Variants[0].Fields[field].Text));
    }

    [Theory]
    [InlineData("GRAMS", 250, "0.25")]
    [InlineData("POUNDS", 2, "0.907185")]
    [InlineData("OUNCES", 1, "0.02835")]
    [InlineData("KILOGRAMS", 1.5, "1.5")]
    [InlineData("KILOGRAMS", 0, null)]
    public async Task Read_WeightInAnyUnit_IsInKilograms(string unit, double value, string? kilograms)
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Heavy", New("W")))));
        var held = await _shop.ReadAsync(made.ExternalId!);
        await MerchantAsync(held.ExternalId, ($"weight-{held.Variants[0].ExternalId}", value.ToString(System.Globalization.CultureInfo.InvariantCulture)), ($"unit-{held.Variants[0].ExternalId}", unit));
        Assert.Equal(kilograms, (await _shop.ReadAsync(held.ExternalId)).Variants[0].Fields["weight"].Text);
    }

    [Fact]
    public async Task Read_WhatThePersonAtTheShopEntered_ShowsEveryField()
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Edited", New("E")))));
        var variant = (await _shop.ReadAsync(made.ExternalId!)).Variants[0].ExternalId;
        await MerchantAsync(made.ExternalId!, ("seo-title", "Find me"), ("seo-description", "Found"), ("collections", "Home page, Gift ideas"), ("tags", "Sale"),
            ($"taxable-{variant}", "no"), ($"hs-{variant}", "6109.10"), ($"country-{variant}", "PT"));
        var held = await _shop.ReadAsync(made.ExternalId!);
        Assert.Equal(("Find me", "Found"), (held.Fields["seoTitle"].Text, held.Fields["seoDescription"].Text));
        // The rule-based one is seen as well.
        Assert.Equal(["Gift ideas", "Home page", "On sale"], held.Sets["collections"].Order());
        Assert.Equal(("false", "610910", "PT"), (held.Variants[0].Fields["taxable"].Text, held.Variants[0].Fields["customsCode"].Text, held.Variants[0].Fields["countryOfOrigin"].Text));
    }

    [Fact]
    public async Task Push_Collections_JoinsAndLeavesManualOnesOnly()
    {
        var target = Plain("Collected", New("C"));
        target = target with { Sets = target.Sets.Add("collections", ["home page"]) };
        var create = Create(target);
        create = create with { Delta = create.Delta.Add(Collection("home page")) };
        var made = Assert.Single(await _shop.PushAsync(create));
        Assert.True(made is { Result: PushResult.Applied, Rejections: [] }, made.Error);
        Assert.Equal(["Home page"], made.Answer!.Sets["collections"]);

        var held = await _shop.ReadAsync(made.ExternalId!);
        var item = Update(held) with { Delta = [Collection("gift-ideas"), Collection("Home page", "Home page"), Collection("On sale"), Collection("Nowhere"), Collection("Gone", "Gone")] };
        var outcome = Assert.Single(await _shop.PushAsync(item));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal(["COLLECTION_BY_RULE", "COLLECTION_UNKNOWN"], outcome.Rejections.Select(rejection => rejection.Code).Order());
        Assert.All(outcome.Rejections, rejection => Assert.Matches("'(On sale|Nowhere)'", rejection.Message));
        var after = await _shop.ReadAsync(made.ExternalId!);
        Assert.Equal(["Gift ideas"], after.Sets["collections"]);
        Assert.Equal(held.Version, after.Version);

        static PlannedValue Collection(string name, string? leave = null) => new()
        {
            Key = new RegisterKey("collections", null, Canonical.ElementKey(name)),
            Target = leave is null ? new FieldValue(name) : FieldValue.Empty,
            Held = leave is null ? null : new FieldValue(leave),
        };
    }

    [Fact]
    public async Task Read_ProductInMoreCollectionsThanAPageHolds_ShowsThemAll()
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Popular", New("P")))));
        var caller = new ShopifyCaller(sandbox);
        for (var i = 0; i < 27; i++)
        {
            await caller.RootAsync("mutation($input: CollectionInput) { collectionCreate(input: $input) { userErrors { message } } }",
                new JsonObject { ["input"] = new JsonObject { ["title"] = $"Shelf {i}", ["products"] = new JsonArray($"gid://shopify/Product/{made.ExternalId}") } });
        }

        Assert.Equal(27, (await _shop.ReadAsync(made.ExternalId!)).Sets["collections"].Length);
    }

    [Fact]
    public async Task Product_With2048Variants_IsCreatedReadImportedAndRepriced()
    {
        var sku = New("BIG");
        string[] sizes = [.. Enumerable.Range(0, 16).Select(i => $"S{i}")];
        string[] colours = [.. Enumerable.Range(0, 16).Select(i => $"Farbe {i} ß")];
        string[] lengths = [.. Enumerable.Range(0, 8).Select(i => $"{i} \"")];
        ImmutableArray<DesiredVariant> variants =
        [
            .. sizes.SelectMany(size => colours.SelectMany(colour => lengths.Select(length => (size, colour, length))))
                .Select((row, i) => Variant(i + 1, $"{sku}-{i}", $"{10 + (i % 90)}.5", row.size, row.colour, row.length)),
        ];
        Assert.Equal(2048, variants.Length);
        var create = Create(Plain("Everything", sku) with { Options = ["Size", "Colour", "Length"], Variants = variants });
        var made = Assert.Single(await _shop.PushAsync(create));
        Assert.True(made is { Result: PushResult.Applied, Exceptions.IsEmpty: true }, made.Error);
        Assert.Equal(2048, made.Bound.Select(link => link.ExternalId).Distinct().Count());
        Assert.True(made.Answer!.VariantsComplete);

        var held = await _shop.ReadAsync(made.ExternalId!);
        Assert.True(held.VariantsComplete);
        Assert.Equal(variants.Select(variant => variant.Fields["sku"].Text), held.Variants.Select(variant => variant.Fields["sku"].Text));
        Assert.Equal(variants.SelectMany(variant => variant.OptionValues), held.Variants.SelectMany(variant => variant.OptionValues!.Value));

        var imported = await ImportedAsync(made.ExternalId!);
        Assert.Equal(2048, imported.Variants.Length);
        Assert.True(imported.VariantsComplete);

        var repriced = Update(held, [.. held.Variants.Select((_, i) => (Key("price", new VariantId(i + 1)), (string?)"77", (string?)null))]);
        var outcome = Assert.Single(await _shop.PushAsync(repriced));
        Assert.True(outcome is { Result: PushResult.Applied, Exceptions.IsEmpty: true }, outcome.Error);
        Assert.All((await _shop.ReadAsync(made.ExternalId!)).Variants, variant => Assert.Equal("77", variant.Fields["price"].Text));
        Assert.All(_shop.Budget.Readings, reading => Assert.InRange(reading.Reserved, 0, 1000));
    }

    private async Task<ObservedProduct> ImportedAsync(string externalId)
    {
        string? cursor = null;
        do
        {
            var page = await _shop.Source.ReadPageAsync(cursor, ShopifySource.PageSize, Token);
            Assert.Null(page.Fault);
            if (page.Items.FirstOrDefault(item => item.Body.ExternalId == externalId) is { } found)
            {
                return found.Body;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        throw new InvalidOperationException($"The import did not show product {externalId}.");
    }

    /// <summary>What a person enters on the merchant's page of a product.</summary>
    private async Task MerchantAsync(string productId, params (string Name, string Value)[] entered)
    {
        using var form = new FormUrlEncodedContent(entered.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await sandbox.Http.PostAsync(new Uri(sandbox.Address, $"shopify/demo/admin/products/{productId}"), form, Token);
        Assert.Equal("Saved.", Uri.UnescapeDataString(answer.Headers.Location!.OriginalString.Split("note=")[1]));
    }

    /// <summary>The values of one round: from each field's list the next one, so that all of them come by.</summary>
    private static DesiredProduct Target(int round, string location)
    {
        string? Of(string field) => Nasty[field][round % Nasty[field].Length];
        FieldValue Value(string field) => Canonical.Text(Of(field));
        string[] ofProduct = ["name", "description", "isActive", "vendor", "productType", "seoTitle", "seoDescription"];
        string[] ofVariant = ["gtin", "price", "compareAtPrice", "taxable", "weight", "customsCode", "countryOfOrigin"];
        return new DesiredProduct
        {
            Fields = ofProduct.ToImmutableDictionary(field => field, Value),
            Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", [NastyTags[round % NastyTags.Length]]),
            Variants =
            [
                new DesiredVariant
                {
                    Id = V1,
                    // Unique, or the search by SKU would find an earlier round.
                    Fields = ofVariant.ToImmutableDictionary(field => field, Value).Add("sku", new FieldValue($"{New("X")} {Of("sku")}")),
                    OptionValues = [],
                    Stock = ImmutableDictionary<string, decimal>.Empty.Add(location, decimal.Parse(Of("available")!, System.Globalization.CultureInfo.InvariantCulture)),
                },
            ],
        };
    }

    /// <summary>Each value that was sent equals the one that is held, in the canon's eyes: Settle learns nothing from it.</summary>
    private static void AssertExplained(DesiredProduct target, ObservedProduct held, string location)
    {
        var canon = ShopifyCanon.Instance;
        var unexplained = target.Fields.Where(sent => canon.Form(sent.Key, sent.Value) != canon.Form(sent.Key, held.Fields[sent.Key])).Select(sent => $"{sent.Key}: {sent.Value} became {held.Fields[sent.Key]}")
            .Concat(target.Variants[0].Fields.Where(sent => canon.Form(sent.Key, sent.Value) != canon.Form(sent.Key, held.Variants[0].Fields[sent.Key]))
                .Select(sent => $"{sent.Key}: {sent.Value} became {held.Variants[0].Fields[sent.Key]}"))
            .Concat(target.Sets["tags"].Where(tag => !held.Sets["tags"].Any(known => canon.ElementKey("tags", known) == canon.ElementKey("tags", tag))).Select(tag => $"tag {tag} is not among {string.Join('|', held.Sets["tags"])}"))
            .ToArray();
        Assert.True(unexplained.Length == 0, string.Join('\n', unexplained));
        var count = held.Variants[0].Stock.Single(level => level.LocationId == location).Quantity!.Value;
        Assert.Equal(canon.Form("available", Canonical.Decimal(target.Variants[0].Stock[location])), canon.Form("available", Canonical.Decimal(count)));
    }
}
