using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Changes the options of an existing product. Only productSet can do it, and it deletes every variant that is not in its list; so the product is read
/// first, and nothing is sent while it has a variant that the hub does not know.
/// </summary>
internal sealed class ShopifyStructurePush(ShopifyClient client, ShopifySource source)
{
    private const double CostPerVariant = 0.2;

    public async Task PushAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        if (state.IsOver || !state.Undecided.Any(planned => planned.Key is { Field: ShopifyFields.Options, Variant: null }))
        {
            return;
        }

        var target = state.Item.Target;
        var variants = target.Variants.Where(variant => !variant.Remove).ToImmutableArray();
        var settled = target.Variants.Where(variant => variant.Remove || variant.ExternalId is null).Select(variant => (VariantId?)variant.Id).ToHashSet();
        var keys = state.Undecided.Select(planned => planned.Key)
            .Where(key => key is { Field: ShopifyFields.Options, Variant: null } or { Field: ShopifyFields.OptionValues } || settled.Contains(key.Variant)).ToArray();
        if (ShopifyPush.Obstacle(state.Item) is { } obstacle)
        {
            foreach (var key in keys)
            {
                state.Reject(key, obstacle.Code, obstacle.Message);
            }

            return;
        }

        var read = await source.ReadAsync([id], cancellationToken);
        if (read.Fault is { } readFault)
        {
            state.Fail(keys, readFault, mayHaveHappened: false);
            return;
        }

        if (read.Items[0].Body is not { Deleted: false } product)
        {
            state.Gone("Product does not exist");
            return;
        }

        var known = target.Variants.Select(variant => variant.ExternalId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (!product.VariantsComplete || product.Variants.Any(variant => !known.Contains(variant.ExternalId)))
        {
            // What was read goes along as an observation, so that the next plan knows them.
            state.Learn(product);
            state.NotSent(keys, "The product has variants at Shopify that the hub has not seen; its options wait until they are known.");
            return;
        }

        var there = product.Variants.Select(variant => variant.ExternalId).ToHashSet(StringComparer.Ordinal);
        variants = [.. variants.Where(variant => variant.ExternalId is null || there.Contains(variant.ExternalId))];
        var input = new JsonObject();
        ShopifyMapper.AddStructure(input, target, variants);
        var answer = await client.SendAsync(
            ShopifyOperations.ProductSet, new JsonObject { ["identifier"] = new JsonObject { ["id"] = ShopifyGid.Product(id) }, ["input"] = input },
            Lane.Content, cancellationToken, variants.Length * CostPerVariant);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("productSet");
        if (ShopifyErrors.UserErrors(payload) is [var error, ..])
        {
            foreach (var key in keys)
            {
                state.Reject(key, error.Code ?? "REFUSED", error.Message);
            }

            return;
        }

        state.Mark(keys, PushResult.Applied);
        if (payload is { } set && ShopifyMapper.Child(set, "product") is { ValueKind: JsonValueKind.Object } node)
        {
            var (whole, _) = await source.WholeAsync(node, cancellationToken);
            state.Learn(whole);
            var fresh = variants.Where(variant => variant.ExternalId is null).ToImmutableArray();
            foreach (var link in ShopifyPush.Bindings(target, fresh, whole with { Variants = [.. whole.Variants.Where(variant => !known.Contains(variant.ExternalId))] }))
            {
                state.Bind(link);
            }
        }
    }
}
