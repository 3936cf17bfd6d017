using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    private static readonly TimeSpan LosingClaimLifetime = TimeSpan.FromHours(48);

    /// <summary>An edit made at the channel on top of <paramref name="basis"/>. Answers its source time, also when it is refused.</summary>
    private Stamp ClaimAt(FieldDefinition field, RegisterKey unscoped, FieldValue value, Stamp version, HeldEntry basis, bool isLate, in Look look)
    {
        var key = ClaimKey(unscoped);
        var origin = Channel.Origin;
        var owners = policy.ClassOf(field);
        var source = SourceOf(version, basis, look);
        var current = Winner(key);
        var permission = Ownership.PermissionOf(owners, origin.Kind);
        if (permission == Permission.Refused || (permission == Permission.OnlyWhileEmpty && !IsFreeFor(key, origin)))
        {
            var rule = permission == Permission.Refused ? MergeRule.NotOwner : MergeRule.OnlyWhileEmpty;
            Log(LogAction.Refused, origin, key, current?.Value, value, rule, look.EventId);
            if (current is not null && !Explains(field, value, current.Value, null))
            {
                WriteRow(key, current, origin, value, source, rule);
            }

            return source;
        }

        var bonus = Ownership.IsPreferred(owners, origin.Kind) ? policy.ConflictWindow : TimeSpan.Zero;
        var own = ClaimOf(key, origin);
        if (own is not null && isLate && own.Version >= version)
        {
            return source;
        }

        var floor = own is null || Off(RuleSwitch.M10) ? Stamp.Zero : own.Effective.Next;
        var claim = new Claim
        {
            Origin = origin,
            Value = value,
            Source = source,
            Effective = Stamp.Max(source.Plus(bonus), floor),
            Version = version,
            LearnedAt = now,
            AtVersion = start.Version,
            Floor = floor,
        };
        var winner = Place(key, field, owners, claim);
        if (current is null || current.Origin == origin)
        {
            Judge(key, origin, current, claim, winner, look.EventId, null);
            return source;
        }

        var wasKnown = current.Value.Hash == (basis.SentFor ?? basis.Hash);
        var seen = SourceOf(basis.LastSeen, basis, look);
        var atLeast = claim with { Effective = Stamp.Max(Stamp.Max(seen, basis.Source).Plus(bonus), floor) };
        var isUncertain = IsBetter(atLeast, current, owners) != ReferenceEquals(winner, claim);
        var isWithin = IsWithinWindow(source, current.Source);
        var isContested = (!Off(RuleSwitch.M12) && (!wasKnown || isUncertain)) || isWithin;
        Judge(key, origin, current, claim, winner, look.EventId, null);
        if (current.Value != value && (isContested || (!ReferenceEquals(winner, claim) && !Off(RuleSwitch.M12))))
        {
            WriteContest(key, current, claim, winner);
        }

        return source;
    }

    /// <summary>M11: source time is at least that of the value that was edited, one tick more if that was another origin's.</summary>
    private Stamp SourceOf(Stamp version, HeldEntry basis, in Look look)
    {
        var source = look.OnHubClock(version);
        return Off(RuleSwitch.M11) ? source : Stamp.Max(source, basis.IsOwnEdit ? basis.Source : basis.Source.Next);
    }

    private Claim? ClaimOf(RegisterKey key, Origin origin)
    {
        if (registers.TryGetValue(key, out var register))
        {
            foreach (var claim in register.Claims)
            {
                if (claim.Origin == origin)
                {
                    return claim;
                }
            }
        }

        return null;
    }

    /// <summary>May only fill an empty field: no value, and nobody else ever claimed it.</summary>
    private bool IsFreeFor(RegisterKey key, Origin origin)
    {
        if (!registers.TryGetValue(key, out var register))
        {
            return true;
        }

        foreach (var claim in register.Claims)
        {
            if (claim.Origin != origin)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsWithinWindow(Stamp left, Stamp right) => Math.Abs(left.Seconds - right.Seconds) <= (long)policy.ConflictWindow.TotalSeconds;

    /// <summary>The total order of claims: effective time, then the preferred origin, rank, hash.</summary>
    internal static bool IsBetter(Claim left, Claim right, OwnerClass owners)
    {
        var order = left.Effective.CompareTo(right.Effective);
        if (order == 0)
        {
            order = Ownership.IsPreferred(owners, left.Origin.Kind).CompareTo(Ownership.IsPreferred(owners, right.Origin.Kind));
        }

        if (order == 0)
        {
            order = ((int)right.Origin.Kind).CompareTo((int)left.Origin.Kind);
        }

        if (order == 0)
        {
            order = left.Value.Hash.CompareTo(right.Value.Hash);
        }

        return order != 0 ? order > 0 : string.CompareOrdinal(left.Origin.Id, right.Origin.Id) < 0;
    }

    /// <summary>Sets the origin's claim and answers who wins now.</summary>
    private Claim Place(RegisterKey key, FieldDefinition field, OwnerClass owners, Claim claim)
    {
        var builder = ImmutableArray.CreateBuilder<Claim>(2);
        var isPlaced = false;
        if (registers.TryGetValue(key, out var register))
        {
            foreach (var other in register.Claims)
            {
                if (other.Origin == claim.Origin)
                {
                    continue;
                }

                if (!isPlaced && IsBetter(claim, other, owners))
                {
                    builder.Add(claim);
                    isPlaced = true;
                }

                if (builder.Count == 0 || now - other.LearnedAt <= LosingClaimLifetime)
                {
                    builder.Add(other);
                }
            }
        }

        if (!isPlaced)
        {
            builder.Add(claim);
        }

        registers[key] = new Register { Claims = builder.ToImmutable() };
        if (field.Name == Fields.Exists && key.Variant is { } variant)
        {
            SetExists(variant, builder[0].Value == FieldValue.True);
        }

        return builder[0];
    }

    private void SetExists(VariantId id, bool exists)
    {
        for (var i = 0; i < variants.Length; i++)
        {
            if (variants[i].Id == id)
            {
                if (variants[i].Exists != exists)
                {
                    variants = variants.SetItem(i, variants[i] with { Exists = exists });
                }

                return;
            }
        }

        variants = variants.Add(new Variant { Id = id, Exists = exists });
        nextVariant = Math.Max(nextVariant, id.Value + 1);
    }

    /// <summary>The rule by which <paramref name="left"/> stands above <paramref name="right"/>.</summary>
    internal static MergeRule RuleOf(Claim left, Claim right)
    {
        if (left.Source < right.Source)
        {
            return MergeRule.PreferredInWindow;
        }

        return left.Effective == right.Effective ? MergeRule.TieBreak : MergeRule.Newer;
    }

    private void Judge(RegisterKey key, Origin origin, Claim? before, Claim claim, Claim winner, string? eventId, string? actor, MergeRule? why = null)
    {
        if (ReferenceEquals(winner, claim))
        {
            changedBy = origin;
            Log(LogAction.Updated, origin, key, before?.Value, claim.Value, why ?? (before is null ? MergeRule.First : RuleOf(claim, before)), eventId, actor);
            CloseRows(key, claim.Value, "superseded", null);
            return;
        }

        if (before is not null && !ReferenceEquals(before, winner))
        {
            // The origin's own claim sank below another one.
            changedBy = winner.Origin;
            Log(LogAction.Updated, winner.Origin, key, before.Value, winner.Value, RuleOf(winner, claim), eventId, actor);
        }

        Log(LogAction.Refused, origin, key, winner.Value, claim.Value, RuleOf(winner, claim) == MergeRule.Newer ? MergeRule.Older : RuleOf(winner, claim), eventId, actor);
    }

    private void WriteContest(RegisterKey key, Claim before, Claim claim, Claim winner, MergeRule? rule = null, string? resolution = null, string? actor = null)
    {
        var loser = ReferenceEquals(winner, claim) ? before : claim;
        WriteRow(key, winner, loser.Origin, loser.Value, loser.Source, rule ?? RuleOf(winner, loser), resolution, actor);
    }

    private void WriteRow(RegisterKey key, Claim winner, Origin loser, FieldValue value, Stamp source, MergeRule rule, string? resolution = null,
        string? actor = null)
    {
        var id = ConflictRows.IdOf(start.Id, key, value, source);
        foreach (var row in open)
        {
            if (string.Equals(row.Id, id, StringComparison.Ordinal))
            {
                return;
            }
        }

        if (rows?.ContainsKey(id) == true)
        {
            return;
        }

        var written = new ConflictRow
        {
            Id = id,
            Key = key,
            Winner = winner.Origin,
            WinnerValue = winner.Value,
            Loser = loser,
            LoserValue = value,
            LoserSource = source,
            Rule = rule,
            DetectedAt = now,
            State = resolution is null ? ConflictState.Open : ConflictState.Resolved,
            Resolution = resolution,
            ResolvedAt = resolution is null ? null : now,
            ResolvedBy = actor,
        };
        (rows ??= new Dictionary<string, ConflictRow>(StringComparer.Ordinal))[id] = written;
        if (resolution is null)
        {
            open = (open.Length >= ProductState.MaxOpenConflicts ? open.RemoveAt(0) : open).Add(written);
        }

        Log(LogAction.Conflict, loser, key, winner.Value, value, rule, actor: actor);
    }

    /// <summary>Closes open rows of a register: those whose losing value stands now, or all of them when <paramref name="value"/> is null.</summary>
    private void CloseRows(RegisterKey key, FieldValue? value, string resolution, string? actor)
    {
        for (var i = open.Length - 1; i >= 0; i--)
        {
            if (open[i].Key == key && (value is null || open[i].LoserValue == value))
            {
                CloseRow(i, resolution, actor);
            }
        }
    }

    private void CloseRow(int index, string resolution, string? actor)
    {
        var closed = open[index] with { State = ConflictState.Resolved, Resolution = resolution, ResolvedAt = now, ResolvedBy = actor };
        open = open.RemoveAt(index);
        (rows ??= new Dictionary<string, ConflictRow>(StringComparer.Ordinal))[closed.Id] = closed;
    }

    /// <summary>A body proves that the channel's own edit is older than its claim says: the source sinks to that version and the verdict is taken again.</summary>
    private Stamp? LowerClaim(FieldDefinition field, RegisterKey unscoped, HeldEntry? basis, FieldValue value, Stamp version, in Look look)
    {
        var key = ClaimKey(unscoped);
        var own = ClaimOf(key, Channel.Origin);
        if (own is null || own.Value != value || own.Version <= version)
        {
            return null;
        }

        var source = basis is null ? look.OnHubClock(version) : SourceOf(version, basis, look);
        if (source >= own.Source)
        {
            return null;
        }

        var owners = policy.ClassOf(field);
        var bonus = Ownership.IsPreferred(owners, own.Origin.Kind) ? policy.ConflictWindow : TimeSpan.Zero;
        var before = Winner(key)!;
        var lowered = own with { Source = source, Version = version, Effective = Stamp.Max(source.Plus(bonus), own.Floor) };
        var winner = Place(key, field, owners, lowered);
        if (before.Origin == own.Origin && winner.Origin != own.Origin)
        {
            changedBy = winner.Origin;
            Log(LogAction.Updated, winner.Origin, key, before.Value, winner.Value, MergeRule.Newer, look.EventId);
            WriteRow(key, winner, own.Origin, value, source, MergeRule.Older);
        }

        return source;
    }
}
