namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The shop itself, locations, publications, subscriptions, and the small shared types.</summary>
internal static class ShopFields
{
    public static void Add(Resolvers r)
    {
        const string T = "Shop";
        r.On<Shop>(T, "id", _ => Gid.Of(T, ShopId));
        r.On<Shop>(T, "name", _ => Shop.Name);
        r.On<Shop>(T, "email", _ => "owner@example.com");
        r.On<Shop>(T, "myshopifyDomain", _ => Shop.Domain);
        r.On<Shop>(T, "url", _ => $"https://{Shop.Domain}");
        r.On<Shop>(T, "currencyCode", _ => Shop.Currency);
        r.On<Shop>(T, "weightUnit", _ => "KILOGRAMS");
        r.On<Shop>(T, "ianaTimezone", _ => "Europe/Berlin");
        r.On<Shop>(T, "timezoneAbbreviation", s => ShopTime.Offset(s.Now).Hours == 2 ? "CEST" : "CET");
        r.On<Shop>(T, "timezoneOffset", s => ShopTime.Offset(s.Now).Hours == 2 ? "+0200" : "+0100");
        r.On<Shop>(T, "plan", s => s);
        r.On<Shop>("ShopPlan", "displayName", _ => "Basic");
        r.On<Shop>("ShopPlan", "publicDisplayName", _ => "Basic");
        r.On<Shop>("ShopPlan", "partnerDevelopment", _ => false);
        r.On<Shop>("ShopPlan", "shopifyPlus", _ => false);

        r.On<ApiVersions.Version>("ApiVersion", "handle", v => v.Handle);
        r.On<ApiVersions.Version>("ApiVersion", "displayName", v => v.Handle);
        r.On<ApiVersions.Version>("ApiVersion", "supported", v => v.Supported);
        r.On<Shop>("AppInstallation", "id", _ => Gid.Of("AppInstallation", ShopId + 1));
        r.On<Shop>("AppInstallation", "accessScopes", s => s.AccessScopes);
        r.On<string>("AccessScope", "handle", s => s);

        r.On<ShopLocation>("Location", "id", l => Gid.Of("Location", l.Id));
        r.On<ShopLocation>("Location", "legacyResourceId", l => l.Id);
        r.On<ShopLocation>("Location", "name", l => l.Name);
        r.On<ShopLocation>("Location", "isActive", _ => true);
        r.On<ShopLocation>("Location", "isFulfillmentService", _ => false);
        r.On<ShopLocation>("Location", "isPrimary", l => l.Id == Shop.Locations[0].Id);
        r.On<ShopLocation>("Location", "fulfillsOnlineOrders", l => l.FulfillsOnlineOrders);
        r.On<ShopLocation>("Location", "shipsInventory", l => l.FulfillsOnlineOrders);
        r.On<ShopLocation>("Location", "hasActiveInventory", _ => true);
        r.On<ShopLocation>("Location", "deletable", _ => false);
        r.On<ShopLocation>("Location", "activatable", _ => true);
        r.On<ShopLocation>("Location", "deactivatable", _ => false);
        r.On<ShopLocation>("Location", "createdAt", l => l.CreatedAt);
        r.On<ShopLocation>("Location", "updatedAt", l => l.CreatedAt);
        r.On<ShopPublication>("Publication", "id", p => Gid.Of("Publication", p.Id));
        r.On<ShopPublication>("Publication", "name", p => p.Name);

        const string W = "WebhookSubscription";
        r.On<ShopSubscription>(W, "id", s => Gid.Of(W, s.Id));
        r.On<ShopSubscription>(W, "legacyResourceId", s => s.Id);
        r.On<ShopSubscription>(W, "topic", s => s.Topic);
        r.On<ShopSubscription>(W, "uri", s => s.Uri);
        r.On<ShopSubscription>(W, "callbackUrl", s => s.Uri);
        r.On<ShopSubscription>(W, "endpoint", s => new Endpoint(s.Uri));
        r.On<Endpoint>("WebhookHttpEndpoint", "callbackUrl", e => e.Uri);
        r.On<Endpoint>("WebhookEventBridgeEndpoint", "arn", e => e.Uri);
        r.On<Endpoint>("WebhookPubSubEndpoint", "pubSubProject", e => e.Uri["pubsub://".Length..].Split(':')[0]);
        r.On<Endpoint>("WebhookPubSubEndpoint", "pubSubTopic", e => e.Uri.Split(':')[^1]);
        r.On<ShopSubscription>(W, "metafields", s => s.Metafields);
        r.On<ShopMetafieldName>("WebhookSubscriptionMetafieldIdentifier", "namespace", m => m.Namespace);
        r.On<ShopMetafieldName>("WebhookSubscriptionMetafieldIdentifier", "key", m => m.Key);
        r.On<ShopSubscription>(W, "format", _ => "JSON");
        r.On<ShopSubscription>(W, "filter", s => s.Filter ?? "");
        r.On<ShopSubscription>(W, "includeFields", s => s.IncludeFields);
        r.On<ShopSubscription>(W, "metafieldNamespaces", s => s.MetafieldNamespaces);
        r.On<ShopSubscription>(W, "name", s => s.Name);
        r.On<ShopSubscription>(W, "createdAt", s => s.CreatedAt);
        r.On<ShopSubscription>(W, "updatedAt", s => s.UpdatedAt);
        r.On<ShopSubscription>(W, "apiVersion", _ => new ApiVersions.Version(ApiVersions.Current, Supported: true));

        const string O = "ProductSetOperation";
        r.On<ShopOperation>(O, "id", o => Gid.Of(O, o.Id));
        r.On<ShopOperation>(O, "status", (o, _, s) => Status(o, s.Shop.ExactNow));
        r.On<ShopOperation>(O, "product", (o, _, s) => o.DueAt <= s.Shop.ExactNow ? s.Shop.Product(o.ProductId) : null);
        r.On<ShopOperation>(O, "userErrors", (o, _, s) => o.DueAt <= s.Shop.ExactNow ? o.Errors : []);

        r.On<object>("Count", "count", c => c is LimitedCount limited ? Math.Min(limited.All, limited.Limit) : c);
        r.On<object>("Count", "precision", c => c is LimitedCount limited && limited.All > limited.Limit ? "AT_LEAST" : "EXACT");
        r.On<decimal>("MoneyV2", "amount", a => ShopText.MoneyV2(a));
        r.On<decimal>("MoneyV2", "currencyCode", _ => Shop.Currency);
        r.On<Connection>("PageInfo", "hasNextPage", c => c.HasNext);
        r.On<Connection>("PageInfo", "hasPreviousPage", c => c.HasPrevious);
        r.On<Connection>("PageInfo", "startCursor", c => c.Edges.Count > 0 ? c.Edges[0].Cursor : null);
        r.On<Connection>("PageInfo", "endCursor", c => c.Edges.Count > 0 ? c.Edges[^1].Cursor : null);
    }

    /// <summary>Only web addresses are delivered to; the other two kinds can be subscribed and hear nothing.</summary>
    internal sealed record Endpoint(string Uri)
    {
        public string Type => Uri.StartsWith("arn:", StringComparison.Ordinal) ? "WebhookEventBridgeEndpoint"
            : Uri.StartsWith("pubsub:", StringComparison.Ordinal) ? "WebhookPubSubEndpoint" : "WebhookHttpEndpoint";
    }

    /// <summary>A count that ends at a limit, and says so.</summary>
    internal sealed record LimitedCount(int All, int Limit);

    private const long ShopId = 92_891_250_994;

    private static string Status(ShopOperation operation, DateTimeOffset now) => now >= operation.DueAt ? "COMPLETE"
        : now >= operation.CreatedAt + ((operation.DueAt - operation.CreatedAt) / 2) ? "ACTIVE" : "CREATED";
}
