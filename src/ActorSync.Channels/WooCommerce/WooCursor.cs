using System.Globalization;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// Where a scan of all products stands: how many rows lie behind, and the id of the last. The next page begins one row before, so that a product deleted
/// meanwhile (which shifts the rest forward) is noticed and nothing is stepped over.
/// </summary>
internal readonly record struct ScanCursor(int Seen, long LastId)
{
    public static ScanCursor Parse(string? text)
    {
        if (text is null)
        {
            return default;
        }

        var parts = text.Split(':');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? new ScanCursor(seen, last)
            : throw new FormatException($"'{text}' is not a page cursor of a WooCommerce shop: expected '<rows seen>:<last id>'.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seen}:{LastId}");
}

/// <summary>
/// Where asking for changes stands: changes after a second, the page inside it (only when a whole page lies in one second), and what of the overlap was
/// already told, as id@second.
/// </summary>
internal sealed record PollCursor(long After, int Page, ImmutableHashSet<string> Told)
{
    /// <summary>The shop's filter is strictly greater and knows whole seconds, and a row may be saved a moment after its time was taken.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromSeconds(2);

    private const int MostTold = 300;

    public static PollCursor Parse(string text)
    {
        var parts = text.Split('|');
        return parts.Length == 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page > 0
            ? new PollCursor(after, page, [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries)])
            : throw new FormatException($"'{text}' is not a poll cursor of a WooCommerce shop: expected '<unix seconds>|<page>|<id@second,…>'.");
    }

    /// <summary>The cursor after a page whose rows are (id, modified second), in order of modification.</summary>
    public PollCursor Next(IReadOnlyList<(string Id, long Modified)> rows, bool isFull)
    {
        if (rows.Count == 0)
        {
            return this with { Page = 1 };
        }

        var after = Math.Max(After, rows[^1].Modified - (long)Overlap.TotalSeconds);
        var page = isFull && after == After ? Page + 1 : 1;
        var told = Told.Union(rows.Select(Key)).Where(key => Second(key) > after).OrderByDescending(Second).ThenBy(key => key, StringComparer.Ordinal).Take(MostTold);
        return new PollCursor(after, page, [.. told]);
    }

    public static string Key((string Id, long Modified) row) => string.Create(CultureInfo.InvariantCulture, $"{row.Id}@{row.Modified}");

    private static long Second(string key) => long.TryParse(key.AsSpan(key.IndexOf('@', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? second : 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{After}|{Page}|{string.Join(',', Told.Order(StringComparer.Ordinal))}");
}
