using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>What WordPress does to text on its way in (unslash, HTML whitelist, entities) and on its way out (paragraphs, typographic quotes).</summary>
public static partial class WooText
{
    private static readonly HashSet<string> AllowedTags = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "big", "blockquote", "br", "button", "caption", "cite", "code", "col", "colgroup",
        "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hgroup", "hr", "i", "img", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small",
        "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video",
    };

    private static readonly HashSet<string> AllowedAttributes = new(StringComparer.OrdinalIgnoreCase)
    {
        "align", "alt", "cite", "class", "colspan", "datetime", "dir", "height", "href", "id", "lang", "name", "rel", "reversed", "role", "rowspan", "scope", "src", "start",
        "style", "target", "title", "type", "valign", "value", "width",
    };

    /// <summary>remove_accents for the letters of Western Europe; the process runs without culture data, which Normalize would need.</summary>
    private const string Accented = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿßšžőűąćęłńśźżčřůťď";
    private const string Unaccented = "aaaaaaceeeeiiiinoooooouuuuyysszouacelnszzcrutd";

    private const string BlockTags = "address|article|aside|blockquote|details|dd|div|dl|dt|fieldset|figcaption|figure|footer|h[1-6]|header|hr|li|menu|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul";

    /// <summary>Content of descriptions and names: backslashes go, tags are filtered, stray ampersands and brackets become entities.</summary>
    public static string Content(string text) => FilterTags(NormaliseEntities(EscapeOpenBrackets(text.Replace("\\", "", StringComparison.Ordinal))));

    /// <summary>A product's or term's name.</summary>
    public static string Name(string text) => Content(text).Trim();

    /// <summary>sanitize_text_field: SKU, attribute names, options. Ampersands stay.</summary>
    public static string Field(string text) => WhiteSpace().Replace(AnyTag().Replace(text, ""), " ").Trim();

    /// <summary>Prices and weights: everything but digits, minus and the last point is thrown away.</summary>
    public static string Decimal(string text) => NotDecimal().Replace(text, "");

    /// <summary>Digits, hyphens and a final X.</summary>
    public static string Gtin(string text)
    {
        var kept = NotGtin().Replace(text.Trim(), "");
        return kept.Length > 0 && kept[^1] is 'x' or 'X' ? kept[..^1].Replace("X", "", StringComparison.OrdinalIgnoreCase) + kept[^1] : kept.Replace("X", "", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Lower case, accents off, blanks to hyphens; other scripts percent-encoded.</summary>
    public static string Slug(string text)
    {
        var plain = AnyTag().Replace(WebUtility.HtmlDecode(text), "");
        var slug = new StringBuilder();
        foreach (var rune in plain.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                var c = char.ToLowerInvariant((char)rune.Value);
                if (char.IsAsciiLetterOrDigit(c) || c == '_')
                {
                    slug.Append(c);
                }
                else if (c is ' ' or '-' or '.' or '/')
                {
                    slug.Append('-');
                }
            }
            else if (rune.IsBmp && Accented.IndexOf(char.ToLowerInvariant((char)rune.Value), StringComparison.Ordinal) is >= 0 and var at)
            {
                slug.Append(Unaccented[at]);
            }
            else if (Rune.IsLetter(rune))
            {
                slug.Append(Uri.EscapeDataString(Rune.ToLowerInvariant(rune).ToString()).ToLowerInvariant());
            }
            else if (Rune.IsWhiteSpace(rune) || rune.Value is 0x2013 or 0x2014)
            {
                slug.Append('-');
            }
        }

        return Hyphens().Replace(slug.ToString(), "-").Trim('-');
    }

    /// <summary>The view form of a description: blank lines make paragraphs, single line breaks become br.</summary>
    public static string Paragraphs(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        lines = BlockOpen().Replace(lines, "\n\n${tag}");
        lines = BlockClose().Replace(lines, "${tag}\n\n");
        var html = new StringBuilder();
        foreach (var part in BlankLines().Split(lines))
        {
            var trimmed = part.Trim('\n', ' ');
            if (trimmed.Length == 0)
            {
                continue;
            }

            if (StartsWithBlock().IsMatch(trimmed))
            {
                html.Append(trimmed).Append('\n');
            }
            else
            {
                html.Append("<p>").Append(trimmed.Replace("\n", "<br />\n", StringComparison.Ordinal)).Append("</p>\n");
            }
        }

        return html.ToString().Replace("<p></li>", "</li>", StringComparison.Ordinal);
    }

    /// <summary>The view form of a short description: typographic quotes and dashes first, then paragraphs.</summary>
    public static string Texturized(string text)
    {
        var pretty = new StringBuilder();
        foreach (var part in TagOrText().Matches(text).Select(m => m.Value))
        {
            if (part.StartsWith('<'))
            {
                pretty.Append(part);
                continue;
            }

            var words = part.Replace("---", "&#8212;", StringComparison.Ordinal).Replace(" -- ", " &#8212; ", StringComparison.Ordinal)
                .Replace("--", "&#8211;", StringComparison.Ordinal).Replace("...", "&#8230;", StringComparison.Ordinal);
            words = OpeningQuote().Replace(words, "${before}&#8220;");
            words = words.Replace("\"", "&#8221;", StringComparison.Ordinal);
            words = OpeningApostrophe().Replace(words, "${before}&#8216;");
            pretty.Append(words.Replace("'", "&#8217;", StringComparison.Ordinal));
        }

        return Paragraphs(pretty.ToString());
    }

    /// <summary>A bracket that never closes is text.</summary>
    private static string EscapeOpenBrackets(string text) =>
        OpenBracket().Replace(text, m => m.Value.Contains('>', StringComparison.Ordinal) ? m.Value : WebUtility.HtmlEncode(m.Value).Replace("&#39;", "'", StringComparison.Ordinal));

    private static string NormaliseEntities(string text) => Ampersand().Replace(text, m =>
    {
        var name = m.Groups["name"].Value;
        if (name.Length > 0)
        {
            return name is "apos" || !string.Equals(WebUtility.HtmlDecode($"&{name};"), $"&{name};", StringComparison.Ordinal) ? m.Value : $"&amp;{name};";
        }

        var number = m.Groups["number"].Value;
        if (number.Length > 0)
        {
            return $"&#{number.TrimStart('0').PadLeft(3, '0')};";
        }

        var hex = m.Groups["hex"].Value;
        return hex.Length > 0 ? $"&#x{hex.TrimStart('0')};" : "&amp;";
    });

    private static string FilterTags(string text) => AnyTagOrBracket().Replace(text, m =>
    {
        if (m.Value == ">")
        {
            return "&gt;";
        }

        if (m.Value.StartsWith("<!--", StringComparison.Ordinal))
        {
            return m.Value;
        }

        var tag = Tag().Match(m.Value);
        if (!tag.Success || !AllowedTags.Contains(tag.Groups["name"].Value))
        {
            return "";
        }

        var name = tag.Groups["name"].Value;
        if (tag.Groups["close"].Length > 0)
        {
            return $"</{name}>";
        }

        var kept = new StringBuilder();
        foreach (Match attribute in Attribute().Matches(tag.Groups["rest"].Value))
        {
            var attributeName = attribute.Groups["name"].Value;
            var isAllowed = AllowedAttributes.Contains(attributeName) || attributeName.StartsWith("data-", StringComparison.OrdinalIgnoreCase) || attributeName.StartsWith("aria-", StringComparison.OrdinalIgnoreCase);
            if (isAllowed && !attribute.Groups["value"].Value.Contains("javascript:", StringComparison.OrdinalIgnoreCase))
            {
                kept.Append(' ').Append(attributeName);
                if (attribute.Groups["value"].Success)
                {
                    kept.Append('=').Append(attribute.Groups["value"].Value is ['"' or '\'', ..] quoted ? quoted : $"\"{attribute.Groups["value"].Value}\"");
                }
            }
        }

        var selfClosing = tag.Groups["rest"].Value.TrimEnd().EndsWith('/') ? " /" : "";
        return $"<{name}{kept}{selfClosing}>";
    });

    [GeneratedRegex(@"\.(?![^.]+$)|[^0-9.\-]", RegexOptions.None, 1000)]
    private static partial Regex NotDecimal();

    [GeneratedRegex("[^0-9Xx-]", RegexOptions.None, 1000)]
    private static partial Regex NotGtin();

    [GeneratedRegex("<[^>]*>", RegexOptions.None, 1000)]
    private static partial Regex AnyTag();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex WhiteSpace();

    [GeneratedRegex("-{2,}", RegexOptions.None, 1000)]
    private static partial Regex Hyphens();

    [GeneratedRegex("<[^>]*?(?:(?=<)|>|$)", RegexOptions.None, 1000)]
    private static partial Regex OpenBracket();

    [GeneratedRegex(@"&(?:(?<name>[A-Za-z]{2,8}[0-9]{0,2});|#(?<number>0*[0-9]{1,7});|#[xX](?<hex>0*[0-9A-Fa-f]{1,6});|)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ampersand();

    [GeneratedRegex("<!--.*?(?:-->|$)|<[^>]*(?:>|$)|>", RegexOptions.Singleline, 1000)]
    private static partial Regex AnyTagOrBracket();

    [GeneratedRegex(@"^<\s*(?<close>/\s*)?(?<name>[a-zA-Z0-9-]+)(?<rest>[^>]*)>?$", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();

    [GeneratedRegex("(?<name>[a-zA-Z_:][a-zA-Z0-9_:.-]*)(?:\\s*=\\s*(?<value>\"[^\"]*\"|'[^']*'|[^\\s\"'/>]+))?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attribute();

    [GeneratedRegex("<[^>]*>|[^<]+", RegexOptions.None, 1000)]
    private static partial Regex TagOrText();

    [GeneratedRegex("(?<before>^|[\\s(\\[])\"", RegexOptions.None, 1000)]
    private static partial Regex OpeningQuote();

    [GeneratedRegex("(?<before>^|[\\s(\\[])'", RegexOptions.None, 1000)]
    private static partial Regex OpeningApostrophe();

    [GeneratedRegex($@"\n?(?<tag><(?:ul|ol|div|table|h[1-6]|blockquote|p|hr|pre|section|figure)(?:\s[^>]*)?>)", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex BlockOpen();

    [GeneratedRegex($@"(?<tag></(?:ul|ol|div|table|h[1-6]|blockquote|p|pre|section|figure)>)\n?", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex BlockClose();

    [GeneratedRegex(@"\n\s*\n", RegexOptions.None, 1000)]
    private static partial Regex BlankLines();

    [GeneratedRegex($@"^</?(?:{BlockTags})(?:\s|>|/)", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex StartsWithBlock();
}
