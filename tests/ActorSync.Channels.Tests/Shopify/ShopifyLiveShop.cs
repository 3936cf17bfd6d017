using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>A connection of the real connector to the shop in a Sandbox, and short ways to say what the hub wants of it.</summary>
internal sealed class ShopifyLiveShop : IDisposable
{
    public const string Name = "shopify";
    private static int _ids;
    private readonly ServiceProvider _services;
    private readonly SandboxProcess _sandbox;

    public ShopifyLiveShop(SandboxProcess sandbox)
    {
        _sandbox = sandbox;
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddLogging().AddChannels();
        services.Configure<ChannelHttpOptions>(options =>
        {
            options.AllowPrivateAddresses = true;
            options.RetryDelay = TimeSpan.FromMilliseconds(5);
        });
        _services = services.BuildServiceProvider();
        Kind = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "shopify");
        Settings = new ChannelSettings
        {
            Id = new ChannelId("shop1"),
            Tenant = TenantId.Default,
            Kind = "shopify",
            Name = "Demo",
            Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", new Uri(sandbox.Address, "shopify/demo").AbsoluteUri),
        };
        Channel = Open(Secrets());
    }

    public IChannelKind Kind { get; }
    public ChannelSettings Settings { get; }
    public PacingBudget Budget { get; } = new();
    public IChannel Channel { get; }
    public IProductSource Source => (IProductSource)Channel;
    public IProductSink Sink => (IProductSink)Channel;
    public IWebhookRegistrar Registrar => (IWebhookRegistrar)Channel;

    public void Dispose() => _services.Dispose();

    public IChannel Open(ChannelSecrets secrets, ChannelSettings? settings = null) => Kind.Open(settings ?? Settings, secrets, Budget);

    /// <summary>The connector with little patience, as one process would have it.</summary>
    public ShopifyChannel OpenBulk(string bulkFrom, ShopifyBulkPace? pace = null)
    {
        var settings = Settings with { Values = Settings.Values.SetItem("bulkFrom", bulkFrom) };
        var (options, problem) = ShopifySettings.Read(settings, Secrets());
        Assert.Null(problem);
        var clients = _services.GetRequiredService<ChannelHttpClients>();
        return new ShopifyChannel(
            clients.Create(TimeProvider.System), clients.CreateTransfer(TimeProvider.System), options!, Settings.Id, new ShopifyFixedToken("shpat_demo"), Budget,
            _services.GetRequiredService<ILoggerFactory>().CreateLogger<ShopifyChannel>(), pace ?? QuickPace);
    }

    public static ShopifyBulkPace QuickPace { get; } = new()
    {
        ShortestPause = TimeSpan.FromMilliseconds(20),
        LongestPause = TimeSpan.FromMilliseconds(100),
        HungAfter = TimeSpan.FromSeconds(1),
        StepLimit = TimeSpan.FromMilliseconds(300),
    };

    public static ChannelSecrets Secrets(string token = "shpat_demo") =>
        new(new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = token, ["webhookSecret"] = "shpss_demo" });

    public static string New(string stem) => $"{stem}-{Interlocked.Increment(ref _ids)}-{Environment.ProcessId}";

    public async Task<ImmutableArray<PushOutcome>> PushAsync(params ImmutableArray<PushItem> items) => await Sink.PushAsync(items, TestContext.Current.CancellationToken);

    public async Task<ObservedProduct> ReadAsync(string externalId) =>
        Assert.Single((await Source.ReadAsync([externalId], TestContext.Current.CancellationToken)).Items).Body;

    public async Task<ObservedProduct> ReadBySkuAsync(string sku) => await ReadAsync(Id((await _sandbox.FindAsync(Name, sku))!));

    /// <summary>The Sandbox's neutral view gives gids, the hub keeps the number.</summary>
    public static string Id(JsonNode node) => node["id"]!.GetValue<string>().Split('/')[^1];

    public async Task<int> CountAsync(string sku) => (await AllAsync()).Count(product =>
        product["variants"]!.AsArray().Any(variant => variant!["sku"]!.GetValue<string>() == sku));

    public async Task<List<JsonObject>> AllAsync() => [.. (await _sandbox.GetAsync($"_control/{Name}/products?limit=1000"))["products"]!.AsArray().Select(product => (JsonObject)product!)];

    /// <summary>A create of everything that the target holds.</summary>
    public static PushItem Create(DesiredProduct target, string? product = null, bool mayHaveHappened = false)
    {
        var delta = ImmutableArray.CreateBuilder<PlannedValue>();
        delta.AddRange(target.Fields.Select(field => new PlannedValue { Key = new RegisterKey(field.Key), Target = field.Value }));
        delta.AddRange(target.Sets.GetValueOrDefault("tags", []).Select(tag => new PlannedValue { Key = new RegisterKey("tags", null, tag.ToLowerInvariant()), Target = new FieldValue(tag) }));
        foreach (var variant in target.Variants)
        {
            delta.Add(new PlannedValue { Key = new RegisterKey("exists", variant.Id), Target = FieldValue.True });
            delta.AddRange(variant.Fields.Select(field => new PlannedValue { Key = Key(field.Key, variant.Id), Target = field.Value }));
            delta.AddRange(variant.Stock.Select(count => new PlannedValue { Key = new RegisterKey("available", variant.Id, count.Key), Target = new FieldValue(count.Value.ToString()) }));
        }

        return new PushItem
        {
            Product = new ProductId(product ?? New("hub")),
            Channel = new ChannelId("shop1"),
            PushId = New("push"),
            Action = PushAction.Create,
            Target = target,
            Delta = delta.ToImmutable(),
            MayHaveHappened = mayHaveHappened,
        };
    }

    /// <summary>An update of the named registers only, of a product as it was read.</summary>
    public static PushItem Update(ObservedProduct product, params (RegisterKey Key, string? Value, string? Held)[] delta) => new()
    {
        Product = new ProductId(New("hub")),
        Channel = new ChannelId("shop1"),
        PushId = New("push"),
        Action = PushAction.Update,
        ExternalId = product.ExternalId,
        Target = Target(product),
        Delta = [.. delta.Select(d => new PlannedValue { Key = d.Key, Target = new FieldValue(d.Value), Held = d.Held is null ? null : new FieldValue(d.Held) })],
    };

    /// <summary>What a product that was read looks like as a target: variants numbered in their order.</summary>
    public static DesiredProduct Target(ObservedProduct product) => new()
    {
        Fields = product.Fields,
        Sets = product.Sets,
        Options = product.Options ?? [],
        Variants = [.. product.Variants.Select((variant, index) => new DesiredVariant
        {
            Id = new VariantId(index + 1),
            ExternalId = variant.ExternalId,
            StockItemId = variant.StockItemId,
            Fields = variant.Fields,
            OptionValues = variant.OptionValues ?? [],
        })],
    };

    public static DesiredProduct Plain(string name, string sku, string price = "9.9", params (string Location, decimal Count)[] stock) => new()
    {
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue(name)).Add("description", new FieldValue("<p class='b' id='a'>Text</p>"))
            .Add("vendor", new FieldValue("Acme")).Add("productType", new FieldValue("Toys")).Add("isActive", FieldValue.True),
        Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", ["Summer", "new"]),
        Variants = [Variant(1, sku, price) with { Stock = stock.ToImmutableDictionary(count => count.Location, count => count.Count) }],
    };

    public static DesiredVariant Variant(int id, string sku, string price, params ImmutableArray<string> values) => new()
    {
        Id = new VariantId(id),
        Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", new FieldValue(sku)).Add("price", new FieldValue(price)),
        OptionValues = values,
    };

    public static RegisterKey Key(string field, VariantId variant) => new(field, variant, field is "price" or "compareAtPrice" ? "EUR" : null);
}

/// <summary>The hub's own mirror of the shop's bucket, without the grain around it; remembers every reading.</summary>
internal sealed class PacingBudget : IApiBudget
{
    private readonly Lock _gate = new();
    private ApiBucket _bucket = ApiBucket.Unknown;
    private int _asked;

    public List<BudgetReading> Readings { get; } = [];

    public async ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken)
    {
        var request = $"{Interlocked.Increment(ref _asked)}";
        while (Ask(request, cost, lane) is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, cancellationToken);
        }
    }

    public void Report(BudgetReading reading)
    {
        lock (_gate)
        {
            Readings.Add(reading);
            _bucket = _bucket.Correct(
                TimeProvider.System.GetUtcNow(), reading.Reserved, reading.Actual, reading.Maximum, reading.Available, reading.RestorePerSecond, reading.Throttled, reading.RetryAfter);
        }
    }

    public (int Count, double Spent, double? Left) Tell()
    {
        lock (_gate)
        {
            return (Readings.Count, Readings.Sum(reading => reading.Actual ?? 0), Readings.Count == 0 ? null : Readings[^1].Available);
        }
    }

    private TimeSpan Ask(string request, double cost, Lane lane)
    {
        lock (_gate)
        {
            (_bucket, var wait) = _bucket.Acquire(TimeProvider.System.GetUtcNow(), request, cost, lane);
            return wait;
        }
    }
}
