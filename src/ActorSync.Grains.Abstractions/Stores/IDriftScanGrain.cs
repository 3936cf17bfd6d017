using ActorSync.Abstractions.Storage;
using Orleans.Concurrency;

namespace ActorSync.Abstractions.Stores;

/// <summary>
/// Reads a channel again and lets the merge judge what it shows: repairs missed webhooks, drifted values and products unknown on one side by the same
/// rules as everything else. Key: channel id. Whole channel or single products, on demand and once a day; works on leftover budget, page by page, with a
/// checkpoint after each.
/// </summary>
[Alias("actorsync.drift-scan")]
public interface IDriftScanGrain : IGrainWithStringKey
{
    /// <summary>Starts a scan, or joins the one of the whole channel that runs.</summary>
    [Alias("start")] Task<DriftScan> StartAsync(DriftScanRequest request);

    /// <summary>The scan that runs or ran last, or the one of that id; null = not known (any more).</summary>
    [Alias("get")] Task<DriftScan?> GetAsync(string? id);

    /// <summary>What is known of the channel's drift: last and next scan, webhook loss, and what a scan would cost now.</summary>
    [Alias("status"), AlwaysInterleave] Task<DriftStatus> GetStatusAsync();

    /// <summary>Stops the scan of the whole channel after the page under way.</summary>
    [Alias("cancel")] Task<DriftScan?> CancelAsync();

    /// <summary>A poll found changes that webhooks should have told.</summary>
    [Alias("note-missed"), OneWay] Task NoteMissedAsync(int count);

    /// <summary>Registers the reviving reminder, resumes an unfinished scan, and takes the daily hour from the settings.</summary>
    [Alias("ensure")] Task EnsureAsync();
}

/// <summary>The wish to scan.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-scan-request")]
public sealed record DriftScanRequest
{
    /// <summary>One product; null = the whole channel.</summary>
    [Id(0)] public ProductId? Product { get; init; }
    /// <summary>Say what would be repaired and write nothing.</summary>
    [Id(1)] public bool DryRun { get; init; }
    /// <summary>Who or what asks, for people.</summary>
    [Id(2)] public required string Reason { get; init; }
}

/// <summary>One scan.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-scan-progress")]
public sealed record DriftScan
{
    /// <summary>Where to ask for it.</summary>
    [Id(0)] public required string Id { get; init; }
    /// <summary>running, waiting, done, failed, cancelled.</summary>
    [Id(1)] public required string State { get; init; }
    /// <summary>One product; null = the whole channel.</summary>
    [Id(2)] public ProductId? Product { get; init; }
    /// <summary>It writes nothing.</summary>
    [Id(3)] public bool DryRun { get; init; }
    /// <summary>Products read from the channel's pages.</summary>
    [Id(4)] public long Done { get; init; }
    /// <summary>Products that the channel says it has; null = unknown.</summary>
    [Id(5)] public long? Total { get; init; }
    /// <summary>Pages worked in.</summary>
    [Id(6)] public int Pages { get; init; }
    /// <summary>Start.</summary>
    [Id(7)] public DateTimeOffset StartedAt { get; init; }
    /// <summary>End.</summary>
    [Id(8)] public DateTimeOffset? EndedAt { get; init; }
    /// <summary>What it waits for, why it failed, or what it came to.</summary>
    [Id(9)] public string? Sentence { get; init; }
    /// <summary>What it found and did so far.</summary>
    [Id(10)] public required DriftReport Report { get; init; }
    /// <summary>As said before it began.</summary>
    [Id(11)] public ScanEstimate? Estimate { get; init; }
    /// <summary>Measured when a scan of the whole channel ends: missed of all deliveries with news since the scan before it.</summary>
    [Id(12)] public double? WebhookLossRate { get; init; }
}

/// <summary>What is known of a channel's drift.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.drift-status")]
public sealed record DriftStatus
{
    /// <summary>The scan of the whole channel that runs; null = none.</summary>
    [Id(0)] public DriftScan? Running { get; init; }
    /// <summary>The last complete scan of the whole channel that also repaired; null = none yet.</summary>
    [Id(1)] public DriftScan? Last { get; init; }
    /// <summary>When the next daily scan begins; null = never.</summary>
    [Id(2)] public DateTimeOffset? NextAt { get; init; }
    /// <summary>Changes that polls found since the last scan and no webhook told.</summary>
    [Id(3)] public long MissedSince { get; init; }
    /// <summary>As the last scan of the whole channel measured it; null = not measured, or the channel is polled.</summary>
    [Id(4)] public double? WebhookLossRate { get; init; }
    /// <summary>What a scan would cost now.</summary>
    [Id(5)] public required ScanEstimate Estimate { get; init; }
    /// <summary>What reading the whole channel at full speed, as an import does, would cost now.</summary>
    [Id(6)] public required ScanEstimate ImportEstimate { get; init; }
    /// <summary>How far the linked products are known to be read, and how old the oldest check is.</summary>
    [Id(7)] public required VerifiedCounts Verified { get; init; }
}
