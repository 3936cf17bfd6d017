using System.Text.Json;

namespace ActorSync.Channels.WooCommerce;

/// <summary>One open shop.</summary>
internal sealed partial class WooChannel(ChannelSettings settings, ChannelSecrets secrets, WooClient client, WooTermBook terms, ICanon canon)
    : IChannel, IProductSource, IBackfillSource, IProductSink, IWebhookRegistrar, IDisposable
{
    private const int MaxPerPage = 100;

    public void Dispose()
    {
        terms.Dispose();
        client.Dispose();
    }

    public async Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var products = await client.GetAsync("products", [new("per_page", "1"), new("_fields", "id")], Lane.Content, cancellationToken);
        if (!products.Ok || products.Json.ValueKind != JsonValueKind.Array)
        {
            return new ProbeResult { Ok = false, Fault = products.FaultOrError, ClockOffset = client.ClockOffset };
        }

        var warnings = ImmutableArray.CreateBuilder<string>();
        var general = await client.GetAsync("settings/general", [], Lane.Content, cancellationToken);
        var currency = WooMapper.Setting(general, "woocommerce_currency");
        if (currency is null)
        {
            // A key whose user may not see the settings can still ask which currency is in use.
            var current = await client.GetAsync("data/currencies/current", [], Lane.Content, cancellationToken);
            currency = current.Ok ? WooMapper.Text(current.Json, "code") : null;
            warnings.Add(currency is null
                ? $"The shop's currency could not be read ({general.FaultOrError.Message}); prices are taken as {settings.Currency}."
                : "The key may not read the shop's settings; a key of a shop manager or administrator shows more.");
        }

        var stock = WooMapper.Setting(await client.GetAsync("settings/products", [], Lane.Content, cancellationToken), "woocommerce_manage_stock");
        if (stock == "no")
        {
            warnings.Add("Stock management is switched off in the shop (WooCommerce, Settings, Products, Inventory); counts are accepted and have no effect.");
        }

        return new ProbeResult
        {
            Ok = true,
            ShopName = new Uri(settings.Values[WooKind.BaseUrl].Trim()).Authority,
            Currency = currency,
            Locations = [new ChannelLocation { LocationId = ObservedStock.WholeChannel, Name = "Whole shop" }],
            Products = products.Total,
            Warnings = warnings.ToImmutable(),
            ClockOffset = client.ClockOffset,
        };
    }

    private static List<KeyValuePair<string, string>> EditQuery(int perPage, params ReadOnlySpan<KeyValuePair<string, string>> more) =>
        [new("context", "edit"), new("per_page", perPage.ToString()), new("_fields", WooFields.Members), .. more];

    private static JsonElement[] Rows(WooAnswer answer) =>
        answer.Ok && answer.Json.ValueKind == JsonValueKind.Array ? [.. answer.Json.EnumerateArray()] : [];

    private static bool IsList(WooAnswer answer) => answer.Ok && answer.Json.ValueKind == JsonValueKind.Array;
}
