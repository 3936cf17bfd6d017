using System.Globalization;
using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.Shopify;

/// <summary>
/// One shop's state. Everything that reads or writes it holds <see cref="EnterAsync"/>; a request puts its changes with <see cref="Put(ShopProduct)"/> and ends with
/// <see cref="Commit"/>, which writes them to disk in one transaction and hands out what changed, so that webhooks follow from the difference and never from intent.
/// </summary>
public sealed class Shop : IDisposable
{
    public const string Domain = "demo.myshopify.com";
    public const string Name = "Demo Shop";
    public const string Currency = "EUR";
    public const int MaxIdempotentAnswers = 20_000;
    public const int MaxOperations = 1_000;
    public const int MaxOrders = 2_000;
    public static readonly TimeSpan IdempotencyWindow = TimeSpan.FromHours(24);

    // Real ids are larger than a double can hold; whoever reads them as JSON numbers into one must fail here too.
    private const long FirstId = 788_032_119_674_292_922;
    private const long IdStep = 32_771;

    private readonly ChannelStore store;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly SortedDictionary<long, ShopProduct> products = [];
    private readonly Dictionary<long, long> productOfVariant = [];
    private readonly Dictionary<long, (long Product, long Variant)> variantOfItem = [];
    private readonly Dictionary<string, long> productOfHandle = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ShopSubscription> subscriptions = [];
    private readonly Dictionary<long, ShopOperation> operations = [];
    private readonly SortedDictionary<long, ShopOrder> orders = [];
    private readonly Dictionary<string, IdempotentAnswer> answers = new(StringComparer.Ordinal);
    private readonly List<ShopMetafieldDefinition> definitions = [];
    private readonly Dictionary<long, ShopProduct?> before = [];
    private readonly List<EntityChange> others = [];
    private long nextId = FirstId;
    private long storedNextId;

    /// <summary>What the merchant lets the app do. Replaced whole.</summary>
    public IReadOnlyList<string> AccessScopes { get; set; } = ShopScopes.All;

    public Shop(ChannelStore store, TimeProvider clock, SearchIndex search, PictureStore pictures)
    {
        Pictures = pictures;
        this.store = store;
        this.clock = clock;
        Search = search;
        Load();
    }

    public PictureStore Pictures { get; }

    /// <summary>READY, PROCESSING while it is downloaded and a moment longer, or FAILED with the reason.</summary>
    public (string Status, string? Error) StatusOf(ShopMedia media) => Pictures.StateOf(media.Source) switch
    {
        (PictureStore.State.Failed, var error) => ("FAILED", error),
        (PictureStore.State.Ready, _) when media.ReadyAt <= ExactNow => ("READY", null),
        _ => ("PROCESSING", null),
    };

    /// <summary>The shop's own address of a picture: the file has another name than where it came from.</summary>
    public static string FileOf(ShopMedia media) =>
        $"{media.Id}_{(Uri.TryCreate(media.Source, UriKind.Absolute, out var source) ? Path.GetFileName(source.AbsolutePath) : "picture.png")}";

    public string AddressOf(ShopMedia media) => $"{Pictures.BaseAddress}{ShopifySimulator.CdnPath}/{FileOf(media)}?v={media.CreatedAt.ToUnixTimeSeconds()}";

    public static IReadOnlyList<ShopLocation> Locations { get; } =
    [
        new(106_318_430_514, 143_273_001_266, "Lager Berlin", FulfillsOnlineOrders: true, At(2025, 3, 3)),
        new(106_318_463_282, 143_273_034_034, "Store Hamburg", FulfillsOnlineOrders: true, At(2025, 3, 4)),
    ];

    public static IReadOnlyList<ShopPublication> Publications { get; } =
        [new(268_039_389_490, "Online Store"), new(268_039_455_026, "Point of Sale"), new(292_074_258_738, "ActorSync")];

    public SearchIndex Search { get; }

    public IReadOnlyDictionary<long, ShopProduct> Products => products;

    public IReadOnlyCollection<ShopSubscription> Subscriptions => subscriptions.Values;

    public IReadOnlyList<ShopMetafieldDefinition> Definitions => definitions;

    public ShopCollections Collections { get; } = new();

    public bool IsEmpty => products.Count == 0;

    /// <summary>The shop's clock has seconds: two changes within one have the same version.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = clock.GetUtcNow();
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        }
    }

    public DateTimeOffset ExactNow => clock.GetUtcNow();

    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        return new Lease(gate);
    }

    public IDisposable Enter()
    {
        gate.Wait();
        return new Lease(gate);
    }

    public long NewId() => nextId += IdStep;

    public ShopProduct? Product(long? id) => id is { } known ? products.GetValueOrDefault(known) : null;

    public ShopProduct? ProductByHandle(string handle) => productOfHandle.TryGetValue(handle, out var id) ? products[id] : null;

    public (ShopProduct Product, ShopVariant Variant)? Variant(long? id) =>
        id is { } known && productOfVariant.TryGetValue(known, out var product) && products[product].Variant(known) is { } variant ? (products[product], variant) : null;

    public (ShopProduct Product, ShopVariant Variant)? Item(long? id) =>
        id is { } known && variantOfItem.TryGetValue(known, out var owner) ? Variant(owner.Variant) : null;

    public static ShopLocation? Location(long? id) => Locations.FirstOrDefault(l => l.Id == id);

    public ShopSubscription? Subscription(long? id) => id is { } known ? subscriptions.GetValueOrDefault(known) : null;

    public ShopOperation? Operation(long? id) => id is { } known ? operations.GetValueOrDefault(known) : null;

    public ShopOrder? Order(long? id) => id is { } known ? orders.GetValueOrDefault(known) : null;

    /// <summary>The product whose metafield of an id type has this value.</summary>
    public ShopProduct? ProductByCustomId(string @namespace, string key, string value) =>
        products.Values.FirstOrDefault(p => p.Metafields.Any(m => m.Namespace == @namespace && m.Key == key && m.Value == value));

    /// <summary>Stores the product and moves the versions of what really changed; a write that changes nothing leaves no trace.</summary>
    public ShopProduct Put(ShopProduct product)
    {
        var old = products.GetValueOrDefault(product.Id);
        var stamped = old is null ? product : Stamp(old, product);
        if (ReferenceEquals(stamped, old))
        {
            return old;
        }

        before.TryAdd(product.Id, old);
        if (old is not null)
        {
            Unindex(old);
        }

        Index(stamped);
        return stamped;
    }

    public void Remove(ShopProduct product)
    {
        before.TryAdd(product.Id, product);
        Unindex(product);
        foreach (var collection in Collections.All.Where(c => c.Products.Contains(product.Id)).ToList())
        {
            Put(collection with { Products = [.. collection.Products.Where(id => id != product.Id)] });
        }
    }

    public void Put(ShopCollection collection)
    {
        Collections.Keep(collection);
        Note("collection", collection.Id, collection);
    }

    public void RemoveCollection(long id)
    {
        Collections.Forget(id);
        others.Add(new EntityChange("collection", Key(id), Json: null));
    }

    public void Put(ShopSubscription subscription)
    {
        subscriptions[subscription.Id] = subscription;
        Note("subscription", subscription.Id, subscription);
    }

    public void RemoveSubscription(long id)
    {
        subscriptions.Remove(id);
        others.Add(new EntityChange("subscription", Key(id), Json: null));
    }

    public void Put(ShopMetafieldDefinition definition)
    {
        definitions.Add(definition);
        Note("definition", definition.Id, definition);
    }

    public void Put(ShopOperation operation)
    {
        if (operations.Count >= MaxOperations)
        {
            var oldest = operations.Keys.Min();
            operations.Remove(oldest);
            others.Add(new EntityChange("operation", Key(oldest), Json: null));
        }

        operations[operation.Id] = operation;
        Note("operation", operation.Id, operation);
    }

    public void Put(ShopOrder order)
    {
        if (orders.Count >= MaxOrders && !orders.ContainsKey(order.Id))
        {
            var oldest = orders.Keys.First();
            orders.Remove(oldest);
            others.Add(new EntityChange("order", Key(oldest), Json: null));
        }

        orders[order.Id] = order;
        Note("order", order.Id, order);
    }

    public IdempotentAnswer? Answer(string id) =>
        answers.TryGetValue(id, out var answer) && clock.GetUtcNow() - answer.At < IdempotencyWindow ? answer : null;

    public void Remember(IdempotentAnswer answer)
    {
        if (answers.Count >= MaxIdempotentAnswers)
        {
            var oldest = answers.Values.OrderBy(a => a.At).Take(MaxIdempotentAnswers / 10).ToList();
            foreach (var old in oldest)
            {
                answers.Remove(old.Id);
                others.Add(new EntityChange("answer", old.Id, Json: null));
            }
        }

        answers[answer.Id] = answer;
        others.Add(new EntityChange("answer", answer.Id, JsonSerializer.Serialize(answer)));
    }

    /// <summary>Writes what was put since the last commit and says which products changed, with their state before.</summary>
    public IReadOnlyList<ProductChange> Commit()
    {
        if (before.Count == 0 && others.Count == 0)
        {
            return [];
        }

        var changes = before.Select(b => new ProductChange(b.Key, b.Value, products.GetValueOrDefault(b.Key)))
            .Where(c => c.Before is not null || c.After is not null).ToList();
        List<EntityChange> writes = [.. others];
        writes.AddRange(changes.Select(c => new EntityChange("product", Key(c.Id), c.After is null ? null : JsonSerializer.Serialize(c.After))));
        if (storedNextId != nextId)
        {
            writes.Add(new EntityChange("counter", "id", Key(nextId)));
        }

        store.Commit(writes);
        storedNextId = nextId;
        before.Clear();
        others.Clear();
        foreach (var change in changes)
        {
            Search.Note(change.Id, change.After);
        }

        return changes;
    }

    /// <summary>Forgets the state in memory; the tables are empty already.</summary>
    public void Clear()
    {
        products.Clear();
        productOfVariant.Clear();
        variantOfItem.Clear();
        productOfHandle.Clear();
        subscriptions.Clear();
        operations.Clear();
        orders.Clear();
        answers.Clear();
        definitions.Clear();
        Collections.Clear();
        before.Clear();
        others.Clear();
        Search.Clear();
        nextId = FirstId;
        storedNextId = 0;
    }

    public void Dispose() => gate.Dispose();

    private ShopProduct Stamp(ShopProduct old, ShopProduct product)
    {
        var now = Now;
        var oldVariants = old.Variants.ToDictionary(v => v.Id);
        var variants = product.Variants.Select(v => oldVariants.TryGetValue(v.Id, out var was) ? Stamp(was, v, now) : v).ToList();
        var stamped = product with { Variants = variants, UpdatedAt = old.UpdatedAt };
        return Same(old, stamped) ? old : stamped with { UpdatedAt = now };
    }

    private static ShopVariant Stamp(ShopVariant old, ShopVariant variant, DateTimeOffset now)
    {
        var levels = variant.Levels.Select(l => old.Level(l.LocationId) is { } was && was != l ? l with { UpdatedAt = now } : l).ToList();
        var stamped = variant with { Levels = levels, UpdatedAt = old.UpdatedAt, ItemUpdatedAt = old.ItemUpdatedAt };
        if (Same(old, stamped))
        {
            return old;
        }

        return stamped with { UpdatedAt = now, ItemUpdatedAt = SameItem(old, stamped) ? old.ItemUpdatedAt : now };
    }

    public static bool SameItem(ShopVariant a, ShopVariant b) =>
        a.Sku == b.Sku && a.Tracked == b.Tracked && a.RequiresShipping == b.RequiresShipping && a.Cost == b.Cost && a.Country == b.Country
        && a.Province == b.Province && a.HsCode == b.HsCode && a.Weight.Equals(b.Weight) && a.WeightUnit == b.WeightUnit;

    private static bool Same<T>(T a, T b) => JsonSerializer.SerializeToUtf8Bytes(a).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(b));

    private void Index(ShopProduct product)
    {
        products[product.Id] = product;
        productOfHandle[product.Handle] = product.Id;
        foreach (var variant in product.Variants)
        {
            productOfVariant[variant.Id] = product.Id;
            variantOfItem[variant.ItemId] = (product.Id, variant.Id);
        }
    }

    private void Unindex(ShopProduct product)
    {
        products.Remove(product.Id);
        productOfHandle.Remove(product.Handle);
        foreach (var variant in product.Variants)
        {
            productOfVariant.Remove(variant.Id);
            variantOfItem.Remove(variant.ItemId);
        }
    }

    private void Load()
    {
        foreach (var row in store.Load("product"))
        {
            var product = Read<ShopProduct>(row);
            Index(product);
            Search.Note(product.Id, product, atOnce: true);
        }

        foreach (var row in store.Load("collection"))
        {
            Collections.Keep(Read<ShopCollection>(row));
        }

        foreach (var row in store.Load("subscription"))
        {
            var subscription = Read<ShopSubscription>(row);
            subscriptions[subscription.Id] = subscription;
        }

        foreach (var row in store.Load("operation"))
        {
            var operation = Read<ShopOperation>(row);
            operations[operation.Id] = operation;
        }

        foreach (var row in store.Load("order"))
        {
            var order = Read<ShopOrder>(row);
            orders[order.Id] = order;
        }

        foreach (var row in store.Load("answer"))
        {
            var answer = Read<IdempotentAnswer>(row);
            answers[answer.Id] = answer;
        }

        definitions.AddRange(store.Load("definition").Select(Read<ShopMetafieldDefinition>).OrderBy(d => d.Id));
        nextId = store.Load("counter").Select(c => long.Parse(c.Json, CultureInfo.InvariantCulture)).DefaultIfEmpty(FirstId).Max();
        storedNextId = nextId;
    }

    private static T Read<T>(StoredEntity row) =>
        JsonSerializer.Deserialize<T>(row.Json) ?? throw new InvalidDataException($"The stored {typeof(T).Name} {row.Id} is empty. Delete sandbox.db to start over.");

    private void Note<T>(string kind, long id, T value) => others.Add(new EntityChange(kind, Key(id), JsonSerializer.Serialize(value)));

    private static string Key(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset At(int year, int month, int day) => new(year, month, day, 9, 0, 0, TimeSpan.Zero);

    private sealed class Lease(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}

/// <summary>Before is null for a new product, After for a deleted one.</summary>
public sealed record ProductChange(long Id, ShopProduct? Before, ShopProduct? After);
