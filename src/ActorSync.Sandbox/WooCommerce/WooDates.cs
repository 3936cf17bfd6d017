using System.Globalization;
using System.Text.RegularExpressions;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Dates in parameters, with the site's zone where none is given and the trap where one is given too much.</summary>
public static partial class WooDates
{
    /// <summary>The moment as it stands in the text: with its zone, or as if it were UTC when it has none.</summary>
    public static bool TryParse(string text, out DateTimeOffset moment, out bool hasZone)
    {
        var match = Pattern().Match(text);
        hasZone = match.Success && match.Groups["zone"].Length > 0;
        moment = default;
        return match.Success && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);
    }

    /// <summary>
    /// The UTC second that modified_after and its like compare with. Without a zone the text is site-local, or UTC with dates_are_gmt; a zone together with
    /// dates_are_gmt is applied twice, as on the real site.
    /// </summary>
    public static DateTimeOffset Threshold(string member, string text, bool datesAreGmt)
    {
        if (!TryParse(text, out var moment, out var hasZone))
        {
            throw WooSchema.Invalid(member, "rest_invalid_date", "Invalid date.");
        }

        var shift = TimeSpan.FromHours(WooShop.GmtOffsetHours);
        return (hasZone, datesAreGmt) switch
        {
            (false, false) => moment - shift,
            (true, true) => moment + shift,
            _ => moment,
        };
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?(?<zone>[Zz]|[+-]\d{2}(:?\d{2})?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
