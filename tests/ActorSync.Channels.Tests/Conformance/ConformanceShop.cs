using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Http;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Channels.Tests.WooCommerce;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Channels.Tests.Conformance;

/// <summary>A real connector at its simulator, and what the suites have to know of the channel. A new channel is one class of this kind and one line per suite.</summary>
public abstract class ConformanceShop : IAsyncLifetime
{
    /// <summary>One try of a call: short, so that a hanging answer costs a test a second.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1);

    private static int _ids;
    private ServiceProvider? _services;

    public SandboxProcess Sandbox { get; } = new();
    public IChannel Channel { get; private set; } = null!;
    public IProductSource Source => (IProductSource)Channel;
    public IProductSink Sink => (IProductSink)Channel;
    public IWebhookRegistrar Registrar => (IWebhookRegistrar)Channel;

    /// <summary>The channel's name in the Sandbox's control calls.</summary>
    public abstract string Name { get; }
    public abstract string KindName { get; }
    public abstract ImmutableDictionary<string, string> Values { get; }
    public abstract IReadOnlyDictionary<string, string> Secrets { get; }
    /// <summary>A text field that every product has and that the connector writes; a variant's field where the channel has nothing else.</summary>
    public abstract string TextField { get; }
    /// <summary>False where the channel says how much there is instead of being told.</summary>
    public virtual bool TakesStock => true;
    public virtual ImmutableArray<ChannelLocation> Locations => [];
    /// <summary>Access tokens, where a person has to sign in.</summary>
    public virtual ITokenSource? Tokens => null;
    public IChannelKind Kind { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Sandbox.InitializeAsync();
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddLogging().AddChannels();
        services.Configure<ChannelHttpOptions>(options =>
        {
            options.AllowPrivateAddresses = true;
            options.AttemptTimeout = AttemptTimeout;
            options.RetryDelay = TimeSpan.FromMilliseconds(5);
        });
        _services = services.BuildServiceProvider();
        Kind = _services.GetServices<IChannelKind>().Single(kind => kind.Descriptor.Kind == KindName);
        Channel = Open();
        await PrepareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        (Channel as IDisposable)?.Dispose();
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public virtual Task PrepareAsync() => Task.CompletedTask;

    public IChannel Open() => Kind.Open(
        new ChannelSettings { Id = new ChannelId("c1"), Tenant = TenantId.Default, Kind = KindName, Name = "Under test", Values = Values, Locations = Locations }, new ChannelSecrets(Secrets), new CountingBudget(), Tokens);

    /// <summary>The hub's external id of a product that the Sandbox's control calls show.</summary>
    public virtual string Id(JsonObject neutral) => neutral["id"]!.GetValue<string>();

    public static string New(string stem) => string.Create(CultureInfo.InvariantCulture, $"{stem}-{Interlocked.Increment(ref _ids)}");

    public Task<JsonObject> CreateAsync(string sku, string title = "Prüfling") => Sandbox.CreateAsync(Name, new JsonObject
    {
        ["title"] = title,
        ["description"] = "<p>Text</p>",
        // A warehouse deletes nothing that it still has.
        ["variants"] = new JsonArray(new JsonObject { ["sku"] = sku, ["price"] = 10.5m, ["stock"] = TakesStock ? 20 : 0 }),
    });

    public async Task<JsonObject> FindAsync(string sku) => await Sandbox.FindAsync(Name, sku) ?? throw new InvalidOperationException($"{Name} has no {sku}.");

    /// <summary>Arms faults for the next calls; the others are untouched.</summary>
    public Task ArmAsync(string fault, double value = 1) => Sandbox.FaultsAsync(new JsonObject { ["channel"] = Name, [fault] = value });

    /// <summary>Nothing is wrong any more.</summary>
    public async Task HealAsync()
    {
        var calm = new JsonObject { ["channel"] = Name };
        foreach (var fault in Faults.All)
        {
            calm[fault] = 0;
        }

        await Sandbox.FaultsAsync(calm);
    }

    public async Task<Observation> ReadAsync(string externalId)
    {
        var page = await Source.ReadAsync([externalId], TestContext.Current.CancellationToken);
        Assert.Null(page.Fault);
        return Assert.Single(page.Items);
    }

    /// <summary>The text as the channel holds it, in its canonical form.</summary>
    public string? TextOf(ObservedProduct product) => Form(TextField, IsTextOfVariant ? product.Variants[0].Fields[TextField] : product.Fields[TextField]).Text;

    /// <summary>Flat channels carry every field in the variant.</summary>
    private bool IsTextOfVariant => Kind.Descriptor.IsFlat || Fields.Get(TextField).Scope == FieldScope.Variant;

    public FieldValue Form(string field, FieldValue value) => Kind.Canon.Form(field, value);

    /// <summary>The product with another text, as one delta.</summary>
    public PushItem Update(ObservedProduct seen, string text, bool mayHaveHappened = false)
    {
        var key = IsTextOfVariant ? new RegisterKey(TextField, new VariantId(1)) : new RegisterKey(TextField);
        var target = Target(seen);
        var value = IsTextOfVariant
            ? target with { Variants = target.Variants.SetItem(0, target.Variants[0] with { Fields = target.Variants[0].Fields.SetItem(TextField, new FieldValue(text)) }) }
            : target with { Fields = target.Fields.SetItem(TextField, new FieldValue(text)) };
        return Item(PushAction.Update, seen.ExternalId, value, [new PlannedValue { Key = key, Target = new FieldValue(text), Held = new FieldValue(TextOf(seen)) }]) with { MayHaveHappened = mayHaveHappened };
    }

    /// <summary>A create of a product with one variant.</summary>
    public PushItem NewItem(string sku, string text)
    {
        var fields = ImmutableDictionary<string, FieldValue>.Empty.Add("name", new FieldValue("Prüfling " + sku)).Add("isActive", FieldValue.True);
        var ofVariant = ImmutableDictionary<string, FieldValue>.Empty.Add("sku", new FieldValue(sku)).Add("price", new FieldValue("10.5"));
        fields = IsTextOfVariant ? fields : fields.SetItem(TextField, new FieldValue(text));
        ofVariant = IsTextOfVariant ? ofVariant.SetItem(TextField, new FieldValue(text)) : ofVariant;
        if (Kind.Descriptor.IsFlat)
        {
            ofVariant = ofVariant.AddRange(fields);
            fields = fields.Clear();
        }

        var mask = Kind.Descriptor.Mask;
        var target = new DesiredProduct
        {
            Fields = fields.RemoveRange(fields.Keys.Where(field => !mask.Contains(field) && field != "name")),
            Variants = [new DesiredVariant { Id = new VariantId(1), Fields = ofVariant.RemoveRange(ofVariant.Keys.Where(field => !mask.Contains(field) && field is not ("sku" or "name"))) }],
        };
        var delta = target.Fields.Where(field => mask.Contains(field.Key)).Select(field => new PlannedValue { Key = new RegisterKey(field.Key), Target = field.Value })
            .Concat(target.Variants[0].Fields.Where(field => field.Key != "name").Select(field => new PlannedValue { Key = Key(field.Key), Target = field.Value }));
        return Item(PushAction.Create, null, target, [.. delta]);
    }

    public static RegisterKey Key(string field) => new(field, new VariantId(1), Fields.Get(field).Type == FieldType.Money ? "EUR" : null);

    public PushItem Item(PushAction action, string? externalId, DesiredProduct target, ImmutableArray<PlannedValue> delta) => new()
    {
        Product = new ProductId(New("hub")),
        Channel = new ChannelId("c1"),
        PushId = New("push"),
        Action = action,
        ExternalId = externalId,
        Target = target,
        Delta = delta,
    };

    /// <summary>A product that was read, as a target: variants numbered in their order.</summary>
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
}

/// <summary>What can go wrong with one call.</summary>
public static class Faults
{
    public static readonly ImmutableArray<string> All =
        ["throttleNext", "failBeforeEffect", "failAfterEffect", "cutAfterEffect", "htmlErrorNext", "htmlAnswerNext", "hang", "emptyAnswer", "noiseBeforeJson", "cutMidAnswer"];

    public static TheoryData<string> Each => [.. All];
}

public sealed class ShopifyShop : ConformanceShop
{
    public override string Name => "shopify";
    public override string KindName => "shopify";
    public override ImmutableDictionary<string, string> Values => ImmutableDictionary<string, string>.Empty.Add("baseUrl", new Uri(Sandbox.Address, "shopify/demo").AbsoluteUri);
    public override IReadOnlyDictionary<string, string> Secrets => new Dictionary<string, string> { ["accessToken"] = "shpat_demo", ["webhookSecret"] = "shpss_demo" };
    public override string TextField => "name";

    public override string Id(JsonObject neutral) => base.Id(neutral).Split('/')[^1];

    /// <summary>Budgets have a suite of their own; here they would only cost time.</summary>
    public override Task PrepareAsync() => Sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 10_000 });
}

public sealed class WooShop : ConformanceShop
{
    public override string Name => "woocommerce";
    public override string KindName => "woocommerce";
    public override ImmutableDictionary<string, string> Values => ImmutableDictionary<string, string>.Empty.Add("baseUrl", new Uri(Sandbox.Address, "woo/demo").AbsoluteUri);
    public override IReadOnlyDictionary<string, string> Secrets =>
        new Dictionary<string, string> { ["consumerKey"] = WooHttp.Key, ["consumerSecret"] = WooHttp.Secret, ["webhookSecret"] = "whsecdemo" };
    public override string TextField => "name";
}

/// <summary>A warehouse: things without variants above them, and counts that it says itself.</summary>
public sealed class JtlShop : ConformanceShop
{
    private readonly SimulatorLogin _login;

    public JtlShop() => _login = new SimulatorLogin(new FfnCaller(Sandbox));

    public override string Name => "jtl-ffn";
    public override string KindName => "jtl-ffn";
    public override ImmutableDictionary<string, string> Values => ImmutableDictionary<string, string>.Empty
        .Add("apiUrl", new Uri(Sandbox.Address, "jtl-ffn/api").AbsoluteUri).Add("oauthUrl", new Uri(Sandbox.Address, "jtl-ffn").AbsoluteUri).Add("clientId", "jtl_demo");
    public override IReadOnlyDictionary<string, string> Secrets => new Dictionary<string, string> { ["clientSecret"] = "jtl_demo_secret" };
    public override string TextField => "warehouseNotes";
    public override bool TakesStock => false;
    public override ImmutableArray<ChannelLocation> Locations => [new() { LocationId = FfnCaller.Leipzig }, new() { LocationId = FfnCaller.Hamburg }];
    public override ITokenSource Tokens => _login;

    public override async Task PrepareAsync() => await _login.BeginAsync();

    /// <summary>One login at the simulator; a refused token is exchanged for the next.</summary>
    private sealed class SimulatorLogin(FfnCaller caller) : ITokenSource
    {
        public Task BeginAsync() => caller.LogInAsync();

        public async ValueTask<AccessToken> GetAsync(string? refused, CancellationToken cancellationToken)
        {
            if (refused is not null && refused == caller.AccessToken)
            {
                await caller.RefreshAsync();
            }

            return new AccessToken { Value = caller.AccessToken };
        }
    }
}
