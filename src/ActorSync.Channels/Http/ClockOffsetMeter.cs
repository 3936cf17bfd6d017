namespace ActorSync.Channels.Http;

/// <summary>
/// The channel's clock minus ours, from the Date header of its answers. The header is cut to whole seconds and was written somewhere between sending and
/// receiving, so one answer gives an interval; only when our own clock lies outside of it is there an offset to speak of. Web servers write the header
/// anew once per second only, so one that is a second older still proves nothing.
/// </summary>
public sealed class ClockOffsetMeter
{
    private static readonly TimeSpan ServerCache = TimeSpan.FromSeconds(1);
    private long _seconds;

    public TimeSpan Offset => TimeSpan.FromSeconds(Volatile.Read(ref _seconds));

    public void Learn(DateTimeOffset? date, DateTimeOffset sentAt, DateTimeOffset receivedAt)
    {
        if (date is { } told)
        {
            Volatile.Write(ref _seconds, Measure(told, sentAt, receivedAt));
        }
    }

    /// <summary>Whole seconds; 0 while the header is compatible with our clock.</summary>
    public static long Measure(DateTimeOffset date, DateTimeOffset sentAt, DateTimeOffset receivedAt)
    {
        var least = date - receivedAt;
        var most = date + TimeSpan.FromSeconds(1) - sentAt;
        return least <= TimeSpan.Zero && most + ServerCache >= TimeSpan.Zero ? 0 : (long)Math.Round((least + most).TotalSeconds / 2, MidpointRounding.ToEven);
    }
}
