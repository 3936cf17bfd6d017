using System.Collections.Immutable;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Channels.Tests.Shopify.ShopifyLiveShop;

namespace ActorSync.Channels.Tests.Shopify;

/// <summary>Pictures at the simulated shop, which takes an address at once and fetches it later: from hosts that are slow, and from hosts that have none.</summary>
public sealed class ShopifyPictureLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ShopifyLiveShop _shop = new(sandbox);
    private ObservedProduct _product = null!;

    public async ValueTask InitializeAsync()
    {
        var made = Assert.Single(await _shop.PushAsync(Create(Plain("Bild", New("PIC")))));
        _product = await _shop.ReadAsync(made.ExternalId!);
    }

    public ValueTask DisposeAsync()
    {
        _shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task SlowAndMissingHosts_OnlyTheMissingOneFails_WithItsReason()
    {
        var outcome = await PushAsync(Picture("i1", New("slow-SP"), "langsam"), Picture("i2", New("missing-SP"), null), Picture("i3", New("SP"), "schnell"));
        Assert.Equal(PushResult.Applied, outcome.Result);
        var ids = outcome.BoundImages.ToDictionary(bound => bound.Key, bound => bound.MediaId);
        Assert.Equal(3, ids.Count);
        Assert.All(outcome.BoundImages, bound => Assert.NotEqual(MediaStatus.Failed, bound.Status));

        var images = await UntilAsync(images => images.All(image => image.Status != MediaStatus.Processing));
        Assert.Equal((MediaStatus.Ready, "langsam"), (images[ids["i1"]].Status, images[ids["i1"]].Alt));
        Assert.Equal((MediaStatus.Ready, "schnell"), (images[ids["i3"]].Status, images[ids["i3"]].Alt));
        Assert.NotNull(images[ids["i1"]].Url);
        Assert.Equal(MediaStatus.Failed, images[ids["i2"]].Status);
        Assert.False(string.IsNullOrEmpty(images[ids["i2"]].Error));
    }

    [Fact]
    public async Task Words_OfPicturesThatAreThere_AreWrittenInOneCallWithoutAnUpload()
    {
        var bound = (await PushAsync(Picture("i1", New("SP"), "a"), Picture("i2", New("SP"), null))).BoundImages.ToDictionary(b => b.Key, b => b.MediaId);
        await UntilAsync(images => images.All(image => image.Status == MediaStatus.Ready));
        var calls = _shop.Budget.Readings.Count;

        var outcome = await PushAsync(Held("i1", bound["i1"], "neu & besser"), Held("i2", bound["i2"], "dazu"));

        Assert.Equal((PushResult.Applied, true, 1), (outcome.Result, outcome.Exceptions.IsEmpty, _shop.Budget.Readings.Count - calls));
        var read = (await _shop.ReadAsync(_product.ExternalId)).Images!.Value;
        Assert.Equal([(bound["i1"], "neu & besser"), (bound["i2"], "dazu")], read.Select(image => (image.MediaId, image.Alt!)));
        Assert.Empty(outcome.BoundImages);
    }

    [Fact]
    public async Task Words_ThatAreTooLong_AreRefusedAlone()
    {
        var bound = (await PushAsync(Picture("i1", New("SP"), null), Picture("i2", New("SP"), null))).BoundImages.ToDictionary(b => b.Key, b => b.MediaId);
        await UntilAsync(images => images.All(image => image.Status == MediaStatus.Ready));

        var outcome = await PushAsync(Held("i1", bound["i1"], "kurz"), Held("i2", bound["i2"], new string('x', 513)));

        Assert.Equal((PushResult.NotSent, PushResult.Rejected), (Result(outcome, Words("i1")), Result(outcome, Words("i2"))));
        Assert.Equal("ALT_VALUE_LIMIT_EXCEEDED", Assert.Single(outcome.Rejections).Code);
        Assert.Equal(PushResult.Applied, Result(await PushAsync(Held("i1", bound["i1"], "kurz")), Words("i1")));
        Assert.Equal("kurz", (await _shop.ReadAsync(_product.ExternalId)).Images!.Value[0].Alt);
    }

    private (DesiredImage Image, bool IsNew) Picture(string key, string name, string? alt) =>
        (new DesiredImage { Key = key, Url = new Uri(sandbox.Address, $"images/{name}.png").AbsoluteUri, Alt = alt }, true);

    private static (DesiredImage Image, bool IsNew) Held(string key, string media, string alt) => (new DesiredImage { Key = key, Url = "http://nowhere.invalid/x.png", Alt = alt, MediaIds = [media] }, false);

    private async Task<PushOutcome> PushAsync(params (DesiredImage Image, bool IsNew)[] images)
    {
        var update = Update(_product);
        return Assert.Single(await _shop.PushAsync(update with
        {
            Target = update.Target with { Images = [.. images.Select(i => i.Image)] },
            Delta =
            [
                .. images.Where(i => i.IsNew).Select(i => new PlannedValue { Key = new RegisterKey(Fields.Images, null, i.Image.Key), Target = new FieldValue(i.Image.Url) }),
                .. images.Where(i => i.Image.Alt is not null).Select(i => new PlannedValue { Key = Words(i.Image.Key), Target = new FieldValue(i.Image.Alt) }),
            ],
        }));
    }

    private async Task<ImmutableDictionary<string, ObservedImage>> UntilAsync(Func<IEnumerable<ObservedImage>, bool> holds)
    {
        using var bound = new CancellationTokenSource(Patience);
        while (true)
        {
            var images = (await _shop.ReadAsync(_product.ExternalId)).Images!.Value;
            if (holds(images))
            {
                return images.ToImmutableDictionary(image => image.MediaId);
            }

            Assert.False(bound.IsCancellationRequested, $"The pictures are {string.Join(", ", images.Select(image => image.Status))} after {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        }
    }

    private static RegisterKey Words(string key) => new(Fields.ImageAlt, null, key);

    private static PushResult Result(PushOutcome outcome, RegisterKey key) => outcome.Exceptions.TryGetValue(key, out var own) ? own : outcome.Result;
}
