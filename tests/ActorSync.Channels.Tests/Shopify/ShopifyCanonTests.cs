using ActorSync.Channels.Shopify;
using ActorSync.Domain.Products;
using CsCheck;

namespace ActorSync.Channels.Tests.Shopify;

public sealed class ShopifyCanonTests
{
    private static readonly ShopifyCanon Canon = ShopifyCanon.Instance;
    private static readonly string[] FieldNames = ["name", "description", "vendor", "productType", "sku", "gtin", "price", "compareAtPrice", "isActive", "available", "options",
        "seoTitle", "seoDescription", "taxable", "weight", "customsCode", "countryOfOrigin"];
    private static readonly string[] Pieces =
    [
        "<p>", "</p>", "<br/>", "<BR>", "<a href='x' class=\"b\">", "<a class=b href=x>", "</a>", "<", ">", "&amp;", "&", "&lt;", "&nbsp;", "\"", "'", " ", "\n", "  ", "ä", "text", "<!-- c -->",
        "<!--", "<img src=\"a>b\" alt=''>", "<3", "</", "&#228;", "\u00a0", "=", "/",
    ];
    private static readonly Gen<string> Markup = OneOf(Pieces).Array[0, 12].Select(pieces => string.Concat(pieces));

    [Theory]
    [InlineData("name", " Shirt ", "Shirt")]
    [InlineData("vendor", "Acme\n", "Acme")]
    [InlineData("sku", " A-1", "A-1")]
    [InlineData("gtin", "  ", null)]
    [InlineData("price", "19.90", "19.9")]
    [InlineData("price", "19.999", "20")]
    [InlineData("price", "0.125", "0.13")]
    [InlineData("compareAtPrice", "5", "5")]
    [InlineData("available", "3.7", "3")]
    [InlineData("available", "-0.5", "-1")]
    [InlineData("isActive", "true", "true")]
    [InlineData("seoTitle", " Buy it\n", "Buy it")]
    [InlineData("customsCode", "6109.10-00 10", "6109100010")]
    [InlineData("customsCode", "610910", "610910")]
    [InlineData("countryOfOrigin", " de", "DE")]
    [InlineData("weight", "0.5000001", "0.5")]
    [InlineData("weight", "0.000", null)]
    [InlineData("price", " ", "0")]
    public void Form_OfEachField_IsAsShopifyStoresIt(string field, string value, string? expected) =>
        Assert.Equal(new FieldValue(expected), Canon.Form(field, new FieldValue(value)));

    [Theory]
    [InlineData("<p>Hello   world</p>", "<p>Hello world</p>")]
    [InlineData("<p>a</p>\n<p>b</p>", "<p>a</p><p>b</p>")]
    [InlineData("<a href='x' class=\"b\">t</a>", "<A class=b href=\"x\">t</a>")]
    [InlineData("a<br/>b", "a<br>b")]
    [InlineData("Caf&eacute; &amp; Bar", "Café &#38; Bar")]
    [InlineData("<p>x</p><!-- note -->", "<p>x</p>")]
    [InlineData("a&nbsp;b", "a b")]
    [InlineData("5 < 6", "5 &lt; 6")]
    [InlineData("<img alt=\"a\" src=\"b\" />", "<img src='b' alt='a'>")]
    // What once gave another form when it was taken again: a quote that touches a name, and one that no sign precedes.
    [InlineData("<b> </text\"<img src=\"a>b\">", "<b> &lt;/text\"<img src=\"a>b\">")]
    [InlineData("<text text\"<img src=\"a>b\">", "&lt;text text\"<img src='a&gt;b'>")]
    public void Form_OfHtml_IgnoresWhatShopifyRewrites(string one, string other) =>
        Assert.Equal(Canon.Form("description", new FieldValue(one)), Canon.Form("description", new FieldValue(other)));

    [Theory]
    [InlineData("<p>a</p>", "<p>b</p>")]
    [InlineData("<p>a</p>", "<div>a</div>")]
    [InlineData("<a href=\"x\">a</a>", "<a href=\"y\">a</a>")]
    [InlineData("&lt;b&gt;", "<b>")]
    [InlineData("ab", "a b")]
    public void Form_OfHtml_KeepsRealDifferences(string one, string other) =>
        Assert.NotEqual(Canon.Form("description", new FieldValue(one)), Canon.Form("description", new FieldValue(other)));

    [Fact]
    public void Form_TakenTwice_ChangesNothingMore() =>
        Gen.Select(OneOf(FieldNames), Gen.OneOf(Markup, Gen.String, Gen.Decimal[-1000, 1000].Select(number => number.ToString()))).Sample((field, text) =>
        {
            var once = Canon.Form(field, new FieldValue(text));
            Assert.Equal(once, Canon.Form(field, once));
        });

    [Fact]
    public void ElementKey_OfTags_FoldsCaseAndEdges() => Assert.Equal(Canon.ElementKey("tags", "Summer"), Canon.ElementKey("tags", " summer "));

    [Fact]
    public void Form_Empty_IsEmptyOrWhatShopifyHasInstead() => Assert.All(FieldNames, field => Assert.Equal(
        field switch { "price" => "0", "taxable" => "true", _ => null }, Canon.Form(field, FieldValue.Empty).Text));

    private static Gen<string> OneOf(string[] all) => Gen.Int[0, all.Length - 1].Select(index => all[index]);
}
