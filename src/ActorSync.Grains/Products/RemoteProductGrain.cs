using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace ActorSync.Grains.Products;

/// <inheritdoc cref="IRemoteProductGrain"/>
/// <remarks>Reentrant around a mailbox like the product: what waits for one remote product travels to its hub product as one command.</remarks>
[Reentrant, CollectionAgeLimit(Minutes = 1.5)]
public sealed partial class RemoteProductGrain : Grain, IRemoteProductGrain
{
    /// <summary>Deliveries that wait at one remote product; beyond it callers wait.</summary>
    public const int MailboxCapacity = 512;
    /// <summary>Deliveries that travel together.</summary>
    public const int TurnSize = 64;
    /// <summary>Times a delivery is sent on because another product turned out to own the link or the SKU.</summary>
    public const int MaxRoutes = 6;

    private readonly IProductStore store;
    private readonly IInboxStore inbox;
    private readonly ITenantDirectory directory;
    private readonly IIdSource ids;
    private readonly TimeProvider clock;
    private readonly ILogger<RemoteProductGrain> logger;
    private readonly Mailbox<Waiting> mailbox;

    /// <summary>Where the last delivery went. Only a hint: the product itself says whether it is still right.</summary>
    private ProductId? known;

    public RemoteProductGrain(
        IProductStore store,
        IInboxStore inbox,
        ITenantDirectory directory,
        IIdSource ids,
        [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
        ILogger<RemoteProductGrain> logger)
    {
        this.store = store;
        this.inbox = inbox;
        this.directory = directory;
        this.ids = ids;
        this.clock = clock;
        this.logger = logger;
        mailbox = new Mailbox<Waiting>(MailboxCapacity, TurnSize, TurnAsync);
    }

    public async Task<ObserveReply> DeliverAsync(Delivery delivery)
    {
        var waiting = new Waiting(delivery);
        await mailbox.EnqueueAsync(waiting);
        return await waiting.Reply.Task;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => mailbox.Drained.WaitAsync(cancellationToken);

    private sealed record Waiting(Delivery Delivery)
    {
        public TaskCompletionSource<ObserveReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Sends what waits as one delivery; if that fails, each alone, so that a bad body fails by itself. Never throws.</summary>
    private async Task TurnAsync(ImmutableArray<Waiting> batch)
    {
        if (batch.Length > 1 && batch.Any(waiting => waiting.Delivery.Check))
        {
            foreach (var waiting in batch)
            {
                await TurnAsync([waiting]);
            }

            return;
        }

        try
        {
            var reply = await RouteAsync(batch.Length == 1 ? batch[0].Delivery : Together(batch));
            foreach (var waiting in batch)
            {
                waiting.Reply.TrySetResult(reply);
            }
        }
        catch (Exception failure) when (batch.Length > 1 && failure is not StorageUnavailableException)
        {
            LogTogetherFailed(this.GetPrimaryKeyString(), batch.Length, failure.Message);
            foreach (var waiting in batch)
            {
                await TurnAsync([waiting]);
            }
        }
        catch (Exception failure)
        {
            known = null;
            foreach (var waiting in batch)
            {
                waiting.Reply.TrySetException(failure);
            }
        }
    }

    private static Delivery Together(ImmutableArray<Waiting> batch) => batch[0].Delivery with
    {
        Observations = [.. batch.SelectMany(waiting => waiting.Delivery.Observations)],
        InboxIds = [.. batch.SelectMany(waiting => waiting.Delivery.InboxIds).Distinct()],
    };

    /// <summary>Link, then identity, then a new product. Every guess is proved by the answer of the product that it is sent to.</summary>
    private async Task<ObserveReply> RouteAsync(Delivery delivery)
    {
        var route = new Route();
        for (var sent = 0; sent < MaxRoutes; sent++)
        {
            var target = route.Next ?? known ?? await FindLinkedAsync(delivery);
            var mayCreate = false;
            if (target is null || (route.IsLinkStale && route.Next is null))
            {
                if (WholeBody(delivery) is not { } body)
                {
                    return await UnknownAsync(delivery);
                }

                if (await AdoptAsync(delivery, body) is { } adopted)
                {
                    return adopted;
                }

                if (delivery.DryRun)
                {
                    return WouldBeNew(body);
                }

                target = await RecogniseAsync(delivery, body, route);
                mayCreate = true;
            }

            var reply = await Product(delivery.Tenant, target.Value).ObserveAsync(Command(delivery, mayCreate || route.MayCreate, route.Ambiguous));
            switch (reply)
            {
                case { Status: ObserveStatus.Done }:
                    known = target;
                    return reply;
                case { Status: ObserveStatus.NotFound }:
                    route.IsLinkStale = known is null && route.Next is null;
                    route.Next = null;
                    break;
                case { Status: ObserveStatus.LinkTaken } when reply.Owner == target && WholeBody(delivery) is null:
                    // Counts alone make no product: what they are about has to be seen first.
                    return await UnknownAsync(delivery);
                case { Status: ObserveStatus.LinkTaken } when reply.Owner == target:
                    // The product is linked to another remote product of this channel.
                    route.Taken($"Its SKU, GTIN or hub id belongs to product {target}, which is linked to another product of this channel.", NewId());
                    break;
                case { Status: ObserveStatus.LinkTaken }:
                    route.Next = reply.Owner;
                    break;
                case { Status: ObserveStatus.SkuTaken } when mayCreate && route.Ambiguous is null:
                    route.Next = reply.Owner;
                    break;
                default:
                    // A linked product whose channel now gives it a SKU that another product has: nobody's SKU is guessed.
                    route.Ambiguous = $"One of its SKUs belongs to product {reply.Owner}.";
                    route.Next = target;
                    route.MayCreate = mayCreate;
                    break;
            }

            known = null;
        }

        throw new InvalidOperationException(
            $"Remote product {this.GetPrimaryKeyString()} found no hub product in {MaxRoutes} tries: links and SKUs changed under it. It is delivered again later.");
    }

    /// <summary>A dry run makes nothing and asks nobody to hold a place; whether a hub product waits for it is for the real run to find.</summary>
    private static ObserveReply WouldBeNew(ObservedProduct body) => new()
    {
        Status = ObserveStatus.Done,
        Drift = new Drift { Kind = Identity.Ambiguity(body) is null ? DriftKind.Imported : DriftKind.Ambiguous },
    };

    /// <summary>By the link; at a flat channel each of the product's things has a row of its own, written in the product's transaction.</summary>
    private async Task<ProductId?> FindLinkedAsync(Delivery delivery) =>
        await store.FindByExternalIdAsync(delivery.Channel, delivery.ExternalId, CancellationToken.None)
        ?? (await directory.FindChannelAsync(delivery.Channel) is { } channel && directory.KindOf(channel).Descriptor.IsFlat
            ? (await store.FindByResourceAsync(delivery.Channel, LinkResources.OfVariant(delivery.ExternalId), CancellationToken.None))?.Product
            : null);

    /// <summary>What is known of the way while one delivery looks for its product.</summary>
    private sealed class Route
    {
        public ProductId? Next { get; set; }
        public string? Ambiguous { get; set; }
        public bool MayCreate { get; set; }
        /// <summary>The link's row names a product that does not exist (any more).</summary>
        public bool IsLinkStale { get; set; }

        public void Taken(string reason, ProductId own)
        {
            Ambiguous = reason;
            Next = own;
            MayCreate = true;
        }
    }

    /// <summary>A product that carries our own id was made by us: a create whose answer was lost. Null = it does not, or the id is a copy.</summary>
    private async Task<ObserveReply?> AdoptAsync(Delivery delivery, ObservedProduct body)
    {
        if (string.IsNullOrEmpty(body.HubId))
        {
            return null;
        }

        var reply = await Product(delivery.Tenant, new ProductId(body.HubId)).ObserveAsync(Command(delivery, mayCreate: false, ambiguous: null));
        if (reply.Status != ObserveStatus.Done)
        {
            return null;
        }

        known = new ProductId(body.HubId);
        return reply;
    }

    /// <summary>The product by identity SKU, then by GTIN, else a new one. Ambiguity makes a new one that is pushed nowhere.</summary>
    private async Task<ProductId> RecogniseAsync(Delivery delivery, ObservedProduct body, Route route)
    {
        if (Identity.Ambiguity(body) is { } inside)
        {
            route.Ambiguous = inside;
            return NewId();
        }

        var keys = Identity.Keys(body);
        var skus = keys.Where(key => key.Kind == IdentityKeyKind.Sku).OrderBy(key => key.Value, StringComparer.Ordinal).ToImmutableArray();
        var found = await FindBySkuAsync(delivery.Tenant, skus);
        if (found.Count == 0)
        {
            foreach (var key in keys.Where(key => key.Kind == IdentityKeyKind.Gtin))
            {
                found.AddRange((await store.FindByGtinAsync(delivery.Tenant, key.Value, CancellationToken.None)).Select(product => (key, product)));
            }
        }

        if (found.Count == 0)
        {
            return await FirstWithSkusAsync(delivery.Tenant, skus);
        }

        // Whether the product is linked elsewhere in this channel is for the product to say.
        var verdict = Identity.Decide(found, _ => false);
        route.Ambiguous = verdict.Ambiguity;
        return verdict.Product ?? NewId();
    }

    private async Task<List<(IdentityKey Key, ProductId Product)>> FindBySkuAsync(TenantId tenant, ImmutableArray<IdentityKey> skus)
    {
        var found = new List<(IdentityKey, ProductId)>();
        foreach (var chunk in skus.Chunk(500))
        {
            var owners = await store.FindBySkuAsync(tenant, [.. chunk.Select(key => key.Value)], CancellationToken.None);
            found.AddRange(chunk.Where(key => owners.ContainsKey(key.Value)).Select(key => (key, owners[key.Value])));
        }

        return found;
    }

    /// <summary>
    /// No product has the SKUs yet: whoever announces one of them at the same time gets the same new id. SKUs are asked in order, so that two announcers
    /// of several SKUs meet at the first; should they still miss each other, the unique row sends the later one on.
    /// </summary>
    private async Task<ProductId> FirstWithSkusAsync(TenantId tenant, ImmutableArray<IdentityKey> skus)
    {
        var own = NewId();
        var chosen = own;
        foreach (var key in skus)
        {
            var resolved = await GrainFactory.GetGrain<ISkuGrain>($"{tenant.Value}/{key.Value}").ResolveAsync(chosen);
            chosen = chosen == own ? resolved : chosen;
        }

        return chosen;
    }

    /// <summary>The newest body that shows the whole product; only such a one may make a product.</summary>
    private static ObservedProduct? WholeBody(Delivery delivery)
    {
        // A deletion as the last word makes nothing.
        for (var i = delivery.Observations.Length - 1; i >= 0 && !delivery.Observations[^1].Body.Deleted; i--)
        {
            if (delivery.Observations[i].Body is var body && body.Variants.Length > 0 && (body.VariantsComplete || body.Fields.ContainsKey(Fields.Name) || body.Variants[0].Fields.ContainsKey(Fields.Name)))
            {
                return body;
            }
        }

        return null;
    }

    /// <summary>Nothing is known of the product and nothing in the delivery shows it: a deletion is none of our business, anything else wants a read.</summary>
    private async Task<ObserveReply> UnknownAsync(Delivery delivery)
    {
        if (!delivery.Observations.Any(observation => observation.Body.Deleted))
        {
            return new ObserveReply { Status = ObserveStatus.NotFound, WantsRead = true };
        }

        if (!delivery.InboxIds.IsEmpty)
        {
            await inbox.AckAsync(
                [.. delivery.InboxIds.Select(row => new InboxAck { Id = row, Outcome = "ignored: a deleted product that the hub does not know" })],
                clock.GetUtcNow(),
                CancellationToken.None);
        }

        return new ObserveReply { Status = ObserveStatus.Done };
    }

    private static ObserveCommand Command(Delivery delivery, bool mayCreate, string? ambiguous) => new()
    {
        Observations = delivery.Observations,
        InboxIds = delivery.InboxIds,
        CreateIfMissing = mayCreate,
        Ambiguous = ambiguous,
        Check = delivery.Check,
        DryRun = delivery.DryRun,
    };

    private ProductId NewId() => new(ids.NewId());

    private IProductGrain Product(TenantId tenant, ProductId product) => GrainFactory.GetGrain<IProductGrain>(ProductGrainKey.Of(tenant, product));

    [LoggerMessage(2101, LogLevel.Warning, "{Count} deliveries of remote product {RemoteProduct} failed together and are sent one by one: {Error}")]
    private partial void LogTogetherFailed(string remoteProduct, int count, string error);
}
