using System.Globalization;

namespace ActorSync.Channels.WooCommerce;

/// <summary>Weights and lengths between the hub's units and the shop's. Pure.</summary>
internal static class WooUnits
{
    /// <summary>Enough for every unit to come back exactly at the hub's six decimals.</summary>
    private const int MostDecimals = 12;

    /// <summary>The shop's text as the hub counts it: kilograms or centimetres; empty when the shop holds none.</summary>
    public static FieldValue Read(string field, string? text, string unit) =>
        WooMapper.Amount(text) is { } amount ? Canonical.Decimal(IsWeight(field) ? Units.ToKilograms(amount, unit) : Units.ToCentimetres(amount, unit)) : FieldValue.Empty;

    /// <summary>The text with the fewest decimals that reads back as the same; null when the unit is unknown.</summary>
    public static string? Write(string field, decimal value, string unit)
    {
        var wanted = decimal.Round(value, Units.Decimals);
        for (var decimals = 0; ; decimals++)
        {
            if ((IsWeight(field) ? Units.FromKilograms(wanted, unit, decimals) : Units.FromCentimetres(wanted, unit, decimals)) is not { } shown)
            {
                return null;
            }

            if (decimals == MostDecimals || (IsWeight(field) ? Units.ToKilograms(shown, unit) : Units.ToCentimetres(shown, unit)) == wanted)
            {
                return shown.ToString("0.############", CultureInfo.InvariantCulture);
            }
        }
    }

    public static bool IsWeight(string field) => field == WooFields.Weight;
}
