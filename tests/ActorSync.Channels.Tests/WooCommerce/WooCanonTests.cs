using System.Text.Json;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Products;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>Every captured round trip of a mapped field must be explained by the canon: what was sent and what came back have one form.</summary>
public sealed class WooCanonTests
{
    private static readonly WooCanon Canon = new();

    /// <summary>Pairs of (member, hub field) whose answer is a form of what was sent.</summary>
    private static readonly Dictionary<string, string> Mapped = new(StringComparer.Ordinal)
    {
        ["name"] = WooFields.Name,
        ["description"] = WooFields.Description,
        ["regular_price"] = WooFields.Price,
        ["sku"] = WooFields.Sku,
        ["global_unique_id"] = WooFields.Gtin,
    };

    [Fact]
    public void Form_EveryCapturedRoundtrip_ExplainsTheAnswer()
    {
        var explained = 0;
        var failures = new List<string>();
        foreach (var row in WooSamples.Read("value-roundtrips").GetProperty("rows").EnumerateArray())
        {
            if (row.GetProperty("status").GetInt32() != 200 || row.GetProperty("answer").ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            foreach (var member in row.GetProperty("sent").EnumerateObject())
            {
                if (!Mapped.TryGetValue(member.Name, out var field) || !row.GetProperty("answer").TryGetProperty(member.Name, out var answer))
                {
                    continue;
                }

                var sent = new FieldValue(member.Value.ValueKind == JsonValueKind.Null ? null : member.Value.GetString());
                var back = ReadBack(field, answer.GetString()!);
                if (Canon.Form(field, sent) == Canon.Form(field, back))
                {
                    explained++;
                }
                else
                {
                    failures.Add($"{field}: sent '{sent}' came back as '{back}', forms '{Canon.Form(field, sent)}' and '{Canon.Form(field, back)}'");
                }
            }
        }

        Assert.Empty(failures);
        Assert.True(explained >= 40, $"Only {explained} round trips were looked at.");
    }

    [Theory]
    [InlineData("Cable < 5 m & more", "Cable &lt; 5 m & more")]
    [InlineData("x < y > z", "x &lt; y &gt; z")]
    [InlineData("5\" <b>bold</b> x", "5\" <b>bold</b> x")]
    [InlineData("it's <script>1</script>", "it's &lt;script&gt;1&lt;/script&gt;")]
    [InlineData("I <3 you", "I &lt;3 you")]
    public void ProtectPlainText_SignsThatTheShopWouldDrop_GoAsEntities(string text, string expected)
    {
        Assert.Equal(expected, WooHtml.ProtectPlainText(text));
        // What the shop stores of it reads back as the text that was meant.
        Assert.Equal(text, WooMapper.Decode(WooHtml.Clean(expected)));
    }

    [Theory]
    [InlineData("<p>a & b</p>", "<p>a &amp; b</p>", true)]
    [InlineData("<p>a &amp; b</p>", "<p>a &amp; b</p>", true)]
    [InlineData("a<br/>b", "a<br />b", true)]
    [InlineData("<P CLASS='x'>t</P>", "<p class=\"x\">t</p>", true)]
    [InlineData("<p>5&quot; &times; 7&#8243;</p>", "<p>5\" × 7″</p>", true)]
    [InlineData("<p>&amp;times;</p>", "<p>&times;</p>", false)]
    [InlineData("&lt;b&gt;", "<b>", false)] // shown text is not markup
    [InlineData("<p>a</p>", "<p>b</p>", false)]
    [InlineData("<a href=\"/x\">a</a>", "<a href=\"/y\">a</a>", false)]
    public void Form_Descriptions_AreTheSameOnlyIfTheShopHoldsThemAlike(string left, string right, bool same) =>
        Assert.Equal(same, Canon.Form(WooFields.Description, new FieldValue(left)) == Canon.Form(WooFields.Description, new FieldValue(right)));

    [Fact]
    public void Form_FormOfAForm_IsTheForm()
    {
        foreach (var (field, text) in new[] { (WooFields.Name, "A & B <i>c</i> \\ d"), (WooFields.Description, "<script>x</script><p onclick=\"y\">a & b</p>"), (WooFields.Price, "0079.90"), (WooFields.Gtin, "40063813339 3x") })
        {
            var once = Canon.Form(field, new FieldValue(text));
            Assert.Equal(once, Canon.Form(field, once));
        }
    }

    [Theory]
    [InlineData(" Sommer ", "sommer")]
    [InlineData("Salz &amp; Pfeffer", "salz & pfeffer")]
    public void ElementKey_Tags_FoldAsTheShopDoes(string tag, string expected) => Assert.Equal(expected, Canon.ElementKey(WooFields.Tags, tag));

    private static FieldValue ReadBack(string field, string stored) => stored.Length == 0
        ? FieldValue.Empty
        : new FieldValue(field == WooFields.Name ? WooMapper.Decode(stored) : stored);
}
