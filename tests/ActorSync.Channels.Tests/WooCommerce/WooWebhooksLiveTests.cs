using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Channels.Tests.Sandbox;
using ActorSync.Channels.WooCommerce;
using static ActorSync.Channels.Tests.WooCommerce.WooLiveShop;

namespace ActorSync.Channels.Tests.WooCommerce;

/// <summary>Subscribes at the simulated shop and takes its deliveries as they come over the wire.</summary>
public sealed class WooWebhooksLiveTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly WooLiveShop _shop = new(sandbox);
    private readonly HttpListener _listener = new();
    private readonly Channel<WebhookRequest> _received = Channel.CreateUnbounded<WebhookRequest>();
    private readonly ChannelSecrets _secrets = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["webhookSecret"] = "whsecdemo" });
    private Task _receiving = Task.CompletedTask;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IWebhookReader Reader => _shop.Kind.Webhooks!;

    public async ValueTask InitializeAsync()
    {
        var target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{SandboxProcess.FreePort()}/webhooks/woo/"));
        _listener.Prefixes.Add(target.AbsoluteUri);
        _listener.Start();
        _receiving = ReceiveAsync();
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 0 });
        var registration = await _shop.Registrar.EnsureAsync(target, Token);
        Assert.True(registration.Ok, registration.Fault?.Message);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _receiving;
        ((IDisposable)_listener).Dispose();
        _shop.Dispose();
    }

    [Fact]
    public async Task Deliveries_OfEachKind_VerifyAndTellWhatChanged()
    {
        // Each subscription that was made brings a greeting without signature.
        for (var i = 0; i < WooWebhooks.Topics.Length; i++)
        {
            Assert.Equal(WebhookVerdictKind.Ping, Reader.Verify(await NextAsync(), _secrets).Kind);
        }

        var sku = NewSku("HOOK");
        var made = await _shop.PushAsync(Create("Gehört & gesehen", [], Variant(V1, sku, "10", 5)));
        var created = await DeliveryAsync("product.created", made.ExternalId!);
        Assert.Equal("Gehört & gesehen", created.Body!.Fields["name"].Text);
        Assert.Equal("10", created.Body.Variants.Single().Fields["price"].Text);

        var sale = await sandbox.SellAsync("woocommerce", sku, 2);
        var sold = await DeliveryAsync("product.updated", made.ExternalId!);
        Assert.Equal(3m, sold.Body!.Variants.Single().Stock.Single().Quantity);
        var order = sale["order"]!.GetValue<string>();
        var placed = (await OrderAsync("order.created", order)).Orders.Single();
        Assert.Equal((made.ExternalId, made.ExternalId, sku, 2m, 2m), (placed.Product, placed.Variant, placed.Sku, placed.Quantity, placed.Left));
        await sandbox.PostAsync("_control/cancel-order", new JsonObject { ["channel"] = "woocommerce", ["order"] = order });
        var cancelled = (await OrderAsync("order.updated", order)).Orders.Single();
        Assert.Equal((placed.Line, 2m, 0m), (cancelled.Line, cancelled.Quantity, cancelled.Left));
        Assert.Equal(5, (await sandbox.FindAsync("woocommerce", sku))!["variants"]![0]!["stock"]!["shop"]!.GetValue<decimal>());

        await _shop.Http.DeleteAsync($"products/{made.ExternalId}");
        var deleted = await DeliveryAsync("product.deleted", made.ExternalId!);
        Assert.Null(deleted.Body);
        Assert.True(deleted.NeedsRead);

        var family = await _shop.PushAsync(Create("Hemd", ["Größe"], Variant(V1, NewSku("HOOK"), "20", 3, ["S"])));
        var variation = await DeliveryAsync("product.created", family.ExternalId!, content => content.Body!.Variants.Length == 1);
        Assert.Equal(family.Bound.Single().ExternalId, variation.Body!.Variants.Single().ExternalId);
        Assert.Equal(3m, variation.Body.Variants.Single().Stock.Single().Quantity);
    }

    [Fact]
    public async Task Secret_IsRotated_HooksGetTheNewOneInPlaceAndWhatWaitedArrives()
    {
        var target = new Uri(_listener.Prefixes.Single());
        var before = await HooksAsync();
        var sku = NewSku("ROT");
        await sandbox.FaultsAsync(new JsonObject { ["channel"] = "woocommerce", ["webhookDelayMs"] = 1_500 });
        var made = await _shop.PushAsync(Create("Vor dem Wechsel", [], Variant(V1, sku, "10", 5)));

        var rotated = _shop.Secrets.With(ImmutableDictionary<string, string?>.Empty.Add("webhookSecret", "whsecdemo"), Start).Rotated("webhookSecret", "whsecnext0123456789", Start, Start.AddDays(1))!;
        var channel = _shop.Kind.Open(_shop.Settings, rotated, _shop.Budget);
        Assert.Equal(new WebhookRegistration { Ok = true, Created = [] }, await ((IWebhookRegistrar)channel).EnsureAsync(target, Token));
        Assert.Equal(new WebhookRegistration { Ok = true, Created = [] }, await ((IWebhookRegistrar)channel).EnsureAsync(target, Token));

        var after = await HooksAsync();
        Assert.Equal(before.Select(hook => hook["id"]!.GetValue<long>()), after.Select(hook => hook["id"]!.GetValue<long>()));
        Assert.All(after, hook => Assert.EndsWith(" 20261123T010000000Z", hook["name"]!.GetValue<string>(), StringComparison.Ordinal));
        while (true)
        {
            // What stood in the shop's line at the change goes out with the new secret; what was on its way still had the old one. Both are genuine.
            var request = await NextAsync();
            var verdict = Reader.Verify(request, rotated);
            Assert.NotEqual(WebhookVerdictKind.Forged, verdict.Kind);
            if (verdict.Kind == WebhookVerdictKind.Accepted && verdict.Resource == $"product/{made.ExternalId}")
            {
                Assert.Equal(WebhookVerdictKind.Forged, Reader.Verify(request, _secrets).Kind);
                break;
            }
        }
    }

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 1, 0, 0, TimeSpan.Zero);

    private async Task<List<JsonNode>> HooksAsync() =>
        [.. (await _shop.Http.GetAsync("webhooks?per_page=100")).Json!.AsArray().Where(hook => hook!["name"]!.GetValue<string>().StartsWith("ActorSync woo ", StringComparison.Ordinal)).Select(hook => hook!)];

    private async Task<WebhookContent> DeliveryAsync(string topic, string externalId, Func<WebhookContent, bool>? isIt = null)
    {
        while (true)
        {
            var request = await NextAsync();
            var verdict = Reader.Verify(request, _secrets);
            Assert.NotEqual(WebhookVerdictKind.Forged, verdict.Kind);
            if (verdict.Kind == WebhookVerdictKind.Accepted && verdict.Topic == topic)
            {
                var content = Reader.Read(request, _shop.Settings);
                if (content.ExternalId == externalId && isIt?.Invoke(content) != false)
                {
                    Assert.Equal($"product/{externalId}", verdict.Resource);
                    return content;
                }
            }
        }
    }

    /// <summary>The next delivery about the order, read from what the door would keep of it.</summary>
    private async Task<WebhookContent> OrderAsync(string topic, string order)
    {
        while (true)
        {
            var request = await NextAsync();
            var verdict = Reader.Verify(request, _secrets);
            if (verdict.Topic == topic)
            {
                Assert.Equal((WebhookVerdictKind.Accepted, $"order/{order}"), (verdict.Kind, verdict.Resource));
                Assert.DoesNotContain("buyer", System.Text.Encoding.UTF8.GetString(verdict.Kept!.Value.Span), StringComparison.OrdinalIgnoreCase);
                return Reader.Read(request with { Body = verdict.Kept.Value }, _shop.Settings);
            }
        }
    }

    private async Task<WebhookRequest> NextAsync() => await _received.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);

    private async Task ReceiveAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.Writer.TryWrite(new WebhookRequest
                {
                    Headers = context.Request.Headers.AllKeys.ToImmutableDictionary(name => name!.ToLower(CultureInfo.InvariantCulture), name => context.Request.Headers[name]!, StringComparer.Ordinal),
                    Body = body.ToArray(),
                    ReceivedAt = TimeProvider.System.GetUtcNow(),
                });
                context.Response.Close();
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
