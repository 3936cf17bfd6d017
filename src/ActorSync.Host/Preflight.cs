using System.Net;
using System.Net.Sockets;

namespace ActorSync.Host;

/// <summary>What can be known to fail before anything is started, as one clear sentence each.</summary>
public static class Preflight
{
    /// <summary>Creates the data folder and proves that it can be written to.</summary>
    public static string? CheckFolder(string folder)
    {
        var full = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(full);
            var probe = Path.Combine(full, $".write-probe-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The data folder {full} cannot be written to ({failure.Message}). Give another one with --data, or change its rights.";
        }
    }

    /// <summary>Proves that nobody listens on the address yet.</summary>
    public static string? CheckPort(string address, string switchName)
    {
        var uri = new Uri(address);
        var ip = uri.IsLoopback ? IPAddress.Loopback : IPAddress.Any;
        try
        {
            using var listener = new TcpListener(ip, uri.Port);
            listener.Start();
            return null;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return failure.SocketErrorCode == SocketError.AccessDenied
                ? $"Port {uri.Port} may not be opened by this user. Give another address with {switchName}."
                : $"Port {uri.Port} is busy: another program (perhaps another ActorSync) listens there. Stop it, or give another address with {switchName}.";
        }
    }

    /// <summary>Nobody listens on the loopback port.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (Exception failure) when (failure is SocketException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>A port that is free now; silos find each other by membership, so any will do.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
