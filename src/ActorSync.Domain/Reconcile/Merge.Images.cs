using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>
/// Pictures. What a channel calls by its media id is bound to a picture of the hub; from there on a picture is an element of a list like a tag. An id that is
/// not known is a new picture of the merchant, except where it may be one that we know: at first contact, and while an upload of ours may have made it. Then
/// the bytes are compared first, because addresses and file names prove nothing.
/// </summary>
internal sealed partial class Merge
{
    /// <summary>Key of the link's own record of the list of pictures: when one was last seen.</summary>
    internal static readonly RegisterKey ImageList = new(Fields.Images);
    private static readonly RegisterKey OrderKey = new(Fields.ImageOrder);
    /// <summary>A picture that is not ready after so many looks is looked at no more until something else leads there.</summary>
    private const int MaxChecks = 50;

    /// <summary>The channel's pictures are judged for the first time: what differs then waits for a decision.</summary>
    private bool isFirstList;

    internal static bool IsPicture(RegisterKey key) => key.Field is Fields.Images or Fields.ImageOrder or Fields.ImageAlt;

    internal static RegisterKey PictureKey(string key) => new(Fields.Images, null, key);

    internal static RegisterKey AltKey(string key) => new(Fields.ImageAlt, null, key);

    private void ObserveImages(ImmutableArray<ObservedImage> pictures, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        var last = HeldOf(ImageList)?.Last;
        isFirstList = last is null;
        if (last is null && (link.CreateTried || link.Flight is { Action: PushAction.Create }))
        {
            // Made by us or adopted for us: there is nothing to decide.
            link = link with { PicturesWonBy = link.PicturesWonBy ?? Origin.Hub };
        }

        var isNews = last is null || version > last.LastSeen || look.ReadStart >= last.LearnedAt;
        var mustCompare = last is null ? HasPictures() : IsUploading();
        var before = link.Media;
        var media = isNews ? NoteMedia(pictures, mustCompare, look) : before;
        link = link with { Media = media };
        var shown = media.Where(m => pictures.Any(p => p.MediaId == m.MediaId && p.Status != MediaStatus.Failed)).ToList();
        if (!isNews && pictures.Any(p => media.All(m => m.MediaId != p.MediaId)))
        {
            // A picture that came and went, or is newer than this body's version tells: only a read shows which.
            WantRead();
        }

        var hasUnmatched = shown.Any(m => m.Key is null);
        if (last is null && hasUnmatched)
        {
            return;
        }

        ObserveAlts(pictures.Where(p => p.Status != MediaStatus.Failed).Select(p => (p.MediaId, p.Alt)), before, version, look, settled);
        var present = shown.Select(m => m.Key).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        JudgePictures(present, version, look, settled);
        ParkFailed(pictures, version);
        ForgetMedia(pictures, isNews);
        if (isNews && !hasUnmatched)
        {
            ObserveOrder(present, version, look, settled);
        }

        if (last is null && link.PicturesWonBy is { } winner)
        {
            DecidePictures(winner);
        }
    }

    /// <summary>The list as the body shows it, unknown pictures bound where they may be; what it does not show stands behind.</summary>
    private ImmutableArray<RemoteMedia> NoteMedia(ImmutableArray<ObservedImage> pictures, bool mustCompare, in Look look)
    {
        var next = ImmutableArray.CreateBuilder<RemoteMedia>(pictures.Length);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var picture in pictures)
        {
            if (!seen.Add(picture.MediaId))
            {
                continue;
            }

            var known = link.Media.FirstOrDefault(m => m.MediaId == picture.MediaId);
            if (known is null && (picture.Status == MediaStatus.Failed || images.Count >= ProductImage.MaxPerProduct))
            {
                continue;
            }

            known ??= new RemoteMedia { MediaId = picture.MediaId, Key = mustCompare ? null : NewPicture(picture.Url, picture.Alt, Channel.Origin) };
            var isWaiting = picture.Status == MediaStatus.Processing;
            var checks = isWaiting ? known.Checks + (look.ReadStart is null ? 0 : 1) : known.Status == MediaStatus.Processing ? 0 : known.Checks;
            next.Add(known with
            {
                Url = picture.Url ?? known.Url,
                Alt = picture.Alt,
                Status = picture.Status,
                Gone = false,
                Checks = checks,
                CheckAt = isWaiting ? (checks < MaxChecks ? now + Backoff(checks + 1) : null) : known.Status == MediaStatus.Processing ? null : known.CheckAt,
            });
            Refresh(known.Key, picture);
        }

        next.AddRange(link.Media.Where(m => !seen.Contains(m.MediaId) && m.Key is not null));
        return next.Count == link.Media.Length && next.SequenceEqual(link.Media) ? link.Media : next.ToImmutable();
    }

    private string NewPicture(string? url, string? alt, Origin origin)
    {
        var key = ImageOrder.KeyOf(nextImage++);
        images = images.Add(key, new ProductImage { Key = key, Url = url, Alt = string.IsNullOrEmpty(alt) ? null : alt, Origin = origin });
        return key;
    }

    /// <summary>The picture's own place tells where its bytes are now.</summary>
    private void Refresh(string? key, ObservedImage picture)
    {
        if (key is null || picture.Url is not { } url || !images.TryGetValue(key, out var image) || image.Url == url
            || (image.Url is not null && image.Origin != Channel.Origin))
        {
            return;
        }

        images = images.SetItem(key, image with { Url = url, Alt = image.Alt ?? picture.Alt, Unreachable = null, FetchFailures = 0, FetchAfter = null });
    }

    /// <summary>
    /// The words for a picture are a text like any other, one register per picture. Where neither side ever had any, nothing is kept; a picture that was seen
    /// without words has that as its base. Called before the list is judged, whose own record is that base.
    /// </summary>
    private void ObserveAlts(IEnumerable<(string MediaId, string? Alt)> shown, ImmutableArray<RemoteMedia> before, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        var field = Fields.Get(Fields.ImageAlt);
        var judged = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (mediaId, alt) in shown)
        {
            if (link.Media.FirstOrDefault(m => m.MediaId == mediaId)?.Key is not { } part || !judged.Add(part) || settled?.Contains(AltKey(part)) == true)
            {
                continue;
            }

            var seen = Canonical.Text(alt);
            if (HeldOf(AltKey(part)) is null)
            {
                if (seen.IsEmpty && Winner(ClaimKey(AltKey(part))) is null)
                {
                    continue;
                }

                if (before.Any(m => m.MediaId == mediaId && m.Key is not null && string.IsNullOrEmpty(m.Alt)) && HeldOf(ImageList)?.Last is { } listed)
                {
                    Set(AltKey(part), new Held { Ring = [listed] });
                }
            }

            ObserveRegister(field, AltKey(part), seen, version, look, mayAdopt: true);
        }
    }

    private void JudgePictures(List<string> present, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        var field = Fields.Get(Fields.Images);
        var marker = HeldOf(ImageList);
        var mayAdopt = marker is not null || !HasClaims(Fields.Images);
        foreach (var part in present)
        {
            if (settled?.Contains(PictureKey(part)) != true)
            {
                ObserveRegister(field, PictureKey(part), ValueOf(part), version, look, mayAdopt);
            }
        }

        foreach (var key in KnownElements(Fields.Images, marker is null))
        {
            // One that failed was not taken away by anybody.
            if (!present.Contains(key.Part!) && settled?.Contains(key) != true && !link.Media.Any(m => m is { Status: MediaStatus.Failed, Gone: false } && m.Key == key.Part))
            {
                ObserveRegister(field, key, FieldValue.Empty, version, look, mayAdopt);
            }
        }

        if (marker is null || marker.Ring.IsEmpty)
        {
            Set(ImageList, new Held { Ring = [EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero)] });
        }
        else
        {
            var entry = marker.Ring[^1];
            var isFresh = look.ReadStart >= entry.LearnedAt;
            if (version > entry.LastSeen || isFresh)
            {
                Set(ImageList, marker with { Ring = marker.Ring.SetItem(marker.Ring.Length - 1, entry with { Seen = Stamp.Max(entry.LastSeen, version) }) });
            }
        }
    }

    /// <summary>Told once, so that a picture whose address changes stays the same value.</summary>
    private FieldValue ValueOf(string key) => Winner(ClaimKey(PictureKey(key))) is { Value.IsEmpty: false } claim
        ? claim.Value
        : new FieldValue(images.TryGetValue(key, out var image) && image.Url is { Length: > 0 } url ? url : key);

    /// <summary>The channel took a picture of ours and could not make it ready: this one is parked with its words.</summary>
    private void ParkFailed(ImmutableArray<ObservedImage> pictures, Stamp version)
    {
        foreach (var media in link.Media)
        {
            if (media is not { Ours: true, Status: MediaStatus.Failed, Key: { } part, Gone: false } || Winner(ClaimKey(PictureKey(part))) is not { Value.IsEmpty: false } target
                || HeldOf(PictureKey(part)) is not { Parked: null } known)
            {
                continue;
            }

            var words = pictures.FirstOrDefault(p => p.MediaId == media.MediaId)?.Error ?? "The channel could not make the picture ready.";
            var empty = Append(Fields.Get(Fields.Images), known, EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero));
            Set(PictureKey(part), empty with { Parked = new Parked { TargetHash = target.Value.Hash, Code = "PICTURE_FAILED", Message = words, At = now } });
            Log(LogAction.Parked, Channel.Origin, PictureKey(part), after: target.Value, detail: words);
        }
    }

    /// <summary>What a judged body does not show is gone, unless the body is older than what we know of the picture.</summary>
    private void ForgetMedia(ImmutableArray<ObservedImage> pictures, bool isNews)
    {
        if (!isNews)
        {
            return;
        }

        var kept = ImmutableArray.CreateBuilder<RemoteMedia>(link.Media.Length);
        var gone = 0;
        foreach (var media in link.Media)
        {
            var isGone = media.Gone || (pictures.All(p => p.MediaId != media.MediaId)
                && (HeldOf(PictureKey(media.Key!))?.Last is not { Value.IsEmpty: false } || link.Media.Any(m => m.Key == media.Key && pictures.Any(p => p.MediaId == m.MediaId))));
            gone += isGone ? 1 : 0;
            if (gone <= LinkState.MaxGoneMedia || !isGone)
            {
                kept.Add(isGone == media.Gone ? media : media with { Gone = isGone });
            }
        }

        link = kept.SequenceEqual(link.Media) ? link : link with { Media = kept.ToImmutable() };
    }

    /// <summary>
    /// The order is one register. Pictures that we have just put there stand where the channel puts new ones, which is no edit; a merchant's new picture
    /// brings its place along.
    /// </summary>
    private void ObserveOrder(List<string> pictures, Stamp version, in Look look, HashSet<RegisterKey>? settled)
    {
        var present = pictures.Where(IsWanted).ToList();
        if (present.Count == 0 || settled?.Contains(OrderKey) == true)
        {
            return;
        }

        var field = Fields.Get(Fields.ImageOrder);
        var known = HeldOf(OrderKey) ?? NothingHeld;
        var target = Winner(ClaimKey(OrderKey))?.Value;
        var whole = WholeOrder();
        var isExplained = target is not null && ImageOrder.IsSame(Canonical.List(present), Canonical.List(whole));
        // While an order of ours is in the air, what is shown is its answer.
        var seen = isExplained || IsInAir(known) ? present : present.Where(part => IsPlaced(part) || !IsUploaded(part)).ToList();
        var listed = target?.ToList() ?? [];
        var isAdopted = seen.Any(part => !IsPlaced(part) && !listed.Contains(part));
        link = link with { Media = [.. link.Media.Select(m => m.Key is { } part && !m.Placed && seen.Contains(part) ? m with { Placed = true } : m)] };
        if (seen.Count == 0)
        {
            return;
        }

        var completed = ImageOrder.Complete(seen, whole);
        if (isAdopted)
        {
            var isAppended = target is not null && completed.SequenceEqual(whole);
            var entry = known.Last ?? EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero);
            var source = isAppended ? look.OnHubClock(version) : ClaimAt(field, OrderKey, Canonical.List(completed), version, entry, isLate: false, look);
            Set(OrderKey, Append(field, HeldOf(OrderKey) ?? known, OwnEntry(Canonical.List(completed), version, source, source)));
            return;
        }

        var value = isExplained ? Canonical.List(whole)
            : known.Last is { } last && ImageOrder.IsSame(Canonical.List(seen), last.Value) ? last.Value
            : Canonical.List(completed);
        ObserveRegister(field, OrderKey, value, version, look, mayAdopt: true);
    }

    private bool IsWanted(string part) => Winner(ClaimKey(PictureKey(part))) is { Value.IsEmpty: false };

    private bool IsUploaded(string part) => link.Media.Any(m => m is { Gone: false } && (m.Ours || m.MaybeOurs) && m.Key == part);

    /// <summary>Its place in the channel's order counts: it came with the merchant, or stood once where we wanted it.</summary>
    private bool IsPlaced(string part) => link.Media.Any(m => m is { Placed: true, Gone: false } && m.Key == part);

    private ImmutableArray<string> WholeOrder() => ImageOrder.Sort(images.Keys.Where(IsWanted), Winner(ClaimKey(OrderKey))?.Value);

    private void DecidePictures(Origin winner)
    {
        foreach (var (key, known) in held.ToImmutable())
        {
            if (IsPicture(key) && known is { Undecided: true, Last: { } current })
            {
                DecideRegister(key, known, current, winner);
            }
        }

        link = link with { PicturesWonBy = null };
        if (winner != Channel.Origin)
        {
            return;
        }

        // Its own pictures come with their places.
        var whole = WholeOrder();
        var own = ImageOrder.Complete([.. link.Media.Where(m => m is { Gone: false, Key: { } part } && IsWanted(part)).Select(m => m.Key!).Distinct(StringComparer.Ordinal)], whole);
        if (!own.SequenceEqual(whole))
        {
            var shown = HeldOf(OrderKey)?.Last ?? EntryFor(FieldValue.Empty, null, Stamp.Zero, Stamp.Zero, Stamp.Zero);
            DecideBy(Fields.Get(Fields.ImageOrder), ClaimKey(OrderKey), winner, Canonical.List(own), shown, Winner(ClaimKey(OrderKey)), MergeRule.FirstContact);
        }
    }

    private bool HasPictures()
    {
        foreach (var (key, register) in registers)
        {
            if (key is { Field: Fields.Images, Part: not null, Scope: null } && !register.Claims[0].Value.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A picture that we sent may be there without our knowing its id.</summary>
    private bool IsUploading()
    {
        foreach (var (key, known) in held)
        {
            if (key is { Field: Fields.Images, Part: not null } && known.Intents.Any(intent => !intent.Value.IsEmpty))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsThere(string key)
    {
        foreach (var media in link.Media)
        {
            if (!media.Gone && string.Equals(media.Key, key, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ids that a push of ours made.</summary>
    private void BindImages(PushOutcome outcome)
    {
        foreach (var bound in outcome.BoundImages)
        {
            var media = new RemoteMedia
            {
                MediaId = bound.MediaId,
                Key = bound.Key,
                Url = bound.Url,
                Ours = true,
                Status = bound.Status,
                CheckAt = bound.Status == MediaStatus.Processing ? now + Backoff(1) : null,
            };
            var index = link.Media.IndexOf(link.Media.FirstOrDefault(m => m.MediaId == bound.MediaId)!);
            link = link with
            {
                Media = index < 0 ? link.Media.Add(media)
                    : link.Media.SetItem(index, link.Media[index] with { Key = link.Media[index].Key ?? bound.Key, Ours = true, Gone = false }),
            };
        }
    }

    /// <summary>A product that we made has no pictures yet, which is known and nothing to decide.</summary>
    private void BindCreatedPictures(PushOutcome outcome)
    {
        if (!Channel.Mask.Contains(Fields.Images) || HeldOf(ImageList) is not null)
        {
            return;
        }

        if (outcome.Answer is { Images: { IsEmpty: true }, Version: var version })
        {
            Set(ImageList, new Held { Ring = [EntryFor(FieldValue.Empty, null, version, Stamp.Zero, Stamp.Zero)] });
        }
        else
        {
            // Not told, or a product that was adopted with its pictures: a read and the bytes tell.
            link = link with { PicturesWonBy = link.PicturesWonBy ?? Origin.Hub };
        }
    }

    /// <summary>An editor names a picture by the address that it was shown: today's, or the one that it came with.</summary>
    private bool IsAt(ProductImage image, string? url) =>
        url is not null && (image.Url == url || (registers.TryGetValue(PictureKey(image.Key), out var register) && register.Claims.Any(c => c.Value.Text == url)));

    /// <summary>What an answer's list shows of one picture.</summary>
    private FieldValue? Shown(ImmutableArray<ObservedImage> pictures, string key)
    {
        foreach (var media in link.Media)
        {
            if (media.Key == key && pictures.Any(p => p.MediaId == media.MediaId && p.Status != MediaStatus.Failed))
            {
                return ValueOf(key);
            }
        }

        return FieldValue.Empty;
    }

    /// <summary>The words that an answer's list shows for one picture; null = it does not show the picture.</summary>
    private FieldValue? AltIn(ImmutableArray<ObservedImage> pictures, string key) =>
        pictures.FirstOrDefault(p => p.Status != MediaStatus.Failed && link.Media.Any(m => m.Key == key && m.MediaId == p.MediaId)) is { } shown ? Canonical.Text(shown.Alt) : null;

    /// <summary>Null = it shows none of the product's pictures, and so no order.</summary>
    private FieldValue? OrderOf(ImmutableArray<ObservedImage> pictures)
    {
        var order = pictures.Select(p => link.Media.FirstOrDefault(m => m.MediaId == p.MediaId)?.Key).OfType<string>().Where(IsWanted).Distinct(StringComparer.Ordinal).ToList();
        return order.Count == 0 ? null : Canonical.List(order);
    }

    /// <summary>A whole list from a person: pictures it names stay or come back, new addresses are new pictures, the others are removed; its order is the order.</summary>
    private void EditImages(FieldDefinition field, RegisterKey key, ImmutableArray<ImageEdit> list, HubEdit whole)
    {
        var order = new List<string>();
        foreach (var edit in list)
        {
            var known = images.Values.Where(i => edit.Key is not null ? i.Key == edit.Key : IsAt(i, edit.Url) && !order.Contains(i.Key))
                .OrderBy(i => Winner(key with { Part = i.Key }) is { Value.IsEmpty: false } ? 0 : 1).ThenBy(i => ImageOrder.NumberOf(i.Key)).FirstOrDefault();
            if (known is null && (edit.Url is not { Length: > 0 } || images.Count >= ProductImage.MaxPerProduct))
            {
                Refuse(key, MergeRule.NotOwner, null, null, edit.Url is { Length: > 0 }
                    ? $"The product has had {images.Count} pictures; no more than {ProductImage.MaxPerProduct} are kept."
                    : $"'{edit.Key}' is no picture of this product; name one of its keys or an address.");
                continue;
            }

            var part = known?.Key ?? NewPicture(edit.Url, edit.Alt, Origin.Hub);
            if (order.Contains(part))
            {
                continue;
            }

            order.Add(part);
            if (Winner(key with { Part = part }) is not { Value.IsEmpty: false })
            {
                EditRegister(field, key with { Part = part }, new FieldValue(images[part].Url ?? part), whole);
            }

            if (edit.Alt is { } words)
            {
                var altKey = AltKey(part) with { Scope = key.Scope };
                var said = Canonical.Text(words);
                if (said != (Winner(altKey) ?? Winner(altKey.Unscoped))?.Value && !(said.IsEmpty && Winner(altKey.Unscoped) is null))
                {
                    EditRegister(Fields.Get(Fields.ImageAlt), altKey, said, whole);
                }
            }
        }

        foreach (var other in registers.Keys.Where(k => k.Part is not null && k.Scope == key.Scope && k.Field == field.Name && !order.Contains(k.Part)).ToList())
        {
            if (Winner(other) is { Value.IsEmpty: false })
            {
                EditRegister(field, other, FieldValue.Empty, whole);
            }
        }

        if (order.Count > 0)
        {
            EditRegister(Fields.Get(Fields.ImageOrder), new RegisterKey(Fields.ImageOrder, null, null, key.Scope), Canonical.List(order), whole);
        }

        if (accepted.Count + refused.Count == 0)
        {
            accepted.Add(key);
        }
    }
}
