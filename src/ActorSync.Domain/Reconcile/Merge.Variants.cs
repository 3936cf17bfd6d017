using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>
    /// The hub variant of every remote one: by link, else SKU, GTIN, option values. A complete and not outdated list also adds variants that are new and
    /// unlinks those that are gone; any other list changes nothing of the structure.
    /// </summary>
    private VariantId?[] MatchVariants(ObservedProduct body, Stamp version, ObservationSource source, in Look look)
    {
        var matched = new VariantId?[body.Variants.Length];
        var marker = HeldOf(VariantList);
        var isFirst = marker is null;
        var last = marker?.Last;
        var isNews = last is null || version > last.LastSeen || look.ReadStart >= last.LearnedAt;
        var isStructure = body.VariantsComplete && (isNews || version == last!.LastSeen);
        var unmatched = 0;
        for (var i = 0; i < matched.Length; i++)
        {
            matched[i] = ByLink(body.Variants[i], Channel.IsFlat ? look.ReadStart is not null : isNews && body.VariantsComplete && look.ReadStart is not null, out var isTombstone);
            unmatched += matched[i] is null && !isTombstone ? 1 : 0;
        }

        if (unmatched > 0)
        {
            MatchByMarks(body, matched, isStructure || start.Variants.IsEmpty, version, look);
        }

        if (!isStructure)
        {
            return matched;
        }

        var isBusy = link.Flight is not null || HasOpenStructure();
        if (isFirst && !isBusy && !start.Variants.IsEmpty)
        {
            MarkMissing(matched, version);
        }
        else if (isNews && !isFirst)
        {
            UnlinkMissing(body, matched, version, look);
        }

        if (last is null)
        {
            if (!isBusy || unmatched == 0)
            {
                Set(VariantList, new Held { Ring = [EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero)] });
            }
        }
        else if (version > last.LastSeen)
        {
            Set(VariantList, marker! with { Ring = [last with { Seen = version }] });
        }

        return matched;
    }

    private VariantId? ByLink(ObservedVariant variant, bool isProof, out bool isTombstone)
    {
        isTombstone = false;
        for (var i = 0; i < link.Variants.Length; i++)
        {
            var known = link.Variants[i];
            if (!string.Equals(known.ExternalId, variant.ExternalId, StringComparison.Ordinal))
            {
                continue;
            }

            if (known.Gone)
            {
                if (!isProof || LinkOf(known.Variant) is not null)
                {
                    isTombstone = true;
                    return null;
                }

                ForgetVariant(known.Variant);
                Log(LogAction.Linked, Channel.Origin, detail: $"variant {variant.ExternalId} is there again");
            }

            if (known.Gone || (variant.StockItemId is not null && variant.StockItemId != known.StockItemId))
            {
                link = link with { Variants = link.Variants.SetItem(i, known with { Gone = false, StockItemId = variant.StockItemId ?? known.StockItemId }) };
            }

            return known.Variant;
        }

        return null;
    }

    private VariantLink? LinkOf(VariantId id)
    {
        foreach (var known in link.Variants)
        {
            if (known.Variant == id && !known.Gone)
            {
                return known;
            }
        }

        return null;
    }

    private void MatchByMarks(ObservedProduct body, VariantId?[] matched, bool mayAdd, Stamp version, in Look look)
    {
        for (var i = 0; i < matched.Length; i++)
        {
            var variant = body.Variants[i];
            if (matched[i] is not null || IsTombstone(variant.ExternalId))
            {
                continue;
            }

            var found = Candidate(body, variant, matched, out var ambiguity);
            if (ambiguity is not null)
            {
                Log(LogAction.Held, Channel.Origin, eventId: look.EventId, detail: ambiguity);
                continue;
            }

            if (found is null)
            {
                if (!mayAdd || link.Flight is not null || HasOpenStructure())
                {
                    if (!Channel.IsFlat)
                    {
                        WantRead();
                    }

                    continue;
                }

                found = new VariantId(nextVariant);
                AddVariant(found.Value, version, look);
            }

            matched[i] = found;
            LinkVariant(found.Value, variant.ExternalId, variant.StockItemId);
        }
    }

    private bool IsTombstone(string externalId)
    {
        foreach (var known in link.Variants)
        {
            if (known.Gone && string.Equals(known.ExternalId, externalId, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A hub variant that this remote one may be: not taken in this body, and not linked to another id that the body still shows.</summary>
    private VariantId? Candidate(ObservedProduct body, ObservedVariant variant, VariantId?[] matched, out string? ambiguity)
    {
        ambiguity = null;
        var sku = Identity.IdentitySku(Identity.Text(variant.Fields, Fields.Sku));
        var gtin = Gtin.Key(Identity.Text(variant.Fields, Fields.Gtin));
        for (var by = 0; by < 3; by++)
        {
            VariantId? found = null;
            foreach (var candidate in variants)
            {
                if (!candidate.Exists || !IsMarkedSame(by, candidate.Id, sku, gtin, variant))
                {
                    continue;
                }

                if (Array.IndexOf(matched, candidate.Id) >= 0 || LinkOf(candidate.Id) is { } other && (!body.VariantsComplete || Shows(body, other.ExternalId)))
                {
                    if (by == 0)
                    {
                        ambiguity = $"The SKU {sku} of variant {variant.ExternalId} belongs to variant {candidate.Id}, which is linked to another one.";
                        return null;
                    }

                    continue;
                }

                if (found is not null)
                {
                    ambiguity = $"Variant {variant.ExternalId} fits both {found} and {candidate.Id}.";
                    return null;
                }

                found = candidate.Id;
            }

            if (found is not null)
            {
                return found;
            }
        }

        // A product without options has one variant on either side, however it is marked.
        if (body.VariantsComplete && body.Variants.Length == 1 && (body.Options is null || body.Options.Value.IsEmpty))
        {
            VariantId? only = null;
            foreach (var candidate in variants)
            {
                if (candidate.Exists)
                {
                    if (only is not null)
                    {
                        return null;
                    }

                    only = candidate.Id;
                }
            }

            return only;
        }

        return null;
    }

    private bool IsMarkedSame(int by, VariantId candidate, string? sku, string? gtin, ObservedVariant variant)
    {
        switch (by)
        {
            case 0:
                return sku is not null && string.Equals(Identity.IdentitySku(Winner(new RegisterKey(Fields.Sku, candidate))?.Value.Text), sku, StringComparison.Ordinal);
            case 1:
                return gtin is not null && string.Equals(Gtin.Key(Winner(new RegisterKey(Fields.Gtin, candidate))?.Value.Text), gtin, StringComparison.Ordinal);
            default:
                var known = Winner(new RegisterKey(Fields.OptionValues, candidate))?.Value.ToList();
                if (known is null || variant.OptionValues is not { IsEmpty: false } values || known.Value.Length != values.Length)
                {
                    return false;
                }

                for (var i = 0; i < values.Length; i++)
                {
                    if (!string.Equals(known.Value[i], values[i], StringComparison.OrdinalIgnoreCase))
                    {
                        return false;
                    }
                }

                return true;
        }
    }

    private static bool Shows(ObservedProduct body, string externalId)
    {
        foreach (var variant in body.Variants)
        {
            if (string.Equals(variant.ExternalId, externalId, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private void AddVariant(VariantId id, Stamp version, in Look look)
    {
        var source = look.OnHubClock(version);
        var claim = new Claim
        {
            Origin = Channel.Origin,
            Value = FieldValue.True,
            Source = source,
            Effective = source,
            Version = version,
            LearnedAt = now,
            AtVersion = start.Version,
        };
        var key = new RegisterKey(Fields.Exists, id);
        Judge(key, Channel.Origin, null, claim, Place(key, Fields.Get(Fields.Exists), OwnerClass.Shared, claim), look.EventId, null);
    }

    /// <summary>Binds a remote id. One that was made anew starts without a shadow; the id before it stays as a tombstone.</summary>
    private void LinkVariant(VariantId id, string externalId, string? stockItemId)
    {
        var links = link.Variants;
        for (var i = 0; i < links.Length; i++)
        {
            if (links[i].Variant != id || links[i].Gone)
            {
                continue;
            }

            if (string.Equals(links[i].ExternalId, externalId, StringComparison.Ordinal))
            {
                if (stockItemId is not null && links[i].StockItemId != stockItemId)
                {
                    link = link with { Variants = links.SetItem(i, links[i] with { StockItemId = stockItemId }) };
                }

                return;
            }

            ForgetVariant(id);
            links = links.SetItem(i, links[i] with { Gone = true });
        }

        link = link with { Variants = links.Add(new VariantLink { Variant = id, ExternalId = externalId, StockItemId = stockItemId }) };
        var key = new RegisterKey(Fields.Exists, id);
        if (HeldOf(key) is { } known)
        {
            // It is there: whatever was on its way to make it has landed, and nothing is left to decide.
            Set(key, known with { Undecided = false, Ring = [], Intents = known.Intents.RemoveAll(i => i.Value == FieldValue.True), Odd = null });
        }
    }

    private void ForgetVariant(VariantId id)
    {
        foreach (var key in link.Registers.Keys)
        {
            if (key.Variant == id)
            {
                Unset(key);
            }
        }
    }

    private bool HasOpenStructure()
    {
        foreach (var variant in variants)
        {
            if (HeldOf(new RegisterKey(Fields.Exists, variant.Id)) is { } known && IsInAir(known))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>First contact with a list that lacks variants of the hub: they wait for the decision and are not created by themselves.</summary>
    private void MarkMissing(VariantId?[] matched, Stamp version)
    {
        foreach (var variant in start.Variants)
        {
            if (variant.Exists && Array.IndexOf(matched, variant.Id) < 0 && LinkOf(variant.Id) is null)
            {
                var key = new RegisterKey(Fields.Exists, variant.Id);
                Set(key, new Held { Ring = [OwnEntry(FieldValue.False, version, Stamp.Zero, Stamp.Zero)], Undecided = true });
                Log(LogAction.Held, Channel.Origin, key, FieldValue.True, FieldValue.False, MergeRule.FirstContact);
            }
        }
    }

    private void UnlinkMissing(ObservedProduct body, VariantId?[] matched, Stamp version, in Look look)
    {
        for (var i = 0; i < link.Variants.Length; i++)
        {
            var known = link.Variants[i];
            if (known.Gone || Array.IndexOf(matched, known.Variant) >= 0 || Shows(body, known.ExternalId))
            {
                continue;
            }

            UnlinkVariant(i, version, look);
        }
    }

    /// <summary>A variant is gone at the channel: its link stays as a tombstone, and where deletes spread the hub's variant goes too.</summary>
    private void UnlinkVariant(int index, Stamp version, in Look look)
    {
        var known = link.Variants[index];
        var key = new RegisterKey(Fields.Exists, known.Variant);
        var isOurs = HeldOf(key) is { } sent && sent.Intents.Any(intent => intent.Value == FieldValue.False);
        var isConcurrent = IsDirty(known.Variant);
        link = link with { Variants = link.Variants.SetItem(index, known with { Gone = true }) };
        Unset(key);
        if (isOurs)
        {
            return;
        }

        Log(LogAction.Unlinked, Channel.Origin, key, FieldValue.True, FieldValue.False, MergeRule.DeletePolicy, look.EventId, detail: known.ExternalId);
        if (!policy.DeletesSpread || variants.Count(v => v.Exists) < 2 || !variants.Any(v => v.Id == known.Variant && v.Exists))
        {
            return;
        }

        var basis = EntryFor(FieldValue.True, null, version, Winner(key)?.Source ?? Stamp.Zero, Stamp.Zero);
        if (isConcurrent)
        {
            var kept = Winner(key) ?? new Claim { Origin = Origin.Hub, Value = FieldValue.True, Source = Stamp.Zero, Effective = Stamp.Zero, LearnedAt = now };
            WriteRow(key, kept, Channel.Origin, FieldValue.False, look.OnHubClock(version), MergeRule.DeletePolicy);
            return;
        }

        ClaimAt(Fields.Get(Fields.Exists), key, FieldValue.False, version, basis, isLate: false, look);
    }
}
