using ActorSync.Abstractions.Faults;

namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>
/// The hub dies as by kill -9 at each named place with a change on its way. Afterwards nothing is lost, nothing exists twice. The shops outlive it, so they
/// are the witnesses of how far it came.
/// </summary>
[Collection(nameof(KillCollection))]
public sealed class KillTests(Workshop workshop) : IDisposable
{
    /// <summary>What a process that SIGKILL ended answers.</summary>
    private const int Killed = 128 + 9;

    private static readonly TimeSpan DeathBound = TimeSpan.FromSeconds(60);

    private HubClient Hub => workshop.Hub;

    private SandboxClient Shops => workshop.Shops;

    /// <summary>Each place, and whether the other shop has been written to when the process dies there.</summary>
    public static TheoryData<string, bool> Places => new()
    {
        { FailPoints.AfterInboxCommit, false },
        { FailPoints.AfterIntent, false },
        { FailPoints.AfterChannelApplied, true },
        { FailPoints.BeforeRecord, true },
    };

    public void Dispose() => workshop.TellIfFailed();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Edit_HubDiesOnTheWay_ArrivesOnceAfterTheRestart(string place, bool isWritten)
    {
        var sku = $"E2E-KE-{place}";
        await CreateMugAsync(sku);
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Woo, sku) is not null, $"{sku} is in WooCommerce", account: () => workshop.HubSaid);
        await QuietAsync();
        await workshop.RestartHubAsync(place);
        await QuietAsync();

        await Shops.EditAsync(SandboxClient.Shopify, new { sku, title = $"Geändert vor {place}", price = 17.5m });
        await DiesAsync(place);
        var woo = await Shops.GetAsync(SandboxClient.Woo, sku);
        Assert.Equal(isWritten ? $"Geändert vor {place}" : $"Becher {sku}", Workshop.Plain(woo.Title));

        await workshop.RestartHubAsync();
        await Until.TrueAsync(
            async () => Workshop.Plain((await Shops.GetAsync(SandboxClient.Woo, sku)).Title) == $"Geändert vor {place}", "the edit is in WooCommerce", account: () => workshop.HubSaid);
        await QuietAsync();
        await ExistsOnceEverywhereAsync(sku);
        Assert.Equal($"Geändert vor {place}", (await Hub.ProductAsync(sku))["name"]!.GetValue<string>());
        Assert.Equal(17.5m, (await Shops.GetAsync(SandboxClient.Woo, sku)).Variant(sku).Price);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Create_HubDiesOnTheWay_MakesOneProductAfterTheRestart(string place, bool isWritten)
    {
        var sku = $"E2E-KC-{place}";
        await QuietAsync();
        await workshop.RestartHubAsync(place);
        await QuietAsync();

        await CreateMugAsync(sku);
        await DiesAsync(place);
        // It dies in the push that comes there first: to the other shop or to the warehouse.
        Assert.Equal(isWritten, await Shops.FindAsync(SandboxClient.Woo, sku) is not null || await Shops.FindAsync(SandboxClient.Jtl, sku) is not null);

        await workshop.RestartHubAsync();
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Woo, sku) is not null, $"{sku} is in WooCommerce", account: () => workshop.HubSaid);
        await workshop.CountAsync(sku, 20);
        await QuietAsync();
        await ExistsOnceEverywhereAsync(sku);
    }

    [Fact]
    public async Task Picture_HubDiesAfterTheUpload_IsFoundByItsBytesAndNotSentAgain()
    {
        const string Sku = "E2E-KP";
        await CreateMugAsync(Sku);
        await Until.TrueAsync(async () => await Shops.FindAsync(SandboxClient.Woo, Sku) is not null, $"{Sku} is in WooCommerce", account: () => workshop.HubSaid);
        await QuietAsync();
        await workshop.RestartHubAsync(FailPoints.AfterChannelApplied);
        await QuietAsync();

        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, addImage = $"{Shops.Address.ToString().TrimEnd('/')}/images/KP-1.png" });
        await DiesAsync(FailPoints.AfterChannelApplied);
        Assert.Single((await Shops.GetAsync(SandboxClient.Woo, Sku)).Images);

        await workshop.RestartHubAsync();
        // The lease of a push with pictures has to run out first.
        await workshop.SettledAsync(TimeSpan.FromMinutes(3));
        Assert.Single((await Shops.GetAsync(SandboxClient.Woo, Sku)).Images);
        Assert.Single((await Shops.GetAsync(SandboxClient.Shopify, Sku)).Images);
        Assert.Equal(2, (await Hub.ProductAsync(Sku))["images"]![0]!["channels"]!.AsObject().Count);
    }

    [Fact]
    public async Task Import_HubDiesBetweenPages_GoesOnWhereItWas()
    {
        const int CheckpointedPages = 2;
        await using var own = new Workshop();
        try
        {
            await own.StartSandboxAsync();
            own.StartHub($"{FailPoints.BetweenPages}:{CheckpointedPages + 1}");
            Assert.Equal(Killed, await own.HubProcess!.WaitForExitAsync(TimeSpan.FromMinutes(2)));
            var readBefore = await PagesReadAsync(own);
            Assert.True(readBefore > CheckpointedPages, $"{readBefore} pages read before the kill");

            own.StartHub();
            await own.SettledAsync(TimeSpan.FromMinutes(3), mustBeLive: true);

            var import = await own.Hub.GetAsync($"/api/channels/{Workshop.ShopifyChannel}/import");
            var shopify = await own.Shops.ProductsAsync(SandboxClient.Shopify);
            var woo = await own.Shops.ProductsAsync(SandboxClient.Woo);
            Assert.Equal("done", import["state"]!.GetValue<string>());
            Assert.Equal(shopify.Count, import["done"]!.GetValue<long>());
            Assert.Equal(0, import["failed"]!.GetValue<long>());
            // Only the page whose checkpoint was not written is read a second time.
            Assert.Equal(import["pages"]!.GetValue<long>() - CheckpointedPages, await PagesReadAsync(own) - readBefore);

            Assert.Equal(shopify.Count, woo.Count);
            var jtl = await own.Shops.ProductsAsync(SandboxClient.Jtl);
            var sold = shopify.SelectMany(product => product.Variants).Select(variant => variant.Sku).ToHashSet(StringComparer.OrdinalIgnoreCase);
            Assert.Equal(shopify.Count + jtl.Count(thing => !sold.Contains(thing.Variants[0].Sku)), (await own.Hub.StatusAsync()).Total);
            foreach (var shop in new[] { shopify, woo, jtl })
            {
                var skus = shop.SelectMany(product => product.Variants).Select(variant => variant.Sku.ToUpperInvariant()).Where(sku => sku.Length > 0).ToList();
                Assert.Equal(skus.Count, skus.Distinct(StringComparer.Ordinal).Count());
            }

            await own.AssertShopsAgreeAsync([.. shopify.Select(product => product.Variants.First(variant => variant.Sku.Length > 0).Sku)]);
        }
        catch
        {
            TestContext.Current.TestOutputHelper?.WriteLine(own.HubSaid);
            throw;
        }
    }

    /// <summary>Polls are told apart by time only: the first comes ten minutes after the import.</summary>
    private static Task<long> PagesReadAsync(Workshop workshop) => workshop.Shops.RequestsAsync(SandboxClient.Shopify, "products");

    private async Task DiesAsync(string place)
    {
        var code = await workshop.HubProcess!.WaitForExitAsync(DeathBound);
        Assert.True(code == Killed, $"The hub ended with {code} instead of dying at {place}.");
    }

    /// <summary>Nothing is on its way in either direction, so that the next thing that happens is the test's own.</summary>
    private async Task QuietAsync()
    {
        await workshop.SettledAsync(mustBeLive: true);
        await workshop.EchoesAreInAsync();
        await workshop.SettledAsync();
    }

    private async Task ExistsOnceEverywhereAsync(string sku)
    {
        foreach (var channel in new[] { SandboxClient.Shopify, SandboxClient.Woo, SandboxClient.Jtl })
        {
            Assert.Single(await Shops.ProductsAsync(channel), product => product.Variants.Any(variant => variant.Sku == sku));
        }

        Assert.Single((await Hub.GetAsync($"/api/products?sku={sku}"))["items"]!.AsArray());
        var product = await Hub.ProductAsync(sku);
        Assert.All(product["channels"]!.AsArray(), channel => Assert.NotNull(channel!["externalId"]));
        Assert.Equal(3, product["channels"]!.AsArray().Count);
        Assert.Equal(0, (await Hub.StatusAsync()).Error);
        Assert.Empty(await Hub.ConflictsAsync(product["id"]!.GetValue<string>()));
        await workshop.AssertShopsAgreeAsync(sku);
    }

    private Task CreateMugAsync(string sku) => Shops.CreateAsync(SandboxClient.Shopify, new
    {
        title = $"Becher {sku}",
        description = "<p>Steingut</p>",
        vendor = "Töpferei Süd",
        productType = "Becher",
        tags = new[] { "küche" },
        variants = new[] { new { sku, price = 12m, stock = 20 } },
    });
}

/// <summary>Processes that get killed and restarted, apart from those that the other tests share, and one test at a time.</summary>
[CollectionDefinition(nameof(KillCollection))]
public sealed class KillCollection : ICollectionFixture<Workshop>;
