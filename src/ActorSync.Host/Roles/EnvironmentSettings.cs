using System.Collections;

namespace ActorSync.Host.Roles;

/// <summary>
/// Settings from the environment. Names of ours that end in <c>_FILE</c> hold the path of a file with the value, as container platforms mount secrets:
/// <c>ActorSync__Storage__ConnectionString_FILE=/run/secrets/pg</c>. A last line break of the file is not part of the value.
/// </summary>
internal static class EnvironmentSettings
{
    private const string Prefix = ActorSyncOptions.Section + "__";
    private const string Suffix = "_FILE";

    /// <summary>Every setting by its configuration key, and a sentence for each file that cannot be read or that says a second time what is said already.</summary>
    public static (Dictionary<string, string?> Values, List<string> Problems) Read(IDictionary environment)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var problems = new List<string>();
        foreach (DictionaryEntry entry in environment)
        {
            var (name, value) = ((string)entry.Key, (string?)entry.Value);
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            {
                values[KeyOf(name)] = value;
                continue;
            }

            name = name[..^Suffix.Length];
            if (environment.Contains(name))
            {
                problems.Add($"{name} and {name}{Suffix} are both set; leave one out.");
                continue;
            }

            try
            {
                values[KeyOf(name)] = File.ReadAllText(value!).TrimEnd('\r', '\n');
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
            {
                problems.Add($"{name}{Suffix} names the file '{value}', which cannot be read: {failure.Message}");
            }
        }

        return (values, problems);
    }

    private static string KeyOf(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}
