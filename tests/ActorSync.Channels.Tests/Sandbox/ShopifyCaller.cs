using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Calls the simulated Admin API as a client without any knowledge of this project would: text in, JSON out.</summary>
public sealed class ShopifyCaller(SandboxProcess sandbox)
{
    public const string Token = "shpat_demo";
    public const string Berlin = "gid://shopify/Location/106318430514";
    public const string Hamburg = "gid://shopify/Location/106318463282";

    public async Task<JsonObject> SendAsync(string query, JsonObject? variables = null, string version = "2026-07")
    {
        using var response = await PostAsync(new JsonObject { ["query"] = query, ["variables"] = variables?.DeepClone() }.ToJsonString(), version);
        var text = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.OK ? (JsonObject)JsonNode.Parse(text)! : throw new InvalidOperationException($"{(int)response.StatusCode}: {text}");
    }

    /// <summary>The value of the first root field; any top-level error fails the test.</summary>
    public async Task<JsonNode?> RootAsync(string query, JsonObject? variables = null)
    {
        var answer = await SendAsync(query, variables);
        Assert.False(answer.ContainsKey("errors"), answer.ToJsonString());
        return ((JsonObject)answer["data"]!).First().Value;
    }

    public Task<HttpResponseMessage> PostAsync(string body, string version = "2026-07", string? token = Token, string contentType = "application/json")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sandbox.Address, $"shopify/demo/admin/api/{version}/graphql.json"))
        {
            Content = new StringContent(body, Encoding.UTF8, contentType),
        };
        if (token is not null)
        {
            request.Headers.Add("X-Shopify-Access-Token", token);
        }

        return sandbox.Http.SendAsync(request);
    }

    /// <summary>So that a test never waits for points.</summary>
    public Task PlusAsync() => sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 10_000 });

    public Task SearchLagAsync(int milliseconds) => sandbox.PostAsync("_control/shopify/search", new JsonObject { ["longestLagMs"] = milliseconds });

    /// <summary>A product with options Color (Red, Blue) and Size (Small); Red counts 5 at Berlin, Blue 7.</summary>
    public async Task<ShopifyProduct> ProductAsync(string title, JsonObject? more = null)
    {
        var input = new JsonObject
        {
            ["title"] = title,
            ["productOptions"] = new JsonArray(
                new JsonObject { ["name"] = "Color", ["values"] = new JsonArray(Named("Red"), Named("Blue")) },
                new JsonObject { ["name"] = "Size", ["values"] = new JsonArray(Named("Small")) }),
            ["variants"] = new JsonArray(Variant("Red", 5), Variant("Blue", 7)),
        };
        foreach (var (name, value) in more ?? [])
        {
            input[name] = value?.DeepClone();
        }

        var payload = await RootAsync(
            "mutation($input: ProductSetInput!) { productSet(input: $input) { product { id handle variants(first: 10) { nodes { id title inventoryItem { id } } } } userErrors { field message code } } }",
            new JsonObject { ["input"] = input });
        Assert.Empty(payload!["userErrors"]!.AsArray());
        var product = payload["product"]!;
        return new ShopifyProduct((string)product["id"]!, (string)product["handle"]!,
            [.. product["variants"]!["nodes"]!.AsArray().Select(v => new ShopifyVariant((string)v!["id"]!, (string)v["title"]!, (string)v["inventoryItem"]!["id"]!))]);
    }

    public async Task<int> AvailableAsync(string itemId, string locationId = Berlin)
    {
        var item = await RootAsync(
            "query($id: ID!, $at: ID!) { inventoryItem(id: $id) { inventoryLevel(locationId: $at) { quantities(names: [\"available\"]) { quantity } } } }",
            new JsonObject { ["id"] = itemId, ["at"] = locationId });
        return (int)item!["inventoryLevel"]!["quantities"]![0]!["quantity"]!;
    }

    public static JsonObject Named(string name) => new() { ["name"] = name };

    private static JsonObject Variant(string color, int available) => new()
    {
        ["optionValues"] = new JsonArray(
            new JsonObject { ["optionName"] = "Color", ["name"] = color }, new JsonObject { ["optionName"] = "Size", ["name"] = "Small" }),
        ["price"] = "10.00",
        ["sku"] = "S-" + color,
        ["inventoryItem"] = new JsonObject { ["tracked"] = true },
        ["inventoryQuantities"] = new JsonArray(new JsonObject { ["locationId"] = Berlin, ["name"] = "available", ["quantity"] = available }),
    };
}

public sealed record ShopifyProduct(string Id, string Handle, IReadOnlyList<ShopifyVariant> Variants);

public sealed record ShopifyVariant(string Id, string Title, string ItemId);
