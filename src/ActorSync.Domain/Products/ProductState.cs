using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Stock;

namespace ActorSync.Domain.Products;

public enum ProductLife { Active, Deleted }

/// <summary>What the hub knows of one product: claims per register, variants, stock and open conflicts. What each channel holds is in its LinkState.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-state")]
public sealed record ProductState
{
    [Id(0)] public required ProductId Id { get; init; }
    [Id(1)] public required TenantId Tenant { get; init; }
    /// <summary>Version of the stored document; 0 = never stored. Every commit compares and sets it.</summary>
    [Id(2)] public long Version { get; init; }
    [Id(3)] public ProductLife Life { get; init; }
    [Id(4)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(5)] public required DateTimeOffset UpdatedAt { get; init; }
    /// <summary>The origin of the last accepted change (S3 lastUpdatedBy).</summary>
    [Id(6)] public required Origin LastUpdatedBy { get; init; }
    [Id(7)] public ImmutableDictionary<RegisterKey, Register> Registers { get; init; } = ImmutableDictionary<RegisterKey, Register>.Empty;
    /// <summary>Variants in their order, tombstones included. A product that was ever filled has at least one living variant.</summary>
    [Id(8)] public ImmutableArray<Variant> Variants { get; init; } = [];
    [Id(9)] public int NextVariant { get; init; } = 1;
    [Id(10)] public StockLedger Stock { get; init; } = StockLedger.Empty;
    /// <summary>Open conflicts, at most <see cref="MaxOpenConflicts"/>; older ones beyond that stay in the conflict table only.</summary>
    [Id(11)] public ImmutableArray<ConflictRow> Conflicts { get; init; } = [];

    /// <summary>Every picture that the product ever had, by its key; which of them it has now is in the registers of field images.</summary>
    [Id(12)] public ImmutableDictionary<string, ProductImage> Images { get; init; } = ImmutableDictionary<string, ProductImage>.Empty;
    [Id(13)] public int NextImage { get; init; } = 1;

    public const int MaxOpenConflicts = 100;
}

[GenerateSerializer, Immutable, Alias("actorsync.variant")]
public sealed record Variant
{
    [Id(0)] public required VariantId Id { get; init; }
    /// <summary>False = removed; the number stays as a tombstone so that a late body does not revive it.</summary>
    [Id(1)] public bool Exists { get; init; } = true;
}

/// <summary>All claims on one register: one per origin, best first. The value is that of the first.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.register")]
public sealed record Register
{
    [Id(0)] public ImmutableArray<Claim> Claims { get; init; } = [];
}

/// <summary>What one origin last said of a register.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.claim")]
public sealed record Claim
{
    [Id(0)] public required Origin Origin { get; init; }
    [Id(1)] public required FieldValue Value { get; init; }
    /// <summary>Source time: the lowest version that showed the value, at least one tick after the value that was edited.</summary>
    [Id(2)] public required Stamp Source { get; init; }
    /// <summary>Effective time: source time plus the conflict window for preferred origins. The greatest one wins.</summary>
    [Id(3)] public required Stamp Effective { get; init; }
    /// <summary>The channel's raw version that showed it first; orders claims inside one origin. Zero for the hub.</summary>
    [Id(4)] public Stamp Version { get; init; }
    /// <summary>When the hub learned of it, for the explanation and for pruning.</summary>
    [Id(5)] public required DateTimeOffset LearnedAt { get; init; }
    /// <summary>The product version on which the claim was decided: an editor that saw a later version knew this claim.</summary>
    [Id(6)] public long AtVersion { get; init; }
    /// <summary>The effective time of this origin's claim before: its next claim never ranks below it (M10), also when a proof lowers the source time.</summary>
    [Id(7)] public Stamp Floor { get; init; }
}
