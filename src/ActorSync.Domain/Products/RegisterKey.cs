namespace ActorSync.Domain.Products;

/// <summary>
/// Names one register: the smallest thing that is claimed, merged and pushed on its own. <see cref="Part"/> tells registers of one field apart: the
/// currency of a price, the case-folded element of a list such as tags. <see cref="Scope"/> names the channel of an override.
/// </summary>
/// <remarks>
/// Text form, used as a JSON key: <c>field[@variant][#part][!channel]</c>, e.g. <c>price@v2#EUR</c>, <c>tags#summer</c>, <c>name!shop1</c>. A part may
/// hold any character but '!'; field and channel names are letters, digits, '-', '_' and '.'.
/// </remarks>
[GenerateSerializer, Immutable, Alias("actorsync.register-key")]
public readonly record struct RegisterKey(
    [property: Id(0)] string Field,
    [property: Id(1)] VariantId? Variant = null,
    [property: Id(2)] string? Part = null,
    [property: Id(3)] ChannelId? Scope = null) : IComparable<RegisterKey>
{
    /// <summary>The register that this one overrides: the same without a channel scope.</summary>
    public RegisterKey Unscoped => Scope is null ? this : this with { Scope = null };

    public int CompareTo(RegisterKey other)
    {
        var order = string.CompareOrdinal(Field, other.Field);
        order = order != 0 ? order : Nullable.Compare(Variant, other.Variant);
        order = order != 0 ? order : string.CompareOrdinal(Part, other.Part);
        return order != 0 ? order : string.CompareOrdinal(Scope?.Value, other.Scope?.Value);
    }

    public override string ToString()
    {
        var text = Field;
        if (Variant is { } variant)
        {
            text += "@v" + variant.Value.ToString();
        }

        if (Part is { } part)
        {
            text += "#" + part;
        }

        return Scope is { } scope ? text + "!" + scope.Value : text;
    }

    /// <exception cref="FormatException">The text is not of the form that <see cref="ToString"/> writes.</exception>
    public static RegisterKey Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var rest = text.AsSpan();
        ChannelId? scope = null;
        if (rest.LastIndexOf('!') is >= 0 and var bang)
        {
            scope = new ChannelId(rest[(bang + 1)..].ToString());
            rest = rest[..bang];
        }

        string? part = null;
        if (rest.IndexOf('#') is >= 0 and var hash)
        {
            part = rest[(hash + 1)..].ToString();
            rest = rest[..hash];
        }

        VariantId? variant = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            if (at + 2 > rest.Length || rest[at + 1] != 'v' || !int.TryParse(rest[(at + 2)..], out var number))
            {
                throw new FormatException($"'{text}' is not a register key: expected '@v<number>' after the field.");
            }

            variant = new VariantId(number);
            rest = rest[..at];
        }

        return new RegisterKey(string.Intern(rest.ToString()), variant, part, scope);
    }

    public static bool operator <(RegisterKey left, RegisterKey right) => left.CompareTo(right) < 0;
    public static bool operator >(RegisterKey left, RegisterKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(RegisterKey left, RegisterKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(RegisterKey left, RegisterKey right) => left.CompareTo(right) >= 0;
}
