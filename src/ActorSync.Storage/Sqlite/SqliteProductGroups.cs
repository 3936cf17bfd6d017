using ActorSync.Storage.Groups;
using ActorSync.Storage.Json;
using Microsoft.Data.Sqlite;

namespace ActorSync.Storage.Sqlite;

/// <summary>A group of product commits: one transaction, a savepoint per commit, so that one that is stale, taken or refused leaves the others alone.</summary>
internal sealed class SqliteProductGroups(SqliteDatabase database, FingerprintCache cache, StorageMetrics metrics) : IProductGroups
{
    private const string Writer = "products";

    public int Writers => 1;

    public async Task WriteAsync(List<PreparedCommit> group)
    {
        // Sorted by id as on PostgreSQL, so that both dialects meet two commits that want one SKU in the same order.
        group.Sort((left, right) => string.CompareOrdinal(left.Id, right.Id));
        var (results, elapsed) = await database.TransactAsync(
            Writer,
            statements =>
            {
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                var answers = new CommitResult[group.Count];
                for (var i = 0; i < group.Count; i++)
                {
                    answers[i] = WriteOne(statements, group[i]);
                }

                return (answers, System.Diagnostics.Stopwatch.GetElapsedTime(started));
            },
            CancellationToken.None);
        metrics.Committed(Writer, group.Count, elapsed);
        for (var i = 0; i < group.Count; i++)
        {
            CommitOutcomes.Answer(group[i], results[i], cache, metrics, Writer);
        }
    }

    private CommitResult WriteOne(SqliteStatements statements, PreparedCommit commit)
    {
        statements.Run("SAVEPOINT one");
        try
        {
            if (WriteRows(statements, commit))
            {
                statements.Run("RELEASE one");
                return CommitResult.Committed;
            }

            statements.Run("ROLLBACK TO one");
            var reason = Classify(statements, commit, error: null);
            statements.Run("RELEASE one");
            return reason;
        }
        catch (Exception exception) when (exception is not SqliteException sqlite || database.IsRefusal(sqlite))
        {
            statements.Run("ROLLBACK TO one");
            var reason = Classify(statements, commit, exception.Message);
            statements.Run("RELEASE one");
            return reason;
        }
    }

    private int Execute(SqliteStatements statements, string name, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        statements.Execute(name, database.Sql[name], parameters);

    private bool WriteRows(SqliteStatements statements, PreparedCommit commit)
    {
        if (!WriteProduct(statements, commit))
        {
            return false;
        }

        foreach (var link in commit.Links)
        {
            if (!WriteLink(statements, commit, link))
            {
                return false;
            }
        }

        long? version = commit.Document is null ? null : commit.ExpectedVersion + 1;
        foreach (var line in commit.Log)
        {
            Execute(statements, "InsertLog", ("@tenant", commit.Tenant), ("@product", commit.Id), ("@version", version), ("@at", Millis(line.At)),
                ("@action", line.Action), ("@is_change", Flag(line.IsChange)), ("@entry", line.Entry));
        }

        foreach (var (row, text) in commit.Conflicts)
        {
            Execute(statements, "UpsertConflicts", ("@id", row.Id), ("@tenant", commit.Tenant), ("@product", commit.Id),
                ("@state", CommitOutcomes.StateText(row.State)), ("@detected_at", Millis(row.DetectedAt)), ("@doc", text));
        }

        foreach (var attempt in commit.Attempts)
        {
            Execute(statements, "UpsertAttempts", ("@id", attempt.Id), ("@tenant", commit.Tenant), ("@product", commit.Id), ("@channel", attempt.Channel.Value),
                ("@operation", attempt.Operation), ("@status", attempt.Status), ("@attempts", attempt.Attempts), ("@fields", StorageJson.WriteList(attempt.Fields)),
                ("@error", attempt.Error), ("@started_at", Millis(attempt.StartedAt)), ("@ended_at", Millis(attempt.EndedAt)));
        }

        foreach (var ack in commit.Inbox)
        {
            Execute(statements, "AckInbox", ("@id", ack.Id), ("@outcome", ack.Outcome), ("@at", Millis(commit.Commit.At)));
        }

        return true;
    }

    private bool WriteProduct(SqliteStatements statements, PreparedCommit commit)
    {
        if (commit.Commit.Index is not { } index)
        {
            return true;
        }

        if (commit.Document is null)
        {
            Execute(
                statements, "UpdateProductMarks", ("@id", commit.Id), ("@sync_status", index.SyncStatus), ("@has_conflict", Flag(index.HasConflict)),
                ("@unaccounted_since", Millis(index.UnaccountedSince)));
            return true;
        }

        var changed = Execute(
            statements, commit.ExpectedVersion == 0 ? "InsertProducts" : "UpdateProducts",
            ("@tenant", commit.Tenant), ("@id", commit.Id), ("@version", commit.ExpectedVersion), ("@name", index.Name), ("@name_key", commit.NameKey),
            ("@status", index.Status), ("@vendor", index.Vendor), ("@type", index.ProductType), ("@tags", StorageJson.WriteList(index.Tags)),
            ("@price", (double?)index.Price), ("@available", (double?)index.Available), ("@sku", CommitOutcomes.FirstSku(index)), ("@variants", index.Variants.Length),
            ("@search", commit.Search), ("@tag_search", commit.TagSearch), ("@sync_status", index.SyncStatus), ("@has_conflict", Flag(index.HasConflict)),
            ("@unaccounted_since", Millis(index.UnaccountedSince)), ("@codes_hash", commit.CodesHash), ("@updated_at", Millis(commit.Commit.At)), ("@doc", commit.Document));
        if (changed == 0)
        {
            return false;
        }

        if (cache.IsSame(commit.Id, commit.ExpectedVersion, commit.CodesHash))
        {
            return true;
        }

        if (commit.ExpectedVersion > 0)
        {
            Execute(statements, "DeleteVariantCodes", ("@id", commit.Id));
        }

        foreach (var code in commit.Codes)
        {
            var inserted = Execute(statements, "InsertVariantCodes", ("@tenant", commit.Tenant), ("@product", commit.Id), ("@variant", code.Variant.Value),
                ("@identity_sku", code.IdentitySku), ("@sku", code.Sku), ("@sku_key", code.Sku is { } sku ? SearchText.Fold(sku) : null), ("@gtin", code.Gtin));
            if (inserted == 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool WriteLink(SqliteStatements statements, PreparedCommit commit, PreparedLink link)
    {
        var write = link.Write;
        var changed = Execute(
            statements, link.State.Version == 0 ? "InsertLinks" : "UpdateLinks",
            ("@tenant", commit.Tenant), ("@product", commit.Id), ("@channel", link.Channel), ("@version", link.State.Version),
            ("@external_id", link.State.ExternalId), ("@status", link.Status), ("@dirty_lane", (int?)write.Dirty),
            ("@dirty_since", write.Dirty is null ? null : Millis(write.DirtySince)), ("@due_at", Millis(write.DueAt)), ("@undecided", link.Undecided),
            ("@plan_kind", write.PlanKind), ("@plan_fields", link.PlanFields), ("@attempts", link.State.Attempts), ("@reason", link.Reason),
            ("@listed", Flag(link.IsListed)), ("@resources_hash", link.ResourcesHash), ("@observed_at", Millis(link.State.ObservedAt)),
            ("@verified_at", Millis(link.State.VerifiedAt)), ("@doc", link.Document));
        if (changed == 0)
        {
            return false;
        }

        if (cache.IsSame(FingerprintCache.LinkKey(commit.Id, link.Channel), link.State.Version, link.ResourcesHash))
        {
            return true;
        }

        if (link.State.Version > 0)
        {
            Execute(statements, "DeleteLinkResources", ("@product", commit.Id), ("@channel", link.Channel));
        }

        foreach (var resource in link.Resources)
        {
            Execute(statements, "UpsertLinkResources", ("@channel", link.Channel), ("@resource_key", resource.Key), ("@product", commit.Id),
                ("@variant", resource.Variant), ("@variant_external_id", resource.ExternalId));
        }

        return true;
    }

    private CommitResult Classify(SqliteStatements statements, PreparedCommit commit, string? error) =>
        Completed.Result(CommitOutcomes.ClassifyAsync(database.Session(statements), commit, error, CancellationToken.None));

    private static long? Millis(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();

    private static long Flag(bool flag) => flag ? 1 : 0;
}
