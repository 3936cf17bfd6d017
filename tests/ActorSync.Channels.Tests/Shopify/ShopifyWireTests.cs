using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Shopify;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static ActorSync.Channels.Tests.Shopify.ShopifyLiveShop;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>What leaves and what is made of answers, with a scripted Shopify in place of the network.</summary>
public sealed class ShopifyWireTests
{
    private const string Empty = """{"data":{}}""";
    private static readonly VariantId V1 = new(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Push_EveryKindOfWrite_SendsVariablesThatShopifysSchemaAccepts()
    {
        using var shop = new Scripted(_ => Empty);
        var made = Variant(1, "SKU-1", "19.999", "S") with { Stock = ImmutableDictionary<string, decimal>.Empty.Add("11", 4.5m) };
        await shop.PushAsync(Create(Plain("A", "SKU-1") with { Options = ["Size"], Variants = [made] }));
        var product = Product("S", "M", "L");
        var target = Target(product);
        await shop.PushAsync(Update(product,
            (new RegisterKey("name"), "New", "Old"), (new RegisterKey("description"), null, "x"), (new RegisterKey("vendor"), "V", null), (new RegisterKey("productType"), null, "x"),
            (new RegisterKey("isActive"), "false", "true"), (new RegisterKey("tags", null, "a"), "A", null), (new RegisterKey("tags", null, "b"), null, "B"),
            (Key("price", V1), "5", "4"), (Key("compareAtPrice", V1), null, "6"), (Key("sku", V1), "S2", "S1"), (Key("gtin", V1), null, "1"), (new RegisterKey("optionValues", V1), "[\"XS\"]", "[\"S\"]"),
            (new RegisterKey("available", V1, "11"), "3", "4"), (new RegisterKey("available", V1, "12"), "0", null)));
        var added = Variant(9, "SKU-9", "1", "XL") with { Stock = ImmutableDictionary<string, decimal>.Empty.Add("11", 1) };
        await shop.PushAsync(Update(product, (new RegisterKey("exists", V1), "false", "true"), (new RegisterKey("exists", new VariantId(9)), "true", "false")) with
        {
            Target = target with { Variants = [target.Variants[0] with { Remove = true }, added] },
        });
        await shop.Registrar.EnsureAsync(new Uri("https://hub.example/hook"), Token);

        var writes = shop.Sent.Where(sent => sent.Query.StartsWith("mutation", StringComparison.Ordinal)).Select(sent => sent.Operation).ToHashSet();
        string[] expected =
            ["ProductSet", "ProductUpdate", "TagsAdd", "TagsRemove", "VariantsUpdate", "VariantsCreate", "VariantsDelete", "StockSet", "WebhookCreate", "HubIdDefine"];
        Assert.Empty(expected.Except(writes));
        Assert.All(shop.Sent, sent => Assert.Empty(ShopifySchema.Load().VariableProblems(sent.Query, sent.Variables)));
        var stock = shop.Sent.Single(sent => sent.Operation == "StockSet").Variables.GetProperty("input").GetProperty("quantities");
        Assert.Equal([4, null], stock.EnumerateArray().Select(row => row.GetProperty("changeFromQuantity").ValueKind == JsonValueKind.Null ? (int?)null : row.GetProperty("changeFromQuantity").GetInt32()));
        var update = shop.Sent.Single(sent => sent.Operation == "VariantsUpdate").Variables.GetProperty("variants");
        Assert.Equal("""{"id":"gid://shopify/ProductVariant/101","price":"5.00","compareAtPrice":null,"inventoryItem":{"sku":"S2"},"barcode":"","optionValues":[{"optionName":"Size","name":"S"}]}""", Assert.Single(update.EnumerateArray()).GetRawText());
    }

    [Fact]
    public void SetInput_OfAWholeProduct_IsTheGoldenText() => Assert.Equal(
        """
        {"title":"Shirt","descriptionHtml":"<p>x</p>","status":"DRAFT","vendor":"Acme","tags":["Neu","Summer"],"productOptions":[{"name":"Size","position":1,"values":[{"name":"S"},{"name":"M"}]}],
        "variants":[{"optionValues":[{"optionName":"Size","name":"S"}],"price":"19.90","inventoryItem":{"sku":"A","tracked":true},"inventoryQuantities":[{"locationId":"gid://shopify/Location/11","name":"available","quantity":2}]},
        {"optionValues":[{"optionName":"Size","name":"M"}],"compareAtPrice":"30.00","barcode":"4006381333931","price":"20.00","inventoryItem":{"sku":"B"}}]}
        """.ReplaceLineEndings("").Replace("        ", "", StringComparison.Ordinal),
        ShopifyMapper.SetInput(new DesiredProduct
        {
            Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue("Shirt")).Add("description", new FieldValue("<p>x</p>")).Add("isActive", FieldValue.False).Add("vendor", new FieldValue("Acme")),
            Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", ["Neu", "Summer"]),
            Options = ["Size"],
            Variants = [],
        },
        [
            Variant(1, "A", "19.9", "S") with { Stock = ImmutableDictionary<string, decimal>.Empty.Add("11", 2.7m) },
            Variant(2, "B", "20", "M") with { Fields = Variant(2, "B", "20").Fields.Add("gtin", new FieldValue("4006381333931")).Add("compareAtPrice", new FieldValue("30")) },
        ]).ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    [Fact]
    public async Task Push_PlainProduct_IsCreatedWithTheDefaultOption()
    {
        using var shop = new Scripted(_ => Empty);
        await shop.PushAsync(Create(Plain("A", "SKU-1")));
        var input = shop.Sent.Single(sent => sent.Operation == "ProductSet").Variables.GetProperty("input");
        Assert.Equal("""[{"name":"Title","position":1,"values":[{"name":"Default Title"}]}]""", input.GetProperty("productOptions").GetRawText());
        Assert.Equal("""[{"optionName":"Title","name":"Default Title"}]""", input.GetProperty("variants")[0].GetProperty("optionValues").GetRawText());
    }

    [Fact]
    public async Task Push_TwoRefusedFieldsWithoutAName_ArePinnedDownOneByOne()
    {
        using var shop = new Scripted(sent =>
        {
            var product = sent.Variables.GetProperty("product");
            var isBad = product.TryGetProperty("vendor", out _) || product.TryGetProperty("productType", out _);
            return isBad
                ? """{"data":{"productUpdate":{"product":null,"userErrors":[{"field":null,"message":"Something is wrong"}]}}}"""
                : """{"data":{"productUpdate":{"product":{"id":"gid://shopify/Product/1","updatedAt":"2026-11-22T10:00:00Z","title":"Good"},"userErrors":[]}}}""";
        });
        var outcome = await shop.PushAsync(Update(Product("S"), (new RegisterKey("name"), "Good", "x"), (new RegisterKey("vendor"), "bad", "x"), (new RegisterKey("productType"), "bad", "x")));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal([new RegisterKey("productType"), new RegisterKey("vendor")], outcome.Rejections.Select(rejection => rejection.Key!.Value).Order());
        Assert.Equal("Good", outcome.Answer!.Fields["name"].Text);
    }

    [Fact]
    public async Task Push_AnswerLostOnOneOfTwoCalls_IsUnknownForThatCallOnly()
    {
        using var shop = new Scripted(sent => sent.Operation == "ProductUpdate"
            ? """{"data":{"productUpdate":{"product":{"id":"gid://shopify/Product/1","updatedAt":"2026-11-22T10:00:00Z","title":"Good"},"userErrors":[]}}}"""
            : throw new HttpRequestException(HttpRequestError.ResponseEnded));
        var outcome = await shop.PushAsync(Update(Product("S"), (new RegisterKey("name"), "Good", "x"), (Key("price", V1), "2", "1")));
        Assert.Equal(PushResult.Applied, outcome.Result);
        Assert.Equal((Key("price", V1), PushResult.Unknown), (Assert.Single(outcome.Exceptions).Key, Assert.Single(outcome.Exceptions).Value));
        Assert.True(outcome.IsChannelFault);
    }

    [Fact]
    public async Task Push_NobodyThere_IsNotSent()
    {
        using var shop = new Scripted(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));
        var outcome = await shop.PushAsync(Update(Product("S"), (new RegisterKey("name"), "Good", "x")));
        Assert.Equal((PushResult.NotSent, true), (outcome.Result, outcome.IsChannelFault));
    }

    [Fact]
    public async Task Push_NewVariantWhoseAnswerIsLost_IsSentOnceOnly()
    {
        using var shop = new Scripted(_ => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        var product = Product("S");
        var item = Update(product, (new RegisterKey("exists", new VariantId(2)), "true", "false"));
        var outcome = await shop.PushAsync(item with { Target = item.Target with { Variants = [item.Target.Variants[0], Variant(2, "N", "1", "M")] } });
        Assert.Equal(PushResult.Unknown, outcome.Result);
        Assert.Single(shop.Sent);
    }

    [Fact]
    public async Task Read_ListThatMayNotBeSeen_DeclaresNothingDeleted()
    {
        using var shop = new Scripted(_ => """{"errors":[{"message":"Access denied for nodes field","extensions":{"code":"ACCESS_DENIED"},"path":["nodes",0]}],"data":{"nodes":[null]}}""");
        var page = await shop.Source.ReadAsync(["1"], Token);
        Assert.Equal((ChannelFaultKind.Unauthorised, 0), (page.Fault!.Kind, page.Items.Length));
    }

    [Fact]
    public async Task Read_ListThatBecameTooDear_IsAskedForInHalves()
    {
        using var shop = new Scripted(sent => sent.Variables.GetProperty("ids").GetArrayLength() > 3
            ? """{"errors":[{"message":"too much","extensions":{"code":"MAX_COST_EXCEEDED","cost":1200,"maxCost":1000}}]}"""
            : $"{{\"data\":{{\"nodes\":[{string.Join(',', sent.Variables.GetProperty("ids").EnumerateArray().Select(id => $"{{\"id\":{id.GetRawText()},\"title\":\"T\"}}"))}]}}}}");
        var ids = Enumerable.Range(1, 10).Select(id => id.ToString()).ToImmutableArray();
        var page = await shop.Source.ReadAsync(ids, Token);
        Assert.Null(page.Fault);
        Assert.Equal(ids, page.Items.Select(item => item.Body.ExternalId));
        Assert.DoesNotContain(page.Items, item => item.Body.Deleted);
    }

    [Fact]
    public async Task Send_ThrottledOnce_ReservesAgainAndReportsTheBucket()
    {
        var calls = 0;
        using var shop = new Scripted(_ => ++calls == 1
            ? """{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":124,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":3,"restoreRate":100}}}}"""
            : """{"data":{"nodes":[null]},"extensions":{"cost":{"requestedQueryCost":124,"actualQueryCost":1,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":1900,"restoreRate":100}}}}""");
        var page = await shop.Source.ReadAsync(["1"], Token);
        Assert.True(Assert.Single(page.Items).Body.Deleted);
        Assert.Equal(2, shop.Budget.Acquired);
        var readings = shop.Budget.Readings.ToArray();
        Assert.Equal((true, 0d, 3d), (readings[0].Throttled, readings[0].Actual!.Value, readings[0].Available!.Value));
        Assert.Equal((false, 1d, (double)ShopifyOperations.ProductsByIds.Cost, 2000d, 100d), (readings[1].Throttled, readings[1].Actual!.Value, readings[1].Reserved, readings[1].Maximum!.Value, readings[1].RestorePerSecond!.Value));
    }

    [Fact]
    public async Task Send_OtherVersionAndDeprecations_AreLoggedOnceAndNeverTheToken()
    {
        using var shop = new Scripted(_ => """{"data":{"shop":{"name":"S","currencyCode":"EUR"},"publicApiVersions":[{"handle":"2026-07","supported":true}]}}""")
        {
            Headers = { ["X-Shopify-API-Version"] = "2026-10", ["X-Shopify-API-Deprecated-Reason"] = "Product.bodyHtml" },
        };
        await shop.Channel.ProbeAsync(Token);
        var probe = await shop.Channel.ProbeAsync(Token);
        Assert.Contains(probe.Warnings, warning => warning.Contains("2026-10", StringComparison.Ordinal));
        Assert.Contains(probe.Warnings, warning => warning.Contains("write_products", StringComparison.Ordinal));
        Assert.Single(shop.Logs, line => line.Contains("2026-10", StringComparison.Ordinal));
        Assert.Single(shop.Logs, line => line.Contains("Product.bodyHtml", StringComparison.Ordinal));
        Assert.All(shop.Sent, sent => Assert.Equal("shpat_demo", sent.Token));
        Assert.DoesNotContain(shop.Logs, line => line.Contains("shpat_demo", StringComparison.Ordinal));
    }

    /// <summary>A product with one option and these values; variant ids from 101, items from 201.</summary>
    private static ObservedProduct Product(params string[] sizes) => new()
    {
        ExternalId = "1",
        Version = new Stamp(1),
        Options = ["Size"],
        Variants = [.. sizes.Select((size, index) => new ObservedVariant { ExternalId = $"{101 + index}", StockItemId = $"{201 + index}", OptionValues = [size] })],
        VariantsComplete = true,
    };

    private sealed record Sent(string Operation, string Query, JsonElement Variables, string? Token);

    private sealed class Scripted : HttpMessageHandler, ILoggerProvider, ILogger
    {
        private readonly Func<Sent, string> _answer;
        private readonly ServiceProvider _services;
        private readonly ConcurrentQueue<Sent> _sent = new();

        public Scripted(Func<Sent, string> answer)
        {
            _answer = answer;
            var services = new ServiceCollection();
            services.AddSingleton(TimeProvider.System).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this)).AddChannels();
            services.Configure<ChannelHttpOptions>(options => options.RetryDelay = TimeSpan.FromMilliseconds(1));
            services.AddHttpClient(ChannelHttpClients.Name).ConfigurePrimaryHttpMessageHandler(() => this);
            _services = services.BuildServiceProvider();
            var settings = new ChannelSettings
            {
                Id = new ChannelId("shop1"),
                Tenant = TenantId.Default,
                Kind = "shopify",
                Name = "Scripted",
                Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", "https://shop.example/"),
            };
            Channel = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "shopify").Open(settings, Secrets(), Budget);
        }

        public IChannel Channel { get; }
        public IProductSource Source => (IProductSource)Channel;
        public IWebhookRegistrar Registrar => (IWebhookRegistrar)Channel;
        public WooCommerce.CountingBudget Budget { get; } = new();
        public Dictionary<string, string> Headers { get; } = [];
        public ConcurrentQueue<string> Logs { get; } = new();
        public IReadOnlyList<Sent> Sent => [.. _sent];

        public async Task<PushOutcome> PushAsync(PushItem item) => Assert.Single(await ((IProductSink)Channel).PushAsync([item], Token));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            var sent = new Sent(
                body.RootElement.GetProperty("operationName").GetString()!, body.RootElement.GetProperty("query").GetString()!, body.RootElement.GetProperty("variables").Clone(),
                request.Headers.GetValues("X-Shopify-Access-Token").Single());
            _sent.Enqueue(sent);
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(_answer(sent), Encoding.UTF8, "application/json") };
            foreach (var (name, value) in Headers)
            {
                response.Headers.Add(name, value);
            }

            return response;
        }

        ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

        IDisposable? ILogger.BeginScope<TState>(TState state) => null;

        bool ILogger.IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logs.Enqueue(formatter(state, exception) + exception);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _services?.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
