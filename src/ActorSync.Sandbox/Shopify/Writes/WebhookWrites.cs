using System.Net;
using System.Text.RegularExpressions;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>
/// Webhook subscriptions. One deviation from Shopify, on purpose: an http address is accepted when its host is the loopback, because the hub of a demo has no
/// certificate and no public name.
/// </summary>
public static partial class WebhookWrites
{
    private const int LongestName = 50;
    private const int MostSubscriptions = 500;

    public static Payload Create(Shop shop, string topic, Input input)
    {
        var errors = new List<ShopUserError>();
        var uri = input.Text("uri") ?? input.Text("callbackUrl") ?? "";
        CheckAddress(uri, errors);
        CheckFormat(topic, uri, input, errors);
        CheckRest(input, errors);
        if (input.Text("name") is { Length: > 0 } name && shop.Subscriptions.Any(s => s.Name == name))
        {
            errors.Add(new ShopUserError(["webhookSubscription", "name"], "Name already exists, no duplicate allowed"));
        }

        if (topic.StartsWith("ORDERS_", StringComparison.Ordinal) && !shop.AccessScopes.Contains("read_orders"))
        {
            errors.Add(new ShopUserError(["topic"], "You cannot create a webhook subscription with the specified topic"));
        }

        if (errors.Count == 0 && Taken(shop, topic, uri, except: null))
        {
            errors.Add(Address("Address for this topic has already been taken"));
        }

        if (errors.Count == 0 && shop.Subscriptions.Count >= MostSubscriptions)
        {
            errors.Add(Address($"The shop has {MostSubscriptions} subscriptions already"));
        }

        if (errors.Count > 0)
        {
            return new Payload(errors) { ["webhookSubscription"] = null };
        }

        var made = Fill(new ShopSubscription { Id = shop.NewId(), Topic = topic, Uri = uri, CreatedAt = shop.Now, UpdatedAt = shop.Now }, input);
        shop.Put(made);
        return new Payload([]) { ["webhookSubscription"] = made };
    }

    public static Payload Update(Shop shop, Gid? id, Input input)
    {
        if (shop.Subscription(id?.Number) is not { } old)
        {
            return new Payload([new ShopUserError(["id"], "Webhook subscription does not exist")]) { ["webhookSubscription"] = null };
        }

        var errors = new List<ShopUserError>();
        var uri = input.Text("uri") ?? input.Text("callbackUrl") ?? old.Uri;
        CheckAddress(uri, errors);
        CheckFormat(old.Topic, uri, input, errors);
        CheckRest(input, errors);
        if (errors.Count == 0 && Taken(shop, old.Topic, uri, old.Id))
        {
            errors.Add(Address("Address for this topic has already been taken"));
        }

        if (errors.Count > 0)
        {
            return new Payload(errors) { ["webhookSubscription"] = null };
        }

        var changed = Fill(old with { Uri = uri, UpdatedAt = shop.Now }, input);
        shop.Put(changed);
        return new Payload([]) { ["webhookSubscription"] = changed };
    }

    public static Payload Delete(Shop shop, Gid? id)
    {
        if (shop.Subscription(id?.Number) is not { } old)
        {
            return new Payload([new ShopUserError(["id"], "Webhook subscription does not exist")]) { ["deletedWebhookSubscriptionId"] = null };
        }

        shop.RemoveSubscription(old.Id);
        return new Payload([]) { ["deletedWebhookSubscriptionId"] = Gid.Of("WebhookSubscription", old.Id) };
    }

    private static ShopSubscription Fill(ShopSubscription subscription, Input input) => subscription with
    {
        Name = input.Has("name") ? input.Text("name") : subscription.Name,
        Filter = input.Has("filter") ? input.Text("filter") is { Length: > 0 } filter ? filter : null : subscription.Filter,
        IncludeFields = input.Has("includeFields") ? input.Texts("includeFields") : subscription.IncludeFields,
        Metafields = input.Has("metafields")
            ? [.. input.List("metafields").Select(m => new ShopMetafieldName(MetafieldFields.Namespace(m.Text("namespace")), m.Text("key") ?? ""))] : subscription.Metafields,
        MetafieldNamespaces = input.Has("metafieldNamespaces") ? input.Texts("metafieldNamespaces") : subscription.MetafieldNamespaces,
    };

    private static void CheckAddress(string uri, List<ShopUserError> errors)
    {
        if (string.IsNullOrWhiteSpace(uri))
        {
            errors.Add(Address("Address can't be blank"));
            return;
        }

        if (uri.StartsWith("arn:", StringComparison.Ordinal))
        {
            if (!ArnForm().IsMatch(uri))
            {
                errors.AddRange([Address("Address is invalid"), Address("Address is not a valid AWS ARN")]);
            }

            return;
        }

        var scheme = uri.Split("://")[0];
        if (scheme is "pubsub" or "kafka")
        {
            CheckQueue(scheme, uri, errors);
            return;
        }

        if (uri.Contains("://", StringComparison.Ordinal) && scheme is not ("https" or "http"))
        {
            errors.Add(Address($"Address protocol {scheme}:// is not supported"));
            return;
        }

        if (!Uri.TryCreate(uri, UriKind.Absolute, out var address) || address.Host.Length == 0)
        {
            errors.Add(Address("Address is invalid"));
            return;
        }

        if (scheme == "http")
        {
            if (IsLoopback(address))
            {
                return;
            }

            errors.Add(Address("Address protocol http:// is not supported"));
        }
        else if (IsInternal(address))
        {
            errors.Add(Address("Address cannot be a Shopify or an internal domain"));
        }
    }

    private static void CheckQueue(string scheme, string uri, List<ShopUserError> errors)
    {
        if (scheme == "kafka")
        {
            errors.AddRange([Address("Address protocol kafka:// is not supported"), Address("Address is not a valid kafka topic")]);
            return;
        }

        if (uri["pubsub://".Length..].Split(':') is not [var project, var topic])
        {
            errors.AddRange([Address("Address protocol pubsub:// is not supported"), Address("Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic")]);
            return;
        }

        if (!ProjectForm().IsMatch(project))
        {
            errors.AddRange([Address("Address is invalid"), Address("Address is not a valid GCP project id.")]);
        }
        else if (!TopicForm().IsMatch(topic) || topic.StartsWith("goog", StringComparison.Ordinal))
        {
            errors.AddRange([Address("Address is invalid"), Address("Address is not a valid GCP topic id.")]);
        }
    }

    private static void CheckFormat(string topic, string uri, Input input, List<ShopUserError> errors)
    {
        if (errors.Count > 0 || input.Text("format") != "XML")
        {
            return;
        }

        if (!uri.StartsWith("http", StringComparison.Ordinal))
        {
            errors.Add(new ShopUserError(["webhookSubscription", "format"], "Format can only be used with format: 'json'"));
        }
        else if (topic.StartsWith("RETURNS_", StringComparison.Ordinal))
        {
            errors.Add(new ShopUserError(["webhookSubscription", "format"], "Format 'xml' is invalid for this webhook topic. Allowed formats: json"));
        }
    }

    private static void CheckRest(Input input, List<ShopUserError> errors)
    {
        if (input.Text("name") is { } name)
        {
            if (name.Length == 0)
            {
                errors.Add(new ShopUserError(["webhookSubscription", "name"], "Name is too short (minimum is 1 character)"));
            }
            else if (name.Length > LongestName)
            {
                errors.Add(new ShopUserError(["webhookSubscription", "name"], $"Name is too long (maximum is {LongestName} characters)"));
            }

            if (!NameForm().IsMatch(name))
            {
                errors.Add(new ShopUserError(["webhookSubscription", "name"], "Name name field can only contain alphanumeric characters, underscores, and hyphens"));
            }
        }

        if (input.Text("filter") is { Length: > 0 } filter && new SearchQuery(filter).Terms.Any(t => t.Field is null))
        {
            errors.Add(new ShopUserError(["webhookSubscription"], "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."));
        }
    }

    private static bool Taken(Shop shop, string topic, string uri, long? except) =>
        shop.Subscriptions.Any(s => s.Id != except && s.Topic == topic && string.Equals(s.Uri, uri, StringComparison.Ordinal));

    private static bool IsLoopback(Uri address) => address.IsLoopback || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsInternal(Uri address) => IsLoopback(address) || IPAddress.TryParse(address.Host, out _)
        || address.Host.EndsWith("shopify.com", StringComparison.OrdinalIgnoreCase) || address.Host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)
        || address.Host.EndsWith(".local", StringComparison.OrdinalIgnoreCase);

    private static ShopUserError Address(string message) => new(["webhookSubscription", "callbackUrl"], message);

    [GeneratedRegex("^arn:aws:events:[a-z0-9-]+::event-source/aws\\.partner/shopify\\.com(?:\\.test)?/[0-9]+/.+$", RegexOptions.None, 1000)]
    private static partial Regex ArnForm();

    [GeneratedRegex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", RegexOptions.None, 1000)]
    private static partial Regex ProjectForm();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$", RegexOptions.None, 1000)]
    private static partial Regex TopicForm();

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.None, 1000)]
    private static partial Regex NameForm();
}
