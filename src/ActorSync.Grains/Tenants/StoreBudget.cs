using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Stores;

namespace ActorSync.Grains.Tenants;

/// <summary>A channel's budget as its connector sees it: asks the one StoreGrain that mirrors the bucket, and waits as often and as long as that says.</summary>
/// <param name="channel">The connection.</param>
/// <param name="name">Unique in the cluster: requests keep their place in the line by it.</param>
/// <param name="grains">Finds the store.</param>
/// <param name="clock">Waits.</param>
internal sealed class StoreBudget(ChannelId channel, string name, IGrainFactory grains, TimeProvider clock) : IApiBudget
{
    private readonly IStoreGrain store = grains.GetGrain<IStoreGrain>(channel.Value);
    private long asked;

    public async ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken)
    {
        var request = $"{name}/{Interlocked.Increment(ref asked)}";
        while (await store.AcquireAsync(request, cost, lane).WaitAsync(cancellationToken) is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellationToken);
        }
    }

    // One-way: a lost reading makes the mirror cautious, not wrong.
    public void Report(BudgetReading reading) => store.ReportAsync(reading).Ignore();
}

/// <summary>The same budget for work that takes only what nothing else wants.</summary>
internal sealed class LeftoverBudget(IApiBudget budget) : IApiBudget
{
    public ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken) => budget.AcquireAsync(cost, Lane.Leftover, cancellationToken);

    public void Report(BudgetReading reading) => budget.Report(reading);
}
