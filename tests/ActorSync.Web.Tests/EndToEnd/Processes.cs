using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>A built program of this repository as a child process, with what it said.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder said = new();
    private readonly List<string> complaints = [];

    private ChildProgram(Process process) => this.process = process;

    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    /// <summary>The lines on standard error.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (said)
            {
                return [.. complaints];
            }
        }
    }

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public static ChildProgram Start(string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.ArgumentList.Add(Assembly(project));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var child = new ChildProgram(Process.Start(start) ?? throw new InvalidOperationException($"{project} could not be started."));
        child.process.OutputDataReceived += (_, line) => child.Note(line.Data);
        child.process.ErrorDataReceived += (_, line) => child.Complain(line.Data);
        child.process.BeginOutputReadLine();
        child.process.BeginErrorReadLine();
        return child;
    }

    public async Task<int> WaitForExitAsync(TimeSpan bound)
    {
        using var patience = new CancellationTokenSource(bound);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>As by kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>As by Ctrl-C.</summary>
    public async Task<int> InterruptAsync(TimeSpan bound)
    {
        using var kill = Process.Start("kill", $"-INT {process.Id}");
        await kill.WaitForExitAsync();
        return await WaitForExitAsync(bound);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Note(string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }

    private void Complain(string? line)
    {
        Note(line);
        if (line is { Length: > 0 })
        {
            lock (said)
            {
                complaints.Add(line);
            }
        }
    }

    /// <summary>The program in the configuration and framework that these tests run in; the project file builds it before them.</summary>
    private static string Assembly(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = output.Parent?.Name ?? "Debug";
        for (var folder = output; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ActorSync.sln")))
            {
                return Path.Combine(folder.FullName, "src", project, "bin", configuration, "net10.0", project + ".dll");
            }
        }

        throw new InvalidOperationException($"No ActorSync.sln above {AppContext.BaseDirectory}.");
    }
}
