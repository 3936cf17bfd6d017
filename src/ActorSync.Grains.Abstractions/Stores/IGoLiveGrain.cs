namespace ActorSync.Abstractions.Stores;

/// <summary>
/// Takes a channel from observe to live: report first, then the first-contact decision for every product, then live. Key: channel id. Checkpointed and
/// resumed like an import.
/// </summary>
[Alias("actorsync.go-live")]
public interface IGoLiveGrain : IGrainWithStringKey
{
    /// <summary>What going live would do: counts per action and field. Nothing is written.</summary>
    [Alias("report")] Task<GoLiveReport> ReportAsync();

    /// <summary>Starts when <see cref="GoLiveRequest.Confirm"/> equals the report's number of writes; else answers the report again with the reason.</summary>
    [Alias("start")] Task<GoLiveReport> StartAsync(GoLiveRequest request);

    /// <summary>Revives an unfinished run.</summary>
    [Alias("ensure")] Task EnsureAsync();

    /// <summary>Settings of a tenant changed in a way that touches every product (a channel added, removed, mode or createMissing changed): refresh all, in the background, resumable.</summary>
    [Alias("refresh-all")] Task RefreshAllAsync(long settingsVersion);
}

/// <summary>The wish to go live.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.go-live-request")]
public sealed record GoLiveRequest
{
    /// <summary>The number of products that will be written, as the report said.</summary>
    [Id(0)] public required long Confirm { get; init; }
    /// <summary>Whose value stays where first contact found a difference: a channel id, or "hub".</summary>
    [Id(1)] public required string Winner { get; init; }
    /// <summary>What happens with hub products that the channel lacks.</summary>
    [Id(2)] public CreateMissing CreateMissing { get; init; }
    /// <summary>Who.</summary>
    [Id(3)] public required string Actor { get; init; }
}

/// <summary>What going live would do, or how far it is.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.go-live-report")]
public sealed record GoLiveReport
{
    /// <summary>Products that would be updated at the channel.</summary>
    [Id(0)] public long Update { get; init; }
    /// <summary>Products that would be created with createMissing all.</summary>
    [Id(1)] public long Create { get; init; }
    /// <summary>Ambiguous ones: pushed nowhere.</summary>
    [Id(2)] public long Ambiguous { get; init; }
    /// <summary>Products with values that wait for the decision.</summary>
    [Id(3)] public long Undecided { get; init; }
    /// <summary>Differing values by field.</summary>
    [Id(4)] public ImmutableDictionary<string, long> ByField { get; init; } = ImmutableDictionary<string, long>.Empty;
    /// <summary>The number to confirm: Update + Delete + Undecided products, + Create where asked.</summary>
    [Id(5)] public long Writes { get; init; }
    /// <summary>observe, deciding, live.</summary>
    [Id(6)] public required string State { get; init; }
    /// <summary>Why it did not start, or progress, as a sentence.</summary>
    [Id(7)] public string? Sentence { get; init; }
    /// <summary>The request was accepted and runs (or ran).</summary>
    [Id(8)] public bool Started { get; init; }
    /// <summary>Products deleted in the hub that would be deleted at the channel.</summary>
    [Id(9)] public long Delete { get; init; }
}
