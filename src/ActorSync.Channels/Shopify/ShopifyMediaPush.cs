using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Pictures of an existing product: added by address, described, taken off the product (the file itself stays in the shop), moved. What Shopify makes of a new one is
/// seen later: its address is null until it is ready.
/// </summary>
internal sealed class ShopifyMediaPush(ShopifyClient client)
{
    /// <summary>As many as the answer lists.</summary>
    private const int MostUploads = 10;
    private const int MostDescribed = 100;

    public static bool IsPicture(RegisterKey key) => key.Field is Fields.Images or Fields.ImageOrder or Fields.ImageAlt;

    public async Task PushAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        var planned = state.Undecided.Where(p => IsPicture(p.Key)).ToArray();
        if (planned.Length == 0 || state.IsOver)
        {
            return;
        }

        var images = state.Item.Target.Images;
        await RemoveAsync(state, id, [.. planned.Where(p => p.Key.Field == Fields.Images && p.Target.IsEmpty)], images, cancellationToken);
        var wanted = planned.Where(p => p.Key.Field == Fields.Images && !p.Target.IsEmpty).Select(p => (p.Key, Image: images.FirstOrDefault(i => i.Key == p.Key.Part && !i.Remove)))
            .Where(pair => pair.Image is { Url: not null, MediaIds.IsEmpty: true }).Take(MostUploads).ToArray();
        await AddAsync(state, id, [.. wanted.Select(pair => (pair.Key, pair.Image!))], cancellationToken);
        var described = planned.Where(p => p.Key.Field == Fields.ImageAlt).Select(p => (p.Key, Image: images.FirstOrDefault(i => i.Key == p.Key.Part && !i.Remove)))
            .Where(pair => pair.Image is { MediaIds.IsEmpty: false }).Take(MostDescribed).ToArray();
        await DescribeAsync(state, [.. described.Select(pair => (pair.Key, pair.Image!))], cancellationToken);
        if (planned.Any(p => p.Key.Field == Fields.ImageOrder) && !state.IsOver)
        {
            await MoveAsync(state, id, images, cancellationToken);
        }

        // Whatever is left over goes with the next push.
        state.Mark(planned.Select(p => p.Key).Where(key => state.Undecided.Any(p => p.Key == key)).ToArray(), PushResult.NotSent);
    }

    private async Task AddAsync(ShopifyPushState state, string id, ImmutableArray<(RegisterKey Key, DesiredImage Image)> wanted, CancellationToken cancellationToken)
    {
        if (wanted.IsEmpty || state.IsOver)
        {
            return;
        }

        // The words go with their picture and share its fate.
        var pictures = wanted.Select(w => w.Key).ToArray();
        RegisterKey[] keys = [.. pictures, .. state.Undecided.Select(p => p.Key).Where(key => key.Field == Fields.ImageAlt && wanted.Any(w => w.Key.Part == key.Part))];
        var answer = await client.SendAsync(ShopifyOperations.MediaAdd, new JsonObject
        {
            ["product"] = new JsonObject { ["id"] = ShopifyGid.Product(id) },
            ["media"] = new JsonArray([.. wanted.Select(w => (JsonNode)new JsonObject
            {
                ["originalSource"] = w.Image.Url,
                ["alt"] = w.Image.Alt ?? "",
                ["mediaContentType"] = "IMAGE",
            })]),
        }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("productUpdate");
        var errors = ShopifyErrors.UserErrors(payload);
        if (errors.FirstOrDefault(ShopifyErrors.IsGone) is { } gone)
        {
            state.Gone(gone.Message);
            return;
        }

        if (errors.Length > 0)
        {
            // All or nothing: those that no error names go with the next push.
            foreach (var (error, key) in errors.Select(error => (error, wanted.ElementAtOrDefault(error.Row("media") ?? -1).Key)))
            {
                foreach (var refused in key.Field is null ? pictures : [key])
                {
                    state.Reject(refused, error.Code ?? "REFUSED", error.Message);
                }
            }

            return;
        }

        Bind(state, payload, wanted, keys);
    }

    /// <summary>New media stand at the end, in the order in which they were sent; the answer lists them from there.</summary>
    private static void Bind(ShopifyPushState state, JsonElement? payload, ImmutableArray<(RegisterKey Key, DesiredImage Image)> wanted, RegisterKey[] keys)
    {
        var product = payload is { } done ? ShopifyMapper.Child(done, "product") : null;
        var made = product is { ValueKind: JsonValueKind.Object } node ? ShopifyMapper.Nodes(ShopifyMapper.Child(node, "added")).Take(wanted.Length).Select(ShopifyMedia.Image).Reverse().ToArray() : [];
        var known = state.Item.Target.Images.SelectMany(image => image.MediaIds).ToHashSet(StringComparer.Ordinal);
        if (made.Length != wanted.Length || made.Any(image => image is null || known.Contains(image.MediaId)))
        {
            state.Mark(keys, PushResult.Unknown);
            return;
        }

        for (var i = 0; i < made.Length; i++)
        {
            state.Bind(new BoundImage { Key = wanted[i].Key.Part!, MediaId = made[i]!.MediaId, Status = made[i]!.Status, Url = made[i]!.Url });
        }

        state.Mark(keys, PushResult.Applied);
        state.Learn(ShopifyMapper.Product(product!.Value));
    }

    /// <summary>One call for all of them; Shopify takes all or none, and names those that it refuses.</summary>
    private async Task DescribeAsync(ShopifyPushState state, ImmutableArray<(RegisterKey Key, DesiredImage Image)> described, CancellationToken cancellationToken)
    {
        if (described.IsEmpty || state.IsOver)
        {
            return;
        }

        var rows = described.SelectMany(d => d.Image.MediaIds.Select(media => (d.Key, Media: media, d.Image.Alt))).ToArray();
        var keys = described.Select(d => d.Key).ToArray();
        var answer = await client.SendAsync(ShopifyOperations.MediaDescribe, new JsonObject
        {
            ["files"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject { ["id"] = ShopifyGid.MediaImage(row.Media), ["alt"] = row.Alt ?? "" })]),
        }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var errors = ShopifyErrors.UserErrors(answer.Root("fileUpdate"));
        if (errors.Length == 0)
        {
            state.Mark(keys, PushResult.Applied);
            return;
        }

        foreach (var (error, key) in errors.Select(error => (error, rows.ElementAtOrDefault(error.Row("files") ?? -1).Key)))
        {
            foreach (var refused in key.Field is null ? keys : [key])
            {
                state.Reject(refused, error.Code ?? "REFUSED", error.Message);
            }
        }
    }

    private async Task RemoveAsync(ShopifyPushState state, string id, PlannedValue[] removed, ImmutableArray<DesiredImage> images, CancellationToken cancellationToken)
    {
        foreach (var planned in removed)
        {
            var media = images.Where(i => i.Remove && i.Key == planned.Key.Part).SelectMany(i => i.MediaIds).ToArray();
            if (state.IsOver || media.Length == 0)
            {
                continue;
            }

            var answer = await client.SendAsync(ShopifyOperations.MediaRemove, new JsonObject
            {
                ["files"] = new JsonArray([.. media.Select(number => (JsonNode)new JsonObject
                {
                    ["id"] = ShopifyGid.MediaImage(number),
                    ["referencesToRemove"] = new JsonArray(ShopifyGid.Product(id)),
                })]),
            }, Lane.Content, cancellationToken);
            Judge(state, planned.Key, answer, "fileUpdate", "userErrors");
        }
    }

    /// <summary>Every place is named, so that the moves mean the same whatever order they meet.</summary>
    private async Task MoveAsync(ShopifyPushState state, string id, ImmutableArray<DesiredImage> images, CancellationToken cancellationToken)
    {
        var key = new RegisterKey(Fields.ImageOrder);
        var read = await client.SendAsync(ShopifyOperations.MediaOfProduct, new JsonObject { ["id"] = ShopifyGid.Product(id) }, Lane.Content, cancellationToken);
        if (read.Fault is { } fault)
        {
            state.Fail([key], fault, mayHaveHappened: false);
            return;
        }

        if (read.Root("product") is not { } product)
        {
            state.Gone("Product does not exist");
            return;
        }

        string[] held = [.. ShopifyMapper.Nodes(ShopifyMapper.Child(product, "media")).Select(node => node.GetProperty("id").GetString()!)];
        var ours = images.Where(i => !i.Remove).SelectMany(i => i.MediaIds).Select(ShopifyGid.MediaImage).Where(held.Contains).ToArray();
        // What is not ours keeps its place.
        var order = new Queue<string>(ours);
        string[] wanted = [.. held.Select(gid => ours.Contains(gid) ? order.Dequeue() : gid)];
        if (wanted.SequenceEqual(held, StringComparer.Ordinal))
        {
            state.Mark([key], PushResult.Applied);
            return;
        }

        var answer = await client.SendAsync(ShopifyOperations.MediaMove, new JsonObject
        {
            ["id"] = ShopifyGid.Product(id),
            ["moves"] = new JsonArray([.. wanted.Select((gid, at) => (JsonNode)new JsonObject { ["id"] = gid, ["newPosition"] = at.ToString(CultureInfo.InvariantCulture) })]),
        }, Lane.Content, cancellationToken);
        Judge(state, key, answer, "productReorderMedia", "mediaUserErrors");
    }

    private static void Judge(ShopifyPushState state, RegisterKey key, ShopifyAnswer answer, string root, string member)
    {
        if (answer.Fault is { } fault)
        {
            state.Fail([key], fault, answer.MayHaveHappened);
        }
        else if (answer.Root(root) is { } payload && ShopifyMapper.Child(payload, member) is { ValueKind: JsonValueKind.Array } errors && errors.GetArrayLength() > 0)
        {
            var code = ShopifyMapper.Child(errors[0], "code") is { ValueKind: JsonValueKind.String } told ? told.GetString()! : "REFUSED";
            state.Reject(key, code, ShopifyMapper.Child(errors[0], "message")?.GetString() ?? "Shopify refused it.");
        }
        else
        {
            state.Mark([key], PushResult.Applied);
        }
    }
}
