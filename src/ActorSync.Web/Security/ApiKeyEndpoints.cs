using ActorSync.Web.Errors;
using ActorSync.Web.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ActorSync.Web.Security;

/// <summary>API keys of the caller's tenant.</summary>
internal static class ApiKeyEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        var keys = api.MapGroup("/api/api-keys").WithTags("Access").RequireAuthorization(Roles.Admin);
        keys.MapGet("", List).WithSummary("Lists the API keys of your tenant, without their secrets.");
        keys.MapPost("", Create).WithSummary("Makes a key. The answer is the only time it is shown.")
            .WithBody("""{ "name": "ERP nightly job", "role": "operator" }""");
        keys.MapDelete("/{id}", Delete).WithSummary("Ends a key; requests with it are refused from now on.");
    }

    private static async Task<Ok<ListAnswer<ApiKeyView>>> List(Caller caller, IApiKeyStore store, CancellationToken cancellationToken)
    {
        var keys = await store.ListAsync(caller.Tenant, cancellationToken);
        return TypedResults.Ok(new ListAnswer<ApiKeyView>([.. keys.Select(k => new ApiKeyView(k.Id, k.Name, k.Role, k.CreatedAt))], null));
    }

    private static async Task<Results<Created<NewApiKey>, Problem>> Create(Caller caller, JsonBody body, IApiKeyStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var reader = body.Reader();
        var name = reader.Text("name", required: true, max: 100);
        var role = reader.Choice("role", required: true, Roles.All);
        if (reader.Finish() is { } wrong)
        {
            return (Problem)wrong;
        }

        var key = await store.CreateAsync(caller.Tenant, name!, role!, clock.GetUtcNow(), cancellationToken);
        return TypedResults.Created("/api/api-keys", new NewApiKey(key, name!, role!));
    }

    private static async Task<Results<NoContent, Problem>> Delete(string id, Caller caller, IApiKeyStore store, CancellationToken cancellationToken) =>
        await store.DeleteAsync(caller.Tenant, id, cancellationToken)
            ? TypedResults.NoContent()
            : (Problem)new ApiError(ErrorKind.NotFound, "no-such-key", $"There is no API key with the id '{id}'. GET /api/api-keys lists yours.");
}

/// <summary>A key without its secret.</summary>
internal sealed record ApiKeyView(string Id, string Name, string Role, DateTimeOffset CreatedAt);

/// <summary>A key in clear, shown once.</summary>
internal sealed record NewApiKey(string Key, string Name, string Role);
