namespace ActorSync.Cluster.Tests.Hub;

/// <summary>The system's clock, moved as a test wants.</summary>
public sealed class ShiftedClock : TimeProvider
{
    private TimeSpan shift;

    public void MoveTo(DateTimeOffset instant) => shift = instant - System.GetUtcNow();

    public void Advance(TimeSpan by) => shift += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
}
