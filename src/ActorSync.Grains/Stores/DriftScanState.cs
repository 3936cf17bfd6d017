using ActorSync.Abstractions.Stores;

namespace ActorSync.Grains.Stores;

/// <summary>Where the drift scans of a channel stand; written after each page, so that a kill costs at most one page.</summary>
[GenerateSerializer, Alias("actorsync.drift-scan-state")]
public sealed record DriftScanState : IPageWalk
{
    /// <summary>Id of the scan of the whole channel that runs or ran last; null = none yet.</summary>
    [Id(0)] public string? Id { get; set; }
    [Id(1)] public string State { get; set; } = "none";
    [Id(2)] public string? Cursor { get; set; }
    [Id(3)] public long Done { get; set; }
    [Id(4)] public long? Total { get; set; }
    [Id(5)] public int Pages { get; set; }
    [Id(6)] public DateTimeOffset StartedAt { get; set; }
    [Id(7)] public DateTimeOffset? EndedAt { get; set; }
    [Id(8)] public string? Sentence { get; set; }
    [Id(9)] public DateTimeOffset? NotBefore { get; set; }
    [Id(10)] public int Tries { get; set; }
    [Id(11)] public bool DryRun { get; set; }
    [Id(12)] public DriftReport Report { get; set; } = DriftReport.Empty;
    [Id(13)] public ScanEstimate? Estimate { get; set; }
    /// <summary>All pages are read; what the hub knows and they did not show is looked for, after this product.</summary>
    [Id(14)] public bool IsLookingForGone { get; set; }
    [Id(15)] public string? LookedUpTo { get; set; }
    /// <summary>The last scan of the whole channel that repaired and came to its end.</summary>
    [Id(16)] public DriftScan? Last { get; set; }
    [Id(17)] public DateTimeOffset? NextAt { get; set; }
    /// <summary>The hour that <see cref="NextAt"/> was taken from.</summary>
    [Id(18)] public int Hour { get; set; } = Daily.Never;
    /// <summary>Changes found by polls since the last scan that webhooks should have told.</summary>
    [Id(19)] public long MissedSince { get; set; }
    /// <summary>Single products asked for, oldest first, with those that are done.</summary>
    [Id(20)] public ImmutableArray<DriftScan> Singles { get; set; } = [];
    [Id(21)] public double? WebhookLossRate { get; set; }
    /// <summary>The loss rate is measured since then.</summary>
    [Id(22)] public DateTimeOffset? CountedSince { get; set; }
}
