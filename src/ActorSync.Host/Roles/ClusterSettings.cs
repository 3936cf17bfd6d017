using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ActorSync.Host.Roles;

/// <summary>How silos and clients find each other. Section <c>ActorSync:Cluster</c>. With PostgreSQL the membership is a table there; SQLite serves one process alone.</summary>
public sealed class ClusterSettings
{
    public const string Section = ActorSyncOptions.Section + ":Cluster";

    private const string Loopback = "loopback";
    private const string Private = "private";

    /// <summary>Processes with the same id and database are one cluster. Default actorsync.</summary>
    public string Id { get; set; } = "actorsync";

    /// <summary>
    /// Where the other processes reach this silo: <c>loopback</c> (default, one machine), <c>private</c> (the first private address of this machine or container),
    /// or an IP address. Never one that the internet reaches: the cluster's own traffic carries no key.
    /// </summary>
    public string Address { get; set; } = Loopback;

    /// <summary>Port between silos. 0 (default) = a free one, and the same again at the next start while it is free.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port for clients of the cluster. 0 (default) = a free one, likewise.</summary>
    public int GatewayPort { get; set; }

    /// <summary>How long a process waits at its start for a cluster to join or to call. 10 s to 10 min; default 1 min.</summary>
    public TimeSpan JoinTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Every problem as a sentence: key, value, rule.</summary>
    public IEnumerable<string> Problems()
    {
        if (Id.Length is 0 or > 100)
        {
            yield return $"{Section}:Id is '{Id}' but must have 1 to 100 characters.";
        }

        if (Find() is null)
        {
            yield return $"{Section}:Address is '{Address}' but must be loopback, an IP address, or private, of which this machine must have one (10.x, 172.16-31.x, 192.168.x, fd00::).";
        }
        else if (Find() is { } ip && !IPAddress.IsLoopback(ip) && !IsPrivate(ip))
        {
            yield return $"{Section}:Address is {ip} but must be a loopback or private address: the cluster's own traffic carries no key.";
        }

        foreach (var (name, port) in new[] { (nameof(SiloPort), SiloPort), (nameof(GatewayPort), GatewayPort) })
        {
            if (port is < 0 or > ushort.MaxValue)
            {
                yield return $"{Section}:{name} is {port} but must be 0 (any free port) to 65535.";
            }
        }

        if (SiloPort != 0 && SiloPort == GatewayPort)
        {
            yield return $"{Section}:SiloPort and GatewayPort are both {SiloPort} but must differ.";
        }

        if (JoinTimeout < TimeSpan.FromSeconds(10) || JoinTimeout > TimeSpan.FromMinutes(10))
        {
            yield return $"{Section}:JoinTimeout is {JoinTimeout} but must lie between 00:00:10 and 00:10:00.";
        }
    }

    /// <summary>The address that <see cref="Address"/> names, or null.</summary>
    public IPAddress? Find() => Address switch
    {
        Loopback => IPAddress.Loopback,
        Private => NetworkInterface.GetAllNetworkInterfaces().Where(card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(address => address.Address)
            .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).FirstOrDefault(IsPrivate),
        _ => IPAddress.TryParse(Address, out var ip) ? ip : null,
    };

    /// <summary>RFC 1918, the shared space of RFC 6598, and unique local IPv6.</summary>
    private static bool IsPrivate(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 10 || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31) || (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 100 && bytes[1] is >= 64 and <= 127)
            : address.IsIPv6UniqueLocal;
    }
}
