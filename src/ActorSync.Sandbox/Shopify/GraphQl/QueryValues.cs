using System.Globalization;
using System.Text.Json;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>A document's variables with their defaults: what an argument's value is, as JSON.</summary>
public sealed class QueryValues
{
    private readonly Dictionary<string, JsonElement> variables = new(StringComparer.Ordinal);

    public QueryValues(GraphQLOperationDefinition operation, JsonElement given)
    {
        foreach (var variable in operation.Variables?.Items ?? [])
        {
            var name = variable.Variable.Name.StringValue;
            if (given.ValueKind == JsonValueKind.Object && given.TryGetProperty(name, out var value))
            {
                variables[name] = value;
            }
            else if (variable.DefaultValue is not null)
            {
                variables[name] = Literal(variable.DefaultValue);
            }
        }
    }

    /// <summary>Undefined (the default of JsonElement) for a variable that was not given.</summary>
    public JsonElement Of(GraphQLValue value)
    {
        if (value is GraphQLVariable variable)
        {
            return variables.GetValueOrDefault(variable.Name.StringValue);
        }

        return Literal(value);
    }

    public JsonElement Argument(GraphQLField field, string name)
    {
        foreach (var argument in field.Arguments?.Items ?? [])
        {
            if (argument.Name == name)
            {
                return Of(argument.Value);
            }
        }

        return default;
    }

    /// <summary>Whether @skip and @include leave the selection in.</summary>
    public bool Included(GraphQLDirectives? directives)
    {
        foreach (var directive in directives?.Items ?? [])
        {
            var condition = directive.Arguments?.Items is [{ } only] ? Of(only.Value) : default;
            if ((directive.Name == "skip" && condition.ValueKind == JsonValueKind.True)
                || (directive.Name == "include" && condition.ValueKind == JsonValueKind.False))
            {
                return false;
            }
        }

        return true;
    }

    private JsonElement Literal(GraphQLValue value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value);
        }

        return JsonDocument.Parse(buffer.ToArray()).RootElement;
    }

    private void Write(Utf8JsonWriter writer, GraphQLValue value)
    {
        switch (value)
        {
            case GraphQLVariable variable when variables.TryGetValue(variable.Name.StringValue, out var given):
                given.WriteTo(writer);
                break;
            case GraphQLVariable or GraphQLNullValue:
                writer.WriteNullValue();
                break;
            case GraphQLIntValue number:
                writer.WriteRawValue(number.Value.ToString());
                break;
            case GraphQLFloatValue number:
                writer.WriteNumberValue(double.Parse(number.Value.ToString(), CultureInfo.InvariantCulture));
                break;
            case GraphQLStringValue text:
                writer.WriteStringValue(text.Value.Span);
                break;
            case GraphQLBooleanValue boolean:
                writer.WriteBooleanValue(boolean is GraphQLTrueBooleanValue);
                break;
            case GraphQLEnumValue name:
                writer.WriteStringValue(name.Name.StringValue);
                break;
            case GraphQLListValue list:
                writer.WriteStartArray();
                foreach (var item in list.Values ?? [])
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case GraphQLObjectValue members:
                writer.WriteStartObject();
                foreach (var member in members.Fields ?? [])
                {
                    // A member whose variable was not given is absent, not null: the difference decides whether changeFromQuantity was sent.
                    if (member.Value is GraphQLVariable missing && !variables.ContainsKey(missing.Name.StringValue))
                    {
                        continue;
                    }

                    writer.WritePropertyName(member.Name.StringValue);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            default:
                throw new ArgumentException($"'{value.Kind}' is not a value.", nameof(value));
        }
    }
}
