using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Importing by a bulk query: whatever happens to the operation, the import shows what paging shows, each product once.</summary>
public sealed class ShopifyBulkImportTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private readonly ShopifyLiveShop _shop = new(sandbox);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await sandbox.PostAsync("_control/reset", []);
        await sandbox.PostAsync("_control/shopify/plan", new JsonObject { ["restoreRate"] = 2000 });
        await LeversAsync(new JsonObject { ["tickMs"] = 5, ["rowsPerTick"] = 40 });
    }

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("failNext", false)]
    [InlineData("cancelNext", false)]
    [InlineData("expireNext", false)]
    [InlineData("hangNext", false)]
    [InlineData("loseLines", false)]
    [InlineData("failDownloads", true)]
    [InlineData("cutDownloads", true)]
    public async Task Import_ByBulk_ShowsWhatPagingShows(string lever, bool isRead)
    {
        var expected = Lines(await ImportAsync(_shop.OpenBulk("never"), 50));
        if (lever.Length > 0)
        {
            await LeversAsync(new JsonObject { [lever] = 1 });
        }

        var before = _shop.Budget.Readings.Count;
        var imported = await ImportAsync(_shop.OpenBulk("1"), 17);

        Assert.Equal(expected, Lines(imported));
        Assert.All(imported, item => Assert.True(item.Body.VariantsComplete));
        var pages = (int)Math.Ceiling(expected.Count / 17.0);
        var operations = (await OperationsAsync()).ToList();
        Assert.Single(operations);
        // The operation's own result was used, or the pages were read as if there had been none.
        Assert.Equal(isRead ? 1 : pages, _shop.Budget.Readings.Skip(before).Count(reading => reading.Reserved == ShopifyOperations.ProductsPage.Cost));
        Assert.Equal(isRead, _shop.Budget.Readings.Skip(before).Any(reading => reading.Reserved == ShopifyOperations.PicturesOfProducts.Cost));
        if (lever == "hangNext")
        {
            Assert.StartsWith("CANCEL", operations[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Import_KilledAfterEachStep_GoesOnWithTheSameOperation()
    {
        await LeversAsync(new JsonObject { ["tickMs"] = 30 });
        var expected = Lines(await ImportAsync(_shop.OpenBulk("never"), 50));
        var seen = new List<Observation>();
        string? cursor = null;
        var steps = 0;
        do
        {
            // The first try's answer is lost with its process; the second is another process with the stored cursor.
            var lost = await ReadAsync(_shop.OpenBulk("1"), cursor, 40);
            var page = await ReadAsync(_shop.OpenBulk("1"), cursor, 40);
            Assert.Equal(Lines(lost.Items), Lines(page.Items));
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
            steps++;
        }
        while (cursor is not null);

        Assert.InRange(steps, 4, 100);
        Assert.Equal(expected, Lines(seen));
        Assert.Single(await OperationsAsync());
    }

    [Fact]
    public async Task Import_WhileProductsAreEdited_SaysThatItReadBeforeTheEdit()
    {
        await LeversAsync(new JsonObject { ["tickMs"] = 200, ["rowsPerTick"] = 20 });
        var channel = _shop.OpenBulk("1");
        var first = await ReadAsync(channel, null, 50);
        var begun = await ReadAsync(channel, first.NextCursor, 50);
        await Task.Delay(300, Token);
        var editedAt = TimeProvider.System.GetUtcNow();
        var held = (await _shop.AllAsync()).Select(ShopifyLiveShop.Id).OrderBy(long.Parse).ToList();
        foreach (var id in (string[])[held[60], held[^1]])
        {
            await sandbox.EditAsync("shopify", new JsonObject { ["productId"] = "gid://shopify/Product/" + id, ["title"] = "Edited meanwhile" });
        }

        var rest = new List<Observation>();
        for (var cursor = begun.NextCursor; cursor is not null;)
        {
            var page = await ReadAsync(channel, cursor, 50);
            rest.AddRange(page.Items);
            cursor = page.NextCursor;
        }

        Assert.All(rest, item => Assert.True(item.ReadStartedAt < editedAt));
        Assert.Contains(rest, item => item.Body.Fields["name"].Text == "Edited meanwhile");
    }

    [Fact]
    public async Task Import_WithFiveOperationsUnderWay_GoesPageByPage()
    {
        var others = new ShopifyBulkCaller(sandbox);
        await LeversAsync(new JsonObject { ["hangNext"] = 5 });
        for (var i = 0; i < 5; i++)
        {
            await others.RunQueryAsync("{ products { edges { node { id } } } }");
        }

        Assert.Equal((await _shop.AllAsync()).Count, (await ImportAsync(_shop.OpenBulk("1"), 50)).Count);
    }

    [Fact]
    public async Task Import_OfADemoShop_IsQuickerByPages()
    {
        await ImportAsync(_shop.OpenBulk(""), 50);
        Assert.Empty(await OperationsAsync());
    }

    private static Task<SourcePage> ReadAsync(ShopifyChannel channel, string? cursor, int size) => channel.ReadPageAsync(cursor, size, Token);

    private static async Task<List<Observation>> ImportAsync(ShopifyChannel channel, int size)
    {
        var seen = new List<Observation>();
        string? cursor = null;
        var faults = 0;
        do
        {
            var page = await ReadAsync(channel, cursor, size);
            if (page.Fault is { } fault)
            {
                Assert.True(++faults < 3, fault.Message);
                continue;
            }

            seen.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return seen;
    }

    private async Task<List<string>> OperationsAsync() =>
        [.. (await new ShopifyCaller(sandbox).RootAsync("{ bulkOperations(first: 50) { nodes { status } } }"))!["nodes"]!.AsArray().Select(node => (string)node!["status"]!)];

    private Task LeversAsync(JsonObject levers) => sandbox.PostAsync("_control/shopify/bulk", levers);

    /// <summary>All that was observed, in words, sorted.</summary>
    internal static List<string> Lines(IEnumerable<Observation> items) => [.. items.Select(item => Line(item.Body)).Order(StringComparer.Ordinal)];

    internal static string Line(ObservedProduct product) =>
        $"{product.ExternalId} {product.Version} {product.HubId} [{Join(product.Fields)}] [{string.Join(", ", product.Sets.OrderBy(set => set.Key, StringComparer.Ordinal).Select(set => $"{set.Key}: {string.Join('|', set.Value)}"))}] "
        + $"[{string.Join('|', product.Options ?? [])}] [{string.Join('|', product.Images?.Select(image => $"{image.MediaId} {image.Url} {image.Alt} {image.Status}") ?? ["none told"])}] {product.VariantsComplete} "
        + string.Join(" / ", product.Variants.OrderBy(variant => variant.ExternalId, StringComparer.Ordinal).Select(variant =>
            $"{variant.ExternalId} {variant.StockItemId} {variant.Version} [{Join(variant.Fields)}] [{string.Join('|', variant.OptionValues ?? [])}] "
            + string.Join(' ', variant.Stock.OrderBy(level => level.LocationId, StringComparer.Ordinal).Select(level => $"{level.LocationId}={level.Quantity}@{level.Version}"))));

    private static string Join(ImmutableDictionary<string, ActorSync.Domain.Products.FieldValue> fields) =>
        string.Join(", ", fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}: {field.Value.Text}"));
}
