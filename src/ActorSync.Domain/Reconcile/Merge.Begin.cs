using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;

namespace ActorSync.Domain.Reconcile;

internal sealed partial class Merge
{
    public Begun Begin(PushPlan plan, string pushId, bool isBulk)
    {
        if (plan.Target is null || plan.IsEmpty)
        {
            throw new ArgumentException("The plan is empty; there is nothing to push.", nameof(plan));
        }

        ExpireFlight();
        if (link.Flight is { } flight)
        {
            throw new ArgumentException($"Push {flight.PushId} is in the air; a link has one open call.", nameof(plan));
        }

        if (link.Bulk is { } bulk && (isBulk || plan.Delta.Any(value => Fields.Get(value.Key.Field).Class != OwnerClass.Stock)))
        {
            throw new ArgumentException($"Bulk push {bulk.PushId} is in the air; beside it only counts are pushed.", nameof(plan));
        }

        var isUncertain = link.CreateTried;
        foreach (var value in plan.Delta)
        {
            var known = HeldOf(value.Key) ?? NothingHeld;
            isUncertain |= IsInAir(known);
            Set(value.Key, known with { Intents = Prune(known.Intents).Add(IntentFor(value, pushId)) });
        }

        link = link with
        {
            Flight = isBulk ? null : new Flight { PushId = pushId, StartedAt = now, LeaseUntil = now + (plan.Delta.Any(value => IsPicture(value.Key)) ? Channel.PicturePushLease : Channel.PushLease), Action = plan.Action },
            Bulk = isBulk ? new Flight { PushId = pushId, StartedAt = now, LeaseUntil = now + Channel.Bulk!.Lease, Action = plan.Action } : link.Bulk,
            CreateTried = link.CreateTried || plan.Action == PushAction.Create,
            HeldByGuard = null,
            WithdrawalHeldAt = null,
        };
        return new Begun
        {
            Link = FinishLink(),
            Item = new PushItem
            {
                Product = start.Id,
                Channel = Channel.Id,
                PushId = pushId,
                Action = plan.Action,
                ExternalId = link.ExternalId,
                Target = plan.Target,
                Delta = plan.Delta,
                MayHaveHappened = isUncertain,
            },
        };
    }

    private Intent IntentFor(PlannedValue value, string pushId)
    {
        var source = Stamp.At(now);
        var effective = source;
        if (value.Key.Field == Fields.Available)
        {
            foreach (var location in Channel.Locations)
            {
                if (string.Equals(location.LocationId, value.Key.Part, StringComparison.Ordinal)
                    && StockRules.Target(stock, value.Key.Variant!.Value, location, Channel) is { } target)
                {
                    source = effective = target.Source;
                }
            }
        }
        else if (Winner(ClaimKey(value.Key)) is { } claim)
        {
            source = claim.Source;
            effective = claim.Effective;
        }

        return new Intent { Value = value.Target, Source = source, Effective = effective, State = IntentState.Flight, PushId = pushId, SentAt = now };
    }

    private ImmutableArray<Intent> Prune(ImmutableArray<Intent> intents)
    {
        for (var i = intents.Length - 1; i >= 0; i--)
        {
            if (now - intents[i].SentAt > policy.IntentLifetime)
            {
                intents = intents.RemoveAt(i);
            }
        }

        return intents;
    }
}
