using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>An API call taken apart: method after override, path below wc/v3, parameters, and the body when it is JSON.</summary>
public sealed class WooRequest
{
    private const int MostPerPage = 100;
    private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

    private readonly HttpRequest http;
    private IReadOnlyList<string>? fields;

    private WooRequest(HttpRequest http, string method, IReadOnlyList<string> path, JsonElement body)
    {
        this.http = http;
        Method = method;
        Path = path;
        Body = body;
    }

    public string Method { get; }

    public IReadOnlyList<string> Path { get; }

    public JsonElement Body { get; }

    public bool IsRead => Method is "GET" or "HEAD";

    /// <summary>PUT, PATCH and POST on an item are one and the same.</summary>
    public bool IsWrite => Method is "POST" or "PUT" or "PATCH";

    /// <summary>Items of a batch; 0 for any other call.</summary>
    public int BatchItems => IsWrite && Path[^1] == "batch" ? CountOf("create") + CountOf("update") + CountOf("delete") : 0;

    public int CountOf(string member) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : 0;

    public bool IsEdit => Parameter("context") == "edit";

    public bool IsForced => Parameter("force") is { } force && (force == "1" || string.Equals(force, "true", StringComparison.OrdinalIgnoreCase));

    public static async Task<WooRequest> ReadAsync(HttpRequest http, IReadOnlyList<string> path)
    {
        var method = http.Method;
        if (method == "POST")
        {
            method = (http.Query["_method"].FirstOrDefault() ?? http.Headers["X-HTTP-Method-Override"].FirstOrDefault() ?? method).ToUpperInvariant();
        }

        return new WooRequest(http, method, path, await ReadBodyAsync(http));
    }

    public string? Parameter(string name) => http.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>name=a,b or name[]=a&amp;name[]=b or name[0]=a.</summary>
    public IReadOnlyList<string> List(string name)
    {
        var values = http.Query.Where(q => q.Key == name || q.Key.StartsWith(name + "[", StringComparison.Ordinal)).SelectMany(q => q.Value.Select(v => v ?? ""));
        return [.. values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
    }

    public IReadOnlyList<string> Fields => fields ??= List("_fields");

    public DateTimeOffset? Date(string name) =>
        Parameter(name) is { Length: > 0 } text ? WooDates.Threshold(name, text, Parameter("dates_are_gmt") is { } gmt && (gmt == "1" || string.Equals(gmt, "true", StringComparison.OrdinalIgnoreCase))) : null;

    public int Page => Number("page", 1, 1, int.MaxValue, "page must be greater than or equal to 1");

    public int PerPage => Number("per_page", 10, 1, MostPerPage, "per_page must be between 1 (inclusive) and 100 (inclusive)");

    public int? Offset => Parameter("offset") is null ? null : Number("offset", 0, 0, int.MaxValue, "offset must be greater than or equal to 0");

    public string OneOf(string name, string fallback, params string[] allowed)
    {
        if (Parameter(name) is not { } value)
        {
            return fallback;
        }

        return allowed.Contains(value, StringComparer.Ordinal)
            ? value
            : throw WooSchema.Invalid(name, "rest_not_in_enum", $"{name} is not one of {string.Join(", ", allowed[..^1])}, and {allowed[^1]}.");
    }

    public string QueryWith(int page)
    {
        var parts = http.Query.Where(q => q.Key != "page").SelectMany(q => q.Value.Select(v => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(v ?? "")}")).ToList();
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"page={page}"));
        return string.Join('&', parts);
    }

    /// <summary>Keeps what _fields names, in the item's own order; on single items the links stay.</summary>
    public JsonObject Trim(JsonObject item, bool isSingle)
    {
        if (Fields.Count == 0)
        {
            return item;
        }

        var wanted = Fields.ToHashSet(StringComparer.Ordinal);
        var members = item.ToList();
        item.Clear();
        foreach (var (name, value) in members)
        {
            if (wanted.Contains(name) || (isSingle && name == "_links"))
            {
                item[name] = value;
            }
        }

        return item;
    }

    private int Number(string name, int fallback, int least, int most, string problem)
    {
        if (Parameter(name) is not { } text)
        {
            return fallback;
        }

        if (!int.TryParse(text, CultureInfo.InvariantCulture, out var number))
        {
            throw WooSchema.Invalid(name, "rest_invalid_type", $"{name} is not of type integer.");
        }

        return number < least || number > most ? throw WooSchema.Invalid(name, "rest_out_of_bounds", problem) : number;
    }

    /// <summary>A body of any other type than JSON is not looked at, so that the write changes nothing and still answers 200.</summary>
    private static async Task<JsonElement> ReadBodyAsync(HttpRequest http)
    {
        if (http.ContentType is null || !http.ContentType.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return Empty;
        }

        using var buffer = new MemoryStream();
        await http.Body.CopyToAsync(buffer, http.HttpContext.RequestAborted);
        if (buffer.Length == 0)
        {
            return Empty;
        }

        try
        {
            var bytes = buffer.ToArray();
            if (bytes is [0xEF, 0xBB, 0xBF, ..])
            {
                throw InvalidJson();
            }

            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : Empty;
        }
        catch (JsonException)
        {
            throw InvalidJson();
        }
    }

    private static WooRestException InvalidJson() => new(400, "rest_invalid_json", "Invalid JSON body passed.", new JsonObject { ["json_error_code"] = 4, ["json_error_message"] = "Syntax error" });
}
