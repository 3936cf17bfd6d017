namespace ActorSync.Domain.Reconcile;

/// <summary>The sentences that explain a rule to people.</summary>
public static class Rules
{
    public static string Describe(MergeRule rule) => rule switch
    {
        MergeRule.First => "It is the first value of this field.",
        MergeRule.Newer => "It is the later change.",
        MergeRule.PreferredInWindow => "Both changes lie within the conflict window, and the origin that owns this field is preferred there.",
        MergeRule.Knowing => "The editor had seen the other value and changed it on purpose.",
        MergeRule.TieBreak => "Both changes have the same time; the preferred origin, then its rank, then the value itself decides.",
        MergeRule.NotOwner => "This origin may not change this field.",
        MergeRule.OnlyWhileEmpty => "This origin may fill this field only while it is empty.",
        MergeRule.Older => "It is older than the value that stands.",
        MergeRule.FirstContact => "It was chosen when the channel was connected.",
        MergeRule.Resolved => "A person resolved the conflict so.",
        MergeRule.Sale => "The count at the shop fell: a sale, not yet confirmed by the stock's origin.",
        MergeRule.StockOrigin => "Only the stock's origin may say how much there is.",
        MergeRule.DeletePolicy => "Deletes at one place do not spread unless the tenant's policy says so.",
        _ => rule.ToString(),
    };
}

/// <summary>
/// Rules of reconcile.md section 2 that tests leave out one by one, to show what each is for. Only tests can reach it: every public function runs with none left out.
/// </summary>
[Flags]
internal enum RuleSwitch
{
    None = 0,
    /// <summary>The answer goes through Diff.</summary>
    M2 = 1 << 2,
    /// <summary>Hold foreign values while a push is open.</summary>
    M3 = 1 << 3,
    /// <summary>Remember values of timed-out pushes.</summary>
    M4 = 1 << 4,
    /// <summary>No object in the answer: read before trusting.</summary>
    M5 = 1 << 5,
    /// <summary>An unexplained answer is asked once more.</summary>
    M6 = 1 << 6,
    /// <summary>A stale body is judged as of its version, not dropped.</summary>
    M7 = 1 << 7,
    /// <summary>Same second: keep and read.</summary>
    M8 = 1 << 8,
    /// <summary>Reads are ordered by the hub's own clock.</summary>
    M9 = 1 << 9,
    /// <summary>An origin's own edits never sink.</summary>
    M10 = 1 << 10,
    /// <summary>Source time is causal.</summary>
    M11 = 1 << 11,
    /// <summary>Concurrent = the base is not the current claim, whatever the distance.</summary>
    M12 = 1 << 12,
}
