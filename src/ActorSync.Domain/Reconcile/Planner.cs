using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Stock;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

/// <summary>What one channel should be told of one product now. Reads only.</summary>
internal sealed partial class Planner
{
    private const decimal GuardShare = 0.2m;
    private const string NeedsSku = "This channel knows products by their SKU, and this one has none. Give it a SKU to have it made there.";

    private readonly ReconcileContext context;
    private readonly ProductState product;
    private readonly LinkState link;
    private readonly ChannelProfile channel;
    private readonly bool hasOverrides;
    private ImmutableArray<PlannedValue>.Builder? delta;
    private ImmutableArray<Withheld>.Builder? withheld;
    private bool readFirst;
    private string? guard;

    private enum Place { Linked, ToCreate, Withheld, Removed }

    private Planner(ReconcileContext context, ProductState product, LinkState link)
    {
        this.context = context;
        this.product = product;
        this.link = link;
        channel = context.Channel;
        foreach (var key in product.Registers.Keys)
        {
            if (key.Scope == channel.Id)
            {
                hasOverrides = true;
                break;
            }
        }
    }

    public static PushPlan Plan(ReconcileContext context, ProductState product, LinkState link) => new Planner(context, product, link).Run();

    /// <summary>The channel holds the target, or its own form of it.</summary>
    public static bool IsClean(ChannelProfile channel, FieldDefinition field, Held? known, FieldValue target)
    {
        if (known is null || known.Ring.IsEmpty)
        {
            return false;
        }

        var current = known.Ring[^1];
        if (field.Type == FieldType.Set ? current.Value.IsEmpty == target.IsEmpty : string.Equals(current.Value.Text, target.Text, StringComparison.Ordinal))
        {
            return true;
        }

        return (current.SentFor is { } sentFor && sentFor == target.Hash) || Explain.Same(channel.Canon, field, current.Value, target, known);
    }

    private PushPlan Run()
    {
        if (Hindrance() is { } hindrance)
        {
            return hindrance;
        }

        if (link.ExternalId is null)
        {
            readFirst |= link.Flight is not null;
            return PlanCreate();
        }

        if (link.Bulk?.LeaseUntil > context.Now)
        {
            return PlanBesideBulk();
        }

        if (product.Life == ProductLife.Deleted)
        {
            return Result(PlanDeparture());
        }

        PlanUpdate();
        return Result(PushAction.Update);
    }

    /// <summary>A bulk operation carries the product's other changes: its counts overtake it, everything else waits for its end.</summary>
    private PushPlan PlanBesideBulk()
    {
        foreach (var variant in product.Variants)
        {
            if (product.Life == ProductLife.Active && variant.Exists && PlaceOf(variant.Id) == Place.Linked)
            {
                PlanStock(variant.Id);
            }
        }

        Withhold(null, WithheldReason.InFlight, link.Bulk!.PushId);
        return Result(PushAction.Update) with { HasWork = true };
    }

    private PushPlan? Hindrance()
    {
        switch (link.Status)
        {
            case LinkStatus.Ambiguous:
                return Nothing(WithheldReason.Ambiguous, link.Reason, needsRead: false);
            case LinkStatus.DeleteHeard:
                return Nothing(WithheldReason.DeleteHeard, link.Reason, needsRead: true);
            case LinkStatus.Deleted:
                return Nothing(WithheldReason.Deleted, link.Reason, needsRead: link.WantsRead);
        }

        if (link.Flight is { } flight && flight.LeaseUntil > context.Now)
        {
            return Nothing(WithheldReason.InFlight, flight.PushId, needsRead: false) with { HasWork = true };
        }

        if (link.ExternalId is not null)
        {
            return null;
        }

        var mayCreate = link.Status == LinkStatus.Missing && product.Life == ProductLife.Active
            && (channel.CreateMissing == CreateMissing.All || (channel.CreateMissing == CreateMissing.Selected && link.Selected));
        if (!mayCreate)
        {
            return Nothing(WithheldReason.Excluded, link.Reason ?? "Not at this channel, and not to be created there.", needsRead: false);
        }

        if (channel.Origin.Kind == OriginKind.Storefront && product.Registers.Values.All(register => register.Claims[0].Origin.Kind == OriginKind.Warehouse))
        {
            return Nothing(WithheldReason.Excluded, "Only a warehouse knows this product (packaging, samples). Edit it in the hub to sell it.", needsRead: false);
        }

        if (!product.LivingVariants().Any())
        {
            return Nothing(WithheldReason.Excluded, "It has no variant yet.", needsRead: false);
        }

        return product.LivingVariants().All(variant => LacksSku(variant.Id)) ? Nothing(WithheldReason.Excluded, NeedsSku, needsRead: false) : null;
    }

    private PushPlan Nothing(WithheldReason reason, string? detail, bool needsRead) => new()
    {
        Action = link.ExternalId is null ? PushAction.Create : PushAction.Update,
        Delta = [],
        Withheld = [new Withheld { Reason = reason, Detail = detail }],
        ReadFirst = needsRead,
        NotBefore = link.NextAttemptAt,
        HasWork = needsRead,
    };

    private PushPlan PlanCreate()
    {
        if (link.Registers.TryGetValue(new RegisterKey(Fields.Exists), out var parked) && parked.Parked is { } refusal
            && refusal.TargetHash == CreateHash(channel, product))
        {
            return Nothing(WithheldReason.Parked, refusal.Message, needsRead: false);
        }

        foreach (var (key, _) in product.Registers)
        {
            // Pictures follow once the product is there: a create must not hang on them.
            if (Merge.IsPicture(key) || Register(key) is not { } register || !(Mask(register.Field) || (register.Field.IsStructure && !channel.IsFlat))
                || register.Target.Value.IsEmpty)
            {
                continue;
            }

            foreach (var shadow in Shadows(register.Key))
            {
                if (shadow.Variant is not { } id || PlaceOf(id) is not (Place.Removed or Place.Withheld))
                {
                    Add(shadow, register.Target.Value, null);
                }
            }
        }

        foreach (var variant in product.Variants)
        {
            if (!variant.Exists)
            {
                continue;
            }

            if (PlaceOf(variant.Id) == Place.Withheld)
            {
                Withhold(new RegisterKey(Fields.Exists, variant.Id), WithheldReason.Excluded, NeedsSku);
            }
            else
            {
                PlanStock(variant.Id);
            }
        }

        readFirst |= link.CreateTried;
        return Result(PushAction.Create);
    }

    /// <summary>One number over everything that a create would carry: a refused create waits until any of it changes.</summary>
    public static long CreateHash(ChannelProfile channel, ProductState product)
    {
        long hash = 0;
        foreach (var (key, register) in product.Registers)
        {
            if (channel.Mask.Contains(key.Field) && (key.Scope is null || key.Scope == channel.Id))
            {
                hash += register.Claims[0].Value.Hash ^ (new FieldValue(key.ToString()).Hash * 31);
            }
        }

        return hash;
    }

    /// <summary>The product is deleted in the hub: what that means here is the tenant's policy.</summary>
    private PushAction PlanDeparture()
    {
        Withhold(null, WithheldReason.Deleted, "The product is deleted in the hub.");
        readFirst |= context.Policy.DeletesSpread && (link.WantsRead || link.Flight is not null || link.Bulk is not null);
        switch (context.Policy.Deletes)
        {
            // A channel without a state of being on sale is no shop: what it holds is not ours to delete.
            case DeletePolicy.Delete when Mask(Fields.Get(Fields.IsActive)):
                PlanDelete();
                return PushAction.Delete;
            case DeletePolicy.Archive when Mask(Fields.Get(Fields.IsActive)):
                Consider(Fields.Get(Fields.IsActive), new RegisterKey(Fields.IsActive), FieldValue.False);
                return PushAction.Archive;
            default:
                return PushAction.Update;
        }
    }

    private void PlanDelete()
    {
        var key = new RegisterKey(Fields.Exists);
        if (link.Registers.TryGetValue(key, out var known) && known.Parked is { } parked && parked.TargetHash == FieldValue.False.Hash)
        {
            Withhold(key, WithheldReason.Parked, parked.Message);
            return;
        }

        // An edit that was made there and that nobody has seen would be lost for good.
        readFirst |= !IsFresh();
        HoldWithdrawn();
        Add(key, FieldValue.False, FieldValue.True);
    }

    private void HoldWithdrawn()
    {
        if (link.WithdrawalHeldAt is { } heldAt)
        {
            Hold($"More than {WithdrawalWindow.Share:P0} of this channel's products would have been unpublished or deleted within {WithdrawalWindow.Span.TotalMinutes:N0} minutes (held at {heldAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC).");
        }
    }

    private void PlanUpdate()
    {
        foreach (var variant in product.Variants)
        {
            PlanVariant(variant);
        }

        foreach (var (key, _) in product.Registers)
        {
            if (Merge.IsPicture(key) || Register(key) is not { } register || !Mask(register.Field) || register.Field.Name == Fields.Exists)
            {
                continue;
            }

            foreach (var shadow in Shadows(register.Key))
            {
                if (shadow.Variant is not { } id || PlaceOf(id) is not (Place.Withheld or Place.Removed))
                {
                    Consider(register.Field, shadow, register.Target.Value);
                }
            }
        }

        foreach (var variant in product.Variants)
        {
            if (variant.Exists && PlaceOf(variant.Id) is Place.Linked or Place.ToCreate)
            {
                PlanStock(variant.Id);
            }
        }

        PlanPictures();
        // A call of unknown outcome: every way that leads there wants a read, and one that began later answers it.
        readFirst |= link.WantsRead || link.Flight is not null || link.Bulk is not null;
    }

    private bool IsFresh() => link.ObservedAt is { } at && context.Now - at <= channel.FreshFor;

    private readonly record struct Registered(FieldDefinition Field, RegisterKey Key, Claim Target);

    /// <summary>The register as this channel sees it: its override, else the product's own; null when it is none of the channel's business.</summary>
    private Registered? Register(RegisterKey key)
    {
        if (key.Scope is not null && (key.Scope != channel.Id || product.Registers.ContainsKey(key.Unscoped)))
        {
            return null;
        }

        var field = Fields.Get(key.Field);
        if (field.Type == FieldType.Money && !string.Equals(key.Part, channel.Currency, StringComparison.Ordinal))
        {
            return null;
        }

        var plain = key.Unscoped;
        var target = hasOverrides ? product.Target(plain, channel.Id) : product.Winner(plain);
        return target is null ? null : new Registered(field, plain, target);
    }

    /// <summary>Where the link keeps what the channel holds of a register: at a flat channel a product's field stands once per variant.</summary>
    private IEnumerable<RegisterKey> Shadows(RegisterKey key)
    {
        if (!channel.IsFlat || key.Variant is not null)
        {
            return [key];
        }

        return product.Variants.Select(variant => key with { Variant = variant.Id });
    }

    private bool Mask(FieldDefinition field) => channel.Mask.Contains(field.Name);

    /// <summary>A flat channel's things are found by their SKU before they are made, so that no list of them has to be seen first.</summary>
    private bool MayCreateSibling => channel.CreateMissing == CreateMissing.All || (channel.CreateMissing == CreateMissing.Selected && link.Selected);

    /// <summary>A flat channel knows things by their SKU: what has none cannot be made there, and that is no failure.</summary>
    private bool LacksSku(VariantId id) => channel.IsFlat && Identity.IdentitySku(product.Sku(id)) is null;

    private Place PlaceOf(VariantId id)
    {
        VariantLink? gone = null;
        foreach (var known in link.Variants)
        {
            if (known.Variant == id)
            {
                if (!known.Gone)
                {
                    return product.FindVariant(id) is { Exists: true } ? Place.Linked : Place.Removed;
                }

                gone = known;
            }
        }

        if (product.FindVariant(id) is not { Exists: true })
        {
            return Place.Removed;
        }

        if (LacksSku(id))
        {
            return Place.Withheld;
        }

        if (link.ExternalId is null)
        {
            return Place.ToCreate;
        }

        if (gone is not null || (channel.IsFlat ? !MayCreateSibling : !link.Registers.ContainsKey(Merge.VariantList)))
        {
            return Place.Withheld;
        }

        return link.Registers.TryGetValue(new RegisterKey(Fields.Exists, id), out var known2) && known2.Undecided ? Place.Withheld : Place.ToCreate;
    }

    private void PlanVariant(Variant variant)
    {
        var key = new RegisterKey(Fields.Exists, variant.Id);
        link.Registers.TryGetValue(key, out var known);
        VariantLink? living = null;
        foreach (var candidate in link.Variants)
        {
            if (candidate.Variant == variant.Id && !candidate.Gone)
            {
                living = candidate;
            }
        }

        if (living is not null ? variant.Exists : !variant.Exists)
        {
            return;
        }

        var target = Canonical.Boolean(variant.Exists);
        if (variant.Exists && PlaceOf(variant.Id) == Place.Withheld)
        {
            if (known?.Undecided == true)
            {
                Withhold(key, WithheldReason.Undecided, null);
            }
            else if (channel.IsFlat && link.Variants.All(candidate => candidate.Variant != variant.Id))
            {
                Withhold(key, WithheldReason.Excluded, LacksSku(variant.Id) ? NeedsSku : "This variant is not at the channel, and is not to be created there.");
            }
            else if (channel.IsFlat || link.Registers.ContainsKey(Merge.VariantList))
            {
                Withhold(key, WithheldReason.Deleted, "Removed at the channel.");
            }
            else
            {
                // Not known yet which variants the channel has: nothing may be created there on suspicion.
                readFirst |= !IsFresh();
            }

            return;
        }

        if (!variant.Exists && product.Winner(key) is { Origin.Kind: not OriginKind.Hub } && !context.Policy.DeletesSpread)
        {
            Withhold(key, WithheldReason.Deleted, "Removes do not spread.");
            return;
        }

        if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
        {
            Withhold(key, WithheldReason.Parked, parked.Message);
            return;
        }

        if (known is not null && HasIntent(known, IntentState.Applied))
        {
            readFirst = true;
            return;
        }

        Add(key, target, Canonical.Boolean(!variant.Exists));
    }

    private void Consider(FieldDefinition field, RegisterKey key, FieldValue target)
    {
        link.Registers.TryGetValue(key, out var known);
        var isUnknown = known is not null && HasUnknown(known);
        if (known is not null && !isUnknown && HasIntent(known, IntentState.Applied))
        {
            readFirst = true;
            if (IsSent(known, target))
            {
                return;
            }
        }
        else if (known is not null && !isUnknown && IsClean(channel, field, known, target))
        {
            return;
        }

        if (known is null && field.Type == FieldType.Set && target.IsEmpty)
        {
            return;
        }

        if (known is { Undecided: true })
        {
            Withhold(key, WithheldReason.Undecided, null);
            return;
        }

        if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
        {
            Withhold(key, WithheldReason.Parked, parked.Message);
            return;
        }

        var held = known?.Last?.Value;
        if (field.ReadBeforeWrite && channel.ReadBeforeWrite && !IsFresh())
        {
            readFirst = true;
        }

        if (field.Name == Fields.Price)
        {
            Guard(key, held, target);
        }
        else if (field.Name == Fields.IsActive && target == FieldValue.False && held != FieldValue.False)
        {
            HoldWithdrawn();
        }

        Add(key, target, held);
    }

    private static bool IsSent(Held known, FieldValue target)
    {
        foreach (var intent in known.Intents)
        {
            if (intent.State == IntentState.Applied && intent.Value == target)
            {
                return true;
            }
        }

        return false;
    }

    private void PlanStock(VariantId variant)
    {
        var field = Fields.Get(Fields.Available);
        if (!Mask(field) || context.Policy.StockOrigin is not { } origin || string.Equals(origin, channel.Id.Value, StringComparison.Ordinal))
        {
            return;
        }

        foreach (var location in channel.Locations)
        {
            if (StockRules.Target(product.Stock, variant, location, channel) is not { } wanted)
            {
                continue;
            }

            var key = new RegisterKey(Fields.Available, variant, location.LocationId);
            var target = Canonical.Decimal(wanted.Quantity);
            link.Registers.TryGetValue(key, out var known);
            var current = known?.Last;
            var isUnknown = known is not null && HasUnknown(known);
            if (known is not null && !isUnknown && HasIntent(known, IntentState.Applied))
            {
                readFirst = true;
                if (IsSent(known, target))
                {
                    continue;
                }
            }
            else if (!isUnknown && current is not null && string.Equals(current.Value.Text, target.Text, StringComparison.Ordinal))
            {
                continue;
            }

            if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
            {
                Withhold(key, WithheldReason.Parked, parked.Message);
                continue;
            }

            if (current?.Value.ToDecimal() is { } shown && StockRules.TakenUnseen(product.Stock, variant, location, channel.Id, current.LastSeen) is > 0 and var unseen)
            {
                // Its own orders have lowered the count already; what we hold of it is from before.
                if (!isUnknown && shown - unseen == wanted.Quantity)
                {
                    continue;
                }

                readFirst |= !IsFresh();
            }

            if (current?.Value.ToDecimal() is { } held && wanted.Quantity > held && wanted.Source <= current.Source)
            {
                Withhold(key, WithheldReason.NotRaised, $"The channel counts {held}; only the stock's origin may raise it to {wanted.Quantity}.");
                continue;
            }

            if (current is null && link.ExternalId is not null && !IsFresh())
            {
                readFirst = true;
            }

            Add(key, target, current?.Value, field);
        }
    }

    private void Guard(RegisterKey key, FieldValue? held, FieldValue target)
    {
        if (held?.ToDecimal() is > 0 and var before && target.ToDecimal() is { } after && after < before * GuardShare)
        {
            Hold($"The price of {product.VariantLabel(key.Variant!.Value)} would fall from {before} to {after} {key.Part}.");
        }
    }

    private void Hold(string sentence) => guard ??= string.Equals(sentence, link.GuardPassed, StringComparison.Ordinal) ? null : sentence;

    /// <summary>A flight is only met here when its lease has run out.</summary>
    private static bool HasUnknown(Held known) => HasIntent(known, IntentState.Unknown) || HasIntent(known, IntentState.Flight) || HasIntent(known, IntentState.Odd);

    private static bool HasIntent(Held known, IntentState state)
    {
        foreach (var intent in known.Intents)
        {
            if (intent.State == state)
            {
                return true;
            }
        }

        return false;
    }

    private void Add(RegisterKey key, FieldValue target, FieldValue? held, FieldDefinition? field = null)
    {
        if (channel.Mode != ChannelMode.Live)
        {
            Withhold(key, WithheldReason.NotLive, null);
            return;
        }

        delta ??= ImmutableArray.CreateBuilder<PlannedValue>();
        delta.Add(new PlannedValue { Key = key, Target = target, Held = held });
    }

    private void Withhold(RegisterKey? key, WithheldReason reason, string? detail)
    {
        withheld ??= ImmutableArray.CreateBuilder<Withheld>();
        withheld.Add(new Withheld { Key = key, Reason = reason, Detail = detail });
    }

    private PushPlan Result(PushAction action)
    {
        if (delta is not null)
        {
            delta.Sort(static (a, b) => Compare(a.Key, b.Key));
            if (action == PushAction.Update && link.SplitLimit > 0 && delta.Count > link.SplitLimit)
            {
                delta.Count = link.SplitLimit;
            }
        }

        var values = delta?.ToImmutable() ?? [];
        var isLive = channel.Mode == ChannelMode.Live;
        var needsRead = link.ExternalId is not null ? (isLive && readFirst) || link.WantsRead : isLive && readFirst;
        return new PushPlan
        {
            Action = action,
            Delta = values,
            Lane = values.IsEmpty ? null : Fields.Get(values[0].Key.Field).Lane,
            Withheld = withheld?.ToImmutable() ?? [],
            ReadFirst = needsRead,
            Guard = guard,
            Target = values.IsEmpty ? null : Desired.Of(context, product, link),
            NotBefore = values.IsEmpty && !needsRead && toRead.Count == 0 && pictureDueAt > link.NextAttemptAt.GetValueOrDefault() ? pictureDueAt : link.NextAttemptAt,
            Pictures = needsRead ? [] : [.. toRead.Values],
            HasWork = needsRead || (!values.IsEmpty && guard is null) || toRead.Count > 0 || pictureDueAt is not null,
        };
    }

    private static int Compare(RegisterKey left, RegisterKey right)
    {
        var order = Fields.Get(left.Field).Lane.CompareTo(Fields.Get(right.Field).Lane);
        return order != 0 ? order : left.CompareTo(right);
    }
}
