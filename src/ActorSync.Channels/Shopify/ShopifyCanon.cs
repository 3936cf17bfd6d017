using System.Globalization;

namespace ActorSync.Channels.Shopify;

/// <summary>How Shopify changes what it stores. Complete enough that an echo of our own value is recognised; each gap found later is an issue for this file.</summary>
internal sealed class ShopifyCanon : ICanon
{
    public static readonly ShopifyCanon Instance = new();

    public FieldValue Form(string field, FieldValue value)
    {
        if (Canonical.Text(value.Text).Text is not { } text)
        {
            return FieldValue.Empty;
        }

        return field switch
        {
            ShopifyFields.Description => OfText(ShopifyHtml.LooseForm(text)),
            ShopifyFields.Name or ShopifyFields.Vendor or ShopifyFields.ProductType or ShopifyFields.Sku or ShopifyFields.Gtin => OfText(text.Trim()),
            ShopifyFields.Price or ShopifyFields.CompareAtPrice => Money(text),
            ShopifyFields.Available => Count(text),
            _ => OfText(text),
        };
    }

    public string ElementKey(string field, string element) => Canonical.ElementKey(element);

    /// <summary>Shopify keeps two decimals.</summary>
    public static decimal RoundMoney(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);

    private static FieldValue OfText(string text) => Canonical.Text(text);

    private static FieldValue Money(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var amount)
        ? Canonical.Money(RoundMoney(amount))
        : OfText(text.Trim());

    private static FieldValue Count(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var count)
        ? Canonical.Decimal(Math.Floor(count))
        : OfText(text.Trim());
}
