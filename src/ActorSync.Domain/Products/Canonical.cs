using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ActorSync.Domain.Products;

/// <summary>The outcome of reading an outside text: fine, or what is wrong, with which value, and what is accepted.</summary>
public readonly record struct ParseResult(string? Error)
{
    public static readonly ParseResult Valid;
    public bool IsValid => Error is null;
}

/// <summary>Canonical texts of values: the one form in which values are stored, compared and hashed.</summary>
public static class Canonical
{
    public const int DefaultMaxLength = 65_535;
    public const int MaxListElements = 1_000;

    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Text as given, line ends as \n; null or empty is <see cref="FieldValue.Empty"/>.</summary>
    public static FieldValue Text(string? text) => string.IsNullOrEmpty(text)
        ? FieldValue.Empty
        : new FieldValue(text.Contains('\r') ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : text);

    public static FieldValue Html(string? text) => Text(text);

    /// <summary>An invariant decimal without trailing zeros.</summary>
    public static FieldValue Decimal(decimal? number) => number is { } n
        ? new FieldValue(n.ToString("0.############################", CultureInfo.InvariantCulture))
        : FieldValue.Empty;

    public static FieldValue Money(decimal? amount) => Decimal(amount);

    public static FieldValue Integer(long? number) => number is { } n ? new FieldValue(n.ToString(CultureInfo.InvariantCulture)) : FieldValue.Empty;

    public static FieldValue Boolean(bool? value) => value switch { true => FieldValue.True, false => FieldValue.False, null => FieldValue.Empty };

    public static FieldValue List(IReadOnlyCollection<string> elements) =>
        elements.Count == 0 ? FieldValue.Empty : new FieldValue(JsonSerializer.Serialize(elements, Compact));

    public static decimal? ToDecimal(this FieldValue value) =>
        value.Text is { } text && decimal.TryParse(text, Number, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static bool? ToBoolean(this FieldValue value) => value.Text switch { "true" => true, "false" => false, _ => null };

    public static ImmutableArray<string> ToList(this FieldValue value) =>
        value.Text is { } text ? JsonSerializer.Deserialize<ImmutableArray<string>>(text) : [];

    /// <summary>The hub's key of a list element: trimmed, inner white space joined, case-folded.</summary>
    public static string ElementKey(string element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return string.Join(' ', element.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
    }

    /// <summary>
    /// Reads a number as people and systems write it: "19.90", "19,90", "1.234,56", "1,234.56", with spaces or apostrophes between thousands.
    /// "1,234" and "1.234.5" are refused, because they can be read in two ways or in none.
    /// </summary>
    public static bool TryParseNumber(string raw, out decimal number)
    {
        number = 0;
        ArgumentNullException.ThrowIfNull(raw);
        var text = raw.Trim().Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal)
            .Replace("\u202F", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal);
        var comma = text.LastIndexOf(',');
        var point = text.LastIndexOf('.');
        if (comma >= 0 && point >= 0)
        {
            var (group, mark) = comma > point ? ('.', ',') : (',', '.');
            if (text.AsSpan().Count(mark) > 1)
            {
                return false;
            }

            text = text.Replace(group.ToString(), "", StringComparison.Ordinal).Replace(mark, '.');
        }
        else if (comma >= 0)
        {
            if (text.AsSpan().Count(',') > 1 || text.Length - comma - 1 == 3)
            {
                return false;
            }

            text = text.Replace(',', '.');
        }

        return decimal.TryParse(text, Number, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Reads an outside text for a field. An empty text is the empty value; a missing one must not be passed here.</summary>
    public static ParseResult Validate(FieldDefinition field, string? raw, out FieldValue value)
    {
        ArgumentNullException.ThrowIfNull(field);
        value = FieldValue.Empty;
        if (string.IsNullOrEmpty(raw) || (field.Type is not (FieldType.Text or FieldType.Html or FieldType.Set) && string.IsNullOrWhiteSpace(raw)))
        {
            return field.Name == Fields.Exists ? Wrong(field, raw, "true or false") : ParseResult.Valid;
        }

        var max = field.MaxLength ?? DefaultMaxLength;
        if (raw.Length > max)
        {
            return new ParseResult($"{field.Name} has {raw.Length} characters; at most {max} are accepted.");
        }

        switch (field.Type)
        {
            case FieldType.Text when field.Name == Fields.Gtin:
                return Products.Gtin.Validate(raw, out value);
            case FieldType.Text or FieldType.Html or FieldType.Set:
                if (raw.Contains('\0'))
                {
                    return Wrong(field, raw.Replace('\0', '?'), "text without NUL characters");
                }

                value = Text(field.Type == FieldType.Set ? raw.Trim() : raw);
                return ParseResult.Valid;
            case FieldType.Money or FieldType.Decimal:
                if (!TryParseNumber(raw, out var number))
                {
                    return Wrong(field, raw, "a decimal number such as 19.90" + (field.Unit is { } unit ? $", in {unit}" : ""));
                }

                if (number < 0 && field.Class != OwnerClass.Stock)
                {
                    return Wrong(field, raw, "0 or more");
                }

                value = Decimal(number);
                return ParseResult.Valid;
            case FieldType.Integer:
                if (!TryParseNumber(raw, out var whole) || whole != decimal.Truncate(whole) || whole is < 0 or > int.MaxValue)
                {
                    return Wrong(field, raw, $"a whole number from 0 to {int.MaxValue}");
                }

                value = Decimal(whole);
                return ParseResult.Valid;
            case FieldType.Boolean:
                bool? flag = raw.Trim().ToLowerInvariant() switch
                {
                    "true" or "1" or "yes" or "on" => true,
                    "false" or "0" or "no" or "off" => false,
                    _ => null,
                };
                value = Boolean(flag);
                return flag is null ? Wrong(field, raw, "true or false") : ParseResult.Valid;
            default:
                return ValidateList(field, raw, out value);
        }
    }

    /// <summary>Reads an ISO 4217 code: three letters, upper case in the result.</summary>
    public static ParseResult ValidateCurrency(string? raw, out string currency)
    {
        currency = raw?.Trim().ToUpperInvariant() ?? "";
        return currency.Length == 3 && currency.All(char.IsAsciiLetterUpper)
            ? ParseResult.Valid
            : new ParseResult($"currency is '{raw}'; accepted is a code of three letters such as EUR.");
    }

    private static ParseResult ValidateList(FieldDefinition field, string raw, out FieldValue value)
    {
        value = FieldValue.Empty;
        string?[]? elements;
        try
        {
            elements = JsonSerializer.Deserialize<string?[]>(raw);
        }
        catch (JsonException)
        {
            elements = null;
        }

        if (elements is null || elements.Any(e => e is null))
        {
            return Wrong(field, raw, "a JSON array of texts");
        }

        if (elements.Length > MaxListElements)
        {
            return new ParseResult($"{field.Name} has {elements.Length} elements; at most {MaxListElements} are accepted.");
        }

        value = List(elements!);
        return ParseResult.Valid;
    }

    private static ParseResult Wrong(FieldDefinition field, string? raw, string accepted) =>
        new($"{field.Name} is '{(raw is { Length: > 80 } ? raw[..80] + "…" : raw)}'; accepted is {accepted}.");
}
