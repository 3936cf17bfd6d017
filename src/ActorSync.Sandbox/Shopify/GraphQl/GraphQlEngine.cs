using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Shopify.Bulk;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>A request after its body was read.</summary>
public sealed record GraphQlRequest(string Query, string? OperationName, JsonElement Variables);

/// <summary>What goes on the wire, and what it did.</summary>
public sealed record GraphQlAnswer
{
    public required byte[] Body { get; init; }

    /// <summary>Root fields joined by a plus sign, for the counters.</summary>
    public string Operation { get; init; } = "invalid";
    public IReadOnlyCollection<string> Deprecated { get; init; } = [];
    public int Writes { get; init; }
    public bool Throttled { get; init; }
    public bool Failed { get; init; }
    public int Requested { get; init; }
    public int Actual { get; init; }
}

/// <summary>
/// One request from text to bytes: parsed, checked and priced first, then run with the shop held, committed, answered. Documents that passed are remembered,
/// so a repeated query costs its execution only.
/// </summary>
public sealed partial class GraphQlEngine
{
    public const int MaxRequested = 1000;
    public const int MaxRememberedDocuments = 500;
    public const int LongestQuery = 200_000;

    private readonly SdlIndex sdl;
    private readonly Schema schema;
    private readonly QueryCost cost;
    private readonly VariableCheck variableCheck;
    private readonly DocumentExecuter executer = new();
    private readonly GraphQLSerializerInputs inputs = new();
    private readonly ConcurrentDictionary<string, Prepared> remembered = new(StringComparer.Ordinal);
    private readonly Shop shop;
    private readonly Action<IReadOnlyList<ProductChange>> changed;

    public GraphQlEngine(Shop shop, CostBucket bucket, BulkDesk desk, Action<IReadOnlyList<ProductChange>> changed, string version)
    {
        this.shop = shop;
        this.changed = changed;
        Bucket = bucket;
        Desk = desk;
        var text = ShopSchema.ReadSdl(version);
        sdl = new SdlIndex(text);
        schema = ShopSchema.Build(text);
        cost = new QueryCost(sdl);
        variableCheck = new VariableCheck(sdl);
    }

    public CostBucket Bucket { get; }

    public BulkDesk Desk { get; }

    public async Task<GraphQlAnswer> AnswerAsync(GraphQlRequest request, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(request.Query);
        if (prepared.Errors.Count > 0)
        {
            return Invalid(prepared.Errors);
        }

        var (operation, missing) = Choose(prepared.Document, request.OperationName);
        if (operation is null)
        {
            return Invalid([missing!]);
        }

        var problems = variableCheck.Run(request.Query, operation, request.Variables);
        if (problems.Count > 0)
        {
            return Invalid([.. problems.Select(p => p.ToJson())]);
        }

        var values = new QueryValues(operation, request.Variables);
        var requested = cost.Requested(prepared.Document, operation, values);
        var start = new GraphQlAnswer
        {
            Body = [],
            Operation = string.Join('+', operation.SelectionSet.Selections.OfType<GraphQLField>().Select(f => f.Name.StringValue).Distinct(StringComparer.Ordinal)),
            Deprecated = prepared.Deprecated,
            Requested = requested,
        };
        if (InputLimits.Check(request.Query, operation, values) is { } tooLong)
        {
            return start with { Failed = true, Body = AnswerWriter.Write([tooLong.ToJson()], hasData: false, data: null, Cost(requested, actual: null)) };
        }

        if (requested > MaxRequested)
        {
            var error = GraphQlError.Of("MAX_COST_EXCEEDED", $"Query cost is {requested}, which exceeds the single query max cost limit ({MaxRequested}).",
                ("cost", requested), ("maxCost", MaxRequested), ("documentation", "https://shopify.dev/api/usage/rate-limits"));
            return start with { Failed = true, Body = AnswerWriter.Write([error.ToJson()], hasData: false, data: null, Cost(requested, actual: null)) };
        }

        return Bucket.Take(requested)
            ? await RunAsync(request, prepared, operation, values, start, cancellationToken)
            : start with { Throttled = true, Body = Throttled(requested) };
    }

    /// <summary>HTTP 200 without data, as a full bucket answers.</summary>
    public byte[] Throttled(int requested, int? available = null)
    {
        var costs = Cost(requested, actual: null);
        if (available is { } shown)
        {
            costs["cost"]!["throttleStatus"]!["currentlyAvailable"] = shown;
        }

        var error = new JsonObject
        {
            ["message"] = "Throttled",
            ["extensions"] = new JsonObject { ["code"] = "THROTTLED", ["documentation"] = "https://shopify.dev/api/usage/rate-limits" },
        };
        return AnswerWriter.Write([error], hasData: false, data: null, costs);
    }

    private async Task<GraphQlAnswer> RunAsync(
        GraphQlRequest request, Prepared prepared, GraphQLOperationDefinition operation, QueryValues values, GraphQlAnswer start, CancellationToken cancellationToken)
    {
        var isMutation = operation.Operation == OperationType.Mutation;
        var state = new RequestState(shop, values, this);
        ExecutionResult result;
        using (await shop.EnterAsync(cancellationToken))
        {
            result = await ExecuteAsync(request.Query, prepared, operation, request.Variables, state);
            if (isMutation)
            {
                changed(shop.Commit());
            }
        }

        var data = result.Data as RootExecutionNode;
        var actual = data is null ? start.Requested : AnswerCost.Of(data, isMutation, field => QueryCost.BaseOf(field.Field.Name.StringValue) + QueryCost.InputShare(field.Field.Name.StringValue, field.Field, values));
        actual = Math.Min(actual, start.Requested);
        Bucket.GiveBack(start.Requested - actual);
        var extensions = Cost(start.Requested, actual);
        if (state.SearchNotes.Count > 0)
        {
            extensions["search"] = state.SearchNotes;
        }

        var errors = (result.Errors ?? []).Select(e => Describe(request.Query, e)).ToList();
        return start with { Body = AnswerWriter.Write(errors, result.Executed, data, extensions), Writes = state.Writes, Failed = errors.Count > 0, Actual = actual };
    }

    private async Task<Prepared> PrepareAsync(string query)
    {
        if (remembered.TryGetValue(query, out var known))
        {
            return known;
        }

        var prepared = await CheckAsync(query);
        if (prepared.Errors.Count == 0)
        {
            if (remembered.Count >= MaxRememberedDocuments)
            {
                remembered.Clear();
            }

            remembered[query] = prepared;
        }

        return prepared;
    }

    private async Task<Prepared> CheckAsync(string query)
    {
        GraphQLDocument document;
        try
        {
            document = Parser.Parse(query, new ParserOptions { Ignore = IgnoreOptions.Comments, MaxDepth = 64 });
        }
        catch (Exception wrong) when (wrong is GraphQLSyntaxErrorException or GraphQLMaxDepthExceededException)
        {
            var at = wrong is GraphQLSyntaxErrorException syntax ? (syntax.Location.Line, syntax.Location.Column) : (1, 1);
            return new Prepared(null!, [], [(GraphQlError.Of("parseError", wrong.Message) with { Locations = [at] }).ToJson()]);
        }

        var check = new DocumentCheck(sdl, query, document).Run();
        if (check.Errors.Count > 0)
        {
            return new Prepared(document, [], [.. check.Errors.Select(e => e.ToJson())]);
        }

        foreach (var operation in document.Definitions.OfType<GraphQLOperationDefinition>())
        {
            // Values were not given yet, so only what does not depend on them is looked at here.
            var result = await new DocumentValidator().ValidateAsync(new ValidationOptions
            {
                Schema = schema,
                Document = document,
                Operation = operation,
                Variables = Inputs.Empty,
                Extensions = Inputs.Empty,
                UserContext = new Dictionary<string, object?>(StringComparer.Ordinal),
            });
            var errors = result.Errors.Where(e => e is not InvalidVariableError).ToList();
            if (errors.Count > 0)
            {
                return new Prepared(document, [], [.. errors.Select(e => Describe(query, e))]);
            }
        }

        return new Prepared(document, check.Deprecated, []);
    }

    private static (GraphQLOperationDefinition? Operation, JsonObject? Problem) Choose(GraphQLDocument document, string? name)
    {
        var operations = document.Definitions.OfType<GraphQLOperationDefinition>().ToList();
        var chosen = name is { Length: > 0 } ? operations.Find(o => o.Name is not null && o.Name == name) : operations.Count == 1 ? operations[0] : null;
        return chosen is not null ? (chosen, null) : (null, new JsonObject
        {
            ["message"] = name is { Length: > 0 } ? $"No operation named \"{name}\"" : "An operation name is required",
            ["extensions"] = new JsonObject { ["code"] = "BAD_REQUEST" },
        });
    }

    private static JsonObject Describe(string query, ExecutionError error)
    {
        var path = error.Path?.Select(p => p is int index ? (JsonNode)JsonValue.Create(index) : JsonValue.Create(p.ToString())!).ToArray();
        if (error is ShopExecutionError own)
        {
            var json = (own.Error with { Locations = [GraphQlError.At(query, own.Field)] }).ToJson();
            if (path is not null)
            {
                json["path"] = new JsonArray(path);
            }

            return json;
        }

        var internalError = error is UnhandledError;
        var described = new JsonObject
        {
            ["message"] = internalError ? "Internal error. Looks like something went wrong on our end." : error.Message,
            ["locations"] = new JsonArray([.. (error.Locations ?? []).Select(l => new JsonObject { ["line"] = l.Line, ["column"] = l.Column })]),
            ["extensions"] = new JsonObject { ["code"] = internalError ? "INTERNAL_SERVER_ERROR" : error.Code ?? "BAD_REQUEST" },
        };
        if (path is not null)
        {
            described["path"] = new JsonArray(path);
        }

        if (internalError && error.InnerException is { } inner)
        {
            // The simulator is wrong, not the caller: say where, since nobody else is hurt by it.
            described["extensions"]!["sandbox"] = inner.ToString();
        }

        return described;
    }

    private static GraphQlAnswer Invalid(IReadOnlyList<JsonObject> errors) => new() { Failed = true, Body = AnswerWriter.Write(errors, hasData: false, data: null, extensions: null) };

    private JsonObject Cost(int requested, int? actual) => new()
    {
        ["cost"] = new JsonObject { ["requestedQueryCost"] = requested, ["actualQueryCost"] = actual, ["throttleStatus"] = Bucket.Status() },
    };

    private sealed record Prepared(GraphQLDocument Document, IReadOnlyCollection<string> Deprecated, IReadOnlyList<JsonObject> Errors);

    private sealed class GraphQLSerializerInputs
    {
        private readonly GraphQL.SystemTextJson.GraphQLSerializer serializer = new();

        public Inputs Read(JsonElement variables) =>
            variables.ValueKind == JsonValueKind.Object ? serializer.ReadNode<Inputs>(variables) ?? Inputs.Empty : Inputs.Empty;
    }
}
