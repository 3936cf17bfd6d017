using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;

namespace ActorSync.Grains.Products;

/// <summary>Plans one channel's push and puts its intents on record.</summary>
internal sealed class BeginPush(ChannelId channel, string pushId) : ProductCommand<BeginPushReply>
{
    public override ChannelId? Channel => channel;

    private BeginPushReply reply = Nothing;

    private static readonly BeginPushReply Nothing = new() { Status = BeginPushStatus.Nothing };
    private static readonly BeginPushReply Later = new() { Status = BeginPushStatus.Later };

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        reply = Nothing;
        if (work.Product is not { } product || !scene.Channels.TryGetValue(channel, out var known))
        {
            return work;
        }

        var link = work.Link(channel);
        // Whoever asks took the link from the dirty index: if it is not to be pushed, the index must learn that.
        work = work with { Remark = work.Remark.Add(channel) };
        if (!known.IsLive)
        {
            return work;
        }

        if (known.Settings.Paused || link.Flight?.LeaseUntil > scene.Now)
        {
            reply = Later;
            return work;
        }

        var plan = ProductScene.Plan(scene.Of(known), product, link, work.Links);
        if (plan.Guard is not null)
        {
            return work;
        }

        if (plan.NotBefore > scene.Now)
        {
            reply = Later;
            return work;
        }

        // An open call whose lease has run out may have happened: look before it is repeated. Creates are looked up by the connector itself.
        if (link.ExternalId is { } externalId && (plan.ReadFirst || link.HasLostCall(scene.Now)))
        {
            reply = new BeginPushReply
            {
                Status = BeginPushStatus.ReadFirst,
                ExternalId = externalId,
                Lane = plan.Lane ?? Lane.Content,
                Parts = known.Profile.IsFlat ? [.. link.Variants.Where(variant => !variant.Gone).Select(variant => variant.ExternalId)] : [],
            };
            return work;
        }

        if (plan.IsEmpty)
        {
            if (!plan.Pictures.IsEmpty)
            {
                reply = new BeginPushReply { Status = BeginPushStatus.ReadPictures, Pictures = plan.Pictures };
            }

            return work;
        }

        var begun = Reconciler.Begin(scene.Of(known), product, link, plan, pushId);
        reply = new BeginPushReply { Status = BeginPushStatus.Push, Item = begun.Item, Lane = plan.Lane ?? Lane.Content, IsReleased = link.WithdrawalHeldAt is not null };
        return work.With(begun.Link).With(new AttemptWrite
        {
            Id = pushId,
            Channel = channel,
            Operation = known.Operation,
            Status = "processing",
            Attempts = link.Attempts + 1,
            Fields = FieldsOf(begun.Item),
            StartedAt = scene.Now,
        });
    }

    protected override BeginPushReply ReplyTo(CommittedProduct committed) => reply;

    internal static ImmutableArray<string> FieldsOf(PushItem item) =>
        [.. item.Delta.Select(value => value.Key.Field).Distinct().Order(StringComparer.Ordinal)];
}

/// <summary>Plans one channel's push as a part of a bulk operation and puts its intents on record.</summary>
internal sealed class BeginBulk(ChannelId channel, string pushId) : ProductCommand<BeginPushReply>
{
    private BeginPushStatus status;
    private BeginPushReply? reply;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        status = BeginPushStatus.Nothing;
        reply = null;
        if (work.Product is not { } product || !scene.Channels.TryGetValue(channel, out var known))
        {
            return work;
        }

        var link = work.Link(channel);
        work = work with { Remark = work.Remark.Add(channel) };
        if (!known.IsLive)
        {
            return work;
        }

        if (known.Settings.Paused || link.Flight?.LeaseUntil > scene.Now || link.Bulk?.LeaseUntil > scene.Now)
        {
            status = BeginPushStatus.Later;
            return work;
        }

        if (known.Profile.Bulk is not { } bulk)
        {
            status = BeginPushStatus.Single;
            return work;
        }

        var context = scene.Of(known) with { Channel = known.Profile with { FreshFor = bulk.FreshFor } };
        var plan = ProductScene.Plan(context, product, link, work.Links);
        if (plan.Guard is not null || !plan.HasWork)
        {
            return work;
        }

        if (plan.NotBefore > scene.Now)
        {
            status = BeginPushStatus.Later;
            return work;
        }

        if (link.ExternalId is not { } externalId || Reconciler.InBulk(bulk, plan) is not var (part, form))
        {
            status = BeginPushStatus.Single;
            return work;
        }

        if (plan.ReadFirst || link.HasLostCall(scene.Now))
        {
            reply = new BeginPushReply { Status = BeginPushStatus.ReadFirst, ExternalId = externalId };
            return work;
        }

        var begun = Reconciler.BeginBulk(context, product, link, part, pushId);
        reply = new BeginPushReply { Status = BeginPushStatus.Push, Item = begun.Item, Form = form, Lane = part.Lane ?? Lane.Content };
        return work.With(begun.Link).With(new AttemptWrite
        {
            Id = pushId,
            Channel = channel,
            Operation = known.Operation,
            Status = "processing",
            Attempts = link.Attempts + 1,
            Fields = BeginPush.FieldsOf(begun.Item),
            StartedAt = scene.Now,
        });
    }

    protected override BeginPushReply ReplyTo(CommittedProduct committed) => reply ?? new BeginPushReply { Status = status };
}

/// <summary>Settles one push.</summary>
internal sealed class SettlePush(ChannelId channel, PushOutcome outcome) : ProductCommand<SettleReply>
{
    public override ChannelId? Channel => channel;

    private PushOutcome current = outcome;
    private (string Kind, ImmutableArray<string> Fields) unexplained = ("", []);

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        if (work.Product is not { } product || !scene.Channels.TryGetValue(channel, out var known) || !work.Links.TryGetValue(channel, out var link))
        {
            return work;
        }

        var settled = work.With(Reconciler.Settle(scene.Of(known), product, link, current));
        unexplained = (known.Settings.Kind, Learned(link, settled.Link(channel)));
        return link.FlightOf(current.PushId) is { } flight
            ? settled.With(Attempt(scene, known, link, flight, settled.Link(channel)))
            : settled;
    }

    /// <summary>
    /// What the channel answered belongs to another hub product. A taken SKU: the answer's other values are left for the next observation, which knows
    /// how to route. A taken remote product: the push counts as refused, in plain words, and is not repeated until something changes.
    /// </summary>
    public override bool Taken(CommitResult result)
    {
        if (current.Answer is not null && result.Status == CommitStatus.SkuTaken)
        {
            current = current with { Answer = null };
            return false;
        }

        if (current.Result != PushResult.Rejected)
        {
            var words = result.Status == CommitStatus.SkuTaken
                ? $"SKU '{result.Key}' belongs to product {result.Owner}."
                : $"The channel's product '{result.Key}' is linked to product {result.Owner}.";
            current = current with
            {
                Result = PushResult.Rejected,
                Answer = null,
                Bound = [],
                ExternalId = null,
                Error = words,
                Rejections = [new Rejection { Code = "link-taken", Message = words }],
            };
            return false;
        }

        return base.Taken(result);
    }

    protected override SettleReply ReplyTo(CommittedProduct committed)
    {
        foreach (var field in unexplained.Fields)
        {
            ProductDiagnostics.Unexplained(unexplained.Kind, field);
        }

        var marking = committed.Markings.GetValueOrDefault(channel);
        return new SettleReply { StillDirty = marking?.Dirty is not null, DueAt = marking?.DueAt };
    }

    /// <summary>Fields whose form this answer taught: the channel gave the same unexplained value twice.</summary>
    private static ImmutableArray<string> Learned(LinkState before, LinkState after) => ReferenceEquals(before.Registers, after.Registers) ? []
        : [.. after.Registers.Where(pair => pair.Value.Learned is { } learned && before.Registers.GetValueOrDefault(pair.Key)?.Learned != learned).Select(pair => pair.Key.Field)];

    private AttemptWrite Attempt(ProductScene scene, ChannelScene known, LinkState link, Flight flight, LinkState after)
    {
        var isApplied = current.Result == PushResult.Applied;
        return new AttemptWrite
        {
            Id = current.PushId,
            Channel = channel,
            Operation = known.Operation,
            Status = isApplied ? "completed" : "failed",
            Attempts = isApplied ? link.Attempts + 1 : after.Attempts,
            Fields = IntendedFields(link, flight),
            Error = current.Error ?? (current.Rejections.IsEmpty ? null : current.Rejections[0].Message),
            StartedAt = flight.StartedAt,
            EndedAt = scene.Now,
        };
    }

    private static ImmutableArray<string> IntendedFields(LinkState link, Flight flight) =>
    [
        .. link.Registers.Where(pair => pair.Value.Intents.Any(intent => intent.PushId == flight.PushId)).Select(pair => pair.Key.Field)
            .Distinct().Order(StringComparer.Ordinal),
    ];
}

/// <summary>Works in what the bytes of pictures told; it may touch every link, because two pictures may turn out to be one.</summary>
internal sealed class LearnPictures(ChannelId channel, ImmutableArray<PictureReading> readings) : ProductCommand<bool>
{
    public override ChannelId? Channel => channel;

    public override ProductWork Decide(ProductScene scene, ProductWork work) =>
        work.Product is { } product && scene.Channels.TryGetValue(channel, out var known) && work.Links.ContainsKey(channel)
            ? work.With(Reconciler.LearnPictures(scene.Of(known), product, work.Links, readings)) with { Remark = work.Remark.Add(channel) }
            : work;

    protected override bool ReplyTo(CommittedProduct committed) => true;
}

/// <summary>Someone asks: what failed, was refused or is ambiguous gets another try now.</summary>
internal sealed class RetryPush(ImmutableArray<ChannelId> channels) : ProductCommand<bool>
{
    private bool keepsAmbiguous;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        foreach (var link in work.Links.Values.Where(link => channels.IsEmpty || channels.Contains(link.Channel)))
        {
            var again = Reconciler.Unpark(link);
            work = work.With(again is { Status: LinkStatus.Ambiguous, ExternalId: not null } && !keepsAmbiguous
                ? again with { Status = LinkStatus.Linked, Reason = null }
                : again);
        }

        return work.Product is not { } product ? work
            : work with { Product = Reconciler.UnparkPictures(product), Remark = work.Remark.Union(work.Links.Keys) };
    }

    public override bool Taken(CommitResult result)
    {
        if (keepsAmbiguous)
        {
            return base.Taken(result);
        }

        keepsAmbiguous = true;
        return false;
    }

    protected override bool ReplyTo(CommittedProduct committed) => true;
}

/// <summary>Takes back a push that would unpublish one product too many, and holds it for a person.</summary>
internal sealed class HoldWithdrawal(ChannelId channel, string pushId) : ProductCommand<bool>
{
    public override ChannelId? Channel => channel;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        if (work.Product is not { } product || !scene.Channels.TryGetValue(channel, out var known) || !work.Links.TryGetValue(channel, out var link)
            || link.Flight is not { } flight || flight.PushId != pushId)
        {
            return work;
        }

        var taken = work.With(Reconciler.Settle(scene.Of(known), product, link, new PushOutcome
        {
            Product = product.Id,
            PushId = pushId,
            Result = PushResult.NotSent,
            SentAt = scene.Now,
            IsChannelFault = true,
        }));
        return taken.With(Reconciler.HoldWithdrawal(taken.Link(channel), scene.Now)).With(new LogEntry
        {
            Action = LogAction.Held,
            Origin = Origin.Hub,
            Channel = channel,
            Detail = "Unpublishing or deleting waits for a person: too many products of this channel would have gone within minutes.",
            At = scene.Now,
        }).With(new AttemptWrite
        {
            Id = pushId,
            Channel = channel,
            Operation = known.Operation,
            Status = "skipped",
            Attempts = link.Attempts,
            StartedAt = flight.StartedAt,
            EndedAt = scene.Now,
        });
    }

    protected override bool ReplyTo(CommittedProduct committed) => true;
}

/// <summary>A person lets go what the minimal guard holds.</summary>
internal sealed class ReleaseGuard(ChannelId channel, string actor, bool onlyWithdrawal) : ProductCommand<bool>
{
    public override ChannelId? Channel => channel;

    private bool isReleased;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        isReleased = false;
        if (!work.Links.TryGetValue(channel, out var link) || link.HeldByGuard is not { } held || (onlyWithdrawal && link.WithdrawalHeldAt is null))
        {
            return work;
        }

        isReleased = true;
        return work.With(Reconciler.PassGuard(link, held)).With(new LogEntry
        {
            Action = LogAction.Resolved,
            Origin = Origin.Hub,
            Channel = channel,
            Actor = actor,
            Detail = $"Let go by a person: {held}",
            At = scene.Now,
        });
    }

    protected override bool ReplyTo(CommittedProduct committed) => isReleased;
}
