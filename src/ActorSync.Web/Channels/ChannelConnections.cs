namespace ActorSync.Web.Channels;

/// <summary>Opens a connection that is not stored yet, to see whether its settings work.</summary>
internal static class ChannelConnections
{
    /// <summary>A probe is one or two calls; a channel that does not answer must not hold the request longer than this.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(20);

    public static async Task<ProbeResult> ProbeAsync(IChannelKind kind, ChannelSettings settings, ChannelSecrets secrets, CancellationToken cancellationToken) =>
        await ProbeAsync(kind.Open(settings, secrets, UnpacedBudget.Instance), cancellationToken);

    public static async Task<ProbeResult> ProbeAsync(IChannel channel, CancellationToken cancellationToken)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(ProbeTimeout);
        try
        {
            return await channel.ProbeAsync(bounded.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeResult
            {
                Ok = false,
                Fault = new ChannelFault { Kind = ChannelFaultKind.Transient, Code = "timeout", Message = $"The channel did not answer within {ProbeTimeout.TotalSeconds} seconds." },
            };
        }
    }

    /// <summary>Two calls of a probe spend nothing worth pacing; the stored channel has its real budget.</summary>
    private sealed class UnpacedBudget : IApiBudget
    {
        public static readonly UnpacedBudget Instance = new();

        public ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public void Report(BudgetReading reading)
        {
            // Nobody shares it: there is nothing to learn.
        }
    }
}
