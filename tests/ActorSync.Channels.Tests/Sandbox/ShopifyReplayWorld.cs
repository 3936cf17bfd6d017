using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>
/// The state that a recorded exchange was answered from, as far as the exchange shows it, made in the Sandbox through its own API; and the recorded ids in terms
/// of what was made. Ids that the recording shows to be unknown stay as they are.
/// </summary>
internal sealed partial class ShopifyReplayWorld
{
    private static readonly string[] Ours = [ShopifyCaller.Berlin, ShopifyCaller.Hamburg];
    private readonly JsonObject recording;
    private readonly Dictionary<string, JsonObject> products = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> variants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> collections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> membership = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> productOfVariant = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> variantOfItem = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, int>> counts = new(StringComparer.Ordinal);
    private readonly List<(string Item, string Place, string Name, int Quantity)> others = [];
    private int made;

    private ShopifyReplayWorld(JsonObject recording) => this.recording = recording;

    /// <summary>Takes everything out of the shop, so that lists and searches show what the recording knew and nothing else.</summary>
    public static async Task EmptyAsync(ShopifyCaller shop)
    {
        foreach (var (list, delete) in ((string, string)[])[("products", "productDelete"), ("collections", "collectionDelete")])
        {
            while (await shop.RootAsync($"{{ {list}(first: 250) {{ nodes {{ id }} }} }}") is { } page && page["nodes"]!.AsArray() is { Count: > 0 } nodes)
            {
                foreach (var node in nodes)
                {
                    await shop.RootAsync($"mutation {{ {delete}(input: {{ id: \"{(string)node!["id"]!}\" }}) {{ userErrors {{ message }} }} }}");
                }
            }
        }

        foreach (var node in (await shop.RootAsync("{ webhookSubscriptions(first: 250) { nodes { id } } }"))!["nodes"]!.AsArray())
        {
            await shop.RootAsync($"mutation {{ webhookSubscriptionDelete(id: \"{(string)node!["id"]!}\") {{ userErrors {{ message }} }} }}");
        }
    }

    public static async Task<ShopifyReplayWorld> MakeAsync(ShopifyCaller shop, JsonObject recording)
    {
        var world = new ShopifyReplayWorld(recording);
        world.Gather(recording["response"]!["data"], product: null);
        world.NameVariables();
        world.NamePlaces();
        await world.TakeHandlesAsync(shop);
        foreach (var (id, facts) in world.products)
        {
            await world.SeedAsync(shop, id, facts);
        }

        foreach (var (id, facts) in world.collections.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            await world.SeedCollectionAsync(shop, id, facts);
        }

        // A count that was cut off: there was one more than the answer shows.
        if (Raw(recording["response"]!).Contains("AT_LEAST", StringComparison.Ordinal) && TitleSearched().Match(recording["variables"]?.ToJsonString() ?? "") is { Success: true } search)
        {
            await world.SeedCollectionAsync(shop, "one more", new JsonObject { ["title"] = search.Groups["title"].Value + " One more" });
        }

        await world.AdjustAsync(shop);
        await world.SubscribeAsync(shop);
        await world.StartOperationAsync(shop);
        return world;
    }

    /// <summary>A recorded text with our ids and names in it.</summary>
    public string Translate(string text)
    {
        text = LevelId().Replace(text, match => ids.GetValueOrDefault(match.Value, match.Value));
        text = Id().Replace(text, match => ids.GetValueOrDefault(match.Value, match.Value));
        foreach (var (theirs, own) in words)
        {
            text = text.Replace(theirs, own, StringComparison.Ordinal);
        }

        return text;
    }

    public JsonObject Variables()
    {
        var variables = recording["variables"] is JsonObject given ? (JsonObject)JsonNode.Parse(Translate(Raw(given)))! : [];
        if (IsOld && variables["input"] is JsonObject input && input.Remove("ignoreCompareQuantity"))
        {
            foreach (var row in input["quantities"]!.AsArray())
            {
                row!["changeFromQuantity"] = null;
            }
        }

        return variables;
    }

    /// <summary>The query in our terms. Stock mutations of versions before 2026-04 get what that version demands since: the directive and the compare field.</summary>
    public string Query(string query) => IsOld && !query.Contains("@idempotent", StringComparison.Ordinal)
        ? StockMutation().Replace(Translate(query), match => $"{match.Value} @idempotent(key: \"{recording["id"]}\")") : Translate(query);

    private bool IsOld => string.CompareOrdinal((string)recording["apiVersion"]!, "2026-04") < 0;

    /// <summary>Collects what the answer shows of products, variants and items, whatever place it stands in.</summary>
    private void Gather(JsonNode? node, string? product, string? variant = null, string? collection = null)
    {
        if (node is JsonArray list)
        {
            foreach (var element in list)
            {
                Gather(element, product, variant, collection);
            }

            return;
        }

        if (node is not JsonObject facts)
        {
            return;
        }

        if (facts["id"] is JsonValue idNode && idNode.TryGetValue<string>(out var id))
        {
            if (id.StartsWith("gid://shopify/Product/", StringComparison.Ordinal))
            {
                Merge(products, id, facts);
                if (collection is not null)
                {
                    Belongs(collection, id);
                    collection = null;
                }

                product = id;
                if (variant is not null)
                {
                    productOfVariant[variant] = id;
                }
            }
            else if (id.StartsWith("gid://shopify/ProductVariant/", StringComparison.Ordinal))
            {
                Merge(variants, id, facts);
                if (product is not null)
                {
                    productOfVariant.TryAdd(id, product);
                }

                variant = id;
            }
            else if (id.StartsWith("gid://shopify/InventoryItem/", StringComparison.Ordinal))
            {
                Merge(items, id, facts);
                if (variant is not null)
                {
                    variantOfItem.TryAdd(id, variant);
                }

                if (facts["variant"] is JsonObject { } owner)
                {
                    variantOfItem[id] = (string)owner["id"]!;
                }
            }
            else if (id.StartsWith("gid://shopify/Collection/", StringComparison.Ordinal))
            {
                Merge(collections, id, facts);
                if (product is not null)
                {
                    Belongs(id, product);
                    product = null;
                }

                collection = id;
            }
            else if (id.StartsWith("gid://shopify/InventoryLevel/", StringComparison.Ordinal))
            {
                Level(id, facts);
            }
            else if (id.StartsWith("gid://shopify/Location/", StringComparison.Ordinal))
            {
                Place(id);
                if ((string?)facts["name"] is { } name && ids.TryGetValue(id, out var place))
                {
                    words.TryAdd('"' + name + '"', '"' + NameOf(place) + '"');
                }
            }
        }

        foreach (var (key, value) in facts.Where(pair => !(pair.Key == "productVariants" && IsCreate)))
        {
            // What hangs below another connection (media, collections) belongs to nobody here.
            Gather(value, key is "products" or "matching" ? null : product, key is "product" or "inventoryItem" or "variant" ? variant : null, collection);
        }
    }

    /// <summary>productVariantsBulkCreate and the creating mutations show what they made; only what was there before is made here.</summary>
    private bool IsCreate => (string)recording["roots"]![0]! is "productVariantsBulkCreate" or "productSet" or "productCreate";

    private void Belongs(string collection, string product)
    {
        membership.TryAdd(collection, []);
        if (!membership[collection].Contains(product, StringComparer.Ordinal))
        {
            membership[collection].Add(product);
        }
    }

    private static string Raw(JsonNode node) => node.ToJsonString(Relaxed);

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string NameOf(string place) => place == ShopifyCaller.Berlin ? "Lager Berlin" : "Store Hamburg";

    /// <summary>A count that an answer shows by its level's id: the id names the item, the level or the request the location.</summary>
    private void Level(string id, JsonObject facts)
    {
        var item = $"gid://shopify/InventoryItem/{id.Split('=')[^1]}";
        items.TryAdd(item, []);
        var place = (string?)facts["location"]?["id"] ?? (string?)recording["variables"]?["locationId"];
        if (place is null || IsMissing(place))
        {
            return;
        }

        Place(place);
        if (facts["quantities"]?.AsArray().FirstOrDefault(quantity => (string?)quantity!["name"] == "available") is { } available && ids.TryGetValue(place, out var ours))
        {
            counts.TryAdd(item, new Dictionary<string, int>(StringComparer.Ordinal));
            counts[item][ours] = (int)available["quantity"]!;
            others.AddRange(facts["quantities"]!.AsArray()
                .Where(quantity => (string?)quantity!["name"] is "incoming" or "damaged" or "quality_control" or "reserved" or "safety_stock" && (int)quantity["quantity"]! != 0)
                .Select(quantity => (item, ours, (string)quantity!["name"]!, (int)quantity["quantity"]!)));
        }
    }

    /// <summary>Location names in the words of an error.</summary>
    private void NamePlaces()
    {
        foreach (var name in StockedAt().Matches(Raw(recording["response"]!)).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal))
        {
            words.TryAdd($"stocked at {name} because", $"stocked at {NameOf(ids.Values.FirstOrDefault(Ours.Contains) ?? ShopifyCaller.Berlin)} because");
        }
    }

    /// <summary>Handles that the recorded shop had given away already.</summary>
    private async Task TakeHandlesAsync(ShopifyCaller shop)
    {
        var response = Raw(recording["response"]!);
        foreach (var handle in HandleInUse().Matches(response).Select(match => match.Groups["handle"].Value.Trim()))
        {
            await shop.ProductAsync($"Holder of {handle}", new JsonObject { ["handle"] = handle });
        }

        if (response.Contains("\"product-2\"", StringComparison.Ordinal))
        {
            await shop.ProductAsync("First without a handle", new JsonObject { ["handle"] = "product" });
            await shop.ProductAsync("Second without a handle", new JsonObject { ["handle"] = "product-1" });
        }
    }

    private static void Merge(Dictionary<string, JsonObject> all, string id, JsonObject facts)
    {
        if (!all.TryGetValue(id, out var known))
        {
            all[id] = known = [];
        }

        foreach (var (key, value) in facts)
        {
            known[key] = value?.DeepClone();
        }
    }

    private void Place(string id)
    {
        // The first thing an item is activated at is not where it is stocked from the start.
        var order = Activates ? Ours.Reverse().ToArray() : Ours;
        if (!IsMissing(id) && !ids.ContainsKey(id) && order.Except(ids.Values).FirstOrDefault() is { } free)
        {
            ids[id] = free;
        }
    }

    /// <summary>Ids that only the request names: they exist unless the answer shows that they do not.</summary>
    private void NameVariables()
    {
        var answered = recording["response"]!["data"]?.ToJsonString() ?? "";
        var isQuery = (string?)recording["kind"] == "query";
        var named = recording["variables"]?.ToJsonString() + " " + (string?)recording["query"];
        foreach (var id in Id().Matches(named).Select(match => match.Value).Distinct(StringComparer.Ordinal))
        {
            if (IsMissing(id) || (isQuery && !answered.Contains(id, StringComparison.Ordinal)))
            {
                continue;
            }

            switch (id.Split('/')[3])
            {
                case "Product":
                    products.TryAdd(id, []);
                    break;
                case "ProductVariant":
                    variants.TryAdd(id, []);
                    break;
                case "InventoryItem":
                    items.TryAdd(id, []);
                    break;
                case "Collection":
                    collections.TryAdd(id, []);
                    break;
                case "Location":
                    Place(id);
                    break;
            }
        }

        // What a mutation made is not there before it.
        if (IsCreate)
        {
            foreach (var id in products.Keys.Where(id => !named.Contains(id, StringComparison.Ordinal)).ToList())
            {
                products.Remove(id);
                foreach (var variant in productOfVariant.Where(pair => pair.Value == id).Select(pair => pair.Key).ToList())
                {
                    variants.Remove(variant);
                    foreach (var item in variantOfItem.Where(pair => pair.Value == variant).Select(pair => pair.Key).ToList())
                    {
                        items.Remove(item);
                        variantOfItem.Remove(item);
                    }
                }
            }

            foreach (var fresh in Created())
            {
                variants.Remove(fresh);
            }
        }

        if ((string)recording["roots"]![0]! == "collectionCreate")
        {
            collections.Clear();
        }

        foreach (var item in items.Keys.Where(item => !variantOfItem.ContainsKey(item)))
        {
            variantOfItem[item] = $"gid://shopify/ProductVariant/of-{item}";
            variants.TryAdd(variantOfItem[item], []);
        }

        foreach (var variant in variants.Keys.Where(variant => !productOfVariant.ContainsKey(variant)))
        {
            productOfVariant[variant] = products.Count > 0 ? products.Keys.First() : "gid://shopify/Product/somewhere";
            products.TryAdd(productOfVariant[variant], []);
        }

        // The item of a variant that was made known by its variant only.
        foreach (var (item, variant) in variantOfItem)
        {
            if (variants.TryGetValue(variant, out var facts) && facts["inventoryItem"] is null)
            {
                facts["inventoryItem"] = items[item].DeepClone();
            }
        }
    }

    private IEnumerable<string> Created() => recording["response"]!["data"] is not JsonObject data ? []
        : data.SelectMany(root => (root.Value as JsonObject)?["productVariants"] as JsonArray ?? []).Select(variant => (string)variant!["id"]!);

    private static bool IsMissing(string id) => id.Split('/')[^1].Split('?')[0] is var number && (Missing().IsMatch(number) || number.Length < 4);

    [GeneratedRegex("gid://shopify/[A-Za-z]+/[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Id();

    [GeneratedRegex("gid://shopify/InventoryLevel/[0-9]+\\?inventory_item_id=[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex LevelId();

    [GeneratedRegex("(inventoryActivate|inventorySetQuantities|inventoryAdjustQuantities)\\s*\\([^)]*\\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StockMutation();

    [GeneratedRegex("\"optionName\":\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OptionNamed();

    [GeneratedRegex("Handle '(?<handle>[^']*)' already in use", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HandleInUse();

    [GeneratedRegex("stocked at (?<name>[^\"]+?) because", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StockedAt();

    [GeneratedRegex("title:(?<title>[A-Za-z0-9]+)\\*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TitleSearched();

    [GeneratedRegex("tag:(?<tag>[A-Za-z0-9_-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TagSearched();

    [GeneratedRegex("^(9{6,}.*|(51)+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Missing();
}
