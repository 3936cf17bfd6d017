using System.Text.Json;

namespace ActorSync.Channels.Tests.JtlFfn;

/// <summary>The contract pack, read in place beside the repository; tests that need it are skipped where it is not at hand.</summary>
internal static class JtlContract
{
    private static readonly string? Folder = Find();

    public static string PathOf(string relative)
    {
        Assert.SkipWhen(Folder is null, "The contract pack ../shared/contracts/jtl-ffn is not beside this repository.");
        return Path.Combine(Folder!, relative);
    }

    public static JsonElement Json(string relative) => JsonElement.Parse(File.ReadAllBytes(PathOf(relative)));

    /// <summary>What is wrong with a body by JTL's own schema of a request; empty = nothing. A member that the schema lacks is wrong: JTL drops it in silence.</summary>
    public static List<string> Problems(string schema, JsonElement body)
    {
        var schemas = Json("merchant-openapi.json").GetProperty("components").GetProperty("schemas");
        var problems = new List<string>();
        Check(schemas, schemas.GetProperty(schema), body, "$", problems);
        return problems;
    }

    private static void Check(JsonElement schemas, JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(schemas, schemas.GetProperty(reference.GetString()!.Split('/')[^1]), value, path, problems);
            return;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            if (!(schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean()))
            {
                problems.Add($"{path} may not be null");
            }

            return;
        }

        if (schema.TryGetProperty("enum", out var values) && !values.EnumerateArray().Any(v => v.GetString() == value.ToString()))
        {
            problems.Add($"{path} is {value}, which is none of the allowed values");
        }

        var type = schema.TryGetProperty("type", out var told) ? told.GetString() : "object";
        var fits = (type, value.ValueKind) switch
        {
            ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("number", JsonValueKind.Number) => true,
            ("integer", JsonValueKind.Number) => value.TryGetInt64(out _),
            ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
            _ => false,
        };
        if (!fits)
        {
            problems.Add($"{path} is {value.ValueKind} but must be {type}");
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                CheckLength(schema, value.GetString()!, path, problems);
                break;
            case JsonValueKind.Array:
                foreach (var (index, element) in value.EnumerateArray().Index())
                {
                    Check(schemas, schema.GetProperty("items"), element, $"{path}[{index}]", problems);
                }

                break;
            case JsonValueKind.Object:
                CheckMembers(schemas, schema, value, path, problems);
                break;
        }
    }

    private static void CheckMembers(JsonElement schemas, JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        var members = schema.GetProperty("properties");
        foreach (var member in value.EnumerateObject())
        {
            if (members.TryGetProperty(member.Name, out var known))
            {
                Check(schemas, known, member.Value, $"{path}.{member.Name}", problems);
            }
            else
            {
                problems.Add($"{path}.{member.Name} is not in the schema");
            }
        }

        foreach (var required in schema.TryGetProperty("required", out var list) ? list.EnumerateArray().Select(r => r.GetString()!) : [])
        {
            if (!value.TryGetProperty(required, out _))
            {
                problems.Add($"{path}.{required} is missing");
            }
        }
    }

    private static void CheckLength(JsonElement schema, string text, string path, List<string> problems)
    {
        if ((schema.TryGetProperty("maxLength", out var most) && text.Length > most.GetInt32()) || (schema.TryGetProperty("minLength", out var least) && text.Length < least.GetInt32()))
        {
            problems.Add($"{path} has {text.Length} characters");
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ActorSync.sln")))
            {
                var pack = Path.Combine(folder.FullName, "..", "shared", "contracts", "jtl-ffn");
                return Directory.Exists(pack) ? pack : null;
            }
        }

        return null;
    }
}
