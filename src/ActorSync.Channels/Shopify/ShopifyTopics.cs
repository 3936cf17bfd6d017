using System.Collections.Frozen;
using System.Text.Json;

namespace ActorSync.Channels.Shopify;

/// <summary>One topic: what it is about, and the one thing that is done about it.</summary>
internal sealed record ShopifyTopic
{
    /// <summary>The name in deliveries.</summary>
    public required string Name { get; init; }
    /// <summary>GraphQL's name where we subscribe ourselves; null = it comes from the app's own configuration, or not at all.</summary>
    public string? Subscribed { get; init; }
    /// <summary>What it is about: deliveries of one resource stay in order. Null = the body names nothing.</summary>
    public required Func<JsonElement, string?> Resource { get; init; }
    /// <summary>The one handling; null = only answered.</summary>
    public Func<JsonElement, WebhookContent>? Read { get; init; }
    /// <summary>Members of the body to keep, as paths through objects and lists; empty = all. The others are about people.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];
    /// <summary>The access scope without which the shop grants no subscription; the hub does without the topic then.</summary>
    public string? Scope { get; init; }
}

/// <summary>All topics that the hub knows (contract section 7), each with exactly one handling.</summary>
internal static class ShopifyTopics
{
    /// <summary>Nothing of who bought, where it goes or what it cost.</summary>
    private static readonly ImmutableArray<string> OfOrder =
    [
        "id", "created_at", "updated_at", "cancelled_at", "line_items.id", "line_items.product_id", "line_items.variant_id", "line_items.sku", "line_items.quantity", "line_items.current_quantity",
    ];

    public static readonly ImmutableArray<ShopifyTopic> All =
    [
        // A new product's body lacks its stock by location, and the levels' own webhooks may come before the product is known.
        new() { Name = "products/create", Subscribed = "PRODUCTS_CREATE", Resource = Product("id"), Read = body => Whole(body) with { NeedsRead = true } },
        new() { Name = "products/update", Subscribed = "PRODUCTS_UPDATE", Resource = Product("id"), Read = Whole },
        new() { Name = "products/delete", Subscribed = "PRODUCTS_DELETE", Resource = Product("id"), Read = Deleted },
        new() { Name = "product_publications/create", Resource = Product("product_id"), Read = Hint("product_id") },
        new() { Name = "product_publications/update", Resource = Product("product_id"), Read = Hint("product_id") },
        new() { Name = "product_publications/delete", Resource = Product("product_id"), Read = Hint("product_id") },
        new() { Name = "inventory_levels/connect", Subscribed = "INVENTORY_LEVELS_CONNECT", Resource = Item("inventory_item_id"), Read = Level },
        new() { Name = "inventory_levels/update", Subscribed = "INVENTORY_LEVELS_UPDATE", Resource = Item("inventory_item_id"), Read = Level },
        new() { Name = "inventory_levels/disconnect", Subscribed = "INVENTORY_LEVELS_DISCONNECT", Resource = Item("inventory_item_id"), Read = ItemHint("inventory_item_id") },
        new() { Name = "inventory_items/update", Subscribed = "INVENTORY_ITEMS_UPDATE", Resource = Item("id"), Read = ItemHint("id") },
        new() { Name = "inventory_items/delete", Subscribed = "INVENTORY_ITEMS_DELETE", Resource = Item("id"), Read = ItemHint("id") },
        new() { Name = "collections/create", Subscribed = "COLLECTIONS_CREATE", Resource = Collection, Read = Members },
        new() { Name = "collections/update", Subscribed = "COLLECTIONS_UPDATE", Resource = Collection, Read = Members },
        new()
        {
            Name = "collections/delete",
            Subscribed = "COLLECTIONS_DELETE",
            Resource = Collection,
            Read = _ => new WebhookContent { Ignored = "A deleted collection does not tell who was in it; its products are seen by the next read of the whole channel." },
        },
        new() { Name = "orders/create", Subscribed = "ORDERS_CREATE", Resource = Order, Read = Lines, Keep = OfOrder, Scope = "read_orders" },
        new() { Name = "orders/cancelled", Subscribed = "ORDERS_CANCELLED", Resource = Order, Read = Lines, Keep = OfOrder, Scope = "read_orders" },
        new() { Name = "app/uninstalled", Subscribed = "APP_UNINSTALLED", Resource = Connection, Read = Says(ChannelSignal.Uninstalled), Keep = ["id"] },
        new() { Name = "app/scopes_update", Subscribed = "APP_SCOPES_UPDATE", Resource = Connection, Read = Says(ChannelSignal.RightsChanged), Keep = ["id"] },
        new() { Name = "bulk_operations/finish", Subscribed = "BULK_OPERATIONS_FINISH", Resource = Connection, Read = Says(ChannelSignal.BulkFinished), Keep = ["admin_graphql_api_id", "status"] },
        new() { Name = "customers/data_request", Resource = Connection },
        new() { Name = "customers/redact", Resource = Connection },
        new() { Name = "shop/redact", Resource = Connection },
    ];

    private static readonly FrozenDictionary<string, ShopifyTopic> ByName = All.ToFrozenDictionary(topic => topic.Name, StringComparer.Ordinal);

    public static ShopifyTopic? Find(string name) => ByName.GetValueOrDefault(name);

    private static WebhookContent Whole(JsonElement body)
    {
        var product = ShopifyMapper.WebhookProduct(body);
        return new WebhookContent { ExternalId = product.ExternalId, Body = product, NeedsRead = !product.VariantsComplete };
    }

    private static WebhookContent Deleted(JsonElement body)
    {
        var id = ShopifyMapper.Id(body, "id")!;
        return new WebhookContent { ExternalId = id, Body = new ObservedProduct { ExternalId = id, Version = Stamp.Zero, Deleted = true }, NeedsRead = true };
    }

    private static WebhookContent Level(JsonElement body)
    {
        if (ShopifyMapper.Id(body, "location_id") is null)
        {
            return new WebhookContent { Ignored = "The body names no location." };
        }

        var item = ShopifyMapper.Id(body, "inventory_item_id")!;
        return new WebhookContent
        {
            ResourceKey = "inventory/" + item,
            Body = new ObservedProduct
            {
                ExternalId = "",
                Version = Stamp.Zero,
                Variants = [new ObservedVariant { ExternalId = "", StockItemId = item, Stock = [ShopifyMapper.WebhookLevel(body)] }],
            },
        };
    }

    private static WebhookContent Lines(JsonElement body)
    {
        var lines = ShopifyMapper.OrderLines(body);
        return lines.IsEmpty ? new WebhookContent { Ignored = "The order has no line about a product of the shop." } : new WebhookContent { Orders = lines };
    }

    private static WebhookContent Members(JsonElement body) => new() { CollectionId = ShopifyMapper.Id(body, "id") };

    private static Func<JsonElement, WebhookContent> Hint(string member) => body => new WebhookContent { ExternalId = ShopifyMapper.Id(body, member), NeedsRead = true };

    private static Func<JsonElement, WebhookContent> ItemHint(string member) => body => new WebhookContent { ResourceKey = "inventory/" + ShopifyMapper.Id(body, member), NeedsRead = true };

    private static Func<JsonElement, WebhookContent> Says(ChannelSignal signal) => _ => new WebhookContent { Signal = signal };

    private static Func<JsonElement, string?> Product(string member) => body => Named("product/", body, member);

    private static Func<JsonElement, string?> Item(string member) => body => Named("inventory/", body, member);

    private static string? Collection(JsonElement body) => Named("collection/", body, "id");

    private static string? Order(JsonElement body) => Named("order/", body, "id");

    private static string Connection(JsonElement body) => "connection";

    private static string? Named(string prefix, JsonElement body, string member) => ShopifyMapper.Id(body, member) is { } id ? prefix + id : null;
}
