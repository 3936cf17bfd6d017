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

    /// <summary>In this order: some build on others.</summary>
    private static readonly string[] Replayed =
    [
        "product-get", "product-get-variable", "variation-via-products", "variation-wrong-parent", "variation-put-wrong-parent", "variation-put-via-products", "product-get-missing",
        "product-update-missing", "route-missing", "method-not-allowed", "page-0", "per-page-0", "per-page-101", "page-1", "page-2", "page-beyond", "page-offset", "list-default",
        "modified-after-bad", "product-list-include", "products-search-sku", "products-search-sku-variation", "products-search-sku-unknown", "products-search-sku-partial", "products-search-gtin",
        "product-create-empty", "product-create-bad-gtin", "product-create-sale-above", "product-create-bad-enum", "product-create-price-number", "product-create-duplicate-sku",
        "product-create-duplicate-gtin", "product-create-id-unknown-category", "variation-create-same-combination", "variation-create-unknown-option", "variation-create-no-attributes",
        "variation-create-duplicate-sku", "variations-list", "product-stock-update", "product-stock-zero", "product-stock-status-while-managed", "product-stock-negative", "product-stock-backorders",
        "product-stock-decimal", "product-stock-string", "product-stock-unmanaged", "product-stock-unmanaged-qty", "product-stock-restore", "product-update-price-remove-sale",
        "product-update-price-precision", "product-update-price-format", "product-update-price-garbage", "product-update-price-null", "product-patch", "method-override", "fields-nested",
        "batch-empty", "batch-fields-flat", "batch-fields", "variations-batch", "variation-put-stock-parent-managed", "variations-manage-stock-parent", "category-create", "category-duplicate",
        "category-list", "category-name-ampersand", "category-create-unicode-get", "tag-duplicate", "attribute-duplicate", "webhook-bad-topic", "webhook-bad-url", "webhook-name-missing",
        "webhook-unreachable", "webhook-list", "webhooks-batch", "settings-general",
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

        var world = await WooSampleWorld.CreateAsync(woo);
        var wrong = new List<string>();
        foreach (var name in Replayed)
        {
            var sample = await ReadAsync(Path.Combine(Path.GetDirectoryName(any)!, $"{name}.json"));
            var request = sample["request"]!;
            var body = request["body"] is { } sent ? world.Translate(sent).ToJsonString() : null;
            var reply = await woo.SendAsync(new HttpMethod(request["method"]!.GetValue<string>()), world.Path(request["path"]!.GetValue<string>()), body);
            var expected = sample["response"]!;
            if (reply.Status != expected["status"]!.GetValue<int>())
            {
                wrong.Add($"{name}: status {reply.Status}, the real shop {expected["status"]}: {reply.Text[..Math.Min(300, reply.Text.Length)]}");
                continue;
            }

            if (reply.Status >= 400)
            {
                foreach (var member in (string[])["code", "message"])
                {
                    if (reply.Json![member]!.GetValue<string>() != expected["body"]![member]!.GetValue<string>())
                    {
                        wrong.Add($"{name}: {member} is \"{reply.Json[member]}\", on the real shop \"{expected["body"]![member]}\"");
                    }
                }
            }

            if ((expected["headers"]?["X-WP-Total"] is null) != (reply.Total is null))
            {
                wrong.Add($"{name}: X-WP-Total is {reply.Total ?? "missing"}, on the real shop {expected["headers"]?["X-WP-Total"]}");
            }

            Compare(name, expected["body"], reply.Json, wrong);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
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

    private static void Compare(string path, JsonNode? expected, JsonNode? actual, List<string> wrong)
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
                var invented = mine.Select(m => m.Key).Except(members.Select(m => m.Key), StringComparer.Ordinal).ToList();
                if (missing.Count + invented.Count > 0)
                {
                    wrong.Add($"{path} lacks [{string.Join(", ", missing)}] and has [{string.Join(", ", invented)}] too much");
                }

                foreach (var (name, value) in members)
                {
                    Compare($"{path}.{name}", value, mine[name], wrong);
                }

                break;
            case JsonArray { Count: > 0 } items when actual.AsArray() is { Count: > 0 } others && !path.EndsWith(".value", StringComparison.Ordinal):
                Compare($"{path}[0]", items[0], others[0], wrong);
                break;
        }
    }

    private static string Kind(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        var kind => kind.ToString(),
    };

    private static string Short(JsonNode node) => node.ToJsonString() is { Length: > 80 } text ? text[..80] : node.ToJsonString();

    private static async Task<JsonNode> ReadAsync(string file) => JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
}
