using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQL;
using GraphQL.Execution;
using GraphQLParser;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Documents that run in bulk: without cost, slice by slice or line by line, each slice and each line with the shop held anew.</summary>
public sealed partial class GraphQlEngine
{
    public SdlIndex Sdl => sdl;

    /// <summary>Why the document cannot run against the served schema; null = it can.</summary>
    public string? FindProblem(string document) =>
        new DocumentCheck(sdl, document, Parser.Parse(document, new ParserOptions { Ignore = IgnoreOptions.Comments })).Run().Errors is [var first, ..] ? first.Message : null;

    /// <summary>The next <paramref name="take"/> objects of a query's root connection with all their children, one line each, parents named in __parentId.</summary>
    public async Task<BulkSlice> ReadSliceAsync(string query, string? after, int take, CancellationToken cancellationToken)
    {
        var (prepared, operation) = await FindAsync(query);
        var state = new RequestState(shop, new QueryValues(operation, default), this) { Bulk = new BulkPaging(after, take) };
        ExecutionResult result;
        using (await shop.EnterAsync(cancellationToken))
        {
            result = await ExecuteAsync(query, prepared, operation, default, state);
        }

        var slice = new BulkSlice();
        foreach (var field in (result.Data as RootExecutionNode)?.SubFields ?? [])
        {
            slice.AddRoot(field);
        }

        return result.Errors is { Count: > 0 } errors ? slice with { Problem = errors[0].Message } : slice;
    }

    /// <summary>The mutation with one line's variables; the answer is that line of the result.</summary>
    public async Task<BulkLine> RunLineAsync(string mutation, string line, long number, CancellationToken cancellationToken)
    {
        var (prepared, operation) = await FindAsync(mutation);
        JsonElement variables;
        try
        {
            variables = JsonSerializer.Deserialize<JsonElement>(line);
        }
        catch (JsonException)
        {
            return Refused([new JsonObject { ["message"] = "The line is not valid JSON." }], number);
        }

        if (variableCheck.Run(mutation, operation, variables) is { Count: > 0 } problems)
        {
            return Refused([.. problems.Select(p => p.ToJson())], number);
        }

        var values = new QueryValues(operation, variables);
        if (InputLimits.Check(mutation, operation, values) is { } tooLong)
        {
            return Refused([tooLong.ToJson()], number);
        }

        var state = new RequestState(shop, values, this);
        ExecutionResult result;
        using (await shop.EnterAsync(cancellationToken))
        {
            result = await ExecuteAsync(mutation, prepared, operation, variables, state);
            changed(shop.Commit());
        }

        var errors = (result.Errors ?? []).Select(e => Describe(mutation, e)).ToList();
        return new BulkLine(Numbered(AnswerWriter.Write(errors, result.Executed, result.Data as RootExecutionNode, extensions: null), number), state.Writes);
    }

    public static BulkLine Refused(IReadOnlyList<JsonObject> errors, long number) =>
        new(Numbered(AnswerWriter.Write(errors, hasData: false, data: null, extensions: null), number), Writes: 0);

    private async Task<(Prepared Prepared, GraphQLOperationDefinition Operation)> FindAsync(string document)
    {
        var prepared = await PrepareAsync(document);
        return Choose(prepared.Document, name: null) is ({ } operation, _) && prepared.Errors.Count == 0
            ? (prepared, operation)
            : throw new InvalidOperationException("A bulk operation runs only documents that were checked before.");
    }

    private Task<ExecutionResult> ExecuteAsync(string text, Prepared prepared, GraphQLOperationDefinition operation, JsonElement variables, RequestState state) =>
        executer.ExecuteAsync(new ExecutionOptions
        {
            Schema = schema,
            Query = text,
            Document = prepared.Document,
            OperationName = operation.Name?.StringValue,
            Variables = inputs.Read(variables),
            UserContext = new Dictionary<string, object?>(StringComparer.Ordinal) { ["state"] = state },
            CancellationToken = CancellationToken.None,
        });

    private static string Numbered(byte[] answer, long number) => $"{Encoding.UTF8.GetString(answer)[..^1]},\"__lineNumber\":{number}}}";
}

/// <summary>How a bulk query pages: its root by slices, everything below it as a whole.</summary>
public sealed record BulkPaging(string? After, int Take);

/// <summary>A line of a mutation's result, and how many writes it made.</summary>
public sealed record BulkLine(string Text, int Writes);

/// <summary>Lines of a slice; where the next one begins, null at the end.</summary>
public sealed record BulkSlice
{
    public List<string> Lines { get; } = [];

    public int Roots { get; private set; }

    public string? Next { get; private set; }

    public string? Problem { get; init; }

    internal void AddRoot(ExecutionNode root)
    {
        Roots = Nodes(root).Count();
        AddChildren(root, parent: null);
        Next = root is ObjectExecutionNode { Result: Connection { HasNext: true, Edges: [.., var last] } } ? last.Cursor : null;
    }

    private void AddChildren(ExecutionNode connection, string? parent)
    {
        foreach (var node in Nodes(connection))
        {
            var (line, id, children) = AnswerWriter.Detached(node, parent);
            Lines.Add(line);
            foreach (var child in children)
            {
                AddChildren(child, id);
            }
        }
    }

    private static IEnumerable<ObjectExecutionNode> Nodes(ExecutionNode connection) => Named(connection, "edges").OfType<ArrayExecutionNode>()
        .SelectMany(edges => edges.Items ?? []).SelectMany(edge => Named(edge, "node")).OfType<ObjectExecutionNode>();

    private static IEnumerable<ExecutionNode> Named(ExecutionNode node, string name) =>
        node is ObjectExecutionNode { SubFields: { } fields } ? fields.Where(f => f.Field.Name.StringValue == name) : [];
}
