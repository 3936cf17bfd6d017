namespace ActorSync.Channels.WooCommerce;

/// <summary>What has to be known of a shop before some members of a row can be read or written: units, the paths of its categories, who keeps its SEO texts.</summary>
internal sealed record WooFacts
{
    public static readonly WooFacts None = new();

    /// <summary>The shop's unit; null = not known, and weights are neither read nor written.</summary>
    public string? WeightUnit { get; init; }
    public string? DimensionUnit { get; init; }
    /// <summary>"Shoes &gt; Trail" by term id; null = not known.</summary>
    public ImmutableDictionary<long, string>? CategoryPaths { get; init; }
    public WooSeo? Seo { get; init; }

    /// <summary>The category of a path as the shop compares names; 0 = there is none.</summary>
    public long CategoryOf(string path, ICanon canon)
    {
        var key = canon.ElementKey(WooFields.Categories, path);
        return CategoryPaths?.Where(pair => canon.ElementKey(WooFields.Categories, pair.Value) == key).Select(pair => pair.Key).DefaultIfEmpty(0).Min() ?? 0;
    }
}

/// <summary>The meta keys of a plugin that keeps titles and descriptions for search engines; WooCommerce itself has none.</summary>
internal sealed record WooSeo(string TitleKey, string DescriptionKey)
{
    private static readonly WooSeo Yoast = new("_yoast_wpseo_title", "_yoast_wpseo_metadesc");
    private static readonly WooSeo RankMath = new("rank_math_title", "rank_math_description");

    public static WooSeo? Of(ChannelSettings settings) => settings.Values.GetValueOrDefault(WooKind.SeoPlugin)?.Trim().ToLowerInvariant() switch
    {
        "yoast" => Yoast,
        "rankmath" => RankMath,
        _ => null,
    };
}
