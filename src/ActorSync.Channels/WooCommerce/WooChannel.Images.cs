namespace ActorSync.Channels.WooCommerce;

internal sealed partial class WooChannel
{
    /// <summary>What has not begun by then waits for another push: the longest call ends before the lease does.</summary>
    private static readonly TimeSpan PictureWrites = TimeSpan.FromSeconds(45);

    private async Task WritePicturesAsync(IEnumerable<PushLedger> ledgers, Lane lane, CancellationToken cancellationToken)
    {
        var wanted = ledgers.Where(l => !l.IsClosed && KeysOfPictures(l).Length > 0).ToArray();
        if (wanted.Length == 0)
        {
            return;
        }

        var until = client.Clock.GetUtcNow() + PictureWrites;
        var (rows, fault) = await ReadRowsAsync([.. wanted.Select(l => l.Item.ExternalId!)], lane, cancellationToken);
        // One after the other, beside the calls that stock needs.
        foreach (var ledger in wanted)
        {
            if (fault is not null)
            {
                ledger.Fail(KeysOfPictures(ledger), PushResult.NotSent, fault);
            }
            else if (!rows.TryGetValue(ledger.Item.ExternalId!, out var row) || WooMapper.IsTrash(row))
            {
                ledger.MarkGone(Stamp.Zero);
            }
            else if (client.Clock.GetUtcNow() > until)
            {
                ledger.Settle(KeysOfPictures(ledger), PushResult.NotSent);
            }
            else
            {
                ledger.Saw(row);
                await WritePicturesAsync(ledger, [.. (WooImages.Of(row) ?? []).Select(image => image.MediaId)], only: null, until, lane, cancellationToken);
            }
        }
    }

    private static RegisterKey[] KeysOfPictures(PushLedger ledger) => [.. ledger.Item.Delta.Select(p => p.Key).Where(WooImages.IsPicture)];

    /// <summary>One write. The shop refuses all of it for one picture that it cannot fetch, so then each new one is tried alone.</summary>
    private async Task WritePicturesAsync(PushLedger ledger, ImmutableArray<string> held, DesiredImage? only, DateTimeOffset until, Lane lane, CancellationToken cancellationToken)
    {
        var uploads = ledger.Item.Delta.Where(p => p.Key.Field == WooFields.Images && !p.Target.IsEmpty).Select(p => p.Key.Part).ToHashSet(StringComparer.Ordinal);
        var words = ledger.Item.Delta.Where(p => p.Key.Field == WooFields.ImageAlt).Select(p => p.Key.Part).ToHashSet(StringComparer.Ordinal);
        var list = WooImages.Compose(
            ledger.Item.Target.Images, image => only is null ? uploads.Contains(image.Key) : image.Key == only.Key, image => only is null && words.Contains(image.Key), held);
        RegisterKey[] keys = only is null ? KeysOfPictures(ledger)
            : [new RegisterKey(WooFields.Images, null, only.Key), .. words.Contains(only.Key) ? [new RegisterKey(WooFields.ImageAlt, null, only.Key)] : (RegisterKey[])[]];
        if (list.All(entry => entry is { Id: not null, Alt: null }) && list.Select(entry => entry.Id!).SequenceEqual(held, StringComparer.Ordinal))
        {
            ledger.Settle(keys, PushResult.Applied);
            return;
        }

        var answer = await client.PostPicturesAsync($"products/{ledger.Item.ExternalId}", WooImages.Body(list), lane, cancellationToken);
        ledger.SentAt = answer.SentAt;
        switch (answer.Effect)
        {
            case WooEffect.Done when WooImages.Of(answer.Json) is { } shown && shown.Length == list.Count:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i].New is { } made)
                    {
                        ledger.Bind(new BoundImage { Key = made.Key, MediaId = shown[i].MediaId, Url = shown[i].Url });
                    }
                }

                ledger.Settle(keys, PushResult.Applied);
                ledger.Saw(answer.Json);
                break;
            case WooEffect.Done:
                // It did something else than was asked: only a read and the bytes tell what.
                ledger.Settle(keys, PushResult.Unknown);
                break;
            case WooEffect.NotSent or WooEffect.Unknown:
                ledger.Fail(keys, answer.Effect == WooEffect.NotSent ? PushResult.NotSent : PushResult.Unknown, answer.Fault);
                break;
            case WooEffect.Gone:
                ledger.MarkGone(Stamp.Zero);
                break;
            default:
                await RefusedAsync(ledger, answer, held, list, keys, until, lane, cancellationToken);
                break;
        }
    }

    private async Task RefusedAsync(
        PushLedger ledger, WooAnswer answer, ImmutableArray<string> held, List<WooImageEntry> list, RegisterKey[] keys, DateTimeOffset until, Lane lane,
        CancellationToken cancellationToken)
    {
        var error = answer.Error!;
        var news = list.Where(entry => entry.New is not null).Select(entry => entry.New!).ToArray();
        if (error.Code != WooImages.UploadError || (news.Length == 0 && keys.Length == 1))
        {
            RejectAll(ledger, keys, error.Code, error.Message);
            return;
        }

        if (news.Length == 1)
        {
            ledger.Settle(keys, PushResult.NotSent);
            ledger.Reject(new RegisterKey(WooFields.Images, null, news[0].Key), error.Code, error.Message);
            return;
        }

        ledger.Settle(keys, PushResult.NotSent);
        // What is not reached in time goes with the next push.
        foreach (var single in news.TakeWhile(_ => client.Clock.GetUtcNow() <= until))
        {
            var now = ledger.ProductRow is { } row && WooImages.Of(row) is { } shown ? [.. shown.Select(image => image.MediaId)] : held;
            await WritePicturesAsync(ledger, now, single, until, lane, cancellationToken);
        }
    }
}
