using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ActorSync.Channels.Shopify;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>
/// Every recorded exchange of a real shop sent through the Sandbox. An exchange counts as explained when the answer is the same down to each value: errors and
/// userErrors word for word, the same members, kinds and nulls, and equal values but for ids, times, cursors and addresses, which must be of the same form.
/// </summary>
public sealed partial class ShopifyReplayTests(SandboxProcess sandbox, ITestOutputHelper output) : IClassFixture<SandboxProcess>
{
    /// <summary>Of the exchanges whose roots the connector's documents use. What is not explained, and why, stands in docs/sandbox.md.</summary>
    private const double LeastOfUsedRoots = 0.90;
    private const int LeastInAll = 225;

    [Fact]
    public async Task Recordings_SentThroughTheSandbox_AreExplained()
    {
        if (SandboxProcess.ContractFile("shopify", "recorded-exchanges.jsonl") is not { } file)
        {
            Assert.Skip("The recorded exchanges are not at hand, so there is nothing to compare with.");
            return;
        }

        var used = ShopifyOperations.All.SelectMany(operation => RootsOf(operation.Document)).ToHashSet(StringComparer.Ordinal);
        var shop = new ShopifyCaller(sandbox);
        await shop.PlusAsync();
        await shop.SearchLagAsync(0);
        var shares = new SortedDictionary<string, (int Explained, int All)>(StringComparer.Ordinal);
        var (usedExplained, usedAll, explained, all) = (0, 0, 0, 0);
        foreach (var line in (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Where(line => line.Length > 0))
        {
            var recording = (JsonObject)JsonNode.Parse(line)!;
            if (line.Contains("rather than a live", StringComparison.Ordinal))
            {
                // By its own note it was never answered by Shopify.
                output.WriteLine($"{(string)recording["id"]!} left out: it says of itself that it is no recording.");
                continue;
            }

            var roots = recording["roots"]!.AsArray().Select(root => (string)root!).ToHashSet(StringComparer.Ordinal);
            var difference = await ReplayAsync(shop, recording);
            var one = difference.Length == 0 ? 1 : 0;
            foreach (var root in roots)
            {
                var (had, of) = shares.GetValueOrDefault(root);
                shares[root] = (had + one, of + 1);
            }

            (explained, all) = (explained + one, all + 1);
            if (roots.Overlaps(used) && InBulk(recording) is var inner && (inner is null || RootsOf(inner).Any(used.Contains)))
            {
                (usedExplained, usedAll) = (usedExplained + one, usedAll + 1);
                if (one == 0)
                {
                    output.WriteLine($"{(string)recording["id"]!} {string.Join('+', roots)}: {difference}");
                }
            }
        }

        foreach (var (root, (had, of)) in shares)
        {
            output.WriteLine($"{(used.Contains(root) ? "used " : "     ")}{root}: {had} of {of}");
        }

        output.WriteLine($"Explained: {usedExplained} of {usedAll} exchanges with roots that the connector uses, {explained} of {all} in all.");
        Assert.True(usedExplained >= usedAll * LeastOfUsedRoots, $"Only {usedExplained} of {usedAll} exchanges with roots that the connector uses are explained.");
        Assert.True(explained >= LeastInAll, $"Only {explained} of {all} exchanges are explained.");
    }

    /// <summary>A text that differs from the recorded one in one character must be found out, or the figure above means nothing.</summary>
    [Theory]
    [InlineData("""{"data":{"a":{"title":"x","userErrors":[]}}}""", """{"data":{"a":{"title":"y","userErrors":[]}}}""")]
    [InlineData("""{"data":{"a":{"id":"gid://shopify/Product/1"}}}""", """{"data":{"a":{"id":"gid://shopify/Collection/1"}}}""")]
    [InlineData("""{"data":{"a":[1]}}""", """{"data":{"a":[1,2]}}""")]
    [InlineData("""{"data":{"a":null}}""", """{"data":{"a":{}}}""")]
    [InlineData("""{"errors":[{"message":"no","extensions":{"code":"A"}}]}""", """{"errors":[{"message":"no","extensions":{"code":"B"}}]}""")]
    public void Differences_OfTwoAnswers_AreFound(string recorded, string answered) =>
        Assert.NotEmpty(Differences(JsonNode.Parse(recorded)!, JsonNode.Parse(answered)!));

    /// <summary>The document that a bulk operation runs: its roots are used or not, whatever starts it.</summary>
    private static string? InBulk(JsonObject recording) =>
        recording["roots"]!.AsArray().Any(root => ((string)root!).StartsWith("bulkOperationRun", StringComparison.Ordinal)) && recording["variables"] is JsonObject variables
            ? (string?)(variables["mutation"] ?? variables["query"])
            : null;

    /// <summary>Names of the fields at the top of a document.</summary>
    private static IEnumerable<string> RootsOf(string document)
    {
        var (depth, round, at) = (0, 0, 0);
        foreach (var letter in document)
        {
            depth += letter is '{' ? 1 : letter is '}' ? -1 : 0;
            round += letter is '(' ? 1 : letter is ')' ? -1 : 0;
            if (depth == 1 && round == 0 && char.IsAsciiLetter(letter) && !char.IsAsciiLetterOrDigit(document[at - 1]) && document[at - 1] is not ('@' or '.' or '$'))
            {
                yield return RootName().Match(document, at).Value;
            }

            if (depth == 0 && letter == '}')
            {
                // Fragments follow.
                yield break;
            }

            at++;
        }
    }

    private async Task<string> ReplayAsync(ShopifyCaller shop, JsonObject recording)
    {
        await ShopifyReplayWorld.EmptyAsync(shop);
        var world = await ShopifyReplayWorld.MakeAsync(shop, recording);
        await world.MakeBulkAsync(sandbox);
        var query = (string?)recording["query"] is { Length: > 0 } recorded ? recorded : ShopifyRecordedQueries.For((string)recording["roots"]![0]!);
        var answer = await shop.SendAsync(world.Query(query), world.Variables(), "2026-04");
        var expected = JsonNode.Parse(world.Translate(recording["response"]!.ToJsonString()))!;
        return string.Join("; ", Differences(expected, answer).Take(4));
    }

    private static IEnumerable<string> Differences(JsonNode expected, JsonNode answer)
    {
        foreach (var difference in Compare(expected["errors"], answer["errors"], "errors"))
        {
            yield return difference;
        }

        foreach (var difference in Compare(expected["data"], answer["data"], "data"))
        {
            yield return difference;
        }
    }

    private static IEnumerable<string> Compare(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected, actual)
        {
            case (null, null):
                yield break;
            case (JsonObject one, JsonObject other):
                foreach (var key in one.Select(pair => pair.Key).Union(other.Select(pair => pair.Key)).Where(key => key is not ("locations" or "documentation")).ToList())
                {
                    // An answer has exactly the members that the query selects: one that is on one side only was cut from the recording, or its query edited since.
                    if (one.ContainsKey(key) != other.ContainsKey(key))
                    {
                        continue;
                    }

                    foreach (var difference in Compare(one[key], other[key], $"{path}.{key}"))
                    {
                        yield return difference;
                    }
                }

                yield break;
            case (JsonArray one, JsonArray other) when one.Count == other.Count:
                for (var i = 0; i < one.Count; i++)
                {
                    foreach (var difference in Compare(one[i], other[i], $"{path}[{i}]"))
                    {
                        yield return difference;
                    }
                }

                yield break;
            case (JsonValue, JsonValue) when path.EndsWith(".apiVersion.supported", StringComparison.Ordinal):
                yield break;
            case (JsonValue one, JsonValue other) when one.GetValueKind() == other.GetValueKind() && (JsonNode.DeepEquals(one, other) || Form(one, path) == Form(other, path)):
                yield break;
            default:
                yield return $"{path}: {Short(expected)} recorded, {Short(actual)} answered";
                yield break;
        }
    }

    /// <summary>What of a value must be the same where the value itself is the shop's own.</summary>
    private static string Form(JsonValue value, string path)
    {
        var text = value.ToString();
        return Cursor().IsMatch(path) ? "cursor"
            // It lags behind the counts it is made of.
            : path.EndsWith(".totalInventory", StringComparison.Ordinal) ? "count"
            // The version that came next when it was recorded is served by now.
            : path.Contains(".apiVersion.", StringComparison.Ordinal) ? "version"
            // The number of a whole shop's products.
            : path is "data.productsCount.count" ? "all"
            // And how much a bulk operation made of them.
            : BulkSize().IsMatch(path) && text is not "0" ? "all"
            : Time().IsMatch(text) ? "time"
            : text.StartsWith("http", StringComparison.Ordinal) ? "address"
            : Gid().Match(text) is { Success: true } gid ? gid.Groups["type"].Value : text;
    }

    private static string Short(JsonNode? node) => node is null ? "null" : node.ToJsonString() is { Length: > 120 } text ? text[..120] + "…" : node.ToJsonString();

    [GeneratedRegex("\\G[A-Za-z]+", RegexOptions.None, 1000)]
    private static partial Regex RootName();

    [GeneratedRegex("bulkOperation[.](object|rootObject)Count$|bulkOperation[.]fileSize$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BulkSize();

    [GeneratedRegex("[cC]ursor$", RegexOptions.None, 1000)]
    private static partial Regex Cursor();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$", RegexOptions.None, 1000)]
    private static partial Regex Time();

    [GeneratedRegex("^gid://shopify/(?<type>[A-Za-z]+)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Gid();
}
