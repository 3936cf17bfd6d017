using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>
    /// Nothing is known of what the channel held before: equal values bind, a field that nobody claimed is taken, a differing one waits for the one
    /// decision. Time never decides here, because everything would look "changed now".
    /// </summary>
    private void FirstContact(FieldDefinition field, RegisterKey key, FieldValue seen, Stamp version, in Look look, Held known, bool mayAdopt)
    {
        if (!known.Intents.IsEmpty)
        {
            if (FindIntent(field, known, seen) is { } intent)
            {
                var next = IsAir(intent) ? known with { Intents = known.Intents.Replace(intent, intent with { State = IntentState.Landed }) } : known;
                Set(key, Append(field, next, EntryFor(seen, intent.Value.Hash, version, intent.Source, intent.Effective)));
                return;
            }

            if (look.ReadStart is not null && AppliedIntent(known, look) is { } applied)
            {
                SettleValue(field, key, applied, seen, version, look);
                return;
            }

            if (IsInAir(known))
            {
                Set(key, Keep(known, seen, version));
                return;
            }
        }

        var claimKey = ClaimKey(key);
        if (Winner(claimKey) is { } target)
        {
            if (Explains(field, seen, target.Value, known))
            {
                Set(key, Append(field, known, EntryFor(seen, target.Value.Hash, version, target.Source, target.Effective)));
                return;
            }

            if (field.Name is Fields.ImageAlt or Fields.ImageOrder && !isFirstList && Channel.Mode == ChannelMode.Live && link.PicturesWonBy is null && !seen.IsEmpty)
            {
                // The decision about the list is over, and this was only seen after it: the hub's stands. Words that are overwritten are kept in a row.
                if (field.Name == Fields.ImageAlt)
                {
                    WriteRow(claimKey, target, Channel.Origin, seen, look.OnHubClock(version), MergeRule.FirstContact);
                }

                Set(key, Append(field, known, EntryFor(seen, null, version, Stamp.Zero, Stamp.Zero)));
                return;
            }

            if (seen.IsEmpty && Channel.Mode == ChannelMode.Live && (!IsPicture(key) || field.Name == Fields.ImageAlt))
            {
                // The channel's one decision is over, and nothing is lost by filling what is empty there.
                Set(key, Append(field, known, EntryFor(seen, null, version, Stamp.Zero, Stamp.Zero)));
                return;
            }

            Set(key, Append(field, known, OwnEntry(seen, version, look.OnHubClock(version), Stamp.Zero)) with { Undecided = true });
            Log(LogAction.Held, Channel.Origin, key, target.Value, seen, MergeRule.FirstContact, look.EventId);
            return;
        }

        if (seen.IsEmpty)
        {
            Set(key, Append(field, known, EntryFor(seen, null, version, Stamp.Zero, Stamp.Zero)));
            return;
        }

        var source = look.OnHubClock(version);
        var owners = policy.ClassOf(field);
        if (!mayAdopt)
        {
            Set(key, Append(field, known, OwnEntry(seen, version, source, Stamp.Zero)) with { Undecided = true });
            Log(LogAction.Held, Channel.Origin, key, null, seen, MergeRule.FirstContact, look.EventId);
            return;
        }

        if (Ownership.PermissionOf(owners, Channel.Origin.Kind) == Permission.Refused)
        {
            Log(LogAction.Refused, Channel.Origin, key, null, seen, MergeRule.NotOwner, look.EventId);
        }
        else
        {
            var bonus = Ownership.IsPreferred(owners, Channel.Origin.Kind) ? policy.ConflictWindow : TimeSpan.Zero;
            var claim = new Claim
            {
                Origin = Channel.Origin,
                Value = seen,
                Source = source,
                Effective = source.Plus(bonus),
                Version = version,
                LearnedAt = now,
                AtVersion = start.Version,
            };
            Judge(claimKey, Channel.Origin, null, claim, Place(claimKey, field, owners, claim), look.EventId, null);
        }

        Set(key, Append(field, known, OwnEntry(seen, version, source, source)));
    }

    /// <summary>The one decision of first contact: <paramref name="winner"/>'s values stand where this channel differs.</summary>
    public Decision DecideFirstContact(Origin winner)
    {
        foreach (var (key, known) in link.Registers)
        {
            if (known.Undecided && known.Last is { } current)
            {
                DecideRegister(key, known, current, winner);
            }
        }

        if (link.ExternalId is not null && !link.Registers.ContainsKey(ImageList) && Channel.Mask.Contains(Fields.Images))
        {
            link = link with { PicturesWonBy = winner };
        }

        return Finish();
    }

    private void DecideRegister(RegisterKey key, Held known, HeldEntry current, Origin winner)
    {
        var isThisChannel = winner == Channel.Origin;
        Set(key, known with { Undecided = false });
        var field = Fields.Get(key.Field);
        if (field.Name == Fields.Exists)
        {
            if (isThisChannel && key.Variant is { } missing)
            {
                // The channel does not have this variant, and shall not get it; the hub keeps it for the others.
                link = link with { Variants = link.Variants.Add(new VariantLink { Variant = missing, ExternalId = "", Gone = true }) };
            }

            return;
        }

        var claimKey = ClaimKey(key);
        var before = Winner(claimKey);
        if (!isThisChannel && before is not null)
        {
            return;
        }

        // A person named the winner: its value stands whatever the times say. An element that only the loser has goes.
        var value = isThisChannel ? current.Value : FieldValue.Empty;
        if (value.IsEmpty && before is null)
        {
            return;
        }

        DecideBy(field, claimKey, winner, value, current, before, MergeRule.FirstContact);
    }

    private void DecideBy(FieldDefinition field, RegisterKey key, Origin origin, FieldValue value, HeldEntry current, Claim? before, MergeRule rule)
    {
        var own = ClaimOf(key, origin);
        var source = Stamp.Max(Stamp.At(now), Stamp.Max(before?.Source.Next ?? Stamp.Zero, own?.Source.Next ?? Stamp.Zero));
        var effective = Stamp.Max(source, Stamp.Max(before?.Effective.Next ?? Stamp.Zero, own?.Effective.Next ?? Stamp.Zero));
        var claim = new Claim
        {
            Origin = origin,
            Value = value,
            Source = source,
            Effective = effective,
            Version = current.Version,
            LearnedAt = now,
            AtVersion = start.Version,
            Floor = effective,
        };
        Judge(key, origin, before, claim, Place(key, field, policy.ClassOf(field), claim), null, null, rule);
    }
}
