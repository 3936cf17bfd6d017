using System.Text;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Shopify;

/// <summary>
/// The bulk form of a paged document, made from that document so that both always read the same fields: fragments are written out, each connection is read by
/// edges and node with __typename and id, sizes, cursors and variables go.
/// </summary>
internal static partial class ShopifyBulkQuery
{
    /// <summary>Reads all products as <see cref="ShopifyOperations.ProductsPage"/> does.</summary>
    public static readonly Lazy<ShopifyBulkDocument> Products = new(() => From(ShopifyOperations.ProductsPage.Document));

    /// <summary>Shopify takes 65,535 bytes.</summary>
    private const int LongestText = 60_000;

    /// <summary>The same of these products; of more than fit into a query, the first.</summary>
    public static string ProductsOf(IEnumerable<string> ids)
    {
        const string Root = "products {";
        var text = Products.Value.Text;
        var at = text.IndexOf(Root, StringComparison.Ordinal);
        var search = new StringBuilder();
        foreach (var id in ids)
        {
            if (text.Length + search.Length + id.Length > LongestText)
            {
                break;
            }

            search.Append(search.Length == 0 ? "id:" : " OR id:").Append(id);
        }

        return $"{text[..at]}products(query: \"{search}\") {{{text[(at + Root.Length)..]}";
    }

    public static ShopifyBulkDocument From(string document)
    {
        var tokens = new Queue<string>(Token().Matches(document).Select(match => match.Value));
        var fragments = new Dictionary<string, List<Selection>>(StringComparer.Ordinal);
        List<Selection> root = [];
        while (tokens.TryDequeue(out var token))
        {
            // The operation's own header, variables included, runs up to its selection.
            var name = tokens.Dequeue();
            while (tokens.Peek() != "{")
            {
                tokens.Dequeue();
            }

            var selections = Set(tokens);
            if (token == "fragment")
            {
                fragments[name] = selections;
            }
            else
            {
                root = selections;
            }
        }

        var text = new StringBuilder();
        var connections = ImmutableArray.CreateBuilder<string>();
        Write(text, root, fragments, connections, isNode: false);
        return new ShopifyBulkDocument(text.ToString().Trim(), connections.ToImmutable());
    }

    private static List<Selection> Set(Queue<string> tokens)
    {
        Expect(tokens, "{");
        var set = new List<Selection>();
        while (tokens.Peek() != "}")
        {
            var name = tokens.Dequeue();
            if (tokens.Peek() == ":")
            {
                tokens.Dequeue();
                name += ": " + tokens.Dequeue();
            }
            else if (name == "..." && tokens.Peek() == "on")
            {
                tokens.Dequeue();
                name = "... on " + tokens.Dequeue();
            }

            var arguments = tokens.Peek().StartsWith('(') ? tokens.Dequeue() : "";
            set.Add(new Selection(name, arguments, tokens.Peek() == "{" ? Set(tokens) : []));
        }

        tokens.Dequeue();
        return set;
    }

    private static void Write(StringBuilder text, IEnumerable<Selection> set, Dictionary<string, List<Selection>> fragments, ImmutableArray<string>.Builder connections, bool isNode)
    {
        text.Append(isNode ? "{ __typename id " : "{ ");
        foreach (var selection in Flat(set, fragments).Where(selection => !isNode || selection.Name is not ("__typename" or "id")))
        {
            if (selection.Inner.FirstOrDefault(inner => inner.Name == "nodes") is { } nodes)
            {
                connections.Add(selection.Name);
                text.Append(selection.Name).Append(Kept(selection.Arguments)).Append(" { edges { node ");
                Write(text, nodes.Inner, fragments, connections, isNode: true);
                text.Append("} } ");
                continue;
            }

            text.Append(selection.Name).Append(selection.Arguments).Append(' ');
            if (selection.Inner.Count > 0)
            {
                Write(text, selection.Inner, fragments, connections, isNode: false);
            }
        }

        text.Append("} ");
    }

    private static IEnumerable<Selection> Flat(IEnumerable<Selection> set, Dictionary<string, List<Selection>> fragments) =>
        set.SelectMany(selection => selection.Name.StartsWith("...", StringComparison.Ordinal) && fragments.TryGetValue(selection.Name[3..], out var fragment)
            ? Flat(fragment, fragments) : [selection]);

    /// <summary>Sizes and cursors mean nothing in bulk, and a bulk query has no variables.</summary>
    private static string Kept(string arguments)
    {
        var kept = Argument().Matches(arguments).Where(match => match.Groups["name"].Value is not ("first" or "after" or "sortKey") && !match.Groups["value"].Value.StartsWith('$'))
            .Select(match => match.Value).ToArray();
        return kept.Length == 0 ? "" : $"({string.Join(", ", kept)})";
    }

    private static void Expect(Queue<string> tokens, string token)
    {
        if (tokens.Dequeue() is var found && found != token)
        {
            throw new InvalidOperationException($"A document has '{found}' where '{token}' must stand.");
        }
    }

    private sealed record Selection(string Name, string Arguments, List<Selection> Inner);

    [GeneratedRegex(@"\((?:[^()""]|""[^""]*"")*\)|\.\.\.[A-Z]\w*|\.\.\.|[{}:]|\w+|\$\w+|[!=,\[\]]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();

    [GeneratedRegex(@"(?<name>\w+)\s*:\s*(?<value>""[^""]*""|\[[^\]]*\]|[$\w]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Argument();
}

/// <summary>A query that runs in bulk.</summary>
/// <param name="Text">As it is sent, and as an operation that runs is known again.</param>
/// <param name="Connections">Fields whose nodes come as lines of their own, the root first.</param>
internal sealed record ShopifyBulkDocument(string Text, ImmutableArray<string> Connections);
