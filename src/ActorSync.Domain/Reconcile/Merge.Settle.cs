using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    /// <summary>First and longest wait after a failure: 1 s doubled per failure, at most 10 min.</summary>
    internal static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(10);

    public Decision Settle(PushOutcome outcome)
    {
        var flight = link.FlightOf(outcome.PushId);
        var isOurs = flight is not null;
        var isCreate = flight?.Action == PushAction.Create;
        if (flight?.Action == PushAction.Delete && outcome.Result == PushResult.Gone)
        {
            outcome = outcome with { Result = PushResult.Applied, Answer = null, Error = null };
        }

        var look = new Look(outcome.SentAt, now, outcome.ClockOffset, outcome.PushId);
        if (isOurs)
        {
            link = link.Flight?.PushId == outcome.PushId ? link with { Flight = null } : link with { Bulk = null };
        }

        ExpireFlight();
        if (outcome.Result is PushResult.Applied or PushResult.Unknown)
        {
            BindAnswer(outcome, look);
            if (isCreate && outcome.Result == PushResult.Applied)
            {
                BindCreatedPictures(outcome);
            }
        }

        var isSettled = new HashSet<RegisterKey>();
        var answered = outcome.Answer is { } body && string.Equals(link.ExternalId, body.ExternalId, StringComparison.Ordinal)
            ? new Answer(body, MatchVariants(body, body.Version, ObservationSource.Answer, look), body.Version)
            : null;
        if (isOurs || outcome.Result is PushResult.NotSent or PushResult.Rejected)
        {
            SettleRegisters(outcome, answered, isOurs, isSettled, look);
        }

        if (answered is not null && (isOurs || link.Status == LinkStatus.Linked))
        {
            isShadowTaken = Off(RuleSwitch.M2);
            Walk(answered.Body, ObservationSource.Answer, look, isSettled);
        }

        if (isOurs)
        {
            SettleLink(outcome, isCreate);
        }

        if (flight?.Lacked is { } lacked && !(outcome.Answer?.Version >= lacked))
        {
            WantRead();
        }

        return Finish();
    }

    private sealed record Answer(ObservedProduct Body, VariantId?[] Matched, Stamp Version);

    private void BindAnswer(PushOutcome outcome, in Look look)
    {
        var id = outcome.ExternalId ?? outcome.Answer?.ExternalId;
        if (id is not null && link.ExternalId is null)
        {
            Bind(id, look.EventId);
            link = link with { CreateTried = false };
        }

        foreach (var bound in outcome.Bound)
        {
            LinkVariant(bound.Variant, bound.ExternalId, bound.StockItemId);
        }

        BindImages(outcome);
        if (!outcome.Bound.IsEmpty && HeldOf(VariantList) is null)
        {
            Set(VariantList, new Held { Ring = [EntryFor(FieldValue.Empty, null, Stamp.Zero, Stamp.Zero, Stamp.Zero)] });
        }
    }

    private void SettleRegisters(PushOutcome outcome, Answer? answer, bool isOurs, HashSet<RegisterKey> isSettled, in Look look)
    {
        HashSet<string>? pushedSets = null;
        foreach (var key in link.Registers.Keys)
        {
            if (HeldOf(key) is not { Intents.IsEmpty: false } known || IntentOf(known, outcome.PushId) is not { } intent)
            {
                continue;
            }

            var field = Fields.Get(key.Field);
            isSettled.Add(key);
            switch (ResultOf(outcome, key))
            {
                case PushResult.Applied when !isOurs:
                    break;
                case PushResult.Applied:
                    if (field.Type == FieldType.Set)
                    {
                        (pushedSets ??= []).Add(field.Name);
                    }

                    SettleApplied(field, key, intent, answer, look);
                    break;
                case PushResult.Unknown when intent.State is IntentState.Flight && isOurs:
                    Set(key, Off(RuleSwitch.M4)
                        ? known with { Intents = known.Intents.Remove(intent) }
                        : known with { Intents = known.Intents.Replace(intent, intent with { State = IntentState.Unknown }) });
                    break;
                case PushResult.Unknown:
                    break;
                case PushResult.Rejected:
                    Drop(field, key, intent, look);
                    Park(outcome, key, intent.Value);
                    break;
                default:
                    Drop(field, key, intent, look);
                    break;
            }
        }

        if (pushedSets is not null && answer is not null)
        {
            // Without a list of pictures in the answer nothing was replaced: they were added or taken off one by one.
            foreach (var name in pushedSets.Where(name => name != Fields.Images || answer.Body.Images is not null))
            {
                MarkSetPushed(name, answer.Version);
            }
        }
    }

    private static Intent? IntentOf(Held known, string pushId)
    {
        foreach (var intent in known.Intents)
        {
            if (string.Equals(intent.PushId, pushId, StringComparison.Ordinal))
            {
                return intent;
            }
        }

        return null;
    }

    /// <summary>A whole push that was refused for named fields did nothing for the others.</summary>
    private static PushResult ResultOf(PushOutcome outcome, RegisterKey key)
    {
        if (outcome.Exceptions.TryGetValue(key, out var own))
        {
            return own;
        }

        if (outcome.Result == PushResult.Rejected)
        {
            foreach (var rejection in outcome.Rejections)
            {
                if (rejection.Key == key)
                {
                    return PushResult.Rejected;
                }
            }

            return PushResult.NotSent;
        }

        return outcome.Result;
    }

    private void Drop(FieldDefinition field, RegisterKey key, Intent intent, in Look look)
    {
        var known = HeldOf(key)!;
        var hash = intent.Value.Hash;
        var opened = known.Open;
        var wasSentBefore = known.Intents.Any(other => other.Value == intent.Value && !other.Equals(intent));
        for (var i = 0; !wasSentBefore && i < opened.Length; i++)
        {
            if (opened[i].SentFor == hash)
            {
                // The push did certainly nothing, so that this value cannot be a form of what it carried.
                opened = opened.SetItem(i, opened[i] with { SentFor = null });
            }
        }

        known = known with { Intents = known.Intents.Remove(intent), Open = opened };
        if (known.Ring.IsEmpty && known.Intents.IsEmpty && known.Open.IsEmpty && known.Parked is null && !known.Undecided)
        {
            Unset(key);
            return;
        }

        Set(key, known);
        JudgeAll(field, key, look with { ReadStart = null });
    }

    private void JudgeAll(FieldDefinition field, RegisterKey key, in Look look)
    {
        if (HeldOf(key) is not { Open.IsEmpty: false } known || IsInAir(known))
        {
            return;
        }

        if (field.Class == OwnerClass.Stock)
        {
            JudgeOpenCounts(key, look);
        }
        else
        {
            JudgeOpen(field, key, look);
        }
    }

    private void Park(PushOutcome outcome, RegisterKey key, FieldValue target)
    {
        Rejection? words = null;
        foreach (var rejection in outcome.Rejections)
        {
            if (rejection.Key == key)
            {
                words = rejection;
                break;
            }
        }

        words ??= outcome.Rejections.IsEmpty ? null : outcome.Rejections[0];
        var known = HeldOf(key) ?? NothingHeld;
        var parked = new Parked
        {
            TargetHash = target.Hash,
            Code = words?.Code ?? "rejected",
            Message = words?.Message ?? outcome.Error ?? "The channel refused this value.",
            At = now,
        };
        Set(key, known with { Parked = parked });
        Log(LogAction.Parked, Channel.Origin, key, after: target, eventId: outcome.PushId, detail: parked.Message);
    }

    private void SettleApplied(FieldDefinition field, RegisterKey key, Intent intent, Answer? answer, in Look look)
    {
        if (field.Name == Fields.Exists)
        {
            SettleExists(key, intent);
            return;
        }

        if (field.Name == Fields.Images && !intent.Value.IsEmpty && IsThere(key.Part!))
        {
            // Its id is known: what becomes of it is seen by its status.
            SettleValue(field, key, intent, intent.Value, answer?.Version ?? HeldOf(key)!.Last?.LastSeen ?? Stamp.Zero, look);
        }
        else if (intent.State == IntentState.Landed && answer is null)
        {
            // An echo has already shown it.
            var known = HeldOf(key)!;
            Set(key, Retire(known, intent) with { Odd = null, Parked = null });
            JudgeAll(field, key, look with { ReadStart = null });
        }
        else if (answer is not null && ValueIn(answer, field, key) is { } shown)
        {
            SettleValue(field, key, intent, shown.Value, shown.Version, look);
        }
        else if (Off(RuleSwitch.M5) || field.Name == Fields.ImageAlt)
        {
            // Words are kept as they were sent, and a read for them alone would cost more than the push did: the next body tells if they were not.
            SettleValue(field, key, intent, intent.Value, HeldOf(key)!.Last?.LastSeen ?? Stamp.Zero, look);
        }
        else
        {
            // M5: it was taken, but what the channel made of it was not shown, and its version is not known.
            var known = HeldOf(key)!;
            Set(key, known with { Intents = known.Intents.Replace(intent, intent with { State = IntentState.Applied, SentAt = now }) });
            WantRead();
        }
    }

    private void SettleExists(RegisterKey key, Intent intent)
    {
        if (key.Variant is not { } variant)
        {
            SettleDeleted(key);
            return;
        }

        if (intent.Value == FieldValue.True)
        {
            if (LinkOf(variant) is null)
            {
                // Made, but its remote id was not told: the next read finds it by SKU or options.
                var known = HeldOf(key)!;
                Set(key, known with { Intents = known.Intents.Replace(intent, intent with { State = IntentState.Applied, SentAt = now }) });
                WantRead();
                return;
            }
        }
        else
        {
            for (var i = 0; i < link.Variants.Length; i++)
            {
                if (link.Variants[i].Variant == variant && !link.Variants[i].Gone)
                {
                    link = link with { Variants = link.Variants.SetItem(i, link.Variants[i] with { Gone = true }) };
                }
            }
        }

        Unset(key);
    }

    /// <summary>The channel has deleted the product because we asked for it.</summary>
    private void SettleDeleted(RegisterKey key)
    {
        Unset(key);
        link = link with
        {
            Status = LinkStatus.Deleted,
            DeletedAt = now,
            Reason = $"Deleted at {Channel.Id} by the hub.",
            WantsRead = false,
            WantsReadSince = null,
        };
        Log(LogAction.Deleted, Origin.Hub, rule: MergeRule.DeletePolicy, detail: link.ExternalId);
    }

    /// <summary>What the answer shows of a register, with the version of the resource that carries it; null = it does not carry it.</summary>
    private (FieldValue Value, Stamp Version)? ValueIn(Answer answer, FieldDefinition field, RegisterKey key)
    {
        var body = answer.Body;
        if (key.Variant is { } id)
        {
            var index = Array.IndexOf(answer.Matched, id);
            if (index < 0)
            {
                return null;
            }

            var variant = body.Variants[index];
            var version = variant.Version ?? answer.Version;
            if (field.Name == Fields.Available)
            {
                foreach (var count in variant.Stock)
                {
                    if (count.Quantity is { } quantity && string.Equals(count.LocationId, key.Part, StringComparison.Ordinal))
                    {
                        return (Canonical.Decimal(quantity), count.Version);
                    }
                }

                return null;
            }

            if (field.Name == Fields.OptionValues)
            {
                return variant.OptionValues is { } values ? (Canonical.List(values), version) : null;
            }

            return variant.Fields.TryGetValue(field.Name, out var value) ? (value, version) : null;
        }

        if (IsPicture(key))
        {
            return body.Images is { } pictures && (field.Name switch { Fields.Images => Shown(pictures, key.Part!), Fields.ImageAlt => AltIn(pictures, key.Part!), _ => OrderOf(pictures) }) is { } shown
                ? (shown, answer.Version)
                : null;
        }

        if (field.Type == FieldType.Set)
        {
            if (!body.Sets.TryGetValue(field.Name, out var elements))
            {
                return null;
            }

            foreach (var element in elements)
            {
                if (string.Equals(Channel.Canon.ElementKey(field.Name, element), key.Part, StringComparison.Ordinal))
                {
                    return (new FieldValue(element.Trim()), answer.Version);
                }
            }

            return (FieldValue.Empty, answer.Version);
        }

        if (field.Name == Fields.Options)
        {
            return body.Options is { } options ? (Canonical.List(options), answer.Version) : null;
        }

        return body.Fields.TryGetValue(field.Name, out var plain) ? (plain, answer.Version) : null;
    }

    /// <summary>The channel shows what it made of a pushed value.</summary>
    private void SettleValue(FieldDefinition field, RegisterKey key, Intent sent, FieldValue shown, Stamp version, in Look look)
    {
        if (field.Class == OwnerClass.Stock)
        {
            SettleCount(key, sent, shown.ToDecimal(), version, look);
            return;
        }

        var known = HeldOf(key)!;
        var isSame = Explains(field, shown, sent.Value, known);
        var isSameOdd = !isSame && known.Odd is { } odd && odd.SentHash == sent.Value.Hash && odd.AnswerHash == shown.Hash;
        if (isSame || isSameOdd || Off(RuleSwitch.M6))
        {
            var rest = Retire(known, sent) with { Odd = null, Undecided = false, Parked = null };
            if (isSameOdd)
            {
                // M6: the same push gave the same answer twice, so this is the channel's form of it.
                rest = rest with { Learned = new Rendition { SentHash = sent.Value.Hash, StoredHash = shown.Hash } };
            }

            Set(key, Hold(field, rest, EntryFor(shown, sent.Value.Hash, version, sent.Source, sent.Effective)));
            JudgeOpen(field, key, look with { ReadStart = null });
            return;
        }

        if (FindIntent(field, known with { Intents = known.Intents.Remove(sent) }, shown) is { } late)
        {
            // An earlier call of unknown outcome was executed after ours: push again.
            var kept = known with { Intents = known.Intents.Replace(sent, sent with { State = IntentState.Old }) };
            Set(key, Hold(field, kept, EntryFor(shown, late.Value.Hash, version, late.Source, late.Effective)));
            JudgeAll(field, key, look with { ReadStart = null });
            return;
        }

        // M6: perhaps the channel's form, perhaps somebody's edit on top of ours. Pushed once more; the second answer tells.
        var asked = Keep(known, shown, version);
        Set(key, asked with
        {
            Intents = asked.Intents.Replace(sent, sent with { State = IntentState.Odd }),
            Odd = new OddAnswer { SentHash = sent.Value.Hash, AnswerHash = shown.Hash },
        });
    }

    /// <summary>The settled value is done with; others of unknown outcome may still be executed and stay recognisable for a day (M4).</summary>
    private Held Retire(Held known, Intent settled)
    {
        var kept = ImmutableArray.CreateBuilder<Intent>();
        foreach (var intent in known.Intents)
        {
            if (intent.Equals(settled) || (intent.State == IntentState.Odd && intent.Value == settled.Value) || now - intent.SentAt > policy.IntentLifetime || Off(RuleSwitch.M4))
            {
                continue;
            }

            kept.Add(intent with { State = IntentState.Old });
        }

        return known with { Intents = kept.ToImmutable() };
    }

    private Held Hold(FieldDefinition field, Held known, HeldEntry entry)
    {
        var last = known.Last;
        if (last is null || entry.Version >= last.LastSeen)
        {
            if (last is not null && last.Hash == entry.Hash && last.SentFor == entry.SentFor && last.LastSeen == entry.Version)
            {
                return known with { Ring = known.Ring.SetItem(known.Ring.Length - 1, last with { LearnedAt = entry.LearnedAt }) };
            }

            return Append(field, known, entry);
        }

        if (last.Hash == entry.Hash)
        {
            return known with { Ring = known.Ring.SetItem(known.Ring.Length - 1, last with { SentFor = entry.SentFor, IsOwnEdit = false }) };
        }

        if (entry.Version > last.Version)
        {
            // The value from before was seen again after our write: somebody put it back.
            var back = new OpenValue { Value = last.Value, Version = last.LastSeen, SentFor = entry.SentFor, LearnedAt = now };
            var split = known with { Ring = known.Ring.SetItem(known.Ring.Length - 1, last with { Seen = Stamp.Zero }), Open = known.Open.Add(back) };
            return Append(field, split, entry);
        }

        // Something later was seen while the call was open.
        var index = IndexAsOf(known.Ring, entry.Version);
        return index < 0 ? known : InsertAfter(field, known, index, entry);
    }

    private void SettleLink(PushOutcome outcome, bool isCreate)
    {
        switch (outcome.Result)
        {
            case PushResult.Applied:
                link = link with
                {
                    Attempts = Has(outcome, PushResult.NotSent) || Has(outcome, PushResult.Unknown) ? link.Attempts : 0,
                    NextAttemptAt = null,
                    LastError = outcome.Error,
                    LastPushedAt = now,
                    CreateTried = false,
                    SplitLimit = Widen(link.SplitLimit),
                };
                Log(LogAction.Pushed, Origin.Hub, eventId: outcome.PushId);
                if (Channel.IsFlat && Has(outcome, PushResult.Gone))
                {
                    // One of the product's things is gone: a read has to confirm it before it is pushed to again.
                    WantRead();
                    return;
                }

                if (Has(outcome, PushResult.Unknown) || (Has(outcome, PushResult.NotSent) && !outcome.StockWasStale))
                {
                    // A part of it failed: what is left waits as a whole push would.
                    Fail(outcome, Has(outcome, PushResult.Unknown));
                }
                else if (outcome.StockWasStale)
                {
                    WantRead();
                }
                else if (link.WantsRead && outcome.Answer is not null && !(outcome.SentAt < link.WantsReadSince) && !HasWaiting())
                {
                    // The answer shows the product as a read would have.
                    link = link with { WantsRead = false, WantsReadSince = null };
                }

                return;
            case PushResult.Gone:
                HearDelete(outcome.PushId);
                link = link with { LastError = outcome.Error ?? "The channel does not know this product any more." };
                break;
            case PushResult.Rejected:
                RejectWhole(outcome, isCreate);
                link = link with { LastError = outcome.Error ?? (outcome.Rejections.IsEmpty ? "The channel refused the push." : outcome.Rejections[0].Message), NextAttemptAt = outcome.RetryAt };
                break;
            default:
                link = link with { CreateTried = isCreate && outcome.Result == PushResult.Unknown };
                Fail(outcome, outcome.Result == PushResult.Unknown);
                break;
        }

        Log(LogAction.PushFailed, Origin.Hub, eventId: outcome.PushId, detail: link.LastError);
    }

    private void Fail(PushOutcome outcome, bool isUnknown)
    {
        var attempts = outcome.IsChannelFault || outcome.StockWasStale ? link.Attempts : link.Attempts + 1;
        link = link with
        {
            Attempts = attempts,
            NextAttemptAt = outcome.RetryAt ?? (outcome.StockWasStale ? null : now + Backoff(Math.Max(1, attempts))),
            LastError = outcome.StockWasStale ? link.LastError : outcome.Error ?? $"The push ended as {outcome.Result}.",
        };
        if (isUnknown || outcome.StockWasStale)
        {
            WantRead();
        }
    }

    private static bool Has(PushOutcome outcome, PushResult result)
    {
        foreach (var own in outcome.Exceptions.Values)
        {
            if (own == result)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasWaiting()
    {
        foreach (var known in held.Values)
        {
            if (!known.Open.IsEmpty || (!known.Intents.IsEmpty && IsInAir(known)))
            {
                return true;
            }
        }

        return false;
    }

    private const int WidestSplit = 64;

    private static int Widen(int limit) => limit * 2 > WidestSplit ? 0 : limit * 2;

    internal static TimeSpan Backoff(int attempts) =>
        attempts > 10 ? LongestBackoff : TimeSpan.FromTicks(Math.Min(LongestBackoff.Ticks, FirstBackoff.Ticks << (attempts - 1)));

    /// <summary>The refusal names no field: the delta is halved until it does, or until one is left, which is parked.</summary>
    private void RejectWhole(PushOutcome outcome, bool isCreate)
    {
        if (isCreate)
        {
            // A create is one thing: without the field that was refused it would be another product.
            var whole = Planner.CreateHash(Channel, FinishProduct());
            var key = new RegisterKey(Fields.Exists);
            Park(outcome, key, FieldValue.True);
            Set(key, HeldOf(key)! with { Parked = HeldOf(key)!.Parked! with { TargetHash = whole } });
            link = link with { CreateTried = false };
            return;
        }

        foreach (var rejection in outcome.Rejections)
        {
            if (rejection.Key is { } named && startLink!.Registers.TryGetValue(named, out var sent) && IntentOf(sent, outcome.PushId) is not null)
            {
                return;
            }
        }

        var pushed = new List<(RegisterKey Key, FieldValue Value)>();
        foreach (var (key, before) in startLink!.Registers)
        {
            if (IntentOf(before, outcome.PushId) is { } intent)
            {
                pushed.Add((key, intent.Value));
            }
        }

        if (pushed.Count == 1)
        {
            Park(outcome, pushed[0].Key, pushed[0].Value);
            return;
        }

        link = link with { SplitLimit = Math.Max(1, pushed.Count / 2) };
    }
}
