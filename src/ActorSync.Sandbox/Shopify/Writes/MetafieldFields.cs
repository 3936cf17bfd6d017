using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>Metafields of products and variants, and the definitions that give them a type.</summary>
public static class MetafieldFields
{
    public const string AppNamespace = "app--347082227713";

    public static string Namespace(string? given) => given switch
    {
        null or "" or "$app" => AppNamespace,
        _ when given.StartsWith("$app:", StringComparison.Ordinal) => $"{AppNamespace}--{given[5..]}",
        _ => given,
    };

    public static string Digest(ShopMetafield metafield) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{metafield.Id}\n{metafield.Type}\n{metafield.Value}")));

    public static string? TypeOf(Shop shop, string owner, string @namespace, string key, string? given) =>
        given is { Length: > 0 } ? given : shop.Definitions.FirstOrDefault(d => d.OwnerType == owner && d.Namespace == @namespace && d.Key == key)?.Type;

    /// <summary>Adds or replaces one by namespace and key; the id of an existing one stays.</summary>
    public static IReadOnlyList<ShopMetafield> With(Shop shop, IReadOnlyList<ShopMetafield> all, string @namespace, string key, string type, string value)
    {
        var old = all.FirstOrDefault(m => m.Namespace == @namespace && m.Key == key);
        if (old is not null && old.Value == value && old.Type == type)
        {
            return all;
        }

        var changed = old is null
            ? new ShopMetafield(shop.NewId(), @namespace, key, type, value, shop.Now, shop.Now)
            : old with { Type = type, Value = value, UpdatedAt = shop.Now };
        return old is null ? [.. all, changed] : [.. all.Select(m => m.Id == old.Id ? changed : m)];
    }

    /// <summary>The list of an input object: it merges on update, and is the whole truth in productSet.</summary>
    public static IReadOnlyList<ShopMetafield> Apply(
        Shop shop, IReadOnlyList<ShopMetafield> current, Input input, string owner, bool replace, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        if (!input.Gives("metafields"))
        {
            return current;
        }

        var result = current;
        var kept = new HashSet<(string, string)>();
        var index = -1;
        foreach (var row in input.List("metafields"))
        {
            index++;
            var existing = row.Id("id") is { } id ? current.FirstOrDefault(m => m.Id == id.Number) : null;
            var space = existing?.Namespace ?? Namespace(row.Text("namespace"));
            if ((existing?.Key ?? row.Text("key")) is not { Length: > 0 } key || (row.Text("value") ?? existing?.Value) is not { } value)
            {
                errors.Add(new ShopUserError([.. path, "metafields", index.ToString(System.Globalization.CultureInfo.InvariantCulture)], "Key can't be blank", "INVALID_METAFIELD"));
                continue;
            }

            if ((existing?.Type ?? TypeOf(shop, owner, space, key, row.Text("type"))) is not { } type)
            {
                errors.Add(new ShopUserError([.. path, "metafields", index.ToString(System.Globalization.CultureInfo.InvariantCulture), "type"], "Type can't be blank", "INVALID_METAFIELD"));
                continue;
            }

            kept.Add((space, key));
            result = With(shop, result, space, key, type, value);
        }

        return replace ? [.. result.Where(m => kept.Contains((m.Namespace, m.Key)))] : result;
    }
}
