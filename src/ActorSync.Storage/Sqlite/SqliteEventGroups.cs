using ActorSync.Storage.Groups;
using Microsoft.Data.Sqlite;

namespace ActorSync.Storage.Sqlite;

/// <summary>A group of deliveries in one transaction.</summary>
internal sealed class SqliteEventGroups(SqliteDatabase database, StorageMetrics metrics) : IEventGroups
{
    private const string Writer = "inbox";

    public async Task WriteAsync(List<PreparedEvent> group)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var results = await database.TransactAsync(
            Writer,
            statements =>
            {
                var answers = new object[group.Count];
                for (var i = 0; i < group.Count; i++)
                {
                    answers[i] = Append(statements, group[i]);
                }

                return answers;
            },
            CancellationToken.None);
        metrics.Committed(Writer, group.Count, System.Diagnostics.Stopwatch.GetElapsedTime(started));
        for (var i = 0; i < group.Count; i++)
        {
            if (results[i] is AppendResult result)
            {
                group[i].Complete(result);
            }
            else
            {
                group[i].Fail((Exception)results[i]);
            }
        }
    }

    private object Append(SqliteStatements statements, PreparedEvent pending)
    {
        var entry = pending.Entry;
        try
        {
            var isNew = statements.Scalar(
                "AppendEvents", database.Sql["AppendEvents"],
                ("@partition", entry.Partition), ("@tenant", entry.Tenant.Value), ("@channel", entry.Channel.Value), ("@event_key", entry.EventKey),
                ("@topic", entry.Topic), ("@resource", entry.Resource), ("@headers", pending.Headers), ("@body", entry.Body.ToArray()),
                ("@received_at", entry.ReceivedAt.ToUnixTimeMilliseconds()), ("@clock_offset_ms", (long)entry.ClockOffset.TotalMilliseconds));
            return Convert.ToInt64(isNew) == 1 ? AppendResult.Stored : AppendResult.Duplicate;
        }
        catch (SqliteException exception) when (database.IsRefusal(exception))
        {
            metrics.Rejected(Writer, "Refused");
            return PreparedEvents.Refused(pending, exception);
        }
    }
}
