using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Shopify.Bulk;
using ActorSync.Sandbox.Shopify.Writes;
using GraphQL;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Bulk operations and staged uploads: the roots and the types.</summary>
internal static class BulkFields
{
    private const string Type = "BulkOperation";
    private static readonly HashSet<string> SearchFields = new(StringComparer.Ordinal) { "created_at", "id", "operation_type", "status" };
    private static readonly string[] Statuses = ["canceled", "canceling", "completed", "created", "failed", "running"];

    public static void Add(Resolvers r)
    {
        r.On<BulkOperation>(Type, "id", o => Gid.Of(Type, o.Id));
        r.On<BulkOperation>(Type, "status", o => o.Status);
        r.On<BulkOperation>(Type, "type", o => o.Type);
        r.On<BulkOperation>(Type, "errorCode", o => o.ErrorCode);
        r.On<BulkOperation>(Type, "createdAt", o => o.CreatedAt);
        r.On<BulkOperation>(Type, "completedAt", o => o.CompletedAt);
        r.On<BulkOperation>(Type, "objectCount", o => o.ObjectCount);
        r.On<BulkOperation>(Type, "rootObjectCount", o => o.RootObjectCount);
        r.On<BulkOperation>(Type, "fileSize", o => o.Status == BulkOperation.Completed ? o.FileSize : null);
        r.On<BulkOperation>(Type, "query", o => o.Document);
        r.On<BulkOperation>(Type, "url", (o, _, s) => o.Status == BulkOperation.Completed ? s.Desk.Storage.Address(o) : null);
        r.On<BulkOperation>(Type, "partialDataUrl", (o, _, s) => o.Status is BulkOperation.Failed or BulkOperation.Canceled ? s.Desk.Storage.Address(o) : null);
        foreach (var field in (string[])["url", "resourceUrl", "parameters"])
        {
            r.On<Dictionary<string, object?>>("StagedMediaUploadTarget", field, t => t[field]);
        }

        foreach (var field in (string[])["name", "value"])
        {
            r.On<Dictionary<string, object?>>("StagedUploadParameter", field, p => p[field]);
        }

        r.Root("QueryRoot", "bulkOperation", (c, s) => s.Desk.Find(Number(c, s)));
        r.Root("QueryRoot", "bulkOperations", (c, s) => List(c, s));
        r.Root("QueryRoot", "currentBulkOperation", (c, s) => s.Desk.All().LastOrDefault(o => o.Type == (s.Text(c, "type") ?? BulkOperation.Query)));
        r.Root("Mutation", "bulkOperationCancel", (c, s) => s.Desk.Cancel(Number(c, s)));
        r.Root("Mutation", "bulkOperationRunQuery", (c, s) => s.Desk.StartQuery(s, s.Text(c, "query") ?? "", Problems(s.Engine, s.Text(c, "query") ?? "")));
        r.Root("Mutation", "bulkOperationRunMutation", (c, s) =>
        {
            var mutation = s.Text(c, "mutation") ?? "";
            var wrong = BulkRules.CheckMutation(s.Engine.Sdl, mutation) ?? BulkRules.CheckIdentifier(s.Text(c, "clientIdentifier"))
                ?? (s.Engine.FindProblem(mutation) is { } problem ? new ShopUserError(Field: null, "Invalid mutation: " + problem, "INVALID_MUTATION") : null);
            return s.Desk.StartMutation(s, mutation, s.Text(c, "stagedUploadPath") ?? "", wrong);
        });
        r.Root("Mutation", "stagedUploadsCreate", (c, s) => s.Desk.Storage.Stage(s.Argument(c, "input").Items()));
    }

    private static IReadOnlyList<ShopUserError> Problems(GraphQlEngine engine, string query)
    {
        var wrong = BulkRules.CheckQuery(engine.Sdl, query);
        return wrong.Count > 0 || engine.FindProblem(query) is not { } problem ? wrong : [new ShopUserError(["query"], "Invalid bulk query: " + problem, "INVALID")];
    }

    private static long? Number(IResolveFieldContext context, RequestState state)
    {
        var text = state.Argument(context, "id").Value.ToString();
        return Gid.Parse(text) is { } id ? id.Type == Type ? id.Number : throw RefusedException.InvalidId($"Invalid id: {text}") : null;
    }

    /// <summary>The newest first, unless reverse is asked for.</summary>
    private static Connection List(IResolveFieldContext context, RequestState state)
    {
        var page = state.Page(context);
        page.Check();
        IEnumerable<BulkOperation> rows = state.Desk.All();
        if (state.Text(context, "query") is { Length: > 0 } text)
        {
            var query = new SearchQuery(text);
            Check(query, context, state, text);
            rows = rows.Where(o => query.Matches(t => Matches(o, t)));
        }

        var byEnd = state.Text(context, "sortKey") == "COMPLETED_AT";
        return Connection.Of(
            rows, o => new SortKey((byEnd ? o.CompletedAt ?? DateTimeOffset.MaxValue : o.CreatedAt).ToUnixTimeMilliseconds(), o.Id), o => o, page with { Reverse = !page.Reverse });
    }

    private static void Check(SearchQuery query, IResolveFieldContext context, RequestState state, string text)
    {
        if (query.Terms.Any(t => t.Field == "created_at" && !DateTimeOffset.TryParse(t.Value, CultureInfo.InvariantCulture, out _)))
        {
            throw new RefusedException("BAD_REQUEST", "Invalid timestamp for query filter `created_at`.");
        }

        if (query.Warnings(context.FieldAst.Name.StringValue, text, SearchFields) is { } unknown)
        {
            state.SearchNotes.Add(unknown);
        }

        foreach (var term in query.Terms.Where(t => t.Field == "status" && !Statuses.Contains(t.Value, StringComparer.OrdinalIgnoreCase)))
        {
            state.SearchNotes.Add(new JsonObject
            {
                ["path"] = new JsonArray(context.FieldAst.Name.StringValue),
                ["query"] = text,
                ["parsed"] = term.Describe(),
                ["warnings"] = new JsonArray(new JsonObject
                {
                    ["field"] = "status",
                    ["message"] = $"Input `{term.Value}` is not an accepted value.",
                    ["code"] = "invalid_value",
                }),
            });
        }
    }

    private static bool Matches(BulkOperation operation, SearchQuery.Term term) => term.Field switch
    {
        "created_at" => term.MatchesTime(operation.CreatedAt),
        "id" => term.MatchesNumber(operation.Id),
        "operation_type" => term.MatchesText(operation.Type),
        "status" => term.MatchesText(operation.Status),
        _ => !term.Negated,
    };
}
