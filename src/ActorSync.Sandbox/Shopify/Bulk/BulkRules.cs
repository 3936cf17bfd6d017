using ActorSync.Sandbox.Shopify.GraphQl;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace ActorSync.Sandbox.Shopify.Bulk;

/// <summary>What a document must be like to run in bulk, in the recorded words.</summary>
public static class BulkRules
{
    public const int MostConnections = 5;
    public const int DeepestNesting = 2;
    public const int LongestQuery = 65_535;
    /// <summary>Lists of types that are not served: that is said before anything about the type.</summary>
    private static readonly HashSet<string> UnservedLists = new(StringComparer.Ordinal) { "fulfillments" };
    private const int ShortestIdentifier = 10;
    private const int LongestIdentifier = 255;

    public static IReadOnlyList<ShopUserError> CheckQuery(SdlIndex sdl, string text)
    {
        var (document, syntax) = Parse(text);
        if (document is null)
        {
            return [Query("Invalid bulk query: " + syntax)];
        }

        if (text.Length > LongestQuery)
        {
            return [Query($"Query is too long (maximum is {LongestQuery} characters)")];
        }

        var operation = document.Definitions.OfType<GraphQLOperationDefinition>().First();
        if (operation.Operation != OperationType.Query)
        {
            return [Query("Invalid operation type. Only `query` operations are supported.")];
        }

        var errors = new List<ShopUserError>();
        var roots = operation.SelectionSet.Selections.OfType<GraphQLField>().ToList();
        if (roots.Exists(f => f.Name == "node"))
        {
            errors.Add(Query("Bulk queries cannot contain a top level `node` field."));
        }

        var found = new Walk(sdl, document);
        found.Fields(operation.SelectionSet, "QueryRoot", depth: 0, connection: null);
        errors.AddRange(found.Problems().Select(Query));
        if (errors.Count == 0 && roots.Count > 1)
        {
            errors.Add(Query("Bulk queries cannot contain more than 1 top level field."));
        }

        return errors;
    }

    public static ShopUserError? CheckMutation(SdlIndex sdl, string text)
    {
        var (document, syntax) = Parse(text);
        if (document is null)
        {
            return new ShopUserError(Field: null, "Failed to parse the mutation - " + syntax, "INVALID_MUTATION");
        }

        var operation = document.Definitions.OfType<GraphQLOperationDefinition>().First();
        var roots = operation.SelectionSet.Selections.OfType<GraphQLField>().ToList();
        if (operation.Operation != OperationType.Mutation || roots.Count != 1)
        {
            return Mutation("You must specify a single top level mutation.");
        }

        if (roots[0].Name.StringValue.StartsWith("bulkOperation", StringComparison.Ordinal))
        {
            return Mutation("You must use an allowed mutation name.");
        }

        var found = new Walk(sdl, document);
        found.Fields(operation.SelectionSet, "Mutation", depth: 0, connection: null);
        return found.Connections > 1 ? Mutation("Bulk mutations cannot contain more than 1 connection.") : null;
    }

    public static ShopUserError? CheckIdentifier(string? identifier) => identifier switch
    {
        { Length: > LongestIdentifier } => new ShopUserError(["clientIdentifier"], $"is too long (maximum is {LongestIdentifier} characters)", "INVALID_MUTATION"),
        { Length: < ShortestIdentifier } => new ShopUserError(["clientIdentifier"], $"is too short (minimum is {ShortestIdentifier} characters)", "INVALID_MUTATION"),
        _ => null,
    };

    private static (GraphQLDocument? Document, string Problem) Parse(string text)
    {
        try
        {
            var document = Parser.Parse(text, new ParserOptions { Ignore = IgnoreOptions.Comments, MaxDepth = 64 });
            return document.Definitions.OfType<GraphQLOperationDefinition>().Any() ? (document, "") : (null, "syntax error, unexpected end of file");
        }
        catch (GraphQLSyntaxErrorException wrong)
        {
            var trimmed = text.TrimEnd();
            if (trimmed.Length == 0)
            {
                return (null, "syntax error, unexpected end of file");
            }

            // Where the text ends too early, the last word is named.
            return wrong.Message.Contains("EOF", StringComparison.Ordinal)
                ? (null, $"syntax error, unexpected end of file at [{trimmed.Count(c => c == '\n') + 1}, {LastWord(trimmed) - trimmed.LastIndexOf('\n')}]")
                : (null, $"syntax error at [{wrong.Location.Line}, {wrong.Location.Column}]");
        }
        catch (GraphQLMaxDepthExceededException)
        {
            return (null, "the document is nested too deeply");
        }
    }

    private static int LastWord(string text) => Math.Max(text.LastIndexOf(' '), text.LastIndexOf('\n')) + 1;

    private static ShopUserError Query(string message) => new(["query"], message, "INVALID");

    private static ShopUserError Mutation(string message) => new(["mutation"], message);

    /// <summary>Counts the connections of a document. A field that the served schema lacks is taken for one when it is read like one.</summary>
    private sealed class Walk(SdlIndex sdl, GraphQLDocument document)
    {
        private readonly List<string> byNodes = [];
        private readonly List<string> withoutId = [];
        private int deepest;
        private bool inList;

        public int Connections { get; private set; }

        public IEnumerable<string> Problems()
        {
            if (Connections == 0)
            {
                yield return "Bulk queries must contain at least one connection.";
            }

            if (byNodes.Count > 0)
            {
                yield return $"All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: '{byNodes[0]} {{ edges {{ node {{'. "
                    + $"Selecting via 'nodes' is not supported. Invalid connection fields: {string.Join(", ", byNodes.Select(n => $"'{n}'"))}.";
            }

            if (Connections > MostConnections)
            {
                yield return $"Bulk queries cannot contain more than {MostConnections} connections.";
            }

            if (deepest > DeepestNesting)
            {
                yield return $"Bulk queries cannot contain connections with a nesting depth greater than {DeepestNesting}.";
            }

            if (inList)
            {
                yield return "Queries that contain a connection field within a list field are not currently supported.";
            }

            if (withoutId.Count > 0)
            {
                yield return "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. "
                    + $"Connection fields without 'id': {string.Join(", ", withoutId)}.";
            }
        }

        /// <param name="set">What is selected.</param>
        /// <param name="type">Its type; null where the served schema does not know it.</param>
        /// <param name="depth">Connections above.</param>
        /// <param name="connection">The innermost of them and what its node selects; null outside of any.</param>
        /// <param name="list">Below a list that is no connection.</param>
        public void Fields(GraphQLSelectionSet set, string? type, int depth, (string Name, GraphQLSelectionSet Node)? connection, bool list = false)
        {
            foreach (var field in Flat(set))
            {
                var name = field.Name.StringValue;
                var definition = type is null ? null : sdl.Find(type)?.Fields.GetValueOrDefault(name);
                if (field.SelectionSet is not { } inner)
                {
                    continue;
                }

                var edges = Flat(inner).FirstOrDefault(f => f.Name == "edges");
                var isConnection = definition?.IsConnection ?? (edges is not null || Flat(inner).Any(f => f.Name == "nodes"));
                if (!isConnection)
                {
                    Fields(inner, definition?.BaseType, depth, connection, list || (type is null && UnservedLists.Contains(name)) || definition?.Type is GraphQLListType or GraphQLNonNullType { Type: GraphQLListType });
                    continue;
                }

                Connections++;
                deepest = Math.Max(deepest, depth);
                inList |= list;
                if (connection is { } outer && !Flat(outer.Node).Any(f => f.Name == "id" && f.Alias is null) && !withoutId.Contains(outer.Name))
                {
                    withoutId.Add(outer.Name);
                }

                if (Flat(inner).Any(f => f.Name == "nodes"))
                {
                    byNodes.Add(name);
                }

                if (edges?.SelectionSet is { } edge && Flat(edge).FirstOrDefault(f => f.Name == "node")?.SelectionSet is { } node)
                {
                    Fields(node, NodeType(definition), depth + 1, (name, node));
                }
            }
        }

        private string? NodeType(SdlField? connection) =>
            connection is not null && sdl.Find(connection.BaseType)?.Fields.GetValueOrDefault("edges") is { } edges
                ? sdl.Find(edges.BaseType)?.Fields.GetValueOrDefault("node")?.BaseType : null;

        private IEnumerable<GraphQLField> Flat(GraphQLSelectionSet set) => set.Selections.SelectMany(selection => selection switch
        {
            GraphQLField field => [field],
            GraphQLInlineFragment inline => Flat(inline.SelectionSet),
            GraphQLFragmentSpread spread when document.FragmentNamed(spread.FragmentName.Name) is { } fragment => Flat(fragment.SelectionSet),
            _ => Enumerable.Empty<GraphQLField>(),
        });
    }
}
