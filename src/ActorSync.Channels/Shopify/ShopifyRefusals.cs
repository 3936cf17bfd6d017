namespace ActorSync.Channels.Shopify;

/// <summary>
/// Values that Shopify would change beyond recognition or for which it would refuse a whole call: refused here, one by one and with the reason, so that the
/// rest goes through.
/// </summary>
internal static class ShopifyRefusals
{
    public static void Apply(ShopifyPushState state)
    {
        foreach (var planned in state.Undecided.ToArray())
        {
            if (Reason(planned) is { } reason)
            {
                state.Reject(planned.Key, reason.Code, reason.Message);
            }
        }
    }

    private static (string Code, string Message)? Reason(PlannedValue planned) => planned switch
    {
        { Key: { Field: ShopifyFields.Tags, Part: not null }, Target.Text: { } tag } when tag.Contains(',') =>
            ("TAG_WITH_COMMA", $"'{tag}' holds a comma, which separates tags at Shopify."),
        { Key.Field: ShopifyFields.CountryOfOrigin, Target.Text: { } country } when ShopifyCountries.Find(country) is null =>
            ("COUNTRY_UNKNOWN", $"countryOfOrigin is '{country}'; Shopify takes a code of two letters such as DE."),
        { Key.Field: ShopifyFields.CustomsCode, Target.Text: { } code } when ShopifyCanon.HsDigits(code) is null =>
            ("CUSTOMS_CODE_INVALID", $"customsCode is '{code}'; Shopify takes 6 to 13 digits."),
        { Key: { Field: ShopifyFields.Vendor, Variant: null }, Target: var vendor } when string.IsNullOrWhiteSpace(vendor.Text) =>
            ("VENDOR_EMPTY", "Shopify puts the shop's own name where a product has no vendor, so it cannot be cleared there. Name a vendor here."),
        _ => null,
    };
}
