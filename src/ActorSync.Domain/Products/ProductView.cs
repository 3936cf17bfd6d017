
namespace ActorSync.Domain.Products;

/// <summary>Reading a product's values. Claims are stored best first, so that the value of a register is that of its first claim.</summary>
public static class ProductView
{
    public static Claim? Winner(this ProductState product, RegisterKey key)
    {
        ArgumentNullException.ThrowIfNull(product);
        return product.Registers.TryGetValue(key, out var register) && !register.Claims.IsEmpty ? register.Claims[0] : null;
    }

    /// <summary>Null = nobody ever said anything about it; <see cref="FieldValue.Empty"/> = it is known to be empty.</summary>
    public static FieldValue? Value(this ProductState product, RegisterKey key) => product.Winner(key)?.Value;

    public static FieldValue? Value(this ProductState product, string field, VariantId? variant = null, string? part = null) =>
        product.Value(new RegisterKey(field, variant, part));

    /// <summary>The claim that a channel should hold: its override, else the product's own.</summary>
    public static Claim? Target(this ProductState product, RegisterKey key, ChannelId channel) =>
        product.Winner(key with { Scope = channel }) ?? product.Winner(key.Unscoped);

    /// <summary>The elements of a list field as shown, ordered by key.</summary>
    public static ImmutableArray<string> SetElements(this ProductState product, string field, ChannelId? channel = null)
    {
        ArgumentNullException.ThrowIfNull(product);
        var elements = new SortedDictionary<string, FieldValue>(StringComparer.Ordinal);
        foreach (var (key, register) in product.Registers)
        {
            if (key.Part is not { } part || register.Claims.IsEmpty || !string.Equals(key.Field, field, StringComparison.Ordinal))
            {
                continue;
            }

            if (key.Scope is null)
            {
                elements.TryAdd(part, register.Claims[0].Value);
            }
            else if (channel is not null && key.Scope == channel)
            {
                elements[part] = register.Claims[0].Value;
            }
        }

        return [.. elements.Values.Where(v => !v.IsEmpty).Select(v => v.Text!)];
    }

    /// <summary>The product's pictures in their order, as the channel (or, without one, the hub) should show them.</summary>
    public static ImmutableArray<ProductImage> Pictures(this ProductState product, ChannelId? channel = null)
    {
        ArgumentNullException.ThrowIfNull(product);
        var order = new RegisterKey(Fields.ImageOrder);
        var keys = product.Images.Keys.Where(key => (channel is { } id ? product.Target(new RegisterKey(Fields.Images, null, key), id)
            : product.Winner(new RegisterKey(Fields.Images, null, key))) is { Value.IsEmpty: false });
        return [.. ImageOrder.Sort(keys, (channel is { } of ? product.Target(order, of) : product.Winner(order))?.Value).Select(key => product.Images[key])];
    }

    /// <summary>The words for a picture, as the channel (or, without one, the hub) should show them; null = none.</summary>
    public static string? AltOf(this ProductState product, ProductImage image, ChannelId? channel = null)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(image);
        var key = new RegisterKey(Fields.ImageAlt, null, image.Key);
        return (channel is { } id ? product.Target(key, id) : product.Winner(key)) is { } claim ? claim.Value.Text : image.Alt;
    }

    public static IEnumerable<Variant> LivingVariants(this ProductState product)
    {
        ArgumentNullException.ThrowIfNull(product);
        return product.Variants.Where(v => v.Exists);
    }

    public static Variant? FindVariant(this ProductState product, VariantId id)
    {
        ArgumentNullException.ThrowIfNull(product);
        foreach (var variant in product.Variants)
        {
            if (variant.Id == id)
            {
                return variant;
            }
        }

        return null;
    }

    public static string? Sku(this ProductState product, VariantId variant) => product.Value(new RegisterKey(Fields.Sku, variant))?.Text;

    public static decimal? Price(this ProductState product, VariantId variant, string currency) =>
        product.Value(new RegisterKey(Fields.Price, variant, currency))?.ToDecimal();

    public static string Name(this ProductState product)
    {
        ArgumentNullException.ThrowIfNull(product);
        return product.Value(new RegisterKey(Fields.Name))?.Text ?? "";
    }

    /// <summary>What people know the variant by: its SKU, else its option values, else its number.</summary>
    public static string VariantLabel(this ProductState product, VariantId variant)
    {
        if (product.Sku(variant) is { Length: > 0 } sku)
        {
            return sku;
        }

        var options = product.Value(new RegisterKey(Fields.OptionValues, variant))?.ToList() ?? [];
        return options.IsEmpty ? variant.ToString() : string.Join(" / ", options);
    }
}
