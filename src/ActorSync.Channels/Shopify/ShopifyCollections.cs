using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>The shop's collections by title and handle, read once per batch and only when a change of membership is to be written.</summary>
internal sealed class ShopifyCollections(ShopifyClient client)
{
    /// <summary>More than this many collections are not looked through.</summary>
    private const int MaxPages = 20;
    public const string Unknown = "COLLECTION_UNKNOWN";
    private readonly Lock _gate = new();
    private Task<ChannelFault?>? _load;
    private List<Known>? _all;
    private bool _isCutOff;

    /// <summary>Null once the collections are known; else why they could not be read.</summary>
    public Task<ChannelFault?> LoadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _load ??= ReadAsync(cancellationToken);
        }
    }

    /// <summary>The manual collection of a title or handle, or in words why products cannot be put there.</summary>
    public (string? Id, string? Code, string? Problem) Find(string element)
    {
        var key = Canonical.ElementKey(element);
        var titled = _all!.Where(known => known.Key == key).ToArray();
        var found = titled.Length > 0 ? titled : [.. _all!.Where(known => known.Handle == key)];
        return found switch
        {
            [] => (null, Unknown, _isCutOff
                ? $"'{element}' is not among the first {_all!.Count} collections of the shop; more are not looked through."
                : $"Shopify has no collection '{element}'. Create it there, or correct its name here."),
            _ when Array.Exists(found, known => known.IsRuled) => (null, "COLLECTION_BY_RULE",
                $"'{element}' is filled by rules at Shopify; products cannot be put in or taken out by hand. Change its conditions there."),
            [var only] => (only.Id, null, null),
            _ => (null, "COLLECTION_AMBIGUOUS", $"Shopify has {found.Length} collections named '{element}'; rename them there, or name one by its handle here."),
        };
    }

    private async Task<ChannelFault?> ReadAsync(CancellationToken cancellationToken)
    {
        var all = new List<Known>();
        string? after = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await client.SendAsync(ShopifyOperations.CollectionsPage, new JsonObject { ["after"] = after }, Lane.Content, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return fault;
            }

            if (answer.Root("collections") is not { } connection)
            {
                return new ChannelFault
                {
                    Kind = ChannelFaultKind.Unauthorised,
                    Code = "ACCESS_DENIED",
                    Message = answer.Denied is [var denied, ..] ? denied : "Shopify's answer holds no list of collections.",
                };
            }

            all.AddRange(ShopifyMapper.Nodes(connection).Select(node => new Known(
                node.GetProperty("id").GetString()!, Canonical.ElementKey(node.GetProperty("title").GetString()!), node.GetProperty("handle").GetString()!, IsRuled(node))));
            after = ShopifyMapper.NextCursor(connection);
            if (after is null)
            {
                break;
            }
        }

        (_all, _isCutOff) = (all, after is not null);
        return null;
    }

    /// <summary>Products are listed by hand only where no source has conditions or stands for other collections.</summary>
    private static bool IsRuled(JsonElement collection) => collection.GetProperty("sources").EnumerateArray().Any(source =>
        ShopifyMapper.Child(source, "inclusion") is not { ValueKind: JsonValueKind.Object } inclusion || inclusion.GetProperty("conditions").GetArrayLength() > 0);

    private sealed record Known(string Id, string Key, string Handle, bool IsRuled);
}
