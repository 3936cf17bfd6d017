using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>The check of types and enums that single calls get and batch items do not.</summary>
public static class WooSchema
{
    private static readonly string[] Statuses = ["draft", "pending", "private", "publish", "future", "auto-draft", "trash"];

    public static readonly IReadOnlyDictionary<string, Rule> Product = Rules(
        ("name", Rule.Text), ("slug", Rule.Text), ("date_created", Rule.Date), ("date_created_gmt", Rule.Date), ("type", Rule.OneOf("simple", "grouped", "external", "variable")),
        ("status", Rule.OneOf(Statuses)), ("featured", Rule.Flag), ("catalog_visibility", Rule.OneOf("visible", "catalog", "search", "hidden")),
        ("description", Rule.Text), ("short_description", Rule.Text), ("sku", Rule.Text), ("global_unique_id", Rule.Text), ("regular_price", Rule.Text), ("sale_price", Rule.Text),
        ("tax_status", Rule.OneOf("taxable", "shipping", "none")), ("tax_class", Rule.Text), ("manage_stock", Rule.Flag), ("stock_quantity", Rule.Whole),
        ("stock_status", Rule.OneOf("instock", "outofstock", "onbackorder")), ("backorders", Rule.OneOf("no", "notify", "yes")), ("weight", Rule.Text),
        ("dimensions", Rule.Map(("length", Rule.Text), ("width", Rule.Text), ("height", Rule.Text))), ("categories", Rule.ListOf(Rule.Map(("id", Rule.Whole)))),
        ("brands", Rule.ListOf(Rule.Map(("id", Rule.Whole)))), ("tags", Rule.ListOf(Rule.Map(("id", Rule.Whole)))),
        ("images", Rule.ListOf(Rule.Map(("id", Rule.Whole), ("src", Rule.Text), ("name", Rule.Text), ("alt", Rule.Text)))),
        ("attributes", Rule.ListOf(Rule.Map(("id", Rule.Whole), ("name", Rule.Text), ("position", Rule.Whole), ("visible", Rule.Flag), ("variation", Rule.Flag), ("options", Rule.ListOf(Rule.Text))))),
        ("menu_order", Rule.Whole), ("meta_data", Rule.ListOf(Rule.Map(("id", Rule.Whole), ("key", Rule.Text)))));

    public static readonly IReadOnlyDictionary<string, Rule> Variation = Rules(
        ("description", Rule.Text), ("sku", Rule.Text), ("global_unique_id", Rule.Text), ("regular_price", Rule.Text), ("sale_price", Rule.Text), ("status", Rule.OneOf(Statuses)),
        ("tax_status", Rule.OneOf("taxable", "shipping", "none")), ("tax_class", Rule.Text), ("manage_stock", Rule.Flag), ("stock_quantity", Rule.Whole),
        ("stock_status", Rule.OneOf("instock", "outofstock", "onbackorder")), ("backorders", Rule.OneOf("no", "notify", "yes")), ("weight", Rule.Text),
        ("dimensions", Rule.Map(("length", Rule.Text), ("width", Rule.Text), ("height", Rule.Text))), ("image", Rule.Map(("id", Rule.Whole), ("src", Rule.Text), ("name", Rule.Text), ("alt", Rule.Text))),
        ("attributes", Rule.ListOf(Rule.Map(("id", Rule.Whole), ("name", Rule.Text), ("option", Rule.Text)))), ("menu_order", Rule.Whole),
        ("meta_data", Rule.ListOf(Rule.Map(("id", Rule.Whole), ("key", Rule.Text)))));

    public static readonly IReadOnlyDictionary<string, Rule> Term = Rules(("name", Rule.Text), ("slug", Rule.Text), ("parent", Rule.Whole), ("description", Rule.Text));

    public static readonly IReadOnlyDictionary<string, Rule> Webhook = Rules(
        ("name", Rule.Text), ("status", Rule.OneOf("active", "paused", "disabled")), ("topic", Rule.Text), ("secret", Rule.Text), ("delivery_url", Rule.Text));

    /// <summary>Throws rest_invalid_param naming every member that is of the wrong type.</summary>
    public static void Check(JsonElement body, IReadOnlyDictionary<string, Rule> rules)
    {
        var problems = new List<(string Member, Problem Problem)>();
        foreach (var (name, rule) in rules)
        {
            if (body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && rule.Check(name, value) is { } problem)
            {
                problems.Add((name, problem));
            }
        }

        if (problems.Count > 0)
        {
            throw Invalid(problems);
        }
    }

    public static WooRestException Invalid(string member, string code, string message) => Invalid([(member, new Problem(code, message, Param: null))]);

    private static WooRestException Invalid(IReadOnlyList<(string Member, Problem Problem)> problems)
    {
        var texts = new JsonObject();
        var details = new JsonObject();
        foreach (var (member, problem) in problems)
        {
            texts[member] = problem.Message;
            details[member] = new JsonObject
            {
                ["code"] = problem.Code,
                ["message"] = problem.Message,
                ["data"] = problem.Param is null ? null : new JsonObject { ["param"] = problem.Param },
            };
        }

        return new WooRestException(400, "rest_invalid_param", $"Invalid parameter(s): {string.Join(", ", problems.Select(p => p.Member))}", new JsonObject { ["params"] = texts, ["details"] = details });
    }

    private static Dictionary<string, Rule> Rules(params ReadOnlySpan<(string Name, Rule Rule)> rules)
    {
        var map = new Dictionary<string, Rule>(StringComparer.Ordinal);
        foreach (var (name, rule) in rules)
        {
            map.Add(name, rule);
        }

        return map;
    }
}

public sealed record Problem(string Code, string Message, string? Param);

/// <summary>What one member must be.</summary>
public sealed class Rule
{
    private readonly Func<string, JsonElement, Problem?> check;

    private Rule(Func<string, JsonElement, Problem?> check) => this.check = check;

    public static Rule Text { get; } = new((path, value) => value.ValueKind == JsonValueKind.String ? null : WrongType(path, "string"));

    public static Rule Whole { get; } = new((path, value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() == Math.Floor(value.GetDouble()),
        JsonValueKind.String => double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == Math.Floor(number),
        _ => false,
    } ? null : WrongType(path, "integer"));

    public static Rule Flag { get; } = new((path, value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.String => value.GetString()?.ToUpperInvariant() is "TRUE" or "FALSE" or "1" or "0" or "",
        JsonValueKind.Number => value.GetDouble() is 0 or 1,
        _ => false,
    } ? null : WrongType(path, "boolean"));

    public static Rule Date { get; } = new((path, value) => value.ValueKind == JsonValueKind.String && (value.GetString()!.Length == 0 || WooDates.TryParse(value.GetString()!, out _, out _))
        ? null : new Problem("rest_invalid_date", "Invalid date.", Param: null));

    public static Rule OneOf(params string[] allowed) => new((path, value) =>
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return WrongType(path, "string");
        }

        return allowed.Contains(value.GetString(), StringComparer.Ordinal)
            ? null
            : new Problem("rest_not_in_enum", $"{path} is not one of {string.Join(", ", allowed[..^1])}, and {allowed[^1]}.", Param: null);
    });

    public static Rule ListOf(Rule item) => new((path, value) =>
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return WrongType(path, "array");
        }

        var index = 0;
        foreach (var element in value.EnumerateArray())
        {
            if (item.Check(string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), element) is { } problem)
            {
                return problem;
            }
        }

        return null;
    });

    public static Rule Map(params (string Name, Rule Rule)[] members) => new((path, value) =>
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return value is { ValueKind: JsonValueKind.Array } && value.GetArrayLength() == 0 ? null : WrongType(path, "object");
        }

        foreach (var (name, rule) in members)
        {
            if (value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null && rule.Check($"{path}[{name}]", member) is { } problem)
            {
                return problem;
            }
        }

        return null;
    });

    public Problem? Check(string path, JsonElement value) => check(path, value);

    private static Problem WrongType(string path, string type) => new("rest_invalid_type", $"{path} is not of type {type}.", path);
}
