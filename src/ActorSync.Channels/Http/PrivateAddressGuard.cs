using System.Net;
using System.Net.Sockets;

namespace ActorSync.Channels.Http;

/// <summary>
/// Refuses connections to addresses inside somebody's own network. It decides on the address that is really connected to, after the name was resolved, so
/// that a public name that points inside (or changes between check and use) does not pass.
/// </summary>
public static class PrivateAddressGuard
{
    public static bool IsPrivate(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (IPAddress.IsLoopback(address))
        {
            return true;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            var v6 = address.GetAddressBytes();
            return address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any)
                || (v6[0] & 0xFE) == 0xFC // unique local
                || (v6[0] == 0x00 && v6[1] == 0x64 && v6[2] == 0xFF && v6[3] == 0x9B); // NAT64 wraps any IPv4 address
        }

        var v4 = address.GetAddressBytes();
        return v4[0] switch
        {
            0 or 10 or 127 => true,
            100 => v4[1] is >= 64 and <= 127, // carrier-grade NAT
            169 => v4[1] == 254,
            172 => v4[1] is >= 16 and <= 31,
            192 => v4[1] == 168 || (v4[1] == 0 && v4[2] == 0),
            198 => v4[1] is 18 or 19,
            _ => v4[0] >= 224, // multicast, reserved, broadcast
        };
    }

    internal static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool allowPrivate, CancellationToken cancellationToken)
    {
        var all = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        var allowed = allowPrivate ? all : Array.FindAll(all, address => !IsPrivate(address));
        if (allowed.Length == 0)
        {
            throw new PrivateAddressException(endpoint.Host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The address of a channel lies in a private network and the switch that allows it is off.</summary>
public sealed class PrivateAddressException(string host) : IOException(
    $"'{host}' is an address of a private network. Set {ChannelHttpOptions.Section}:{nameof(ChannelHttpOptions.AllowPrivateAddresses)} to true if channels may be called there.");
