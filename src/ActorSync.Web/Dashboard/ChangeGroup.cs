using ActorSync.Web.Products;

namespace ActorSync.Web.Dashboard;

/// <summary>History lines that belong to one act: an edit of five fields is one entry, and so is a push to two channels.</summary>
public sealed record ChangeGroup(ImmutableArray<HistoryItem> Lines)
{
    /// <summary>The oldest line: it stays the same while newer ones join.</summary>
    public string Key => "c" + Lines[^1].Id;

    public HistoryItem First => Lines[0];

    public LogEntry Entry => Lines[0].Entry;

    /// <summary>A product or channel seen for the first time: its values are counted, not listed.</summary>
    public bool IsFirstRead => Lines.Length > 3 && Entry.Action is LogAction.Updated or LogAction.Created && Lines.All(l => l.Entry.Before is null);

    public static IReadOnlyList<ChangeGroup> Of(IEnumerable<HistoryItem> newestFirst, int most)
    {
        var groups = new List<ImmutableArray<HistoryItem>.Builder>();
        foreach (var line in newestFirst)
        {
            if (groups.Count == 0 || !Belongs(groups[^1][^1], line))
            {
                if (groups.Count == most)
                {
                    break;
                }

                groups.Add(ImmutableArray.CreateBuilder<HistoryItem>());
            }

            groups[^1].Add(line);
        }

        return [.. groups.Select(g => new ChangeGroup(g.ToImmutable()))];
    }

    public string Who(TenantSettings settings) => Entry.Action is LogAction.Pushed or LogAction.PushFailed or LogAction.Parked or LogAction.Linked or LogAction.Unlinked or LogAction.Held
        ? string.Join(", ", Lines.Select(l => l.Entry.Channel is { } channel ? Names.Channel(channel, settings) : Names.Place(l.Entry.Origin, settings)).Distinct(StringComparer.Ordinal))
        : Names.Place(Entry.Origin, settings) + (Entry.Actor is { Length: > 0 } actor ? $" ({actor})" : "");

    /// <summary>The rules that decided, each once.</summary>
    public string Rules => string.Join(" ", Lines.Select(l => l.Entry.Rule).OfType<MergeRule>().Distinct().Select(Domain.Reconcile.Rules.Describe));

    private static bool Belongs(HistoryItem left, HistoryItem right) =>
        left.Product == right.Product && left.Version == right.Version && left.Entry.Action == right.Entry.Action && left.Entry.Origin == right.Entry.Origin &&
        left.Entry.Actor == right.Entry.Actor && left.Entry.Detail == right.Entry.Detail;
}
