using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tenants;

public enum Permission { Allowed, OnlyWhileEmpty, Refused }

/// <summary>Who may claim which class of field, and who is preferred inside the conflict window (DESIGN section 1, S3).</summary>
public static class Ownership
{
    public static OwnerClass ClassOf(this TenantPolicy policy, FieldDefinition field)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(field);
        return !policy.ClassOverrides.IsEmpty && policy.ClassOverrides.TryGetValue(field.Name, out var other) && field.Class != OwnerClass.Stock
            ? other
            : field.Class;
    }

    /// <summary>Stock is not claimed by kind: the one origin that the tenant names says it, see <see cref="MaySayStock"/>.</summary>
    public static Permission PermissionOf(OwnerClass owners, OriginKind origin) => (owners, origin) switch
    {
        (OwnerClass.Stock, _) => Permission.Refused,
        (_, OriginKind.Hub) => Permission.Allowed,
        (OwnerClass.Shared, _) => Permission.Allowed,
        (OwnerClass.Commerce, OriginKind.Storefront) => Permission.Allowed,
        (OwnerClass.Commerce, _) => Permission.Refused,
        (OwnerClass.Ops, OriginKind.Storefront) => Permission.OnlyWhileEmpty,
        (OwnerClass.Ops, _) => Permission.Allowed,
        _ => Permission.Refused,
    };

    public static bool IsPreferred(OwnerClass owners, OriginKind origin) => (owners, origin) switch
    {
        (OwnerClass.Commerce, OriginKind.Storefront) => true,
        (OwnerClass.Ops, OriginKind.Hub) => true,
        _ => false,
    };

    public static bool MaySayStock(this TenantPolicy policy, Origin origin)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.StockOrigin is { } named && origin.Kind != OriginKind.Storefront
            && string.Equals(named, origin.Kind == OriginKind.Hub ? TenantPolicy.HubStockOrigin : origin.Id, StringComparison.Ordinal);
    }
}
