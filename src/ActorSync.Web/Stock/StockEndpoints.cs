using ActorSync.Web.Errors;
using ActorSync.Web.Products;
using ActorSync.Web.Requests;
using ActorSync.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Stock;

/// <summary>Sales that the stock's origin should have accounted for by now, and a person's word on them.</summary>
internal static class StockEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/api/stock/overdue", Overdue).WithTags("Stock")
            .WithSummary("Products with sales that the stock's origin has not accounted for within the reservation lifetime, oldest first. They stay subtracted.");
        api.MapPost("/api/products/{id}/sales", Explain).WithTags("Stock").RequireAuthorization(Roles.Operator).WithBody("""{ "channel": "shopify-demo", "key": "order 1001/1", "sold": true }""")
            .WithSummary("Says what became of a pending sale: sold, so that it is in the count or is taken off it; or not, so that it is given back.");
    }

    private static async Task<Results<Ok<ListAnswer<OverdueProduct>>, Problem>> Overdue(
        Caller caller, Catalogue catalogue, IProductQueries queries, TimeProvider clock, CancellationToken cancellationToken, string? cursor = null, int? limit = null)
    {
        if (Lists.CheckLimit(limit, out var size) is { } wrong)
        {
            return (Problem)wrong;
        }

        var policy = (await catalogue.SettingsAsync(caller, cancellationToken)).Policy;
        var now = clock.GetUtcNow();
        var page = await queries.UnaccountedAsync(caller.Tenant, now - policy.ReservationLifetime, cursor, size, cancellationToken);
        return TypedResults.Ok(new ListAnswer<OverdueProduct>([.. page.Items.Select(item => OverdueProduct.Of(item, policy, now))], page.NextCursor));
    }

    private static async Task<Results<NoContent, Problem>> Explain(string id, Caller caller, JsonBody body, Catalogue catalogue)
    {
        var reader = body.Reader();
        var channel = reader.Text("channel", required: true);
        var key = reader.Text("key", required: true);
        var sold = reader.Flag("sold");
        if (sold is null && reader.Problem() is null)
        {
            reader.Fail("sold", "sold is missing; true if it was sold, false if it is to be given back.");
        }

        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        if (await catalogue.FindAsync(caller, id) is null)
        {
            return (Problem)ApiError.NoProduct(id);
        }

        var explanation = new SaleExplanation { Channel = new ChannelId(channel!), Key = key!, WasSold = sold!.Value, Actor = caller.Actor };
        return await catalogue.Product(caller.Tenant, id).ExplainSaleAsync(explanation)
            ? TypedResults.NoContent()
            : (Problem)new ApiError(ErrorKind.NotFound, "no-such-sale", $"Nothing named '{key}' of channel '{channel}' is pending at this product; GET /api/products/{id}/explain lists what is.");
    }
}
