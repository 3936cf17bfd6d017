using System.Globalization;

namespace ActorSync.Web.Dashboard;

/// <summary>How the pages write numbers, money and times.</summary>
internal static class Show
{
    private const int MaxValueLength = 120;

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Products(long number) => number == 1 ? "1 product" : $"{Count(number)} products";

    public static string Money(decimal? amount, string currency) => amount is { } a ? $"{a.ToString("N2", CultureInfo.InvariantCulture)} {currency}" : "—";

    public static string Quantity(decimal? number) => number is { } n ? n.ToString("#,0.###", CultureInfo.InvariantCulture) : "—";

    /// <summary>A register's value for people: money with two digits and its currency, booleans as words, long texts cut.</summary>
    public static string Value(RegisterKey? key, FieldValue? value)
    {
        if (value is not { } given)
        {
            return "not known";
        }

        if (given.IsEmpty)
        {
            return "empty";
        }

        var field = key is { } k ? Fields.Find(k.Field) : null;
        var text = field?.Type switch
        {
            FieldType.Money => given.ToDecimal() is { } amount ? Money(amount, key!.Value.Part ?? "").TrimEnd() : given.Text!,
            FieldType.Decimal or FieldType.Integer => field.Unit is { } unit ? $"{given.Text} {unit}" : given.Text!,
            FieldType.Boolean => given == FieldValue.True ? "yes" : "no",
            FieldType.List => string.Join(", ", given.ToList()),
            FieldType.Html => WithoutTags(given.Text!),
            _ => given.Text!,
        };
        return text.Length > MaxValueLength ? text[..MaxValueLength] + "…" : text;
    }

    /// <summary>The words of an HTML text, for a line of a table; it is written out encoded like any other text.</summary>
    public static string WithoutTags(string html)
    {
        var text = new System.Text.StringBuilder(html.Length);
        var isInTag = false;
        foreach (var letter in html)
        {
            isInTag = letter == '<' || (isInTag && letter != '>');
            if (letter == '>')
            {
                text.Append(' ');
            }
            else if (!isInTag)
            {
                text.Append(letter);
            }
        }

        return string.Join(' ', System.Net.WebUtility.HtmlDecode(text.ToString()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    public static string Ago(DateTimeOffset at, DateTimeOffset now)
    {
        var span = now - at;
        return span.TotalSeconds < 5 ? "just now"
            : span.TotalSeconds < 60 ? $"{(int)span.TotalSeconds} s ago"
            : span.TotalMinutes < 60 ? $"{(int)span.TotalMinutes} min ago"
            : span.TotalHours < 48 ? $"{(int)span.TotalHours} h ago"
            : $"{(int)span.TotalDays} days ago";
    }

    public static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Plain(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
