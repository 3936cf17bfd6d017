namespace ActorSync.Web.Tests.EndToEnd;

/// <summary>Pictures between the demo's two shops. What is compared are bytes: addresses and file names differ from shop to shop.</summary>
[Collection(nameof(EndToEndCollection))]
public sealed class PictureTests(Workshop workshop)
{
    /// <summary>What was taken on its way by a slow machine is tried again with back-off.</summary>
    private static readonly TimeSpan LongBound = TimeSpan.FromMinutes(2);

    private SandboxClient Shops => workshop.Shops;

    [Fact]
    public async Task AddedAtShopify_AppearsInWooOnce_GoesWithIt_AndWhatIsNotOursStays()
    {
        const string Sku = "E2E-PIC-1";
        await CreateAsync(Sku, "PA-1-1");
        await SameAsync(Sku, 1);

        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, addImage = Picture("WP-1-1") });
        await SameAsync(Sku, 2);
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, addImage = Picture("PA-1-2"), imagePosition = 0 });
        await SameAsync(Sku, 3);
        await workshop.EchoesAreInAsync();
        await workshop.SettledAsync(LongBound);
        await SameAsync(Sku, 3);
        var before = await Shops.PicturesAsync(SandboxClient.Woo, Sku);

        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, removeImage = 0 });
        await SameAsync(Sku, 2);
        Assert.Equal(before.Skip(1), await Shops.PicturesAsync(SandboxClient.Woo, Sku));

        // The merchant's own picture at WooCommerce is taken off in Shopify, which the hub gave it to, and stays where it came from.
        var product = await workshop.Hub.ProductAsync(Sku);
        await workshop.Hub.EditAsync(Sku, new { images = Array.Empty<string>(), version = product["version"]!.GetValue<long>() });
        await Until.TrueAsync(async () => (await Shops.PicturesAsync(SandboxClient.Woo, Sku)).Count == 1 && (await Shops.PicturesAsync(SandboxClient.Shopify, Sku)).Count == 1,
            "what the hub wrote is gone", account: () => workshop.HubSaid);
        await workshop.SettledAsync(LongBound);
        Assert.NotEqual(await Shops.PicturesAsync(SandboxClient.Shopify, Sku), await Shops.PicturesAsync(SandboxClient.Woo, Sku));
    }

    [Fact]
    public async Task UnreachableAddress_ParksOnlyThatPicture()
    {
        const string Sku = "E2E-PIC-2";
        await CreateAsync(Sku, "PB-1-1");
        await SameAsync(Sku, 1);
        // Knowingly: in the second of Shopify's own order a blind edit would lose the tie.
        var seen = (await workshop.Hub.ProductAsync(Sku))["version"]!.GetValue<long>();
        var answer = await workshop.Hub.EditAsync(Sku, new { images = (object[])[new { id = "i1" }, Picture("missing-X"), Picture("PB-1-2")], version = seen });
        Assert.Empty(answer["rejected"]!.AsArray());
        await SameAsync(Sku, 2);
        var product = await workshop.Hub.ProductAsync(Sku);
        Assert.Equal(3, product["images"]!.AsArray().Count);
        Assert.Contains("missing-X", product["images"]![1]!["problem"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(2, product["images"]![0]!["channels"]!.AsObject().Count);

        await workshop.Hub.EditAsync(Sku, new { images = (object[])[new { id = "i1" }, Picture("PB-1-2")], version = product["version"]!.GetValue<long>() });
        await workshop.SettledAsync(LongBound);
        Assert.NotEqual("ERROR", (await workshop.Hub.ProductAsync(Sku))["syncStatus"]!.GetValue<string>());
    }

    [Fact]
    public async Task WordsOfAPicture_GoBothWays_AndNothingIsUploaded()
    {
        const string Sku = "E2E-PIC-3";
        await CreateAsync(Sku, "PC-1-1");
        await SameAsync(Sku, 1);
        await workshop.EchoesAreInAsync();
        using var woo = new WooRest(Shops.Address);
        var id = (await Shops.GetAsync(SandboxClient.Woo, Sku)).Id;
        var media = (await woo.GetAsync($"products/{id}"))["images"]![0]!["id"]!.GetValue<long>();

        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, describeImage = 0, imageAlt = "Von vorne" });
        await Until.TrueAsync(async () => await WordsAsync() == (media, "Von vorne"), "Shopify's words are in WooCommerce, of the same picture", account: () => workshop.HubSaid, explain: () => workshop.Hub.ExplainAsync(Sku));
        await workshop.EchoesAreInAsync();
        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, describeImage = 0, imageAlt = "Von hinten" });
        await Until.TrueAsync(
            async () => (await workshop.Hub.ProductAsync(Sku))["images"]![0]!["alt"]?.GetValue<string>() == "Von hinten", "WooCommerce's words are in the hub", account: () => workshop.HubSaid);
        await workshop.SettledAsync(LongBound);
        await workshop.EchoesAreInAsync();
        Assert.Equal((media, "Von hinten"), await WordsAsync());
        await SameAsync(Sku, 1);

        var seen = (await workshop.Hub.ProductAsync(Sku))["version"]!.GetValue<long>();
        await workshop.Hub.EditAsync(Sku, new { images = (object[])[new { id = "i1", alt = "Aus dem Hub" }], version = seen });
        await Until.TrueAsync(async () => await WordsAsync() == (media, "Aus dem Hub"), "the hub's words are in WooCommerce", account: () => workshop.HubSaid, explain: () => workshop.Hub.ExplainAsync(Sku));
        await workshop.SettledAsync(LongBound);

        async Task<(long, string)> WordsAsync() => (await woo.GetAsync($"products/{id}"))["images"]!.AsArray() is [{ } image] ? (image["id"]!.GetValue<long>(), image["alt"]!.GetValue<string>()) : default;
    }

    [Fact]
    public async Task VanishedPicture_OfWhichNoWebhookTold_IsFoundByTheScan()
    {
        const string Sku = "E2E-PIC-4";
        await CreateAsync(Sku, "PD-1-1");
        await Shops.EditAsync(SandboxClient.Shopify, new { sku = Sku, addImage = Picture("PD-1-2") });
        await SameAsync(Sku, 2);
        await workshop.EchoesAreInAsync();
        await workshop.SettledAsync(LongBound);
        await Shops.FaultsAsync(new { channel = SandboxClient.Woo, webhookLoss = 1 });
        await Shops.EditAsync(SandboxClient.Woo, new { sku = Sku, removeImage = 1 });
        await workshop.EchoesAreInAsync();
        await Shops.FaultsAsync(new { channel = SandboxClient.Woo, webhookLoss = 0 });
        Assert.Equal(2, (await workshop.Hub.ProductAsync(Sku))["images"]!.AsArray().Count);

        var started = await workshop.Hub.PostAsync($"/api/channels/{Workshop.WooChannel}/reconcile", new { productId = await workshop.Hub.FindAsync(Sku) });
        var scan = await Until.HoldsAsync(
            () => workshop.Hub.GetAsync(started["statusUrl"]!.GetValue<string>()), scan => scan["state"]!.GetValue<string>() == "done", "the scan is done", account: () => workshop.HubSaid);

        Assert.Equal(1, scan["report"]!["drifted"]!.GetValue<long>());
        Assert.Contains("images", scan["report"]!["examples"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Single((await workshop.Hub.ProductAsync(Sku))["images"]!.AsArray());
    }

    private string Picture(string name) => $"{Shops.Address.ToString().TrimEnd('/')}/images/{name}.png";

    private async Task CreateAsync(string sku, string picture)
    {
        await Shops.CreateAsync(SandboxClient.Shopify, new { title = $"Bild {sku}", variants = new[] { new { sku, price = 12m, stock = 5 } } });
        await Shops.EditAsync(SandboxClient.Shopify, new { sku, addImage = Picture(picture) });
    }

    private Task SameAsync(string sku, int count) => Until.TrueAsync(
        async () => await Shops.FindAsync(SandboxClient.Woo, sku) is not null
            && await Shops.PicturesAsync(SandboxClient.Shopify, sku) is var left && left.Count == count
            && left.SequenceEqual(await Shops.PicturesAsync(SandboxClient.Woo, sku)) && left.Distinct().Count() == count,
        $"{count} pictures of {sku} are the same in both shops", account: () => workshop.HubSaid,
        explain: async () => $"Shopify {string.Join(", ", (await Shops.FindAsync(SandboxClient.Shopify, sku))?.Images ?? [])} WooCommerce {string.Join(", ", (await Shops.FindAsync(SandboxClient.Woo, sku))?.Images ?? [])}{Environment.NewLine}{await workshop.Hub.ExplainAsync(sku)}");
}
