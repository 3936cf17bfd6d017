using System.Collections.Frozen;
using System.Security.Cryptography;

namespace ActorSync.Web.Dashboard.Live;

/// <summary>The page's style, script and icon: embedded, so that one executable serves them whatever its folder, and named by content, so that browsers keep them.</summary>
internal static class DashboardAssets
{
    private static readonly FrozenDictionary<string, (byte[] Content, string Type)> Files = new[] { "site.css", "site.js", "icon.svg" }
        .ToFrozenDictionary(n => n, n => (Read(n), n.EndsWith(".css", StringComparison.Ordinal) ? "text/css" : n.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : "image/svg+xml"), StringComparer.Ordinal);

    public static string Style { get; } = Address("site.css");
    public static string Script { get; } = Address("site.js");
    public static string Icon { get; } = Address("icon.svg");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/assets/{name}", (string name, HttpContext context) =>
    {
        if (!Files.TryGetValue(name, out var file))
        {
            return Results.NotFound();
        }

        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(file.Content, file.Type + "; charset=utf-8");
    }).AllowAnonymous().ExcludeFromDescription();

    private static string Address(string name) => $"/assets/{name}?v={Convert.ToHexStringLower(SHA256.HashData(Files[name].Content))[..12]}";

    private static byte[] Read(string name)
    {
        using var stream = typeof(DashboardAssets).Assembly.GetManifestResourceStream("ActorSync.Web.Assets." + name)
            ?? throw new InvalidOperationException($"The embedded file '{name}' is missing from the build.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
