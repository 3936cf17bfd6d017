using System.Text.Json;
using System.Text.Json.Nodes;
using GraphQLParser.AST;

namespace ActorSync.Sandbox.Shopify.GraphQl;

/// <summary>Given variables against their declared types, refused in Shopify's words: INVALID_VARIABLE with a list of problems.</summary>
public sealed class VariableCheck(SdlIndex sdl)
{
    public IReadOnlyList<GraphQlError> Run(string text, GraphQLOperationDefinition operation, JsonElement given)
    {
        var errors = new List<GraphQlError>();
        foreach (var variable in operation.Variables?.Items ?? [])
        {
            var name = variable.Variable.Name.StringValue;
            JsonElement value = default;
            var present = given.ValueKind == JsonValueKind.Object && given.TryGetProperty(name, out value);
            if (!present && variable.DefaultValue is not null)
            {
                continue;
            }

            var problems = new List<Problem>();
            if (present || variable.Type is GraphQLNonNullType)
            {
                Check(present ? value : default, variable.Type, [], problems);
            }

            if (problems.Count > 0)
            {
                errors.Add(Refuse(text, variable, name, present ? value : default, problems));
            }
        }

        return errors;
    }

    private static GraphQlError Refuse(string text, GraphQLVariableDefinition variable, string name, JsonElement value, List<Problem> problems)
    {
        var details = string.Join(", ", problems.Where(p => p.Path.Count > 0).Select(p => $"{string.Join('.', p.Path)} ({p.Explanation})"));
        var message = $"Variable ${name} of type {SdlIndex.Print(variable.Type)} was provided invalid value{(details.Length > 0 ? " for " + details : "")}";
        var list = new JsonArray([.. problems.Select(p => p.ToJson())]);
        return GraphQlError.Of("INVALID_VARIABLE", message,
            ("value", value.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(value.GetRawText())), ("problems", list)) with
        {
            Locations = [GraphQlError.At(text, variable)],
        };
    }

    private void Check(JsonElement value, GraphQLType type, IReadOnlyList<object> path, List<Problem> problems)
    {
        var isNull = value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
        if (type is GraphQLNonNullType nonNull)
        {
            if (isNull)
            {
                problems.Add(new Problem(path, "Expected value to not be null"));
                return;
            }

            type = nonNull.Type;
        }

        if (isNull)
        {
            return;
        }

        if (type is GraphQLListType list)
        {
            if (value.ValueKind != JsonValueKind.Array)
            {
                Check(value, list.Type, path, problems);
                return;
            }

            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Check(item, list.Type, [.. path, index++], problems);
            }

            return;
        }

        if (sdl.Find(SdlIndex.BaseName(type)) is { } named)
        {
            CheckNamed(value, named, path, problems);
        }
    }

    private void CheckNamed(JsonElement value, SdlType named, IReadOnlyList<object> path, List<Problem> problems)
    {
        switch (named.Kind)
        {
            case SdlKind.Input when value.ValueKind != JsonValueKind.Object:
                problems.Add(new Problem(path, $"Expected {value.GetRawText()} to be a key-value object."));
                break;
            case SdlKind.Input:
                foreach (var member in value.EnumerateObject().Where(m => !named.Inputs.ContainsKey(m.Name)))
                {
                    problems.Add(new Problem([.. path, member.Name], $"Field is not defined on {named.Name}"));
                }

                foreach (var input in named.Inputs.Values)
                {
                    if (value.TryGetProperty(input.Name, out var inner) || input.Required)
                    {
                        Check(inner, input.Type, [.. path, input.Name], problems);
                    }
                }

                break;
            case SdlKind.Enum when value.ValueKind != JsonValueKind.String || !named.EnumValues.Contains(value.GetString(), StringComparer.Ordinal):
                problems.Add(new Problem(path, $"Expected {value.GetRawText()} to be one of: {string.Join(", ", named.EnumValues)}"));
                break;
            case SdlKind.Scalar when ScalarProblem(named.Name, value) is { } explanation:
                problems.Add(new Problem(path, explanation, named.Name == "ID"));
                break;
        }
    }

    private static string? ScalarProblem(string scalar, JsonElement value) => scalar switch
    {
        "ID" when value.ValueKind == JsonValueKind.Number => null,
        "ID" when value.ValueKind != JsonValueKind.String || !IsId(value.GetString()!) => $"Invalid global id '{value}'",
        "Int" when value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out _) => $"Could not coerce value {value.GetRawText()} to Int",
        "Float" when value.ValueKind != JsonValueKind.Number => $"Could not coerce value {value.GetRawText()} to Float",
        "Boolean" when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) => $"Could not coerce value {value.GetRawText()} to Boolean",
        "String" or "HTML" or "URL" when value.ValueKind != JsonValueKind.String => $"Could not coerce value {value.GetRawText()} to {scalar}",
        "Money" or "Decimal" when !IsDecimal(value) => $"invalid {(scalar == "Money" ? "money" : "decimal")} '{value}'",
        "DateTime" when value.ValueKind != JsonValueKind.String || !value.TryGetDateTimeOffset(out _) => $"Invalid DateTime '{value}'",
        _ => null,
    };

    private static bool IsId(string id) => Gid.Parse(id) is not null || (id.Length > 0 && id.All(char.IsAsciiDigit));

    private static bool IsDecimal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDecimal(out _),
        JsonValueKind.String => decimal.TryParse(value.GetString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _),
        _ => false,
    };

    private sealed record Problem(IReadOnlyList<object> Path, string Explanation, bool RepeatAsMessage = false)
    {
        public JsonObject ToJson()
        {
            var json = new JsonObject
            {
                ["path"] = new JsonArray([.. Path.Select(p => p is int index ? JsonValue.Create(index) : (JsonNode)JsonValue.Create(p.ToString())!)]),
                ["explanation"] = Explanation,
            };
            if (RepeatAsMessage)
            {
                json["message"] = Explanation;
            }

            return json;
        }
    }
}
