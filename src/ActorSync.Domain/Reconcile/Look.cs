namespace ActorSync.Domain.Reconcile;

/// <summary>How and when a body was seen.</summary>
internal readonly record struct Look(DateTimeOffset? ReadStart, DateTimeOffset ReceivedAt, TimeSpan Offset, string? EventId)
{
    /// <summary>The channel's version on the hub's clock: minus the measured offset, and never in the future.</summary>
    public Stamp OnHubClock(Stamp version)
    {
        var shifted = version.Plus(-Offset);
        var received = Stamp.At(ReceivedAt);
        return shifted > received ? received : shifted;
    }
}
