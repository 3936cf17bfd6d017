using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>/webhooks, the ping, and what a delivery looks like: body at delivery time in view form, one try, the seventh failure in a row disables.</summary>
public sealed class WooWebhooks(WooShop shop, WooProductJson render, WebhookDispatcher dispatcher)
{
    public const string UserAgent = "WooCommerce/11.0.1 Hookshot (WordPress/7.0.4)";
    private const int FailuresBeforeDisabling = 6;

    /// <summary>One line for all hooks: Action Scheduler has one runner, so a slow receiver holds up the others.</summary>
    private const string Queue = "woocommerce";

    private static readonly string[] Topics =
    [
        .. from resource in (string[])["coupon", "order", "product"] from change in (string[])["created", "updated", "deleted", "restored"] select $"{resource}.{change}",
        "customer.created", "customer.updated", "customer.deleted", "product.published",
    ];

    /// <summary>Synchronous part of a call; a creation or a new address also wants a ping afterwards, outside the shop's lock.</summary>
    public (WooAnswer Answer, WooWebhook? Ping) Answer(WooRequest request) => request.Path.Skip(1).ToArray() switch
    {
        [] when request.IsRead => (List(request), null),
        [] when request.Method == "POST" => Create(request),
        ["batch"] when request.IsWrite => (Batch(request), null),
        [var id] when request.IsRead => (WooAnswer.Ok(request.Trim(Json(Find(id)), isSingle: true)), null),
        [var id] when request.IsWrite => Update(request, Find(id)),
        [var id] when request.Method == "DELETE" => (Delete(request, Find(id)), null),
        _ => throw WooRestException.NoRoute(),
    };

    /// <summary>Form body, no X-WC headers, no signature; its outcome changes nothing.</summary>
    public Task PingAsync(WooWebhook webhook, CancellationToken cancellationToken)
    {
        var body = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"webhook_id={webhook.Id}"));
        return dispatcher.SendNowAsync(new Uri(webhook.DeliveryUrl), new RenderedWebhook(body, "application/x-www-form-urlencoded", [new("User-Agent", UserAgent)]), cancellationToken);
    }

    /// <summary>Queues a job per active hook of the topic; an equal one that still waits is enough.</summary>
    public void Announce(WooEvent happened)
    {
        foreach (var webhook in shop.Webhooks.Where(w => w.Status == "active" && w.Topic == happened.Topic))
        {
            dispatcher.Enqueue(new WebhookJob
            {
                Subscription = Queue,
                Address = new Uri(webhook.DeliveryUrl),
                MergeKey = string.Create(CultureInfo.InvariantCulture, $"{webhook.Id}:{happened.Id}"),
                Render = () => Render(webhook.Id, happened),
                IsSuccess = status => status is >= 200 and <= 302,
                Done = outcome => Count(webhook.Id, outcome.Delivered),
            });
        }
    }

    /// <summary>base64 of HMAC-SHA256 over the raw body; WooCommerce decodes HTML entities in the secret first.</summary>
    public static string Sign(string secret, byte[] body) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(WebUtility.HtmlDecode(secret)), body));

    private RenderedWebhook? Render(long id, WooEvent happened) => shop.Do(() =>
    {
        // A hook deleted meanwhile delivers nothing; a paused or disabled one still delivers what was queued, with the secret of now.
        if (shop.Webhook(id) is not { } webhook)
        {
            return null;
        }

        JsonNode payload = happened.Topic.EndsWith(".deleted", StringComparison.Ordinal)
            ? new JsonObject { ["id"] = happened.Id }
            : shop.Order(happened.Id) is { } order ? WooOrders.Json(order, shop.Home)
            : shop.Find(happened.Id) is { } product ? render.Product(product, isEdit: false) : WooRestException.InvalidProduct(404).ToJson();
        var body = PhpJson.Encode(payload);
        var topic = happened.Topic.Split('.');
        var deliveryId = Convert.ToHexStringLower(MD5Hash(string.Create(CultureInfo.InvariantCulture, $"{id}{shop.Now.ToUnixTimeSeconds()}")));
        return new RenderedWebhook(body, "application/json",
        [
            new("User-Agent", UserAgent),
            new("X-WC-Webhook-Source", $"{shop.Home}/"),
            new("X-WC-Webhook-Topic", happened.Topic),
            new("X-WC-Webhook-Resource", topic[0]),
            new("X-WC-Webhook-Event", topic[1]),
            new("X-WC-Webhook-Signature", Sign(webhook.Secret, body)),
            new("X-WC-Webhook-ID", id.ToString(CultureInfo.InvariantCulture)),
            new("X-WC-Webhook-Delivery-ID", deliveryId),
        ]);
    });

    private void Count(long id, bool isDelivered) => shop.Do(() =>
    {
        if (shop.Webhook(id) is { } webhook)
        {
            if (isDelivered)
            {
                if (webhook.Failures > 0)
                {
                    shop.Put(webhook with { Failures = 0 });
                }
            }
            else if (webhook.Failures >= FailuresBeforeDisabling)
            {
                shop.Put(webhook with { Status = "disabled", Modified = shop.Now });
            }
            else
            {
                shop.Put(webhook with { Failures = webhook.Failures + 1 });
            }
        }

        return true;
    });

    private WooAnswer List(WooRequest request)
    {
        var status = request.OneOf("status", "all", "all", "active", "paused", "disabled");
        var found = shop.Webhooks.Where(w => status == "all" || w.Status == status).OrderByDescending(w => w.Created).ThenByDescending(w => w.Id).ToList();
        if (request.OneOf("order", "desc", "asc", "desc") == "asc")
        {
            found.Reverse();
        }

        return WooAnswer.List(request, shop.Home, found, Json);
    }

    private (WooAnswer Answer, WooWebhook? Ping) Create(WooRequest request)
    {
        WooSchema.Check(request.Body, WooSchema.Webhook);
        var topic = Topic(Text(request.Body, "topic"));
        var address = Address(Text(request.Body, "delivery_url"));
        var now = shop.Now;
        var webhook = new WooWebhook
        {
            Id = shop.NextId("webhook"),
            Name = Text(request.Body, "name") is { Length: > 0 } name ? WooText.Field(name) : $"Webhook created on {now.UtcDateTime.ToString("MMM d, yyyy @ hh:mm tt", CultureInfo.InvariantCulture)}",
            Status = "active",
            Topic = topic,
            DeliveryUrl = address,
            Secret = Text(request.Body, "secret") is { Length: > 0 } secret ? secret : Convert.ToHexString(RandomNumberGenerator.GetBytes(25)),
            Created = now,
        };
        shop.Put(webhook);
        return (WooAnswer.Created(request.Trim(Json(webhook), isSingle: true), $"{shop.Home}/wp-json/wc/v3/webhooks/{webhook.Id}"), webhook);
    }

    private (WooAnswer Answer, WooWebhook? Ping) Update(WooRequest request, WooWebhook webhook)
    {
        WooSchema.Check(request.Body, WooSchema.Webhook);
        var changed = webhook with
        {
            Name = Text(request.Body, "name") is { Length: > 0 } name ? WooText.Field(name) : webhook.Name,
            Status = Text(request.Body, "status") is { Length: > 0 } status ? status : webhook.Status,
            Topic = Text(request.Body, "topic") is { Length: > 0 } topic ? Topic(topic) : webhook.Topic,
            DeliveryUrl = Text(request.Body, "delivery_url") is { Length: > 0 } address ? Address(address) : webhook.DeliveryUrl,
            Secret = Text(request.Body, "secret") is { Length: > 0 } secret ? secret : webhook.Secret,
            Modified = shop.Now,
        };
        shop.Put(changed);
        return (WooAnswer.Ok(request.Trim(Json(changed), isSingle: true), writes: 1), changed.DeliveryUrl == webhook.DeliveryUrl ? null : changed);
    }

    private WooAnswer Delete(WooRequest request, WooWebhook webhook)
    {
        if (!request.IsForced)
        {
            throw new WooRestException(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.");
        }

        shop.Remove(webhook);
        return WooAnswer.Ok(request.Trim(Json(webhook), isSingle: true), writes: 1);
    }

    /// <summary>Deletion only: a batch that creates would have to ping, and no connector here does that.</summary>
    private WooAnswer Batch(WooRequest request)
    {
        var deleted = new JsonArray();
        foreach (var item in request.Body.TryGetProperty("delete", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default)
        {
            if (item.TryGetInt64(out var id) && shop.Webhook(id) is { } webhook)
            {
                shop.Remove(webhook);
                deleted.Add(Json(webhook));
            }
            else
            {
                deleted.Add(new JsonObject { ["id"] = JsonNode.Parse(item.GetRawText()), ["error"] = Missing().ToJson() });
            }
        }

        return WooAnswer.Ok(deleted.Count == 0 ? new JsonObject() : new JsonObject { ["delete"] = deleted }, deleted.Count);
    }

    /// <summary>Neither secret nor failure count is ever shown.</summary>
    private JsonObject Json(WooWebhook webhook)
    {
        var topic = webhook.Topic.Split('.', 2);
        return new JsonObject
        {
            ["id"] = webhook.Id,
            ["name"] = webhook.Name,
            ["status"] = webhook.Status,
            ["topic"] = webhook.Topic,
            ["resource"] = topic[0],
            ["event"] = topic.Length > 1 ? topic[1] : "",
            ["hooks"] = Hooks(webhook.Topic),
            ["delivery_url"] = webhook.DeliveryUrl,
            ["date_created"] = WooShop.LocalDate(webhook.Created),
            ["date_created_gmt"] = WooShop.GmtDate(webhook.Created),
            ["date_modified"] = webhook.Modified is { } modified ? WooShop.LocalDate(modified) : null,
            ["date_modified_gmt"] = webhook.Modified is { } utc ? WooShop.GmtDate(utc) : null,
            ["_links"] = render.Links($"webhooks/{webhook.Id}", "webhooks"),
        };
    }

    private static JsonArray Hooks(string topic) => topic switch
    {
        "product.created" => ["woocommerce_process_product_meta", "woocommerce_new_product", "woocommerce_new_product_variation"],
        "product.updated" => ["woocommerce_process_product_meta", "woocommerce_update_product", "woocommerce_update_product_variation"],
        "order.created" => ["woocommerce_new_order"],
        "order.updated" => ["woocommerce_update_order", "woocommerce_order_refunded"],
        _ when topic.EndsWith(".deleted", StringComparison.Ordinal) => ["wp_trash_post"],
        _ when topic.EndsWith(".restored", StringComparison.Ordinal) => ["untrashed_post"],
        _ when topic.StartsWith("action.", StringComparison.Ordinal) => [topic["action.".Length..]],
        _ => [$"woocommerce_{topic.Replace('.', '_')}"],
    };

    private static string Topic(string topic) => Topics.Contains(topic, StringComparer.Ordinal) || (topic.StartsWith("action.", StringComparison.Ordinal) && topic.Length > "action.".Length)
        ? topic
        : throw new WooRestException(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid.");

    /// <summary>WordPress refuses private hosts and odd ports when it delivers; here the receiver is always local, so the address is taken as it is.</summary>
    private static string Address(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? address
        : throw new WooRestException(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Webhook delivery URL must be a valid URL starting with http:// or https://.");

    private WooWebhook Find(string id) => long.TryParse(id, CultureInfo.InvariantCulture, out var number) && shop.Webhook(number) is { } webhook ? webhook : throw Missing();

    private static WooRestException Missing() => new(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.");

    private static string Text(JsonElement body, string member) => body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

#pragma warning disable CA5351 // the plugin names deliveries by wp_hash, an MD5; nothing depends on its strength
    private static byte[] MD5Hash(string text) => MD5.HashData(Encoding.ASCII.GetBytes(text));
#pragma warning restore CA5351
}
