using System.Net;
using System.Text;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// A form in which HTML that Shopify has cleaned up equals what was sent: white space, attribute order, quotes, letter case of names, character references
/// and self-closing marks do not count. For comparing only; never sent.
/// </summary>
internal static class ShopifyHtml
{
    public static string LooseForm(string html)
    {
        var form = new StringBuilder(html.Length);
        var text = new StringBuilder();
        var at = 0;
        while (at < html.Length)
        {
            if (html[at] == '<' && html.AsSpan(at).StartsWith("<!--"))
            {
                var close = html.IndexOf("-->", at + 4, StringComparison.Ordinal);
                at = close < 0 ? html.Length : close + 3;
            }
            else if (html[at] == '<' && TagEnd(html, at) is { } end)
            {
                FlushText(text, form);
                AppendTag(html.AsSpan(at + 1, end - at - 1), form);
                at = end + 1;
            }
            else
            {
                text.Append(html[at++]);
            }
        }

        FlushText(text, form);
        return form.ToString().Trim(' ');
    }

    /// <summary>Index of the '&gt;' that ends the tag beginning at <paramref name="start"/>; null when it is no tag but a bare '&lt;'.</summary>
    private static int? TagEnd(string html, int start)
    {
        var first = start + 1 < html.Length && html[start + 1] == '/' ? start + 2 : start + 1;
        if (first >= html.Length || !char.IsAsciiLetter(html[first]))
        {
            return null;
        }

        var nameEnd = first;
        while (nameEnd < html.Length && (char.IsAsciiLetterOrDigit(html[nameEnd]) || html[nameEnd] is '-' or ':'))
        {
            nameEnd++;
        }

        // A quote or a bracket that touches the name makes it no name: text with a bare '<'.
        if (nameEnd == html.Length || !(char.IsWhiteSpace(html[nameEnd]) || html[nameEnd] is '/' or '>'))
        {
            return null;
        }

        var quote = '\0';
        var before = '\0';
        for (var i = nameEnd; i < html.Length; i++)
        {
            var c = html[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '\'' && before == '=')
            {
                // Only behind the sign does a quote begin a value; elsewhere it is a stray letter.
                quote = c;
            }
            else if (c == '>')
            {
                return i;
            }
            else if (c == '<')
            {
                return null;
            }

            before = char.IsWhiteSpace(c) ? before : c;
        }

        return null;
    }

    private static void AppendTag(ReadOnlySpan<char> inner, StringBuilder form)
    {
        var closing = inner[0] == '/';
        inner = closing ? inner[1..] : inner;
        var nameEnd = 0;
        while (nameEnd < inner.Length && !char.IsWhiteSpace(inner[nameEnd]) && inner[nameEnd] != '/')
        {
            nameEnd++;
        }

        TrimEnd(form);
        form.Append('<').Append(closing ? "/" : "").Append(inner[..nameEnd].ToString().ToLowerInvariant());
        if (!closing)
        {
            foreach (var (name, value) in Attributes(inner[nameEnd..]))
            {
                form.Append(' ').Append(name).Append("=\"").Append(Encode(value, inAttribute: true)).Append('"');
            }
        }

        form.Append('>');
    }

    private static SortedDictionary<string, string> Attributes(ReadOnlySpan<char> rest)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        while (at < rest.Length)
        {
            if (char.IsWhiteSpace(rest[at]) || rest[at] is '/' or '=' or '"' or '\'')
            {
                at++;
                continue;
            }

            var nameStart = at;
            while (at < rest.Length && !char.IsWhiteSpace(rest[at]) && rest[at] is not ('=' or '/' or '"' or '\''))
            {
                at++;
            }

            var name = rest[nameStart..at].ToString().ToLowerInvariant();
            at = SkipSpace(rest, at);
            var value = "";
            if (at < rest.Length && rest[at] == '=')
            {
                at = SkipSpace(rest, at + 1);
                value = Value(rest, ref at);
            }

            found.TryAdd(name, Collapse(WebUtility.HtmlDecode(value)).Trim());
        }

        return found;
    }

    private static string Value(ReadOnlySpan<char> rest, ref int at)
    {
        if (at >= rest.Length)
        {
            return "";
        }

        if (rest[at] is '"' or '\'')
        {
            var close = rest[(at + 1)..].IndexOf(rest[at]);
            var end = close < 0 ? rest.Length : at + 1 + close;
            var quoted = rest[(at + 1)..end].ToString();
            at = Math.Min(end + 1, rest.Length);
            return quoted;
        }

        var start = at;
        while (at < rest.Length && !char.IsWhiteSpace(rest[at]))
        {
            at++;
        }

        return rest[start..at].ToString();
    }

    private static int SkipSpace(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>White space next to a tag never counts, inside of text it counts as one blank.</summary>
    private static void FlushText(StringBuilder text, StringBuilder form)
    {
        if (text.Length > 0)
        {
            form.Append(Encode(Collapse(WebUtility.HtmlDecode(text.ToString())).Trim(' '), inAttribute: false));
            text.Clear();
        }
    }

    private static void TrimEnd(StringBuilder form)
    {
        while (form.Length > 0 && form[^1] == ' ')
        {
            form.Length--;
        }
    }

    private static string Collapse(string text)
    {
        var result = new StringBuilder(text.Length);
        var gap = false;
        foreach (var c in text)
        {
            // HtmlDecode gives a no-break space for &nbsp;, which editors add and remove at will.
            if (char.IsWhiteSpace(c))
            {
                gap = true;
                continue;
            }

            if (gap)
            {
                result.Append(' ');
                gap = false;
            }

            result.Append(c);
        }

        return (gap ? result.Append(' ') : result).ToString();
    }

    private static string Encode(string text, bool inAttribute)
    {
        var encoded = text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
        return inAttribute ? encoded.Replace("\"", "&quot;", StringComparison.Ordinal) : encoded;
    }
}
