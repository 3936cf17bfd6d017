namespace ActorSync.Domain.Reconcile;

/// <summary>
/// A hybrid logical time: whole Unix seconds and a counter that orders what happens inside one second. Channels give one-second versions, so the hub uses
/// seconds too: a fraction would always beat a whole second (reconcile.md section 4).
/// </summary>
[GenerateSerializer, Immutable, Alias("actorsync.stamp")]
public readonly record struct Stamp([property: Id(0)] long Seconds, [property: Id(1)] int Count = 0) : IComparable<Stamp>
{
    public static readonly Stamp Zero;

    public static Stamp At(DateTimeOffset instant) => new(instant.ToUnixTimeSeconds());

    /// <summary>The next stamp in the same second.</summary>
    public Stamp Next => this with { Count = Count + 1 };

    public Stamp Plus(TimeSpan span) => this with { Seconds = Seconds + (long)span.TotalSeconds };

    public DateTimeOffset Instant => DateTimeOffset.FromUnixTimeSeconds(Seconds);

    public static Stamp Max(Stamp left, Stamp right) => left >= right ? left : right;

    public int CompareTo(Stamp other) => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Count.CompareTo(other.Count);

    public override string ToString() => Count == 0 ? Seconds.ToString() : $"{Seconds}.{Count}";

    public static bool operator <(Stamp left, Stamp right) => left.CompareTo(right) < 0;
    public static bool operator >(Stamp left, Stamp right) => left.CompareTo(right) > 0;
    public static bool operator <=(Stamp left, Stamp right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Stamp left, Stamp right) => left.CompareTo(right) >= 0;
}
