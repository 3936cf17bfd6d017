using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>JSON the way PHP's json_encode writes it: slashes escaped, everything outside ASCII as \uXXXX in lower case, an empty map as [].</summary>
public static class PhpJson
{
    public static byte[] Encode(JsonNode? node)
    {
        var text = new StringBuilder(4096);
        Write(node, text);
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject { Count: 0 }:
                text.Append("[]");
                break;
            case JsonObject members:
                text.Append('{');
                var isFirst = true;
                foreach (var (name, value) in members)
                {
                    if (!isFirst)
                    {
                        text.Append(',');
                    }

                    isFirst = false;
                    WriteText(name, text);
                    text.Append(':');
                    Write(value, text);
                }

                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    if (i > 0)
                    {
                        text.Append(',');
                    }

                    Write(items[i], text);
                }

                text.Append(']');
                break;
            default:
                WriteValue(node.AsValue(), text);
                break;
        }
    }

    private static void WriteValue(JsonValue value, StringBuilder text)
    {
        if (value.TryGetValue<string>(out var words))
        {
            WriteText(words, text);
        }
        else if (value.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            text.Append(value.GetValueKind() == JsonValueKind.True ? "true" : "false");
        }
        else if (value.TryGetValue<int>(out var small))
        {
            text.Append(small);
        }
        else if (value.TryGetValue<long>(out var whole))
        {
            text.Append(whole);
        }
        else
        {
            text.Append(value.ToJsonString());
        }
    }

    private static void WriteText(string words, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in words)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '/': text.Append("\\/"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < ' ' or > '~':
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default: text.Append(c); break;
            }
        }

        text.Append('"');
    }
}
