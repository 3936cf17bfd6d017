using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The roots of queries.</summary>
internal static class QueryFields
{
    public static void Add(Resolvers r)
    {
        const string Q = "QueryRoot";
        r.Root(Q, "shop", (_, s) => s.Shop);
        r.Root(Q, "publicApiVersions", (_, _) => ApiVersions.Served);
        r.Root(Q, "currentAppInstallation", (_, s) => s.Shop);
        r.Root(Q, "location", (c, s) => s.Text(c, "id") is null ? Shop.Locations[0] : Shop.Location(Number(c, s, "Location")));
        r.Root(Q, "locations", (c, s) => Connection.Of(Shop.Locations, l => new SortKey(l.Name, l.Id), l => l, s.Page(c)));
        r.Root(Q, "publications", (c, s) => Connection.Of(Shop.Publications, p => new SortKey(p.Id, p.Id), p => p, s.Page(c)));
        r.Root(Q, "product", (c, s) => s.Shop.Product(Number(c, s, "Product")));
        r.Root(Q, "productByHandle", (c, s) => s.Shop.ProductByHandle(s.Text(c, "handle") ?? ""));
        r.Root(Q, "productByIdentifier", (c, s) => ByIdentifier(s.Shop, s.Argument(c, "identifier")));
        r.Root(Q, "productVariant", (c, s) => s.Shop.Variant(Number(c, s, "ProductVariant")) is { } v ? new VariantRef(v.Product, v.Variant) : null);
        r.Root(Q, "inventoryItem", (c, s) => s.Shop.Item(Number(c, s, "InventoryItem")) is { } i ? new ItemRef(i.Product, i.Variant) : null);
        r.Root(Q, "inventoryLevel", (c, s) => Gid.Parse(s.Text(c, "id")) is { Type: "InventoryLevel" } id ? Node(s.Shop, id) : throw RefusedException.InvalidId($"Invalid id: {s.Text(c, "id")}"));
        r.Root(Q, "productOperation", (c, s) => Gid.Parse(s.Text(c, "id")) is { Type: "ProductSetOperation" } id ? s.Shop.Operation(id.Number) : null);
        r.Root(Q, "node", (c, s) => Gid.Parse(s.Text(c, "id")) is { } id ? Node(s, id) : null);
        r.Root(Q, "nodes", (c, s) => s.Argument(c, "ids").Items().Select(i => Gid.Parse(i.Value.GetString()) is { } id ? Node(s, id) : null).ToList());
        r.Root(Q, "products", Products);
        r.Root(Q, "productsCount", (c, s) => new ShopFields.LimitedCount(Found(c, s).Count(), Limit(c, s)));
        r.Root(Q, "productVariants", Variants);
        r.Root(Q, "inventoryItems", Items);
        r.Root(Q, "metafieldDefinitions", (c, s) => Connection.Of(
            s.Shop.Definitions.Where(d => d.OwnerType == s.Text(c, "ownerType")
                && (s.Text(c, "namespace") is not { } space || d.Namespace == MetafieldFields.Namespace(space)) && (s.Text(c, "key") is not { } key || d.Key == key)),
            d => new SortKey(d.Id, d.Id), d => d, s.Page(c)));
        r.Root(Q, "webhookSubscription", (c, s) => s.Shop.Subscription(Number(c, s, "WebhookSubscription")));
        r.Root(Q, "webhookSubscriptions", Subscriptions);
        r.Root(Q, "webhookSubscriptionsCount", (_, s) => s.Shop.Subscriptions.Count);
    }

    /// <summary>10,000 when it is left out; none when it is null.</summary>
    internal static int Limit(IResolveFieldContext context, RequestState state) =>
        state.Argument(context, "limit").Value.ValueKind == System.Text.Json.JsonValueKind.Null ? int.MaxValue : state.Number(context, "limit") ?? 10_000;

    private static object? Node(RequestState state, Gid id) => id.Type == "BulkOperation" ? state.Desk.Find(id.Number) : Node(state.Shop, id);

    private static object? Node(Shop shop, Gid id) => id.Type switch
    {
        "Product" => shop.Product(id.Number),
        "ProductVariant" => shop.Variant(id.Number) is { } v ? new VariantRef(v.Product, v.Variant) : null,
        "InventoryItem" => shop.Item(id.Number) is { } i ? new ItemRef(i.Product, i.Variant) : null,
        "InventoryLevel" => Level(shop, id),
        "Location" => Shop.Location(id.Number),
        "Publication" => Shop.Publications.FirstOrDefault(p => p.Id == id.Number),
        "WebhookSubscription" => shop.Subscription(id.Number),
        "ProductSetOperation" => shop.Operation(id.Number),
        "Collection" => shop.Collections.Find(id.Number),
        "MediaImage" => shop.Products.Values.SelectMany(p => p.Media).FirstOrDefault(m => m.Id == id.Number),
        "Metafield" => shop.Products.Values.SelectMany(p => p.Metafields.Concat(p.Variants.SelectMany(v => v.Metafields))).FirstOrDefault(m => m.Id == id.Number),
        "MetafieldDefinition" => shop.Definitions.FirstOrDefault(d => d.Id == id.Number),
        _ => null,
    };

    private static LevelRef? Level(Shop shop, Gid id)
    {
        const string Key = "inventory_item_id=";
        if (id.Query?.StartsWith(Key, StringComparison.Ordinal) != true || !long.TryParse(id.Query[Key.Length..], System.Globalization.CultureInfo.InvariantCulture, out var itemId))
        {
            return null;
        }

        var location = Shop.Locations.FirstOrDefault(l => l.LevelNumber == id.Number);
        return location is not null && shop.Item(itemId) is { } item && item.Variant.Level(location.Id) is { } level ? new LevelRef(item.Product, item.Variant, level) : null;
    }

    internal static long? Number(IResolveFieldContext context, RequestState state, string type)
    {
        var text = state.Argument(context, "id").Value.ToString();
        return Gid.Parse(text) is { } id ? id.Type == type ? id.Number : throw RefusedException.InvalidId($"Invalid id: {text}")
            : long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static ShopProduct? ByIdentifier(Shop shop, Input identifier) =>
        identifier.Id("id") is { } id ? shop.Product(id.Number)
        : identifier.Text("handle") is { } handle ? shop.ProductByHandle(handle)
        : identifier.Of("customId") is { IsObject: true } custom ? ProductSet.ByCustomId(shop, custom)
        : throw new RefusedException("INVALID_FIELD_ARGUMENTS", "ProductIdentifierInput must include exactly one of the following arguments: id, customId, handle.");

    private static Connection Products(IResolveFieldContext context, RequestState state)
    {
        var key = state.Text(context, "sortKey") ?? "ID";
        return Connection.Of(Found(context, state), p => Sort(p, key), p => p, state.Page(context));
    }

    /// <summary>Without a query the shop's own rows; with one what search has seen by now. What search found but is gone is left out, so a page may be short.</summary>
    private static IEnumerable<ShopProduct> Found(IResolveFieldContext context, RequestState state)
    {
        if (state.Text(context, "query") is not { Length: > 0 } text)
        {
            return state.Shop.Products.Values;
        }

        var query = Query(context, state, text, CatalogueSearch.ProductFields);
        var ids = query.OnlyIds();
        return state.Shop.Search.Visible().Where(p => ids?.Contains(p.Id) ?? query.Matches(t => CatalogueSearch.Product(p, t))).Select(p => state.Shop.Product(p.Id)).OfType<ShopProduct>();
    }

    private static SortKey Sort(ShopProduct product, string by) => by switch
    {
        "UPDATED_AT" => new SortKey(product.UpdatedAt.ToUnixTimeMilliseconds(), product.Id),
        "CREATED_AT" => new SortKey(product.CreatedAt.ToUnixTimeMilliseconds(), product.Id),
        "PUBLISHED_AT" => new SortKey(product.PublishedAt?.ToUnixTimeMilliseconds() ?? 0, product.Id),
        "TITLE" => new SortKey(product.Title, product.Id),
        "VENDOR" => new SortKey(product.Vendor, product.Id),
        "PRODUCT_TYPE" => new SortKey(product.ProductType, product.Id),
        "INVENTORY_TOTAL" => new SortKey((long)product.Variants.Sum(v => v.InventoryQuantity), product.Id),
        _ => new SortKey(product.Id, product.Id),
    };

    private static Connection Variants(IResolveFieldContext context, RequestState state)
    {
        IEnumerable<VariantRef> rows;
        if (state.Text(context, "query") is { Length: > 0 } text)
        {
            var query = Query(context, state, text, CatalogueSearch.VariantFields);
            rows = state.Shop.Search.Visible()
                .SelectMany(p => p.Variants.Where(v => query.Matches(t => CatalogueSearch.Variant(p, v, t))))
                .Select(v => state.Shop.Variant(v.Id)).Where(v => v is not null).Select(v => new VariantRef(v!.Value.Product, v.Value.Variant));
        }
        else
        {
            rows = state.Shop.Products.Values.SelectMany(p => p.Variants.Select(v => new VariantRef(p, v)));
        }

        return Connection.Of(rows, v => state.Text(context, "sortKey") is "SKU" ? new SortKey(v.Variant.Sku ?? "", v.Variant.Id) : new SortKey(v.Variant.Id, v.Variant.Id), v => v, state.Page(context));
    }

    private static Connection Items(IResolveFieldContext context, RequestState state)
    {
        var rows = state.Shop.Products.Values.SelectMany(p => p.Variants.Select(v => new ItemRef(p, v)));
        if (state.Text(context, "query") is { Length: > 0 } text)
        {
            var query = Query(context, state, text, CatalogueSearch.ItemFields);
            rows = state.Shop.Search.Visible().SelectMany(p => p.Variants).Where(v => query.Matches(t => CatalogueSearch.Item(v, t)))
                .Select(v => state.Shop.Item(v.ItemId)).Where(i => i is not null).Select(i => new ItemRef(i!.Value.Product, i.Value.Variant));
        }

        return Connection.Of(rows, i => new SortKey(i.Variant.ItemId, i.Variant.ItemId), i => i, state.Page(context));
    }

    internal static SearchQuery Query(IResolveFieldContext context, RequestState state, string text, IReadOnlySet<string> fields)
    {
        var query = new SearchQuery(text);
        if (query.Warnings((context.FieldAst.Alias?.Name ?? context.FieldAst.Name).StringValue, text, fields) is { } note)
        {
            state.SearchNotes.Add(note);
        }

        return query;
    }

    private static Connection Subscriptions(IResolveFieldContext context, RequestState state)
    {
        var topics = state.Argument(context, "topics").Items().Select(t => t.Value.GetString()).ToHashSet(StringComparer.Ordinal);
        var uri = state.Text(context, "uri");
        return Connection.Of(
            state.Shop.Subscriptions.Where(s => (topics.Count == 0 || topics.Contains(s.Topic)) && (uri is null || s.Uri == uri)), s => new SortKey(s.Id, s.Id), s => s, state.Page(context));
    }
}
