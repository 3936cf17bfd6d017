using System.Globalization;
using System.Text.Json;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>Members of a request body as PHP reads them.</summary>
internal static class WooBodyReading
{
    public static bool Has(JsonElement body, string member) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out _);

    /// <summary>Empty for null and for what is not there; numbers as they were written.</summary>
    public static string Text(JsonElement body, string member) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out var value) ? Raw(value) : "";

    public static string Raw(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "1",
        _ => "",
    };

    /// <summary>PHP's intval: the number at the start of the text, else 0.</summary>
    public static long Whole(JsonElement body, string member)
    {
        var text = Text(body, member).Trim();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (long)number : 0;
    }

    public static bool Flag(JsonElement body, string member) => Text(body, member).ToUpperInvariant() is "1" or "TRUE" or "YES";

    public static IEnumerable<JsonElement> Items(JsonElement body, string member) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
