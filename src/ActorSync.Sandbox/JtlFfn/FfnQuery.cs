using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>$top, $skip, $filter, $select and $orderBy of a list. Query parameters of other names are ignored without a word.</summary>
public sealed class FfnQuery
{
    private const int DefaultTop = 50;

    /// <summary>The most that public clients are seen to ask for; more is cut to it.</summary>
    private const int MostPerPage = 100;

    /// <summary>The order in which every list is handed over already.</summary>
    private const string DefaultOrder = "modificationInfo/createdAt";

    private readonly int top;
    private readonly int skip;
    private readonly IReadOnlyList<FfnCondition> conditions;
    private readonly string filter;
    private readonly string select;
    private readonly string orderBy;

    private FfnQuery(int top, int skip, IReadOnlyList<FfnCondition> conditions, string filter, string select, string orderBy)
    {
        this.top = top;
        this.skip = skip;
        this.conditions = conditions;
        this.filter = filter;
        this.select = select;
        this.orderBy = orderBy;
    }

    public static FfnQuery Read(IQueryCollection query, IReadOnlyCollection<string> filterable)
    {
        var text = query["$filter"].ToString();
        return new FfnQuery(Math.Min(MostPerPage, Count(query, "$top", DefaultTop)), Count(query, "$skip", 0), FfnFilter.Parse(text, filterable), text, query["$select"].ToString(), query["$orderBy"].ToString());
    }

    /// <summary>The text that the field must equal, where the filter says so.</summary>
    public string? TextOf(string field) => conditions.Where(c => c.Field == field).Select(c => c.Literal as string).FirstOrDefault(t => t is not null);

    public JsonObject Page<T>(IEnumerable<T> all, Func<T, JsonObject> render)
    {
        List<JsonObject> page;
        int total;
        if (conditions.Count == 0 && orderBy is "" or DefaultOrder)
        {
            var items = all as IReadOnlyCollection<T> ?? [.. all];
            total = items.Count;
            page = [.. items.Skip(skip).Take(top).Select(render)];
        }
        else
        {
            List<JsonObject> found = [.. Ordered(all.Select(render).Where(o => conditions.All(c => c.Holds(o))))];
            total = found.Count;
            page = [.. found.Skip(skip).Take(top)];
        }

        var links = new JsonObject();
        if (skip > 0)
        {
            links["previous"] = Link(Math.Max(0, skip - top));
        }

        var answer = new JsonObject
        {
            ["items"] = new JsonArray([.. page.Select(o => (JsonNode)Selected(o))]),
            ["_page"] = new JsonObject { ["total"] = total, ["limit"] = top, ["offset"] = skip },
            ["_links"] = links,
        };
        if (top > 0 && skip + top < total)
        {
            links["next"] = Link(skip + top);
            answer["nextPageLink"] = Link(skip + top);
        }

        answer["count"] = page.Count;
        return answer;
    }

    private string Link(int offset)
    {
        var link = new StringBuilder("?$orderBy=").Append(Uri.EscapeDataString(orderBy.Length > 0 ? orderBy : DefaultOrder).Replace("%2F", "/", StringComparison.Ordinal)).Append("&$top=").Append(top).Append("&$skip=").Append(offset);
        if (filter.Length > 0)
        {
            link.Append("&$filter=").Append(Uri.EscapeDataString(filter));
        }

        return (select.Length > 0 ? link.Append("&$select=").Append(Uri.EscapeDataString(select)) : link).ToString();
    }

    private IEnumerable<JsonObject> Ordered(IEnumerable<JsonObject> items)
    {
        IOrderedEnumerable<JsonObject>? ordered = null;
        foreach (var term in orderBy.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = term.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 2 || (words.Length == 2 && words[1] is not ("asc" or "desc")))
            {
                throw FfnErrors.Invalid("$orderBy", $"'{term}' is not a field with asc or desc.");
            }

            var isDown = words.Length == 2 && words[1] == "desc";
            IComparable? Key(JsonObject item) => FfnCondition.Values(item, words[0]).Select(FfnCondition.Plain).FirstOrDefault() as IComparable;
            ordered = (ordered, isDown) switch
            {
                (null, false) => items.OrderBy(Key, FieldOrder.Instance),
                (null, true) => items.OrderByDescending(Key, FieldOrder.Instance),
                (_, false) => ordered.ThenBy(Key, FieldOrder.Instance),
                _ => ordered.ThenByDescending(Key, FieldOrder.Instance),
            };
        }

        return ordered ?? items;
    }

    /// <summary>Nothing before something, and texts by their characters.</summary>
    private sealed class FieldOrder : IComparer<IComparable?>
    {
        public static readonly FieldOrder Instance = new();

        public int Compare(IComparable? x, IComparable? y) => (x, y) switch
        {
            (null, null) => 0,
            (null, _) => -1,
            (_, null) => 1,
            (string a, string b) => string.CompareOrdinal(a, b),
            _ when x.GetType() == y.GetType() => x.CompareTo(y),
            _ => 0,
        };
    }

    private JsonObject Selected(JsonObject item)
    {
        if (select.Length == 0)
        {
            return item;
        }

        var wanted = select.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(f => f.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in item.Select(m => m.Key).Where(n => !wanted.Contains(n)).ToList())
        {
            item.Remove(name);
        }

        return item;
    }

    private static int Count(IQueryCollection query, string name, int fallback)
    {
        if (!query.TryGetValue(name, out var text) || text.ToString().Length == 0)
        {
            return fallback;
        }

        return int.TryParse(text, out var count) && count >= 0 ? count : throw FfnErrors.Invalid(name, $"{name} is '{text}' but must be a whole number from 0.");
    }
}

/// <summary>One "field eq literal"; a list holds it when one of its elements does.</summary>
public sealed record FfnCondition(string Field, object? Literal)
{
    public bool Holds(JsonObject item)
    {
        var values = Values(item, Field).Select(Plain).ToList();
        return Literal is null ? values.TrueForAll(v => v is null) : values.Contains(Literal);
    }

    public static IEnumerable<JsonNode?> Values(JsonNode? node, string path)
    {
        IEnumerable<JsonNode?> found = [node];
        foreach (var step in path.Split('/'))
        {
            found = [.. found.OfType<JsonObject>().Select(o => o[step]).SelectMany(v => v is JsonArray list ? list : (IEnumerable<JsonNode?>)[v])];
        }

        return found;
    }

    public static object? Plain(JsonNode? node) => node?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => node.ToString(),
        System.Text.Json.JsonValueKind.Number => decimal.TryParse(node.ToJsonString(), out var number) ? number : null,
        System.Text.Json.JsonValueKind.True => true,
        System.Text.Json.JsonValueKind.False => false,
        _ => null,
    };
}

/// <summary>The part of OData that the network is known to take: comparisons by eq, joined by and.</summary>
public static class FfnFilter
{
    public static IReadOnlyList<FfnCondition> Parse(string text, IReadOnlyCollection<string> filterable)
    {
        var conditions = new List<FfnCondition>();
        var at = 0;
        while (Skip(text, ref at))
        {
            if (conditions.Count > 0 && !string.Equals(Word(text, ref at), "and", StringComparison.Ordinal))
            {
                throw Wrong(text, "conditions are joined by 'and'");
            }

            var field = Word(text, ref at);
            if (!filterable.Contains(field))
            {
                throw Wrong(text, $"'{field}' cannot be filtered by here; known: {string.Join(", ", filterable)}");
            }

            if (Word(text, ref at) != "eq")
            {
                throw Wrong(text, "only 'eq' is served");
            }

            conditions.Add(new FfnCondition(field, Literal(text, ref at)));
        }

        return conditions;
    }

    private static object? Literal(string text, ref int at)
    {
        if (!Skip(text, ref at))
        {
            throw Wrong(text, "a value is missing");
        }

        if (text[at] != '\'')
        {
            return Word(text, ref at) switch
            {
                "null" => null,
                "true" => true,
                "false" => false,
                var word when decimal.TryParse(word, out var number) => number,
                var word => throw Wrong(text, $"'{word}' is no value; texts stand in single quotes"),
            };
        }

        // A quote inside a text is doubled.
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '\'')
            {
                value.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '\'')
            {
                value.Append(text[at++]);
            }
            else
            {
                at++;
                return value.ToString();
            }
        }

        throw Wrong(text, "a quote is not closed");
    }

    private static bool Skip(string text, ref int at)
    {
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        return at < text.Length;
    }

    private static string Word(string text, ref int at)
    {
        Skip(text, ref at);
        var start = at;
        while (at < text.Length && text[at] is not (' ' or '\''))
        {
            at++;
        }

        return text[start..at];
    }

    private static FfnRefusedException Wrong(string text, string why) => FfnErrors.Invalid("$filter", $"$filter is \"{text}\": {why}.");
}
