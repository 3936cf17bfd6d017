using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Stock;

namespace ActorSync.Grains.Products;

/// <summary>Works observations of one remote product in.</summary>
internal sealed class ObserveProduct(ObserveCommand command) : ProductCommand<ObserveReply>
{
    private ObserveReply reply = Missing;

    private static readonly ObserveReply Missing = new() { Status = ObserveStatus.NotFound };

    public override ChannelId? Channel => command.Observations.FirstOrDefault()?.Channel;

    public override DateTimeOffset? ArrivedAt
    {
        get
        {
            DateTimeOffset? first = null;
            foreach (var seen in command.Observations)
            {
                first = seen.Source == ObservationSource.Webhook && !(seen.ReceivedAt >= first) ? seen.ReceivedAt : first;
            }

            return first;
        }
    }

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        reply = Missing;
        if (command.Observations.IsEmpty)
        {
            return work;
        }

        if (!scene.Channels.TryGetValue(command.Observations[0].Channel, out var channel))
        {
            reply = new ObserveReply { Status = ObserveStatus.Done };
            return work with { Inbox = work.Inbox.AddRange(Acks("ignored: the channel is not configured any more")) };
        }

        if (work.Product is null && !command.CreateIfMissing)
        {
            return work;
        }

        var product = work.Product ?? Reconciler.NewProduct(scene.Product, scene.Tenant, scene.Now, channel.Profile.Origin);
        var link = work.Link(channel.Id);
        if (channel.Profile.IsFlat ? !FlatChannels.Belongs(product, link, command.Observations[0].Body) : IsOtherRemote(link))
        {
            // Linked to another remote product of this channel: the caller must not route it here. Owner = this very product says so.
            reply = new ObserveReply { Status = ObserveStatus.LinkTaken, Owner = scene.Product };
            return work;
        }

        var start = work with { Product = product };
        if (link.Status == LinkStatus.Deleted && link.ExternalId is not null && link.ExternalId != command.Observations[0].Body.ExternalId
            && !(channel.Profile.IsFlat && link.Variants.Any(known => known.ExternalId == command.Observations[0].Body.ExternalId)))
        {
            // Made anew at the channel under another id: nothing that was held of the old one applies.
            start = start.With(Reconciler.NewLink(channel.Id) with { Version = link.Version });
        }

        var after = start;
        foreach (var observation in command.Observations)
        {
            after = after.With(Reconciler.Observe(scene.Of(channel), after.Product!, after.Link(channel.Id), observation));
        }

        if (command.Ambiguous is { } reason)
        {
            after = after.With(after.Link(channel.Id) with { Status = LinkStatus.Ambiguous, Reason = reason });
        }

        var isChanged = !ReferenceEquals(after.Product, work.Product);
        var outcome = isChanged ? "changed" : ReferenceEquals(after.Link(channel.Id).Registers, link.Registers) ? "nochange" : "echo";
        reply = new ObserveReply { Status = ObserveStatus.Done, Changed = isChanged, WantsRead = after.Link(channel.Id).WantsRead };
        if (command.Check)
        {
            var decision = new Decision { Product = after.Product!, Link = after.Link(channel.Id) };
            reply = reply with { Drift = Drift.Of(scene.AsLive(channel), work.Product, start.Link(channel.Id), decision, command.Observations[^1]) };
        }

        return command.DryRun ? work : after with { Inbox = after.Inbox.AddRange(Acks(outcome)) };
    }

    public override bool Taken(CommitResult result)
    {
        Answer(new ObserveReply
        {
            Status = result.Status == CommitStatus.SkuTaken ? ObserveStatus.SkuTaken : ObserveStatus.LinkTaken,
            Owner = result.Owner,
        });
        return true;
    }

    protected override ObserveReply ReplyTo(CommittedProduct committed) => reply;

    private bool IsOtherRemote(LinkState link) =>
        link is { ExternalId: { } linked, Status: not LinkStatus.Deleted } && command.Observations[0].Body.ExternalId is { Length: > 0 } seen && linked != seen;

    private IEnumerable<InboxAck> Acks(string outcome) => command.InboxIds.Select(id => new InboxAck { Id = id, Outcome = outcome });
}

/// <summary>A person's or client's edit.</summary>
internal sealed class EditProduct(EditCommand command) : ProductCommand<EditReply>
{
    private EditDecision? decision;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        decision = null;
        if (work.Product is null && !command.CreateIfMissing)
        {
            return work;
        }

        var product = work.Product ?? Reconciler.NewProduct(scene.Product, scene.Tenant, scene.Now, Origin.Hub);
        decision = Reconciler.Edit(scene.Now, scene.Policy, product, command.Edit);
        return WithChosenChannels(scene, work.With(decision));
    }

    public override bool Taken(CommitResult result)
    {
        Answer(new EditReply { Found = true, SkuTaken = result.Key, SkuOwner = result.Owner });
        return true;
    }

    protected override EditReply ReplyTo(CommittedProduct committed) => EditReplies.Of(decision, committed);

    private ProductWork WithChosenChannels(ProductScene scene, ProductWork work)
    {
        foreach (var id in command.Channels ?? [])
        {
            if (scene.Channels.TryGetValue(id, out var channel) && work.Link(id) is { Status: LinkStatus.Excluded or LinkStatus.Missing } link)
            {
                work = work.With(link with
                {
                    Selected = true,
                    Status = channel.Settings.CreateMissing == CreateMissing.None ? LinkStatus.Excluded : LinkStatus.Missing,
                });
            }
        }

        return work;
    }
}

/// <summary>Closes open conflicts.</summary>
internal sealed class ResolveConflicts(ConflictResolution resolution) : ProductCommand<EditReply>
{
    private EditDecision? decision;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        decision = work.Product is { } product ? Reconciler.Resolve(scene.Now, scene.Policy, product, resolution) : null;
        return decision is null ? work : work.With(decision);
    }

    public override bool Taken(CommitResult result)
    {
        Answer(new EditReply { Found = true, SkuTaken = result.Key, SkuOwner = result.Owner });
        return true;
    }

    protected override EditReply ReplyTo(CommittedProduct committed) => EditReplies.Of(decision, committed);
}

/// <summary>Applies the first-contact decision to one channel's undecided registers.</summary>
internal sealed class DecideFirstContact(ChannelId channel, Origin winner) : ProductCommand<bool>
{
    public override ChannelId? Channel => channel;

    public override ProductWork Decide(ProductScene scene, ProductWork work) =>
        work.Product is { } product && scene.Channels.TryGetValue(channel, out var known) && work.Links.TryGetValue(channel, out var link)
            ? work.With(Reconciler.DecideFirstContact(scene.Of(known), product, link, winner))
            : work;

    protected override bool ReplyTo(CommittedProduct committed) => true;
}

/// <summary>Settings changed: links follow the channels' rules for missing products, and every mark is written anew.</summary>
internal sealed class RefreshProduct(long settingsVersion) : ProductCommand<bool>
{
    public override long SettingsVersion => settingsVersion;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        foreach (var link in work.Links.Values)
        {
            var status = (link, scene.Channels.GetValueOrDefault(link.Channel)?.Settings.CreateMissing) switch
            {
                ({ Status: LinkStatus.Excluded }, CreateMissing.All) => LinkStatus.Missing,
                ({ Status: LinkStatus.Excluded, Selected: true }, CreateMissing.Selected) => LinkStatus.Missing,
                // A create that may have happened is followed to its end.
                ({ Status: LinkStatus.Missing, CreateTried: false, Flight: null }, null or CreateMissing.None) => LinkStatus.Excluded,
                ({ Status: LinkStatus.Missing, CreateTried: false, Flight: null, Selected: false }, CreateMissing.Selected) => LinkStatus.Excluded,
                _ => link.Status,
            };
            if (status != link.Status)
            {
                work = work.With(link with { Status = status });
            }
        }

        return work.Product is null ? work : work with { Remark = work.Remark.Union(work.Links.Keys) };
    }

    protected override bool ReplyTo(CommittedProduct committed) => true;
}

/// <summary>Deletes the product in the hub.</summary>
internal sealed class DeleteProduct(string actor) : ProductCommand<bool>
{
    private bool isFound;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        isFound = work.Product is { Life: ProductLife.Active };
        return isFound ? work.With(Reconciler.Delete(scene.Now, scene.Policy, work.Product!, actor)) : work;
    }

    protected override bool ReplyTo(CommittedProduct committed) => isFound;
}

/// <summary>A person's word on a sale that nothing accounted for.</summary>
internal sealed class ExplainSale(SaleExplanation explanation) : ProductCommand<bool>
{
    private bool isFound;

    public override ProductWork Decide(ProductScene scene, ProductWork work)
    {
        isFound = false;
        if (work.Product is not { } product)
        {
            return work;
        }

        var after = StockRules.Explain(scene.Now, scene.Policy, product, explanation.Channel, explanation.Key, explanation.WasSold);
        isFound = !ReferenceEquals(after, product);
        return !isFound ? work : (work with { Product = after }).With(new LogEntry
        {
            Action = LogAction.Resolved,
            Origin = Origin.Hub,
            Channel = explanation.Channel,
            Actor = explanation.Actor,
            Rule = MergeRule.Sale,
            Detail = $"{explanation.Key}: {(explanation.WasSold ? "sold" : "not sold, given back")}",
            At = scene.Now,
        });
    }

    protected override bool ReplyTo(CommittedProduct committed) => isFound;
}

/// <summary>Loads the product when it is not in memory; decides nothing.</summary>
internal sealed class LoadProduct : ProductCommand<CommittedProduct>
{
    public override ProductWork Decide(ProductScene scene, ProductWork work) => work;

    protected override CommittedProduct ReplyTo(CommittedProduct committed) => committed;
}

internal static class EditReplies
{
    public static EditReply Of(EditDecision? decision, CommittedProduct committed) => decision is null
        ? new EditReply { Found = false }
        : new EditReply
        {
            Found = true,
            Version = committed.Product?.Version ?? 0,
            Accepted = decision.Accepted,
            Refused = decision.Refused,
        };
}
