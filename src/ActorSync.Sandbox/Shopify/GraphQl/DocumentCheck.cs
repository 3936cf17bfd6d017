using System.Text.Json.Nodes;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>
/// The mistakes in a document for which Shopify's own wording was recorded: unknown fields and arguments, missing arguments, literals of the wrong kind,
/// unknown directives, unused variables. What it does not know is left to the executor's validation. A document with any error does not run at all.
/// </summary>
public sealed class DocumentCheck(SdlIndex sdl, string text, GraphQLDocument document)
{
    public const int DeepestNesting = 25;
    private const int MostErrors = 20;

    private readonly List<GraphQlError> errors = [];
    private readonly HashSet<string> deprecated = new(StringComparer.Ordinal);
    private readonly HashSet<string> usedVariables = new(StringComparer.Ordinal);

    public IReadOnlyList<GraphQlError> Errors => errors;

    /// <summary>Deprecated fields that were selected, as Type.field.</summary>
    public IReadOnlyCollection<string> Deprecated => deprecated;

    public DocumentCheck Run()
    {
        foreach (var operation in document.Definitions.OfType<GraphQLOperationDefinition>())
        {
            usedVariables.Clear();
            var word = operation.Operation.ToString().ToLowerInvariant();
            var title = operation.Name is null ? word : $"{word} {operation.Name.StringValue}";
            Selections(operation.SelectionSet, sdl.RootOf(operation.Operation), [title], 0);
            foreach (var fragment in SpreadNames(operation.SelectionSet, []))
            {
                if (document.FragmentNamed(fragment) is { } definition)
                {
                    Variables(definition.SelectionSet, 0);
                }
            }

            foreach (var variable in operation.Variables?.Items ?? [])
            {
                var name = variable.Variable.Name.StringValue;
                if (!usedVariables.Contains(name))
                {
                    Error(operation, [title], "variableNotUsed", $"Variable ${name} is declared by {operation.Name?.StringValue ?? "anonymous " + word} but not used", ("variableName", name));
                }

                if (sdl.Find(SdlIndex.BaseName(variable.Type)) is null or { HasFields: true })
                {
                    var type = SdlIndex.BaseName(variable.Type);
                    Error(variable, [title], "variableRequiresValidType", $"{type} isn't a defined input type (on ${name})", ("typeName", type), ("variableName", name));
                }
            }
        }

        foreach (var fragment in document.Definitions.OfType<GraphQLFragmentDefinition>())
        {
            Selections(fragment.SelectionSet, fragment.TypeCondition.Type.Name.StringValue, ["fragment " + fragment.FragmentName.Name.StringValue], 0);
        }

        return this;
    }

    private void Selections(GraphQLSelectionSet set, string type, IReadOnlyList<object> path, int depth)
    {
        if (depth > DeepestNesting || errors.Count >= MostErrors || sdl.Find(type) is not { } parent)
        {
            return;
        }

        foreach (var selection in set.Selections)
        {
            switch (selection)
            {
                case GraphQLField field:
                    Field(field, parent, path, depth);
                    break;
                case GraphQLInlineFragment inline:
                    var condition = inline.TypeCondition?.Type.Name.StringValue ?? type;
                    Directives(inline.Directives, path);
                    if (sdl.Find(condition) is null)
                    {
                        Error(inline, path, "undefinedType", $"No such type {condition}, so it can't be a fragment condition", ("typeName", condition));
                    }
                    else
                    {
                        Selections(inline.SelectionSet, condition, [.. path, inline.TypeCondition is null ? "..." : "... on " + condition], depth + 1);
                    }

                    break;
                case GraphQLFragmentSpread spread:
                    Directives(spread.Directives, path);
                    break;
            }
        }
    }

    private void Field(GraphQLField field, SdlType parent, IReadOnlyList<object> path, int depth)
    {
        var name = field.Name.StringValue;
        var key = (field.Alias?.Name ?? field.Name).StringValue;
        IReadOnlyList<object> here = [.. path, key];
        if (name.StartsWith("__", StringComparison.Ordinal))
        {
            return;
        }

        if (!parent.Fields.TryGetValue(name, out var definition))
        {
            Error(field, here, "undefinedField", $"Field '{name}' doesn't exist on type '{parent.Name}'", ("typeName", parent.Name), ("fieldName", name));
            return;
        }

        if (definition.Deprecated)
        {
            deprecated.Add($"{parent.Name}.{name}");
        }

        Arguments(field, definition.Arguments, field.Arguments?.Items, "Field", name, here);
        Directives(field.Directives, here);
        var isObject = sdl.Find(definition.BaseType) is { HasFields: true };
        if (isObject && field.SelectionSet is null)
        {
            Error(field, here, "selectionMismatch", $"Field must have selections (field '{name}' returns {definition.BaseType} but has no selections. Did you mean '{name} {{ ... }}'?)", ("nodeName", $"field '{name}'"), ("typeName", definition.BaseType));
        }
        else if (!isObject && field.SelectionSet is { } leafSelection)
        {
            Error(leafSelection, here, "selectionMismatch", $"Selections can't be made on scalars (field '{name}' returns {definition.BaseType} but has selections [{string.Join(", ", leafSelection.Selections.OfType<GraphQLField>().Select(f => $"\"{f.Name.StringValue}\""))}])", ("nodeName", $"field '{name}'"), ("typeName", definition.BaseType));
        }
        else if (field.SelectionSet is not null)
        {
            Selections(field.SelectionSet, definition.BaseType, here, depth + 1);
        }
    }

    private void Arguments(
        ASTNode owner, IReadOnlyDictionary<string, SdlInput> known, List<GraphQLArgument>? given, string className, string name, IReadOnlyList<object> path)
    {
        foreach (var argument in given ?? [])
        {
            var argumentName = argument.Name.StringValue;
            if (!known.TryGetValue(argumentName, out var input))
            {
                Error(argument, [.. path, argumentName], "argumentNotAccepted", $"{className} '{name}' doesn't accept argument '{argumentName}'", ("name", name), ("typeName", className), ("argumentName", argumentName));
                continue;
            }

            Used(argument.Value);
            Literal(owner, argument.Value, input, $"{className} '{name}'", [.. path, argumentName], owner);
        }

        var missing = known.Values.Where(i => i.Required && given?.Exists(a => a.Name == i.Name) != true).Select(i => i.Name).ToList();
        if (missing.Count > 0)
        {
            var names = string.Join(", ", missing);
            Error(owner, path, "missingRequiredArguments", $"{className} '{name}' is missing required arguments: {names}", ("className", className), ("name", name), ("arguments", names));
        }
    }

    private void Directives(GraphQLDirectives? directives, IReadOnlyList<object> path)
    {
        foreach (var directive in directives?.Items ?? [])
        {
            var name = directive.Name.StringValue;
            if (sdl.Directives.TryGetValue(name, out var known))
            {
                Arguments(directive, known, directive.Arguments?.Items, "Directive", name, path);
            }
            else
            {
                Error(directive, path, "undefinedDirective", $"Directive @{name} is not defined", ("directiveName", name));
            }
        }
    }

    /// <summary>A value written in the document: its kind, the members of input objects, enum names, and global ids.</summary>
    private void Literal(ASTNode owner, GraphQLValue value, SdlInput input, string where, IReadOnlyList<object> path, ASTNode at)
    {
        if (value is GraphQLVariable)
        {
            return;
        }

        var type = input.Type;
        if (type is GraphQLNonNullType nonNull)
        {
            if (value is GraphQLNullValue)
            {
                Incompatible(at, path, $"Argument '{input.Name}' on {where} has an invalid value (null). Expected type '{SdlIndex.Print(input.Type)}'.", where, input);
                return;
            }

            type = nonNull.Type;
        }

        if (value is GraphQLNullValue)
        {
            return;
        }

        if (type is GraphQLListType list)
        {
            var items = value is GraphQLListValue array ? array.Values ?? [] : [value];
            for (var i = 0; i < items.Count; i++)
            {
                Literal(owner, items[i], new SdlInput(input.Name, list.Type), where, value is GraphQLListValue ? [.. path, i] : path, items[i]);
            }

            return;
        }

        if (sdl.Find(SdlIndex.BaseName(type)) is not { } named)
        {
            return;
        }

        switch (named.Kind)
        {
            case SdlKind.Input when value is GraphQLObjectValue members:
                Members(owner, members, named, path);
                return;
            case SdlKind.Enum when value is GraphQLEnumValue name && named.EnumValues.Contains(name.Name.StringValue):
            case SdlKind.Scalar when ScalarFits(named.Name, value):
                break;
            default:
                Incompatible(at, path, $"Argument '{input.Name}' on {where} has an invalid value ({Show(value)}). Expected type '{SdlIndex.Print(input.Type)}'.", where, input);
                return;
        }

        if (named.Name == "ID" && value is GraphQLStringValue id && Gid.Parse(id.Value.ToString()) is null && !id.Value.ToString().All(char.IsAsciiDigit))
        {
            Incompatible(at, path, $"Invalid global id '{id.Value}'", "CoercionError", input: null);
        }
        else if (named.Name == "ID" && value is GraphQLStringValue { Value.Length: 0 })
        {
            Incompatible(at, path, "Invalid global id ''", "CoercionError", input: null);
        }
    }

    private void Members(ASTNode owner, GraphQLObjectValue value, SdlType type, IReadOnlyList<object> path)
    {
        foreach (var member in value.Fields ?? [])
        {
            var name = member.Name.StringValue;
            if (type.Inputs.TryGetValue(name, out var input))
            {
                Literal(owner, member.Value, input, $"InputObject '{type.Name}'", [.. path, name], member);
            }
            else
            {
                Error(member, [.. path, name], "argumentNotAccepted", $"InputObject '{type.Name}' doesn't accept argument '{name}'", ("name", type.Name), ("typeName", "InputObject"), ("argumentName", name));
            }
        }

        foreach (var missing in type.Inputs.Values.Where(i => i.Required && value.Fields?.Exists(f => f.Name == i.Name) != true))
        {
            Error(value, [.. path, missing.Name], "missingRequiredInputObjectAttribute", $"Argument '{missing.Name}' on InputObject '{type.Name}' is required. Expected type {SdlIndex.Print(missing.Type)}", ("argumentName", missing.Name), ("argumentType", SdlIndex.Print(missing.Type)), ("inputObjectType", type.Name));
        }
    }

    private static bool ScalarFits(string scalar, GraphQLValue value) => scalar switch
    {
        "Int" => value is GraphQLIntValue,
        "Float" => value is GraphQLIntValue or GraphQLFloatValue,
        "Boolean" => value is GraphQLBooleanValue,
        "String" => value is GraphQLStringValue,
        "ID" or "UnsignedInt64" => value is GraphQLStringValue or GraphQLIntValue,
        "Money" or "Decimal" => value is GraphQLStringValue or GraphQLIntValue or GraphQLFloatValue,
        _ => value is not (GraphQLObjectValue or GraphQLListValue),
    };

    private static string Show(GraphQLValue value) => value switch
    {
        GraphQLStringValue text => $"\"{text.Value}\"",
        GraphQLEnumValue name => name.Name.StringValue,
        GraphQLIntValue number => number.Value.ToString(),
        GraphQLFloatValue number => number.Value.ToString(),
        GraphQLTrueBooleanValue => "true",
        GraphQLFalseBooleanValue => "false",
        GraphQLNullValue => "null",
        GraphQLObjectValue => "{...}",
        _ => "[...]",
    };

    private void Incompatible(ASTNode at, IReadOnlyList<object> path, string message, string typeName, SdlInput? input)
    {
        var type = typeName.StartsWith("Field", StringComparison.Ordinal) ? "Field" : typeName.StartsWith("Input", StringComparison.Ordinal) ? "InputObject" : typeName;
        if (input is null)
        {
            Error(at, path, "argumentLiteralsIncompatible", message, ("typeName", type));
        }
        else
        {
            Error(at, path, "argumentLiteralsIncompatible", message, ("typeName", type), ("argumentName", input.Name));
        }
    }

    private void Used(GraphQLValue value)
    {
        switch (value)
        {
            case GraphQLVariable variable:
                usedVariables.Add(variable.Name.StringValue);
                break;
            case GraphQLListValue list:
                (list.Values ?? []).ForEach(Used);
                break;
            case GraphQLObjectValue members:
                (members.Fields ?? []).ForEach(f => Used(f.Value));
                break;
        }
    }

    private void Variables(GraphQLSelectionSet set, int depth)
    {
        if (depth > DeepestNesting)
        {
            return;
        }

        foreach (var selection in set.Selections)
        {
            foreach (var directive in (selection as IHasDirectivesNode)?.Directives?.Items ?? [])
            {
                (directive.Arguments?.Items ?? []).ForEach(a => Used(a.Value));
            }

            switch (selection)
            {
                case GraphQLField field:
                    (field.Arguments?.Items ?? []).ForEach(a => Used(a.Value));
                    if (field.SelectionSet is not null)
                    {
                        Variables(field.SelectionSet, depth + 1);
                    }

                    break;
                case GraphQLInlineFragment inline:
                    Variables(inline.SelectionSet, depth + 1);
                    break;
            }
        }
    }

    private HashSet<string> SpreadNames(GraphQLSelectionSet set, HashSet<string> found)
    {
        foreach (var selection in set.Selections)
        {
            switch (selection)
            {
                case GraphQLField { SelectionSet: { } inner }:
                    SpreadNames(inner, found);
                    break;
                case GraphQLInlineFragment inline:
                    SpreadNames(inline.SelectionSet, found);
                    break;
                case GraphQLFragmentSpread spread when found.Add(spread.FragmentName.Name.StringValue)
                    && document.FragmentNamed(spread.FragmentName.Name) is { } fragment:
                    SpreadNames(fragment.SelectionSet, found);
                    break;
            }
        }

        return found;
    }

    private void Error(ASTNode at, IReadOnlyList<object> path, string code, string message, params (string Key, string Value)[] more)
    {
        if (errors.Count < MostErrors)
        {
            errors.Add(GraphQlError.Of(code, message, [.. more.Select(m => (m.Key, (JsonNode?)JsonValue.Create(m.Value)))]) with
            {
                Locations = [GraphQlError.At(text, at)],
                Path = path,
            });
        }
    }
}
