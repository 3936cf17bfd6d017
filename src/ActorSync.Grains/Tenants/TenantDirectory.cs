using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Tenants;
using ActorSync.Grains.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Tenants;

/// <inheritdoc cref="ITenantDirectory"/>
internal sealed class TenantDirectory : ITenantDirectory
{
    /// <summary>A tenant's settings are asked for at most this often.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);
    /// <summary>While the tenant's grain does not answer (a silo is leaving), settings up to this age still serve.</summary>
    public static readonly TimeSpan UsableFor = TimeSpan.FromSeconds(60);

    private readonly IGrainFactory grains;
    private readonly IChannelRegistry registry;
    private readonly IIdSource ids;
    private readonly TimeSpan longestPushLease;
    private readonly TimeProvider clock;
    private readonly Dictionary<string, IChannelKind> kinds;
    private readonly ConcurrentDictionary<TenantId, TenantEntry> tenants = new();
    private readonly ConcurrentDictionary<(ChannelId Channel, bool IsLeftover), OpenEntry> open = new();
    private readonly ConcurrentDictionary<ChannelId, (ChannelSecrets Secrets, DateTimeOffset ReadAt)> secrets = new();
    private readonly ConditionalWeakTable<ChannelSettings, ChannelProfile> profiles = [];
    private readonly Lock listing = new();
    private volatile Listing listed = new([], DateTimeOffset.MinValue);
    private Task<Listing>? relisting;

    public TenantDirectory(
        IGrainFactory grains,
        IChannelRegistry registry,
        IEnumerable<IChannelKind> kinds,
        IIdSource ids,
        IOptions<StoreOptions> options,
        [FromKeyedServices(ProductClock.Key)] TimeProvider clock)
    {
        this.grains = grains;
        this.registry = registry;
        this.ids = ids;
        longestPushLease = options.Value.LongestPushLease;
        this.clock = clock;
        this.kinds = kinds.ToDictionary(kind => kind.Descriptor.Kind, StringComparer.Ordinal);
    }

    public ValueTask<TenantSettings> GetAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        var entry = tenants.GetOrAdd(tenant, static _ => new TenantEntry());
        return entry.Settings is { } settings && clock.GetUtcNow() - entry.ReadAt < FreshFor
            ? new ValueTask<TenantSettings>(settings)
            : new ValueTask<TenantSettings>(LoadOrKeepAsync(tenant, entry, cancellationToken));
    }

    public async ValueTask<TenantSettings> RefreshAsync(TenantId tenant, long atLeast, CancellationToken cancellationToken = default)
    {
        var entry = tenants.GetOrAdd(tenant, static _ => new TenantEntry());
        var settings = entry.Settings;
        // The first load may join one that had begun before the change; the second one began after it.
        for (var load = 0; load < 2 && (settings is null || settings.Version < atLeast); load++)
        {
            settings = await LoadAsync(tenant, entry, cancellationToken);
        }

        return settings!;
    }

    public async ValueTask<ChannelSettings?> FindChannelAsync(ChannelId channel, CancellationToken cancellationToken = default) =>
        await FindRegisteredAsync(entry => entry.Id == channel, cancellationToken) is { } registered
            ? InSettings(await GetAsync(registered.Tenant, cancellationToken), channel)
                // Connected a moment ago, by way of another process.
                ?? InSettings(await LoadAsync(registered.Tenant, tenants[registered.Tenant], cancellationToken), channel)
            : null;

    public async ValueTask<ChannelSettings?> FindChannelByShopAsync(string kind, string shop, CancellationToken cancellationToken = default)
    {
        var name = ShopName.Normalise(shop);
        return await FindRegisteredAsync(entry => entry.Kind == kind && entry.Shop is not null && ShopName.Normalise(entry.Shop) == name, cancellationToken) is { } registered
            ? await FindChannelAsync(registered.Id, cancellationToken)
            : null;
    }

    public ChannelProfile ProfileOf(ChannelSettings channel) => profiles.GetValue(channel, settings =>
    {
        var kind = KindOf(settings);
        return new ChannelProfile
        {
            Id = settings.Id,
            Origin = new Origin(kind.Descriptor.OriginKind, settings.Id.Value),
            Mode = settings.Mode,
            CreateMissing = settings.CreateMissing,
            Mask = kind.Descriptor.MaskFor?.Invoke(settings) ?? kind.Descriptor.Mask,
            IsFlat = kind.Descriptor.IsFlat,
            CreateOnly = kind.Descriptor.CreateOnly,
            Currency = settings.Currency,
            Canon = kind.Canon,
            Locations = settings.Locations,
            ReadBeforeWrite = settings.ReadBeforeWrite,
            StockBuffer = settings.StockBuffer,
            PushLease = kind.Descriptor.PushLease < longestPushLease ? kind.Descriptor.PushLease : longestPushLease,
            PicturePushLease = kind.Descriptor.PicturePushLease < longestPushLease ? kind.Descriptor.PicturePushLease : longestPushLease,
            Bulk = kind.Descriptor.BulkPush is not { } bulk ? null : new BulkProfile
            {
                Forms = bulk.Forms,
                MaxVariants = bulk.MaxVariants,
                Lease = bulk.Lease < longestPushLease ? bulk.Lease : longestPushLease,
            },
        };
    });

    public IChannelKind KindOf(ChannelSettings channel) => kinds.TryGetValue(channel.Kind, out var kind)
        ? kind
        : throw new InvalidOperationException(
            $"Channel '{channel.Id}' is of kind '{channel.Kind}', but this silo knows only: {string.Join(", ", kinds.Keys.Order(StringComparer.Ordinal))}.");

    public async ValueTask<ChannelSecrets> SecretsOf(ChannelId channel, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        if (secrets.TryGetValue(channel, out var cached) && now - cached.ReadAt < ITenantDirectory.SecretsKnownAfter)
        {
            return cached.Secrets.At(now);
        }

        var read = await registry.GetSecretsAsync(channel, cancellationToken);
        secrets[channel] = (read, now);
        return read.At(now);
    }

    public ValueTask<IChannel> OpenAsync(ChannelSettings channel, CancellationToken cancellationToken = default) =>
        OpenAsync(channel, isLeftover: false, cancellationToken);

    public ValueTask<IChannel> OpenForLeftoverAsync(ChannelSettings channel, CancellationToken cancellationToken = default) =>
        OpenAsync(channel, isLeftover: true, cancellationToken);

    private async ValueTask<IChannel> OpenAsync(ChannelSettings channel, bool isLeftover, CancellationToken cancellationToken)
    {
        var current = await SecretsOf(channel.Id, cancellationToken);
        if (open.TryGetValue((channel.Id, isLeftover), out var entry) && entry.Serves(channel, current))
        {
            return entry.Channel;
        }

        var kind = KindOf(channel);
        var names = kind.Descriptor.Settings.Where(setting => setting.Secret).Select(setting => setting.Name).ToImmutableArray();
        IApiBudget budget = new StoreBudget(channel.Id, ids.NewId(), grains, clock);
        var opened = kind.Open(
            channel, current, isLeftover ? new LeftoverBudget(budget) : budget, kind.Tokens is null ? null : new GrainTokens(channel.Id, grains));
        // Two callers at once may open twice; the last one stays. The other is used up by its caller.
        open[(channel.Id, isLeftover)] = new OpenEntry(channel, current, names, opened);
        return opened;
    }

    private async Task<TenantSettings> LoadOrKeepAsync(TenantId tenant, TenantEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(tenant, entry, cancellationToken);
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException && entry.Settings is not null && clock.GetUtcNow() - entry.ReadAt < UsableFor)
        {
            return entry.Settings;
        }
    }

    private Task<TenantSettings> LoadAsync(TenantId tenant, TenantEntry entry, CancellationToken cancellationToken)
    {
        lock (entry)
        {
            // On the pool: the load serves callers of many grains and must not run on the scheduler of one.
            entry.Loading = entry.Loading is { IsCompleted: false } running ? running : Task.Run(() => ReadAsync(tenant, entry), CancellationToken.None);
            return entry.Loading.WaitAsync(cancellationToken);
        }
    }

    private async Task<TenantSettings> ReadAsync(TenantId tenant, TenantEntry entry)
    {
        var now = clock.GetUtcNow();
        var known = entry.Settings;
        var current = await grains.GetGrain<ITenantGrain>(tenant.Value).GetAsync(known?.Version ?? -1) ?? known!;
        entry.Settings = current;
        entry.ReadAt = now;
        return current;
    }

    private static ChannelSettings? InSettings(TenantSettings settings, ChannelId channel) => settings.Channels.FirstOrDefault(known => known.Id == channel);

    /// <summary>Looks in the list; a miss waits for one that is read from now on: another process may have connected the channel a moment ago.</summary>
    private async ValueTask<RegisteredChannel?> FindRegisteredAsync(Func<RegisteredChannel, bool> isIt, CancellationToken cancellationToken)
    {
        var asked = clock.GetUtcNow();
        var seen = listed;
        // The first reading may have begun before; however many ask, one runs at a time.
        for (var reading = 0; reading < 2 && !seen.Channels.Any(isIt) && (reading == 0 || seen.ReadAt < asked); reading++)
        {
            seen = await ListAgainAsync().WaitAsync(cancellationToken);
        }

        return seen.Channels.FirstOrDefault(isIt);
    }

    private Task<Listing> ListAgainAsync()
    {
        lock (listing)
        {
            // On the pool: it serves callers of many grains.
            return relisting is { IsCompleted: false } running ? running : relisting = Task.Run(async () =>
            {
                var now = clock.GetUtcNow();
                return listed = new Listing(await registry.ListAsync(CancellationToken.None), now);
            });
        }
    }

    private sealed record Listing(ImmutableArray<RegisteredChannel> Channels, DateTimeOffset ReadAt);

    private sealed class TenantEntry
    {
        public TenantSettings? Settings { get; set; }
        public DateTimeOffset ReadAt { get; set; }
        public Task<TenantSettings>? Loading { get; set; }
    }

    private sealed record OpenEntry(ChannelSettings Settings, ChannelSecrets Secrets, ImmutableArray<string> SecretNames, IChannel Channel)
    {
        /// <summary>Whether the connection was opened with the same settings and secrets. What only the merge looks at (mode, pause, buffer) does not reopen it.</summary>
        public bool Serves(ChannelSettings settings, ChannelSecrets secrets) =>
            (ReferenceEquals(Settings, settings)
                || (Settings.Kind == settings.Kind && Settings.Currency == settings.Currency && Settings.PollMode == settings.PollMode
                    && Settings.Values.Count == settings.Values.Count && !Settings.Values.Except(settings.Values).Any()
                    && SameLocations(Settings.Locations, settings.Locations)))
            && (ReferenceEquals(Secrets, secrets) || SecretNames.All(name => Secrets.All(name).SequenceEqual(secrets.All(name))));

        private static bool SameLocations(ImmutableArray<ChannelLocation> left, ImmutableArray<ChannelLocation> right) =>
            left.Length == right.Length
            && left.Zip(right).All(pair => pair.First.LocationId == pair.Second.LocationId && pair.First.Warehouses.SequenceEqual(pair.Second.Warehouses));
    }
}
