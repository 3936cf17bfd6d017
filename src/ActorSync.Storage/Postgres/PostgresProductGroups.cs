using System.Diagnostics;
using ActorSync.Storage.Groups;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ActorSync.Storage.Postgres;

/// <summary>
/// A group of product commits: one batch of multi-row statements in one transaction. Commits whose rows did not come back are taken out and the rest is
/// written again; a statement that is refused as a whole halves the group until the bad one stands alone.
/// </summary>
internal sealed class PostgresProductGroups(PostgresDatabase database, IOptions<StorageOptions> options, FingerprintCache cache, StorageMetrics metrics) : IProductGroups
{
    private const string Writer = "products";

    public int Writers => options.Value.Writers;

    public async Task WriteAsync(List<PreparedCommit> group)
    {
        // Sorted, so that two writers that meet on the same rows meet in the same order.
        group.Sort((left, right) => string.CompareOrdinal(left.Id, right.Id));
        var started = Stopwatch.GetTimestamp();
        await WriteAllAsync(group);
        metrics.Committed(Writer, group.Count, Stopwatch.GetElapsedTime(started));
    }

    private async Task WriteAllAsync(List<PreparedCommit> group)
    {
        var rest = group;
        var rejected = new List<PreparedCommit>();
        while (rest.Count > 0)
        {
            HashSet<PreparedCommit> missing;
            try
            {
                missing = await database.RetryAsync(Writer, () => TransactAsync(rest), CancellationToken.None);
            }
            catch (Exception exception) when (PostgresDatabase.IsOfItsContent(exception))
            {
                if (rest.Count > 1)
                {
                    var half = rest.Count / 2;
                    await WriteAllAsync(rest[..half]);
                    await WriteAllAsync(rest[half..]);
                }
                else
                {
                    await RejectAsync(rest[0], exception.Message);
                }

                break;
            }

            if (missing.Count == 0)
            {
                foreach (var commit in rest)
                {
                    CommitOutcomes.Answer(commit, CommitResult.Committed, cache, metrics, Writer);
                }

                break;
            }

            rejected.AddRange(missing);
            rest = [.. rest.Where(commit => !missing.Contains(commit))];
        }

        // After the others are written: what took a commit's SKU may have been one of them.
        foreach (var commit in rejected)
        {
            await RejectAsync(commit, error: null);
        }
    }

    private async Task RejectAsync(PreparedCommit commit, string? error)
    {
        var reason = await database.ReadAsync(session => CommitOutcomes.ClassifyAsync(session, commit, error, CancellationToken.None), CancellationToken.None);
        CommitOutcomes.Answer(commit, reason, cache, metrics, Writer);
    }

    // Commits what is complete; answers those with rows missing, and then nothing was committed.
    private async Task<HashSet<PreparedCommit>> TransactAsync(List<PreparedCommit> group)
    {
        await using var connection = await database.Batches.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = (int)options.Value.CommandTimeout.TotalSeconds };
        var statements = new PostgresProductBatch(database.Sql, cache, group, batch);
        var missing = new HashSet<PreparedCommit>();
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            // Only statements that return rows have a result; they come in the order of the batch.
            foreach (var expected in statements.Expected)
            {
                var written = new Dictionary<string, int>(StringComparer.Ordinal);
                while (await reader.ReadAsync())
                {
                    var id = reader.GetString(0);
                    written[id] = written.GetValueOrDefault(id) + 1;
                }

                foreach (var (commit, rows) in expected)
                {
                    if (written.GetValueOrDefault(commit.Id) != rows)
                    {
                        missing.Add(commit);
                    }
                }

                await reader.NextResultAsync();
            }
        }

        if (missing.Count == 0)
        {
            await transaction.CommitAsync();
        }
        else
        {
            await transaction.RollbackAsync();
        }

        return missing;
    }
}
