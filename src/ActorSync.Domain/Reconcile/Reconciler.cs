using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Reconcile;

/// <summary>
/// The merge: pure functions from what is known and what was seen, edited or answered to what is known next and what to tell whom. Nothing here reads a
/// clock, makes an id or talks to anyone; docs/verification.md lists the rules and their tests.
/// </summary>
public static class Reconciler
{
    public static ProductState NewProduct(ProductId id, TenantId tenant, DateTimeOffset now, Origin by) => new()
    {
        Id = id,
        Tenant = tenant,
        CreatedAt = now,
        UpdatedAt = now,
        LastUpdatedBy = by,
    };

    /// <summary>A product that is not at the channel, as far as is known; whether it is created there is the channel's setting.</summary>
    public static LinkState NewLink(ChannelId channel) => new() { Channel = channel, Status = LinkStatus.Missing };

    /// <summary>A body that a channel sent or that was read from it. Binds a fresh link, explains every value, claims what nothing explains.</summary>
    public static Decision Observe(ReconcileContext context, ProductState product, LinkState link, Observation seen) =>
        Observe(context, product, link, seen, RuleSwitch.None);

    internal static Decision Observe(ReconcileContext context, ProductState product, LinkState link, Observation seen, RuleSwitch off)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new Merge(context, product, link, off).Observe(seen);
    }

    /// <summary>An edit made in the hub.</summary>
    public static EditDecision Edit(DateTimeOffset now, TenantPolicy policy, ProductState product, HubEdit edit) => Edit(now, policy, product, edit, RuleSwitch.None);

    internal static EditDecision Edit(DateTimeOffset now, TenantPolicy policy, ProductState product, HubEdit edit, RuleSwitch off)
    {
        ArgumentNullException.ThrowIfNull(edit);
        return new Merge(now, policy, product, off).Edit(edit);
    }

    /// <summary>Deletes the product in the hub, or brings it back. Where the tenant's deletes spread, channels are unpublished by their next push.</summary>
    public static EditDecision Delete(DateTimeOffset now, TenantPolicy policy, ProductState product, string actor, bool restore = false) =>
        new Merge(now, policy, product, RuleSwitch.None).Delete(actor, restore);

    /// <summary>A person's answer to open conflicts.</summary>
    public static EditDecision Resolve(DateTimeOffset now, TenantPolicy policy, ProductState product, ConflictResolution resolution)
    {
        ArgumentNullException.ThrowIfNull(resolution);
        return new Merge(now, policy, product, RuleSwitch.None).Resolve(resolution);
    }

    /// <summary>What would be pushed now, and why something is not. A dry run is this without the push.</summary>
    public static PushPlan Plan(ReconcileContext context, ProductState product, LinkState link)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(link);
        return Planner.Plan(context, product, link);
    }

    /// <summary>Puts the intents of a plan on record. The link must be committed before the item leaves (M1).</summary>
    public static Begun Begin(ReconcileContext context, ProductState product, LinkState link, PushPlan plan, string pushId)
    {
        ArgumentException.ThrowIfNullOrEmpty(pushId);
        return new Merge(context, product, link, RuleSwitch.None).Begin(plan, pushId, isBulk: false);
    }

    /// <summary>
    /// The part of a plan that an operation for many products may carry, and which of the channel's forms it has; null = it goes by a call of its own. Counts
    /// always do: they are not to wait.
    /// </summary>
    public static (PushPlan Plan, int Form)? InBulk(BulkProfile bulk, PushPlan plan)
    {
        ArgumentNullException.ThrowIfNull(bulk);
        ArgumentNullException.ThrowIfNull(plan);
        if (plan is not { Action: PushAction.Update, Delta: [var first, ..], Lane: not Lane.Stock })
        {
            return null;
        }

        if (plan.Delta.Any(value => Fields.Get(value.Key.Field).IsStructure))
        {
            return null;
        }

        for (var form = 0; form < bulk.Forms.Length; form++)
        {
            if (bulk.Forms[form].Contains(first.Key.Field))
            {
                var delta = plan.Delta.RemoveAll(value => !bulk.Forms[form].Contains(value.Key.Field));
                return delta.Select(value => value.Key.Variant).Distinct().Count() > bulk.MaxVariants ? null : (plan with { Delta = delta }, form);
            }
        }

        return null;
    }

    /// <summary>As <see cref="Begin"/>, for a plan that <see cref="InBulk"/> has cut to size.</summary>
    public static Begun BeginBulk(ReconcileContext context, ProductState product, LinkState link, PushPlan plan, string pushId)
    {
        ArgumentException.ThrowIfNullOrEmpty(pushId);
        return new Merge(context, product, link, RuleSwitch.None).Begin(plan, pushId, isBulk: true);
    }

    /// <summary>The end of a push: pushed registers settle from the answer, everything else in it is an observation.</summary>
    public static Decision Settle(ReconcileContext context, ProductState product, LinkState link, PushOutcome outcome) =>
        Settle(context, product, link, outcome, RuleSwitch.None);

    internal static Decision Settle(ReconcileContext context, ProductState product, LinkState link, PushOutcome outcome, RuleSwitch off)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new Merge(context, product, link, off).Settle(outcome);
    }

    /// <summary>The one decision after a first contact that found differences: whose values stand.</summary>
    public static Decision DecideFirstContact(ReconcileContext context, ProductState product, LinkState link, Origin winner) =>
        new Merge(context, product, link, RuleSwitch.None).DecideFirstContact(winner);

    /// <summary>
    /// What the bytes of pictures told: equal ones are one picture, known at the channel from now on instead of being uploaded; what cannot be fetched waits or
    /// is parked alone. Two pictures of the hub that turn out to be one are joined in every link.
    /// </summary>
    public static PictureDecision LearnPictures(ReconcileContext context, ProductState product, ImmutableDictionary<ChannelId, LinkState> links, ImmutableArray<PictureReading> readings)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(links);
        return new Merge(context, product, links[context.Channel.Id], RuleSwitch.None).LearnPictures(links, readings);
    }

    /// <summary>A person asks to fetch again what could not be fetched.</summary>
    public static ProductState UnparkPictures(ProductState product)
    {
        ArgumentNullException.ThrowIfNull(product);
        return product.Images.Values.Any(image => image.FetchFailures > 0)
            ? product with { Images = product.Images.ToImmutableDictionary(p => p.Key, p => p.Value with { Unreachable = null, FetchFailures = 0, FetchAfter = null }) }
            : product;
    }

    /// <summary>A person lets pass what the guard holds.</summary>
    public static LinkState PassGuard(LinkState link, string sentence)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link with { GuardPassed = sentence, HeldByGuard = null };
    }

    /// <summary>Too many products of the channel would be unpublished at once: this one waits for a person.</summary>
    public static LinkState HoldWithdrawal(LinkState link, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link with { WithdrawalHeldAt = now };
    }

    /// <summary>A person asks to try again what the channel refused.</summary>
    public static LinkState Unpark(LinkState link)
    {
        ArgumentNullException.ThrowIfNull(link);
        var registers = link.Registers.ToBuilder();
        foreach (var (key, known) in link.Registers)
        {
            if (known.Parked is not null)
            {
                registers[key] = known with { Parked = null };
            }
        }

        return link with { Registers = registers.ToImmutable(), Attempts = 0, NextAttemptAt = null, LastError = null, SplitLimit = 0 };
    }
}
