using System.Collections.Immutable;
using System.Globalization;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Benchmarks.Import;

/// <summary>
/// A shop of any size with three variants per product that answers at once and charges what Shopify would: the hub's own cost against the budget, and nothing
/// else. A product's third page of life is its drift: <see cref="Drift"/> changes prices that no webhook tells.
/// </summary>
internal sealed class BenchShop(TimeProvider clock, int products, double? pointsPerSecond) : IChannelKind
{
    public const string Kind = "bench-shop";
    public const int PageSize = 50;
    private const int Variants = 3;
    private const int SecondsHeld = 20;

    /// <summary>What Shopify states before a page of 50 (docs: ProductsPage.graphql) and what it charges for 50 products of three variants after it.</summary>
    private const double PageReserved = 681;
    private const double PageActual = 184;

    private readonly Lock gate = new();
    private readonly DateTimeOffset born = clock.GetUtcNow().AddDays(-1);
    private double available = (pointsPerSecond ?? 0) * SecondsHeld;
    private DateTimeOffset at = clock.GetUtcNow();
    private int driftEvery;
    private DateTimeOffset driftedAt;
    private long pages;
    private long throttled;

    public long Pages => Interlocked.Read(ref pages);

    /// <summary>Told of each page that is read, by its cursor.</summary>
    public Action<string> PageRead { get; init; } = _ => { };

    public long Throttled => Interlocked.Read(ref throttled);

    /// <summary>The least time that the budget allows for reading everything once, from a full bucket.</summary>
    public TimeSpan? Least => pointsPerSecond is { } rate
        ? TimeSpan.FromSeconds(Math.Max(0, (Math.Ceiling(products / (double)PageSize) * PageActual) - (rate * SecondsHeld)) / rate)
        : null;

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = Kind,
        DisplayName = "Benchmark shop",
        PlatformName = "BENCH",
        OriginKind = OriginKind.Storefront,
        Mask = ["name", "description", "price", "compareAtPrice", "isActive", "tags", "vendor", "productType", "sku", "gtin", "options", "optionValues"],
        MaxPushBatch = 100,
        ImportPageSize = PageSize,
        Settings = [],
        EditUrl = (_, _) => null,
    };

    public ICanon Canon { get; } = new Identity();

    public IWebhookReader? Webhooks => null;

    /// <summary>Every n-th product has another price from now on.</summary>
    public void Drift(int every)
    {
        driftEvery = every;
        driftedAt = clock.GetUtcNow();
    }

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null) => new Connection(this, settings.Id, budget);

    private (bool Taken, double Left) Take(double points)
    {
        lock (gate)
        {
            var rate = pointsPerSecond!.Value;
            var now = clock.GetUtcNow();
            available = Math.Min(rate * SecondsHeld, available + ((now - at).TotalSeconds * rate));
            at = now;
            if (points > available)
            {
                return (false, available);
            }

            available -= points;
            return (true, available);
        }
    }

    private ObservedProduct Body(int product)
    {
        var drifted = driftEvery > 0 && product % driftEvery == 0;
        var version = Stamp.At(drifted ? driftedAt : born);
        string Text(string format) => string.Format(CultureInfo.InvariantCulture, format, product);
        return new ObservedProduct
        {
            ExternalId = Text("7{0:D9}"),
            Version = version,
            Fields = ImmutableDictionary<string, FieldValue>.Empty
                .Add("name", new FieldValue(Text("Benchmark product {0}")))
                .Add("description", new FieldValue("<p>" + string.Concat(Enumerable.Repeat(Text("Part {0} of a description as long as a real one. "), 14)) + "</p>"))
                .Add("vendor", new FieldValue($"Vendor {product % 50}"))
                .Add("productType", new FieldValue("Bench"))
                .Add("isActive", FieldValue.True),
            Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", ["bench", $"group{product % 20}"]),
            Options = ["Size"],
            VariantsComplete = true,
            Variants =
            [
                .. Enumerable.Range(0, Variants).Select(variant => new ObservedVariant
                {
                    ExternalId = $"{Text("8{0:D9}")}{variant}",
                    StockItemId = $"{Text("9{0:D9}")}{variant}",
                    Fields = ImmutableDictionary<string, FieldValue>.Empty
                        .Add("sku", new FieldValue($"BENCH-{product}-{variant}"))
                        .Add("price", Canonical.Money(10 + (product % 90) + (variant * 0.5m) + (drifted ? 1 : 0))),
                    OptionValues = [$"Size {variant}"],
                }),
            ],
        };
    }

    private sealed class Identity : ICanon
    {
        public FieldValue Form(string field, FieldValue value) => value;

        public string ElementKey(string field, string element) => element.Trim().ToLowerInvariant();
    }

    private sealed class Connection(BenchShop shop, ChannelId channel, IApiBudget budget) : IChannel, IProductSource
    {
        public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult { Ok = true });

        public async Task<SourcePage> ReadPageAsync(string? cursor, int size, CancellationToken cancellationToken)
        {
            var first = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
            if (await PayAsync(cancellationToken) is { } fault)
            {
                return new SourcePage { Items = [], Fault = fault };
            }

            Interlocked.Increment(ref shop.pages);
            shop.PageRead(cursor ?? "first");
            var next = Math.Min(first + size, shop.Count);
            return new SourcePage
            {
                Items = See(Enumerable.Range(first, next - first)),
                NextCursor = next < shop.Count ? next.ToString(CultureInfo.InvariantCulture) : null,
                Total = shop.Count,
            };
        }

        public async Task<SourcePage> ReadAsync(ImmutableArray<string> externalIds, CancellationToken cancellationToken) =>
            await PayAsync(cancellationToken) is { } fault
                ? new SourcePage { Items = [], Fault = fault }
                : new SourcePage { Items = See(externalIds.Select(id => int.Parse(id[1..], CultureInfo.InvariantCulture))) };

        public Task<ObservedProduct?> FindAsync(PushItem item, CancellationToken cancellationToken) => Task.FromResult<ObservedProduct?>(null);

        public Task<SourcePage> PollAsync(string? cursor, int size, CancellationToken cancellationToken) =>
            Task.FromResult(new SourcePage { Items = [], NextCursor = cursor ?? "now" });

        private async ValueTask<ChannelFault?> PayAsync(CancellationToken cancellationToken)
        {
            if (shop.Rate is not { } rate)
            {
                return null;
            }

            await budget.AcquireAsync(PageReserved, Lane.Content, cancellationToken);
            // As Shopify: the stated cost must be there, what was not used is given back.
            var (taken, left) = shop.Take(PageReserved);
            if (taken)
            {
                left = shop.GiveBack(PageReserved - PageActual);
            }
            else
            {
                Interlocked.Increment(ref shop.throttled);
            }

            budget.Report(new BudgetReading
            {
                Reserved = PageReserved,
                Actual = taken ? PageActual : 0,
                Maximum = rate * SecondsHeld,
                Available = left,
                RestorePerSecond = rate,
                Throttled = !taken,
            });
            return taken ? null : new ChannelFault { Kind = ChannelFaultKind.Throttled, Code = "THROTTLED", Message = "The budget is spent." };
        }

        private ImmutableArray<Observation> See(IEnumerable<int> wanted)
        {
            var now = shop.Now;
            return [.. wanted.Select(product => new Observation { Channel = channel, Body = shop.Body(product), Source = ObservationSource.Import, ReadStartedAt = now, ReceivedAt = now })];
        }
    }

    private int Count => products;

    private double? Rate => pointsPerSecond;

    private DateTimeOffset Now => clock.GetUtcNow();

    private double GiveBack(double points)
    {
        lock (gate)
        {
            return available += points;
        }
    }
}
