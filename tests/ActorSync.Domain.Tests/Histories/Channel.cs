using System.Collections.Immutable;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tests.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>A simulated outside system: values, one-second versions by its own clock, its own way of changing texts.</summary>
internal sealed class SimChannel(ChannelId id, int offsetSeconds, bool unknownForms)
{
    public ChannelId Id { get; } = id;
    public int OffsetSeconds { get; } = offsetSeconds;
    public string[] Values { get; } = ["e0", "100", "e0", "1", ""];
    public SortedSet<string> Tags { get; } = new(StringComparer.Ordinal) { "t0" };
    public int Stock { get; set; } = 20;
    public long Version { get; private set; } = Lab.Epoch - 2000;
    public long StockVersion { get; private set; } = Lab.Epoch - 2000;
    public bool IsWarehouse => Id == Lab.J;
    public bool ShowsEventState => Id == Lab.S;

    public void Touch(long nowMs) => Version = Math.Max(Version, (nowMs / 1000) + OffsetSeconds);

    public void TouchStock(long nowMs)
    {
        // A warehouse counts its rows; shops stamp their own second.
        StockVersion = IsWarehouse ? StockVersion + 1 : Math.Max(StockVersion, (nowMs / 1000) + OffsetSeconds);
        if (!ShowsEventState)
        {
            Touch(nowMs);
        }
    }

    /// <summary>What the channel makes of a text: trims it (known to its connector), and may drop '~' (not known).</summary>
    public string Form(string value) => unknownForms && !IsWarehouse ? value.Trim().Replace("~", "", StringComparison.Ordinal) : value.Trim();

    public Body Show(bool isWebhook) => new(
        Version,
        StockVersion,
        [.. Values],
        [.. Tags],
        Stock,
        CarriesSeo: !(isWebhook && ShowsEventState));

    public ObservedProduct Translate(Body body)
    {
        var product = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        var variant = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        product["name"] = new FieldValue(body.Values[(int)WorldField.Name]);
        variant["weight"] = new FieldValue(body.Values[(int)WorldField.Weight]);
        var sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        if (!IsWarehouse)
        {
            variant["price"] = new FieldValue(body.Values[(int)WorldField.Price]);
            if (body.CarriesSeo)
            {
                product["seoTitle"] = new FieldValue(body.Values[(int)WorldField.Seo]);
            }

            sets = sets.Add("tags", [.. body.Tags]);
        }

        return new ObservedProduct
        {
            ExternalId = $"{Id}-1",
            Version = new Stamp(body.Version),
            Fields = product.ToImmutable(),
            Sets = sets,
            Variants =
            [
                new ObservedVariant
                {
                    ExternalId = $"{Id}-v1",
                    Fields = variant.ToImmutable(),
                    Stock = [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = body.Stock, Version = new Stamp(body.StockVersion) }],
                },
            ],
            VariantsComplete = true,
        };
    }
}

/// <summary>A snapshot of a channel, as it travels.</summary>
internal sealed record Body(long Version, long StockVersion, string[] Values, string[] Tags, int Stock, bool CarriesSeo);
