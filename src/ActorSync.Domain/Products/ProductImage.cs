using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Products;

/// <summary>A picture of a product. Its key is the hub's own and never used again; what tells that two pictures are one is the hash of their bytes.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-image")]
public sealed record ProductImage
{
    [Id(0)] public required string Key { get; init; }
    /// <summary>Where its bytes can be fetched now; null while the channel that has it makes it ready.</summary>
    [Id(1)] public string? Url { get; init; }
    /// <summary>The words that it came with; what they are now is in the register of field imageAlt.</summary>
    [Id(2)] public string? Alt { get; init; }
    /// <summary>SHA-256 of its bytes, lower-case hex; null = never fetched, because no push needed it.</summary>
    [Id(3)] public string? Hash { get; init; }
    /// <summary>Where it was first seen.</summary>
    [Id(4)] public required Origin Origin { get; init; }
    /// <summary>Why its bytes cannot be had; it alone waits for another address or a person.</summary>
    [Id(5)] public string? Unreachable { get; init; }
    [Id(6)] public int FetchFailures { get; init; }
    [Id(7)] public DateTimeOffset? FetchAfter { get; init; }

    /// <summary>Pictures of one product, gone ones included; further ones are left where they are.</summary>
    public const int MaxPerProduct = 500;
    /// <summary>Passing failures in a row after which a picture counts as unreachable.</summary>
    public const int MaxFetches = 4;
}

/// <summary>One picture of an edited list: one that the product has, by its key, or a new one, by its address.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.image-edit")]
public sealed record ImageEdit
{
    [Id(0)] public string? Key { get; init; }
    [Id(1)] public string? Url { get; init; }
    [Id(2)] public string? Alt { get; init; }
}

/// <summary>Bytes to be fetched and hashed: of a picture of the hub (by key) or of one that only the channel knows (by its id there).</summary>
[GenerateSerializer, Immutable, Alias("actorsync.picture-to-read")]
public sealed record PictureToRead
{
    [Id(0)] public string? Key { get; init; }
    [Id(1)] public string? MediaId { get; init; }
    [Id(2)] public required string Url { get; init; }
}

/// <summary>What became of it.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.picture-reading")]
public sealed record PictureReading
{
    [Id(0)] public required PictureToRead Picture { get; init; }
    /// <summary>Null = it could not be had.</summary>
    [Id(1)] public string? Hash { get; init; }
    [Id(2)] public string? Error { get; init; }
    /// <summary>Trying again is useless: there is no such picture, or it is none.</summary>
    [Id(3)] public bool Permanent { get; init; }
}

/// <summary>The order of pictures: a list of keys, of which each place has only some.</summary>
public static class ImageOrder
{
    /// <summary>Do both put the pictures that they share into the same order?</summary>
    public static bool IsSame(FieldValue left, FieldValue right)
    {
        var first = left.ToList();
        var second = right.ToList();
        return first.Where(second.Contains).SequenceEqual(second.Where(first.Contains), StringComparer.Ordinal);
    }

    /// <summary><paramref name="keys"/> in the given order, those that it does not name behind, oldest first.</summary>
    public static ImmutableArray<string> Sort(IEnumerable<string> keys, FieldValue? order)
    {
        var listed = order?.ToList() ?? [];
        return [.. keys.OrderBy(key => listed.IndexOf(key) is >= 0 and var at ? at : int.MaxValue).ThenBy(NumberOf)];
    }

    /// <summary>What a place shows, with the pictures that it lacks put behind those that they follow.</summary>
    public static ImmutableArray<string> Complete(IReadOnlyList<string> shown, ImmutableArray<string> whole)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var order = shown.ToList();
        var at = 0;
        foreach (var key in whole)
        {
            if (order.IndexOf(key) is >= 0 and var there)
            {
                at = there + 1;
            }
            else
            {
                order.Insert(at++, key);
            }
        }

        return [.. order];
    }

    /// <summary>Keys are 'i' and a number that only rises.</summary>
    internal static int NumberOf(string key) => int.TryParse(key.AsSpan(1), out var number) ? number : int.MaxValue;

    internal static string KeyOf(int number) => $"i{number}";
}
