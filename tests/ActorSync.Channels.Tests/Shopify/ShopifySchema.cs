using GraphQLParser;
using GraphQLParser.AST;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Shopify's own schema as far as checking a document and pricing it needs: fields, arguments, input objects, enums. Parsed once.</summary>
internal sealed class ShopifySchema
{
    private static readonly Lazy<ShopifySchema> Loaded = new(() => new ShopifySchema(File.ReadAllText(ShopifyContract.PathOf("schema/admin-2026-07.graphql"))));
    private static readonly HashSet<string> Free = ["MoneyV2", "MoneyBag", "MailingAddress", "LocationAddress", "PageInfo", "Weight", "InventoryItemMeasurement"];
    private readonly Dictionary<string, Dictionary<string, GraphQLFieldDefinition>> _fields = [];
    private readonly Dictionary<string, Dictionary<string, GraphQLInputValueDefinition>> _inputs = [];
    private readonly Dictionary<string, HashSet<string>> _enums = [];
    private readonly Dictionary<string, HashSet<string>> _implementers = [];
    private readonly HashSet<string> _deprecated = [];

    private ShopifySchema(string sdl)
    {
        foreach (var definition in Parser.Parse(sdl, new ParserOptions { Ignore = IgnoreOptions.Comments }).Definitions)
        {
            switch (definition)
            {
                case GraphQLObjectTypeDefinition type:
                    Add(type.Name.StringValue, type.Fields);
                    foreach (var parent in type.Interfaces?.Items ?? [])
                    {
                        Implement(parent.Name.StringValue, type.Name.StringValue);
                    }

                    break;
                case GraphQLInterfaceTypeDefinition type:
                    Add(type.Name.StringValue, type.Fields);
                    break;
                case GraphQLUnionTypeDefinition union:
                    _fields[union.Name.StringValue] = [];
                    foreach (var member in union.Types?.Items ?? [])
                    {
                        Implement(union.Name.StringValue, member.Name.StringValue);
                    }

                    break;
                case GraphQLInputObjectTypeDefinition input:
                    _inputs[input.Name.StringValue] = input.Fields!.Items.ToDictionary(field => field.Name.StringValue);
                    break;
                case GraphQLEnumTypeDefinition type:
                    _enums[type.Name.StringValue] = type.Values!.Items.Select(value => value.Name.StringValue).ToHashSet();
                    break;
            }
        }
    }

    public static ShopifySchema Load() => Loaded.Value;

    public IEnumerable<string> Values(string enumeration) => _enums[enumeration];

    /// <summary>What is wrong with a document, in words; empty = valid as far as fields, arguments, types and variables go.</summary>
    public List<string> Problems(string document)
    {
        var parsed = Parser.Parse(document);
        var operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single();
        var walk = new Walk(this, parsed, operation);
        walk.Selection(operation.SelectionSet, operation.Operation == OperationType.Mutation ? "Mutation" : "QueryRoot");
        walk.CheckVariables();
        return walk.Problems;
    }

    /// <summary>What is wrong with variables given to a document.</summary>
    public List<string> VariableProblems(string document, System.Text.Json.JsonElement variables)
    {
        var problems = new List<string>();
        var operation = Parser.Parse(document).Definitions.OfType<GraphQLOperationDefinition>().Single();
        var declared = operation.Variables?.Items.ToDictionary(variable => variable.Variable.Name.StringValue) ?? [];
        problems.AddRange(variables.EnumerateObject().Where(given => !declared.ContainsKey(given.Name)).Select(given => $"${given.Name} is not declared"));
        foreach (var variable in declared.Values)
        {
            if (variables.TryGetProperty(variable.Variable.Name.StringValue, out var value))
            {
                CheckValue(variable.Type, value, "$" + variable.Variable.Name.StringValue, problems);
            }
            else if (variable.Type is GraphQLNonNullType)
            {
                problems.Add($"${variable.Variable.Name.StringValue} is missing");
            }
        }

        return problems;
    }

    /// <summary>Requested cost by the model of the contract (fake-server.md section 3), page sizes taken from <paramref name="variables"/>.</summary>
    public int Cost(string document, IReadOnlyDictionary<string, int> variables)
    {
        var parsed = Parser.Parse(document);
        var operation = parsed.Definitions.OfType<GraphQLOperationDefinition>().Single();
        var pricing = new Pricing(this, parsed, variables);
        if (operation.Operation == OperationType.Query)
        {
            return operation.SelectionSet.Selections.OfType<GraphQLField>().Sum(root => Named(root) == "productsCount" ? 10 : pricing.Field("QueryRoot", root));
        }

        return operation.SelectionSet.Selections.OfType<GraphQLField>().Sum(root =>
        {
            var payload = BaseName(_fields["Mutation"][Named(root)].Type);
            return 10 + pricing.Fields(root.SelectionSet!, payload).Where(child => !Named(child.Field).EndsWith("serErrors", StringComparison.Ordinal))
                .Sum(child => Math.Max(0, pricing.Field(child.Type, child.Field) - 1));
        });
    }

    private static string Named(GraphQLField field) => field.Name.StringValue;

    private static string BaseName(GraphQLType type) => type switch
    {
        GraphQLNonNullType inner => BaseName(inner.Type),
        GraphQLListType list => BaseName(list.Type),
        GraphQLNamedType named => named.Name.StringValue,
        _ => "",
    };

    private void Add(string name, GraphQLFieldsDefinition? fields) => _fields[name] = fields?.Items.ToDictionary(field =>
    {
        if (field.Directives?.Items.Any(directive => directive.Name.StringValue == "deprecated") == true)
        {
            _deprecated.Add($"{name}.{field.Name.StringValue}");
        }

        return field.Name.StringValue;
    }) ?? [];

    private void Implement(string parent, string type)
    {
        if (!_implementers.TryGetValue(parent, out var types))
        {
            _implementers[parent] = types = [];
        }

        types.Add(type);
    }

    private void CheckValue(GraphQLType type, System.Text.Json.JsonElement value, string path, List<string> problems)
    {
        if (type is GraphQLNonNullType required)
        {
            if (value.ValueKind == System.Text.Json.JsonValueKind.Null)
            {
                problems.Add($"{path} is null");
            }
            else
            {
                CheckValue(required.Type, value, path, problems);
            }
        }
        else if (value.ValueKind == System.Text.Json.JsonValueKind.Null)
        {
            return;
        }
        else if (type is GraphQLListType list)
        {
            if (value.ValueKind != System.Text.Json.JsonValueKind.Array)
            {
                problems.Add($"{path} is no list");
                return;
            }

            var index = 0;
            foreach (var element in value.EnumerateArray())
            {
                CheckValue(list.Type, element, $"{path}.{index++}", problems);
            }
        }
        else
        {
            CheckNamed(BaseName(type), value, path, problems);
        }
    }

    private void CheckNamed(string name, System.Text.Json.JsonElement value, string path, List<string> problems)
    {
        if (_inputs.TryGetValue(name, out var input))
        {
            foreach (var given in value.EnumerateObject())
            {
                if (!input.TryGetValue(given.Name, out var field))
                {
                    problems.Add($"{path}.{given.Name} is not in {name}");
                }
                else if (field.Directives?.Items.Any(directive => directive.Name.StringValue == "deprecated") == true)
                {
                    problems.Add($"{path}.{given.Name} is deprecated");
                }
                else
                {
                    CheckValue(field.Type, given.Value, $"{path}.{given.Name}", problems);
                }
            }

            problems.AddRange(input.Values.Where(field => field is { Type: GraphQLNonNullType, DefaultValue: null } && !value.TryGetProperty(field.Name.StringValue, out _))
                .Select(field => $"{path}.{field.Name.StringValue} is missing"));
        }
        else if (_enums.TryGetValue(name, out var values))
        {
            if (!values.Contains(value.GetString()!))
            {
                problems.Add($"{path} is {value}, which {name} does not have");
            }
        }
        else if ((name is "Int" && value.ValueKind != System.Text.Json.JsonValueKind.Number)
            || (name is "String" or "ID" or "Money" or "URL" && value.ValueKind != System.Text.Json.JsonValueKind.String)
            || (name is "Boolean" && value.ValueKind is not (System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False)))
        {
            problems.Add($"{path} is {value.ValueKind}, not {name}");
        }
    }

    private static int Scale(int size) => size <= 0 ? 0 : Math.Max(1, (int)Math.Floor(2 * Math.Log(size)));

    private sealed class Walk(ShopifySchema schema, GraphQLDocument document, GraphQLOperationDefinition operation)
    {
        private readonly Dictionary<string, string> _declared = operation.Variables?.Items.ToDictionary(v => v.Variable.Name.StringValue, v => BaseName(v.Type)) ?? [];
        private readonly HashSet<string> _used = [];

        public List<string> Problems { get; } = [];

        public void Selection(GraphQLSelectionSet set, string type)
        {
            foreach (var selection in set.Selections)
            {
                switch (selection)
                {
                    case GraphQLField field when Named(field) == "__typename":
                        break;
                    case GraphQLField field:
                        Field(field, type);
                        break;
                    case GraphQLInlineFragment inline:
                        Into(inline.SelectionSet, inline.TypeCondition!.Type.Name.StringValue, type);
                        break;
                    case GraphQLFragmentSpread spread:
                        var fragment = document.Definitions.OfType<GraphQLFragmentDefinition>().FirstOrDefault(f => f.FragmentName.Name.StringValue == spread.FragmentName.Name.StringValue);
                        if (fragment is null)
                        {
                            Problems.Add($"fragment {spread.FragmentName.Name.StringValue} is missing");
                            break;
                        }

                        Into(fragment.SelectionSet, fragment.TypeCondition.Type.Name.StringValue, type);
                        break;
                }
            }
        }

        public void CheckVariables() => Problems.AddRange(_declared.Keys.Except(_used).Select(name => $"${name} is not used"));

        private void Into(GraphQLSelectionSet set, string condition, string type)
        {
            if (condition != type && !(schema._implementers.TryGetValue(type, out var types) && types.Contains(condition)))
            {
                Problems.Add($"... on {condition} cannot apply to {type}");
            }

            Selection(set, condition);
        }

        private void Field(GraphQLField field, string type)
        {
            if (!schema._fields.TryGetValue(type, out var fields) || !fields.TryGetValue(Named(field), out var definition))
            {
                Problems.Add($"{type}.{Named(field)} does not exist");
                return;
            }

            if (schema._deprecated.Contains($"{type}.{Named(field)}"))
            {
                Problems.Add($"{type}.{Named(field)} is deprecated");
            }

            foreach (var argument in field.Arguments?.Items ?? [])
            {
                if (definition.Arguments?.Items.FirstOrDefault(known => known.Name.StringValue == argument.Name.StringValue) is not { } known)
                {
                    Problems.Add($"{type}.{Named(field)} has no argument {argument.Name.StringValue}");
                    continue;
                }

                Value(argument.Value, BaseName(known.Type), $"{type}.{Named(field)}({argument.Name.StringValue})");
            }

            foreach (var directive in field.Directives?.Items ?? [])
            {
                foreach (var argument in directive.Arguments?.Items ?? [])
                {
                    Value(argument.Value, "String", "@" + directive.Name.StringValue);
                }
            }

            Problems.AddRange((definition.Arguments?.Items ?? []).Where(known => known is { Type: GraphQLNonNullType, DefaultValue: null }
                && field.Arguments?.Items.Any(given => given.Name.StringValue == known.Name.StringValue) != true).Select(known => $"{type}.{Named(field)} lacks {known.Name.StringValue}"));
            var inner = BaseName(definition.Type);
            if (inner.EndsWith("Connection", StringComparison.Ordinal) && field.Arguments?.Items.Any(given => given.Name.StringValue is "first" or "last") != true)
            {
                Problems.Add($"{type}.{Named(field)} needs first or last");
            }

            if (schema._fields.ContainsKey(inner) != (field.SelectionSet is not null))
            {
                Problems.Add($"{type}.{Named(field)} and its selection do not fit {inner}");
            }
            else if (field.SelectionSet is { } set)
            {
                Selection(set, inner);
            }
        }

        private void Value(GraphQLValue value, string type, string where)
        {
            switch (value)
            {
                case GraphQLVariable variable:
                    _used.Add(variable.Name.StringValue);
                    if (!_declared.TryGetValue(variable.Name.StringValue, out var declared) || declared != type)
                    {
                        Problems.Add($"{where}: ${variable.Name.StringValue} is {declared ?? "not declared"}, wanted is {type}");
                    }

                    break;
                case GraphQLObjectValue nested when schema._inputs.TryGetValue(type, out var input):
                    foreach (var field in nested.Fields ?? [])
                    {
                        if (input.TryGetValue(field.Name.StringValue, out var known))
                        {
                            Value(field.Value, BaseName(known.Type), $"{where}.{field.Name.StringValue}");
                        }
                        else
                        {
                            Problems.Add($"{where}.{field.Name.StringValue} is not in {type}");
                        }
                    }

                    break;
                case GraphQLEnumValue constant when schema._enums.TryGetValue(type, out var values) && !values.Contains(constant.Name.StringValue):
                    Problems.Add($"{where}: {constant.Name.StringValue} is not in {type}");
                    break;
            }
        }
    }

    private sealed class Pricing(ShopifySchema schema, GraphQLDocument document, IReadOnlyDictionary<string, int> variables)
    {
        public IEnumerable<(string Type, GraphQLField Field)> Fields(GraphQLSelectionSet set, string type) => set.Selections.SelectMany(selection => selection switch
        {
            GraphQLField field => [(type, field)],
            GraphQLInlineFragment inline => Fields(inline.SelectionSet, inline.TypeCondition!.Type.Name.StringValue),
            GraphQLFragmentSpread spread => Fragment(spread.FragmentName.Name.StringValue),
            _ => Enumerable.Empty<(string, GraphQLField)>(),
        });

        public int Field(string type, GraphQLField field)
        {
            var inner = BaseName(schema._fields[type][Named(field)].Type);
            if (!schema._fields.TryGetValue(inner, out var children))
            {
                return 0;
            }

            if (inner.EndsWith("Connection", StringComparison.Ordinal))
            {
                var nodes = Fields(field.SelectionSet!, inner).Single(child => Named(child.Field) == "nodes");
                return 2 + (Scale(PageSize(field)) * (1 + Inner(nodes.Field, BaseName(children["nodes"].Type))));
            }

            return (Free.Contains(inner) ? 0 : 1) + Inner(field, inner);
        }

        private IEnumerable<(string Type, GraphQLField Field)> Fragment(string name)
        {
            var fragment = document.Definitions.OfType<GraphQLFragmentDefinition>().Single(f => f.FragmentName.Name.StringValue == name);
            return Fields(fragment.SelectionSet, fragment.TypeCondition.Type.Name.StringValue);
        }

        private int Inner(GraphQLField field, string type) => Fields(field.SelectionSet!, type)
            .GroupBy(child => (child.Field.Alias?.Name ?? child.Field.Name).StringValue).Sum(same => same.Max(child => Field(child.Type, child.Field)));

        private int PageSize(GraphQLField field) => field.Arguments!.Items.First(argument => argument.Name.StringValue == "first").Value switch
        {
            GraphQLIntValue number => int.Parse(number.Value),
            GraphQLVariable variable => variables[variable.Name.StringValue],
            _ => 1,
        };
    }
}
