namespace ActorSync.Storage.Tests;

/// <summary>Small legal values to write.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);
    public static readonly TenantId Tenant = new("t1");
    public static readonly ChannelId Shop = new("shop1");
    public static readonly ChannelId Woo = new("woo1");
    public static readonly Origin ShopOrigin = new(OriginKind.Storefront, "shop1");

    public static ProductId Id(int number) => new($"p{number:00000}");

    public static ProductState Product(ProductId id, string name = "Mug", long version = 0) => new()
    {
        Id = id,
        Tenant = Tenant,
        Version = version,
        CreatedAt = Start,
        UpdatedAt = Start,
        LastUpdatedBy = ShopOrigin,
        Variants = [new Variant { Id = new VariantId(1) }],
        NextVariant = 2,
        Registers = ImmutableDictionary<RegisterKey, Register>.Empty.Add(
            new RegisterKey("name"),
            new Register
            {
                Claims =
                [
                    new Claim { Origin = ShopOrigin, Value = new FieldValue(name), Source = new Stamp(1_700_000_000, 2), Effective = new Stamp(1_700_000_300), LearnedAt = Start },
                ],
            }),
    };

    public static ProductIndex Index(string? sku = null, string name = "Mug", string sync = "PENDING", params string[] more) => new()
    {
        Name = name,
        Status = "active",
        SyncStatus = sync,
        Variants = [.. new[] { sku }.Concat(more).Select((code, i) => Codes(i + 1, code))],
    };

    public static VariantCodes Codes(int variant, string? sku, string? gtin = null) =>
        new() { Variant = new VariantId(variant), IdentitySku = sku?.ToLowerInvariant(), Sku = sku, Gtin = gtin };

    public static LinkState Link(ChannelId channel, string? externalId = null, long version = 0, LinkStatus status = LinkStatus.Linked) => new()
    {
        Channel = channel,
        Version = version,
        Status = status,
        ExternalId = externalId,
        ObservedAt = Start,
        Variants = externalId is null ? [] : [new VariantLink { Variant = new VariantId(1), ExternalId = externalId + "-1", StockItemId = externalId + "-s" }],
    };

    public static LinkWrite Write(LinkState link, Lane? dirty = null, DateTimeOffset? dueAt = null) => new()
    {
        State = link,
        Dirty = dirty,
        DirtySince = dirty is null ? null : Start,
        DueAt = dueAt,
        PlanKind = dirty is null ? "none" : "update",
        PlanFields = dirty is null ? [] : ["name", "price"],
    };

    public static ProductCommit Insert(ProductId id, string? sku = null, params LinkWrite[] links) => new()
    {
        Tenant = Tenant,
        Id = id,
        At = Start,
        Product = Product(id),
        Index = Index(sku),
        Links = [.. links],
        Log = [Log("created " + id)],
    };

    public static LogEntry Log(string detail, LogAction action = LogAction.Created) => new() { Action = action, Origin = ShopOrigin, At = Start, Detail = detail, Key = new RegisterKey("name") };

    public static InboxEntry Event(string key, string resource = "product/1", int partition = 3, byte[]? body = null) => new()
    {
        Tenant = Tenant,
        Channel = Shop,
        EventKey = key,
        Topic = "products/update",
        Resource = resource,
        Partition = partition,
        Headers = ImmutableDictionary<string, string>.Empty.Add("x-topic", "products/update"),
        Body = body ?? [1, 2, 3],
        ReceivedAt = Start,
        ClockOffset = TimeSpan.FromSeconds(-3),
    };
}
