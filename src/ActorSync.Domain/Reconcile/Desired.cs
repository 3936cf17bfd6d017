using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;

namespace ActorSync.Domain.Reconcile;

/// <summary>
/// The whole product as a channel should hold it, for calls that replace lists. A register that may not be changed now (parked, undecided, a count that
/// may not rise) stands with what the channel holds, so that a replacing call leaves it as it is.
/// </summary>
internal static class Desired
{
    public static DesiredProduct Of(ReconcileContext context, ProductState product, LinkState link)
    {
        var channel = context.Channel;
        var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>(StringComparer.Ordinal);
        var sets = new Dictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        var options = ImmutableArray<string>.Empty;
        var variants = new Dictionary<VariantId, (ImmutableDictionary<string, FieldValue>.Builder Fields, ImmutableArray<string> Options)>();
        foreach (var name in channel.Mask)
        {
            if (Fields.Find(name) is { Type: FieldType.Set, Name: not Fields.Images } set)
            {
                sets[set.Name] = new SortedDictionary<string, string>(StringComparer.Ordinal);
            }
        }

        foreach (var (key, _) in product.Registers)
        {
            var field = Fields.Get(key.Field);
            var plain = key.Unscoped;
            if (Merge.IsPicture(key) || (key.Scope is not null && (key.Scope != channel.Id || product.Registers.ContainsKey(plain)))
                || (field.Type == FieldType.Money && key.Part != channel.Currency)
                || !(field.IsStructure || channel.Mask.Contains(field.Name) || channel.CreateOnly.Contains(field.Name)))
            {
                continue;
            }

            if (channel.IsFlat && key.Variant is null && field.Type != FieldType.Set && !field.IsStructure)
            {
                foreach (var variant in product.Variants)
                {
                    if (ValueFor(product, link, plain with { Variant = variant.Id }, channel) is { } each)
                    {
                        Put(variants, variant.Id, field, each);
                    }
                }

                continue;
            }

            if (ValueFor(product, link, plain, channel) is not { } value)
            {
                continue;
            }

            if (key.Variant is { } id)
            {
                Put(variants, id, field, value);
            }
            else if (field.Type == FieldType.Set)
            {
                if (!value.IsEmpty && sets.TryGetValue(field.Name, out var elements))
                {
                    elements[key.Part!] = value.Text!;
                }
            }
            else if (field.Name == Fields.Options)
            {
                options = value.ToList();
            }
            else
            {
                fields[field.Name] = value;
            }
        }

        AddForeignElements(product, link, sets);
        return new DesiredProduct
        {
            Fields = fields.ToImmutable(),
            Sets = sets.ToImmutableDictionary(s => s.Key, s => s.Value.Values.ToImmutableArray(), StringComparer.Ordinal),
            Options = options,
            Variants = Variants(context, product, link, variants),
            Images = channel.Mask.Contains(Fields.Images) ? Images(product, link, channel.Id) : [],
        };
    }

    private static ImmutableArray<DesiredImage> Images(ProductState product, LinkState link, ChannelId channel)
    {
        var wanted = product.Pictures(channel);
        var desired = wanted.Select(image => new DesiredImage
        {
            Key = image.Key,
            Url = image.Url,
            Alt = product.AltOf(image, channel),
            MediaIds = [.. link.Media.Where(m => m is { Gone: false, Status: not MediaStatus.Failed } && m.Key == image.Key).Select(m => m.MediaId)],
        });
        var removed = link.Media.Where(m => m is { Ours: true, Gone: false, Key: { } key } && wanted.All(image => image.Key != key)).GroupBy(m => m.Key!)
            .Select(group => new DesiredImage { Key = group.Key, MediaIds = [.. group.Select(m => m.MediaId)], Remove = true });
        return [.. desired, .. removed];
    }

    /// <summary>Elements that only the channel has, and that wait for a decision or were refused, stay.</summary>
    private static void AddForeignElements(ProductState product, LinkState link, Dictionary<string, SortedDictionary<string, string>> sets)
    {
        foreach (var (key, known) in link.Registers)
        {
            if (key.Part is { } part && sets.TryGetValue(key.Field, out var elements) && product.Winner(key) is null && known.Last?.Value.Text is { } held)
            {
                elements.TryAdd(part, held);
            }
        }
    }

    private static void Put(
        Dictionary<VariantId, (ImmutableDictionary<string, FieldValue>.Builder Fields, ImmutableArray<string> Options)> variants, VariantId id, FieldDefinition field, FieldValue value)
    {
        if (!variants.TryGetValue(id, out var variant))
        {
            variant = (ImmutableDictionary.CreateBuilder<string, FieldValue>(StringComparer.Ordinal), []);
        }

        if (field.Name == Fields.OptionValues)
        {
            variant.Options = value.ToList();
        }
        else if (field.Name != Fields.Exists)
        {
            variant.Fields[field.Name] = value;
        }

        variants[id] = variant;
    }

    private static FieldValue? ValueFor(ProductState product, LinkState link, RegisterKey key, ChannelProfile channel)
    {
        if (product.Target(FlatChannels.ClaimKey(channel, key), channel.Id) is not { } target)
        {
            return null;
        }

        if (link.Registers.TryGetValue(key, out var known) && (known.Undecided || (known.Parked is { } parked && parked.TargetHash == target.Value.Hash)))
        {
            return known.Last?.Value;
        }

        return target.Value;
    }

    private static ImmutableArray<DesiredVariant> Variants(ReconcileContext context, ProductState product, LinkState link,
        Dictionary<VariantId, (ImmutableDictionary<string, FieldValue>.Builder Fields, ImmutableArray<string> Options)> values)
    {
        var desired = ImmutableArray.CreateBuilder<DesiredVariant>(product.Variants.Length);
        foreach (var variant in product.Variants)
        {
            VariantLink? living = null;
            var isGone = false;
            foreach (var known in link.Variants)
            {
                if (known.Variant == variant.Id)
                {
                    living = known.Gone ? living : known;
                    isGone |= known.Gone;
                }
            }

            var isUndecided = link.Registers.TryGetValue(new RegisterKey(Fields.Exists, variant.Id), out var existence) && existence.Undecided;
            if (living is null && (!variant.Exists || isGone || isUndecided))
            {
                continue;
            }

            var isRemovedElsewhere = !variant.Exists && !context.Policy.DeletesSpread
                && product.Winner(new RegisterKey(Fields.Exists, variant.Id)) is { Origin.Kind: not OriginKind.Hub };
            values.TryGetValue(variant.Id, out var own);
            desired.Add(new DesiredVariant
            {
                Id = variant.Id,
                ExternalId = living?.ExternalId,
                StockItemId = living?.StockItemId,
                Fields = own.Fields?.ToImmutable() ?? ImmutableDictionary<string, FieldValue>.Empty,
                OptionValues = own.Options.IsDefault ? [] : own.Options,
                Stock = StockOf(context, product, link, variant.Id),
                Remove = !variant.Exists && !isRemovedElsewhere,
            });
        }

        return desired.ToImmutable();
    }

    private static ImmutableDictionary<string, decimal> StockOf(ReconcileContext context, ProductState product, LinkState link, VariantId variant)
    {
        var channel = context.Channel;
        if (context.Policy.StockOrigin is null || context.Policy.StockOrigin == channel.Id.Value || !channel.Mask.Contains(Fields.Available))
        {
            return ImmutableDictionary<string, decimal>.Empty;
        }

        var stock = ImmutableDictionary.CreateBuilder<string, decimal>(StringComparer.Ordinal);
        foreach (var location in channel.Locations)
        {
            if (StockRules.Target(product.Stock, variant, location, channel) is not { } wanted)
            {
                continue;
            }

            var current = link.Registers.TryGetValue(new RegisterKey(Fields.Available, variant, location.LocationId), out var known) ? known.Last : null;
            var mayNotRise = current?.Value.ToDecimal() is { } held && wanted.Quantity > held && wanted.Source <= current.Source;
            stock[location.LocationId] = mayNotRise ? current!.Value.ToDecimal()!.Value : wanted.Quantity;
        }

        return stock.ToImmutable();
    }
}
