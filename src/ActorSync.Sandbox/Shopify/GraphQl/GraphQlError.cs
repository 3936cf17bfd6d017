using System.Text.Json.Nodes;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>One entry of the top-level "errors".</summary>
public sealed record GraphQlError(string Message, JsonObject Extensions)
{
    public IReadOnlyList<(int Line, int Column)> Locations { get; init; } = [];
    public IReadOnlyList<object>? Path { get; init; }

    public static GraphQlError Of(string code, string message, params (string Key, JsonNode? Value)[] more)
    {
        var extensions = new JsonObject { ["code"] = code };
        foreach (var (key, value) in more)
        {
            extensions[key] = value;
        }

        return new GraphQlError(message, extensions);
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["message"] = Message };
        if (Locations.Count > 0)
        {
            json["locations"] = new JsonArray([.. Locations.Select(l => new JsonObject { ["line"] = l.Line, ["column"] = l.Column })]);
        }

        if (Path is not null)
        {
            json["path"] = new JsonArray([.. Path.Select(p => p is int index ? JsonValue.Create(index) : (JsonNode)JsonValue.Create(p.ToString())!)]);
        }

        json["extensions"] = Extensions.DeepClone();
        return json;
    }

    public static (int Line, int Column) At(string text, ASTNode node)
    {
        var line = 1;
        var lineStart = 0;
        var end = Math.Min(node.Location.Start, text.Length);
        for (var i = 0; i < end; i++)
        {
            if (text[i] == '\n')
            {
                line++;
                lineStart = i + 1;
            }
        }

        return (line, end - lineStart + 1);
    }
}
