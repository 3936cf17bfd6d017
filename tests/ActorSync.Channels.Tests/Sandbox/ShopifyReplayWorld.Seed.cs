using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The way in: what was gathered becomes products, collections, counts and subscriptions of the Sandbox.</summary>
internal sealed partial class ShopifyReplayWorld
{
    private async Task SeedAsync(ShopifyCaller shop, string id, JsonObject facts)
    {
        var own = variants.Where(pair => productOfVariant.GetValueOrDefault(pair.Key) == id).ToList();
        var input = new JsonObject { ["title"] = (string?)facts["title"] is { Length: > 0 } title ? title : $"Recorded {(string)recording["id"]!} {++made}" };
        foreach (var plain in (string[])["handle", "descriptionHtml", "vendor", "productType", "status", "templateSuffix"])
        {
            if (facts[plain] is JsonValue value)
            {
                input[plain] = value.DeepClone();
            }
        }

        if (facts["tags"] is JsonArray tags)
        {
            input["tags"] = new JsonArray([.. tags.Concat(Removed()).Select(tag => tag!.DeepClone())]);
        }
        else if (TagSearched().Matches(recording["variables"]?.ToJsonString() ?? "") is { Count: > 0 } searched)
        {
            input["tags"] = new JsonArray([.. searched.Select(match => (JsonNode)match.Groups["tag"].Value)]);
        }

        if (facts["seo"] is JsonObject seo)
        {
            input["seo"] = seo.DeepClone();
        }

        var rows = Rows(own, (int?)facts["variantsCount"]?["count"] ?? 2);
        var names = Names(facts, own, rows);
        input["productOptions"] = new JsonArray([.. names.Select((name, i) => (JsonNode)new JsonObject
        {
            ["name"] = name,
            ["values"] = new JsonArray([.. rows.Select(row => row.Values[i]).Distinct(StringComparer.Ordinal).Select(value => (JsonNode)new JsonObject { ["name"] = value })]),
        })]);
        input["variants"] = new JsonArray([.. rows.Select(row => (JsonNode)Row(row.Facts, names, row.Values))]);
        var payload = await shop.RootAsync(
            "mutation($input: ProductSetInput!) { productSet(input: $input) { product { id handle variants(first: 250) { nodes { id inventoryItem { id } } } } userErrors { field message } } }",
            new JsonObject { ["input"] = input });
        Assert.True(payload!["userErrors"]!.AsArray().Count == 0, $"{recording["id"]}: {payload["userErrors"]!.ToJsonString()}");
        var product = payload["product"]!;
        ids[id] = (string)product["id"]!;
        if ((bool?)facts["publishedOnCurrentPublication"] == true)
        {
            await shop.RootAsync("mutation($id: ID!) { publishablePublish(id: $id, input: [{ publicationId: \"gid://shopify/Publication/292074258738\" }]) { userErrors { message } } }",
                new JsonObject { ["id"] = ids[id] });
        }

        var nodes = product["variants"]!["nodes"]!.AsArray();
        for (var i = 0; i < own.Count; i++)
        {
            ids[own[i].Key] = (string)nodes[i]!["id"]!;
            foreach (var (item, _) in variantOfItem.Where(pair => pair.Value == own[i].Key))
            {
                Item(item, (string)nodes[i]!["inventoryItem"]!["id"]!);
            }
        }
    }

    /// <summary>Quantities beside the available one, which only an adjustment can set.</summary>
    private async Task AdjustAsync(ShopifyCaller shop)
    {
        foreach (var (item, place, name, quantity) in others.Where(other => ids.ContainsKey(other.Item)).Distinct())
        {
            await shop.RootAsync(
                "mutation($input: InventoryAdjustQuantitiesInput!, $key: String!) { inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { message } } }",
                new JsonObject
                {
                    ["key"] = $"seed {item} {place} {name}",
                    ["input"] = new JsonObject
                    {
                        ["name"] = name,
                        ["reason"] = "correction",
                        ["changes"] = new JsonArray(new JsonObject
                        {
                            ["delta"] = quantity,
                            ["inventoryItemId"] = ids[item],
                            ["locationId"] = place,
                            ["ledgerDocumentUri"] = "recorded://seed",
                            ["changeFromQuantity"] = null,
                        }),
                    },
                });
        }
    }

    /// <summary>An operation that has ended, for those who ask how it went.</summary>
    private async Task StartOperationAsync(ShopifyCaller shop)
    {
        if (recording["response"]!["data"]?["productOperation"] is not JsonObject shown || (string?)shown["id"] is not { } id
            || (string?)shown["product"]?["id"] is not { } product || !ids.TryGetValue(product, out var own))
        {
            return;
        }

        var payload = await shop.RootAsync("mutation($id: ID!) { productSet(identifier: { id: $id }, input: {}, synchronous: false) { productSetOperation { id } } }", new JsonObject { ["id"] = own });
        ids[id] = (string)payload!["productSetOperation"]!["id"]!;
        for (var look = 0; look < 100; look++)
        {
            var status = await shop.RootAsync("query($id: ID!) { productOperation(id: $id) { status } }", new JsonObject { ["id"] = ids[id] });
            if ((string?)status!["status"] == (string?)shown["status"])
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }
    }

    private async Task SeedCollectionAsync(ShopifyCaller shop, string id, JsonObject facts)
    {
        var leaves = ((string)recording["roots"]![0]!).Contains("collectionAdd", StringComparison.Ordinal);
        var input = new JsonObject { ["title"] = (string?)facts["title"] is { Length: > 0 } title ? title : $"Collection {(string)recording["id"]!} {++made}" };
        foreach (var plain in (string[])["handle", "sortOrder", "templateSuffix"])
        {
            if (facts[plain] is JsonValue value)
            {
                input[plain] = value.DeepClone();
            }
        }

        if (!leaves && membership.TryGetValue(id, out var members))
        {
            input["products"] = new JsonArray([.. members.Select(member => ids.GetValueOrDefault(member)).OfType<string>().Select(own => (JsonNode)own)]);
        }

        var payload = await shop.RootAsync("mutation($input: CollectionInput) { collectionCreate(input: $input) { collection { id } userErrors { field message } } }",
            new JsonObject { ["input"] = input });
        Assert.True(payload!["userErrors"]!.AsArray().Count == 0, $"{recording["id"]}: {payload["userErrors"]!.ToJsonString()}");
        ids[id] = (string)payload["collection"]!["id"]!;
    }

    /// <summary>Subscriptions that a list shows, or that a refusal is about.</summary>
    private async Task SubscribeAsync(ShopifyCaller shop)
    {
        var uri = (string?)recording["variables"]?["uri"];
        foreach (var node in (recording["response"]!["data"]?["webhookSubscriptions"] as JsonObject)?["nodes"]?.AsArray() ?? [])
        {
            await SubscribeAsync(shop, new JsonObject { ["uri"] = (string?)node!["uri"] ?? uri, ["metafields"] = node["metafields"]?.DeepClone() });
        }

        if (Raw(recording["response"]!).Contains("Name already exists", StringComparison.Ordinal))
        {
            await SubscribeAsync(shop, new JsonObject { ["uri"] = "https://example.com/named", ["name"] = recording["variables"]!["webhookSubscription"]!["name"]!.DeepClone() });
        }
    }

    private static Task SubscribeAsync(ShopifyCaller shop, JsonObject subscription) => shop.RootAsync(
        "mutation($s: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: SHOP_UPDATE, webhookSubscription: $s) { userErrors { message } } }",
        new JsonObject { ["s"] = new JsonObject(subscription.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))) });

    private void Item(string theirs, string own)
    {
        ids[theirs] = own;
        var number = theirs.Split('/')[^1];
        words["inventory_item_id=" + number] = "inventory_item_id=" + own.Split('/')[^1];
        words["inventory_item_id:" + number] = "inventory_item_id:" + own.Split('/')[^1];
        words["\"id:" + number] = "\"id:" + own.Split('/')[^1];
    }

    private JsonArray Removed() => (string?)recording["roots"]![0] == "tagsRemove"
        ? recording["variables"]!["tags"] is JsonArray list ? list : new JsonArray(recording["variables"]!["tags"]!.DeepClone())
        : [];

    private static List<(JsonObject Facts, string[] Values)> Rows(List<KeyValuePair<string, JsonObject>> own, int howMany)
    {
        if (own.Count == 0)
        {
            return howMany == 1 ? [([], ["Default Title"])] : [([], ["Red", "Small"]), ([], ["Blue", "Small"])];
        }

        return [.. own.Select((pair, i) => (pair.Value, Values: pair.Value["selectedOptions"] is JsonArray selected ? [.. selected.Select(option => (string)option!["value"]!)]
            : (string?)pair.Value["title"] is { } title ? title.Split(" / ")
            : own.Count == 1 ? ["Default Title"] : (string[])[$"Value {i + 1}"]))];
    }

    private string[] Names(JsonObject facts, List<KeyValuePair<string, JsonObject>> own, List<(JsonObject Facts, string[] Values)> rows)
    {
        if (facts["options"] is JsonArray { Count: > 0 } options)
        {
            return [.. options.Select(option => (string)option!["name"]!)];
        }

        return own.Count > 0 && own[0].Value["selectedOptions"] is JsonArray selected ? [.. selected.Select(option => (string)option!["name"]!)]
            : (recording["variables"] is { } named ? OptionNamed().Matches(Raw(named)).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray() : []) is { Length: > 0 } asked
                && asked.Length == rows[0].Values.Length ? asked
            : rows is [{ Values: ["Default Title"] }] ? ["Title"]
            : [.. ((string[])["Color", "Size", "Material"]).Take(rows[0].Values.Length)];
    }

    private JsonObject Row(JsonObject facts, string[] names, string[] values)
    {
        var row = new JsonObject
        {
            ["optionValues"] = new JsonArray([.. names.Zip(values, (name, value) => (JsonNode)new JsonObject { ["optionName"] = name, ["name"] = value })]),
        };
        foreach (var plain in (string[])["barcode", "price", "compareAtPrice", "taxable", "inventoryPolicy"])
        {
            if (facts[plain] is JsonValue value)
            {
                row[plain] = value.DeepClone();
            }
        }

        var item = new JsonObject();
        var known = facts["inventoryItem"] as JsonObject ?? [];
        foreach (var plain in (string[])["tracked", "requiresShipping", "countryCodeOfOrigin", "provinceCodeOfOrigin", "harmonizedSystemCode"])
        {
            if (known[plain] is JsonValue value)
            {
                item[plain] = value.DeepClone();
            }
        }

        if (item["tracked"] is null && productOfVariant.FirstOrDefault(pair => ReferenceEquals(variants.GetValueOrDefault(pair.Key), facts)).Value is { } owner
            && (bool?)products.GetValueOrDefault(owner)?["tracksInventory"] == true)
        {
            item["tracked"] = true;
        }

        if ((facts["sku"] ?? known["sku"]) is JsonValue sku)
        {
            item["sku"] = sku.DeepClone();
        }

        if (known["measurement"]?["weight"] is JsonObject weight)
        {
            item["measurement"] = new JsonObject { ["weight"] = weight.DeepClone() };
        }

        if (item.Count > 0)
        {
            row["inventoryItem"] = item;
        }

        if (Counts(facts, known) is { Count: > 0 } shown)
        {
            row["inventoryQuantities"] = shown;
        }

        return row;
    }

    /// <summary>The counts that the answer shows by location; else what the request takes for granted; else the total, at the first location.</summary>
    private JsonArray Counts(JsonObject facts, JsonObject item)
    {
        var theirs = variantOfItem.FirstOrDefault(pair => ReferenceEquals(variants.GetValueOrDefault(pair.Value), facts)).Key ?? (string?)item["id"] ?? "";
        if (Activates)
        {
            // It was not stocked there before.
            return [];
        }

        if (Believed(theirs) is { } believed)
        {
            return [Count(ShopifyCaller.Berlin, believed)];
        }

        if (counts.TryGetValue(theirs, out var levels))
        {
            return [.. levels.Select(level => (JsonNode)Count(level.Key, level.Value))];
        }

        return (int?)facts["inventoryQuantity"] is { } total ? [Count(ShopifyCaller.Berlin, total)] : [];
    }

    private bool Activates => (string)recording["roots"]![0]! is "inventoryActivate" && ((recording["response"]!["data"]?["inventoryActivate"] as JsonObject)?["userErrors"] as JsonArray)?.Count == 0;

    /// <summary>What the caller believed to be there, where the shop agreed.</summary>
    private int? Believed(string item)
    {
        var input = recording["variables"]?["input"] as JsonObject;
        var rows = (input?["quantities"] ?? input?["changes"]) as JsonArray ?? [];
        var isStale = Raw(recording["response"]!).Contains("STALE", StringComparison.Ordinal);
        return isStale ? null : (int?)rows.FirstOrDefault(row => (string?)row?["inventoryItemId"] == item)?["changeFromQuantity"];
    }

    private static JsonObject Count(string place, int quantity) => new() { ["locationId"] = place, ["name"] = "available", ["quantity"] = quantity };
}
