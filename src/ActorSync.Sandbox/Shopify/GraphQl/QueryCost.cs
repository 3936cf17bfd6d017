using System.Text.Json;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>What a query costs in points: the model of the contract pack, which explains most of the costs that were recorded against real shops.</summary>
public sealed class QueryCost(SdlIndex sdl)
{
    public const int MutationBase = 10;
    private const int FileMutationBase = 20;
    private const int RootCount = 10;

    private static readonly HashSet<string> Free = new(StringComparer.Ordinal)
    {
        "MoneyV2", "MoneyBag", "MailingAddress", "LocationAddress", "PageInfo", "Weight", "InventoryItemMeasurement", "CollectionRuleSet", "CollectionRule",
    };

    /// <summary>Points a query asks for before it runs.</summary>
    public int Requested(GraphQLDocument document, GraphQLOperationDefinition operation, QueryValues values)
    {
        var walk = new Walk(sdl, document, values);
        return operation.Operation == OperationType.Mutation ? walk.Mutation(operation.SelectionSet) : walk.Query(operation.SelectionSet);
    }

    /// <summary>Growth of a connection with its page size: far below linear.</summary>
    public static int Scale(long size) => size <= 0 ? 0 : Math.Max(1, (int)Math.Floor(2 * Math.Log(size)));

    internal static bool IsFree(string type) => Free.Contains(type);

    internal static int BaseOf(string mutation) => mutation is "fileCreate" or "productCreateMedia" ? FileMutationBase : MutationBase;

    internal static bool IsRootCount(string field) => field.EndsWith("Count", StringComparison.Ordinal);

    internal static int RootCountCost => RootCount;

    /// <summary>Lists in the input have a price of their own in productSet and the variant mutations.</summary>
    internal static int InputShare(string mutation, GraphQLField field, QueryValues values)
    {
        var share = mutation switch
        {
            "productSet" when values.Argument(field, "input") is { ValueKind: JsonValueKind.Object } input =>
                ProductSetShare(input),
            "productVariantsBulkCreate" or "productVariantsBulkUpdate" => VariantsShare(values.Argument(field, "variants")),
            _ => 0,
        };
        return (int)Math.Round(share, MidpointRounding.AwayFromZero);
    }

    private static double ProductSetShare(JsonElement input) =>
        (0.4 * Length(input, "metafields")) + (1.9 * Length(input, "files"))
        + (input.TryGetProperty("variants", out var variants) ? VariantsShare(variants) : 0);

    private static double VariantsShare(JsonElement variants) => variants.ValueKind != JsonValueKind.Array ? 0
        : variants.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.Object)
            .Sum(v => 0.2 + (0.4 * Length(v, "metafields")) + (v.TryGetProperty("file", out var file) && file.ValueKind == JsonValueKind.Object ? 0.6 : 0));

    private static int Length(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : 0;

    private sealed class Walk(SdlIndex sdl, GraphQLDocument document, QueryValues values)
    {
        public int Query(GraphQLSelectionSet selections) => Selection([selections], "QueryRoot", f => RootQueryField(f));

        public int Mutation(GraphQLSelectionSet selections) => Selection([selections], "Mutation", MutationField);

        private int RootQueryField(GraphQLField field)
        {
            var definition = Definition("QueryRoot", field);
            return definition is { BaseType: "Count" } && IsRootCount(definition.Name) ? RootCount : Field(definition, field);
        }

        private int MutationField(GraphQLField field)
        {
            if (Definition("Mutation", field) is not { } definition)
            {
                return 0;
            }

            return BaseOf(definition.Name) + InputShare(definition.Name, field, values)
                + Selection(SetsOf(field), definition.BaseType, payload => PayloadField(definition.BaseType, payload));
        }

        private int PayloadField(string payload, GraphQLField field)
        {
            var definition = Definition(payload, field);
            if (definition is null || definition.Name.EndsWith("serErrors", StringComparison.Ordinal) || sdl.Find(definition.BaseType) is not { HasFields: true })
            {
                return 0;
            }

            var cost = Field(definition, field);
            return definition.IsConnection || IsFree(definition.BaseType) ? cost : cost - 1;
        }

        private int Field(SdlField? definition, GraphQLField field)
        {
            if (definition is null || sdl.Find(definition.BaseType) is not { HasFields: true } type)
            {
                return definition is { Name: "hasActiveInventory" } ? 1 : 0;
            }

            if (definition.IsConnection)
            {
                return 2 + (Scale(PageSize(field)) * NodeCost(field, type));
            }

            var children = Selection(SetsOf(field), type.Name, child => Field(Definition(type.Name, child), child));
            return (IsFree(type.Name) ? 0 : 1) + children;
        }

        private int NodeCost(GraphQLField connection, SdlType type)
        {
            var nodes = 0;
            var touched = false;
            foreach (var child in Fields(SetsOf(connection), type.Name).Fields.Values.SelectMany(f => f))
            {
                var name = child.Name.StringValue;
                if (Definition(type.Name, child) is not { } definition || name is not ("nodes" or "edges"))
                {
                    continue;
                }

                touched = true;
                if (name == "nodes")
                {
                    nodes += 1 + Selection(SetsOf(child), definition.BaseType, f => Field(Definition(definition.BaseType, f), f));
                    continue;
                }

                foreach (var edge in Fields(SetsOf(child), definition.BaseType).Fields.Values.SelectMany(f => f).Where(f => f.Name == "node"))
                {
                    if (Definition(definition.BaseType, edge) is { } node)
                    {
                        nodes += 1 + Selection(SetsOf(edge), node.BaseType, f => Field(Definition(node.BaseType, f), f));
                    }
                }
            }

            return touched && nodes == 0 ? 1 : nodes;
        }

        private long PageSize(GraphQLField field)
        {
            foreach (var name in (string[])["first", "last"])
            {
                var value = values.Argument(field, name);
                if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var size))
                {
                    return size;
                }
            }

            // Neither was given: the request fails when it runs, and asked for an empty page.
            return 0;
        }

        private static List<GraphQLSelectionSet> SetsOf(GraphQLField field) => field.SelectionSet is null ? [] : [field.SelectionSet];

        private SdlField? Definition(string type, GraphQLField field) => sdl.Find(type)?.Fields.GetValueOrDefault(field.Name.StringValue);

        /// <summary>Same response key counted once, at its dearest; of fragments on different concrete types only the dearest counts.</summary>
        private int Selection(IReadOnlyList<GraphQLSelectionSet> sets, string type, Func<GraphQLField, int> cost)
        {
            var found = Fields(sets, type);
            var own = found.Fields.ToDictionary(f => f.Key, f => f.Value.Max(cost), StringComparer.Ordinal);
            var branches = found.Branches.Select(branch => Fields(branch.Value, branch.Key).Fields
                .Sum(f => Math.Max(0, f.Value.Max(x => Field(Definition(branch.Key, x), x)) - own.GetValueOrDefault(f.Key))));
            return own.Values.Sum() + branches.DefaultIfEmpty(0).Max();
        }

        private (Dictionary<string, List<GraphQLField>> Fields, Dictionary<string, List<GraphQLSelectionSet>> Branches) Fields(
            IReadOnlyList<GraphQLSelectionSet> sets, string type)
        {
            var fields = new Dictionary<string, List<GraphQLField>>(StringComparer.Ordinal);
            var branches = new Dictionary<string, List<GraphQLSelectionSet>>(StringComparer.Ordinal);
            foreach (var set in sets)
            {
                Collect(set, type, fields, branches, depth: 0);
            }

            return (fields, branches);
        }

        private void Collect(
            GraphQLSelectionSet set,
            string type,
            Dictionary<string, List<GraphQLField>> fields,
            Dictionary<string, List<GraphQLSelectionSet>> branches,
            int depth)
        {
            if (depth > DocumentCheck.DeepestNesting)
            {
                return;
            }

            foreach (var selection in set.Selections)
            {
                switch (selection)
                {
                    case GraphQLField field when values.Included(field.Directives):
                        Add(fields, (field.Alias?.Name ?? field.Name).StringValue, field);
                        break;
                    case GraphQLInlineFragment inline when values.Included(inline.Directives):
                        Fragment(inline.SelectionSet, inline.TypeCondition?.Type.Name.StringValue ?? type, type, fields, branches, depth);
                        break;
                    case GraphQLFragmentSpread spread when values.Included(spread.Directives) && document.FragmentNamed(spread.FragmentName.Name) is { } fragment:
                        Fragment(fragment.SelectionSet, fragment.TypeCondition.Type.Name.StringValue, type, fields, branches, depth);
                        break;
                }
            }
        }

        private void Fragment(
            GraphQLSelectionSet set,
            string condition,
            string type,
            Dictionary<string, List<GraphQLField>> fields,
            Dictionary<string, List<GraphQLSelectionSet>> branches,
            int depth)
        {
            if (sdl.IsAlways(type, condition))
            {
                Collect(set, type, fields, branches, depth + 1);
            }
            else
            {
                Add(branches, condition, set);
            }
        }

        private static void Add<T>(Dictionary<string, List<T>> target, string key, T value)
        {
            if (!target.TryGetValue(key, out var list))
            {
                target[key] = list = [];
            }

            list.Add(value);
        }
    }
}
