using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>The front door: who calls, may they, is there quota left, which call is it.</summary>
public sealed class FfnApi(FfnState state, FfnLogins logins, FfnSettings settings, FfnCalls calls, ChannelStats stats)
{
    public const string Root = "/jtl-ffn";
    public const string ApiRoot = Root + "/api";
    private const string BearerWord = "Bearer ";

    private readonly ConcurrentDictionary<string, (long Interval, int Used)> quota = new(StringComparer.Ordinal);

    public void Map(WebApplication app) => app.Map(ApiRoot + "/{**path}", HandleAsync);

    public Task WriteThrottledAsync(HttpContext context)
    {
        var (limit, seconds) = settings.Values.QuotaLimit > 0 ? (settings.Values.QuotaLimit, settings.Values.QuotaIntervalSeconds) : (1, 1);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        WriteQuota(context.Response, limit, seconds, remaining: 0);
        if (settings.Values.QuotaRetryAfter)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        return Task.CompletedTask;
    }

    private async Task HandleAsync(HttpContext context)
    {
        var segments = (context.Request.RouteValues["path"] as string ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        stats.CountRequest($"{context.Request.Method} {string.Join('/', segments.Skip(1).Select(Generic))}");
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(BearerWord, StringComparison.OrdinalIgnoreCase) || logins.Identify(header[BearerWord.Length..].Trim()) is not { } login)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (!settings.Values.PortalVisited)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (settings.Values.QuotaLimit > 0 && !TakeQuota(context.Response, login.ClientId))
        {
            stats.CountThrottled();
            return;
        }

        try
        {
            var isRead = HttpMethods.IsGet(context.Request.Method);
            if (!login.Scopes.Contains(isRead ? FfnLogins.ReadScope : FfnLogins.WriteScope))
            {
                throw FfnErrors.ScopeMissing.With($"The scope {(isRead ? FfnLogins.ReadScope : FfnLogins.WriteScope)} is missing");
            }

            var body = isRead || HttpMethods.IsDelete(context.Request.Method) ? default : await ReadBodyAsync(context.Request);
            if (body.ValueKind == JsonValueKind.Undefined && !isRead && !HttpMethods.IsDelete(context.Request.Method))
            {
                context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
                return;
            }

            var call = new FfnCall(context.Request.Method, segments, context.Request.Query, body, login);
            var answer = state.Do(() => calls.Answer(call));
            if (answer.Status is StatusCodes.Status201Created or StatusCodes.Status204NoContent)
            {
                context.MarkWrite();
            }

            await WriteAsync(context, answer);
        }
        catch (FfnRefusedException refused)
        {
            await WriteAsync(context, new FfnAnswer(refused.Error.Status, refused.ToJson()));
        }
    }

    public static async Task WriteAsync(HttpContext context, FfnAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        if (answer.Body is not null)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            var body = JsonSerializer.SerializeToUtf8Bytes(answer.Body, FfnJson.Options);
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>Undefined: it is not sent as JSON.</summary>
    private static async Task<JsonElement> ReadBodyAsync(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            return default;
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw FfnErrors.Invalid("", "The body must be a JSON object.");
        }
        catch (JsonException wrong)
        {
            throw FfnErrors.Invalid("", $"The body is not JSON: {wrong.Message}");
        }
    }

    private bool TakeQuota(HttpResponse response, string application)
    {
        var (limit, seconds) = (settings.Values.QuotaLimit, settings.Values.QuotaIntervalSeconds);
        var now = state.Now.ToUnixTimeSeconds();
        var interval = now / seconds;
        var (_, used) = quota.AddOrUpdate(application, _ => (interval, 1), (_, old) => old.Interval == interval ? (interval, old.Used + 1) : (interval, 1));
        WriteQuota(response, limit, seconds, Math.Max(0, limit - used));
        if (used <= limit)
        {
            return true;
        }

        response.StatusCode = StatusCodes.Status429TooManyRequests;
        if (settings.Values.QuotaRetryAfter)
        {
            response.Headers.RetryAfter = (((interval + 1) * seconds) - now).ToString();
        }

        return false;
    }

    private static void WriteQuota(HttpResponse response, int limit, int seconds, int remaining)
    {
        response.Headers["X-RateLimit-Limit"] = limit.ToString();
        response.Headers["X-RateLimit-Interval-Length-Seconds"] = seconds.ToString();
        response.Headers["X-RateLimit-Remaining"] = remaining.ToString();
    }

    /// <summary>The route with ids taken out, so that counts gather.</summary>
    private static string Generic(string segment) => segment.Any(char.IsAsciiDigit) || segment.StartsWith(FfnIds.Merchant, StringComparison.Ordinal) || segment.StartsWith(FfnIds.Fulfiller, StringComparison.Ordinal) ? "{id}" : segment;
}

public sealed record FfnCall(string Method, string[] Segments, IQueryCollection Query, JsonElement Body, FfnLogin Login)
{
    public Author Author => new(Login.ClientId, FfnIds.Merchant);
}

public sealed record FfnAnswer(int Status, JsonNode? Body)
{
    public static readonly FfnAnswer Nothing = new(StatusCodes.Status204NoContent, Body: null);

    public static FfnAnswer Ok(JsonNode body) => new(StatusCodes.Status200OK, body);

    public static FfnAnswer Created(JsonNode body) => new(StatusCodes.Status201Created, body);
}
