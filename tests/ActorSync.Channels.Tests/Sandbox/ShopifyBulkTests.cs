using System.Net;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The simulated bulk operations against what was recorded, and each of their faults.</summary>
public sealed class ShopifyBulkTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private const string Nested = "{ products { edges { node { id title variants { edges { node { id sku inventoryItem { id inventoryLevels { edges { node { id location { id } } } } } } } } } } } }";
    private const string Flat = "{ products { edges { node { id } } } }";
    private const string Retitle = "mutation Retitle($product: ProductUpdateInput!) { productUpdate(product: $product) { product { id title } userErrors { field message } } }";
    private const string Create = "mutation ProductCreate($product: ProductCreateInput!) { productCreate(product: $product) { product { id title } userErrors { field message } } }";
    private readonly ShopifyBulkCaller bulk = new(sandbox);

    [Theory]
    [InlineData("x0024", "Failed to parse")] // our parser counts positions otherwise
    [InlineData("x0025", null)]
    [InlineData("x0026", null)]
    [InlineData("x0029", null)]
    [InlineData("x0031", null)]
    [InlineData("x0007", null)]
    [InlineData("x0035", null)]
    [InlineData("x0038", null)]
    [InlineData("x0040", null)]
    [InlineData("x0041", null)]
    [InlineData("x0048", null)]
    [InlineData("x0049", null)]
    [InlineData("x0051", null)]
    [InlineData("x0053", null)]
    [InlineData("x0054", null)]
    [InlineData("x0058", null)]
    [InlineData("x0000", null)]
    [InlineData("x0006", null)]
    [InlineData("x0060", null)]
    [InlineData("x0061", null)]
    [InlineData("x0062", null)]
    [InlineData("x0464", null)]
    [InlineData("x0466", null)]
    public async Task Refusal_OfARecordedRequest_IsWordedAsRecorded(string id, string? beginning)
    {
        var recording = Recording(id);
        await bulk.Shop.PlusAsync();
        var answer = await bulk.Shop.SendAsync((string)recording["query"]!, (JsonObject?)recording["variables"]?.DeepClone());

        var expected = recording["response"]!;
        if (beginning is not null)
        {
            Assert.Equal(Codes(expected["data"]!), Codes(answer["data"]!));
            Assert.Contains(beginning, answer["data"]!.ToJsonString(), StringComparison.Ordinal);
            return;
        }

        Assert.Equal(expected["data"]?.ToJsonString(), answer["data"]?.ToJsonString());
        Assert.Equal(Messages(expected), Messages(answer));
        Assert.Equal(expected["extensions"]?["cost"]?["requestedQueryCost"]?.ToJsonString(), answer["extensions"]?["cost"]?["requestedQueryCost"]?.ToJsonString());
    }

    [Fact]
    public async Task Query_FromStartToResult_GoesAsRecorded()
    {
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5, ["rowsPerTick"] = 50 });
        var started = await bulk.RunQueryAsync(Nested);
        Assert.Empty(started["userErrors"]!.AsArray());
        var operation = started["bulkOperation"]!;
        Assert.Equal("CREATED", (string?)operation["status"]);
        Assert.Equal("0", (string?)operation["objectCount"]);

        var ended = await bulk.WaitAsync((string)operation["id"]!);

        Assert.Equal("COMPLETED", (string?)ended["status"]);
        var text = await bulk.DownloadAsync((string)ended["url"]!);
        var lines = await bulk.LinesAsync((string)ended["url"]!);
        Assert.Equal(lines.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), (string?)ended["objectCount"]);
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(text).ToString(System.Globalization.CultureInfo.InvariantCulture), (string?)ended["fileSize"]);
        Assert.DoesNotContain("gid://", text, StringComparison.Ordinal);
        Assert.Contains("gid:\\/\\/shopify\\/Product\\/", text, StringComparison.Ordinal);
        var roots = lines.Where(l => !l.ContainsKey("__parentId")).Select(l => (string)l["id"]!).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(roots.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), (string?)ended["rootObjectCount"]);
        Assert.Equal(await ProductsAsync(), roots.Count);
        var variants = lines.Where(l => l.ContainsKey("sku")).ToList();
        Assert.All(variants, v => Assert.Contains((string)v["__parentId"]!, roots));
        var known = variants.Select(v => (string)v["id"]!).ToHashSet(StringComparer.Ordinal);
        Assert.All(lines.Where(l => l.ContainsKey("location")), l => Assert.Contains((string)l["__parentId"]!, known));

        // Children stand before and after their parents.
        Assert.NotEqual(lines.Select(l => l.ContainsKey("__parentId")).Order(), lines.Select(l => l.ContainsKey("__parentId")));
        Assert.True(lines.ToList().FindIndex(l => l.ContainsKey("__parentId")) < lines.ToList().FindLastIndex(l => !l.ContainsKey("__parentId")));
    }

    [Fact]
    public async Task Samples_OfResults_HaveTheShapeOfOurs()
    {
        if (SandboxProcess.ContractFile("shopify", "bulk", "query-lifecycle.json") is not { } file
            || SandboxProcess.ContractFile("shopify", "bulk", "query-products-nested.result.jsonl") is not { } resultFile)
        {
            Assert.Skip("The contract's bulk samples are not at hand.");
            return;
        }

        var cancellationToken = TestContext.Current.CancellationToken;
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5 });
        var recorded = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!["start"]!;
        var tag = System.Text.RegularExpressions.Regex.Match((string)recorded["variables"]!["query"]!, "tag:(?<tag>[\\w-]+)", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Groups["tag"].Value;
        await bulk.Shop.SearchLagAsync(0);
        await bulk.Shop.ProductAsync("Bulk sample", new JsonObject { ["tags"] = new JsonArray(tag) });

        var started = await bulk.Shop.SendAsync((string)recorded["query"]!, (JsonObject)recorded["variables"]!.DeepClone());
        Assert.Equal(Keys(recorded["response"]!["data"]!), Keys(started["data"]!));
        Assert.Equal(10, (int?)started["extensions"]!["cost"]!["requestedQueryCost"]);
        var ended = await bulk.WaitAsync((string)started["data"]!["bulkOperationRunQuery"]!["bulkOperation"]!["id"]!);
        var ours = await bulk.LinesAsync((string)ended["url"]!);

        var sample = (await File.ReadAllLinesAsync(resultFile, cancellationToken)).Select(l => (JsonObject)JsonNode.Parse(l)!).ToList();
        foreach (var kind in (string[])["/Product/", "/ProductVariant/"])
        {
            Assert.Equal(Keys(sample.First(l => ((string)l["id"]!).Contains(kind, StringComparison.Ordinal))), Keys(ours.First(l => ((string)l["id"]!).Contains(kind, StringComparison.Ordinal))));
        }
    }

    [Fact]
    public async Task Mutation_FromUploadToResult_GoesAsRecorded()
    {
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5 });
        var product = await bulk.Shop.ProductAsync("Before the mutation");
        var path = await bulk.PathOfAsync(
            "{\"product\":{\"id\":\"" + product.Id + "\",\"title\":\"By bulk\"}}\n{\"product\":{\"id\":\"gid://shopify/Product/1\",\"title\":\"Nobody\"}}\n{\"product\":{\"colour\":\"red\"}}\n");
        var started = await bulk.RunMutationAsync(Retitle, path);
        Assert.Empty(started["userErrors"]!.AsArray());

        var ended = await bulk.WaitAsync((string)started["bulkOperation"]!["id"]!);

        Assert.Equal(("COMPLETED", "MUTATION", "3"), ((string?)ended["status"], (string?)ended["type"], (string?)ended["objectCount"]));
        var lines = (await bulk.LinesAsync((string)ended["url"]!)).OrderBy(l => (int)l["__lineNumber"]!).ToList();
        Assert.Equal([0, 1, 2], lines.Select(l => (int)l["__lineNumber"]!));
        Assert.Equal("By bulk", (string?)lines[0]["data"]!["productUpdate"]!["product"]!["title"]);
        Assert.Equal("Product does not exist", (string?)lines[1]["data"]!["productUpdate"]!["userErrors"]![0]!["message"]);
        Assert.True(lines[2].ContainsKey("errors"));
        var read = await bulk.Shop.RootAsync("query($id: ID!) { product(id: $id) { title } }", new JsonObject { ["id"] = product.Id });
        Assert.Equal("By bulk", (string?)read!["title"]);
    }

    [Fact]
    public async Task Upload_OfAChangedForm_IsRefused()
    {
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["formLifeSeconds"] = 86_400 });
        var target = await bulk.StageAsync();
        using var changed = await bulk.UploadAsync(target, "{}\n", fields => fields.Select(f => f.Name == "acl" ? (f.Name, "public-read") : f));
        using var missing = await bulk.UploadAsync(target, "{}\n", fields => fields.Skip(1));
        using var reordered = await bulk.UploadAsync(target, "{}\n", fields => fields.Reverse());
        using var first = await bulk.UploadAsync(target, "{}\n", fileFirst: true);
        Assert.Equal(
            [HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden],
            [changed.StatusCode, missing.StatusCode, reordered.StatusCode, first.StatusCode]);

        await bulk.LeversAsync(new JsonObject { ["formLifeSeconds"] = 0 });
        var expired = await bulk.StageAsync();
        await ForbiddenAsync(() => bulk.UploadAsync(expired, "{}\n"));
        await bulk.LeversAsync(new JsonObject { ["formLifeSeconds"] = 86_400 });
        Assert.Equal("INVALID_STAGED_UPLOAD_FILE", (string?)(await bulk.RunMutationAsync(Create, await bulk.PathOfAsync("")))["userErrors"]![0]!["code"]);
    }

    [Fact]
    public async Task SixthOperation_WhileFiveHang_IsRefusedWithTheirIds()
    {
        await using var own = new OwnSandbox();
        var shop = await own.StartAsync();
        await shop.LeversAsync(new JsonObject { ["tickMs"] = 5, ["hangNext"] = 5 });
        var running = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            running.Add((string)(await shop.RunQueryAsync(Flat))["bulkOperation"]!["id"]!);
        }

        var error = (await shop.RunQueryAsync(Flat))["userErrors"]![0]!;
        Assert.Equal("OPERATION_IN_PROGRESS", (string?)error["code"]);
        Assert.Equal($"A bulk query operation for this app and shop is already in progress: {string.Join(", ", running)}.", (string?)error["message"]);

        // Mutations have a limit of their own, and a cancelled operation makes room.
        Assert.Empty((await shop.RunMutationAsync(Create, await shop.PathOfAsync("{\"product\":{\"title\":\"Six\"}}\n")))["userErrors"]!.AsArray());
        var canceled = (await shop.Shop.RootAsync("mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } } }", new JsonObject { ["id"] = running[0] }))!;
        Assert.Equal("CANCELING", (string?)canceled["bulkOperation"]!["status"]);
        Assert.Equal("CANCELED", (string?)(await shop.WaitAsync(running[0]))["status"]);
        Assert.Empty((await shop.RunQueryAsync(Flat))["userErrors"]!.AsArray());
        var again = (await shop.Shop.RootAsync("mutation($id: ID!) { bulkOperationCancel(id: $id) { userErrors { field message } } }", new JsonObject { ["id"] = running[0] }))!;
        Assert.Equal("A bulk operation cannot be canceled when it is canceled", (string?)again["userErrors"]![0]!["message"]);
    }

    [Theory]
    [InlineData("failNext", "FAILED", "INTERNAL_SERVER_ERROR")]
    [InlineData("cancelNext", "CANCELED", null)]
    [InlineData("expireNext", "EXPIRED", null)]
    public async Task Fault_OfAnOperation_LeavesAPartThatEndsAtALine(string lever, string status, string? code)
    {
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5, ["rowsPerTick"] = 10, [lever] = 1 });
        var ended = await bulk.WaitAsync((string)(await bulk.RunQueryAsync(Nested))["bulkOperation"]!["id"]!);
        await bulk.LeversAsync(new JsonObject { ["rowsPerTick"] = 500 });

        Assert.Equal((status, code), ((string?)ended["status"], (string?)ended["errorCode"]));
        Assert.Null(ended["url"]);
        if (status == "EXPIRED")
        {
            Assert.Null(ended["partialDataUrl"]);
            return;
        }

        var lines = await bulk.LinesAsync((string)ended["partialDataUrl"]!);
        Assert.Equal(5, lines.Count(l => !l.ContainsKey("__parentId")));
    }

    [Fact]
    public async Task Result_PastItsDate_IsForbidden_AndOneAskedForWithATokenToo()
    {
        await bulk.Shop.PlusAsync();
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5, ["resultLifeSeconds"] = 1 });
        var ended = await bulk.WaitAsync((string)(await bulk.RunQueryAsync(Flat))["bulkOperation"]!["id"]!);
        await bulk.LeversAsync(new JsonObject { ["resultLifeSeconds"] = 604_800 });
        var url = new Uri((string)ended["url"]!);
        using var withToken = new HttpRequestMessage(HttpMethod.Get, url);
        withToken.Headers.Add("X-Shopify-Access-Token", ShopifyCaller.Token);
        using var refused = await sandbox.Http.SendAsync(withToken, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        await ForbiddenAsync(() => sandbox.Http.GetAsync(url, TestContext.Current.CancellationToken));

        var empty = await bulk.WaitAsync((string)(await bulk.RunQueryAsync("{ products(query: \"id:1\") { edges { node { id } } } }"))["bulkOperation"]!["id"]!);
        Assert.Equal(("COMPLETED", null, "0"), ((string?)empty["status"], (string?)empty["url"], (string?)empty["objectCount"]));
    }

    [Theory]
    [InlineData("once", 1)]
    [InlineData("twice", 2)]
    [InlineData("never", 0)]
    [InlineData("early", 1)]
    public async Task FinishWebhook_ComesAsTheLeverSays(string finish, int times)
    {
        await using var own = new OwnSandbox();
        var shop = await own.StartAsync();
        await using var hook = new WebhookReceiver();
        await shop.Shop.RootAsync(
            "mutation($uri: String!) { webhookSubscriptionCreate(topic: BULK_OPERATIONS_FINISH, webhookSubscription: { uri: $uri, format: JSON }) { userErrors { field message } } }",
            new JsonObject { ["uri"] = hook.Address.ToString() });
        await own.Sandbox.FaultsAsync(new JsonObject { ["channel"] = "shopify", ["webhookDelayMs"] = 0 });
        await shop.LeversAsync(new JsonObject { ["tickMs"] = finish == "early" ? 400 : 5, ["finish"] = finish });
        var id = (string)(await shop.RunQueryAsync(Flat))["bulkOperation"]!["id"]!;
        if (finish == "early")
        {
            await DeliveredAsync(1);
            Assert.Equal("RUNNING", (string?)(await shop.LookAsync(id))["status"]);
        }

        await shop.WaitAsync(id);
        await DeliveredAsync(times);
        await own.Sandbox.WaitForWebhooksAsync("shopify");
        Assert.Equal(times, hook.All.Count);
        foreach (var delivery in hook.All)
        {
            var body = JsonNode.Parse(delivery.Body)!;
            Assert.Equal("bulk_operations/finish", delivery.Headers["X-Shopify-Topic"]);
            Assert.Equal((id, "completed", "query"), ((string?)body["admin_graphql_api_id"], (string?)body["status"], (string?)body["type"]));
        }

        async Task DeliveredAsync(int count)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            while (hook.All.Count < count)
            {
                await Task.Delay(10, limit.Token);
            }
        }
    }

    /// <summary>What is past its date is refused, within ten seconds: dates are kept to the second.</summary>
    private static async Task ForbiddenAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            using var answer = await ask();
            if (answer.StatusCode == HttpStatusCode.Forbidden)
            {
                return;
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private async Task<int> ProductsAsync() => (int)(await bulk.Shop.RootAsync("{ productsCount { count } }"))!["count"]!;

    private static string Keys(JsonNode node) => node is JsonObject members
        ? string.Join(' ', members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => m.Key + (m.Value is JsonObject inner ? $"({Keys(inner)})" : "")))
        : "";

    private static string Codes(JsonNode data) => string.Join(' ', data.AsObject().SelectMany(r => r.Value!["userErrors"]!.AsArray()).Select(e => e!["code"]?.ToString()));

    private static IEnumerable<string> Messages(JsonNode answer) =>
        (answer["errors"] as JsonArray ?? []).Select(e => $"{e!["message"]} {e["extensions"]?["code"]} {e["path"]?.ToJsonString()}");

    private static JsonObject Recording(string id)
    {
        if (SandboxProcess.ContractFile("shopify", "recorded-exchanges.jsonl") is not { } file)
        {
            Assert.Skip("The recorded exchanges are not at hand, so there is nothing to compare with.");
            return [];
        }

        return File.ReadLines(file).Select(l => (JsonObject)JsonNode.Parse(l)!).First(r => (string?)r["id"] == id);
    }

    /// <summary>A Sandbox for a test that leaves it unusable for others.</summary>
    private sealed class OwnSandbox : IAsyncDisposable
    {
        public SandboxProcess Sandbox { get; } = new();

        public async Task<ShopifyBulkCaller> StartAsync()
        {
            await Sandbox.InitializeAsync();
            var caller = new ShopifyBulkCaller(Sandbox);
            await caller.Shop.PlusAsync();
            return caller;
        }

        public ValueTask DisposeAsync() => Sandbox.DisposeAsync();
    }
}
