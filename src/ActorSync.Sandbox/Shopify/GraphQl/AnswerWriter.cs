using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQL.Execution;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Writes an answer straight from the executor's tree.</summary>
public static class AnswerWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="errors">Top-level errors; none leaves the member out.</param>
    /// <param name="hasData">False leaves "data" out, as where nothing ran.</param>
    /// <param name="data">The executor's root, null for "data": null.</param>
    /// <param name="extensions">Null leaves the member out.</param>
    public static byte[] Write(IReadOnlyList<JsonObject> errors, bool hasData, RootExecutionNode? data, JsonObject? extensions)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            if (errors.Count > 0)
            {
                writer.WriteStartArray("errors");
                foreach (var error in errors)
                {
                    error.WriteTo(writer);
                }

                writer.WriteEndArray();
            }

            if (hasData)
            {
                writer.WritePropertyName("data");
                Node(writer, data);
            }

            if (extensions is not null)
            {
                writer.WritePropertyName("extensions");
                extensions.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>One object as a line of a bulk result: its connections are handed back instead of written.</summary>
    internal static (string Line, string? Id, IReadOnlyList<ExecutionNode> Connections) Detached(ObjectExecutionNode node, string? parent)
    {
        var connections = new List<ExecutionNode>();
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            Fields(writer, node.SubFields ?? [], connections);
            if (parent is not null)
            {
                writer.WriteString("__parentId", parent);
            }

            writer.WriteEndObject();
        }

        var id = (node.SubFields ?? []).FirstOrDefault(f => f.Name == "id") is ValueExecutionNode own ? own.ToValue() as string : null;
        return (Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length), id, connections);
    }

    private static void Fields(Utf8JsonWriter writer, IEnumerable<ExecutionNode> fields, List<ExecutionNode>? detached)
    {
        foreach (var field in fields)
        {
            if (detached is not null && field is ObjectExecutionNode { Result: Connection })
            {
                detached.Add(field);
                continue;
            }

            writer.WritePropertyName(field.Name!);
            Node(writer, field, detached);
        }
    }

    private static void Node(Utf8JsonWriter writer, ExecutionNode? node, List<ExecutionNode>? detached = null)
    {
        switch (node)
        {
            case ObjectExecutionNode { SubFields: { } fields }:
                writer.WriteStartObject();
                Fields(writer, fields, detached);
                writer.WriteEndObject();
                break;
            case ArrayExecutionNode { Items: { } items }:
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    Node(writer, item, detached);
                }

                writer.WriteEndArray();
                break;
            case ArrayExecutionNode { SerializedResult: { } scalars }:
                Value(writer, scalars);
                break;
            case ValueExecutionNode value:
                Value(writer, value.ToValue());
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void Value(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(PassingScalar.Time(time));
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case JsonElement json:
                json.WriteTo(writer);
                break;
            case System.Collections.IEnumerable list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    Value(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                JsonSerializer.Serialize(writer, value);
                break;
        }
    }
}
