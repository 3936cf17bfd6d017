using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Webhooks;

namespace ActorSync.Host;

/// <summary>
/// Calls the grains that drain, push, import, poll and check once at each start, so that work left by the last run goes on at once instead of at the next reminder.
/// </summary>
internal sealed class Revival(IGrainFactory grains, IChannelRegistry channels) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var partition = 0; partition < IInboxStore.Partitions; partition++)
        {
            await grains.GetGrain<IInboxGrain>(partition).EnsureAsync();
        }

        foreach (var channel in await channels.ListAsync(stoppingToken))
        {
            await ChannelGrainsAsync(grains, channel.Id);
        }
    }

    public static async Task ChannelGrainsAsync(IGrainFactory grains, Domain.Products.ChannelId channel)
    {
        await grains.GetGrain<IStoreGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IBulkPushGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IImportGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IGoLiveGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IDriftScanGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IStockGrain>(channel.Value).EnsureAsync();
        await grains.GetGrain<IWebhookWatchGrain>(channel.Value).EnsureAsync();
    }
}
