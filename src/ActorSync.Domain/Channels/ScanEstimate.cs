namespace ActorSync.Domain.Channels;

/// <summary>What reading a whole channel will cost, said before it begins.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.scan-estimate")]
public sealed record ScanEstimate
{
    /// <summary>Null = nobody has counted them yet.</summary>
    [Id(0)] public long? Products { get; init; }
    [Id(1)] public long? Pages { get; init; }
    /// <summary>In the channel's units: points at Shopify, requests elsewhere.</summary>
    [Id(2)] public double? Cost { get; init; }
    [Id(3)] public double? Minutes { get; init; }
    /// <summary>How the figures came about, in a sentence.</summary>
    [Id(4)] public required string Sentence { get; init; }

    /// <summary>A page takes this long where neither a budget nor an earlier scan says otherwise.</summary>
    public static readonly TimeSpan UsualPage = TimeSpan.FromSeconds(1);

    /// <param name="products">Products at the channel.</param>
    /// <param name="pageSize">Products per page.</param>
    /// <param name="pageCost">Units per page.</param>
    /// <param name="restorePerSecond">What the channel lets us spend; null = it states no budget.</param>
    /// <param name="share">The share of the budget that this work may use.</param>
    /// <param name="measuredPage">What a page took the last time.</param>
    public static ScanEstimate Of(long? products, int pageSize, double pageCost, double? restorePerSecond, double share, TimeSpan? measuredPage)
    {
        if (products is not { } count)
        {
            return new ScanEstimate { Sentence = "How many products the channel has is not known before the first page." };
        }

        var pages = Math.Max(1, (count + pageSize - 1) / pageSize);
        var cost = pages * pageCost;
        var byTime = pages * (measuredPage ?? UsualPage).TotalMinutes;
        var byBudget = restorePerSecond is > 0 and var rate ? cost / (rate * share) / 60 : 0;
        var basis = byBudget > byTime ? $"at {share:P0} of the channel's budget" : measuredPage is null ? "at one page a second" : "at the speed of the last time";
        return new ScanEstimate
        {
            Products = count,
            Pages = pages,
            Cost = cost,
            Minutes = Math.Max(byBudget, byTime),
            Sentence = $"{count} products in {pages} pages, {basis}.",
        };
    }
}

/// <summary>Work that is done once a day.</summary>
public static class Daily
{
    /// <summary>Means: never.</summary>
    public const int Never = -1;

    /// <summary>The first full hour of that number (UTC) after <paramref name="now"/>; null = never.</summary>
    public static DateTimeOffset? NextAfter(DateTimeOffset now, int hour)
    {
        if (hour is < 0 or > 23)
        {
            return null;
        }

        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddHours(hour);
        return today > now ? today : today.AddDays(1);
    }
}
