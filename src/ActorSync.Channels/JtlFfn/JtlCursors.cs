using System.Globalization;

namespace ActorSync.Channels.JtlFfn;

/// <summary>
/// Where asking for news stands (contract section 5). A window is walked page by page with the same ends; when its last page is done, its end is the next
/// watermark. Windows overlap by a minute, because rows may show up late; never below <see cref="Floor"/>, where a whole list was read.
/// </summary>
internal sealed record UpdatesCursor(DateTimeOffset Watermark, DateTimeOffset Floor, DateTimeOffset? To, int Page)
{
    public static readonly TimeSpan Overlap = TimeSpan.FromSeconds(60);
    /// <summary>An end in the future is refused, and clocks differ a little.</summary>
    public static readonly TimeSpan Behind = TimeSpan.FromSeconds(5);

    public static UpdatesCursor Begin(DateTimeOffset at) => new(at, at, null, 1);

    public DateTimeOffset From => Watermark - Overlap > Floor ? Watermark - Overlap : Floor;

    /// <summary>The window under way, or a new one up to now; null = no time has passed.</summary>
    public UpdatesCursor? Open(DateTimeOffset now) => To is not null ? this : now - Behind > Watermark ? this with { To = now - Behind, Page = 1 } : null;

    public UpdatesCursor After(bool hasMore) => hasMore ? this with { Page = Page + 1 } : new UpdatesCursor(To!.Value, Floor, null, 1);

    public static UpdatesCursor Parse(string text)
    {
        var parts = text.Split('|');
        return parts.Length == 4 && Instant(parts[0]) is { } watermark && Instant(parts[1]) is { } floor && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var page)
            ? new UpdatesCursor(watermark, floor, Instant(parts[2]), page)
            : throw new FormatException($"'{text}' is not a cursor of JTL's updates: expected '<watermark>|<floor>|<to>|<page>' with times in milliseconds.");
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Watermark.ToUnixTimeMilliseconds()}|{Floor.ToUnixTimeMilliseconds()}|{To?.ToUnixTimeMilliseconds()}|{Page}");

    public static DateTimeOffset? Instant(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}

/// <summary>Where reading counts stands: in a walk over all of them as of one moment, or in the news since.</summary>
internal sealed record StockCursor(UpdatesCursor? Updates, DateTimeOffset SweptAt, int SweepPage)
{
    private const string Sweeping = "sweep|";

    public bool IsSweeping => Updates is null;

    public static StockCursor Sweep(DateTimeOffset at) => new(null, at, 1);

    public static StockCursor Of(UpdatesCursor updates) => new(updates, default, 0);

    public StockCursor AfterSweep(bool hasMore) => hasMore ? this with { SweepPage = SweepPage + 1 } : Of(UpdatesCursor.Begin(SweptAt));

    public static StockCursor Parse(string text)
    {
        if (!text.StartsWith(Sweeping, StringComparison.Ordinal))
        {
            return Of(UpdatesCursor.Parse(text));
        }

        var parts = text[Sweeping.Length..].Split('|');
        return parts.Length == 2 && UpdatesCursor.Instant(parts[0]) is { } at && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var page)
            ? new StockCursor(null, at, page)
            : throw new FormatException($"'{text}' is not a cursor of JTL's stock: expected 'sweep|<time>|<page>'.");
    }

    public override string ToString() =>
        Updates?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"{Sweeping}{SweptAt.ToUnixTimeMilliseconds()}|{SweepPage}");
}

/// <summary>Where a scan of all products stands: how many rows lie behind, and the last of them, so that rows deleted meanwhile are noticed.</summary>
internal readonly record struct ScanCursor(int Seen, string Last)
{
    public static ScanCursor Parse(string? text)
    {
        if (text is null)
        {
            return new ScanCursor(0, "");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            ? new ScanCursor(seen, text[(colon + 1)..])
            : throw new FormatException($"'{text}' is not a page cursor of JTL: expected '<rows seen>:<last jfsku>'.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seen}:{Last}");
}
