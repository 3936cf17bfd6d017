using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace ActorSync.Grains.Webhooks;

/// <inheritdoc cref="IReadWorkerGrain"/>
/// <remarks>Reentrant: requests are taken in while a read is under way, which only the pump awaits.</remarks>
[Reentrant]
public sealed partial class ReadWorkerGrain(
    ITenantDirectory directory,
    IInboxStore inbox,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<ReadWorkerGrain> logger) : Grain, IReadWorkerGrain
{
    /// <summary>Remote products that wait for a read; requests beyond it are dropped (inbox rows come back, links stay in the dirty index).</summary>
    public const int MaxWaiting = 10_000;
    /// <summary>Remote products per read.</summary>
    public const int ReadSize = 100;
    /// <summary>Collections that wait; requests beyond it are dropped and come back by lease.</summary>
    public const int MaxCollections = 1_000;

    private readonly Dictionary<string, ReadRequest> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<long>> collections = new(StringComparer.Ordinal);
    private readonly HashSet<long> underWay = [];
    private bool isReading;

    private ChannelId Channel => new(this.GetPrimaryKeyString());

    public Task ReadAsync(ImmutableArray<ReadRequest> requests)
    {
        foreach (var request in requests)
        {
            Add(request);
        }

        return PumpAsync();
    }

    public Task ReadCollectionAsync(string collectionId, ImmutableArray<long> inboxIds)
    {
        if (!inboxIds.All(underWay.Contains) && (collections.ContainsKey(collectionId) || collections.Count < MaxCollections))
        {
            collections[collectionId] = [.. collections.GetValueOrDefault(collectionId, []).Union(inboxIds)];
        }

        return PumpAsync();
    }

    private void Add(ReadRequest request)
    {
        if (!request.InboxIds.IsEmpty && request.InboxIds.All(underWay.Contains))
        {
            // Leased again while its read is under way.
            return;
        }

        if (waiting.TryGetValue(request.ExternalId, out var earlier))
        {
            waiting[request.ExternalId] = request with { InboxIds = [.. earlier.InboxIds.Union(request.InboxIds)] };
        }
        else if (waiting.Count < MaxWaiting)
        {
            waiting[request.ExternalId] = request;
        }
        else
        {
            LogFull(Channel.Value, MaxWaiting);
        }
    }

    private async Task PumpAsync()
    {
        if (isReading)
        {
            return;
        }

        isReading = true;
        try
        {
            while (waiting.Count + collections.Count > 0)
            {
                if (waiting.Count == 0)
                {
                    var (collection, rows) = collections.First();
                    collections.Remove(collection);
                    underWay.UnionWith(rows);
                    await ReadMembersAsync(collection, rows);
                    underWay.Clear();
                    continue;
                }

                var requests = waiting.Values.Take(ReadSize).ToImmutableArray();
                foreach (var request in requests)
                {
                    waiting.Remove(request.ExternalId);
                    underWay.UnionWith(request.InboxIds);
                }

                await ReadThroughAsync(requests);
                underWay.Clear();
            }
        }
        catch (Exception failure)
        {
            LogFailed(Channel.Value, failure);
        }
        finally
        {
            underWay.Clear();
            isReading = false;
        }
    }

    private async Task ReadThroughAsync(ImmutableArray<ReadRequest> requests)
    {
        if (await directory.FindChannelAsync(Channel) is not { } channel || await directory.OpenAsync(channel) is not IProductSource source)
        {
            await AckAsync(requests, "ignored: the channel cannot be read");
            return;
        }

        var page = await source.ReadAsync([.. requests.Select(request => request.ExternalId)], CancellationToken.None);
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
        if (page.Fault is { } fault)
        {
            LogFault(Channel.Value, requests.Length, fault.Code, fault.Message);
            return;
        }

        await Task.WhenAll(requests.Zip(page.Items).Select(pair => DeliverAsync(channel, pair.First, pair.Second)));
    }

    private async Task ReadMembersAsync(string collection, ImmutableArray<long> rows)
    {
        var answered = new ReadRequest { ExternalId = collection, InboxIds = rows };
        if (await directory.FindChannelAsync(Channel) is not { } channel || await directory.OpenAsync(channel) is not (IProductSource source and ICollectionSource catalogue))
        {
            await AckAsync([answered], "ignored: the channel's collections cannot be read");
            return;
        }

        var members = await catalogue.ReadMembersAsync(collection, IReadWorkerGrain.MaxMembers, CancellationToken.None);
        var fault = members.Fault;
        var failed = 0;
        foreach (var chunk in members.Products.Chunk(ReadSize))
        {
            var page = fault is null ? await source.ReadAsync([.. chunk], CancellationToken.None) : null;
            fault ??= page!.Fault;
            failed += page is null ? 0 : (await PageWalk.DeliverAsync(GrainFactory, channel, page.Items, logger)).Count(delivered => delivered.Reply is null);
        }

        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(fault, null);
        if (fault is not null)
        {
            LogFault(Channel.Value, members.Products.Length, fault.Code, fault.Message);
            return;
        }

        await AckAsync([answered], $"members: {members.Products.Length} read{(members.IsCut ? ", more exist" : "")}{(failed > 0 ? $", {failed} failed" : "")}");
    }

    private async Task DeliverAsync(ChannelSettings channel, ReadRequest request, Observation observation)
    {
        try
        {
            var reply = await GrainFactory.GetGrain<IRemoteProductGrain>($"{Channel.Value}/{request.ExternalId}").DeliverAsync(new Delivery
            {
                Tenant = channel.Tenant,
                Channel = Channel,
                ExternalId = request.ExternalId,
                Observations = [observation],
                InboxIds = request.InboxIds,
            });
            if (reply.Status == ObserveStatus.NotFound)
            {
                await AckAsync([request], "ignored: the channel shows no whole product");
            }
        }
        catch (Exception failure)
        {
            // Inbox rows come back when their lease has run out; a link that wants a read stays in the dirty index.
            LogDeliveryFailed(Channel.Value, request.ExternalId, failure.Message);
        }
    }

    private async Task AckAsync(ImmutableArray<ReadRequest> requests, string outcome)
    {
        var acks = requests.SelectMany(request => request.InboxIds).Select(id => new InboxAck { Id = id, Outcome = outcome }).ToImmutableArray();
        if (!acks.IsEmpty)
        {
            await inbox.AckAsync(acks, clock.GetUtcNow(), CancellationToken.None);
        }
    }

    [LoggerMessage(2301, LogLevel.Warning, "More than {Limit} products of channel {Channel} wait for a read; a request was dropped and comes back by lease")]
    private partial void LogFull(string channel, int limit);

    [LoggerMessage(2302, LogLevel.Error, "Reading products of channel {Channel} failed")]
    private partial void LogFailed(string channel, Exception failure);

    [LoggerMessage(2303, LogLevel.Information, "Channel {Channel} did not answer a read of {Count} products ({Code}): {Message} Their inbox rows come back by lease")]
    private partial void LogFault(string channel, int count, string code, string message);

    [LoggerMessage(2304, LogLevel.Warning, "A read of product {ExternalId} at channel {Channel} could not be worked in: {Error}")]
    private partial void LogDeliveryFailed(string channel, string externalId, string error);
}
