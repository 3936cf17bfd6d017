using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Channels.WooCommerce;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>Batches on hosts that refuse them whole, die in the middle or are slow; the calls are counted where they arrive.</summary>
public sealed class WooBulkTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private const string Host = "_control/woocommerce/host";
    private readonly WooLiveShop _shop = new(sandbox);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await FastHostAsync();
        _shop.Dispose();
    }

    [Theory]
    [InlineData("500", 16, 0)]
    [InlineData("500", 16, 5)]
    [InlineData("500", 16, 15)]
    [InlineData("html", 16, 9)]
    [InlineData("500", 25, 24)]
    [InlineData("500", 7, 3)]
    public async Task Updates_HostRefusesTheBatchForOneItem_IsIsolatedAndTheRestIsWritten(string refusedAs, int count, int bad)
    {
        var ids = await CreateManyAsync(count);
        await sandbox.PostAsync(Host, new JsonObject { ["refusedText"] = "GIFT", ["refusedAs"] = refusedAs });
        var items = ids.Select((id, index) => Update(id, [Variant(V1, null, "1", externalId: id)], [], (new RegisterKey("name"), index == bad ? "GIFT" : $"neu {index}", null))).ToImmutableArray();
        var outcomes = await _shop.Sink.PushAsync(items, TestContext.Current.CancellationToken);
        var host = (JsonObject)await sandbox.GetAsync(Host);
        var most = (int)Math.Ceiling(Math.Log2(count)) + 1;
        Assert.InRange(host["batchesWithText"]!.GetValue<int>(), 1, most);
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} items, item {bad} refused as {refusedAs}: {host["batches"]} batch calls, {host["batchesWithText"]} of them with the item; the limit is {most}.");
        Assert.Equal(PushResult.Unknown, outcomes[bad].Result);
        Assert.All(outcomes.Where((_, index) => index != bad), outcome => Assert.Equal(PushResult.Applied, outcome.Result));
        for (var index = 0; index < count; index++)
        {
            var name = (await _shop.RawAsync(ids[index]))["name"]!.GetValue<string>();
            Assert.Equal(index == bad, name != $"neu {index}");
        }
    }

    [Fact]
    public async Task Updates_HostTakesSmallBatchesOnly_AreAllWrittenAndTheSizeIsLearned()
    {
        var ids = await CreateManyAsync(20);
        await sandbox.PostAsync(Host, new JsonObject { ["mostBatchItems"] = 6 });
        var outcomes = await RenameAsync(ids, "klein");
        Assert.All(outcomes, outcome => Assert.Equal(PushResult.Applied, outcome.Result));
        await RenameAsync(ids, "kleiner");
        await sandbox.PostAsync(Host, new JsonObject { ["mostBatchItems"] = 6 });
        await RenameAsync(ids, "noch kleiner");
        Assert.Equal(4, ((JsonObject)await sandbox.GetAsync(Host))["batches"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(11)]
    public async Task Creates_PhpDiesAtOneItem_TheOthersAreMadeOnce(int bad)
    {
        var stem = NewSku("STIRB");
        await sandbox.PostAsync(Host, new JsonObject { ["fatalText"] = $"{stem}-{bad:D2}" });
        var items = Enumerable.Range(0, 12).Select(index => Create($"Tod {index}", [], Variant(V1, $"{stem}-{index:D2}", "5", 3))).ToImmutableArray();
        var outcomes = await _shop.Sink.PushAsync(items, TestContext.Current.CancellationToken);
        await FastHostAsync();
        for (var index = 0; index < items.Length; index++)
        {
            var made = await _shop.RawBySkuAsync($"{stem}-{index:D2}");
            Assert.Equal(index == bad ? 0 : 1, made.Count);
            Assert.Equal(index == bad ? PushResult.Unknown : PushResult.Applied, outcomes[index].Result);
            Assert.Equal(index == bad ? null : made[0]!["id"]!.ToString(), outcomes[index].ExternalId);
        }
    }

    [Fact]
    public async Task Variations_PhpDiesAtOneItem_NoneIsMadeTwiceAndCountsAreNotRepeated()
    {
        var stem = NewSku("FAM");
        var variants = Enumerable.Range(1, 10).Select(n => Variant(new VariantId(n), $"{stem}-{n:D2}", "5", 4, [$"G{n:D2}"])).ToImmutableArray();
        await sandbox.PostAsync(Host, new JsonObject { ["fatalText"] = $"{stem}-07" });
        var outcome = await _shop.PushAsync(Create("Familie", ["Größe"], variants));
        await FastHostAsync();
        var parent = outcome.ExternalId!;
        var made = (JsonArray)(await _shop.Http.GetAsync($"products/{parent}/variations?per_page=100")).Json!;
        Assert.Equal(9, made.Count);
        Assert.Equal(9, made.Select(v => v!["sku"]!.GetValue<string>()).Distinct().Count());
        Assert.Equal(9, outcome.Bound.Length);
    }

    [Fact]
    public async Task Stock_HostFailsAfterStoring_ASaleInBetweenIsNotOverwritten()
    {
        var sku = NewSku("ZAHL");
        var id = (await _shop.PushAsync(Create("Zähler", [], Variant(V1, sku, "5", 10)))).ExternalId!;
        var other = (await _shop.PushAsync(Create("Daneben", [], Variant(V1, NewSku("ZAHL"), "5", 10)))).ExternalId!;
        // The batch is stored and its answer lost: the count is there, so it is not sent again.
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["failAfterEffect"] = 1 });
        var items = new[] { id, other }.Select(one => Update(one, [Variant(V1, null, "5", 7, externalId: one)], [], (Key("available", V1), "7", "10"))).ToImmutableArray();
        await sandbox.PostAsync(Host, []);
        var outcomes = await _shop.Sink.PushAsync(items, TestContext.Current.CancellationToken);
        Assert.All(outcomes, outcome => Assert.Equal(PushResult.Applied, outcome.Result));
        Assert.Equal(1, ((JsonObject)await sandbox.GetAsync(Host))["batches"]!.GetValue<int>());
        Assert.Equal(7, (await _shop.RawAsync(id))["stock_quantity"]!.GetValue<int>());
    }

    [Fact]
    public async Task Outage_EveryCallFails_EndsAfterAFewCalls()
    {
        var ids = await CreateManyAsync(16);
        await sandbox.PostAsync(Host, new JsonObject { ["refusedText"] = "name", ["refusedAs"] = "500" });
        var outcomes = await RenameAsync(ids, "nie");
        Assert.All(outcomes, outcome => Assert.NotEqual(PushResult.Applied, outcome.Result));
        // Down to one row, then a call without that row: the host, not a row.
        Assert.InRange(((JsonObject)await sandbox.GetAsync(Host))["batches"]!.GetValue<int>(), 1, 6);
    }

    /// <summary>600 variations of 12 products; how the number of calls follows a host is played through in <see cref="WooGateTests"/>.</summary>
    [Theory]
    [InlineData(1, 20, 3, 1)]
    [InlineData(0, 20, 0, 3)]
    public async Task Concurrency_StaysInsideItsLimits(int workers, int perCallMs, int perUpdateMs, int least)
    {
        const int Families = 12;
        const int Members = 50;
        var families = new List<(string Parent, ImmutableArray<VariantLink> Bound)>();
        foreach (var number in Enumerable.Range(0, Families))
        {
            var variants = Enumerable.Range(1, Members).Select(n => Variant(new VariantId(n), null, "5", null, [$"W{n:D3}"])).ToImmutableArray();
            var made = await _shop.PushAsync(Create($"Viele {number}", ["Wert"], variants));
            families.Add((made.ExternalId!, made.Bound));
        }

        await sandbox.PostAsync(Host, new JsonObject { ["workers"] = workers, ["perCallMs"] = perCallMs, ["perUpdateMs"] = perUpdateMs });
        using var shop = new WooLiveShop(sandbox);
        var items = families.Select(family => Update(
            family.Parent,
            [.. family.Bound.Select(link => Variant(link.Variant, null, "6", null, [$"W{link.Variant.Value:D3}"], link.ExternalId))],
            ["Wert"],
            [.. family.Bound.Select(link => (Key("price", link.Variant), (string?)"6", (string?)"5"))])).ToArray();
        // Several pushes of one shop at once, as its batches are.
        var started = TimeProvider.System.GetTimestamp();
        var outcomes = (await Task.WhenAll(items.Chunk(3).Select(chunk => shop.Sink.PushAsync([.. chunk], TestContext.Current.CancellationToken)))).SelectMany(o => o).ToArray();
        var took = TimeProvider.System.GetElapsedTime(started);
        var host = (JsonObject)await sandbox.GetAsync(Host);
        TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant(
            $"{Families * Members} variations, {workers} workers, {perCallMs} ms a call, {perUpdateMs} ms an item: {took.TotalSeconds:0.0} s, {host["batches"]} batches, at most {host["mostInFlight"]} calls at once."));
        Assert.All(outcomes, outcome => Assert.Equal(PushResult.Applied, outcome.Result));
        Assert.InRange(host["mostInFlight"]!.GetValue<int>(), least, WooGate.Most);
    }

    private async Task<ImmutableArray<PushOutcome>> RenameAsync(IReadOnlyList<string> ids, string name) => await _shop.Sink.PushAsync(
        [.. ids.Select((id, index) => Update(id, [Variant(V1, null, "1", externalId: id)], [], (new RegisterKey("name"), $"{name} {index}", null)))], TestContext.Current.CancellationToken);

    private async Task<string[]> CreateManyAsync(int count)
    {
        var outcomes = await _shop.Sink.PushAsync(
            [.. Enumerable.Range(0, count).Select(index => Create($"Anfang {index}", [], Variant(V1, NewSku("BULK"), "1")))], TestContext.Current.CancellationToken);
        return [.. outcomes.Select(outcome => outcome.ExternalId!)];
    }

    private Task FastHostAsync() => sandbox.PostAsync(Host, new JsonObject
    {
        ["refusedText"] = null,
        ["refusedAs"] = null,
        ["fatalText"] = null,
        ["mostBatchItems"] = 0,
        ["workers"] = 0,
        ["perCallMs"] = 0,
        ["perUpdateMs"] = 0,
    });
}
