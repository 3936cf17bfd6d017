using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The Sandbox as a process: what survives, what reset forgets, what the levers do, and what the demo catalogue holds.</summary>
public sealed class WooStateTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private const string Woo = "woocommerce";
    private readonly WooHttp woo = new(sandbox);

    public async ValueTask InitializeAsync() => await sandbox.PostAsync("_control/reset", []);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Kill_RightAfterAnAnswer_LosesNothing()
    {
        var generation = (await sandbox.GetAsync("_control/stats"))["generation"]!.GetValue<string>();
        var ids = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add((await woo.PostAsync("products", new JsonObject { ["name"] = $"kept {i}", ["sku"] = $"K-{i}" })).Json!["id"]!.GetValue<long>());
        }

        sandbox.Kill();
        await sandbox.StartAsync();

        Assert.Equal(generation, (await sandbox.GetAsync("_control/stats"))["generation"]!.GetValue<string>());
        Assert.Equal("20", (await woo.GetAsync($"products?include={string.Join(',', ids)}&_fields=id&per_page=1")).Total);
        var next = (await woo.PostAsync("products", new JsonObject { ["name"] = "next" })).Json!["id"]!.GetValue<long>();
        Assert.True(next > ids.Max(), $"Id {next} was given although {ids.Max()} had been used.");
    }

    [Fact]
    public async Task Reset_BringsBackTheFirstDayUnderANewGeneration()
    {
        var generation = (await sandbox.GetAsync("_control/stats"))["generation"]!.GetValue<string>();
        await woo.PostAsync("products", new JsonObject { ["name"] = "gone", ["sku"] = "R-1" });
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["errorRate"] = 1 });

        await sandbox.PostAsync("_control/reset", []);

        Assert.NotEqual(generation, (await sandbox.GetAsync("_control/stats"))["generation"]!.GetValue<string>());
        Assert.Null(await sandbox.FindAsync(Woo, "R-1"));
        Assert.Equal(260, (await sandbox.StatsAsync(Woo))["productsHeld"]!.GetValue<int>());
        Assert.Equal("260", (await woo.GetAsync("products?per_page=1&_fields=id")).Total);
    }

    [Fact]
    public async Task Catalogue_AtTheSite_LacksFortyAndDiffersInTen()
    {
        var catalogue = await sandbox.GetAsync("_control/catalogue");

        var differences = catalogue["wooDifferences"]!.AsArray();
        Assert.Equal(10, differences.Count);
        foreach (var difference in differences)
        {
            var product = await sandbox.FindAsync(Woo, difference!["sku"]!.GetValue<string>());
            var field = difference["field"]!.GetValue<string>();
            var held = field == "price" ? product!["price"]!.GetValue<decimal>().ToString("0.00", CultureInfo.InvariantCulture) : product![field]!.GetValue<string>();
            Assert.Equal(difference["wooCommerce"]!.GetValue<string>(), held);
            Assert.NotEqual(difference["shopify"]!.GetValue<string>(), held);
        }

        var missing = catalogue["missingInWoo"]!.AsArray();
        Assert.Equal(40, missing.Count);
        foreach (var sku in missing)
        {
            Assert.Null(await sandbox.FindAsync(Woo, sku!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task Catalogue_BothShops_DifferInTenValuesAndNothingElse()
    {
        var shopify = (await sandbox.GetAsync("_control/shopify/products?limit=1000"))["products"]!.AsArray().ToDictionary(p => KeyOf(p!), p => p!, StringComparer.Ordinal);
        var site = (await sandbox.GetAsync($"_control/{Woo}/products?limit=1000"))["products"]!.AsArray();

        var found = site.SelectMany(p => Differences(shopify[KeyOf(p!)], p!)).Order(StringComparer.Ordinal).ToList();

        var expected = (await sandbox.GetAsync("_control/catalogue"))["wooDifferences"]!.AsArray().Select(d => $"{d!["sku"]} {d["field"]}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(300, shopify.Count);
        Assert.Equal(260, site.Count);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task Catalogue_EveryProduct_IsLegalAndDistinct()
    {
        var products = (await sandbox.GetAsync($"_control/{Woo}/products?limit=1000"))["products"]!.AsArray();

        var variants = products.SelectMany(p => p!["variants"]!.AsArray()).ToList();
        var skus = variants.Select(v => v!["sku"]!.GetValue<string>()).Where(s => s.Length > 0).ToList();
        Assert.Equal(skus.Count, skus.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(variants.Count - 1, skus.Count);
        Assert.All(variants, v => Assert.True(v!["price"]!.GetValue<decimal>() > 0));
        Assert.All(variants, v => Assert.True(IsEan13(v!["barcode"]!.GetValue<string>()), v["barcode"]!.GetValue<string>()));
        Assert.All(products, p => Assert.InRange(p!["title"]!.GetValue<string>().Length, 1, 255));
        Assert.Contains(products, p => p!["title"]!.GetValue<string>().Length > 200);
        Assert.Contains(products, p => p!["variants"]!.AsArray().Count == 120);
        Assert.Equal(products.Count, products.Select(p => p!["title"]!.GetValue<string>()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Fault_Unknown_IsRefusedByNameAndChangesNothing()
    {
        using var content = new StringContent("""{"channel":"woocommerce","errorRate":1,"chaos":true}""");
        using var response = await sandbox.Http.PostAsync(new Uri(sandbox.Address, "_control/faults"), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("'chaos' is not a fault. Known: errorRate", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(200, (await woo.GetAsync("products?per_page=1&_fields=id")).Status);
    }

    [Fact]
    public async Task Faults_MeetTheApi_AndSpareControlAndMerchantPages()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["errorRate"] = 1 });

        Assert.Equal((500, "internal_server_error"), ((await woo.GetAsync("products")).Status, (await woo.GetAsync("products")).Code));
        Assert.NotNull(await sandbox.FindAsync(Woo, "ODD-AMP"));
        Assert.Contains("Sandbox shop – WooCommerce", await sandbox.Http.GetStringAsync(new Uri(sandbox.Address, "woo/demo/wp-admin/"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(2, (await sandbox.StatsAsync(Woo))["errors"]!.GetValue<int>());
    }

    [Fact]
    public async Task FailAfterEffect_Once_AnswersAnErrorAndKeepsTheWrite()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["failAfterEffect"] = 1 });

        Assert.Equal(200, (await woo.GetAsync("products?per_page=1&_fields=id")).Status);
        Assert.Equal(500, (await woo.PostAsync("products", new JsonObject { ["name"] = "x", ["sku"] = "F-1" })).Status);

        Assert.NotNull(await sandbox.FindAsync(Woo, "F-1"));
        Assert.Equal((400, "product_invalid_sku"), await CreateAgainAsync("F-1"));
        Assert.Equal(1, (await sandbox.StatsAsync(Woo))["writes"]!.GetValue<int>());
    }

    [Fact]
    public async Task CutAfterEffect_Once_BreaksTheConnectionAndKeepsTheWrite()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["cutAfterEffect"] = 1 });

        await Assert.ThrowsAsync<HttpRequestException>(() => woo.PostAsync("products", new JsonObject { ["name"] = "x", ["sku"] = "F-2" }));

        Assert.NotNull(await sandbox.FindAsync(Woo, "F-2"));
    }

    [Fact]
    public async Task ThrottleNext_Once_AnswersAsAFirewallAndIsCounted()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["throttleNext"] = 1 });

        Assert.Equal(429, (await woo.GetAsync("products")).Status);
        Assert.Equal(200, (await woo.GetAsync("products?per_page=1")).Status);
        Assert.Equal(1, (await sandbox.StatsAsync(Woo))["throttled"]!.GetValue<int>());
    }

    [Fact]
    public async Task NoiseBeforeJson_Once_PrintsAWarningFirst()
    {
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = Woo, ["noiseBeforeJson"] = 1 });

        var reply = await woo.GetAsync("products?per_page=1&_fields=id");

        Assert.Equal(200, reply.Status);
        Assert.StartsWith("<br />\n<b>Warning</b>", reply.Text, StringComparison.Ordinal);
        Assert.EndsWith("}]", reply.Text, StringComparison.Ordinal);
    }

    private static string KeyOf(JsonNode product) => product["skus"]!.AsArray().Select(s => s!.GetValue<string>()).Where(s => s.Length > 0).Order(StringComparer.Ordinal).First();

    /// <summary>What a merchant would call different: entities decoded, tags as a set, stock of all locations together.</summary>
    private static IEnumerable<string> Differences(JsonNode shopify, JsonNode site)
    {
        foreach (var field in (string[])["title", "description", "status", "vendor", "productType"])
        {
            if (WebUtility.HtmlDecode(shopify[field]?.GetValue<string>()) != WebUtility.HtmlDecode(site[field]?.GetValue<string>()))
            {
                yield return $"{KeyOf(site)} {field}";
            }
        }

        if (!Tags(shopify).SequenceEqual(Tags(site), StringComparer.Ordinal))
        {
            yield return $"{KeyOf(site)} tags";
        }

        var variants = site["variants"]!.AsArray().ToDictionary(v => v!["barcode"]!.GetValue<string>(), v => v!, StringComparer.Ordinal);
        foreach (var variant in shopify["variants"]!.AsArray())
        {
            if (!variants.Remove(variant!["barcode"]!.GetValue<string>(), out var other))
            {
                yield return $"{KeyOf(site)} variant {variant["sku"]}";
                continue;
            }

            foreach (var field in (string[])["sku", "price", "compareAtPrice", "optionValues"])
            {
                if (!JsonNode.DeepEquals(Comparable(variant[field]), Comparable(other[field])))
                {
                    yield return $"{KeyOf(site)} {field}";
                }
            }

            if (Stock(variant) != Stock(other))
            {
                yield return $"{KeyOf(site)} stock";
            }
        }

        foreach (var left in variants.Values)
        {
            yield return $"{KeyOf(site)} variant {left["sku"]}";
        }
    }

    private static IEnumerable<string> Tags(JsonNode product) => product["tags"]!.AsArray().Select(t => t!.GetValue<string>()).Order(StringComparer.Ordinal);

    private static int Stock(JsonNode variant) => variant["stock"]!.AsObject().Sum(s => s.Value!.GetValue<int>());

    private static JsonNode? Comparable(JsonNode? value) => value?.GetValueKind() == System.Text.Json.JsonValueKind.Number ? decimal.Parse(value.ToJsonString(), CultureInfo.InvariantCulture).ToString("0.00", CultureInfo.InvariantCulture) : value;

    private async Task<(int Status, string? Code)> CreateAgainAsync(string sku)
    {
        var reply = await woo.PostAsync("products", new JsonObject { ["name"] = "again", ["sku"] = sku });
        return (reply.Status, reply.Code);
    }

    private static bool IsEan13(string code) =>
        code.Length == 13 && code.All(char.IsAsciiDigit) && code.Select((digit, index) => (digit - '0') * (index % 2 == 0 ? 1 : 3)).Sum() % 10 == 0;
}
