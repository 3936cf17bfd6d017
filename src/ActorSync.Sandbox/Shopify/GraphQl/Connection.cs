using System.Text;
using System.Text.Json;
using ActorSync.Sandbox.Shopify.Writes;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>What a connection is sorted by, with the id to break ties. Cursors are these two, so they stay good while rows come and go around them.</summary>
public sealed record SortKey(object Value, long Id)
{
    public int Order(SortKey other)
    {
        var order = Value is string text ? string.CompareOrdinal(text, (string)other.Value) : ((long)Value).CompareTo((long)other.Value);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }
}

public sealed record Edge(object Node, SortKey Key, bool ByText)
{
    public string Cursor => Convert.ToBase64String(Encoding.UTF8.GetBytes(ByText
        ? JsonSerializer.Serialize(new { last_id = Key.Id, last_value = Key.Value.ToString() })
        : JsonSerializer.Serialize(new { last_id = Key.Id, last_value = (long)Key.Value })));
}

/// <summary>One page.</summary>
public sealed record Connection(IReadOnlyList<Edge> Edges, bool HasNext, bool HasPrevious)
{
    public const int LargestPage = 250;
    public const int LastObject = 25_000;

    /// <summary>Rows that are sorted already, by the same keys, ascending or descending as <paramref name="arguments"/> says.</summary>
    public static Connection Of<T>(IEnumerable<T> rows, Func<T, SortKey> key, Func<T, object> node, PageArguments arguments)
    {
        arguments.Check();
        var sorted = rows.Select(r => (Row: r, Key: key(r))).ToList();
        sorted.Sort((a, b) => arguments.Reverse ? b.Key.Order(a.Key) : a.Key.Order(b.Key));
        var from = 0;
        var to = arguments.IsBulk ? sorted.Count : Math.Min(sorted.Count, LastObject);
        if (arguments.After is { } after)
        {
            var cut = Read(after);
            from = sorted.FindIndex(r => arguments.Reverse ? Compare(r.Key, cut) < 0 : Compare(r.Key, cut) > 0);
            from = from < 0 ? to : from;
        }

        if (arguments.Before is { } before)
        {
            var cut = Read(before);
            var end = sorted.FindIndex(r => arguments.Reverse ? Compare(r.Key, cut) <= 0 : Compare(r.Key, cut) >= 0);
            to = end < 0 ? to : Math.Min(to, end);
        }

        to = Math.Max(from, to);
        var (start, stop) = arguments.First is { } first ? (from, (int)Math.Min(to, (long)from + first)) : (Math.Max(from, to - arguments.Last!.Value), to);
        var edges = sorted[start..stop].ConvertAll(r => new Edge(node(r.Row), r.Key, r.Key.Value is string));
        // As recorded: a cursor to go on from counts as a page before, whether or not anything is left there.
        return new Connection(edges, stop < to || (arguments.Before is not null && to < sorted.Count), start > 0 || arguments.After is not null);
    }

    private static int Compare(SortKey key, (string? Text, long? Number, long Id) cut)
    {
        var order = key.Value is string text ? string.CompareOrdinal(text, cut.Text) : ((long)key.Value).CompareTo(cut.Number ?? 0);
        return order != 0 ? order : key.Id.CompareTo(cut.Id);
    }

    private static (string? Text, long? Number, long Id) Read(string cursor)
    {
        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(cursor));
            var value = json.RootElement.GetProperty("last_value");
            return (value.ValueKind == JsonValueKind.String ? value.GetString() : null, value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null,
                json.RootElement.GetProperty("last_id").GetInt64());
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RefusedException("BAD_REQUEST", $"Invalid cursor for current pagination sort: '{cursor}'.");
        }
    }
}

public sealed record PageArguments(int? First, int? Last, string? After, string? Before, bool Reverse)
{
    /// <summary>No limit holds.</summary>
    public bool IsBulk { get; init; }

    public void Check()
    {
        if (IsBulk)
        {
            return;
        }

        if (First is null && Last is null)
        {
            throw new RefusedException("BAD_REQUEST", "you must provide one of first or last");
        }

        if (First is not null && Last is not null)
        {
            throw new RefusedException("BAD_REQUEST", "providing both first and last is not supported");
        }

        var (name, size) = First is { } first ? ("first", first) : ("last", Last!.Value);
        if (size is < 0 or > Connection.LargestPage)
        {
            throw new RefusedException("BAD_REQUEST", size < 0 ? $"{name} cannot be negative" : $"{name} cannot exceed {Connection.LargestPage}");
        }
    }
}
