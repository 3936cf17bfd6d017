using System.Text.Json;
using ActorSync.Sandbox.Core;
using ActorSync.Sandbox.Shopify.GraphQl;

namespace ActorSync.Sandbox.Shopify;

/// <summary>The front door of the Admin API: address, token, content type and body are looked at in Shopify's order before any GraphQL.</summary>
public sealed class ShopifyEndpoint(IReadOnlyDictionary<string, GraphQlEngine> engines, ChannelStats stats, SandboxRandom random, ShopTokens tokens)
{
    public const string ApiRoot = "/shopify/demo/admin/api";
    private const int LargestBody = 4 * 1024 * 1024;

    public void Map(WebApplication app) => app.MapPost(ApiRoot + "/{version}/graphql.json", HandleAsync);

    public async Task WriteThrottledAsync(HttpContext context)
    {
        // Enough is missing for about one second, so a client that computes its pause waits that long.
        var engine = engines[ApiVersions.Current];
        var requested = engine.Bucket.RestoreRate;
        await WriteAsync(context, StatusCodes.Status200OK, engine.Throttled(requested, available: 0));
    }

    public static Task WriteServerErrorAsync(HttpContext context) => RefuseAsync(context, StatusCodes.Status500InternalServerError, "Internal Server Error");

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers["X-Request-Id"] = random.NextGuid().ToString();
        if (ApiVersions.Resolve(context.Request.RouteValues["version"] as string ?? "") is not { } version)
        {
            stats.CountRequest("unknown version");
            await RefuseAsync(context, StatusCodes.Status404NotFound, "Not Found");
            return;
        }

        context.Response.Headers["X-Shopify-API-Version"] = version;
        if (!tokens.IsKnown(context.Request.Headers["X-Shopify-Access-Token"].ToString()))
        {
            stats.CountRequest("unauthorized");
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "[API] Invalid API key or access token (unrecognized login or wrong password)");
            return;
        }

        if (!context.Request.HasJsonContentType())
        {
            stats.CountRequest("wrong content type");
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Content-Type must be application/json");
            return;
        }

        if (await ReadAsync(context) is not { } request)
        {
            stats.CountRequest("unreadable body");
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The request body must be a JSON object with a query");
            return;
        }

        var answer = await engines[version].AnswerAsync(request, context.RequestAborted);
        Count(answer);
        if (answer.Writes > 0)
        {
            context.MarkWrite(answer.Writes);
        }

        if (answer.Deprecated.Count > 0)
        {
            context.Response.Headers["X-Shopify-API-Deprecated-Reason"] = string.Join(", ", answer.Deprecated);
        }

        await WriteAsync(context, StatusCodes.Status200OK, answer.Body);
    }

    private void Count(GraphQlAnswer answer)
    {
        stats.CountRequest(answer.Operation);
        stats.AddToGauge("costRequested", answer.Requested);
        stats.AddToGauge("costActual", answer.Actual);
        stats.RaiseGauge("costLargestRequest", answer.Requested);
        if (answer.Throttled)
        {
            stats.CountThrottled();
        }
        else if (answer.Failed)
        {
            stats.CountError();
        }
    }

    private static async Task<GraphQlRequest?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > LargestBody)
        {
            return null;
        }

        try
        {
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body, cancellationToken: context.RequestAborted);
            if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("query", out var query) || query.ValueKind != JsonValueKind.String
                || query.GetString() is not { Length: > 0 and <= GraphQlEngine.LongestQuery } text)
            {
                return null;
            }

            var operation = body.TryGetProperty("operationName", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            return new GraphQlRequest(text, operation, body.TryGetProperty("variables", out var variables) ? variables : default);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string errors) => WriteJsonAsync(context, status, new { errors });

    private static Task WriteJsonAsync<T>(HttpContext context, int status, T body) => WriteAsync(context, status, JsonSerializer.SerializeToUtf8Bytes(body));

    private static async Task WriteAsync(HttpContext context, int status, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
