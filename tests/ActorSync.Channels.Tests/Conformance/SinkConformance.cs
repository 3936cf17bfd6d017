using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Conformance;

public sealed class ShopifySinkConformance(ShopifyShop shop) : StorefrontSinkConformance(shop), IClassFixture<ShopifyShop>;

public sealed class WooSinkConformance(WooShop shop) : StorefrontSinkConformance(shop), IClassFixture<WooShop>;

public sealed class JtlSinkConformance(JtlShop shop) : SinkConformance(shop), IClassFixture<JtlShop>;

/// <summary>What the hub relies on when it writes: an outcome never claims more than happened, and whatever may have happened can be tried again.</summary>
public abstract class SinkConformance(ConformanceShop shop)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task Create_FaultOnAnyCall_TriedAgainMakesExactlyOne(string fault)
    {
        // Once: on whichever call comes first or writes first. Four times: longer than reads and repeatable writes are tried again.
        foreach (var calls in (int[])[1, 4])
        {
            var sku = ConformanceShop.New("CREATE");
            var item = shop.NewItem(sku, "Neu " + sku);
            var first = await WithFaultAsync(fault, calls, item);
            var made = await CountAsync(sku);
            Assert.InRange(made, 0, 1);
            Assert.True(first.Result is not PushResult.Applied || made == 1, $"said {first.Result} with {made} in the shop");
            Assert.True(first.Result is not (PushResult.NotSent or PushResult.Rejected) || made == 0, $"said {first.Result} ({first.Error}) with {made} in the shop");

            for (var again = 1; first.Result is not PushResult.Applied; again++)
            {
                Assert.True(again <= 3, $"{first.Result} after {again} tries: {first.Error}");
                first = await PushAsync(item with { PushId = ConformanceShop.New("push"), MayHaveHappened = true });
            }

            Assert.Equal(1, await CountAsync(sku));
            var body = (await shop.ReadAsync(first.ExternalId!)).Body;
            Assert.Equal(first.ExternalId, body.ExternalId);
            Assert.Contains(body.Variants, variant => string.Equals(variant.Fields["sku"].Text, sku, StringComparison.OrdinalIgnoreCase));
            Assert.Contains(first.Bound, link => link.ExternalId == body.Variants[0].ExternalId && link.Variant == new VariantId(1));
        }
    }

    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task Update_FaultOnTheWay_SaysOnlyWhatIsTrue(string fault)
    {
        var sku = ConformanceShop.New("UPDATE");
        var seen = (await shop.ReadAsync(shop.Id(await shop.CreateAsync(sku)))).Body;
        var before = shop.TextOf(seen);
        var text = "Anders " + sku;
        var item = shop.Update(seen, text);
        var outcome = await WithFaultAsync(fault, 1, item);
        var result = outcome.Exceptions.GetValueOrDefault(item.Delta[0].Key, outcome.Result);
        var held = shop.TextOf((await shop.ReadAsync(seen.ExternalId)).Body);
        switch (result)
        {
            case PushResult.Applied:
                Assert.Equal(text, held);
                break;
            case PushResult.NotSent:
                Assert.Equal(before, held);
                break;
            case PushResult.Unknown:
                Assert.Contains(held, (string?[])[before, text]);
                break;
            default:
                Assert.Fail($"{fault} made it {result}: {outcome.Error}");
                break;
        }

        var again = await PushAsync(item with { PushId = ConformanceShop.New("push"), MayHaveHappened = result is PushResult.Unknown });
        Assert.True(again.Result == PushResult.Applied, again.Error);
        Assert.Equal(text, shop.TextOf((await shop.ReadAsync(seen.ExternalId)).Body));
    }

    [Theory]
    [InlineData("Grüße 😀 عربي ﷽")]
    [InlineData("5 < 6 & \"Quotes\" 'einfach'")]
    [InlineData("100 % \\ Backslash; C:\\Pfad")]
    [InlineData("&amp; &lt;b&gt; &#39;")]
    public async Task Update_AnyText_IsHeldInAFormThatCanonExplains(string text)
    {
        var seen = (await shop.ReadAsync(shop.Id(await shop.CreateAsync(ConformanceShop.New("CANON"))))).Body;
        var item = shop.Update(seen, text);
        var outcome = await PushAsync(item);
        Assert.True(outcome.Result == PushResult.Applied, outcome.Error);
        var expected = shop.Form(shop.TextField, new FieldValue(text));
        Assert.Equal(expected.Text, shop.TextOf((await shop.ReadAsync(seen.ExternalId)).Body));
    }

    [Fact]
    public async Task Update_OneField_LeavesTheOthersAsTheyWere()
    {
        var sku = ConformanceShop.New("ALONE");
        var seen = (await shop.ReadAsync(shop.Id(await shop.CreateAsync(sku)))).Body;
        var outcome = await PushAsync(shop.Update(seen, "Nur dies"));
        Assert.True(outcome.Result == PushResult.Applied, outcome.Error);
        var after = (await shop.ReadAsync(seen.ExternalId)).Body;
        Assert.Equal(Rest(seen), Rest(after));
        Assert.Equal(seen.Variants.Select(variant => variant.ExternalId), after.Variants.Select(variant => variant.ExternalId));

        string Rest(ObservedProduct product) => string.Join('\n', product.Fields.Where(field => field.Key != shop.TextField).OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value.Text}")
            .Concat(product.Variants.SelectMany(variant => variant.Fields.Where(field => field.Key != shop.TextField).OrderBy(field => field.Key, StringComparer.Ordinal)
                .Select(field => $"{variant.ExternalId}.{field.Key}={field.Value.Text}"))));
    }

    [Fact]
    public async Task Update_ProductDeletedMeanwhile_IsGoneAndItsNeighboursAreWritten()
    {
        var skus = Enumerable.Range(0, Math.Min(5, shop.Kind.Descriptor.MaxPushBatch)).Select(_ => ConformanceShop.New("GONE")).ToList();
        var seen = new List<ObservedProduct>();
        foreach (var sku in skus)
        {
            seen.Add((await shop.ReadAsync(shop.Id(await shop.CreateAsync(sku)))).Body);
        }

        var doomed = skus.Count / 2;
        await shop.Sandbox.EditAsync(shop.Name, new JsonObject { ["sku"] = skus[doomed], ["delete"] = true });

        var outcomes = await shop.Sink.PushAsync([.. seen.Select((product, i) => shop.Update(product, $"Text {i}"))], Token);

        Assert.Equal(seen.Count, outcomes.Length);
        for (var i = 0; i < outcomes.Length; i++)
        {
            Assert.True(outcomes[i].Result == (i == doomed ? PushResult.Gone : PushResult.Applied), $"{i}: {outcomes[i].Result} {outcomes[i].Error}");
            if (i != doomed)
            {
                Assert.Equal($"Text {i}", shop.TextOf((await shop.ReadAsync(seen[i].ExternalId)).Body));
            }
        }
    }

    [Fact]
    public async Task Update_TheSameTwice_IsTheSameAsOnce()
    {
        var seen = (await shop.ReadAsync(shop.Id(await shop.CreateAsync(ConformanceShop.New("TWICE"))))).Body;
        var item = shop.Update(seen, "Zweimal");
        Assert.Equal(PushResult.Applied, (await PushAsync(item)).Result);
        Assert.Equal(PushResult.Applied, (await PushAsync(item with { MayHaveHappened = true })).Result);
        Assert.Equal("Zweimal", shop.TextOf((await shop.ReadAsync(seen.ExternalId)).Body));
    }

    private protected async Task<PushOutcome> WithFaultAsync(string fault, int calls, PushItem item)
    {
        try
        {
            await shop.ArmAsync("hangMs", 1_300);
            // Reads and repeatable writes are tried again at once: the fault must outlast that to be seen.
            await shop.ArmAsync(fault, calls);
            return await PushAsync(item);
        }
        finally
        {
            await shop.HealAsync();
        }
    }

    private protected async Task<PushOutcome> PushAsync(PushItem item)
    {
        var outcome = Assert.Single(await shop.Sink.PushAsync([item], Token));
        Assert.Equal(item.PushId, outcome.PushId);
        Assert.Equal(item.Product, outcome.Product);
        return outcome;
    }

    private async Task<int> CountAsync(string sku) => ((JsonArray)(await shop.Sandbox.GetAsync($"_control/{shop.Name}/products?limit=1000"))["products"]!)
        .Count(product => product!["variants"]!.AsArray().Any(variant => variant!["sku"]!.GetValue<string>() == sku));
}
