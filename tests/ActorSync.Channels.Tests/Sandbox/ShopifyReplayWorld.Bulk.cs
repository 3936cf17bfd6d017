using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Bulk operations that a recording shows or names, in the state that it shows, and the files that it runs.</summary>
internal sealed partial class ShopifyReplayWorld
{
    private const string AnyQuery = "{ products { edges { node { id } } } }";
    private const string AnyMutation = "mutation ProductCreate($product: ProductCreateInput!) { productCreate(product: $product) { product { id } } }";
    private const string AnyLine = "{\"product\":{\"title\":\"From a recording\"}}\n";

    public async Task MakeBulkAsync(SandboxProcess sandbox)
    {
        if (!recording["roots"]!.AsArray().Any(root => ((string)root!).Contains("ulkOperation", StringComparison.Ordinal)))
        {
            return;
        }

        var bulk = new ShopifyBulkCaller(sandbox);
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = 5, ["hangNext"] = 0 });
        foreach (var running in (await bulk.Shop.RootAsync("{ bulkOperations(first: 250) { nodes { id status } } }"))!["nodes"]!.AsArray().Where(node => (string?)node!["status"] is "CREATED" or "RUNNING" or "CANCELING"))
        {
            await CancelAsync(bulk, (string)running!["id"]!);
            await bulk.WaitAsync((string)running["id"]!);
        }

        await RunOthersAsync(bulk);
        await RunShownAsync(bulk);
        if ((string?)recording["variables"]?["path"] is { } path && !Raw(recording["response"]!).Contains("NO_SUCH_FILE", StringComparison.Ordinal) && path != "valid")
        {
            words[path] = await bulk.PathOfAsync(Raw(recording["response"]!).Contains("file is empty", StringComparison.Ordinal) ? "" : AnyLine);
        }
    }

    /// <summary>Those that are in the way of another one.</summary>
    private async Task RunOthersAsync(ShopifyBulkCaller bulk)
    {
        if (!Raw(recording["response"]!).Contains("OPERATION_IN_PROGRESS", StringComparison.Ordinal))
        {
            return;
        }

        var theirs = BulkId().Matches(Raw(recording["response"]!)).Select(match => match.Value).ToList();
        await bulk.LeversAsync(new JsonObject { ["hangNext"] = theirs.Count });
        foreach (var id in theirs)
        {
            var started = (string)recording["roots"]![0]! == "bulkOperationRunQuery" ? await bulk.RunQueryAsync(AnyQuery) : await bulk.RunMutationAsync(AnyMutation, await bulk.PathOfAsync(AnyLine));
            ids[id] = (string)started["bulkOperation"]!["id"]!;
        }
    }

    private async Task RunShownAsync(ShopifyBulkCaller bulk)
    {
        var data = recording["response"]!["data"];
        if ((data?["bulkOperationCancel"]?["bulkOperation"] ?? data?["bulkOperation"]) is not JsonObject shown || (string?)shown["status"] is not ("CREATED" or "CANCELING" or "COMPLETED"))
        {
            return;
        }

        // The recorded shop had products; how many is its own affair.
        await bulk.Shop.ProductAsync("Of the recorded shop");
        var status = (string)shown["status"]!;
        await bulk.LeversAsync(new JsonObject { ["tickMs"] = status == "CREATED" ? 3_000 : 5, ["hangNext"] = status == "CANCELING" ? 1 : 0 });
        var own = (string)(await bulk.RunQueryAsync((string?)shown["query"] ?? AnyQuery))["bulkOperation"]!["id"]!;
        if (status != "CREATED")
        {
            await bulk.WaitAsync(own, operation => (string?)operation["status"] == (status == "COMPLETED" ? status : "RUNNING") && (string?)operation["objectCount"] != "0");
        }

        ids[(string)shown["id"]!] = own;
    }

    private static Task<JsonNode?> CancelAsync(ShopifyBulkCaller bulk, string id) =>
        bulk.Shop.RootAsync("mutation($id: ID!) { bulkOperationCancel(id: $id) { userErrors { message } } }", new JsonObject { ["id"] = id });

    [GeneratedRegex("gid://shopify/BulkOperation/[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex BulkId();
}
