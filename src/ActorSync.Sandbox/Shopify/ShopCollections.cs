namespace ActorSync.Sandbox.Shopify;

/// <summary>A collection. Which products are in it is kept here and not at the product: joining or leaving moves no product's version and sends no products/update.</summary>
public sealed record ShopCollection
{
    public required long Id { get; init; }
    public required string Title { get; init; }
    public required string Handle { get; init; }
    public string DescriptionHtml { get; init; } = "";
    public string? SeoTitle { get; init; }
    public string? SeoDescription { get; init; }
    public string SortOrder { get; init; } = "BEST_SELLING";
    public string? TemplateSuffix { get; init; }

    /// <summary>Null for a manual one, whose products are listed.</summary>
    public ShopRuleSet? Rules { get; init; }

    /// <summary>Of a manual collection, in the order in which they joined.</summary>
    public IReadOnlyList<long> Products { get; init; } = [];
    public required DateTimeOffset UpdatedAt { get; init; }
}

public sealed record ShopRuleSet(bool Disjunctive, IReadOnlyList<ShopRule> Rules)
{
    public bool Matches(ShopProduct product) => Disjunctive ? Rules.Any(r => r.Matches(product)) : Rules.All(r => r.Matches(product));
}

/// <summary>A condition on a product. Columns that are not served match nothing.</summary>
public sealed record ShopRule(string Column, string Relation, string Condition)
{
    public bool Matches(ShopProduct product) => Column switch
    {
        "TAG" => Any(product.Tags),
        "TITLE" => Any([product.Title]),
        "TYPE" => Any([product.ProductType]),
        "VENDOR" => Any([product.Vendor]),
        "VARIANT_TITLE" => Any(product.Variants.Select(v => v.Title)),
        _ => false,
    };

    private bool Any(IEnumerable<string> values) => Relation switch
    {
        "EQUALS" => values.Any(v => string.Equals(v, Condition, StringComparison.OrdinalIgnoreCase)),
        "NOT_EQUALS" => !values.Any(v => string.Equals(v, Condition, StringComparison.OrdinalIgnoreCase)),
        "CONTAINS" => values.Any(v => v.Contains(Condition, StringComparison.OrdinalIgnoreCase)),
        "NOT_CONTAINS" => !values.Any(v => v.Contains(Condition, StringComparison.OrdinalIgnoreCase)),
        "STARTS_WITH" => values.Any(v => v.StartsWith(Condition, StringComparison.OrdinalIgnoreCase)),
        "ENDS_WITH" => values.Any(v => v.EndsWith(Condition, StringComparison.OrdinalIgnoreCase)),
        "IS_SET" => values.Any(v => v.Length > 0),
        "IS_NOT_SET" => !values.Any(v => v.Length > 0),
        _ => false,
    };
}

/// <summary>The shop's collections in memory, by id and handle. Used under the shop's lock.</summary>
public sealed class ShopCollections
{
    private readonly SortedDictionary<long, ShopCollection> byId = [];
    private readonly Dictionary<long, HashSet<long>> members = [];

    public IReadOnlyCollection<ShopCollection> All => byId.Values;

    public ShopCollection? Find(long? id) => id is { } known ? byId.GetValueOrDefault(known) : null;

    public ShopCollection? ByHandle(string handle) => byId.Values.FirstOrDefault(c => c.Handle == handle);

    public bool Has(ShopCollection collection, ShopProduct product) =>
        collection.Rules is { } rules ? rules.Matches(product) : members.TryGetValue(collection.Id, out var ids) && ids.Contains(product.Id);

    public IEnumerable<ShopCollection> Of(ShopProduct product) => byId.Values.Where(c => Has(c, product));

    public IEnumerable<ShopProduct> ProductsOf(ShopCollection collection, IReadOnlyDictionary<long, ShopProduct> products) => collection.Rules is { } rules
        ? products.Values.Where(rules.Matches)
        : collection.Products.Select(id => products.GetValueOrDefault(id)).OfType<ShopProduct>();

    internal void Keep(ShopCollection collection)
    {
        byId[collection.Id] = collection;
        members[collection.Id] = [.. collection.Products];
    }

    internal void Forget(long id)
    {
        byId.Remove(id);
        members.Remove(id);
    }

    internal void Clear()
    {
        byId.Clear();
        members.Clear();
    }
}
