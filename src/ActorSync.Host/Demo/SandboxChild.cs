using System.Diagnostics;

namespace ActorSync.Host.Demo;

/// <summary>
/// The Sandbox as a process of its own beside the demo's hub. It follows our standard input: it ends when we end, however we end, and ignores the Ctrl-C that
/// the terminal sends to both, so that pushes under way can be finished.
/// </summary>
internal sealed class SandboxChild : IDisposable
{
    private static readonly TimeSpan AnswerBound = TimeSpan.FromSeconds(5);

    private readonly Process? process;

    private SandboxChild(Process? process) => this.process = process;

    /// <summary>True when a Sandbox was listening already and is used as it is.</summary>
    public bool IsBorrowed => process is null;

    /// <summary>Starts it, or uses the one that answers at the address. A sentence instead when neither is possible.</summary>
    public static async Task<(SandboxChild? Child, string? Problem)> StartAsync(Uri address, string dataFolder, HttpClient http, CancellationToken cancellationToken)
    {
        if (await AnswersAsync(address, http, cancellationToken))
        {
            return (new SandboxChild(null), null);
        }

        if (Preflight.CheckPort(address.ToString(), "--sandbox") is { } busy)
        {
            return (null, busy);
        }

        if (FindAssembly() is not { } assembly)
        {
            return (null, "The Sandbox is not built (it is in no production package). Run from the source tree, or start without it: --demo false.");
        }

        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { assembly, "--port", address.Port.ToString(), "--data", dataFolder, "--follow-stdin", "true" })
        {
            start.ArgumentList.Add(argument);
        }

        var started = Process.Start(start) ?? throw new InvalidOperationException("The Sandbox process could not be started.");
        var said = new List<string>();
        started.OutputDataReceived += (_, _) => { };
        started.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
            {
                lock (said)
                {
                    said.Add(text);
                }
            }
        };
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await AnswersAsync(address, http, cancellationToken))
        {
            if (started.HasExited || patience.IsCancellationRequested)
            {
                lock (said)
                {
                    return (null, $"The Sandbox did not start: {(said.Count > 0 ? said[0] : "it gave no reason within 60 s")}");
                }
            }

            await Task.Delay(200, cancellationToken);
        }

        return (new SandboxChild(started), null);
    }

    public void Dispose()
    {
        if (process is null)
        {
            return;
        }

        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static async Task<bool> AnswersAsync(Uri address, HttpClient http, CancellationToken cancellationToken)
    {
        // Another program may take the connection and say nothing.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerBound);
        try
        {
            using var answer = await http.GetAsync(new Uri(address, "/health/ready"), patience.Token);
            return answer.IsSuccessStatusCode && answer.Headers.Contains("X-Sandbox-Generation");
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Beside us in the source tree, built by the same command in the same configuration.</summary>
    private static string? FindAssembly()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Debug";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "src", "ActorSync.Sandbox", "bin", configuration, "net10.0", "ActorSync.Sandbox.dll");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
