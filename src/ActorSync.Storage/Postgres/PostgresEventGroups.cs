using System.Diagnostics;
using ActorSync.Storage.Groups;
using Npgsql;
using NpgsqlTypes;

namespace ActorSync.Storage.Postgres;

/// <summary>A group of deliveries by one multi-row statement; a group that is refused is halved until the bad one stands alone.</summary>
internal sealed class PostgresEventGroups(PostgresDatabase database, StorageMetrics metrics) : IEventGroups
{
    private const string Writer = "inbox";

    public async Task WriteAsync(List<PreparedEvent> group)
    {
        var started = Stopwatch.GetTimestamp();
        await WriteAllAsync(group);
        metrics.Committed(Writer, group.Count, Stopwatch.GetElapsedTime(started));
    }

    private async Task WriteAllAsync(List<PreparedEvent> group)
    {
        HashSet<string> stored;
        try
        {
            stored = await database.RetryAsync(Writer, () => AppendAsync(group), CancellationToken.None);
        }
        catch (Exception exception) when (PostgresDatabase.IsOfItsContent(exception))
        {
            if (group.Count > 1)
            {
                var half = group.Count / 2;
                await WriteAllAsync(group[..half]);
                await WriteAllAsync(group[half..]);
                return;
            }

            metrics.Rejected(Writer, "Refused");
            group[0].Fail(PreparedEvents.Refused(group[0], exception));
            return;
        }

        foreach (var pending in group)
        {
            pending.Complete(stored.Contains(pending.Identity) ? AppendResult.Stored : AppendResult.Duplicate);
        }
    }

    private async Task<HashSet<string>> AppendAsync(List<PreparedEvent> group)
    {
        await using var connection = await database.Batches.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection) { Timeout = (int)database.CommandTimeout.TotalSeconds };
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql["AppendEvents"])
            .Ints(group, row => row.Entry.Partition).Keys(group, row => row.Entry.Tenant.Value).Keys(group, row => row.Entry.Channel.Value)
            .Keys(group, row => row.Entry.EventKey).Keys(group, row => row.Entry.Topic).Keys(group, row => row.Entry.Resource).Keys(group, row => row.Headers)
            .Column(group, NpgsqlDbType.Bytea, row => row.Entry.Body.ToArray()).Instants(group, row => row.Entry.ReceivedAt)
            .Longs(group, row => (long)row.Entry.ClockOffset.TotalMilliseconds));
        await using var reader = await batch.ExecuteReaderAsync();
        var stored = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            if (reader.GetBoolean(2))
            {
                stored.Add(string.Concat(reader.GetString(0), "\n", reader.GetString(1)));
            }
        }

        return stored;
    }
}
