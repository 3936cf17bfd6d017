using System.Security.Claims;

namespace ActorSync.Web.Security;

/// <summary>Who asks: one key holder, bound to one tenant.</summary>
internal sealed record Caller(TenantId Tenant, string Name, string Role)
{
    /// <summary>For the history: who did it.</summary>
    public string Actor => Name;

    public static ValueTask<Caller> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult(Of(context.User));
    }

    public static Caller Of(ClaimsPrincipal user) => new(
        new TenantId(user.FindFirstValue(KeyAuthentication.TenantClaim) ?? throw new InvalidOperationException("The endpoint needs an authenticated caller.")),
        user.Identity?.Name ?? "unknown",
        user.FindFirstValue(ClaimTypes.Role) ?? Roles.Viewer);

    /// <summary>The tenant under its name in the replaced systems.</summary>
    public bool Is(string clientId) => string.Equals(clientId, Tenant.Value, StringComparison.Ordinal);
}

/// <summary>What a key may do; each role includes the one before it.</summary>
public static class Roles
{
    /// <summary>Reads.</summary>
    public const string Viewer = "viewer";
    /// <summary>Also edits and runs.</summary>
    public const string Operator = "operator";
    /// <summary>Also configures.</summary>
    public const string Admin = "admin";

    internal static readonly string[] All = [Viewer, Operator, Admin];
}
