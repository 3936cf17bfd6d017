using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Channels.Shopify;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Writing by a bulk mutation: whatever happens to the operation, no outcome claims more than happened.</summary>
public sealed class ShopifyBulkPushTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private const int Products = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
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
    [InlineData("", 0, Products, 0)]
    [InlineData("loseLines", 3, Products - 3, 3)]
    [InlineData("errorLines", 3, Products - 3, 3)]
    [InlineData("failNext", 1, 20, Products - 20)]
    [InlineData("cancelNext", 1, 20, Products - 20)]
    [InlineData("hangNext", 1, 20, Products - 20)]
    [InlineData("expireNext", 1, 0, Products)]
    [InlineData("failDownloads", 1, Products, 0)]
    [InlineData("cutDownloads", 1, Products, 0)]
    public async Task Push_WhateverHappensToTheOperation_ClaimsOnlyWhatHappened(string lever, int times, int applied, int unknown)
    {
        var channel = _shop.OpenBulk("1");
        var items = await PricesAsync(channel, 77.7m);
        if (lever.Length > 0)
        {
            await LeversAsync(new JsonObject { [lever] = times });
        }

        var outcomes = await PushAsync(channel, 0, items, hangs: lever == "hangNext");

        var held = await HeldAsync();
        for (var i = 0; i < items.Length; i++)
        {
            Assert.Equal(items[i].PushId, outcomes[i].PushId);
            if (outcomes[i].Result == PushResult.Applied)
            {
                Assert.All(held[items[i].ExternalId!], price => Assert.Equal(77.7m, price));
                Assert.All(outcomes[i].Answer!.Variants, variant => Assert.Equal("77.7", variant.Fields["price"].Text));
                // The echo of the write tells nothing that the answer has not told.
                Assert.Empty(((string[])["name", "description", "seoTitle", "seoDescription", "vendor", "productType"]).Except(outcomes[i].Answer!.Fields.Keys));
            }
        }

        Assert.Equal(applied, outcomes.Count(outcome => outcome.Result == PushResult.Applied));
        Assert.Equal(unknown, outcomes.Count(outcome => outcome.Result == PushResult.Unknown));
    }

    [Fact]
    public async Task Push_ResultPastItsDate_IsOfUnknownOutcome()
    {
        var channel = _shop.OpenBulk("1");
        var items = await PricesAsync(channel, 12.5m);
        await LeversAsync(new JsonObject { ["resultLifeSeconds"] = 0 });
        var startedAt = TimeProvider.System.GetUtcNow();
        var operation = await StartAsync(channel, 0, items);
        await UntilOverAsync(channel, operation);
        await Task.Delay(TimeSpan.FromSeconds(1.1), Token);

        var outcomes = (await channel.CollectAsync(operation, 0, items, startedAt, Token))!.Value;

        Assert.All(outcomes, outcome => Assert.Equal(PushResult.Unknown, outcome.Result));
        Assert.All((await HeldAsync())[items[0].ExternalId!], price => Assert.Equal(12.5m, price));
    }

    [Fact]
    public async Task Push_SomeRefusedOneGone_ParksTheRefusedAndWritesTheirNeighbours()
    {
        var channel = _shop.OpenBulk("1");
        var items = (await PricesAsync(channel, 31m)).ToArray();
        items[3] = WithPrice(items[3], -1m);
        await new ShopifyCaller(sandbox).RootAsync("mutation($id: ID!) { productDelete(input: { id: $id }) { deletedProductId } }", new JsonObject { ["id"] = "gid://shopify/Product/" + items[5].ExternalId });

        var outcomes = await PushAsync(channel, 0, [.. items]);

        Assert.Equal(PushResult.Rejected, outcomes[3].Result);
        Assert.All(items[3].Delta, planned => Assert.Contains(outcomes[3].Rejections, rejection => rejection.Key == planned.Key));
        Assert.Equal(PushResult.Gone, outcomes[5].Result);
        Assert.Equal(items.Length - 2, outcomes.Count(outcome => outcome.Result == PushResult.Applied));
    }

    [Fact]
    public async Task Push_OfProductFields_WritesThemAndRefusesWhatIsNamed()
    {
        var channel = _shop.OpenBulk("1");
        var seen = await SeenAsync(channel);
        var items = seen.Select((product, at) => ShopifyLiveShop.Update(
            product, (new RegisterKey("name"), at == 2 ? "" : $"Titel {at}", null), (new RegisterKey("seoTitle"), "Seite", null))).ToImmutableArray();

        var outcomes = await PushAsync(channel, 1, items);

        Assert.Equal(PushResult.Rejected, outcomes[2].Exceptions.GetValueOrDefault(new RegisterKey("name"), outcomes[2].Result));
        Assert.Equal(PushResult.NotSent, outcomes[2].Exceptions.GetValueOrDefault(new RegisterKey("seoTitle"), outcomes[2].Result));
        Assert.Equal(items.Length - 1, outcomes.Count(outcome => outcome.Result == PushResult.Applied));
        Assert.Equal("Titel 7", (await _shop.ReadAsync(items[7].ExternalId!)).Fields["name"].Text);
    }

    [Fact]
    public async Task Start_AnswerLost_IsFoundAgainByTheNextProcess()
    {
        var channel = _shop.OpenBulk("1");
        var items = await PricesAsync(channel, 19m);
        var before = TimeProvider.System.GetUtcNow();
        var operation = await StartAsync(channel, 0, items);

        // What another process knows: no values, no operation.
        var slim = items.Select(item => item with { Delta = [.. item.Delta.Select(planned => planned with { Target = FieldValue.Empty })] }).ToImmutableArray();
        var next = _shop.OpenBulk("1");
        Assert.Equal(operation, (await next.FindAsync(0, before, Token)).Operation);
        Assert.Null((await next.FindAsync(1, before, Token)).Operation);
        Assert.Null((await next.FindAsync(0, before.AddMinutes(5), Token)).Operation);
        await UntilOverAsync(next, operation);
        Assert.All((await next.CollectAsync(operation, 0, slim, before, Token))!.Value, outcome => Assert.Equal(PushResult.Applied, outcome.Result));
    }

    [Fact]
    public async Task Start_WithFiveUnderWay_IsRefusedAndHasDoneNothing()
    {
        var channel = _shop.OpenBulk("1");
        var items = await PricesAsync(channel, 55m);
        await LeversAsync(new JsonObject { ["hangNext"] = 5 });
        for (var i = 0; i < 5; i++)
        {
            await StartAsync(channel, 0, [items[i]]);
        }

        var refused = await channel.StartAsync(0, items, Token);

        Assert.Null(refused.Operation);
        Assert.Null(refused.Fault);
        Assert.False(refused.MayHaveHappened);
    }

    [Fact]
    public async Task Start_UploadFails_HasDoneNothing()
    {
        var channel = _shop.OpenBulk("1");
        var items = await PricesAsync(channel, 55.01m);
        await LeversAsync(new JsonObject { ["failUploads"] = 10 });

        var refused = await channel.StartAsync(0, items, Token);

        Assert.Equal(ChannelFaultKind.Transient, refused.Fault?.Kind);
        Assert.False(refused.MayHaveHappened);
        Assert.DoesNotContain(55.01m, (await HeldAsync()).Values.SelectMany(prices => prices));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("hangNext", false)]
    [InlineData("failNext", false)]
    [InlineData("loseLines", false)]
    public async Task ReadMany_ShowsTheNamedProductsAsTheyAre_OrNothing(string lever, bool isRead)
    {
        var channel = _shop.OpenBulk("never");
        var ids = (await _shop.AllAsync()).Take(Products).Select(ShopifyLiveShop.Id).ToImmutableArray();
        await sandbox.EditAsync("shopify", new JsonObject { ["productId"] = "gid://shopify/Product/" + ids[4], ["title"] = "Edited just now" });
        var expected = await channel.ReadAsync(ids, Token);
        if (lever.Length > 0)
        {
            await LeversAsync(new JsonObject { [lever] = 1 });
        }

        var before = TimeProvider.System.GetUtcNow();
        var page = await channel.ReadManyAsync([.. ids, "99"], Patience, Token);

        Assert.Equal(isRead ? Products : 0, page.Items.Length);
        if (isRead)
        {
            Assert.Equal(ids.Order(StringComparer.Ordinal), page.Items.Select(item => item.Body.ExternalId).Order(StringComparer.Ordinal));
            Assert.All(page.Items, item => Assert.True(item.ReadStartedAt >= before && item.Source == ObservationSource.Read));
            // Pictures in no order are not shown; all else is as a read by id shows it.
            Assert.Equal(ShopifyBulkImportTests.Lines(expected.Items.Select(WithoutPictures)), ShopifyBulkImportTests.Lines(page.Items.Select(WithoutPictures)));
        }
    }

    private static Observation WithoutPictures(Observation seen) => seen with { Body = seen.Body with { Images = null } };

    private async Task<ImmutableArray<PushItem>> PricesAsync(ShopifyChannel channel, decimal price) =>
        [.. (await SeenAsync(channel)).Select(product => WithPrice(ShopifyLiveShop.Update(product), price))];

    private async Task<IEnumerable<ObservedProduct>> SeenAsync(ShopifyChannel channel) =>
        (await channel.ReadAsync([.. (await _shop.AllAsync()).Take(Products).Select(ShopifyLiveShop.Id)], Token)).Items.Select(item => item.Body);

    private static PushItem WithPrice(PushItem item, decimal price) => item with
    {
        Delta = [.. item.Target.Variants.Select(variant => new PlannedValue { Key = ShopifyLiveShop.Key("price", variant.Id), Target = Canonical.Money(price) })],
    };

    private static async Task<string> StartAsync(ShopifyChannel channel, int form, ImmutableArray<PushItem> items)
    {
        var started = await channel.StartAsync(form, items, Token);
        Assert.Null(started.Fault);
        return started.Operation!;
    }

    private static async Task<ImmutableArray<PushOutcome>> PushAsync(ShopifyChannel channel, int form, ImmutableArray<PushItem> items, bool hangs = false)
    {
        var startedAt = TimeProvider.System.GetUtcNow();
        var operation = await StartAsync(channel, form, items);
        if (hangs)
        {
            await UntilAsync(async () => (await channel.LookAsync(operation, Token)).Done > 0);
            Assert.False((await channel.LookAsync(operation, Token)).IsOver);
            await channel.CancelAsync(operation, Token);
        }

        await UntilOverAsync(channel, operation);
        ImmutableArray<PushOutcome>? outcomes = null;
        await UntilAsync(async () => (outcomes = await channel.CollectAsync(operation, form, items, startedAt, Token)) is not null);
        return outcomes!.Value;
    }

    private static Task UntilOverAsync(ShopifyChannel channel, string operation) => UntilAsync(async () => (await channel.LookAsync(operation, Token)).IsOver);

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Patience);
        while (!await holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Prices of the variants by product.</summary>
    private async Task<Dictionary<string, decimal[]>> HeldAsync() => (await _shop.AllAsync()).ToDictionary(
        ShopifyLiveShop.Id, product => product["variants"]!.AsArray().Select(variant => variant!["price"]!.GetValue<decimal>()).ToArray(), StringComparer.Ordinal);

    private Task LeversAsync(JsonObject levers) => sandbox.PostAsync("_control/shopify/bulk", levers);
}
