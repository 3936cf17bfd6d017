using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Tests.Sandbox;

public sealed partial class ShopifyCostTests(SandboxProcess sandbox, ITestOutputHelper output) : IClassFixture<SandboxProcess>
{
    private readonly ShopifyCaller shop = new(sandbox);

    [Fact]
    public async Task RequestedCost_OfRecordedQueries_IsWhatShopifyAsked()
    {
        var rows = Contract("cost-vectors.json") is { } file ? (JsonArray)JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))! : Skipped();
        await shop.PlusAsync();
        var explained = rows.Where(r => r!["modelExplains"]!.GetValue<bool>()).ToList();
        var wrong = new List<string>();
        var check = 0;
        foreach (var row in explained)
        {
            var answer = await shop.SendAsync((string)row!["query"]!, row["variables"] as JsonObject);
            if (Requested(answer) is not { } requested)
            {
                continue; // Selects something that is not served; the answer is a validation error without a cost.
            }

            check++;
            if (requested != (int)row["requested"]!)
            {
                wrong.Add($"{requested} instead of {row["requested"]}: {Spaces().Replace((string)row["query"]!, " ")[..Math.Min(200, Spaces().Replace((string)row["query"]!, " ").Length)]}");
            }
        }

        output.WriteLine($"{check} of {explained.Count} explained cost vectors use served fields only; {check - wrong.Count} agree.");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(check >= 20, $"Only {check} vectors could be checked.");
    }

    [Fact]
    public async Task RequestedCost_OfTheContractsOperations_IsAsNotedThere()
    {
        var text = Contract("operations.graphql") is { } file ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : SkippedText();
        await shop.PlusAsync();
        var fragments = Fragment().Matches(text).ToDictionary(m => m.Groups["name"].Value, m => m.Value, StringComparer.Ordinal);
        var served = 0;
        foreach (Match operation in Operation().Matches(text))
        {
            var query = operation.Value;
            foreach (var name in (string[])["ProductFields", "VariantFields"])
            {
                if (query.Contains("..." + name, StringComparison.Ordinal))
                {
                    query += "\n" + fragments[name];
                }
            }

            // Variables only need to be there: a cost comes back whatever the shop then thinks of them.
            var answer = await shop.SendAsync(query, Variables(operation.Groups["head"].Value));
            if (Requested(answer) is { } requested)
            {
                served++;
                Assert.True(requested == int.Parse(operation.Groups["cost"].Value, System.Globalization.CultureInfo.InvariantCulture),
                    $"{operation.Groups["name"].Value} asks for {requested}, noted are {operation.Groups["cost"].Value}.");
            }
        }

        output.WriteLine($"{served} operations of the contract are served at the noted cost.");
        Assert.True(served >= 24, $"Only {served} operations answered.");
    }

    [Fact]
    public async Task Query_AboveAThousandPoints_IsRefusedAndCostsNothing()
    {
        await shop.PlusAsync();
        var answer = await shop.SendAsync("{ products(first: 250) { nodes { variants(first: 250) { nodes { inventoryItem { inventoryLevels(first: 250) { nodes { id } } } } } } } }");

        Assert.Equal("MAX_COST_EXCEEDED", (string?)answer["errors"]![0]!["extensions"]!["code"]);
        Assert.False(answer.ContainsKey("data"));
        Assert.Equal(200_000, (int)answer["extensions"]!["cost"]!["throttleStatus"]!["currentlyAvailable"]!);
    }

    [Fact]
    public async Task Bucket_WhenEmpty_AnswersThrottledAndRunsNothing()
    {
        var product = await shop.ProductAsync("Throttled");
        await sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 1 });
        const string Update = "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }";
        JsonObject? throttled = null;
        var done = 0;
        for (var i = 1; i <= 5 && throttled is null; i++)
        {
            var answer = await shop.SendAsync(Update, new JsonObject { ["p"] = new JsonObject { ["id"] = product.Id, ["title"] = $"Throttled {i}" } });
            if (answer.ContainsKey("errors"))
            {
                throttled = answer;
            }
            else
            {
                done = i;
            }
        }

        Assert.NotNull(throttled);
        Assert.False(throttled.ContainsKey("data"));
        Assert.Equal("THROTTLED", (string?)throttled["errors"]![0]!["extensions"]!["code"]);
        Assert.Null(throttled["extensions"]!["cost"]!["actualQueryCost"]);
        Assert.Equal(20, (int)throttled["extensions"]!["cost"]!["throttleStatus"]!["maximumAvailable"]!);
        await shop.PlusAsync();
        Assert.Equal($"Throttled {done}", (string?)(await shop.RootAsync("query($id: ID!) { product(id: $id) { title } }", new JsonObject { ["id"] = product.Id }))!["title"]);
    }

    [Fact]
    public async Task ActualCost_OfALookupThatFindsNothing_IsOneAndTheRestComesBack()
    {
        await shop.PlusAsync();
        var answer = await shop.SendAsync("{ product(id: \"gid://shopify/Product/1\") { id variants(first: 100) { nodes { id } } } }");

        Assert.Equal(12, Requested(answer));
        Assert.Equal(1, (int)answer["extensions"]!["cost"]!["actualQueryCost"]!);
    }

    private static int? Requested(JsonObject answer) => (int?)answer["extensions"]?["cost"]?["requestedQueryCost"];

    private static JsonObject Variables(string head)
    {
        var variables = new JsonObject();
        foreach (Match variable in Variable().Matches(head))
        {
            var type = variable.Groups["type"].Value;
            if (!type.EndsWith('!'))
            {
                continue;
            }

            variables[variable.Groups["name"].Value] = type switch
            {
                "ID!" => "gid://shopify/Product/1",
                "[ID!]!" => new JsonArray("gid://shopify/InventoryItem/1"),
                "String!" => "x",
                "Boolean!" => true,
                "[String!]!" => new JsonArray("x"),
                "WebhookSubscriptionTopic!" => "PRODUCTS_UPDATE",
                "ProductUpdateInput!" or "ProductDeleteInput!" => new JsonObject { ["id"] = "gid://shopify/Product/1" },
                "InventorySetQuantitiesInput!" => new JsonObject { ["name"] = "available", ["reason"] = "correction", ["quantities"] = new JsonArray() },
                "InventoryAdjustQuantitiesInput!" => new JsonObject { ["name"] = "available", ["reason"] = "correction", ["changes"] = new JsonArray() },
                _ when type.StartsWith('[') => new JsonArray(),
                _ => new JsonObject(),
            };
        }

        return variables;
    }

    private static string? Contract(string name) => SandboxProcess.ContractFile("shopify", name);

    private static JsonArray Skipped()
    {
        Assert.Skip("The contract's cost vectors are not at hand, so there is nothing to compare with.");
        return [];
    }

    private static string SkippedText()
    {
        Assert.Skip("The contract's operations are not at hand, so there is nothing to compare with.");
        return "";
    }

    [GeneratedRegex(@"^(?<head>(query|mutation) (?<name>\w+)[^\n]*)\{ # cost (?<cost>\d+).*?^\}|^(?<head>(query|mutation) (?<name>\w+)[^\n]*?)(?<body>\{[^\n]*\}) # cost (?<cost>\d+)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Operation();

    [GeneratedRegex(@"^fragment (?<name>\w+).*?^\}", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Fragment();

    [GeneratedRegex(@"\$(?<name>\w+): (?<type>[\[\]!\w]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
