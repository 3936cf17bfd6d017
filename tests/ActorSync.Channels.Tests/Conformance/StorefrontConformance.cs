using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Conformance;

/// <summary>What the hub relies on when it reads a channel that has texts for customers and variants.</summary>
public abstract class StorefrontSourceConformance(ConformanceShop shop) : SourceConformance(shop)
{
    private const int MostVariants = 300;
    private readonly ConformanceShop shop = shop;

    [Theory]
    [InlineData("Grüße 😀 ﷽ عربي \u202Eabc")]
    [InlineData("\"Quotes\" & 'apostrophes' <b>5 < 6</b>")]
    [InlineData("Zeile\\nmit \\ Backslash; 100 % \t Tabulator")]
    public async Task Read_AnyText_IsTheChannelsFormOfIt(string text)
    {
        var sku = ConformanceShop.New("TEXT");
        var id = shop.Id(await shop.CreateAsync(sku, text));
        Assert.Equal(shop.Form("name", new FieldValue(text)).Text, shop.TextOf((await shop.ReadAsync(id)).Body));
    }

    [Fact]
    public async Task Read_GiantProduct_IsComplete()
    {
        var stem = ConformanceShop.New("GIANT");
        var variants = new JsonArray();
        for (var i = 0; i < MostVariants; i++)
        {
            variants.Add(new JsonObject
            {
                ["sku"] = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}"),
                ["price"] = 1 + i,
                ["stock"] = i,
                ["optionValues"] = new JsonArray($"Farbe {i / 20}", $"Größe {i % 20}"),
            });
        }

        var made = await shop.Sandbox.CreateAsync(shop.Name, new JsonObject { ["title"] = "Sehr groß", ["optionNames"] = new JsonArray("Farbe", "Größe"), ["variants"] = variants });

        var body = (await shop.ReadAsync(shop.Id(made))).Body;

        Assert.True(body.VariantsComplete);
        Assert.Equal(MostVariants, body.Variants.Length);
        Assert.Equal(Enumerable.Range(0, MostVariants).Select(i => $"{stem}-{i}"), body.Variants.Select(variant => variant.Fields["sku"].Text));
        Assert.Equal(Enumerable.Range(0, MostVariants).Sum(), body.Variants.Sum(variant => variant.Stock.Sum(stock => stock.Quantity ?? 0)));
        Assert.Equal(MostVariants, body.Variants.Select(variant => string.Join('/', variant.OptionValues ?? [])).Distinct(StringComparer.Ordinal).Count());
    }
}

/// <summary>What the hub relies on when it writes counts to a channel that does not make them itself.</summary>
public abstract class StorefrontSinkConformance(ConformanceShop shop) : SinkConformance(shop)
{
    private readonly ConformanceShop shop = shop;

    [Fact]
    public async Task Stock_CountMovedMeanwhile_IsNotWrittenOver()
    {
        var sku = ConformanceShop.New("STOCK");
        await shop.CreateAsync(sku);
        var seen = (await shop.ReadAsync(shop.Id(await shop.FindAsync(sku)))).Body;
        var (location, held) = Counted(seen);
        await shop.Sandbox.SellAsync(shop.Name, sku, 3);

        var outcome = await PushAsync(Count(seen, location, held - 1, held));

        Assert.True(outcome.StockWasStale || outcome.Result is not PushResult.Applied, $"{outcome.Result}, held {held}");
        Assert.Equal(held - 3, Counted((await shop.ReadAsync(seen.ExternalId)).Body).Count);
    }

    [Theory]
    [InlineData("failAfterEffect")]
    [InlineData("cutAfterEffect")]
    [InlineData("emptyAnswer")]
    public async Task Stock_AnswerLost_SecondTryDoesNotTakeTwice(string fault)
    {
        var sku = ConformanceShop.New("COUNT");
        await shop.CreateAsync(sku);
        var seen = (await shop.ReadAsync(shop.Id(await shop.FindAsync(sku)))).Body;
        var (location, held) = Counted(seen);
        var item = Count(seen, location, held - 4, held);
        await WithFaultAsync(fault, 1, item);
        await PushAsync(item with { PushId = ConformanceShop.New("push"), MayHaveHappened = true });
        Assert.Equal(held - 4, Counted((await shop.ReadAsync(seen.ExternalId)).Body).Count);
    }

    private PushItem Count(ObservedProduct seen, string location, decimal count, decimal held)
    {
        var target = ConformanceShop.Target(seen);
        target = target with { Variants = target.Variants.SetItem(0, target.Variants[0] with { Stock = ImmutableDictionary<string, decimal>.Empty.Add(location, count) }) };
        return shop.Item(PushAction.Update, seen.ExternalId, target,
        [
            new PlannedValue
            {
                Key = new RegisterKey("available", new VariantId(1), location),
                Target = new FieldValue(count.ToString(CultureInfo.InvariantCulture)),
                Held = new FieldValue(held.ToString(CultureInfo.InvariantCulture)),
            },
        ]);
    }

    /// <summary>The first place that has goods.</summary>
    private static (string Location, decimal Count) Counted(ObservedProduct product)
    {
        var stock = product.Variants[0].Stock.First(stock => stock.Quantity > 0);
        return (stock.LocationId, stock.Quantity!.Value);
    }
}
