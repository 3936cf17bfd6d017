using ActorSync.Storage.Groups;
using ActorSync.Storage.Json;
using ActorSync.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace ActorSync.Storage.Postgres;

/// <summary>The statements of one group, in an order that all writers keep: products, codes, links, resources, then what only this group touches.</summary>
internal sealed class PostgresProductBatch
{
    private readonly SqlCatalog sql;
    private readonly NpgsqlBatch batch;

    public PostgresProductBatch(SqlCatalog sql, FingerprintCache cache, List<PreparedCommit> group, NpgsqlBatch batch)
    {
        this.sql = sql;
        this.batch = batch;
        Products(group);
        Codes([.. group.Where(commit => commit.Document is not null && !cache.IsSame(commit.Id, commit.ExpectedVersion, commit.CodesHash))]);
        List<LinkRow> links = [.. group.SelectMany(commit => commit.Links.Select(link => new LinkRow(commit, link)))];
        Links(links);
        Resources([.. links.Where(row => !cache.IsSame(FingerprintCache.LinkKey(row.Commit.Id, row.Link.Channel), row.Link.State.Version, row.Link.ResourcesHash))]);
        Records(group);
    }

    /// <summary>For each statement that returns rows: how many each commit must get.</summary>
    public List<List<(PreparedCommit Commit, int Rows)>> Expected { get; } = [];

    private void Products(List<PreparedCommit> group)
    {
        Write("UpdateProducts", [.. group.Where(commit => commit.Document is not null && commit.ExpectedVersion > 0)]);
        Write("InsertProducts", [.. group.Where(commit => commit.Document is not null && commit.ExpectedVersion == 0)]);
        List<PreparedCommit> marks = [.. group.Where(commit => commit.Document is null && commit.Commit.Index is not null)];
        if (marks.Count > 0)
        {
            Add("UpdateProductMarks").Keys(marks, row => row.Id).Texts(marks, row => row.Commit.Index!.SyncStatus).Flags(marks, row => row.Commit.Index!.HasConflict)
                .Instants(marks, row => row.Commit.Index!.UnaccountedSince);
        }

        void Write(string name, List<PreparedCommit> rows)
        {
            if (rows.Count == 0)
            {
                return;
            }

            Add(name)
                .Keys(rows, row => row.Tenant).Keys(rows, row => row.Id).Longs(rows, row => row.ExpectedVersion).Texts(rows, row => Index(row).Name)
                .Texts(rows, row => row.NameKey).Texts(rows, row => Index(row).Status).Texts(rows, row => Index(row).Vendor).Texts(rows, row => Index(row).ProductType)
                .Texts(rows, row => StorageJson.WriteList(Index(row).Tags)).Numbers(rows, row => Index(row).Price).Numbers(rows, row => Index(row).Available)
                .Texts(rows, row => CommitOutcomes.FirstSku(Index(row))).Ints(rows, row => Index(row).Variants.Length).Texts(rows, row => row.Search)
                .Texts(rows, row => row.TagSearch).Texts(rows, row => Index(row).SyncStatus).Flags(rows, row => Index(row).HasConflict)
                .Instants(rows, row => Index(row).UnaccountedSince).Longs(rows, row => row.CodesHash).Instants(rows, row => row.Commit.At).Bytes(rows, row => row.Document!);
            Expected.Add([.. rows.Select(row => (row, 1))]);
        }

        static ProductIndex Index(PreparedCommit commit) => commit.Commit.Index!;
    }

    private void Codes(List<PreparedCommit> commits)
    {
        List<PreparedCommit> old = [.. commits.Where(commit => commit.ExpectedVersion > 0)];
        if (old.Count > 0)
        {
            Add("DeleteVariantCodes").Keys(old, commit => commit.Id);
        }

        List<(PreparedCommit Commit, VariantCodes Code)> rows = [.. commits.SelectMany(commit => commit.Codes.Select(code => (commit, code)))];
        if (rows.Count > 0)
        {
            Add("InsertVariantCodes")
                .Keys(rows, row => row.Commit.Tenant).Keys(rows, row => row.Commit.Id).Ints(rows, row => row.Code.Variant.Value)
                .Keys(rows, row => row.Code.IdentitySku).Texts(rows, row => row.Code.Sku).Texts(rows, row => row.Code.Sku is { } sku ? SearchText.Fold(sku) : null)
                .Keys(rows, row => row.Code.Gtin);
            Expected.Add([.. commits.Where(commit => !commit.Codes.IsEmpty).Select(commit => (commit, commit.Codes.Length))]);
        }
    }

    private void Links(List<LinkRow> links)
    {
        Write("UpdateLinks", [.. links.Where(row => row.Link.State.Version > 0)]);
        Write("InsertLinks", [.. links.Where(row => row.Link.State.Version == 0)]);

        void Write(string name, List<LinkRow> rows)
        {
            if (rows.Count == 0)
            {
                return;
            }

            Add(name)
                .Keys(rows, row => row.Commit.Tenant).Keys(rows, row => row.Commit.Id).Keys(rows, row => row.Link.Channel).Longs(rows, row => row.Link.State.Version)
                .Keys(rows, row => row.Link.State.ExternalId).Keys(rows, row => row.Link.Status)
                .Column(rows, NpgsqlDbType.Smallint, row => (short?)(int?)row.Link.Write.Dirty)
                .Instants(rows, row => row.Link.Write.Dirty is null ? null : row.Link.Write.DirtySince).Instants(rows, row => row.Link.Write.DueAt)
                .Texts(rows, row => row.Link.Undecided).Texts(rows, row => row.Link.Write.PlanKind).Texts(rows, row => row.Link.PlanFields)
                .Ints(rows, row => row.Link.State.Attempts).Texts(rows, row => row.Link.Reason).Flags(rows, row => row.Link.IsListed)
                .Longs(rows, row => row.Link.ResourcesHash).Instants(rows, row => row.Link.State.ObservedAt)
                .Instants(rows, row => row.Link.State.VerifiedAt).Bytes(rows, row => row.Link.Document);
            Expected.Add([.. rows.GroupBy(row => row.Commit).Select(same => (same.Key, same.Count()))]);
        }
    }

    private void Resources(List<LinkRow> links)
    {
        List<LinkRow> old = [.. links.Where(row => row.Link.State.Version > 0)];
        if (old.Count > 0)
        {
            Add("DeleteLinkResources").Keys(old, row => row.Commit.Id).Keys(old, row => row.Link.Channel);
        }

        // One statement may not write one row twice: of two products that name one remote resource the later one has it. Sorted, like everything shared.
        var rows = links.SelectMany(row => row.Link.Resources.Select(resource => (row.Commit, row.Link.Channel, Resource: resource))).ToList()
            .DistinctLast(row => (row.Channel, row.Resource.Key))
            .OrderBy(row => row.Channel, StringComparer.Ordinal).ThenBy(row => row.Resource.Key, StringComparer.Ordinal).ToList();
        if (rows.Count > 0)
        {
            Add("UpsertLinkResources")
                .Keys(rows, row => row.Channel).Keys(rows, row => row.Resource.Key).Keys(rows, row => row.Commit.Id).Ints(rows, row => row.Resource.Variant)
                .Keys(rows, row => row.Resource.ExternalId);
        }
    }

    private void Records(List<PreparedCommit> group)
    {
        List<(PreparedCommit Commit, PreparedLog Line)> log = [.. group.SelectMany(commit => commit.Log.Select(line => (commit, line)))];
        if (log.Count > 0)
        {
            Add("InsertLog")
                .Keys(log, row => row.Commit.Tenant).Keys(log, row => row.Commit.Id)
                .Column(log, NpgsqlDbType.Bigint, row => row.Commit.Document is null ? (long?)null : row.Commit.ExpectedVersion + 1)
                .Instants(log, row => row.Line.At).Keys(log, row => row.Line.Action).Flags(log, row => row.Line.IsChange).Texts(log, row => row.Line.Entry);
        }

        var conflicts = group.SelectMany(commit => commit.Conflicts.Select(conflict => (Commit: commit, conflict.Row, conflict.Text))).ToList()
            .DistinctLast(row => row.Row.Id).OrderBy(row => row.Row.Id, StringComparer.Ordinal).ToList();
        if (conflicts.Count > 0)
        {
            Add("UpsertConflicts")
                .Keys(conflicts, row => row.Row.Id).Keys(conflicts, row => row.Commit.Tenant).Keys(conflicts, row => row.Commit.Id)
                .Texts(conflicts, row => CommitOutcomes.StateText(row.Row.State)).Instants(conflicts, row => row.Row.DetectedAt).Texts(conflicts, row => row.Text);
        }

        var attempts = group.SelectMany(commit => commit.Attempts.Select(attempt => (Commit: commit, Attempt: attempt))).ToList()
            .DistinctLast(row => row.Attempt.Id).OrderBy(row => row.Attempt.Id, StringComparer.Ordinal).ToList();
        if (attempts.Count > 0)
        {
            Add("UpsertAttempts")
                .Keys(attempts, row => row.Attempt.Id).Keys(attempts, row => row.Commit.Tenant).Keys(attempts, row => row.Commit.Id)
                .Keys(attempts, row => row.Attempt.Channel.Value).Texts(attempts, row => row.Attempt.Operation).Keys(attempts, row => row.Attempt.Status)
                .Ints(attempts, row => row.Attempt.Attempts).Texts(attempts, row => StorageJson.WriteList(row.Attempt.Fields)).Texts(attempts, row => row.Attempt.Error)
                .Instants(attempts, row => row.Attempt.StartedAt).Instants(attempts, row => row.Attempt.EndedAt);
        }

        var acks = group.SelectMany(commit => commit.Inbox.Select(ack => (Commit: commit, Ack: ack))).ToList().DistinctLast(row => row.Ack.Id).OrderBy(row => row.Ack.Id).ToList();
        if (acks.Count > 0)
        {
            Add("AckInbox").Longs(acks, row => row.Ack.Id).Texts(acks, row => row.Ack.Outcome).Instants(acks, row => row.Commit.Commit.At);
        }
    }

    private NpgsqlBatchCommand Add(string name)
    {
        var command = new NpgsqlBatchCommand(sql[name]);
        batch.BatchCommands.Add(command);
        return command;
    }

    private sealed record LinkRow(PreparedCommit Commit, PreparedLink Link);
}
