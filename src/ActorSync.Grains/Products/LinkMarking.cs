using ActorSync.Abstractions.Storage;

namespace ActorSync.Grains.Products;

/// <summary>What the tables say of a link besides its state: the dirty index and the counts of the go-live report. Derived from product, link and settings.</summary>
internal sealed record LinkMarking
{
    public Lane? Dirty { get; init; }
    public DateTimeOffset? DirtySince { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public ImmutableArray<string> Undecided { get; init; } = [];
    public string PlanKind { get; init; } = "none";
    public ImmutableArray<string> PlanFields { get; init; } = [];
    /// <summary>False = worked out after a load and only presumed to stand in the table.</summary>
    public bool IsStored { get; init; }

    /// <summary>A wanted read is made by the one who heard of the need; if that was lost, the store makes it this much later.</summary>
    private static readonly TimeSpan ReadGrace = TimeSpan.FromSeconds(10);

    public static readonly LinkMarking Clean = new();

    /// <summary>The mark of a link whose plan, made as if the channel were live, is <paramref name="plan"/>. <paramref name="before"/> keeps the age of a mark that stands.</summary>
    public static LinkMarking Of(ProductScene scene, LinkState link, PushPlan plan, LinkMarking? before)
    {
        var lane = scene.Channels[link.Channel].IsLive && plan.HasWork && plan.Guard is null ? plan.Lane ?? Lane.Content : (Lane?)null;
        return new LinkMarking
        {
            Dirty = lane,
            DirtySince = lane is null ? null : before?.DirtySince ?? scene.Now,
            DueAt = lane is null ? null : DueAtOf(scene, link, plan, before),
            Undecided = [.. link.Registers.Where(pair => pair.Value.Undecided).Select(pair => pair.Key.Field).Distinct().Order(StringComparer.Ordinal)],
            PlanKind = KindOf(link, plan),
            PlanFields = [.. plan.Delta.Select(value => value.Key.Field).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    public bool Says(LinkMarking other) =>
        Dirty == other.Dirty && DirtySince == other.DirtySince && DueAt == other.DueAt && PlanKind == other.PlanKind
        && Undecided.SequenceEqual(other.Undecided) && PlanFields.SequenceEqual(other.PlanFields);

    /// <summary>The store must hear of it now: the link turned dirty, became more urgent, or need not wait any more.</summary>
    public bool IsNewsAfter(LinkMarking? before, DateTimeOffset now) =>
        Dirty is { } lane && (before?.Dirty is not { } was || lane < was || (before.DueAt > now && (DueAt is null || DueAt <= now)));

    public LinkWrite Write(LinkState link) => new()
    {
        State = link,
        Dirty = Dirty,
        DirtySince = DirtySince,
        DueAt = DueAt,
        Undecided = Undecided,
        PlanKind = PlanKind,
        PlanFields = PlanFields,
    };

    private static DateTimeOffset? DueAtOf(ProductScene scene, LinkState link, PushPlan plan, LinkMarking? before)
    {
        if (link.Flight is { } flight)
        {
            return flight.LeaseUntil;
        }

        if (link.Bulk is { } bulk && bulk.LeaseUntil > scene.Now && plan.IsEmpty && !plan.ReadFirst)
        {
            return bulk.LeaseUntil;
        }

        var notBefore = plan.NotBefore ?? link.NextAttemptAt;
        if (plan.IsEmpty && plan.Pictures.IsEmpty && notBefore is null)
        {
            // What stands may be the end of a lease that is over by now.
            return before is { Dirty: not null, DueAt: { } stands } && stands < scene.Now + ReadGrace ? stands : scene.Now + ReadGrace;
        }

        return notBefore;
    }

    private static string KindOf(LinkState link, PushPlan plan) => link.Status switch
    {
        LinkStatus.Ambiguous => "ambiguous",
        _ when plan.Guard is not null => "parked",
        _ when !plan.IsEmpty => plan.Action switch { PushAction.Create => "create", PushAction.Delete => "delete", _ => "update" },
        LinkStatus.Excluded => "excluded",
        _ when plan.Withheld.Any(withheld => withheld.Reason == WithheldReason.Parked) => "parked",
        _ => "none",
    };
}
