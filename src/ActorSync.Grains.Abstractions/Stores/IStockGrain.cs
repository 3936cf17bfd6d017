namespace ActorSync.Abstractions.Stores;

/// <summary>
/// Asks a channel that owns counts for what changed, in the channel's own interval, and lets the products work it in. Key: channel id. The cursor is stored
/// after each page, so a kill repeats at most one page, which changes nothing: rows carry a number. Once a day all counts are read again.
/// </summary>
[Alias("actorsync.stock")]
public interface IStockGrain : IGrainWithStringKey
{
    /// <summary>Registers the reviving reminder and begins to ask where the channel has counts.</summary>
    [Alias("ensure")] Task EnsureAsync();

    /// <summary>Where it stands.</summary>
    [Alias("get")] Task<StockReadingState> GetAsync();
}

/// <summary>How reading counts goes, for people.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.stock-reading-state")]
public sealed record StockReadingState
{
    /// <summary>When a page was last worked in; null = never.</summary>
    [Id(0)] public DateTimeOffset? ReadAt { get; init; }
    /// <summary>When all counts were last begun to be read.</summary>
    [Id(1)] public DateTimeOffset? SweptAt { get; init; }
    /// <summary>When it asks next.</summary>
    [Id(2)] public DateTimeOffset? DueAt { get; init; }
    /// <summary>Things whose counts were worked in since the channel was connected, repetitions included.</summary>
    [Id(3)] public long Done { get; init; }
    /// <summary>Why the last try failed; null = it did not.</summary>
    [Id(4)] public string? Problem { get; init; }
}
