using System.Diagnostics;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Faults;
using ActorSync.Abstractions.Products;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Telemetry;
using ActorSync.Abstractions.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace ActorSync.Grains.Stores;

/// <inheritdoc cref="IPushWorkerGrain"/>
[StatelessWorker(MaxLocalWorkers)]
public sealed partial class PushWorkerGrain(
    ITenantDirectory directory,
    IProductQueries queries,
    IPictureReader pictures,
    FailPoints failPoints,
    [FromKeyedServices(ProductClock.Key)] TimeProvider clock,
    ILogger<PushWorkerGrain> logger) : Grain, IPushWorkerGrain
{
    /// <summary>Batches that one silo works on at a time, over all channels; more wait in their stores' leases.</summary>
    public const int MaxLocalWorkers = 16;

    /// <summary>Ids per read.</summary>
    private const int ReadSize = 100;

    /// <summary>Pictures that one batch fetches at a time; each may be up to 20 MB.</summary>
    private const int PicturesAtOnce = 4;

    /// <summary>A product whose batch failed in an unforeseen way waits this long.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    public async Task RunAsync(PushBatch batch)
    {
        var run = new Run(batch);
        using var span = SyncTraces.Begin(SyncTraces.Push, ActivityKind.Consumer, batch.Causes, static cause => cause.Trace);
        span?.SetTag("actorsync.channel", batch.Channel.Value).SetTag("actorsync.products", batch.Products.Length);
        try
        {
            if (await directory.FindChannelAsync(batch.Channel) is { Mode: ChannelMode.Live, Paused: false } settings)
            {
                await PushAsync(run, settings);
            }
        }
        catch (Exception failure)
        {
            // The lease protects the products; the batch's remainder is tried again rather than lost.
            span?.SetStatus(ActivityStatusCode.Error, failure.Message);
            LogBatchFailed(batch.BatchId, batch.Channel.Value, failure);
        }

        await GrainFactory.GetGrain<IStoreGrain>(batch.Channel.Value).CompleteAsync(run.Result(clock.GetUtcNow() + AfterFailure));
    }

    private async Task PushAsync(Run run, ChannelSettings settings)
    {
        var channel = await directory.OpenAsync(settings);
        if (channel is not IProductSink sink)
        {
            run.Done.AddRange(run.Batch.Products);
            return;
        }

        var items = await BeginAsync(run, run.Batch.Products, attempt: 1);
        if (run.ReadFirst.Count > 0 && channel is IProductSource source)
        {
            var products = await ReadFirstAsync(run, source);
            items = items.AddRange(await BeginAsync(run, products, attempt: 2));
        }

        if (run.ReadPictures.Count > 0)
        {
            items = items.AddRange(await BeginAsync(run, await ReadPicturesAsync(run), attempt: 3));
            run.Again(run.ReadPictures.Select(read => read.Product), dueAt: null);
        }

        items = await HoldMassWithdrawalAsync(run, items);

        // Whoever still wants a read after one was made (its answer raised a new question) comes back as its own batch.
        run.Again(run.ReadFirst.Select(read => read.Product), dueAt: null);
        if (items.IsEmpty)
        {
            return;
        }

        failPoints.Hit(FailPoints.AfterIntent);
        var started = clock.GetTimestamp();
        var outcomes = await sink.PushAsync(items, CancellationToken.None);
        StoreDiagnostics.Called(run.Batch.Channel, clock.GetElapsedTime(started));
        failPoints.Hit(FailPoints.AfterChannelApplied);
        failPoints.Hit(FailPoints.BeforeRecord);
        await Task.WhenAll(outcomes.Select(outcome => SettleAsync(run, outcome)));
    }

    private async Task<ImmutableArray<PushItem>> BeginAsync(Run run, IReadOnlyCollection<ProductId> products, int attempt)
    {
        run.ReadFirst.RemoveAll(read => products.Contains(read.Product));
        run.ReadPictures.RemoveAll(read => products.Contains(read.Product));
        var replies = await Task.WhenAll(products.Select(async product =>
            (product, reply: await Product(run, product).BeginPushAsync(run.Batch.Channel, $"{run.Batch.BatchId}.{attempt}/{product.Value}"))));
        var items = ImmutableArray.CreateBuilder<PushItem>();
        foreach (var (product, reply) in replies)
        {
            switch (reply)
            {
                case { Status: BeginPushStatus.Push, Item: { } item }:
                    items.Add(item);
                    if (reply.IsReleased)
                    {
                        run.Released.Add(product);
                    }

                    break;
                case { Status: BeginPushStatus.ReadFirst }:
                    run.ReadFirst.Add(new Read(product, reply.ExternalId!, reply.Parts));
                    break;
                case { Status: BeginPushStatus.ReadPictures }:
                    run.ReadPictures.Add((product, reply.Pictures));
                    break;
                default:
                    // Nothing: clean, or withheld. Later: the link's due time is in the dirty index, which brings it back.
                    run.Done.Add(product);
                    break;
            }
        }

        return items.ToImmutable();
    }

    /// <summary>Lets as many products be unpublished or deleted as the channel's window admits; the others are taken back and wait for a person.</summary>
    private async Task<ImmutableArray<PushItem>> HoldMassWithdrawalAsync(Run run, ImmutableArray<PushItem> items)
    {
        var withdrawn = items.Where(item => !run.Released.Contains(item.Product) && Withdraws(item)).ToList();
        if (withdrawn.Count == 0)
        {
            return items;
        }

        var counts = await queries.CountLinksAsync(run.Batch.Channel, CancellationToken.None);
        var admitted = await GrainFactory.GetGrain<IStoreGrain>(run.Batch.Channel.Value)
            .AdmitWithdrawalsAsync(withdrawn.Count, counts.ByStatus.GetValueOrDefault(LinkStatus.Linked));
        var held = withdrawn.Skip(admitted).ToList();
        await Task.WhenAll(held.Select(item => Product(run, item.Product).HoldWithdrawalAsync(run.Batch.Channel, item.PushId)));
        run.Done.AddRange(held.Select(item => item.Product));
        return items.RemoveRange(held);
    }

    private static bool Withdraws(PushItem item) => item.Action == PushAction.Delete || (item.Action != PushAction.Create && item.Delta.Any(value =>
        value.Key.Field == Fields.IsActive && value.Target == FieldValue.False && value.Held != FieldValue.False));

    /// <summary>Reads what must be seen before it is overwritten, and lets the products judge it. Answers the products that may be begun again.</summary>
    private async Task<List<ProductId>> ReadFirstAsync(Run run, IProductSource source)
    {
        var ready = new List<ProductId>();
        foreach (var chunk in Chunks(run.ReadFirst))
        {
            var page = await source.ReadAsync([.. chunk.SelectMany(read => read.Ids)], CancellationToken.None);
            if (page.Fault is { } fault)
            {
                run.Fault = fault;
                run.Again(chunk.Select(read => read.Product), fault.RetryAt ?? clock.GetUtcNow() + AfterFailure);
                continue;
            }

            var looks = new List<(ProductId Product, ImmutableArray<Observation> Seen)>();
            var at = 0;
            foreach (var read in chunk)
            {
                looks.Add((read.Product, read.Look([.. page.Items.Skip(at).Take(read.Ids.Length)])));
                at += read.Ids.Length;
            }

            var replies = await Task.WhenAll(looks.Select(look => Product(run, look.Product).ObserveAsync(new ObserveCommand { Observations = look.Seen })));
            run.SavedEdits += replies.Count(reply => reply.Changed);
            ready.AddRange(chunk.Select(read => read.Product));
        }

        return ready;
    }

    /// <summary>As many products as a read takes ids for; one product is never torn apart.</summary>
    private static IEnumerable<List<Read>> Chunks(IEnumerable<Read> reads)
    {
        var chunk = new List<Read>();
        var ids = 0;
        foreach (var read in reads)
        {
            if (chunk.Count > 0 && ids + read.Ids.Length > ReadSize)
            {
                yield return chunk;
                chunk = [];
                ids = 0;
            }

            chunk.Add(read);
            ids += read.Ids.Length;
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    /// <summary>Fetches and hashes what the plans ask for, and lets the products judge it. A picture that two products share is fetched once.</summary>
    private async Task<List<ProductId>> ReadPicturesAsync(Run run)
    {
        var wanted = run.ReadPictures.SelectMany(read => read.Pictures).GroupBy(picture => picture.Url, StringComparer.Ordinal).Select(group => group.First());
        var read = new System.Collections.Concurrent.ConcurrentDictionary<string, PictureReading>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = PicturesAtOnce }, async (picture, cancel) =>
            read[picture.Url] = await pictures.ReadAsync(picture, cancel));
        await Task.WhenAll(run.ReadPictures.Select(async item =>
            await Product(run, item.Product).LearnPicturesAsync(run.Batch.Channel, [.. item.Pictures.Select(picture => read[picture.Url] with { Picture = picture })])));
        return [.. run.ReadPictures.Select(item => item.Product)];
    }

    private async Task SettleAsync(Run run, PushOutcome outcome)
    {
        var reply = await Product(run, outcome.Product).SettlePushAsync(run.Batch.Channel, outcome);
        StoreDiagnostics.Attempted(run.Batch.Channel, outcome.Result);
        if (outcome.Result != PushResult.NotSent && run.ArrivalOf(outcome.Product) is { } arrivedAt)
        {
            StoreDiagnostics.Sent(run.Batch.Channel, arrivedAt, outcome.SentAt);
        }

        lock (run)
        {
            run.Pushed += outcome.Result == PushResult.Applied ? 1 : 0;
            if (outcome is { IsChannelFault: true, Result: not PushResult.Applied })
            {
                run.Fault ??= new ChannelFault
                {
                    Kind = outcome.FaultCode is TokenFaults.LoginRequired or TokenFaults.ReauthRequired ? ChannelFaultKind.Unauthorised
                        : outcome.RetryAt is null ? ChannelFaultKind.Transient : ChannelFaultKind.Throttled,
                    Code = outcome.FaultCode ?? outcome.Result.ToString(),
                    Message = outcome.Error ?? "The channel did not answer.",
                    RetryAt = outcome.RetryAt,
                };
            }

            if (reply.StillDirty)
            {
                run.Again([outcome.Product], reply.DueAt);
            }
            else
            {
                run.Done.Add(outcome.Product);
            }
        }
    }

    private IProductGrain Product(Run run, ProductId product) =>
        GrainFactory.GetGrain<IProductGrain>(ProductGrainKey.Of(run.Batch.Tenant, product));

    /// <summary>One product to be read: by its own id, or where the channel is flat by those of its parts.</summary>
    private sealed record Read(ProductId Product, string ExternalId, ImmutableArray<string> Parts)
    {
        public ImmutableArray<string> Ids => Parts.IsEmpty ? [ExternalId] : Parts;

        public ImmutableArray<Observation> Look(IReadOnlyList<Observation> seen) => Parts.IsEmpty ? [.. seen] : FlatChannels.Together(ExternalId, seen);
    }

    /// <summary>What has happened to a batch so far; whatever is in neither list when it ends goes back into the window.</summary>
    private sealed class Run(PushBatch batch)
    {
        private readonly Dictionary<ProductId, DateTimeOffset?> again = [];

        public PushBatch Batch { get; } = batch;
        public List<Read> ReadFirst { get; } = [];
        public List<(ProductId Product, ImmutableArray<PictureToRead> Pictures)> ReadPictures { get; } = [];
        public List<ProductId> Done { get; } = [];
        public HashSet<ProductId> Released { get; } = [];
        public ChannelFault? Fault { get; set; }
        public int Pushed { get; set; }
        public int SavedEdits { get; set; }

        /// <summary>When the webhook arrived that made the product dirty, where that is known.</summary>
        public DateTimeOffset? ArrivalOf(ProductId product) => Batch.Causes.IsDefault ? null : Batch.Causes.FirstOrDefault(cause => cause.Product == product)?.ArrivedAt;

        public void Again(IEnumerable<ProductId> products, DateTimeOffset? dueAt)
        {
            foreach (var product in products)
            {
                again[product] = dueAt;
            }
        }

        public BatchResult Result(DateTimeOffset unforeseenDueAt)
        {
            foreach (var product in Batch.Products.Except(Done).Where(product => !again.ContainsKey(product)))
            {
                again[product] = unforeseenDueAt;
            }

            return new BatchResult
            {
                BatchId = Batch.BatchId,
                Done = [.. Done],
                Again = [.. again.Select(pair => new RequeuedProduct { Product = pair.Key, Lane = Lane.Content, DueAt = pair.Value })],
                Fault = Fault,
                Pushed = Pushed,
                SavedEdits = SavedEdits,
            };
        }
    }

    [LoggerMessage(3101, LogLevel.Error, "Push batch {BatchId} of channel {Channel} failed; its products are tried again")]
    private partial void LogBatchFailed(string batchId, string channel, Exception failure);
}
