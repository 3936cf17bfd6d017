using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Pictures;

/// <summary>A shop that holds pictures of one product. Its ids and addresses tell nothing of the bytes, here a letter or number.</summary>
internal sealed class PictureShop(ChannelId id)
{
    private int nextMedia = 1;

    public ChannelId Id => id;
    public List<(string Media, string Bytes, bool ByHub)> Pictures { get; private set; } = [];
    public Dictionary<string, string> Files { get; } = [];
    /// <summary>Words by media id.</summary>
    public Dictionary<string, string> Alts { get; } = [];
    public long Version { get; private set; }
    public Dictionary<string, int> Uploads { get; } = [];
    public HashSet<string> Unreachable { get; } = [];
    public MediaStatus NewStatus { get; set; }
    public string? Fail { get; set; }

    public string Url(string media) => $"https://{id.Value}/{media}";

    public string Add(string bytes, long clock, bool byHub = false, int at = int.MaxValue)
    {
        var media = $"{id.Value}{nextMedia++}";
        Files[Url(media)] = bytes;
        Pictures.Insert(Math.Min(at, Pictures.Count), (media, bytes, byHub));
        Touch(clock);
        return media;
    }

    public void Describe(string media, string? alt, long clock)
    {
        Alts[media] = alt ?? "";
        Touch(clock);
    }

    public void Remove(string media, long clock)
    {
        Pictures.RemoveAll(p => p.Media == media);
        Touch(clock);
    }

    public void Reorder(IEnumerable<string> media, long clock)
    {
        var order = media.ToList();
        Pictures = [.. Pictures.OrderBy(p => order.IndexOf(p.Media) is >= 0 and var at ? at : int.MaxValue)];
        Touch(clock);
    }

    private void Touch(long clock) => Version = Math.Max(Version + 1, clock);

    public ObservedProduct Body() => Lab.BodyAt(id, Lab.Version(Version), ("name", "Shirt")) with
    {
        Images = [.. Pictures.Select(p => new ObservedImage { MediaId = p.Media, Url = Url(p.Media), Alt = Alts.GetValueOrDefault(p.Media), Status = p.Bytes == Fail ? MediaStatus.Failed : NewStatus })],
    };
}

/// <summary>One product at two shops: one that answers with its list (WooCommerce), one that only names what it made (Shopify).</summary>
internal sealed class PictureWorld
{
    private readonly List<(ChannelId Id, ObservedProduct Body)> queue = [];

    public PictureWorld()
    {
        foreach (var id in new[] { Lab.S, Lab.W })
        {
            Lab.Add(id, OriginKind.Storefront, ["name", "images"]);
        }
    }

    public Lab Lab { get; } = new() { Clock = 10_000 };
    public PictureShop S { get; } = new(Reconcile.Lab.S);
    public PictureShop W { get; } = new(Reconcile.Lab.W);

    public PictureShop Shop(ChannelId id) => id == S.Id ? S : W;

    public PictureShop Other(PictureShop shop) => shop == S ? W : S;

    public long Now => (long)Lab.Clock;

    public void Read(ChannelId id) => Lab.Observe(id, Shop(id).Body(), ObservationSource.Read, Lab.Clock);

    public void Decide(ChannelId id, Origin winner) => Lab.Take(id, Reconciler.DecideFirstContact(Lab.Context(id), Lab.Product, Lab.Links[id], winner));

    /// <summary>The shop tells of its present state; when the body arrives is another matter.</summary>
    public void Send(ChannelId id) => queue.Add((id, Shop(id).Body()));

    public bool DeliverOne(int index, bool again)
    {
        if (queue.Count == 0)
        {
            return false;
        }

        var at = index % queue.Count;
        var (id, body) = queue[at];
        if (!again)
        {
            queue.RemoveAt(at);
        }

        Lab.Observe(id, body, ObservationSource.Webhook, null);
        return true;
    }

    public void Lose(int index)
    {
        if (queue.Count > 0)
        {
            queue.RemoveAt(index % queue.Count);
        }
    }

    public int Fetches { get; private set; }

    public void Learn(ChannelId id, ImmutableArray<PictureToRead> pictures)
    {
        Fetches += pictures.Length;
        var readings = pictures.Select(p => (S.Files.GetValueOrDefault(p.Url) ?? W.Files.GetValueOrDefault(p.Url)) is { } bytes && !S.Unreachable.Contains(p.Url) && !W.Unreachable.Contains(p.Url)
            ? new PictureReading { Picture = p, Hash = "hash-" + bytes }
            : new PictureReading { Picture = p, Error = "404", Permanent = true });
        var decision = Reconciler.LearnPictures(Lab.Context(id), Lab.Product, Lab.Links.ToImmutableDictionary(), [.. readings]);
        Lab.Product = decision.Product with { Version = Lab.Product.Version + 1 };
        foreach (var link in decision.Links)
        {
            Lab.Links[link.Channel] = link;
        }
    }

    /// <summary>One turn of the worker; false = nothing to do now.</summary>
    public bool Work(ChannelId id, PushEnd end = PushEnd.Answered)
    {
        var plan = Lab.Plan(id);
        if (plan.NotBefore > Lab.Now || Lab.Links[id].Flight?.LeaseUntil > Lab.Now)
        {
            return false;
        }

        if (plan.ReadFirst || Lab.Links[id].Flight is not null)
        {
            Read(id);
        }
        else if (!plan.IsEmpty)
        {
            Push(id, end);
        }
        else if (plan.Pictures.Length > 0)
        {
            Learn(id, plan.Pictures);
        }
        else
        {
            return false;
        }

        return true;
    }

    public void Push(ChannelId id, PushEnd end)
    {
        var item = Lab.Begin(id);
        var shop = Shop(id);
        var bound = ImmutableArray.CreateBuilder<BoundImage>();
        if (end != PushEnd.LostBefore)
        {
            Obey(item, shop, bound);
        }

        switch (end)
        {
            case PushEnd.Crashed:
                break;
            case PushEnd.LostBefore or PushEnd.LostAfter:
                Lab.Settle(id, item, PushResult.Unknown);
                break;
            default:
                var answer = shop == W ? shop.Body() : shop.Body() with { Images = null };
                Lab.Take(id, Reconciler.Settle(Lab.Context(id), Lab.Product, Lab.Links[id], new PushOutcome
                {
                    Product = Lab.Product.Id,
                    PushId = item.PushId,
                    Result = PushResult.Applied,
                    Answer = answer,
                    ExternalId = answer.ExternalId,
                    BoundImages = bound.ToImmutable(),
                    SentAt = Lab.Now,
                }));
                break;
        }
    }

    private void Obey(PushItem item, PictureShop shop, ImmutableArray<BoundImage>.Builder bound)
    {
        var made = new Dictionary<string, string>();
        foreach (var value in item.Delta.Where(v => v.Key is { Field: Fields.Images }))
        {
            var image = item.Target.Images.Single(i => i.Key == value.Key.Part);
            if (value.Target.IsEmpty)
            {
                foreach (var media in image.MediaIds)
                {
                    Assert.All(shop.Pictures.Where(p => p.Media == media), p => Assert.True(p.ByHub, $"{media} was removed and is not ours"));
                    shop.Remove(media, Now);
                }
            }
            else
            {
                var bytes = S.Files.GetValueOrDefault(image.Url!) ?? W.Files.GetValueOrDefault(image.Url!) ?? image.Url!;
                // Once per picture and shop, unless the merchant took it away before anybody saw it there.
                Assert.DoesNotContain(shop.Pictures, p => p.ByHub && p.Bytes == bytes);
                var media = shop.Add(bytes, Now, byHub: true);
                shop.Uploads[image.Key] = shop.Uploads.GetValueOrDefault(image.Key) + 1;
                made[image.Key] = media;
                shop.Alts[media] = image.Alt ?? "";
                bound.Add(new BoundImage { Key = image.Key, MediaId = media, Status = shop.NewStatus, Url = shop.Url(media) });
            }
        }

        foreach (var value in item.Delta.Where(v => v.Key.Field == Fields.ImageAlt))
        {
            foreach (var media in item.Target.Images.Single(i => i.Key == value.Key.Part && !i.Remove).MediaIds.Where(id => shop.Pictures.Any(p => p.Media == id)))
            {
                shop.Describe(media, value.Target.Text, Now);
            }
        }

        if (shop == W || item.Delta.Any(v => v.Key.Field == Fields.ImageOrder))
        {
            shop.Reorder(item.Target.Images.Where(i => !i.Remove).SelectMany(i => i.MediaIds.IsEmpty && made.TryGetValue(i.Key, out var id) ? [id] : i.MediaIds.ToArray()), Now);
        }
    }

    /// <summary>Everything arrives at last, and the drift scan reads both shops.</summary>
    public void Settle()
    {
        while (DeliverOne(0, again: false))
        {
        }

        for (var round = 0; round < 200; round++)
        {
            Lab.Clock++;
            if (round % 50 == 0)
            {
                Read(S.Id);
                Read(W.Id);
            }

            if (!(Work(S.Id) | Work(W.Id)) && round > 3)
            {
                Lab.Clock += 30;
                if (round > 50 && !Lab.Plan(S.Id).HasWork && !Lab.Plan(W.Id).HasWork)
                {
                    return;
                }
            }
        }
    }

    public ImmutableArray<string> HubBytes => [.. Lab.Product.Pictures().Select(i => S.Files.GetValueOrDefault(i.Url!) ?? W.Files.GetValueOrDefault(i.Url!) ?? i.Url!)];
}

internal enum PushEnd { Answered, LostBefore, LostAfter, Crashed }
