namespace ActorSync.Channels.Shopify;

/// <summary>Outside of the wire, ids are the plain numbers as text.</summary>
internal static class ShopifyGid
{
    public static string Product(string id) => "gid://shopify/Product/" + id;
    public static string Variant(string id) => "gid://shopify/ProductVariant/" + id;
    public static string Item(string id) => "gid://shopify/InventoryItem/" + id;
    public static string MediaImage(string id) => "gid://shopify/MediaImage/" + id;
    public static string Location(string id) => "gid://shopify/Location/" + id;
    public static string Collection(string id) => "gid://shopify/Collection/" + id;

    /// <summary>The number in a gid; a query part (inventory levels have one) is not part of it.</summary>
    public static string Number(string gid)
    {
        var end = gid.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark ? mark : gid.Length;
        return gid[(gid.LastIndexOf('/', end - 1) + 1)..end];
    }

    public static bool IsNumber(string id) => id.Length is > 0 and <= 20 && id.All(char.IsAsciiDigit);
}
