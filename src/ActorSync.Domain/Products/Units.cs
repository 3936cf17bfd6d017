namespace ActorSync.Domain.Products;

/// <summary>Conversions between the units of channels and those of the registry: kilograms and centimetres. Exact factors; results to 6 decimals.</summary>
public static class Units
{
    public const int Decimals = 6;

    /// <summary>Null when the unit is unknown.</summary>
    public static decimal? ToKilograms(decimal amount, string unit) => Convert(amount, KilogramsPer(unit));

    public static decimal? FromKilograms(decimal kilograms, string unit, int decimals = Decimals) => KilogramsPer(unit) is { } factor ? Round(kilograms / factor, decimals) : null;

    /// <summary>Null when the unit is unknown.</summary>
    public static decimal? ToCentimetres(decimal amount, string unit) => Convert(amount, CentimetresPer(unit));

    public static decimal? FromCentimetres(decimal centimetres, string unit, int decimals = Decimals) => CentimetresPer(unit) is { } factor ? Round(centimetres / factor, decimals) : null;

    private static decimal? KilogramsPer(string unit) => unit?.Trim().ToLowerInvariant() switch
    {
        "kg" or "kgs" or "kilogram" or "kilograms" => 1m,
        "g" or "gram" or "grams" => 0.001m,
        "lb" or "lbs" or "pound" or "pounds" => 0.45359237m,
        "oz" or "ounce" or "ounces" => 0.028349523125m,
        _ => null,
    };

    private static decimal? CentimetresPer(string unit) => unit?.Trim().ToLowerInvariant() switch
    {
        "cm" or "centimeter" or "centimeters" or "centimetre" or "centimetres" => 1m,
        "mm" or "millimeter" or "millimeters" or "millimetre" or "millimetres" => 0.1m,
        "m" or "meter" or "meters" or "metre" or "metres" => 100m,
        "in" or "inch" or "inches" => 2.54m,
        "ft" or "foot" or "feet" => 30.48m,
        "yd" or "yard" or "yards" => 91.44m,
        _ => null,
    };

    private static decimal? Convert(decimal amount, decimal? factor) => factor is { } f ? Round(amount * f) : null;

    private static decimal Round(decimal amount, int decimals = Decimals) => decimal.Round(amount, decimals, MidpointRounding.ToEven);
}
