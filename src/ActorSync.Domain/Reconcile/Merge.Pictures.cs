using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>What the bytes of pictures tell.</summary>
internal sealed partial class Merge
{
    public PictureDecision LearnPictures(ImmutableDictionary<ChannelId, LinkState> links, ImmutableArray<PictureReading> readings)
    {
        foreach (var reading in readings)
        {
            NoteReading(reading);
        }

        MatchPictures();
        JoinDoubles(ref links);
        var changed = ImmutableArray.CreateBuilder<LinkState>();
        changed.Add(FinishLink());
        changed.AddRange(links.Values.Where(other => other.Channel != link.Channel));
        return new PictureDecision { Product = FinishProduct(), Links = changed.ToImmutable(), Log = log?.ToImmutable() ?? [], Conflicts = rows is null ? [] : [.. rows.Values] };
    }

    private void NoteReading(PictureReading reading)
    {
        if (reading.Picture.Key is { } key)
        {
            if (images.TryGetValue(key, out var image) && image.Url == reading.Picture.Url)
            {
                var failures = reading.Hash is null ? image.FetchFailures + 1 : 0;
                var isUnreachable = reading.Hash is null && (reading.Permanent || failures >= ProductImage.MaxFetches);
                images = images.SetItem(key, image with
                {
                    Hash = reading.Hash ?? image.Hash,
                    FetchFailures = failures,
                    FetchAfter = failures == 0 || isUnreachable ? null : now + Backoff(failures),
                    Unreachable = isUnreachable ? $"{reading.Picture.Url} could not be fetched: {reading.Error}" : null,
                });
                if (isUnreachable)
                {
                    Log(LogAction.Parked, Origin.Hub, PictureKey(key), after: ValueOf(key), detail: images[key].Unreachable);
                }
            }

            return;
        }

        for (var i = 0; i < link.Media.Length; i++)
        {
            var media = link.Media[i];
            if (media.MediaId == reading.Picture.MediaId && media.Url == reading.Picture.Url)
            {
                var failures = reading.Hash is not null ? 0 : reading.Permanent ? ProductImage.MaxFetches : media.Checks + 1;
                link = link with { Media = link.Media.SetItem(i, media with { Hash = reading.Hash ?? media.Hash, Checks = failures, CheckAt = failures == 0 ? null : now + Backoff(failures) }) };
            }
        }
    }

    /// <summary>
    /// Binds the channel's unknown pictures: to the hub's picture of the same bytes, and once every candidate on either side is known, the others are pictures
    /// of their own.
    /// </summary>
    private void MatchPictures()
    {
        var unmatched = link.Media.Where(m => m is { Key: null, Gone: false }).ToList();
        if (unmatched.Count == 0)
        {
            return;
        }

        foreach (var media in unmatched.Where(m => m.Hash is not null))
        {
            var same = images.Values.Where(i => i.Hash == media.Hash)
                .OrderBy(i => IsThere(i.Key) ? 1 : 0).ThenBy(i => Winner(PictureKey(i.Key)) is { Value.IsEmpty: false } ? 0 : 1).ThenBy(i => ImageOrder.NumberOf(i.Key)).FirstOrDefault();
            if (same is not null)
            {
                var isMaybeOurs = HeldOf(PictureKey(same.Key)) is { } known && known.Intents.Any(intent => !intent.Value.IsEmpty);
                Rebind(media, media with { Key = same.Key, MaybeOurs = isMaybeOurs });
            }
        }

        var rest = link.Media.Where(m => m is { Key: null, Gone: false }).ToList();
        var isFirst = HeldOf(ImageList) is null;
        isFirstList = isFirst;
        if (rest.Any(m => !IsJudged(m)) || (rest.Count > 0 && Candidates().Any(i => i is { Hash: null, Unreachable: null })))
        {
            return;
        }

        foreach (var media in rest.Where(_ => images.Count < ProductImage.MaxPerProduct))
        {
            var key = NewPicture(media.Url, null, Channel.Origin);
            images = images.SetItem(key, images[key] with { Hash = media.Hash });
            Rebind(media, media with { Key = key });
        }

        if (!isFirst)
        {
            // The next read judges them like any other picture.
            WantRead();
            return;
        }

        var present = link.Media.Where(m => !m.Gone && m.Key is not null).Select(m => m.Key!).Distinct(StringComparer.Ordinal).ToList();
        var at = new Look(null, now, TimeSpan.Zero, null);
        ObserveAlts(link.Media.Where(m => !m.Gone).Select(m => (m.MediaId, m.Alt)), [], Stamp.At(link.ObservedAt ?? now), at, null);
        JudgePictures(present, Stamp.At(link.ObservedAt ?? now), at, null);
        ObserveOrder(present, Stamp.At(link.ObservedAt ?? now), at, null);
        if (link.PicturesWonBy is { } winner)
        {
            DecidePictures(winner);
        }
    }

    private static bool IsJudged(RemoteMedia media) => media.Hash is not null || media.Checks >= ProductImage.MaxFetches || media.Status == MediaStatus.Failed;

    /// <summary>The hub's pictures that an unknown one of the channel may be.</summary>
    private IEnumerable<ProductImage> Candidates() => images.Values.Where(i => !IsThere(i.Key) && Winner(PictureKey(i.Key)) is { Value.IsEmpty: false });

    private void Rebind(RemoteMedia before, RemoteMedia after) => link = link with { Media = link.Media.Replace(before, after) };

    /// <summary>A picture that the channel lacks and one that it has turn out to be the same: they become the older of the two, everywhere.</summary>
    private void JoinDoubles(ref ImmutableDictionary<ChannelId, LinkState> links)
    {
        foreach (var lacking in Candidates().Where(i => i.Hash is not null).OrderBy(i => ImageOrder.NumberOf(i.Key)).ToList())
        {
            var twin = link.Media.Where(m => m is { Gone: false, Key: not null } && m.Key != lacking.Key && (m.Hash ?? images.GetValueOrDefault(m.Key)?.Hash) == lacking.Hash)
                .Select(m => m.Key!).OrderBy(ImageOrder.NumberOf).FirstOrDefault();
            if (twin is null || !images.ContainsKey(lacking.Key) || !images.TryGetValue(twin, out var other))
            {
                continue;
            }

            var (from, into) = ImageOrder.NumberOf(lacking.Key) < ImageOrder.NumberOf(twin) ? (other, lacking) : (lacking, other);
            images = images.Remove(from.Key).SetItem(into.Key, into with { Hash = lacking.Hash });
            JoinRegisters(from.Key, into.Key);
            link = Joined(link with { Registers = held.ToImmutable() }, from.Key, into.Key);
            foreach (var (key, _) in held.Where(pair => !link.Registers.ContainsKey(pair.Key)).ToList())
            {
                Unset(key);
            }

            if (link.Registers.TryGetValue(PictureKey(into.Key), out var moved))
            {
                Set(PictureKey(into.Key), moved);
            }

            links = links.ToImmutableDictionary(pair => pair.Key, pair => pair.Key == link.Channel ? link : Joined(pair.Value, from.Key, into.Key));
            Log(LogAction.Linked, Channel.Origin, PictureKey(into.Key), detail: $"picture {from.Key} has the same bytes as {into.Key}; they are one from now on");
        }
    }

    private void JoinRegisters(string from, string into)
    {
        if (registers.TryGetValue(PictureKey(from), out var gone))
        {
            registers.Remove(PictureKey(from));
            if (Winner(PictureKey(into)) is not { Value.IsEmpty: false })
            {
                registers[PictureKey(into)] = gone;
            }
        }

        if (registers.TryGetValue(AltKey(from), out var words))
        {
            registers.Remove(AltKey(from));
            if (Winner(AltKey(into)) is null)
            {
                registers[AltKey(into)] = words;
            }
        }

        if (registers.TryGetValue(OrderKey, out var order))
        {
            registers[OrderKey] = order with
            {
                Claims = [.. order.Claims.Select(c => c with { Value = Canonical.List([.. c.Value.ToList().Select(k => k == from ? into : k).Distinct(StringComparer.Ordinal)]) })],
            };
        }
    }

    private static LinkState Joined(LinkState link, string from, string into)
    {
        var media = link.Media.Any(m => m.Key == from) ? [.. link.Media.Select(m => m.Key == from ? m with { Key = into } : m)] : link.Media;
        // What is held of the words is seen again with the next body.
        var known = link.Registers.Remove(AltKey(from));
        if (known.TryGetValue(PictureKey(from), out var moved))
        {
            known = known.Remove(PictureKey(from));
            if (!known.TryGetValue(PictureKey(into), out var stands) || stands.Last is not { Value.IsEmpty: false })
            {
                known = known.SetItem(PictureKey(into), moved);
            }
        }

        return media == link.Media && ReferenceEquals(known, link.Registers) ? link : link with { Media = media, Registers = known };
    }
}
