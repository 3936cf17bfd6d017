namespace ActorSync.Grains;

/// <summary>Product code uses its own clock, so that a test clock does not move Orleans' own.</summary>
public static class ProductClock
{
    /// <summary>Key of the <see cref="TimeProvider"/> in the container.</summary>
    public const string Key = "actorsync";
}
