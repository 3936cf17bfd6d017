namespace ActorSync.Domain.Products;

/// <summary>One merchant ("client" in the replaced systems). Everything belongs to exactly one tenant.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.tenant-id")]
public readonly record struct TenantId([property: Id(0)] string Value)
{
    /// <summary>The tenant of a single-merchant installation and of the demo.</summary>
    public static readonly TenantId Default = new("default");
    public override string ToString() => Value;
}

/// <summary>A hub product. Opaque, unique over all tenants.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.product-id")]
public readonly record struct ProductId([property: Id(0)] string Value)
{
    public override string ToString() => Value;
}

/// <summary>A variant inside its product: a counter that is never reused, so that a tombstone keeps its name. 1 is the first.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.variant-id")]
public readonly record struct VariantId([property: Id(0)] int Value) : IComparable<VariantId>
{
    public int CompareTo(VariantId other) => Value.CompareTo(other.Value);
    public override string ToString() => $"v{Value}";
    public static bool operator <(VariantId left, VariantId right) => left.Value < right.Value;
    public static bool operator >(VariantId left, VariantId right) => left.Value > right.Value;
    public static bool operator <=(VariantId left, VariantId right) => left.Value <= right.Value;
    public static bool operator >=(VariantId left, VariantId right) => left.Value >= right.Value;
}

/// <summary>One connection to an outside system (a shop, a warehouse, a marketplace account).</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-id")]
public readonly record struct ChannelId([property: Id(0)] string Value)
{
    public override string ToString() => Value;
}
