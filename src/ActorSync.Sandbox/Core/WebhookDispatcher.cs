using System.Net;
using System.Threading.Channels;

namespace ActorSync.Sandbox.Core;

/// <summary>A delivery that waits. The body is made when it is sent, not when it was asked for.</summary>
public sealed record WebhookJob
{
    /// <summary>Deliveries of one subscription go out one after the other.</summary>
    public required string Subscription { get; init; }
    public required Uri Address { get; init; }

    /// <summary>Null from it: nothing to send any more.</summary>
    public required Func<RenderedWebhook?> Render { get; init; }

    /// <summary>Called with the answer, once per job; a job that is lost on purpose is never answered.</summary>
    public Action<WebhookOutcome>? Done { get; init; }

    /// <summary>While a job of this subscription with the same key waits, another is not added. Null: never merged.</summary>
    public string? MergeKey { get; init; }

    /// <summary>Added to the channel's webhook delay; for retries.</summary>
    public TimeSpan ExtraDelay { get; init; }

    /// <summary>Which statuses count as delivered; 200-299 when not given.</summary>
    public Func<int, bool>? IsSuccess { get; init; }
}

/// <summary>The exact bytes to send, with the headers in the case in which they go out.</summary>
public sealed record RenderedWebhook(byte[] Body, string ContentType, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary>Status is null when nobody answered in time.</summary>
public sealed record WebhookOutcome(bool Delivered, int? Status, RenderedWebhook Sent);

/// <summary>Sends one channel's webhooks with the delay, loss, doubling and disorder that its faults ask for.</summary>
public sealed class WebhookDispatcher : IAsyncDisposable
{
    public const int MaxWaiting = 20_000;
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan ShuffleWindow = TimeSpan.FromSeconds(3);

    private readonly ChannelFaults faults;
    private readonly ChannelStats stats;
    private readonly SandboxRandom random;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly Lock gate = new();
    private readonly PriorityQueue<(WebhookJob Job, int Life), (DateTimeOffset Due, long Order)> waiting = new();
    private readonly HashSet<(string Subscription, string Key)> mergeable = [];
    private readonly Dictionary<string, Channel<(WebhookJob Job, int Life)>> lanes = new(StringComparer.Ordinal);
    private readonly List<Task> laneTasks = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim news = new(0);
    private readonly Task pump;
    private long order;
    private int held;
    private int life;

    public WebhookDispatcher(ChannelFaults faults, ChannelStats stats, SandboxRandom random, TimeProvider clock)
    {
        this.faults = faults;
        this.stats = stats;
        this.random = random;
        this.clock = clock;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = AnswerTimeout };
        pump = Task.Run(PumpAsync);
    }

    /// <summary>Never waits. A job beyond <see cref="MaxWaiting"/> is dropped and counted.</summary>
    public void Enqueue(WebhookJob job)
    {
        var delay = faults.WebhookDelay + job.ExtraDelay;
        if (random.Chance(faults.WebhookShuffle))
        {
            delay += ShuffleWindow * random.NextDouble();
        }

        if (random.Chance(faults.WebhookStale))
        {
            // It stands apart from the jobs that merge: the change after it is told by a job of its own.
            var asItIsNow = job.Render();
            job = job with { MergeKey = null, Render = () => asItIsNow };
        }

        lock (gate)
        {
            if (held >= MaxWaiting)
            {
                stats.CountWebhookDropped();
                return;
            }

            if (job.MergeKey is not null && !mergeable.Add((job.Subscription, job.MergeKey)))
            {
                return;
            }

            held++;
            stats.WebhookWaits(1);
            waiting.Enqueue((job, life), (clock.GetUtcNow() + delay, order++));
        }

        news.Release();
    }

    /// <summary>Sends at once and waits for the answer, outside the line and untouched by faults: WooCommerce's ping.</summary>
    public Task<WebhookOutcome> SendNowAsync(Uri address, RenderedWebhook webhook, CancellationToken cancellationToken) =>
        SendAsync(address, webhook, isSuccess: null, cancellationToken);

    /// <summary>Forgets what waits; what is on its way arrives.</summary>
    public void Clear()
    {
        lock (gate)
        {
            stats.WebhookWaits(-waiting.Count);
            held -= waiting.Count;
            waiting.Clear();
            mergeable.Clear();
            life++;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await pump;
        Task[] running;
        lock (gate)
        {
            running = [.. laneTasks];
        }

        await Task.WhenAll(running);
        http.Dispose();
        stopping.Dispose();
        news.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                var pause = MoveDueJobs();
                await news.WaitAsync(pause, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends; jobs that wait are lost, as docs/sandbox.md says.
        }
    }

    /// <summary>Hands due jobs to their lanes and says how long nothing will be due.</summary>
    private TimeSpan MoveDueJobs()
    {
        lock (gate)
        {
            while (waiting.TryPeek(out var entry, out var priority))
            {
                var left = priority.Due - clock.GetUtcNow();
                if (left > TimeSpan.Zero)
                {
                    return left + TimeSpan.FromMilliseconds(1);
                }

                waiting.Dequeue();
                LaneOf(entry.Job.Subscription).Writer.TryWrite(entry);
            }
        }

        return Timeout.InfiniteTimeSpan;
    }

    private Channel<(WebhookJob Job, int Life)> LaneOf(string subscription)
    {
        if (!lanes.TryGetValue(subscription, out var lane))
        {
            // Unbounded only in form: MaxWaiting counts what stands in lanes too.
            lane = Channel.CreateUnbounded<(WebhookJob Job, int Life)>(new UnboundedChannelOptions { SingleReader = true });
            lanes[subscription] = lane;
            laneTasks.Add(Task.Run(() => RunLaneAsync(lane.Reader)));
        }

        return lane;
    }

    private async Task RunLaneAsync(ChannelReader<(WebhookJob Job, int Life)> jobs)
    {
        try
        {
            await foreach (var (job, bornIn) in jobs.ReadAllAsync(stopping.Token))
            {
                bool isCurrent;
                lock (gate)
                {
                    isCurrent = bornIn == life;
                    if (isCurrent && job.MergeKey is not null)
                    {
                        mergeable.Remove((job.Subscription, job.MergeKey));
                    }
                }

                if (isCurrent)
                {
                    await DeliverOrReportAsync(job);
                }

                lock (gate)
                {
                    held--;
                }

                stats.WebhookWaits(-1);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    /// <summary>A simulator's mistake in one body must not silence its channel: it is counted and told on standard error.</summary>
    private async Task DeliverOrReportAsync(WebhookJob job)
    {
        try
        {
            await DeliverAsync(job);
        }
        catch (Exception mistake) when (mistake is not OperationCanceledException)
        {
            stats.CountWebhookFailed();
            await Console.Error.WriteLineAsync($"A webhook of {job.Subscription} could not be made: {mistake}");
        }
    }

    private async Task DeliverAsync(WebhookJob job)
    {
        if (job.Render() is not { } webhook)
        {
            return;
        }

        if (random.Chance(faults.WebhookLoss))
        {
            stats.CountWebhookLost();
            return;
        }

        var outcome = await SendAsync(job.Address, webhook, job.IsSuccess, stopping.Token);
        if (outcome.Delivered)
        {
            stats.CountWebhookSent();
            if (random.Chance(faults.WebhookDuplicate))
            {
                stats.CountWebhookDuplicated();
                var again = await SendAsync(job.Address, webhook, job.IsSuccess, stopping.Token);
                if (again.Delivered)
                {
                    stats.CountWebhookSent();
                }
            }
        }
        else
        {
            stats.CountWebhookFailed();
        }

        job.Done?.Invoke(outcome);
    }

    private async Task<WebhookOutcome> SendAsync(Uri address, RenderedWebhook webhook, Func<int, bool>? isSuccess, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Content = new ByteArrayContent(webhook.Body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", webhook.ContentType);
        foreach (var (name, value) in webhook.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Version = HttpVersion.Version11;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return new WebhookOutcome(isSuccess?.Invoke(status) ?? status is >= 200 and <= 299, status, webhook);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new WebhookOutcome(Delivered: false, Status: null, webhook);
        }
    }
}
