using System.Collections.Immutable;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using ActorSync.Domain.Tenants;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>One product, its channels and a clock in seconds, so that a test reads like the histories in reconcile.md.</summary>
internal sealed class Lab
{
    public const long Epoch = 1_700_000_000;
    public static readonly ChannelId S = new("S");
    public static readonly ChannelId W = new("W");
    public static readonly ChannelId J = new("J");
    public static readonly VariantId V1 = new(1);
    public static readonly RegisterKey Name = new("name");
    public static readonly RegisterKey Seo = new("seoTitle");
    public static readonly RegisterKey Weight = new("weight", V1);
    public static readonly RegisterKey Price = new("price", V1, "EUR");
    public static readonly RegisterKey Sku = new("sku", V1);

    public TenantPolicy Policy { get; set; } = TenantPolicy.Default;
    public RuleSwitch Off { get; set; }
    public ProductState Product { get; set; }
    public Dictionary<ChannelId, LinkState> Links { get; } = [];
    public Dictionary<ChannelId, ChannelProfile> Profiles { get; } = [];
    public Dictionary<string, ConflictRow> Rows { get; } = [];
    public List<LogEntry> Log { get; } = [];
    public double Clock { get; set; }
    public int Pushes { get; private set; }

    public Lab(RuleSwitch off = RuleSwitch.None)
    {
        Off = off;
        Product = Reconciler.NewProduct(new ProductId("p1"), TenantId.Default, Now, Origin.Hub);
        Add(S, OriginKind.Storefront, ["name", "seoTitle", "price", "weight", "tags"]);
        Add(W, OriginKind.Storefront, ["name", "seoTitle", "price", "weight", "tags"]);
        Add(J, OriginKind.Warehouse, ["name", "weight", "sku"]);
    }

    public DateTimeOffset Now => DateTimeOffset.UnixEpoch.AddSeconds(Epoch + Clock);

    public static Stamp Version(long seconds) => new(Epoch + seconds);

    public static Origin OriginOf(ChannelId id) => new(id == J ? OriginKind.Warehouse : OriginKind.Storefront, id.Value);

    public void Add(ChannelId id, OriginKind kind, string[] mask, params ChannelLocation[] locations)
    {
        Profiles[id] = new ChannelProfile
        {
            Id = id,
            Origin = new Origin(kind, id.Value),
            Mode = ChannelMode.Live,
            CreateMissing = CreateMissing.All,
            Mask = locations.Length > 0 ? [.. mask, "available"] : [.. mask],
            Currency = "EUR",
            Canon = TrimCanon.Instance,
            Locations = [.. locations],
            ReadBeforeWrite = false,
        };
        Links[id] = Reconciler.NewLink(id);
    }

    public ReconcileContext Context(ChannelId id) => new() { Now = Now, Policy = Policy, Channel = Profiles[id] };

    /// <summary>A body as a channel shows it: values by field, variant fields on the one variant.</summary>
    public ObservedProduct Body(ChannelId id, long version, params (string Field, string? Value)[] values) => BodyAt(id, Version(version), values);

    public static ObservedProduct BodyAt(ChannelId id, Stamp version, params (string Field, string? Value)[] values)
    {
        var product = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        var variant = ImmutableDictionary.CreateBuilder<string, FieldValue>();
        var sets = ImmutableDictionary.CreateBuilder<string, ImmutableArray<string>>();
        var stock = ImmutableArray<ObservedStock>.Empty;
        foreach (var (name, value) in values)
        {
            if (name == "stock")
            {
                stock = [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = decimal.Parse(value!), Version = version }];
                continue;
            }

            var field = Fields.Get(name);
            if (field.Type == FieldType.Set)
            {
                sets[name] = string.IsNullOrEmpty(value) ? [] : [.. value.Split(',')];
            }
            else
            {
                (field.Scope == FieldScope.Product ? product : variant)[name] = new FieldValue(value);
            }
        }

        return new ObservedProduct
        {
            ExternalId = $"{id}-1",
            Version = version,
            Fields = product.ToImmutable(),
            Sets = sets.ToImmutable(),
            Variants = [new ObservedVariant { ExternalId = $"{id}-v1", Fields = variant.ToImmutable(), Stock = stock }],
            VariantsComplete = true,
        };
    }

    public void Webhook(ChannelId id, long version, params (string, string?)[] values) => Observe(id, Body(id, version, values), ObservationSource.Webhook, null);

    public void Read(ChannelId id, long version, double began, params (string, string?)[] values) => Observe(id, Body(id, version, values), ObservationSource.Read, began);

    public void Read(ChannelId id, long version, params (string, string?)[] values) => Read(id, version, Clock, values);

    public Decision Observe(ChannelId id, ObservedProduct body, ObservationSource source, double? readStarted, TimeSpan offset = default)
    {
        var decision = Reconciler.Observe(Context(id), Product, Links[id], new Observation
        {
            Channel = id,
            Body = body,
            Source = source,
            ReadStartedAt = readStarted is { } s ? DateTimeOffset.UnixEpoch.AddSeconds(Epoch + s) : null,
            ReceivedAt = Now,
            ClockOffset = offset,
        }, Off);
        Take(id, decision);
        return decision;
    }

    /// <summary>A body of an order of the one variant: placed at a second, shown at a version, with what is left of it.</summary>
    public void Order(ChannelId id, string order, long placed, decimal quantity, long? version = null, decimal? left = null) => Take(id, Reconciler.Observe(Context(id), Product, Links[id], new Observation
    {
        Channel = id,
        Body = new ObservedProduct { ExternalId = $"{id}-1", Version = Stamp.Zero },
        Source = ObservationSource.Order,
        ReceivedAt = Now,
        Orders =
        [
            new ObservedOrderLine
            {
                Order = order, Line = "1", Product = $"{id}-1", Variant = $"{id}-v1", Quantity = quantity, Left = left ?? quantity, PlacedAt = Version(placed), Version = Version(version ?? placed),
            },
        ],
    }, Off));

    public EditDecision Edit(RegisterKey key, string? value, long? seen = null, bool force = false)
    {
        var decision = Reconciler.Edit(Now, Policy, Product, new HubEdit
        {
            Fields = [new FieldEdit { Key = key, Value = new FieldValue(value) }],
            Actor = "ada",
            SeenVersion = seen,
            Force = force,
        }, Off);
        return Take(decision);
    }

    public EditDecision Take(EditDecision decision)
    {
        Commit(decision.Product, decision.Conflicts, decision.Log);
        return decision;
    }

    private void Commit(ProductState next, ImmutableArray<ConflictRow> rows, ImmutableArray<LogEntry> log)
    {
        Product = ReferenceEquals(next, Product) ? next : next with { Version = Product.Version + 1 };
        foreach (var row in rows)
        {
            Rows[row.Id] = row;
        }

        Log.AddRange(log);
    }

    public void Take(ChannelId id, Decision decision)
    {
        Commit(decision.Product, decision.Conflicts, decision.Log);
        Links[id] = decision.Link;
    }

    public PushPlan Plan(ChannelId id) => Reconciler.Plan(Context(id), Product, Links[id]);

    public PushItem Begin(ChannelId id)
    {
        var begun = Reconciler.Begin(Context(id), Product, Links[id], Plan(id), $"push{++Pushes}");
        Links[id] = begun.Link;
        return begun.Item;
    }

    public void Answer(ChannelId id, PushItem item, ObservedProduct? answer, double? sentAt = null) => Settle(id, item, PushResult.Applied, answer, sentAt);

    public void Settle(ChannelId id, PushItem item, PushResult result, ObservedProduct? answer = null, double? sentAt = null, params Rejection[] rejections) =>
        Take(id, Reconciler.Settle(Context(id), Product, Links[id], new PushOutcome
        {
            Product = Product.Id,
            PushId = item.PushId,
            Result = result,
            Answer = answer,
            ExternalId = answer?.ExternalId,
            Rejections = [.. rejections],
            SentAt = sentAt is { } s ? DateTimeOffset.UnixEpoch.AddSeconds(Epoch + s) : Now,
        }, Off));

    public string? Value(RegisterKey key) => Product.Value(key)?.Text;

    public string? HeldAt(ChannelId id, RegisterKey key) => Links[id].Registers.TryGetValue(key, out var held) ? held.Last?.Value.Text : null;

    public string? Planned(ChannelId id, RegisterKey key) => Plan(id).Delta.FirstOrDefault(d => d.Key == key)?.Target.Text;

    /// <summary>All storefronts hold the same values, seen at version 0 and clean.</summary>
    public static Lab Linked(params (string, string?)[] values) => Linked(RuleSwitch.None, values);

    public static Lab Linked(RuleSwitch off, params (string, string?)[] values)
    {
        var lab = new Lab(off) { Clock = 0 };
        lab.Read(S, -1000, values);
        lab.Read(W, -1000, values);
        Assert.Empty(lab.Plan(S).Delta);
        Assert.Empty(lab.Plan(W).Delta);
        lab.Log.Clear();
        return lab;
    }

    public bool HasRowFor(string? loser) => Rows.Values.Any(r => r.LoserValue.Text == loser);
}

/// <summary>A channel that trims texts: the normalising that its connector knows.</summary>
internal sealed class TrimCanon : ICanon
{
    public static readonly TrimCanon Instance = new();

    public FieldValue Form(string field, FieldValue value) => value.Text is { } text ? Canonical.Text(text.Trim()) : value;

    public string ElementKey(string field, string element) => Canonical.ElementKey(element);
}
