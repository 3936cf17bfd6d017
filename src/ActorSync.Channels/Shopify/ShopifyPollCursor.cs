using System.Globalization;

namespace ActorSync.Channels.Shopify;

/// <summary>The window of changes, where a scan of it was cut short, and what was shown already. Travels as text.</summary>
internal sealed record ShopifyPollCursor(DateTimeOffset Since, DateTimeOffset? ScanBegan, string? After, ImmutableDictionary<string, long> Seen)
{
    /// <summary>More are not remembered: they are shown again, which does no harm.</summary>
    private const int MaxSeen = 500;

    public static ShopifyPollCursor From(DateTimeOffset since) => new(since, null, null, ImmutableDictionary<string, long>.Empty);

    /// <summary>Keeps of what was shown that which the window can show again.</summary>
    public ShopifyPollCursor With(IEnumerable<KeyValuePair<string, long>> seen)
    {
        var kept = seen.Where(pair => pair.Value >= Since.ToUnixTimeSeconds()).ToImmutableDictionary();
        return this with { Seen = kept.Count <= MaxSeen ? kept : ImmutableDictionary<string, long>.Empty };
    }

    /// <summary>Null = not a cursor of ours.</summary>
    public static ShopifyPollCursor? Parse(string? text)
    {
        if (text?.Split('|', 4) is not [var since, var began, var seen, var after] || Instant(since) is not { } from || (began.Length > 0 && Instant(began) is null))
        {
            return null;
        }

        var known = seen.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split(':'))
            .Where(pair => pair.Length == 2 && long.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .ToImmutableDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        return new ShopifyPollCursor(from, began.Length > 0 ? Instant(began) : null, after.Length > 0 ? after : null, known);
    }

    public override string ToString() =>
        $"{Since.UtcDateTime:O}|{ScanBegan?.UtcDateTime:O}|{string.Join(',', Seen.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value}"))}|{After}";

    private static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;
}
