using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorSync.Web.Requests;

/// <summary>Writes ids, register keys and values of the domain as the plain text that they are. Bodies are read by hand, so nothing is read back here.</summary>
internal sealed class TextConverter : JsonConverterFactory
{
    private static readonly Type[] Types = [typeof(TenantId), typeof(ProductId), typeof(VariantId), typeof(ChannelId), typeof(Origin), typeof(RegisterKey)];

    public static bool Writes(Type type) => Types.Contains(Nullable.GetUnderlyingType(type) ?? type);

    public override bool CanConvert(Type typeToConvert) => Types.Contains(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Writer<>).MakeGenericType(typeToConvert))!;

    private sealed class Writer<T> : JsonConverter<T> where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException($"{typeof(T).Name} is written to answers only.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
