using System.Globalization;
using ActorSync.Web.Errors;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Products;

/// <summary>Products: list, read, create, edit, delete.</summary>
internal static class ProductEndpoints
{
    private static readonly string[] Statuses = ["active", "inactive", "deleted"];
    private static readonly string[] SyncStatuses = ["SYNCED", "PENDING", "CONFLICT", "ERROR"];
    private static readonly string[] Sorts = ["name", "-name", "updatedAt", "-updatedAt"];

    public static void Map(RouteGroupBuilder api)
    {
        var products = api.MapGroup("/api/products").WithTags("Products");
        products.MapGet("", List).WithSummary("Lists products, filtered and sorted; goes on by cursor.")
            .WithAnswer("""{ "items": [ { "id": "0199…", "version": 7, "name": "Linen shirt", "sku": "LS-1", "variants": 3, "status": "active", "price": 39.9, "currency": "EUR", "available": 12, "syncStatus": "SYNCED", "updatedAt": "2026-11-22T18:00:00Z", "tags": ["summer"], "channels": [ { "id": "shopify-demo", "state": "synced", "externalId": "gid://shopify/Product/1" } ] } ], "nextCursor": "…" }""");
        products.MapPost("", Create).WithSummary("Creates a product; channels that create missing products get it.").RequireAuthorization(Roles.Operator)
            .WithProductBody("""{ "name": "Linen shirt", "sku": "LS-1", "price": 39.90, "available": 12, "tags": ["summer"], "isActive": true }""");
        products.MapGet("/{id}", Get).WithSummary("Shows a product with its variants, stock and state at each channel.");
        products.MapPatch("/{id}", Patch).WithSummary("Edits the fields that the body names; null empties a field. What a rule refuses is listed, never silent.")
            .RequireAuthorization(Roles.Operator)
            .WithProductBody("""{ "version": 7, "name": "Linen shirt, washed", "variants": { "LS-1-M": { "price": 44.90, "stock": { "main": 5 } } } }""")
            .WithAnswer("""{ "id": "0199…", "version": 8, "accepted": ["name"], "rejected": [ { "field": "price", "rule": "preferredInWindow", "winner": "shopify-demo", "winnerValue": 42, "conflictId": "c1", "message": "…" } ] }""");
        products.MapPut("/{id}", Put).WithSummary("Edits with a whole product as GET shows it. Members that the body lacks stay: absent is not empty.").RequireAuthorization(Roles.Operator)
            .WithProductBody("""{ "version": 7, "name": "Linen shirt", "description": "<p>Cool.</p>", "tags": ["summer", "linen"] }""");
        products.MapDelete("/{id}", Delete).WithSummary("Deletes the product in the hub; at the channels only where the policy spreads deletes.").RequireAuthorization(Roles.Operator);
    }

    private static async Task<Results<Ok<ListAnswer<ProductRow>>, Problem>> List(
        Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken,
        string? q = null, string? sku = null, string? status = null, string? vendor = null, string? productType = null, string? tag = null, string? channel = null,
        string? syncStatus = null, string? stockBelow = null, string? updatedSince = null, string? sort = null, int? limit = null, string? cursor = null,
        int? offset = null, string? count = null)
    {
        var wrong = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (Lists.CheckLimit(limit, out var size)?.Fields is { } badLimit)
        {
            wrong["limit"] = badLimit["limit"];
        }

        var below = Read(wrong, "stockBelow", stockBelow, "a number such as 5", t => Canonical.TryParseNumber(t, out var n) ? n : (decimal?)null);
        var since = Read(wrong, "updatedSince", updatedSince, "an ISO 8601 time such as 2026-11-22T18:00:00Z",
            t => DateTimeOffset.TryParse(t, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : (DateTimeOffset?)null);
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var filter = new ProductFilter
        {
            Tenant = caller.Tenant,
            Q = q,
            Sku = sku,
            Vendor = vendor,
            ProductType = productType,
            Tag = tag,
            StockBelow = below,
            UpdatedSince = since,
            Status = OneOf(wrong, "status", status, Statuses),
            SyncStatus = OneOf(wrong, "syncStatus", syncStatus, SyncStatuses),
            Sort = OneOf(wrong, "sort", sort, Sorts),
            Channel = OneOf(wrong, "channel", channel, [.. settings.Channels.Select(c => c.Id.Value)]) is { } id ? new ChannelId(id) : null,
            CountExact = OneOf(wrong, "count", count, ["exact"]) is not null,
            Limit = size,
            Cursor = cursor,
            Offset = offset ?? 0,
        };
        if (filter.Offset is < 0 or > 100_000)
        {
            wrong["offset"] = [$"offset is {filter.Offset}; accepted is 0 to 100000. Use cursor to go further."];
        }

        if (wrong.Count > 0)
        {
            return (Problem)ApiError.Invalid(wrong);
        }

        var page = await queries.ListAsync(filter, cancellationToken);
        return TypedResults.Ok(new ListAnswer<ProductRow>([.. page.Items.Select(i => ProductRow.Of(i, settings, catalogue.Directory))], page.NextCursor, page.Total));
    }

    private static async Task<Results<Ok<ProductBody>, Problem>> Get(string id, Caller caller, Catalogue catalogue, HttpContext context, CancellationToken cancellationToken)
    {
        if (await catalogue.FindAsync(caller, id) is not { } snapshot)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        context.Response.Headers.ETag = $"\"{snapshot.Product.Version}\"";
        return TypedResults.Ok(ProductBody.Of(snapshot, await catalogue.SettingsAsync(caller, cancellationToken), catalogue.Directory));
    }

    private static async Task<Results<Created<EditAnswer>, Problem>> Create(Caller caller, JsonBody body, Catalogue catalogue, IIdSource ids, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var write = ProductBodyReader.Read(body, null, settings, isFull: false, out var wrong);
        var (answer, problem) = await CreateAsync(caller, write, wrong, catalogue, ids);
        return problem is null ? TypedResults.Created($"/api/products/{answer!.Id}", answer) : problem;
    }

    /// <summary>Makes the product; also behind the create of the replaced systems.</summary>
    internal static async Task<(EditAnswer? Answer, Problem? Problem)> CreateAsync(Caller caller, ProductWrite? write, ApiError? wrong, Catalogue catalogue, IIdSource ids)
    {
        if (write is null)
        {
            return (null, new Problem(wrong!));
        }

        if (!write.Fields.Any(f => f.Key.Field == Fields.Name && !f.Value.IsEmpty))
        {
            return (null, new Problem(ApiError.Invalid("name", "name is missing; a product needs one.")));
        }

        var id = ids.NewId();
        var reply = await catalogue.Product(caller.Tenant, id).EditAsync(new EditCommand { Edit = write.ToEdit(caller.Actor), CreateIfMissing = true, Channels = write.Channels });
        return Taken(reply) is { } taken ? (null, taken) : (EditAnswer.Of(id, reply, null), null);
    }

    private static Task<Results<Ok<EditAnswer>, Problem>> Patch(string id, Caller caller, JsonBody body, Catalogue catalogue, HttpContext context, CancellationToken cancellationToken) =>
        EditAsync(id, caller, body, catalogue, context, isFull: false, cancellationToken);

    private static Task<Results<Ok<EditAnswer>, Problem>> Put(string id, Caller caller, JsonBody body, Catalogue catalogue, HttpContext context, CancellationToken cancellationToken) =>
        EditAsync(id, caller, body, catalogue, context, isFull: true, cancellationToken);

    private static async Task<Results<Ok<EditAnswer>, Problem>> EditAsync(
        string id, Caller caller, JsonBody body, Catalogue catalogue, HttpContext context, bool isFull, CancellationToken cancellationToken)
    {
        if (await catalogue.FindAsync(caller, id) is not { } snapshot)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var write = ProductBodyReader.Read(body, snapshot.Product, settings, isFull, out var wrong);
        if (write is null)
        {
            return (Problem)wrong!;
        }

        if (IfMatch(context.Request, out var seen) is { } badMatch)
        {
            return (Problem)badMatch;
        }

        var edit = write.ToEdit(caller.Actor) with { SeenVersion = write.SeenVersion ?? seen };
        var reply = await catalogue.Product(caller.Tenant, id).EditAsync(new EditCommand { Edit = edit, Channels = write.Channels });
        return !reply.Found ? (Problem)ApiError.NoProduct(id)
            : Taken(reply) is { } taken ? taken
            : TypedResults.Ok(EditAnswer.Of(id, reply, snapshot.Product));
    }

    private static async Task<Results<NoContent, Problem>> Delete(string id, Caller caller, Catalogue catalogue) =>
        await catalogue.FindAsync(caller, id) is not null && await catalogue.Product(caller.Tenant, id).DeleteAsync(caller.Actor)
            ? TypedResults.NoContent()
            : (Problem)ApiError.NoProduct(id);

    internal static Problem? Taken(EditReply reply) => reply.SkuTaken is { } sku
        ? new Problem(new ApiError(ErrorKind.Conflict, "sku-taken", $"The SKU '{sku}' belongs to the product '{reply.SkuOwner}'. A SKU names one product; nothing was changed."))
        : null;

    /// <summary>If-Match with an entity tag of GET: the version that the editor saw.</summary>
    private static ApiError? IfMatch(HttpRequest request, out long? seen)
    {
        seen = null;
        var text = request.Headers.IfMatch.ToString();
        if (text.Length == 0)
        {
            return null;
        }

        if (!long.TryParse(text.Trim().Trim('"'), out var version))
        {
            return ApiError.Invalid("If-Match", $"If-Match is {text}; accepted is the ETag of GET, for example \"7\".");
        }

        seen = version;
        return null;
    }

    private static T? Read<T>(Dictionary<string, string[]> wrong, string name, string? text, string accepted, Func<string, T?> parse) where T : struct
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var value = parse(text);
        if (value is null)
        {
            wrong[name] = [$"{name} is '{text}'; accepted is {accepted}."];
        }

        return value;
    }

    private static string? OneOf(Dictionary<string, string[]> wrong, string name, string? text, string[] words)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var word = words.FirstOrDefault(w => w.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (word is null)
        {
            wrong[name] = [$"{name} is '{text}'; accepted is {(words.Length == 0 ? "nothing: there are none yet" : string.Join(", ", words))}."];
        }

        return word;
    }
}
