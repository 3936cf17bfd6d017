using System.Globalization;

namespace ActorSync.Sandbox.Shopify;

/// <summary>Which versions answer. An older one that existed once falls forward to the oldest served; anything else is not found.</summary>
public static class ApiVersions
{
    public const string Current = "2026-07";
    public const string Oldest = "2026-04";
    private const int FirstYear = 2019;

    public static IReadOnlyList<Version> Served { get; } = [new(Oldest, Supported: true), new(Current, Supported: true)];

    /// <summary>The version that answers a request for this one; null when there never was such a version.</summary>
    public static string? Resolve(string asked)
    {
        if (Served.Any(v => v.Handle == asked))
        {
            return asked;
        }

        return asked is [_, _, _, _, '-', _, _] && int.TryParse(asked[..4], CultureInfo.InvariantCulture, out var year) && year >= FirstYear
            && asked[5..] is "01" or "04" or "07" or "10" && string.CompareOrdinal(asked, Oldest) < 0 ? Oldest : null;
    }

    public sealed record Version(string Handle, bool Supported);
}
