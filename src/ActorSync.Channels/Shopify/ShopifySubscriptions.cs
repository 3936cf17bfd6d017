using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>What has to exist at the shop for us: webhook subscriptions, and the definition of the metafield that holds the hub's id.</summary>
internal sealed class ShopifySubscriptions(ShopifyClient client, ChannelId channel)
{
    private const int MaxPages = 10;
    private const int LongestName = 50;
    private const int NamedByHash = 12;
    private bool _definitionKnown;

    public async Task<WebhookRegistration> EnsureAsync(Uri target, CancellationToken cancellationToken)
    {
        if (await EnsureDefinitionAsync(cancellationToken) is { } fault)
        {
            return new WebhookRegistration { Ok = false, Fault = fault };
        }

        var (existing, scopes, failure) = await ListAsync(cancellationToken);
        if (failure is not null)
        {
            return new WebhookRegistration { Ok = false, Fault = failure };
        }

        var created = ImmutableArray.CreateBuilder<string>();
        var refused = ImmutableArray.CreateBuilder<string>();
        foreach (var known in ShopifyTopics.All.Where(known => known.Subscribed is not null))
        {
            if (known.Scope is { } scope && !ShopifyScopes.Holds(scopes, scope))
            {
                refused.Add($"{known.Name}: the app lacks the access scope {scope}.");
                continue;
            }

            var topic = known.Subscribed!;
            var ours = NameOf(topic);
            var right = existing.FirstOrDefault(found => found.Topic == topic && found.Uri == target.AbsoluteUri);
            // Only what carries our name is removed: other subscriptions of the app belong to somebody else.
            foreach (var stale in existing.Where(found => found.Name == ours && found != right))
            {
                var deleted = await client.SendAsync(ShopifyOperations.WebhookDelete, new JsonObject { ["id"] = stale.Id }, Lane.Content, cancellationToken);
                if (deleted.Fault is { } deleteFault)
                {
                    return new WebhookRegistration { Ok = false, Created = created.ToImmutable(), Fault = deleteFault };
                }
            }

            if (right is not null)
            {
                continue;
            }

            var answer = await client.SendAsync(ShopifyOperations.WebhookCreate, new JsonObject
            {
                ["topic"] = topic,
                ["subscription"] = new JsonObject { ["uri"] = target.AbsoluteUri, ["format"] = "JSON", ["name"] = ours },
            }, Lane.Content, cancellationToken);
            var refusal = ShopifyErrors.UserErrors(answer.Root("webhookSubscriptionCreate")).FirstOrDefault();
            if ((answer.Fault ?? Refused(refusal)) is { } createFault)
            {
                return new WebhookRegistration { Ok = false, Created = created.ToImmutable(), Fault = createFault };
            }

            created.Add(known.Name);
        }

        return new WebhookRegistration { Ok = true, Created = created.ToImmutable(), Refused = refused.ToImmutable() };
    }

    /// <summary>Custom ids only work with a definition of type id. Asked once per connection.</summary>
    public async Task<ChannelFault?> EnsureDefinitionAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _definitionKnown))
        {
            return null;
        }

        var found = await client.SendAsync(ShopifyOperations.HubIdDefinition, [], Lane.Content, cancellationToken);
        if (found.Fault is { } fault)
        {
            return fault;
        }

        if (!ShopifyMapper.Nodes(found.Root("metafieldDefinitions")).Any())
        {
            var made = await client.SendAsync(ShopifyOperations.HubIdDefine, new JsonObject
            {
                ["definition"] = new JsonObject
                {
                    ["namespace"] = "$app:actorsync",
                    ["key"] = "hub_id",
                    ["name"] = "ActorSync product id",
                    ["ownerType"] = "PRODUCT",
                    ["type"] = "id",
                },
            }, Lane.Content, cancellationToken);
            var refusal = ShopifyErrors.UserErrors(made.Root("metafieldDefinitionCreate")).FirstOrDefault(error => error.Code != "TAKEN");
            if ((made.Fault ?? Refused(refusal)) is { } createFault)
            {
                return createFault;
            }
        }

        Volatile.Write(ref _definitionKnown, true);
        return null;
    }

    private async Task<(List<Subscription> Found, HashSet<string> Scopes, ChannelFault? Fault)> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<Subscription>();
        var scopes = new HashSet<string>(StringComparer.Ordinal);
        string? after = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await client.SendAsync(ShopifyOperations.Webhooks, new JsonObject { ["after"] = after }, Lane.Content, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return (all, scopes, fault);
            }

            scopes.UnionWith(ShopifyMapper.Scopes(answer));
            if (answer.Root("webhookSubscriptions") is not { } connection)
            {
                break;
            }

            all.AddRange(ShopifyMapper.Nodes(connection).Select(node => new Subscription(
                node.GetProperty("id").GetString()!, node.GetProperty("topic").GetString()!, node.GetProperty("uri").GetString()!, ShopifyMapper.Child(node, "name")?.GetString())));
            after = ShopifyMapper.NextCursor(connection);
            if (after is null)
            {
                break;
            }
        }

        return (all, scopes, null);
    }

    private static ChannelFault? Refused(ShopifyUserError? error) => error is null ? null : new ChannelFault
    {
        Kind = ChannelFaultKind.Permanent,
        Code = error.Code ?? "REFUSED",
        Message = error.Message,
    };

    /// <summary>Shopify wants names unique, of at most 50 letters, digits, '_' and '-'; a long channel id is named by its hash.</summary>
    private string NameOf(string topic)
    {
        var plain = $"actorsync-{channel.Value}-{topic}";
        var named = plain.Length <= LongestName
            ? plain
            : $"actorsync-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(channel.Value)))[..NamedByHash]}-{topic}";
        return string.Concat(named.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '-'));
    }

    private sealed record Subscription(string Id, string Topic, string Uri, string? Name);
}
