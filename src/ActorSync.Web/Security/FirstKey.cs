namespace ActorSync.Web.Security;

/// <summary>The first start makes an admin key, so that somebody can get in.</summary>
public static class FirstKey
{
    /// <summary>Creates the admin key of the default tenant when no key exists at all, and returns it for the one time it is printed; else null.</summary>
    public static async Task<string?> EnsureAsync(IApiKeyStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(clock);
        return await store.AnyAsync(cancellationToken)
            ? null
            : await store.CreateAsync(TenantId.Default, "first admin", Roles.Admin, clock.GetUtcNow(), cancellationToken);
    }
}
