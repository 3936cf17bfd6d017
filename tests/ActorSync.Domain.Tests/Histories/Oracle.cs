using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>
/// Knows who typed what and when, and what of it any message showed to the hub. Every edit has a value of its own, so that a value names its edit.
/// Judges leniently, as reconcile.md does: only the winner by source time, plain or causal, among edits that were shown must survive.
/// </summary>
internal sealed class Oracle(TenantPolicy policy)
{
    public const int HubPlace = 3;

    public sealed class Typed
    {
        public required int Id { get; init; }
        public required WorldField Field { get; init; }
        public required int Place { get; init; }
        public required int Base { get; init; }
        public bool IsShown { get; set; }
        public bool IsJudged { get; set; }
        public long Plain { get; set; } = long.MaxValue;
        /// <summary>Set where a person overrode: ranks at least this.</summary>
        public long AtLeast { get; set; }
        /// <summary>Its editor knew the value that stood when it was first shown.</summary>
        public bool IsOnTop { get; set; }
        /// <summary>It was the hub's value at some time.</summary>
        public bool HasStood { get; set; }
        public int? Rival { get; set; }
    }

    private readonly List<Typed> edits = [new Typed { Id = 0, Field = WorldField.Name, Place = 0, Base = -1 }];
    private readonly Dictionary<string, (ChannelId? Place, bool IsRemoved, bool IsShown)> tags = [];

    /// <summary>Values that a person replaced on purpose: none of them may rise again by itself.</summary>
    public HashSet<(WorldField Field, int Id)> Overridden { get; } = [];

    public bool IsStarted { get; private set; }
    public int Edits { get; set; }
    public int Moves { get; set; }
    public int NextId => edits.Count;
    public IReadOnlyList<Typed> All => edits;
    public IReadOnlyDictionary<string, (ChannelId? Place, bool IsRemoved, bool IsShown)> Tags => tags;

    public void Start() => IsStarted = true;

    public int Edit(WorldField field, int place, long nowMs, int basis)
    {
        edits.Add(new Typed { Id = edits.Count, Field = field, Place = place, Base = basis });
        return edits.Count - 1;
    }

    public void HubEdit(WorldField field, int id, long nowMs, Claim? winner, bool isKnowing)
    {
        var typed = new Typed { Id = id, Field = field, Place = HubPlace, Base = -1, IsShown = true, Plain = nowMs / 1000 };
        if (isKnowing && winner is not null)
        {
            typed.AtLeast = Scaled(winner.Effective.Seconds) + winner.Effective.Count + 1;
        }

        edits.Add(typed);
    }

    public string NewTag(ChannelId? place)
    {
        var tag = $"t{tags.Count + 1}";
        tags[tag] = (place, false, place is null);
        return tag;
    }

    public void TagRemoved(string tag)
    {
        if (tags.TryGetValue(tag, out var known))
        {
            tags[tag] = known with { IsRemoved = true };
        }
    }

    /// <summary>A body is about to reach the hub.</summary>
    public void Show(int place, Body body, long nowMs, TimeSpan measured, ProductState product)
    {
        if (!IsStarted)
        {
            return;
        }

        foreach (var tag in body.Tags)
        {
            if (tags.TryGetValue(tag, out var known) && !known.IsShown)
            {
                tags[tag] = known with { IsShown = true };
            }
        }

        for (var field = WorldField.Name; field <= WorldField.Weight; field++)
        {
            if (Typist(place, body, field) is not { } typed)
            {
                continue;
            }

            typed.IsShown = true;
            typed.Plain = Math.Min(typed.Plain, Math.Min(body.Version - (long)measured.TotalSeconds, nowMs / 1000));
        }
    }

    /// <summary>The body was judged: counts edits that knew what they changed and were refused all the same.</summary>
    public void Shown(int place, Body body, ProductState before)
    {
        if (!IsStarted)
        {
            return;
        }

        for (var field = WorldField.Name; field <= WorldField.Weight; field++)
        {
            if (field == WorldField.Weight || Typist(place, body, field) is not { IsJudged: false } typed)
            {
                continue;
            }

            typed.IsJudged = true;
            var key = World.KeyOf(field);
            var basis = BaseOf(typed);
            var was = World.OracleIdOf(field, before.Value(key)?.Text);
            typed.IsOnTop = was == basis;
            if (was != basis && was != typed.Id && edits[was].Place != place)
            {
                typed.Rival = was;
            }
        }
    }

    /// <summary>The last value of another place that the editor had before him.</summary>
    private int BaseOf(Typed typed)
    {
        var basis = typed.Base;
        while (basis > 0 && edits[basis].Place == typed.Place)
        {
            basis = edits[basis].Base;
        }

        return basis;
    }

    private Typed? Typist(int place, Body body, WorldField field)
    {
        if ((place == 2 && field is WorldField.Price or WorldField.Seo) || (field == WorldField.Seo && !body.CarriesSeo))
        {
            return null;
        }

        var id = World.OracleIdOf(field, body.Values[(int)field]);
        return id > 0 && edits[id].Place == place && edits[id].Field == field ? edits[id] : null;
    }

    public static Origin OriginOf(int place) => place switch
    {
        0 => Lab.OriginOf(Lab.S),
        1 => Lab.OriginOf(Lab.W),
        2 => Lab.OriginOf(Lab.J),
        _ => Origin.Hub,
    };

    public bool MayClaim(WorldField field, int place) =>
        Ownership.PermissionOf(policy.ClassOf(Fields.Get(World.KeyOf(field).Field)), OriginOf(place).Kind) == Permission.Allowed;

    /// <summary>The edits that may rightly stand at the end: the best by plain and the best by causal source time, ties included.</summary>
    public List<Typed> Winners(WorldField field)
    {
        var winners = new List<Typed>();
        foreach (var isCausal in new[] { false, true })
        {
            var best = long.MinValue;
            var tied = new List<Typed>();
            for (var place = 0; place <= HubPlace; place++)
            {
                if (!MayClaim(field, place))
                {
                    continue;
                }

                // An origin's last edit stands for it, and never ranks below its earlier ones.
                Typed? last = null;
                var rank = long.MinValue;
                foreach (var typed in edits)
                {
                    if (typed.Id > 0 && typed.Field == field && typed.Place == place && typed.IsShown)
                    {
                        last = typed;
                        rank = Math.Max(rank, Rank(typed, isCausal));
                    }
                }

                if (last is null)
                {
                    continue;
                }

                if (rank > best)
                {
                    tied.Clear();
                    best = rank;
                }

                if (rank == best)
                {
                    tied.Add(last);
                }
            }

            winners.AddRange(tied);
        }

        return winners;
    }

    private long Rank(Typed typed, bool isCausal)
    {
        var owners = policy.ClassOf(Fields.Get(World.KeyOf(typed.Field).Field));
        var bonus = Ownership.IsPreferred(owners, OriginOf(typed.Place).Kind) ? (long)policy.ConflictWindow.TotalSeconds : 0;
        return Math.Max(Scaled(Source(typed, isCausal) + bonus), typed.AtLeast);
    }

    /// <summary>Seconds with room for the counter inside one second.</summary>
    private static long Scaled(long seconds) => seconds << 20;

    private long Source(Typed typed, bool isCausal)
    {
        if (!isCausal || typed.Base <= 0)
        {
            return typed.Plain;
        }

        var basis = edits[typed.Base];
        return basis.IsShown ? Math.Max(typed.Plain, Source(basis, true)) : typed.Plain;
    }
}
