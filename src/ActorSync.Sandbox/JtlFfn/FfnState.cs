using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.JtlFfn;

/// <summary>
/// What the network knows of one merchant. Working state is memory behind one lock; <see cref="Do{T}"/> commits what a request touched before it returns.
/// Whoever changes something checks everything first: a refusal must find nothing half done.
/// </summary>
public sealed class FfnState
{
    private const int MostChanges = 200_000;
    private const int ForgottenAtOnce = 20_000;

    private readonly ChannelStore store;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, FfnProduct> products = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> skus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FfnOutbound> outbounds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> reservingByProduct = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShippingNotification> notifications = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Announcement> announcements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FfnLogin> logins = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Jfsku, string WarehouseId), List<StockChange>> places = [];
    private readonly Dictionary<string, long> counters = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Id), string?> touched = [];
    private List<StockChange> changes = [];
    private DateTimeOffset latest;

    public FfnState(ChannelStore store, TimeProvider clock)
    {
        this.store = store;
        this.clock = clock;
        Load();
    }

    /// <summary>How far the network's clock is ahead of ours.</summary>
    public TimeSpan ClockShift { get; set; }

    /// <summary>Milliseconds; never before something that has happened already, or a poll would miss it.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = DateTimeOffset.FromUnixTimeMilliseconds((clock.GetUtcNow() + ClockShift).ToUnixTimeMilliseconds());
            return now < latest ? latest : now;
        }
    }

    public bool IsEmpty => Do(() => products.Count == 0);

    /// <summary>By jfsku, deleted ones among them.</summary>
    public IReadOnlyCollection<FfnProduct> Products => products.Values;

    public IReadOnlyCollection<FfnOutbound> Outbounds => outbounds.Values;

    public IReadOnlyCollection<ShippingNotification> Notifications => notifications.Values;

    public IReadOnlyCollection<Announcement> Announcements => announcements.Values;

    public IReadOnlyCollection<FfnLogin> Logins => logins.Values;

    /// <summary>The ledger, oldest first.</summary>
    public IReadOnlyList<StockChange> Changes => changes;

    public T Do<T>(Func<T> request)
    {
        lock (gate)
        {
            try
            {
                return request();
            }
            finally
            {
                store.Commit([.. touched.Select(t => new EntityChange(t.Key.Kind, t.Key.Id, t.Value))]);
                touched.Clear();
            }
        }
    }

    /// <summary>Forgets goods and orders and keeps the logins: a warehouse that starts afresh is no reason to send the merchant through the portal again.</summary>
    public void Clear() => Do(() =>
    {
        products.Clear();
        skus.Clear();
        outbounds.Clear();
        reservingByProduct.Clear();
        notifications.Clear();
        announcements.Clear();
        places.Clear();
        changes = [];
        latest = default;
        touched.Clear();
        store.Clear();
        var keptCounters = counters.Where(c => c.Key == FfnLogin.Kind).ToList();
        counters.Clear();
        foreach (var (name, value) in keptCounters)
        {
            counters[name] = value;
            touched[("counter", name)] = JsonSerializer.Serialize(value);
        }

        foreach (var login in logins.Values)
        {
            Put(login);
        }

        return true;
    });

    public FfnProduct? Product(string jfsku) => products.GetValueOrDefault(jfsku);

    /// <summary>The active product of the merchant's own SKU.</summary>
    public FfnProduct? BySku(string sku) => skus.TryGetValue(sku, out var jfsku) ? products[jfsku] : null;

    public FfnOutbound? Outbound(string id) => outbounds.GetValueOrDefault(id);

    public Announcement? Announced(string inboundId) => announcements.GetValueOrDefault(inboundId);

    public FfnLogin? Login(string id) => logins.GetValueOrDefault(id);

    /// <summary>Outbounds that hold units of the product back, oldest first.</summary>
    public IEnumerable<FfnOutbound> Reserving(string jfsku) =>
        reservingByProduct.TryGetValue(jfsku, out var ids) ? ids.Select(id => outbounds[id]).OrderBy(o => o.CreatedAt).ThenBy(o => o.OutboundId, StringComparer.Ordinal) : [];

    /// <summary>All changes of a product in a warehouse, oldest first.</summary>
    public IReadOnlyList<StockChange> ChangesOf(string jfsku, string warehouseId) => places.GetValueOrDefault((jfsku, warehouseId)) ?? [];

    public bool IsCurrent(StockChange change) => places[(change.Jfsku, change.WarehouseId)][^1].Version == change.Version;

    /// <summary>The four buckets, now or as they were.</summary>
    public Amounts Levels(string jfsku, string warehouseId, DateTimeOffset? at = null)
    {
        var rows = ChangesOf(jfsku, warehouseId);
        for (var i = rows.Count - 1; i >= 0; i--)
        {
            if (at is null || rows[i].At <= at)
            {
                return rows[i].After;
            }
        }

        return default;
    }

    public long Next(string counter)
    {
        var next = counters.GetValueOrDefault(counter) + 1;
        counters[counter] = next;
        touched[("counter", counter)] = JsonSerializer.Serialize(next);
        return next;
    }

    public void Put(FfnProduct product)
    {
        if (products.TryGetValue(product.Jfsku, out var old) && skus.GetValueOrDefault(old.Data.MerchantSku!) == old.Jfsku)
        {
            skus.Remove(old.Data.MerchantSku!);
        }

        Index(product);
        Save("product", product.Jfsku, product);
    }

    public void Put(FfnOutbound outbound)
    {
        Index(outbound);
        Save("outbound", outbound.OutboundId, outbound);
    }

    public void Put(ShippingNotification notification)
    {
        notifications[notification.Id] = notification;
        Save("notification", notification.Id, notification);
    }

    public void Put(Announcement announcement)
    {
        announcements[announcement.InboundId] = announcement;
        Save("announcement", announcement.InboundId, announcement);
    }

    public void Put(FfnLogin login)
    {
        logins[login.Id] = login;
        Save(FfnLogin.Kind, login.Id, login);
    }

    public void Remove(FfnLogin login)
    {
        logins.Remove(login.Id);
        touched[(FfnLogin.Kind, login.Id)] = null;
    }

    public void Append(StockChange change)
    {
        Index(change);
        Save("change", Key(change), change);
        if (changes.Count > MostChanges)
        {
            ForgetOldest();
        }
    }

    private void Index(FfnProduct product)
    {
        products[product.Jfsku] = product;
        if (product.IsActive)
        {
            skus[product.Data.MerchantSku!] = product.Jfsku;
        }

        Saw(product.ChangedAt);
    }

    private void Index(FfnOutbound outbound)
    {
        outbounds[outbound.OutboundId] = outbound;
        foreach (var jfsku in outbound.Items.Select(i => i.Jfsku).OfType<string>())
        {
            if (!reservingByProduct.TryGetValue(jfsku, out var ids))
            {
                reservingByProduct[jfsku] = ids = new HashSet<string>(StringComparer.Ordinal);
            }

            _ = outbound.Reserves ? ids.Add(outbound.OutboundId) : ids.Remove(outbound.OutboundId);
        }

        Saw(outbound.ChangedAt);
    }

    private void Index(StockChange change)
    {
        changes.Add(change);
        if (!places.TryGetValue((change.Jfsku, change.WarehouseId), out var rows))
        {
            places[(change.Jfsku, change.WarehouseId)] = rows = [];
        }

        rows.Add(change);
        Saw(change.At);
    }

    /// <summary>The newest row of a place stays however old it is: it says what there is.</summary>
    private void ForgetOldest()
    {
        var forgotten = changes.Where(c => !IsCurrent(c)).Take(ForgottenAtOnce).ToHashSet();
        changes = [.. changes.Where(c => !forgotten.Contains(c))];
        foreach (var rows in places.Values)
        {
            rows.RemoveAll(forgotten.Contains);
        }

        foreach (var change in forgotten)
        {
            touched[("change", Key(change))] = null;
        }
    }

    private void Load()
    {
        foreach (var counter in store.Load("counter"))
        {
            counters[counter.Id] = JsonSerializer.Deserialize<long>(counter.Json);
        }

        foreach (var product in Read<FfnProduct>("product"))
        {
            Index(product);
        }

        foreach (var outbound in Read<FfnOutbound>("outbound"))
        {
            Index(outbound);
        }

        foreach (var change in Read<StockChange>("change").OrderBy(c => c.At).ThenBy(c => c.Version))
        {
            Index(change);
        }

        foreach (var notification in Read<ShippingNotification>("notification"))
        {
            notifications[notification.Id] = notification;
        }

        foreach (var announcement in Read<Announcement>("announcement"))
        {
            announcements[announcement.InboundId] = announcement;
        }

        foreach (var login in Read<FfnLogin>(FfnLogin.Kind))
        {
            logins[login.Id] = login;
        }
    }

    private void Saw(DateTimeOffset at) => latest = at > latest ? at : latest;

    private void Save<T>(string kind, string id, T value) => touched[(kind, id)] = JsonSerializer.Serialize(value, FfnJson.Options);

    private IEnumerable<T> Read<T>(string kind) => store.Load(kind).Select(e => JsonSerializer.Deserialize<T>(e.Json, FfnJson.Options)!);

    private static string Key(StockChange change) => $"{change.Jfsku}/{change.WarehouseId}/{change.Version}";
}
