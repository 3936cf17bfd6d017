namespace ActorSync.Sandbox.Shopify;

/// <summary>Rights of the app: what may be granted, and which of them open a field (any one does). What is not named here is open.</summary>
public static class ShopScopes
{
    public static readonly IReadOnlyList<string> All =
    [
        "read_products", "write_products", "read_inventory", "write_inventory", "read_locations", "read_publications", "write_publications", "read_files", "write_files", "read_orders",
    ];

    private static readonly Dictionary<string, string[]> ByField = new(StringComparer.Ordinal)
    {
        ["QueryRoot.inventoryItem"] = ["read_inventory", "read_products"],
        ["QueryRoot.inventoryItems"] = ["read_inventory", "read_products"],
        ["QueryRoot.inventoryLevel"] = ["read_inventory"],
        ["QueryRoot.location"] = ["read_locations", "read_inventory"],
        ["QueryRoot.locations"] = ["read_locations", "read_inventory"],
        ["QueryRoot.publications"] = ["read_publications"],
        ["InventoryItem.inventoryLevel"] = ["read_inventory"],
        ["InventoryItem.inventoryLevels"] = ["read_inventory"],
        ["Location.name"] = ["read_locations"],
        ["Product.resourcePublicationsCount"] = ["read_publications"],
        ["Mutation.fileUpdate"] = ["write_files"],
    };

    private static readonly (string Prefix, string Scope)[] ByPrefix =
    [
        ("QueryRoot.productOperation", "write_products"), ("QueryRoot.product", "read_products"), ("QueryRoot.collection", "read_products"),
        ("Mutation.product", "write_products"), ("Mutation.collection", "write_products"), ("Mutation.tags", "write_products"),
        ("Mutation.inventory", "write_inventory"), ("Mutation.publishable", "write_publications"),
    ];

    /// <summary>The scopes of which none is granted; null = the field is open. A write scope includes the read scope of the same name.</summary>
    public static IReadOnlyList<string>? Lacking(string type, string field, IReadOnlyCollection<string> granted)
    {
        var name = $"{type}.{field}";
        var opening = ByField.GetValueOrDefault(name)
            ?? (ByPrefix.FirstOrDefault(rule => name.StartsWith(rule.Prefix, StringComparison.Ordinal)) is { Scope: { } scope } ? [scope] : null);
        return opening is null || opening.Any(one => granted.Contains(one) || granted.Contains(one.Replace("read_", "write_", StringComparison.Ordinal))) ? null : opening;
    }

    /// <summary>As token answers list them: without the read scopes that a write scope includes.</summary>
    public static string Compact(IReadOnlyCollection<string> granted) =>
        string.Join(',', granted.Where(scope => !scope.StartsWith("read_", StringComparison.Ordinal) || !granted.Contains("write_" + scope["read_".Length..])));
}
