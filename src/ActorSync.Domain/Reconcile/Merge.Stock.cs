using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    private static readonly FieldDefinition StockField = Fields.Get(Fields.Available);

    private void ObserveStock(VariantId variant, ImmutableArray<ObservedStock> counts, bool maySeed, in Look look, HashSet<RegisterKey>? settled)
    {
        var isOrigin = policy.MaySayStock(Channel.Origin);
        var isSeed = maySeed && policy.StockOrigin == TenantPolicy.HubStockOrigin && policy.StockSeed == Channel.Id && !HasLevel(variant);
        foreach (var count in counts)
        {
            if (count.Quantity is not { } quantity)
            {
                continue;
            }

            var version = count.Version == Stamp.Zero && look.ReadStart is { } began ? Stamp.At(began + look.Offset) : count.Version;
            if (isOrigin || isSeed)
            {
                SayLevel(variant, count with { LocationId = StockRules.WarehouseOf(Channel, count.LocationId), Version = isSeed ? Stamp.At(now) : version }, quantity, look.EventId);
            }

            if (!Channel.Mask.Contains(Fields.Available))
            {
                // It takes no counts of ours, so that there is nothing to compare.
                continue;
            }

            var key = new RegisterKey(Fields.Available, variant, count.LocationId);
            if (settled?.Contains(key) != true)
            {
                ObserveCount(key, quantity, version, isOrigin, look);
            }
        }
    }

    private bool HasLevel(VariantId variant)
    {
        foreach (var level in stock.Levels)
        {
            if (level.Variant == variant)
            {
                return true;
            }
        }

        return false;
    }

    private void SayLevel(VariantId variant, ObservedStock said, decimal available, string? eventId)
    {
        StockLevel? before = null;
        var newest = Stamp.Zero;
        foreach (var level in stock.Levels)
        {
            if (level.Variant == variant)
            {
                newest = Stamp.Max(newest, level.Version);
                before = string.Equals(level.Warehouse, said.LocationId, StringComparison.Ordinal) ? level : before;
            }
        }

        var isSame = before is not null && before.Available == available && before.Reserved == (said.Reserved ?? before.Reserved)
            && before.Announced == (said.Announced ?? before.Announced);
        if (isSame && (said.Row is null || said.Row <= before!.Row))
        {
            return;
        }

        var next = StockRules.SetLevel(now, policy, stock, new StockLevel
        {
            Variant = variant,
            Warehouse = said.LocationId,
            Available = available,
            Reserved = said.Reserved ?? before?.Reserved ?? 0,
            Announced = said.Announced ?? before?.Announced ?? 0,
            // Numbered rows are ordered by their number. Their word counts from now, above that of every warehouse: targets are sums over all of them.
            Version = said.Row is null ? said.Version : Stamp.Max(Stamp.At(now), newest.Next),
            Row = said.Row,
        });
        if (ReferenceEquals(next, stock))
        {
            return;
        }

        stock = next;
        if (!isSame)
        {
            changedBy = Channel.Origin;
            Log(LogAction.Updated, Channel.Origin, new RegisterKey(Fields.Available, variant, said.LocationId), before is null ? null : Canonical.Decimal(before.Available),
                Canonical.Decimal(available), MergeRule.StockOrigin, eventId);
        }
    }

    /// <summary>A count at a place that does not own stock: ours, known, a sale, or an upward edit that Plan puts back.</summary>
    private void ObserveCount(RegisterKey key, decimal quantity, Stamp version, bool isOrigin, in Look look)
    {
        var seen = Canonical.Decimal(quantity);
        var known = HeldOf(key) ?? NothingHeld;
        if (known.Ring.IsEmpty)
        {
            FirstCount(key, known, seen, version);
            return;
        }

        var current = known.Ring[^1];
        var later = version > current.LastSeen;
        var fresh = look.ReadStart is { } began && began >= current.LearnedAt;
        if (string.Equals(seen.Text, current.Value.Text, StringComparison.Ordinal))
        {
            SeenAgain(StockField, key, known, current, seen, version, fresh, look);
        }
        else if (FindIntent(StockField, known, seen) is { } intent)
        {
            ObserveIntent(StockField, key, known, current, seen, version, later || fresh, intent);
        }
        else if (later || fresh)
        {
            if (known.Intents.Any(i => i.State == IntentState.Flight))
            {
                Set(key, Keep(known, seen, version));
            }
            else
            {
                CountMoved(key, LandBelow(known, quantity, version), seen, current.LastSeen, version, isOrigin, look);
            }
        }
        else if (version == current.LastSeen)
        {
            Set(key, Keep(known, seen, version));
            WantRead();
        }
        else
        {
            LateCount(key, known, seen, version, look);
        }

        if (HeldOf(key) is { Open.IsEmpty: false } after && !after.Intents.Any(i => i.State == IntentState.Flight))
        {
            JudgeOpenCounts(key, look);
        }
    }

    private void FirstCount(RegisterKey key, Held known, FieldValue seen, Stamp version)
    {
        if (FindIntent(StockField, known, seen) is { } sent)
        {
            var landed = known with { Intents = known.Intents.Replace(sent, sent with { State = IntentState.Landed }) };
            Set(key, Append(StockField, landed, EntryFor(seen, sent.Value.Hash, version, sent.Source, sent.Effective)));
        }
        else if (known.Intents.Any(i => i.State == IntentState.Flight))
        {
            Set(key, Keep(known, seen, version));
        }
        else
        {
            // Nothing says how this count came about: it may be replaced by the origin's, in either direction, once.
            Set(key, Append(StockField, known, EntryFor(seen, null, version, Stamp.Zero, Stamp.Zero)));
        }
    }

    /// <summary>With a call of unknown outcome: the smallest sent count that is not below the one seen is taken to have landed, the rest was sold since.</summary>
    private Held LandBelow(Held known, decimal quantity, Stamp version)
    {
        Intent? landed = null;
        var smallest = known.Ring[^1].Value.ToDecimal() is { } held && held >= quantity ? held : decimal.MaxValue;
        foreach (var intent in known.Intents)
        {
            if (IsAir(intent) && intent.Value.ToDecimal() is { } sent && sent >= quantity && sent < smallest)
            {
                landed = intent;
                smallest = sent;
            }
        }

        return landed is null
            ? known
            : Append(StockField, known with { Intents = known.Intents.Remove(landed) }, EntryFor(landed.Value, landed.Value.Hash, version, landed.Source, landed.Effective));
    }

    private void CountMoved(RegisterKey key, Held known, FieldValue seen, Stamp after, Stamp version, bool isOrigin, in Look look)
    {
        var basis = known.Ring[^1];
        if (!isOrigin)
        {
            HearSale(key, basis.Value, seen, after, version, look);
        }

        Set(key, Append(StockField, known, OwnEntry(seen, version, basis.Source, basis.Effective)));
    }

    private void LateCount(RegisterKey key, Held known, FieldValue seen, Stamp version, in Look look)
    {
        var index = IndexAsOf(known.Ring, version);
        if (IsInRing(known.Ring, seen.Hash) || index < 0 || index == known.Ring.Length - 1 || version < known.Ring[index].LastSeen || Off(RuleSwitch.M7))
        {
            return;
        }

        if (!known.Ring[index + 1].IsOwnEdit)
        {
            // Our own write covered a sale that we had not heard of.
            HearSale(key, known.Ring[index].Value, seen, known.Ring[index].LastSeen, version, look);
            Set(key, InsertAfter(StockField, known, index, OwnEntry(seen, version, known.Ring[index].Source, known.Ring[index].Effective)));
        }
    }

    private void JudgeOpenCounts(RegisterKey key, in Look look)
    {
        var waiting = HeldOf(key)!.Open;
        Set(key, HeldOf(key)! with { Open = [] });
        foreach (var value in waiting.Sort(static (a, b) => a.Version.CompareTo(b.Version)))
        {
            var known = HeldOf(key)!;
            if (known.Ring.IsEmpty)
            {
                FirstCount(key, known, value.Value, value.Version);
                continue;
            }

            var current = known.Ring[^1];
            if (string.Equals(value.Value.Text, current.Value.Text, StringComparison.Ordinal))
            {
                continue;
            }

            if (value.Version > current.LastSeen)
            {
                CountMoved(key, known, value.Value, current.LastSeen, value.Version, policy.MaySayStock(Channel.Origin), look);
            }
            else if (value.Version == current.LastSeen && !(look.ReadStart is { } began && began >= value.LearnedAt && began >= current.LearnedAt))
            {
                Set(key, known with { Open = known.Open.Add(value) });
                WantRead();
            }
            else
            {
                LateCount(key, known, value.Value, value.Version, look);
            }
        }
    }

    private void HearSale(RegisterKey key, FieldValue before, FieldValue seen, Stamp after, Stamp version, in Look look)
    {
        if (before.ToDecimal() is not { } was || seen.ToDecimal() is not { } now)
        {
            return;
        }

        var variant = key.Variant!.Value;
        if (now > was)
        {
            Log(LogAction.Refused, Channel.Origin, key, before, seen, MergeRule.StockOrigin, look.EventId);
            return;
        }

        var id = $"{key.Part}@{version}={seen.Text}";
        if (!HearsSales(variant) || stock.Falls.Any(fall => fall.Channel == Channel.Id && fall.Variant == variant && string.Equals(fall.Key, id, StringComparison.Ordinal)))
        {
            return;
        }

        var fall = new CountFall
        {
            Variant = variant,
            Channel = Channel.Id,
            Key = id,
            Shares = Spread(variant, key.Part!, was - now),
            After = after,
            Until = version,
            Offset = look.Offset,
            HeardAt = this.now,
            Number = stock.NextNumber,
        };
        if (Recount(variant, stock with { Falls = stock.Falls.Add(fall), NextNumber = fall.Number + 1 }) > 0)
        {
            Log(LogAction.Reserved, Channel.Origin, key, before, seen, MergeRule.Sale, look.EventId);
        }
    }

    /// <summary>The answer to our own count: what differs from it was sold, or typed, right after.</summary>
    private void SettleCount(RegisterKey key, Intent sent, decimal? answer, Stamp version, in Look look)
    {
        var known = HeldOf(key)!;
        var seen = Canonical.Decimal(answer ?? sent.Value.ToDecimal());
        if (seen != sent.Value && FindIntent(StockField, known with { Intents = known.Intents.Remove(sent) }, seen) is { } late)
        {
            // An earlier call of unknown outcome was executed after ours.
            var kept = known with { Intents = known.Intents.Remove(sent) };
            Set(key, Append(StockField, kept, EntryFor(seen, late.Value.Hash, version, late.Source, late.Effective)));
            JudgeOpenCounts(key, look);
            return;
        }

        var rest = Retire(known, sent);
        var current = known.Last;
        if (current is null || current.SentFor != sent.Value.Hash || current.Value != sent.Value)
        {
            rest = Append(StockField, rest, EntryFor(sent.Value, sent.Value.Hash, version, sent.Source, sent.Effective));
        }

        Set(key, rest);
        if (seen != sent.Value)
        {
            CountMoved(key, rest, seen, current?.LastSeen ?? version, version, isOrigin: false, look);
        }

        JudgeOpenCounts(key, look);
    }
}
