using System.Net;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.JtlFfn;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.JtlFfn.ScriptedMerchant;

namespace ActorSync.Channels.Tests.JtlFfn;

/// <summary>What leaves and what is made of answers, with a scripted JTL in place of the network. Every body is checked against JTL's own schema.</summary>
public sealed class JtlWireTests
{
    private const string Whole = """
        {"jfsku":"MERC01PRDCT","name":"Mug","merchantSku":"MUG","note":"old","manufacturer":"Acme","originCountry":"DE","weight":0.35,
        "identifier":{"ean":"4006381333931","isbn":"978","upc":null,"mpn":{"manufacturer":"Acme","partNumber":"M-1"}},
        "dimensions":{"length":0.12,"width":0.09,"height":0.1},
        "specifications":{"taric":"69111000","unNumber":"UN1993","hazardIdentifier":"33","fnsku":"X1","isBatch":false,"isDivisible":false,"isBestBefore":false,"isSerialNumber":false,
        "isBillOfMaterials":false,"isPackaging":false,"billOfMaterialsComponents":[]},
        "bundles":[{"name":"Carton","quantity":12,"ean":"4006381333948"},{"name":"Pallet","quantity":480}],
        "attributes":[{"key":"colour","value":"blue","attributeType":"String"}],"pictures":[],"relatedProducts":[],"openInbounds":[],"openOutbounds":[],
        "modificationInfo":{"createdAt":"2026-01-05T08:00:00.000+00:00","updatedAt":"2026-01-05T10:01:12.417+00:00","state":"Modified"}}
        """;

    private static readonly (string Field, string? Value)[] Everything =
    [
        ("sku", "MUG"), ("gtin", "4006381333931"), ("han", "M-1"), ("weight", "0.35"), ("length", "12"), ("width", "9"), ("height", "10"), ("packagingUnit", "Carton"), ("packagingQty", "12"),
        ("hazmat", "true"), ("hazmatClass", "UN1993 33"), ("warehouseNotes", "fragile"), ("customsCode", "69111000"), ("countryOfOrigin", "de"), ("manufacturer", "Acme"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Push_CreateOfEveryField_SendsWhatJtlsSchemaAcceptsAndLetsItsFulfillerSeeIt()
    {
        using var jtl = new ScriptedMerchant(request => request.Path.StartsWith("merchant/warehouses", StringComparison.Ordinal)
            ? (HttpStatusCode.OK, """{"items":[{"warehouseId":"FULF04XX-12345-0001","fulfillerId":"FULF"},{"warehouseId":"FULF04XX-12345-0002","fulfillerId":"FULF"},{"warehouseId":"ELSE04XX-1","fulfillerId":"ELSE"}]}""")
            : (HttpStatusCode.Created, Whole));
        var outcome = await jtl.PushAsync(Item(false, (V1, null, Everything, [("name", "Mug")])));
        var sent = jtl.Requests.First();
        Assert.Equal(("POST", "merchant/products"), (sent.Method, sent.Path));
        var authorised = Assert.Single(jtl.Requests.Skip(1), request => request.Method == "POST");
        Assert.Equal(("merchant/products/MERC01PRDCT/authorizations", """{"fulfillerId":"FULF"}"""), (authorised.Path, authorised.Body.GetRawText()));
        Assert.Empty(JtlContract.Problems("CreateProductRequest", sent.Body));
        Assert.Equal(0.12m, sent.Body.GetProperty("dimensions").GetProperty("length").GetDecimal());
        Assert.Equal("""{"ean":"4006381333931","mpn":{"manufacturer":"Acme","partNumber":"M-1"}}""", sent.Body.GetProperty("identifier").GetRawText());
        Assert.Equal("""[{"key":"hubProductId","value":"p-17","attributeType":"String"}]""", sent.Body.GetProperty("attributes").GetRawText());
        Assert.Equal((PushResult.Applied, "MERC01PRDCT", "MERC01PRDCT"), (outcome.Result, outcome.ExternalId, Assert.Single(outcome.Bound).ExternalId));
        Assert.Empty(outcome.Exceptions);
        // What JTL then shows is what was sent, field by field.
        var shown = Assert.Single(outcome.Answer!.Variants).Fields;
        var canon = jtl.Kind.Canon;
        Assert.All(Everything.Where(f => f.Field != "warehouseNotes"), f => Assert.Equal(canon.Form(f.Field, new FieldValue(f.Value)), canon.Form(f.Field, shown[f.Field])));
    }

    [Fact]
    public async Task Push_UpdateOfEveryField_KeepsWhatItDoesNotName()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Method == "PATCH" ? (HttpStatusCode.NoContent, null) : (HttpStatusCode.OK, Whole));
        await jtl.PushAsync(Item(false, (V1, "MERC01PRDCT", Everything, [])));
        Assert.Equal(["GET", "PATCH", "GET"], jtl.Requests.Select(sent => sent.Method));
        var body = jtl.Requests.Single(sent => sent.Method == "PATCH").Body;
        Assert.Empty(JtlContract.Problems("UpdateProductRequest", body));
        Assert.Equal("978", body.GetProperty("identifier").GetProperty("isbn").GetString());
        Assert.Equal("X1", body.GetProperty("specifications").GetProperty("fnsku").GetString());
        Assert.Equal(["Carton", "Pallet"], body.GetProperty("bundles").EnumerateArray().Select(bundle => bundle.GetProperty("name").GetString()));
        Assert.False(body.TryGetProperty("attributes", out _));
    }

    [Fact]
    public async Task Push_EmptiedFields_AreSentAsNothing()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Method == "PATCH" ? (HttpStatusCode.NoContent, null) : (HttpStatusCode.OK, Whole));
        (string, string?)[] emptied = [("gtin", null), ("weight", null), ("width", null), ("hazmat", "false"), ("warehouseNotes", null), ("customsCode", null), ("countryOfOrigin", null), ("manufacturer", null), ("packagingUnit", null), ("packagingQty", null)];
        var outcome = await jtl.PushAsync(Item(false, (V1, "MERC01PRDCT", emptied, [("length", "12"), ("height", "10")])));
        var body = jtl.Requests.Single(sent => sent.Method == "PATCH").Body;
        Assert.Empty(JtlContract.Problems("UpdateProductRequest", body));
        Assert.Equal(JsonValueKind.Null, body.GetProperty("note").ValueKind);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("specifications").GetProperty("unNumber").ValueKind);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("dimensions").GetProperty("width").ValueKind);
        Assert.Equal(["Pallet"], body.GetProperty("bundles").EnumerateArray().Select(bundle => bundle.GetProperty("name").GetString()));
        Assert.Empty(outcome.Exceptions);
    }

    [Fact]
    public async Task Push_PlainFields_NeedNoReadBefore()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Method == "PATCH" ? (HttpStatusCode.NoContent, null) : (HttpStatusCode.OK, Whole));
        await jtl.PushAsync(Item(false, (V1, "MERC01PRDCT", [("warehouseNotes", "neu")], [])));
        Assert.Equal(["PATCH", "GET"], jtl.Requests.Select(sent => sent.Method));
        Assert.Equal("""{"note":"neu"}""", jtl.Requests.First().Body.GetRawText());
    }

    [Fact]
    public async Task Push_ValuesThatJtlCannotHold_AreRefusedAloneAndInWords()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Method == "PATCH" ? (HttpStatusCode.NoContent, null) : (HttpStatusCode.OK, """{"jfsku":"MERC01PRDCT","merchantSku":"MUG","name":"Mug"}"""));
        var outcome = await jtl.PushAsync(Item(false, (V1, "MERC01PRDCT",
            [("gtin", "123"), ("han", "M-1"), ("length", "12"), ("packagingUnit", "Carton"), ("hazmat", "true"), ("countryOfOrigin", "Germany"), ("weight", "1")], [])));
        Assert.Equal("""{"weight":1}""", jtl.Requests.Single(sent => sent.Method == "PATCH").Body.GetRawText());
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal(["countryOfOrigin", "gtin", "han", "hazmat", "length", "packagingUnit"], outcome.Rejections.Select(r => r.Key!.Value.Field).Order(StringComparer.Ordinal));
        Assert.All(outcome.Rejections, r => Assert.Equal(PushResult.Rejected, outcome.Exceptions[r.Key!.Value]));
    }

    [Fact]
    public async Task Push_DuplicateProduct_AdoptsAStrangerWithoutOverwritingIt()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Method switch
        {
            "POST" => (HttpStatusCode.BadRequest, """{"errorCode":{"code":"Products_DuplicateProduct"},"errorMessages":[{"message":"Duplicate"}],"errorMetaData":{"MerchantSku":"MUG","Jfsku":"MERC01PRDCT"}}"""),
            "PATCH" => (HttpStatusCode.NoContent, null),
            _ => (HttpStatusCode.OK, Whole),
        });
        var outcome = await jtl.PushAsync(Item(false, (V1, null, [("sku", "MUG"), ("warehouseNotes", "ours")], [])));
        Assert.Equal(("MERC01PRDCT", PushResult.Applied), (outcome.ExternalId, outcome.Result));
        Assert.All(outcome.Exceptions.Values, result => Assert.Equal(PushResult.NotSent, result));
        Assert.Equal("old", Assert.Single(outcome.Answer!.Variants).Fields["warehouseNotes"].Text);
        var mark = jtl.Requests.Single(sent => sent.Method == "PATCH").Body;
        Assert.Empty(JtlContract.Problems("UpdateProductRequest", mark));
        Assert.Equal(["colour", "hubProductId"], mark.GetProperty("attributes").EnumerateArray().Select(a => a.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Push_CreateWhoseAnswerWasLost_IsFoundBySkuAndGoneOnWith()
    {
        var ours = Whole.Replace("""{"key":"colour","value":"blue","attributeType":"String"}""", """{"key":"hubProductId","value":"p-17","attributeType":"String"}""", StringComparison.Ordinal);
        using var jtl = new ScriptedMerchant(sent => sent switch
        {
            { Method: "PATCH" } => (HttpStatusCode.NoContent, null),
            { Path: "merchant/products/MERC01PRDCT" } => (HttpStatusCode.OK, ours),
            _ => (HttpStatusCode.OK, $$"""{"items":[{{ours}}],"_page":{"total":1,"limit":50,"offset":0},"count":1}"""),
        });
        var outcome = await jtl.PushAsync(Item(true, (V1, null, [("sku", "MUG"), ("warehouseNotes", "ours")], [])));
        Assert.StartsWith("merchant/products?$filter=merchantSku eq 'MUG'", jtl.Requests.First().Path, StringComparison.Ordinal);
        Assert.DoesNotContain(jtl.Requests, sent => sent.Method == "POST");
        Assert.Equal("MERC01PRDCT", Assert.Single(outcome.Bound).ExternalId);
        Assert.Empty(outcome.Exceptions);
    }

    [Fact]
    public async Task Push_ProductOfAnotherHubProduct_IsNeverTaken()
    {
        var theirs = Whole.Replace("\"blue\"", "\"p-99\"", StringComparison.Ordinal).Replace("\"colour\"", "\"hubProductId\"", StringComparison.Ordinal);
        using var jtl = new ScriptedMerchant(_ => (HttpStatusCode.OK, $$"""{"items":[{{theirs}}],"_page":{"total":1,"limit":50,"offset":0},"count":1}"""));
        var outcome = await jtl.PushAsync(Item(true, (V1, null, [("sku", "MUG")], [])));
        Assert.Equal(PushResult.Rejected, outcome.Result);
        Assert.Contains("belongs to hub product p-99", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Bound);
    }

    [Fact]
    public async Task Push_OneSiblingGone_IsToldForItAlone()
    {
        using var jtl = new ScriptedMerchant(sent => sent.Path.EndsWith("MERC01GONE1", StringComparison.Ordinal)
            ? (HttpStatusCode.NotFound, """{"errorCode":{"code":"Products_ProductNotFound"},"errorMessages":[],"errorMetaData":null}""")
            : sent.Method == "PATCH" ? (HttpStatusCode.NoContent, null) : (HttpStatusCode.OK, Whole));
        var outcome = await jtl.PushAsync(Item(false, (V1, "MERC01PRDCT", [("warehouseNotes", "n")], []), (V2, "MERC01GONE1", [("warehouseNotes", "n")], [])));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal((new RegisterKey("warehouseNotes", V2), PushResult.Gone), (Assert.Single(outcome.Exceptions).Key, outcome.Exceptions.Values.Single()));
    }

    [Fact]
    public async Task Send_RefusedToken_IsRenewedOnceAndThenReported()
    {
        var tokens = new CountingTokens();
        var answers = new Queue<HttpStatusCode>([HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized]);
        using var jtl = new ScriptedMerchant(_ => (answers.Dequeue(), Whole), tokens);
        var first = await jtl.Source.ReadAsync(["MERC01PRDCT"], Token);
        Assert.Equal("MUG", first.Items.Single().Body.Variants[0].Fields["sku"].Text);
        var second = await jtl.Source.ReadAsync(["MERC01PRDCT"], Token);
        Assert.Equal(ChannelFaultKind.Unauthorised, second.Fault!.Kind);
        Assert.Equal([null, "t0", null, "t0"], tokens.Refused);
    }

    [Fact]
    public async Task Send_NobodySignedIn_CallsNothing()
    {
        using var jtl = new ScriptedMerchant(_ => (HttpStatusCode.OK, Whole));
        var probe = await jtl.Kind.Open(Settings, Secrets, new WooCommerce.CountingBudget()).ProbeAsync(Token);
        Assert.Equal((false, TokenFaults.LoginRequired), (probe.Ok, probe.Fault!.Code));
        Assert.Empty(jtl.Requests);
    }

    [Fact]
    public async Task Poll_Updates_WalksOneWindowAndTakesDeletionsForWhatTheyAre()
    {
        using var jtl = new ScriptedMerchant(sent => (HttpStatusCode.OK, sent.Path.Contains("page=1", StringComparison.Ordinal)
            ? $$"""{"from":"x","to":"y","data":[{{Whole}}],"moreDataAvailable":true,"nextChunkUrl":"https://ffn2.api.jtl-software.com/api/v1/merchant/products/updates?page=2"}"""
            : """{"from":"x","to":"y","moreDataAvailable":false,"data":[{"jfsku":"MERC01GONE1","merchantSku":"G","modificationInfo":{"createdAt":"2026-01-05T08:00:00Z","state":"Deleted"}}]}"""));
        var begun = await jtl.Source.PollAsync(null, 50, Token);
        Assert.Empty(begun.Items);
        var at = UpdatesCursor.Parse(begun.NextCursor!) with { Watermark = DateTimeOffset.UtcNow.AddMinutes(-5), Floor = DateTimeOffset.UtcNow.AddHours(-1) };
        var first = await jtl.Source.PollAsync(at.ToString(), 50, Token);
        var second = await jtl.Source.PollAsync(first.NextCursor, 50, Token);
        Assert.Equal(("MERC01PRDCT", "MERC01GONE1", true), (first.Items.Single().Body.ExternalId, second.Items.Single().Body.ExternalId, second.Items.Single().Body.Deleted));
        var windows = jtl.Requests.Select(sent => sent.Path).Where(path => path.StartsWith("merchant/products/updates?", StringComparison.Ordinal)).Select(path => path.Split("&page")[0]).ToList();
        Assert.Equal(windows[^2], windows[^1]);
        Assert.Contains("+00:00", windows[^1], StringComparison.Ordinal);
        var done = UpdatesCursor.Parse(second.NextCursor!);
        Assert.Null(done.To);
        Assert.Equal(UpdatesCursor.Overlap, done.Watermark - done.From);
    }

    [Fact]
    public async Task Stock_SweepShowsAThingThatNobodyCounted_SaysNothingWhileACountedZeroIsZero()
    {
        const string Row = """{"jfsku":"MERC01PRDCT","stockLevel":0,"warehouses":[{"warehouseId":"FULF04XX-12345-0001","stockLevel":0,"stockLevelReserved":0,"stockLevelBlocked":0,"stockLevelAnnounced":0%}]}""";
        var time = "";
        using var jtl = new ScriptedMerchant(_ => (HttpStatusCode.OK, $$"""{"date":"x","moreDataAvailable":false,"items":[{{Row.Replace("%", time, StringComparison.Ordinal)}}]}"""));
        var source = (IStockSource)jtl.Channel;

        Assert.Empty(Assert.Single((await source.ReadStockAsync(null, sweep: true, Token)).Items).Body.Variants.Single().Stock);

        time = ""","fulfillerTimestamp":"2026-11-20T08:49:37+00:00" """;
        var counts = Assert.Single((await source.ReadStockAsync(null, sweep: true, Token)).Items).Body.Variants.Single().Stock;
        Assert.Equal([("FULF04XX-12345-0001", 0m), ("FULF04XX-12345-0002", 0m)], counts.Select(count => (count.LocationId, count.Quantity!.Value)));
    }

    [Fact]
    public async Task Stock_SweepThenUpdates_MeetWithoutAGapAndKeepTheNewestRowPerWarehouse()
    {
        using var jtl = new ScriptedMerchant(sent => (HttpStatusCode.OK, sent.Path.StartsWith("merchant/stocks/complete", StringComparison.Ordinal)
            ? """{"date":"x","moreDataAvailable":false,"items":[{"jfsku":"MERC01PRDCT","merchantSku":"MUG","stockLevel":7.5,"warehouses":[{"warehouseId":"FULF04XX-12345-0001","stockLevel":7.5,"stockLevelReserved":1,"stockLevelBlocked":0,"stockLevelAnnounced":2}]}]}"""
            : JtlContract.Json("samples/stocks-updates-page.json").GetRawText()));
        var source = (IStockSource)jtl.Channel;
        var swept = await source.ReadStockAsync(null, sweep: false, Token);
        var counts = Assert.Single(swept.Items).Body.Variants.Single().Stock;
        Assert.Equal([("FULF04XX-12345-0001", 7.5m, null), ("FULF04XX-12345-0002", 0m, null)], counts.Select(count => (count.LocationId, count.Quantity!.Value, count.Row)));
        Assert.Equal(ObservationSource.Stock, swept.Items[0].Source);

        var begun = UpdatesCursor.Parse(swept.Cursor!);
        Assert.Equal(begun.Watermark, begun.From);
        var later = begun with { Watermark = begun.Watermark.AddMinutes(-3), Floor = begun.Floor.AddMinutes(-3) };
        var page = await source.ReadStockAsync(later.ToString(), sweep: false, Token);
        var row = Assert.Single(Assert.Single(page.Items).Body.Variants.Single().Stock);
        Assert.Equal((42m, 3m, 10m, 119L), (row.Quantity!.Value, row.Reserved!.Value, row.Announced!.Value, row.Row!.Value));
        Assert.False(page.HasMore);

        var again = await source.ReadStockAsync(page.Cursor, sweep: true, Token);
        Assert.Contains($"date={UpdatesCursor.Parse(page.Cursor!).Watermark.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff}", jtl.Requests.Last().Path, StringComparison.Ordinal);
        Assert.Single(again.Items);
    }

    [Theory]
    [InlineData("stockLevel", 42)]
    [InlineData("minusReserved", 39)]
    [InlineData("minusReservedAndBlocked", 35)]
    public void Stock_Reading_IsASetting(string setting, int expected)
    {
        var (connection, problem) = JtlSettings.Read(Settings with { Values = Settings.Values.Add("stockReading", setting) }, Secrets);
        Assert.Null(problem);
        var row = JsonElement.Parse("""{"stockLevel":42,"stockLevelReserved":3,"stockLevelBlocked":4,"stockLevelAnnounced":10}""");
        Assert.Equal(expected, JtlMapper.Stock(row, "W", connection!.Reading, Stamp.Zero, null).Quantity);
    }

    [Theory]
    [InlineData("pollSeconds", "0")]
    [InlineData("stockReading", "all")]
    [InlineData("apiUrl", "ftp://x")]
    public void Settings_WrongValue_IsNamed(string name, string value)
    {
        var (_, problem) = JtlSettings.Read(Settings with { Values = Settings.Values.SetItem(name, value) }, Secrets);
        Assert.StartsWith($"{name} is '{value}'", problem, StringComparison.Ordinal);
    }

    private sealed class CountingTokens : ITokenSource
    {
        public List<string?> Refused { get; } = [];

        public ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken)
        {
            Refused.Add(refused);
            return ValueTask.FromResult(new AccessToken { Value = refused is null ? "t0" : "t1" });
        }
    }
}
