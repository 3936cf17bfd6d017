using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ActorSync.Web.Products;

/// <summary>A product as the API shows it. A member that is null is known to be empty; one that is absent was never told by anyone (lists are always there).</summary>
internal sealed record ProductBody
{
    public required string Id { get; init; }
    public required long Version { get; init; }
    public required string Status { get; init; }
    public required string SyncStatus { get; init; }
    /// <summary>Currency of the prices shown.</summary>
    public required string Currency { get; init; }
    public required IReadOnlyList<JsonObject> Variants { get; init; }
    public required IReadOnlyList<string> Options { get; init; }
    public required IReadOnlyList<ProductChannel> Channels { get; init; }
    public required int OpenConflicts { get; init; }
    public required string LastUpdatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Every product-level field of the registry that has a value, by name.</summary>
    [JsonExtensionData] public IDictionary<string, object?> Fields { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    public static ProductBody Of(ProductSnapshot snapshot, TenantSettings settings, ITenantDirectory directory)
    {
        var product = snapshot.Product;
        var currency = settings.Policy.Currency;
        return new ProductBody
        {
            Id = product.Id.Value,
            Version = product.Version,
            Status = StatusOf(product),
            SyncStatus = snapshot.SyncStatus,
            Currency = currency,
            Fields = new Dictionary<string, object?>(
                ValuesOf(product, null, currency).ToDictionary(f => f.Key, f => (object?)f.Value, StringComparer.Ordinal), StringComparer.Ordinal)
            {
                [Domain.Products.Fields.Images] = ImagesOf(snapshot),
            },
            Options = product.Value(Domain.Products.Fields.Options)?.ToList() ?? [],
            Variants = [.. product.LivingVariants().Select(v => VariantOf(product, v.Id, currency))],
            Channels = [.. Names.InOrder(snapshot.Links, settings).Select(l => ProductChannel.Of(l, settings, directory))],
            OpenConflicts = product.Conflicts.Count(c => c.State == ConflictState.Open),
            LastUpdatedBy = product.LastUpdatedBy.Id,
            CreatedAt = product.CreatedAt,
            UpdatedAt = product.UpdatedAt,
        };
    }

    /// <summary>The pictures in their order, with the id that each channel knows them by.</summary>
    private static JsonArray ImagesOf(ProductSnapshot snapshot) => new([.. snapshot.Product.Pictures().Select((image, at) => (JsonNode)new JsonObject
    {
        ["id"] = image.Key,
        ["url"] = image.Url,
        ["alt"] = snapshot.Product.AltOf(image),
        ["position"] = at + 1,
        ["problem"] = image.Unreachable,
        ["channels"] = new JsonObject(snapshot.Links
            .Select(link => (link.Channel, Media: link.Media.FirstOrDefault(m => m is { Gone: false, Status: not MediaStatus.Failed } && m.Key == image.Key)))
            .Where(pair => pair.Media is not null)
            .Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Channel.Value, JsonValue.Create(pair.Media!.MediaId)))),
    })]);

    public static string StatusOf(ProductState product) => product.Life == ProductLife.Deleted ? "deleted"
        : product.Value(Domain.Products.Fields.IsActive) == FieldValue.False ? "inactive" : "active";

    private static JsonObject VariantOf(ProductState product, VariantId id, string currency)
    {
        var variant = new JsonObject { ["id"] = id.ToString() };
        foreach (var (name, value) in ValuesOf(product, id, currency).ToList())
        {
            variant[name] = value?.DeepClone();
        }

        variant["optionValues"] = Texts(product.Value(Domain.Products.Fields.OptionValues, id)?.ToList() ?? []);
        var levels = product.Stock.Levels.Where(l => l.Variant == id).ToList();
        if (levels.Count > 0)
        {
            variant["available"] = levels.Sum(l => l.Available);
            variant["stock"] = new JsonObject(levels.Select(l => KeyValuePair.Create<string, JsonNode?>(
                l.Warehouse, new JsonObject { ["available"] = l.Available, ["reserved"] = l.Reserved, ["announced"] = l.Announced })));
        }

        return variant;
    }

    private static JsonObject ValuesOf(ProductState product, VariantId? variant, string currency)
    {
        var values = new JsonObject();
        foreach (var field in Domain.Products.Fields.All)
        {
            if (field.IsStructure || field.Name == Domain.Products.Fields.Images || field.Class == OwnerClass.Stock || field.Scope == FieldScope.Variant != variant is not null)
            {
                continue;
            }

            if (field.Type == FieldType.Set)
            {
                values[field.Name] = Texts(product.SetElements(field.Name));
            }
            else if (product.Value(field.Name, variant, field.Type == FieldType.Money ? currency : null) is { } value)
            {
                values[field.Name] = ToJson(field, value);
            }
        }

        return values;
    }

    /// <summary>The value in its JSON form: numbers as exact decimals, texts as they are, empty as null.</summary>
    public static JsonNode? ToJson(FieldDefinition? field, FieldValue? value) => value is not { IsEmpty: false } given ? null : field?.Type switch
    {
        FieldType.Money or FieldType.Decimal or FieldType.Integer => given.ToDecimal() is { } number ? JsonValue.Create(number) : JsonValue.Create(given.Text),
        FieldType.Boolean => given.ToBoolean() is { } flag ? JsonValue.Create(flag) : JsonValue.Create(given.Text),
        FieldType.List => Texts(given.ToList()),
        _ => JsonValue.Create(given.Text),
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)JsonValue.Create(t))]);
}

/// <summary>A product's state at one channel.</summary>
internal sealed record ProductChannel
{
    public required string Id { get; init; }
    public required string Status { get; init; }
    public string? ExternalId { get; init; }
    public string? EditUrl { get; init; }
    public required int Attempts { get; init; }
    public string? Reason { get; init; }
    public DateTimeOffset? VerifiedAt { get; init; }
    public DateTimeOffset? PushedAt { get; init; }
    public DateTimeOffset? NextAttemptAt { get; init; }

    public static ProductChannel Of(LinkState link, TenantSettings settings, ITenantDirectory directory) => new()
    {
        Id = link.Channel.Value,
        Status = Names.Of(link.Status),
        ExternalId = link.ExternalId,
        EditUrl = Names.EditUrl(link.Channel, link.ExternalId, settings, directory),
        Attempts = link.Attempts,
        Reason = link.HeldByGuard ?? link.LastError ?? link.Reason,
        VerifiedAt = link.ObservedAt,
        PushedAt = link.LastPushedAt,
        NextAttemptAt = link.NextAttemptAt,
    };
}
