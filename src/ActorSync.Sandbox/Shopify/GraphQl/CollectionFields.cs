using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Collections: roots, objects and mutations.</summary>
internal static class CollectionFields
{
    public static void Add(Resolvers r)
    {
        Roots(r);
        Objects(r);
        MutationFields.On(r, "collectionCreate", (c, s) => CollectionWrites.Create(s.Shop, Given(c, s)));
        MutationFields.On(r, "collectionUpdate", (c, s) => CollectionWrites.Update(s.Shop, Given(c, s)));
        MutationFields.On(r, "collectionDelete", (c, s) => CollectionWrites.Delete(s.Shop, s.Argument(c, "input")));
        MutationFields.On(r, "collectionAddProducts", (c, s) => CollectionWrites.Add(s.Shop, Id(c, s), Products(c, s), byJob: false));
        MutationFields.On(r, "collectionAddProductsV2", (c, s) => CollectionWrites.Add(s.Shop, Id(c, s), Products(c, s), byJob: true));
        MutationFields.On(r, "collectionRemoveProducts", (c, s) => CollectionWrites.Remove(s.Shop, Id(c, s), Products(c, s)));
    }

    private static void Roots(Resolvers r)
    {
        const string Q = "QueryRoot";
        r.Root(Q, "collection", (c, s) => s.Shop.Collections.Find(QueryFields.Number(c, s, "Collection")));
        r.Root(Q, "collectionByHandle", (c, s) => s.Shop.Collections.ByHandle(s.Text(c, "handle") ?? ""));
        r.Root(Q, "collectionByIdentifier", (c, s) => s.Argument(c, "identifier") is var identifier && identifier.Id("id") is { } id
            ? s.Shop.Collections.Find(id.Number) : s.Shop.Collections.ByHandle(identifier.Text("handle") ?? ""));
        r.Root(Q, "collections", (c, s) => Connection.Of(Found(c, s), x => Sort(x, s.Text(c, "sortKey")), x => x, s.Page(c)));
        r.Root(Q, "collectionsCount", (c, s) => new ShopFields.LimitedCount(Found(c, s).Count(), QueryFields.Limit(c, s)));
        r.Root(Q, "job", (c, s) => Gid.Parse(s.Text(c, "id")) is { Type: "Job" } ? new ShopJob(s.Text(c, "id")!, Done: true) : null);
    }

    private static void Objects(Resolvers r)
    {
        const string T = "Collection";
        r.On<ShopCollection>(T, "id", c => Gid.Of(T, c.Id));
        r.On<ShopCollection>(T, "legacyResourceId", c => c.Id);
        r.On<ShopCollection>(T, "title", c => c.Title);
        r.On<ShopCollection>(T, "handle", c => c.Handle);
        r.On<ShopCollection>(T, "descriptionHtml", c => c.DescriptionHtml);
        r.On<ShopCollection>(T, "description", (x, c, s) => CatalogueFields.Cut(ShopText.Plain(x.DescriptionHtml), s.Number(c, "truncateAt")));
        r.On<ShopCollection>(T, "seo", c => (c.SeoTitle, c.SeoDescription));
        r.On<ShopCollection>(T, "sortOrder", c => c.SortOrder);
        r.On<ShopCollection>(T, "templateSuffix", c => c.TemplateSuffix);
        r.On<ShopCollection>(T, "updatedAt", c => c.UpdatedAt);
        r.On<ShopCollection>(T, "ruleSet", c => c.Rules);
        r.On<ShopRuleSet>("CollectionRuleSet", "appliedDisjunctively", x => x.Disjunctive);
        r.On<ShopRuleSet>("CollectionRuleSet", "rules", x => x.Rules);
        r.On<ShopRule>("CollectionRule", "column", x => x.Column);
        r.On<ShopRule>("CollectionRule", "relation", x => x.Relation);
        r.On<ShopRule>("CollectionRule", "condition", x => x.Condition);
        r.On<ShopCollection>(T, "productsCount", (x, _, s) => s.Shop.Collections.ProductsOf(x, s.Shop.Products).Count());
        r.On<ShopCollection>(T, "hasProduct", (x, c, s) => s.Shop.Product(Gid.Parse(s.Text(c, "id"))?.Number) is { } product && s.Shop.Collections.Has(x, product));
        r.On<ShopCollection>(T, "products", (x, c, s) => Connection.Of(
            s.Shop.Collections.ProductsOf(x, s.Shop.Products).Select((p, i) => (Product: p, Index: i)), p => SortIn(p.Product, p.Index, s.Text(c, "sortKey")), p => p.Product, s.Page(c)));

        // A manual collection is one source that lists products; a rule-based one is one source with conditions.
        r.On<ShopCollection>(T, "sources", c => new[] { new Source(c) });
        r.On<Source>("CollectionConditionsSource", "id", s => Gid.Of("CollectionConditionsSource", s.Collection.Id));
        r.On<Source>("CollectionConditionsSource", "title", s => s.Collection.Title);
        r.On<Source>("CollectionConditionsSource", "description", _ => null);
        r.On<Source>("CollectionConditionsSource", "inclusion", s => s);
        r.On<Source>("CollectionSourceInclusion", "conditions", s => (s.Collection.Rules?.Rules ?? []).Select((_, i) => new Condition(s.Collection.Id + i)));
        r.On<Condition>("CollectionSourceInclusionConditionProductTag", "id", c => Gid.Of("CollectionSourceInclusionConditionProductTag", c.Id));
        r.On<ShopJob>("Job", "id", j => j.Id);
        r.On<ShopJob>("Job", "done", j => j.Done);
    }

    internal sealed record Source(ShopCollection Collection);

    internal sealed record Condition(long Id);

    private static IEnumerable<ShopCollection> Found(IResolveFieldContext context, RequestState state)
    {
        if (state.Text(context, "query") is not { Length: > 0 } text)
        {
            return state.Shop.Collections.All;
        }

        var query = QueryFields.Query(context, state, text, CatalogueSearch.CollectionFields);
        return state.Shop.Collections.All.Where(x => query.Matches(t => CatalogueSearch.Collection(x, t)));
    }

    private static SortKey Sort(ShopCollection collection, string? by) => by switch
    {
        "TITLE" => new SortKey(collection.Title, collection.Id),
        "UPDATED_AT" => new SortKey(collection.UpdatedAt.ToUnixTimeMilliseconds(), collection.Id),
        _ => new SortKey(collection.Id, collection.Id),
    };

    private static SortKey SortIn(ShopProduct product, int index, string? by) => by switch
    {
        "TITLE" => new SortKey(product.Title, product.Id),
        "CREATED" => new SortKey(product.CreatedAt.ToUnixTimeMilliseconds(), product.Id),
        "ID" => new SortKey(product.Id, product.Id),
        _ => new SortKey((long)index, product.Id),
    };

    private static Input Given(IResolveFieldContext context, RequestState state) => state.Argument(context, "input") is { IsObject: true } input
        ? input : throw new RefusedException("INVALID_FIELD_ARGUMENTS", $"{context.FieldAst.Name.StringValue} must include exactly one of the following arguments: collection, input.");

    private static Gid? Id(IResolveFieldContext context, RequestState state) => Gid.Parse(state.Text(context, "id"));

    private static List<string> Products(IResolveFieldContext context, RequestState state) => [.. state.Argument(context, "productIds").Items().Select(i => i.Value.ToString())];
}
