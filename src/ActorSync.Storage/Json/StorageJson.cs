using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ActorSync.Storage.Json;

/// <summary>The stored form of a product. <see cref="Schema"/> tells a later reader how to read it.</summary>
internal sealed record ProductDocument
{
    public const int CurrentSchema = 1;
    public required int Schema { get; init; }
    public required ProductState Product { get; init; }
}

/// <summary>The stored form of a link.</summary>
internal sealed record LinkDocument
{
    public const int CurrentSchema = 1;
    public required int Schema { get; init; }
    public required LinkState Link { get; init; }
}

/// <summary>UTF-8 JSON of everything that is stored as a document or list.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(FieldValueConverter), typeof(NullableFieldValueConverter), typeof(TenantIdConverter), typeof(ProductIdConverter), typeof(ChannelIdConverter),
        typeof(VariantIdConverter), typeof(OriginConverter), typeof(StampConverter), typeof(RegisterKeyConverter),
    ])]
[JsonSerializable(typeof(ProductDocument))]
[JsonSerializable(typeof(LinkDocument))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(ConflictRow))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ImmutableDictionary<string, string>))]
internal sealed partial class StorageJsonContext : JsonSerializerContext;

/// <summary>Reading and writing the documents.</summary>
internal static class StorageJson
{
    // The relaxed encoder keeps umlauts and quotes of HTML as they are: smaller, and readable in SQL. Nothing of this is ever put into a page unescaped.
    private static readonly JsonSerializerOptions Options = new(StorageJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = StorageJsonContext.Default.WithAddedModifier(MissingMembers.Fill),
    };

    private static readonly JsonTypeInfo<ProductDocument> Products = Type<ProductDocument>();
    private static readonly JsonTypeInfo<LinkDocument> Links = Type<LinkDocument>();
    private static readonly JsonTypeInfo<LogEntry> LogEntries = Type<LogEntry>();
    private static readonly JsonTypeInfo<ConflictRow> Conflicts = Type<ConflictRow>();
    private static readonly JsonTypeInfo<ImmutableArray<string>> Texts = Type<ImmutableArray<string>>();
    private static readonly JsonTypeInfo<ImmutableDictionary<string, string>> Maps = Type<ImmutableDictionary<string, string>>();

    public static byte[] Write(ProductState product) =>
        JsonSerializer.SerializeToUtf8Bytes(new ProductDocument { Schema = ProductDocument.CurrentSchema, Product = product }, Products);

    public static ProductState ReadProduct(ReadOnlySpan<byte> document, long version)
    {
        var read = JsonSerializer.Deserialize(document, Products) ?? throw new JsonException("The product document is null.");
        Known("product", read.Schema, ProductDocument.CurrentSchema);
        return read.Product with
        {
            Version = version,
            Stock = read.Product.Stock ?? Domain.Stock.StockLedger.Empty,
            NextVariant = Math.Max(1, read.Product.NextVariant),
            NextImage = Math.Max(1, read.Product.NextImage),
        };
    }

    public static byte[] Write(LinkState link) =>
        JsonSerializer.SerializeToUtf8Bytes(new LinkDocument { Schema = LinkDocument.CurrentSchema, Link = link }, Links);

    public static LinkState ReadLink(ReadOnlySpan<byte> document, long version)
    {
        var read = JsonSerializer.Deserialize(document, Links) ?? throw new JsonException("The link document is null.");
        Known("link", read.Schema, LinkDocument.CurrentSchema);
        return read.Link with { Version = version };
    }

    public static string Write(LogEntry entry) => JsonSerializer.Serialize(entry, LogEntries);

    public static LogEntry ReadLogEntry(string text) => JsonSerializer.Deserialize(text, LogEntries) ?? throw new JsonException("The log entry is null.");

    public static string Write(ConflictRow row) => JsonSerializer.Serialize(row, Conflicts);

    public static ConflictRow ReadConflict(string text) => JsonSerializer.Deserialize(text, Conflicts) ?? throw new JsonException("The conflict is null.");

    /// <summary>Null for an empty list.</summary>
    public static string? WriteList(ImmutableArray<string> items) =>
        items.IsDefaultOrEmpty ? null : JsonSerializer.Serialize(items, Texts);

    public static ImmutableArray<string> ReadList(string? text) =>
        string.IsNullOrEmpty(text) ? [] : JsonSerializer.Deserialize(text, Texts);

    public static string Write(ImmutableDictionary<string, string> map) => JsonSerializer.Serialize(map, Maps);

    public static ImmutableDictionary<string, string> ReadMap(string text) =>
        JsonSerializer.Deserialize(text, Maps) ?? ImmutableDictionary<string, string>.Empty;

    private static void Known(string what, int schema, int newest)
    {
        if (schema < 1 || schema > newest)
        {
            throw new JsonException($"The {what} document has schema {schema}, but this version reads 1 to {newest}. It was written by a newer ActorSync.");
        }
    }

    private static JsonTypeInfo<T> Type<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
