using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.Shopify;

/// <summary>
/// The search language as far as a catalogue needs it: terms joined by blanks (and) or OR, NOT or a leading minus, field:value with comparators and lists,
/// quoted phrases. A field that the resource does not have matches everything and is named in the warnings, as at Shopify.
/// </summary>
public sealed class SearchQuery
{
    private const int LongestText = 65_535;
    private readonly List<List<Term>> alternatives = [[]];

    public SearchQuery(string text)
    {
        var rest = text.Length > LongestText ? text[..LongestText] : text;
        var at = 0;
        var negate = false;
        while (Next(rest, ref at) is { } token)
        {
            switch (token)
            {
                case { Field: null, Value: "AND", Quoted: false }:
                    break;
                case { Field: null, Value: "OR", Quoted: false }:
                    alternatives.Add([]);
                    break;
                case { Field: null, Value: "NOT", Quoted: false }:
                    negate = true;
                    break;
                default:
                    alternatives[^1].Add(token with { Negated = token.Negated || negate });
                    negate = false;
                    break;
            }
        }
    }

    public IEnumerable<Term> Terms => alternatives.SelectMany(a => a);

    /// <summary>The numbers asked for, when nothing else is: thousands of them are looked up instead of compared. Null = anything else.</summary>
    public IReadOnlySet<long>? OnlyIds()
    {
        var ids = new HashSet<long>();
        foreach (var alternative in alternatives)
        {
            if (alternative is not [{ Field: "id", Comparator: "", Negated: false } term] || !long.TryParse(term.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return null;
            }

            ids.Add(id);
        }

        return ids;
    }

    public bool Matches(Func<Term, bool> test) =>
        alternatives.TrueForAll(a => a.Count == 0) || alternatives.Exists(a => a.Count > 0 && a.TrueForAll(t => test(t) != t.Negated));

    /// <summary>The entry of extensions.search for this query; null when there is nothing to warn about.</summary>
    public JsonObject? Warnings(string path, string text, IReadOnlySet<string> known)
    {
        var unknown = Terms.Where(t => t.Field is not null && !known.Contains(t.Field)).Select(t => t.Field!).Distinct(StringComparer.Ordinal).ToList();
        if (unknown.Count == 0)
        {
            return null;
        }

        var parsed = new JsonArray([.. Terms.Select(t => t.Describe())]);
        return new JsonObject
        {
            ["path"] = new JsonArray(path),
            ["query"] = text,
            ["parsed"] = parsed.Count == 1 ? parsed[0]!.DeepClone() : new JsonObject { ["and"] = parsed },
            ["warnings"] = new JsonArray([.. unknown.Select(f => new JsonObject
            {
                ["field"] = f, ["message"] = "Invalid search field for this query.", ["code"] = "invalid_field",
            })]),
        };
    }

    private static Term? Next(string text, ref int at)
    {
        while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] is '(' or ')'))
        {
            at++;
        }

        if (at >= text.Length)
        {
            return null;
        }

        var negated = text[at] == '-';
        if (negated)
        {
            at++;
        }

        var (first, quoted) = Word(text, ref at);
        if (quoted || at >= text.Length || text[at] != ':')
        {
            return new Term(null, "", first, quoted, negated);
        }

        at++;
        var comparator = new StringBuilder();
        while (at < text.Length && text[at] is '<' or '>' or '=')
        {
            comparator.Append(text[at++]);
        }

        // An unquoted time falls apart at its colons, here as there: updated_at:>2026-01-01T10:00:00Z asks for a field called 00.
        var (value, valueQuoted) = Word(text, ref at);
        if (at < text.Length && text[at] == ':')
        {
            at++;
        }

        return new Term(first.ToLowerInvariant(), comparator.ToString(), value, valueQuoted, negated);
    }

    private static (string Word, bool Quoted) Word(string text, ref int at)
    {
        var word = new StringBuilder();
        if (at < text.Length && text[at] is '"' or '\'')
        {
            var quote = text[at++];
            while (at < text.Length && text[at] != quote)
            {
                if (text[at] == '\\' && at + 1 < text.Length)
                {
                    at++;
                }

                word.Append(text[at++]);
            }

            at++;
            return (word.ToString(), true);
        }

        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not (':' or '(' or ')'))
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            word.Append(text[at++]);
        }

        return (word.ToString(), false);
    }

    /// <summary>One condition; a null field means "anywhere".</summary>
    public sealed record Term(string? Field, string Comparator, string Value, bool Quoted, bool Negated)
    {
        public IEnumerable<string> Alternatives => Quoted ? [Value] : Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        public bool MatchesText(string? actual) => actual is not null && Alternatives.Any(v => v switch
        {
            "*" => true,
            [.., '*'] => actual.StartsWith(v[..^1], StringComparison.OrdinalIgnoreCase),
            _ => string.Equals(actual, v, StringComparison.OrdinalIgnoreCase),
        });

        /// <summary>Words of a title are matched by their beginnings.</summary>
        public bool MatchesWords(string? actual) => actual is not null
            && (Quoted ? actual.Contains(Value, StringComparison.OrdinalIgnoreCase)
                : Alternatives.Any(v => actual.Split(' ', '-').Any(w => w.StartsWith(v.TrimEnd('*'), StringComparison.OrdinalIgnoreCase))));

        public bool MatchesNumber(decimal actual) => Alternatives.Any(v =>
            decimal.TryParse(v.Contains('/', StringComparison.Ordinal) ? v[(v.LastIndexOf('/') + 1)..] : v, NumberStyles.Float, CultureInfo.InvariantCulture, out var wanted)
            && Compare(actual.CompareTo(wanted)));

        public bool MatchesTime(DateTimeOffset actual) =>
            (DateTimeOffset.TryParse(Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var wanted)
                || DateTimeOffset.TryParse(Value + ":00", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out wanted))
            && Compare(actual.CompareTo(wanted));

        public JsonObject Describe() => Field is null ? new JsonObject { [Quoted ? "match_phrase" : "match_all"] = Value } : new JsonObject
        {
            ["field"] = Field,
            [Comparator switch { "<" => "range_lt", "<=" => "range_lte", ">" => "range_gt", ">=" => "range_gte", _ => Quoted ? "match_phrase" : "match_all" }] = Value,
        };

        private bool Compare(int order) => Comparator switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            ">=" => order >= 0,
            _ => order == 0,
        };
    }
}
