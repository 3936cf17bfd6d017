using ActorSync.Storage.Groups;
using ActorSync.Storage.Json;
using ActorSync.Storage.Sql;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Storage.Inbox;

/// <summary>The durable webhook inbox over either dialect.</summary>
internal sealed class InboxStore : IInboxStore, IAsyncDisposable
{
    /// <summary>Most rows of one lease.</summary>
    public const int MaxLease = 1_000;

    private readonly IDatabase database;
    private readonly GroupWriter<PreparedEvent> appends;

    public InboxStore(IDatabase database, IEventGroups groups, IOptions<StorageOptions> options, StorageMetrics metrics, ILogger<InboxStore> logger)
    {
        this.database = database;
        var limits = new GroupLimits(options.Value.InboxQueueLimit, options.Value.MaxBatchRows, options.Value.MaxBatchBytes);
        appends = new GroupWriter<PreparedEvent>("inbox", limits, metrics, logger, groups.WriteAsync);
    }

    public async Task<AppendResult> AppendAsync(InboxEntry entry, CancellationToken cancellationToken)
    {
        var pending = PreparedEvents.Prepare(entry);
        return appends.TryEnqueue(pending) ? await pending.Answer.WaitAsync(cancellationToken) : AppendResult.Full;
    }

    public async Task<ImmutableArray<InboxRow>> LeaseAsync(
        int partition, string owner, long token, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        var rows = await database.WriteUnsyncedAsync(
            async session =>
            {
                await session.ExecuteAsync("LockPartition", cancellationToken, ("@partition", partition));
                return await session.QueryAsync(
                    "LeaseEvents", ReadRow, cancellationToken, ("@partition", partition), ("@owner", owner), ("@token", token), ("@now", now), ("@until", until),
                    ("@limit", Math.Clamp(limit, 1, MaxLease)));
            },
            cancellationToken);
        return [.. rows.OrderBy(row => row.Id)];
    }

    public async Task AckAsync(ImmutableArray<InboxAck> acks, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (acks.IsDefaultOrEmpty)
        {
            return;
        }

        await database.WriteAsync(
            async session =>
            {
                foreach (var same in acks.GroupBy(ack => ack.Outcome, StringComparer.Ordinal))
                {
                    foreach (var ids in same.Select(ack => ack.Id).Order().Chunk(MaxLease))
                    {
                        await session.ExecuteAsync("AckEvents", cancellationToken, ("@ids", ids), ("@outcome", same.Key), ("@at", now));
                    }
                }

                return true;
            },
            cancellationToken);
    }

    public async Task ReleaseAsync(ImmutableArray<long> ids, long token, DateTimeOffset dueAt, string? error, CancellationToken cancellationToken)
    {
        if (ids.IsDefaultOrEmpty)
        {
            return;
        }

        await database.WriteAsync(
            session => session.ExecuteAsync(
                "ReleaseEvents", cancellationToken, ("@ids", ids.Order().ToArray()), ("@token", token), ("@due_at", dueAt), ("@error", error),
                ("@max_attempts", IInboxStore.MaxAttempts)),
            cancellationToken);
    }

    public async Task<bool> ReplayAsync(long id, DateTimeOffset now, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.ExecuteAsync("ReplayEvent", cancellationToken, ("@id", id), ("@now", now)), cancellationToken) > 0;

    public ValueTask DisposeAsync() => appends.DisposeAsync();

    private static InboxRow ReadRow(Row row) => new()
    {
        Id = row.Long(0),
        Attempts = row.Int(11),
        Entry = new InboxEntry
        {
            Tenant = new TenantId(row.Text(1)),
            Channel = new ChannelId(row.Text(2)),
            EventKey = row.Text(3),
            Topic = row.Text(4),
            Resource = row.Text(5),
            Partition = row.Int(6),
            Headers = StorageJson.ReadMap(row.Text(7)),
            Body = row.BytesOrNull(8) ?? [],
            ReceivedAt = row.Instant(9),
            ClockOffset = TimeSpan.FromMilliseconds(row.Long(10)),
        },
    };
}
