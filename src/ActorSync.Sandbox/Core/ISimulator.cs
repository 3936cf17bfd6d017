namespace ActorSync.Sandbox.Core;

/// <summary>One simulated channel. The core knows nothing of its wire format; the simulator knows nothing of ports, faults or storage files.</summary>
public interface ISimulator
{
    /// <summary>The channel's word in control calls, statistics and the database: shopify, woocommerce or jtl-ffn.</summary>
    string Name { get; }

    /// <summary>What the start page shows: the shop's title, its merchant page, its API address and what to sign in with.</summary>
    ShopCard Card { get; }

    /// <summary>Paths that stand for the outside API. Faults apply below them and nowhere else; merchant pages stay usable while the API fails.</summary>
    IReadOnlyList<string> ApiPaths { get; }

    ChannelFaults Faults { get; }

    ChannelStats Stats { get; }

    int ProductsHeld { get; }

    void Map(WebApplication app);

    /// <summary>A customer buys: the count falls by <paramref name="quantity"/> in one step and webhooks fire, as after a real order.</summary>
    ValueTask<SellResult> SellAsync(string sku, int quantity, CancellationToken cancellationToken);

    /// <summary>The merchant cancels an order and puts its goods back: the count rises and webhooks fire.</summary>
    ValueTask<CancelResult> CancelOrderAsync(string order, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new CancelResult(Cancelled: false, order, $"{Name} takes no orders that could be cancelled here."));

    /// <summary>A person edits in the merchant's pages: versions move, webhooks fire, nothing counts as an API call.</summary>
    ValueTask<EditResult> EditAsync(NeutralEdit edit, CancellationToken cancellationToken);

    /// <summary>A person creates a product in the merchant's pages.</summary>
    ValueTask<NeutralProduct> CreateAsync(SeedProduct product, CancellationToken cancellationToken);

    /// <summary>Subscriptions end as the channel ends them: silently. A topic in the channel's words, or null for all; answers how many it were.</summary>
    ValueTask<int> LoseWebhooksAsync(string? topic, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    /// <summary>Products in a stable order (oldest first), for tests that compare shops.</summary>
    IReadOnlyList<NeutralProduct> List(int limit, int offset);

    /// <summary>The product that holds a variant with this SKU, case-blind; null where none does. What lies in the shop's trash is not found.</summary>
    NeutralProduct? FindBySku(string sku);

    /// <summary>Forgets everything, subscriptions included, and seeds again. Called while the core has emptied the channel's tables.</summary>
    void Reset();

    /// <summary>The channel's own way to say "too many requests".</summary>
    Task WriteThrottledAsync(HttpContext context);

    /// <summary>The channel's own way to fail with a 500.</summary>
    Task WriteServerErrorAsync(HttpContext context);
}

/// <summary>A shop on the start page.</summary>
public sealed record ShopCard(string Title, string MerchantPath, string ApiPath, string Credentials);

/// <summary>What a sale did. <see cref="Problem"/> is null when it happened; <see cref="Order"/> is null at channels that take no orders.</summary>
public sealed record SellResult(bool Sold, string Sku, decimal? StockBefore, decimal? StockAfter, string? Problem, string? Order = null)
{
    public static SellResult Refused(string sku, string problem) => new(Sold: false, sku, StockBefore: null, StockAfter: null, problem);
}

/// <summary>What a cancel did. <see cref="Problem"/> is null when it happened.</summary>
public sealed record CancelResult(bool Cancelled, string Order, string? Problem);

/// <summary>What an edit did. <see cref="Problem"/> is null when it happened; <see cref="Product"/> is null when the product is gone afterwards.</summary>
public sealed record EditResult(NeutralProduct? Product, string? Problem)
{
    public static EditResult Refused(string problem) => new(Product: null, problem);
}
