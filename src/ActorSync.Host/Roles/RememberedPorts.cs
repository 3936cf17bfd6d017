using System.Globalization;

namespace ActorSync.Host.Roles;

/// <summary>
/// Free ports are taken again at the next start: a silo at the address of one that was killed takes its place in the cluster at once, where any other has to wait
/// until the dead one has been noticed. The file is held while the process runs, so that two silos of one folder never take the same ports.
/// </summary>
internal static class RememberedPorts
{
    private const string FileName = "silo-ports";
    private static readonly List<FileStream> Held = [];

    public static (int Silo, int Gateway) Of(ClusterSettings settings, string folder)
    {
        if (Hold(Path.Combine(folder, FileName)) is not { } file)
        {
            return (Pick(settings.SiloPort, null), Pick(settings.GatewayPort, null));
        }

        Held.Add(file);
        using var reader = new StreamReader(file, leaveOpen: true);
        var known = reader.ReadToEnd().Split(' ');
        var (silo, gateway) = (Pick(settings.SiloPort, known[0]), Pick(settings.GatewayPort, known.ElementAtOrDefault(1)));
        file.SetLength(0);
        using var writer = new StreamWriter(file, leaveOpen: true);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{silo} {gateway}"));
        return (silo, gateway);
    }

    private static FileStream? Hold(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static int Pick(int configured, string? known) =>
        configured != 0 ? configured
        : int.TryParse(known, CultureInfo.InvariantCulture, out var port) && Preflight.IsFree(port) ? port
        : Preflight.FreePort();
}
