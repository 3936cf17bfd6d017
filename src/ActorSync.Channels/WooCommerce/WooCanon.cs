using System.Globalization;
using System.Net;
using System.Text;

namespace ActorSync.Channels.WooCommerce;

/// <summary>How a WooCommerce shop changes what it stores (contract sections 7.1, 7.2 and 7.4). Pure.</summary>
internal sealed class WooCanon : ICanon
{
    public FieldValue Form(string field, FieldValue value)
    {
        if (value.Text is not { } text)
        {
            return FieldValue.Empty;
        }

        return field switch
        {
            WooFields.Name => Filled(Plain(text)),
            WooFields.Description => Filled(WooHtml.Clean(text)),
            WooFields.Price or WooFields.CompareAtPrice => Money(text),
            WooFields.Sku => Filled(text.Trim()),
            WooFields.Gtin => Filled(Gtin(text)),
            WooFields.Available => Stock(text),
            WooFields.Tags or WooFields.Categories => Filled(ElementKey(field, text)),
            WooFields.Manufacturer => Filled(Plain(text)),
            WooFields.ImageAlt => Filled(string.Join(' ', Plain(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))),
            WooFields.Weight or WooFields.Length or WooFields.Width or WooFields.Height => Size(text),
            WooFields.Options or WooFields.OptionValues => Names(value),
            _ => value,
        };
    }

    public string ElementKey(string field, string element) => Canonical.ElementKey(Plain(element));

    /// <summary>Plain text out of what the shop holds: it stores a bare ampersand as an entity and cuts blanks, backslashes and unknown tags.</summary>
    private static string Plain(string text) => WebUtility.HtmlDecode(WooHtml.Clean(text)).Trim();

    /// <summary>The shop's own price parser keeps digits, minus and points and throws everything else away.</summary>
    private static FieldValue Money(string text)
    {
        var kept = new string([.. text.Where(c => char.IsAsciiDigit(c) || c is '-' or '.')]);
        return decimal.TryParse(kept, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? Canonical.Money(amount)
            : FieldValue.Empty;
    }

    /// <summary>The canonical number where it is one, else what the shop keeps of the text.</summary>
    public static string Gtin(string text)
    {
        if (Domain.Products.Gtin.Validate(text, out var valid).IsValid)
        {
            return valid.Text!;
        }

        var kept = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c) || c is '-' or 'X' or 'x')
            {
                kept.Append(char.ToUpperInvariant(c));
            }
        }

        return kept.ToString();
    }

    /// <summary>The shop keeps a text in its own unit; read back it has the decimals that conversions have.</summary>
    private static FieldValue Size(string text) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var size) ? Canonical.Decimal(decimal.Round(size, Units.Decimals)) : FieldValue.Empty;

    /// <summary>Names of attributes and their values: plain texts in one line.</summary>
    private static FieldValue Names(FieldValue value) => Canonical.List([.. value.ToList().Select(name => Plain(name))]);

    private static FieldValue Stock(string text) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var count) ? Canonical.Decimal(decimal.Floor(count)) : FieldValue.Empty;

    private static FieldValue Filled(string text) => text.Length == 0 ? FieldValue.Empty : new FieldValue(text);
}
