using System.Net.Http.Json;
using System.Text.Json;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>What a shop holds, as its own control view tells it.</summary>
internal sealed record ShopProduct
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string Description { get; init; }
    public required string Status { get; init; }
    public string? Vendor { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public required IReadOnlyList<ShopVariant> Variants { get; init; }
    /// <summary>The shop's own addresses of its pictures, in order.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];
    public required DateTimeOffset UpdatedAt { get; init; }

    public ShopVariant Variant(string sku) => Variants.Single(variant => string.Equals(variant.Sku, sku, StringComparison.OrdinalIgnoreCase));
}

internal sealed record ShopVariant
{
    public required string Id { get; init; }
    public required string Sku { get; init; }
    public string? Barcode { get; init; }
    public decimal? Price { get; init; }
    public decimal? CompareAtPrice { get; init; }
    /// <summary>Per place. A warehouse may count parts of a piece.</summary>
    public required IReadOnlyDictionary<string, decimal> Stock { get; init; }

    /// <summary>Whole pieces that can be sold.</summary>
    public int TotalStock => (int)decimal.Floor(Stock.Values.Sum());
}

/// <summary>The Sandbox's control calls: a person at the shop's keyboard, faults, counts.</summary>
internal sealed class SandboxClient(Uri address) : IDisposable
{
    public const string Shopify = "shopify";
    public const string Woo = "woocommerce";
    public const string Jtl = "jtl-ffn";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient http = new() { BaseAddress = address };

    /// <summary>How Shopify's bulk operations behave from now on.</summary>
    public async Task BulkAsync(object levers)
    {
        using var answer = await http.PostAsJsonAsync("/_control/shopify/bulk", levers, Json);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Life and end of Shopify's tokens.</summary>
    public Task TokensAsync(object levers) => PostAsync("/_control/shopify/tokens", levers);

    /// <summary>The session token of the app's page inside the admin.</summary>
    public async Task<string> SessionAsync(int ageSeconds = 0)
    {
        using var answer = await http.PostAsJsonAsync(new Uri("/_control/shopify/session", UriKind.Relative), new { ageSeconds });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionToken").GetString()!;
    }

    /// <summary>The developer makes a new client secret, or ends the one before.</summary>
    public Task SecretAsync(object change) => PostAsync("/_control/shopify/secret", change);

    /// <summary>The merchant leaves the app these rights; null = all again.</summary>
    public Task ScopesAsync(params string[]? scopes) => PostAsync("/_control/shopify/app", new { scopes });

    /// <summary>The merchant removes the app, or installs it again.</summary>
    public Task InstallAsync(bool installed) => PostAsync("/_control/shopify/app", new { installed });

    public async Task<IReadOnlyList<ShopProduct>> ProductsAsync(string channel)
    {
        var page = await http.GetFromJsonAsync<JsonElement>($"/_control/{channel}/products?limit=1000");
        return page.GetProperty("products").Deserialize<List<ShopProduct>>(Json)!;
    }

    public async Task<ShopProduct?> FindAsync(string channel, string sku)
    {
        using var answer = await http.GetAsync(new Uri($"/_control/{channel}/products/by-sku/{Uri.EscapeDataString(sku)}", UriKind.Relative));
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<ShopProduct>(Json) : null;
    }

    public async Task<ShopProduct> GetAsync(string channel, string sku) =>
        await FindAsync(channel, sku) ?? throw new InvalidOperationException($"{channel} has no product with SKU {sku}.");

    public Task EditAsync(string channel, object edit) => PostAsync($"/_control/{channel}/edit", edit);

    public Task CreateAsync(string channel, object product) => PostAsync($"/_control/{channel}/create", product);

    public Task SellAsync(string channel, string sku, int quantity = 1) => PostAsync("/_control/sell", new { channel, sku, quantity });

    /// <summary>As a sale; answers the order's id.</summary>
    public async Task<string> OrderAsync(string channel, string sku, int quantity = 1)
    {
        using var answer = await http.PostAsJsonAsync("/_control/sell", new { channel, sku, quantity }, Json);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("order").GetString()!;
    }

    /// <summary>The merchant cancels an order and puts its goods back.</summary>
    public Task CancelOrderAsync(string channel, string order) => PostAsync("/_control/cancel-order", new { channel, order });

    /// <summary>The warehouse counts what it has of a thing, in its first place.</summary>
    public Task CountAsync(string sku, decimal quantity) => PostAsync("/_control/jtl-ffn/stock", new { sku, stockLevel = quantity });

    /// <summary>The merchant withdraws every login that was given at JTL.</summary>
    public Task RevokeLoginAsync() => PostAsync("/_control/jtl-ffn/revoke", new { });

    /// <summary>What a person enters on Shopify's page of a product.</summary>
    public async Task EnterAsync(string shopifyId, params (string Name, string Value)[] entered)
    {
        using var form = new FormUrlEncodedContent(entered.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await http.PostAsync(PageOf(shopifyId), form);
        Assert.True((int)answer.StatusCode < 400, $"Shopify's page answered {(int)answer.StatusCode}.");
    }

    public Task<string> PageAsync(string shopifyId) => http.GetStringAsync(PageOf(shopifyId));

    /// <summary>The warehouse's own page of a thing.</summary>
    public Task<string> WarehousePageAsync(string jfsku) => http.GetStringAsync($"/jtl-ffn/products/{jfsku}");

    private static string PageOf(string shopifyId) => $"/shopify/demo/admin/products/{shopifyId.Split('/')[^1]}";

    /// <summary>Subscriptions end silently: deleted at Shopify, disabled at WooCommerce.</summary>
    public Task LoseWebhooksAsync(string channel) => PostAsync($"/_control/{channel}/lose-webhooks", new { });

    /// <summary>Subscriptions of one topic end silently.</summary>
    public Task LoseWebhooksAsync(string channel, string topic) => PostAsync($"/_control/{channel}/lose-webhooks?topic={Uri.EscapeDataString(topic)}", new { });

    public Task AppAsync(bool installed) => PostAsync("/_control/shopify/app", new { installed });

    public Task FaultsAsync(object faults) => PostAsync("/_control/faults", faults);

    public async Task<long> WritesAsync(string channel) =>
        (await http.GetFromJsonAsync<JsonElement>("/_control/stats")).GetProperty(channel).GetProperty("writes").GetInt64();

    public async Task<JsonElement> StatsAsync(string channel) =>
        (await http.GetFromJsonAsync<JsonElement>("/_control/stats")).GetProperty(channel);

    /// <summary>Requests of one operation that the shop has counted since it started.</summary>
    public async Task<long> RequestsAsync(string channel, string operation) =>
        (await StatsAsync(channel)).GetProperty("requests").TryGetProperty(operation, out var count) ? count.GetInt64() : 0;

    /// <summary>The values in which the WooCommerce site was made to differ, and the products that it was made to lack.</summary>
    public async Task<JsonElement> CatalogueAsync() => await http.GetFromJsonAsync<JsonElement>("/_control/catalogue");

    public Uri Address => address;

    /// <summary>The pictures of a product as their bytes tell: names and addresses differ from shop to shop.</summary>
    public async Task<IReadOnlyList<string>> PicturesAsync(string channel, string sku)
    {
        var hashes = new List<string>();
        foreach (var image in (await GetAsync(channel, sku)).Images)
        {
            using var answer = await http.GetAsync(new Uri(image));
            hashes.Add(answer.IsSuccessStatusCode ? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await answer.Content.ReadAsByteArrayAsync())) : $"{(int)answer.StatusCode}");
        }

        return hashes;
    }

    /// <summary>Webhooks that the shops have still to deliver.</summary>
    public async Task<long> PendingWebhooksAsync()
    {
        var stats = await http.GetFromJsonAsync<JsonElement>("/_control/stats");
        return stats.GetProperty(Shopify).GetProperty("webhooksPending").GetInt64() + stats.GetProperty(Woo).GetProperty("webhooksPending").GetInt64();
    }

    public async Task<bool> IsReadyAsync()
    {
        using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return answer.IsSuccessStatusCode;
    }

    public void Dispose() => http.Dispose();

    private async Task PostAsync(string path, object body)
    {
        using var answer = await http.PostAsJsonAsync(path, body, Json);
        Assert.True(answer.IsSuccessStatusCode, $"POST {path} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }
}
