namespace ActorSync.Abstractions.Channels;

/// <summary>One connection as the tenant configured it. Secrets are not in here: they live in the secret store only.</summary>
[GenerateSerializer, Immutable, Alias("actorsync.channel-settings")]
public sealed record ChannelSettings
{
    /// <summary>Chosen once, letters, digits, '-' and '_'; unique over all tenants.</summary>
    [Id(0)] public required ChannelId Id { get; init; }
    /// <summary>Owner of the connection.</summary>
    [Id(1)] public required TenantId Tenant { get; init; }
    /// <summary>The connector, e.g. "shopify", "woocommerce".</summary>
    [Id(2)] public required string Kind { get; init; }
    /// <summary>For people.</summary>
    [Id(3)] public required string Name { get; init; }
    /// <summary>The connector's own settings by name, as its descriptor declares them (baseUrl, shopDomain, …).</summary>
    [Id(4)] public ImmutableDictionary<string, string> Values { get; init; } = ImmutableDictionary<string, string>.Empty;
    /// <summary>observe: read, import, match, write nothing. live: pushes.</summary>
    [Id(5)] public ChannelMode Mode { get; init; }
    /// <summary>What happens with hub products that the channel lacks.</summary>
    [Id(6)] public CreateMissing CreateMissing { get; init; }
    /// <summary>Nothing is pushed while paused; reading goes on.</summary>
    [Id(7)] public bool Paused { get; init; }
    /// <summary>ISO 4217 of the channel's prices; learned by the probe.</summary>
    [Id(8)] public string Currency { get; init; } = "EUR";
    /// <summary>Locations that take stock, learned by the probe; which hub warehouses each stands for.</summary>
    [Id(9)] public ImmutableArray<ChannelLocation> Locations { get; init; } = [];
    /// <summary>Read name, description and price before they are overwritten when not seen lately.</summary>
    [Id(10)] public bool ReadBeforeWrite { get; init; } = true;
    /// <summary>Pieces kept back from this channel.</summary>
    [Id(11)] public decimal StockBuffer { get; init; }
    /// <summary>Ask for changes every minute because the channel cannot reach us (no PublicUrl).</summary>
    [Id(12)] public bool PollMode { get; init; }
    /// <summary>When it went live; null = never.</summary>
    [Id(13)] public DateTimeOffset? LiveSince { get; init; }
    /// <summary>When the first whole import was completed; null = not yet.</summary>
    [Id(14)] public DateTimeOffset? ImportedAt { get; init; }
    /// <summary>Hour (UTC, 0 to 23) at which the channel is checked for drift each day; <see cref="Daily.Never"/> = never.</summary>
    [Id(15)] public int DriftScanHour { get; init; } = 3;

    /// <summary>These settings with what a probe told: currency and locations. Warehouses that were assigned to a location stay.</summary>
    public ChannelSettings With(ProbeResult probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return !probe.Ok ? this : this with
        {
            Currency = probe.Currency ?? Currency,
            Locations = [.. probe.Locations.Select(told => Locations.FirstOrDefault(known => known.LocationId == told.LocationId) is { } kept ? told with { Warehouses = kept.Warehouses } : told)],
        };
    }
}

/// <summary>What a connector can do and needs: drives ownership masks, batch sizes, the connect form and the links to the channel's own pages.</summary>
public sealed record ChannelDescriptor
{
    /// <summary>The kind's name in URLs and settings.</summary>
    public required string Kind { get; init; }
    /// <summary>For people.</summary>
    public required string DisplayName { get; init; }
    /// <summary>The name that S3's origins and operations use: SHOPIFY, WOOCOMMERCE, JTL.</summary>
    public required string PlatformName { get; init; }
    /// <summary>What its claims count as.</summary>
    public required OriginKind OriginKind { get; init; }
    /// <summary>Fields that it can write, by registry name.</summary>
    public required ImmutableHashSet<string> Mask { get; init; }
    /// <summary>The fields of one channel where its settings change them; null = <see cref="Mask"/>.</summary>
    public Func<ChannelSettings, ImmutableHashSet<string>>? MaskFor { get; init; }
    /// <summary>Every variant stands there for itself, without a product above it: one id per SKU (docs/adr/0003-flat-channels.md).</summary>
    public bool IsFlat { get; init; }
    /// <summary>Fields that a create must carry and that are not kept equal afterwards.</summary>
    public ImmutableHashSet<string> CreateOnly { get; init; } = [];
    /// <summary>How often this connection wants to be asked for news; null = as the installation says.</summary>
    public Func<ChannelSettings, TimeSpan>? PollInterval { get; init; }
    /// <summary>Calls that the channel takes per second where its answers state no budget; null = learned from throttled answers.</summary>
    public Func<ChannelSettings, int>? CallsPerSecond { get; init; }
    /// <summary>Most products per push call.</summary>
    public required int MaxPushBatch { get; init; }
    /// <summary>How long a push may be in the air before its outcome counts as unknown. The connector ends each push before it.</summary>
    public TimeSpan PushLease { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>The same for a push that carries pictures: some channels fetch them during the call.</summary>
    public TimeSpan PicturePushLease { get; init; } = TimeSpan.FromSeconds(90);
    /// <summary>How many products are changed at once; null = only call by call. The connection then implements <see cref="IBulkSink"/>.</summary>
    public BulkPushDescriptor? BulkPush { get; init; }
    /// <summary>Products per page of an import.</summary>
    public required int ImportPageSize { get; init; }
    /// <summary>What such a page costs of the channel's budget, at least: points at Shopify, requests elsewhere.</summary>
    public double ImportPageCost { get; init; } = 1;
    /// <summary>What the connect form asks for.</summary>
    public required ImmutableArray<ChannelSettingDescriptor> Settings { get; init; }
    /// <summary>Path of the channel's own edit page relative to its admin address, with {id} for the external id; null = none.</summary>
    public required Func<ChannelSettings, string, string?> EditUrl { get; init; }
}

/// <summary>One setting of a connector.</summary>
public sealed record ChannelSettingDescriptor
{
    /// <summary>Name in JSON.</summary>
    public required string Name { get; init; }
    /// <summary>For people.</summary>
    public required string Label { get; init; }
    /// <summary>Must be given.</summary>
    public bool Required { get; init; }
    /// <summary>Stored encrypted, never shown again.</summary>
    public bool Secret { get; init; }
    /// <summary>One sentence: what it is, where to find it.</summary>
    public required string Help { get; init; }
    /// <summary>Taken when absent.</summary>
    public string? Default { get; init; }
}
