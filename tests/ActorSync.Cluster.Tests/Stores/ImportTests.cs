using ActorSync.Abstractions.Stores;
using ActorSync.Cluster.Tests.Hub;
using ActorSync.Cluster.Tests.Products;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;

namespace ActorSync.Cluster.Tests.Stores;

/// <summary>The shop and the hub go on working while pages are read.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task Import_ShopAndHubChangeWhilePagesAreRead_LosesAndRevertsNothing()
    {
        await using var hub = await TestHub.StartAsync();
        var shop = await hub.ConnectAsync("a", ChannelMode.Observe);
        for (var i = 1; i <= 6; i++)
        {
            shop.Add($"Lamp {i}", $"SKU-{i}");
        }

        shop.PageSize = 1;
        var work = new List<Task>();
        shop.BeforePage = page =>
        {
            switch (page)
            {
                case 3:
                    // Read already: only the webhook tells.
                    work.Add(hub.DeliverAsync(shop, shop.Edit("a1", Fields.Name, "Lamp 1 of the shop")));
                    // Not read yet: webhook and page both tell, in either order.
                    work.Add(hub.DeliverAsync(shop, shop.Edit("a5", Fields.Name, "Lamp 5 of the shop")));
                    work.Add(HubEditAsync(hub, shop, "a2", "Lamp 2 of the hub"));
                    shop.Add("Lamp 7", "SKU-7");
                    break;
                case 4:
                    shop.Remove("a6");
                    break;
            }
        };

        var import = hub.Grains.GetGrain<IImportGrain>("a");
        await import.StartAsync("A test asks.");
        await Eventually.HoldsAsync(async () => (await import.GetAsync()).State == "done", "the import ends");
        await Task.WhenAll(work);

        foreach (var (id, name) in new[]
        {
            ("a1", "Lamp 1 of the shop"), ("a2", "Lamp 2 of the hub"), ("a3", "Lamp 3"), ("a4", "Lamp 4"), ("a5", "Lamp 5 of the shop"), ("a7", "Lamp 7"),
        })
        {
            await Eventually.HoldsAsync(async () => await NameAsync(hub, shop, id) == name, $"{id} is called {name}");
        }

        Assert.Equal(6, (await hub.AllAsync()).Length);
    }

    private static async Task HubEditAsync(TestHub hub, TestShop shop, string externalId, string name)
    {
        await Eventually.HoldsAsync(async () => await hub.FindAsync(shop, externalId) is not null, "the product is imported");
        await hub.Product((await hub.FindAsync(shop, externalId))!.Value).EditAsync(Edits.Of(Fields.Name, name));
    }

    private static async Task<string?> NameAsync(TestHub hub, TestShop shop, string externalId) =>
        await hub.FindAsync(shop, externalId) is { } id ? (await hub.SnapshotAsync(id)).Product.Value(new RegisterKey(Fields.Name))?.Text : null;
}
