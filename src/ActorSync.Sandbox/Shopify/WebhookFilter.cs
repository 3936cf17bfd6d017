using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>A subscription's filter over the body that would be sent: search syntax with dot paths, variants.price:>=10.</summary>
public static class WebhookFilter
{
    public static bool Passes(string? filter, JsonObject body) =>
        filter is null || new SearchQuery(filter).Matches(term => term.Field is not null && Values(body, term.Field.Split('.')).Any(v => Fits(term, v)));

    private static bool Fits(SearchQuery.Term term, JsonValue value)
    {
        var text = value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
        return term.Comparator.Length == 0 ? term.MatchesText(text)
            : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? term.MatchesNumber(number)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) && term.MatchesTime(time);
    }

    /// <summary>Every value under a path; lists stand for their elements.</summary>
    private static IEnumerable<JsonValue> Values(JsonNode? node, ArraySegment<string> path) => node switch
    {
        JsonArray list => list.SelectMany(item => Values(item, path)),
        JsonObject members when path.Count > 0 => Values(members[path[0]], path[1..]),
        JsonValue value when path.Count == 0 => [value],
        _ => [],
    };
}
