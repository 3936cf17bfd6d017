using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The roots of mutations.</summary>
internal static class MutationFields
{
    /// <summary>From 2026-04 on, of those that are served here.</summary>
    public static readonly IReadOnlySet<string> NeedKey = new HashSet<string>(StringComparer.Ordinal)
    {
        "inventoryActivate", "inventoryAdjustQuantities", "inventorySetQuantities",
    };

    public static void Add(Resolvers r)
    {
        On(r, "productSet", (c, s) => ProductSet.Run(s.Shop, s.Argument(c, "identifier"), s.Argument(c, "input"), s.Flag(c, "synchronous", otherwise: true)));
        On(r, "productCreate", (c, s) => WithShop(ProductWrites.Create(s.Shop, s.Argument(c, "product"), s.Argument(c, "media").Items()), s));
        On(r, "productUpdate", (c, s) => ProductWrites.Update(s.Shop, s.Argument(c, "identifier"), s.Argument(c, "product"), s.Argument(c, "media").Items()));
        On(r, "productDelete", (c, s) => ProductWrites.Delete(s.Shop, s.Argument(c, "input")));
        On(r, "productVariantsBulkCreate", (c, s) => VariantWrites.Create(s.Shop, Id(c, s, "productId"), s.Argument(c, "variants").Items(), s.Text(c, "strategy") ?? "DEFAULT"));
        On(r, "productVariantsBulkUpdate", (c, s) => VariantWrites.Update(s.Shop, Id(c, s, "productId"), s.Argument(c, "variants").Items(), s.Flag(c, "allowPartialUpdates", otherwise: false)));
        On(r, "productVariantsBulkDelete", (c, s) => VariantWrites.Delete(s.Shop, Id(c, s, "productId"), Texts(c, s, "variantsIds")));
        On(r, "fileUpdate", (c, s) => MediaWrites.Update(s.Shop, s.Argument(c, "files").Items()));
        On(r, "productReorderMedia", (c, s) => MediaWrites.Reorder(s.Shop, Id(c, s, "id"), s.Argument(c, "moves").Items()));
        On(r, "tagsAdd", (c, s) => ProductWrites.Tags(s.Shop, Id(c, s, "id"), Texts(c, s, "tags"), add: true));
        On(r, "tagsRemove", (c, s) => ProductWrites.Tags(s.Shop, Id(c, s, "id"), Texts(c, s, "tags"), add: false));
        On(r, "publishablePublish", (c, s) => ProductWrites.Publish(s.Shop, Id(c, s, "id"), s.Argument(c, "input").Items(), publish: true));
        On(r, "publishableUnpublish", (c, s) => ProductWrites.Publish(s.Shop, Id(c, s, "id"), s.Argument(c, "input").Items(), publish: false));
        On(r, "metafieldsSet", (c, s) => MetafieldWrites.Set(s.Shop, s.Argument(c, "metafields").Items()));
        On(r, "metafieldDefinitionCreate", (c, s) => MetafieldWrites.Define(s.Shop, s.Argument(c, "definition")));
        On(r, "inventoryItemUpdate", (c, s) => StockWrites.UpdateItem(s.Shop, Id(c, s, "id"), s.Argument(c, "input")));
        On(r, "inventorySetQuantities", (c, s) => Stock(c, s, StockWrites.Set));
        On(r, "inventoryAdjustQuantities", (c, s) => Stock(c, s, StockWrites.Adjust));
        On(r, "inventoryActivate", Activate);
        On(r, "webhookSubscriptionCreate", (c, s) => WebhookWrites.Create(s.Shop, s.Text(c, "topic") ?? "", s.Argument(c, "webhookSubscription")));
        On(r, "webhookSubscriptionUpdate", (c, s) => WebhookWrites.Update(s.Shop, Id(c, s, "id"), s.Argument(c, "webhookSubscription")));
        On(r, "webhookSubscriptionDelete", (c, s) => WebhookWrites.Delete(s.Shop, Id(c, s, "id")));
    }

    internal static void On(Resolvers resolvers, string name, Func<IResolveFieldContext, RequestState, Payload> run) =>
        resolvers.Root("Mutation", name, (context, state) =>
        {
            var payload = run(context, state);
            if (payload.Errors.Count == 0)
            {
                state.Writes++;
            }

            return payload;
        });

    private static Payload Stock(IResolveFieldContext context, RequestState state, Func<Shop, Input, StockResult> run)
    {
        var input = state.Argument(context, "input");
        var result = StockWrites.Once(
            state.Shop, context.FieldAst.Name.StringValue, Key(context, state), input.Value, () => run(state.Shop, input), error => new StockResult(Group: null, [error]));
        return new Payload(result.Errors) { ["inventoryAdjustmentGroup"] = result.Group };
    }

    private static Payload Activate(IResolveFieldContext context, RequestState state)
    {
        var arguments = System.Text.Json.JsonSerializer.SerializeToElement(((string[])["inventoryItemId", "locationId", "available", "onHand"])
            .Select(a => state.Argument(context, a).Value).Select(v => v.ValueKind == System.Text.Json.JsonValueKind.Undefined ? "" : v.GetRawText()));
        var result = StockWrites.Once(state.Shop, "inventoryActivate", Key(context, state), arguments, () =>
        {
            var (level, errors) = StockWrites.Activate(
                state.Shop, Id(context, state, "inventoryItemId"), Id(context, state, "locationId"), state.Number(context, "available"), state.Number(context, "onHand"));
            return new ActivateResult(level?.Variant.ItemId, level?.Level.LocationId, errors);
        }, error => new ActivateResult(ItemId: null, LocationId: null, [error]));
        LevelRef? level = state.Shop.Item(result.ItemId) is { } item && item.Variant.Level(result.LocationId ?? 0) is { } found ? new LevelRef(item.Product, item.Variant, found) : null;
        return new Payload(result.Errors) { ["inventoryLevel"] = level };
    }

    private static string? Key(IResolveFieldContext context, RequestState state)
    {
        foreach (var directive in context.FieldAst.Directives?.Items ?? [])
        {
            if (directive.Name == "idempotent" && directive.Arguments?.Items is [{ } key])
            {
                return state.Values.Of(key.Value).GetString() ?? "";
            }
        }

        return null;
    }

    private static Payload WithShop(Payload payload, RequestState state)
    {
        payload["shop"] = state.Shop;
        return payload;
    }

    private static Gid? Id(IResolveFieldContext context, RequestState state, string name) => Gid.Parse(state.Text(context, name));

    private static List<string> Texts(IResolveFieldContext context, RequestState state, string name) =>
        [.. state.Argument(context, name).Items().Select(i => i.Value.ToString())];
}
