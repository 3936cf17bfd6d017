using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Channels;

/// <summary>
/// Channels without products in the hub's sense: one thing per SKU (docs/adr/0003-flat-channels.md). The link's external id is a handle, the first id bound;
/// what counts are the variant links. Bodies and targets carry every field in the variant, and what the channel holds of a product's field is kept per
/// variant, so that siblings that differ are seen one by one.
/// </summary>
public static class FlatChannels
{
    /// <summary>The product's own register behind a shadow that is kept per variant.</summary>
    public static RegisterKey ClaimKey(ChannelProfile channel, RegisterKey key)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.IsFlat && key.Variant is not null && Fields.Get(key.Field).Scope == FieldScope.Product ? key with { Variant = null } : key;
    }

    /// <summary>The body is about a variant of this product: by link, else by SKU or GTIN of one that is not linked; any body is about a product that has none.</summary>
    public static bool Belongs(ProductState product, LinkState link, ObservedProduct body)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(body);
        if (product.Variants.IsEmpty || link.Variants.Any(known => body.Variants.Any(seen => seen.ExternalId == known.ExternalId) || known.ExternalId == body.ExternalId))
        {
            return true;
        }

        var free = product.LivingVariants().Where(variant => link.Variants.All(known => known.Gone || known.Variant != variant.Id)).ToList();
        return body.Variants.Any(seen => free.Any(variant => IsMarked(product, variant.Id, seen)));
    }

    /// <summary>Reads of the things that one product consists of, as one look at the product; those that are gone speak for themselves.</summary>
    public static ImmutableArray<Observation> Together(string handle, IReadOnlyList<Observation> reads)
    {
        ArgumentNullException.ThrowIfNull(reads);
        var living = reads.Where(read => !read.Body.Deleted).ToList();
        var together = ImmutableArray.CreateBuilder<Observation>();
        together.AddRange(reads.Where(read => read.Body.Deleted));
        if (living.Count > 0)
        {
            together.Add(living[0] with
            {
                ReadStartedAt = living.Min(read => read.ReadStartedAt),
                Body = new ObservedProduct { ExternalId = handle, Version = living.Max(read => read.Body.Version), Variants = [.. living.SelectMany(read => read.Body.Variants)] },
            });
        }

        return together.ToImmutable();
    }

    private static bool IsMarked(ProductState product, VariantId variant, ObservedVariant seen)
    {
        var sku = Identity.IdentitySku(Identity.Text(seen.Fields, Fields.Sku));
        var gtin = Gtin.Key(Identity.Text(seen.Fields, Fields.Gtin));
        return (sku is not null && sku == Identity.IdentitySku(product.Sku(variant)))
            || (gtin is not null && gtin == Gtin.Key(product.Value(Fields.Gtin, variant)?.Text));
    }
}
