using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Turns what changed in the shop into deliveries: the body is made when it is sent, signed over its exact bytes, retried, and given up on.</summary>
public sealed class ShopWebhooks(Shop shop, ShopSecrets secrets, WebhookDispatcher dispatcher, SandboxRandom random)
{
    public const int Retries = 8;

    // Four hours at Shopify, two minutes here.
    private static readonly int[] GapSeconds = [2, 3, 5, 8, 12, 20, 30, 40];

    /// <summary>1 for the gaps above; tests shorten them.</summary>
    public double RetryScale { get; set; } = 1;

    // The thread that holds the shop while it announces: a body that must be stale is made there and then, and must not wait for the shop again.
    private volatile int announcing;

    /// <summary>Called with the shop held, after the change is on disk.</summary>
    public void Announce(IReadOnlyList<ProductChange> changes)
    {
        if (changes.Count == 0 || shop.Subscriptions.Count == 0)
        {
            return;
        }

        announcing = Environment.CurrentManagedThreadId;
        try
        {
            Queue(changes);
        }
        finally
        {
            announcing = 0;
        }
    }

    /// <summary>An order was placed or cancelled. Called with the shop held, after the change is on disk.</summary>
    public void Announce(string topic, ShopOrder order)
    {
        announcing = Environment.CurrentManagedThreadId;
        try
        {
            var action = new ActionInfo(UniqueId(), shop.ExactNow);
            foreach (var subscription in shop.Subscriptions.Where(s => s.Topic == topic))
            {
                Send(subscription.Id, action, Key("order", order.Id), () => shop.Order(order.Id) is { } current ? WebhookBody.Order(current) : null);
            }
        }
        finally
        {
            announcing = 0;
        }
    }

    /// <summary>An event of its own, with a body that does not change any more.</summary>
    public void Announce(string topic, string key, JsonObject body)
    {
        using (shop.Enter())
        {
            var action = new ActionInfo(UniqueId(), shop.ExactNow);
            foreach (var subscription in shop.Subscriptions.Where(s => s.Topic == topic).ToList())
            {
                Send(subscription.Id, action, key, () => body.DeepClone().AsObject());
            }
        }
    }

    /// <summary>A delivery about the app itself, made at once: its subscription may be gone when it leaves. Called with the shop held.</summary>
    public void Tell(string topic, JsonObject body)
    {
        var action = new ActionInfo(UniqueId(), shop.ExactNow);
        foreach (var subscription in shop.Subscriptions.Where(s => s.Topic == topic))
        {
            var made = Render(subscription, action, UniqueId(), body);
            Enqueue(subscription, mergeKey: null, TimeSpan.Zero, attempt: 0, () => made);
        }
    }

    private void Queue(IReadOnlyList<ProductChange> changes)
    {
        var action = new ActionInfo(UniqueId(), shop.ExactNow);
        foreach (var change in changes)
        {
            foreach (var (topic, key, body) in Events(change))
            {
                foreach (var subscription in shop.Subscriptions.Where(s => s.Topic == topic))
                {
                    Send(subscription.Id, action, key, body);
                }
            }
        }
    }

    private IEnumerable<(string Topic, string Key, Func<JsonObject?> Body)> Events(ProductChange change)
    {
        var (id, was, now) = change;
        if (now is null)
        {
            yield return ("PRODUCTS_DELETE", Key("delete", id), () => WebhookBody.Deleted(id));
        }
        else
        {
            yield return (was is null ? "PRODUCTS_CREATE" : "PRODUCTS_UPDATE", Key("product", id), () => shop.Product(id) is { } current ? WebhookBody.Product(shop, current) : null);
        }

        var old = (was?.Variants ?? []).ToDictionary(v => v.Id);
        foreach (var variant in now?.Variants ?? [])
        {
            var before = old.GetValueOrDefault(variant.Id);
            if (before is null || !Shop.SameItem(before, variant))
            {
                yield return (before is null ? "INVENTORY_ITEMS_CREATE" : "INVENTORY_ITEMS_UPDATE", Key("item", variant.ItemId),
                    () => shop.Item(variant.ItemId) is { } item ? WebhookBody.Item(item.Variant) : null);
            }

            foreach (var level in variant.Levels)
            {
                var levelBefore = before?.Level(level.LocationId);
                if (levelBefore is not null && levelBefore == level)
                {
                    continue;
                }

                yield return (levelBefore is null ? "INVENTORY_LEVELS_CONNECT" : "INVENTORY_LEVELS_UPDATE", Key("level", variant.ItemId) + Key("@", level.LocationId),
                    () => shop.Item(variant.ItemId) is { } item && item.Variant.Level(level.LocationId) is { } current ? WebhookBody.Level(item.Variant, current) : null);
            }

            old.Remove(variant.Id);
        }

        foreach (var gone in old.Values)
        {
            yield return ("INVENTORY_ITEMS_DELETE", Key("item", gone.ItemId), () => WebhookBody.Deleted(gone.ItemId));
        }
    }

    private void Send(long subscriptionId, ActionInfo action, string key, Func<JsonObject?> body)
    {
        var webhookId = UniqueId();
        if (shop.Subscription(subscriptionId) is not { } subscription || !subscription.Uri.StartsWith("http", StringComparison.Ordinal))
        {
            return;
        }

        Enqueue(subscription, key, TimeSpan.Zero, attempt: 0, () =>
        {
            using (announcing == Environment.CurrentManagedThreadId ? null : shop.Enter())
            {
                // The subscription may have been changed or removed while this waited.
                return shop.Subscription(subscriptionId) is { } current && body() is { } made && WebhookFilter.Passes(current.Filter, made)
                    ? Render(current, action, webhookId, made) : null;
            }
        });
    }

    private void Enqueue(ShopSubscription subscription, string? mergeKey, TimeSpan extraDelay, int attempt, Func<RenderedWebhook?> render) =>
        dispatcher.Enqueue(new WebhookJob
        {
            Subscription = subscription.Id.ToString(CultureInfo.InvariantCulture),
            Address = new Uri(subscription.Uri),
            Render = render,
            ExtraDelay = extraDelay,
            MergeKey = mergeKey,
            Done = outcome => Answered(subscription, attempt, outcome),
        });

    private void Answered(ShopSubscription subscription, int attempt, WebhookOutcome outcome)
    {
        if (outcome.Delivered)
        {
            return;
        }

        using (shop.Enter())
        {
            if (shop.Subscription(subscription.Id) is null)
            {
                return;
            }

            if (attempt == Retries)
            {
                // Silently, as there: whoever relies on it must list the subscriptions from time to time.
                shop.RemoveSubscription(subscription.Id);
                shop.Commit();
                return;
            }
        }

        // The same bytes with the same id to the address that the first attempt had.
        Enqueue(subscription, mergeKey: null, TimeSpan.FromSeconds(GapSeconds[attempt]) * RetryScale, attempt + 1, () => outcome.Sent);
    }

    private RenderedWebhook Render(ShopSubscription subscription, ActionInfo action, Guid webhookId, JsonObject body)
    {
        var bytes = WebhookBody.Bytes(WebhookBody.Only(body, subscription.IncludeFields));
        List<KeyValuePair<string, string>> headers =
        [
            new("X-Shopify-Topic", ShopSubscription.TopicOf(subscription.Topic)),
            new("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets.Signing), bytes))),
            new("X-Shopify-Shop-Domain", Shop.Domain),
            new("X-Shopify-API-Version", ApiVersions.Current),
            new("X-Shopify-Webhook-Id", webhookId.ToString()),
            new("X-Shopify-Event-Id", action.Id.ToString()),
            new("X-Shopify-Triggered-At", action.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)),
        ];
        if (subscription.Name is { } given)
        {
            headers.Add(new("X-Shopify-Name", given));
        }

        // Header names have no case; whoever looks them up by exact spelling shall notice here.
        Func<string, string> spell = random.Next(3) switch { 0 => name => name, 1 => name => name.ToLowerInvariant(), _ => name => name.ToUpperInvariant() };
        return new RenderedWebhook(bytes, "application/json", [.. headers.Select(h => new KeyValuePair<string, string>(spell(h.Key), h.Value))]);
    }

    /// <summary>Chance alone repeats after a restart with the same seed, and a receiver drops a delivery id that it has seen; so the moment goes in too.</summary>
    private Guid UniqueId() => new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{random.NextGuid()} {shop.ExactNow.Ticks}"))).AsSpan(0, 16));

    private static string Key(string what, long id) => string.Create(CultureInfo.InvariantCulture, $"{what}{id}");

    private sealed record ActionInfo(Guid Id, DateTimeOffset At);
}
