using System.Text.Json.Nodes;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>Pictures at the simulated shop, which fetches them during the call: from hosts that are slow, and from hosts that have none.</summary>
public sealed class WooPictureLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    /// <summary>Shorter than the three seconds that the Sandbox takes for a picture named slow-.</summary>
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(2);
    private readonly WooLiveShop _shop = new(sandbox, attemptTimeout: Attempt);
    private string _product = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _product = (await _shop.PushAsync(Create("Bild", [], Variant(V1, NewSku("PIC"), "10")))).ExternalId!;

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task SlowHost_TakesLongerThanACallMay_IsWaitedForAndSentOnce()
    {
        var name = NewSku("slow-WP");
        var outcome = await PushAsync(New("i1", name, "Vorne"));

        Assert.Equal((PushResult.Applied, PushResult.Applied), (Result(outcome, Picture("i1")), Result(outcome, Words("i1"))));
        var image = Assert.Single(await ImagesAsync());
        Assert.Equal((Assert.Single(outcome.BoundImages).MediaId, "Vorne"), (image["id"]!.ToString(), image["alt"]!.GetValue<string>()));
        Assert.True(_shop.Budget.Readings.Max(reading => reading.Elapsed) > Attempt);
    }

    [Fact]
    public async Task SlowHost_WhileItIsWaitedFor_StockIsWritten()
    {
        var sku = NewSku("PICSTOCK");
        var other = await _shop.PushAsync(Create("Bestand", [], Variant(V1, sku, "10", 5)));
        var picture = PushAsync(New("i1", NewSku("slow-WP"), null));
        for (var count = 6; count < 9; count++)
        {
            var stock = await _shop.PushAsync(Update(other.ExternalId!, [Variant(V1, sku, "10", count, externalId: other.ExternalId)], [], (Key("available", V1), $"{count}", $"{count - 1}")));
            Assert.Equal(PushResult.Applied, stock.Result);
        }

        Assert.False(picture.IsCompleted, "three counts were written while the shop fetched one picture");
        Assert.Equal(PushResult.Applied, (await picture).Result);
    }

    [Fact]
    public async Task UnreachablePicture_IsRefusedAlone_TheOthersAreThere()
    {
        var outcome = await PushAsync(New("i1", NewSku("WP"), "eins"), New("i2", NewSku("missing-WP"), null), New("i3", NewSku("WP"), "drei"), New("i4", NewSku("text-WP"), null));

        Assert.Equal(["eins", "drei"], (await ImagesAsync()).Select(image => image["alt"]!.GetValue<string>()));
        Assert.Equal(["i1", "i3"], outcome.BoundImages.Select(bound => bound.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["images#i2", "images#i4"], outcome.Rejections.Select(rejection => rejection.Key!.Value.ToString()).Order(StringComparer.Ordinal));
        Assert.All(outcome.Rejections, rejection => Assert.Equal("woocommerce_product_image_upload_error", rejection.Code));
        Assert.Equal(PushResult.Applied, Result(outcome, Picture("i1")));
        Assert.Equal(PushResult.Applied, Result(outcome, Words("i3")));
    }

    [Fact]
    public async Task Words_OfAPictureThatIsThere_AreWrittenAndReadWithoutAnUpload()
    {
        var made = Assert.Single((await PushAsync(New("i1", NewSku("WP"), "alt"))).BoundImages);

        var outcome = await PushAsync((new DesiredImage { Key = "i1", Url = "http://nowhere.invalid/x.png", Alt = "neu & besser", MediaIds = [made.MediaId] }, false));

        Assert.Equal(PushResult.Applied, Result(outcome, Words("i1")));
        Assert.Empty(outcome.BoundImages);
        Assert.Equal(made.MediaId, Assert.Single(await ImagesAsync())["id"]!.ToString());
        var read = Assert.Single((await _shop.Source.ReadAsync([_product], Token)).Items).Body.Images!.Value;
        Assert.Equal((made.MediaId, "neu & besser"), (read.Single().MediaId, read.Single().Alt));
        Assert.Equal("neu & besser", outcome.Answer!.Images!.Value.Single().Alt);
    }

    [Fact]
    public async Task PictureThatAMerchantTookOff_IsNotInTheNextRead()
    {
        var bound = (await PushAsync(New("i1", NewSku("WP"), null), New("i2", NewSku("WP"), null))).BoundImages;
        await _shop.Http.PutAsync($"products/{_product}", new JsonObject { ["images"] = new JsonArray(new JsonObject { ["id"] = long.Parse(bound[1].MediaId) }) });

        Assert.Equal([bound[1].MediaId], Assert.Single((await _shop.Source.ReadAsync([_product], Token)).Items).Body.Images!.Value.Select(image => image.MediaId));
    }

    private (DesiredImage Image, bool IsNew) New(string key, string name, string? alt) =>
        (new DesiredImage { Key = key, Url = new Uri(sandbox.Address, $"images/{name}.png").AbsoluteUri, Alt = alt }, true);

    private Task<PushOutcome> PushAsync(params (DesiredImage Image, bool IsNew)[] images)
    {
        var update = Update(_product, [], []);
        return _shop.PushAsync(update with
        {
            Target = update.Target with { Images = [.. images.Select(i => i.Image)] },
            Delta =
            [
                .. images.Where(i => i.IsNew).Select(i => new PlannedValue { Key = Picture(i.Image.Key), Target = new FieldValue(i.Image.Url) }),
                .. images.Where(i => i.Image.Alt is not null).Select(i => new PlannedValue { Key = Words(i.Image.Key), Target = new FieldValue(i.Image.Alt) }),
            ],
        });
    }

    private async Task<List<JsonNode>> ImagesAsync() => [.. (await _shop.RawAsync(_product))["images"]!.AsArray().Select(image => image!)];

    private static RegisterKey Picture(string key) => new(Fields.Images, null, key);

    private static RegisterKey Words(string key) => new(Fields.ImageAlt, null, key);

    private static PushResult Result(PushOutcome outcome, RegisterKey key) => outcome.Exceptions.TryGetValue(key, out var own) ? own : outcome.Result;
}
