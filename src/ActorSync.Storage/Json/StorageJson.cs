using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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
    private static readonly StorageJsonContext Context = new(new JsonSerializerOptions(StorageJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    });

    public static byte[] Write(ProductState product) =>
        JsonSerializer.SerializeToUtf8Bytes(new ProductDocument { Schema = ProductDocument.CurrentSchema, Product = product }, Context.ProductDocument);

    public static ProductState ReadProduct(ReadOnlySpan<byte> document, long version)
    {
        var read = JsonSerializer.Deserialize(document, Context.ProductDocument) ?? throw new JsonException("The product document is null.");
        Known("product", read.Schema, ProductDocument.CurrentSchema);
        return Filled(read.Product) with { Version = version };
    }

    public static byte[] Write(LinkState link) =>
        JsonSerializer.SerializeToUtf8Bytes(new LinkDocument { Schema = LinkDocument.CurrentSchema, Link = link }, Context.LinkDocument);

    public static LinkState ReadLink(ReadOnlySpan<byte> document, long version)
    {
        var read = JsonSerializer.Deserialize(document, Context.LinkDocument) ?? throw new JsonException("The link document is null.");
        Known("link", read.Schema, LinkDocument.CurrentSchema);
        return Filled(read.Link) with { Version = version };
    }

    public static string Write(LogEntry entry) => JsonSerializer.Serialize(entry, Context.LogEntry);

    public static LogEntry ReadLogEntry(string text) => JsonSerializer.Deserialize(text, Context.LogEntry) ?? throw new JsonException("The log entry is null.");

    public static string Write(ConflictRow row) => JsonSerializer.Serialize(row, Context.ConflictRow);

    public static ConflictRow ReadConflict(string text) => JsonSerializer.Deserialize(text, Context.ConflictRow) ?? throw new JsonException("The conflict is null.");

    /// <summary>Null for an empty list.</summary>
    public static string? WriteList(ImmutableArray<string> items) =>
        items.IsDefaultOrEmpty ? null : JsonSerializer.Serialize(items, Context.ImmutableArrayString);

    public static ImmutableArray<string> ReadList(string? text) =>
        string.IsNullOrEmpty(text) ? [] : JsonSerializer.Deserialize(text, Context.ImmutableArrayString);

    public static string Write(ImmutableDictionary<string, string> map) => JsonSerializer.Serialize(map, Context.ImmutableDictionaryStringString);

    public static ImmutableDictionary<string, string> ReadMap(string text) =>
        JsonSerializer.Deserialize(text, Context.ImmutableDictionaryStringString) ?? ImmutableDictionary<string, string>.Empty;

    private static void Known(string what, int schema, int newest)
    {
        if (schema < 1 || schema > newest)
        {
            throw new JsonException($"The {what} document has schema {schema}, but this version reads 1 to {newest}. It was written by a newer ActorSync.");
        }
    }

    // Generated readers give members that an older document lacks their type's default instead of the record's: lists and maps must never be null or default.
    private static ProductState Filled(ProductState product) => product with
    {
        Registers = product.Registers ?? ImmutableDictionary<RegisterKey, Register>.Empty,
        Variants = product.Variants.OrEmpty(),
        NextVariant = Math.Max(1, product.NextVariant),
        Stock = product.Stock ?? Domain.Stock.StockLedger.Empty,
        Conflicts = product.Conflicts.OrEmpty(),
    };

    private static LinkState Filled(LinkState link) => link with
    {
        Variants = link.Variants.OrEmpty(),
        Registers = link.Registers ?? ImmutableDictionary<RegisterKey, Held>.Empty,
    };

    private static ImmutableArray<T> OrEmpty<T>(this ImmutableArray<T> items) => items.IsDefault ? [] : items;
}
