using System.Security.Cryptography;
using System.Text;
using ActorSync.Web.Errors;
using ActorSync.Web.Requests;

namespace ActorSync.Web.Security;

/// <summary>A change repeated under the same <c>Idempotency-Key</c> within 24 h gets the first answer again and has no second effect.</summary>
internal sealed class IdempotencyMiddleware(RequestDelegate next, IIdempotencyStore store, TimeProvider clock)
{
    public const string Header = "Idempotency-Key";
    private const int MaxKeyLength = 255;
    private const int MaxKeptBytes = 1024 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var header) || !HostGuard.IsMutation(context.Request) ||
            context.GetEndpoint()?.Metadata.GetMetadata<InboundWebhookAttribute>() is not null || context.User.Identity?.IsAuthenticated != true)
        {
            await next(context);
            return;
        }

        var key = header.ToString();
        if (key.Length is 0 or > MaxKeyLength)
        {
            await new Problem(ApiError.Invalid(Header, $"{Header} has {key.Length} characters; accepted are 1 to {MaxKeyLength}.")).ExecuteAsync(context);
            return;
        }

        var body = await RequestBytes.ReadAsync(context.Request, RequestBytes.ApiLimit, context.RequestAborted);
        if (body is null)
        {
            await new Problem(new ApiError(ErrorKind.TooLarge, "body-too-large", $"The body is larger than {RequestBytes.ApiLimit} bytes.")).ExecuteAsync(context);
            return;
        }

        context.Request.Body = new MemoryStream(body);
        var tenant = Caller.Of(context.User).Tenant;
        var known = await store.BeginAsync(tenant, key, HashOf(context.Request, body), clock.GetUtcNow(), context.RequestAborted);
        if (known is null)
        {
            await RunAsync(context, tenant, key);
        }
        else if (known.IsOtherRequest)
        {
            await new Problem(new ApiError(ErrorKind.Refused, "idempotency-key-reused",
                $"The {Header} '{key}' was used for another request. Use a new key for a new request.")).ExecuteAsync(context);
        }
        else if (known.Status == 0)
        {
            await new Problem(new ApiError(ErrorKind.Conflict, "request-under-way", $"The first request with the {Header} '{key}' is still under way.")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            }).ExecuteAsync(context);
        }
        else
        {
            context.Response.StatusCode = known.Status;
            context.Response.ContentType = known.ContentType;
            context.Response.Headers["Idempotency-Replayed"] = "true";
            await context.Response.Body.WriteAsync(known.Body, context.RequestAborted);
        }
    }

    private async Task RunAsync(HttpContext context, TenantId tenant, string key)
    {
        var outer = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = outer;
        }

        // A failure of ours is not an answer worth repeating: the reservation runs out and the caller may try again.
        if (context.Response.StatusCode < StatusCodes.Status500InternalServerError && kept.Length <= MaxKeptBytes)
        {
            await store.CompleteAsync(tenant, key, context.Response.StatusCode, context.Response.ContentType ?? "application/json", kept.ToArray(), clock.GetUtcNow(), CancellationToken.None);
        }

        kept.Position = 0;
        await kept.CopyToAsync(outer, context.RequestAborted);
    }

    private static string HashOf(HttpRequest request, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
