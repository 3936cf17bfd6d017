using System.Text.Json;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>The contract pack, read in place beside the repository; tests that need it are skipped where it is not at hand.</summary>
internal static class ShopifyContract
{
    private static readonly string? Folder = Find();

    public static string PathOf(string relative)
    {
        Assert.SkipWhen(Folder is null, "The contract pack ../shared/contracts/shopify is not beside this repository.");
        return Path.Combine(Folder!, relative);
    }

    public static byte[] Bytes(string relative) => File.ReadAllBytes(PathOf(relative));

    public static JsonElement Json(string relative)
    {
        using var document = JsonDocument.Parse(Bytes(relative));
        return document.RootElement.Clone();
    }

    public static IEnumerable<JsonElement> Recorded()
    {
        foreach (var line in File.ReadLines(PathOf("recorded-exchanges.jsonl")).Where(line => line.Length > 0))
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ActorSync.sln")))
            {
                var pack = Path.Combine(folder.FullName, "..", "shared", "contracts", "shopify");
                return Directory.Exists(pack) ? pack : null;
            }
        }

        return null;
    }
}
