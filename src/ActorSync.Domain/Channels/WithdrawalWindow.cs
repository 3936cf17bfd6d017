namespace ActorSync.Domain.Channels;

/// <summary>
/// The minimal guard against emptying a shop by mistake: of a channel's products at most <see cref="Share"/>, and always <see cref="AlwaysAllowed"/>, may be
/// unpublished within <see cref="Span"/>. What goes beyond is held for a person.
/// </summary>
public sealed class WithdrawalWindow
{
    public const double Share = 0.05;
    /// <summary>A small catalogue may lose this many all the same; 5 % of it would be none.</summary>
    public const int AlwaysAllowed = 5;
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    private readonly Queue<DateTimeOffset> admitted = new();

    /// <summary>How many of <paramref name="wanted"/> may go now; they count against the window.</summary>
    public int Admit(DateTimeOffset now, int wanted, long linkedProducts)
    {
        while (admitted.TryPeek(out var first) && now - first >= Span)
        {
            admitted.Dequeue();
        }

        var limit = Math.Max(AlwaysAllowed, (long)(linkedProducts * Share));
        var granted = (int)Math.Clamp(limit - admitted.Count, 0, wanted);
        for (var i = 0; i < granted; i++)
        {
            admitted.Enqueue(now);
        }

        return granted;
    }
}
