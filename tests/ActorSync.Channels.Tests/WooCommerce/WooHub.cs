using System.Collections.Immutable;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>The hub's side of one product and one channel, driven as the push workers drive it.</summary>
internal sealed class WooHub
{
    private const int MostSteps = 12;
    private readonly WooLiveShop _shop;
    private readonly ChannelProfile _profile;
    private DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public WooHub(WooLiveShop shop)
    {
        _shop = shop;
        _profile = new ChannelProfile
        {
            Id = new ChannelId("woo"),
            Origin = new Origin(OriginKind.Storefront, "woo"),
            Mode = ChannelMode.Live,
            CreateMissing = CreateMissing.All,
            Mask = shop.Kind.Descriptor.MaskFor!(shop.Settings),
            Currency = "EUR",
            Canon = shop.Kind.Canon,
            Locations = [new ChannelLocation { LocationId = "all" }],
            ReadBeforeWrite = false,
        };
        Product = Reconciler.NewProduct(new ProductId("hub" + WooLiveShop.NewSku("")), TenantId.Default, _now, Origin.Hub);
        Link = Reconciler.NewLink(_profile.Id);
    }

    public ProductState Product { get; private set; }

    public LinkState Link { get; private set; }

    private static TenantPolicy Policy => TenantPolicy.Default with { StockOrigin = TenantPolicy.HubStockOrigin };

    private ReconcileContext Context => new() { Now = _now, Policy = Policy, Channel = _profile };

    /// <summary>The hub's clock goes on; the shop's does by itself.</summary>
    public void Pass() => _now += TimeSpan.FromSeconds(2);

    public void Edit(params (string Field, VariantId? Variant, string? Value)[] edits) => Apply(
    [
        .. edits.Select(e => new FieldEdit
        {
            Key = new RegisterKey(e.Field, e.Variant, e.Field is "price" or "compareAtPrice" ? "EUR" : null),
            Value = Canonical.Text(e.Value),
        }),
    ], []);

    public void Tags(params string[] tags) => Elements("tags", tags);

    public void Elements(string field, params string[] elements) => Apply([new FieldEdit { Key = new RegisterKey(field), Elements = [.. elements] }], []);

    public void Stock(VariantId variant, decimal count) => Apply([], [new StockEdit { Variant = variant, Warehouse = "main", Available = count }]);

    public PushPlan Plan() => Reconciler.Plan(Context, Product, Link);

    /// <summary>Reads and pushes until nothing is left; answers the number of pushes.</summary>
    public async Task<int> SyncAsync(int mostSteps = MostSteps)
    {
        var pushes = 0;
        for (var step = 0; step < mostSteps; step++)
        {
            Pass();
            var plan = Plan();
            if (plan.ReadFirst)
            {
                if (!await ReadAsync(plan))
                {
                    continue;
                }

                plan = Plan();
                if (plan.ReadFirst && Link.ExternalId is not null)
                {
                    continue;
                }
            }

            if (plan.Delta.IsEmpty)
            {
                return pushes;
            }

            _now = plan.NotBefore > _now ? plan.NotBefore.Value : _now;
            var begun = Reconciler.Begin(Context, Product, Link, plan, WooLiveShop.NewSku("push"));
            Link = begun.Link;
            pushes++;
            var outcome = await _shop.PushAsync(begun.Item);
            Pass();
            Take(Reconciler.Settle(Context, Product, Link, outcome));
        }

        Assert.Fail($"Not done after {mostSteps} steps; still planned: {string.Join(", ", Plan().Delta.Select(p => $"{p.Key}={p.Target} (held {p.Held})"))}; last error: {Link.LastError}");
        return pushes;
    }

    public void AssertDone()
    {
        var plan = Plan();
        Assert.Equal("", string.Join(", ", plan.Delta.Select(p => $"{p.Key}={p.Target} (held {p.Held})")));
        Assert.Equal("", string.Join(", ", plan.Withheld.Select(w => $"{w.Key}: {w.Reason} {w.Detail}")));
        Assert.False(plan.ReadFirst);
    }

    /// <summary>Hears a delivery with what visitors are shown now; tells whether a value of the hub changed and whether the product has to be read.</summary>
    public async Task<(bool Changed, bool Read)> HearAsync()
    {
        Pass();
        var row = await _shop.Http.GetAsync($"products/{Link.ExternalId}");
        var content = _shop.Kind.Webhooks!.Read(
            new WebhookRequest
            {
                Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-wc-webhook-topic"] = "product.updated" },
                Body = System.Text.Encoding.UTF8.GetBytes(row.Text),
                ReceivedAt = _now,
            },
            _shop.Settings);
        var before = Product;
        Take(Reconciler.Observe(Context, Product, Link, new Observation { Channel = _profile.Id, Body = content.Body!, Source = ObservationSource.Webhook, ReceivedAt = _now }));
        return (!ReferenceEquals(before, Product), content.NeedsRead || Link.WantsRead);
    }

    /// <summary>A read of what was written is no news: no value changes, nothing is to be pushed.</summary>
    public async Task AssertSameAfterReadAsync()
    {
        var before = Product;
        Pass();
        var page = await _shop.Source.ReadAsync([Link.ExternalId!], TestContext.Current.CancellationToken);
        var decision = Reconciler.Observe(Context, Product, Link, page.Items.Single() with { ReadStartedAt = _now, ReceivedAt = _now });
        Assert.Equal("", string.Join(", ", decision.Log.Where(l => l.Action is LogAction.Updated or LogAction.Refused or LogAction.Conflict).Select(l => $"{l.Key}: {l.Before} -> {l.After}")));
        Take(decision);
        Assert.Equal(before.Registers.Count, Product.Registers.Count);
        AssertDone();
    }

    private async Task<bool> ReadAsync(PushPlan plan)
    {
        if (Link.ExternalId is { } id)
        {
            var page = await _shop.Source.ReadAsync([id], TestContext.Current.CancellationToken);
            if (page.Fault is null)
            {
                Take(Reconciler.Observe(Context, Product, Link, page.Items.Single() with { ReadStartedAt = _now, ReceivedAt = _now }));
            }

            return page.Fault is null;
        }

        try
        {
            var probe = new PushItem { Product = Product.Id, Channel = _profile.Id, PushId = "look", Action = PushAction.Create, Target = plan.Target!, Delta = plan.Delta };
            if (await _shop.Source.FindAsync(probe, TestContext.Current.CancellationToken) is { } found)
            {
                Take(Reconciler.Observe(Context, Product, Link, new Observation
                {
                    Channel = _profile.Id,
                    Body = found,
                    Source = ObservationSource.Read,
                    ReadStartedAt = _now,
                    ReceivedAt = _now,
                }));
            }

            return true;
        }
        catch (ChannelUnavailableException)
        {
            return false;
        }
    }

    private void Apply(ImmutableArray<FieldEdit> fields, ImmutableArray<StockEdit> stock)
    {
        Pass();
        var decision = Reconciler.Edit(_now, Policy, Product, new HubEdit { Fields = fields, Stock = stock, Actor = "test" });
        Assert.Empty(decision.Refused);
        Product = decision.Product;
    }

    private void Take(Decision decision) => (Product, Link) = (decision.Product, decision.Link);
}
