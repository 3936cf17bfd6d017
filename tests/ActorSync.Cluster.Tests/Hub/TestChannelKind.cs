using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>The connector of the in-memory shops: no wire, the ports only. One instance serves all silos of a cluster.</summary>
public sealed class TestChannelKind : IChannelKind, ICanon, IWebhookReader
{
    public const string KindName = "test";

    public ConcurrentDictionary<string, TestShop> Shops { get; } = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ObservedProduct> bodies = new(StringComparer.Ordinal);

    /// <summary>The wire form of a body: a key under which this kind remembers it.</summary>
    public byte[] Write(ObservedProduct body)
    {
        var key = bodies.Count.ToString() + "/" + body.ExternalId + "/" + Guid.NewGuid();
        bodies[key] = body;
        return Encoding.UTF8.GetBytes(key);
    }

    /// <summary>Bodies by this external id cannot be read: poison.</summary>
    public string? Poison { get; set; }

    private ChannelDescriptor? descriptor;

    /// <summary>So many waiting products go in bulk.</summary>
    public int BulkFrom { get; set; } = int.MaxValue;

    public ChannelDescriptor Descriptor => descriptor ??= new ChannelDescriptor
    {
        Kind = KindName,
        DisplayName = "Test shop",
        PlatformName = "TESTSHOP",
        OriginKind = OriginKind.Storefront,
        Mask = [Fields.Name, Fields.Description, Fields.Price, Fields.Sku, Fields.IsActive, Fields.Available],
        MaxPushBatch = 50,
        BulkPush = new BulkPushDescriptor
        {
            Forms = [[Fields.Price], [Fields.Name, Fields.Description]],
            MaxVariants = 100,
            MaxItems = 1_000,
            MinItems = 2,
            Lease = TimeSpan.FromMinutes(1),
            PaysOff = (_, waiting, _) => waiting >= BulkFrom,
        },
        ImportPageSize = 100,
        Settings = [],
        EditUrl = (_, _) => null,
    };

    public ICanon Canon => this;

    public Tenants.TestIssuer Issuer { get; } = new();

    public ITokenIssuer Tokens => Issuer;

    public IWebhookReader? Webhooks => this;

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null) => new Connection(Shops[settings.Id.Value], budget);

    public FieldValue Form(string field, FieldValue value) => value.Text is { } text ? new FieldValue(text.Trim()) : value;

    public string ElementKey(string field, string element) => element.Trim().ToLowerInvariant();

    public string? ShopOf(IReadOnlyDictionary<string, string> headers) => headers.GetValueOrDefault("x-shop");

    public WebhookVerdict Verify(WebhookRequest request, ChannelSecrets secrets) => new() { Kind = WebhookVerdictKind.Accepted };

    public WebhookContent Read(WebhookRequest request, ChannelSettings settings)
    {
        if (request.Headers.TryGetValue("signal", out var signal))
        {
            return new WebhookContent { Signal = Enum.Parse<ChannelSignal>(signal, ignoreCase: true) };
        }

        if (request.Headers.TryGetValue("collection", out var collection))
        {
            return new WebhookContent { CollectionId = collection };
        }

        if (request.Headers.TryGetValue("resource", out var resource))
        {
            return new WebhookContent
            {
                ResourceKey = resource,
                Body = bodies[Encoding.UTF8.GetString(request.Body.Span)],
            };
        }

        if (request.Headers.TryGetValue("hint", out var id))
        {
            return new WebhookContent { ExternalId = id, NeedsRead = true };
        }

        var body = bodies[Encoding.UTF8.GetString(request.Body.Span)];
        return body.ExternalId == Poison
            ? throw new FormatException($"The body of {body.ExternalId} cannot be read.")
            : new WebhookContent { ExternalId = body.ExternalId, Body = body };
    }

    private sealed class Connection(TestShop shop, IApiBudget budget) : IChannel, IProductSource, IBackfillSource, ICollectionSource, IProductSink, IBulkSink, IWebhookRegistrar
    {
        public async Task<SourcePage> ReadManyAsync(ImmutableArray<string> externalIds, TimeSpan patience, CancellationToken cancellationToken) =>
            await shop.Bulk.ReadAsync(externalIds);

        public Task<BulkStart> StartAsync(int form, ImmutableArray<PushItem> items, CancellationToken cancellationToken) => Task.FromResult(shop.Bulk.Start(form, items));

        public Task<BulkStart> FindAsync(int form, DateTimeOffset since, CancellationToken cancellationToken) => Task.FromResult(shop.Bulk.Find(form, since));

        public Task<BulkLook> LookAsync(string operation, CancellationToken cancellationToken) => Task.FromResult(shop.Bulk.Look(operation));

        public Task CancelAsync(string operation, CancellationToken cancellationToken)
        {
            shop.Bulk.Cancel(operation);
            return Task.CompletedTask;
        }

        public Task<ImmutableArray<PushOutcome>?> CollectAsync(
            string operation, int form, ImmutableArray<PushItem> items, DateTimeOffset startedAt, CancellationToken cancellationToken) =>
            Task.FromResult<ImmutableArray<PushOutcome>?>(shop.Bulk.Collect(operation, items));

        public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult { Ok = shop.Fault is null, Fault = shop.Fault });

        public async Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
        {
            await budget.AcquireAsync(1, Lane.Content, cancellationToken);
            return shop.ReadPage(cursor, size);
        }

        public async Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken)
        {
            await budget.AcquireAsync(1, Lane.Content, cancellationToken);
            return shop.Read(externalIds);
        }

        public Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken) => Task.FromResult(shop.Find(item));

        /// <summary>A cursor of a backfill tells one product per page; any other tells nothing.</summary>
        public Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken)
        {
            var parts = cursor?.Split('/') ?? ["0"];
            if (parts is not [var since, var seen])
            {
                return Task.FromResult(new SourcePage { Items = [], NextCursor = parts[0] });
            }

            var at = int.Parse(seen, System.Globalization.CultureInfo.InvariantCulture);
            return Task.FromResult(shop.Read(shop.Products.Skip(at).Take(1).Select(product => product.ExternalId)) with { NextCursor = $"{since}/{Math.Min(at + 1, shop.Products.Length)}", HasMore = at < shop.Products.Length });
        }

        public string CursorAt(DateTimeOffset since) => $"{(shop.AskedSince = since).Value.UtcTicks}/0";

        public Task<CollectionMembers> ReadMembersAsync(string collectionId, int most, CancellationToken cancellationToken) =>
            Task.FromResult(new CollectionMembers { Products = [.. shop.Products.Select(product => product.ExternalId)], Fault = shop.Fault });

        public Task<WebhookRegistration> EnsureAsync(Uri target, CancellationToken cancellationToken)
        {
            var isLost = shop.DeliversTo != target;
            shop.DeliversTo = shop.Fault is null ? target : shop.DeliversTo;
            return Task.FromResult(new WebhookRegistration { Ok = shop.Fault is null, Fault = shop.Fault, Created = isLost && shop.Fault is null ? ["product/update"] : [] });
        }

        public async Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken)
        {
            await budget.AcquireAsync(1, Lane.Content, cancellationToken);
            return shop.Push(items);
        }
    }
}
