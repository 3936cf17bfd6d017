using System.Globalization;

namespace ActorSync.Channels.Shopify;

/// <summary>Where an import by bulk stands. A step is repeated after a kill, so each can be: a running operation is found again by its query.</summary>
internal sealed record ShopifyBulkCursor
{
    private const string Prefix = "bulk:";

    /// <summary>Products up to this number were read by the page before the operation, and the numbers only grow.</summary>
    public required long After { get; init; }
    /// <summary>When the operation was begun, or was about to be: it shows nothing older.</summary>
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>Null = it must be found or started.</summary>
    public string? Operation { get; init; }
    /// <summary>Lines at the last progress, and when that was.</summary>
    public long Objects { get; init; }
    public DateTimeOffset ProgressAt { get; init; }
    /// <summary>Bytes of the assembled result that were delivered; null = it is not complete yet.</summary>
    public long? Offset { get; init; }

    public static ShopifyBulkCursor? Parse(string? text)
    {
        if (text?.StartsWith(Prefix, StringComparison.Ordinal) != true || text[Prefix.Length..].Split(':') is not [var after, var started, var operation, var objects, var progress, var offset])
        {
            return null;
        }

        return new ShopifyBulkCursor
        {
            After = Number(after),
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(Number(started)),
            Operation = operation.Length == 0 ? null : operation,
            Objects = Number(objects),
            ProgressAt = DateTimeOffset.FromUnixTimeMilliseconds(Number(progress)),
            Offset = offset.Length == 0 ? null : Number(offset),
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{After}:{StartedAt.ToUnixTimeMilliseconds()}:{Operation}:{Objects}:{ProgressAt.ToUnixTimeMilliseconds()}:{Offset}");

    /// <summary>The same place for whoever goes on page by page.</summary>
    public string ToPaging() => string.Create(CultureInfo.InvariantCulture, $"{After}|0|");

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
