using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorSync.Storage.Json;

/// <summary>A value is its text; known-to-be-empty is null. Absent has no value at all and is not written.</summary>
internal sealed class FieldValueConverter : JsonConverter<FieldValue>
{
    public override bool HandleNull => true;

    public override FieldValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? FieldValue.Empty : new FieldValue(reader.GetString());

    public override void Write(Utf8JsonWriter writer, FieldValue value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}

/// <summary>Keeps "nothing said" (left out) and "known to be empty" (null) apart, which the built-in converter of nullable structs would join.</summary>
internal sealed class NullableFieldValueConverter : JsonConverter<FieldValue?>
{
    public override bool HandleNull => true;

    public override FieldValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? FieldValue.Empty : new FieldValue(reader.GetString());

    public override void Write(Utf8JsonWriter writer, FieldValue? value, JsonSerializerOptions options) => writer.WriteStringValue(value?.Text);
}

/// <summary>An id is its text.</summary>
internal abstract class IdConverter<T> : JsonConverter<T>
{
    protected abstract T Make(string text);

    protected abstract string TextOf(T id);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Make(reader.GetString() ?? throw new JsonException($"{typeof(T).Name} is null; expected a string."));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));
}

internal sealed class TenantIdConverter : IdConverter<TenantId>
{
    protected override TenantId Make(string text) => new(string.Intern(text));
    protected override string TextOf(TenantId id) => id.Value;
}

internal sealed class ProductIdConverter : IdConverter<ProductId>
{
    protected override ProductId Make(string text) => new(text);
    protected override string TextOf(ProductId id) => id.Value;
}

internal sealed class ChannelIdConverter : IdConverter<ChannelId>
{
    protected override ChannelId Make(string text) => new(string.Intern(text));
    protected override string TextOf(ChannelId id) => id.Value;
}

internal sealed class VariantIdConverter : JsonConverter<VariantId>
{
    public override VariantId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt32());

    public override void Write(Utf8JsonWriter writer, VariantId value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}

/// <summary>"kind:id", e.g. "storefront:shop1".</summary>
internal sealed class OriginConverter : JsonConverter<Origin>
{
    private static readonly string[] Kinds = ["storefront", "warehouse", "vendor", "hub"];

    public override Origin Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString() ?? "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? -1 : Array.IndexOf(Kinds, text[..colon]);
        return kind < 0
            ? throw new JsonException($"Origin is '{text}'; expected one of {string.Join(", ", Kinds)}, a colon and an id.")
            : new Origin((OriginKind)kind, string.Intern(text[(colon + 1)..]));
    }

    public override void Write(Utf8JsonWriter writer, Origin value, JsonSerializerOptions options) =>
        writer.WriteStringValue(string.Concat(Kinds[(int)value.Kind], ":", value.Id));
}

/// <summary>Whole seconds as a number; with a counter as the text "seconds.counter".</summary>
internal sealed class StampConverter : JsonConverter<Stamp>
{
    public override Stamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return new Stamp(reader.GetInt64());
        }

        var text = reader.GetString() ?? "";
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && long.TryParse(text.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            && int.TryParse(text.AsSpan(dot + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            ? new Stamp(seconds, count)
            : throw new JsonException($"Stamp is '{text}'; expected a number of seconds or \"seconds.counter\".");
    }

    public override void Write(Utf8JsonWriter writer, Stamp value, JsonSerializerOptions options)
    {
        if (value.Count == 0)
        {
            writer.WriteNumberValue(value.Seconds);
            return;
        }

        Span<byte> text = stackalloc byte[40];
        _ = Utf8Formatter.TryFormat(value.Seconds, text, out var length);
        text[length++] = (byte)'.';
        _ = Utf8Formatter.TryFormat(value.Count, text[length..], out var more);
        writer.WriteStringValue(text[..(length + more)]);
    }
}

/// <summary>
/// The text form of <see cref="RegisterKey"/> with '!' and '%' of the part escaped: a tag may hold any character, and a stored key must come back as it was.
/// </summary>
internal sealed class RegisterKeyConverter : JsonConverter<RegisterKey>
{
    public override RegisterKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, RegisterKey value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));

    public override RegisterKey ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, RegisterKey value, JsonSerializerOptions options) => writer.WritePropertyName(Format(value));

    internal static string Format(RegisterKey key)
    {
        if (key is { Variant: null, Part: null, Scope: null })
        {
            return key.Field;
        }

        var text = new StringBuilder(key.Field);
        if (key.Variant is { } variant)
        {
            text.Append("@v").Append(variant.Value);
        }

        if (key.Part is { } part)
        {
            text.Append('#').Append(part.Replace("%", "%25", StringComparison.Ordinal).Replace("!", "%21", StringComparison.Ordinal));
        }

        return key.Scope is { } scope ? text.Append('!').Append(scope.Value).ToString() : text.ToString();
    }

    internal static RegisterKey Parse(string text)
    {
        ChannelId? scope = null;
        var rest = text.AsSpan();
        if (rest.LastIndexOf('!') is >= 0 and var bang)
        {
            scope = new ChannelId(string.Intern(rest[(bang + 1)..].ToString()));
            rest = rest[..bang];
        }

        string? part = null;
        if (rest.IndexOf('#') is >= 0 and var hash)
        {
            part = rest[(hash + 1)..].ToString().Replace("%21", "!", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
            rest = rest[..hash];
        }

        VariantId? variant = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            if (!rest[at..].StartsWith("@v") || !int.TryParse(rest[(at + 2)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                throw new JsonException($"'{text}' is not a register key; expected '@v<number>' after the field.");
            }

            variant = new VariantId(number);
            rest = rest[..at];
        }

        return new RegisterKey(string.Intern(rest.ToString()), variant, part, scope);
    }
}
