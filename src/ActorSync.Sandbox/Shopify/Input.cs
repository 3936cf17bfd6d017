using System.Globalization;
using System.Text.Json;

namespace ActorSync.Sandbox.Shopify;

/// <summary>An argument or input object as it came: the difference between a member left out and one sent as null is kept, because the rules hang on it.</summary>
public readonly struct Input(JsonElement value)
{
    public JsonElement Value { get; } = value;

    public bool IsObject => Value.ValueKind == JsonValueKind.Object;

    public bool Has(string name) => IsObject && Value.TryGetProperty(name, out _);

    /// <summary>Present and not null.</summary>
    public bool Gives(string name) => IsObject && Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null;

    public Input Of(string name) => new(IsObject && Value.TryGetProperty(name, out var member) ? member : default);

    public string? Text(string name) => Of(name).Value is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } member
        ? member.ValueKind == JsonValueKind.String ? member.GetString() : member.GetRawText() : null;

    public int? Number(string name) => Of(name).Value is { ValueKind: JsonValueKind.Number } member && member.TryGetInt32(out var number) ? number : null;

    public bool? Flag(string name) => Of(name).Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public decimal? Amount(string name) =>
        Text(name) is { } text && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount) ? amount : null;

    public Gid? Id(string name) => Gid.Parse(Text(name));

    public IReadOnlyList<Input> List(string name) => Of(name).Items();

    public IReadOnlyList<string> Texts(string name) => [.. List(name).Select(i => i.Value.ValueKind == JsonValueKind.String ? i.Value.GetString()! : i.Value.GetRawText())];

    /// <summary>The elements of a list; a single value stands for a list of one, as GraphQL has it.</summary>
    public IReadOnlyList<Input> Items() => Value.ValueKind switch
    {
        JsonValueKind.Array => [.. Value.EnumerateArray().Select(i => new Input(i))],
        JsonValueKind.Undefined or JsonValueKind.Null => [],
        _ => [this],
    };
}
