using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Conflicts;

/// <summary>Conflicts: values that lost without their editor having known the winner.</summary>
internal static class ConflictEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var conflicts = api.MapGroup("/api/conflicts").WithTags("Conflicts");
        conflicts.MapGet("", List).WithSummary("Lists conflicts, newest first; state=open (default), resolved or all.");
        conflicts.MapGet("/stats", Stats).WithSummary("Counts open conflicts by field, rule and origin.");
        conflicts.MapPost("/{id}/resolve", Resolve).WithSummary("Closes one conflict: keep the hub's value, take the loser's, or give a merged one.").RequireAuthorization(Roles.Operator)
            .WithBody("""{ "resolution": "accept_remote" }""");
    }

    private static async Task<Results<Ok<ListAnswer<ConflictView>>, Problem>> List(
        Caller caller, IProductQueries queries, CancellationToken cancellationToken, string? state = null, string? productId = null, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        if (state is not (null or "open" or "resolved" or "all"))
        {
            return (Problem)ApiError.Invalid("state", $"state is '{state}'; accepted is open, resolved, all.");
        }

        var wanted = state switch { "all" => (ConflictState?)null, "resolved" => ConflictState.Resolved, _ => ConflictState.Open };
        var page = await queries.ConflictsAsync(caller.Tenant, productId is null ? null : new ProductId(productId), wanted, cursor, size, cancellationToken);
        return TypedResults.Ok(new ListAnswer<ConflictView>([.. page.Items.Select(ConflictView.Of)], page.NextCursor));
    }

    private static async Task<Ok<ConflictStats>> Stats(Caller caller, ConflictBook book, CancellationToken cancellationToken)
    {
        var open = 0L;
        DateTimeOffset? oldest = null;
        var products = new HashSet<ProductId>();
        var byField = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var byRule = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var byOrigin = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await foreach (var item in book.ScanAsync(caller.Tenant, ConflictState.Open, cancellationToken))
        {
            open++;
            products.Add(item.Product);
            oldest = item.Row.DetectedAt;
            byField[item.Row.Key.Field] = byField.GetValueOrDefault(item.Row.Key.Field) + 1;
            byRule[Names.Of(item.Row.Rule)] = byRule.GetValueOrDefault(Names.Of(item.Row.Rule)) + 1;
            byOrigin[item.Row.Loser.Id] = byOrigin.GetValueOrDefault(item.Row.Loser.Id) + 1;
        }

        return TypedResults.Ok(new ConflictStats(open, products.Count, oldest, byField, byRule, byOrigin, open < ConflictBook.MaxScanned));
    }

    private static async Task<Results<Ok<EditAnswer>, Problem>> Resolve(string id, Caller caller, JsonBody body, ConflictBook book, Catalogue catalogue, CancellationToken cancellationToken)
    {
        ProductId? product = null;
        var reader = body.Reader();
        if (reader.Text("productId") is { } given)
        {
            product = new ProductId(given);
        }
        else
        {
            await foreach (var item in book.ScanAsync(caller.Tenant, ConflictState.Open, cancellationToken))
            {
                if (item.Row.Id == id)
                {
                    product = item.Product;
                    break;
                }
            }
        }

        var snapshot = product is null ? null : await catalogue.FindAsync(caller, product.Value.Value);
        if (snapshot is null || !snapshot.Product.Conflicts.Any(c => c.Id == id && c.State == ConflictState.Open))
        {
            return (Problem)new ApiError(ErrorKind.NotFound, "no-such-conflict", $"There is no open conflict '{id}'. GET /api/conflicts lists the open ones.");
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        if (ConflictBook.ReadResolution(reader, snapshot, settings, caller.Actor, id) is not { } resolution)
        {
            return (Problem)reader.Problem()!;
        }

        var reply = await book.ResolveAsync(caller, snapshot.Product.Id, resolution);
        return ProductEndpoints.Taken(reply) is { } taken ? taken : TypedResults.Ok(EditAnswer.Of(snapshot.Product.Id.Value, reply, snapshot.Product));
    }
}

/// <summary>Open conflicts counted; not complete when there are more than were looked through.</summary>
internal sealed record ConflictStats(
    long Open, int Products, DateTimeOffset? OldestAt, IReadOnlyDictionary<string, long> ByField, IReadOnlyDictionary<string, long> ByRule,
    IReadOnlyDictionary<string, long> ByLosingOrigin, bool IsComplete);
