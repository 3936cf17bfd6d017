using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>The hub as an outside client sees it: HTTP only.</summary>
internal sealed class HubClient : IDisposable
{
    private readonly HttpClient http;

    /// <param name="address">Where the hub listens.</param>
    /// <param name="key">An API key; the demo needs none.</param>
    public HubClient(Uri address, string? key = null)
    {
        http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Add("X-Api-Key", key);
        }
    }

    public async Task<bool> IsReadyAsync()
    {
        using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return answer.IsSuccessStatusCode;
    }

    public async Task<JsonObject> GetAsync(string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"GET {path} answered {(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>The status of an answer and its text, whatever it is.</summary>
    public async Task<(int Status, string Text)> TryPostAsync(string path, object body)
    {
        using var answer = await http.PostAsJsonAsync(path, body, new JsonSerializerOptions(JsonSerializerDefaults.Web));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<JsonObject> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<JsonObject> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<JsonObject> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    /// <summary>The id of the product that has the SKU, or null.</summary>
    public async Task<string?> FindAsync(string sku)
    {
        var items = (await GetAsync($"/api/products?sku={Uri.EscapeDataString(sku)}"))["items"]!.AsArray();
        return items.Count == 0 ? null : items[0]!["id"]!.GetValue<string>();
    }

    public async Task<JsonObject> ProductAsync(string sku) => await GetAsync($"/api/products/{await FindAsync(sku) ?? throw new InvalidOperationException($"The hub has no product with SKU {sku}.")}");

    public async Task<JsonObject> EditAsync(string sku, object body) => await PatchAsync($"/api/products/{await FindAsync(sku)}", body);

    /// <summary>S3's status of the default tenant.</summary>
    public async Task<(long Total, long Synced, long Pending, long Conflict, long Error)> StatusAsync()
    {
        var data = (await GetAsync("/api/integrations/product-sync/status/default"))["data"]!;
        long Count(string name) => data[name]!.GetValue<long>();
        return (Count("total"), Count("synced"), Count("pending"), Count("conflict"), Count("error"));
    }

    /// <summary>Links of a channel that differ from their target now.</summary>
    public async Task<long> DirtyAsync(string channel) => (await GetAsync($"/api/channels/{channel}/health"))["links"]!["dirty"]!.GetValue<long>();

    public async Task<IReadOnlyList<JsonNode>> ConflictsAsync(string productId)
    {
        var all = await GetAsync("/api/integrations/product-sync/conflicts/default?limit=500");
        var rows = all["data"] as JsonArray ?? all["data"]!["conflicts"] as JsonArray ?? all["data"]!["items"]!.AsArray();
        return [.. rows.Where(row => row!["productId"]!.GetValue<string>() == productId).Select(row => row!)];
    }

    public async Task<string> ExplainAsync(string sku) => (await GetAsync($"/api/products/{await FindAsync(sku)}/explain")).ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    public void Dispose() => http.Dispose();

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body, options: new JsonSerializerOptions(JsonSerializerDefaults.Web)) };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, string.Create(CultureInfo.InvariantCulture, $"{method} {path} answered {(int)answer.StatusCode}: {text}"));
        return text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject();
    }
}
