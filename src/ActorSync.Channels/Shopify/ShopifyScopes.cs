namespace ActorSync.Channels.Shopify;

/// <summary>Rights of the app in a shop (contract section 1): what is asked for, and what does not work without.</summary>
internal static class ShopifyScopes
{
    private const string Write = "write_";
    private const string Read = "read_";

    /// <summary>Null = nothing that the hub does now depends on it.</summary>
    private static readonly ImmutableArray<(string Name, string? Without)> All =
    [
        ("read_products", "no product is read"),
        ("write_products", "no product is written"),
        ("read_inventory", "no count is read"),
        ("write_inventory", "no count is written"),
        ("read_locations", "counts cannot be told apart by location"),
        ("read_publications", null),
        ("write_publications", null),
        ("read_files", null),
        ("write_files", "pictures are neither described anew nor taken off a product"),
        // Without it the topics of orders are refused, which is told there.
        ("read_orders", null),
    ];

    /// <summary>As the authorize address wants them.</summary>
    public static string Asked { get; } = string.Join(',', All.Select(scope => scope.Name));

    /// <summary>What is missing and what to do about it, as a sentence; null = nothing.</summary>
    public static string? Missing(IEnumerable<string> granted)
    {
        var held = granted.ToHashSet(StringComparer.Ordinal);
        var missing = All.Where(scope => scope.Without is not null && !Holds(held, scope.Name)).ToList();
        return missing.Count == 0 ? null
            : $"The token lacks the access scopes {string.Join(", ", missing.Select(scope => scope.Name))}: {string.Join("; ", missing.Select(scope => scope.Without))}. "
                + "Add them to the app (Dev Dashboard, a new version with these scopes), let the shop agree to it, then POST /api/channels/{id}/test.";
    }

    /// <summary>A write scope includes the read scope of the same name.</summary>
    public static bool Holds(HashSet<string> granted, string scope) =>
        granted.Contains(scope) || (scope.StartsWith(Read, StringComparison.Ordinal) && granted.Contains(Write + scope[Read.Length..]));
}
