using ActorSync.Abstractions.Storage;

namespace ActorSync.Grains.Products;

/// <summary>
/// A product with its links while the commands of one turn are decided on it, and what they want recorded. Immutable: a command that throws leaves the
/// work of those before it untouched.
/// </summary>
internal sealed record ProductWork
{
    /// <summary>Null = does not exist.</summary>
    public required ProductState? Product { get; init; }
    public required ImmutableDictionary<ChannelId, LinkState> Links { get; init; }
    public ImmutableList<LogEntry> Log { get; init; } = [];
    /// <summary>By id: a row that two commands touch is written once.</summary>
    public ImmutableDictionary<string, ConflictRow> Conflicts { get; init; } = ImmutableDictionary<string, ConflictRow>.Empty;
    public ImmutableList<InboxAck> Inbox { get; init; } = [];
    /// <summary>By push id: a push that begins and settles in one turn is one row.</summary>
    public ImmutableDictionary<string, AttemptWrite> Attempts { get; init; } = ImmutableDictionary<string, AttemptWrite>.Empty;
    /// <summary>Links whose stored mark is to be written even if nothing seems to differ: settings changed, or the mark in the table is not known.</summary>
    public ImmutableHashSet<ChannelId> Remark { get; init; } = [];

    public bool HasRecords => !Log.IsEmpty || !Conflicts.IsEmpty || !Inbox.IsEmpty || !Attempts.IsEmpty;

    public LinkState Link(ChannelId channel) => Links.GetValueOrDefault(channel) ?? Reconciler.NewLink(channel);

    public ProductWork With(LinkState link) => this with { Links = Links.SetItem(link.Channel, link) };

    public ProductWork With(Decision decision) => (this with { Product = decision.Product }).With(decision.Link).With(decision.Log, decision.Conflicts);

    public ProductWork With(EditDecision decision) => (this with { Product = decision.Product }).With(decision.Log, decision.Conflicts);

    public ProductWork With(PictureDecision decision) => (this with
    {
        Product = decision.Product,
        Links = Links.SetItems(decision.Links.Select(link => KeyValuePair.Create(link.Channel, link))),
    }).With(decision.Log, decision.Conflicts);

    public ProductWork With(AttemptWrite attempt) => this with { Attempts = Attempts.SetItem(attempt.Id, attempt) };

    public ProductWork With(LogEntry entry) => this with { Log = Log.Add(entry) };

    private ProductWork With(ImmutableArray<LogEntry> log, ImmutableArray<ConflictRow> conflicts) => this with
    {
        Log = Log.AddRange(log),
        Conflicts = Conflicts.SetItems(conflicts.Select(row => KeyValuePair.Create(row.Id, row))),
    };
}
