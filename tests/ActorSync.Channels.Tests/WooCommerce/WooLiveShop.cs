using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>A connection of the real connector to the shop in a Sandbox, and short ways to say what the hub wants of it.</summary>
internal sealed class WooLiveShop : IDisposable
{
    public static readonly VariantId V1 = new(1);
    public static readonly VariantId V2 = new(2);
    private static int _ids;
    private readonly ServiceProvider _services;

    public WooLiveShop(SandboxProcess sandbox, string auth = "auto", TimeProvider? clock = null, TimeSpan? attemptTimeout = null)
    {
        Http = new WooHttp(sandbox);
        var services = new ServiceCollection();
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddLogging();
        services.AddChannels();
        services.Configure<ChannelHttpOptions>(options =>
        {
            options.AllowPrivateAddresses = true;
            options.AttemptTimeout = attemptTimeout ?? options.AttemptTimeout;
        });
        _services = services.BuildServiceProvider();
        Kind = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == "woocommerce");
        Settings = new ChannelSettings
        {
            Id = new ChannelId("woo"),
            Tenant = TenantId.Default,
            Kind = "woocommerce",
            Name = "Demo",
            Values = ImmutableDictionary<string, string>.Empty.Add("baseUrl", new Uri(sandbox.Address, "woo/demo").AbsoluteUri).Add("auth", auth).Add("seoPlugin", "yoast"),
        };
        Secrets = new ChannelSecrets(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["consumerKey"] = WooHttp.Key,
            ["consumerSecret"] = WooHttp.Secret,
            ["webhookSecret"] = "whsecdemo",
        });
        Channel = Kind.Open(Settings, Secrets, Budget);
    }

    public WooHttp Http { get; }

    public IChannelKind Kind { get; }

    public ChannelSettings Settings { get; }

    public ChannelSecrets Secrets { get; }

    public CountingBudget Budget { get; } = new();

    public IChannel Channel { get; }

    public IProductSource Source => (IProductSource)Channel;

    public IProductSink Sink => (IProductSink)Channel;

    public IWebhookRegistrar Registrar => (IWebhookRegistrar)Channel;

    public void Dispose()
    {
        (Channel as IDisposable)?.Dispose();
        _services.Dispose();
    }

    public static string NewSku(string stem) => $"{stem}-{Interlocked.Increment(ref _ids)}-{Environment.ProcessId}";

    public async Task<PushOutcome> PushAsync(PushItem item) => Assert.Single(await Sink.PushAsync([item], TestContext.Current.CancellationToken));

    public async Task<JsonObject> RawAsync(string externalId) => (JsonObject)(await Http.GetAsync($"products/{externalId}?context=edit")).Json!;

    public async Task<JsonArray> RawBySkuAsync(string sku) => (JsonArray)(await Http.GetAsync($"products?sku={Uri.EscapeDataString(sku)}&status=any")).Json!;

    /// <summary>A create of everything that the target holds.</summary>
    public static PushItem Create(string name, ImmutableArray<string> options, params ImmutableArray<DesiredVariant> variants)
    {
        var target = new DesiredProduct
        {
            Fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue(name)).Add("isActive", FieldValue.True).Add("description", new FieldValue("<p>Text</p>")),
            Sets = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("tags", ["Neu"]),
            Options = options,
            Variants = variants,
        };
        var delta = ImmutableArray.CreateBuilder<PlannedValue>();
        foreach (var (field, value) in target.Fields)
        {
            delta.Add(new PlannedValue { Key = new RegisterKey(field), Target = value });
        }

        delta.Add(new PlannedValue { Key = new RegisterKey("tags", null, "neu"), Target = new FieldValue("Neu") });
        foreach (var variant in variants)
        {
            foreach (var (field, value) in variant.Fields)
            {
                delta.Add(new PlannedValue { Key = Key(field, variant.Id), Target = value });
            }

            foreach (var (location, count) in variant.Stock)
            {
                delta.Add(new PlannedValue { Key = new RegisterKey("available", variant.Id, location), Target = new FieldValue(count.ToString()) });
            }
        }

        return new PushItem
        {
            Product = new ProductId("hub" + NewSku("")),
            Channel = new ChannelId("woo"),
            PushId = NewSku("push"),
            Action = PushAction.Create,
            Target = target,
            Delta = delta.ToImmutable(),
        };
    }

    public static DesiredVariant Variant(VariantId id, string? sku, string price, decimal? stock = null, ImmutableArray<string>? optionValues = null, string? externalId = null) => new()
    {
        Id = id,
        ExternalId = externalId,
        Fields = (sku is null ? ImmutableDictionary<string, FieldValue>.Empty : ImmutableDictionary<string, FieldValue>.Empty.Add("sku", new FieldValue(sku))).Add("price", new FieldValue(price)),
        OptionValues = optionValues ?? [],
        Stock = stock is { } count ? ImmutableDictionary<string, decimal>.Empty.Add("all", count) : ImmutableDictionary<string, decimal>.Empty,
    };

    /// <summary>An update of the named registers only.</summary>
    public static PushItem Update(string externalId, ImmutableArray<DesiredVariant> variants, ImmutableArray<string> options, params (RegisterKey Key, string? Value, string? Held)[] delta) => new()
    {
        Product = new ProductId("hub" + NewSku("")),
        Channel = new ChannelId("woo"),
        PushId = NewSku("push"),
        Action = PushAction.Update,
        ExternalId = externalId,
        Target = new DesiredProduct
        {
            Fields = delta.Where(d => d.Key is { Variant: null, Part: null }).ToImmutableDictionary(d => d.Key.Field, d => new FieldValue(d.Value)),
            Options = options,
            Variants = variants,
        },
        Delta = [.. delta.Select(d => new PlannedValue { Key = d.Key, Target = new FieldValue(d.Value), Held = d.Held is null ? null : new FieldValue(d.Held) })],
    };

    public static RegisterKey Key(string field, VariantId variant) => field switch
    {
        "price" or "compareAtPrice" => new RegisterKey(field, variant, "EUR"),
        "available" => new RegisterKey(field, variant, "all"),
        _ => new RegisterKey(field, variant),
    };
}

/// <summary>Lets everything pass and remembers what was asked and reported.</summary>
internal sealed class CountingBudget : IApiBudget
{
    private int _acquired;

    public int Acquired => Volatile.Read(ref _acquired);

    public ConcurrentQueue<BudgetReading> Readings { get; } = new();

    public ValueTask AcquireAsync(double cost, Lane lane, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _acquired);
        return ValueTask.CompletedTask;
    }

    public void Report(BudgetReading reading) => Readings.Enqueue(reading);
}
