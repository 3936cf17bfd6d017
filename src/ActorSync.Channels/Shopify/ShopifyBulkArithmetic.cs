namespace ActorSync.Channels.Shopify;

/// <summary>
/// When bulk pays. Both ways are priced in seconds and the shorter one is taken.
/// <para>
/// Reading n products page by page: <c>ceil(n / k) * max(c / r, t)</c> seconds, where the first page tells k (its products), c (its points) and t (how long it
/// took) and the throttle status tells r (points restored per second). The points of a page of k products with m variants at l locations each, a collection and
/// a picture follow from the cost model: <c>2 + S(k) * (14 + S(m) * (5 + 3 * S(l)))</c> with <c>S(x) = max(1, floor(2 ln x))</c>.
/// </para>
/// <para>
/// In bulk: <c>b + n * w / q + ceil(n / k) * d / r</c> seconds, where d is what the order of the pictures of k products costs (bulk results have none), w is the lines
/// per product (itself, its variants, their levels, its collections and pictures), b the time that an operation needs beside its
/// work and q its lines per second. q was 1,459 lines within a second in the one recording that shows it (x0008); we count on 500.
/// </para>
/// <para>
/// Pushing n products call by call: <c>n * max((25 / r), 0.02)</c> seconds: 13 points for the write, 6 each for its share of the read before and of the
/// read-through after it, and sixteen calls at once that take a third of a second each. In bulk: <c>2 * b + n * 12 / q + n / u</c>, a query that reads first and a
/// mutation with u lines per second. No recording shows u; we count on 20.
/// </para>
/// </summary>
internal static class ShopifyBulkArithmetic
{
    /// <summary>Staging, starting, the polls' back-off and the download.</summary>
    public const double OverheadSeconds = 15;
    public const double LinesPerSecond = 500;

    public const double WritesPerSecond = 20;
    private const double PointsPerSinglePush = 25;
    private const double SecondsPerSinglePush = 0.02;
    private const double LinesPerProduct = 12;
    private const double StandardRestore = 100;

    public static double SinglePushSeconds(int products, double restorePerSecond) => products * Math.Max(PointsPerSinglePush / restorePerSecond, SecondsPerSinglePush);

    public static double BulkPushSeconds(int products) => (2 * OverheadSeconds) + (products * LinesPerProduct / LinesPerSecond) + (products / WritesPerSecond);

    /// <param name="products">That wait.</param>
    /// <param name="restorePerSecond">Of the budget; null = no answer has told it, and then the smallest plan's counts.</param>
    public static bool PushInBulk(int products, double? restorePerSecond) =>
        SinglePushSeconds(products, restorePerSecond ?? StandardRestore) > BulkPushSeconds(products);

    public static double PagingSeconds(long products, FirstPage page) =>
        Math.Ceiling((double)products / page.Products) * Math.Max(page.Points / page.RestorePerSecond, page.Seconds);

    public static double BulkReadSeconds(long products, FirstPage page) => OverheadSeconds + (products * ((double)page.Lines / page.Products) / LinesPerSecond)
        + (Math.Ceiling((double)products / page.Products) * ShopifyOperations.PicturesOfProducts.Cost / page.RestorePerSecond);

    /// <param name="products">All products of the shop.</param>
    /// <param name="page">What the first page told; one without products tells nothing, and then paging goes on.</param>
    public static bool ReadInBulk(long products, FirstPage page) =>
        page is { Products: > 0, RestorePerSecond: > 0 } && PagingSeconds(products, page) > BulkReadSeconds(products, page);
}

/// <summary>What the first page of an import tells of the rest.</summary>
/// <param name="Products">On it.</param>
/// <param name="Lines">Products, variants, levels, pictures and memberships on it: as many lines as a bulk result has for them.</param>
/// <param name="Points">It cost.</param>
/// <param name="RestorePerSecond">Of the budget.</param>
/// <param name="Seconds">It took.</param>
internal sealed record FirstPage(int Products, int Lines, double Points, double RestorePerSecond, double Seconds);
