using ActorSync.Abstractions.Tenants;
using ActorSync.Domain.Products;
using ActorSync.Storage;
using ActorSync.Web.Health;

namespace ActorSync.Host;

/// <summary>Ready = the database answers, no writer's queue is full, the cluster answers, and the process is not on its way out.</summary>
internal sealed class Readiness(IStorageHealth storage, IGrainFactory grains, IHostApplicationLifetime lifetime) : IReadiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async ValueTask<ReadinessReport> CheckAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new ReadinessReport([new ReadinessCheck("process", false, "Shutting down: finishing what is under way.")]);
        }

        var database = await storage.CheckAsync(cancellationToken);
        var queues = storage.CheckQueues();
        return new ReadinessReport(
            [new ReadinessCheck("storage", database.IsReady, database.Sentence), new ReadinessCheck("queues", queues.IsReady, queues.Sentence), await ClusterAsync(cancellationToken)]);
    }

    private async Task<ReadinessCheck> ClusterAsync(CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).GetAsync(0).WaitAsync(Patience, cancellationToken);
            return new ReadinessCheck("cluster", true, "Answers.");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return new ReadinessCheck("cluster", false, $"Does not answer: {failure.Message}");
        }
    }
}
