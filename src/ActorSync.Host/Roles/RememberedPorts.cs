using System.Globalization;

namespace ActorSync.Host.Roles;

/// <summary>
/// Free ports are taken again at the next start: a silo at the address of one that was killed takes its place in the cluster at once, where any other has to wait
/// until the dead one has been noticed.
/// </summary>
internal static class RememberedPorts
{
    private const string FileName = "silo-ports";

    public static (int Silo, int Gateway) Of(ClusterSettings settings, string folder)
    {
        var file = Path.Combine(folder, FileName);
        var known = File.Exists(file) ? File.ReadAllText(file).Split(' ') : [];
        var ports = (Pick(settings.SiloPort, known.ElementAtOrDefault(0)), Pick(settings.GatewayPort, known.ElementAtOrDefault(1)));
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{ports.Item1} {ports.Item2}"));
        return ports;
    }

    private static int Pick(int configured, string? known) =>
        configured != 0 ? configured
        : int.TryParse(known, CultureInfo.InvariantCulture, out var port) && Preflight.IsFree(port) ? port
        : Preflight.FreePort();
}
