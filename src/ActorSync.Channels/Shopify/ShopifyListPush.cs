using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>What a product lists: tags and collections. Changes are joined and left one by one, so that what others put there stays.</summary>
internal sealed class ShopifyListPush(ShopifyClient client, ShopifyCollections collections)
{
    public async Task TagsAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        var tags = state.Undecided.Where(planned => planned.Key is { Field: ShopifyFields.Tags, Part: not null, Variant: null }).ToArray();
        await ChangeTagsAsync(state, id, ShopifyOperations.TagsAdd, "tagsAdd", [.. tags.Where(tag => !tag.Target.IsEmpty)], tag => tag.Target.Text!, cancellationToken);
        await ChangeTagsAsync(
            state, id, ShopifyOperations.TagsRemove, "tagsRemove", [.. tags.Where(tag => tag.Target.IsEmpty)], tag => tag.Held?.Text ?? tag.Key.Part!, cancellationToken);
    }

    /// <summary>Ids of the collections that a new product joins. What cannot be joined is refused; a failed look-up ends the item.</summary>
    public async Task<ImmutableArray<string>> JoinsAsync(ShopifyPushState state, CancellationToken cancellationToken) =>
        [.. (await ResolveAsync(state, cancellationToken)).Where(change => !change.Planned.Target.IsEmpty).Select(change => change.Id)];

    public async Task CollectionsAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        var changes = await ResolveAsync(state, cancellationToken);
        if (changes.Count == 0 || state.IsOver)
        {
            return;
        }

        var keys = changes.Select(change => change.Planned.Key).ToArray();
        var answer = await client.SendAsync(ShopifyOperations.ProductUpdate, new JsonObject
        {
            ["product"] = new JsonObject
            {
                ["id"] = ShopifyGid.Product(id),
                ["collectionsToJoin"] = ShopifyMapper.Texts(changes.Where(change => !change.Planned.Target.IsEmpty).Select(change => change.Id)),
                ["collectionsToLeave"] = ShopifyMapper.Texts(changes.Where(change => change.Planned.Target.IsEmpty).Select(change => change.Id)),
            },
        }, Lane.Content, cancellationToken);
        Settle(state, keys, answer, "productUpdate", "product");
    }

    private async Task<List<(PlannedValue Planned, string Id)>> ResolveAsync(ShopifyPushState state, CancellationToken cancellationToken)
    {
        var resolved = new List<(PlannedValue, string)>();
        var planned = state.Undecided.Where(value => value.Key is { Field: ShopifyFields.Collections, Part: not null, Variant: null }).ToArray();
        if (planned.Length == 0 || state.IsOver)
        {
            return resolved;
        }

        if (await collections.LoadAsync(cancellationToken) is { } fault)
        {
            state.Fail(planned.Select(value => value.Key), fault, mayHaveHappened: false);
            return resolved;
        }

        foreach (var value in planned)
        {
            var found = collections.Find(value.Target.Text ?? value.Held?.Text ?? value.Key.Part!);
            if (found.Id is { } collection)
            {
                resolved.Add((value, collection));
            }
            else if (value.Target.IsEmpty && found.Code == ShopifyCollections.Unknown)
            {
                // A collection that is not there holds no product.
                state.Mark([value.Key], PushResult.Applied);
            }
            else
            {
                state.Reject(value.Key, found.Code!, found.Problem!);
            }
        }

        return resolved;
    }

    private async Task ChangeTagsAsync(
        ShopifyPushState state, string id, ShopifyOperation operation, string root, PlannedValue[] changes, Func<PlannedValue, string> text, CancellationToken cancellationToken)
    {
        if (changes.Length == 0 || state.IsOver)
        {
            return;
        }

        var answer = await client.SendAsync(
            operation, new JsonObject { ["id"] = ShopifyGid.Product(id), ["tags"] = ShopifyMapper.Texts(changes.Select(text)) }, Lane.Content, cancellationToken);
        Settle(state, changes.Select(change => change.Key).ToArray(), answer, root, "node");
    }

    /// <summary>These calls take all or nothing.</summary>
    private static void Settle(ShopifyPushState state, RegisterKey[] keys, ShopifyAnswer answer, string root, string node)
    {
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var errors = ShopifyErrors.UserErrors(answer.Root(root));
        if (errors.FirstOrDefault(ShopifyErrors.IsGone) is { } gone)
        {
            state.Gone(gone.Message);
        }
        else if (errors is [var first, ..])
        {
            foreach (var key in keys)
            {
                state.Reject(key, first.Code ?? "REFUSED", first.Message);
            }
        }
        else
        {
            state.Mark(keys, PushResult.Applied);
            if (answer.Root(root) is { } payload && ShopifyMapper.Child(payload, node) is { ValueKind: JsonValueKind.Object } shown)
            {
                state.Learn(ShopifyMapper.Product(shown));
            }
        }
    }
}
