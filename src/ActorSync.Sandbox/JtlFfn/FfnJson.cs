using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>How the network writes JSON: camel case, nothing where there is no value, instants in milliseconds with their offset.</summary>
public static class FfnJson
{
    public const string InstantFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new InstantConverter() },
    };

    public static JsonObject Node<T>(T value) => (JsonObject)JsonSerializer.SerializeToNode(value, Options)!;

    public static string Instant(DateTimeOffset at) => at.ToUniversalTime().ToString(InstantFormat);

    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Instant(value));
    }
}
