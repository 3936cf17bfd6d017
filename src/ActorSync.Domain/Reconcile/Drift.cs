using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

public enum DriftKind
{
    /// <summary>The channel holds what the hub believed.</summary>
    Equal,
    /// <summary>Something moved at the channel and the hub did not know.</summary>
    Drifted,
    /// <summary>At the channel, and new to the hub (or to its link).</summary>
    Imported,
    /// <summary>Linked in the hub and gone at the channel.</summary>
    Deleted,
    /// <summary>Fits more than one hub product: listed, never guessed.</summary>
    Ambiguous,
}

/// <summary>What the merge does about one value that drifted.</summary>
public enum DriftRepair
{
    /// <summary>The hub takes the channel's value.</summary>
    Taken,
    /// <summary>The hub's value stands; the next push puts it back.</summary>
    PutBack,
    /// <summary>Nothing moves it by itself: a call is in the air, it is undecided, parked or not to be written.</summary>
    Waits,
}

/// <summary>One value that moved at the channel without the hub knowing.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drifted-field")]
public sealed record DriftedField
{
    [Id(0)] public required RegisterKey Key { get; init; }
    /// <summary>What the channel was believed to hold.</summary>
    [Id(1)] public FieldValue Believed { get; init; }
    /// <summary>What it holds.</summary>
    [Id(2)] public FieldValue Found { get; init; }
    [Id(3)] public required DriftRepair Repair { get; init; }
}

/// <summary>
/// A fresh look at one remote product, compared with what the hub believed before it. Says nothing that the merge did not decide: it only reads the
/// decision.
/// </summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift")]
public sealed record Drift
{
    [Id(0)] public required DriftKind Kind { get; init; }
    /// <summary>Values that the look showed and the channel is to hold as the hub says.</summary>
    [Id(1)] public int FieldsChecked { get; init; }
    /// <summary>Of these, the ones that were as the hub wants them.</summary>
    [Id(2)] public int FieldsEqual { get; init; }
    [Id(3)] public ImmutableArray<DriftedField> Fields { get; init; } = [];
    /// <summary>The channel's version of what moved, on the hub's clock; null = nothing moved, or the channel does not say when.</summary>
    [Id(4)] public DateTimeOffset? ChangedAt { get; init; }
    /// <summary>The hub had heard of it already and was about to look: no delivery was missed.</summary>
    [Id(5)] public bool WasHeard { get; init; }
    [Id(6)] public ProductId? Product { get; init; }

    /// <summary>Compares the state before a decision with the decision. <paramref name="product"/> is null when the hub did not know the product.</summary>
    public static Drift Of(ReconcileContext context, ProductState? product, LinkState link, Decision decision, Observation seen)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(seen);
        return new DriftReader(context, product, link, decision, seen).Read();
    }
}

/// <summary>Reads a decision for what it says of drift.</summary>
internal sealed class DriftReader(ReconcileContext context, ProductState? product, LinkState before, Decision decision, Observation seen)
{
    private readonly List<DriftedField> fields = [];
    private readonly HashSet<RegisterKey> planned = [];
    private int checkedCount;
    private int equalCount;

    private LinkState After => decision.Link;

    public Drift Read()
    {
        if (seen.Body.Deleted)
        {
            var isGone = before.Status != LinkStatus.Deleted && After.Status == LinkStatus.Deleted;
            return Result(isGone ? DriftKind.Deleted : DriftKind.Equal, isGone && seen.Body.Version != Stamp.Zero);
        }

        var plan = Reconciler.Plan(context, decision.Product, After);
        planned.UnionWith(plan.Delta.Select(value => value.Key));
        planned.UnionWith(plan.Withheld.Where(value => value.Key is not null).Select(value => value.Key!.Value));
        ReadVariants();
        ReadPictures();
        foreach (var (key, after) in After.Registers)
        {
            if (after.Last is { } last && context.Channel.Mask.Contains(key.Field) && IsCarried(key))
            {
                ReadRegister(key, last);
            }
        }

        var isFirst = product is null || before.ExternalId is null;
        var kind = After.Status == LinkStatus.Ambiguous && before.Status != LinkStatus.Ambiguous ? DriftKind.Ambiguous
            : isFirst ? DriftKind.Imported
            : fields.Count > 0 ? DriftKind.Drifted
            : DriftKind.Equal;
        return Result(kind, kind != DriftKind.Equal);
    }

    private Drift Result(DriftKind kind, bool isNews) => new()
    {
        Kind = kind,
        FieldsChecked = checkedCount,
        FieldsEqual = equalCount,
        Fields = kind == DriftKind.Drifted ? [.. fields.OrderBy(field => field.Key)] : [],
        ChangedAt = isNews ? ChangedAt() : null,
        WasHeard = before.WantsRead || before.Status == LinkStatus.DeleteHeard,
        Product = decision.Product.Id,
    };

    /// <summary>The newest version in the body: a variant or a count may have moved after the product.</summary>
    private DateTimeOffset? ChangedAt()
    {
        var newest = seen.Body.Version;
        foreach (var variant in seen.Body.Variants)
        {
            newest = variant.Version is { } own && own > newest ? own : newest;
            foreach (var level in variant.Stock)
            {
                newest = level.Version > newest ? level.Version : newest;
            }
        }

        return newest == Stamp.Zero ? null : new Look(seen.ReadStartedAt, seen.ReceivedAt, seen.ClockOffset, seen.EventId).OnHubClock(newest).Instant;
    }

    private void ReadRegister(RegisterKey key, HeldEntry last)
    {
        var field = Products.Fields.Get(key.Field);
        var known = before.Registers.GetValueOrDefault(key);
        var isAsWanted = IsAsWanted(field, key);
        checkedCount++;
        equalCount += isAsWanted ? 1 : 0;
        if (known?.Last is { } was && !Explain.Same(context.Channel.Canon, field, last.Value, was.Value, known) && !IsOurs(field, known, last.Value))
        {
            fields.Add(new DriftedField { Key = key, Believed = was.Value, Found = last.Value, Repair = RepairOf(key, isAsWanted) });
        }
    }

    private bool IsAsWanted(FieldDefinition field, RegisterKey key)
    {
        if (field.Class == OwnerClass.Stock || field.IsStructure)
        {
            return !planned.Contains(key);
        }

        return decision.Product.Target(key, context.Channel.Id) is not { } target || Planner.IsClean(context.Channel, field, After.Registers[key], target.Value);
    }

    private DriftRepair RepairOf(RegisterKey key, bool isAsWanted) =>
        isAsWanted ? DriftRepair.Taken : Reconciler.Plan(context, decision.Product, After).Delta.Any(value => value.Key == key) ? DriftRepair.PutBack : DriftRepair.Waits;

    /// <summary>A push of ours that landed while its answer was lost is no drift.</summary>
    private bool IsOurs(FieldDefinition field, Held known, FieldValue found) =>
        known.Intents.Any(intent => Explain.Same(context.Channel.Canon, field, found, intent.Value, known));

    private bool IsCarried(RegisterKey key)
    {
        if (key.Variant is not { } variant)
        {
            return seen.Body.Fields.ContainsKey(key.Field) || (key.Part is not null && seen.Body.Sets.ContainsKey(key.Field))
                || (key.Field == Products.Fields.Options && seen.Body.Options is not null);
        }

        foreach (var bound in After.Variants)
        {
            if (bound.Variant == variant && !bound.Gone && seen.Body.Variants.FirstOrDefault(v => v.ExternalId == bound.ExternalId) is { } shown)
            {
                return shown.Fields.ContainsKey(key.Field) || (key.Field == Products.Fields.OptionValues && shown.OptionValues is not null)
                    || shown.Stock.Any(level => level.LocationId == key.Part);
            }
        }

        return false;
    }

    /// <summary>Pictures that vanished at the channel.</summary>
    private void ReadPictures()
    {
        foreach (var now in After.Media)
        {
            if (now.Gone && before.Media.FirstOrDefault(known => known.MediaId == now.MediaId) is { Gone: false } was)
            {
                var key = new RegisterKey(Products.Fields.Images, null, was.Key ?? was.MediaId);
                fields.Add(new DriftedField
                {
                    Key = key,
                    Believed = new FieldValue(was.Url ?? was.MediaId),
                    Found = FieldValue.Empty,
                    Repair = RepairOf(key, !planned.Contains(key)),
                });
            }
        }
    }

    /// <summary>Variants that came or went at the channel.</summary>
    private void ReadVariants()
    {
        if (before.ExternalId is null)
        {
            return;
        }

        foreach (var now in After.Variants)
        {
            var was = before.Variants.FirstOrDefault(v => v.ExternalId == now.ExternalId);
            if (was is null ? !now.Gone : was.Gone != now.Gone)
            {
                var key = new RegisterKey(Products.Fields.Exists, now.Variant);
                fields.Add(new DriftedField
                {
                    Key = key,
                    Believed = now.Gone ? FieldValue.True : FieldValue.False,
                    Found = now.Gone ? FieldValue.False : FieldValue.True,
                    Repair = RepairOf(key, !planned.Contains(key)),
                });
            }
        }
    }
}
