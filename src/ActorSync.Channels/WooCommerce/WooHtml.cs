using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.WooCommerce;

/// <summary>
/// The whitelist that WordPress runs over names and descriptions (contract 7.1), as far as a stored text tells of it: tags outside of the list vanish while
/// their inner text stays, attributes outside of it vanish, a bare ampersand becomes an entity.
/// </summary>
internal static partial class WooHtml
{
    private static readonly FrozenSet<string> Allowed = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "bdo", "big", "blockquote", "br", "button", "caption", "cite", "code", "col", "colgroup",
        "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
        "i", "img", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu", "nav", "ol", "p", "pre", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "section",
        "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "track", "tt", "u", "ul", "var", "video");

    /// <summary>Attributes that the whitelist knows of any tag; which tag may have which is left to the shop.</summary>
    private static readonly FrozenSet<string> AllowedAttributes = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "abbr", "align", "alt", "autoplay", "axis", "bgcolor", "border", "cellpadding", "cellspacing", "char", "charoff", "cite", "class", "clear", "color", "cols", "colspan", "compact", "controls",
        "coords", "datetime", "default", "dir", "disabled", "download", "face", "for", "headers", "height", "hidden", "href", "hspace", "id", "kind", "label", "lang", "loading", "longdesc", "loop",
        "muted", "name", "nohref", "noshade", "nowrap", "open", "playsinline", "poster", "preload", "readonly", "rel", "rev", "reversed", "role", "rows", "rowspan", "rules", "scope", "shape", "size",
        "span", "src", "srclang", "start", "style", "summary", "target", "title", "type", "usemap", "valign", "value", "vspace", "width", "xml:lang");

    private static readonly SearchValues<char> Touched = SearchValues.Create("<>&\\");

    /// <summary>The text as the shop would store it, in one spelling: what two texts that are the same to the shop have in common.</summary>
    public static string Clean(string html)
    {
        if (!html.AsSpan().ContainsAny(Touched))
        {
            return html;
        }

        var text = html.Replace("\\", "", StringComparison.Ordinal);
        var result = new StringBuilder(text.Length + 16);
        var at = 0;
        foreach (Match match in Tag().Matches(text))
        {
            AppendText(result, text.AsSpan(at, match.Index - at));
            result.Append(CleanTag(match.ValueSpan));
            at = match.Index + match.Length;
        }

        AppendText(result, text.AsSpan(at));
        return result.ToString();
    }

    /// <summary>
    /// Plain text made safe for the whitelist: a sign that it would take for an unknown tag goes as an entity, so that "Cable &lt; 5 m" arrives whole.
    /// Tags that the list knows stay what they are.
    /// </summary>
    public static string ProtectPlainText(string text) =>
        Tag().Replace(text, match => IsKept(match.ValueSpan) ? match.Value : match.Value.Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal));

    private static bool IsKept(ReadOnlySpan<char> tag) => TagName(tag, out var name, out _) && Allowed.Contains(name);

    private static string CleanTag(ReadOnlySpan<char> tag)
    {
        if (tag is ">")
        {
            return "&gt;";
        }

        if (tag.StartsWith("<!--"))
        {
            return tag.ToString();
        }

        if (!TagName(tag, out var name, out var closing) || !Allowed.Contains(name))
        {
            return "";
        }

        var lower = name.ToLowerInvariant();
        return closing ? $"</{lower}>" : $"<{lower}{Attributes(tag)}>";
    }

    private static bool TagName(ReadOnlySpan<char> tag, out string name, out bool closing)
    {
        var match = TagHead().Match(tag.ToString());
        name = match.Groups["name"].Value;
        closing = match.Groups["slash"].Success;
        return match.Success;
    }

    private static string Attributes(ReadOnlySpan<char> tag)
    {
        var head = TagHead().Match(tag.ToString());
        var result = new StringBuilder();
        foreach (Match match in Attribute().Matches(head.Groups["rest"].Value))
        {
            var name = match.Groups["name"].Value.ToLowerInvariant();
            if (!AllowedAttributes.Contains(name) && !name.StartsWith("data-", StringComparison.Ordinal) && !name.StartsWith("aria-", StringComparison.Ordinal))
            {
                continue;
            }

            result.Append(' ').Append(name);
            var value = match.Groups["value"];
            if (value.Success)
            {
                result.Append("=\"").Append(AttributeValue(value.Value.Trim('"', '\''))).Append('"');
            }
        }

        return result.ToString();
    }

    private static string AttributeValue(string value) => !value.Contains('&', StringComparison.Ordinal)
        ? value
        : WebUtility.HtmlDecode(BareAmpersand().Replace(value, "&amp;")).Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);

    /// <summary>Text between tags. The shop keeps "&amp;times;" and "×" as each was sent; to a reader they are one, and two shops need not agree on the spelling.</summary>
    private static void AppendText(StringBuilder result, ReadOnlySpan<char> text) => result.Append(
        WebUtility.HtmlDecode(BareAmpersand().Replace(text.ToString(), "&amp;"))
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal));

    // An unfinished tag runs to the end of the text; a lone closing bracket becomes an entity.
    [GeneratedRegex("<!--.*?(?:-->|$)|<[^>]*(?:>|$)|>", RegexOptions.Singleline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();

    [GeneratedRegex(@"^<\s*(?<slash>/\s*)?(?<name>[a-zA-Z0-9-]+)(?<rest>[^>]*)>?$", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TagHead();

    [GeneratedRegex("""(?<name>[a-zA-Z_:][-a-zA-Z0-9_:.]*)(?:\s*=\s*(?<value>"[^"]*"|'[^']*'|[^\s"'>/]+))?""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Attribute();

    [GeneratedRegex("&(?!(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BareAmpersand();
}
