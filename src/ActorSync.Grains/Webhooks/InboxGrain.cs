using System.Diagnostics;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Grains.Products;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace ActorSync.Grains.Webhooks;

/// <inheritdoc cref="IInboxGrain"/>
/// <remarks>Reentrant so that a wake-up during a drain is answered at once; one drain runs at a time.</remarks>
[Reentrant]
public sealed partial class InboxGrain(
    IInboxStore inbox,
    IProductStore products,
    ITenantDirectory directory,
    IOptions<InboxOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<InboxGrain> logger) : Grain, IInboxGrain, IRemindable
{
    private long token;
    private bool isDraining;
    private bool isWoken;

    private int Partition => (int)this.GetPrimaryKeyLong();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(DrainAsync, new GrainTimerCreationOptions(TimeSpan.Zero, options.Value.Look) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public async Task EnsureAsync() =>
        await this.RegisterOrUpdateReminder("revive", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    // Being called is all that a reminder is for: the activation's timer does the work.
    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    public Task WakeAsync() => DrainAsync(CancellationToken.None);

    /// <summary>Drains until nothing waits. A wake-up meanwhile makes it look once more.</summary>
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        isWoken = true;
        if (isDraining)
        {
            return;
        }

        isDraining = true;
        try
        {
            while (isWoken && !cancellationToken.IsCancellationRequested)
            {
                isWoken = false;
                while (await LeaseAsync(cancellationToken) is { Length: > 0 } rows)
                {
                    await HandleAsync(rows);
                    if (rows.Length < options.Value.BatchSize && !isWoken)
                    {
                        break;
                    }
                }
            }
        }
        catch (Exception failure)
        {
            // Leases run out and the timer looks again.
            LogDrainFailed(Partition, failure);
        }
        finally
        {
            isDraining = false;
        }
    }

    private Task<ImmutableArray<InboxRow>> LeaseAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        token = Math.Max(token + 1, now.UtcTicks);
        var owner = this.GetGrainId().ToString() + "@" + RuntimeIdentity;
        return inbox.LeaseAsync(Partition, owner, token, now, now + options.Value.Lease, options.Value.BatchSize, cancellationToken);
    }

    private async Task HandleAsync(ImmutableArray<InboxRow> rows)
    {
        var read = new List<ReadRow>(rows.Length);
        var acks = ImmutableArray.CreateBuilder<InboxAck>();
        var now = clock.GetUtcNow();
        foreach (var row in rows)
        {
            if (row.Attempts == 0)
            {
                ProductDiagnostics.InboxWait.Record(Math.Max(0, (now - row.Entry.ReceivedAt).TotalSeconds));
            }

            try
            {
                switch (await ReadAsync(row))
                {
                    case { Ended: { } outcome }:
                        acks.Add(new InboxAck { Id = row.Id, Outcome = outcome });
                        break;
                    case var usable:
                        read.Add(usable);
                        break;
                }
            }
            catch (Exception failure) when (!IsOutage(failure))
            {
                await GiveBackAsync(row, failure.Message);
            }
        }

        if (acks.Count > 0)
        {
            await inbox.AckAsync(acks.ToImmutable(), clock.GetUtcNow(), CancellationToken.None);
            ProductDiagnostics.InboxRows.Add(acks.Count, new KeyValuePair<string, object?>("outcome", "ignored"));
        }

        foreach (var group in read.Where(row => row.CollectionId is not null).GroupBy(row => (row.Channel.Id, row.CollectionId)))
        {
            await GrainFactory.GetGrain<IReadWorkerGrain>(group.Key.Id.Value).ReadCollectionAsync(group.Key.CollectionId!, [.. group.Select(row => row.Row.Id)]);
        }

        foreach (var row in read.Where(row => !row.Orders.IsEmpty))
        {
            await DeliverOrderAsync(row);
        }

        // Remote products side by side, the rows of one in order.
        await Task.WhenAll(read.Where(row => row.CollectionId is null && row.Orders.IsEmpty).GroupBy(row => (row.Channel.Id, row.ExternalId)).Select(group => DeliverAsync([.. group])));
    }

    private async Task DeliverAsync(ImmutableArray<ReadRow> rows)
    {
        var channel = rows[0].Channel;
        using var span = SyncTraces.Begin(SyncTraces.Deliver, ActivityKind.Consumer, rows, static row => row.Row.Entry.Headers.GetValueOrDefault(SyncTraces.Header));
        span?.SetTag("actorsync.channel", channel.Id.Value).SetTag("actorsync.remote_product", rows[0].ExternalId).SetTag("actorsync.deliveries", rows.Length);
        var bodies = rows.Where(row => row.Observation is not null).ToList();
        // Rows that want a read besides are handled by the read's commit, so that a lost read brings them back.
        var wanting = rows.Where(row => row.NeedsRead).Select(row => row.Row.Id).ToImmutableArray();
        try
        {
            var wantsRead = !wanting.IsEmpty;
            if (bodies.Count > 0)
            {
                var reply = await GrainFactory.GetGrain<IRemoteProductGrain>($"{channel.Id.Value}/{rows[0].ExternalId}").DeliverAsync(new Delivery
                {
                    Tenant = channel.Tenant,
                    Channel = channel.Id,
                    ExternalId = rows[0].ExternalId,
                    Observations = [.. bodies.Select(row => row.Observation!)],
                    InboxIds = [.. bodies.Where(row => !row.NeedsRead).Select(row => row.Row.Id)],
                });
                if (reply.Status == ObserveStatus.NotFound)
                {
                    wanting = [.. rows.Select(row => row.Row.Id)];
                }

                wantsRead |= reply.WantsRead;
                ProductDiagnostics.InboxRows.Add(bodies.Count, new KeyValuePair<string, object?>("outcome", reply.Changed ? "changed" : "nochange"));
            }

            if (wantsRead)
            {
                await GrainFactory.GetGrain<IReadWorkerGrain>(channel.Id.Value).ReadAsync(
                    [new ReadRequest { ExternalId = rows[0].ExternalId, InboxIds = wanting }]);
            }
        }
        catch (Exception failure) when (!IsOutage(failure) && rows.Length > 1)
        {
            // One bad body must not take the others of its product along.
            LogTogetherFailed(rows[0].ExternalId, rows.Length, failure.Message);
            foreach (var row in rows)
            {
                await DeliverAsync([row]);
            }
        }
        catch (Exception failure) when (!IsOutage(failure))
        {
            await GiveBackAsync(rows[0].Row, failure.Message);
        }
        catch (Exception failure)
        {
            // Nobody's attempt: the rows come back when their lease has run out.
            LogOutage(Partition, failure.Message);
        }
    }

    /// <summary>
    /// An order is about several products. Each is told by itself, and the row ends when all know: told again after a crash, a line changes nothing. What the
    /// hub does not know has nothing to reserve.
    /// </summary>
    private async Task DeliverOrderAsync(ReadRow row)
    {
        var channel = row.Channel;
        var entry = row.Row.Entry;
        try
        {
            var replies = await Task.WhenAll(row.Orders.GroupBy(line => line.Product, StringComparer.Ordinal).Select(lines =>
                GrainFactory.GetGrain<IRemoteProductGrain>($"{channel.Id.Value}/{lines.Key}").DeliverAsync(new Delivery
                {
                    Tenant = channel.Tenant,
                    Channel = channel.Id,
                    ExternalId = lines.Key,
                    Observations =
                    [
                        new Observation
                        {
                            Channel = channel.Id,
                            Body = new ObservedProduct { ExternalId = lines.Key, Version = Stamp.Zero },
                            Source = ObservationSource.Order,
                            ReceivedAt = entry.ReceivedAt,
                            ClockOffset = entry.ClockOffset,
                            EventId = entry.EventKey,
                            Orders = [.. lines],
                        },
                    ],
                })));
            var outcome = replies.Any(reply => reply.Changed) ? "changed" : replies.Any(reply => reply.Status == ObserveStatus.Done) ? "nochange" : "ignored: unknown products";
            await inbox.AckAsync([new InboxAck { Id = row.Row.Id, Outcome = outcome }], clock.GetUtcNow(), CancellationToken.None);
            ProductDiagnostics.InboxRows.Add(1, new KeyValuePair<string, object?>("outcome", outcome.Split(':')[0]));
        }
        catch (Exception failure) when (!IsOutage(failure))
        {
            await GiveBackAsync(row.Row, failure.Message);
        }
        catch (Exception failure)
        {
            LogOutage(Partition, failure.Message);
        }
    }

    /// <summary>Reads a row in hub terms and finds the remote product that it is about.</summary>
    private async Task<ReadRow> ReadAsync(InboxRow row)
    {
        var entry = row.Entry;
        if (await directory.FindChannelAsync(entry.Channel) is not { } channel)
        {
            return ReadRow.Ignore(row, "the channel is not configured any more");
        }

        if (directory.KindOf(channel).Webhooks is not { } reader)
        {
            return ReadRow.Ignore(row, "the channel sends no webhooks");
        }

        var content = reader.Read(
            new WebhookRequest { Headers = entry.Headers, Body = entry.Body, PathTopic = entry.Topic, ReceivedAt = entry.ReceivedAt },
            channel);
        if (content.Ignored is { } reason)
        {
            return ReadRow.Ignore(row, reason);
        }

        if (content.Signal is { } signal)
        {
            await GrainFactory.GetGrain<IWebhookWatchGrain>(channel.Id.Value).SignalAsync(signal);
            return ReadRow.End(row, "signal: " + signal);
        }

        if (content.CollectionId is { } collection)
        {
            return new ReadRow { Row = row, Channel = channel, CollectionId = collection };
        }

        if (!content.Orders.IsEmpty)
        {
            return new ReadRow { Row = row, Channel = channel, Orders = content.Orders };
        }

        var body = content.Body;
        var externalId = content.ExternalId is { Length: > 0 } told ? told : body?.ExternalId;
        if (content.ResourceKey is { } key && (string.IsNullOrEmpty(externalId) || body is null))
        {
            // A bare hint may name a variation by the same id space as products: the link knows better which product it belongs to.
            var owner = await products.FindByResourceAsync(channel.Id, key, CancellationToken.None);
            externalId = owner?.ExternalId ?? externalId;
            body = body is null || owner is null ? body : Owned(body, owner);
        }

        if (string.IsNullOrEmpty(externalId))
        {
            return ReadRow.Ignore(row, "unknown resource");
        }

        return body is null && !content.NeedsRead
            ? ReadRow.Ignore(row, "the delivery carries nothing to work in")
            : new ReadRow
            {
                Row = row,
                Channel = channel,
                ExternalId = externalId,
                NeedsRead = content.NeedsRead || body is null,
                Observation = body is null ? null : new Observation
                {
                    Channel = channel.Id,
                    Body = body,
                    Source = ObservationSource.Webhook,
                    ReceivedAt = entry.ReceivedAt,
                    ClockOffset = entry.ClockOffset,
                    EventId = entry.EventKey,
                },
            };
    }

    /// <summary>A body that names only a variation or inventory item, made to name its product.</summary>
    private static ObservedProduct Owned(ObservedProduct body, ResourceOwner owner) => body with
    {
        ExternalId = owner.ExternalId,
        Variants =
        [
            .. body.Variants.Select(variant => string.IsNullOrEmpty(variant.ExternalId) ? variant with { ExternalId = owner.VariantExternalId } : variant),
        ],
    };

    /// <summary>A failed row waits longer with each try; after the last the store marks it failed and lists it.</summary>
    private async Task GiveBackAsync(InboxRow row, string error)
    {
        if (row.Attempts + 1 >= IInboxStore.MaxAttempts)
        {
            LogPoison(Partition, row.Id, row.Entry.Channel.Value, error);
            ProductDiagnostics.InboxRows.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
        }
        else
        {
            LogRetry(Partition, row.Id, row.Attempts + 1, error);
        }

        await inbox.ReleaseAsync(
            [row.Id], token, clock.GetUtcNow() + (options.Value.RetryAfter * Math.Pow(2, row.Attempts)), error, CancellationToken.None);
    }

    /// <summary>Failures of the installation, not of a delivery: they spend nobody's attempts.</summary>
    private static bool IsOutage(Exception failure) => failure is StorageUnavailableException or TimeoutException or OrleansException or OperationCanceledException;

    private sealed record ReadRow
    {
        public required InboxRow Row { get; init; }
        public ChannelSettings Channel { get; init; } = null!;
        public string ExternalId { get; init; } = "";
        public Observation? Observation { get; init; }
        public bool NeedsRead { get; init; }
        public string? CollectionId { get; init; }
        public ImmutableArray<ObservedOrderLine> Orders { get; init; } = [];
        /// <summary>Nothing is left to do, and this became of the row.</summary>
        public string? Ended { get; init; }

        public static ReadRow Ignore(InboxRow row, string reason) => End(row, "ignored: " + reason);

        public static ReadRow End(InboxRow row, string outcome) => new() { Row = row, Ended = outcome };
    }

    [LoggerMessage(2201, LogLevel.Error, "Draining inbox partition {Partition} stopped; it goes on when leases have run out")]
    private partial void LogDrainFailed(int partition, Exception failure);

    [LoggerMessage(2202, LogLevel.Warning, "{Count} deliveries about remote product {ExternalId} failed together and are worked in one by one: {Error}")]
    private partial void LogTogetherFailed(string externalId, int count, string error);

    [LoggerMessage(2203, LogLevel.Warning, "Inbox partition {Partition} waits for storage or cluster: {Error}")]
    private partial void LogOutage(int partition, string error);

    [LoggerMessage(2204, LogLevel.Information, "Inbox partition {Partition} tries row {Row} again (failure {Attempt}): {Error}")]
    private partial void LogRetry(int partition, long row, int attempt, string error);

    [LoggerMessage(2205, LogLevel.Error, "Inbox partition {Partition} gives row {Row} of channel {Channel} up and lists it as failed: {Error}")]
    private partial void LogPoison(int partition, long row, string channel, string error);
}
