using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorSync.Sandbox.Shopify;

/// <summary>What the shop does to text that it is given, so that a naive comparison of "sent" with "read back" fails as it does against the real one.</summary>
public static partial class ShopText
{
    public const int LongestField = 255;

    /// <summary>
    /// Elements that may stand; anything else loses its tags and keeps its text. Attributes are sorted by name, names are lower-case, values double-quoted.
    /// A named or numeric character reference becomes its character except for the four that must stay escaped; bare ampersands are escaped.
    /// Line ends become \n and the whole is trimmed. The rule is its own fixed point: applied twice it changes nothing more.
    /// </summary>
    public static string Html(string html)
    {
        var text = html.ReplaceLineEndings("\n").Trim();
        text = Comment().Replace(text, "");
        text = Dangerous().Replace(text, "");
        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (Match tag in Tag().Matches(text))
        {
            result.Append(Characters(text[at..tag.Index]));
            result.Append(NormalTag(tag));
            at = tag.Index + tag.Length;
        }

        return result.Append(Characters(text[at..])).ToString().Trim();
    }

    /// <summary>Trimmed, inner commas split, the first spelling of two that differ in case only, sorted as the shop sorts.</summary>
    public static IReadOnlyList<string> Tags(IEnumerable<string> tags)
    {
        var kept = new List<string>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var tag in tags.SelectMany(t => t.Split(',')).Select(t => t.Trim()))
        {
            if (tag.Length > 0 && seen.Add(tag))
            {
                kept.Add(tag);
            }
        }

        return [.. kept.OrderBy(t => t, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Lower case, letters and digits, everything else one hyphen. Accents are dropped. Empty when nothing is left.</summary>
    public static string Handle(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var letter in text.Trim().ToLowerInvariant().Replace("ß", "ss", StringComparison.Ordinal))
        {
            if (letter is '\'' or '’')
            {
                continue;
            }

            var accented = Accented.IndexOf(letter, StringComparison.Ordinal);
            var c = accented < 0 ? letter : Folded[accented];
            if (char.IsLetterOrDigit(c) || c == '_')
            {
                result.Append(c);
            }
            else if (result.Length > 0 && result[^1] != '-')
            {
                result.Append('-');
            }
        }

        return result.ToString().Trim('-');
    }

    /// <summary>Shopify shows two decimals at least and never more than the value has.</summary>
    public static string Money(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>The amount of a MoneyV2 drops a trailing zero: 25.0, 19.99.</summary>
    public static string MoneyV2(decimal amount) => amount.ToString("0.0#", CultureInfo.InvariantCulture);

    /// <summary>Only digits count; null when 6 to 13 of them are not there.</summary>
    public static string? HsCode(string code)
    {
        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        return digits.Length is >= 6 and <= 13 && code.All(c => char.IsAsciiDigit(c) || char.IsPunctuation(c) || char.IsWhiteSpace(c)) ? digits : null;
    }

    /// <summary>The words of a description, for the plain-text field.</summary>
    public static string Plain(string html) => Spaces().Replace(Decode(Tag().Replace(html, " ")), " ").Trim();

    private static string NormalTag(Match tag)
    {
        var name = tag.Groups["name"].Value.ToLowerInvariant();
        if (!Allowed.Contains(name))
        {
            return "";
        }

        if (tag.Groups["close"].Length > 0)
        {
            return Void.Contains(name) ? "" : $"</{name}>";
        }

        var attributes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Match attribute in Attribute().Matches(tag.Groups["rest"].Value))
        {
            var key = attribute.Groups["key"].Value.ToLowerInvariant();
            if (key.StartsWith("on", StringComparison.Ordinal))
            {
                continue;
            }

            var value = attribute.Groups["double"].Success ? attribute.Groups["double"].Value
                : attribute.Groups["single"].Success ? attribute.Groups["single"].Value : attribute.Groups["bare"].Value;
            attributes.TryAdd(key, Characters(value).Replace("\"", "&quot;", StringComparison.Ordinal));
        }

        var result = new StringBuilder("<").Append(name);
        foreach (var (key, value) in attributes)
        {
            result.Append(' ').Append(key).Append("=\"").Append(value).Append('"');
        }

        return result.Append('>').ToString();
    }

    private static string Characters(string text) =>
        Decode(text).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\u00a0", "&nbsp;", StringComparison.Ordinal);

    private static string Decode(string text) => System.Net.WebUtility.HtmlDecode(text);

    // The process runs without ICU, whose normalisation would do this.
    private const string Accented = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ";
    private const string Folded = "aaaaaaceeeeiiiinoooooouuuuyy";

    private static readonly HashSet<string> Void = new(StringComparer.Ordinal) { "br", "hr", "img" };

    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "a", "b", "blockquote", "br", "code", "div", "em", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "iframe", "img", "li", "ol", "p", "pre",
        "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul", "video",
    };

    [GeneratedRegex("<(?<close>/?)(?<name>[a-zA-Z][a-zA-Z0-9]*)(?<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", RegexOptions.None, 1000)]
    private static partial Regex Tag();

    [GeneratedRegex("(?<key>[a-zA-Z_:][-a-zA-Z0-9_:.]*)(?:\\s*=\\s*(?:\"(?<double>[^\"]*)\"|'(?<single>[^']*)'|(?<bare>[^\\s\"'>]+)))?", RegexOptions.None, 1000)]
    private static partial Regex Attribute();

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex("<(?<what>script|style)\\b.*?</\\k<what>\\s*>", RegexOptions.Singleline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Dangerous();

    [GeneratedRegex("\\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
