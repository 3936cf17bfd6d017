using System.Text.Json.Nodes;
using ActorSync.Channels.Tests.Sandbox;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>What a delivery costs: nothing when it only repeats our own write, a read when it is newer than what the hub has seen in full.</summary>
public sealed class WooEchoTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IDisposable
{
    private readonly WooLiveShop _shop = new(sandbox);

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Echo_OfOurOwnWrites_CostsNoReadAndChangesNothing()
    {
        var hub = await SimpleAsync();
        Assert.Equal((false, false), await hub.HearAsync());
        foreach (var (field, variant, value) in new (string, Domain.Products.VariantId?, string)[] { ("name", null, "Echo & \"Ruf\""), ("description", null, "<p>neu & alt</p>"), ("price", V1, "11"), ("weight", V1, "0.75") })
        {
            hub.Edit((field, variant, value));
            Assert.Equal(1, await hub.SyncAsync());
            Assert.Equal((field, (false, false)), (field, await hub.HearAsync()));
            hub.AssertDone();
        }

        hub.Elements("categories", "Oben > Unten");
        hub.Stock(V1, 7);
        await hub.SyncAsync();
        Assert.Equal((false, false), await hub.HearAsync());
    }

    [Theory]
    [InlineData("""{"description":"<p>von Hand</p>"}""")]
    [InlineData("""{"weight":"9"}""")]
    [InlineData("""{"categories":[]}""")]
    [InlineData("""{"name":"von Hand"}""")]
    public async Task Edit_AtTheShop_IsReadAfterASecond(string edit)
    {
        var hub = await SimpleAsync();
        var version = (await _shop.RawAsync(hub.Link.ExternalId!))["date_modified_gmt"]!.GetValue<string>();
        string now;
        do
        {
            // The shop's dates have a resolution of one second.
            await _shop.Http.PutAsync($"products/{hub.Link.ExternalId}", JsonNode.Parse(edit)!);
            now = (await _shop.RawAsync(hub.Link.ExternalId!))["date_modified_gmt"]!.GetValue<string>();
        }
        while (now == version);

        Assert.True((await hub.HearAsync()).Read);
    }

    [Fact]
    public async Task Echo_OfAVariableProduct_IsRead()
    {
        var hub = new WooHub(_shop);
        hub.Edit(("name", null, "Familie"), ("isActive", null, "true"), ("options", null, """["Größe"]"""), ("optionValues", V1, """["S"]"""), ("price", V1, "10"), ("sku", V1, NewSku("ECHOV")));
        await hub.SyncAsync();
        Assert.True((await hub.HearAsync()).Read);
    }

    private async Task<WooHub> SimpleAsync()
    {
        var hub = new WooHub(_shop);
        hub.Edit(
            ("name", null, "Echo"), ("description", null, "<p>alt</p>"), ("isActive", null, "true"), ("price", V1, "10"), ("taxable", V1, "true"), ("weight", V1, "0.5"), ("sku", V1, NewSku("ECHO")));
        hub.Elements("categories", "Echo");
        await hub.SyncAsync();
        return hub;
    }
}
