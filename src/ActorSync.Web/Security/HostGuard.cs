using System.Net;
using ActorSync.Web.Errors;
using Microsoft.Extensions.Options;

namespace ActorSync.Web.Security;

/// <summary>
/// Refuses what a foreign web page could make a browser send here: host names that are not ours (DNS rebinding), changes from other origins, and bodies
/// that a plain form could carry. Inbound webhooks are signed and exempt from the last two.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, IOptions<WebOptions> options)
{
    private const string PagePolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    /// <summary>The pages of Scalar and of the Orleans dashboard carry style and script inside; everything still comes from here.</summary>
    private const string ForeignPagePolicy = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsAskedByMachines(request.Path) && !IsOurs(request.Host.Host))
        {
            return new Problem(new ApiError(ErrorKind.Invalid, "host-not-allowed",
                $"The host name '{request.Host.Host}' is not ours. Add it to {WebOptions.Section}:AllowedHosts, or set ActorSync:PublicUrl.")).ExecuteAsync(context);
        }

        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = WritesItsOwnScript(request.Path) ? ForeignPagePolicy : PagePolicy;
        return IsMutation(request) && context.GetEndpoint()?.Metadata.GetMetadata<InboundWebhookAttribute>() is null && Refusal(request) is { } refusal
            ? new Problem(refusal).ExecuteAsync(context)
            : next(context);
    }

    /// <summary>Probes and scrapers know a process by the address of its container. Health tells nothing, metrics want a key, and neither can be changed.</summary>
    private static bool IsAskedByMachines(PathString path) => path.StartsWithSegments("/health", StringComparison.Ordinal) || path.Equals("/metrics", StringComparison.Ordinal);

    private static bool WritesItsOwnScript(PathString path) =>
        path.StartsWithSegments("/docs", StringComparison.Ordinal) || path.StartsWithSegments("/dashboard", StringComparison.Ordinal);

    public static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    public static bool IsMutation(HttpRequest request) =>
        !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method) || HttpMethods.IsTrace(request.Method));

    private bool IsOurs(string host)
    {
        var settings = options.Value;
        return IsLoopbackName(host) || string.Equals(settings.PublicUrl?.Host, host, StringComparison.OrdinalIgnoreCase) ||
            settings.AllowedHosts.Any(allowed => allowed == "*" || allowed.Equals(host, StringComparison.OrdinalIgnoreCase));
    }

    private ApiError? Refusal(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        var sameSite = request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
        if (origin is not null ? !IsOurOrigin(origin, request) : !sameSite)
        {
            return new ApiError(ErrorKind.Forbidden, "origin-not-allowed",
                $"Changes from the origin '{origin ?? "of another site"}' are not accepted. Add it to {WebOptions.Section}:AllowedOrigins if it is yours.");
        }

        var hasBody = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        return hasBody && !request.HasJsonContentType() && !(request.Path == "/login" && request.HasFormContentType)
            ? new ApiError(ErrorKind.UnsupportedMedia, "json-needed", $"The content type is '{request.ContentType}'; accepted is application/json.")
            : null;
    }

    private bool IsOurOrigin(string origin, HttpRequest request)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri))
        {
            return false;
        }

        return string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase) ||
            (options.Value.PublicUrl is { } ours && string.Equals(uri.Authority, ours.Authority, StringComparison.OrdinalIgnoreCase)) ||
            options.Value.AllowedOrigins.Any(allowed => string.Equals(allowed.TrimEnd('/'), origin, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>Marks endpoints that channels call: signed, of any content type, from anywhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InboundWebhookAttribute : Attribute;
