namespace ActorSync.Web.Products;

/// <summary>How a product stands at one channel, as a word, a shape and a sentence: colour alone never tells it.</summary>
public readonly record struct Mark(string Word, string Shape, string Sentence);

internal static class Marks
{
    private const int ShownAsErrorAfter = 3;

    public static Mark Of(LinkMark mark) => Of(mark.Status, mark.IsDirty, mark.IsUndecided, mark.Attempts, mark.Reason);

    public static Mark Of(LinkStatus status, bool isDirty, bool isUndecided, int attempts, string? reason) => status switch
    {
        LinkStatus.Excluded => new Mark("excluded", "–", reason ?? "Not at this channel, and not to be created there."),
        LinkStatus.Ambiguous => new Mark("ambiguous", "?", reason ?? "Matches more than one product; nothing is pushed until you decide."),
        LinkStatus.DeleteHeard => new Mark("checking", "…", "The channel said it was deleted; a read will tell."),
        LinkStatus.Deleted => new Mark("deleted", "✕", reason ?? "Deleted at this channel."),
        _ when isUndecided => new Mark("undecided", "≠", "Values differ at first contact; choose a winner when the channel goes live."),
        _ when attempts >= ShownAsErrorAfter => new Mark("error", "!", reason ?? "The last pushes failed; it is tried again."),
        _ when reason is not null && isDirty => new Mark("held", "!", reason),
        LinkStatus.Missing => new Mark("creating", "+", "To be created at this channel."),
        _ when isDirty => new Mark("pending", "↑", "Differs from the hub; a push is on its way."),
        _ => new Mark("synced", "✓", "Equal to the hub."),
    };
}
