using System.Collections.Concurrent;
using System.Globalization;
using ActorSync.Web.Tests.EndToEnd;

namespace ActorSync.Web.Tests.Chaos;

/// <summary>
/// People who rename products without a pause while things break: some at each shop, some in the hub. Every product has one who edits it, so its last
/// acknowledged name is the only right one; an edit that the hub did not answer is made again until it does.
/// </summary>
internal sealed class Merchants(ClusterProcesses cluster, int seed)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly ConcurrentDictionary<string, string> expected = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> made = [];
    private readonly Random random = new(seed);
    private long edits;
    private int creates;

    /// <summary>Edits that were acknowledged.</summary>
    public long Edits => Interlocked.Read(ref edits);

    /// <summary>The SKUs that this person edits, by where.</summary>
    public IReadOnlyList<(string Desk, string[] Skus)> Desks { get; private set; } = [];

    public async Task BeginAsync(int perDesk)
    {
        var skus = (await cluster.Shops.ProductsAsync(SandboxClient.Shopify))
            .Where(product => product.Status == "active" && product.Variants.All(variant => variant.Sku.Length > 0))
            .Select(product => product.Variants[0].Sku).OrderBy(_ => random.Next()).ToArray();
        Desks = [(SandboxClient.Shopify, skus[..perDesk]), (SandboxClient.Woo, skus[perDesk..(2 * perDesk)]), ("hub", skus[(2 * perDesk)..(3 * perDesk)])];
    }

    /// <summary>Works until told to stop; the edit under way is ended first.</summary>
    public Task WorkAsync(CancellationToken stop) => Task.WhenAll(Desks.Select(desk => WorkAsync(desk.Desk, desk.Skus, new Random(random.Next()), stop)));

    /// <summary>A product that exists in one shop only, for now.</summary>
    public async Task CreateAsync(string shop)
    {
        var sku = string.Create(CultureInfo.InvariantCulture, $"CHAOS-{++creates}");
        await cluster.Shops.CreateAsync(shop, new { title = $"Neu {sku}", variants = new[] { new { sku, price = 12m, stock = 3 } } });
        made.Add(sku);
        expected[sku] = $"Neu {sku}";
    }

    /// <summary>What is not yet, or wrongly, in a shop: empty when all is right.</summary>
    public async Task<IReadOnlyList<string>> WrongAsync()
    {
        var wrong = new List<string>();
        foreach (var shop in new[] { SandboxClient.Shopify, SandboxClient.Woo })
        {
            var names = (await cluster.Shops.ProductsAsync(shop)).SelectMany(product => product.Variants.Select(variant => (variant.Sku, product.Title)))
                .GroupBy(entry => entry.Sku, StringComparer.OrdinalIgnoreCase).ToDictionary(group => group.Key, group => group.First().Title, StringComparer.OrdinalIgnoreCase);
            wrong.AddRange(expected.Where(name => Workshop.Plain(names.GetValueOrDefault(name.Key, "(missing)")) != name.Value)
                .Select(name => $"{name.Key} in {shop}: '{Workshop.Plain(names.GetValueOrDefault(name.Key, "(missing)"))}' instead of '{name.Value}'"));
        }

        return wrong;
    }

    /// <summary>SKUs that a shop or the hub holds twice.</summary>
    public async Task<IReadOnlyList<string>> DuplicatesAsync()
    {
        var twice = new List<string>();
        foreach (var shop in new[] { SandboxClient.Shopify, SandboxClient.Woo })
        {
            var skus = (await cluster.Shops.ProductsAsync(shop)).SelectMany(product => product.Variants).Select(variant => variant.Sku.ToUpperInvariant()).ToLookup(sku => sku);
            twice.AddRange(expected.Keys.Where(sku => skus[sku.ToUpperInvariant()].Count() > 1).Select(sku => $"{sku} in {shop}"));
        }

        foreach (var sku in made)
        {
            if ((await cluster.Hub.GetAsync($"/api/products?sku={sku}"))["items"]!.AsArray().Count != 1)
            {
                twice.Add($"{sku} in the hub");
            }
        }

        return twice;
    }

    private async Task WorkAsync(string desk, string[] skus, Random dice, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Pause);
        while (!stop.IsCancellationRequested)
        {
            var sku = skus[dice.Next(skus.Length)];
            var name = string.Create(CultureInfo.InvariantCulture, $"{desk} {Interlocked.Increment(ref edits)}");
            if (desk == "hub")
            {
                await EditInHubAsync(sku, name);
            }
            else
            {
                await cluster.Shops.EditAsync(desk, new { sku, title = name });
            }

            expected[sku] = name;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>An edit whose answer was lost may have happened: the same one is made again until it is acknowledged.</summary>
    private Task EditInHubAsync(string sku, string name) => Until.TrueAsync(
        async () =>
        {
            try
            {
                await cluster.Hub.EditAsync(sku, new { name });
                return true;
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or Xunit.Sdk.XunitException or InvalidOperationException)
            {
                return false;
            }
        },
        $"the hub takes '{name}' for {sku}", TimeSpan.FromMinutes(3), () => cluster.Said);
}
