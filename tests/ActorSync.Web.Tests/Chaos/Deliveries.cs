using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ActorSync.Web.Tests.EndToEnd;

namespace ActorSync.Web.Tests.Chaos;

/// <summary>
/// Signed webhooks as Shopify sends them, five a second, each about a product of its own that nobody has. What the receiver answered is remembered: a delivery
/// that got a 200 has to be in the hub's inbox, whatever broke in that moment.
/// </summary>
internal sealed class Deliveries(ClusterProcesses cluster) : IDisposable
{
    private const long FirstId = 9_000_000_000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient http = new() { BaseAddress = cluster.Receiver, Timeout = TimeSpan.FromSeconds(10) };
    private readonly HashSet<string> acknowledged = new(StringComparer.Ordinal);
    private long next = FirstId;

    public int Acknowledged => acknowledged.Count;

    /// <summary>Deliveries that got another answer than 200, or none.</summary>
    public int Refused { get; private set; }

    public async Task WorkAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pace);
        while (!stop.IsCancellationRequested)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{++next}");
            if (await DeliverAsync(id))
            {
                acknowledged.Add($"product/{id}");
            }
            else
            {
                Refused++;
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Acknowledged, and not in the inbox.</summary>
    public async Task<IReadOnlyList<string>> LostAsync()
    {
        var missing = new HashSet<string>(acknowledged, StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var page = await cluster.Hub.GetAsync($"/api/webhooks/events?channel={Workshop.ShopifyChannel}&limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            missing.ExceptWith(page["items"]!.AsArray().Select(item => item!["resource"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null && missing.Count > 0);
        return [.. missing];
    }

    public void Dispose() => http.Dispose();

    private async Task<bool> DeliverAsync(string id)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":{{id}},"admin_graphql_api_id":"gid://shopify/Product/{{id}}"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/shopify/{Workshop.ShopifyChannel}", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Shopify-Topic", "products/update");
        request.Headers.Add("X-Shopify-Shop-Domain", "demo.myshopify.com");
        request.Headers.Add("X-Shopify-Webhook-Id", $"chaos-{id}");
        request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData("shpss_demo"u8, body)));
        try
        {
            using var answer = await http.SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
