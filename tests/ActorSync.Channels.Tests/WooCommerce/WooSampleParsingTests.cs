using System.Net;
using System.Text;
using System.Text.Json;
using ActorSync.Channels.Http;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>Every captured answer goes through the parsers that a live one goes through.</summary>
public sealed class WooSampleParsingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Parse_EveryCapturedAnswer_HasAClassAndItsProductsAreRead()
    {
        var (answers, products) = (0, 0);
        foreach (var file in Directory.GetFiles(WooSamples.Require(), "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var sample = WooSamples.Read(name);
            if (!sample.TryGetProperty("response", out var response))
            {
                continue;
            }

            answers++;
            var status = response.GetProperty("status").GetInt32();
            var body = response.GetProperty("body");
            var bytes = Encoding.UTF8.GetBytes(body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText());
            var isWrite = sample.GetProperty("request").GetProperty("method").GetString() is not ("GET" or "HEAD");
            var answer = WooErrors.Classify(
                new HttpExchange { Status = (HttpStatusCode)status, ContentType = "application/json", Body = bytes, SentAt = Now, Elapsed = TimeSpan.Zero }, isWrite, Now);
            if (status < 300)
            {
                Assert.True(answer.Ok || bytes.Length == 0, name);
                products += answer.Ok ? Read(name, answer.Json) : 0;
                continue;
            }

            Assert.False(answer.Ok, name);
            Assert.True(answer.Fault is not null || answer.Error is { Code.Length: > 0, Message.Length: > 0 }, name);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{answers} captured answers parsed, {products} products and variations in them read.");
        Assert.True(answers >= 160, $"Only {answers} captured answers were found.");
        Assert.True(products >= 25, $"Only {products} products were found in them.");
    }

    /// <summary>Reads whatever looks like a product, a variation or a failed item; answers how many there were.</summary>
    private static int Read(string name, JsonElement node)
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.Array:
                return node.EnumerateArray().Sum(item => Read(name, item));
            case JsonValueKind.Object when node.TryGetProperty("error", out _):
                Assert.True(WooErrors.OfItem(node) is { Code.Length: > 0 }, name);
                return 0;
            case JsonValueKind.Object when IsBatch(node):
                return node.EnumerateObject().Sum(list => Read(name, list.Value));
            case JsonValueKind.Object when WooMapper.Text(node, "type") is "simple" or "variable" or "variation" && node.TryGetProperty("_links", out _) && node.TryGetProperty("date_modified_gmt", out _):
                Check(name, node);
                return 1;
            default:
                return 0;
        }
    }

    private static bool IsBatch(JsonElement node) =>
        node.EnumerateObject().Any() && node.EnumerateObject().All(member => member.Name is "create" or "update" or "delete" && member.Value.ValueKind == JsonValueKind.Array);

    private static void Check(string name, JsonElement node)
    {
        if (WooMapper.Number(node, "parent_id") > 0)
        {
            var variant = WooMapper.Variant(node, null, Now);
            Assert.Equal(WooMapper.Id(node), variant.ExternalId);
            return;
        }

        var product = WooMapper.Product(node, null, WooForm.Edit, Now);
        Assert.Equal(WooMapper.Id(node), product.ExternalId);
        Assert.True(product.Version != Stamp.Zero, name);
        Assert.True(product.Fields.ContainsKey("name"), name);
    }
}
