using ActorSync.Channels.Http;

namespace ActorSync.Channels.WooCommerce;

/// <summary>The WooCommerce connector: simple and variable products over REST v3.</summary>
public sealed class WooKind(ChannelHttpClients clients, TimeProvider clock) : IChannelKind
{
    internal const string BaseUrl = "baseUrl";
    internal const string AuthSetting = "auth";
    internal const string ConsumerKey = "consumerKey";
    internal const string ConsumerSecret = "consumerSecret";
    internal const string WebhookSecret = "webhookSecret";
    internal const string SeoPlugin = "seoPlugin";
    /// <summary>As many as fit into one call at best; a slow host gets them in smaller calls, and what does not fit into the time comes with the next push.</summary>
    internal const int MaxPushBatch = WooBatchSize.Largest;
    /// <summary>A shared host needs up to 20 times what a quick one does (contract section 12).</summary>
    private static readonly TimeSpan PushLease = TimeSpan.FromSeconds(60);
    /// <summary>No call begins later than this after the push did: the longest one and what is read back after it still end before the lease.</summary>
    internal static readonly TimeSpan PushTime = PushLease * 0.6;
    /// <summary>45 s in which a picture call may begin, and 120 s for the last of them.</summary>
    private static readonly TimeSpan PicturePushLease = TimeSpan.FromSeconds(180);
    private const int ImportPageSize = 50;

    public ChannelDescriptor Descriptor { get; } = new()
    {
        Kind = "woocommerce",
        DisplayName = "WooCommerce",
        PlatformName = "WOOCOMMERCE",
        OriginKind = OriginKind.Storefront,
        Mask = WooFields.Mask,
        MaskFor = settings => WooSeo.Of(settings) is null ? WooFields.Mask : WooFields.Mask.Union(WooFields.SeoMask),
        MaxPushBatch = MaxPushBatch,
        PushLease = PushLease,
        PicturePushLease = PicturePushLease,
        ImportPageSize = ImportPageSize,
        Settings =
        [
            new() { Name = BaseUrl, Label = "Shop address", Required = true, Help = "The address of the WordPress site, such as https://shop.example.com, without /wp-json." },
            new()
            {
                Name = AuthSetting, Label = "Sign in by", Default = "auto",
                Help = "auto, basic, query or oauth. auto uses basic over https and OAuth 1.0a over plain http; query helps where the host drops the Authorization header.",
            },
            new() { Name = ConsumerKey, Label = "Consumer key", Required = true, Secret = true, Help = "Begins with ck_. WooCommerce, Settings, Advanced, REST API, Add key with read/write rights." },
            new() { Name = ConsumerSecret, Label = "Consumer secret", Required = true, Secret = true, Help = "Begins with cs_. Shown once when the key is made." },
            new() { Name = WebhookSecret, Label = "Webhook secret", Secret = true, Help = "Any long text of letters and digits; the shop signs its webhooks with it." },
            new()
            {
                Name = SeoPlugin, Label = "SEO plugin", Default = "none",
                Help = "none, yoast or rankmath: the plugin that keeps the shop's titles and descriptions for search engines. Without one they are not synchronised, because WooCommerce has none.",
            },
        ],
        EditUrl = (settings, id) => settings.Values.GetValueOrDefault(BaseUrl)?.Trim().TrimEnd('/') is { Length: > 0 } shop
            ? $"{shop}/wp-admin/post.php?post={Uri.EscapeDataString(id)}&action=edit"
            : null,
    };

    public ICanon Canon { get; } = new WooCanon();

    public IWebhookReader Webhooks { get; } = new WooWebhooks();

    public IChannel Open(ChannelSettings settings, ChannelSecrets secrets, IApiBudget budget, ITokenSource? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(secrets);
        var (connection, problem) = WooConnection.Read(settings, secrets);
        if (connection is null)
        {
            return new WooMisconfigured(problem!);
        }

        var client = new WooClient(clients.Create(clock), connection, budget);
        return new WooChannel(settings, secrets, client, new WooTermBook(client, Canon, WooSeo.Of(settings)), Canon);
    }
}

/// <summary>A connection whose settings are wrong: says so when probed, and can do nothing else.</summary>
internal sealed class WooMisconfigured(string problem) : IChannel
{
    public Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new ProbeResult
    {
        Ok = false,
        Fault = new ChannelFault { Kind = ChannelFaultKind.Permanent, Code = "SETTINGS", Message = problem },
    });
}
