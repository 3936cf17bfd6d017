using System.Globalization;

namespace ActorSync.Channels.Shopify;

/// <summary>How Shopify changes what it stores. Complete enough that an echo of our own value is recognised; each gap found later is an issue for this file.</summary>
internal sealed class ShopifyCanon : ICanon
{
    public static readonly ShopifyCanon Instance = new();

    public FieldValue Form(string field, FieldValue value)
    {
        if (Canonical.Text(value.Text).Text is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return field switch
            {
                // These cannot be empty at Shopify: clearing them gives their default.
                ShopifyFields.Price => Canonical.Money(0),
                ShopifyFields.Taxable => FieldValue.True,
                _ => FieldValue.Empty,
            };
        }

        return field switch
        {
            ShopifyFields.Description => OfText(ShopifyHtml.LooseForm(text)),
            ShopifyFields.Name or ShopifyFields.Vendor or ShopifyFields.ProductType or ShopifyFields.Sku or ShopifyFields.Gtin
                or ShopifyFields.SeoTitle or ShopifyFields.SeoDescription => OfText(text.Trim()),
            ShopifyFields.Price or ShopifyFields.CompareAtPrice => Money(text),
            ShopifyFields.Weight => Weight(text),
            ShopifyFields.CustomsCode => OfText(HsDigits(text) ?? text.Trim()),
            ShopifyFields.CountryOfOrigin => OfText(text.Trim().ToUpperInvariant()),
            ShopifyFields.Available => Count(text),
            _ => OfText(text),
        };
    }

    public string ElementKey(string field, string element) => Canonical.ElementKey(element);

    /// <summary>Shopify keeps two decimals.</summary>
    public static decimal RoundMoney(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);

    /// <summary>Shopify keeps the digits of a customs code; null when they are not 6 to 13, or anything but digits, punctuation and blanks is there.</summary>
    public static string? HsDigits(string code)
    {
        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        return digits.Length is >= 6 and <= 13 && code.All(c => char.IsAsciiDigit(c) || char.IsPunctuation(c) || char.IsWhiteSpace(c)) ? digits : null;
    }

    private static FieldValue Weight(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var kilograms)
        ? decimal.Round(kilograms, Units.Decimals) is var kept && kept == 0 ? FieldValue.Empty : Canonical.Decimal(kept)
        : OfText(text.Trim());

    private static FieldValue OfText(string text) => Canonical.Text(text);

    private static FieldValue Money(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var amount)
        ? Canonical.Money(RoundMoney(amount))
        : OfText(text.Trim());

    private static FieldValue Count(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var count)
        ? Canonical.Decimal(Math.Floor(count))
        : OfText(text.Trim());
}
