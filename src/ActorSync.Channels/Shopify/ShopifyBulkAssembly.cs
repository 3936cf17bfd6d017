using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Whole products out of a result whose lines stand in any order. Two passes over buckets on disk: levels meet their variants by inventory item, variants and
/// the other children meet their products. One bucket is in memory at a time, so the size of the result does not matter. The same result gives the same file,
/// whatever the order of its lines.
/// </summary>
internal sealed class ShopifyBulkAssembly(string folder, int buckets, ImmutableArray<string> connections)
{
    /// <summary>Bytes of the result that a bucket holds on average.</summary>
    public const long BucketBytes = 8 * 1024 * 1024;
    public const int MaxBuckets = 256;
    private const string ParentId = "__parentId";
    private const string ItemMark = "?inventory_item_id=";

    /// <summary>Further children of a product by their type, and the field that holds them. They come in no order: one that matters (that of pictures) must be asked for.</summary>
    public static readonly IReadOnlyDictionary<string, string> ProductChildren = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Collection"] = "collections",
        ["MediaImage"] = "media",
        ["Video"] = "media",
        ["ExternalVideo"] = "media",
        ["Model3d"] = "media",
    };

    public static int BucketsFor(long bytes) => (int)Math.Clamp((bytes / BucketBytes) + 1, 1, MaxBuckets);

    /// <summary>Writes one product per line to <paramref name="target"/>; the problem is what makes the result incomplete or not understood.</summary>
    public async Task<(BulkCounts Counts, string? Problem)> AssembleAsync(string result, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var products = Files("products");
        var variants = Files("variants");
        try
        {
            var (counts, problem) = await SplitAsync(result, products, variants, cancellationToken);
            problem ??= await JoinAsync(variants, products, cancellationToken);
            problem ??= await WriteAsync(products, target, cancellationToken);
            return (counts, problem);
        }
        finally
        {
            foreach (var file in products.Concat(variants))
            {
                File.Delete(file);
            }
        }
    }

    private string[] Files(string name) => [.. Enumerable.Range(0, buckets).Select(bucket => Path.Combine(folder, $"{name}-{bucket}.part"))];

    private async Task<(BulkCounts Counts, string? Problem)> SplitAsync(string result, string[] products, string[] variants, CancellationToken cancellationToken)
    {
        using var toProducts = new Writers(products);
        using var toVariants = new Writers(variants);
        using var reader = new StreamReader(result, Encoding.UTF8);
        var counts = new BulkCounts(0, 0);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            counts = counts with { Lines = counts.Lines + 1 };
            if (Parse(line) is not { } json || Text(json, "id") is not { } id || Text(json, "__typename") is not { } type)
            {
                return (counts, $"line {counts.Lines} is no object with id and __typename");
            }

            var parent = Text(json, ParentId);
            switch (type)
            {
                case "Product":
                    counts = counts with { Roots = counts.Roots + 1 };
                    toProducts.Write(Bucket(id), line);
                    break;
                case "ProductVariant" when parent is not null && json["inventoryItem"] is JsonObject item && Text(item, "id") is { } itemId:
                    toVariants.Write(Bucket(ShopifyGid.Number(itemId)), line);
                    break;
                case "InventoryLevel" when id.IndexOf(ItemMark, StringComparison.Ordinal) is > 0 and var mark:
                    toVariants.Write(Bucket(id[(mark + ItemMark.Length)..]), line);
                    break;
                case var _ when parent is not null && ProductChildren.ContainsKey(type):
                    toProducts.Write(Bucket(parent), line);
                    break;
                default:
                    return (counts, $"line {counts.Lines} is a {type} without a place");
            }
        }

        return (counts, null);
    }

    /// <summary>Levels into their variants, and those on to their products.</summary>
    private async Task<string?> JoinAsync(string[] variants, string[] products, CancellationToken cancellationToken)
    {
        using var toProducts = new Writers(products);
        foreach (var file in variants)
        {
            var lines = await LoadAsync(file, cancellationToken);
            var levels = lines.Where(line => Text(line, "__typename") == "InventoryLevel").GroupBy(line => ItemOf(Text(line, "id")!), StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.DistinctBy(line => Text(line, "id")).OrderBy(line => Text(line, "id"), StringComparer.Ordinal).ToList(), StringComparer.Ordinal);
            foreach (var variant in lines.Where(line => Text(line, "__typename") == "ProductVariant"))
            {
                var item = (JsonObject)variant["inventoryItem"]!;
                levels.Remove(ShopifyGid.Number(Text(item, "id")!), out var own);
                item["inventoryLevels"] = Connection(own ?? []);
                toProducts.Write(Bucket(Text(variant, ParentId)!), variant.ToJsonString());
            }

            if (levels.Count > 0)
            {
                return $"{levels.Count} inventory items have levels but no variant";
            }
        }

        return null;
    }

    private async Task<string?> WriteAsync(string[] products, string target, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(target + ".part", append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        foreach (var file in products)
        {
            var lines = await LoadAsync(file, cancellationToken);
            var children = lines.Where(line => line.ContainsKey(ParentId)).GroupBy(line => Text(line, ParentId)!, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.DistinctBy(line => Text(line, "id")).ToList(), StringComparer.Ordinal);
            foreach (var product in lines.Where(line => !line.ContainsKey(ParentId)).DistinctBy(line => Text(line, "id")).OrderBy(line => NumberOf(line)))
            {
                children.Remove(Text(product, "id")!, out var own);
                Fill(product, own ?? []);
                await writer.WriteLineAsync(product.ToJsonString().AsMemory(), cancellationToken);
            }

            if (children.Count > 0)
            {
                return $"{children.Count} products have children but no line of their own";
            }
        }

        await writer.DisposeAsync();
        File.Move(target + ".part", target, overwrite: true);
        return null;
    }

    /// <summary>Every product has at least one variant: one without any is shown without a list, which is never taken for a complete one.</summary>
    private void Fill(JsonObject product, List<JsonObject> children)
    {
        var variants = children.Where(child => Text(child, "__typename") == "ProductVariant").OrderBy(NumberOf).ToList();
        if (variants.Count > 0)
        {
            product["variants"] = Connection(variants);
        }

        foreach (var field in ProductChildren.Values.Distinct(StringComparer.Ordinal).Where(field => connections.Contains(field)))
        {
            product[field] = Connection([.. children.Where(child => ProductChildren.GetValueOrDefault(Text(child, "__typename")!) == field).OrderBy(NumberOf)]);
        }
    }

    private static JsonObject Connection(List<JsonObject> nodes)
    {
        foreach (var node in nodes)
        {
            node.Remove(ParentId);
        }

        return new JsonObject
        {
            ["nodes"] = new JsonArray([.. nodes]),
            ["pageInfo"] = new JsonObject { ["hasNextPage"] = false, ["endCursor"] = null },
        };
    }

    private static async Task<List<JsonObject>> LoadAsync(string file, CancellationToken cancellationToken)
    {
        var lines = new List<JsonObject>();
        using var reader = new StreamReader(file, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            lines.Add(Parse(line)!);
        }

        return lines;
    }

    private static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private int Bucket(string id)
    {
        // FNV-1a: the same on every machine, unlike a string's own hash.
        var hash = 2_166_136_261u;
        foreach (var letter in id)
        {
            hash = (hash ^ letter) * 16_777_619u;
        }

        return (int)(hash % (uint)buckets);
    }

    private static string ItemOf(string levelId) => levelId[(levelId.IndexOf(ItemMark, StringComparison.Ordinal) + ItemMark.Length)..];

    private static string? Text(JsonObject line, string name) => line[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static long NumberOf(JsonObject line) =>
        long.TryParse(ShopifyGid.Number(Text(line, "id")!), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;

    private sealed class Writers(string[] files) : IDisposable
    {
        private readonly StreamWriter[] _writers = [.. files.Select(file => new StreamWriter(file, append: true, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))];

        public void Write(int bucket, string line)
        {
            _writers[bucket].Write(line);
            _writers[bucket].Write('\n');
        }

        public void Dispose()
        {
            foreach (var writer in _writers)
            {
                writer.Dispose();
            }
        }
    }
}

/// <summary>What a result really held.</summary>
internal sealed record BulkCounts(long Lines, long Roots);
