using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Channels.Tests.Sandbox;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>
/// Values that a shop changes, cuts or takes apart, for every field that the connector writes: one push each, and what the shop shows afterwards is explained,
/// so that it neither comes back as an edit nor is pushed again.
/// </summary>
public sealed class WooNastyValuesTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IDisposable
{
    private static readonly string Long = string.Concat(Enumerable.Repeat("Lang & breit ", 60)).Trim();

    private static readonly string[] Plain =
    [
        "A & B", "A &amp; B", "A &amp;amp; B", "a < b > c", "3 < 5", "5 > 3", "C:\\Temp\\x", "back\\\\slash", "\"doppelt\" 'einfach'", "„Gänsefüßchen“ – Strich…", "Größe ½ × 3 µm", "日本語のタイトル",
        "emoji 👟🏃‍♀️", "e\u0301 zusammengesetzt", "<b>fett</b> Text", "<script>alert(1)</script>x", "100% %20 %s", "{\"json\":[1]}", "a  zwei   Blanks", "&nbsp;&times;&#215;", "-- Strich --", "null", "0",
        "\u00a0geschützt", "rechts\u200fnach links", "Tab\there", "O'Brien & Söhne <GmbH>",
    ];

    private static readonly string[] Markup =
    [
        "<p>a & b</p>", "<p>a &amp; b</p>", "<p onclick=\"x()\">klick</p>", "<iframe src=\"https://x\"></iframe>danach", "<p>eins<br>zwei<br/>drei<br /></p>", "<p style=\"color:red\">rot</p>",
        "Zeile eins\n\nZeile zwei\r\nZeile drei", "<ul>\n<li>a</li>\n<li>b &lt; c</li></ul>", "[gallery ids=\"1,2\"]", "<!-- Kommentar --><p>x</p>", "<p>ungeschlossen", "a < b und c > d", "C:\\Temp",
        "<a href=\"https://x.example/?a=1&b=2\">Verweis</a>", "<IMG SRC='x.png' ALT='ä'>", "<p>&euro; &hellip; &#8211; €</p>", "<table><tr><td colspan=2>x</td></tr></table>", "<p>👟</p>", "",
    ];

    private readonly WooLiveShop _shop = new(sandbox);

    public static TheoryData<string> Fields() => [.. new[] { "name", "description", "manufacturer", "seoTitle", "seoDescription" }];

    public void Dispose() => _shop.Dispose();

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Text_WhateverTheShopMakesOfIt_IsExplained(string field)
    {
        var hub = await NewAsync();
        foreach (var value in (field == "description" ? Markup : [.. Plain, Long]).Where(value => value.Length > 0 || field != "name"))
        {
            hub.Edit((field, null, value.Length == 0 ? null : value));
            await AssertExplainedAsync(hub, field, value);
        }
    }

    [Theory]
    [InlineData("price", "0", "0.01", "19.99", "1234567.89", "79.98765", "100", "0.1", "999999999")]
    [InlineData("compareAtPrice", "20000000", "20000000.5", "123456789.99", "20000000.123456")]
    [InlineData("weight", "0", "0.001", "1", "12.345678", "0.333333", "1000", null)]
    [InlineData("length", "0.1", "30", "12.5", "0.000001", "2.54", null)]
    [InlineData("width", "0.3", "33.333333", null)]
    [InlineData("height", "7", "0.25", null)]
    [InlineData("taxable", "false", "true", "false")]
    [InlineData("gtin", "4006381333931", "04006381333931", "96385074", "012345678905", null)]
    [InlineData("sku", "mit Leerzeichen 1", "schräg/strich", "Ümläut-ß", "komma,drin", "GROSS-klein", "a&b", "x<y", null)]
    public async Task Value_OfAVariant_IsExplained(string field, params string?[] values)
    {
        var hub = await NewAsync();
        foreach (var value in values)
        {
            var written = field == "sku" && value is not null ? NewSku(value) : value;
            hub.Edit((field, V1, written));
            await AssertExplainedAsync(hub, field, written ?? "(empty)");
        }
    }

    [Theory]
    [InlineData("tags")]
    [InlineData("categories")]
    public async Task Set_NamesThatTheShopKeeps_AreExplained(string field)
    {
        var hub = await NewAsync();
        string[] names = ["Rot & Grün", "Größe", "日本語", "👟 Schuhe", "O'Brien", "\"doppelt\"", "100%", "a, b", "UPPER lower", "mit  Blanks"];
        foreach (var name in names)
        {
            hub.Elements(field, "bleibt", name);
            await AssertExplainedAsync(hub, field, name);
        }

        hub.Elements(field);
        await AssertExplainedAsync(hub, field, "(none)");
    }

    [Theory]
    [InlineData("tags", "C:\\Temp")]
    [InlineData("tags", "R&amp;D")]
    [InlineData("categories", "C:\\Temp")]
    public async Task Set_NameThatTheShopWouldChange_IsRefusedWithTheReason(string field, string name)
    {
        var hub = await NewAsync();
        hub.Elements(field, "gut", name);
        await hub.SyncAsync();
        var withheld = Assert.Single(hub.Plan().Withheld);
        Assert.Contains("would keep", withheld.Detail, StringComparison.Ordinal);
        var row = await _shop.RawAsync(hub.Link.ExternalId!);
        Assert.Equal(["gut"], row[field]!.AsArray().Select(term => term!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Categories_Path_IsMadeFromTheTopDownAndFoundAgain()
    {
        var stem = NewSku("Wurzel & Co");
        var hub = await NewAsync();
        hub.Elements("categories", $"{stem} > Schuhe > Trail", $"{stem} > Trail");
        await AssertExplainedAsync(hub, "categories", "two of the same name below different parents");
        var made = (JsonArray)(await _shop.Http.GetAsync("products/categories?per_page=100&search=Trail&orderby=id")).Json!;
        Assert.Equal(2, made.Count(term => term!["name"]!.GetValue<string>() == "Trail" && term["parent"]!.GetValue<long>() > 0));

        // Somebody else makes a category meanwhile: the shop says term_exists, and that one is taken.
        var other = await _shop.Http.PostAsync("products/categories", new JsonObject { ["name"] = $"{stem} fremd" });
        hub.Elements("categories", $"{stem} fremd");
        await AssertExplainedAsync(hub, "categories", "term_exists");
        var row = await _shop.RawAsync(hub.Link.ExternalId!);
        Assert.Equal([other.Json!["id"]!.GetValue<long>()], row["categories"]!.AsArray().Select(term => term!["id"]!.GetValue<long>()));
    }

    [Fact]
    public async Task OptionsOfAVariableProduct_NastyNamesAndValues_AreExplained()
    {
        var hub = new WooHub(_shop);
        var v2 = V2;
        hub.Edit(("name", null, "Optionen"), ("isActive", null, "true"), ("options", null, """["Größe & Weite","Farb'Ton"]"""), ("optionValues", V1, """["42 ½ & mehr","Rot < Blau"]"""),
            ("optionValues", v2, """["43","„Blau“ 100%"]"""), ("price", V1, "10"), ("price", v2, "11"), ("sku", V1, NewSku("O1")), ("sku", v2, NewSku("O2")), ("taxable", V1, "false"), ("taxable", v2, "false"),
            ("weight", V1, "0.5"), ("weight", v2, "0.75"), ("length", v2, "12"));
        await hub.SyncAsync();
        hub.AssertDone();
        await hub.AssertSameAfterReadAsync();
        var row = await _shop.RawAsync(hub.Link.ExternalId!);
        Assert.Equal("none", row["tax_status"]!.GetValue<string>());
    }

    [Fact]
    public void Table_CoversTheMask() => Assert.Equal(
        ImmutableHashSet.Create("isActive", "exists", "available", "options", "optionValues", "images").Union(Fields().Select(row => row.Data)).Union(
            ["price", "compareAtPrice", "weight", "length", "width", "height", "taxable", "gtin", "sku", "tags", "categories"]).Order(),
        _shop.Kind.Descriptor.MaskFor!(_shop.Settings).Order());

    private async Task<WooHub> NewAsync()
    {
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Anfang"), ("isActive", null, "true"), ("price", V1, "10"), ("taxable", V1, "true"), ("sku", V1, NewSku("NASTY")));
        await hub.SyncAsync();
        return hub;
    }

    private static async Task AssertExplainedAsync(WooHub hub, string field, string value)
    {
        try
        {
            Assert.InRange(await hub.SyncAsync(), 0, 1);
            hub.AssertDone();
            await hub.AssertSameAfterReadAsync();
        }
        catch (Xunit.Sdk.XunitException failure)
        {
            Assert.Fail($"{field} '{value}': {failure.Message}");
        }
    }
}
