using ActorSync.Sandbox.Shopify.Bulk;
using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>The served schema made executable: every object field gets its resolver here or the process does not start.</summary>
public static class ShopSchema
{
    /// <summary>The schema text of one version: lines of other versions are left out.</summary>
    public static string ReadSdl(string version) => string.Join('\n', ReadSdl().Split('\n')
        .Where(line => line.LastIndexOf(Only, StringComparison.Ordinal) is var at && (at < 0 || line[(at + Only.Length)..].Trim() == version))
        .Select(line => line.StartsWith($"#{version}# ", StringComparison.Ordinal) ? line[(version.Length + 3)..] : line));

    private const string Only = "# only ";

    private static string ReadSdl()
    {
        var assembly = typeof(ShopSchema).Assembly;
        using var stream = assembly.GetManifestResourceStream("ActorSync.Sandbox.Shopify.schema.graphql")
            ?? throw new InvalidOperationException("The embedded schema.graphql is missing from the build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public static Schema Build(string sdl)
    {
        Schema? schema = null;
        var built = Schema.For(sdl, builder =>
        {
            foreach (var name in (string[])["Node", "LegacyInteroperability", "Publishable", "DisplayableError", "Media", "File", "ProductOperation", "WebhookSubscriptionEndpoint", "CollectionSource", "CollectionSourceInclusionCondition"])
            {
                builder.Types.For(name).ResolveType = value => (IObjectGraphType)schema!.AllTypes[TypeOf(value)]!;
            }
        });
        schema = built;
        foreach (var scalar in PassingScalar.All())
        {
            built.RegisterType(scalar);
        }

        built.Initialize();
        var resolvers = new Resolvers();
        CatalogueFields.Add(resolvers);
        CollectionFields.Add(resolvers);
        ShopFields.Add(resolvers);
        QueryFields.Add(resolvers);
        MutationFields.Add(resolvers);
        BulkFields.Add(resolvers);
        var missing = new List<string>();
        foreach (var type in built.AllTypes.OfType<IObjectGraphType>().Where(t => !t.Name.StartsWith("__", StringComparison.Ordinal)))
        {
            foreach (var field in type.Fields)
            {
                field.Resolver = resolvers.Find(type.Name, field.Name);
                if (field.Resolver is null)
                {
                    missing.Add($"{type.Name}.{field.Name}");
                }
            }
        }

        return missing.Count == 0 ? built : throw new InvalidOperationException($"schema.graphql has fields that nothing answers: {string.Join(", ", missing)}");
    }

    private static string TypeOf(object value) => value switch
    {
        ShopProduct => "Product",
        VariantRef => "ProductVariant",
        ItemRef => "InventoryItem",
        LevelRef => "InventoryLevel",
        ShopLocation => "Location",
        ShopPublication => "Publication",
        ShopSubscription => "WebhookSubscription",
        BulkOperation => "BulkOperation",
        ShopOperation => "ProductSetOperation",
        ShopMedia => "MediaImage",
        ShopMetafield => "Metafield",
        ShopMetafieldDefinition => "MetafieldDefinition",
        ShopOption => "ProductOption",
        ShopFields.Endpoint endpoint => endpoint.Type,
        ShopCollection => "Collection",
        CollectionFields.Source => "CollectionConditionsSource",
        CollectionFields.Condition => "CollectionSourceInclusionConditionProductTag",
        Shop => "Shop",
        _ => throw new InvalidOperationException($"{value.GetType().Name} is not a node."),
    };
}

/// <summary>Resolvers by Type.field, with the rules that hold for whole families of types.</summary>
public sealed class Resolvers
{
    private readonly Dictionary<string, IFieldResolver> byName = new(StringComparer.Ordinal);

    public IFieldResolver? Find(string type, string field)
    {
        if (byName.TryGetValue($"{type}.{field}", out var own))
        {
            return own;
        }

        return type switch
        {
            _ when type.EndsWith("Payload", StringComparison.Ordinal) => Resolve<Payload>((p, c) => p.GetValueOrDefault(c.FieldAst.Name.StringValue)),
            _ when type.EndsWith("Connection", StringComparison.Ordinal) => ConnectionField(field),
            _ when type.EndsWith("Edge", StringComparison.Ordinal) => field == "cursor" ? Resolve<Edge>((e, _) => e.Cursor) : Resolve<Edge>((e, _) => e.Node),
            _ when type.EndsWith("UserError", StringComparison.Ordinal) => ErrorField(field),
            _ => null,
        };
    }

    /// <summary>A field that needs its object only.</summary>
    public void On<T>(string type, string field, Func<T, object?> value) => byName.Add($"{type}.{field}", Resolve<T>((source, _) => value(source)));

    /// <summary>A field with arguments or a look at the shop.</summary>
    public void On<T>(string type, string field, Func<T, IResolveFieldContext, RequestState, object?> value) =>
        byName.Add($"{type}.{field}", Resolve<T>((source, context) => value(source, context, State(context))));

    public void Root(string type, string field, Func<IResolveFieldContext, RequestState, object?> value) =>
        byName.Add($"{type}.{field}", new FuncFieldResolver<object?>(context => Guarded(() => value(context, State(context)), context)));

    private static FuncFieldResolver<object?> Resolve<T>(Func<T, IResolveFieldContext, object?> value) =>
        new(context => Guarded(() => value((T)context.Source!, context), context));

    private static object? Guarded(Func<object?> run, IResolveFieldContext context)
    {
        var field = context.FieldDefinition.Name;
        if (ShopScopes.Lacking(context.ParentType.Name, field, State(context).Shop.AccessScopes) is { } lacking)
        {
            var error = GraphQlError.Of(
                "ACCESS_DENIED", $"Access denied for {field} field. Required access: {string.Join(" or ", lacking.Select(scope => $"`{scope}`"))} access scope.",
                ("documentation", "https://shopify.dev/api/usage/access-scopes"));
            throw new ShopExecutionError(error, context.FieldAst);
        }

        try
        {
            return run();
        }
        catch (RefusedException refused)
        {
            throw new ShopExecutionError(refused.Error, context.FieldAst);
        }
    }

    private static RequestState State(IResolveFieldContext context) => (RequestState)context.UserContext["state"]!;

    private static IFieldResolver? ConnectionField(string field) => field switch
    {
        "nodes" => Resolve<Connection>((c, _) => c.Edges.Select(e => e.Node)),
        "edges" => Resolve<Connection>((c, _) => c.Edges),
        "pageInfo" => Resolve<Connection>((c, _) => c),
        _ => null,
    };

    private static IFieldResolver? ErrorField(string field) => field switch
    {
        "field" => Resolve<ShopUserError>((e, _) => e.Field),
        "message" => Resolve<ShopUserError>((e, _) => e.Message),
        "code" => Resolve<ShopUserError>((e, _) => e.Code),
        "elementIndex" or "elementKey" => Resolve<ShopUserError>((_, _) => null),
        _ => null,
    };
}

/// <summary>A refusal on its way through the executor, which adds the path.</summary>
public sealed class ShopExecutionError(GraphQlError error, GraphQLField field) : ExecutionError(error.Message)
{
    public GraphQlError Error { get; } = error;

    public GraphQLField Field { get; } = field;
}
