namespace ActorSync.Grains.Stores;

/// <summary>
/// The frame of a channel's long work: an interleaving timer that nobody waits for does it, one run at a time, and a reminder revives it. Being called is all
/// that the reminder is for.
/// </summary>
public abstract class ChannelWorkGrain : Grain, IRemindable
{
    private bool isWorking;

    protected ChannelId Channel => new(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Interleaved: HTTP calls are awaited by the timer, never by a caller of the grain.
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromSeconds(1)) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public async Task EnsureAsync() =>
        await this.RegisterOrUpdateReminder("revive", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    /// <summary>Does what is due, as far as it comes; the next tick goes on from the checkpoint.</summary>
    protected abstract Task WorkAsync(CancellationToken cancellationToken);

    /// <summary>The run ended unforeseen.</summary>
    protected abstract Task FailedAsync(Exception failure);

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (isWorking)
        {
            return;
        }

        isWorking = true;
        try
        {
            await WorkAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await FailedAsync(failure);
        }
        finally
        {
            isWorking = false;
        }
    }
}
