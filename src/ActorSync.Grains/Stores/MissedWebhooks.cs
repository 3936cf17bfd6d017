using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;

namespace ActorSync.Grains.Stores;

/// <summary>Tells which of the changes that a read found should have been told by a webhook.</summary>
internal static class MissedWebhooks
{
    /// <summary>The external ids of products whose change was missed. A channel that is only polled misses nothing.</summary>
    public static async Task<IReadOnlySet<string>> FindAsync(
        IProductQueries queries, ChannelSettings channel, IReadOnlyCollection<Delivered> delivered, DateTimeOffset now, TimeSpan deliveryTime)
    {
        var candidates = channel.PollMode || channel.ImportedAt is not { } imported ? [] : delivered
            .Where(item => item.Reply?.Drift is { } drift && WebhookLoss.IsCandidate(drift, now, deliveryTime) && drift.ChangedAt > imported)
            .ToList();
        if (candidates.Count == 0)
        {
            return ImmutableHashSet<string>.Empty;
        }

        var resources = candidates.SelectMany(item => ResourcesOf(item.Observation.Body)).Distinct(StringComparer.Ordinal).ToImmutableArray();
        var since = candidates.Min(item => item.Reply!.Drift!.ChangedAt!.Value) - TimeSpan.FromSeconds(1);
        var heard = await queries.LastHeardAsync(channel.Tenant, channel.Id, resources, since, CancellationToken.None);
        return candidates.Where(item => WebhookLoss.IsMissed(item.Reply!.Drift!, now, deliveryTime, LastHeard(item.Observation.Body, heard)))
            .Select(item => item.Observation.Body.ExternalId).ToHashSet(StringComparer.Ordinal);
    }

    private static DateTimeOffset? LastHeard(ObservedProduct body, ImmutableDictionary<string, DateTimeOffset> heard) =>
        ResourcesOf(body).Max(resource => heard.TryGetValue(resource, out var at) ? at : (DateTimeOffset?)null);

    /// <summary>What deliveries about the product are filed under.</summary>
    private static IEnumerable<string> ResourcesOf(ObservedProduct body) =>
        body.Variants.Where(variant => variant.StockItemId is not null).Select(variant => "inventory/" + variant.StockItemId).Prepend("product/" + body.ExternalId);
}
