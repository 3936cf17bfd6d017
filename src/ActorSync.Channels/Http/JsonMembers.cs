using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Http;

/// <summary>Cuts a body down to the members that may be kept.</summary>
internal static class JsonMembers
{
    /// <summary>The named members only, as dot paths through objects and lists.</summary>
    public static ReadOnlyMemory<byte> Only(JsonElement body, IReadOnlyCollection<string> paths) =>
        new(JsonSerializer.SerializeToUtf8Bytes(Cut(body, paths)));

    private static JsonNode? Cut(JsonElement value, IReadOnlyCollection<string> paths)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when paths.Count > 0:
                var kept = new JsonObject();
                foreach (var group in paths.Select(path => path.Split('.', 2)).GroupBy(path => path[0], StringComparer.Ordinal))
                {
                    if (value.TryGetProperty(group.Key, out var member))
                    {
                        kept[group.Key] = Cut(member, [.. group.Where(path => path.Length > 1).Select(path => path[1])]);
                    }
                }

                return kept;
            case JsonValueKind.Array when paths.Count > 0:
                return new JsonArray([.. value.EnumerateArray().Select(item => Cut(item, paths))]);
            case JsonValueKind.Object or JsonValueKind.Array:
                // Named as a value, but it is none: nothing that was not asked for is let through.
                return null;
            default:
                return JsonSerializer.SerializeToNode(value);
        }
    }
}
