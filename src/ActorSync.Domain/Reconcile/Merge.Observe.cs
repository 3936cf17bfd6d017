using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>Judges one value that a body shows, by the first explanation that fits; what nothing explains is an edit made at the channel.</summary>
    private void ObserveRegister(FieldDefinition field, RegisterKey key, FieldValue seen, Stamp version, in Look look, bool mayAdopt)
    {
        var known = HeldOf(key);
        if (known is null || known.Ring.IsEmpty)
        {
            var marker = field.Type == FieldType.Set ? HeldOf(new RegisterKey(field.Name)) : null;
            if (marker is null || marker.Ring.IsEmpty)
            {
                FirstContact(field, key, seen, version, look, known ?? NothingHeld, mayAdopt);
                return;
            }

            // An element that was never seen: the list was, so the channel is known not to have had it.
            known = (known ?? NothingHeld) with { Ring = marker.Ring };
        }

        var current = known.Ring[^1];
        if (isShadowTaken)
        {
            Set(key, Append(field, known, EntryFor(seen, current.SentFor, version, current.Source, current.Effective)));
            return;
        }

        var fresh = look.ReadStart is { } began && (Off(RuleSwitch.M9) || began >= current.LearnedAt);
        if (version == Stamp.Zero && look.ReadStart is null)
        {
            if (!Explains(field, seen, current.Value, known))
            {
                WantRead();
            }

            return;
        }

        var later = version > current.LastSeen;
        if (IsSameText(field, seen, current.Value))
        {
            SeenAgain(field, key, known, current, seen, version, fresh, look);
        }
        else if ((later || fresh) && Winner(ClaimKey(key)) is { } target && Explains(field, seen, target.Value, known))
        {
            var landed = LandIntents(field, known, seen) with { Undecided = false };
            Set(key, Append(field, landed, EntryFor(seen, target.Value.Hash, version, target.Source, target.Effective)));
        }
        else if (FindIntent(field, known, seen) is { } intent)
        {
            ObserveIntent(field, key, known, current, seen, version, later || fresh, intent);
        }
        else if (later || fresh)
        {
            ObserveEdit(field, key, known, current, seen, version, fresh, look);
        }
        else if (version == current.LastSeen)
        {
            if (!Off(RuleSwitch.M8))
            {
                // M8: two values in one second. The read says whether this one came before or after.
                Set(key, Keep(known, seen, version));
                WantRead();
            }
        }
        else if (!Off(RuleSwitch.M7))
        {
            ObserveLate(field, key, known, seen, version, look);
        }

        if (HeldOf(key) is { Open.IsEmpty: false } after && !IsInAir(after))
        {
            JudgeOpen(field, key, look);
        }
    }

    private static readonly Held NothingHeld = new();

    private static bool IsSameText(FieldDefinition field, FieldValue left, FieldValue right) =>
        field.Type == FieldType.Set ? left.IsEmpty == right.IsEmpty : string.Equals(left.Text, right.Text, StringComparison.Ordinal);

    private HeldEntry EntryFor(FieldValue value, long? sentFor, Stamp version, Stamp source, Stamp effective) => new()
    {
        Hash = value.Hash,
        Value = value,
        SentFor = sentFor,
        Version = version,
        Source = source,
        Effective = effective,
        LearnedAt = now,
    };

    private HeldEntry OwnEntry(FieldValue value, Stamp version, Stamp source, Stamp effective) =>
        EntryFor(value, null, version, source, effective) with { IsOwnEdit = true };

    /// <summary>The channel still holds what we knew.</summary>
    private void SeenAgain(FieldDefinition field, RegisterKey key, Held known, HeldEntry current, FieldValue seen, Stamp version, bool fresh, in Look look)
    {
        var changed = known;
        if (fresh && AppliedIntent(known, look) is { } applied && !Explains(field, seen, applied.Value, known))
        {
            SettleValue(field, key, applied, seen, version, look);
            return;
        }

        if (version > current.LastSeen && !known.Intents.IsEmpty && FindIntent(field, known, seen) is { } sent)
        {
            // Our own write of the same value may lie between the two sightings, and may have covered something.
            changed = Append(field, changed, EntryFor(seen, sent.Value.Hash, version, sent.Source, sent.Effective)) with { Parked = known.Parked };
        }
        else if (version > current.LastSeen)
        {
            changed = changed with { Ring = changed.Ring.SetItem(changed.Ring.Length - 1, current with { Seen = version }) };
        }
        else if (current.IsOwnEdit && field.Class != OwnerClass.Stock && version < current.Version && (known.Ring.Length < 2 || version > known.Ring[^2].LastSeen))
        {
            // An earlier body proves that the edit is older than thought: the verdict is taken again.
            var source = LowerClaim(field, key, known.Ring.Length < 2 ? null : known.Ring[^2], seen, version, look);
            changed = changed with
            {
                Ring = changed.Ring.SetItem(changed.Ring.Length - 1,
                    current with { Version = version, Seen = current.LastSeen, Source = source ?? current.Source }),
            };
        }

        if (fresh && IsInAir(changed))
        {
            changed = LandIntents(field, changed, seen);
        }

        if (!ReferenceEquals(changed, known))
        {
            Set(key, changed);
        }
    }

    /// <summary>One execution is proven: the newest call has landed, an earlier one of the same value may still be executed late.</summary>
    private Held LandIntents(FieldDefinition field, Held known, FieldValue seen)
    {
        var hasLanded = false;
        for (var i = known.Intents.Length - 1; i >= 0; i--)
        {
            var intent = known.Intents[i];
            if (IsAir(intent) && Explains(field, seen, intent.Value, known))
            {
                known = known with { Intents = known.Intents.SetItem(i, intent with { State = hasLanded ? IntentState.Old : IntentState.Landed }) };
                hasLanded = true;
            }
        }

        return known;
    }

    /// <summary>The newest intent that explains the value; one that is in the air before one that is done with.</summary>
    private Intent? FindIntent(FieldDefinition field, Held known, FieldValue seen)
    {
        Intent? done = null;
        for (var i = known.Intents.Length - 1; i >= 0; i--)
        {
            var intent = known.Intents[i];
            if (Explains(field, seen, intent.Value, known))
            {
                if (IsAir(intent))
                {
                    return intent;
                }

                done ??= intent;
            }
        }

        return done;
    }

    /// <summary>An echo: a value that we sent.</summary>
    private void ObserveIntent(FieldDefinition field, RegisterKey key, Held known, HeldEntry current, FieldValue seen, Stamp version, bool isNews, Intent intent)
    {
        var isAir = IsAir(intent);
        if (isNews || (isAir && version == current.LastSeen))
        {
            var next = isAir ? LandIntents(field, known, seen) : known;
            Set(key, Append(field, next, EntryFor(seen, intent.Value.Hash, version, intent.Source, intent.Effective)));
        }
        else if (version == current.LastSeen)
        {
            WantRead();
        }
    }

    private void ObserveEdit(FieldDefinition field, RegisterKey key, Held known, HeldEntry current, FieldValue seen, Stamp version, bool fresh, in Look look)
    {
        if (fresh && AppliedIntent(known, look) is { } applied)
        {
            // M5: the push answered without its object, so this read is taken as the answer.
            SettleValue(field, key, applied, seen, version, look);
        }
        else if (version <= current.LastSeen && EntryAt(known.Ring, seen.Hash, version) is { } before)
        {
            // Two values of one second were put in the wrong order: the read shows the one that we knew first.
            Set(key, Append(field, known, before with { Value = seen, LearnedAt = now }));
        }
        else if (!Off(RuleSwitch.M3) && IsInAir(known))
        {
            // M3: it may be the channel's form of what is on its way.
            Set(key, Keep(known, seen, version));
        }
        else if (known.Undecided)
        {
            Set(key, Append(field, known, OwnEntry(seen, version, look.OnHubClock(version), Stamp.Zero)));
        }
        else
        {
            var source = ClaimAt(field, key, seen, version, current, isLate: false, look);
            Set(key, Append(field, HeldOf(key) ?? known, OwnEntry(seen, version, source, source)));
        }
    }

    private static HeldEntry? EntryAt(ImmutableArray<HeldEntry> ring, long hash, Stamp version)
    {
        foreach (var entry in ring)
        {
            if (entry.Hash == hash && entry.Version <= version && version <= entry.LastSeen)
            {
                return entry;
            }
        }

        return null;
    }

    private static Intent? AppliedIntent(Held known, in Look look)
    {
        Intent? applied = null;
        foreach (var intent in known.Intents)
        {
            if (intent.State is IntentState.Flight or IntentState.Unknown or IntentState.Odd)
            {
                return null;
            }

            if (intent.State == IntentState.Applied && look.ReadStart >= intent.SentAt)
            {
                applied = intent;
            }
        }

        return applied;
    }

    /// <summary>M7: a body older than what we hold, with a value that we never knew: an edit that something overtook.</summary>
    private void ObserveLate(FieldDefinition field, RegisterKey key, Held known, FieldValue seen, Stamp version, in Look look)
    {
        var hash = seen.Hash;
        if (IsInRing(known.Ring, hash))
        {
            return;
        }

        var index = IndexAsOf(known.Ring, version);
        if (index < 0 || index == known.Ring.Length - 1 || version < known.Ring[index].LastSeen)
        {
            // Older than all we know, or between two sightings of one value: the place itself has moved on since.
            return;
        }

        if (IsInAir(known) && !Off(RuleSwitch.M3))
        {
            Set(key, Keep(known, seen, version));
            return;
        }

        var source = look.OnHubClock(version);
        if (!known.Ring[index + 1].IsOwnEdit && !known.Undecided && HasOldSince(known, source))
        {
            // A call of unknown outcome was never seen to land; this may be its value in a form that nobody knows: a row, no change.
            if (Winner(ClaimKey(key)) is { } stands && stands.Value != seen)
            {
                WriteRow(ClaimKey(key), stands, Channel.Origin, seen, source, MergeRule.Older);
            }
        }
        else if (!known.Ring[index + 1].IsOwnEdit && !known.Undecided)
        {
            source = ClaimAt(field, key, seen, version, known.Ring[index], isLate: true, look);
        }

        else if (known.Ring[index + 1].Version == version && Winner(ClaimKey(key)) is { } winner && winner.Value != seen && !Off(RuleSwitch.M8))
        {
            // Two edits of the channel in one second, and both are history: nothing tells which came last.
            WriteRow(ClaimKey(key), winner, Channel.Origin, seen, source, MergeRule.TieBreak);
        }

        Set(key, InsertAfter(field, HeldOf(key) ?? known, index, OwnEntry(seen, version, source, source)));
    }

    /// <summary>How far a channel's clock may be off after its offset was taken out.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(60);

    /// <summary>What was shown before a call left cannot be what that call wrote.</summary>
    private static bool HasOldSince(Held known, Stamp shown)
    {
        foreach (var intent in known.Intents)
        {
            if (intent.State == IntentState.Old && shown >= Stamp.At(intent.SentAt - ClockSlack))
            {
                return true;
            }
        }

        return false;
    }

    private const int MaxOpenValues = 16;

    private Held Keep(Held known, FieldValue seen, Stamp version)
    {
        var sentFor = IsInAir(known) ? LastSent(known) : null;
        foreach (var value in known.Open)
        {
            if (value.Value == seen)
            {
                if (value.Version == version)
                {
                    return known;
                }

                // What it was first suspected to be a form of, it still may be.
                sentFor = value.SentFor ?? sentFor;
            }
        }

        var kept = new OpenValue { Value = seen, Version = version, SentFor = sentFor, LearnedAt = now };
        return known with { Open = (known.Open.Length >= MaxOpenValues ? known.Open.RemoveAt(0) : known.Open).Add(kept) };
    }

    /// <summary>Nothing is in the air any more: values that had to wait are judged against what is held now.</summary>
    private void JudgeOpen(FieldDefinition field, RegisterKey key, in Look look)
    {
        var waiting = HeldOf(key)!.Open;
        Set(key, HeldOf(key)! with { Open = [] });
        foreach (var value in waiting.Sort(static (a, b) => a.Version.CompareTo(b.Version)))
        {
            var known = HeldOf(key)!;
            if (known.Ring.IsEmpty)
            {
                FirstContact(field, key, value.Value, value.Version, look, known, mayAdopt: true);
                continue;
            }

            var current = known.Ring[^1];
            var heard = look with { ReceivedAt = value.LearnedAt, ReadStart = null };
            if (IsSameText(field, value.Value, current.Value))
            {
                continue;
            }

            if (value.SentFor is { } sentFor && sentFor != current.SentFor && FindIntent(field, known, value.Value) is null && !IsInRing(known.Ring, value.Value.Hash))
            {
                // It was heard while another value was on its way, and may be the channel's form of that one: a row, no change.
                RowOnly(field, key, known, value, current, heard);
            }
            else if (FindIntent(field, known, value.Value) is { } intent)
            {
                ObserveIntent(field, key, known, current, value.Value, value.Version, value.Version > current.LastSeen, intent);
            }
            else if (value.Version > current.LastSeen)
            {
                var source = known.Undecided ? heard.OnHubClock(value.Version) : ClaimAt(field, key, value.Value, value.Version, current, isLate: false, heard);
                Set(key, Append(field, HeldOf(key)!, OwnEntry(value.Value, value.Version, source, source)));
            }
            else if (value.Version == current.LastSeen && !(look.ReadStart is { } began && began >= value.LearnedAt && began >= current.LearnedAt))
            {
                if (!Off(RuleSwitch.M8))
                {
                    Set(key, known with { Open = known.Open.Add(value with { SentFor = null }) });
                    if (look.ReadStart is null || !link.WantsRead)
                    {
                        WantRead();
                    }
                }
            }
            else if (!Off(RuleSwitch.M7))
            {
                ObserveLate(field, key, known, value.Value, value.Version, heard);
            }
        }
    }

    private void RowOnly(FieldDefinition field, RegisterKey key, Held known, OpenValue value, HeldEntry current, in Look heard)
    {
        var source = heard.OnHubClock(value.Version);
        if (Winner(ClaimKey(key)) is { } winner && winner.Value != value.Value)
        {
            WriteRow(ClaimKey(key), winner, Channel.Origin, value.Value, source, MergeRule.Older);
        }

        if (value.Version > current.LastSeen)
        {
            Set(key, Append(field, known, OwnEntry(value.Value, value.Version, source, source)));
        }
        else if (IndexAsOf(known.Ring, value.Version) is >= 0 and var index && index < known.Ring.Length - 1)
        {
            // Known from now on: another delivery of the same body is old news.
            Set(key, InsertAfter(field, known, index, EntryFor(value.Value, value.SentFor, value.Version, source, source)));
        }
    }
}
