using ActorSync.Web.Errors;

namespace ActorSync.Web.Requests;

/// <summary>A list in an answer: rows, where to go on, and the exact count only when asked for.</summary>
internal sealed record ListAnswer<T>(IReadOnlyList<T> Items, string? NextCursor, long? Total = null);

/// <summary>Query parameters that every list shares.</summary>
internal static class Lists
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <summary>The limit, or what is wrong with it.</summary>
    public static ApiError? CheckLimit(int? limit, out int value)
    {
        value = limit ?? DefaultLimit;
        return value is >= 1 and <= MaxLimit ? null : ApiError.Invalid("limit", $"limit is {value}; accepted is 1 to {MaxLimit}.");
    }
}
