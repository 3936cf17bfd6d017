using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Products;

public enum IdentityKeyKind { HubId, Sku, Gtin }

/// <summary>One mark by which a remote product may be recognised.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.identity-key")]
public readonly record struct IdentityKey(
    [property: Id(0)] IdentityKeyKind Kind, [property: Id(1)] string Value, [property: Id(2)] string? RemoteVariant);

/// <summary>Which hub product a remote product is: none (may be created), one, or ambiguous with the reason for people.</summary>
public readonly record struct IdentityVerdict(ProductId? Product, string? Ambiguity)
{
    public bool IsNew => Product is null && Ambiguity is null;
}

/// <summary>Recognising products and variants. Found by link first (that is the caller's table), else by SKU, else by GTIN; never guessed.</summary>
public static class Identity
{
    /// <summary>Trimmed, case-blind, null when empty: the form in which SKUs are unique inside a tenant.</summary>
    public static string? IdentitySku(string? sku)
    {
        var trimmed = sku?.Trim();
        return string.IsNullOrEmpty(trimmed) ? null : trimmed.ToUpperInvariant();
    }

    /// <summary>The marks of a remote product, strongest first, each once.</summary>
    public static ImmutableArray<IdentityKey> Keys(ObservedProduct body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var keys = ImmutableArray.CreateBuilder<IdentityKey>(1 + (2 * body.Variants.Length));
        if (!string.IsNullOrEmpty(body.HubId))
        {
            keys.Add(new IdentityKey(IdentityKeyKind.HubId, body.HubId, null));
        }

        foreach (var variant in body.Variants)
        {
            if (IdentitySku(Text(variant.Fields, Fields.Sku)) is { } sku && !Has(keys, IdentityKeyKind.Sku, sku))
            {
                keys.Add(new IdentityKey(IdentityKeyKind.Sku, sku, variant.ExternalId));
            }
        }

        foreach (var variant in body.Variants)
        {
            if (Gtin.Key(Text(variant.Fields, Fields.Gtin)) is { } gtin && !Has(keys, IdentityKeyKind.Gtin, gtin))
            {
                keys.Add(new IdentityKey(IdentityKeyKind.Gtin, gtin, variant.ExternalId));
            }
        }

        return keys.ToImmutable();
    }

    /// <summary>
    /// Decides from what the tables found for <see cref="Keys"/>. SKUs decide before GTINs; keys that point to different products are ambiguous.
    /// <paramref name="isLinked"/> tells whether that hub product is already linked to another remote product of the same channel.
    /// </summary>
    public static IdentityVerdict Decide(IReadOnlyList<(IdentityKey Key, ProductId Product)> found, Func<ProductId, bool> isLinked)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(isLinked);
        for (var kind = IdentityKeyKind.HubId; kind <= IdentityKeyKind.Gtin; kind++)
        {
            (IdentityKey Key, ProductId Product)? first = null;
            foreach (var hit in found)
            {
                if (hit.Key.Kind != kind)
                {
                    continue;
                }

                if (first is null)
                {
                    first = hit;
                }
                else if (first.Value.Product != hit.Product)
                {
                    return new IdentityVerdict(null,
                        $"Its {Word(kind)}s {first.Value.Key.Value} and {hit.Key.Value} belong to different products ({first.Value.Product} and {hit.Product}).");
                }
            }

            if (first is { } match)
            {
                return isLinked(match.Product)
                    ? new IdentityVerdict(null, $"The {Word(kind)} {match.Key.Value} belongs to {match.Product}, which is linked to another product of this channel.")
                    : new IdentityVerdict(match.Product, null);
            }
        }

        return default;
    }

    /// <summary>The reason for which a body cannot be matched inside itself, or null: one SKU on two of its variants.</summary>
    public static string? Ambiguity(ObservedProduct body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Dictionary<string, string>? seen = null;
        foreach (var variant in body.Variants)
        {
            if (IdentitySku(Text(variant.Fields, Fields.Sku)) is not { } sku)
            {
                continue;
            }

            seen ??= new Dictionary<string, string>(StringComparer.Ordinal);
            if (!seen.TryAdd(sku, variant.ExternalId) && !string.Equals(seen[sku], variant.ExternalId, StringComparison.Ordinal))
            {
                return $"The SKU {sku} stands on two of its variants ({seen[sku]} and {variant.ExternalId}).";
            }
        }

        return null;
    }

    internal static string? Text(ImmutableDictionary<string, FieldValue> fields, string name) => fields.TryGetValue(name, out var value) ? value.Text : null;

    private static string Word(IdentityKeyKind kind) => kind switch { IdentityKeyKind.HubId => "hub id", IdentityKeyKind.Sku => "SKU", IdentityKeyKind.Gtin => "GTIN", _ => "key" };

    private static bool Has(ImmutableArray<IdentityKey>.Builder keys, IdentityKeyKind kind, string value)
    {
        foreach (var key in keys)
        {
            if (key.Kind == kind && string.Equals(key.Value, value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
