using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ActorSync.Sandbox.Core;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>
/// The site's data: posts, terms, attributes, webhooks. Working state is memory behind one lock; <see cref="Do{T}"/> commits what a request touched before it
/// returns and then hands its events to the webhook queue.
/// </summary>
public sealed class WooShop
{
    public const int GmtOffsetHours = 1;
    public const int MaxOrders = 2_000;
    public const string Category = "product_cat";
    public const string Tag = "product_tag";
    public const string Brand = "product_brand";

    private static readonly JsonSerializerOptions Stored = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ChannelStore store;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly Dictionary<long, WooProduct> products = [];
    private readonly Dictionary<long, List<long>> variations = [];
    private readonly Dictionary<string, long> skus = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> gtins = new(StringComparer.Ordinal);
    private readonly Dictionary<long, WooTerm> terms = [];
    private readonly Dictionary<long, WooGlobalAttribute> attributes = [];
    private readonly Dictionary<long, WooWebhook> webhooks = [];
    private readonly SortedDictionary<long, WooOrder> orders = [];
    private readonly Dictionary<string, long> counters = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Id), string?> touched = [];
    private readonly List<WooEvent> events = [];

    public WooShop(ChannelStore store, TimeProvider clock, Uri home)
    {
        this.store = store;
        this.clock = clock;
        Home = home;
        Load();
    }

    /// <summary>The configured home address, without a slash at the end.</summary>
    public Uri Home { get; }

    /// <summary>Called, still inside the lock, with the events of a request whose changes are on disk.</summary>
    public Action<WooEvent>? Raised { get; set; }

    public bool IsEmpty => Do(() => terms.Count == 0);

    public int ProductsHeld => Do(() => products.Values.Count(p => !p.IsVariation && p.Status != "trash"));

    /// <summary>Dates have a resolution of one second, as in MySQL.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());

    public IReadOnlyCollection<WooProduct> Posts => products.Values;

    public IReadOnlyCollection<WooTerm> Terms => terms.Values;

    public IReadOnlyCollection<WooGlobalAttribute> Attributes => attributes.Values;

    public IReadOnlyCollection<WooWebhook> Webhooks => webhooks.Values;

    /// <summary>Runs one request alone. What it stored is committed even when it ends in a refusal: WordPress has no transaction around a request.</summary>
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

                // Taken out first: whoever hears of an event may look at the shop again, through this very method.
                WooEvent[] happened = [.. events];
                events.Clear();
                foreach (var one in happened)
                {
                    Raised?.Invoke(one);
                }
            }
        }
    }

    public void Clear() => Do(() =>
    {
        products.Clear();
        variations.Clear();
        skus.Clear();
        gtins.Clear();
        terms.Clear();
        attributes.Clear();
        webhooks.Clear();
        orders.Clear();
        counters.Clear();
        touched.Clear();
        store.Clear();
        return true;
    });

    public WooProduct? Find(long id) => products.GetValueOrDefault(id);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<WooProduct> VariationsOf(long parentId) => variations.TryGetValue(parentId, out var ids) ? [.. ids.Select(id => products[id])] : [];

    public WooProduct? BySku(string sku) => skus.TryGetValue(sku, out var id) ? products[id] : null;

    public WooProduct? ByGtin(string gtin) => gtins.TryGetValue(gtin, out var id) ? products[id] : null;

    public WooTerm? Term(long id) => terms.GetValueOrDefault(id);

    public WooGlobalAttribute? Attribute(long id) => attributes.GetValueOrDefault(id);

    public WooWebhook? Webhook(long id) => webhooks.GetValueOrDefault(id);

    public WooOrder? Order(long id) => orders.GetValueOrDefault(id);

    public void Put(WooOrder order)
    {
        if (orders.Count >= MaxOrders && !orders.ContainsKey(order.Id))
        {
            var oldest = orders.Keys.First();
            orders.Remove(oldest);
            touched[("order", Key(oldest))] = null;
        }

        orders[order.Id] = order;
        touched[("order", Key(order.Id))] = JsonSerializer.Serialize(order, Stored);
    }

    /// <summary>post, term, attribute, webhook, item or meta; numbers are never given twice.</summary>
    public long NextId(string counter)
    {
        var next = counters.GetValueOrDefault(counter, counter switch { "post" => 9, "term" => 14, _ => 0 }) + 1;
        counters[counter] = next;
        touched[("counter", counter)] = next.ToString(CultureInfo.InvariantCulture);
        return next;
    }

    public void Put(WooProduct product)
    {
        if (products.TryGetValue(product.Id, out var old))
        {
            Unindex(old);
        }

        products[product.Id] = product;
        Index(product);
        touched[("post", Key(product.Id))] = JsonSerializer.Serialize(product, Stored);
    }

    public void Remove(WooProduct product)
    {
        Unindex(product);
        products.Remove(product.Id);
        if (product.IsVariation && variations.TryGetValue(product.ParentId, out var siblings))
        {
            siblings.Remove(product.Id);
        }

        touched[("post", Key(product.Id))] = null;
    }

    public void Put(WooTerm term)
    {
        terms[term.Id] = term;
        touched[("term", Key(term.Id))] = JsonSerializer.Serialize(term, Stored);
    }

    public void Remove(WooTerm term)
    {
        terms.Remove(term.Id);
        touched[("term", Key(term.Id))] = null;
    }

    public void Put(WooGlobalAttribute attribute)
    {
        attributes[attribute.Id] = attribute;
        touched[("attribute", Key(attribute.Id))] = JsonSerializer.Serialize(attribute, Stored);
    }

    public void Put(WooWebhook webhook)
    {
        webhooks[webhook.Id] = webhook;
        touched[("webhook", Key(webhook.Id))] = JsonSerializer.Serialize(webhook, Stored);
    }

    public void Remove(WooWebhook webhook)
    {
        webhooks.Remove(webhook.Id);
        touched[("webhook", Key(webhook.Id))] = null;
    }

    public void Raise(string topic, long id) => events.Add(new WooEvent(topic, id));

    /// <summary>The term of that name, whatever its case; made when there is none.</summary>
    public WooTerm TermNamed(string taxonomy, string name, long parent = 0)
    {
        var clean = WooText.Name(name);
        return FindTerm(taxonomy, clean, parent) ?? AddTerm(taxonomy, clean, slug: null, parent, description: "");
    }

    public WooTerm? FindTerm(string taxonomy, string cleanName, long parent = 0) =>
        terms.Values.FirstOrDefault(t => t.Taxonomy == taxonomy && t.Parent == parent && string.Equals(t.Name, cleanName, StringComparison.OrdinalIgnoreCase));

    public WooTerm AddTerm(string taxonomy, string cleanName, string? slug, long parent, string description)
    {
        var wanted = WooText.Slug(slug is { Length: > 0 } ? slug : cleanName);
        var term = new WooTerm(NextId("term"), taxonomy, cleanName, Unique(wanted, s => terms.Values.Any(t => t.Taxonomy == taxonomy && t.Slug == s)), parent, description);
        Put(term);
        return term;
    }

    public string UniqueSlug(string wanted, long exceptId) =>
        Unique(wanted.Length == 0 ? "product" : wanted, products.Values.Where(p => p.Id != exceptId && !p.IsVariation).Select(p => p.Slug).ToHashSet(StringComparer.Ordinal).Contains);

    public static string LocalDate(DateTimeOffset moment) => GmtDate(moment.AddHours(GmtOffsetHours));

    public static string GmtDate(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static string Unique(string wanted, Func<string, bool> isTaken)
    {
        var slug = wanted;
        for (var number = 2; isTaken(slug); number++)
        {
            slug = string.Create(CultureInfo.InvariantCulture, $"{wanted}-{number}");
        }

        return slug;
    }

    private void Index(WooProduct product)
    {
        if (product.Sku.Length > 0)
        {
            skus[product.Sku] = product.Id;
        }

        if (product.GlobalUniqueId.Length > 0)
        {
            gtins[product.GlobalUniqueId] = product.Id;
        }

        if (product.IsVariation)
        {
            if (!variations.TryGetValue(product.ParentId, out var siblings))
            {
                variations[product.ParentId] = siblings = [];
            }

            if (!siblings.Contains(product.Id))
            {
                siblings.Add(product.Id);
            }
        }
    }

    private void Unindex(WooProduct product)
    {
        if (skus.TryGetValue(product.Sku, out var owner) && owner == product.Id)
        {
            skus.Remove(product.Sku);
        }

        if (gtins.TryGetValue(product.GlobalUniqueId, out var holder) && holder == product.Id)
        {
            gtins.Remove(product.GlobalUniqueId);
        }
    }

    private void Load()
    {
        foreach (var counter in store.Load("counter"))
        {
            counters[counter.Id] = long.Parse(counter.Json, CultureInfo.InvariantCulture);
        }

        foreach (var product in Read<WooProduct>("post").OrderBy(p => p.Id))
        {
            products[product.Id] = product;
            Index(product);
        }

        foreach (var term in Read<WooTerm>("term"))
        {
            terms[term.Id] = term;
        }

        foreach (var attribute in Read<WooGlobalAttribute>("attribute"))
        {
            attributes[attribute.Id] = attribute;
        }

        foreach (var order in Read<WooOrder>("order"))
        {
            orders[order.Id] = order;
        }

        foreach (var webhook in Read<WooWebhook>("webhook"))
        {
            webhooks[webhook.Id] = webhook;
        }
    }

    private IEnumerable<T> Read<T>(string kind) => store.Load(kind).Select(e => JsonSerializer.Deserialize<T>(e.Json, Stored)!);

    private static string Key(long id) => id.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Something that webhooks may be about: topic and the id of the thing.</summary>
public sealed record WooEvent(string Topic, long Id);
