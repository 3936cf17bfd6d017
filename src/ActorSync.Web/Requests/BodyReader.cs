using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Errors;

namespace ActorSync.Web.Requests;

/// <summary>Reads the members of a JSON object by name and gathers what is wrong.</summary>
internal sealed class BodyReader
{
    private readonly Dictionary<string, (string Name, JsonNode? Node)> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];
    private readonly SortedDictionary<string, List<string>> _errors;
    private readonly string _path;
    private readonly ApiError? _fault;

    public BodyReader(JsonObject source, ApiError? fault = null)
        : this(source, "", new SortedDictionary<string, List<string>>(StringComparer.Ordinal)) => _fault = fault;

    private BodyReader(JsonObject source, string path, SortedDictionary<string, List<string>> errors)
    {
        _path = path;
        _errors = errors;
        foreach (var (name, node) in source)
        {
            if (!_members.TryAdd(Nearest.Fold(name), (name, node)))
            {
                Fail(name, $"{name} is given twice, as '{_members[Nearest.Fold(name)].Name}' and '{name}'.");
            }
        }
    }

    /// <summary>Members that nobody has asked for yet, in their order.</summary>
    public IEnumerable<(string Name, JsonNode? Node)> Rest => _members.Where(m => !_taken.Contains(m.Key)).Select(m => m.Value);

    /// <summary>Full name of a member, for messages.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public void Fail(string name, string message)
    {
        var path = PathOf(name);
        if (!_errors.TryGetValue(path, out var messages))
        {
            _errors[path] = messages = [];
        }

        messages.Add(message);
    }

    public bool Has(string name) => _members.ContainsKey(Nearest.Fold(name));

    /// <summary>Marks a member as read; null when it is absent, a null node when it is null.</summary>
    public (string Name, JsonNode? Node)? Take(params ReadOnlySpan<string> names)
    {
        _known.Add(names[0]);
        foreach (var name in names)
        {
            var key = Nearest.Fold(name);
            if (_members.TryGetValue(key, out var member))
            {
                _taken.Add(key);
                return member;
            }
        }

        return null;
    }

    public string? Text(string name, bool required = false, int max = 1024)
    {
        var member = Take(name);
        switch (member?.Node)
        {
            case null:
                if (required)
                {
                    Fail(name, $"{name} is missing; a text is needed.");
                }

                return null;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = value.GetValue<string>();
                if (text.Length > max)
                {
                    Fail(name, $"{name} has {text.Length} characters; at most {max} are accepted.");
                }
                else if (required && string.IsNullOrWhiteSpace(text))
                {
                    Fail(name, $"{name} is empty; a text is needed.");
                }

                return text;
            case { } other:
                Fail(name, $"{name} is {Show(other)}; accepted is a text.");
                return null;
        }
    }

    public bool? Flag(string name)
    {
        var member = Take(name);
        switch (member?.Node)
        {
            case null:
                return null;
            case JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                return value.GetValue<bool>();
            case { } other:
                Fail(name, $"{name} is {Show(other)}; accepted is true or false.");
                return null;
        }
    }

    public decimal? Number(string name, decimal least = decimal.MinValue, decimal most = decimal.MaxValue, bool whole = false)
    {
        var member = Take(name);
        if (member?.Node is null)
        {
            return null;
        }

        decimal number = 0;
        var isNumber = member.Value.Node is JsonValue value &&
            (value.GetValueKind() == JsonValueKind.Number ? value.TryGetValue(out number) : value.GetValueKind() == JsonValueKind.String && Canonical.TryParseNumber(value.GetValue<string>(), out number));
        if (!isNumber || number < least || number > most || (whole && number != decimal.Truncate(number)))
        {
            var range = least == decimal.MinValue && most == decimal.MaxValue ? "" : most == decimal.MaxValue ? $" of at least {least}" : $" from {least} to {most}";
            Fail(name, $"{name} is {Show(member.Value.Node)}; accepted is a {(whole ? "whole " : "")}number{range}.");
            return null;
        }

        return number;
    }

    public long? Whole(string name, long least = 0, long most = long.MaxValue) => (long?)Number(name, least, most, whole: true);

    /// <summary>One of the given words, case-blind.</summary>
    public string? Choice(string name, bool required, params ReadOnlySpan<string> words)
    {
        var text = Text(name, required);
        if (text is null)
        {
            return null;
        }

        foreach (var word in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return word;
            }
        }

        Fail(name, $"{name} is '{text}'; accepted is {string.Join(", ", words.ToArray())}.");
        return null;
    }

    public ImmutableArray<string>? Texts(string name, int most = 500)
    {
        var member = Take(name);
        if (member?.Node is null)
        {
            return null;
        }

        if (member.Value.Node is not JsonArray list || list.Any(n => n is not JsonValue v || v.GetValueKind() != JsonValueKind.String))
        {
            Fail(name, $"{name} is {Show(member.Value.Node)}; accepted is a list of texts.");
            return null;
        }

        if (list.Count > most)
        {
            Fail(name, $"{name} has {list.Count} entries; at most {most} are accepted.");
            return null;
        }

        return [.. list.Select(n => n!.GetValue<string>())];
    }

    /// <summary>A nested object; problems inside it carry its path.</summary>
    public BodyReader? Inner(string name)
    {
        var member = Take(name);
        if (member?.Node is null)
        {
            return null;
        }

        if (member.Value.Node is JsonObject inner)
        {
            return Inner(inner, name);
        }

        Fail(name, $"{name} is {Show(member.Value.Node)}; accepted is an object.");
        return null;
    }

    public BodyReader Inner(JsonObject inner, string name) => new(inner, PathOf(name), _errors);

    /// <summary>Names every member that nobody read, with the nearest of the known names.</summary>
    public void RefuseRest(IEnumerable<string>? alsoKnown = null)
    {
        var known = alsoKnown is null ? _known : [.. _known, .. alsoKnown];
        foreach (var (name, _) in Rest)
        {
            var near = Nearest.Find(name, known);
            Fail(name, near is not null
                ? $"'{name}' is not known here; did you mean '{near}'?"
                : $"'{name}' is not known here; accepted are {string.Join(", ", known.Distinct(StringComparer.Ordinal))}.");
        }
    }

    /// <summary>What is wrong with the whole request so far, or null.</summary>
    public ApiError? Problem() => _fault ?? (_errors.Count == 0 ? null
        : ApiError.Invalid(_errors.ToDictionary(e => e.Key, e => e.Value.ToArray(), StringComparer.Ordinal)));

    /// <summary>Refuses unknown members, then answers <see cref="Problem"/>.</summary>
    public ApiError? Finish()
    {
        RefuseRest();
        return Problem();
    }

    public static string Show(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ when node.ToJsonString() is { Length: > 80 } text => text[..80] + "…",
        _ => node.ToJsonString(),
    };
}
