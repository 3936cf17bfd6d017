using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Cluster.Tests.Hub;

/// <summary>A shop in memory: holds products as hub terms, one version per write, and counts what is asked of it. Thread-safe.</summary>
public sealed class TestShop(string name, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ObservedProduct> products = new(StringComparer.Ordinal);
    private int nextId;
    private int pushes;
    private int reads;
    private int writes;
    private int pages;
    private TestBulkDesk? bulk;

    public string Name => name;

    /// <summary>Its operations for many products.</summary>
    public TestBulkDesk Bulk => bulk ??= new TestBulkDesk(this, clock);

    /// <summary>While set, every call fails with it.</summary>
    public ChannelFault? Fault { get; set; }

    /// <summary>Where its subscription delivers to; null = it has none.</summary>
    public Uri? DeliversTo { get; set; }

    /// <summary>The moment since which the hub last wanted to know what changed.</summary>
    public DateTimeOffset? AskedSince { get; set; }

    /// <summary>The next push is done, but whoever sent it never hears of it.</summary>
    public bool LoseNextAnswer { get; set; }

    /// <summary>Calls of PushAsync that reached the shop.</summary>
    public int Pushes => Volatile.Read(ref pushes);

    /// <summary>Products that any call or operation wrote.</summary>
    public int Writes => Volatile.Read(ref writes);

    public int Reads => Volatile.Read(ref reads);

    /// <summary>Pages asked for.</summary>
    public int Pages => Volatile.Read(ref pages);

    /// <summary>Products per page; null = as many as are asked for.</summary>
    public int? PageSize { get; set; }

    /// <summary>Runs before a page is read, with its number: the merchant goes on working meanwhile.</summary>
    public Action<int>? BeforePage { get; set; }

    public ImmutableArray<ObservedProduct> Products
    {
        get
        {
            lock (gate)
            {
                return [.. products.Values];
            }
        }
    }

    public ObservedProduct this[string id]
    {
        get
        {
            lock (gate)
            {
                return products[id];
            }
        }
    }

    /// <summary>A merchant adds a product with one variant.</summary>
    public ObservedProduct Add(string title, string? sku, decimal price = 10m, decimal? quantity = null)
    {
        lock (gate)
        {
            var id = $"{name}{++nextId}";
            var fields = ImmutableDictionary.CreateBuilder<string, FieldValue>();
            fields[Fields.Price] = Number(price);
            if (sku is not null)
            {
                fields[Fields.Sku] = new FieldValue(sku);
            }

            return Put(new ObservedProduct
            {
                ExternalId = id,
                Version = Stamp.Zero,
                Fields = ImmutableDictionary<string, FieldValue>.Empty.Add(Fields.Name, new FieldValue(title)).Add(Fields.IsActive, FieldValue.True),
                Options = [],
                Variants =
                [
                    new ObservedVariant
                    {
                        ExternalId = $"{id}-v1",
                        StockItemId = $"{id}-i1",
                        Fields = fields.ToImmutable(),
                        OptionValues = [],
                        Stock = quantity is null ? [] : [new ObservedStock { LocationId = ObservedStock.WholeChannel, Quantity = quantity, Version = Stamp.Zero }],
                    },
                ],
                VariantsComplete = true,
            });
        }
    }

    /// <summary>A merchant changes product fields.</summary>
    public ObservedProduct Edit(string id, string field, string value)
    {
        lock (gate)
        {
            var product = products[id];
            return Put(product with { Fields = product.Fields.SetItem(field, new FieldValue(value)) });
        }
    }

    /// <summary>A merchant changes the first variant.</summary>
    public ObservedProduct EditVariant(string id, string field, string value)
    {
        lock (gate)
        {
            var product = products[id];
            return Put(product with
            {
                Variants = product.Variants.SetItem(0, product.Variants[0] with { Fields = product.Variants[0].Fields.SetItem(field, new FieldValue(value)) }),
            });
        }
    }

    /// <summary>The count of the first variant.</summary>
    public decimal? Quantity(string id) => this[id].Variants[0].Stock is [var level, ..] ? level.Quantity : null;

    /// <summary>A customer buys.</summary>
    public ObservedProduct Sell(string id, decimal quantity)
    {
        lock (gate)
        {
            var product = products[id];
            var level = product.Variants[0].Stock[0];
            return Put(product with
            {
                Variants = product.Variants.SetItem(0, product.Variants[0] with { Stock = [level with { Quantity = level.Quantity - quantity }] }),
            });
        }
    }

    public void Remove(string id)
    {
        lock (gate)
        {
            products.Remove(id);
        }
    }

    internal SourcePage Read(IEnumerable<string> ids)
    {
        Interlocked.Increment(ref reads);
        var started = clock.GetUtcNow();
        if (Fault is { } fault)
        {
            return new SourcePage { Items = [], Fault = fault };
        }

        lock (gate)
        {
            return new SourcePage
            {
                Items =
                [
                    .. ids.Select(id => new Observation
                    {
                        Channel = new ChannelId(name),
                        Body = products.GetValueOrDefault(id) ?? new ObservedProduct { ExternalId = id, Version = Stamp.At(started), Deleted = true },
                        Source = ObservationSource.Read,
                        ReadStartedAt = started,
                        ReceivedAt = clock.GetUtcNow(),
                    }),
                ],
            };
        }
    }

    /// <summary>Products after the one that the cursor names, in the order in which they were made: deletions do not move the rest.</summary>
    internal SourcePage ReadPage(string? cursor, int size)
    {
        Interlocked.Increment(ref pages);
        BeforePage?.Invoke(Pages);
        var after = cursor is null ? 0 : int.Parse(cursor);
        var rest = Products.Select(product => product.ExternalId).Where(id => Number(id) > after).OrderBy(Number).ToList();
        var ids = rest.Take(PageSize ?? size).ToList();
        var page = Read(ids);
        return page.Fault is not null ? page : page with
        {
            Items = [.. page.Items.Select(item => item with { Source = ObservationSource.Import })],
            NextCursor = rest.Count > ids.Count ? Number(ids[^1]).ToString() : null,
            Total = Products.Length,
        };
    }

    private int Number(string id) => int.Parse(id[name.Length..]);

    /// <summary>What this shop makes of a product's values, unknown to its canon.</summary>
    public Func<string, FieldValue, FieldValue>? Oddity { get; set; }

    internal ImmutableArray<PushOutcome> Push(ImmutableArray<PushItem> items)
    {
        Interlocked.Increment(ref pushes);
        ImmutableArray<PushOutcome> outcomes = [.. items.Select(item => Fault is null ? Apply(item) : Failed(item, Fault))];
        if (LoseNextAnswer)
        {
            LoseNextAnswer = false;
            throw new InvalidOperationException("The worker dies here, for the test.");
        }

        return outcomes;
    }

    internal ObservedProduct? Find(PushItem item)
    {
        lock (gate)
        {
            return products.Values.FirstOrDefault(product => product.HubId == item.Product.Value);
        }
    }

    internal PushOutcome Apply(PushItem item)
    {
        Interlocked.Increment(ref writes);
        lock (gate)
        {
            var sentAt = clock.GetUtcNow();
            if (item.Action == PushAction.Delete)
            {
                var result = products.Remove(item.ExternalId!) ? PushResult.Applied : PushResult.Gone;
                return new PushOutcome { Product = item.Product, PushId = item.PushId, Result = result, SentAt = sentAt, ExternalId = item.ExternalId };
            }

            var existing = item.ExternalId is { } id ? products.GetValueOrDefault(id) : products.Values.FirstOrDefault(product => product.HubId == item.Product.Value);
            if (existing is null && item.ExternalId is not null)
            {
                return new PushOutcome { Product = item.Product, PushId = item.PushId, Result = PushResult.Gone, SentAt = sentAt, Error = "No such product." };
            }

            var stored = existing is null ? Created(item) : Updated(item, existing);
            if (Oddity is { } oddity)
            {
                stored = stored with { Fields = stored.Fields.ToImmutableDictionary(pair => pair.Key, pair => oddity(pair.Key, pair.Value)) };
            }

            stored = Put(stored);
            return new PushOutcome
            {
                Product = item.Product,
                PushId = item.PushId,
                Result = PushResult.Applied,
                SentAt = sentAt,
                Answer = stored,
                ExternalId = stored.ExternalId,
                Bound = existing is not null ? [] :
                [
                    .. item.Target.Variants.Zip(stored.Variants).Select(pair =>
                        new VariantLink { Variant = pair.First.Id, ExternalId = pair.Second.ExternalId, StockItemId = pair.Second.StockItemId }),
                ],
            };
        }
    }

    private ObservedProduct Created(PushItem item)
    {
        var id = $"{name}{++nextId}";
        return new ObservedProduct
        {
            ExternalId = id,
            Version = Stamp.Zero,
            HubId = item.Product.Value,
            Fields = item.Target.Fields,
            Options = item.Target.Options,
            Variants =
            [
                .. item.Target.Variants.Select((variant, index) => new ObservedVariant
                {
                    ExternalId = $"{id}-v{index + 1}",
                    StockItemId = $"{id}-i{index + 1}",
                    Fields = variant.Fields,
                    OptionValues = variant.OptionValues,
                    Stock = [.. variant.Stock.Select(level => new ObservedStock { LocationId = level.Key, Quantity = level.Value, Version = Stamp.Zero })],
                }),
            ],
            VariantsComplete = true,
        };
    }

    private static ObservedProduct Updated(PushItem item, ObservedProduct product)
    {
        foreach (var value in item.Delta)
        {
            if (value.Key.Variant is not { } variant)
            {
                product = product with { Fields = product.Fields.SetItem(value.Key.Field, value.Target) };
                continue;
            }

            var remote = item.Target.Variants.Single(desired => desired.Id == variant).ExternalId;
            var index = product.Variants.Select(v => v.ExternalId).ToList().IndexOf(remote!);
            var changed = product.Variants[index];
            changed = value.Key.Field == Fields.Available
                ? changed with
                {
                    Stock = [new ObservedStock { LocationId = value.Key.Part!, Quantity = decimal.Parse(value.Target.Text!), Version = Stamp.Zero }],
                }
                : changed with { Fields = changed.Fields.SetItem(value.Key.Field, value.Target) };
            product = product with { Variants = product.Variants.SetItem(index, changed) };
        }

        return product;
    }

    private PushOutcome Failed(PushItem item, ChannelFault fault) => new()
    {
        Product = item.Product,
        PushId = item.PushId,
        Result = PushResult.NotSent,
        SentAt = clock.GetUtcNow(),
        Error = fault.Message,
        IsChannelFault = true,
    };

    /// <summary>Versions are whole seconds, as real shops have them, but never fall.</summary>
    private ObservedProduct Put(ObservedProduct product)
    {
        var now = Stamp.At(clock.GetUtcNow());
        var stored = product with
        {
            Version = now,
            Variants = [.. product.Variants.Select(variant => variant with { Stock = [.. variant.Stock.Select(level => level with { Version = now })] })],
        };
        products[stored.ExternalId] = stored;
        return stored;
    }

    private static FieldValue Number(decimal value) => new(value.ToString("0.############################"));
}
