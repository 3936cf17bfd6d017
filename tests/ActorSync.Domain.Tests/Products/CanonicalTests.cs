using ActorSync.Domain.Products;
using CsCheck;

namespace ActorSync.Domain.Tests.Products;

public sealed class CanonicalTests
{
    [Theory]
    [InlineData("19.90", "19.9")]
    [InlineData("19,90", "19.9")]
    [InlineData(" 1.234,56 ", "1234.56")]
    [InlineData("1,234.56", "1234.56")]
    [InlineData("1'234.50", "1234.5")]
    [InlineData("0", "0")]
    [InlineData("0.000", "0")]
    [InlineData("007.10", "7.1")]
    public void Validate_Price_ReadsWhatPeopleWrite(string raw, string canonical)
    {
        Assert.True(Canonical.Validate(Fields.Get("price"), raw, out var value).IsValid);
        Assert.Equal(canonical, value.Text);
    }

    [Theory]
    [InlineData("1,234")]
    [InlineData("1.2.3")]
    [InlineData("1,2,3")]
    [InlineData("abc")]
    [InlineData("12 EUR")]
    [InlineData("1e3")]
    [InlineData("-1")]
    [InlineData("NaN")]
    public void Validate_PriceThatCannotBeReadInOneWay_NamesFieldValueAndWhatIsAccepted(string raw)
    {
        var result = Canonical.Validate(Fields.Get("price"), raw, out _);
        Assert.False(result.IsValid);
        Assert.Contains("price", result.Error, StringComparison.Ordinal);
        Assert.Contains(raw, result.Error, StringComparison.Ordinal);
        Assert.Contains("accepted", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Decimal_AnyNumber_ComesBack() => Gen.Decimal[-1_000_000m, 1_000_000m].Sample(number =>
    {
        var value = Canonical.Decimal(number);
        return value.ToDecimal() == number && Canonical.Decimal(value.ToDecimal()) == value && !value.Text!.Contains('E', StringComparison.Ordinal);
    });

    [Fact]
    public void Decimal_TrailingZeros_AreOneValue()
    {
        Assert.Equal(Canonical.Decimal(19.9m), Canonical.Decimal(19.900m));
        Assert.Equal("0.0000001", Canonical.Decimal(0.0000001m).Text);
    }

    [Fact]
    public void Text_EmptyAndMissingLineEnds_AreOneForm()
    {
        Assert.True(Canonical.Text("").IsEmpty);
        Assert.True(Canonical.Text(null).IsEmpty);
        Assert.Equal("a\nb\nc", Canonical.Text("a\r\nb\rc").Text);
        Assert.Equal(" a ", Canonical.Text(" a ").Text);
    }

    [Fact]
    public void List_AnyTexts_ComeBack() => Gen.String.Array[0, 5].Sample(texts =>
        Canonical.List(texts.Select(Clean).ToArray()).ToList().SequenceEqual(texts.Select(Clean)));

    // Half a surrogate pair is no text; JSON cannot carry it.
    private static string Clean(string text) => string.Concat(text.Where(c => !char.IsSurrogate(c)));

    [Theory]
    [InlineData("isActive", "yes", "true")]
    [InlineData("isActive", "0", "false")]
    [InlineData("packagingQty", "12", "12")]
    [InlineData("weight", "0,5", "0.5")]
    [InlineData("gtin", "4006381 333931", "4006381333931")]
    [InlineData("options", "[\"Size\",\"Farbe\"]", "[\"Size\",\"Farbe\"]")]
    public void Validate_OtherTypes_GiveCanonicalTexts(string field, string raw, string canonical)
    {
        Assert.True(Canonical.Validate(Fields.Get(field), raw, out var value).IsValid);
        Assert.Equal(canonical, value.Text);
    }

    [Theory]
    [InlineData("isActive", "maybe")]
    [InlineData("packagingQty", "1.5")]
    [InlineData("packagingQty", "99999999999")]
    [InlineData("gtin", "4006381333930")]
    [InlineData("gtin", "12345")]
    [InlineData("options", "Size")]
    [InlineData("options", "[null]")]
    [InlineData("name", "a\0b")]
    public void Validate_WrongValues_AreRefusedWithTheirName(string field, string raw)
    {
        var result = Canonical.Validate(Fields.Get(field), raw, out _);
        Assert.False(result.IsValid);
        Assert.StartsWith(field, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_TooLong_SaysHowLong()
    {
        var result = Canonical.Validate(Fields.Get("sku"), new string('x', 256), out _);
        Assert.Equal("sku has 256 characters; at most 255 are accepted.", result.Error);
        Assert.True(Canonical.Validate(Fields.Get("sku"), new string('x', 255), out _).IsValid);
    }

    [Theory]
    [InlineData("40063812")]
    [InlineData("036000291452")]
    [InlineData("4006381333931")]
    [InlineData("10012345678902")]
    public void Gtin_EachLength_IsChecked(string gtin)
    {
        var digit = Gtin.CheckDigit(gtin.AsSpan(0, gtin.Length - 1));
        var right = gtin[..^1] + digit;
        var wrong = gtin[..^1] + (char)('0' + ((digit - '0' + 1) % 10));
        Assert.True(Gtin.IsValid(right));
        Assert.False(Gtin.IsValid(wrong));
    }

    [Fact]
    public void Gtin_KnownArticles_AreValid()
    {
        Assert.True(Gtin.IsValid("4006381333931"));
        Assert.True(Gtin.IsValid("036000291452"));
        Assert.True(Gtin.IsValid("96385074"));
        Assert.Equal(Gtin.Key("036000291452"), Gtin.Key("0036000291452"));
    }

    [Theory]
    [InlineData(1000, "g", 1)]
    [InlineData(1, "lb", 0.453592)]
    [InlineData(16, "oz", 0.453592)]
    [InlineData(2, "KG", 2)]
    public void Units_Weights_BecomeKilograms(double amount, string unit, double kilograms) =>
        Assert.Equal((decimal)kilograms, Units.ToKilograms((decimal)amount, unit));

    [Theory]
    [InlineData(1, "m", 100)]
    [InlineData(10, "mm", 1)]
    [InlineData(1, "in", 2.54)]
    [InlineData(3, "cm", 3)]
    public void Units_Lengths_BecomeCentimetres(double amount, string unit, double centimetres) =>
        Assert.Equal((decimal)centimetres, Units.ToCentimetres((decimal)amount, unit));

    [Fact]
    public void Units_UnknownUnit_IsNotGuessed()
    {
        Assert.Null(Units.ToKilograms(1, "stone"));
        Assert.Null(Units.FromCentimetres(1, ""));
    }

    [Theory]
    [InlineData("eur", "EUR", true)]
    [InlineData("EURO", "EURO", false)]
    [InlineData("", "", false)]
    [InlineData(null, "", false)]
    public void Currency_IsThreeLetters(string? raw, string currency, bool isValid)
    {
        Assert.Equal(isValid, Canonical.ValidateCurrency(raw, out var read).IsValid);
        Assert.Equal(currency, read);
    }
}
