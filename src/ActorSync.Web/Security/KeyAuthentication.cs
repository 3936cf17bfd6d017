using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using ActorSync.Web.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Claim = System.Security.Claims.Claim;

namespace ActorSync.Web.Security;

/// <summary>
/// An API key in <c>Authorization: Bearer</c>, <c>X-Api-Key</c>, or (dashboard) encrypted in the session cookie. The key is looked up on every request, so
/// that ending a key ends it everywhere at once. Without a key only the demo on loopback lets in.
/// </summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IApiKeyStore keys, SessionCookie session, IOptions<WebOptions> web)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "actorsync-key";
    public const string TenantClaim = "actorsync:tenant";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (GivenKey() is { } key)
        {
            var holder = await keys.FindAsync(key, Context.RequestAborted);
            return holder is null ? AuthenticateResult.Fail("The key is not known.") : Ticket(holder.Tenant, holder.Name, holder.Role);
        }

        return Demo.Lets(Context, web.Value) ? Ticket(TenantId.Default, "demo", Roles.Admin) : AuthenticateResult.NoResult();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (WantsPage(Request))
        {
            Response.Redirect("/login?next=" + Uri.EscapeDataString(Request.Path + Request.QueryString));
            return;
        }

        Response.Headers.WWWAuthenticate = "Bearer";
        var given = GivenKey() is not null;
        await new Problem(new ApiError(ErrorKind.Unauthenticated, given ? "unknown-key" : "key-needed", given
            ? "The API key is not known or was ended."
            : "Send an API key as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'. The first start prints an admin key.")).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => new Problem(new ApiError(ErrorKind.Forbidden, "role-too-small",
        $"The key's role is '{Context.User.FindFirstValue(ClaimTypes.Role)}', which may not do this. Viewer reads, operator also edits and runs, admin also configures.")).ExecuteAsync(Context);

    private string? GivenKey()
    {
        string? authorization = Request.Headers.Authorization;
        if (authorization is not null && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return authorization["Bearer ".Length..].Trim();
        }

        return Request.Headers.TryGetValue("X-Api-Key", out var header) ? header.ToString() : session.Read(Request);
    }

    private static AuthenticateResult Ticket(TenantId tenant, string name, string role) => AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role), new Claim(TenantClaim, tenant.Value)], SchemeName)), SchemeName));

    private static bool WantsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase) &&
        !request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && !request.Path.StartsWithSegments("/ui", StringComparison.Ordinal);
}

/// <summary>When the demo needs no key: loopback listener, loopback caller, loopback name, and no sign of a proxy in between.</summary>
internal static class Demo
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"];

    public static bool Lets(HttpContext context, WebOptions options) =>
        options.Demo && IsLoopback(context.Connection.LocalIpAddress) && IsLoopback(context.Connection.RemoteIpAddress) &&
        HostGuard.IsLoopbackName(context.Request.Host.Host) && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);
}

/// <summary>The dashboard's sign-in: the key itself, encrypted for this installation, in a cookie that scripts and other sites cannot use.</summary>
internal sealed class SessionCookie(IDataProtectionProvider protection, IOptions<WebOptions> options)
{
    public const string Name = "actorsync-session";
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("ActorSync.Web.Session.v1").ToTimeLimitedDataProtector();

    public string? Read(HttpRequest request)
    {
        if (!request.Cookies.TryGetValue(Name, out var value))
        {
            return null;
        }

        try
        {
            return _protector.Unprotect(value);
        }
        catch (CryptographicException)
        {
            // Expired, or of another installation: as if it were not there.
            return null;
        }
    }

    public void Write(HttpContext context, string key) => context.Response.Cookies.Append(
        Name, _protector.Protect(key, options.Value.SessionLifetime), Settings(context, options.Value, options.Value.SessionLifetime));

    public void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Settings(context, options.Value, null));

    private static CookieOptions Settings(HttpContext context, WebOptions web, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps || web.PublicUrl?.Scheme == Uri.UriSchemeHttps,
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };
}
