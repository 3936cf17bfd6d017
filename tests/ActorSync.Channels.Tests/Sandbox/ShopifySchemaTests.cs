using System.IO.Compression;
using GraphQLParser;
using GraphQLParser.AST;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The served schema against the real ones: a client that is right about the Sandbox must be right about Shopify.</summary>
public sealed class ShopifySchemaTests
{
    [Theory]
    [InlineData("admin-2026-07.graphql", "2026-07")]
    [InlineData("admin-2026-04.graphql.gz", "2026-04")]
    public void ServedSchema_AgainstTheRealOne_IsATruePartOfIt(string file, string version)
    {
        var real = SandboxProcess.ContractFile("shopify", "schema", file);
        if (real is null)
        {
            Assert.Skip($"The contract file shopify/schema/{file} is not at hand, so there is nothing to compare with.");
        }

        var differences = Differences(Read(Served(version)), Read(Text(real)));

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("price: Money!", "price: Money")]
    [InlineData("sku: String", "sku: ID")]
    [InlineData("product(id: ID!): Product", "product(id: ID!, draft: Boolean): Product")]
    [InlineData("enum ProductStatus {", "enum ProductStatus { SOLD_OUT")]
    [InlineData("position: Int!", "place: Int!")]
    [InlineData("synchronous: Boolean = true", "synchronous: Boolean = false")]
    [InlineData("input ProductDeleteInput {", "input ProductDeleteInput { force: Boolean ")]
    public void Differences_OfAChangedSchema_AreFound(string was, string becomes)
    {
        var served = Served("2026-07");
        Assert.Contains(was, served, StringComparison.Ordinal);

        var differences = Differences(Read(served.Replace(was, becomes, StringComparison.Ordinal)), Read(served));

        Assert.NotEmpty(differences);
    }

    private static List<string> Differences(Dictionary<string, ASTNode> served, Dictionary<string, ASTNode> real)
    {
        var differences = new List<string>();
        foreach (var (name, definition) in served)
        {
            if (!real.TryGetValue(name, out var original) || original.Kind != definition.Kind)
            {
                differences.Add($"{name}: there is no such {definition.Kind}");
                continue;
            }

            var known = Members(original);
            foreach (var (member, text) in Members(definition))
            {
                if (!known.TryGetValue(member, out var expected))
                {
                    differences.Add($"{name}.{member}: does not exist");
                }
                else if (text != expected)
                {
                    differences.Add($"{name}.{member}: is '{text}' but must be '{expected}'");
                }
            }
        }

        return differences;
    }

    /// <summary>Everything that can be right or wrong about a definition, by name: fields, arguments, values, interfaces, members of unions.</summary>
    private static Dictionary<string, string> Members(ASTNode definition)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (definition)
        {
            case GraphQLObjectTypeDefinition type:
                Fields(members, type.Fields);
                Interfaces(members, type.Interfaces);
                break;
            case GraphQLInterfaceTypeDefinition type:
                Fields(members, type.Fields);
                Interfaces(members, type.Interfaces);
                break;
            case GraphQLInputObjectTypeDefinition type:
                Inputs(members, "", type.Fields?.Items);
                RequiredInputs(members, type);
                break;
            case GraphQLEnumTypeDefinition type:
                foreach (var value in type.Values?.Items ?? [])
                {
                    members[value.Name.StringValue] = "value";
                }

                break;
            case GraphQLUnionTypeDefinition type:
                foreach (var member in type.Types?.Items ?? [])
                {
                    members["| " + member.Name.StringValue] = "member";
                }

                break;
            case GraphQLDirectiveDefinition directive:
                Inputs(members, "", directive.Arguments?.Items);
                break;
        }

        return members;
    }

    private static void Fields(Dictionary<string, string> members, GraphQLFieldsDefinition? fields)
    {
        foreach (var field in fields?.Items ?? [])
        {
            members[field.Name.StringValue] = Print(field.Type);
            Inputs(members, field.Name.StringValue + "#", field.Arguments?.Items);
            members[field.Name.StringValue + " deprecated"] = (field.Directives?.Items.Exists(d => d.Name == "deprecated") ?? false).ToString();
            members[field.Name.StringValue + " needs"] = string.Join(' ', (field.Arguments?.Items ?? []).Where(IsRequired).Select(a => a.Name.StringValue).Order(StringComparer.Ordinal));
        }
    }

    private static void Interfaces(Dictionary<string, string> members, GraphQLImplementsInterfaces? interfaces)
    {
        foreach (var parent in interfaces?.Items ?? [])
        {
            members["& " + parent.Name.StringValue] = "interface";
        }
    }

    private static void Inputs(Dictionary<string, string> members, string owner, List<GraphQLInputValueDefinition>? inputs)
    {
        foreach (var input in inputs ?? [])
        {
            members[owner + input.Name.StringValue] = $"{Print(input.Type)} = {Print(input.DefaultValue)}";
        }
    }

    /// <summary>A required member that is not served would make requests pass here that fail there.</summary>
    private static void RequiredInputs(Dictionary<string, string> members, GraphQLInputObjectTypeDefinition type) =>
        members["needs"] = string.Join(' ', (type.Fields?.Items ?? []).Where(IsRequired).Select(f => f.Name.StringValue).Order(StringComparer.Ordinal));

    private static bool IsRequired(GraphQLInputValueDefinition input) => input.Type is GraphQLNonNullType && input.DefaultValue is null;

    private static string Print(GraphQLType type) => type switch
    {
        GraphQLNonNullType nonNull => Print(nonNull.Type) + "!",
        GraphQLListType list => $"[{Print(list.Type)}]",
        GraphQLNamedType named => named.Name.StringValue,
        _ => throw new ArgumentException($"'{type.Kind}' is not a type.", nameof(type)),
    };

    private static string Print(GraphQLValue? value) => value switch
    {
        null => "",
        GraphQLEnumValue name => name.Name.StringValue,
        GraphQLBooleanValue flag => flag.Value.ToString(),
        GraphQLIntValue number => number.Value.ToString(),
        GraphQLStringValue text => $"\"{text.Value}\"",
        GraphQLNullValue => "null",
        _ => value.Kind.ToString(),
    };

    private static Dictionary<string, ASTNode> Read(string sdl)
    {
        var definitions = new Dictionary<string, ASTNode>(StringComparer.Ordinal);
        foreach (var definition in Parser.Parse(sdl, new ParserOptions { Ignore = IgnoreOptions.All }).Definitions)
        {
            if (definition is INamedNode named)
            {
                definitions[(definition is GraphQLDirectiveDefinition ? "@" : "") + named.Name.StringValue] = definition;
            }
        }

        return definitions;
    }

    /// <summary>The text of one version, as the file's own head says how to read it.</summary>
    private static string Served(string version) => string.Join('\n',
        File.ReadLines(Path.Combine(SandboxProcess.RepositoryRoot(), "src", "ActorSync.Sandbox", "Shopify", "schema.graphql"))
            .Where(line => !line.Contains("# only ", StringComparison.Ordinal) || line.EndsWith("# only " + version, StringComparison.Ordinal))
            .Select(line => line.StartsWith($"#{version}# ", StringComparison.Ordinal) ? line[(version.Length + 3)..] : line));

    private static string Text(string file)
    {
        if (!file.EndsWith(".gz", StringComparison.Ordinal))
        {
            return File.ReadAllText(file);
        }

        using var packed = File.OpenRead(file);
        using var plain = new GZipStream(packed, CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        return reader.ReadToEnd();
    }
}
