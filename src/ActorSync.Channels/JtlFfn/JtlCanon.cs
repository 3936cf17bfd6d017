using System.Text.RegularExpressions;

namespace ActorSync.Channels.JtlFfn;

/// <summary>How JTL-FFN keeps values: as they are, but for the codes that stand in members with a form of their own. Pure.</summary>
internal sealed partial class JtlCanon : ICanon
{
    public FieldValue Form(string field, FieldValue value)
    {
        if (value.Text is not { } text)
        {
            return FieldValue.Empty;
        }

        return field switch
        {
            JtlFields.HazmatClass => new FieldValue(HazardText(Hazard(text))),
            JtlFields.CountryOfOrigin => new FieldValue(text.Trim().ToUpperInvariant()),
            Fields.Gtin => Gtin.Validate(text, out var valid).IsValid ? valid : value,
            _ => value,
        };
    }

    public string ElementKey(string field, string element) => Canonical.ElementKey(element);

    /// <summary>A hub class as JTL's two members: the UN number (UN1993), and the rest as hazard identifier (33). Written together as "UN1993 33".</summary>
    public static (string? UnNumber, string? Identifier) Hazard(string text)
    {
        var match = UnNumber().Match(text);
        if (!match.Success)
        {
            return (null, text.Trim());
        }

        var rest = string.Concat(text.AsSpan(0, match.Index), text.AsSpan(match.Index + match.Length)).Trim(' ', '/', ',', ';');
        return ("UN" + match.Groups["number"].Value, rest.Length == 0 ? null : rest);
    }

    public static string HazardText((string? UnNumber, string? Identifier) hazard) =>
        string.Join(' ', new[] { hazard.UnNumber, hazard.Identifier }.Where(part => !string.IsNullOrEmpty(part)));

    [GeneratedRegex(@"\bUN\s?(?<number>\d{4})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnNumber();
}
