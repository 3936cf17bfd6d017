using ActorSync.Abstractions.Channels;

namespace ActorSync.Abstractions.Tenants;

/// <summary>
/// Settings, ownership overrides and policies of one tenant. Key: tenant id. All methods may be repeated; writes are last-one-wins per call and bump
/// <see cref="TenantSettings.Version"/>. Persisted through the AdoNet grain storage.
/// </summary>
[Alias("actorsync.tenant")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>The settings, or null when the caller's <paramref name="knownVersion"/> is current.</summary>
    [Alias("get")] Task<TenantSettings?> GetAsync(long knownVersion);

    /// <summary>Replaces the policy.</summary>
    [Alias("set-policy")] Task<TenantSettings> SetPolicyAsync(TenantPolicy policy);

    /// <summary>Adds or replaces a channel by id.</summary>
    [Alias("put-channel")] Task<TenantSettings> PutChannelAsync(ChannelSettings channel);

    /// <summary>Changes the named properties of a channel and leaves the others alone: two writers never undo each other. Null when there is no such channel.</summary>
    [Alias("patch-channel")] Task<TenantSettings?> PatchChannelAsync(ChannelId channel, ChannelPatch patch);

    /// <summary>Removes a channel; its links stay until retention takes them.</summary>
    [Alias("remove-channel")] Task<TenantSettings> RemoveChannelAsync(ChannelId channel);
}

/// <summary>Everything a silo needs to know of a tenant, small enough to be cached whole.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.tenant-settings")]
public sealed record TenantSettings
{
    /// <summary>Rises with each change.</summary>
    [Id(0)] public required long Version { get; init; }
    /// <summary>The tenant.</summary>
    [Id(1)] public required TenantId Tenant { get; init; }
    /// <summary>Merge rules.</summary>
    [Id(2)] public required TenantPolicy Policy { get; init; }
    /// <summary>Connections; at most <see cref="MaxChannels"/>.</summary>
    [Id(3)] public ImmutableArray<ChannelSettings> Channels { get; init; } = [];

    /// <summary>Most connections per tenant.</summary>
    public const int MaxChannels = 50;
}

/// <summary>What to change of a channel; null = leave alone.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-patch")]
public sealed record ChannelPatch
{
    /// <summary>observe or live.</summary>
    [Id(0)] public ChannelMode? Mode { get; init; }
    /// <summary>What happens with hub products that the channel lacks.</summary>
    [Id(1)] public CreateMissing? CreateMissing { get; init; }
    /// <summary>Nothing is pushed while paused.</summary>
    [Id(2)] public bool? Paused { get; init; }
    /// <summary>Learned by the probe.</summary>
    [Id(3)] public string? Currency { get; init; }
    /// <summary>Learned by the probe.</summary>
    [Id(4)] public ImmutableArray<ChannelLocation>? Locations { get; init; }
    /// <summary>Ask for changes instead of being told.</summary>
    [Id(5)] public bool? PollMode { get; init; }
    /// <summary>When it went live.</summary>
    [Id(6)] public DateTimeOffset? LiveSince { get; init; }
    /// <summary>When a whole import was completed.</summary>
    [Id(7)] public DateTimeOffset? ImportedAt { get; init; }
}

/// <summary>
/// A silo's view of all tenants and channels: cached settings, profiles and open connections. Reads may be up to a few seconds old;
/// <see cref="RefreshAsync"/> makes them at least as new as a version that the caller knows of.
/// </summary>
public interface ITenantDirectory
{
    /// <summary>Secrets are read again after this long.</summary>
    static readonly TimeSpan SecretsKnownAfter = TimeSpan.FromSeconds(5);

    /// <summary>The tenant's settings (an unknown tenant has defaults and no channels).</summary>
    ValueTask<TenantSettings> GetAsync(TenantId tenant, CancellationToken cancellationToken = default);

    /// <summary>Reloads when the cached version is older than <paramref name="atLeast"/>.</summary>
    ValueTask<TenantSettings> RefreshAsync(TenantId tenant, long atLeast, CancellationToken cancellationToken = default);

    /// <summary>A channel of any tenant by id, or null.</summary>
    ValueTask<ChannelSettings?> FindChannelAsync(ChannelId channel, CancellationToken cancellationToken = default);

    /// <summary>A channel of any tenant by kind and the shop name that a webhook carries, or null.</summary>
    ValueTask<ChannelSettings?> FindChannelByShopAsync(string kind, string shop, CancellationToken cancellationToken = default);

    /// <summary>The merge's view of a channel.</summary>
    ChannelProfile ProfileOf(ChannelSettings channel);

    /// <summary>The connector of a channel.</summary>
    IChannelKind KindOf(ChannelSettings channel);

    /// <summary>The channel's secrets that are valid now. A change is known to every silo after <see cref="SecretsKnownAfter"/>.</summary>
    ValueTask<ChannelSecrets> SecretsOf(ChannelId channel, CancellationToken cancellationToken = default);

    /// <summary>The open connection; reopened when settings or secrets changed.</summary>
    ValueTask<IChannel> OpenAsync(ChannelSettings channel, CancellationToken cancellationToken = default);

    /// <summary>A connection of its own for work that spends only what nothing else wants of the channel's budget.</summary>
    ValueTask<IChannel> OpenForLeftoverAsync(ChannelSettings channel, CancellationToken cancellationToken = default);
}
