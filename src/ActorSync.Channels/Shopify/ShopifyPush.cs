using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// Writes a batch: stock of all items first in as few calls as possible, then each item's content by calls that name nothing but what the delta names.
/// Items run side by side, bounded; the calls of one item run one after the other.
/// </summary>
internal sealed class ShopifyPush(ShopifyClient client, ShopifySource source, ShopifySubscriptions subscriptions)
{
    public const int MaxItems = 50;
    private const int MaxParallelItems = 4;
    /// <summary>Shopify takes no more variants and options than these.</summary>
    private const int MaxVariants = 2048;
    private const int MaxOptions = 3;
    private const double CostPerVariant = 0.2;
    /// <summary>Above this many variants Shopify may not answer within its ten seconds.</summary>
    private const int MaxVariantsAtOnce = 100;
    private const int MaxLooks = 12;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private readonly ShopifyStockPush _stock = new(client);
    private readonly ShopifyVariantPush _variants = new(client, source);
    private readonly ShopifyMediaPush _media = new(client);
    private readonly ShopifyStructurePush _structure = new(client, source);

    public async Task<ImmutableArray<PushOutcome>> PushAsync(ImmutableArray<PushItem> items, CancellationToken cancellationToken)
    {
        var states = items.Select(item => new ShopifyPushState(item, client.Clock.GetUtcNow())).ToArray();
        await _stock.PushAsync([.. states.Where(state => state.Item.Action == PushAction.Update)], cancellationToken);
        var lists = new ShopifyListPush(client, new ShopifyCollections(client));
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxParallelItems, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(states.Where(state => !state.IsOver), options, async (state, token) =>
            await (state.Item.Action switch
            {
                PushAction.Create => CreateAsync(state, lists, token),
                PushAction.Delete => DeleteAsync(state, token),
                _ => UpdateAsync(state, lists, token),
            }));
        return [.. states.Select(state => state.ToOutcome(client.ClockOffset))];
    }

    public static IEnumerable<string> SkusOf(PushItem item) =>
        item.Target.Variants.Where(variant => !variant.Remove).Select(variant => variant.Fields.GetValueOrDefault(ShopifyFields.Sku).Text).OfType<string>();

    private async Task CreateAsync(ShopifyPushState state, ShopifyListPush lists, CancellationToken cancellationToken)
    {
        var item = state.Item;
        if (Obstacle(item) is { } obstacle)
        {
            state.Reject(null, obstacle.Code, obstacle.Message);
            return;
        }

        ShopifyRefusals.Apply(state);
        var joins = await lists.JoinsAsync(state, cancellationToken);
        if (state.IsOver)
        {
            return;
        }

        var keys = state.Undecided.Select(planned => planned.Key).ToArray();
        if (await subscriptions.EnsureDefinitionAsync(cancellationToken) is { } definition)
        {
            state.Fail(keys, definition, mayHaveHappened: false);
            return;
        }

        var found = await source.FindAsync(item.Product, SkusOf(item), cancellationToken);
        switch (found)
        {
            case { Fault: { } fault }:
                state.Fail(keys, fault, mayHaveHappened: false);
                return;
            case { Obstacle: { } reason }:
                state.Reject(null, "SKU_IN_USE", reason);
                return;
            case { Product: { } product }:
                Adopt(state, product);
                return;
            default:
                await SetAsync(state, keys, joins, cancellationToken);
                return;
        }
    }

    private async Task SetAsync(ShopifyPushState state, RegisterKey[] keys, ImmutableArray<string> joins, CancellationToken cancellationToken)
    {
        var item = state.Item;
        var variants = item.Target.Variants.Where(variant => !variant.Remove).ToImmutableArray();
        var isLarge = variants.Length > MaxVariantsAtOnce;
        var answer = await client.SendAsync(isLarge ? ShopifyOperations.ProductSetLarge : ShopifyOperations.ProductSet, new JsonObject
        {
            ["identifier"] = new JsonObject
            {
                ["customId"] = new JsonObject { ["namespace"] = ShopifyMapper.HubIdNamespace, ["key"] = ShopifyMapper.HubIdKey, ["value"] = item.Product.Value },
            },
            ["input"] = ShopifyMapper.SetInput(item.Target, variants, joins),
        }, Lane.Content, cancellationToken, variants.Length * CostPerVariant);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("productSet");
        if (ShopifyErrors.UserErrors(payload) is { IsEmpty: false } errors)
        {
            RejectSet(state, variants, errors);
        }
        else if (isLarge)
        {
            await FollowAsync(state, keys, variants, payload, cancellationToken);
        }
        else if (payload is { } set && ShopifyMapper.Child(set, "product") is { ValueKind: JsonValueKind.Object } node)
        {
            // The product exists from here on: even when the rest of it cannot be read, its ids are bound.
            var (product, _) = await source.WholeAsync(node, cancellationToken);
            state.Link(product, Bindings(item.Target, variants, product));
            state.Mark(keys, PushResult.Applied);
        }
        else
        {
            state.Fail(keys, Odd("NO_PRODUCT", "Shopify answered the create without a product."), mayHaveHappened: true);
        }
    }

    /// <summary>A large product is made behind the scenes. What is not done in time is of unknown outcome, and the next try finds it by our id.</summary>
    private async Task FollowAsync(ShopifyPushState state, RegisterKey[] keys, ImmutableArray<DesiredVariant> variants, JsonElement? payload, CancellationToken cancellationToken)
    {
        var id = payload is { } started && ShopifyMapper.Child(started, "productSetOperation") is { ValueKind: JsonValueKind.Object } operation ? operation.GetProperty("id").GetString() : null;
        for (var look = 0; id is not null && look < MaxLooks; look++)
        {
            await Task.Delay(BetweenLooks, client.Clock, cancellationToken);
            var answer = await client.SendAsync(ShopifyOperations.ProductSetStatus, new JsonObject { ["id"] = id }, Lane.Content, cancellationToken);
            if (answer.Root("productOperation") is not { } status || status.GetProperty("status").GetString() != "COMPLETE")
            {
                continue;
            }

            if (ShopifyErrors.UserErrors(status) is { IsEmpty: false } errors)
            {
                RejectSet(state, variants, errors);
                return;
            }

            if (ShopifyMapper.Child(status, "product") is { ValueKind: JsonValueKind.Object } made
                && await source.ReadAsync([ShopifyGid.Number(made.GetProperty("id").GetString()!)], cancellationToken) is { Fault: null, Items: [{ Body: { Deleted: false } product }] })
            {
                state.Link(product, Bindings(state.Item.Target, variants, product));
                state.Mark(keys, PushResult.Applied);
                return;
            }

            break;
        }

        state.Fail(keys, Odd("STILL_RUNNING", "Shopify is still making the product; it is looked for again."), mayHaveHappened: true);
    }

    private static ChannelFault Odd(string code, string message) => new() { Kind = ChannelFaultKind.Transient, Code = code, Message = message };

    /// <summary>An earlier create took effect, or the SKU is there already: bind it, and leave what differs to the next plan.</summary>
    private static void Adopt(ShopifyPushState state, ObservedProduct product)
    {
        var item = state.Item;
        var bound = Bindings(item.Target, [.. item.Target.Variants.Where(variant => !variant.Remove)], product);
        state.Link(product, bound);
        state.Mark(state.Undecided.Where(planned => Holds(item.Target, product, bound, planned)).Select(planned => planned.Key).ToArray(), PushResult.Applied);
    }

    internal static bool Holds(DesiredProduct target, ObservedProduct product, ImmutableArray<VariantLink> bound, PlannedValue planned)
    {
        var canon = ShopifyCanon.Instance;
        if (planned.Key.Variant is not { } variant)
        {
            return planned.Key is { Field: ShopifyFields.Options } ? product.Options is { } options && options.SequenceEqual(target.Options, StringComparer.Ordinal)
                : planned.Key is { Field: ShopifyFields.Tags or ShopifyFields.Collections, Part: { } element }
                ? product.Sets.GetValueOrDefault(planned.Key.Field, []).Any(known => canon.ElementKey(planned.Key.Field, known) == element) != planned.Target.IsEmpty
                : product.Fields.TryGetValue(planned.Key.Field, out var held) && canon.Form(planned.Key.Field, held) == canon.Form(planned.Key.Field, planned.Target);
        }

        if (bound.FirstOrDefault(link => link.Variant == variant) is not { } found || product.Variants.FirstOrDefault(v => v.ExternalId == found.ExternalId) is not { } remote)
        {
            return false;
        }

        return planned.Key.Field switch
        {
            ShopifyFields.Exists => planned.Target == FieldValue.True,
            ShopifyFields.OptionValues => remote.OptionValues is { } values && values.SequenceEqual(target.Variants.First(v => v.Id == variant).OptionValues, StringComparer.Ordinal),
            ShopifyFields.Available => remote.Stock.Any(level => level.LocationId == planned.Key.Part && level.Quantity is { } count
                && Canonical.Decimal(count) == canon.Form(ShopifyFields.Available, planned.Target)),
            _ when remote.Fields.TryGetValue(planned.Key.Field, out var value) => canon.Form(planned.Key.Field, value) == canon.Form(planned.Key.Field, planned.Target),
            _ => false,
        };
    }

    private async Task DeleteAsync(ShopifyPushState state, CancellationToken cancellationToken)
    {
        var keys = state.Undecided.Select(planned => planned.Key).ToArray();
        if (state.Item.ExternalId is not { } id)
        {
            state.Reject(null, "NO_EXTERNAL_ID", "A delete needs the id of the product at Shopify.");
            return;
        }

        var answer = await client.SendAsync(
            ShopifyOperations.ProductDelete, new JsonObject { ["input"] = new JsonObject { ["id"] = ShopifyGid.Product(id) } }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        switch (ShopifyErrors.UserErrors(answer.Root("productDelete")))
        {
            case []:
                state.Mark(keys, PushResult.Applied);
                break;
            case [var error, ..] when ShopifyErrors.IsGone(error):
                state.Gone(error.Message);
                break;
            case [var error, ..]:
                state.Reject(null, error.Code ?? "REFUSED", error.Message);
                break;
        }
    }

    private async Task UpdateAsync(ShopifyPushState state, ShopifyListPush lists, CancellationToken cancellationToken)
    {
        var item = state.Item;
        if (item.ExternalId is not { } id)
        {
            state.Reject(null, "NO_EXTERNAL_ID", "An update needs the id of the product at Shopify.");
            return;
        }

        ShopifyRefusals.Apply(state);
        await _structure.PushAsync(state, id, cancellationToken);
        await _media.PushAsync(state, id, cancellationToken);
        await lists.TagsAsync(state, id, cancellationToken);
        await lists.CollectionsAsync(state, id, cancellationToken);
        await FieldsAsync(
            state, id, [.. state.Undecided.Where(planned => planned.Key is { Variant: null, Field: not (ShopifyFields.Tags or ShopifyFields.Collections) })], cancellationToken);
        await _variants.UpdateAsync(state, id, cancellationToken);
        await _variants.CreateAsync(state, id, cancellationToken);
        await _variants.RemoveAsync(state, id, cancellationToken);
    }

    /// <summary>
    /// Product fields in one call. It takes all or nothing, so what an error names is refused and the rest is sent again; an error that names nothing is
    /// pinned down by sending the fields one by one.
    /// </summary>
    private async Task FieldsAsync(ShopifyPushState state, string id, ImmutableArray<PlannedValue> fields, CancellationToken cancellationToken)
    {
        var input = new JsonObject { ["id"] = ShopifyGid.Product(id) };
        var sent = new List<PlannedValue>();
        foreach (var planned in fields)
        {
            if (state.IsOver)
            {
                return;
            }

            var isArchived = state.Item.Action == PushAction.Archive && planned.Key.Field == ShopifyFields.IsActive;
            if (!isArchived && planned is { Key.Field: ShopifyFields.IsActive } && planned.Target != FieldValue.True && planned.Held != FieldValue.True
                && await IsOffAlreadyAsync(state, id, planned, cancellationToken))
            {
                continue;
            }

            if (isArchived)
            {
                input["status"] = "ARCHIVED";
                sent.Add(planned);
            }
            else if (ShopifyMapper.AddProductField(input, planned.Key.Field, planned.Target))
            {
                sent.Add(planned);
            }
            else
            {
                state.Reject(planned.Key, "NOT_MAPPED", $"This connector does not change '{planned.Key.Field}' of an existing product at Shopify.");
            }
        }

        if (sent.Count == 0 || state.IsOver)
        {
            return;
        }

        var keys = sent.Select(planned => planned.Key).ToArray();
        var answer = await client.SendAsync(ShopifyOperations.ProductUpdate, new JsonObject { ["product"] = input }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail(keys, fault, answer.MayHaveHappened);
            return;
        }

        var payload = answer.Root("productUpdate");
        var errors = ShopifyErrors.UserErrors(payload);
        if (!Took(state, keys, payload, errors))
        {
            await RefuseFieldsAsync(state, id, sent, errors, cancellationToken);
        }
    }

    /// <summary>The whole update is done or its product gone; false = something of it was refused, so that nothing of it was done.</summary>
    private static bool Took(ShopifyPushState state, RegisterKey[] keys, JsonElement? payload, ImmutableArray<ShopifyUserError> errors)
    {
        if (errors.FirstOrDefault(ShopifyErrors.IsGone) is { } gone)
        {
            state.Gone(gone.Message);
            return true;
        }

        if (errors.Length > 0)
        {
            return false;
        }

        state.Mark(keys, PushResult.Applied);
        if (payload is { } done && ShopifyMapper.Child(done, "product") is { ValueKind: JsonValueKind.Object } node)
        {
            state.Learn(ShopifyMapper.Product(node));
        }

        return true;
    }

    /// <summary>What the answer to an update of product fields says where nothing may be sent after it: what an error does not name goes with the next push.</summary>
    internal static void SettleFields(ShopifyPushState state, RegisterKey[] keys, JsonElement payload)
    {
        var errors = ShopifyErrors.UserErrors(payload);
        if (Took(state, keys, payload, errors))
        {
            return;
        }

        state.NotSent(keys, errors[0].Message);
        foreach (var key in keys)
        {
            if (keys.Length == 1 || errors.Any(error => ShopifyMapper.FieldOf(error) == key.Field))
            {
                var error = errors.FirstOrDefault(error => ShopifyMapper.FieldOf(error) == key.Field) ?? errors[0];
                state.Reject(key, error.Code ?? "REFUSED", error.Message);
            }
        }
    }

    private async Task RefuseFieldsAsync(
        ShopifyPushState state, string id, List<PlannedValue> sent, ImmutableArray<ShopifyUserError> errors, CancellationToken cancellationToken)
    {
        var named = sent.Select(planned => (Planned: planned, Error: errors.FirstOrDefault(error => ShopifyMapper.FieldOf(error) == planned.Key.Field)))
            .Where(pair => pair.Error is not null).ToArray();
        foreach (var (planned, error) in named)
        {
            state.Reject(planned.Key, error!.Code ?? "REFUSED", error.Message);
        }

        var rest = sent.Except(named.Select(pair => pair.Planned)).ToImmutableArray();
        if (named.Length > 0)
        {
            await FieldsAsync(state, id, rest, cancellationToken);
        }
        else if (rest is [var only])
        {
            state.Reject(only.Key, errors[0].Code ?? "REFUSED", errors[0].Message);
        }
        else
        {
            foreach (var single in rest)
            {
                await FieldsAsync(state, id, [single], cancellationToken);
            }
        }
    }

    /// <summary>Archived is off as well, and stays archived: without knowing that the product is on, its status is looked at before it is made a draft.</summary>
    private async Task<bool> IsOffAlreadyAsync(ShopifyPushState state, string id, PlannedValue planned, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(ShopifyOperations.ProductStatus, new JsonObject { ["id"] = ShopifyGid.Product(id) }, Lane.Content, cancellationToken);
        if (answer.Fault is { } fault)
        {
            state.Fail([planned.Key], fault, mayHaveHappened: false);
            return true;
        }

        if (answer.Root("product") is not { } node)
        {
            state.Gone("Product does not exist");
            return true;
        }

        var product = ShopifyMapper.Product(node);
        if (product.Fields.GetValueOrDefault(ShopifyFields.IsActive) != FieldValue.False)
        {
            return false;
        }

        state.Mark([planned.Key], PushResult.Applied);
        state.Learn(product);
        return true;
    }

    private static void RejectSet(ShopifyPushState state, ImmutableArray<DesiredVariant> variants, ImmutableArray<ShopifyUserError> errors)
    {
        var keys = state.Undecided.Select(planned => planned.Key).ToArray();
        var attributed = errors.Select(error => (Error: error, Key: KeyOf(error))).ToArray();
        if (attributed.All(pair => pair.Key is not null))
        {
            // All or nothing: what was not refused was not written either, and goes with the next try.
            state.NotSent(keys, errors[0].Message);
            foreach (var (error, key) in attributed)
            {
                state.Reject(key, error.Code ?? "REFUSED", error.Message);
            }

            return;
        }

        foreach (var (error, _) in attributed)
        {
            state.Reject(null, error.Code ?? "REFUSED", error.Message);
        }

        RegisterKey? KeyOf(ShopifyUserError error)
        {
            var field = ShopifyMapper.FieldOf(error);
            var variant = error.Row("variants") is { } row && row < variants.Length ? variants[row].Id : (VariantId?)null;
            // The title cannot be left out of a create, and structure not be taken apart: these refuse the whole.
            return field is null or ShopifyFields.Name or ShopifyFields.Options or ShopifyFields.OptionValues or ShopifyFields.Available
                ? null
                : keys.Where(key => key.Field == field && key.Variant == variant).Select(key => (RegisterKey?)key).FirstOrDefault();
        }
    }

    internal static (string Code, string Message)? Obstacle(PushItem item)
    {
        var variants = item.Target.Variants.Count(variant => !variant.Remove);
        return (item.Target.Options.Length, variants) switch
        {
            ( > MaxOptions, _) => ("OPTIONS_OVER_LIMIT", $"The product has {item.Target.Options.Length} options; Shopify takes at most {MaxOptions}."),
            (_, > MaxVariants) => ("VARIANTS_OVER_LIMIT", $"The product has {variants} variants; Shopify takes at most {MaxVariants}."),
            (_, 0) => ("NO_VARIANTS", "The product has no variant to create."),
            (0, > 1) => ("OPTIONS_MISSING", $"The product has {variants} variants but no options that tell them apart."),
            _ when item.Target.Variants.Any(variant => !variant.Remove && !item.Target.Options.IsEmpty && variant.OptionValues.Length != item.Target.Options.Length) =>
                ("OPTION_VALUES_MISSING", "A variant does not have one value for each option of the product."),
            _ => null,
        };
    }

    /// <summary>Which remote variant is which: by option values, else by SKU, else the only one.</summary>
    internal static ImmutableArray<VariantLink> Bindings(DesiredProduct target, ImmutableArray<DesiredVariant> variants, ObservedProduct product)
    {
        var free = product.Variants.ToList();
        var bound = ImmutableArray.CreateBuilder<VariantLink>();
        foreach (var variant in variants)
        {
            var sku = variant.Fields.GetValueOrDefault(ShopifyFields.Sku).Text?.Trim();
            var match = target.Options.IsEmpty ? null : free.FirstOrDefault(remote => remote.OptionValues is { } values && values.SequenceEqual(variant.OptionValues, StringComparer.Ordinal));
            match ??= string.IsNullOrEmpty(sku) ? null : free.FirstOrDefault(remote => string.Equals(remote.Fields.GetValueOrDefault(ShopifyFields.Sku).Text?.Trim(), sku, StringComparison.OrdinalIgnoreCase));
            match ??= variants.Length == 1 && product.Variants.Length == 1 ? free.FirstOrDefault() : null;
            if (match is not null)
            {
                free.Remove(match);
                bound.Add(new VariantLink { Variant = variant.Id, ExternalId = match.ExternalId, StockItemId = match.StockItemId });
            }
        }

        return bound.ToImmutable();
    }
}
