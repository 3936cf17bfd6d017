using System.Globalization;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Shopify's global ids: gid://shopify/Product/1, and for levels gid://shopify/InventoryLevel/1?inventory_item_id=2.</summary>
public readonly record struct Gid(string Type, string Id, string? Query)
{
    private const string Prefix = "gid://shopify/";

    public static Gid? Parse(string? text)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = text[Prefix.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == rest.Length - 1)
        {
            return null;
        }

        var id = rest[(slash + 1)..];
        var mark = id.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? new Gid(rest[..slash], id, Query: null) : new Gid(rest[..slash], id[..mark], id[(mark + 1)..]);
    }

    public long? Number => long.TryParse(Id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static string Of(string type, long id) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{type}/{id}");

    public static string OfLevel(long levelNumber, long itemId) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}InventoryLevel/{levelNumber}?inventory_item_id={itemId}");
}
