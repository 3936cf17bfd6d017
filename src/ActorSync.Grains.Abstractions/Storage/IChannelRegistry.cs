using ActorSync.Abstractions.Channels;

namespace ActorSync.Abstractions.Storage;

/// <summary>Which channels exist over all tenants, so that a silo finds the tenant of a webhook; and their secrets, encrypted at rest.</summary>
public interface IChannelRegistry
{
    /// <summary>Adds or updates; false when the id belongs to another tenant.</summary>
    Task<bool> PutAsync(ChannelId channel, TenantId tenant, string kind, string? shop, CancellationToken cancellationToken);

    /// <summary>Removes the entry and its secrets.</summary>
    Task RemoveAsync(ChannelId channel, CancellationToken cancellationToken);

    /// <summary>All entries (at most 10,000).</summary>
    Task<ImmutableArray<RegisteredChannel>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the channel's secrets (AES-256-GCM rows).</summary>
    Task PutSecretsAsync(ChannelId channel, IReadOnlyDictionary<string, string> secrets, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the channel's secrets, one change at a time in the whole cluster; answers what is stored then. <paramref name="change"/> may be called again when
    /// the database asks for it.
    /// </summary>
    Task<ChannelSecrets> ChangeSecretsAsync(ChannelId channel, Func<ChannelSecrets, ChannelSecrets> change, CancellationToken cancellationToken);

    /// <summary>The channel's secrets, also those whose time is over and that nobody has cleared away yet.</summary>
    Task<ChannelSecrets> GetSecretsAsync(ChannelId channel, CancellationToken cancellationToken);
}

/// <summary>An entry of the registry.</summary>
public sealed record RegisteredChannel
{
    /// <summary>Id.</summary>
    public required ChannelId Id { get; init; }
    /// <summary>Owner.</summary>
    public required TenantId Tenant { get; init; }
    /// <summary>Connector.</summary>
    public required string Kind { get; init; }
    /// <summary>Shop name that webhooks carry.</summary>
    public string? Shop { get; init; }
}

/// <summary>API keys: only a salted hash is stored.</summary>
public interface IApiKeyStore
{
    /// <summary>Creates a key and returns it once in clear.</summary>
    Task<string> CreateAsync(TenantId tenant, string name, string role, DateTimeOffset now, CancellationToken cancellationToken);
    /// <summary>The key's holder, or null. Constant-time over the hash.</summary>
    Task<ApiKeyHolder?> FindAsync(string key, CancellationToken cancellationToken);
    /// <summary>True when any key exists.</summary>
    Task<bool> AnyAsync(CancellationToken cancellationToken);
    /// <summary>All keys of a tenant without their secrets (at most 500).</summary>
    Task<ImmutableArray<ApiKeyHolder>> ListAsync(TenantId tenant, CancellationToken cancellationToken);
    /// <summary>Ends a key.</summary>
    Task<bool> DeleteAsync(TenantId tenant, string id, CancellationToken cancellationToken);
}

/// <summary>Who a key belongs to.</summary>
public sealed record ApiKeyHolder
{
    /// <summary>Key id (not secret).</summary>
    public required string Id { get; init; }
    /// <summary>Tenant it is bound to.</summary>
    public required TenantId Tenant { get; init; }
    /// <summary>For people.</summary>
    public required string Name { get; init; }
    /// <summary>viewer, operator, admin.</summary>
    public required string Role { get; init; }
    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>First answers of requests with an Idempotency-Key, kept 24 h.</summary>
public interface IIdempotencyStore
{
    /// <summary>The stored answer, or null when the key is new (it is then reserved for this caller for 60 s).</summary>
    Task<StoredAnswer?> BeginAsync(TenantId tenant, string key, string requestHash, DateTimeOffset now, CancellationToken cancellationToken);
    /// <summary>Stores the answer.</summary>
    Task CompleteAsync(TenantId tenant, string key, int status, string contentType, byte[] body, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>A kept answer.</summary>
public sealed record StoredAnswer
{
    /// <summary>HTTP status; 0 = the first request is still under way.</summary>
    public required int Status { get; init; }
    /// <summary>Content type.</summary>
    public required string ContentType { get; init; }
    /// <summary>Body.</summary>
    public required byte[] Body { get; init; }
    /// <summary>The same key came with another request.</summary>
    public bool IsOtherRequest { get; init; }
}
