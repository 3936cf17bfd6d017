using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Requests captured from a real shop, replayed: status, code, message, member names and types must agree. Ids, dates and hosts may differ.</summary>
public sealed class WooSampleTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private const string NoContracts = "The captured contracts (../shared/contracts/woocommerce) are not beside this repository.";
    private const double Goal = 0.9;

    /// <summary>What the Sandbox does not serve, with the reason that docs/sandbox.md gives.</summary>
    private static readonly Dictionary<string, string> Gaps = new(StringComparer.Ordinal)
    {
        ["auth-basic-over-http"] = "point 4: one port, basic counts as over TLS",
        ["auth-query-http"] = "point 4: one port, query keys count as over TLS",
        ["index"] = "the sample's list of routes and schemas was written for people; no connector reads it",
        ["index-no-auth"] = "as index",
        ["root-index"] = "the namespaces of other plugins",
        ["order-create"] = "point 34: orders",
        ["order-cancel"] = "point 34: orders",
        ["orders-list"] = "point 34: orders",
        ["product-create-image-error"] = "point 19: nothing is downloaded",
        ["product-image-error-404"] = "point 19: nothing is downloaded",
        ["product-image-error-notimage"] = "point 19: nothing is downloaded",
    };

    /// <summary>In this order: what a sample makes takes the captured id's place in those that follow.</summary>
    private static readonly string[] Replayed =
    [
        "tag-create", "attribute-create", "attribute-term-create", "attribute-term-duplicate", "product-create-simple", "product-create-variable", "variation-create", "product-meta-by-key",
        "product-meta-by-id", "product-meta-null", "context-edit", "context-view", "sale-price-zero", "put-body-id-wins", "auth-none", "auth-bad-key", "auth-bad-secret", "auth-readonly-write",
        "auth-writeonly-read", "auth-query-https", "oauth-bad-key", "oauth-bad-signature", "oauth-missing-parameter", "oauth-nonce-reused", "oauth-old-timestamp", "rest-route-query-form",
        "wp-v2-with-woo-keys", "bad-json", "wrong-content-type", "php-fatal", "php-warning-before-json", "maintenance-mode", "products-head", "currency-current", "settings-products", "settings-tax",
        "tax-classes", "modified-after-gmt", "modified-after-gmt-exact", "modified-after-local", "modified-after-local-gmt-mistake", "modified-after-offset",
        "modified-after-zulu", "modified-after-zulu-local", "modified-after-variation", "modified-after-variations-endpoint", "batch-101", "batch-delete", "batch-mixed", "batch-mixed-trimmed",
        "batch-same-id-twice", "batch-types-not-validated", "product-trash", "product-get-trashed", "product-trash-again", "products-list-status-any-trash", "products-list-trash-modified",
        "product-create-sku-of-trashed", "product-get-untrashed", "product-restore-by-rest", "product-force-delete", "product-get-deleted", "product-create-with-images", "product-update-images-by-id",
        "product-update-images-same-src", "product-update-images-shop-src", "product-image-error-noext", "product-update-images-empty", "variation-image", "variation-delete", "variation-delete-force",
        "stock-inventory-delta", "tag-delete-noforce",
        "product-get", "product-get-variable", "variation-via-products", "variation-wrong-parent", "variation-put-wrong-parent", "variation-put-via-products", "product-get-missing",
        "product-update-missing", "route-missing", "method-not-allowed", "page-0", "per-page-0", "per-page-101", "page-1", "page-2", "page-beyond", "page-offset", "list-default",
        "modified-after-bad", "product-list-include", "products-search-sku", "products-search-sku-variation", "products-search-sku-unknown", "products-search-sku-partial", "products-search-gtin",
        "product-create-empty", "product-create-bad-gtin", "product-create-sale-above", "product-create-bad-enum", "product-create-price-number", "product-create-duplicate-sku",
        "product-create-duplicate-gtin", "product-create-id-unknown-category", "variation-create-same-combination", "variation-create-unknown-option", "variation-create-no-attributes",
        "variation-create-duplicate-sku", "variations-list", "product-stock-update", "product-stock-zero", "product-stock-status-while-managed", "product-stock-negative", "product-stock-backorders",
        "product-stock-decimal", "product-stock-string", "product-stock-unmanaged", "product-stock-unmanaged-qty", "product-stock-restore", "product-update-price-remove-sale",
        "product-update-price-precision", "product-update-price-format", "product-update-price-garbage", "product-update-price-null", "product-patch", "method-override", "fields-nested",
        "batch-empty", "batch-fields-flat", "batch-fields", "variations-batch", "products-search-sku-many", "variation-put-stock-parent-managed", "variations-manage-stock-parent", "category-create", "category-duplicate",
        "category-list", "category-name-ampersand", "category-create-unicode-get", "tag-duplicate", "attribute-duplicate", "webhook-create", "webhook-update", "webhook-pause", "webhook-bad-topic",
        "webhook-bad-url", "webhook-name-missing", "webhook-unreachable", "webhook-get-disabled", "webhook-reenable", "webhook-list", "webhook-delete-noforce", "webhooks-batch", "settings-general",
    ];

    private readonly WooHttp woo = new(sandbox);

    [Fact]
    public async Task Replay_CapturedRequests_AnswerAsTheRealShop()
    {
        if (SandboxProcess.ContractFile("woocommerce", "samples", "product-get.json") is not { } any)
        {
            Assert.Skip(NoContracts);
            return;
        }

        var folder = Path.GetDirectoryName(any)!;
        var exchanges = new List<string>();
        foreach (var file in Directory.GetFiles(folder, "*.json"))
        {
            if ((await ReadAsync(file)) is JsonObject sample && sample["request"] is not null && sample["response"] is not null)
            {
                exchanges.Add(Path.GetFileNameWithoutExtension(file));
            }
        }

        var replay = new WooReplay(sandbox, woo, await WooSampleWorld.BeginAsync(woo));
        var explained = 0;
        var wrong = new List<string>();
        foreach (var name in Replayed)
        {
            var before = wrong.Count;
            var sample = Served(await ReadAsync(Path.Combine(folder, $"{name}.json")));
            Compare(name, sample, await replay.SendAsync(name, sample), wrong);
            explained += wrong.Count == before ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            FormattableString.Invariant($"{explained} of {exchanges.Count} recorded exchanges explained ({100.0 * explained / exchanges.Count:0.0} %); gaps: {string.Join(", ", Gaps.Keys)}."));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal([], exchanges.Except(Replayed).Except(Gaps.Keys));
        Assert.True(explained >= Goal * exchanges.Count, $"Only {explained} of {exchanges.Count} recorded exchanges are explained.");
    }

    private static void Compare(string name, JsonNode sample, WooReply reply, List<string> wrong)
    {
        var expected = sample["response"]!;
        if (reply.Status != expected["status"]!.GetValue<int>())
        {
            wrong.Add($"{name}: status {reply.Status}, the real shop {expected["status"]}: {reply.Text[..Math.Min(300, reply.Text.Length)]}");
            return;
        }

        foreach (var member in reply.Status >= 400 ? (string[])["code", "message"] : [])
        {
            if (reply.Json![member]!.GetValue<string>() != expected["body"]![member]!.GetValue<string>())
            {
                wrong.Add($"{name}: {member} is \"{reply.Json[member]}\", on the real shop \"{expected["body"]![member]}\"");
            }
        }

        if ((expected["headers"]?["X-WP-Total"] is null) != (reply.Total is null))
        {
            wrong.Add($"{name}: X-WP-Total is {reply.Total ?? "missing"}, on the real shop {expected["headers"]?["X-WP-Total"]}");
        }

        if (expected["body"] is JsonValue text)
        {
            // Not JSON on the real shop: a head, or noise before it.
            var first = text.GetValue<string>();
            if ((first.Length == 0) != (reply.Text.Length == 0) || (first.Length > 0 && first[0] != reply.Text[0]))
            {
                wrong.Add($"{name}: the body begins with \"{reply.Text[..Math.Min(40, reply.Text.Length)]}\", on the real shop with \"{first[..Math.Min(40, first.Length)]}\"");
            }

            return;
        }

        if (expected["body"] is JsonObject { Count: 1 } summary && summary["count"] is not null)
        {
            // Shortened by hand to how many there were.
            if (reply.Json is not JsonArray { Count: > 0 })
            {
                wrong.Add($"{name}: a list was expected: {reply.Text[..Math.Min(80, reply.Text.Length)]}");
            }

            return;
        }

        var isTrimmed = WooReplay.TrimmedByHand.Contains(name);
        Compare(name, expected["body"], reply.Json, isTrimmed, wrong);
    }

    [Fact]
    public async Task Deliveries_Captured_VerifyWithTheirSecret()
    {
        if (SandboxProcess.ContractFile("woocommerce", "samples", "product-get.json") is not { } any)
        {
            Assert.Skip(NoContracts);
            return;
        }

        var verified = 0;
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(any)!, "delivery-*.json"))
        {
            var sample = await ReadAsync(file);
            var signature = (sample["request"]?["headers"] as JsonArray)?.FirstOrDefault(h => h![0]!.GetValue<string>() == "X-WC-Webhook-Signature")?[1]?.GetValue<string>();
            if (signature is null)
            {
                continue;
            }

            Assert.Equal(signature, Signature(sample["secret"]!.GetValue<string>(), Encoding.UTF8.GetBytes(sample["request"]!["body_raw"]!.GetValue<string>())));
            verified++;
        }

        Assert.True(verified >= 8, $"Only {verified} signed deliveries were found.");
    }

    [Fact]
    public void Signature_VectorOfTheContract_MatchesTheRawBytes() =>
        Assert.Equal("8RX1GJxca1UNmLGE325YfoPQcafGIP8KQRN6KawhQMg=", Signature("whsec_actorsync_sample", Encoding.ASCII.GetBytes("""{"id":10,"name":"Gr\u00fc\u00dfe \/ A &amp; B"}""")));

    public static string Signature(string secret, byte[] body) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(WebUtility.HtmlDecode(secret)), body));

    private static void Compare(string path, JsonNode? expected, JsonNode? actual, bool isTrimmed, List<string> wrong)
    {
        if (expected is null || actual is null)
        {
            return;
        }

        if (Kind(expected) != Kind(actual))
        {
            wrong.Add($"{path} is {Kind(actual)} {Short(actual)}, on the real shop {Kind(expected)} {Short(expected)}");
            return;
        }

        switch (expected)
        {
            case JsonObject members:
                var mine = actual.AsObject();
                var missing = members.Select(m => m.Key).Except(mine.Select(m => m.Key), StringComparer.Ordinal).ToList();
                var invented = isTrimmed ? [] : mine.Select(m => m.Key).Except(members.Select(m => m.Key), StringComparer.Ordinal).ToList();
                if (missing.Count + invented.Count > 0)
                {
                    wrong.Add($"{path} lacks [{string.Join(", ", missing)}] and has [{string.Join(", ", invented)}] too much");
                }

                foreach (var (name, value) in members)
                {
                    Compare($"{path}.{name}", value, mine[name], isTrimmed, wrong);
                }

                break;
            case JsonArray { Count: > 0 } items when actual.AsArray() is { Count: > 0 } others && !path.EndsWith(".value", StringComparison.Ordinal):
                Compare($"{path}[0]", items[0], others[0], isTrimmed, wrong);
                break;
        }
    }

    private static string Kind(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        var kind => kind.ToString(),
    };

    private static string Short(JsonNode node) => node.ToJsonString() is { Length: > 80 } text ? text[..80] : node.ToJsonString();

    /// <summary>The pictures that were downloaded when it was recorded are not served any more; the Sandbox has some of the same names.</summary>
    private JsonNode Served(JsonNode sample) => JsonNode.Parse(sample.ToJsonString()
        .Replace("http://127.0.0.1:18097/", $"{sandbox.Address}images/", StringComparison.Ordinal)
        .Replace("http://127.0.0.1:18080/wp-content/uploads/2026/11/", $"{sandbox.Address}images/", StringComparison.Ordinal))!;

    private static async Task<JsonNode> ReadAsync(string file) => JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
}
