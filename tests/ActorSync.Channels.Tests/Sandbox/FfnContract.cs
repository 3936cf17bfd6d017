using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The network's own description, read in place: what its answers look like and which errors it knows.</summary>
public sealed class FfnContract
{
    private readonly JsonObject schemas;

    private FfnContract(JsonObject schemas, HashSet<(int Status, string Code)> errors)
    {
        this.schemas = schemas;
        Errors = errors;
    }

    /// <summary>Status and code of every error in the catalogue.</summary>
    public IReadOnlySet<(int Status, string Code)> Errors { get; }

    public static FfnContract OrSkip()
    {
        var description = SandboxProcess.ContractFile("jtl-ffn", "merchant-openapi.json");
        var catalogue = SandboxProcess.ContractFile("jtl-ffn", "error-catalog.csv");
        Assert.SkipWhen(description is null || catalogue is null, "The captured contract (../shared/contracts/jtl-ffn) is not beside this repository.");
        var rows = File.ReadLines(catalogue!).Skip(1).Select(l => l.Split(',')).Where(c => c.Length > 3).Select(c => (int.Parse(c[2]), c[3]));
        return new FfnContract(JsonNode.Parse(File.ReadAllText(description!))!["components"]!["schemas"]!.AsObject(), [.. rows]);
    }

    /// <summary>Everything in which the answer is not what the schema says; members that the schema does not name count too.</summary>
    public IReadOnlyList<string> Problems(JsonNode? answer, string schema)
    {
        var problems = new List<string>();
        Check(answer, schemas[schema]!.AsObject(), schema, problems);
        return problems;
    }

    private void Check(JsonNode? value, JsonObject schema, string at, List<string> problems)
    {
        if (schema["$ref"] is { } reference)
        {
            Check(value, schemas[reference.GetValue<string>().Split('/')[^1]]!.AsObject(), at, problems);
            return;
        }

        if (value is null)
        {
            if (schema["nullable"]?.GetValue<bool>() != true)
            {
                problems.Add($"{at} is null");
            }

            return;
        }

        switch (schema["type"]?.GetValue<string>())
        {
            case "object" when value is JsonObject members:
                CheckMembers(members, schema, at, problems);
                break;
            case "array" when value is JsonArray items:
                foreach (var (item, index) in items.Select((item, index) => (item, index)))
                {
                    Check(item, schema["items"]!.AsObject(), $"{at}[{index}]", problems);
                }

                break;
            case "string" when value.GetValueKind() == JsonValueKind.String:
                CheckText(value.GetValue<string>(), schema, at, problems);
                break;
            case "integer" when value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), out _):
            case "number" when value.GetValueKind() == JsonValueKind.Number:
            case "boolean" when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
            case null:
                break;
            case var type:
                problems.Add($"{at} is no {type}: {value.ToJsonString()}");
                break;
        }
    }

    private void CheckMembers(JsonObject members, JsonObject schema, string at, List<string> problems)
    {
        var known = schema["properties"]?.AsObject() ?? [];
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToList() ?? [];
        problems.AddRange(required.Where(r => !members.ContainsKey(r)).Select(r => $"{at}.{r} is missing"));
        foreach (var (name, member) in members)
        {
            if (known[name] is JsonObject inner)
            {
                Check(member, inner, $"{at}.{name}", problems);
            }
            else if (!required.Contains(name) && known.Count > 0)
            {
                problems.Add($"{at}.{name} is not of the schema");
            }
        }
    }

    private static void CheckText(string text, JsonObject schema, string at, List<string> problems)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => a!.GetValue<string>() == text))
        {
            problems.Add($"{at} is '{text}', which is not of the list");
        }

        if (text.Length > (schema["maxLength"]?.GetValue<int>() ?? int.MaxValue) || text.Length < (schema["minLength"]?.GetValue<int>() ?? 0))
        {
            problems.Add($"{at} has {text.Length} characters");
        }

        if (schema["format"]?.GetValue<string>() == "date-time" && !DateTimeOffset.TryParseExact(text, "yyyy-MM-ddTHH:mm:ss.fffzzz", null, System.Globalization.DateTimeStyles.None, out _))
        {
            problems.Add($"{at} is '{text}', no instant in milliseconds with an offset");
        }
    }
}
