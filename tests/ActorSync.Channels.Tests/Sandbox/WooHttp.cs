using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>A bare caller of wc/v3 for tests: no mapping, only what goes over the wire.</summary>
public sealed class WooHttp(SandboxProcess sandbox)
{
    public const string Key = "ck_demo";
    public const string Secret = "cs_demo";

    public Task<WooReply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<WooReply> PostAsync(string path, JsonNode body) => SendAsync(HttpMethod.Post, path, body.ToJsonString());

    public Task<WooReply> PutAsync(string path, JsonNode body) => SendAsync(HttpMethod.Put, path, body.ToJsonString());

    public Task<WooReply> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public async Task<WooReply> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json", bool isSigned = true)
    {
        using var request = new HttpRequestMessage(method, new Uri(sandbox.WooApi, path));
        if (isSigned)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Key}:{Secret}")));
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await sandbox.Http.SendAsync(request);
        return await WooReply.ReadAsync(response);
    }

    /// <summary>OAuth 1.0a as README 2.3 describes it, written here a second time so that the Sandbox is not checked against itself.</summary>
    public static string Sign(string method, string url, IEnumerable<(string Name, string Value)> parameters, string secret, string signatureMethod)
    {
        var joined = string.Join('&', parameters.Select(p => (Name: Uri.EscapeDataString(p.Name), Value: Uri.EscapeDataString(p.Value))).OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value}"));
        var text = Encoding.UTF8.GetBytes($"{method}&{Uri.EscapeDataString(url)}&{Uri.EscapeDataString(joined)}");
        var key = Encoding.UTF8.GetBytes(secret + "&");
#pragma warning disable CA5350 // the protocol's second method
        return Convert.ToBase64String(signatureMethod == "HMAC-SHA1" ? HMACSHA1.HashData(key, text) : HMACSHA256.HashData(key, text));
#pragma warning restore CA5350
    }
}

/// <summary>Status, body as text and as JSON where it is JSON, and the headers that lists carry.</summary>
public sealed record WooReply(int Status, string Text, JsonNode? Json, string? Total, string? TotalPages, string? Link)
{
    public string? Code => Json is JsonObject json ? json["code"]?.GetValue<string>() : null;

    public static async Task<WooReply> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var json = text.Length > 0 && text[0] is '{' or '[' ? JsonNode.Parse(text) : null;
        return new WooReply((int)response.StatusCode, text, json, Header(response, "X-WP-Total"), Header(response, "X-WP-TotalPages"), Header(response, "Link"));
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
