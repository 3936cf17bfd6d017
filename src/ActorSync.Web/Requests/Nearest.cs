namespace ActorSync.Web.Requests;

/// <summary>Finds the known name that a person probably meant.</summary>
internal static class Nearest
{
    /// <summary>The closest of <paramref name="known"/> by edit distance, or null when none is close enough to be a typing error.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var folded = Fold(name);
        string? best = null;
        var bestDistance = Math.Max(2, folded.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(folded, Fold(candidate), bestDistance);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>camelCase, snake_case and kebab-case of one name are the same name.</summary>
    public static string Fold(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static int Distance(string left, string right, int limit)
    {
        if (Math.Abs(left.Length - right.Length) >= limit)
        {
            return limit;
        }

        var previous = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replace = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
