using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>The shop's own REST API, as another tool of the merchant would use it.</summary>
internal sealed class WooRest : IDisposable
{
    private readonly HttpClient http;

    public WooRest(Uri sandbox)
    {
        http = new HttpClient { BaseAddress = new Uri(sandbox, "/woo/demo/wp-json/wc/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("ck_demo:cs_demo")));
    }

    public async Task<JsonObject> GetAsync(string path) => (await http.GetFromJsonAsync<JsonObject>(path))!;

    public async Task<JsonArray> ListAsync(string path) => (await http.GetFromJsonAsync<JsonArray>(path))!;

    public async Task<JsonObject> PostAsync(string path, object body) => await ReadAsync(await http.PostAsJsonAsync(path, body));

    public async Task<JsonObject> PutAsync(string path, object body) => await ReadAsync(await http.PutAsJsonAsync(path, body));

    public async Task<JsonObject> DeleteAsync(string path) => await ReadAsync(await http.DeleteAsync(path));

    public void Dispose() => http.Dispose();

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }
}
