using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorSync.Abstractions.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Channels.Tests.Conformance;

public sealed class ShopifySourceConformance(ShopifyShop shop) : StorefrontSourceConformance(shop), IClassFixture<ShopifyShop>;

public sealed class WooSourceConformance(WooShop shop) : StorefrontSourceConformance(shop), IClassFixture<WooShop>;

public sealed class JtlSourceConformance(JtlShop shop) : SourceConformance(shop), IClassFixture<JtlShop>;

/// <summary>What the hub relies on when it reads, at any channel and whatever happens on the way.</summary>
public abstract class SourceConformance(ConformanceShop shop)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task ReadPage_AnySize_ShowsEveryProduct(int size)
    {
        var expected = await IdsAsync();
        var seen = await WalkAsync(size);
        Assert.Equal(expected.Order(StringComparer.Ordinal), seen.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ReadPage_ProductsDeletedAndAddedMeanwhile_MissesNoneOfTheOthers()
    {
        var doomed = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            doomed.Add(shop.Id(await shop.CreateAsync(ConformanceShop.New("DOOMED"))));
        }

        var expected = (await IdsAsync()).Except(doomed, StringComparer.Ordinal).ToList();
        var seen = await WalkAsync(20, async page =>
        {
            if (page < doomed.Count)
            {
                await shop.Sandbox.EditAsync(shop.Name, new JsonObject { ["productId"] = await NeutralIdAsync(doomed[page]), ["delete"] = true });
                await shop.CreateAsync(ConformanceShop.New("LATE"));
            }
        });
        Assert.Empty(expected.Except(seen, StringComparer.Ordinal));
    }

    /// <summary>A short page must never pass for a complete one: what is missing from it would count as deleted.</summary>
    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task ReadPage_FaultOnTheWay_IsWholeOrAFault(string fault)
    {
        var whole = await shop.Source.ReadPageAsync(null, 10, Token);
        Assert.Null(whole.Fault);
        try
        {
            await shop.ArmAsync("hangMs", 1_300);
            await shop.ArmAsync(fault);
            var page = await shop.Source.ReadPageAsync(null, 10, Token);
            AssertWholeOrFault(whole, page);

            // More often than reads are tried again.
            await shop.ArmAsync(fault, 20);
            page = await shop.Source.ReadPageAsync(null, 10, Token);
            AssertWholeOrFault(whole, page);
        }
        finally
        {
            await shop.HealAsync();
        }

        AssertWholeOrFault(whole, await shop.Source.ReadPageAsync(null, 10, Token), mustBeWhole: true);
    }

    [Fact]
    public async Task Read_KnownUnknownDeletedAndRepeatedIds_AnswersEachInOrder()
    {
        var (first, second) = (ConformanceShop.New("READ"), ConformanceShop.New("READ"));
        var (one, two) = (shop.Id(await shop.CreateAsync(first)), shop.Id(await shop.CreateAsync(second)));
        await shop.Sandbox.EditAsync(shop.Name, new JsonObject { ["sku"] = second, ["delete"] = true });
        var before = TimeProvider.System.GetUtcNow();

        var page = await shop.Source.ReadAsync([one, two, Missing(one), one], Token);

        Assert.Null(page.Fault);
        Assert.Equal([one, two, Missing(one), one], page.Items.Select(item => item.Body.ExternalId));
        Assert.Equal([false, true, true, false], page.Items.Select(item => item.Body.Deleted));
        Assert.All(page.Items, item => Assert.InRange(item.ReadStartedAt!.Value, before, item.ReceivedAt));
    }

    [Theory]
    [MemberData(nameof(Faults.Each), MemberType = typeof(Faults))]
    public async Task Read_FaultOnTheWay_NeverSaysDeleted(string fault)
    {
        var id = shop.Id(await shop.CreateAsync(ConformanceShop.New("ALIVE")));
        try
        {
            await shop.ArmAsync("hangMs", 1_300);
            foreach (var count in (int[])[1, 20])
            {
                await shop.ArmAsync(fault, count);
                var page = await shop.Source.ReadAsync([id], Token);
                Assert.True(page.Fault is not null ? page.Items.IsEmpty : !Assert.Single(page.Items).Body.Deleted, $"{fault}: {page.Fault?.Message}");
            }
        }
        finally
        {
            await shop.HealAsync();
        }
    }

    [Fact]
    public async Task Poll_EditAfterTheCursor_IsShownAndAFaultMovesNothing()
    {
        var sku = ConformanceShop.New("POLL");
        var id = shop.Id(await shop.CreateAsync(sku));
        var cursor = (await shop.Source.PollAsync(null, 50, Token)).NextCursor;
        Assert.NotNull(cursor);
        await shop.Sandbox.EditAsync(shop.Name, new JsonObject { ["sku"] = sku, ["price"] = 77.5m });
        try
        {
            await shop.ArmAsync("failBeforeEffect", 20);
            var failed = await shop.Source.PollAsync(cursor, 50, Token);
            Assert.NotNull(failed.Fault);
            Assert.Empty(failed.Items);
        }
        finally
        {
            await shop.HealAsync();
        }

        Assert.True(await ShownAsync(id, cursor), "the edit is in a poll from the old cursor");
    }

    /// <summary>Search may lag behind writes (Shopify: up to half a minute): asked again from the same cursor, as the hub's overlap does.</summary>
    private async Task<bool> ShownAsync(string id, string? cursor)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Token);
        bound.CancelAfter(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await timer.WaitForNextTickAsync(bound.Token))
        {
            for (var at = cursor; ;)
            {
                var page = await shop.Source.PollAsync(at, 50, bound.Token);
                Assert.Null(page.Fault);
                if (page.Items.Any(item => item.Body.ExternalId == id))
                {
                    return true;
                }

                if (page.Items.IsEmpty || page.NextCursor is null || page.NextCursor == at)
                {
                    break;
                }

                at = page.NextCursor;
            }
        }

        return false;
    }

    private static void AssertWholeOrFault(SourcePage whole, SourcePage page, bool mustBeWhole = false)
    {
        if (page.Fault is { } fault && !mustBeWhole)
        {
            Assert.Empty(page.Items);
            Assert.NotEmpty(fault.Message);
            return;
        }

        Assert.Null(page.Fault);
        Assert.Equal(whole.Items.Select(item => item.Body.ExternalId), page.Items.Select(item => item.Body.ExternalId));
        Assert.Equal(whole.Items.Select(item => item.Body.Variants.Length), page.Items.Select(item => item.Body.Variants.Length));
        Assert.Equal(whole.NextCursor is null, page.NextCursor is null);
    }

    /// <summary>An id of the channel's form that nobody has.</summary>
    private static string Missing(string id) => new('9', id.Length + 1);

    private async Task<List<string>> WalkAsync(int size, Func<int, Task>? between = null)
    {
        var seen = new List<string>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await shop.Source.ReadPageAsync(cursor, size, Token);
            Assert.Null(page.Fault);
            // One product may be shown on two pages: a channel that counts pages needs the overlap, or a delete meanwhile would hide one.
            Assert.True(page.Items.Length <= size + 1, $"{page.Items.Length} products on a page of {size}");
            seen.AddRange(page.Items.Where(item => !item.Body.Deleted).Select(item => item.Body.ExternalId));
            Assert.True(page.NextCursor is null || page.NextCursor != cursor, "the cursor moves");
            cursor = page.NextCursor;
            if (between is not null)
            {
                await between(pages);
            }

            Assert.True(++pages < 2_000, "the walk ends");
        }
        while (cursor is not null);
        return seen;
    }

    private async Task<List<string>> IdsAsync() => [.. (await AllAsync()).Select(shop.Id)];

    private async Task<string> NeutralIdAsync(string externalId) => (await AllAsync()).Single(product => shop.Id(product) == externalId)["id"]!.GetValue<string>();

    private async Task<ImmutableArray<JsonObject>> AllAsync() =>
        [.. ((JsonArray)(await shop.Sandbox.GetAsync($"_control/{shop.Name}/products?limit=1000"))["products"]!).Select(product => (JsonObject)product!)];
}
