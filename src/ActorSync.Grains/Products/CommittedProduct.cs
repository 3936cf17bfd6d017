using ActorSync.Abstractions.Storage;

namespace ActorSync.Grains.Products;

/// <summary>A product as the tables hold it. Reads answer from it; turns start from it.</summary>
internal sealed record CommittedProduct
{
    /// <summary>With its stored version; null = does not exist.</summary>
    public required ProductState? Product { get; init; }
    /// <summary>Each with its stored version.</summary>
    public required ImmutableDictionary<ChannelId, LinkState> Links { get; init; }
    public required ImmutableDictionary<ChannelId, LinkMarking> Markings { get; init; }
    /// <summary>Null while the product does not exist.</summary>
    public ProductIndex? Index { get; init; }

    public static readonly CommittedProduct None = new()
    {
        Product = null,
        Links = ImmutableDictionary<ChannelId, LinkState>.Empty,
        Markings = ImmutableDictionary<ChannelId, LinkMarking>.Empty,
    };

    /// <summary>A loaded product. The table's marks were not read; they are presumed to be what these settings give.</summary>
    public static CommittedProduct Loaded(ProductScene scene, StoredProduct? stored)
    {
        if (stored is null || stored.Product.Tenant != scene.Tenant)
        {
            return None;
        }

        var links = stored.Links.ToImmutableDictionary(link => link.Channel);
        var plans = ProductCommits.PlansOf(scene, stored.Product, links);
        var since = new LinkMarking { DirtySince = stored.Product.UpdatedAt };
        return new CommittedProduct
        {
            Product = stored.Product,
            Links = links,
            Markings = links.Values.ToImmutableDictionary(
                link => link.Channel,
                link => plans.TryGetValue(link.Channel, out var plan) ? LinkMarking.Of(scene, link, plan, since) : LinkMarking.Clean),
            Index = ProductIndexing.Of(scene, stored.Product, links, plans),
        };
    }

    public ProductWork Begin() => new() { Product = Product, Links = Links };
}

/// <summary>Turns the work of one turn into one write. Pure.</summary>
internal static class ProductCommits
{
    /// <summary>The write, or null when nothing is to be written; and the product as it will stand after it.</summary>
    public static (ProductCommit? Commit, CommittedProduct After) Of(ProductScene scene, CommittedProduct before, ProductWork work)
    {
        if (work.Product is not { } product)
        {
            return work.Inbox.IsEmpty ? (null, before) : (Write(scene, work, null, null, []), before);
        }

        work = WithNewLinks(scene, work);
        var plans = PlansOf(scene, product, work.Links);
        work = WithGuards(scene, work, plans);
        var index = ProductIndexing.Of(scene, product, work.Links, plans);
        // The codes of a product change without it when a link turns ambiguous or free again: they are written, and checked, with its row.
        var isChanged = !ReferenceEquals(before.Product, product) || before.Index?.Variants.SequenceEqual(index.Variants) == false;
        var markings = before.Markings.ToBuilder();
        var links = work.Links.ToBuilder();
        var writes = ImmutableArray.CreateBuilder<LinkWrite>();
        foreach (var link in work.Links.Values)
        {
            var stands = before.Markings.GetValueOrDefault(link.Channel);
            var marking = plans.TryGetValue(link.Channel, out var plan) ? LinkMarking.Of(scene, link, plan, stands) : LinkMarking.Clean;
            var isSame = stands is not null && marking.Says(stands) && ReferenceEquals(before.Links.GetValueOrDefault(link.Channel), link);
            if (isSame && (stands!.IsStored || !work.Remark.Contains(link.Channel)))
            {
                continue;
            }

            writes.Add(marking.Write(link));
            markings[link.Channel] = marking with { IsStored = true };
            links[link.Channel] = link with { Version = link.Version + 1 };
        }

        var isIndexNews = before.Index is not { } was || was.SyncStatus != index.SyncStatus || was.HasConflict != index.HasConflict || was.UnaccountedSince != index.UnaccountedSince || !work.Remark.IsEmpty;
        var after = new CommittedProduct
        {
            Product = isChanged ? product with { Version = product.Version + 1 } : product,
            Links = links.ToImmutable(),
            Markings = markings.ToImmutable(),
            Index = index,
        };
        return isChanged || writes.Count > 0 || isIndexNews || work.HasRecords
            ? (Write(scene, work, isChanged ? product : null, isChanged || isIndexNews ? index : null, writes.ToImmutable()), after)
            : (null, after);
    }

    /// <summary>What would be pushed to each configured channel if it were live.</summary>
    public static Dictionary<ChannelId, PushPlan> PlansOf(ProductScene scene, ProductState product, ImmutableDictionary<ChannelId, LinkState> links)
    {
        var plans = new Dictionary<ChannelId, PushPlan>(links.Count);
        foreach (var (channel, link) in links)
        {
            if (scene.Channels.TryGetValue(channel, out var known))
            {
                plans[channel] = ProductScene.Plan(scene.AsLive(known), product, link, links);
            }
        }

        return plans;
    }

    /// <summary>Every channel of the tenant has a link row, so that what is missing there can be counted, created and explained.</summary>
    private static ProductWork WithNewLinks(ProductScene scene, ProductWork work)
    {
        foreach (var channel in scene.Channels.Values)
        {
            if (!work.Links.ContainsKey(channel.Id))
            {
                var isWanted = channel.Settings.CreateMissing == CreateMissing.All;
                work = work.With(Reconciler.NewLink(channel.Id) with { Status = isWanted ? LinkStatus.Missing : LinkStatus.Excluded });
            }
        }

        return work;
    }

    /// <summary>What the minimal guard holds is written on the link, so that people find it; what it no longer holds is free.</summary>
    private static ProductWork WithGuards(ProductScene scene, ProductWork work, Dictionary<ChannelId, PushPlan> plans)
    {
        foreach (var (channel, plan) in plans)
        {
            var link = work.Links[channel];
            if (!scene.Channels[channel].IsLive || link.Flight is not null || link.HeldByGuard == plan.Guard)
            {
                continue;
            }

            work = work.With(link with { HeldByGuard = plan.Guard });
            if (plan.Guard is { } sentence)
            {
                work = work.With(new LogEntry { Action = LogAction.Held, Origin = Origin.Hub, Channel = channel, Detail = sentence, At = scene.Now });
            }
        }

        return work;
    }

    private static ProductCommit Write(ProductScene scene, ProductWork work, ProductState? product, ProductIndex? index, ImmutableArray<LinkWrite> links) => new()
    {
        Tenant = scene.Tenant,
        Id = scene.Product,
        At = scene.Now,
        Product = product,
        Index = index,
        Links = links,
        Log = [.. work.Log],
        Conflicts = [.. work.Conflicts.Values],
        Inbox = [.. work.Inbox],
        Attempts = [.. work.Attempts.Values],
    };
}
