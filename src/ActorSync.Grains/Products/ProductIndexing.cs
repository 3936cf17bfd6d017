using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Stock;

namespace ActorSync.Grains.Products;

/// <summary>What lists filter and sort by, derived from a product and its links. Pure.</summary>
internal static class ProductIndexing
{
    /// <summary>The plans are those of the configured channels, made as if they were live.</summary>
    public static ProductIndex Of(
        ProductScene scene,
        ProductState product,
        ImmutableDictionary<ChannelId, LinkState> links,
        IReadOnlyDictionary<ChannelId, PushPlan> plans)
    {
        var living = product.LivingVariants().ToList();
        // An ambiguous product holds no identity: the SKU stays with the product that had it first. A deleted one gives its own back.
        var withheld = product.Life == ProductLife.Deleted || links.Values.Any(link => link.Status == LinkStatus.Ambiguous);
        return new ProductIndex
        {
            Name = product.Value(Fields.Name)?.Text,
            Status = StatusOf(product),
            Vendor = product.Value("vendor")?.Text,
            ProductType = product.Value("productType")?.Text,
            Tags = product.SetElements(Fields.Tags),
            SyncStatus = SyncStatusOf(scene, product, links, plans),
            HasConflict = product.Conflicts.Any(row => row.State == ConflictState.Open),
            Price = LowestPrice(product, living, scene.Policy.Currency),
            Available = product.Stock.Levels.IsEmpty ? null : product.Stock.Levels.Where(level => living.Any(v => v.Id == level.Variant)).Sum(level => level.Available),
            UnaccountedSince = UnaccountedSince(scene, product),
            Variants = Codes(product, living, withheld),
        };
    }

    private static DateTimeOffset? UnaccountedSince(ProductScene scene, ProductState product)
    {
        DateTimeOffset? oldest = null;
        foreach (var reservation in product.Stock.Reservations)
        {
            if (StockRules.OverdueAt(scene.Policy, reservation) is not null && !(oldest <= reservation.HeardAt))
            {
                oldest = reservation.HeardAt;
            }
        }

        return oldest;
    }

    private static string SyncStatusOf(
        ProductScene scene,
        ProductState product,
        ImmutableDictionary<ChannelId, LinkState> links,
        IReadOnlyDictionary<ChannelId, PushPlan> plans) =>
        SyncStatuses.Of(product, plans.Select(pair => (links[pair.Key], scene.Channels[pair.Key].IsLive ? pair.Value : Watched(pair.Value))))
            .ToString().ToUpperInvariant();

    /// <summary>Nothing is on its way to a channel that is only observed; what needs a decision there still does.</summary>
    private static PushPlan Watched(PushPlan plan) => plan with { Delta = [], Guard = null, HasWork = false };

    private static string StatusOf(ProductState product) => product switch
    {
        { Life: ProductLife.Deleted } => "deleted",
        _ when product.Value(Fields.IsActive) == FieldValue.False => "inactive",
        _ => "active",
    };

    private static decimal? LowestPrice(ProductState product, List<Variant> living, string currency)
    {
        decimal? lowest = null;
        foreach (var variant in living)
        {
            if (product.Price(variant.Id, currency) is { } price && (lowest is null || price < lowest))
            {
                lowest = price;
            }
        }

        return lowest;
    }

    private static ImmutableArray<VariantCodes> Codes(ProductState product, List<Variant> living, bool withheld)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. living.Select(variant =>
            {
                var sku = product.Sku(variant.Id);
                var identity = withheld ? null : Identity.IdentitySku(sku);
                return new VariantCodes
                {
                    Variant = variant.Id,
                    // One SKU on two variants of one product: the first has it.
                    IdentitySku = identity is not null && seen.Add(identity) ? identity : null,
                    Sku = sku,
                    Gtin = product.Value(Fields.Gtin, variant.Id)?.Text is { } gtin ? Gtin.Key(gtin) ?? gtin : null,
                };
            }),
        ];
    }
}
