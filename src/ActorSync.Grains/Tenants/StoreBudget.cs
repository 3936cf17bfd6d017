using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Stores;

namespace ActorSync.Grains.Tenants;

/// <summary>A channel's budget as its connector sees it: asks the one StoreGrain that mirrors the bucket, and waits as long as that says.</summary>
internal sealed class StoreBudget(ChannelId channel, IGrainFactory grains, TimeProvider clock) : IApiBudget
{
    private readonly IStoreGrain store = grains.GetGrain<IStoreGrain>(channel.Value);

    public async ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken)
    {
        var wait = await store.AcquireAsync(cost, lane).WaitAsync(cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellationToken);
        }
    }

    // One-way: a lost reading makes the mirror cautious, not wrong.
    public void Report(BudgetReading reading) => store.ReportAsync(reading).Ignore();
}
