using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Bulk operations as a client without any knowledge of this project would run them.</summary>
internal sealed class ShopifyBulkCaller(SandboxProcess sandbox)
{
    public const string Fields = "id status type errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public ShopifyCaller Shop { get; } = new(sandbox);

    public Task LeversAsync(JsonObject levers) => sandbox.PostAsync("_control/shopify/bulk", levers);

    public async Task<JsonNode> RunQueryAsync(string query) => (await Shop.RootAsync(
        $"mutation($query: String!) {{ bulkOperationRunQuery(query: $query) {{ bulkOperation {{ {Fields} }} userErrors {{ field message code }} }} }}",
        new JsonObject { ["query"] = query }))!;

    public async Task<JsonNode> RunMutationAsync(string mutation, string path) => (await Shop.RootAsync(
        $"mutation($mutation: String!, $path: String!) {{ bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {{ bulkOperation {{ {Fields} }} userErrors {{ field message code }} }} }}",
        new JsonObject { ["mutation"] = mutation, ["path"] = path }))!;

    public async Task<JsonNode> StageAsync() => (await Shop.RootAsync(
        "mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) { stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }",
        new JsonObject
        {
            ["input"] = new JsonArray(new JsonObject
            {
                ["resource"] = "BULK_MUTATION_VARIABLES",
                ["filename"] = "lines.jsonl",
                ["mimeType"] = "text/jsonl",
                ["httpMethod"] = "POST",
            }),
        }))!["stagedTargets"]![0]!;

    public async Task<HttpResponseMessage> UploadAsync(JsonNode target, string content, Func<IEnumerable<(string Name, string Value)>, IEnumerable<(string Name, string Value)>>? change = null, bool fileFirst = false)
    {
        using var form = new MultipartFormDataContent();
        var fields = target["parameters"]!.AsArray().Select(p => ((string)p!["name"]!, (string)p["value"]!));
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        if (fileFirst)
        {
            form.Add(file, "file", "lines.jsonl");
        }

        foreach (var (name, value) in change is null ? fields : change(fields))
        {
            form.Add(new StringContent(value), $"\"{name}\"");
        }

        if (!fileFirst)
        {
            form.Add(file, "\"file\"", "\"lines.jsonl\"");
        }

        return await sandbox.Http.PostAsync(new Uri((string)target["url"]!), form);
    }

    /// <summary>Stages and uploads; the answer is the stagedUploadPath.</summary>
    public async Task<string> PathOfAsync(string content)
    {
        var target = await StageAsync();
        using var response = await UploadAsync(target, content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (string)target["parameters"]!.AsArray().First(p => (string?)p!["name"] == "key")!["value"]!;
    }

    public async Task<JsonNode> LookAsync(string id) =>
        (await Shop.RootAsync($"query($id: ID!) {{ bulkOperation(id: $id) {{ {Fields} }} }}", new JsonObject { ["id"] = id }))!;

    public async Task<JsonNode> WaitAsync(string id, Func<JsonNode, bool>? until = null)
    {
        until ??= o => (string?)o["status"] is "COMPLETED" or "FAILED" or "CANCELED" or "EXPIRED";
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var operation = await LookAsync(id);
            if (until(operation))
            {
                return operation;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    public async Task<string> DownloadAsync(string url) => await sandbox.Http.GetStringAsync(new Uri(url));

    public async Task<IReadOnlyList<JsonObject>> LinesAsync(string url) =>
        [.. (await DownloadAsync(url)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (JsonObject)JsonNode.Parse(l)!)];
}
