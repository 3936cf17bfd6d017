using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>What goes back: status, JSON, and the headers that belong to lists and creations.</summary>
public sealed record WooAnswer(int Status, JsonNode? Body)
{
    public int? Total { get; init; }
    public int? TotalPages { get; init; }
    public string? Link { get; init; }
    public string? Location { get; init; }

    /// <summary>How many things the call changed.</summary>
    public int Writes { get; init; }

    public static WooAnswer Ok(JsonNode? body, int writes = 0) => new(200, body) { Writes = writes };

    public static WooAnswer Created(JsonNode body, string location) => new(201, body) { Writes = 1, Location = location };

    /// <summary>One page of what a list found.</summary>
    public static WooAnswer List<T>(WooRequest request, Uri home, IReadOnlyList<T> found, Func<T, JsonObject> render)
    {
        var size = request.PerPage;
        var page = request.Page;
        var pages = (found.Count + size - 1) / size;
        var skipped = request.Offset ?? (long)(page - 1) * size;
        var items = found.Skip((int)Math.Min(skipped, int.MaxValue)).Take(size).Select(item => (JsonNode)request.Trim(render(item), isSingle: false));
        var path = $"{home}/wp-json/wc/v3/{string.Join('/', request.Path)}";
        var links = new List<string>();
        if (page > 1 && pages > 0)
        {
            links.Add($"<{path}?{request.QueryWith(Math.Min(page - 1, pages))}>; rel=\"prev\"");
        }

        if (page < pages)
        {
            links.Add($"<{path}?{request.QueryWith(page + 1)}>; rel=\"next\"");
        }

        return new WooAnswer(200, new JsonArray([.. items])) { Total = found.Count, TotalPages = pages, Link = links.Count > 0 ? string.Join(", ", links) : null };
    }
}
