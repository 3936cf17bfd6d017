namespace ActorSync.Host.Roles;

/// <summary>What a process of a role holds. Section <c>ActorSync:Parts</c>, from <c>silo-config/{role}.json</c>; a further file there is a further role.</summary>
public sealed class RoleParts
{
    public const string Section = ActorSyncOptions.Section + ":Parts";

    /// <summary>Every grain of ours.</summary>
    private const string All = "*";

    /// <summary>True: a member of the cluster. False: its client, which hosts no grain.</summary>
    public bool Silo { get; set; }

    /// <summary>Class names of our grains that this silo may host, separated by commas; "*" = all. Orleans' own grains live on every silo.</summary>
    public string Grains { get; set; } = "";

    /// <summary>API, live page and documentation.</summary>
    public bool Api { get; set; }

    /// <summary>What <c>ActorSync:PublicUrl</c> leads to: where channels deliver webhooks, and send browsers back to after a sign-in.</summary>
    public bool Ingress { get; set; }

    /// <summary>Everything in one process: needs no other, so SQLite and the demo can serve it.</summary>
    public bool IsWhole => Silo && HostsAll && Api && Ingress;

    public bool HostsAll => Grains.Trim() == All;

    /// <summary>The role that <c>silo-config</c> describes, or the sentence that says which there are.</summary>
    public static (string? File, string? Problem) Find(string role)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "silo-config");
        var known = Directory.EnumerateFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal).ToList();
        return known.Contains(role, StringComparer.Ordinal)
            ? (Path.Combine(folder, role + ".json"), null)
            : (null, $"ActorSync:Role is '{role}' but must be one of {string.Join(", ", known)}: the files of {folder}.");
    }

    /// <summary>Whether the silo may host grains of a class.</summary>
    public bool MayHost(Type grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return HostsAll || grain.Assembly != typeof(ActorSync.Grains.GrainsSiloBuilderExtensions).Assembly || Names().Contains(grain.Name, StringComparer.Ordinal);
    }

    /// <summary>Every problem as a sentence: key, value, rule.</summary>
    public IEnumerable<string> Problems()
    {
        var known = typeof(ActorSync.Grains.GrainsSiloBuilderExtensions).Assembly.GetTypes()
            .Where(type => typeof(Grain).IsAssignableFrom(type) && !type.IsAbstract).Select(type => type.Name).Order(StringComparer.Ordinal).ToList();
        foreach (var name in Names().Where(name => name != All && !known.Contains(name, StringComparer.Ordinal)))
        {
            yield return $"{Section}:Grains has '{name}' but must be '*' or names of {string.Join(", ", known)}.";
        }
    }

    private string[] Names() => Grains.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
