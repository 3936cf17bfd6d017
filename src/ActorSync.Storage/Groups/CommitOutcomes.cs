using ActorSync.Storage.Sql;

namespace ActorSync.Storage.Groups;

/// <summary>Why a commit was not written, and what follows when it was.</summary>
internal static class CommitOutcomes
{
    public static string StateText(ConflictState state) => state == ConflictState.Open ? "open" : "resolved";

    public static string? FirstSku(ProductIndex index) => index.Variants.Select(code => code.Sku).FirstOrDefault(sku => !string.IsNullOrWhiteSpace(sku));

    /// <summary>Looks which rule stood in the way, the most useful first: with a stale version nothing else that the commit says can be trusted.</summary>
    public static async Task<CommitResult> ClassifyAsync(DbSession session, PreparedCommit commit, string? error, CancellationToken cancellationToken)
    {
        if (commit.Document is not null
            && await session.FirstAsync<long?>("ReadProductVersion", row => row.Long(0), cancellationToken, ("@id", commit.Id)) is var stored
            && (stored ?? 0) != commit.ExpectedVersion)
        {
            return Stale($"product {commit.Id} has version {stored ?? 0}, expected {commit.ExpectedVersion}");
        }

        foreach (var link in commit.Links)
        {
            var version = await session.FirstAsync<long?>("ReadLinkVersion", row => row.Long(0), cancellationToken, ("@product", commit.Id), ("@channel", link.Channel)) ?? 0;
            if (version != link.State.Version)
            {
                return Stale($"the link of {commit.Id} to {link.Channel} has version {version}, expected {link.State.Version}");
            }
        }

        var skus = commit.Codes.Select(code => code.IdentitySku).OfType<string>().ToArray();
        if (skus.Length > 0)
        {
            var owners = await session.QueryAsync("FindBySku", row => (Sku: row.Text(0), Owner: row.Text(1)), cancellationToken, ("@tenant", commit.Tenant), ("@skus", skus));
            foreach (var (sku, owner) in owners.OrderBy(pair => pair.Sku, StringComparer.Ordinal))
            {
                if (owner != commit.Id)
                {
                    return new CommitResult { Status = CommitStatus.SkuTaken, Key = sku, Owner = new ProductId(owner) };
                }
            }
        }

        foreach (var link in commit.Links)
        {
            if (link.State.ExternalId is { } externalId
                && await session.FirstAsync("FindByExternalId", row => row.Text(0), cancellationToken, ("@channel", link.Channel), ("@external_id", externalId)) is { } owner
                && owner != commit.Id)
            {
                return new CommitResult { Status = CommitStatus.LinkTaken, Key = externalId, Owner = new ProductId(owner) };
            }
        }

        // Nothing stands in the way any more: what did has gone meanwhile. Deciding anew finds out.
        return error is null ? Stale("what stood in the way has gone meanwhile") : new CommitResult { Status = CommitStatus.Refused, Error = error };
    }

    /// <summary>Answers the one who waits and keeps the fingerprints in step.</summary>
    public static void Answer(PreparedCommit commit, CommitResult result, FingerprintCache cache, StorageMetrics metrics, string writer)
    {
        if (result.Status == CommitStatus.Committed)
        {
            if (commit.Document is not null)
            {
                cache.Put(commit.Id, commit.ExpectedVersion + 1, commit.CodesHash);
            }

            foreach (var link in commit.Links)
            {
                cache.Put(FingerprintCache.LinkKey(commit.Id, link.Channel), link.State.Version + 1, link.ResourcesHash);
            }
        }
        else
        {
            metrics.Rejected(writer, result.Status.ToString());
        }

        commit.Complete(result);
    }

    private static CommitResult Stale(string why) => new() { Status = CommitStatus.Stale, Error = why };
}
