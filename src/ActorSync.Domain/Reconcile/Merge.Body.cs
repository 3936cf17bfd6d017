using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>Key of the link's own record of the list of variants: when a complete one was last seen.</summary>
    internal static readonly RegisterKey VariantList = new("variants");

    public Decision Observe(Observation seen)
    {
        ExpireFlight();
        var body = Channel.IsFlat ? UnderHandle(seen.Body) : seen.Body;
        var look = new Look(seen.ReadStartedAt, seen.ReceivedAt, seen.ClockOffset, seen.EventId);
        if (seen.Source == ObservationSource.Order)
        {
            ObserveOrders(seen, look);
            return Finish();
        }

        if (body.Deleted)
        {
            if (!Channel.IsFlat || !ObserveSiblingGone(seen.Body, look))
            {
                ObserveDelete(seen with { Body = body }, look);
            }

            return Finish();
        }

        if (link.Status is LinkStatus.DeleteHeard or LinkStatus.Deleted && !ObserveRestored(body, look))
        {
            return Finish();
        }

        if (link.ExternalId is null)
        {
            Bind(body.ExternalId, look.EventId);
        }
        else if (!string.Equals(link.ExternalId, body.ExternalId, StringComparison.Ordinal))
        {
            return Finish();
        }

        var matched = Walk(body, seen.Source, look, settled: null);
        KeepEdited();
        if (seen.Source == ObservationSource.Stock)
        {
            return Finish();
        }

        if (look.ReadStart is not null && seen.Source is ObservationSource.Read or ObservationSource.Poll or ObservationSource.Import)
        {
            AfterRead(new Answer(body, matched, body.Version), look);
        }

        if (seen.Source == ObservationSource.Webhook && !body.Fields.IsEmpty && LacksFields(body))
        {
            if (link.Bulk is { } bulk)
            {
                // Most likely the echo of the operation's own line, whose answer shows what this body lacks.
                link = link with { Bulk = bulk with { Lacked = bulk.Lacked is { } earlier ? Stamp.Max(earlier, body.Version) : body.Version } };
            }
            else
            {
                WantRead();
            }
        }

        // A body of the channel's own tells how things were at its version; one without the product's fields tells nothing of them.
        var at = look.ReadStart ?? (body.Version == Stamp.Zero ? look.ReceivedAt : look.OnHubClock(body.Version).Instant);
        if (look.ReadStart is null && body.Fields.IsEmpty)
        {
            return Finish();
        }

        if (link.ObservedAt is null || at > link.ObservedAt)
        {
            link = link with { ObservedAt = at };
        }

        if (look.ReadStart is { } began && body is { VariantsComplete: true, Fields.IsEmpty: false } && (link.VerifiedAt is null || began > link.VerifiedAt))
        {
            link = link with { VerifiedAt = began };
        }

        return Finish();
    }

    /// <summary>A newer body without a field that the channel is known to hold: what happened to that one is only seen by reading.</summary>
    private bool LacksFields(ObservedProduct body)
    {
        foreach (var name in Channel.Mask)
        {
            if (Fields.Find(name) is not { Scope: FieldScope.Product } field || body.Fields.ContainsKey(field.Name) || body.Sets.ContainsKey(field.Name)
                || (field.Name == Fields.Options && body.Options is not null) || (field.Name == Fields.Images && body.Images is not null))
            {
                continue;
            }

            if (HeldOf(new RegisterKey(field.Name))?.Last is { } last && body.Version > last.LastSeen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>At a flat channel the body names one thing of the product; the link's own id is only a handle.</summary>
    private ObservedProduct UnderHandle(ObservedProduct body) =>
        link.ExternalId is { } handle && (link.Status != LinkStatus.Deleted || link.Variants.Any(known => known.ExternalId == body.ExternalId))
            ? body with { ExternalId = handle }
            : body;

    /// <summary>One thing of a product is gone at a flat channel while others are still there. False = it was the last, or it never was one of them.</summary>
    private bool ObserveSiblingGone(ObservedProduct body, in Look look)
    {
        var index = -1;
        var living = 0;
        for (var i = 0; i < link.Variants.Length; i++)
        {
            living += link.Variants[i].Gone ? 0 : 1;
            index = !link.Variants[i].Gone && string.Equals(link.Variants[i].ExternalId, body.ExternalId, StringComparison.Ordinal) ? i : index;
        }

        if (index < 0)
        {
            return living > 0;
        }

        if (living == 1)
        {
            return false;
        }

        UnlinkVariant(index, body.Version, look);
        return true;
    }

    private void Bind(string externalId, string? eventId)
    {
        link = link with { ExternalId = externalId, Status = link.Status == LinkStatus.Ambiguous ? LinkStatus.Ambiguous : LinkStatus.Linked, Reason = null };
        Log(LogAction.Linked, Channel.Origin, eventId: eventId, detail: externalId);
    }

    private void AfterRead(Answer read, in Look look)
    {
        var isWhole = !Channel.IsFlat || link.Variants.All(known => known.Gone || Array.IndexOf(read.Matched, known.Variant) >= 0);
        if (isWhole && link.WantsRead && (link.WantsReadSince is not { } since || look.ReadStart >= since))
        {
            link = link with { WantsRead = false, WantsReadSince = null };
        }

        // What a push wrote and a later read does not carry will never be shown: it counts as written.
        foreach (var (key, known) in link.Registers)
        {
            if (known.Intents.IsEmpty || AppliedIntent(known, look) is null || AppliedIntent(HeldOf(key)!, look) is not { } applied || key.Field == VariantList.Field)
            {
                continue;
            }

            var field = Fields.Get(key.Field);
            if (field.Name == Fields.Exists || ValueIn(read, field, key) is not null || (Channel.IsFlat && Array.IndexOf(read.Matched, key.Variant) < 0))
            {
                continue;
            }

            SettleValue(field, key, applied, applied.Value, HeldOf(key)!.Last?.LastSeen ?? Stamp.Zero, look);
        }
    }

    /// <summary>Every value that the body carries; what it does not carry is absent and changes nothing.</summary>
    private VariantId?[] Walk(ObservedProduct body, ObservationSource source, in Look look, HashSet<RegisterKey>? settled)
    {
        var version = body.Version == Stamp.Zero && look.ReadStart is { } began ? Stamp.At(began + look.Offset) : body.Version;
        var matched = MatchVariants(body, version, source, look);
        foreach (var (name, value) in body.Fields)
        {
            if (Fields.Find(name) is { Scope: FieldScope.Product, Type: not FieldType.Set } field)
            {
                Visit(field, new RegisterKey(field.Name), value, version, look, settled);
            }
        }

        if (body.Options is { } options)
        {
            Visit(Fields.Get(Fields.Options), new RegisterKey(Fields.Options), Canonical.List(options), version, look, settled);
        }

        foreach (var (name, elements) in body.Sets)
        {
            if (Fields.Find(name) is { Type: FieldType.Set } field)
            {
                ObserveSet(field, elements, version, look, settled);
            }
        }

        if (body.Images is { } pictures)
        {
            ObserveImages(pictures, version, look, settled);
        }

        for (var i = 0; i < body.Variants.Length; i++)
        {
            if (matched[i] is { } id)
            {
                ObserveVariant(body.Variants[i], id, body.Variants[i].Version ?? version, body.VariantsComplete || source != ObservationSource.Webhook, look, settled);
            }
        }

        return matched;
    }

    private void ObserveVariant(ObservedVariant variant, VariantId id, Stamp version, bool maySeed, in Look look, HashSet<RegisterKey>? settled)
    {
        foreach (var (name, value) in variant.Fields)
        {
            if (Fields.Find(name) is not { Class: not OwnerClass.Stock } field || (field.Scope != FieldScope.Variant && !(Channel.IsFlat && field.Type != FieldType.Set)))
            {
                continue;
            }

            var key = new RegisterKey(field.Name, id, field.Type == FieldType.Money ? Channel.Currency : null);
            if (!Channel.CreateOnly.Contains(field.Name))
            {
                Visit(field, key, value, version, look, settled);
            }
            else if (Winner(ClaimKey(key)) is null && !value.IsEmpty)
            {
                Visit(field, key, value, version, look, settled);
                Unset(key);
            }
        }

        if (variant.OptionValues is { } values)
        {
            Visit(Fields.Get(Fields.OptionValues), new RegisterKey(Fields.OptionValues, id), Canonical.List(values), version, look, settled);
        }

        if (!variant.Stock.IsEmpty)
        {
            ObserveStock(id, variant.Stock, maySeed, look, settled);
        }
    }

    private void Visit(FieldDefinition field, RegisterKey key, FieldValue value, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        if (settled?.Contains(key) != true)
        {
            ObserveRegister(field, key, value, version, look, mayAdopt: true);
        }
    }

    /// <summary>A complete list, element by element: what is there, and what was held and is not there any more.</summary>
    private void ObserveSet(FieldDefinition field, ImmutableArray<string> elements, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        var markerKey = new RegisterKey(field.Name);
        var marker = HeldOf(markerKey);
        var mayAdopt = marker is not null || !HasClaims(field.Name);
        var present = new HashSet<string>(elements.Length, StringComparer.Ordinal);
        foreach (var element in elements)
        {
            var part = Channel.Canon.ElementKey(field.Name, element);
            if (part.Length == 0 || !present.Add(part))
            {
                continue;
            }

            var key = new RegisterKey(field.Name, null, part);
            if (settled?.Contains(key) != true)
            {
                ObserveRegister(field, key, new FieldValue(element.Trim()), version, look, mayAdopt);
            }
        }

        foreach (var key in KnownElements(field.Name, marker is null))
        {
            if (!present.Contains(key.Part!) && settled?.Contains(key) != true)
            {
                ObserveRegister(field, key, FieldValue.Empty, version, look, mayAdopt);
            }
        }

        if (marker is null || marker.Ring.IsEmpty)
        {
            Set(markerKey, new Held { Ring = [EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero)] });
        }
        else if (version > marker.Ring[^1].LastSeen)
        {
            Set(markerKey, marker with { Ring = marker.Ring.SetItem(marker.Ring.Length - 1, marker.Ring[^1] with { Seen = version }) });
        }
    }

    /// <summary>Elements that the link knows; at first contact also those that only the hub knows.</summary>
    private List<RegisterKey> KnownElements(string field, bool isFirst)
    {
        var keys = new List<RegisterKey>();
        foreach (var key in held.Keys)
        {
            if (key.Part is not null && string.Equals(key.Field, field, StringComparison.Ordinal))
            {
                keys.Add(key);
            }
        }

        if (isFirst)
        {
            foreach (var (key, register) in registers)
            {
                if (key.Part is not null && key.Scope is null && string.Equals(key.Field, field, StringComparison.Ordinal)
                    && !register.Claims[0].Value.IsEmpty && !held.ContainsKey(key))
                {
                    keys.Add(key);
                }
            }
        }

        return keys;
    }

    private bool HasClaims(string field)
    {
        foreach (var key in registers.Keys)
        {
            if (string.Equals(key.Field, field, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Our push replaced or changed the list at this version: an older body that shows an unknown element was covered by it.</summary>
    private void MarkSetPushed(string field, Stamp version)
    {
        var key = new RegisterKey(field);
        var definition = Fields.Get(field);
        var marker = HeldOf(key) ?? NothingHeld;
        Set(key, Append(definition, marker, EntryFor(FieldValue.Empty, 0, version, Stamp.Zero, Stamp.Zero)));
    }

    private void ObserveDelete(Observation seen, in Look look)
    {
        if (link.ExternalId is null || !string.Equals(link.ExternalId, seen.Body.ExternalId, StringComparison.Ordinal) || link.Status == LinkStatus.Deleted)
        {
            return;
        }

        if (look.ReadStart is null)
        {
            HearDelete(look.EventId);
            return;
        }

        var isConcurrent = IsDirty();
        if (link.Flight is { } flight)
        {
            LoseFlight(flight.PushId);
        }

        if (link.Bulk is { } bulk)
        {
            LoseFlight(bulk.PushId);
        }

        link = link with
        {
            Status = LinkStatus.Deleted,
            DeletedAt = now,
            Reason = $"Deleted at {Channel.Id}, confirmed by a read.",
            WantsRead = false,
            WantsReadSince = null,
            Flight = null,
            Bulk = null,
        };
        Log(LogAction.Deleted, Channel.Origin, rule: MergeRule.DeletePolicy, eventId: look.EventId, detail: seen.Body.ExternalId);
        var deletion = new RegisterKey(Fields.Exists);
        Unset(deletion);
        if (!policy.DeletesSpread || life == ProductLife.Deleted)
        {
            return;
        }

        if (isConcurrent)
        {
            var kept = new Claim { Origin = start.LastUpdatedBy, Value = FieldValue.True, Source = Stamp.At(start.UpdatedAt), Effective = Stamp.At(start.UpdatedAt), LearnedAt = now };
            WriteRow(deletion, kept, Channel.Origin, FieldValue.False, look.OnHubClock(seen.Body.Version), MergeRule.DeletePolicy);
            return;
        }

        life = ProductLife.Deleted;
        changedBy = Channel.Origin;
    }

    /// <summary>Edited here by someone who did not know that it is deleted, and about to be destroyed: it is kept, with a row. Where it is gone it stays gone.</summary>
    private void KeepEdited()
    {
        if (life != ProductLife.Deleted || start.Life != ProductLife.Deleted || policy.Deletes != DeletePolicy.Delete)
        {
            return;
        }

        foreach (var (key, register) in registers)
        {
            if (!register.Claims.IsEmpty && register.Claims[0] is var claim && claim.Origin == Channel.Origin
                && !(start.Registers.TryGetValue(key, out var before) && !before.Claims.IsEmpty && before.Claims[0].Equals(claim)))
            {
                life = ProductLife.Active;
                changedBy = Channel.Origin;
                WriteRow(new RegisterKey(Fields.Exists), claim with { Value = FieldValue.True }, start.LastUpdatedBy, FieldValue.False, Stamp.At(start.UpdatedAt), MergeRule.DeletePolicy);
                return;
            }
        }
    }

    private void HearDelete(string? eventId)
    {
        if (link.Status is LinkStatus.Linked or LinkStatus.Ambiguous)
        {
            link = link with { Status = LinkStatus.DeleteHeard, DeletedAt = now, Reason = $"{Channel.Id} says that it was deleted; a read has to confirm it." };
            Log(LogAction.Held, Channel.Origin, eventId: eventId, detail: link.Reason);
        }

        WantRead();
    }

    /// <summary>A body of a product that was said to be gone. Only a read that began later proves it alive; its shadow is still there.</summary>
    private bool ObserveRestored(ObservedProduct body, in Look look)
    {
        if (link.Status == LinkStatus.Deleted && link.ExternalId is { } old && !string.Equals(old, body.ExternalId, StringComparison.Ordinal))
        {
            // Made anew under another id: nothing that was known of the old one holds.
            held.Clear();
            heldChanged = true;
            link = link with { ExternalId = null, Variants = [], Media = [], DeletedAt = null, Status = LinkStatus.Missing, Reason = null, ObservedAt = null };
            return true;
        }

        if (look.ReadStart is not { } began || (link.DeletedAt is { } at && began < at))
        {
            WantRead();
            return false;
        }

        var wasDeleted = link.Status == LinkStatus.Deleted;
        link = link with { Status = LinkStatus.Linked, DeletedAt = null, Reason = null };
        if (wasDeleted)
        {
            Log(LogAction.Linked, Channel.Origin, eventId: look.EventId, detail: "restored");
            if (life == ProductLife.Deleted && policy.DeletesSpread)
            {
                life = ProductLife.Active;
                changedBy = Channel.Origin;
            }
        }

        return true;
    }

    /// <summary>Does the channel lack anything that the hub knows? Then whoever deletes there did not know it.</summary>
    private bool IsDirty(VariantId? variant = null)
    {
        foreach (var (key, register) in registers)
        {
            if (key.Scope is not null || register.Claims.IsEmpty || (variant is not null && key.Variant != variant) || !Channel.Mask.Contains(key.Field)
                || key.Field == Fields.Exists)
            {
                // That a variant exists is no value that anybody edited; what was made of it at the channel is in its other registers.
                continue;
            }

            var field = Fields.Get(key.Field);
            if (field.Type == FieldType.Money && key.Part != Channel.Currency)
            {
                continue;
            }

            if (HeldOf(key) is { Undecided: false } known && !Planner.IsClean(Channel, field, known, Winner(ClaimKey(key))!.Value))
            {
                return true;
            }
        }

        return false;
    }
}
