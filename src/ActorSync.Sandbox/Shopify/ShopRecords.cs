namespace ActorSync.Sandbox.Shopify;

/// <summary>A product as the shop holds it. Immutable: every write replaces the whole record, so that readers, search and webhooks keep what they saw.</summary>
public sealed record ShopProduct
{
    public required long Id { get; init; }
    public required string Title { get; init; }
    public required string Handle { get; init; }
    public string DescriptionHtml { get; init; } = "";
    public string Vendor { get; init; } = "";
    public string ProductType { get; init; } = "";

    /// <summary>ACTIVE, ARCHIVED, DRAFT or UNLISTED.</summary>
    public required string Status { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? SeoTitle { get; init; }
    public string? SeoDescription { get; init; }
    public string? TemplateSuffix { get; init; }
    public string? CategoryId { get; init; }
    public required IReadOnlyList<ShopOption> Options { get; init; }

    /// <summary>In the order of their positions.</summary>
    public required IReadOnlyList<ShopVariant> Variants { get; init; }
    public IReadOnlyList<ShopMedia> Media { get; init; } = [];
    public IReadOnlyList<ShopMetafield> Metafields { get; init; } = [];
    public IReadOnlyList<long> Publications { get; init; } = [];
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? PublishedAt { get; init; }

    public bool HasOnlyDefaultVariant => Variants.Count == 1 && Options is [{ Name: ShopOption.DefaultName, Values: [{ Name: ShopOption.DefaultValue }] }];

    public ShopVariant? Variant(long id) => Variants.FirstOrDefault(v => v.Id == id);

    public ShopProduct WithVariant(ShopVariant changed) => this with { Variants = [.. Variants.Select(v => v.Id == changed.Id ? changed : v)] };
}

public sealed record ShopOption(long Id, string Name, IReadOnlyList<ShopOptionValue> Values)
{
    public const string DefaultName = "Title";
    public const string DefaultValue = "Default Title";
}

public sealed record ShopOptionValue(long Id, string Name);

public sealed record ShopVariant
{
    public required long Id { get; init; }
    public required long ItemId { get; init; }

    /// <summary>One value per option of the product, in the options' order.</summary>
    public required IReadOnlyList<string> Values { get; init; }
    public string? Sku { get; init; }
    public string? Barcode { get; init; }
    public decimal Price { get; init; }
    public decimal? CompareAtPrice { get; init; }
    public bool Taxable { get; init; } = true;

    /// <summary>DENY or CONTINUE.</summary>
    public string Policy { get; init; } = "DENY";
    public bool Tracked { get; init; }
    public bool RequiresShipping { get; init; } = true;
    public decimal? Cost { get; init; }
    public string? Country { get; init; }
    public string? Province { get; init; }
    public string? HsCode { get; init; }
    public double Weight { get; init; }
    public string WeightUnit { get; init; } = "KILOGRAMS";
    public IReadOnlyList<ShopLevel> Levels { get; init; } = [];
    public IReadOnlyList<ShopMetafield> Metafields { get; init; } = [];
    public long? MediaId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public required DateTimeOffset ItemUpdatedAt { get; init; }

    public string Title => string.Join(" / ", Values);

    public int InventoryQuantity => Levels.Sum(l => l.Available);

    public ShopLevel? Level(long locationId) => Levels.FirstOrDefault(l => l.LocationId == locationId);

    public ShopVariant WithLevel(ShopLevel changed) =>
        this with { Levels = Level(changed.LocationId) is null ? [.. Levels, changed] : [.. Levels.Select(l => l.LocationId == changed.LocationId ? changed : l)] };
}

/// <summary>One item at one location. Sales are shipped at once here, so nothing stays committed.</summary>
public sealed record ShopLevel
{
    public required long LocationId { get; init; }
    public int Available { get; init; }
    public int Incoming { get; init; }
    public int Damaged { get; init; }
    public int QualityControl { get; init; }
    public int Reserved { get; init; }
    public int SafetyStock { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    public int OnHand => Available + Damaged + QualityControl + Reserved + SafetyStock;

    /// <summary>Null for a name that no inventory quantity has.</summary>
    public int? Quantity(string name) => name switch
    {
        "available" => Available,
        "on_hand" => OnHand,
        "incoming" => Incoming,
        "committed" => 0,
        "damaged" => Damaged,
        "quality_control" => QualityControl,
        "reserved" => Reserved,
        "safety_stock" => SafetyStock,
        _ => null,
    };

    public ShopLevel Add(string name, int delta) => name switch
    {
        "available" => this with { Available = Available + delta },
        "incoming" => this with { Incoming = Incoming + delta },
        "damaged" => this with { Damaged = Damaged + delta },
        "quality_control" => this with { QualityControl = QualityControl + delta },
        "reserved" => this with { Reserved = Reserved + delta },
        "safety_stock" => this with { SafetyStock = SafetyStock + delta },
        _ => throw new ArgumentException($"'{name}' is not a quantity that can be adjusted.", nameof(name)),
    };
}

public sealed record ShopMedia(long Id, string Source, string Alt, DateTimeOffset CreatedAt, DateTimeOffset ReadyAt);

public sealed record ShopMetafield(long Id, string Namespace, string Key, string Type, string Value, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

public sealed record ShopMetafieldDefinition(long Id, string Namespace, string Key, string Name, string OwnerType, string Type);

/// <summary>The level number is a location's part of its inventory levels' ids; it is not the location's own number.</summary>
public sealed record ShopLocation(long Id, long LevelNumber, string Name, bool FulfillsOnlineOrders, DateTimeOffset CreatedAt);

public sealed record ShopMetafieldName(string Namespace, string Key);

public sealed record ShopPublication(long Id, string Name);

public sealed record ShopSubscription
{
    public required long Id { get; init; }

    /// <summary>As in GraphQL: PRODUCTS_UPDATE.</summary>
    public required string Topic { get; init; }
    public required string Uri { get; init; }
    public string? Name { get; init; }
    public string? Filter { get; init; }
    public IReadOnlyList<string> IncludeFields { get; init; } = [];
    public IReadOnlyList<string> MetafieldNamespaces { get; init; } = [];
    public IReadOnlyList<ShopMetafieldName> Metafields { get; init; } = [];
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>products/update for PRODUCTS_UPDATE, inventory_levels/update for INVENTORY_LEVELS_UPDATE.</summary>
    public static string TopicOf(string topic)
    {
        // app/scopes_update is the one whose change has two words.
        var cut = topic.StartsWith("APP_", StringComparison.Ordinal) ? topic.IndexOf('_', StringComparison.Ordinal) : topic.LastIndexOf('_');
        return $"{topic[..cut]}/{topic[(cut + 1)..]}".ToLowerInvariant();
    }
}

/// <summary>A customer's order of one line. Who bought is not stored: bodies carry an invented person, as real ones carry a real one.</summary>
public sealed record ShopOrder
{
    public required long Id { get; init; }
    public required long LineId { get; init; }
    public required long ProductId { get; init; }
    public required long VariantId { get; init; }
    public required string Title { get; init; }
    public string? Sku { get; init; }
    public required decimal Price { get; init; }
    public required int Quantity { get; init; }
    /// <summary>Where the goods were taken from; null = the item is not counted.</summary>
    public long? LocationId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CancelledAt { get; init; }
}

/// <summary>An asynchronous productSet: the work is done at <see cref="DueAt"/>, and only then can its errors be read.</summary>
public sealed record ShopOperation
{
    public required long Id { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset DueAt { get; init; }
    public long? ProductId { get; init; }
    public IReadOnlyList<ShopUserError> Errors { get; init; } = [];
}

/// <summary>A business refusal. <see cref="Code"/> is only shown where the schema has the field.</summary>
public sealed record ShopUserError(IReadOnlyList<string>? Field, string Message, string? Code = null);

/// <summary>A remembered answer of a mutation that ran with a key.</summary>
public sealed record IdempotentAnswer(string Id, string InputHash, string ResultJson, DateTimeOffset At);
