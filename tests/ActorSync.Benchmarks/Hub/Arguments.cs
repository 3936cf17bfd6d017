namespace ActorSync.Benchmarks.Hub;

/// <summary>Arguments of the form --name value.</summary>
internal static class Arguments
{
    public static string? Find(string[] arguments, string name)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
