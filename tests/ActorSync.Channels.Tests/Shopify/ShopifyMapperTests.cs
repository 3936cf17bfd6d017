using System.Globalization;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Shopify;
using ActorSync.Domain.Products;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>What real shops sent, read by this connector: nothing throws, and what is there is found.</summary>
public sealed class ShopifyMapperTests
{
    [Fact]
    public void Mapper_EveryProductAndVariantOfTheRecordings_IsRead()
    {
        var (products, variants, connections) = (0, 0, 0);
        foreach (var exchange in ShopifyContract.Recorded())
        {
            if (ShopifyMapper.Child(exchange.GetProperty("response"), "data") is { } data)
            {
                Walk(data);
            }
        }

        Assert.True(products >= 210 && variants >= 203 && connections >= 183, $"{products} products, {variants} variants, {connections} connections");

        void Walk(JsonElement node)
        {
            foreach (var child in node.ValueKind switch
            {
                JsonValueKind.Array => node.EnumerateArray().ToArray(),
                JsonValueKind.Object => [.. node.EnumerateObject().Select(member => member.Value)],
                _ => [],
            })
            {
                Walk(child);
            }

            if (ShopifyMapper.Child(node, "pageInfo") is { ValueKind: JsonValueKind.Object } page && page.TryGetProperty("hasNextPage", out var next))
            {
                connections++;
                Assert.Equal(next.GetBoolean() && page.TryGetProperty("endCursor", out _), page.TryGetProperty("endCursor", out _) && ShopifyMapper.NextCursor(node) is not null);
            }

            switch (ShopifyMapper.Child(node, "id") is { ValueKind: JsonValueKind.String } id ? id.GetString()!.Split('/')[3] : null)
            {
                case "Product" when !node.ToString().Contains("inventoryLevels", StringComparison.Ordinal):
                    products++;
                    var product = ShopifyMapper.Product(node);
                    Assert.Equal(ShopifyMapper.Child(node, "title")?.GetString(), product.Fields.GetValueOrDefault("name").Text);
                    Assert.True(product.ExternalId.All(char.IsAsciiDigit));
                    break;
                // Our own documents select the id and location of what they select.
                case "ProductVariant" when !node.ToString().Contains("inventoryLevels", StringComparison.Ordinal)
                    && (ShopifyMapper.Child(node, "inventoryItem") is not { } item || ShopifyMapper.Child(item, "id") is not null):
                    variants++;
                    Assert.Equal(ShopifyMapper.Child(node, "price") is { } price ? decimal.Parse(price.GetString()!, CultureInfo.InvariantCulture) : null, ShopifyMapper.Variant(node).Fields.GetValueOrDefault("price").ToDecimal());
                    break;
            }
        }
    }

    [Fact]
    public void Webhooks_EverySampleOfTheContract_IsReadOrIgnoredWithAReason()
    {
        var settings = new ChannelSettings { Id = new ChannelId("shop1"), Tenant = TenantId.Default, Kind = "shopify", Name = "Shop" };
        var files = Directory.GetFiles(ShopifyContract.PathOf("webhooks"), "*.json").Select(Path.GetFileName).OfType<string>()
            .Where(name => name is not ("file-signatures.json" or "headers.example.json" or "hmac-vectors.json")).ToArray();
        Assert.InRange(files.Length, 20, int.MaxValue);
        foreach (var file in files)
        {
            var topic = file.Split('.')[0] is var name && name.LastIndexOf('-') is var cut && cut > 0 ? $"{name[..cut]}/{name[(cut + 1)..]}" : name;
            var content = new ShopifyWebhooks().Read(
                new WebhookRequest
                {
                    Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-shopify-topic"] = topic },
                    Body = ShopifyContract.Bytes("webhooks/" + file),
                    ReceivedAt = DateTimeOffset.UnixEpoch,
                },
                settings);
            Assert.True(
                content.Ignored is { Length: > 0 } || content.Body is not null || content.Signal is not null || content.CollectionId is not null || !content.Orders.IsEmpty || (content.NeedsRead && (content.ResourceKey ?? content.ExternalId) is not null), file);
            if (topic is "products/update" or "products/create")
            {
                Assert.NotNull(content.Body!.Fields["name"].Text);
                // What the body does not carry is absent, so that the merge asks for a read.
                Assert.False(content.Body.Fields.ContainsKey("seoTitle") || content.Body.Sets.ContainsKey("collections"), file);
                Assert.All(content.Body.Variants, variant => Assert.False(variant.Fields.ContainsKey("weight") || variant.Fields.ContainsKey("customsCode"), file));
            }
        }
    }
}
