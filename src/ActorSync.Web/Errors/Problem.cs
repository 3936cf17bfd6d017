using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace ActorSync.Web.Errors;

/// <summary>Marks paths taken from the replaced systems: their answers carry <c>success</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EnvelopeAttribute : Attribute;

/// <summary>Turns an <see cref="ApiError"/> into RFC 9457 problem details: the one place where kinds become statuses.</summary>
internal sealed class Problem(ApiError error) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    public const string ContentType = "application/problem+json";

    public ApiError Error => error;

    public int? StatusCode => StatusOf(error.Kind);

    public static implicit operator Problem(ApiError error) => new(error);

    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.UnsupportedMedia => StatusCodes.Status415UnsupportedMediaType,
        ErrorKind.Refused => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.Throttled => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.Internal => StatusCodes.Status500InternalServerError,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "An error kind without a status."),
    };

    private static string TitleOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => "The request is not valid",
        ErrorKind.Unauthenticated => "An API key is needed",
        ErrorKind.Forbidden => "Not allowed",
        ErrorKind.NotFound => "Not found",
        ErrorKind.Conflict => "In conflict with the present state",
        ErrorKind.TooLarge => "Too large",
        ErrorKind.UnsupportedMedia => "The content type is not accepted",
        ErrorKind.Refused => "Refused",
        ErrorKind.Throttled => "Too many requests",
        ErrorKind.Unavailable => "Not available now",
        ErrorKind.Internal => "An unexpected error",
        _ => "Error",
    };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var body = new JsonObject
        {
            ["type"] = "urn:actorsync:problem:" + error.Code,
            ["title"] = TitleOf(error.Kind),
            ["status"] = StatusOf(error.Kind),
            ["detail"] = error.Detail,
            ["traceId"] = Activity.Current?.Id ?? httpContext.TraceIdentifier,
        };
        if (error.Fields is { } fields)
        {
            body["errors"] = new JsonObject(fields.Select(f =>
                KeyValuePair.Create<string, JsonNode?>(f.Key, new JsonArray([.. f.Value.Select(m => (JsonNode?)JsonValue.Create(m))]))));
        }

        if (httpContext.GetEndpoint()?.Metadata.GetMetadata<EnvelopeAttribute>() is not null)
        {
            body["success"] = false;
        }

        httpContext.Response.StatusCode = StatusOf(error.Kind);
        if (error.RetryAfter is { } wait)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString();
        }

        await httpContext.Response.WriteAsJsonAsync(body, options: null, ContentType, httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status400BadRequest, typeof(ProblemDetails), [ContentType]));
    }
}
