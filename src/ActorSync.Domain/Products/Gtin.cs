namespace ActorSync.Domain.Products;

/// <summary>Trade item numbers: 8, 12, 13 or 14 digits, the last of which checks the others.</summary>
public static class Gtin
{
    /// <summary>Reads a GTIN as people write it, blanks and hyphens allowed.</summary>
    public static ParseResult Validate(string raw, out FieldValue value)
    {
        ArgumentNullException.ThrowIfNull(raw);
        value = FieldValue.Empty;
        var digits = raw.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        if (digits.Length is not (8 or 12 or 13 or 14) || !digits.All(char.IsAsciiDigit))
        {
            return new ParseResult($"gtin is '{raw}'; accepted are 8, 12, 13 or 14 digits.");
        }

        var expected = CheckDigit(digits.AsSpan(0, digits.Length - 1));
        if (digits[^1] != expected)
        {
            return new ParseResult($"gtin is '{raw}'; its last digit checks the others and would have to be {expected}.");
        }

        value = new FieldValue(digits);
        return ParseResult.Valid;
    }

    public static bool IsValid(string? raw) => raw is not null && Validate(raw, out _).IsValid;

    /// <summary>The key under which two GTINs are the same article: padded to 14 digits; null when it is none.</summary>
    public static string? Key(string? raw) => raw is not null && Validate(raw, out var value).IsValid ? value.Text!.PadLeft(14, '0') : null;

    /// <summary>The check digit of the digits before it: weights 3, 1, 3, … from the right.</summary>
    public static char CheckDigit(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            sum += (digits[digits.Length - 1 - i] - '0') * (i % 2 == 0 ? 3 : 1);
        }

        return (char)('0' + ((10 - (sum % 10)) % 10));
    }
}
