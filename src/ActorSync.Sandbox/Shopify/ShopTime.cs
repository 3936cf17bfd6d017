using System.Globalization;

namespace ActorSync.Sandbox.Shopify;

/// <summary>The shop stands in Berlin. The rule is written out so that a machine without time zone data gives the same answers.</summary>
public static class ShopTime
{
    public static TimeSpan Offset(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return utc >= LastSunday(utc.Year, 3) && utc < LastSunday(utc.Year, 10) ? TimeSpan.FromHours(2) : TimeSpan.FromHours(1);
    }

    /// <summary>2026-06-25T03:33:55+02:00, as webhooks write it.</summary>
    public static string Local(DateTimeOffset time) => time.ToOffset(Offset(time)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static DateTime LastSunday(int year, int month)
    {
        var last = new DateTime(year, month, 31, 1, 0, 0, DateTimeKind.Utc);
        return last.AddDays(-(int)last.DayOfWeek);
    }
}
