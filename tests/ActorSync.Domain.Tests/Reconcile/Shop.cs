using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>Writes remote products with several variants in a few words.</summary>
internal static class Shop
{
    public static ObservedProduct Product(string id, long version, string name, params ObservedVariant[] variants) => new()
    {
        ExternalId = id,
        Version = Lab.Version(version),
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue(name)),
        Options = variants.Length > 1 ? ["Size"] : [],
        Variants = [.. variants],
        VariantsComplete = true,
    };

    public static ObservedVariant Variant(string id, string? sku, string price, string? option = null, string? stock = null, long stockVersion = 0) => new()
    {
        ExternalId = id,
        StockItemId = id + "-item",
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", Canonical.Text(sku)).Add("price", new FieldValue(price)),
        OptionValues = option is null ? [] : [option],
        Stock = stock is null ? [] : [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = decimal.Parse(stock), Version = Lab.Version(stockVersion) }],
    };

    /// <summary>What the channel answers when it does exactly what it was asked.</summary>
    public static ObservedProduct Obey(PushItem item, string id, long version) => new()
    {
        ExternalId = id,
        Version = Lab.Version(version),
        Fields = item.Target.Fields,
        Sets = item.Target.Sets,
        Options = item.Target.Options,
        Variants =
        [
            .. item.Target.Variants.Where(v => !v.Remove).Select(v => new ObservedVariant
            {
                ExternalId = v.ExternalId ?? $"{id}-{v.Id}",
                Fields = v.Fields,
                OptionValues = v.OptionValues,
                Stock = [.. v.Stock.Select(s => new ObservedStock { LocationId = s.Key, Quantity = s.Value, Version = Lab.Version(version) })],
            }),
        ],
        VariantsComplete = true,
    };

    public static ImmutableArray<VariantLink> Bound(PushItem item, string id) =>
        [.. item.Target.Variants.Where(v => v.ExternalId is null && !v.Remove).Select(v => new VariantLink { Variant = v.Id, ExternalId = $"{id}-{v.Id}" })];
}
