using System.Runtime.InteropServices;

namespace ActorSync.Sandbox.Core;

/// <summary>
/// Lives as long as the process that holds our standard input. The terminal sends Ctrl-C to both; we ignore it, so that the hub can finish its calls to the
/// shops, and end when the hub is gone, however it went.
/// </summary>
internal sealed class StdinLifetime(IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private readonly PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _ = Task.Run(
            async () =>
            {
                var buffer = new char[64];
                while (await Console.In.ReadAsync(buffer) > 0)
                {
                    // Whatever is written to us means nothing; only the end does.
                }

                application.StopApplication();
            },
            CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => interrupt.Dispose();
}
