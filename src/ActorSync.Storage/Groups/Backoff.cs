namespace ActorSync.Storage.Groups;

/// <summary>Pauses between repetitions: doubling, up to a second.</summary>
internal static class Backoff
{
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    public static TimeSpan Next(TimeSpan delay) => delay + delay < Longest ? delay + delay : Longest;
}
