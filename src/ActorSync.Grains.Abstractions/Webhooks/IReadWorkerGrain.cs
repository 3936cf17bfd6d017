using Orleans.Concurrency;

namespace ActorSync.Abstractions.Webhooks;

/// <summary>
/// Reads remote products that only a fresh read can judge (hints, ties, deletions, bodies of another form) and delivers what it sees. Key: channel id.
/// Requests coalesce per remote product: however many hints arrive, one read follows the last. May be lost with its silo: inbox rows are leased again and a
/// link that wants a read stays in the dirty index.
/// </summary>
[Alias("actorsync.read-worker")]
public interface IReadWorkerGrain : IGrainWithStringKey
{
    /// <summary>Asks for reads; answered at once, before anything is read.</summary>
    [Alias("read"), OneWay] Task ReadAsync(ImmutableArray<ReadRequest> requests);

    /// <summary>
    /// Asks for reads of a collection's members, at most <see cref="MaxMembers"/>: its own webhook names none of them. What lies beyond, and what was taken out of
    /// it, is found by reading the whole channel. The inbox rows are handled when the members are worked in.
    /// </summary>
    [Alias("read-collection"), OneWay] Task ReadCollectionAsync(string collectionId, ImmutableArray<long> inboxIds);

    /// <summary>Members of one collection that are read for one event.</summary>
    const int MaxMembers = 250;
}

/// <summary>One wanted read.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.read-request")]
public sealed record ReadRequest
{
    /// <summary>Remote product.</summary>
    [Id(0)] public required string ExternalId { get; init; }
    /// <summary>
    /// Inbox rows that the read answers: handled by the commit that works it in. When the channel does not answer they stay leased and come back by
    /// themselves; an outage spends none of their attempts.
    /// </summary>
    [Id(1)] public ImmutableArray<long> InboxIds { get; init; } = [];
}
