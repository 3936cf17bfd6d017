using System.Collections.Concurrent;
using ActorSync.Grains.Products;
using ActorSync.Grains.Stores;
using ActorSync.Grains.Tenants;
using ActorSync.Grains.Webhooks;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>
/// Calls go one way (DESIGN section 2): ingress → RemoteProduct → Product, RemoteProduct → Sku; Store, worker, import → Product. Nobody below calls back.
/// An outgoing filter refuses every other arrow and remembers it, so that a test that provoked one fails.
/// </summary>
public sealed class Arrows : IOutgoingGrainCallFilter
{
    /// <summary>Who may be called by whom. A grain class that is not listed calls no grain of ours at all.</summary>
    private static readonly Dictionary<Type, string[]> Allowed = new()
    {
        [typeof(InboxGrain)] = ["IRemoteProductGrain", "IReadWorkerGrain", "IWebhookWatchGrain"],
        [typeof(ReadWorkerGrain)] = ["IRemoteProductGrain", "IStoreGrain"],
        [typeof(WebhookWatchGrain)] = ["IRemoteProductGrain", "IStoreGrain", "IBulkPushGrain", "ITenantGrain", "IGoLiveGrain"],
        [typeof(RemoteProductGrain)] = ["IProductGrain", "ISkuGrain"],
        [typeof(ProductGrain)] = [],
        [typeof(SkuGrain)] = [],
        [typeof(TenantGrain)] = [],
        [typeof(StoreGrain)] = ["IPushWorkerGrain", "IBulkPushGrain", "IFeedGrain"],
        [typeof(BulkPushGrain)] = ["IProductGrain", "IStoreGrain"],
        [typeof(PushWorkerGrain)] = ["IProductGrain", "IStoreGrain"],
        [typeof(ImportGrain)] = ["IRemoteProductGrain", "IProductGrain", "IStoreGrain", "IFeedGrain", "ITenantGrain", "IGoLiveGrain", "IDriftScanGrain"],
        [typeof(DriftScanGrain)] = ["IRemoteProductGrain", "IProductGrain", "IStoreGrain", "IImportGrain", "IFeedGrain", "ITenantGrain"],
        [typeof(StockGrain)] = ["IRemoteProductGrain", "IStoreGrain"],
        [typeof(TokenGrain)] = [],
        [typeof(GoLiveGrain)] = ["IProductGrain", "IStoreGrain", "IFeedGrain", "ITenantGrain"],
    };

    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Arrows that were seen, as "Caller → ICallee".</summary>
    public ConcurrentDictionary<string, bool> Seen { get; } = new(StringComparer.Ordinal);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.SourceContext?.GrainInstance is { } source)
        {
            Seen[$"{source.GetType().Name} → {context.InterfaceName[(context.InterfaceName.LastIndexOf('.') + 1)..]}"] = true;
            if (Refusal(source.GetType(), context.InterfaceName) is { } refusal)
            {
                Wrong.Enqueue(refusal);
                throw new InvalidOperationException(refusal);
            }
        }

        await context.Invoke();
    }

    internal static string? Refusal(Type caller, string interfaceName)
    {
        var callee = interfaceName[(interfaceName.LastIndexOf('.') + 1)..];
        return interfaceName.StartsWith("ActorSync.", StringComparison.Ordinal) && Allowed.TryGetValue(caller, out var callees) && !callees.Contains(callee)
            ? $"Wrong arrow: {caller.Name} calls {callee}."
            : null;
    }
}
