using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorSync.Grains.Stores;

/// <summary>Where reading counts stands; written after each page.</summary>
[GenerateSerializer, Alias("actorsync.stock-state")]
public sealed record StockState
{
    [Id(0)] public string? Cursor { get; set; }
    [Id(1)] public DateTimeOffset? DueAt { get; set; }
    [Id(2)] public DateTimeOffset? SweptAt { get; set; }
    [Id(3)] public DateTimeOffset? ReadAt { get; set; }
    [Id(4)] public long Done { get; set; }
    [Id(5)] public string? Problem { get; set; }
}

/// <inheritdoc cref="IStockGrain"/>
public sealed partial class StockGrain(
    [PersistentState("stock", SyncStreams.Storage)] IPersistentState<StockState> state,
    ITenantDirectory directory,
    IOptions<StoreOptions> options,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<StockGrain> logger) : ChannelWorkGrain, IStockGrain
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromDays(1);
    /// <summary>An unforeseen failure waits this long; a channel that refuses waits its own interval.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);
    /// <summary>Products per read of things that counts name and the hub does not know yet.</summary>
    private const int ReadSize = 100;

    private StockState State => state.State;

    public Task<StockReadingState> GetAsync() => Task.FromResult(new StockReadingState
    {
        ReadAt = State.ReadAt,
        SweptAt = State.SweptAt,
        DueAt = State.DueAt,
        Done = State.Done,
        Problem = State.Problem,
    });

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (State.DueAt is null || State.DueAt <= clock.GetUtcNow())
        {
            // Counts find their product by its link: they wait for the first import.
            if (await directory.FindChannelAsync(Channel, cancellationToken) is not { ImportedAt: not null } settings
                || await directory.OpenAsync(settings, cancellationToken) is not IStockSource source || cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await ReadPageAsync(settings, source, cancellationToken);
        }
    }

    protected override async Task FailedAsync(Exception failure)
    {
        LogFailed(Channel.Value, failure);
        State.DueAt = clock.GetUtcNow() + AfterFailure;
        State.Problem = failure.Message;
        await state.WriteStateAsync();
    }

    private async Task ReadPageAsync(ChannelSettings settings, IStockSource source, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var sweep = State.SweptAt is not { } last || now - last >= SweepInterval;
        var page = await source.ReadStockAsync(State.Cursor, sweep, cancellationToken);
        await GrainFactory.GetGrain<IStoreGrain>(Channel.Value).NoteAsync(page.Fault, null);
        var interval = directory.KindOf(settings).Descriptor.PollInterval?.Invoke(settings) ?? options.Value.PollInterval;
        if (page.Fault is { } fault)
        {
            State.DueAt = fault.RetryAt ?? now + interval;
            State.Problem = fault.Message;
            await state.WriteStateAsync(cancellationToken);
            return;
        }

        await DeliverAsync(settings, source, page.Items, cancellationToken);
        State.Cursor = page.Cursor;
        State.SweptAt = sweep ? now : State.SweptAt;
        State.DueAt = page.HasMore ? now : now + interval;
        State.ReadAt = now;
        State.Done += page.Items.Length;
        State.Problem = null;
        await state.WriteStateAsync(cancellationToken);
    }

    /// <summary>What the hub does not know yet (made at the channel since the last look) is read first, and told its counts then.</summary>
    private async Task DeliverAsync(ChannelSettings settings, IStockSource source, ImmutableArray<Observation> counts, CancellationToken cancellationToken)
    {
        var delivered = await PageWalk.DeliverAsync(GrainFactory, settings, counts, logger);
        var unknown = delivered.Where(item => item.Reply is { Status: ObserveStatus.NotFound }).Select(item => item.Observation).ToList();
        if (unknown.Count == 0 || source is not IProductSource products)
        {
            return;
        }

        foreach (var chunk in unknown.Chunk(ReadSize))
        {
            var read = await products.ReadAsync([.. chunk.Select(count => count.Body.ExternalId)], cancellationToken);
            if (read.Fault is { } fault)
            {
                throw new InvalidOperationException($"Products that the counts name could not be read ({fault.Code}): {fault.Message}");
            }

            await PageWalk.DeliverAsync(GrainFactory, settings, read.Items, logger);
            await PageWalk.DeliverAsync(GrainFactory, settings, [.. chunk], logger);
        }
    }

    [LoggerMessage(3401, LogLevel.Warning, "Reading counts of channel {Channel} failed and is tried again")]
    private partial void LogFailed(string channel, Exception failure);
}
