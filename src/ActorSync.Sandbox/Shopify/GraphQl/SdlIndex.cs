using GraphQLParser;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>A schema's text as a lookup: what the checks and the cost need to know of a type, without the executor.</summary>
public sealed class SdlIndex
{
    private readonly Dictionary<string, SdlType> types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> implementers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, SdlInput>> directives = new(StringComparer.Ordinal);

    public SdlIndex(string sdl)
    {
        foreach (var definition in Parser.Parse(sdl, new ParserOptions { Ignore = IgnoreOptions.Comments }).Definitions)
        {
            Add(definition);
        }

        foreach (var scalar in (string[])["Int", "Float", "String", "Boolean", "ID"])
        {
            types.TryAdd(scalar, new SdlType(scalar, SdlKind.Scalar));
        }

        directives.TryAdd("include", Inputs([("if", "Boolean")]));
        directives.TryAdd("skip", Inputs([("if", "Boolean")]));
    }

    public IReadOnlyDictionary<string, SdlType> Types => types;

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, SdlInput>> Directives => directives;

    public SdlType? Find(string name) => types.GetValueOrDefault(name);

    public string RootOf(OperationType operation) => operation == OperationType.Mutation ? "Mutation" : "QueryRoot";

    /// <summary>Whether a value of <paramref name="type"/> is always one of <paramref name="condition"/>.</summary>
    public bool IsAlways(string type, string condition) =>
        string.Equals(type, condition, StringComparison.Ordinal) || (implementers.TryGetValue(condition, out var members) && members.Contains(type));

    public static string BaseName(GraphQLType type) => type switch
    {
        GraphQLNonNullType nonNull => BaseName(nonNull.Type),
        GraphQLListType list => BaseName(list.Type),
        GraphQLNamedType named => named.Name.StringValue,
        _ => throw new ArgumentException($"'{type.Kind}' is not a type reference.", nameof(type)),
    };

    public static string Print(GraphQLType type) => type switch
    {
        GraphQLNonNullType nonNull => Print(nonNull.Type) + "!",
        GraphQLListType list => $"[{Print(list.Type)}]",
        _ => BaseName(type),
    };

    private void Add(ASTNode definition)
    {
        switch (definition)
        {
            case GraphQLObjectTypeDefinition type:
                types[type.Name.StringValue] = new SdlType(type.Name.StringValue, SdlKind.Object) { Fields = Fields(type.Fields) };
                Implements(type.Name.StringValue, type.Interfaces);
                break;
            case GraphQLInterfaceTypeDefinition type:
                types[type.Name.StringValue] = new SdlType(type.Name.StringValue, SdlKind.Abstract) { Fields = Fields(type.Fields) };
                Implements(type.Name.StringValue, type.Interfaces);
                break;
            case GraphQLUnionTypeDefinition union:
                types[union.Name.StringValue] = new SdlType(union.Name.StringValue, SdlKind.Abstract);
                foreach (var member in union.Types?.Items ?? [])
                {
                    Implementer(union.Name.StringValue, member.Name.StringValue);
                }

                break;
            case GraphQLInputObjectTypeDefinition type:
                types[type.Name.StringValue] = new SdlType(type.Name.StringValue, SdlKind.Input)
                {
                    Inputs = (type.Fields?.Items ?? []).ToDictionary(f => f.Name.StringValue, f => new SdlInput(f), StringComparer.Ordinal),
                };
                break;
            case GraphQLEnumTypeDefinition type:
                types[type.Name.StringValue] = new SdlType(type.Name.StringValue, SdlKind.Enum)
                {
                    EnumValues = [.. (type.Values?.Items ?? []).Select(v => v.Name.StringValue)],
                };
                break;
            case GraphQLScalarTypeDefinition type:
                types[type.Name.StringValue] = new SdlType(type.Name.StringValue, SdlKind.Scalar);
                break;
            case GraphQLDirectiveDefinition directive:
                directives[directive.Name.StringValue] =
                    (directive.Arguments?.Items ?? []).ToDictionary(a => a.Name.StringValue, a => new SdlInput(a), StringComparer.Ordinal);
                break;
        }
    }

    private static Dictionary<string, SdlField> Fields(GraphQLFieldsDefinition? fields) =>
        (fields?.Items ?? []).ToDictionary(f => f.Name.StringValue, f => new SdlField(f), StringComparer.Ordinal);

    private void Implements(string type, GraphQLImplementsInterfaces? interfaces)
    {
        foreach (var parent in interfaces?.Items ?? [])
        {
            Implementer(parent.Name.StringValue, type);
        }
    }

    private void Implementer(string parent, string type)
    {
        if (!implementers.TryGetValue(parent, out var members))
        {
            implementers[parent] = members = [];
        }

        members.Add(type);
    }

    private static Dictionary<string, SdlInput> Inputs((string Name, string Type)[] inputs) =>
        inputs.ToDictionary(i => i.Name, i => new SdlInput(i.Name, new GraphQLNonNullType(new GraphQLNamedType(new GraphQLName(i.Type)))), StringComparer.Ordinal);
}

public enum SdlKind
{
    Object,
    Abstract,
    Input,
    Enum,
    Scalar,
}

public sealed record SdlType(string Name, SdlKind Kind)
{
    public IReadOnlyDictionary<string, SdlField> Fields { get; init; } = new Dictionary<string, SdlField>(StringComparer.Ordinal);
    public IReadOnlyDictionary<string, SdlInput> Inputs { get; init; } = new Dictionary<string, SdlInput>(StringComparer.Ordinal);
    public IReadOnlyList<string> EnumValues { get; init; } = [];
    public bool HasFields => Kind is SdlKind.Object or SdlKind.Abstract;
}

public sealed class SdlField(GraphQLFieldDefinition definition)
{
    public string Name { get; } = definition.Name.StringValue;
    public GraphQLType Type { get; } = definition.Type;
    public string BaseType { get; } = SdlIndex.BaseName(definition.Type);
    public IReadOnlyDictionary<string, SdlInput> Arguments { get; } =
        (definition.Arguments?.Items ?? []).ToDictionary(a => a.Name.StringValue, a => new SdlInput(a), StringComparer.Ordinal);
    public bool Deprecated { get; } = (definition.Directives?.Items ?? []).Any(d => d.Name == "deprecated");
    public bool IsConnection => BaseType.EndsWith("Connection", StringComparison.Ordinal);
}

public sealed class SdlInput(string name, GraphQLType type, GraphQLValue? defaultValue = null)
{
    public SdlInput(GraphQLInputValueDefinition definition)
        : this(definition.Name.StringValue, definition.Type, definition.DefaultValue)
    {
    }

    public string Name { get; } = name;
    public GraphQLType Type { get; } = type;
    public string BaseType { get; } = SdlIndex.BaseName(type);
    public GraphQLValue? Default { get; } = defaultValue;
    public bool Required => Type is GraphQLNonNullType && Default is null;
}

public static class DocumentLookup
{
    public static GraphQLFragmentDefinition? FragmentNamed(this GraphQLDocument document, GraphQLName name) =>
        document.Definitions.OfType<GraphQLFragmentDefinition>().FirstOrDefault(f => f.FragmentName.Name.Value == name.Value);

    public static GraphQLFragmentDefinition? FragmentNamed(this GraphQLDocument document, string name) =>
        document.Definitions.OfType<GraphQLFragmentDefinition>().FirstOrDefault(f => f.FragmentName.Name == name);
}
