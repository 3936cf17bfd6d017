using ActorSync.Domain.Products;

namespace ActorSync.Domain.Reconcile;

/// <summary>S3's status of a product. Of several that apply the first listed here, from the bottom, is shown.</summary>
public enum SyncStatus
{
    /// <summary>Every channel holds what it should.</summary>
    Synced,
    /// <summary>Something is to be pushed or read, or is on its way.</summary>
    Pending,
    /// <summary>A person has to decide: an open conflict, a first contact, an ambiguous match.</summary>
    Conflict,
    /// <summary>A channel refuses, keeps failing, or the guard holds a push.</summary>
    Error,
}

public static class SyncStatuses
{
    /// <summary>So many failures in a row show ERROR; transient ones go on being retried.</summary>
    public const int AttemptsUntilError = 3;

    public static SyncStatus Of(ProductState product, IEnumerable<(LinkState Link, PushPlan Plan)> links)
    {
        ArgumentNullException.ThrowIfNull(product);
        ArgumentNullException.ThrowIfNull(links);
        var status = product.Conflicts.IsEmpty ? SyncStatus.Synced : SyncStatus.Conflict;
        foreach (var (link, plan) in links)
        {
            var own = Of(link, plan);
            status = own > status ? own : status;
        }

        return status;
    }

    public static SyncStatus Of(LinkState link, PushPlan plan)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(plan);
        if (link.Attempts >= AttemptsUntilError || plan.Guard is not null || link.HeldByGuard is not null || Has(plan, WithheldReason.Parked))
        {
            return SyncStatus.Error;
        }

        if (Has(plan, WithheldReason.Undecided) || Has(plan, WithheldReason.Ambiguous))
        {
            return SyncStatus.Conflict;
        }

        return plan.HasWork || !plan.IsEmpty ? SyncStatus.Pending : SyncStatus.Synced;
    }

    private static bool Has(PushPlan plan, WithheldReason reason)
    {
        foreach (var withheld in plan.Withheld)
        {
            if (withheld.Reason == reason)
            {
                return true;
            }
        }

        return false;
    }
}
