using ActorSync.Domain.Products;

namespace ActorSync.Domain.Tenants;

/// <summary>What happens elsewhere when a product is deleted at one place. Confirmed by a read first; edited meanwhile, it is kept.</summary>
public enum DeletePolicy
{
    /// <summary>Nothing: the link ends, the product stays in the hub and at the other channels.</summary>
    Unlink,
    /// <summary>Taken off sale and kept: archived where the channel has that, else a draft.</summary>
    Archive,
    /// <summary>Deleted at every channel; in the trash where the channel has one.</summary>
    Delete,
}

/// <summary>A tenant's rules of merging.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.tenant-policy")]
public sealed record TenantPolicy
{
    public static readonly TenantPolicy Default = new();

    /// <summary>Two origins that differ within this span conflict, and the preferred one wins. Inclusive; whole seconds; 0 to 1 h.</summary>
    [Id(0)] public TimeSpan ConflictWindow { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Field name to class, where it differs from the registry (S3 customRules).</summary>
    [Id(1)] public ImmutableDictionary<string, OwnerClass> ClassOverrides { get; init; } = ImmutableDictionary<string, OwnerClass>.Empty;
    /// <summary>Who says how much there is: null = nobody (stock is never pushed), "hub", or a channel id.</summary>
    [Id(2)] public string? StockOrigin { get; init; }
    /// <summary>The channel that a variant's first count is taken from, once, while the hub is the origin.</summary>
    [Id(3)] public ChannelId? StockSeed { get; init; }
    /// <summary>As policies of before <see cref="DeletePolicy"/> were stored; only read.</summary>
    [Id(4)] public bool SpreadDeletes { get; init; }
    /// <summary>A provisional reservation older than this is listed as a discrepancy. 1 h to 14 days.</summary>
    [Id(5)] public TimeSpan ReservationLifetime { get; init; } = TimeSpan.FromHours(24);
    /// <summary>How long a sent value stays recognisable as ours. 1 h to 14 days.</summary>
    [Id(6)] public TimeSpan IntentLifetime { get; init; } = TimeSpan.FromHours(24);
    /// <summary>Currency of prices that are given without one.</summary>
    [Id(7)] public string Currency { get; init; } = "EUR";

    /// <summary>As it was chosen; null = never, so that <see cref="SpreadDeletes"/> says.</summary>
    [Id(8)] public DeletePolicy? DeletesChosen { get; init; }

    public DeletePolicy Deletes => DeletesChosen ?? (SpreadDeletes ? DeletePolicy.Archive : DeletePolicy.Unlink);

    /// <summary>A removal at one place is one at every place.</summary>
    public bool DeletesSpread => Deletes != DeletePolicy.Unlink;

    public const string HubStockOrigin = "hub";
}
