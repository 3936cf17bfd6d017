using System.Threading.Channels;
using ActorSync.Storage.Groups;
using ActorSync.Storage.Json;
using ActorSync.Storage.Sql;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Products;

/// <summary>The product store over either dialect: commits go to group writers, reads straight to the database.</summary>
internal sealed class ProductStore : IProductStore, IAsyncDisposable
{
    /// <summary>Most rows of one read of dirty links or ids.</summary>
    public const int MaxList = 10_000;
    /// <summary>Most SKUs of one look-up.</summary>
    public const int MaxSkus = 500;

    private readonly IDatabase database;
    private readonly IProductLoads loads;
    private readonly GroupWriter<PreparedCommit>[] writers;

    public ProductStore(IDatabase database, IProductGroups groups, IProductLoads loads, IOptions<StorageOptions> options, StorageMetrics metrics, ILogger<ProductStore> logger)
    {
        this.database = database;
        this.loads = loads;
        var limits = new GroupLimits(options.Value.QueueLimit, options.Value.MaxBatchRows, options.Value.MaxBatchBytes);
        writers = [.. Enumerable.Range(0, groups.Writers).Select(i => new GroupWriter<PreparedCommit>($"products-{i}", limits, metrics, logger, groups.WriteAsync))];
    }

    public Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken) => loads.LoadAsync(id, cancellationToken);

    public async Task<CommitResult> CommitAsync(ProductCommit commit, CancellationToken cancellationToken)
    {
        var prepared = new PreparedCommit(commit);
        if (prepared.Problem is { } problem)
        {
            return new CommitResult { Status = CommitStatus.Refused, Error = problem };
        }

        try
        {
            // A product always meets the same writer: two of its commits are never in the air at once, and writers never wait for each other's rows.
            await writers[Shard(commit.Id)].EnqueueAsync(prepared, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new StorageUnavailableException("The storage is stopping: nothing was written.", exception);
        }

        // From here on the commit happens whatever the caller does; giving up the wait leaves its outcome unknown to them.
        return await prepared.Answer.WaitAsync(cancellationToken);
    }

    public async Task<ImmutableDictionary<string, ProductId>> FindBySkuAsync(TenantId tenant, ImmutableArray<string> identitySkus, CancellationToken cancellationToken)
    {
        if (identitySkus.Length > MaxSkus)
        {
            throw new ArgumentException($"{identitySkus.Length} SKUs were asked for at once; at most {MaxSkus} are accepted.", nameof(identitySkus));
        }

        if (identitySkus.IsDefaultOrEmpty)
        {
            return ImmutableDictionary<string, ProductId>.Empty;
        }

        var rows = await database.ReadAsync(
            session => session.QueryAsync(
                "FindBySku", row => KeyValuePair.Create(row.Text(0), new ProductId(row.Text(1))), cancellationToken, ("@tenant", tenant.Value), ("@skus", identitySkus.ToArray())),
            cancellationToken);
        return rows.ToImmutableDictionary(StringComparer.Ordinal);
    }

    public async Task<ImmutableArray<ProductId>> FindByGtinAsync(TenantId tenant, string gtin, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync("FindByGtin", row => new ProductId(row.Text(0)), cancellationToken, ("@tenant", tenant.Value), ("@gtin", gtin)),
            cancellationToken)];

    public async Task<ProductId?> FindByExternalIdAsync(ChannelId channel, string externalId, CancellationToken cancellationToken)
    {
        var owner = await database.ReadAsync(
            session => session.FirstAsync("FindByExternalId", row => row.Text(0), cancellationToken, ("@channel", channel.Value), ("@external_id", externalId)),
            cancellationToken);
        return owner is null ? null : new ProductId(owner);
    }

    public Task<ResourceOwner?> FindByResourceAsync(ChannelId channel, string resourceKey, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.FirstAsync(
                "FindByResource",
                row => new ResourceOwner { Product = new ProductId(row.Text(0)), ExternalId = row.Text(1), Variant = new VariantId(row.Int(2)), VariantExternalId = row.Text(3) },
                cancellationToken, ("@channel", channel.Value), ("@resource_key", resourceKey)),
            cancellationToken);

    public async Task<ImmutableArray<DirtyLink>> ReadDirtyAsync(ChannelId channel, DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "ReadDirty",
                row => new DirtyLink { Tenant = new TenantId(row.Text(0)), Product = new ProductId(row.Text(1)), Lane = (Lane)row.Int(2), DirtySince = row.Instant(3) },
                cancellationToken, ("@channel", channel.Value), ("@now", now), ("@limit", Math.Clamp(limit, 1, MaxList))),
            cancellationToken)];

    public async Task<ImmutableArray<ProductId>> ListIdsAsync(TenantId tenant, ProductId? after, int limit, CancellationToken cancellationToken) =>
        [.. await database.ReadAsync(
            session => session.QueryAsync(
                "ListProductIds", row => new ProductId(row.Text(0)), cancellationToken, ("@tenant", tenant.Value), ("@after", after?.Value ?? ""),
                ("@limit", Math.Clamp(limit, 1, MaxList))),
            cancellationToken)];

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in writers)
        {
            await writer.DisposeAsync();
        }
    }

    private int Shard(ProductId id) => (int)((uint)string.GetHashCode(id.Value, StringComparison.Ordinal) % (uint)writers.Length);
}

/// <summary>How products are loaded: one by one from SQLite, in groups from PostgreSQL.</summary>
internal interface IProductLoads
{
    /// <summary>The product with its links in one snapshot, or null.</summary>
    Task<StoredProduct?> LoadAsync(ProductId id, CancellationToken cancellationToken);
}

/// <summary>Puts rows of the LoadProducts query together.</summary>
internal sealed class ProductRows(FingerprintCache cache)
{
    private readonly List<(string Channel, long Version, long Hash, byte[] Document)> links = [];
    private (long Version, long Hash, byte[] Document)? product;

    public void AddProduct(long version, long codesHash, byte[] document) => product = (version, codesHash, document);

    public void AddLink(string channel, long version, long resourcesHash, byte[] document) => links.Add((channel, version, resourcesHash, document));

    /// <exception cref="System.Text.Json.JsonException">A document cannot be read.</exception>
    public StoredProduct? Read(string id)
    {
        if (product is not { } row)
        {
            return null;
        }

        var state = StorageJson.ReadProduct(row.Document, row.Version);
        cache.Put(id, row.Version, row.Hash);
        var states = ImmutableArray.CreateBuilder<LinkState>(links.Count);
        foreach (var link in links.OrderBy(link => link.Channel, StringComparer.Ordinal))
        {
            states.Add(StorageJson.ReadLink(link.Document, link.Version));
            cache.Put(FingerprintCache.LinkKey(id, link.Channel), link.Version, link.Hash);
        }

        return new StoredProduct { Product = state, Links = states.MoveToImmutable() };
    }
}
