using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Errors;

namespace ActorSync.Web.Requests;

/// <summary>
/// A JSON object as it came, bound by hand: names in camelCase or snake_case, unknown names refused with the nearest known one, every problem of the
/// request in one answer.
/// </summary>
internal sealed class JsonBody
{
    private const int MaxDepth = 16;

    private JsonBody(JsonObject? content, ApiError? fault) => (Content, Fault) = (content, fault);

    /// <summary>The object; empty when there was no body.</summary>
    public JsonObject? Content { get; }

    /// <summary>Why it could not be read.</summary>
    public ApiError? Fault { get; }

    /// <summary>Reads members; problems gather in the reader.</summary>
    public BodyReader Reader() => new(Content ?? [], Fault);

    public static async ValueTask<JsonBody> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var bytes = await RequestBytes.ReadAsync(context.Request, RequestBytes.ApiLimit, context.RequestAborted);
        if (bytes is null)
        {
            return new JsonBody(null, new ApiError(ErrorKind.TooLarge, "body-too-large", $"The body is larger than {RequestBytes.ApiLimit} bytes. Split the request."));
        }

        if (bytes.Length == 0)
        {
            return new JsonBody([], null);
        }

        try
        {
            var node = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return node is JsonObject content
                ? new JsonBody(content, null)
                : new JsonBody(null, ApiError.Invalid("body", $"The body is {(node is JsonArray ? "a list" : "a single value")}; accepted is a JSON object."));
        }
        catch (Exception bad) when (bad is JsonException or ArgumentException)
        {
            return new JsonBody(null, ApiError.Invalid("body", $"The body is not valid JSON: {bad.Message}"));
        }
    }
}
