using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>Pictures: they are sent in pushes of their own, after everything else, and only once the bytes on either side are known.</summary>
internal sealed partial class Planner
{
    /// <summary>An upload of unknown outcome may still be under way at the channel: it is not made again before this.</summary>
    internal static readonly TimeSpan UploadDoubt = TimeSpan.FromSeconds(60);

    private readonly List<PlannedValue> pictures = [];
    private readonly Dictionary<string, PictureToRead> toRead = new(StringComparer.Ordinal);
    private DateTimeOffset? pictureDueAt;

    private void PlanPictures()
    {
        if (!channel.Mask.Contains(Fields.Images))
        {
            return;
        }

        foreach (var media in link.Media)
        {
            if (media is { Gone: false, Status: MediaStatus.Processing, CheckAt: { } checkAt })
            {
                readFirst |= checkAt <= context.Now;
                Wait(checkAt);
            }
        }

        foreach (var key in product.Registers.Keys)
        {
            if (key.Field == Fields.Images && key.Part is not null && Register(key) is { } register)
            {
                ConsiderPicture(register.Key, register.Target.Value);
            }
        }

        foreach (var key in product.Registers.Keys)
        {
            if (key.Field == Fields.ImageAlt && Register(key) is { } register)
            {
                ConsiderAlt(register.Key, register.Target.Value);
            }
        }

        if (link.Media.Any(m => m is { Key: null, Gone: false }))
        {
            Compare();
        }
        else if (toRead.Count == 0 && !pictures.Any(value => value.Key.Field == Fields.Images && !value.Target.IsEmpty))
        {
            PlanOrder();
        }

        if (channel.Mode != Channels.ChannelMode.Live)
        {
            pictures.ForEach(value => Withhold(value.Key, WithheldReason.NotLive, null));
            pictures.Clear();
            toRead.Clear();
            pictureDueAt = null;
        }
        else if (delta is null)
        {
            foreach (var value in pictures)
            {
                Add(value.Key, value.Target, value.Held);
            }
        }
    }

    private void ConsiderPicture(RegisterKey key, FieldValue target)
    {
        link.Registers.TryGetValue(key, out var known);
        var isUnknown = known is not null && HasUnknown(known);
        if (known is not null && !isUnknown && HasIntent(known, IntentState.Applied))
        {
            readFirst = true;
            return;
        }

        if (known is not null && !isUnknown && IsClean(channel, Fields.Get(Fields.Images), known, target))
        {
            return;
        }

        if (known is { Undecided: true })
        {
            Withhold(key, WithheldReason.Undecided, null);
        }
        else if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
        {
            Withhold(key, WithheldReason.Parked, parked.Message);
        }
        else if (target.IsEmpty)
        {
            ConsiderRemoval(key, known);
        }
        else if (!link.Registers.ContainsKey(Merge.ImageList))
        {
            // Not known yet which pictures the channel has: comparing or a read tells.
            readFirst |= link.Media.IsEmpty && !IsFresh();
        }
        else if (!link.Media.Any(m => m is { Key: null, Gone: false }))
        {
            ConsiderUpload(key, target, known, isUnknown);
        }
    }

    /// <summary>The words for a picture go with it when it is sent, and by themselves where it is there already.</summary>
    private void ConsiderAlt(RegisterKey key, FieldValue target)
    {
        link.Registers.TryGetValue(key, out var known);
        if (pictures.Any(value => value.Key == Merge.PictureKey(key.Part!) && !value.Target.IsEmpty))
        {
            if (!target.IsEmpty)
            {
                pictures.Add(new PlannedValue { Key = key, Target = target, Held = known?.Last?.Value });
            }

            return;
        }

        var isThere = link.Media.Any(m => m is { Gone: false, Status: MediaStatus.Ready } && m.Key == key.Part);
        if (!isThere || product.Target(Merge.PictureKey(key.Part!), channel.Id) is not { Value.IsEmpty: false })
        {
            return;
        }

        var isUnknown = known is not null && HasUnknown(known);
        if (!isUnknown && (known is null ? target.IsEmpty : IsClean(channel, Fields.Get(Fields.ImageAlt), known, target)))
        {
            return;
        }

        if (known is { Undecided: true })
        {
            Withhold(key, WithheldReason.Undecided, null);
        }
        else if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
        {
            Withhold(key, WithheldReason.Parked, parked.Message);
        }
        else
        {
            pictures.Add(new PlannedValue { Key = key, Target = target, Held = known?.Last?.Value });
        }
    }

    private void ConsiderRemoval(RegisterKey key, Held? known)
    {
        if (known is null || known.Last is not { Value.IsEmpty: false })
        {
            return;
        }

        if (link.Media.Any(m => m is { Ours: true, Gone: false } && m.Key == key.Part))
        {
            pictures.Add(new PlannedValue { Key = key, Target = FieldValue.Empty, Held = known.Last.Value });
        }
        else
        {
            Withhold(key, WithheldReason.NotOurs, "The hub did not put this picture there, so it does not take it away.");
        }
    }

    private void ConsiderUpload(RegisterKey key, FieldValue target, Held? known, bool isUnknown)
    {
        var image = product.Images[key.Part!];
        if (isUnknown && known!.Intents.Max(intent => intent.SentAt) + UploadDoubt is var doubtEnds && doubtEnds > context.Now)
        {
            Wait(doubtEnds);
        }
        else if (image.Unreachable is { } words)
        {
            Withhold(key, WithheldReason.Parked, words);
        }
        else if (image.Url is null)
        {
            Withhold(key, WithheldReason.InFlight, "The channel that has this picture is still making it ready.");
        }
        else if (image.Hash is null || link.Media.Any(IsUnread))
        {
            Read(image);
            foreach (var media in link.Media.Where(IsUnread))
            {
                Read(media);
            }
        }
        else
        {
            pictures.Add(new PlannedValue { Key = key, Target = target, Held = known?.Last?.Value });
        }
    }

    /// <summary>A picture that the channel had before us and whose bytes nobody has seen: it may be the one to upload.</summary>
    private bool IsUnread(RemoteMedia media) => media is { Gone: false, Hash: null, Key: { } key, Ours: false, Status: MediaStatus.Ready, Url: not null }
        && media.Checks < ProductImage.MaxFetches && product.Images.GetValueOrDefault(key)?.Hash is null;

    /// <summary>Unknown pictures of the channel against those of the hub that it may have.</summary>
    private void Compare()
    {
        foreach (var media in link.Media.Where(m => m is { Key: null, Gone: false, Hash: null }))
        {
            if (media.Url is not null && media.Checks < ProductImage.MaxFetches)
            {
                Read(media);
            }
        }

        foreach (var image in product.Pictures(channel.Id))
        {
            if (image is { Hash: null, Unreachable: null, Url: not null } && !link.Media.Any(m => !m.Gone && m.Key == image.Key))
            {
                Read(image);
            }
        }
    }

    private void Read(ProductImage image)
    {
        if (image.FetchAfter > context.Now)
        {
            Wait(image.FetchAfter.Value);
        }
        else if (image is { Hash: null, Unreachable: null, Url: { } url })
        {
            toRead["key " + image.Key] = new PictureToRead { Key = image.Key, Url = url };
        }
    }

    private void Read(RemoteMedia media)
    {
        if (media.CheckAt > context.Now)
        {
            Wait(media.CheckAt.Value);
        }
        else
        {
            toRead["media " + media.MediaId] = new PictureToRead { MediaId = media.MediaId, Url = media.Url! };
        }
    }

    private void Wait(DateTimeOffset until) => pictureDueAt = pictureDueAt < until ? pictureDueAt : until;

    private void PlanOrder()
    {
        if (Register(new RegisterKey(Fields.ImageOrder)) is not { } register || !link.Registers.ContainsKey(Merge.ImageList))
        {
            return;
        }

        link.Registers.TryGetValue(register.Key, out var known);
        var actual = Canonical.List([.. link.Media.Where(m => m is { Gone: false, Key: not null, Status: not MediaStatus.Failed }).Select(m => m.Key!).Distinct(StringComparer.Ordinal)]);
        var target = Canonical.List([.. product.Pictures(channel.Id).Select(image => image.Key)]);
        if (ImageOrder.IsSame(actual, target) || known?.Learned?.SentHash == target.Hash)
        {
            return;
        }

        if (known is { Undecided: true })
        {
            Withhold(register.Key, WithheldReason.Undecided, null);
        }
        else if (known?.Parked is { } parked && parked.TargetHash == target.Hash)
        {
            Withhold(register.Key, WithheldReason.Parked, parked.Message);
        }
        else if (known is not null && HasIntent(known, IntentState.Applied))
        {
            readFirst = true;
        }
        else
        {
            pictures.Add(new PlannedValue { Key = register.Key, Target = target, Held = known?.Last?.Value });
        }
    }
}
