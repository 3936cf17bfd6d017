using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>Variants of an existing product: changed fields of named ones, new ones, removed ones. Siblings are never named.</summary>
internal sealed class ShopifyVariantPush(ShopifyClient client, ShopifySource source)
{
    /// <summary>Rows per call: Shopify takes more, but a refusal should not cost a whole giant product.</summary>
    private const int MaxRows = 250;
    private const double CostPerVariant = 0.2;

    public async Task UpdateAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        foreach (var chunk in Rows(state).Chunk(MaxRows))
        {
            if (state.IsOver)
            {
                return;
            }

            var keys = chunk.SelectMany(row => row.Fields).Select(planned => planned.Key).ToArray();
            var isPrice = Array.TrueForAll(keys, key => key.Field is ShopifyFields.Price or ShopifyFields.CompareAtPrice);
            var answer = await client.SendAsync(
                ShopifyOperations.VariantsUpdate, Variables(id, chunk), isPrice ? Lane.Price : Lane.Content, cancellationToken, chunk.Length * CostPerVariant);
            if (answer.Fault is { } fault)
            {
                state.Fail(keys, fault, answer.MayHaveHappened);
                return;
            }

            Settle(state, chunk, answer.Root("productVariantsBulkUpdate"));
        }
    }

    /// <summary>The variants that an update names, each with what it changes; what cannot be changed is refused.</summary>
    internal static List<VariantRow> Rows(ShopifyPushState state)
    {
        var rows = new List<VariantRow>();
        foreach (var variant in state.Item.Target.Variants.Where(variant => variant is { ExternalId: not null, Remove: false }))
        {
            var input = new JsonObject { ["id"] = ShopifyGid.Variant(variant.ExternalId!) };
            var fields = new List<PlannedValue>();
            foreach (var planned in state.Undecided.Where(planned => planned.Key.Variant == variant.Id && planned.Key.Field != ShopifyFields.Available).ToArray())
            {
                if (planned.Key.Field == ShopifyFields.OptionValues && !state.Item.Target.Options.IsEmpty)
                {
                    input["optionValues"] = ShopifyMapper.OptionValues(state.Item.Target.Options, variant.OptionValues);
                    fields.Add(planned);
                }
                else if (ShopifyMapper.AddVariantField(input, planned.Key.Field, planned.Target))
                {
                    fields.Add(planned);
                }
                else
                {
                    state.Reject(planned.Key, "NOT_MAPPED", $"This connector does not change '{planned.Key.Field}' of an existing variant at Shopify.");
                }
            }

            if (fields.Count > 0)
            {
                rows.Add(new VariantRow(fields, input));
            }
        }

        return rows;
    }

    internal static JsonObject Variables(string id, IEnumerable<VariantRow> rows) => new()
    {
        ["productId"] = ShopifyGid.Product(id),
        ["variants"] = new JsonArray([.. rows.Select(row => (JsonNode)row.Input)]),
    };

    /// <summary>What the answer to one update says of its rows.</summary>
    internal static void Settle(ShopifyPushState state, IReadOnlyList<VariantRow> rows, JsonElement? payload)
    {
        Learn(state, payload);
        var errors = ShopifyErrors.UserErrors(payload);
        if (errors.FirstOrDefault(error => ShopifyErrors.IsGone(error) && error.Row("variants") is null) is { } gone)
        {
            state.Gone(gone.Message);
            return;
        }

        for (var i = 0; i < rows.Count; i++)
        {
            Judge(state, rows[i].Fields, [.. errors.Where(error => error.Row("variants") == i)], [.. errors.Where(error => error.Row("variants") is null)]);
        }
    }

    /// <summary>One variant of an update.</summary>
    internal sealed record VariantRow(List<PlannedValue> Fields, JsonObject Input);

    public async Task CreateAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        var fresh = state.Item.Target.Variants.Where(variant => variant is { ExternalId: null, Remove: false }
            && state.Undecided.Any(planned => planned.Key.Variant == variant.Id)).ToArray();
        if (state.Item.MayHaveHappened && fresh.Length > 0 && !state.IsOver)
        {
            fresh = await AdoptAsync(state, id, fresh, cancellationToken);
        }

        foreach (var chunk in fresh.Chunk(MaxRows))
        {
            if (state.IsOver)
            {
                return;
            }

            var keys = state.Undecided.Where(planned => chunk.Any(variant => variant.Id == planned.Key.Variant)).Select(planned => planned.Key).ToArray();
            var answer = await client.SendAsync(ShopifyOperations.VariantsCreate, new JsonObject
            {
                ["productId"] = ShopifyGid.Product(id),
                ["variants"] = new JsonArray([.. chunk.Select(variant => (JsonNode)ShopifyMapper.NewVariant(state.Item.Target, variant))]),
            }, Lane.Content, cancellationToken, chunk.Length * CostPerVariant);
            if (answer.Fault is { } fault)
            {
                state.Fail(keys, fault, answer.MayHaveHappened);
                return;
            }

            var payload = answer.Root("productVariantsBulkCreate");
            var errors = ShopifyErrors.UserErrors(payload);
            if (errors.FirstOrDefault(error => ShopifyErrors.IsGone(error) && error.Row("variants") is null) is { } gone)
            {
                state.Gone(gone.Message);
                return;
            }

            if (errors.Length > 0 && Array.TrueForAll([.. errors], error => error.Code is "VARIANT_ALREADY_EXISTS" or "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE"))
            {
                var missing = await AdoptAsync(state, id, chunk, cancellationToken);
                state.NotSent(keys.Where(key => missing.Any(variant => variant.Id == key.Variant)), errors[0].Message);
                continue;
            }

            if (errors.Length > 0)
            {
                Refuse(state, chunk, keys, errors);
                continue;
            }

            state.Mark(keys, PushResult.Applied);
            var made = Learn(state, payload);
            var bindings = ShopifyPush.Bindings(state.Item.Target, [.. chunk], new ObservedProduct { ExternalId = id, Version = Stamp.Zero, Variants = made });
            foreach (var link in bindings)
            {
                state.Bind(link);
            }
        }
    }

    public async Task RemoveAsync(ShopifyPushState state, string id, CancellationToken cancellationToken)
    {
        var removed = state.Item.Target.Variants.Where(variant => variant is { ExternalId: not null, Remove: true }
            && state.Undecided.Any(planned => planned.Key.Variant == variant.Id)).ToArray();
        foreach (var chunk in removed.Chunk(MaxRows))
        {
            await RemoveAsync(state, id, chunk, cancellationToken);
        }
    }

    private async Task RemoveAsync(ShopifyPushState state, string id, DesiredVariant[] variants, CancellationToken cancellationToken)
    {
        if (state.IsOver)
        {
            return;
        }

        var keys = state.Undecided.Where(planned => variants.Any(variant => variant.Id == planned.Key.Variant)).Select(planned => planned.Key).ToArray();
        var answer = await client.SendAsync(ShopifyOperations.VariantsDelete, new JsonObject
        {
            ["productId"] = ShopifyGid.Product(id),
            ["ids"] = ShopifySource.Ids(variants.Select(variant => ShopifyGid.Variant(variant.ExternalId!))),
        }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("productVariantsBulkDelete");
        var errors = ShopifyErrors.UserErrors(payload);
        if (errors.FirstOrDefault(ShopifyErrors.IsGone) is { } gone)
        {
            state.Gone(gone.Message);
        }
        else if (errors.Length > 0 && variants.Length > 1)
        {
            // All or nothing: the row that was refused is found by sending each alone.
            foreach (var single in variants)
            {
                await RemoveAsync(state, id, [single], cancellationToken);
            }
        }
        else if (errors.All(error => error.Code == "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"))
        {
            // No error, or it is gone already, which is what was wanted.
            state.Mark(keys, PushResult.Applied);
            Learn(state, payload);
        }
        else
        {
            foreach (var key in keys)
            {
                state.Reject(key, errors[0].Code ?? "REFUSED", errors[0].Message);
            }
        }
    }

    /// <summary>Binds those of <paramref name="wanted"/> that an earlier try, or somebody else, has created; answers the ones that are missing.</summary>
    private async Task<DesiredVariant[]> AdoptAsync(ShopifyPushState state, string id, DesiredVariant[] wanted, CancellationToken cancellationToken)
    {
        var keys = state.Undecided.Where(planned => wanted.Any(variant => variant.Id == planned.Key.Variant)).ToArray();
        var read = await source.ReadAsync([id], cancellationToken);
        if (read.Fault is { } fault)
        {
            state.Fail(keys.Select(planned => planned.Key), fault, mayHaveHappened: false);
            return [];
        }

        if (read.Items[0].Body is not { Deleted: false } product)
        {
            state.Gone("Product does not exist");
            return [];
        }

        var linked = state.Item.Target.Variants.Select(variant => variant.ExternalId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var free = product with { Variants = [.. product.Variants.Where(variant => !linked.Contains(variant.ExternalId))], VariantsComplete = false };
        var bound = ShopifyPush.Bindings(state.Item.Target, [.. wanted], free);
        if (bound.IsEmpty)
        {
            return wanted;
        }

        var found = bound.Select(link => link.Variant).ToHashSet();
        state.Link(free with { Variants = [.. free.Variants.Where(variant => bound.Any(link => link.ExternalId == variant.ExternalId))] }, bound);
        foreach (var planned in keys.Where(planned => found.Contains(planned.Key.Variant!.Value)))
        {
            state.Mark([planned.Key], ShopifyPush.Holds(state.Item.Target, free, bound, planned) ? PushResult.Applied : PushResult.NotSent);
        }

        return [.. wanted.Where(variant => !found.Contains(variant.Id))];
    }

    /// <summary>Partial updates are on, so a row without an error was written; an error without a row speaks for all rows.</summary>
    private static void Judge(ShopifyPushState state, List<PlannedValue> fields, ImmutableArray<ShopifyUserError> own, ImmutableArray<ShopifyUserError> shared)
    {
        var keys = fields.Select(planned => planned.Key).ToArray();
        if (own.IsEmpty && shared.IsEmpty)
        {
            state.Mark(keys, PushResult.Applied);
            return;
        }

        if (own.Any(ShopifyErrors.IsGone))
        {
            state.Mark(keys, PushResult.Gone);
            return;
        }

        var named = own.Select(error => (Error: error, Field: ShopifyMapper.FieldOf(error))).Where(pair => pair.Field is not null).ToArray();
        var refused = keys.Where(key => named.Any(pair => pair.Field == key.Field)).ToArray();
        if (refused.Length == 0 || shared.Length > 0)
        {
            var first = own.IsEmpty ? shared[0] : own[0];
            foreach (var key in keys)
            {
                state.Reject(key, first.Code ?? "REFUSED", first.Message);
            }

            return;
        }

        state.NotSent(keys, named[0].Error.Message);
        foreach (var key in refused)
        {
            var error = named.First(pair => pair.Field == key.Field).Error;
            state.Reject(key, error.Code ?? "REFUSED", error.Message);
        }
    }

    /// <summary>Creates are all or nothing per call: the named rows are refused, the others wait for the next try.</summary>
    private static void Refuse(ShopifyPushState state, DesiredVariant[] chunk, RegisterKey[] keys, ImmutableArray<ShopifyUserError> errors)
    {
        state.NotSent(keys, errors[0].Message);
        foreach (var error in errors)
        {
            var row = error.Row("variants");
            var variant = row is { } at && at < chunk.Length ? chunk[at].Id : (VariantId?)null;
            var field = ShopifyMapper.FieldOf(error);
            var hit = keys.Where(key => (variant is null || key.Variant == variant) && (field is null or ShopifyFields.OptionValues || key.Field == field)).ToArray();
            foreach (var key in hit.Length > 0 ? hit : keys.Where(key => variant is null || key.Variant == variant))
            {
                state.Reject(key, error.Code ?? "REFUSED", error.Message);
            }
        }
    }

    private static ImmutableArray<ObservedVariant> Learn(ShopifyPushState state, JsonElement? payload)
    {
        if (payload is not { } found)
        {
            return [];
        }

        if (ShopifyMapper.Child(found, "product") is { ValueKind: JsonValueKind.Object } product)
        {
            state.Learn(ShopifyMapper.Product(product));
        }

        if (ShopifyMapper.Child(found, "productVariants") is not { ValueKind: JsonValueKind.Array } list)
        {
            return [];
        }

        var variants = list.EnumerateArray().Where(node => node.ValueKind == JsonValueKind.Object).Select(ShopifyMapper.Variant).ToImmutableArray();
        foreach (var variant in variants)
        {
            state.Learn(variant);
        }

        return variants;
    }
}
