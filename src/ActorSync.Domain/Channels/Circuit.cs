namespace ActorSync.Domain.Channels;

/// <summary>A channel's circuit: an outage of the channel opens it and spends nobody's attempts; one try closes it again.</summary>
public sealed record Circuit
{
    public static readonly Circuit Closed = new();

    public int Failures { get; init; }
    public DateTimeOffset OpenUntil { get; init; }

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan UnauthorisedPause = TimeSpan.FromMinutes(2);

    public bool IsOpen(DateTimeOffset now) => OpenUntil > now;

    /// <summary>1 s, 2 s, 4 s … up to <see cref="LongestPause"/>; a channel that refuses our credentials rests longer, since only a person helps.</summary>
    public Circuit Fail(DateTimeOffset now, bool unauthorised, DateTimeOffset? retryAt)
    {
        var failures = Math.Min(Failures + 1, 30);
        var pause = unauthorised
            ? UnauthorisedPause
            : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, failures - 1)));
        var until = now + pause;
        return new Circuit { Failures = failures, OpenUntil = retryAt > until ? retryAt.Value : until };
    }
}
