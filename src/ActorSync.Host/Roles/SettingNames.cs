using ActorSync.Channels.Http;
using ActorSync.Grains.Stores;
using ActorSync.Grains.Webhooks;
using ActorSync.Host.Telemetry;

namespace ActorSync.Host.Roles;

/// <summary>A misspelled setting is an error: it would be ignored, and its default be in force without a word. Storage and Web say so of their own sections.</summary>
internal static class SettingNames
{
    private static readonly Dictionary<string, Type?> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        [ClusterSettings.Section] = typeof(ClusterSettings),
        [RoleParts.Section] = typeof(RoleParts),
        [TelemetryOptions.Section] = typeof(TelemetryOptions),
        [StoreOptions.Section] = typeof(StoreOptions),
        [InboxOptions.Section] = typeof(InboxOptions),
        [ChannelHttpOptions.Section] = typeof(ChannelHttpOptions),
        [Storage.StorageOptions.Section] = null,
        [Web.WebOptions.Section] = null,
    };

    /// <summary>A sentence for each key of ours that no option has.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration) =>
        Unknown(configuration.GetSection(ActorSyncOptions.Section), typeof(ActorSyncOptions), Sections.Keys.Select(key => key[(ActorSyncOptions.Section.Length + 1)..]));

    private static IEnumerable<string> Unknown(IConfigurationSection section, Type options, IEnumerable<string> inner)
    {
        var known = options.GetProperties().Where(property => property.CanWrite).ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);
        string[] names = [.. known.Keys.Concat(inner).Order(StringComparer.Ordinal)];
        foreach (var child in section.GetChildren())
        {
            var type = Sections.TryGetValue(child.Path, out var named) ? named : known.GetValueOrDefault(child.Key);
            if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"{child.Path} is not known; known are {string.Join(", ", names)}.";
            }
            else if (type is not null && type.Assembly.GetName().Name!.StartsWith(ActorSyncOptions.Section, StringComparison.Ordinal) && type.IsClass)
            {
                foreach (var problem in Unknown(child, type, []))
                {
                    yield return problem;
                }
            }
        }
    }
}
