using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorSync.Abstractions.Webhooks;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>The captured conversations of the contract, read where they lie; a test that needs them skips itself where they are not at hand.</summary>
internal static class WooSamples
{
    public static string? Folder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared", "contracts", "woocommerce", "samples");
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        return null;
    }

    public static string Require()
    {
        var folder = Folder();
        if (folder is null)
        {
            Assert.Skip("The captured WooCommerce contract (shared/contracts/woocommerce/samples beside the repository) is not at hand.");
        }

        return folder;
    }

    public static JsonElement Read(string name) => JsonElement.Parse(File.ReadAllBytes(Path.Combine(Require(), name + ".json")));

    public static JsonElement Answer(string name) => Read(name).GetProperty("response").GetProperty("body");

    public static WebhookRequest Delivery(string name)
    {
        var request = Read(name).GetProperty("request");
        return new WebhookRequest
        {
            Headers = request.GetProperty("headers").EnumerateArray().ToDictionary(h => h[0].GetString()!.ToLower(CultureInfo.InvariantCulture), h => h[1].GetString()!, StringComparer.Ordinal),
            Body = Encoding.UTF8.GetBytes(request.GetProperty("body_raw").GetString()!),
            ReceivedAt = new DateTimeOffset(2026, 11, 22, 17, 0, 0, TimeSpan.Zero),
        };
    }
}
