using System.Reflection;
using System.Text.RegularExpressions;

namespace ActorSync.Storage.Sql;

/// <summary>
/// The named queries of one dialect, read from its .sql files. <c>-- name: X</c> begins a query, <c>-- fragment: F</c> a text that queries take in as
/// <c>{F}</c>. Both dialects have the same names; a test compares them.
/// </summary>
internal sealed partial class SqlCatalog
{
    private readonly Dictionary<string, string> queries;

    private SqlCatalog(Dictionary<string, string> queries) => this.queries = queries;

    public string this[string name] =>
        queries.TryGetValue(name, out var text) ? text : throw new KeyNotFoundException($"No query is named '{name}'. Known: {string.Join(", ", Names)}.");

    public IEnumerable<string> Names => queries.Keys.Order(StringComparer.Ordinal);

    /// <summary>Reads the dialect's folder ("Sqlite" or "Postgres") from this assembly.</summary>
    public static SqlCatalog Load(string dialect)
    {
        var assembly = typeof(SqlCatalog).Assembly;
        var prefix = $"ActorSync.Storage.{dialect}.";
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !name.Contains(".Migrations.", StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            Read(Text(assembly, file), file, found);
        }

        return new SqlCatalog(found);
    }

    internal static string Text(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The resource '{resource}' is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void Read(string text, string file, Dictionary<string, string> found)
    {
        var fragments = new Dictionary<string, string>(StringComparer.Ordinal);
        var heads = Head().Matches(text);
        for (var i = 0; i < heads.Count; i++)
        {
            var end = i + 1 < heads.Count ? heads[i + 1].Index : text.Length;
            var body = text[(heads[i].Index + heads[i].Length)..end].Trim();
            var name = heads[i].Groups["name"].Value;
            foreach (var (fragment, content) in fragments)
            {
                body = body.Replace("{" + fragment + "}", content, StringComparison.Ordinal);
            }

            var target = heads[i].Groups["kind"].Value == "name" ? found : fragments;
            if (!target.TryAdd(name, body))
            {
                throw new InvalidOperationException($"The query '{name}' in {file} exists twice.");
            }
        }
    }

    [GeneratedRegex(@"^-- (?<kind>name|fragment): (?<name>\w+)[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Head();
}
