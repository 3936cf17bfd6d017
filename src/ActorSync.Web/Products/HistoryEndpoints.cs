using ActorSync.Web.Errors;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Products;

/// <summary>What happened to a product, and going back.</summary>
internal static class HistoryEndpoints
{
    /// <summary>Most history lines that a revert looks through.</summary>
    private const int MaxRevertLines = 5_000;

    public static void Map(RouteGroupBuilder api)
    {
        var products = api.MapGroup("/api/products/{id}").WithTags("Products");
        products.MapGet("/history", History).WithSummary("Who changed what, when, from where, by which rule, and what was there before; newest first.");
        products.MapGet("/explain", Explain).WithSummary("Why each field has its value, what each channel holds, and what a push would send now.");
        products.MapPost("/revert", Revert).WithSummary("Sets the fields back to an earlier version, as a new edit. Stock and variants are left alone.")
            .RequireAuthorization(Roles.Operator).WithBody("""{ "version": 4 }""");
        products.MapPost("/decide", Decide).WithSummary("Decides what differs since first contact with a channel: the winner's values stay.")
            .RequireAuthorization(Roles.Operator).WithBody("""{ "channel": "woo-demo", "winner": "shopify-demo" }""");
        products.MapPost("/release-guard", Release).WithSummary("Lets a push go that the guard holds for a person.")
            .RequireAuthorization(Roles.Operator).WithBody("""{ "channel": "shopify-demo" }""");
    }

    private static async Task<Results<NoContent, Problem>> Decide(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var known = settings.Channels.Select(c => c.Id.Value).ToArray();
        var reader = body.Reader();
        var name = reader.Choice("channel", required: true, known);
        var winner = reader.Choice("winner", required: true, ["hub", .. known]);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var origin = winner == "hub" ? Origin.Hub : catalogue.Directory.ProfileOf(settings.Channels.First(c => c.Id.Value == winner)).Origin;
        await catalogue.Product(caller.Tenant, id).DecideFirstContactAsync(new ChannelId(name!), origin);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<ListAnswer<HistoryLine>>, Problem>> History(
        string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var page = await queries.HistoryAsync(new ProductId(id), cursor, size, cancellationToken);
        return TypedResults.Ok(new ListAnswer<HistoryLine>([.. page.Items.Select(HistoryLine.Of)], page.NextCursor));
    }

    private static async Task<Results<Ok<Explanation>, Problem>> Explain(string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken) =>
        await catalogue.FindAsync(caller, id) is { } snapshot
            ? TypedResults.Ok(await Explanation.OfAsync(snapshot, caller, catalogue, queries, cancellationToken))
            : (Problem)ApiError.NoProduct(id);

    private static async Task<Results<Ok<EditAnswer>, Problem>> Revert(string id, Caller caller, JsonBody body, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var version = reader.Whole("version", least: 1);
        if (version is null && reader.Problem() is null)
        {
            reader.Fail("version", "version is missing; the version to go back to is needed.");
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is not { } snapshot)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var lines = new List<HistoryItem>();
        string? cursor = null;
        do
        {
            var page = await queries.HistoryAsync(new ProductId(id), cursor, Lists.MaxLimit, cancellationToken);
            lines.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null && lines.Count < MaxRevertLines && lines[^1].Version > version);

        var reached = lines.Count > 0 && lines[^1].Version <= version;
        if (!reached || version >= snapshot.Product.Version)
        {
            return (Problem)new ApiError(ErrorKind.Conflict, "version-not-reachable",
                $"Version {version} cannot be restored: the product is at version {snapshot.Product.Version}, and its history reaches back to version {(lines.Count == 0 ? snapshot.Product.Version : lines[^1].Version)}.");
        }

        var fields = RevertEdit.Of(snapshot.Product, lines.Where(l => l.Version > version));
        if (fields.IsEmpty)
        {
            return TypedResults.Ok(new EditAnswer(id, snapshot.Product.Version, [], []));
        }

        var edit = new HubEdit { Fields = fields, Actor = caller.Actor, SeenVersion = snapshot.Product.Version };
        var reply = await catalogue.Product(caller.Tenant, id).EditAsync(new EditCommand { Edit = edit });
        return ProductEndpoints.Taken(reply) is { } taken ? taken : TypedResults.Ok(EditAnswer.Of(id, reply, snapshot.Product));
    }

    private static async Task<Results<NoContent, Problem>> Release(string id, Caller caller, JsonBody body, Catalogue catalogue, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var name = reader.Text("channel", required: true);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        if (await catalogue.FindChannelAsync(caller, name!, cancellationToken) is not { } channel)
        {
            return (Problem)ApiError.NoChannel(name!);
        }

        await catalogue.Product(caller.Tenant, id).ReleaseGuardAsync(channel.Id, caller.Actor);
        return TypedResults.NoContent();
    }
}
